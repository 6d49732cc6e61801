//! The one list of exceptions: each with its reason, and none that excuses nothing.

use serde::Deserialize;

use crate::{
    name::words,
    violation::{Rule, Violation},
};

/// Something that may break a rule. At least one of `file`, `subject` and `term` says what it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The rule.
    pub rule: Rule,
    /// The file; without it, any.
    pub file: Option<String>,
    /// The exact name of the function, type, file or dependency; without it, any.
    pub subject: Option<String>,
    /// Words that stand together in the name, in `snake_case`: `service_token` excuses `ServiceTokenKey`.
    pub term: Option<String>,
    /// Why it is right here.
    pub reason: String,
}

/// The file `exceptions.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    exception: Vec<Exception>,
}

/// Reads the text of `exceptions.toml`.
pub fn parse(text: &str) -> Result<Vec<Exception>, toml::de::Error> {
    toml::from_str::<List>(text).map(|list| list.exception)
}

impl Exception {
    fn excuses(&self, violation: &Violation) -> bool {
        let file = self.file.as_ref().is_none_or(|file| *file == violation.file);
        let subject = self.subject.as_ref().is_none_or(|subject| *subject == violation.subject);
        let term = self.term.as_ref().is_none_or(|term| contains_words(&violation.subject, term));
        self.rule == violation.rule && file && subject && term
    }

    /// What is wrong with the exception itself.
    fn fault(&self) -> Option<&'static str> {
        if self.reason.split_whitespace().count() < 3 {
            Some("gives no reason")
        } else if self.file.is_none() && self.subject.is_none() && self.term.is_none() {
            Some("excuses a whole rule; name a `file`, a `subject` or a `term`")
        } else {
            None
        }
    }
}

fn contains_words(name: &str, term: &str) -> bool {
    let (name, term) = (words(name), words(term));
    !term.is_empty() && name.windows(term.len()).any(|part| part == term)
}

/// What remains to be done: violations that no exception excuses, and exceptions that are faulty or excuse nothing.
pub fn judge(violations: &[Violation], exceptions: &[Exception]) -> Vec<String> {
    let open = violations.iter().filter(|violation| !exceptions.iter().any(|exception| exception.excuses(violation)));
    let mut messages: Vec<String> = open.map(Violation::to_string).collect();
    for exception in exceptions {
        let stale = !violations.iter().any(|violation| exception.excuses(violation));
        if let Some(fault) = exception.fault().or(stale.then_some("excuses nothing any more; remove it")) {
            let Exception { rule, file, subject, term, .. } = exception;
            let what: Vec<&str> = [file, subject, term].into_iter().flatten().map(String::as_str).collect();
            messages.push(format!("tests/tidy/exceptions.toml: [{}] {} {fault}", rule.as_str(), what.join(" ")));
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation(rule: Rule, subject: &str) -> Violation {
        Violation {
            file: "core/src/a.rs".to_owned(),
            line: 7,
            rule,
            subject: subject.to_owned(),
            found: "too long".to_owned(),
        }
    }

    fn exceptions(fields: &str) -> Vec<Exception> {
        parse(&format!("[[exception]]\n{fields}")).unwrap()
    }

    #[test]
    fn a_violation_names_its_place_its_rule_and_what_to_do() {
        let messages = judge(&[violation(Rule::FunctionLength, "run")], &[]);
        assert_eq!(messages.len(), 1);
        assert!(messages[0].starts_with("core/src/a.rs:7: [function-length] too long\n"), "{}", messages[0]);
        assert!(messages[0].ends_with(Rule::FunctionLength.advice()));
    }

    #[test]
    fn an_exception_excuses_what_it_names_and_nothing_else() {
        let list = exceptions(
            "rule = \"function-length\"\nfile = \"core/src/a.rs\"\nsubject = \"run\"\nreason = \"one table, read as one\"",
        );
        assert_eq!(judge(&[violation(Rule::FunctionLength, "run")], &list), Vec::<String>::new());
        for other in [violation(Rule::FunctionLength, "walk"), violation(Rule::ParameterCount, "run")] {
            assert_eq!(judge(&[violation(Rule::FunctionLength, "run"), other], &list).len(), 1);
        }
    }

    #[test]
    fn a_term_excuses_the_names_that_carry_its_words_in_sequence() {
        let list = exceptions("rule = \"name\"\nterm = \"service_token\"\nreason = \"the protocol's own term\"");
        let excused = [violation(Rule::Name, "ServiceTokenKey"), violation(Rule::Name, "service_token")];
        assert_eq!(judge(&excused, &list), Vec::<String>::new());
        let both = [violation(Rule::Name, "ServiceToken"), violation(Rule::Name, "TokenService")];
        assert_eq!(judge(&both, &list).len(), 1);
    }

    #[test]
    fn an_exception_that_excuses_nothing_fails() {
        let list = exceptions("rule = \"name\"\nsubject = \"Gone\"\nreason = \"it was there once\"");
        assert_eq!(judge(&[], &list), ["tests/tidy/exceptions.toml: [name] Gone excuses nothing any more; remove it"]);
    }

    #[test]
    fn an_exception_without_a_reason_or_for_a_whole_rule_fails() {
        let found = [violation(Rule::Name, "RoomManager")];
        for fields in ["subject = \"RoomManager\"\nreason = \"\"", "reason = \"we like all of them\""] {
            assert_eq!(judge(&found, &exceptions(&format!("rule = \"name\"\n{fields}"))).len(), 1, "{fields}");
        }
    }

    #[test]
    fn an_unknown_field_or_rule_is_an_error() {
        assert!(parse("[[exception]]\nrule = \"name\"\nreason = \"x y z\"\nwhy = \"?\"").is_err());
        assert!(parse("[[exception]]\nrule = \"colour\"\nreason = \"x y z\"").is_err());
    }
}
