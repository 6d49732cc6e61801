//! Compiles the part that is C, against the headers of the libjpeg-turbo that turbojpeg-sys has built.

#[expect(clippy::disallowed_methods, reason = "this is how cargo speaks to a build script")]
fn main() {
    println!("cargo:rerun-if-changed=src/encoder.c");
    println!("cargo:rerun-if-changed=src/encoder.h");
    let headers = std::env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    let mut build = cc::Build::new();
    build.includes(headers.split(','));
    build.file("src/encoder.c").flag("-std=c11").warnings_into_errors(true).extra_warnings(true).compile("photo_jpeg");
}
