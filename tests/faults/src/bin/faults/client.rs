//! Clients that upload one photo after the other, and each of them until they are told that it was accepted.

use std::{
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use image::{ImageFormat, RgbImage};
use photo_core::id::PhotoId;
use photo_faults::ledger::{Ledger, Promise};
use photo_stack::Stack;
use reqwest::{
    Client, StatusCode,
    multipart::{Form, Part},
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::wait::until;

/// The longest that a client waits for an answer.
const ANSWER: Duration = Duration::from_secs(20);
/// How long it waits before it tries again.
const AGAIN: Duration = Duration::from_millis(200);
/// Longer than 10,000 photos take on a slow machine.
const LIMIT: Duration = Duration::from_mins(30);
/// How long a client's token is valid: also for a server whose clock is days ahead.
const TOKEN: Duration = Duration::from_hours(30 * 24);

/// How clients behave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habit {
    /// How many there are.
    pub(crate) clients: usize,
    /// How long each rests between two photos, so that workers keep up.
    pub(crate) rest: Duration,
}

/// Clients that upload at the same time.
pub(crate) struct Crowd {
    counts: Arc<Counts>,
    stop: CancellationToken,
    clients: JoinSet<anyhow::Result<()>>,
}

/// What clients were answered.
#[derive(Debug, Default)]
struct Counts {
    accepted: AtomicU64,
    unanswered: AtomicU64,
}

impl Crowd {
    /// Begins to upload; `ledger` gets what is promised.
    pub(crate) fn begin(stack: &Arc<Stack>, ledger: &Arc<Ledger>, habit: Habit) -> anyhow::Result<Self> {
        let (counts, stop, mut clients) = (Arc::new(Counts::default()), CancellationToken::new(), JoinSet::new());
        for number in 0..habit.clients {
            let client = Uploader {
                number,
                http: Client::builder().timeout(ANSWER).no_proxy().build()?,
                url: format!("{}/photos/upload", stack.api.url()),
                token: stack.keys.user_token(&format!("client-{number}"), TOKEN)?,
                ledger: Arc::clone(ledger),
                counts: Arc::clone(&counts),
            };
            clients.spawn(client.run(habit.rest, stop.clone()));
        }
        Ok(Self { counts, stop, clients })
    }

    /// How many photos were promised until now.
    pub(crate) fn accepted(&self) -> u64 {
        self.counts.accepted.load(Ordering::Relaxed)
    }

    /// How many uploads had no answer or that of a server in trouble, and were sent again.
    pub(crate) fn unanswered(&self) -> u64 {
        self.counts.unanswered.load(Ordering::Relaxed)
    }

    /// Whether every client still goes on.
    ///
    /// # Errors
    /// One was refused what should be taken.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        while let Some(ended) = self.clients.try_join_next() {
            ended??;
        }
        Ok(())
    }

    /// Waits until that many photos were promised.
    pub(crate) async fn until(&mut self, accepted: u64) -> anyhow::Result<()> {
        until("enough photos were promised", LIMIT, async || {
            self.check()?;
            Ok(self.accepted() >= accepted)
        })
        .await
    }

    /// Ends what was begun, and no more.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.clients.join_next().await {
            ended??;
        }
        Ok(())
    }
}

struct Uploader {
    number: usize,
    http: Client,
    url: String,
    token: String,
    ledger: Arc<Ledger>,
    counts: Arc<Counts>,
}

impl Uploader {
    async fn run(self, rest: Duration, stop: CancellationToken) -> anyhow::Result<()> {
        let mut photo = 0_u32;
        while !stop.is_cancelled() {
            photo += 1;
            self.upload(photo).await?;
            stop.run_until_cancelled(sleep(rest)).await;
        }
        Ok(())
    }

    /// Uploads a photo, under one idempotency key, until it is promised.
    async fn upload(&self, photo: u32) -> anyhow::Result<()> {
        let bytes = picture(self.number, photo)?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        let key = Uuid::new_v4().to_string();
        let id = loop {
            let part = Part::bytes(bytes.clone()).file_name(format!("{}-{photo}.jpg", self.number));
            let request = self.http.post(&self.url).bearer_auth(&self.token).header("idempotency-key", &key);
            // Without an answer nobody knows what became of it: it is sent again.
            if let Ok(reply) = request.multipart(Form::new().part("photo", part)).send().await
                && let Some(id) = promised(reply).await?
            {
                break id;
            }
            self.counts.unanswered.fetch_add(1, Ordering::Relaxed);
            sleep(AGAIN).await;
        };
        self.ledger.add(&Promise { photo: id, sha256, key })?;
        self.counts.accepted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// The photo that an answer promises. `None` where the request is to be sent again.
async fn promised(reply: reqwest::Response) -> anyhow::Result<Option<PhotoId>> {
    let status = reply.status();
    let Ok(text) = reply.text().await else { return Ok(None) };
    if status.is_server_error() {
        return Ok(None);
    }
    anyhow::ensure!(status == StatusCode::CREATED, "an upload was refused with {status}: {text}");
    let answer: Value = serde_json::from_str(&text)?;
    let id = answer.pointer("/photos/0/id").and_then(Value::as_str).context("the answer names no photo")?;
    Ok(Some(id.parse()?))
}

/// A small photo that no other is like.
fn picture(client: usize, number: u32) -> anyhow::Result<Vec<u8>> {
    let seed = u64::from(number) << 8 | u64::try_from(client)?;
    let mut rng = fastrand::Rng::with_seed(seed);
    let picture = RgbImage::from_fn(64, 48, |_, _| image::Rgb([rng.u8(..), rng.u8(..), rng.u8(..)]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}
