//! The metadata store over HTTP: how the roles that don't own the database reach the one that does. Beside it, the
//! public API as clients use it, the roles' reports of their health, and hooks.
//!
//! Every call ends within five seconds. All calls but those marked with `Repeat::CountsAgain` can be repeated without
//! harm, so a connection that breaks under them is made again.

use async_trait::async_trait;
use photo_core::{
    clock::Clock,
    consistency::ConsistencyReport,
    dead_letter::{DeadLetter, DeadLetterPage, DeadLetterQuery, DeadLetterRef, Discard, RetriedPage},
    id::{PhotoId, RunId, UserId},
    job::QueueReport,
    photo::{NewPhoto, Photo},
    pipeline::{CatalogueEntry, PipelineName},
    port::{
        ErrorKind, MetadataStore, PortError, Reason,
        metadata_store::{Accepted, PhotoPage, PhotoQuery, PipelineCounts, Reprocess},
    },
    processing_log::ProcessingLog,
    run::{BeginRun, Begun, FailDecision, FailRun, FinishOutcome, FinishRun},
};
use photo_runtime::secret::SecretError;
use reqwest::{Method, RequestBuilder, Url};
use serde::{Serialize, de::DeserializeOwned};

mod call;
mod config;
mod health_report;
mod hook;
mod problem;
mod public_api;

pub use config::StorageConfig;
pub use health_report::{HealthReportError, HealthReports};
pub use hook::{Hook, HookConfig, InvalidHookConfig};
pub use public_api::{ApiError, PhotoView, PublicApi, Refusal, VariantView};

use crate::service_token::{CallerRole, ServiceTokenSigner};
use call::{Call, Repeat};

/// A [`StorageConfig`] that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidStorageConfig {
    /// The key of service tokens is missing or weak.
    #[error(transparent)]
    Key(#[from] SecretError),
    /// The HTTP client can't be made.
    #[error("making the HTTP client of the storage role")]
    Client(#[from] reqwest::Error),
}

/// The storage role, called as the role that the signer speaks for.
pub struct HttpMetadata {
    client: reqwest::Client,
    url: Url,
    signer: ServiceTokenSigner,
}

/// What calls any number of storage roles: one pool of connections and one set of roots for all of them.
#[derive(Debug, Clone)]
pub struct StorageRoles(reqwest::Client);

impl StorageRoles {
    /// Nothing is connected yet.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(call::CONNECT_TIMEOUT)
            // The storage role is a neighbour: neither a proxy of the environment nor a redirect leads to it.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self(client))
    }

    /// The storage role at `url`, whose path is kept in front of every endpoint's.
    pub fn at(&self, url: Url, signer: ServiceTokenSigner) -> HttpMetadata {
        HttpMetadata { client: self.0.clone(), url, signer }
    }
}

impl HttpMetadata {
    /// A caller of the storage role at `url`, whose path is kept in front of every endpoint's. Nothing is connected
    /// yet.
    pub fn new(url: Url, signer: ServiceTokenSigner) -> Result<Self, reqwest::Error> {
        Ok(StorageRoles::new()?.at(url, signer))
    }

    /// The storage role that `config` names, called as `role`.
    pub fn from_config(config: &StorageConfig, role: CallerRole) -> Result<Self, InvalidStorageConfig> {
        let signer = ServiceTokenSigner::new(role, config.service_token.secret()?, Clock::System);
        Ok(Self::new(config.url.clone(), signer)?)
    }

    /// The numbers of all queues, for who scales their workers.
    ///
    /// # Errors
    /// `Denied` for a role that does not; `Unavailable` also where the queue does not answer the storage role.
    pub async fn queues(&self) -> Result<QueueReport, PortError> {
        self.get("read the numbers of the queues", &["queues"]).await
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, PortError> {
        let denied =
            |error| PortError::caused(ErrorKind::Denied, "sign a service token", error).because(Reason::Misconfigured);
        let token = self.signer.token().map_err(denied)?;
        let mut url = self.url.clone();
        // The segments are escaped: a subject may hold any character.
        url.path_segments_mut()
            .map_err(|()| PortError::new(ErrorKind::Invalid, format!("{} is not the URL of a server", self.url)))?
            .pop_if_empty()
            .push("internal")
            .extend(path);
        Ok(self.client.request(method, url).bearer_auth(secrecy::ExposeSecret::expose_secret(&token)))
    }

    async fn get<T: DeserializeOwned>(&self, attempt: &'static str, path: &[&str]) -> Result<T, PortError> {
        Call { attempt, repeat: Repeat::Harmless, request: self.request(Method::GET, path)? }.answer().await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        attempt: &'static str,
        repeat: Repeat,
        path: &[&str],
        body: &(impl Serialize + Sync),
    ) -> Result<T, PortError> {
        Call { attempt, repeat, request: self.request(Method::POST, path)?.json(body) }.answer().await
    }
}

#[async_trait]
impl MetadataStore for HttpMetadata {
    async fn accept(&self, photo: &NewPhoto) -> Result<Accepted, PortError> {
        let trace = photo.sender.traceparent.child().to_string();
        let request = self.request(Method::POST, &["photos"])?.header("traceparent", trace).json(photo);
        Call { attempt: "accept a photo", repeat: Repeat::Harmless, request }.answer().await
    }

    async fn photo(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        self.get("read a photo", &["users", owner.as_str(), "photos", &id.to_string()]).await
    }

    async fn photos(&self, owner: &UserId, query: &PhotoQuery) -> Result<PhotoPage, PortError> {
        let request = self.request(Method::GET, &["users", owner.as_str(), "photos"])?.query(query);
        Call { attempt: "list photos", repeat: Repeat::Harmless, request }.answer().await
    }

    async fn begin(&self, request: &BeginRun) -> Result<Begun, PortError> {
        self.post("begin a run", Repeat::CountsAgain, &["runs", "begin"], request).await
    }

    async fn run_is_live(&self, photo: PhotoId, run: RunId) -> Result<bool, PortError> {
        self.get("look for a live run", &["photos", &photo.to_string(), "runs", &run.to_string(), "live"]).await
    }

    async fn finish(&self, request: &FinishRun) -> Result<FinishOutcome, PortError> {
        self.post("finish a run", Repeat::Harmless, &["runs", "finish"], request).await
    }

    async fn fail(&self, request: &FailRun) -> Result<FailDecision, PortError> {
        self.post("fail a run", Repeat::Harmless, &["runs", "fail"], request).await
    }

    async fn reprocess(&self, request: &Reprocess) -> Result<Photo, PortError> {
        self.post("reprocess a photo", Repeat::Harmless, &["photos", "reprocess"], request).await
    }

    async fn cancel(&self, owner: &UserId, id: PhotoId) -> Result<Photo, PortError> {
        let path = ["users", owner.as_str(), "photos", &id.to_string(), "cancel"];
        self.post("cancel a photo", Repeat::Harmless, &path, &()).await
    }

    async fn delete(&self, owner: &UserId, id: PhotoId) -> Result<(), PortError> {
        let request = self.request(Method::DELETE, &["users", owner.as_str(), "photos", &id.to_string()])?;
        Call { attempt: "delete a photo", repeat: Repeat::Harmless, request }.answer().await
    }

    async fn processing_log(&self, owner: &UserId, id: PhotoId) -> Result<ProcessingLog, PortError> {
        self.get("read a processing log", &["users", owner.as_str(), "photos", &id.to_string(), "log"]).await
    }

    async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<DeadLetterPage, PortError> {
        let request = self.request(Method::GET, &["dead-letters"])?.query(query);
        Call { attempt: "list dead letters", repeat: Repeat::Harmless, request }.answer().await
    }

    async fn dead_letter(&self, id: PhotoId) -> Result<DeadLetter, PortError> {
        self.get("read a dead letter", &["dead-letters", &id.to_string()]).await
    }

    async fn retry_dead_letter(&self, letter: &DeadLetterRef) -> Result<(), PortError> {
        self.post("retry a dead letter", Repeat::Harmless, &["dead-letters", "retry"], letter).await
    }

    /// Repeated after a lost answer it finds none of those that were retried, and tells them to nobody: rather the caller
    /// hears that the outcome is unknown.
    async fn retry_dead_letters(&self, query: &DeadLetterQuery) -> Result<RetriedPage, PortError> {
        self.post("retry dead letters", Repeat::CountsAgain, &["dead-letters", "retry-page"], query).await
    }

    async fn discard_dead_letter(&self, letter: &DeadLetterRef, discard: Discard) -> Result<(), PortError> {
        let path = ["dead-letters", "discard"];
        self.post("discard a dead letter", Repeat::Harmless, &path, &(letter, discard)).await
    }

    async fn consistency(&self) -> Result<Option<ConsistencyReport>, PortError> {
        self.get("read the consistency report", &["consistency"]).await
    }

    async fn pipelines(&self) -> Result<Vec<PipelineCounts>, PortError> {
        self.get("list pipelines", &["pipelines"]).await
    }

    async fn put_pipeline(&self, name: &PipelineName, entry: &CatalogueEntry) -> Result<(), PortError> {
        let request = self.request(Method::PUT, &["pipelines", name.as_str()])?.json(entry);
        Call { attempt: "put a pipeline", repeat: Repeat::Harmless, request }.answer().await
    }

    async fn remove_pipeline(&self, name: &PipelineName) -> Result<(), PortError> {
        let request = self.request(Method::DELETE, &["pipelines", name.as_str()])?;
        Call { attempt: "remove a pipeline", repeat: Repeat::Harmless, request }.answer().await
    }

    async fn ready(&self) -> Result<(), PortError> {
        self.get("ask whether the store is ready", &["ready"]).await
    }
}
