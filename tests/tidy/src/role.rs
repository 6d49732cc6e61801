//! Borders within the gateway: its roles do not know one another, and one file knows the Socket.IO server.
//!
//! Read from tokens, so that a path inside a macro counts and one in a comment or text does not.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::{
    source::Source,
    violation::{Rule, Violation},
};

const ROLES: [&str; 3] = ["api", "storage", "events"];
const ROLES_FOLDER: &str = "gateway/src/";
const TRANSPORT: &str = "gateway/src/events/transport.rs";

/// `socketioxide` is named in the transport's file and nowhere else.
pub fn transport_violations(source: &Source) -> Vec<Violation> {
    if source.path == TRANSPORT {
        return Vec::new();
    }
    let mut named = Vec::new();
    idents(&source.tokens, &mut named);
    named
        .into_iter()
        .filter(|ident| ident == "socketioxide")
        .map(|ident| violation(source, &ident, Rule::TransportPlace, format!("`socketioxide` outside {TRANSPORT}")))
        .collect()
}

/// A file of one of the gateway's roles names no other role.
pub fn separation_violations(source: &Source) -> Vec<Violation> {
    let Some((role, depth)) = role_and_depth(&source.path) else { return Vec::new() };
    let mut named = Vec::new();
    root_segments(&source.tokens, depth, &mut named);
    named
        .into_iter()
        .filter(|ident| ROLES.iter().any(|other| ident == other && *other != role))
        .map(|ident| violation(source, &ident, Rule::RoleSeparation, format!("role `{role}` names `crate::{ident}`")))
        .collect()
}

fn violation(source: &Source, ident: &Ident, rule: Rule, found: String) -> Violation {
    Violation { file: source.path.clone(), line: ident.span().start().line, rule, subject: ident.to_string(), found }
}

/// The role that a file belongs to, and how many `super` lead from it to the crate's root.
fn role_and_depth(path: &str) -> Option<(&'static str, usize)> {
    let modules: Vec<&str> = path.strip_prefix(ROLES_FOLDER)?.strip_suffix(".rs")?.split('/').collect();
    let role = ROLES.into_iter().find(|role| modules.first() == Some(role))?;
    Some((role, modules.len()))
}

fn idents(tokens: &TokenStream, found: &mut Vec<Ident>) {
    for token in tokens.clone() {
        match token {
            TokenTree::Ident(ident) => found.push(ident),
            TokenTree::Group(group) => idents(&group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// First segments of paths that start at the crate's root: `a` of `crate::a::b`, `a` and `b` of `crate::{a, b::c}`,
/// and what follows as many `super` as lead there.
fn root_segments(tokens: &TokenStream, depth: usize, found: &mut Vec<Ident>) {
    let mut supers = 0;
    let mut at_root = false;
    for token in tokens.clone() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            TokenTree::Ident(ident) if ident == "super" => {
                supers += 1;
                at_root = supers >= depth;
            }
            TokenTree::Ident(ident) if ident == "crate" => at_root = true,
            TokenTree::Ident(ident) => {
                found.extend(at_root.then_some(ident));
                (supers, at_root) = (0, false);
            }
            TokenTree::Group(group) => {
                if at_root && group.delimiter() == Delimiter::Brace {
                    found.extend(first_segments(&group.stream()));
                } else {
                    root_segments(&group.stream(), depth, found);
                }
                (supers, at_root) = (0, false);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => (supers, at_root) = (0, false),
        }
    }
}

/// The first identifier of each element of a `use` list.
fn first_segments(list: &TokenStream) -> Vec<Ident> {
    let mut found = Vec::new();
    let mut at_start = true;
    for token in list.clone() {
        match token {
            TokenTree::Ident(ident) if at_start => {
                found.push(ident);
                at_start = false;
            }
            TokenTree::Punct(punct) => at_start = at_start || punct.as_char() == ',',
            TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(path, text.to_owned()).unwrap()
    }

    fn separated(path: &str, text: &str) -> Vec<(String, usize)> {
        separation_violations(&source(path, text)).into_iter().map(|found| (found.subject, found.line)).collect()
    }

    #[test]
    fn a_role_that_names_another_is_refused_however_it_is_written() {
        let cases = [
            "use crate::storage::Catalogue;",
            "use crate::{api::Upload, storage::Catalogue};",
            "use crate::{api::{events, Upload}, storage};",
            "fn f() { crate::storage::open(); }",
            "fn f() -> crate::storage::Row { todo!() }",
            "macro_rules! m { () => { $crate::storage::open() } }",
            "use super::super::storage::Catalogue;",
            "mod tests { use super::super::super::storage::Catalogue; }",
        ];
        for text in cases {
            assert_eq!(separated("gateway/src/api/upload.rs", text), [("storage".to_owned(), 1)], "{text}");
        }
        assert_eq!(separated("gateway/src/events.rs", "//! A.\n\nuse super::api;"), [("api".to_owned(), 3)]);
    }

    #[test]
    fn a_role_may_name_itself_and_what_belongs_to_no_role() {
        let cases = [
            "use crate::{api::storage, problem::Problem};",
            "use super::storage;",
            "use photo_core::storage;",
            "// crate::storage\nconst A: &str = \"crate::storage\";",
            "fn storage() { let events = 1; }",
        ];
        for text in cases {
            assert_eq!(separated("gateway/src/api/upload.rs", text), [], "{text}");
        }
        assert_eq!(separated("gateway/src/main.rs", "use crate::{api, events, storage};"), []);
        assert_eq!(separated("worker/src/api.rs", "use crate::storage;"), []);
    }

    #[test]
    fn the_socket_io_server_is_known_in_one_file() {
        let text = "//! A.\nuse socketioxide::SocketIo;\n// socketioxide\n";
        assert_eq!(transport_violations(&source("gateway/src/events/transport.rs", text)), []);
        let found = transport_violations(&source("gateway/src/events/room.rs", text));
        assert_eq!(found.iter().map(|found| found.line).collect::<Vec<_>>(), [2]);
        let in_macro = source("gateway/src/main.rs", "fn f() { run!(socketioxide::SocketIo::new()); }");
        assert_eq!(transport_violations(&in_macro).len(), 1);
    }
}
