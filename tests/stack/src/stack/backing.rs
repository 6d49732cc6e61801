//! Redis and the object store of a stack: started for it, or named by the environment.
//!
//! In one that others may use too, everything of the stack is below a prefix of its own.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;
use photo_adapters::redis::{RedisRole, acl_rules};
use uuid::Uuid;

use super::{RedisUsers, StackOptions};
use crate::{minio_server::MinioServer, redis_server::RedisServer};

/// What the roles keep things in.
#[derive(Debug)]
pub struct Backing {
    /// The Redis that was started for this stack; `None` where `REDIS_URL` names another.
    pub redis: Option<RedisServer>,
    /// The MinIO that was started for this stack; `None` where `S3_ENDPOINT` names another store.
    pub minio: Option<MinioServer>,
    redis_url: String,
    redis_prefix: String,
    /// The folder with a file of each role's password, where each has a user of its own.
    redis_users: Option<PathBuf>,
    store: Store,
}

/// An S3 endpoint with its credentials.
#[derive(Debug)]
struct Store {
    endpoint: String,
    access_key: String,
    secret_key: String,
    prefix: String,
}

impl Backing {
    /// Starts what the environment does not name, or all of it.
    pub(super) async fn start(folder: &Path, options: &StackOptions) -> anyhow::Result<Self> {
        let users = options.redis_users;
        let own = options.own_servers;
        let named = |name| env::var_os(name).filter(|_| !own).map(|value| value.to_string_lossy().into_owned());
        let (redis_url, endpoint) = (named("REDIS_URL"), named("S3_ENDPOINT"));
        let environment = |server| options.environment.get(server).cloned().unwrap_or_default();
        let redis = async {
            match redis_url {
                Some(_) => Ok(None),
                None if users == RedisUsers::PerRole => {
                    RedisServer::start_with_users(&folder.join("redis"), &made_users(folder)?).await.map(Some)
                }
                None => RedisServer::start_with(&folder.join("redis"), environment("redis")).await.map(Some),
            }
        };
        let minio = async {
            if endpoint.is_some() {
                return Ok(None);
            }
            let folder = options.store_folder.clone().unwrap_or_else(|| folder.join("minio"));
            MinioServer::start_with(&folder, environment("minio")).await.map(Some)
        };
        let (redis, minio) = futures::future::try_join(redis, minio).await?;
        let store = match (&minio, &endpoint) {
            (Some(minio), _) => Store::of(minio),
            (None, endpoint) => Store {
                endpoint: endpoint.clone().context("S3_ENDPOINT is not set")?,
                access_key: named("S3_ACCESS_KEY").context("S3_ENDPOINT is set, S3_ACCESS_KEY is not")?,
                secret_key: named("S3_SECRET_KEY").context("S3_ENDPOINT is set, S3_SECRET_KEY is not")?,
                prefix: prefix(),
            },
        };
        let (redis_url, redis_prefix) = match (&redis, redis_url) {
            (Some(redis), _) => (redis.url(), String::new()),
            (None, url) => (url.context("REDIS_URL is not set")?, format!("{}:", prefix())),
        };
        let redis_users = (users == RedisUsers::PerRole && redis.is_some()).then(|| folder.to_owned());
        Ok(Self { redis, minio, redis_url, redis_prefix, redis_users, store })
    }

    /// One that is only named.
    #[cfg(test)]
    pub(super) fn external(redis_url: &str, endpoint: &str, access_key: &str, secret_key: &str) -> Self {
        let store = Store {
            endpoint: endpoint.to_owned(),
            access_key: access_key.to_owned(),
            secret_key: secret_key.to_owned(),
            prefix: prefix(),
        };
        let redis_prefix = format!("{}:", prefix());
        Self { redis: None, minio: None, redis_url: redis_url.to_owned(), redis_prefix, redis_users: None, store }
    }

    /// `redis://…` of the Redis in use.
    pub fn redis_url(&self) -> &str {
        &self.redis_url
    }

    pub(super) fn redis_env(&self, role: RedisRole, command: &mut Command) {
        command.env("REDIS_URL", &self.redis_url).env("REDIS_PREFIX", &self.redis_prefix);
        if let Some(folder) = &self.redis_users {
            let user = role.as_str();
            command.env("REDIS_URL", self.redis_url.replace("//", &format!("//{user}@")));
            command.env("REDIS_PASSWORD_FILE", password_file(folder, role));
        }
    }

    pub(super) fn store_env(&self, command: &mut Command) {
        command
            .env("MINIO_ENDPOINT", &self.store.endpoint)
            .env("MINIO_ACCESS_KEY", &self.store.access_key)
            .env("MINIO_SECRET_KEY", &self.store.secret_key)
            .env("OBJECT_PREFIX", &self.store.prefix);
    }
}

impl Store {
    fn of(minio: &MinioServer) -> Self {
        Self {
            endpoint: minio.endpoint(),
            access_key: minio.access_key().to_owned(),
            secret_key: minio.secret_key().to_owned(),
            prefix: "local".to_owned(),
        }
    }
}

/// The file that holds the password of a role's user, in the folder of its stack.
pub fn password_file(folder: &Path, role: RedisRole) -> PathBuf {
    folder.join(format!("redis-{}.password", role.as_str()))
}

/// A user for each role, with the rights that the platform asks for, and a file with its password.
fn made_users(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut users = Vec::new();
    for role in RedisRole::ALL {
        let password = Uuid::new_v4().simple().to_string();
        std::fs::write(password_file(folder, role), &password).context("writing a password")?;
        users.push(format!("{} on >{password} {}", role.as_str(), acl_rules(role, "").join(" ")));
    }
    Ok(users)
}

fn prefix() -> String {
    format!("stack-{}", Uuid::new_v4().simple())
}
