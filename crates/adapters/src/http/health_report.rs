//! What a role says of its health, as who watches over the platform asks for it.

use std::time::Duration;

use photo_runtime::health::HealthReport;
use reqwest::{StatusCode, Url};

/// The longest that an answer may take. A role answers from what it knows, so it takes no time.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest answer that is read: a report has a line for each of a handful of dependencies.
const REPORT_BYTES_MAX: usize = 64 * 1024;

/// Why a report can't be had.
#[derive(Debug, thiserror::Error)]
pub enum HealthReportError {
    /// Nobody answers at that address, or not in time.
    #[error("{url} does not answer")]
    Unreachable {
        /// What was asked.
        url: Url,
        /// Why.
        source: reqwest::Error,
    },
    /// Something else than a role answers there.
    #[error("{url} answers with status {status}, and not with a report of a role's health")]
    NotAReport {
        /// What was asked.
        url: Url,
        /// The status of the answer.
        status: StatusCode,
        /// What can't be read of it.
        source: Option<serde_json::Error>,
    },
    /// Not the URL of a server.
    #[error("{0} is not the URL of a server, such as http://photos-api:3004")]
    NotAServer(Url),
}

/// Asks roles for their health. One client serves all of them.
#[derive(Debug, Clone)]
pub struct HealthReports {
    http: reqwest::Client,
}

impl HealthReports {
    /// A client without connections.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new() -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_LIMIT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http })
    }

    /// The report of the role whose probe listener is at `base`, such as `http://photos-storage:3004`. A role that is
    /// not ready has one too.
    pub async fn of(&self, base: &Url) -> Result<HealthReport, HealthReportError> {
        let mut url = base.clone();
        let pushed = url.path_segments_mut().map(|mut path| {
            path.pop_if_empty().push("health");
        });
        if pushed.is_err() {
            return Err(HealthReportError::NotAServer(url));
        }
        let unreachable = |source| HealthReportError::Unreachable { url: url.clone(), source };
        let mut answer = self.http.get(url.clone()).send().await.map_err(unreachable)?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > REPORT_BYTES_MAX {
                return Err(HealthReportError::NotAReport { url, status, source: None });
            }
        }
        serde_json::from_slice(&body).map_err(|error| HealthReportError::NotAReport {
            url,
            status,
            source: Some(error),
        })
    }
}
