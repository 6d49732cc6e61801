//! The platforms' own processes, as the operator talks to them: it asks roles for their health and tells the storage
//! role which pipelines there are. It never talks to Redis or to the object store.

use std::collections::BTreeMap;

use photo_adapters::{
    http::{HealthReportError, HealthReports, HttpMetadata, StorageRoles},
    service_token::{CallerRole, ServiceTokenSigner},
};
use photo_core::{
    clock::Clock,
    job::QueueReport,
    pipeline::{CatalogueEntry, PipelineName},
    port::{MetadataStore, PortError},
};
use photo_runtime::{health::HealthReport, secret::Secret};
use secrecy::SecretString;
use url::Url;

use crate::names::{Component, port};

/// Where a platform's processes are, seen from the operator: URLs in which `{pod}` (a pod's address), `{service}`,
/// `{namespace}` and `{port}` stand for what they say.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct Addresses {
    /// Where a role tells its health. Pods are asked one by one, since one that is not ready is behind no Service.
    #[arg(long, env = "PROBE_ADDRESS", default_value = "http://{pod}:{port}")]
    pub probe_address: String,
    /// Where the storage role takes the catalogue and tells the numbers of the queues.
    #[arg(long, env = "STORAGE_ADDRESS", default_value = "http://{service}.{namespace}.svc:{port}")]
    pub storage_address: String,
}

/// Whom to ask.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The platform's namespace.
    pub namespace: &'a str,
    /// The platform's name.
    pub platform: &'a str,
    /// Which of its components.
    pub component: Component,
    /// The address of one of its pods, where one is known.
    pub pod: Option<&'a str>,
}

impl Place<'_> {
    fn url(&self, template: &str, port: i32) -> Option<Url> {
        let pod = match self.pod {
            // An address of IPv6 stands in brackets.
            Some(pod) if pod.contains(':') => format!("[{pod}]"),
            Some(pod) => pod.to_owned(),
            None if template.contains("{pod}") => return None,
            None => String::new(),
        };
        let named = template.replace("{service}", &self.component.of(self.platform)).replace("{pod}", &pod);
        named.replace("{namespace}", self.namespace).replace("{port}", &port.to_string()).parse().ok()
    }
}

/// The processes of all platforms.
pub struct DataPlane {
    addresses: Addresses,
    reports: HealthReports,
    storage_roles: StorageRoles,
}

/// A role's health is not known.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    #[error("it has no pod that could be asked")]
    NoPod,
    #[error(transparent)]
    Report(#[from] HealthReportError),
}

/// The address of the storage role is not a URL.
#[derive(Debug, thiserror::Error)]
#[error("the address of the storage role is not a URL")]
pub struct NoAddress;

impl DataPlane {
    /// The processes behind Services at these addresses.
    ///
    /// # Errors
    /// No HTTP client can be made; the text says why.
    pub fn new(addresses: Addresses) -> anyhow::Result<Self> {
        Ok(Self { addresses, reports: HealthReports::new()?, storage_roles: StorageRoles::new()? })
    }

    /// What a role of a platform says of its health.
    ///
    /// # Errors
    /// Nobody answers, or not a role.
    pub async fn health(&self, place: Place<'_>) -> Result<HealthReport, HealthError> {
        Ok(self.reports.of(&self.probe(place)?).await?)
    }

    /// The metrics without labels of a role of a platform, by their names.
    ///
    /// # Errors
    /// Nobody answers, or not a role.
    pub async fn numbers(&self, place: Place<'_>) -> Result<BTreeMap<String, f64>, HealthError> {
        Ok(self.reports.numbers_of(&self.probe(place)?).await?)
    }

    fn probe(&self, place: Place<'_>) -> Result<Url, HealthError> {
        place.url(&self.addresses.probe_address, port::PROBE).ok_or(HealthError::NoPod)
    }

    /// The storage role of a platform, spoken to with the key of its tokens between roles.
    ///
    /// # Errors
    /// The address can't be used.
    pub fn storage(&self, place: Place<'_>, key: SecretString) -> Result<StorageRole, NoAddress> {
        let url = place.url(&self.addresses.storage_address, port::STORAGE).ok_or(NoAddress)?;
        let key = Secret::from_value("SERVICE_TOKEN_KEY", key);
        let signer = ServiceTokenSigner::new(CallerRole::Operator, key, Clock::System);
        Ok(StorageRole(self.storage_roles.at(url, signer)))
    }
}

/// The storage role of one platform.
pub struct StorageRole(HttpMetadata);

impl StorageRole {
    /// The numbers of all queues.
    ///
    /// # Errors
    /// As [`StorageRole::names`].
    pub async fn queues(&self) -> Result<QueueReport, PortError> {
        self.0.queues().await
    }

    /// The names of the pipelines that take photos.
    ///
    /// # Errors
    /// The storage role does not answer, or refuses us.
    pub async fn names(&self) -> Result<Vec<PipelineName>, PortError> {
        let counts = self.0.pipelines().await?;
        let removed = photo_core::pipeline::PipelineStanding::Removed;
        Ok(counts.into_iter().filter(|counts| counts.state != removed).map(|counts| counts.pipeline).collect())
    }

    /// Puts a pipeline.
    ///
    /// # Errors
    /// As [`StorageRole::names`].
    pub async fn put(&self, name: &PipelineName, entry: &CatalogueEntry) -> Result<(), PortError> {
        self.0.put_pipeline(name, entry).await
    }

    /// Takes a pipeline out.
    ///
    /// # Errors
    /// As [`StorageRole::names`].
    pub async fn remove(&self, name: &PipelineName) -> Result<(), PortError> {
        self.0.remove_pipeline(name).await
    }
}
