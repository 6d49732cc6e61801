//! The names of pipelines, stages and outputs: DNS labels, so that they fit queues, objects and URLs as they are.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A DNS label (RFC 1123): 1 to 63 characters of `a-z 0-9 -`, a letter or digit at both ends.
fn is_dns_label(text: &str, max: usize) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (1..=max).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && edge(text.bytes().next())
        && edge(text.bytes().last())
}

macro_rules! label_type {
    ($(#[$doc:meta])* $name:ident, $max:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                if is_dns_label(text, $max) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidName { what: $what, text: text.chars().take(80).collect(), max: $max })
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// A text that is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}: use 1 to {max} of a-z, 0-9 and -, with a letter or digit at both ends")]
pub struct InvalidName {
    what: &'static str,
    text: String,
    max: usize,
}

label_type! {
    /// A pipeline's name, which is also its queue's: `full-processing`.
    PipelineName, 63, "a pipeline name"
}
label_type! {
    /// A platform's name. At most 40 characters, because the names of its parts are longer.
    PlatformName, 40, "a platform name"
}
label_type! {
    /// A stage's name within its pipeline. At most 32 characters, so that CEL can check a graph of them in its budget.
    StageName, 32, "a stage name"
}
label_type! {
    /// An output's name within its photo: `150`, `small`.
    VariantName, 63, "a variant name"
}

impl VariantName {
    /// The name of what an optimization stage makes.
    pub fn optimized() -> Self {
        Self("optimized".to_owned())
    }
}
