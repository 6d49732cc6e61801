//! Compiles the parts that are C, against the headers of the libjpeg-turbo that turbojpeg-sys has built.

use cc::Build;

const FILES: [&str; 9] = [
    "src/coefficients.c",
    "src/coefficients.h",
    "src/encoder.c",
    "src/encoder.h",
    "src/entropy.c",
    "src/icc.c",
    "src/internals.h",
    "src/progressive.c",
    "src/progressive.h",
];

#[expect(clippy::disallowed_methods, reason = "this is how cargo speaks to a build script")]
fn main() {
    for file in FILES {
        println!("cargo:rerun-if-changed={file}");
    }
    let headers = std::env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    let architecture = std::env::var("CARGO_CFG_TARGET_ARCH").expect("cargo tells what it compiles for");
    let part = |files: &[&str]| {
        let mut build = Build::new();
        build.includes(headers.split(',')).files(files);
        build.flag("-std=c11").warnings_into_errors(true).extra_warnings(true);
        // Whole: nothing of Rust names what takes the place of parts of the library.
        build.link_lib_modifier("+whole-archive");
        build
    };
    let progressive = |name: &str| {
        let mut build = part(&["src/progressive.c"]);
        build.define("PHOTO_JPEG_PROGRESSIVE", name);
        build
    };
    part(&["src/coefficients.c", "src/encoder.c", "src/entropy.c", "src/icc.c"]).compile("photo_jpeg");
    progressive("photo_jpeg_progressive").compile("photo_jpeg_progressive");
    if architecture == "x86_64" {
        let mut bmi2 = progressive("photo_jpeg_progressive_bmi2");
        bmi2.flag("-mbmi").flag("-mbmi2").flag("-mpopcnt").compile("photo_jpeg_progressive_bmi2");
    }
}
