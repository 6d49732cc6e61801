//! Who may do what in a MinIO of the tests: its policy plugin, which it asks about every request, also its owner's. So a
//! right can be taken away while the platform runs, and MinIO itself says no.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::ports::free_port;

/// A judge on 127.0.0.1 that allows everything it was not told to refuse. Dropping it makes MinIO refuse everything.
#[derive(Debug)]
pub struct StoreJudge {
    port: u16,
    denied: Denied,
    accepting: JoinHandle<()>,
}

type Denied = Arc<Mutex<Vec<(String, String)>>>;

/// What MinIO asks.
#[derive(Debug, Deserialize)]
struct Question {
    input: Input,
}

#[derive(Debug, Deserialize)]
struct Input {
    #[serde(default)]
    action: String,
    #[serde(default)]
    bucket: String,
}

impl StoreJudge {
    /// Starts judging.
    ///
    /// # Errors
    /// Where there is no free port.
    pub async fn start() -> anyhow::Result<Self> {
        let port = free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("listening as a judge")?;
        let denied = Denied::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&denied)));
        Ok(Self { port, denied, accepting })
    }

    /// What the MinIO is to be started with.
    pub fn minio_variable(&self) -> (String, String) {
        ("MINIO_POLICY_PLUGIN_URL".to_owned(), format!("http://127.0.0.1:{}/", self.port))
    }

    /// From now on `action` (`s3:PutObject`) is refused in `bucket`.
    pub fn deny(&self, action: &str, bucket: &str) {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner).push((action.to_owned(), bucket.to_owned()));
    }

    /// From now on everything is allowed again.
    pub fn pardon(&self) {
        self.denied.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Drop for StoreJudge {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, denied: Denied) {
    while let Ok((stream, _)) = listener.accept().await {
        let denied = Arc::clone(&denied);
        tokio::spawn(async move {
            // A question that breaks off is asked again, or answered no.
            drop(answer(stream, &denied).await);
        });
    }
}

async fn answer(stream: TcpStream, denied: &Denied) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    // At its start MinIO asks about nothing.
    let question: Option<Question> = serde_json::from_slice(&body).ok();
    let is_denied = question.is_some_and(|Question { input }| {
        let denied = denied.lock().unwrap_or_else(PoisonError::into_inner);
        denied.iter().any(|(action, bucket)| *action == input.action && *bucket == input.bucket)
    });
    let text = format!("{{\"result\":{}}}", !is_denied);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let reply = format!("{head}\r\ncontent-length: {}\r\n\r\n{text}", text.len());
    stream.get_mut().write_all(reply.as_bytes()).await?;
    Ok(())
}
