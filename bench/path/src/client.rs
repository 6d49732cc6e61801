//! A client: a user with a socket that hears about its photos. It sends one, waits until it is told that it is completed,
//! and sends the next.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use photo_stack::live::Live;
use reqwest::{
    Body,
    multipart::{Form, Part},
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::{photo::Photo, stacks::Entrance};

/// A photo that takes longer is lost.
const PATIENCE: Duration = Duration::from_mins(2);

/// A user of a stack.
pub(crate) struct Client {
    user: String,
    token: String,
    upload_url: String,
    live: Live,
    http: reqwest::Client,
}

/// A photo that is completed.
#[derive(Debug, Clone)]
pub(crate) struct Completed<'a> {
    /// What was sent.
    pub(crate) photo: &'a Photo,
    /// What the stack calls it.
    pub(crate) id: String,
    /// The token of its user.
    pub(crate) token: String,
    /// From the first byte of the upload to the word that it is completed.
    pub(crate) time: Duration,
}

/// What an upload is answered with, as far as it is read.
#[derive(Debug, Deserialize)]
struct Accepted {
    photos: Vec<AcceptedPhoto>,
}

#[derive(Debug, Deserialize)]
struct AcceptedPhoto {
    id: String,
}

impl Client {
    /// A user who is told what becomes of their photos.
    ///
    /// # Errors
    /// Where the stack does not answer.
    pub(crate) async fn connect(entrance: &Entrance, number: usize) -> anyhow::Result<Self> {
        let user = format!("client-{number}");
        let token = entrance.keys.user_token(&user, Duration::from_hours(4))?;
        let mut live = Live::connect(&entrance.events_url, &token).await?;
        live.emit("subscribe:user", json!({})).await;
        let (answer, _) = live.event().await?.context("the socket was closed")?;
        ensure!(answer == "subscribed", "the subscription is answered with `{answer}`");
        let upload_url = format!("{}/photos/upload?pipeline={}", entrance.api_url, entrance.pipeline);
        let http = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        Ok(Self { user, token, upload_url, live, http })
    }

    /// Sends a photo and returns when it is completed.
    ///
    /// # Errors
    /// Where it is refused, fails, or is not completed within two minutes.
    pub(crate) async fn send<'a>(&mut self, photo: &'a Photo) -> anyhow::Result<Completed<'a>> {
        let began = Instant::now();
        let way = async {
            let id = self.upload(photo).await?;
            self.until_completed(&id).await?;
            anyhow::Ok(id)
        };
        let id = timeout(PATIENCE, way).await.context("it takes longer than two minutes").flatten();
        let time = began.elapsed();
        let id = id.with_context(|| format!("{} of {}", photo.name, self.user))?;
        Ok(Completed { photo, id, token: self.token.clone(), time })
    }

    async fn upload(&self, photo: &Photo) -> anyhow::Result<String> {
        // The bytes are those of the photo, not copies.
        let part = Part::stream_with_length(Body::from(photo.bytes.clone()), photo.bytes.len() as u64);
        let part = part.file_name(format!("{}.jpg", photo.name)).mime_str("image/jpeg")?;
        let request = self.http.post(&self.upload_url).bearer_auth(&self.token);
        let reply = request.multipart(Form::new().part("photos", part)).send().await?;
        let status = reply.status();
        let text = reply.text().await?;
        ensure!(status.is_success(), "the upload is refused with {status}: {text}");
        let accepted: Accepted = serde_json::from_str(&text)?;
        let photo = accepted.photos.into_iter().next().context("the answer names no photo")?;
        Ok(photo.id)
    }

    /// What was told before is still unread in the socket, so that no event can be missed.
    async fn until_completed(&mut self, id: &str) -> anyhow::Result<()> {
        loop {
            let (_, event) = self.live.event().await?.context("the socket was closed")?;
            let word = |name| event.get(name).and_then(|value| value.as_str()).unwrap_or_default();
            match word("type") {
                "photo.processing.completed" if word("photoId") == id => return Ok(()),
                "photo.processing.failed" if word("photoId") == id => bail!("it failed: {event}"),
                _ => {}
            }
        }
    }
}
