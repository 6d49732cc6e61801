//! Reading what is left of a request that was answered early. A browser that is still sending shows a network error
//! instead of the answer, unless its bytes are taken; they are, up to a bound. A client that asked before sending
//! (`Expect: 100-continue`) and was not told to go on has nothing on its way.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    http::header::EXPECT,
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
    let asks = parts.headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let shared = SplitBody::of(body);
    let response = next.run(Request::from_parts(parts, Body::from_stream(shared.chunks()))).await;
    // The first look at the body is what tells such a client to send it.
    if asks && !shared.was_looked_at() {
        return response;
    }
    if tokio::time::timeout(REST_TIME_MAX, discard(shared.chunks(), REST_BYTES_MAX)).await.is_err() {
        tracing::info!("a client went on sending after it was answered");
    }
    response
}

/// A body that both the handler and the middleware around it can read.
#[derive(Clone)]
struct SplitBody {
    body: Arc<Mutex<BodyDataStream>>,
    looked_at: Arc<AtomicBool>,
}

impl SplitBody {
    fn of(body: Body) -> Self {
        Self { body: Arc::new(Mutex::new(body.into_data_stream())), looked_at: Arc::default() }
    }

    /// The chunks, never two at once: the multipart reader takes all that is ready into its memory before it hands on
    /// the first byte, and of a fast client that is megabytes.
    fn chunks(&self) -> impl Stream<Item = Result<bytes::Bytes, axum::Error>> + Unpin + use<> {
        let Self { body, looked_at } = self.clone();
        let mut rests = false;
        stream::poll_fn(move |context| {
            looked_at.store(true, Ordering::Relaxed);
            if std::mem::take(&mut rests) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let chunk = body.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context);
            rests = matches!(chunk, Poll::Ready(Some(Ok(_))));
            chunk
        })
    }

    fn was_looked_at(&self) -> bool {
        self.looked_at.load(Ordering::Relaxed)
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

    /// A request of 100 chunks that is refused, and how many of them were read.
    async fn read_of(request: axum::http::request::Builder) -> usize {
        let read = Arc::new(Mutex::new(0_usize));
        let counted = Arc::clone(&read);
        let body = Body::from_stream(stream::iter(0..100).map(move |_| {
            *counted.lock().unwrap() += 1;
            Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[0; 1024]))
        }));
        let app =
            Router::new().route("/", post(|| async { StatusCode::UNAUTHORIZED })).layer(middleware::from_fn(read_rest));
        let response = app.oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        *read.lock().unwrap()
    }

    #[tokio::test]
    async fn an_early_answer_still_reads_the_body() {
        assert_eq!(read_of(Request::post("/")).await, 100);
    }

    #[tokio::test]
    async fn the_body_of_a_client_that_asked_first_is_not_asked_for() {
        assert_eq!(read_of(Request::post("/").header("expect", "100-Continue")).await, 0);
    }

    #[tokio::test]
    async fn chunks_that_are_ready_are_given_out_one_at_a_time() {
        let ready = stream::iter([b"a", b"b"].map(|chunk| Ok::<_, std::io::Error>(bytes::Bytes::from_static(chunk))));
        let mut chunks = SplitBody::of(Body::from_stream(ready)).chunks();
        assert!(futures::poll!(chunks.next()).is_ready());
        assert!(futures::poll!(chunks.next()).is_pending());
        assert_eq!(chunks.next().await.unwrap().unwrap(), "b");
        assert!(chunks.next().await.is_none());
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
