//! A real MinIO on loopback with credentials of its own.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, ensure};
use uuid::Uuid;

use crate::{ports::free_port, process::Process};

const START_LIMIT: Duration = Duration::from_secs(30);

/// A `minio server` on 127.0.0.1. Dropping it kills it.
#[derive(Debug)]
pub struct MinioServer {
    site: Site,
    process: Mutex<Arc<Process>>,
}

/// What stays the same over restarts.
#[derive(Debug)]
struct Site {
    binary: PathBuf,
    folder: PathBuf,
    port: u16,
    access_key: String,
    secret_key: String,
    environment: BTreeMap<String, String>,
}

impl MinioServer {
    /// Starts one that keeps its objects in `folder`, and returns when it can read and write.
    ///
    /// The binary is `MINIO_BIN`, else the one that `make tools` builds.
    ///
    /// # Errors
    /// Where there is no binary, or the server does not come up; the text then ends with its log.
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        Self::start_with(folder, BTreeMap::new()).await
    }

    /// As [`MinioServer::start`], with environment variables of the caller's.
    ///
    /// # Errors
    /// As of [`MinioServer::start`].
    pub async fn start_with(folder: &Path, environment: BTreeMap<String, String>) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
        let site = Site {
            binary: binary()?,
            folder: folder.to_owned(),
            port: free_port()?,
            access_key: format!("test{}", &Uuid::new_v4().simple().to_string().get(..12).unwrap_or_default()),
            secret_key: Uuid::new_v4().simple().to_string(),
            environment,
        };
        let process = Mutex::new(site.run().await?);
        Ok(Self { site, process })
    }

    /// `http://127.0.0.1:<port>`, before and after a restart.
    pub fn endpoint(&self) -> String {
        self.site.endpoint()
    }

    /// The port of its endpoint.
    pub fn port(&self) -> u16 {
        self.site.port
    }

    /// The access key of its owner.
    pub fn access_key(&self) -> &str {
        &self.site.access_key
    }

    /// The secret key of its owner.
    pub fn secret_key(&self) -> &str {
        &self.site.secret_key
    }

    /// Ends it at once (SIGKILL).
    pub fn kill(&self) {
        self.process().kill();
    }

    /// Starts it again on the same port with the same files, and returns when it can read and write. Ends it first if
    /// it runs.
    ///
    /// # Errors
    /// Where it does not come up; the text ends with its log.
    pub async fn start_again(&self) -> anyhow::Result<()> {
        self.kill();
        let process = self.site.run().await?;
        *self.process.lock().unwrap_or_else(PoisonError::into_inner) = process;
        Ok(())
    }

    /// The keys of `bucket` that begin with `prefix`, as they are on its disk, in order. Not those of unfinished uploads.
    ///
    /// # Errors
    /// Where the disk can't be read.
    pub fn keys(&self, bucket: &str, prefix: &str) -> anyhow::Result<Vec<String>> {
        let bucket = self.site.folder.join("drive").join(bucket);
        let (mut keys, mut folders) = (Vec::new(), vec![bucket.clone()]);
        while let Some(folder) = folders.pop() {
            // An object is a folder of its key's name with this file in it.
            if folder.join("xl.meta").is_file() {
                keys.push(folder.strip_prefix(&bucket)?.to_string_lossy().into_owned());
                continue;
            }
            for entry in std::fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                }
            }
        }
        keys.retain(|key| key.starts_with(prefix));
        keys.sort();
        Ok(keys)
    }

    /// Where an object is on its disk.
    pub fn folder_of(&self, bucket: &str, key: &str) -> PathBuf {
        self.site.folder.join("drive").join(bucket).join(key)
    }

    /// The process that runs now or ran last.
    pub fn process(&self) -> Arc<Process> {
        Arc::clone(&self.process.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Site {
    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn run(&self) -> anyhow::Result<Arc<Process>> {
        let mut command = Command::new(&self.binary);
        command
            .arg("server")
            .arg(self.folder.join("drive"))
            .args(["--address", &format!("127.0.0.1:{}", self.port), "--certs-dir"])
            .arg(self.folder.join("certs"))
            .env("MINIO_ROOT_USER", &self.access_key)
            .env("MINIO_ROOT_PASSWORD", &self.secret_key)
            .env("MINIO_BROWSER", "off")
            .env("MINIO_UPDATE", "off")
            // It otherwise refuses a drive that shares the root file system, as every laptop's does.
            .env("MINIO_CI_CD", "1")
            .envs(&self.environment);
        let process = Process::start("minio", &command, &self.folder.join("minio.log"))?;
        let client = reqwest::Client::builder().timeout(Duration::from_secs(2)).no_proxy().build()?;
        let (client, endpoint) = (&client, self.endpoint());
        let status = async |path: &str| {
            let reply = client.get(format!("{endpoint}{path}")).send().await;
            reply.map_or(0, |reply| reply.status().as_u16())
        };
        // It says `ready` before it knows its users, and answers everything else with 503 until then. Whom it knows not
        // it refuses with 403.
        let answers = async || {
            status("/minio/health/live").await == 200
                && status("/minio/health/ready").await == 200
                && status("/").await == 403
        };
        process.wait_until(START_LIMIT, answers).await?;
        Ok(Arc::new(process))
    }
}

fn binary() -> anyhow::Result<PathBuf> {
    let binary = match env::var_os("MINIO_BIN") {
        Some(path) => PathBuf::from(path),
        None => env::home_dir().context("HOME is not set")?.join(".cache/photo-platform/bin/minio"),
    };
    ensure!(binary.is_file(), "there is no MinIO server at {}: run `make tools` or set MINIO_BIN", binary.display());
    Ok(binary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_comes_back_on_the_same_address() {
        let folder = tempfile::tempdir().unwrap();
        let minio = MinioServer::start(folder.path()).await.unwrap();
        let pid = minio.process().pid();
        minio.kill();
        assert!(!minio.process().is_running());
        minio.start_again().await.unwrap();
        assert!(minio.process().is_running());
        assert_ne!(minio.process().pid(), pid);
    }
}
