//! One Rust file: its path, its text and its syntax; and what of it is there for tests only.

use proc_macro2::TokenStream;
use syn::Attribute;

/// A Rust file that parses.
#[derive(Debug)]
pub struct Source {
    /// Path from the repository's root, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its syntax.
    pub syntax: syn::File,
    /// Its tokens, those inside macros included.
    pub tokens: TokenStream,
}

impl Source {
    /// Parses `text` as the file at `path`.
    pub fn parse(path: &str, text: String) -> syn::Result<Self> {
        let syntax = syn::parse_file(&text)?;
        let tokens = text.parse().map_err(|error: proc_macro2::LexError| syn::Error::new(error.span(), error))?;
        Ok(Self { path: path.to_owned(), text, syntax, tokens })
    }

    /// Whether the file is a module of tests beside the code that it tests: `x/tests.rs`.
    pub fn is_tests_module(&self) -> bool {
        self.path.ends_with("/tests.rs")
    }

    /// Whether the file holds tests: `x/tests.rs`, or anything below a folder `tests`.
    pub fn holds_tests(&self) -> bool {
        self.is_tests_module() || self.path.split('/').any(|part| part == "tests")
    }
}

/// Whether an item is compiled for tests only: `#[cfg(test)]`, `#[test]`, `#[tokio::test]`.
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            return attribute.parse_args::<syn::Path>().is_ok_and(|argument| argument.is_ident("test"));
        }
        path.segments.last().is_some_and(|segment| segment.ident == "test")
    })
}
