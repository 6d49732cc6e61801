//! A real Redis on loopback that keeps its append-only file across a kill, as the platform's managed Redis does.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, ensure};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use uuid::Uuid;

use crate::{ports::free_port, process::Process};

const START_LIMIT: Duration = Duration::from_secs(20);
const REPLY_LIMIT: Duration = Duration::from_secs(5);

/// The list of users, where there are any.
const USERS_FILE: &str = "users.acl";

/// Redis' own name for the folder of its append-only files.
const AOF_FOLDER: &str = "appendonlydir";

/// A `redis-server` on 127.0.0.1. Dropping it kills it.
#[derive(Debug)]
pub struct RedisServer {
    site: Site,
    process: Mutex<Arc<Process>>,
}

/// What stays the same over restarts.
#[derive(Debug)]
struct Site {
    folder: PathBuf,
    port: u16,
    /// The password of the user `admin`, where there are users.
    admin: Option<String>,
    environment: BTreeMap<String, String>,
}

impl RedisServer {
    /// Starts one that keeps its files in `folder`, and returns when it answers.
    ///
    /// # Errors
    /// Where it does not come up; the text ends with its log.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        Self::start_with(folder, BTreeMap::new()).await
    }

    /// As [`RedisServer::start`], with environment variables of the caller's.
    ///
    /// # Errors
    /// As of [`RedisServer::start`].
    pub async fn start_with(folder: &Path, environment: BTreeMap<String, String>) -> anyhow::Result<Self> {
        Self::start_site(Site { folder: made(folder)?, port: free_port()?, admin: None, environment }).await
    }

    /// As [`RedisServer::start`], but who has no user has no rights. Each of `users` is a line of a list of users without
    /// the word `user`. What [`RedisServer::ask`] says is said by another one, who may do everything.
    ///
    /// # Errors
    /// As of [`RedisServer::start`].
    pub async fn start_with_users(folder: &Path, users: &[String]) -> anyhow::Result<Self> {
        let folder = made(folder)?;
        let admin = Uuid::new_v4().simple().to_string();
        let mut list = vec!["user default off".to_owned(), format!("user admin on >{admin} ~* &* +@all")];
        list.extend(users.iter().map(|user| format!("user {user}")));
        list.push(String::new());
        std::fs::write(folder.join(USERS_FILE), list.join("\n")).context("writing the users of Redis")?;
        let (admin, environment) = (Some(admin), BTreeMap::new());
        Self::start_site(Site { folder, port: free_port()?, admin, environment }).await
    }

    async fn start_site(site: Site) -> anyhow::Result<Self> {
        let process = Mutex::new(site.run().await?);
        Ok(Self { site, process })
    }

    /// `redis://127.0.0.1:<port>`, before and after a restart.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.site.port)
    }

    /// Its port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.site.port
    }

    /// Ends it at once (SIGKILL). What it wrote in its last second may be lost, as in production.
    pub fn kill(&self) {
        self.process().kill();
    }

    /// Starts it again on the same port with the same files, and returns when it answers. Ends it first if it runs.
    ///
    /// # Errors
    /// Where it does not come up; the text ends with its log.
    pub async fn start_again(&self) -> anyhow::Result<()> {
        self.kill();
        let process = self.site.run().await?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = process;
        Ok(())
    }

    /// Ends it at once and removes its files: it starts again empty.
    ///
    /// # Errors
    /// Where the files can't be removed.
    pub fn kill_and_wipe(&self) -> anyhow::Result<()> {
        self.kill();
        std::fs::remove_dir_all(self.site.folder.join(AOF_FOLDER)).context("removing the files of Redis")
    }

    /// Sends one command and returns the first line of the answer, in Redis' own form: `:3`, `+OK`, `-ERR …`.
    ///
    /// # Errors
    /// Where there is no answer within five seconds.
    pub async fn ask(&self, command: &str) -> anyhow::Result<String> {
        self.site.ask(command).await
    }

    /// Removes everything it holds.
    ///
    /// # Errors
    /// Where it does not answer `OK` within five seconds.
    pub async fn flushall(&self) -> anyhow::Result<()> {
        let reply = self.site.ask("FLUSHALL").await.context("asking Redis to forget everything")?;
        ensure!(reply == "+OK", "Redis answered FLUSHALL with {reply}");
        Ok(())
    }

    /// The process that runs now or ran last.
    pub fn process(&self) -> Arc<Process> {
        Arc::clone(&self.process.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Site {
    async fn run(&self) -> anyhow::Result<Arc<Process>> {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--protected-mode", "yes", "--port", &port, "--daemonize", "no"])
            .args(["--appendonly", "yes", "--appendfsync", "everysec", "--save", ""])
            .args(["--maxmemory-policy", "noeviction", "--dir"])
            .arg(&self.folder)
            .envs(&self.environment);
        if self.admin.is_some() {
            command.arg("--aclfile").arg(self.folder.join(USERS_FILE));
        }
        let process = Process::start("redis-server", &command, &self.folder.join("redis.log"))?;
        // While it loads its file it answers `-LOADING …`.
        let answers = || async move { self.ask("PING").await.is_ok_and(|reply| reply == "+PONG") };
        process.wait_until(START_LIMIT, answers).await.context("is the Debian package redis-server installed?")?;
        Ok(Arc::new(process))
    }

    async fn ask(&self, command: &str) -> anyhow::Result<String> {
        match &self.admin {
            Some(password) => ask_as(self.port, "admin", password, command).await,
            None => ask(self.port, command).await,
        }
    }
}

/// Sends one command and returns the line that it is answered with.
async fn ask(port: u16, command: &str) -> anyhow::Result<String> {
    exchange(port, &[command]).await
}

/// As [`RedisServer::ask`], in the name of a user.
///
/// # Errors
/// Where there is no answer within five seconds.
pub async fn ask_as(port: u16, user: &str, password: &str, command: &str) -> anyhow::Result<String> {
    exchange(port, &[&format!("AUTH {user} {password}"), command]).await
}

/// Sends commands and returns the line that the last one is answered with.
async fn exchange(port: u16, commands: &[&str]) -> anyhow::Result<String> {
    let exchange = async {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let mut stream = BufReader::new(stream);
        let mut reply = String::new();
        for command in commands {
            reply.clear();
            stream.get_mut().write_all(format!("{command}\r\n").as_bytes()).await?;
            stream.read_line(&mut reply).await?;
        }
        anyhow::Ok(reply.trim_end().to_owned())
    };
    timeout(REPLY_LIMIT, exchange).await.with_context(|| format!("no answer of Redis within {REPLY_LIMIT:?}"))?
}

fn made(folder: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    Ok(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_comes_back_with_what_it_held() {
        let folder = tempfile::tempdir().unwrap();
        let redis = RedisServer::start(folder.path()).await.unwrap();
        // `everysec` may hold a write back for a second.
        assert_eq!(ask(redis.port(), "CONFIG SET appendfsync always").await.unwrap(), "+OK");
        assert_eq!(ask(redis.port(), "INCR visits").await.unwrap(), ":1");
        redis.kill();
        assert!(ask(redis.port(), "PING").await.is_err());
        redis.start_again().await.unwrap();
        assert_eq!(ask(redis.port(), "INCR visits").await.unwrap(), ":2");
        redis.flushall().await.unwrap();
        assert_eq!(redis.ask("DBSIZE").await.unwrap(), ":0");
        assert_eq!(redis.ask("INCR visits").await.unwrap(), ":1");
        redis.kill_and_wipe().unwrap();
        redis.start_again().await.unwrap();
        assert_eq!(redis.ask("DBSIZE").await.unwrap(), ":0");
    }
}
