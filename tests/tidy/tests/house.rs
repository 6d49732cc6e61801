//! Runs every rule over this repository and fails with one message for each broken one.

use std::{fs, path::Path};

use photo_tidy::{exception, repository::Repository};

#[test]
fn the_repository_keeps_every_rule() {
    let root = Path::new(env!("REPOSITORY"));
    let repository = Repository::read(root).unwrap();
    assert!(repository.members.iter().any(|member| member.package == "photo-core"), "the members were not found");
    assert!(repository.sources.iter().any(|source| source.path == "crates/core/src/lib.rs"), "no sources were found");
    let exceptions = exception::parse(&fs::read_to_string(root.join("tests/tidy/exceptions.toml")).unwrap()).unwrap();
    let messages = exception::judge(&repository.violations(), &exceptions);
    assert!(messages.is_empty(), "{} to mend:\n{}", messages.len(), messages.join("\n"));
}
