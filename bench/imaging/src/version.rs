//! Which versions of crates this program is made of, from the lock file that it was built with.

const LOCK: &str = include_str!(concat!(env!("REPOSITORY"), "Cargo.lock"));

/// `image 0.25.10, moxcms 0.8.1`.
pub(crate) fn of(packages: &[&str]) -> String {
    packages.iter().map(|package| format!("{package} {}", version(package))).collect::<Vec<_>>().join(", ")
}

fn version(package: &str) -> &str {
    let name = format!("name = \"{package}\"\nversion = \"");
    LOCK.split_once(&name).and_then(|(_, after)| after.split('"').next()).unwrap_or("of no known version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        assert_eq!(
            of(&["photo-worker", "nothing"]),
            format!("photo-worker {}, nothing of no known version", env!("CARGO_PKG_VERSION"))
        );
    }
}
