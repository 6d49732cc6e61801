//! Rooms of the event bus. The subject is part of a client's or session's room, so that nobody can squat another's id.

use std::fmt;

use crate::{
    client_ref::ClientRef,
    id::{PhotoId, UserId},
};

/// A set of sockets that receive the same events. The text form is internal; clients never name a room.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Room {
    /// Sockets that subscribed to one photo; ownership was checked.
    Photo(PhotoId),
    /// All sockets of a subject that asked for all of its photos.
    User(UserId),
    /// The sockets of one browser tab or program of a subject.
    Client(UserId, ClientRef),
    /// The sockets of one session of a subject.
    Session(UserId, ClientRef),
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Photo(photo) => write!(f, "photo:{photo}"),
            Self::User(user) => write!(f, "user:{user}"),
            // A subject may hold `/`; the last one is the separator, because a client id can't.
            Self::Client(user, client) => write!(f, "client:{user}/{client}"),
            Self::Session(user, session) => write!(f, "session:{user}/{session}"),
        }
    }
}
