//! A live connection as a browser has it: just enough of WebSocket and Socket.IO to hear events.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use crate::{
    once::{cut_stack, cutter},
    scene::{Caller, LIMIT, small_jpeg, stack, text},
    told::Told,
};

/// A connected socket.
pub(crate) struct Live {
    stream: BufReader<TcpStream>,
}

impl Live {
    /// Connects to the server at `base` with a token.
    pub(crate) async fn connect(base: &str, token: &str) -> Self {
        let host = base.replace("http://", "");
        let mut live = Self { stream: BufReader::new(TcpStream::connect(&host).await.unwrap()) };
        let request = format!(
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        live.stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        live.stream.read_line(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        while answer != "\r\n" {
            answer.clear();
            live.stream.read_line(&mut answer).await.unwrap();
        }
        let opened = live.receive().await.expect("the server opens the session");
        assert!(opened.starts_with('0'), "{opened}");
        live.send(&format!("40{}", json!({ "token": token }))).await;
        let connected = live.receive().await.expect("the server answers the token");
        assert!(connected.starts_with("40"), "{connected}");
        live
    }

    /// Sends an event.
    pub(crate) async fn emit(&mut self, name: &str, content: Value) {
        self.send(&format!("42{}", json!([name, content]))).await;
    }

    /// The next event of the server; `None` once it has closed the connection.
    pub(crate) async fn event(&mut self) -> Option<(String, Value)> {
        loop {
            let packet = timeout(LIMIT, self.receive()).await.expect("the server says something")?;
            if packet.starts_with("41") {
                return None;
            }
            if let Some(json) = packet.strip_prefix("42") {
                let (name, content) = serde_json::from_str(json).unwrap();
                return Some((name, content));
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
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).await.ok()?;
        let length = match head[1] {
            126 => usize::from(self.stream.read_u16().await.ok()?),
            127 => usize::try_from(self.stream.read_u64().await.ok()?).unwrap(),
            length => usize::from(length),
        };
        let mut content = vec![0; length];
        self.stream.read_exact(&mut content).await.ok()?;
        Some((head[0] & 0x0f, content))
    }

    /// Sends a text as one frame under a mask of zeros, which changes nothing.
    async fn send(&mut self, text: &str) {
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![0x81];
        match u8::try_from(length) {
            Ok(short) if short < 126 => frame.push(0x80 | short),
            _ => frame.extend([&[0xfe_u8][..], &length.to_be_bytes()].concat()),
        }
        frame.extend([0; 4]);
        frame.extend(text.as_bytes());
        // A server that is gone shows at the next read.
        drop(self.stream.write_all(&frame).await);
    }
}

#[tokio::test]
async fn a_client_that_speaks_as_soon_as_it_is_connected_is_heard() {
    let stack = stack().await;
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    for number in 0..200 {
        let mut live = Live::connect(&stack.events.url(), &token).await;
        live.emit("identify", json!({ "clientId": format!("tab-{number}") })).await;
        assert_eq!(live.event().await.expect("an answer comes").0, "identified");
    }
}

#[tokio::test]
async fn a_message_that_is_not_understood_is_answered() {
    let stack = stack().await;
    let token = stack.keys.user_token("alice", Duration::from_hours(1)).unwrap();
    let mut live = Live::connect(&stack.events.url(), &token).await;
    for content in [json!({ "clientId": "../x" }), json!({ "clientId": 5 }), json!("text")] {
        live.emit("identify", content).await;
        let (name, refusal) = live.event().await.unwrap();
        assert_eq!((name.as_str(), &refusal["code"]), ("error", &json!("invalid")));
    }
}

#[tokio::test]
async fn progress_is_heard_while_the_photo_is_processed() {
    let stack = cut_stack(1).await;
    let mut told = Told::of(&stack, "alice").await;
    let mut finish = cutter(&stack).hold("POST /internal/runs/finish ");
    let photo = Caller::new(&stack, "alice").accepted("photo.jpg", &small_jpeg(1)).await;
    let id = text(&photo["id"]);
    finish.arrived().await.unwrap();
    for stage in ["validation", "thumbnails"] {
        told.stage(id, stage, "photo.processing.stage.started").await;
        told.stage(id, stage, "photo.processing.stage.completed").await;
    }
    finish.release();
    told.first(id, "photo.processing.completed").await;
}
