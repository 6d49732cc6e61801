//! Where documents come from: files, folders, standard input; each may hold several, parted by lines of `---`.

use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::InvalidDocuments;

/// Endings of files that are taken from a folder, as kubectl does.
const ENDINGS: [&str; 3] = ["json", "yaml", "yml"];

/// A text with documents.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

/// One document of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Document<'a> {
    /// The name of its source.
    source: &'a str,
    /// Counted from 1; those that hold nothing are not counted.
    number: usize,
    /// Which item of a list, counted from 1.
    item: Option<usize>,
    /// The line of its source with the first thing that it holds, counted from 1.
    line: usize,
    /// The lines of its source before `text`.
    pub(super) lines_before: usize,
    /// The document, with the `---` before it.
    pub(super) text: &'a str,
}

/// Where a document is, as people look for it: `a.yaml, document 2 (line 14)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(String);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads every path in its order; of a folder the documents in it by name, not those of folders within.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Source>, InvalidDocuments> {
    let mut sources = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            let mut text = String::new();
            let read = io::stdin().read_to_string(&mut text);
            read.map_err(|error| InvalidDocuments::Unreadable("standard input".to_owned(), error))?;
            sources.push(Source { name: "standard input".to_owned(), text });
        } else if path.is_dir() {
            for file in files_of(path)? {
                sources.push(read_file(&file)?);
            }
        } else {
            sources.push(read_file(path)?);
        }
    }
    Ok(sources)
}

fn read_file(path: &Path) -> Result<Source, InvalidDocuments> {
    let name = path.display().to_string();
    match fs::read_to_string(path) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => Err(InvalidDocuments::Unreadable(name, error)),
    }
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>, InvalidDocuments> {
    let unreadable = |error| InvalidDocuments::Unreadable(folder.display().to_string(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(InvalidDocuments::EmptyFolder(folder.to_owned()));
    }
    files.sort();
    Ok(files)
}

impl Source {
    /// The documents that hold anything. A line of `---` parts them wherever it stands: YAML allows it in no scalar.
    pub(super) fn documents(&self) -> Vec<Document<'_>> {
        let mut parts = Vec::new();
        let (mut begin, mut begin_line, mut offset) = (0, 0, 0);
        for (line_number, line) in self.text.split_inclusive('\n').enumerate() {
            if is_marker(line, "---") {
                parts.extend(self.text.get(begin..offset).map(|text| (begin_line, text)));
                (begin, begin_line) = (offset, line_number);
            }
            offset += line.len();
        }
        parts.extend(self.text.get(begin..).map(|text| (begin_line, text)));
        let filled = parts.into_iter().filter(|(_, text)| text.lines().any(holds_something)).enumerate();
        filled.map(|(index, (lines_before, text))| self.document(index + 1, lines_before, text)).collect()
    }

    fn document<'a>(&'a self, number: usize, lines_before: usize, text: &'a str) -> Document<'a> {
        let empty = text.lines().take_while(|line| !holds_something(line)).count();
        let line = lines_before + empty + 1;
        Document { source: &self.name, number, item: None, line, lines_before, text }
    }
}

impl<'a> Document<'a> {
    /// An item of this document, which is a list, written out as a document of its own.
    pub(super) fn item(&self, number: usize, text: &'a str) -> Self {
        Self { item: Some(number), lines_before: 0, text, ..*self }
    }

    /// Where it is.
    pub(super) fn place(&self) -> Place {
        let item = self.item.map(|item| format!(", item {item}")).unwrap_or_default();
        Place(format!("{}, document {} (line {}){item}", self.source, self.number, self.line))
    }

    /// What the lines of `text` are lines of.
    pub(super) fn text_name(&self) -> String {
        self.item.map_or_else(|| self.source.to_owned(), |item| format!("item {item} of {}", self.source))
    }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Whether a line is more than a marker, a comment or a directive.
fn holds_something(line: &str) -> bool {
    let marked = is_marker(line, "---") || is_marker(line, "...");
    let text = if marked { line.get(3..).unwrap_or_default() } else { line };
    let text = text.trim_start_matches('\u{feff}').trim();
    !(text.is_empty() || text.starts_with('#') || line.starts_with('%'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<(usize, usize, usize)> {
        let source = Source { name: "a.yaml".to_owned(), text: text.to_owned() };
        source.documents().iter().map(|document| (document.number, document.line, document.lines_before)).collect()
    }

    #[test]
    fn documents_are_parted_and_counted_where_they_hold_anything() {
        assert_eq!(places("a: 1\n---\nb: 2\n"), [(1, 1, 0), (2, 3, 1)]);
        assert_eq!(
            places("%YAML 1.2\n---\n# first\n\na: 1\n--- # second\nb: |\n  ---\n---\n...\n---\n"),
            [(1, 5, 1), (2, 7, 5)]
        );
        assert_eq!(places("a: 1\r\n---\r\nb: 2\r\n"), [(1, 1, 0), (2, 3, 1)]);
        assert_eq!(places("--- {a: 1}\n----\nb: 2"), [(1, 1, 0)], "four dashes are text");
        assert_eq!(places("\u{feff}\n# nothing\n---\n"), []);
    }

    #[test]
    fn a_folder_holds_what_kubectl_would_apply_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(files_of(folder.path()), Err(InvalidDocuments::EmptyFolder(_))));
        fs::create_dir(folder.path().join("within.yaml")).unwrap();
        for name in ["b.yaml", "a.yml", "c.json", "notes.md", "photo.jpg"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let names = files_of(folder.path()).unwrap();
        let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.yml", "b.yaml", "c.json"]);
    }
}
