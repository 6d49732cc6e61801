//! The crate's client with the keys as they are now.
//!
//! A rotated key needs a new client: the crate caches the signing key of the day and does not look whether the secret
//! is still the same, so a client that only gets new credentials signs with the old ones until midnight.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use minio::s3::{MinioClient, MinioClientBuilder, creds::StaticProvider, error::Error, http::BaseUrl};
use photo_runtime::secret::{Secret, SecretError};
use secrecy::{ExposeSecret, SecretString};

use super::config::{InvalidS3Config, S3Config};

/// Makes a client again whenever the keys have changed.
pub(super) struct ClientSource {
    base_url: BaseUrl,
    access: Secret,
    secret: Secret,
    last: Mutex<(Keys, MinioClient)>,
}

struct Keys {
    access: SecretString,
    secret: SecretString,
}

impl ClientSource {
    /// Reads the keys once, so that what is wrong with them shows at the start.
    pub(super) fn new(config: &S3Config) -> Result<Self, InvalidS3Config> {
        let base_url = config.base_url()?;
        let (access, secret) = config.keys()?;
        let keys = Keys::read(&access, &secret)?;
        let client = build(&base_url, &keys).map_err(|error| InvalidS3Config::Client(Box::new(error)))?;
        Ok(Self { base_url, access, secret, last: Mutex::new((keys, client)) })
    }

    /// The client for the keys as they are now. A file that can't be read for a moment leaves the last ones in use.
    pub(super) fn client(&self) -> MinioClient {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match Keys::read(&self.access, &self.secret) {
            Ok(keys) if !keys.are(&last.0) => match build(&self.base_url, &keys) {
                Ok(client) => *last = (keys, client),
                Err(error) => tracing::warn!(%error, "no client for the object store's new keys; using the last ones"),
            },
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "using the object store's last keys"),
        }
        last.1.clone()
    }
}

impl fmt::Debug for ClientSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ClientSource");
        shown.field("base_url", &self.base_url).field("access", &self.access).finish_non_exhaustive()
    }
}

impl Keys {
    fn read(access: &Secret, secret: &Secret) -> Result<Self, SecretError> {
        Ok(Self { access: access.read()?, secret: secret.read()? })
    }

    fn are(&self, others: &Self) -> bool {
        self.access.expose_secret() == others.access.expose_secret()
            && self.secret.expose_secret() == others.secret.expose_secret()
    }
}

fn build(base_url: &BaseUrl, keys: &Keys) -> Result<MinioClient, Error> {
    let provider = StaticProvider::new(keys.access.expose_secret(), keys.secret.expose_secret(), None);
    MinioClientBuilder::new(base_url.clone()).provider(Some(provider)).build()
}
