//! The web page: files embedded in the binary, served under a content policy that allows nothing from elsewhere.

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::problem::{Code, Problem};

/// Everything comes from this origin; `blob:` and `data:` are the previews and thumbnails that the page itself makes.
const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; script-src 'self'; \
                              style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// The fallback of the router: a file of the page, or 404.
pub(crate) async fn asset(method: Method, uri: Uri, request: HeaderMap) -> Response {
    let path = match uri.path() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    };
    match Assets::get(path) {
        Some(file) if method == Method::GET || method == Method::HEAD => serve(file, &request),
        Some(_) => Problem::new(Code::MethodNotAllowed, "The page's files are only read.").into_response(),
        None => Problem::new(Code::NotFound, "There is no such path.").into_response(),
    }
}

fn serve(file: EmbeddedFile, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let mut headers = HeaderMap::new();
    // Asked about each time, so that a new release is seen at once; the tag makes the answer empty.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Ok(kind) = HeaderValue::from_str(file.metadata.mimetype()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    let held = request.get(header::IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == tag.as_bytes());
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if held { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, file.data).into_response() }
}
