//! Texts of strangers, made fit to be shown: bounded, and without characters that control how others are shown.

use std::fmt;

/// What `write` writes: at most `chars_max` characters, without space around them; nothing where that leaves nothing
/// with a letter or a digit.
pub(crate) fn plain_text(chars_max: usize, write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result) -> Option<String> {
    let mut text = PlainText { text: String::new(), chars_left: chars_max };
    // An error is nothing but the end of the room.
    write(&mut text).unwrap_or_default();
    let text = text.text.trim();
    text.contains(char::is_alphanumeric).then(|| text.to_owned())
}

struct PlainText {
    text: String,
    chars_left: usize,
}

impl fmt::Write for PlainText {
    /// An error tells the writer to stop, however much it has left: the text is full.
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars().filter(|c| is_plain(*c)) {
            self.chars_left = self.chars_left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(c);
        }
        Ok(())
    }
}

fn is_plain(c: char) -> bool {
    let turns_direction = matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns_direction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_bounded_trimmed_and_harmless() {
        let cases = [
            ("  Canon \n", Some("Canon")),
            ("a\u{0}b\u{1b}[31mc\u{202e}d", Some("ab[31mcd")),
            ("é".repeat(9).as_str(), Some("éééééééé")),
            ("写真", Some("写真")),
            (" \u{7f} ", None),
            ("    :  :", None),
            ("", None),
        ]
        .map(|(given, kept)| (given.to_owned(), kept.map(str::to_owned)));
        for (given, kept) in cases {
            assert_eq!(plain_text(8, |text| text.write_str(&given)), kept, "{given:?}");
        }
    }

    #[test]
    fn a_full_text_stops_its_writer() {
        let mut written = 0;
        let text = plain_text(3, |text| {
            loop {
                text.write_str("x")?;
                written += 1;
            }
        });
        assert_eq!((text.as_deref(), written), (Some("xxx"), 3));
    }
}
