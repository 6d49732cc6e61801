//! Compiles the parts that are C, against the headers of the libjpeg-turbo that turbojpeg-sys has built.

use cc::Build;

const FILES: [&str; 13] = [
    "src/bits.c",
    "src/bits.h",
    "src/coefficients.c",
    "src/coefficients.h",
    "src/encoder.c",
    "src/encoder.h",
    "src/entropy.c",
    "src/entropy.h",
    "src/icc.c",
    "src/internals.h",
    "src/lossless.c",
    "src/progressive.c",
    "src/sequential.c",
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
    let decoders = |form: &str| {
        let mut build = part(&["src/progressive.c", "src/sequential.c"]);
        build.define("PHOTO_JPEG_FORM(name)", form);
        build
    };
    let rest = ["bits", "coefficients", "encoder", "entropy", "icc", "lossless"].map(|name| format!("src/{name}.c"));
    part(&rest.each_ref().map(String::as_str)).compile("photo_jpeg");
    decoders("name").compile("photo_jpeg_decoders");
    if architecture == "x86_64" {
        let mut bmi2 = decoders("name##_bmi2");
        bmi2.flag("-mbmi").flag("-mbmi2").flag("-mpopcnt").compile("photo_jpeg_decoders_bmi2");
    }
}
