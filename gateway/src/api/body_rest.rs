//! Reading what is left of a request that was answered early. A browser that is still sending shows a network error
//! instead of the answer, unless its bytes are taken; they are, up to a bound.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    middleware::Next,
    response::Response,
};
use futures::{Stream, StreamExt, stream};

/// Most bytes that are read for nothing, and the longest time that it may take; then the connection closes.
const REST_BYTES_MAX: usize = 64 * 1024 * 1024;
const REST_TIME_MAX: Duration = Duration::from_secs(10);

/// A client that is silent for so long while its bytes are read for nothing gets its answer.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// Middleware: answers only after the rest of the body was read, within the bounds.
pub(crate) async fn read_rest(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let shared = SplitBody(Arc::new(Mutex::new(body.into_data_stream())));
    let response = next.run(Request::from_parts(parts, Body::from_stream(shared.chunks()))).await;
    if tokio::time::timeout(REST_TIME_MAX, discard(shared.chunks(), REST_BYTES_MAX)).await.is_err() {
        tracing::info!("a client went on sending after it was answered");
    }
    response
}

/// A body that both the handler and the middleware around it can read.
#[derive(Clone)]
struct SplitBody(Arc<Mutex<BodyDataStream>>);

impl SplitBody {
    fn chunks(&self) -> impl Stream<Item = Result<bytes::Bytes, axum::Error>> + Unpin + use<> {
        let body = Arc::clone(&self.0);
        stream::poll_fn(move |context| body.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context))
    }
}

/// Reads and forgets chunks until they end, fail, or `budget` bytes are read. Returns what is left of the budget:
/// nothing also where no chunk comes.
pub(crate) async fn discard<E>(
    mut chunks: impl Stream<Item = Result<bytes::Bytes, E>> + Unpin,
    budget: usize,
) -> usize {
    let mut left = budget;
    while left > 0 {
        match tokio::time::timeout(SILENCE_MAX, chunks.next()).await {
            Ok(Some(Ok(chunk))) => left = left.saturating_sub(chunk.len()),
            Ok(Some(Err(_)) | None) => break,
            Err(_) => return 0,
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use axum::{Router, http::StatusCode, middleware, routing::post};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_early_answer_still_reads_the_body() {
        let read = Arc::new(Mutex::new(0_usize));
        let counted = Arc::clone(&read);
        let body = Body::from_stream(stream::iter(0..100).map(move |_| {
            *counted.lock().unwrap() += 1;
            Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[0; 1024]))
        }));
        let app =
            Router::new().route("/", post(|| async { StatusCode::UNAUTHORIZED })).layer(middleware::from_fn(read_rest));
        let response = app.oneshot(Request::post("/").body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(*read.lock().unwrap(), 100);
    }

    #[tokio::test]
    async fn an_endless_body_is_left_at_the_bound() {
        let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[0; 1000])));
        assert_eq!(discard(endless, 10_500).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_waited_for_only_so_long() {
        let silent = stream::iter([Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[0; 100]))]);
        assert_eq!(discard(silent.chain(stream::pending()), 10_500).await, 0);
    }
}
