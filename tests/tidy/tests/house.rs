//! Runs every rule over this repository and fails with one message for each broken one.

use std::{fs, path::Path};

use photo_tidy::{exception, repository::Repository};

#[test]
fn the_repository_keeps_every_rule() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = Repository::read(here.ancestors().nth(2).unwrap()).unwrap();
    assert!(repository.members.iter().any(|member| member.package == "photo-core"), "the members were not found");
    assert!(repository.sources.iter().any(|source| source.path == "crates/core/src/lib.rs"), "no sources were found");
    let exceptions = exception::parse(&fs::read_to_string(here.join("exceptions.toml")).unwrap()).unwrap();
    let messages = exception::judge(&repository.violations(), &exceptions);
    assert!(messages.is_empty(), "{} to mend:\n{}", messages.len(), messages.join("\n"));
}
