//! Names of files, modules and types: words of the domain, none of those that fit everything.

use syn::{
    Ident, ItemEnum, ItemMod, ItemStruct, ItemTrait, ItemType, ItemUnion,
    visit::{self, Visit},
};

use crate::{
    source::Source,
    violation::{Rule, Violation},
};

/// Words that say nothing about what a thing is; a name with one of them as a whole word is refused.
const EMPTY_WORDS: [&str; 11] =
    ["util", "helper", "common", "shared", "misc", "manager", "service", "handler", "processor", "data", "info"];

/// The one type that keeps such a word: users of the platform know it by this name.
const KNOWN_TO_USERS: &str = "ScalingManager";

/// Judges the name of a file and of the folders that it is in, whatever its language. What a program has written is named
/// after what it describes: golden files have the names of Kubernetes' objects.
pub fn path_violations(path: &str) -> Vec<Violation> {
    if path.split('/').any(|folder| folder == "golden") {
        return Vec::new();
    }
    path.split('/')
        .filter_map(|part| {
            let stem = part.trim_start_matches('.').split('.').next().unwrap_or(part);
            violation(path, 1, stem, "file or folder")
        })
        .collect()
}

/// Judges the names of the types and inline modules of a Rust file.
pub fn type_violations(source: &Source) -> Vec<Violation> {
    let mut names = Names { path: &source.path, found: Vec::new() };
    names.visit_file(&source.syntax);
    names.found
}

/// The words of a `snake_case`, kebab-case or `CamelCase` name, in lower case; `HTTPServer` has two.
pub fn words(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| letters.get(before));
        let after_small = before.is_some_and(|before| !before.is_uppercase());
        let before_small = letters.get(index + 1).is_some_and(|after| after.is_lowercase());
        if !letter.is_alphanumeric() || letter.is_uppercase() && (after_small || before_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_empty_word(word: &str) -> bool {
    EMPTY_WORDS.iter().any(|empty| word == *empty || word.strip_suffix('s') == Some(*empty))
}

fn violation(file: &str, line: usize, name: &str, what: &str) -> Option<Violation> {
    if name == KNOWN_TO_USERS {
        return None;
    }
    let word = words(name).into_iter().find(|word| is_empty_word(word))?;
    Some(Violation {
        file: file.to_owned(),
        line,
        rule: Rule::Name,
        subject: name.to_owned(),
        found: format!("{what} `{name}` is named with the word `{word}`"),
    })
}

struct Names<'a> {
    path: &'a str,
    found: Vec<Violation>,
}

impl Names<'_> {
    fn judge(&mut self, ident: &Ident, what: &str) {
        self.found.extend(violation(self.path, ident.span().start().line, &ident.to_string(), what));
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item_struct(&mut self, item: &'ast ItemStruct) {
        self.judge(&item.ident, "struct");
    }

    fn visit_item_enum(&mut self, item: &'ast ItemEnum) {
        self.judge(&item.ident, "enum");
    }

    fn visit_item_union(&mut self, item: &'ast ItemUnion) {
        self.judge(&item.ident, "union");
    }

    fn visit_item_type(&mut self, item: &'ast ItemType) {
        self.judge(&item.ident, "type");
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.judge(&item.ident, "trait");
        visit::visit_item_trait(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.judge(&item.ident, "module");
        visit::visit_item_mod(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_types(text: &str) -> Vec<(String, usize)> {
        let source = Source::parse("core/src/a.rs", text.to_owned()).unwrap();
        type_violations(&source).into_iter().map(|violation| (violation.subject, violation.line)).collect()
    }

    #[test]
    fn names_fall_into_words_at_underscores_hyphens_and_capitals() {
        let cases: [(&str, &[&str]); 5] = [
            ("room_manager", &["room", "manager"]),
            ("RoomManager", &["room", "manager"]),
            ("MetadataStore", &["metadata", "store"]),
            ("install-tools", &["install", "tools"]),
            ("HTTPHandler", &["http", "handler"]),
        ];
        for (name, expected) in cases {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn every_kind_of_type_is_judged_at_its_line() {
        let kinds = ["struct RoomManager;", "enum EventData {}", "trait JobProcessor {}", "type PhotoInfo = u8;"];
        for kind in kinds {
            assert_eq!(refused_types(&format!("//! A.\n{kind}")).len(), 1, "{kind}");
        }
        assert_eq!(refused_types("\nmod inner {\n    struct UploadHandlers;\n}"), [("UploadHandlers".to_owned(), 3)]);
        assert_eq!(refused_types("fn f() {\n    struct Shared;\n}"), [("Shared".to_owned(), 2)]);
    }

    #[test]
    fn a_word_that_only_contains_a_refused_one_is_kept() {
        assert_eq!(
            refused_types("struct MetadataStore; struct Information; struct Datagram; struct Commons;"),
            [("Commons".to_owned(), 1)]
        );
    }

    #[test]
    fn the_scaling_manager_keeps_its_name() {
        assert_eq!(refused_types("struct ScalingManager;"), []);
        assert_eq!(refused_types("struct ScalingManagerState;").len(), 1);
    }

    #[test]
    fn files_and_folders_of_any_language_are_judged() {
        for path in ["core/src/utils.rs", "gateway/web/helpers/a.js", "scripts/common.sh", "core/src/job-data.rs"] {
            assert_eq!(path_violations(path).len(), 1, "{path}");
        }
        for path in ["core/src/metadata_store.rs", "gateway/web/page.js", ".ci/run", ".gitignore"] {
            assert_eq!(path_violations(path), [], "{path}");
        }
    }
}
