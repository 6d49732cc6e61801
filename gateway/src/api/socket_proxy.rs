//! Passes `/socket.io` on to the events role, for clusters where no ingress routes it: one connection per request,
//! with the WebSocket upgrade carried through.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{HeaderValue, StatusCode, Uri, uri::PathAndQuery},
    response::{IntoResponse, Response},
    routing,
};
use backon::{ExponentialBuilder, Retryable};
use hyper::{client::conn::http1, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::problem::Problem;

/// How long a connection may take, all attempts together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Attempts beyond the first. A Service of Kubernetes refuses connections for about a second after the first pod behind it
/// has become ready, and where one ends that it still leads to.
const REPETITIONS: usize = 4;
const FIRST_REPETITION_AFTER: Duration = Duration::from_millis(100);

/// Where the events role is.
#[derive(Debug, Clone)]
pub(crate) struct SocketProxy {
    /// `host:port`.
    authority: String,
}

#[derive(Debug, thiserror::Error)]
enum ProxyError {
    #[error("the events role does not answer: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("the events role did not answer in time")]
    TimedOut(#[from] tokio::time::error::Elapsed),
    #[error("the events role broke the connection off")]
    BrokenOff(#[from] hyper::Error),
    #[error("the request can't be passed on")]
    Malformed(#[from] axum::http::Error),
}

impl SocketProxy {
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("EVENTS_URL `{url}` is not a URL"))?;
        anyhow::ensure!(uri.scheme_str() == Some("http"), "EVENTS_URL `{url}`: expected http://host:port");
        let host = uri.host().with_context(|| format!("EVENTS_URL `{url}` names no host"))?;
        Ok(Self { authority: format!("{host}:{}", uri.port_u16().unwrap_or(80)) })
    }

    /// The route that is passed on.
    pub(crate) fn routes(self) -> Router {
        Router::new().route("/socket.io/", routing::any(forward)).with_state(self)
    }

    async fn connect(&self) -> Result<TcpStream, ProxyError> {
        let schedule = ExponentialBuilder::default()
            .with_min_delay(FIRST_REPETITION_AFTER)
            .with_factor(2.0)
            .with_jitter()
            .with_max_times(REPETITIONS);
        let connected = (|| TcpStream::connect(&self.authority)).retry(schedule);
        Ok(tokio::time::timeout(CONNECT_TIMEOUT, connected).await??)
    }

    async fn pass_on(&self, mut request: Request) -> Result<Response, ProxyError> {
        let stream = self.connect().await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a connection to the events role ended");
            }
        });
        let client: Option<OnUpgrade> = request.extensions_mut().remove();
        let peer = request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/socket.io/"));
        parts.uri = Uri::builder().path_and_query(path).build()?;
        if let Some(value) = peer.and_then(|ConnectInfo(peer)| HeaderValue::from_str(&peer.ip().to_string()).ok()) {
            parts.headers.insert("x-forwarded-for", value);
        }
        let mut response = sender.send_request(Request::from_parts(parts, body)).await?;
        if let (StatusCode::SWITCHING_PROTOCOLS, Some(client)) = (response.status(), client) {
            join(client, hyper::upgrade::on(&mut response));
        }
        Ok(response.map(Body::new))
    }
}

/// Copies bytes between two upgraded connections until either ends.
fn join(client: OnUpgrade, server: OnUpgrade) {
    tokio::spawn(async move {
        let (client, server) = match tokio::try_join!(client, server) {
            Ok(both) => both,
            Err(error) => return tracing::debug!(%error, "a WebSocket upgrade was not completed"),
        };
        let copied = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(server)).await;
        if let Err(error) = copied {
            tracing::debug!(%error, "a WebSocket connection broke off");
        }
    });
}

/// Any method on `/socket.io/`.
async fn forward(State(proxy): State<SocketProxy>, request: Request) -> Response {
    match proxy.pass_on(request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(%error, "live events are out of reach");
            Problem::unavailable("The live event service").into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A port that nobody listens on.
    async fn free_port() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_leads_somewhere_soon_is_waited_for() {
        let port = free_port().await;
        let proxy = SocketProxy::new(&format!("http://127.0.0.1:{port}")).unwrap();
        let soon = async {
            tokio::time::sleep(FIRST_REPETITION_AFTER * 3).await;
            TcpListener::bind(("127.0.0.1", port)).await.unwrap()
        };
        let (connected, _listener) = tokio::join!(proxy.connect(), soon);
        connected.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_leads_nowhere_is_given_up() {
        let proxy = SocketProxy::new(&format!("http://127.0.0.1:{}", free_port().await)).unwrap();
        assert!(matches!(proxy.connect().await, Err(ProxyError::Unreachable(_))));
    }

    #[test]
    fn only_plain_http_is_passed_on() {
        assert_eq!(SocketProxy::new("http://events:3003").unwrap().authority, "events:3003");
        for refused in ["events:3003", "https://events", "http://", ""] {
            assert!(SocketProxy::new(refused).is_err(), "{refused}");
        }
    }
}
