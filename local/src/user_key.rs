//! The key of a platform's users' tokens: made once, kept in its folder, read by nobody else.

use std::{fs, io, time::Duration};

use anyhow::Context;
use photo_core::{clock::Clock, id::UserId};
use photo_gateway::user_token::{Grant, UserTokens};
use photo_runtime::secret::Secret;

use crate::folder::{PlatformFolder, write_whole};

/// What users' tokens are for; the same word as in a cluster.
const AUDIENCE: &str = "photo-platform";

/// The length of a key: that of its hash, SHA-256.
const KEY_BYTES: usize = 32;

/// What verifies and signs the tokens of the platform in `folder`; its key is made where there is none yet.
pub(crate) fn open_or_make(folder: &PlatformFolder) -> anyhow::Result<UserTokens> {
    if let Some(tokens) = open(folder)? {
        return Ok(tokens);
    }
    let mut key = [0_u8; KEY_BYTES];
    getrandom::fill(&mut key).context("the system gives no random bytes")?;
    write_whole(&folder.user_key(), hex::encode(key).as_bytes())?;
    open(folder)?.context("the key was removed at once")
}

/// What verifies and signs the tokens of the platform in `folder`, if it was ever started.
pub(crate) fn open(folder: &PlatformFolder) -> anyhow::Result<Option<UserTokens>> {
    let path = folder.user_key();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("can't read the key {}", path.display())),
    };
    let key = Secret::from_value("the key", text.trim().to_owned());
    let tokens = UserTokens::new(key, AUDIENCE);
    tokens.map(Some).with_context(|| format!("{} is no key: remove it, and the next start makes one", path.display()))
}

/// A token for `user` that is valid for `ttl` from now.
pub(crate) fn sign(tokens: &UserTokens, user: &UserId, grant: Grant, ttl: Duration) -> anyhow::Result<String> {
    let expires_at = Clock::System.now().checked_add(ttl).context("the token would be valid for too long")?;
    tokens.sign(user, grant, expires_at)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use photo_core::pipeline::PlatformName;

    fn folder(path: &std::path::Path) -> PlatformFolder {
        let name: PlatformName = "home".parse().unwrap();
        let folder = PlatformFolder::of(Some(path.to_owned()), &name).unwrap();
        folder.make().unwrap();
        folder
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_reads_it() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        assert!(open(&folder).unwrap().is_none());
        open_or_make(&folder).unwrap();
        let made = fs::read_to_string(folder.user_key()).unwrap();
        assert_eq!(fs::metadata(folder.user_key()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(made.len(), 2 * KEY_BYTES);
        open_or_make(&folder).unwrap();
        assert_eq!(fs::read_to_string(folder.user_key()).unwrap(), made);
    }

    #[test]
    fn a_file_that_is_no_key_says_what_to_do() {
        let base = tempfile::tempdir().unwrap();
        let folder = folder(base.path());
        for text in ["", "short"] {
            fs::write(folder.user_key(), text).unwrap();
            let said = open_or_make(&folder).unwrap_err().to_string();
            assert!(said.ends_with("is no key: remove it, and the next start makes one"), "{said}");
        }
    }
}
