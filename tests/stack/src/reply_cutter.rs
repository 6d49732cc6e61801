//! A relay in front of one HTTP server that can lose an answer or hold a request back: the moments between two steps
//! of the protocol, made as long as a test needs them.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::ports::free_port;

const READ_BYTES: usize = 16 * 1024;

/// A relay on 127.0.0.1. Dropping it closes its port; connections that are open end with their clients.
#[derive(Debug)]
pub struct ReplyCutter {
    port: u16,
    awaited: Awaited,
    accepting: JoinHandle<()>,
}

impl ReplyCutter {
    /// Starts relaying to `upstream` on 127.0.0.1, which need not listen yet: a connection to it that fails is closed.
    ///
    /// # Errors
    /// Where there is no free port.
    pub async fn start(upstream: u16) -> anyhow::Result<Self> {
        let port = free_port()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("listening for a relay")?;
        let awaited = Awaited::default();
        let accepting = tokio::spawn(accept(listener, (Ipv4Addr::LOCALHOST, upstream).into(), awaited.clone()));
        Ok(Self { port, awaited, accepting })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Lets the next request whose first line begins with `line`, where `*` stands for anything, through and loses its
    /// answer: as soon as the answer begins, `then` runs, and the client's connection closes without a byte. What is
    /// returned ends after that.
    pub fn cut(&self, line: &str, then: impl FnOnce() + Send + 'static) -> oneshot::Receiver<()> {
        let (made, cut) = oneshot::channel();
        self.awaited.add(line, Intervention::Cut { then: Box::new(then), made });
        cut
    }

    /// Keeps the next request whose first line begins with `line`, as in [`Self::cut`], from the server until it is
    /// released.
    pub fn hold(&self, line: &str) -> Held {
        let (arrived, arrival) = oneshot::channel();
        let (release, released) = oneshot::channel();
        self.awaited.add(line, Intervention::Hold { arrived, released });
        Held { arrival, _release: release }
    }
}

impl Drop for ReplyCutter {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A request that is kept from its server until this is dropped.
#[derive(Debug)]
pub struct Held {
    arrival: oneshot::Receiver<()>,
    _release: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the request has come.
    ///
    /// # Errors
    /// Where its connection broke.
    pub async fn arrived(&mut self) -> anyhow::Result<()> {
        (&mut self.arrival).await.context("the relay ended before the request came")
    }

    /// Lets it through.
    pub fn release(self) {}
}

enum Intervention {
    Cut { then: Box<dyn FnOnce() + Send>, made: oneshot::Sender<()> },
    Hold { arrived: oneshot::Sender<()>, released: oneshot::Receiver<()> },
}

/// What is done to which requests, each once.
#[derive(Clone, Default)]
struct Awaited(Arc<Mutex<Vec<(String, Intervention)>>>);

impl Awaited {
    fn add(&self, line: &str, intervention: Intervention) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((line.to_owned(), intervention));
    }

    /// What is done to the request that begins with `bytes`. Clients send one after the other, so that a request begins
    /// where a read does.
    fn take(&self, bytes: &[u8]) -> Option<Intervention> {
        let mut awaited = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = awaited.iter().position(|(line, _)| begins_with(bytes, line))?;
        Some(awaited.remove(place).1)
    }
}

/// Whether the first line of a request begins with `line`, in which `*` stands for anything.
fn begins_with(request: &[u8], line: &str) -> bool {
    let first = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let Ok(first) = std::str::from_utf8(first) else { return false };
    let mut pieces = line.split('*');
    let rest = pieces.next().and_then(|start| first.strip_prefix(start));
    pieces.try_fold(rest, |rest, piece| Some(rest?.split_once(piece).map(|(_, rest)| rest))).flatten().is_some()
}

impl fmt::Debug for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let awaited = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(awaited.iter().map(|(line, _)| line)).finish()
    }
}

async fn accept(listener: TcpListener, upstream: SocketAddr, awaited: Awaited) {
    while let Ok((client, _)) = listener.accept().await {
        let awaited = awaited.clone();
        // A broken connection is what both sides expect of a server that is killed.
        tokio::spawn(async move { relay(client, upstream, awaited).await.ok() });
    }
}

async fn relay(mut client: TcpStream, upstream: SocketAddr, awaited: Awaited) -> io::Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut request, mut answer) = (vec![0; READ_BYTES], vec![0; READ_BYTES]);
    let (mut cut, mut client_left, mut unanswered) = (None, false, false);
    // A server gives up what a client does not wait for; a request that was let through late is to be served all the same.
    while unanswered || !client_left {
        tokio::select! {
            length = client.read(&mut request), if !client_left => {
                let Some(bytes @ [_, ..]) = request.get(..length?) else {
                    client_left = true;
                    continue;
                };
                match awaited.take(bytes) {
                    Some(Intervention::Cut { then, made }) => cut = Some((then, made)),
                    // Both sides of a hold may be gone, and then nobody holds it any more.
                    Some(Intervention::Hold { arrived, released }) => drop((arrived.send(()), released.await)),
                    None => {}
                }
                unanswered = true;
                server.write_all(bytes).await?;
            }
            length = server.read(&mut answer) => {
                let Some(bytes @ [_, ..]) = answer.get(..length?) else { return Ok(()) };
                if let Some((then, made)) = cut.take() {
                    then();
                    drop((client, made.send(())));
                    return Ok(());
                }
                unanswered = false;
                client.write_all(bytes).await?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A server that answers each request with the number of requests that it has got.
    async fn counting_server() -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&count);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(answer(client, Arc::clone(&counted)));
            }
        });
        (port, count)
    }

    async fn answer(mut client: TcpStream, counted: Arc<AtomicUsize>) {
        let mut request = vec![0; 1024];
        while client.read(&mut request).await.unwrap_or(0) > 0 {
            let count = (counted.fetch_add(1, Ordering::SeqCst) + 1).to_string();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{count}", count.len());
            client.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    fn http() -> reqwest::Client {
        reqwest::Client::builder().no_proxy().build().unwrap()
    }

    #[tokio::test]
    async fn one_answer_is_lost_and_its_request_has_been_served() {
        let (port, count) = counting_server().await;
        let cutter = ReplyCutter::start(port).await.unwrap();
        let http = http();
        let ask = async |path: &str| http.get(format!("{}{path}", cutter.url())).send().await?.text().await;
        assert_eq!(ask("/begin").await.unwrap(), "1");
        let seen = Arc::clone(&count);
        let cut = cutter.cut("GET /f*sh ", move || assert_eq!(seen.load(Ordering::SeqCst), 3));
        assert_eq!(ask("/begin").await.unwrap(), "2");
        assert!(ask("/finish").await.is_err());
        cut.await.unwrap();
        assert_eq!(ask("/finish").await.unwrap(), "4");
    }

    #[tokio::test]
    async fn a_held_request_reaches_the_server_once_it_is_released() {
        let (port, count) = counting_server().await;
        let cutter = ReplyCutter::start(port).await.unwrap();
        let mut held = cutter.hold("GET /finish ");
        let answer = tokio::spawn(http().get(format!("{}/finish", cutter.url())).send());
        held.arrived().await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 0);
        held.release();
        assert_eq!(answer.await.unwrap().unwrap().text().await.unwrap(), "1");
    }
}
