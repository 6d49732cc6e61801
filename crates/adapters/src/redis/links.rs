//! The connections of a process to Redis, made again when its password has changed: a connection keeps the right that it
//! got with the old one, but can't be made again with it.

use std::sync::{Arc, Mutex, PoisonError};

use bullmq::options::RedisConnectionOptions;
use photo_runtime::secret::Secret;
use redis::{
    Client, ConnectionAddr, ConnectionInfo, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::{ExposeSecret, SecretString};

use super::{
    blocking::BlockingConnections,
    limits::{CONNECT_LIMIT, RESPONSE_LIMIT},
};

/// How Redis is reached with one password.
#[derive(Clone)]
pub(super) struct Links {
    pub(super) calls: ConnectionManager,
    pub(super) blocking: Arc<BlockingConnections>,
    pub(super) bull: RedisConnectionOptions,
    /// How many passwords there were before.
    pub(super) generation: u64,
}

/// Makes [`Links`] with the password as it is now.
pub(super) struct LinkSource {
    /// With the user, and with the password where none is given beside the URL.
    address: ConnectionInfo,
    password: Option<Secret>,
    last: Mutex<(Option<SecretString>, Links)>,
}

/// What [`LinkSource::new`] can't use.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvalidLink {
    /// The client refuses the address.
    #[error(transparent)]
    Url(#[from] RedisError),
    /// BullMQ's client knows no such address.
    #[error("not an address that BullMQ's client knows")]
    Address,
    /// The password can't be read.
    #[error(transparent)]
    Password(#[from] photo_runtime::secret::SecretError),
}

impl LinkSource {
    /// Reads the password once, so that what is wrong with it shows at the start.
    pub(super) fn new(address: ConnectionInfo, password: Option<Secret>) -> Result<Self, InvalidLink> {
        let value = password.as_ref().map(Secret::read).transpose()?;
        let links = Links::new(&address, value.as_ref(), 0)?;
        Ok(Self { address, password, last: Mutex::new((value, links)) })
    }

    /// The links for the password as it is now. A file that can't be read for a moment leaves the last ones in use.
    pub(super) fn links(&self) -> Links {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(secret) = &self.password else { return last.1.clone() };
        match secret.read() {
            Ok(value) if last.0.as_ref().is_some_and(|old| old.expose_secret() == value.expose_secret()) => {}
            Ok(value) => match Links::new(&self.address, Some(&value), last.1.generation + 1) {
                Ok(links) => {
                    tracing::info!("the password of Redis has changed, connecting anew");
                    *last = (Some(value), links);
                }
                Err(error) => {
                    tracing::warn!(%error, "Redis' new password can't be used; using the last one");
                }
            },
            Err(error) => tracing::warn!(%error, "using the last password of Redis"),
        }
        last.1.clone()
    }
}

impl Links {
    fn new(address: &ConnectionInfo, password: Option<&SecretString>, generation: u64) -> Result<Self, InvalidLink> {
        let mut address = address.clone();
        if let Some(password) = password {
            let account = address.redis_settings().clone().set_password(password.expose_secret());
            address = address.set_redis_settings(account);
        }
        let bull = bull_address(&address).ok_or(InvalidLink::Address)?;
        let client = Client::open(address)?;
        // No retries in there: each call makes its own attempt, so a dead Redis is told at once and a live one used at once.
        let settings = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(RESPONSE_LIMIT));
        let calls = ConnectionManager::new_lazy_with_config(client.clone(), settings)?;
        Ok(Self { calls, blocking: Arc::new(BlockingConnections::new(client)), bull, generation })
    }
}

fn bull_address(address: &ConnectionInfo) -> Option<RedisConnectionOptions> {
    let (host, port, tls) = match address.addr() {
        ConnectionAddr::Tcp(host, port) => (host, *port, false),
        ConnectionAddr::TcpTls { host, port, .. } => (host, *port, true),
        ConnectionAddr::Unix(_) | _ => return None,
    };
    let account = address.redis_settings();
    Some(RedisConnectionOptions {
        host: Some(host.clone()),
        port: Some(port),
        tls,
        username: account.username().map(str::to_owned),
        password: account.password().map(str::to_owned),
        db: Some(u8::try_from(account.db()).ok()?),
        ..RedisConnectionOptions::default()
    })
}
