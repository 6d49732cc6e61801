//! What a deployment says about its object store, and what is accepted of it.

use std::path::PathBuf;

use minio::s3::{
    http::BaseUrl,
    types::{BucketName, Region},
};
use photo_core::blob_key::BucketPurpose;
use photo_runtime::secret::{Secret, SecretError};
use secrecy::{ExposeSecret, SecretString};

/// Where the object store is, how to be let in, and which part of it is this platform's.
#[derive(Debug, Clone, clap::Args)]
pub struct S3Config {
    /// URL of the S3 endpoint, without a path.
    #[arg(long, env = "MINIO_ENDPOINT")]
    pub minio_endpoint: String,

    /// Access key of the object store.
    #[arg(long, env = "MINIO_ACCESS_KEY", hide_env_values = true)]
    pub minio_access_key: Option<SecretString>,

    /// File that holds the access key; read again at each use.
    #[arg(long, env = "MINIO_ACCESS_KEY_FILE")]
    pub minio_access_key_file: Option<PathBuf>,

    /// Secret key of the object store.
    #[arg(long, env = "MINIO_SECRET_KEY", hide_env_values = true)]
    pub minio_secret_key: Option<SecretString>,

    /// File that holds the secret key; read again at each use.
    #[arg(long, env = "MINIO_SECRET_KEY_FILE")]
    pub minio_secret_key_file: Option<PathBuf>,

    /// Region that requests are signed for and buckets are made in.
    #[arg(long, env = "MINIO_REGION", default_value = "us-east-1")]
    pub minio_region: String,

    /// First part of every key, so that platforms can share buckets.
    #[arg(long, env = "OBJECT_PREFIX", default_value = "local")]
    pub object_prefix: String,

    /// Bucket of uploaded photos.
    #[arg(long, env = "BUCKET_ORIGINALS", default_value = "images")]
    pub bucket_originals: String,

    /// Bucket of large uploaded photos.
    #[arg(long, env = "BUCKET_LARGE_ORIGINALS", default_value = "images-large")]
    pub bucket_large_originals: String,

    /// Bucket of what is made from photos.
    #[arg(long, env = "BUCKET_VARIANTS", default_value = "thumbnails")]
    pub bucket_variants: String,

    /// Bucket of copies of the metadata store.
    #[arg(long, env = "BUCKET_BACKUPS", default_value = "backups")]
    pub bucket_backups: String,
}

/// What in an [`S3Config`] can't be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidS3Config {
    /// Not a URL of a server.
    #[error("MINIO_ENDPOINT `{given}` is not the URL of a server, such as http://minio:9000")]
    Endpoint {
        /// What was given.
        given: String,
        /// Why not.
        source: minio::s3::error::ValidationErr,
    },
    /// Not a region's name.
    #[error("MINIO_REGION `{given}` is not the name of a region, such as us-east-1")]
    Region {
        /// What was given.
        given: String,
        /// Why not.
        source: minio::s3::error::ValidationErr,
    },
    /// Not a bucket's name.
    #[error("`{given}` is not a bucket's name: 3 to 63 lowercase letters, digits, hyphens and dots")]
    Bucket {
        /// What was given.
        given: String,
        /// Why not.
        source: minio::s3::error::ValidationErr,
    },
    /// Not a prefix that keeps platforms apart.
    #[error("OBJECT_PREFIX `{0}` is not usable: 1 to 127 lowercase letters, digits and hyphens, no hyphen at the ends")]
    Prefix(String),
    /// A key is missing or known to everybody.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The HTTP client can't be made.
    #[error("making the HTTP client of the object store")]
    Client(#[source] Box<minio::s3::error::Error>),
}

impl S3Config {
    /// The server, with the region that requests are signed for. Hosts of AWS get virtual-host addresses, all others
    /// path style.
    pub(super) fn base_url(&self) -> Result<BaseUrl, InvalidS3Config> {
        let given = self.minio_endpoint.clone();
        let mut url: BaseUrl =
            self.minio_endpoint.parse().map_err(|source| InvalidS3Config::Endpoint { given, source })?;
        let given = self.minio_region.clone();
        // A region in the URL is used for every request. The client's `skip_region_lookup` would do without a lookup
        // as well, but signs everything for us-east-1.
        url.region = Region::new(&self.minio_region).map_err(|source| InvalidS3Config::Region { given, source })?;
        Ok(url)
    }

    pub(super) fn prefix(&self) -> Result<String, InvalidS3Config> {
        let prefix = &self.object_prefix;
        let fits = (1..=127).contains(&prefix.len())
            && prefix.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !prefix.starts_with('-')
            && !prefix.ends_with('-');
        if fits { Ok(prefix.clone()) } else { Err(InvalidS3Config::Prefix(prefix.clone())) }
    }

    /// The access key and the secret key.
    pub(super) fn keys(&self) -> Result<(Secret, Secret), SecretError> {
        let text = |value: &Option<SecretString>| value.as_ref().map(|value| value.expose_secret().to_owned());
        let (access, secret) = (text(&self.minio_access_key), text(&self.minio_secret_key));
        Ok((
            Secret::resolve(access, self.minio_access_key_file.clone(), "MINIO_ACCESS_KEY")?,
            Secret::resolve(secret, self.minio_secret_key_file.clone(), "MINIO_SECRET_KEY")?,
        ))
    }
}

/// The buckets' names by purpose.
#[derive(Debug, Clone)]
pub(super) struct Buckets {
    originals: BucketName,
    large_originals: BucketName,
    variants: BucketName,
    backups: BucketName,
}

impl Buckets {
    pub(super) fn from_config(config: &S3Config) -> Result<Self, InvalidS3Config> {
        let name = |given: &String| {
            BucketName::new_strict(given).map_err(|source| InvalidS3Config::Bucket { given: given.clone(), source })
        };
        Ok(Self {
            originals: name(&config.bucket_originals)?,
            large_originals: name(&config.bucket_large_originals)?,
            variants: name(&config.bucket_variants)?,
            backups: name(&config.bucket_backups)?,
        })
    }

    pub(super) fn of(&self, purpose: BucketPurpose) -> &BucketName {
        match purpose {
            BucketPurpose::Originals => &self.originals,
            BucketPurpose::LargeOriginals => &self.large_originals,
            BucketPurpose::Variants => &self.variants,
            BucketPurpose::Backups => &self.backups,
        }
    }

    /// Each bucket once, also where several purposes share it.
    pub(super) fn distinct(&self) -> Vec<BucketName> {
        let mut names: Vec<BucketName> = BucketPurpose::ALL.iter().map(|purpose| self.of(*purpose).clone()).collect();
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        names
    }
}
