//! Objects as files on a disk of this machine: a folder per bucket, keys as paths below it.
//!
//! A path is made of a [`BlobLocation`] and of nothing else, so none leads out of the folder. Not by the crate
//! `object_store`: it follows symbolic links out of its folder, and what a crash leaves unfinished stays for ever.

mod delete;
mod disk;
mod failure;
mod layout;
mod list;
mod open;
mod prepare;
mod put;
mod read;
mod readiness;

use std::{fs::File, path::PathBuf, time::Duration};

use async_trait::async_trait;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use photo_core::{
    blob_key::{BlobKey, BlobLocation, BlobScope, BucketPurpose},
    media_type::MediaType,
    port::{
        BlobStore, PortError,
        blob_store::{BlobBody, BlobEntry, BlobReader},
    },
};
use tokio_util::io::ReaderStream;

pub use self::open::OpenError;
use self::{disk::Disk, layout::Layout};
use crate::download;

/// The longest that a call may take which moves no photo.
const ANSWER: Duration = Duration::from_secs(15);

/// The longest that it may take until a photo is on the disk, the wait for its turn included.
const UPLOAD: Duration = Duration::from_mins(2);

/// How much of a file is in memory while it is read.
const CHUNK_BYTES: usize = 256 * 1024;

/// Where the files are.
#[derive(Debug, Clone, clap::Args)]
pub struct FilesConfig {
    /// The folder of the stored photos, on a disk of this machine; made where it is missing.
    #[arg(id = "files_path", long = "files-path", env = "FILES_PATH", value_name = "FILES_PATH")]
    pub path: PathBuf,
}

/// [`BlobStore`] in a folder that is this value's alone until it is dropped.
#[derive(Debug)]
pub struct FilesBlobStore {
    layout: Layout,
    disk: Disk,
    /// The operating system releases the lock with the file, also when the process is killed.
    _lock: File,
}

impl FilesBlobStore {
    /// Opens the folder, makes it where there is none, and removes what a crash left unfinished. Blocks while it does.
    ///
    /// # Errors
    /// [`OpenError`], whose text tells the operator what to do.
    pub fn open(config: &FilesConfig) -> Result<Self, OpenError> {
        let layout = Layout::of(&config.path);
        let lock = open::open(&layout)?;
        Ok(Self { layout, disk: Disk::new(), _lock: lock })
    }
}

#[async_trait]
impl BlobStore for FilesBlobStore {
    /// A file has no type; whoever reads an object knows its format already.
    async fn put(&self, location: &BlobLocation, _media: MediaType, body: &BlobBody) -> Result<(), PortError> {
        let (place, body) = (self.layout.place(location), body.clone());
        self.disk.run(UPLOAD, format!("storing {place}"), move |attempt| put::put(attempt, &place, &body)).await
    }

    async fn get(&self, location: &BlobLocation) -> Result<BlobReader, PortError> {
        let place = self.layout.place(location);
        let object = place.to_string();
        let open = self.disk.run(ANSWER, format!("opening {object}"), move |attempt| read::open(attempt, &place));
        let (file, size_bytes) = open.await?;
        let chunks = ReaderStream::with_capacity(tokio::fs::File::from_std(file), CHUNK_BYTES);
        Ok(BlobReader { size_bytes, chunks: download::chunks(object, Box::pin(chunks), size_bytes) })
    }

    async fn size(&self, location: &BlobLocation) -> Result<u64, PortError> {
        let place = self.layout.place(location);
        self.disk
            .run(ANSWER, format!("asking for the size of {place}"), move |attempt| read::size(attempt, &place))
            .await
    }

    /// The file system copies; links would be quicker, but not every one has them.
    async fn copy(&self, source: &BlobLocation, target: &BlobKey) -> Result<(), PortError> {
        let target = BlobLocation { bucket: source.bucket, key: target.clone() };
        let (source, target) = (self.layout.place(source), self.layout.place(&target));
        let attempt = format!("copying {source} to {target}");
        self.disk.run(UPLOAD, attempt, move |attempt| put::copy(attempt, &source, &target)).await
    }

    async fn delete(&self, location: &BlobLocation) -> Result<(), PortError> {
        let place = self.layout.place(location);
        self.disk.run(ANSWER, format!("deleting {place}"), move |attempt| delete::delete(attempt, &place)).await
    }

    fn pages(&self, bucket: BucketPurpose, scope: BlobScope) -> BoxStream<'_, Result<Vec<BlobEntry>, PortError>> {
        let listing = list::Listing::of(self.layout.bucket(bucket), scope);
        stream::try_unfold(listing, move |listing| async move {
            let attempt = format!("listing {listing}");
            let (rest, page) = self.disk.run(ANSWER, attempt, move |attempt| listing.page(attempt)).await?;
            Ok((!page.is_empty()).then_some((page, rest)))
        })
        .boxed()
    }

    async fn prepare(&self, owner: &str) -> Result<(), PortError> {
        let (layout, owner) = (self.layout.clone(), owner.to_owned());
        let attempt = format!("preparing {layout}");
        self.disk.run(ANSWER, attempt, move |attempt| prepare::prepare(attempt, &layout, &owner)).await
    }

    async fn ready(&self) -> Result<(), PortError> {
        let layout = self.layout.clone();
        self.disk.run(ANSWER, format!("looking at {layout}"), move |attempt| readiness::check(attempt, &layout)).await
    }
}

#[cfg(test)]
mod tests;
