//! What the tests of the path are made of: photos, waiting, and requests as any client sends them.

use std::{io::Cursor, path::PathBuf, time::Duration};

use image::{DynamicImage, ImageFormat, RgbImage};
use photo_core::id::PhotoId;
use photo_stack::{
    Platform, Stack, StackOptions,
    photos::{PhotoView, Photos},
};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// How long anything may take before a test says that it does not happen. The machine may be busy.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

const POLL: Duration = Duration::from_millis(20);

/// A platform with one worker of `full-processing`.
pub(crate) async fn stack() -> Stack {
    Stack::start(&StackOptions::default()).await.unwrap()
}

/// A platform whose Redis and MinIO are its own, to be killed or looked into.
pub(crate) async fn own_stack() -> Stack {
    Stack::start(&StackOptions { own_servers: true, ..StackOptions::default() }).await.unwrap()
}

/// A client without retries that waits as long as anything here may take.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().timeout(LIMIT).no_proxy().build().unwrap()
}

/// What `ask` finds, asked again until it finds something. Fails with `what` after `limit`.
pub(crate) async fn until<T, F>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        sleep(POLL).await;
    }
}

/// The photo once it has ended, however it did.
pub(crate) async fn ended(photos: &Photos, id: PhotoId) -> PhotoView {
    let ask = async || photos.photo(id).await.ok().filter(|photo| photo.status.is_terminal());
    until(&format!("photo {id} ends"), LIMIT, ask).await
}

/// The folder with the sample photos.
pub(crate) fn samples_folder() -> PathBuf {
    PathBuf::from(env!("REPOSITORY")).join("config/samples/photos")
}

/// The bytes of a sample photo.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let path = samples_folder().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A JPEG of a few kilobytes; two with different seeds differ.
pub(crate) fn small_jpeg(seed: u8) -> Vec<u8> {
    jpeg(200, 120, seed)
}

/// A JPEG of that many pixels.
pub(crate) fn jpeg(width: u32, height: u32, seed: u8) -> Vec<u8> {
    encoded(&gradient(width, height, seed), ImageFormat::Jpeg)
}

/// A picture without two equal corners.
pub(crate) fn gradient(width: u32, height: u32, seed: u8) -> DynamicImage {
    let shade = |part: u32, whole: u32| u8::try_from(part * 255 / whole.max(1)).unwrap();
    RgbImage::from_fn(width, height, |x, y| image::Rgb([shade(x, width), shade(y, height), seed])).into()
}

/// The picture as a file.
pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Separates the parts of the bodies made here.
pub(crate) const BOUNDARY: &str = "the-parts-end-here";

/// A file of a multipart body, named as browsers do it: in quotes, in UTF-8.
pub(crate) fn file_part(file_name: &str, bytes: &[u8]) -> Vec<u8> {
    part(&format!("name=\"photos\"; filename=\"{file_name}\""), bytes)
}

/// A part of a multipart body with this disposition.
pub(crate) fn part(disposition: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

/// The parts as a whole body.
pub(crate) fn body(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

/// Any request in the name of one user.
pub(crate) struct Caller {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Caller {
    pub(crate) fn new(stack: &Stack, user: &str) -> Self {
        let token = stack.keys.user_token(user, Duration::from_hours(1)).unwrap();
        Self { http: http(), base: stack.api.url(), token }
    }

    /// Whoever the token says.
    pub(crate) fn with_token(stack: &Stack, token: &str) -> Self {
        Self { http: http(), base: stack.api.url(), token: token.to_owned() }
    }

    /// The same of a platform in whichever form.
    pub(crate) fn of(platform: &Platform, user: &str) -> Self {
        let token = platform.user_token(user, Duration::from_hours(1)).unwrap();
        Self { http: http(), base: platform.url(), token }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// The JSON of an answer that must be 200.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status(), 200, "{path}");
        reply.json().await.unwrap()
    }

    /// Sends the parts as one upload.
    pub(crate) async fn upload(&self, path: &str, parts: &[Vec<u8>]) -> Response {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = self.request(Method::POST, path).header("content-type", kind);
        request.body(body(parts)).send().await.unwrap()
    }

    /// Uploads one photo that must be accepted, and returns its view.
    pub(crate) async fn accepted(&self, file_name: &str, bytes: &[u8]) -> Value {
        let reply = self.upload("/photos/upload", &[file_part(file_name, bytes)]).await;
        let status = reply.status();
        let answer: Value = reply.json().await.unwrap();
        assert_eq!(status, 201, "{answer}");
        answer["photos"][0].clone()
    }

    /// The photo's view once it has ended.
    pub(crate) async fn ended(&self, id: &Value) -> Value {
        let path = format!("/photos/{}", text(id));
        until(&format!("{path} ends"), LIMIT, async || {
            let photo = self.json(&path).await;
            ["completed", "failed", "dead"].contains(&text(&photo["status"])).then_some(photo)
        })
        .await
    }
}

/// The string that a JSON value must be.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// Requires that an answer is this problem, in the form that all problems have.
pub(crate) async fn problem(reply: Response, status: u16, code: &str) -> Value {
    let what = reply.url().clone();
    let headers = reply.headers().clone();
    let actual = reply.status();
    let body = reply.text().await.unwrap();
    assert_eq!(actual, status, "{what}: {body}");
    assert_eq!(headers["content-type"], "application/problem+json", "{what}: {body}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["code"], code, "{what}: {body}");
    assert_eq!(problem["status"], status, "{what}");
    assert_eq!(problem["requestId"], headers["x-request-id"].to_str().unwrap(), "{what}");
    for member in ["type", "title", "detail"] {
        assert!(!text(&problem[member]).is_empty(), "{what}: {member}");
    }
    problem
}
