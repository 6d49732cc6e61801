//! `MetadataStore` over HTTP, on a real process of the storage role that is killed with SIGKILL.

use std::{env, process::Command, sync::Arc, sync::Mutex, time::Duration};

use async_trait::async_trait;
use photo_adapters::{
    http::HttpMetadata,
    service_token::{CallerRole, ServiceTokenSigner},
};
use photo_core::{
    clock::Clock,
    consistency::ConsistencyReport,
    contract::Subject,
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    id::{PhotoId, RunId, UserId},
    photo::{NewPhoto, Photo},
    pipeline::{CatalogueEntry, PipelineName},
    port::{
        MetadataStore, PortError,
        metadata_store::{Accepted, PhotoPage, PhotoQuery, PipelineCounts, Reprocess},
    },
    processing_log::ProcessingLog,
    run::{BeginRun, Begun, FailDecision, FailRun, FinishOutcome, FinishRun},
};
use photo_runtime::secret::Secret;
use photo_stack::{ports::free_port, process::Process};
use tempfile::TempDir;

const KEY: &str = "a key of the laws with 32 bytes and more";

/// A storage role of its own, and callers of it. Dropping it ends the process and removes its folder.
pub(crate) struct HttpSubject {
    folder: TempDir,
    port: u16,
    probe_port: u16,
    process: Mutex<Option<Process>>,
    store: Arc<Callers>,
}

/// Starts a storage role on a free port.
pub(crate) async fn subject() -> HttpSubject {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let port = free_port().expect("there is a free port");
    let probe_port = free_port().expect("there is a free port");
    let caller = |role| {
        let key = Secret::from_value("SERVICE_TOKEN_KEY", KEY);
        let signer = ServiceTokenSigner::new(role, key, Clock::System);
        let url = format!("http://127.0.0.1:{port}").parse().expect("this is a URL");
        HttpMetadata::new(url, signer).expect("a client can be made")
    };
    let store = Arc::new(Callers {
        api: caller(CallerRole::Api),
        worker: caller(CallerRole::Worker),
        operator: caller(CallerRole::Operator),
    });
    let subject = HttpSubject { folder, port, probe_port, process: Mutex::new(None), store };
    subject.start_server().await;
    subject
}

#[async_trait]
impl Subject<dyn MetadataStore> for HttpSubject {
    fn port(&self) -> Arc<dyn MetadataStore> {
        Arc::clone(&self.store) as Arc<dyn MetadataStore>
    }

    fn has_server(&self) -> bool {
        true
    }

    async fn kill_server(&self) {
        if let Some(process) = self.process.lock().unwrap().take() {
            process.kill();
        }
    }

    async fn start_server(&self) {
        let here = env::current_exe().expect("a program knows its path");
        let program = here.ancestors().map(|folder| folder.join("photo-gateway")).find(|program| program.is_file());
        let mut command = Command::new(program.expect("photo-gateway is built"));
        command
            .arg("storage")
            .env("BIND_ADDRESS", "127.0.0.1")
            .env("PORT", self.port.to_string())
            .env("SQLITE_PATH", self.folder.path().join("photos.db"))
            .env("SERVICE_TOKEN_KEY", KEY)
            .env("PROBE_PORT", self.probe_port.to_string())
            // Neither is there: the role accepts all the same, and the laws are about nothing else.
            .env("REDIS_URL", "redis://127.0.0.1:1")
            .env("MINIO_ENDPOINT", "http://127.0.0.1:1")
            .env("MINIO_ACCESS_KEY", "unused")
            .env("MINIO_SECRET_KEY", "unused");
        let process = Process::start("storage", &command, &self.folder.path().join("log")).expect("it can be started");
        let ready = || async { self.store.ready().await.is_ok() };
        process.wait_until(Duration::from_secs(20), ready).await.expect("the storage role becomes ready");
        *self.process.lock().unwrap() = Some(process);
    }
}

/// Each call as the role that may make it.
struct Callers {
    api: HttpMetadata,
    worker: HttpMetadata,
    operator: HttpMetadata,
}

#[async_trait]
impl MetadataStore for Callers {
    async fn accept(&self, photo: &NewPhoto) -> Result<Accepted, PortError> {
        self.api.accept(photo).await
    }

    async fn photo(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        self.api.photo(owner, id).await
    }

    async fn photos(&self, owner: &UserId, query: &PhotoQuery) -> Result<PhotoPage, PortError> {
        self.api.photos(owner, query).await
    }

    async fn begin(&self, request: &BeginRun) -> Result<Begun, PortError> {
        self.worker.begin(request).await
    }

    async fn run_is_live(&self, photo: PhotoId, run: RunId) -> Result<bool, PortError> {
        self.worker.run_is_live(photo, run).await
    }

    async fn finish(&self, request: &FinishRun) -> Result<FinishOutcome, PortError> {
        self.worker.finish(request).await
    }

    async fn fail(&self, request: &FailRun) -> Result<FailDecision, PortError> {
        self.worker.fail(request).await
    }

    async fn reprocess(&self, request: &Reprocess) -> Result<Photo, PortError> {
        self.api.reprocess(request).await
    }

    async fn cancel(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        self.api.cancel(owner, id).await
    }

    async fn delete(&self, owner: &UserId, id: PhotoId) -> Result<(), PortError> {
        self.api.delete(owner, id).await
    }

    async fn processing_log(&self, owner: &UserId, id: PhotoId) -> Result<ProcessingLog, PortError> {
        self.api.processing_log(owner, id).await
    }

    async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<DeadLetterPage, PortError> {
        self.api.dead_letters(query).await
    }

    async fn dead_letter(&self, id: PhotoId) -> Result<DeadLetter, PortError> {
        self.api.dead_letter(id).await
    }

    async fn retry_dead_letter(&self, letter: &DeadLetterRef) -> Result<(), PortError> {
        self.api.retry_dead_letter(letter).await
    }

    async fn retry_dead_letters(&self, query: &DeadLetterQuery) -> Result<RetriedPage, PortError> {
        self.api.retry_dead_letters(query).await
    }

    async fn discard_dead_letter(&self, letter: &DeadLetterRef, discard: Discard) -> Result<(), PortError> {
        self.api.discard_dead_letter(letter, discard).await
    }

    async fn consistency(&self) -> Result<Option<ConsistencyReport>, PortError> {
        self.operator.consistency().await
    }

    async fn pipelines(&self) -> Result<Vec<PipelineCounts>, PortError> {
        self.operator.pipelines().await
    }

    async fn put_pipeline(&self, name: &PipelineName, entry: &CatalogueEntry) -> Result<(), PortError> {
        self.operator.put_pipeline(name, entry).await
    }

    async fn remove_pipeline(&self, name: &PipelineName) -> Result<(), PortError> {
        self.operator.remove_pipeline(name).await
    }

    async fn ready(&self) -> Result<(), PortError> {
        self.worker.ready().await
    }
}
