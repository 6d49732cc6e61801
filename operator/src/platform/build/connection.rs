//! How processes reach what they need, and how they are let in: the variables and Secrets of clients.

use super::PlatformInput;
use crate::{
    api::{BucketPurpose, ExternalRedis, LogFormat, LogLevel, Logging, Tls},
    names::{Component, GeneratedSecret, port},
    pod::{Environment, SecretFile},
    secrets::{RedisUser, key},
};

/// Seconds that a stopping role gives to requests under way.
pub(super) const SHUTDOWN_SECONDS: i64 = 15;

/// What a process is told so that it reaches another.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Connection {
    /// Variables.
    pub(crate) environment: Environment,
    /// Files that they name.
    pub(crate) secrets: Vec<SecretFile>,
}

impl Connection {
    /// Both connections.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.environment = self.environment.and(other.environment);
        self.secrets.extend(other.secrets);
        self
    }

    /// With the path of a Secret's file in a variable.
    fn with_secret(mut self, variable: &str, file: SecretFile) -> Self {
        self.environment = self.environment.with_file(variable, &file);
        self.secrets.push(file);
        self
    }

    fn of(environment: Environment) -> Self {
        Self { environment, secrets: Vec::new() }
    }

    /// To Redis, as one of its users.
    pub(crate) fn to_redis(input: &PlatformInput, user: RedisUser) -> Self {
        if let Some(external) = &input.spec.redis.external {
            return Self::to_external_redis(input, external);
        }
        let host = Component::Redis.of(input.name);
        let url = format!("redis://{}@{host}:{}", user.as_str(), port::REDIS);
        let secret = GeneratedSecret::RedisAuth.of(input.name);
        let password = SecretFile::required(&secret, user.as_str(), "redis/password");
        Self::of(Environment::default().with("REDIS_URL", url)).with_secret("REDIS_PASSWORD_FILE", password)
    }

    fn to_external_redis(input: &PlatformInput, redis: &ExternalRedis) -> Self {
        let scheme = match redis.tls {
            Tls::Disabled => "redis",
            Tls::Enabled => "rediss",
        };
        // An address of IPv6 stands in brackets in a URL.
        let host = if redis.host.contains(':') { format!("[{}]", redis.host) } else { redis.host.clone() };
        let url = format!("{scheme}://{host}:{}/{}", redis.port, redis.database);
        let prefix = redis.prefix.clone().unwrap_or_else(|| format!("{}-{}:", input.namespace, input.name));
        let secret = &redis.credentials_secret_ref.name;
        Self::of(Environment::default().with("REDIS_URL", url).with("REDIS_PREFIX", prefix))
            .with_secret("REDIS_USERNAME_FILE", SecretFile::optional(secret, key::REDIS_USERNAME, "redis/username"))
            .with_secret("REDIS_PASSWORD_FILE", SecretFile::required(secret, key::REDIS_PASSWORD, "redis/password"))
    }

    /// To the object store.
    pub(crate) fn to_store(input: &PlatformInput) -> Self {
        let external = input.spec.object_store.external.as_ref();
        let host = Component::Store.of(input.name);
        let endpoint =
            external.map_or_else(|| format!("http://{host}:{}", port::STORE), |external| external.endpoint.clone());
        let generated = GeneratedSecret::Store.of(input.name);
        let secret = external.map_or(&generated, |external| &external.credentials_secret_ref.name);
        let mut environment = Environment::default()
            .with("MINIO_ENDPOINT", endpoint)
            .with("OBJECT_PREFIX", format!("{}-{}", input.namespace, input.name));
        if let Some(external) = external {
            environment = environment.with("MINIO_REGION", &external.region);
        }
        for bucket in &input.spec.object_store.buckets {
            environment = environment.with(bucket_variable(bucket.purpose), &bucket.name);
        }
        Self::of(environment)
            .with_secret("MINIO_ACCESS_KEY_FILE", SecretFile::required(secret, key::ACCESS, "store/access-key"))
            .with_secret("MINIO_SECRET_KEY_FILE", SecretFile::required(secret, key::SECRET, "store/secret-key"))
    }

    /// To the storage role.
    pub(crate) fn to_storage(input: &PlatformInput) -> Self {
        let url = format!("http://{}:{}", Component::Metadata.of(input.name), port::STORAGE);
        Self::of(Environment::default().with("STORAGE_URL", url)).and(Self::between_roles(input))
    }

    /// Between roles: makes tokens, and tells whose they are.
    pub(super) fn between_roles(input: &PlatformInput) -> Self {
        let secret = GeneratedSecret::Service.of(input.name);
        let file = SecretFile::required(&secret, key::SERVICE, "service/key");
        Self::default().with_secret("SERVICE_TOKEN_KEY_FILE", file)
    }

    /// To whom is called when a photo is given up, if anybody is.
    pub(super) fn to_dead_letter_hook(input: &PlatformInput) -> Self {
        let Some(hook) = &input.spec.metadata.dead_letter_hook else { return Self::default() };
        let connection = Self::of(Environment::default().with("DEAD_LETTER_HOOK_URL", &hook.url));
        let Some(secret) = &hook.secret_ref else { return connection };
        let file = SecretFile::required(&secret.name, key::HOOK, "hook/secret");
        connection.with_secret("DEAD_LETTER_HOOK_SECRET_FILE", file)
    }

    /// From users: tells who they are.
    pub(super) fn from_users(input: &PlatformInput) -> Self {
        let auth = &input.spec.gateway.auth;
        let generated = GeneratedSecret::Jwt.of(input.name);
        let secret = auth.secret_ref.as_ref().map_or(&generated, |reference| &reference.name);
        Self::of(Environment::default().with("JWT_AUDIENCE", &auth.audience))
            .with_secret("JWT_SECRET_FILE", SecretFile::required(secret, key::JWT, "jwt/secret"))
    }

    /// How a process of ours listens for probes and logs.
    pub(crate) fn of_process(input: &PlatformInput) -> Self {
        let Logging { level, format } = input.spec.observability.logging;
        let level = match level {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        };
        let format = match format {
            LogFormat::Json => "json",
            LogFormat::Text => "text",
        };
        Self::of(
            Environment::default()
                .with_number("PROBE_PORT", port::PROBE)
                .with("LOG_LEVEL", level)
                .with("LOG_FORMAT", format),
        )
    }

    /// The same for a role, which listens on a port of its own and ends requests before it stops.
    pub(super) fn of_role(input: &PlatformInput, port: i32) -> Self {
        let own =
            Environment::default().with_number("PORT", port).with_number("SHUTDOWN_TIMEOUT_SECONDS", SHUTDOWN_SECONDS);
        Self::of(own).and(Self::of_process(input))
    }
}

fn bucket_variable(purpose: BucketPurpose) -> &'static str {
    match purpose {
        BucketPurpose::Originals => "BUCKET_ORIGINALS",
        BucketPurpose::LargeOriginals => "BUCKET_LARGE_ORIGINALS",
        BucketPurpose::Variants => "BUCKET_VARIANTS",
        BucketPurpose::Backups => "BUCKET_BACKUPS",
    }
}
