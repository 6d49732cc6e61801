//! How long files and functions may be, how many parameters, and how every file begins.

use proc_macro2::Span;
use syn::{
    Attribute, ImplItemFn, ItemFn, ItemImpl, ItemMod, Signature, TraitItemFn,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::{
    source::{Source, is_test_only},
    violation::{Rule, Violation},
};

const FILE_LINES_MAX: usize = 400;
const TESTS_FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 60;
const PARAMETERS_MAX: usize = 5;

/// Every size rule, and the rules about a file's name and first line.
pub fn violations(source: &Source) -> Vec<Violation> {
    let mut census = Census { source, found: Vec::new(), in_trait_impl: false, test_lines: 0 };
    census.visit_file(&source.syntax);
    let test_lines = census.test_lines;
    let mut found = census.found;
    found.extend(file_length(source, test_lines));
    found.extend(file_header(source));
    found.extend(module_file(source));
    found
}

fn file_length(source: &Source, test_lines: usize) -> Option<Violation> {
    let lines = source.text.lines().count() - test_lines;
    let max = if source.holds_tests() { TESTS_FILE_LINES_MAX } else { FILE_LINES_MAX };
    (lines > max).then(|| Violation {
        file: source.path.clone(),
        line: 1,
        rule: Rule::FileLength,
        subject: source.path.clone(),
        found: format!("{lines} lines without inline tests, {max} are the most"),
    })
}

fn file_header(source: &Source) -> Option<Violation> {
    let starts_well = source.text.starts_with("//!") || source.is_tests_module();
    (!starts_well).then(|| Violation {
        file: source.path.clone(),
        line: 1,
        rule: Rule::FileHeader,
        subject: source.path.clone(),
        found: "the file does not begin with `//!`".to_owned(),
    })
}

fn module_file(source: &Source) -> Option<Violation> {
    let is_module_file = source.path.rsplit('/').next() == Some("mod.rs");
    is_module_file.then(|| Violation {
        file: source.path.clone(),
        line: 1,
        rule: Rule::ModuleFile,
        subject: source.path.clone(),
        found: "a module in a file `mod.rs`".to_owned(),
    })
}

/// Walks a file's functions, tests left out.
struct Census<'a> {
    source: &'a Source,
    found: Vec<Violation>,
    in_trait_impl: bool,
    test_lines: usize,
}

impl Census<'_> {
    fn function(&mut self, signature: &Signature, end: Option<Span>) {
        let line = signature.fn_token.span.start().line;
        let name = signature.ident.to_string();
        let lines = end.map_or(1, |end| end.end().line - line + 1);
        if lines > FUNCTION_LINES_MAX {
            let found = format!("function `{name}` has {lines} lines, {FUNCTION_LINES_MAX} are the most");
            self.report(line, Rule::FunctionLength, &name, found);
        }
        let parameters = signature.inputs.len();
        // A trait's implementation has the parameters that the trait decided; the trait itself is judged.
        if parameters > PARAMETERS_MAX && !self.in_trait_impl {
            let found = format!("function `{name}` has {parameters} parameters, {PARAMETERS_MAX} are the most");
            self.report(line, Rule::ParameterCount, &name, found);
        }
    }

    fn report(&mut self, line: usize, rule: Rule, subject: &str, found: String) {
        self.found.push(Violation { file: self.source.path.clone(), line, rule, subject: subject.to_owned(), found });
    }
}

impl<'ast> Visit<'ast> for Census<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_test_only(&module.attrs) {
            visit::visit_item_mod(self, module);
        } else if let Some((braces, _)) = &module.content {
            let first = module.attrs.first().map_or_else(|| module.mod_token.span, Attribute::span);
            self.test_lines += braces.span.close().end().line - first.start().line + 1;
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if !is_test_only(&function.attrs) {
            self.function(&function.sig, Some(function.block.brace_token.span.close()));
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_item_impl(&mut self, block: &'ast ItemImpl) {
        let outer = std::mem::replace(&mut self.in_trait_impl, block.trait_.is_some());
        visit::visit_item_impl(self, block);
        self.in_trait_impl = outer;
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.sig, Some(function.block.brace_token.span.close()));
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.function(&function.sig, function.default.as_ref().map(|block| block.brace_token.span.close()));
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests;
