//! Compiles the part that is C, against the headers of the libjpeg-turbo that turbojpeg-sys has built.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=src/encoder.c");
    println!("cargo:rerun-if-changed=src/encoder.h");
    let mut build = cc::Build::new();
    let headers = env::var("DEP_TURBOJPEG_INCLUDE").unwrap_or_default();
    build.includes(headers.split(',').filter(|folder| !folder.is_empty()));
    build.file("src/encoder.c").flag("-std=c11").warnings_into_errors(true).extra_warnings(true).compile("photo_jpeg");
}
