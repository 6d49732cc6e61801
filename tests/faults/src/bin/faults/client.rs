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
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The longest that a client waits for an answer.
const ANSWER: Duration = Duration::from_secs(20);
/// How long it waits before it tries again.
const AGAIN: Duration = Duration::from_millis(200);

/// Uploads until `stop`. What was begun is ended.
pub(crate) async fn upload(
    stack: Arc<Stack>,
    client: usize,
    ledger: Arc<Ledger>,
    accepted: Arc<AtomicU64>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let token = stack.keys.user_token(&format!("client-{client}"), Duration::from_hours(24))?;
    let http = Client::builder().timeout(ANSWER).no_proxy().build()?;
    let url = format!("{}/photos/upload", stack.api.url());
    let mut number = 0_u32;
    while !stop.is_cancelled() {
        number += 1;
        let photo = picture(client, number)?;
        let sha256 = hex::encode(Sha256::digest(&photo));
        let key = Uuid::new_v4().to_string();
        let id = loop {
            let part = Part::bytes(photo.clone()).file_name(format!("{client}-{number}.jpg"));
            let request = http.post(&url).bearer_auth(&token).header("idempotency-key", &key);
            // Without an answer nobody knows what became of it: it is sent again.
            if let Ok(reply) = request.multipart(Form::new().part("photo", part)).send().await
                && let Some(id) = promised(reply).await?
            {
                break id;
            }
            sleep(AGAIN).await;
        };
        ledger.add(&Promise { photo: id, sha256, key })?;
        accepted.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
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
