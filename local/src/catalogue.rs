//! The pipelines that the database knows become those of the documents.

use photo_core::{
    pipeline::PipelineName,
    port::{MetadataStore, PortError},
};
use photo_local::documents::Declaration;

/// What an earlier process left to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct OpenWork {
    /// Photos that go on now.
    pub(crate) photos: u64,
    /// Pipelines that are no longer declared, with the photos that wait for them.
    pub(crate) orphans: Vec<(PipelineName, u64)>,
}

/// Puts every declared pipeline into the catalogue and takes all others out. Their open photos stay as they are, and go
/// on when the pipeline comes back.
pub(crate) async fn declare(store: &dyn MetadataStore, declaration: &Declaration) -> Result<OpenWork, PortError> {
    let mut open = OpenWork::default();
    for counts in store.pipelines().await? {
        let photos = counts.queued + counts.processing;
        if declaration.pipelines.iter().any(|(name, _)| *name == counts.pipeline) {
            open.photos += photos;
            continue;
        }
        store.remove_pipeline(&counts.pipeline).await?;
        if photos > 0 {
            open.orphans.push((counts.pipeline, photos));
        }
    }
    for (name, spec) in &declaration.pipelines {
        store.put_pipeline(name, &spec.queue.into()).await?;
    }
    Ok(open)
}
