//! A live connection as a browser has it: just enough of WebSocket and Socket.IO to hear events.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// A server that says nothing for so long is stuck: it pings more often.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// A connected socket.
pub struct Live {
    stream: BufReader<TcpStream>,
}

impl Live {
    /// Connects to the server at `base`, which begins with `http://`, with a token.
    ///
    /// # Errors
    /// Nobody listens there, or the token is refused; the text holds the answer.
    pub async fn connect(base: &str, token: &str) -> anyhow::Result<Self> {
        let host = base.replace("http://", "");
        let mut live = Self { stream: BufReader::new(TcpStream::connect(&host).await?) };
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        live.stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        live.stream.read_line(&mut answer).await?;
        ensure!(answer.starts_with("HTTP/1.1 101"), "no WebSocket: {answer}");
        while answer != "\r\n" {
            answer.clear();
            let length = live.stream.read_line(&mut answer).await?;
            ensure!(length > 0, "the answer breaks off");
        }
        let opened = live.receive().await.context("the server does not open the session")?;
        ensure!(opened.starts_with('0'), "the session is not opened: {opened}");
        live.send(&format!("40{}", json!({ "token": token }))).await;
        let connected = live.receive().await.context("the server does not answer the token")?;
        ensure!(connected.starts_with("40"), "the token is refused: {connected}");
        Ok(live)
    }

    /// Sends an event. A server that is gone shows at the next [`Live::event`].
    pub async fn emit(&mut self, name: &str, content: Value) {
        self.send(&format!("42{}", json!([name, content]))).await;
    }

    /// The next event of the server, name and content; `None` once it has closed the connection.
    ///
    /// # Errors
    /// The server says nothing for two minutes, or something that is no event.
    pub async fn event(&mut self) -> anyhow::Result<Option<(String, Value)>> {
        loop {
            let received = timeout(SILENCE_MAX, self.receive()).await.context("the server says nothing")?;
            let Some(packet) = received.filter(|packet| !packet.starts_with("41")) else { return Ok(None) };
            if let Some(json) = packet.strip_prefix("42") {
                return serde_json::from_str(json).map(Some).with_context(|| format!("this is no event: {json}"));
            }
        }
    }

    /// The next text of the server, pings answered.
    async fn receive(&mut self) -> Option<String> {
        loop {
            let (kind, content) = self.frame().await?;
            let text = String::from_utf8(content).unwrap_or_default();
            match (kind, text.as_str()) {
                (1, "2") => self.send("3").await,
                (1, _) => return Some(text),
                (8, _) => return None,
                _ => {}
            }
        }
    }

    /// The next WebSocket frame: its kind and content. `None` at the end of the connection.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let [first, second] = self.stream.read_u16().await.ok()?.to_be_bytes();
        let length = match second {
            126 => usize::from(self.stream.read_u16().await.ok()?),
            127 => usize::try_from(self.stream.read_u64().await.ok()?).ok()?,
            length => usize::from(length),
        };
        let mut content = vec![0; length];
        self.stream.read_exact(&mut content).await.ok()?;
        Some((first & 0x0f, content))
    }

    /// Sends a text as one frame under a mask of zeros, which changes nothing.
    async fn send(&mut self, text: &str) {
        let mut frame = vec![0x81];
        match (u8::try_from(text.len()), u16::try_from(text.len())) {
            (Ok(short), _) if short < 126 => frame.push(0x80 | short),
            (_, Ok(length)) => frame.extend([&[0xfe_u8][..], &length.to_be_bytes()].concat()),
            (_, Err(_)) => frame.extend([&[0xff_u8][..], &(text.len() as u64).to_be_bytes()].concat()),
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        // A server that is gone shows at the next read.
        drop(self.stream.write_all(&frame).await);
    }
}
