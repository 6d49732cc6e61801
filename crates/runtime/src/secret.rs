//! Secrets: given as a value or as a file that is read again at each use, so that a rotated Secret takes effect.
//! Values that are printed in documentation somewhere are refused.

use std::{fmt, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};

/// Where a secret comes from.
#[derive(Clone)]
pub enum Secret {
    /// The value itself, from the environment.
    Value {
        /// The variable's name, for error texts.
        name: &'static str,
        /// The value.
        value: SecretString,
    },
    /// A file whose content, without a trailing line end, is the value.
    File {
        /// The variable's name, for error texts.
        name: &'static str,
        /// The file, as Kubernetes mounts a Secret's key.
        path: PathBuf,
    },
}

/// Why a secret can't be used. The value is never part of the text.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Neither form was given.
    #[error("{name} is missing: set {name}, or {name}_FILE to a file that holds it")]
    Missing {
        /// The variable's name.
        name: &'static str,
    },
    /// Both forms were given.
    #[error("{name} and {name}_FILE are both set: keep one")]
    Ambiguous {
        /// The variable's name.
        name: &'static str,
    },
    /// The file can't be read.
    #[error("{name}_FILE: can't read {}", path.display())]
    Unreadable {
        /// The variable's name.
        name: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Known to everybody.
    #[error("{name} holds a default that is printed in documentation: generate a random value")]
    KnownDefault {
        /// The variable's name.
        name: &'static str,
    },
    /// Too short to be a key.
    #[error("{name} has {actual} bytes, a key needs at least {min}: generate a random value")]
    TooShort {
        /// The variable's name.
        name: &'static str,
        /// Its length.
        actual: usize,
        /// The least length.
        min: usize,
    },
}

impl Secret {
    /// The secret from `NAME` or `NAME_FILE`, read and checked once.
    pub fn resolve(value: Option<String>, file: Option<PathBuf>, name: &'static str) -> Result<Self, SecretError> {
        let secret = match (value, file) {
            (Some(value), None) => Self::Value { name, value: value.into() },
            (None, Some(path)) => Self::File { name, path },
            (None, None) => return Err(SecretError::Missing { name }),
            (Some(_), Some(_)) => return Err(SecretError::Ambiguous { name }),
        };
        secret.read()?;
        Ok(secret)
    }

    /// A secret that a program made itself.
    pub fn from_value(name: &'static str, value: impl Into<SecretString>) -> Self {
        Self::Value { name, value: value.into() }
    }

    /// Where the secret is a key: the secret, if it has at least `min` bytes.
    pub fn at_least(self, min: usize) -> Result<Self, SecretError> {
        let actual = self.read()?.expose_secret().len();
        if actual < min { Err(SecretError::TooShort { name: self.name(), actual, min }) } else { Ok(self) }
    }

    /// The value as it is now.
    pub fn read(&self) -> Result<SecretString, SecretError> {
        let value = match self {
            Self::Value { value, .. } => value.clone(),
            Self::File { name, path } => {
                let text = std::fs::read_to_string(path).map_err(|source| SecretError::Unreadable {
                    name,
                    path: path.clone(),
                    source,
                })?;
                text.trim_end_matches(['\r', '\n']).into()
            }
        };
        if is_known_default(value.expose_secret()) {
            return Err(SecretError::KnownDefault { name: self.name() });
        }
        if value.expose_secret().is_empty() {
            return Err(SecretError::Missing { name: self.name() });
        }
        Ok(value)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Value { name, .. } | Self::File { name, .. } => name,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value { name, .. } => write!(f, "{name}=[redacted]"),
            Self::File { name, path } => write!(f, "{name}_FILE={}", path.display()),
        }
    }
}

fn is_known_default(value: &str) -> bool {
    const KNOWN: [&str; 6] = ["minioadmin", "minioadmin123", "password", "secret", "changeme", "dev-encryption-key"];
    let value = value.to_ascii_lowercase();
    KNOWN.contains(&value.as_str()) || value.starts_with("dev-secret-key") || value.starts_with("your-secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(value: Option<&str>, file: Option<PathBuf>) -> Result<Secret, SecretError> {
        Secret::resolve(value.map(str::to_owned), file, "JWT_SECRET")
    }

    #[test]
    fn a_file_is_read_again_after_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "first\n").unwrap();
        let secret = resolve(None, Some(path.clone())).unwrap();
        assert_eq!(secret.read().unwrap().expose_secret(), "first");
        std::fs::write(&path, "second").unwrap();
        assert_eq!(secret.read().unwrap().expose_secret(), "second");
    }

    #[test]
    fn documented_defaults_are_refused() {
        for known in ["minioadmin", "MinioAdmin", "dev-secret-key-change-me", "changeme"] {
            let error = resolve(Some(known), None).unwrap_err();
            assert!(matches!(error, SecretError::KnownDefault { .. }), "{known}: {error}");
            assert!(!error.to_string().contains(known));
        }
    }

    #[test]
    fn exactly_one_form_is_given() {
        assert!(matches!(resolve(None, None), Err(SecretError::Missing { .. })));
        assert!(matches!(resolve(Some("a"), Some("b".into())), Err(SecretError::Ambiguous { .. })));
        assert!(matches!(resolve(Some(""), None), Err(SecretError::Missing { .. })));
    }

    #[test]
    fn the_value_is_never_shown() {
        let secret = resolve(Some("p4ssphrase-of-mine"), None).unwrap();
        assert_eq!(format!("{secret:?}"), "JWT_SECRET=[redacted]");
    }

    #[test]
    fn a_short_key_is_refused() {
        let error = resolve(Some("short"), None).unwrap().at_least(32).unwrap_err();
        assert_eq!(error.to_string(), "JWT_SECRET has 5 bytes, a key needs at least 32: generate a random value");
    }
}
