//! The colour that transparent pixels lie on in a format that has no alpha.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A colour of sRGB, written as in CSS: `#ffffff`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Background {
    rgb: [u8; 3],
}

/// A text that is not a colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a colour: write `#` and two hexadecimal digits each for red, green and blue, such as `#ffffff`")]
pub struct InvalidBackground(String);

impl Background {
    /// Red, green and blue.
    pub fn rgb(self) -> [u8; 3] {
        self.rgb
    }
}

impl Default for Background {
    /// White.
    fn default() -> Self {
        Self { rgb: [255; 3] }
    }
}

impl FromStr for Background {
    type Err = InvalidBackground;

    fn from_str(text: &str) -> Result<Self, InvalidBackground> {
        let invalid = || InvalidBackground(text.chars().take(80).collect());
        let digits =
            text.strip_prefix('#').filter(|it| it.len() == 6 && it.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or_else(invalid)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self { rgb: [red, green, blue] })
    }
}

impl TryFrom<String> for Background {
    type Error = InvalidBackground;

    fn try_from(text: String) -> Result<Self, InvalidBackground> {
        text.parse()
    }
}

impl From<Background> for String {
    fn from(background: Background) -> Self {
        background.to_string()
    }
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.rgb;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_written_as_in_css() {
        let read: Background = "#0aFf80".parse().unwrap();
        assert_eq!((read.rgb(), read.to_string()), ([10, 255, 128], "#0aff80".to_owned()));
        assert_eq!(Background::default().to_string(), "#ffffff");
        for refused in ["", "white", "#fff", "0aff80", "#0aff8", "#0aff800", "#0aff8g", "#+aff80", "#ÿÿÿ"] {
            let error = refused.parse::<Background>().unwrap_err().to_string();
            assert!(error.contains("such as `#ffffff`"), "{refused}: {error}");
        }
    }
}
