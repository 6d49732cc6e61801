//! Stands before the API server and does what networks and API servers do on bad days: it loses requests and answers,
//! refuses, is slow, and breaks watches off. Whoever is served through it may also be killed at a request.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    header::{CONNECTION, CONTENT_LENGTH, HOST, RETRY_AFTER, TRANSFER_ENCODING},
    http::request::Parts,
};
use kube::{Client, client::Body};
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::loopback::{self, Answer, Broken, NoAnswer, Server};

/// What goes wrong with a request.
pub enum Fault {
    /// It is answered with this status instead of being carried out.
    Refused {
        /// The status.
        status: u16,
        /// What its `Retry-After` says, where it has one.
        retry_after_seconds: Option<u32>,
    },
    /// It never arrives: this is done and the connection closes.
    Lost(Box<dyn FnOnce() + Send>),
    /// It is carried out; then this is done and the connection closes without the answer.
    AnswerLost(Box<dyn FnOnce() + Send>),
    /// It takes so much longer.
    Late(Duration),
    /// A watch is told that its past is forgotten (410).
    Expired,
}

/// What a request is for, each with its number among those of its kind, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It reads.
    Read(usize),
    /// It watches.
    Watch(usize),
    /// It changes something other than the Lease, whose renewal is a matter of time.
    Write(usize),
    /// It is about the Lease.
    Lease,
}

/// Which fault a request meets.
type Plan = Arc<dyn Fn(Purpose) -> Option<Fault> + Send + Sync>;

/// A server at `url` that is the API server to whoever asks it, as long as no fault is planned.
#[derive(Debug)]
pub struct FaultProxy {
    server: Server,
    traffic: Traffic,
}

#[derive(Clone)]
struct Traffic(Arc<Mutex<Passed>>);

struct Passed {
    plan: Plan,
    reads: usize,
    watches: usize,
    writes: Vec<String>,
    /// How many requests met a fault.
    faults: usize,
    /// Cancelled when open watches break off.
    cut: CancellationToken,
}

impl FaultProxy {
    /// Starts before the API server of `client`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(client: Client) -> anyhow::Result<Self> {
        let passed = Passed {
            plan: Arc::new(|_| None),
            reads: 0,
            watches: 0,
            writes: Vec::new(),
            faults: 0,
            cut: CancellationToken::new(),
        };
        let traffic = Traffic(Arc::new(Mutex::new(passed)));
        let shared = traffic.clone();
        let server = Server::start(move |request| answer(shared.clone(), client.clone(), request)).await?;
        Ok(Self { server, traffic })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// From now on requests, counted from 1 again, meet the faults of `plan`.
    pub fn plan(&self, plan: impl Fn(Purpose) -> Option<Fault> + Send + Sync + 'static) {
        let mut passed = self.traffic.passed();
        (passed.reads, passed.watches, passed.faults) = (0, 0, 0);
        passed.writes.clear();
        passed.plan = Arc::new(plan);
    }

    /// Breaks off every watch that is open.
    pub fn cut_watches(&self) {
        let cut = std::mem::take(&mut self.traffic.passed().cut);
        cut.cancel();
    }

    /// The requests since the last plan that change something, such as `PATCH /api/v1/…`.
    pub fn writes(&self) -> Vec<String> {
        self.traffic.passed().writes.clone()
    }

    /// How many requests met a fault since the last plan.
    pub fn faults(&self) -> usize {
        self.traffic.passed().faults
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let passed = self.passed();
        f.debug_struct("Traffic")
            .field("writes", &passed.writes)
            .field("faults", &passed.faults)
            .finish_non_exhaustive()
    }
}

impl Traffic {
    fn passed(&self) -> MutexGuard<'_, Passed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request and tells what is to go wrong with it.
    fn count(&self, head: &Parts) -> Option<Fault> {
        let mut passed = self.passed();
        let path = head.uri.path();
        let purpose = if path.contains("/leases") {
            Purpose::Lease
        } else if head.method != Method::GET {
            passed.writes.push(format!("{} {path}", head.method));
            Purpose::Write(passed.writes.len())
        } else if head.uri.query().unwrap_or_default().contains("watch=true") {
            passed.watches += 1;
            Purpose::Watch(passed.watches)
        } else {
            passed.reads += 1;
            Purpose::Read(passed.reads)
        };
        let fault = (passed.plan)(purpose);
        passed.faults += usize::from(fault.is_some());
        fault
    }
}

async fn answer(traffic: Traffic, client: Client, request: Request<Incoming>) -> Result<Answer, NoAnswer> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| NoAnswer)?.to_bytes();
    let cut = traffic.passed().cut.clone();
    match traffic.count(&head) {
        None => forward(&client, head, body, cut).await,
        Some(Fault::Refused { status, retry_after_seconds }) => Ok(refused(status, retry_after_seconds)),
        Some(Fault::Lost(then)) => {
            then();
            Err(NoAnswer)
        }
        Some(Fault::AnswerLost(then)) => {
            // Whatever the API server said of it, nobody hears it.
            drop(forward(&client, head, body, cut).await?);
            then();
            Err(NoAnswer)
        }
        Some(Fault::Late(by)) => {
            sleep(by).await;
            forward(&client, head, body, cut).await
        }
        Some(Fault::Expired) => {
            let event = json!({"type": "ERROR", "object": status(410, "Expired", "too old resource version")});
            Ok(loopback::json(StatusCode::OK, &event))
        }
    }
}

fn status(code: u16, reason: &str, message: &str) -> serde_json::Value {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
        "code": code,
    })
}

fn refused(code: u16, retry_after_seconds: Option<u32>) -> Answer {
    let reason = match code {
        409 => "Conflict",
        422 => "Invalid",
        429 => "TooManyRequests",
        _ => "InternalError",
    };
    let word = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = loopback::json(word, &status(code, reason, "refused for a test"));
    if let Some(seconds) = retry_after_seconds {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

/// What the API server answers, as it comes.
async fn forward(client: &Client, mut head: Parts, body: Bytes, cut: CancellationToken) -> Result<Answer, NoAnswer> {
    for name in [HOST, CONNECTION] {
        head.headers.remove(name);
    }
    let answer = client.send(Request::from_parts(head, Body::from(body))).await.map_err(|_| NoAnswer)?;
    let (head, body) = answer.into_parts();
    let pieces = stream::unfold((body.into_data_stream(), Some(cut)), |(mut pieces, cut)| async {
        let cut = cut?;
        tokio::select! {
            () = cut.cancelled() => Some((Err(Broken::from(NoAnswer)), (pieces, None))),
            piece = pieces.next() => {
                Some((piece?.map(Frame::data).map_err(Broken::from), (pieces, Some(cut))))
            }
        }
    });
    let mut answer = Response::new(StreamBody::new(pieces).boxed_unsync());
    *answer.status_mut() = head.status;
    *answer.headers_mut() = head.headers;
    for name in [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        answer.headers_mut().remove(name);
    }
    Ok(answer)
}
