//! The objects of the platform's buckets, by what their bytes are.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use minio::s3::{
    MinioClient, MinioClientBuilder,
    builders::ListObjects,
    creds::StaticProvider,
    http::BaseUrl,
    types::{BucketName, ObjectKey, S3Api, ToStream},
};
use sha2::{Digest, Sha256};

use crate::Arguments;

const BUCKETS: [&str; 3] = ["images", "images-large", "thumbnails"];
/// What the platform keeps there for itself.
const OWN: [&str; 2] = [".owner", ".probe"];
const AT_ONCE: usize = 8;

/// What is stored.
pub(crate) struct Objects(BTreeMap<String, String>);

impl Objects {
    /// Reads every object.
    pub(crate) async fn read(arguments: &Arguments) -> anyhow::Result<Self> {
        let provider = StaticProvider::new(&arguments.access_key, &arguments.secret_key, None);
        let client =
            MinioClientBuilder::new(arguments.endpoint.parse::<BaseUrl>()?).provider(Some(provider)).build()?;
        let mut objects = BTreeMap::new();
        for bucket in BUCKETS {
            let bucket = BucketName::new(bucket)?;
            let keys = listed(&client, &bucket, &arguments.prefix).await?;
            let read = stream::iter(keys).map(|key| digest(&client, &bucket, key)).buffer_unordered(AT_ONCE);
            for (key, sha256) in read.try_collect::<Vec<_>>().await? {
                objects.insert(key.trim_start_matches(&arguments.prefix).to_owned(), sha256);
            }
        }
        Ok(Self(objects))
    }

    /// The digest of an object, where it is there.
    pub(crate) fn sha256_of(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Their keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

async fn listed(client: &MinioClient, bucket: &BucketName, prefix: &str) -> anyhow::Result<Vec<String>> {
    let list = ListObjects::builder().client(client.clone()).bucket(bucket).prefix(prefix.to_owned()).recursive(true);
    let mut pages = list.build().to_stream().await;
    let mut keys = Vec::new();
    while let Some(page) = pages.try_next().await? {
        let names = page.contents.into_iter().map(|entry| entry.name);
        keys.extend(names.filter(|name| !OWN.iter().any(|own| name.ends_with(own))));
    }
    Ok(keys)
}

async fn digest(client: &MinioClient, bucket: &BucketName, key: String) -> anyhow::Result<(String, String)> {
    let object = client.get_object(bucket, &ObjectKey::new(key.clone())?)?.build().send().await?;
    let (mut chunks, _) = object.into_boxed_stream()?;
    let mut hasher = Sha256::new();
    while let Some(chunk) = chunks.try_next().await? {
        hasher.update(&chunk);
    }
    Ok((key, hex::encode(hasher.finalize())))
}
