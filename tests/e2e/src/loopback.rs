//! HTTP servers of tests on 127.0.0.1, which may also give no answer at all.

use std::{convert::Infallible, net::Ipv4Addr};

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use photo_stack::ports::free_port;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

/// Whatever broke a body.
pub(crate) type Broken = Box<dyn std::error::Error + Send + Sync>;
/// An answer, whole or piece by piece.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, Broken>>;

/// There is no answer: the connection closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoAnswer;

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is closed without an answer")
    }
}

impl std::error::Error for NoAnswer {}

/// A server; it and its connections end with this.
#[derive(Debug)]
pub(crate) struct Server {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server that answers as `answer` says.
    ///
    /// # Errors
    /// No port is free.
    pub(crate) async fn start<A, F>(answer: A) -> anyhow::Result<Self>
    where
        A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Answer, NoAnswer>> + Send + 'static,
    {
        let port = free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("listening on loopback")?;
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                // Without it small answers wait for the other side's acknowledgement; a slower test is no wrong one.
                stream.set_nodelay(true).ok();
                let answering = service_fn(answer.clone());
                connections.spawn(async move {
                    // Connections break where a test means them to.
                    http1::Builder::new().serve_connection(TokioIo::new(stream), answering).await.ok();
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { port, accepting })
    }

    /// `http://127.0.0.1:<port>`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// An answer of JSON.
pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Answer {
    let body = Full::new(Bytes::from(value.to_string())).map_err(|never: Infallible| match never {}).boxed_unsync();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("application/json"));
    answer
}

/// An answer of plain text.
pub(crate) fn text(text: String) -> Answer {
    Response::new(Full::new(Bytes::from(text)).map_err(|never: Infallible| match never {}).boxed_unsync())
}
