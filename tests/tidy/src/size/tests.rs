use super::*;

fn rules(path: &str, text: &str) -> Vec<(Rule, usize)> {
    let source = Source::parse(path, text.to_owned()).unwrap();
    violations(&source).into_iter().map(|violation| (violation.rule, violation.line)).collect()
}

/// A function of `lines` lines.
fn function(lines: usize) -> String {
    format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
}

/// A file of `lines` lines that begins as it should.
fn file(lines: usize) -> String {
    format!("//! Decides.\n{}", "const A: u8 = 1;\n".repeat(lines - 1))
}

#[test]
fn a_function_of_61_lines_is_too_long_and_one_of_60_is_not() {
    assert_eq!(rules("a.rs", &format!("//! A.\n{}", function(60))), []);
    assert_eq!(rules("a.rs", &format!("//! A.\n{}", function(61))), [(Rule::FunctionLength, 2)]);
}

#[test]
fn methods_and_functions_within_functions_and_modules_are_judged() {
    let long = function(61);
    for wrapped in [
        format!("//! A.\nimpl A {{\n{long}}}"),
        format!("//! A.\ntrait A {{\n{long}}}"),
        format!("//! A.\nmod a {{\n{long}}}"),
        format!("//! A.\n#[cfg(not(test))]\nmod a {{\n{long}}}"),
    ] {
        let found = rules("a.rs", &wrapped);
        assert_eq!(found.len(), 1, "{found:?} in {wrapped}");
        assert_eq!(found[0].0, Rule::FunctionLength);
    }
}

#[test]
fn a_long_function_that_is_a_test_is_not_judged() {
    let long = function(90);
    assert_eq!(rules("a.rs", &format!("//! A.\n#[cfg(test)]\nmod tests {{\n{long}}}")), []);
    assert_eq!(rules("a.rs", &format!("//! A.\n#[tokio::test]\nasync {long}")), []);
    assert_eq!(rules("a.rs", &format!("//! A.\n#[test]\n{long}")), []);
}

#[test]
fn doc_comments_do_not_lengthen_a_function() {
    let documented = format!("//! A.\n{}{}", "/// Why.\n".repeat(30), function(60));
    assert_eq!(rules("a.rs", &documented), []);
}

#[test]
fn six_parameters_are_too_many_except_where_a_trait_decided_them() {
    let six = "fn six(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {}";
    assert_eq!(rules("a.rs", &format!("//! A.\n{six}")), [(Rule::ParameterCount, 2)]);
    assert_eq!(rules("a.rs", &format!("//! A.\ntrait T {{ {six} }}")), [(Rule::ParameterCount, 2)]);
    assert_eq!(rules("a.rs", &format!("//! A.\nimpl A {{ {six} }}")), [(Rule::ParameterCount, 2)]);
    assert_eq!(rules("a.rs", &format!("//! A.\nimpl T for A {{ {six} }}")), []);
    assert_eq!(rules("a.rs", "//! A.\nfn five(a: u8, b: u8, c: u8, d: u8, e: u8) {}"), []);
}

#[test]
fn a_file_has_400_lines_at_most_and_600_where_it_holds_tests() {
    assert_eq!(rules("core/src/a.rs", &file(400)), []);
    assert_eq!(rules("core/src/a.rs", &file(401)), [(Rule::FileLength, 1)]);
    for path in ["core/src/a/tests.rs", "core/tests/a.rs", "tests/stack/src/a.rs"] {
        assert_eq!(rules(path, &file(600)), [], "{path}");
        assert_eq!(rules(path, &file(601)), [(Rule::FileLength, 1)], "{path}");
    }
}

#[test]
fn inline_test_modules_do_not_lengthen_a_file() {
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "const A: u8 = 1;\n".repeat(200));
    assert_eq!(rules("core/src/a.rs", &format!("{}{tests}", file(400))), []);
    assert_eq!(rules("core/src/a.rs", &format!("{}{tests}", file(401))), [(Rule::FileLength, 1)]);
}

#[test]
fn a_file_begins_with_a_header_except_a_tests_module() {
    assert_eq!(rules("core/src/a.rs", "use std::fmt;\n//"), [(Rule::FileHeader, 1)]);
    assert_eq!(rules("core/src/a.rs", "\n//! Late.\n"), [(Rule::FileHeader, 1)]);
    assert_eq!(rules("core/src/a/tests.rs", "use super::*;\n"), []);
    assert_eq!(rules("core/tests/a.rs", "use std::fmt;\n"), [(Rule::FileHeader, 1)]);
}

#[test]
fn mod_rs_is_refused() {
    assert_eq!(rules("core/src/a/mod.rs", "//! A.\n"), [(Rule::ModuleFile, 1)]);
    assert_eq!(rules("core/src/a_mod.rs", "//! A.\n"), []);
}
