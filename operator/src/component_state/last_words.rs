//! What a container said before it ended, from its termination message: the end of its log, as its template asks for.

use serde_json::Value;

/// Most characters that are told.
const MOST: usize = 300;

/// How our programs begin the error that ends them; below it stands what caused it.
const ERROR: &str = "Error: ";

/// The error that ended it, with its causes; of a program that tells none, the last line of its log. It is the same each
/// time that a container fails the same way, unless the line tells the time.
pub(super) fn last_words(message: &str) -> Option<String> {
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let error = lines.iter().rposition(|line| line.starts_with(ERROR)).and_then(|at| lines.get(at..));
    let told = match error {
        Some(lines) => with_causes(lines),
        None => logged(lines.last()?),
    };
    Some(bounded(&told))
}

/// An error and its causes, as `anyhow` writes them, in one line.
fn with_causes(lines: &[&str]) -> String {
    let told = lines.iter().take_while(|line| **line != "Stack backtrace:").filter(|line| **line != "Caused by:");
    let texts = told.map(|line| {
        let line = line.strip_prefix(ERROR).unwrap_or(line);
        match line.split_once(": ") {
            Some((number, cause)) if number.bytes().all(|byte| byte.is_ascii_digit()) => cause,
            Some(_) | None => line,
        }
    });
    texts.collect::<Vec<_>>().join(": ")
}

/// What a line of a log says: of one in JSON its message alone, without the time.
fn logged(line: &str) -> String {
    let event: Option<Value> = serde_json::from_str(line).ok();
    let said = event.as_ref().and_then(|event| event.pointer("/fields/message")).and_then(Value::as_str);
    said.unwrap_or(line).to_owned()
}

/// The end of a text that is too long, where the cause is; without what colours a terminal.
fn bounded(text: &str) -> String {
    let shown: Vec<char> = text.chars().filter(|character| !character.is_control()).collect();
    if shown.len() <= MOST {
        return shown.into_iter().collect();
    }
    let end = shown.get(shown.len() - (MOST - 1)..).unwrap_or_default();
    std::iter::once(&'…').chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_that_ended_a_program_of_ours_is_told_with_its_causes() {
        let refused = "{\"level\":\"INFO\",\"fields\":{\"message\":\"starting\"}}\nError: PIPELINE_FILE: /etc/pipeline.yaml\n\n\
                       Caused by:\n    stages: the watermark `mark` can't be shown: its font lacks `漢`\n";
        let told =
            "PIPELINE_FILE: /etc/pipeline.yaml: stages: the watermark `mark` can't be shown: its font lacks `漢`";
        assert_eq!(last_words(refused).as_deref(), Some(told));
        let twice = "Error: the first\nError: REDIS_URL\n\nCaused by:\n    0: no answer\n    1: Connection refused (os error 111)\n\n\
                     Stack backtrace:\n   0: main";
        assert_eq!(last_words(twice).as_deref(), Some("REDIS_URL: no answer: Connection refused (os error 111)"));
    }

    #[test]
    fn else_the_last_line_of_its_log_is() {
        assert_eq!(
            last_words("first\n*** FATAL CONFIG FILE ERROR\n \n").as_deref(),
            Some("*** FATAL CONFIG FILE ERROR")
        );
        let event = r#"{"timestamp":"2026-01-01T00:00:00Z","level":"WARN","fields":{"message":"no room","x":1}}"#;
        assert_eq!(last_words(event).as_deref(), Some("no room"));
        assert_eq!(last_words("{\"other\": 1}").as_deref(), Some("{\"other\": 1}"));
        assert_eq!(last_words("\u{1b}[31mred\u{1b}[0m").as_deref(), Some("[31mred[0m"));
        assert_eq!(last_words(" \n"), None);
    }

    #[test]
    fn what_is_told_is_bounded_and_ends_with_the_cause() {
        let long = format!("Error: {}the cause", "é".repeat(400));
        let told = last_words(&long).unwrap();
        assert_eq!(told.chars().count(), MOST);
        assert!(told.starts_with('…') && told.ends_with("éthe cause"), "{told}");
        let fits = "y".repeat(MOST);
        assert_eq!(last_words(&fits), Some(fits));
    }
}
