//! How a process reaches Redis: connected at the first call and again at the next one after a loss, with short limits,
//! so that a process starts and lives while Redis is down.

use std::{future::Future, path::PathBuf, sync::Arc};

use bullmq::options::RedisConnectionOptions;
use photo_core::port::PortError;
use photo_runtime::secret::{Secret, SecretError};
use redis::{
    FromRedisValue, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult, Script, aio::ConnectionManager,
    io::tcp::TcpSettings,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::{
    blocking::BlockingConnections,
    failure,
    limits::{CALL_LIMIT, SILENT_PEER_LIMIT},
    links::{InvalidLink, LinkSource},
};

/// The key that tells whether writes are taken, and how long it stays.
pub(super) const PROBE_KEY: &str = "ready";
const PROBE_SECONDS: u64 = 60;

/// Where Redis is and which names there are this platform's.
#[derive(Debug, Clone, clap::Args)]
pub struct RedisConfig {
    /// Address of Redis: `redis://[user[:password]@]host:port[/db]`, `rediss://` for TLS.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: SecretString,
    /// Password of Redis; stands above one in the URL.
    #[arg(long, env = "REDIS_PASSWORD", hide_env_values = true)]
    pub redis_password: Option<SecretString>,
    /// File that holds the password of Redis; read again at each use.
    #[arg(long, env = "REDIS_PASSWORD_FILE", conflicts_with = "redis_password")]
    pub redis_password_file: Option<PathBuf>,
    /// File that holds the name of Redis' user; stands above one in the URL. Where the file is not there, the URL's
    /// holds: a Secret need not have that key.
    #[arg(long, env = "REDIS_USERNAME_FILE")]
    pub redis_username_file: Option<PathBuf>,
    /// Put before every key and channel, `<namespace>-<platform>:` where Redis is shared.
    #[arg(long, env = "REDIS_PREFIX", default_value = "")]
    pub redis_prefix: String,
}

impl RedisConfig {
    fn password(&self) -> Result<Option<Secret>, SecretError> {
        if self.redis_password.is_none() && self.redis_password_file.is_none() {
            return Ok(None);
        }
        let value = self.redis_password.as_ref().map(|password| password.expose_secret().to_owned());
        Secret::resolve(value, self.redis_password_file.clone(), "REDIS_PASSWORD").map(Some)
    }
}

impl RedisConfig {
    /// The user's name in the file, if there is one.
    fn username(&self) -> Result<Option<String>, InvalidRedisConfig> {
        let Some(path) = &self.redis_username_file else { return Ok(None) };
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()).filter(|name| !name.is_empty())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(InvalidRedisConfig::Username { path: path.clone(), source }),
        }
    }
}

/// A [`RedisConfig`] that can't be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRedisConfig {
    /// The password can't be read.
    #[error(transparent)]
    Password(#[from] SecretError),
    /// The user's name can't be read.
    #[error("REDIS_USERNAME_FILE: can't read {}", path.display())]
    Username {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not a Redis URL.
    #[error("REDIS_URL is not of the form redis://[user[:password]@]host:port[/db]")]
    Url(#[source] RedisError),
    /// BullMQ's client knows network addresses and databases 0 to 255 only.
    #[error("REDIS_URL has to name a host and a database from 0 to 255")]
    Address,
    /// A prefix that would break key patterns.
    #[error("REDIS_PREFIX may hold letters, digits, hyphens and colons, not `{0}`")]
    Prefix(String),
}

/// One Redis, as every adapter of a process shares it. Nothing is connected before the first call.
pub struct RedisEndpoint {
    prefix: String,
    links: LinkSource,
}

impl RedisEndpoint {
    /// Checks the configuration and connects to nothing. A password file is read here, and again at each use.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    pub fn new(config: &RedisConfig) -> Result<Self, InvalidRedisConfig> {
        let prefix = config.redis_prefix.clone();
        if !prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == ':') {
            return Err(InvalidRedisConfig::Prefix(prefix));
        }
        let address = config.redis_url.expose_secret().into_connection_info().map_err(InvalidRedisConfig::Url)?;
        // RESP3 because only then does the connection notice by itself that Redis closed it.
        // Without the name of the library: Redis before 7.2 knows no such right, and later ones log its refusal.
        let mut account = address.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        if let Some(name) = config.username()? {
            account = account.set_username(name);
        }
        let address = address
            .set_tcp_settings(TcpSettings::default().set_nodelay(true).set_user_timeout(SILENT_PEER_LIMIT))
            .set_redis_settings(account);
        let links = LinkSource::new(address, config.password()?).map_err(|invalid| match invalid {
            InvalidLink::Url(error) => InvalidRedisConfig::Url(error),
            InvalidLink::Address => InvalidRedisConfig::Address,
            InvalidLink::Password(error) => InvalidRedisConfig::Password(error),
        })?;
        Ok(Self { prefix, links })
    }

    /// The name of a key or channel of this platform.
    pub(super) fn name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.prefix)
    }

    /// BullMQ's own prefix.
    pub(super) fn bull_prefix(&self) -> String {
        bull_prefix(&self.prefix)
    }

    /// How BullMQ's client reaches the same Redis, with the password as it is now.
    pub(super) fn bull_address(&self) -> RedisConnectionOptions {
        self.links.links().bull
    }

    /// Changes with the password: what was connected before can't be connected again.
    pub(super) fn generation(&self) -> u64 {
        self.links.links().generation
    }

    /// Connections for commands that wait on the server.
    pub(super) fn blocking(&self) -> Arc<BlockingConnections> {
        self.links.links().blocking
    }

    /// Runs a command that may be run twice. It is, where the connection turns out to be dead.
    pub(super) async fn call<T, F>(
        &self,
        attempt: &str,
        command: impl Fn(ConnectionManager) -> F,
    ) -> Result<T, PortError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let calls = self.links.links().calls;
        let twice = async {
            match command(calls.clone()).await {
                Err(error) if error.is_connection_dropped() => command(calls.clone()).await,
                answer => answer,
            }
        };
        match timeout(CALL_LIMIT, twice).await {
            Ok(answer) => answer.map_err(|error| failure::of_redis(attempt, error)),
            Err(_) => Err(failure::out_of_time(attempt)),
        }
    }

    /// Runs a script that may be run twice; see [`RedisEndpoint::call`].
    pub(super) async fn script<T: FromRedisValue>(
        &self,
        attempt: &str,
        script: &'static Script,
        keys: &[String],
        arguments: &[&str],
    ) -> Result<T, PortError> {
        self.call(attempt, |mut connection| {
            let mut run = script.prepare_invoke();
            run.key(keys).arg(arguments);
            async move { run.invoke_async(&mut connection).await }
        })
        .await
    }

    /// Whether Redis takes writes: one whose memory or disk is full still answers.
    pub(super) async fn write(&self) -> Result<(), PortError> {
        let key = self.name(PROBE_KEY);
        let command = redis::Cmd::set_ex(key, 1, PROBE_SECONDS);
        self.call("writing to Redis", |mut connection| {
            let command = command.clone();
            async move { command.query_async::<()>(&mut connection).await }
        })
        .await
    }

    /// Whether Redis answers; not while it loads its files.
    pub(super) async fn ping(&self) -> Result<(), PortError> {
        self.call("asking Redis whether it answers", |mut connection| async move {
            redis::cmd("PING").query_async::<()>(&mut connection).await
        })
        .await
    }
}

/// BullMQ's own prefix below a platform's. Its client refuses colons there, so those of ours become hyphens.
pub(super) fn bull_prefix(prefix: &str) -> String {
    format!("{prefix}bull").replace(':', "-")
}

#[cfg(test)]
mod tests {
    use photo_core::port::ErrorKind;

    use super::*;

    fn config(url: &str, prefix: &str) -> RedisConfig {
        RedisConfig {
            redis_url: url.into(),
            redis_password: None,
            redis_password_file: None,
            redis_username_file: None,
            redis_prefix: prefix.to_owned(),
        }
    }

    #[tokio::test]
    async fn a_process_starts_while_redis_is_down_and_its_calls_are_unavailable() {
        let endpoint = RedisEndpoint::new(&config("redis://127.0.0.1:1", "")).unwrap();
        assert_eq!(endpoint.ping().await.unwrap_err().kind(), ErrorKind::Unavailable);
    }

    #[tokio::test]
    async fn the_bull_prefix_has_no_colon() {
        let endpoint = RedisEndpoint::new(&config("redis://127.0.0.1:1", "team-photos:")).unwrap();
        assert_eq!(
            (endpoint.name("epoch").as_str(), endpoint.bull_prefix().as_str()),
            ("team-photos:epoch", "team-photos-bull")
        );
    }

    #[tokio::test]
    async fn the_password_reaches_bullmq_and_is_never_shown() {
        let config =
            RedisConfig { redis_password: Some("n:e@w".into()), ..config("rediss://ann:old@redis.example:7000/3", "") };
        let endpoint = RedisEndpoint::new(&config).unwrap();
        assert_eq!(endpoint.bull_address().effective_url(), "rediss://ann:n%3Ae%40w@redis.example:7000/3");
        let shown = format!("{config:?} {:?}", endpoint.bull_address());
        assert!(!shown.contains("old") && !shown.contains("n:e@w"), "{shown}");
    }

    #[tokio::test]
    async fn a_user_comes_from_a_file_where_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("username");
        let url = || {
            let config = RedisConfig {
                redis_username_file: Some(path.clone()),
                redis_password: Some("secret-of-ours".into()),
                ..config("redis://redis.example:7000/3", "")
            };
            RedisEndpoint::new(&config).unwrap().bull_address().effective_url()
        };
        assert_eq!(url(), "redis://:secret-of-ours@redis.example:7000/3");
        std::fs::write(&path, "bob\n").unwrap();
        assert_eq!(url(), "redis://bob:secret-of-ours@redis.example:7000/3");
    }

    #[tokio::test]
    async fn an_unusable_configuration_is_refused() {
        for (url, prefix) in
            [("127.0.0.1", ""), ("unix:///run/redis", ""), ("redis://host:1/300", ""), ("redis://h", "a*")]
        {
            assert!(RedisEndpoint::new(&config(url, prefix)).is_err(), "{url} {prefix}");
        }
    }
}
