//! What a role says of its health and of its numbers, as who watches over the platform asks for it.

use std::{collections::BTreeMap, time::Duration};

use photo_runtime::health::HealthReport;
use reqwest::{StatusCode, Url};

/// The longest that an answer may take. A role answers from what it knows, so it takes no time.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest answer that is read: a report has a line for each of a handful of dependencies.
const REPORT_BYTES_MAX: usize = 64 * 1024;
/// The longest page of numbers: that of the storage role has some 30 KiB.
const NUMBERS_BYTES_MAX: usize = 1024 * 1024;

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
    /// Something else than a role answers there.
    #[error("{url} answers with status {status}, and not with a role's numbers")]
    NotNumbers {
        /// What was asked.
        url: Url,
        /// The status of the answer.
        status: StatusCode,
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
    ///
    /// # Errors
    /// Nobody answers, or not a role.
    pub async fn of(&self, base: &Url) -> Result<HealthReport, HealthReportError> {
        let Answer { url, status, body } = self.ask(base, "health", REPORT_BYTES_MAX).await?;
        let body = body.ok_or_else(|| HealthReportError::NotAReport { url: url.clone(), status, source: None })?;
        let read = serde_json::from_slice(&body);
        read.map_err(|error| HealthReportError::NotAReport { url, status, source: Some(error) })
    }

    /// The metrics without labels of the role whose probe listener is at `base`, by their names.
    ///
    /// # Errors
    /// Nobody answers, or not a role.
    pub async fn numbers_of(&self, base: &Url) -> Result<BTreeMap<String, f64>, HealthReportError> {
        let Answer { url, status, body } = self.ask(base, "metrics", NUMBERS_BYTES_MAX).await?;
        let text = body.filter(|_| status.is_success()).and_then(|body| String::from_utf8(body).ok());
        Ok(numbers(&text.ok_or(HealthReportError::NotNumbers { url, status })?))
    }

    /// The answer of a path, read up to `bytes_max`.
    async fn ask(&self, base: &Url, path: &str, bytes_max: usize) -> Result<Answer, HealthReportError> {
        let mut url = base.clone();
        let pushed = url.path_segments_mut().map(|mut segments| {
            segments.pop_if_empty().push(path);
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
            if body.len() > bytes_max {
                return Ok(Answer { url, status, body: None });
            }
        }
        Ok(Answer { url, status, body: Some(body) })
    }
}

/// An answer, without its body where that is too long.
struct Answer {
    url: Url,
    status: StatusCode,
    body: Option<Vec<u8>>,
}

/// The lines `name value` of the text format of Prometheus. Those with labels, and comments, are passed over.
fn numbers(text: &str) -> BTreeMap<String, f64> {
    let number = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Some((name.to_owned(), value.parse().ok().filter(|_| is_name)?))
    };
    text.lines().filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_labels_are_read() {
        let text = "# TYPE photo_eventbus_connections gauge\nphoto_eventbus_connections 12\nphoto_share 0.5\n\
                    photo_http_requests_total{status=\"200\"} 7\nphoto_odd much\n# EOF\n";
        let expected = [("photo_eventbus_connections", 12.0), ("photo_share", 0.5)];
        assert_eq!(numbers(text), expected.map(|(name, value)| (name.to_owned(), value)).into());
    }
}
