//! Socket.IO: the only file that knows socketioxide. It joins sockets to rooms and emits; what is allowed is decided in
//! `access`, what is said in `messages`.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::Router;
use photo_core::{clock::Clock, event::Event, id::PhotoId, offset::Offset, room::Room};
use serde::{Deserialize, Serialize};
use socketioxide::{
    SocketIo, TransportType,
    extract::{AckSender, SocketRef, TryData},
    handler::ConnectHandler,
    socket::Sid,
};
use tokio_util::sync::CancellationToken;

use super::{
    access::Access,
    config::SocketLimits,
    event_metrics::EventMetrics,
    messages::{
        ClientEvent, ErrorMessage, Identified, Identify, PhotoSubscription, Refused, Resync, ResyncReason, Subscribed,
    },
};
use crate::user_token::{Refusal, User};

/// Most rooms of one socket.
const ROOMS_MAX: usize = 128;

/// A client that has not sent its token by then is cut off.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often, and how many times, a socket is looked at that answers before it counts as connected. It takes it no longer
/// than a task is kept from its thread; one that has closed meanwhile never counts again.
const CONNECTED_PERIOD: Duration = Duration::from_millis(1);
const CONNECTED_LOOKS: u32 = 1000;

/// How often sockets whose queue was full are tried again.
const MEND_PERIOD: Duration = Duration::from_millis(500);

/// All sockets of this process.
#[derive(Clone)]
pub(crate) struct Sockets {
    io: SocketIo,
    metrics: EventMetrics,
    /// Sockets that missed events because their queue was full, and are yet to be told so.
    lagging: Arc<Mutex<HashSet<Sid>>>,
}

/// What a connecting client sends.
#[derive(Debug, Default, Deserialize)]
struct Auth {
    token: Option<String>,
}

impl Sockets {
    /// The sockets, and the route on which they connect.
    pub(crate) fn new(access: Access, metrics: EventMetrics, limits: &SocketLimits) -> (Self, Router) {
        let (service, io) = SocketIo::builder()
            .transports([TransportType::Websocket])
            .connect_timeout(CONNECT_TIMEOUT)
            .ping_interval(Duration::from_secs(limits.ping_period_seconds))
            .ping_timeout(Duration::from_secs(limits.ping_timeout_seconds))
            // Three limits, because each covers one way in only.
            .max_payload(limits.max_payload_bytes as u64)
            .ws_max_message_size(limits.max_payload_bytes)
            .ws_max_frame_size(limits.max_payload_bytes)
            .ws_read_buffer_size(512)
            .build_svc();
        let sockets = Self { io, metrics: metrics.clone(), lagging: Arc::default() };
        let verify = async move |socket: SocketRef, TryData(auth): TryData<Auth>| -> Result<(), Refusal> {
            let token = auth.unwrap_or_default().token;
            let user = access.connect(token.as_deref(), &socket.req_parts().headers)?;
            // Before the client learns that it is connected: it may speak at once, and what nobody listens to is lost.
            listen(&socket, &access, &user);
            socket.extensions.insert(user);
            Ok(())
        };
        // All of it happens before the future is returned: that one runs later, perhaps after the disconnect.
        let connected = move |socket: SocketRef| {
            on_connected(&socket, &metrics);
            std::future::ready(())
        };
        sockets.io.ns("/", connected.with(verify));
        (sockets, Router::new().route_service("/socket.io/", service))
    }

    /// Tells an event to the sockets of its rooms, each once.
    pub(crate) async fn tell(&self, event: &Event, offset: &Offset) {
        let rooms: Vec<String> = event.rooms().iter().map(Room::to_string).collect();
        let name = event.channel().client_event();
        let message = ClientEvent { event, offset };
        if self.io.within(rooms.clone()).emit(name, &message).await.is_err() {
            // The error does not say whose queue was full: all of these rooms take a snapshot.
            self.metrics.lagging.inc();
            let members = self.io.within(rooms).sockets().into_iter().map(|socket| socket.id);
            self.lagging.lock().unwrap_or_else(PoisonError::into_inner).extend(members);
        }
    }

    /// Tells every socket that it missed events.
    pub(crate) fn resync_all(&self, reason: ResyncReason) {
        for socket in self.io.sockets() {
            if socket.emit("resync", &Resync { reason }).is_err() {
                self.lagging.lock().unwrap_or_else(PoisonError::into_inner).insert(socket.id);
            }
        }
    }

    /// Tells sockets whose queue was full, as soon as it takes messages again, that they missed events.
    pub(crate) async fn mend_lagging(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(MEND_PERIOD)).await.is_some() {
            let lagging = std::mem::take(&mut *self.lagging.lock().unwrap_or_else(PoisonError::into_inner));
            let reason = ResyncReason::SlowClient;
            let still = lagging
                .into_iter()
                .filter_map(|id| self.io.get_socket(id))
                .filter(|socket| socket.connected() && socket.emit("resync", &Resync { reason }).is_err());
            let still: Vec<Sid> = still.map(|socket| socket.id).collect();
            self.lagging.lock().unwrap_or_else(PoisonError::into_inner).extend(still);
        }
    }

    /// Closes every connection, so that clients connect to another replica.
    pub(crate) async fn close(&self) {
        self.io.close().await;
    }
}

fn on_connected(socket: &SocketRef, metrics: &EventMetrics) {
    let Some(user) = socket.extensions.get::<User>() else {
        // The middleware lets nobody through without a user; whoever is here all the same is sent away.
        return disconnect(socket.clone());
    };
    metrics.connections.inc();
    let gauge = metrics.connections.clone();
    let closed = CancellationToken::new();
    end_with_token(socket, &user, closed.clone());
    socket.on_disconnect(async move || {
        gauge.dec();
        closed.cancel();
    });
}

/// Answers what the socket's client asks for.
fn listen(socket: &SocketRef, access: &Access, user: &User) {
    socket.on("identify", {
        let user = user.clone();
        async move |socket: SocketRef, TryData(message): TryData<Identify>, ack: AckSender| {
            let answer = message.map_err(|_| Refused::Malformed).map(|names| identify(&socket, &user, names));
            respond(&socket, ack, "identified", answer).await;
        }
    });
    socket.on("subscribe:user", {
        let user = user.clone();
        async move |socket: SocketRef, ack: AckSender| {
            socket.join(Room::User(user.id.clone()).to_string());
            let answer = Subscribed { room: "user", photo_id: None, snapshot: None };
            respond(&socket, ack, "subscribed", Ok(answer)).await;
        }
    });
    socket.on("subscribe:photo", {
        let (access, user) = (access.clone(), user.clone());
        async move |socket: SocketRef, TryData(message): TryData<PhotoSubscription>, ack: AckSender| {
            let answer = match message {
                Ok(request) => subscribe(&socket, &access, &user, request).await,
                Err(_) => Err(Refused::Malformed),
            };
            respond(&socket, ack, "subscribed", answer).await;
        }
    });
    socket.on("unsubscribe:photo", async |socket: SocketRef, TryData(message): TryData<PhotoSubscription>| {
        if let Some(photo) = message.ok().and_then(|request| request.photo_id.parse().ok()) {
            socket.leave(Room::Photo(photo).to_string());
        }
    });
    socket.on("heartbeat", async |socket: SocketRef, ack: AckSender| {
        respond(&socket, ack, "heartbeat", Ok(serde_json::json!({}))).await;
    });
}

/// A connection ends with its token: a revoked user is out at its expiry at the latest.
fn end_with_token(socket: &SocketRef, user: &User, closed: CancellationToken) {
    let left = user.expires_at.duration_since(Clock::System.now());
    // A token may be valid for longer than a timer runs; no connection is.
    let left = Duration::try_from(left).unwrap_or_default().min(Duration::from_hours(365 * 24));
    let socket = socket.clone();
    tokio::spawn(async move {
        if closed.run_until_cancelled(tokio::time::sleep(left)).await.is_some() {
            let message = ErrorMessage { code: "token_expired", message: "The token has expired. Sign in again." };
            emit(&socket, "error", &message);
            disconnect(socket);
        }
    });
}

fn identify(socket: &SocketRef, user: &User, names: Identify) -> Identified {
    let client = names.client_id.map(|client| Room::Client(user.id.clone(), client));
    let session = names.session_id.map(|session| Room::Session(user.id.clone(), session));
    for room in client.into_iter().chain(session) {
        socket.join(room.to_string());
    }
    Identified { socket_id: socket.id.to_string() }
}

/// Joins before it reads the snapshot, so that what happens in between is heard; the client drops what it knows.
async fn subscribe(
    socket: &SocketRef,
    access: &Access,
    user: &User,
    request: PhotoSubscription,
) -> Result<Subscribed, Refused> {
    let photo: PhotoId = request.photo_id.parse().map_err(|_| Refused::NotFound)?;
    if socket.rooms().len() >= ROOMS_MAX {
        return Err(Refused::TooManyRooms);
    }
    access.photo(&user.id, photo).await?;
    socket.join(Room::Photo(photo).to_string());
    let snapshot = access.photo(&user.id, photo).await?;
    Ok(Subscribed { room: "photo", photo_id: Some(request.photo_id), snapshot: Some(snapshot) })
}

/// Answers as the acknowledgement and as an event of its own, because older clients wait for the latter.
async fn respond<T: Serialize>(socket: &SocketRef, ack: AckSender, name: &str, answer: Result<T, Refused>) {
    until_connected(socket).await;
    let sent = match answer {
        Ok(answer) => {
            emit(socket, name, &answer);
            ack.send(&answer)
        }
        Err(refused) => {
            let message = ErrorMessage::from(refused);
            emit(socket, "error", &message);
            ack.send(&serde_json::json!({ "error": message }))
        }
    };
    if let Err(error) = sent {
        tracing::debug!(%error, "a client did not take its answer");
    }
}

/// A client learns that it is connected a moment before messages to it are taken: what is answered in between is lost.
async fn until_connected(socket: &SocketRef) {
    let mut left = CONNECTED_LOOKS;
    while left > 0 && !socket.connected() {
        left -= 1;
        tokio::time::sleep(CONNECTED_PERIOD).await;
    }
}

fn emit<T: Serialize>(socket: &SocketRef, name: &str, message: &T) {
    if let Err(error) = socket.emit(name, message) {
        tracing::debug!(%error, name, "a client did not take a message");
    }
}

fn disconnect(socket: SocketRef) {
    if let Err(error) = socket.disconnect() {
        tracing::debug!(%error, "a socket was closed already");
    }
}
