//! Where drivers, codecs and frameworks may be known: each has one home, so that it can be replaced there.

use crate::{
    manifest::Manifest,
    violation::{Rule, Violation},
};

/// Crates that have a home, and the folders of the packages that may depend on them.
struct Home {
    crates: &'static [&'static str],
    folders: &'static [&'static str],
    /// Whether tests and benches may use them too, as a user of the platform would.
    in_tests: bool,
}

const HOMES: [Home; 6] = [
    Home {
        crates: &[
            "bullmq-official",
            "deadpool-sqlite",
            "minio",
            "object_store",
            "redis",
            "rusqlite",
            "rusqlite_migration",
        ],
        folders: &["crates/adapters"],
        in_tests: false,
    },
    Home { crates: &["reqwest"], folders: &["crates/adapters"], in_tests: true },
    Home {
        crates: &[
            "avif-serialize",
            "fast_image_resize",
            "image",
            "img-parts",
            "kamadak-exif",
            "moxcms",
            "rav1e",
            "resvg",
            "skrifa",
            "turbojpeg",
            "webp",
        ],
        folders: &["crates/stages"],
        in_tests: true,
    },
    Home { crates: &["turbojpeg-sys"], folders: &["crates/jpeg"], in_tests: false },
    Home {
        crates: &["k8s-openapi", "kube", "kube-client", "kube-core", "kube-derive", "kube-runtime"],
        folders: &["local", "operator"],
        in_tests: true,
    },
    Home {
        crates: &["axum", "axum-core", "axum-extra"],
        folders: &["crates/runtime", "gateway", "operator"],
        in_tests: false,
    },
];

/// Judges what becomes part of a package; what its tests use is free.
pub fn violations(member: &Manifest) -> Vec<Violation> {
    let in_tests = member.is_beside_the_platform();
    let mut found = Vec::new();
    for dependency in member.built_in() {
        let Some(home) = HOMES.iter().find(|home| home.crates.contains(&dependency.name.as_str())) else { continue };
        let at_home = home.folders.contains(&member.folder()) || in_tests && home.in_tests;
        if !at_home {
            let text = format!("`{}` belongs below {} only", dependency.name, home.folders.join(" and "));
            found.push(member.violation(dependency, Rule::DriverPlace, text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(folder: &str, dependency: &str) -> bool {
        let text = format!("[package]\nname = \"a\"\n[dependencies]\n{dependency}.workspace = true\n");
        let member = Manifest::parse(&format!("{folder}/Cargo.toml"), &text).unwrap().unwrap();
        !violations(&member).is_empty()
    }

    #[test]
    fn a_crate_is_refused_outside_its_home_and_kept_in_it() {
        let cases = [
            ("redis", "crates/adapters", "gateway"),
            ("bullmq-official", "crates/adapters", "worker"),
            ("minio", "crates/adapters", "crates/core"),
            ("object_store", "crates/adapters", "gateway"),
            ("rusqlite", "crates/adapters", "gateway"),
            ("reqwest", "crates/adapters", "gateway"),
            ("image", "crates/stages", "worker"),
            ("rav1e", "crates/stages", "worker"),
            ("turbojpeg", "crates/stages", "gateway"),
            ("kamadak-exif", "crates/stages", "crates/core"),
            ("turbojpeg-sys", "crates/jpeg", "crates/stages"),
            ("kube", "operator", "gateway"),
            ("kube", "local", "worker"),
            ("k8s-openapi", "operator", "crates/core"),
            ("axum", "gateway", "worker"),
            ("axum", "crates/runtime", "crates/adapters"),
        ];
        for (dependency, home, elsewhere) in cases {
            assert!(!refused(home, dependency), "{dependency} is at home in {home}");
            assert!(refused(elsewhere, dependency), "{dependency} is not at home in {elsewhere}");
        }
    }

    #[test]
    fn tests_and_benches_may_speak_http_and_look_at_pictures_but_hold_no_driver() {
        for (dependency, expected) in [("reqwest", false), ("image", false), ("redis", true), ("rusqlite", true)] {
            for folder in ["tests/path", "bench/imaging"] {
                assert_eq!(refused(folder, dependency), expected, "{dependency} in {folder}");
            }
        }
    }

    #[test]
    fn what_a_package_uses_for_its_tests_is_free() {
        let text = "[package]\nname = \"a\"\n[dev-dependencies]\nredis.workspace = true\n";
        let member = Manifest::parse("gateway/Cargo.toml", text).unwrap().unwrap();
        assert_eq!(violations(&member), []);
    }
}
