use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// A server that hangs up on the first `broken` requests and answers the others with `7`. Returns its URL and the
/// number of requests so far.
async fn server(broken: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            if seen.fetch_add(1, Ordering::SeqCst) >= broken {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n7";
                stream.write_all(answer).await.unwrap();
            }
        }
    });
    (url, requests)
}

async fn call(url: &str, repeat: Repeat) -> Result<u32, PortError> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Call { attempt: "count", repeat, request: client.post(url).json(&1) }.answer().await
}

#[tokio::test]
async fn a_harmless_call_is_made_again_when_its_connection_breaks() {
    let (url, requests) = server(2).await;
    assert_eq!(call(&url, Repeat::Harmless).await.unwrap(), 7);
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn it_is_not_made_again_without_end() {
    let (url, requests) = server(10).await;
    assert_eq!(call(&url, Repeat::Harmless).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_call_that_counts_again_is_made_once() {
    let (url, requests) = server(1).await;
    assert_eq!(call(&url, Repeat::CountsAgain).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}
