//! What a slot writes to stderr: logged line by line under the photo that it works on, bounded, and looked through for
//! the one thing that nobody else tells: that memory ran out.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{io::AsyncReadExt, process::ChildStderr, task::JoinHandle};
use tracing::Span;

/// Longest line that is logged; the rest of it is not.
const LINE_BYTES_MAX: usize = 512;

/// Most lines that are logged about one photo.
const LINES_MAX: u32 = 20;

/// How long the last words of an ended slot may take to arrive.
const LAST_WORDS_TIME: Duration = Duration::from_secs(1);

/// The stderr of one slot.
#[derive(Debug)]
pub(super) struct Said {
    about: Arc<Mutex<About>>,
    listening: JoinHandle<()>,
}

/// What is being said, and about which photo.
#[derive(Debug)]
struct About {
    span: Span,
    lines: u32,
    out_of_memory: bool,
    last: Option<String>,
}

/// What an ended slot has said of its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastWords {
    /// Memory could not be had.
    pub(super) out_of_memory: bool,
    /// The last line since the photo came.
    pub(super) line: Option<String>,
}

impl Said {
    /// Listens until the slot ends.
    pub(super) fn listen(mut stderr: ChildStderr) -> Self {
        let about = Arc::new(Mutex::new(About::nothing()));
        let heard = Arc::clone(&about);
        let listening = tokio::spawn(async move {
            let (mut lines, mut chunk) = (Lines::default(), [0; 4096]);
            // An error ends the words as their end does.
            while let Ok(read @ 1..) = stderr.read(&mut chunk).await {
                lines.add(chunk.get(..read).unwrap_or_default(), &mut |line| lock(&heard).hear(line));
            }
            lines.end(&mut |line| lock(&heard).hear(line));
        });
        Self { about, listening }
    }

    /// What is said from now on is about the photo of this span.
    pub(super) fn now_about(&self, span: Span) {
        *lock(&self.about) = About { span, ..About::nothing() };
    }

    /// What was said to the end, once the slot has ended.
    pub(super) async fn last_words(self) -> LastWords {
        if tokio::time::timeout(LAST_WORDS_TIME, self.listening).await.is_err() {
            tracing::debug!("something else holds the stderr of an ended slot");
        }
        let mut about = lock(&self.about);
        LastWords { out_of_memory: about.out_of_memory, line: about.last.take() }
    }
}

fn lock(about: &Mutex<About>) -> MutexGuard<'_, About> {
    about.lock().unwrap_or_else(PoisonError::into_inner)
}

impl About {
    fn nothing() -> Self {
        Self { span: Span::current(), lines: 0, out_of_memory: false, last: None }
    }

    fn hear(&mut self, line: &str) {
        self.lines = self.lines.saturating_add(1);
        self.out_of_memory |= tells_of_memory(line);
        let span = self.span.enter();
        // Quoted: the bytes may be an attacker's.
        if self.lines <= LINES_MAX {
            tracing::warn!(?line, "a slot says");
        } else if self.lines == LINES_MAX + 1 {
            tracing::warn!("the slot says more about this photo, which is not logged");
        }
        drop(span);
        self.last = Some(line.to_owned());
    }
}

/// The text with which Rust's standard library aborts when its allocator gets no memory.
fn tells_of_memory(line: &str) -> bool {
    line.starts_with("memory allocation of ") && line.contains(" bytes failed")
}

/// Lines put together from chunks.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
}

impl Lines {
    fn add(&mut self, chunk: &[u8], hear: &mut dyn FnMut(&str)) {
        let mut parts = chunk.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            let room = LINE_BYTES_MAX.saturating_sub(self.line.len());
            self.line.extend(part.iter().take(room));
            if parts.peek().is_some() {
                self.end(hear);
            }
        }
    }

    fn end(&mut self, hear: &mut dyn FnMut(&str)) {
        let line = mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        if !text.trim().is_empty() {
            hear(text.trim());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(chunks: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut heard) = (Lines::default(), Vec::new());
        let mut hear = |line: &str| heard.push(line.to_owned());
        for chunk in chunks {
            lines.add(chunk, &mut hear);
        }
        lines.end(&mut hear);
        heard
    }

    #[test]
    fn lines_are_put_together_from_chunks_and_the_last_needs_no_end() {
        assert_eq!(heard(&[b"one\ntw", b"o", b"\n\n \nthree"]), ["one", "two", "three"]);
        assert_eq!(heard(&[]), [""; 0]);
    }

    #[test]
    fn an_endless_line_is_held_no_longer_than_its_bound() {
        let long = [b'x'; 300];
        let all = heard(&[&long, &long, &long, b"\nnext"]);
        assert_eq!(all.iter().map(String::len).collect::<Vec<_>>(), [LINE_BYTES_MAX, 4]);
    }

    #[test]
    fn only_the_allocators_own_words_tell_of_memory() {
        assert!(tells_of_memory("memory allocation of 800000000 bytes failed"));
        for other in ["memory allocation of", "out of memory", "the memory allocation of 8 bytes failed"] {
            assert!(!tells_of_memory(other), "{other}");
        }
    }

    #[test]
    fn what_was_said_about_the_photo_before_is_forgotten() {
        let mut about = About::nothing();
        about.hear("memory allocation of 8 bytes failed");
        assert!(about.out_of_memory);
        assert_eq!(about.last.as_deref(), Some("memory allocation of 8 bytes failed"));
        assert!(!About { span: Span::none(), ..About::nothing() }.out_of_memory);
    }
}
