//! The whole platform from real processes on free loopback ports, gone when it is dropped.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use futures::future::try_join_all;
use photo_adapters::redis::RedisRole;
use photo_core::{
    pipeline::{CatalogueEntry, PipelineName, PipelineSpec, StageKind, StageSpec, ThumbnailsSpec, ValidationSpec},
    platform::{GatewaySpec, PipelineRef, PlatformSpec, UploadSpec},
};
use tempfile::TempDir;

use crate::{
    keys::Keys,
    photos::Photos,
    reply_cutter::ReplyCutter,
    role::{Role, RolePorts},
};

mod backing;

pub use backing::{Backing, password_file};

/// How long a token of the stack's own requests is valid.
const TOKEN_TTL: Duration = Duration::from_mins(5);

/// What platform is started.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// The pipelines, each with its workers. Uploads that name none go to the first.
    pub pipelines: Vec<StackPipeline>,
    /// Limits of uploads.
    pub upload: UploadSpec,
    /// Start a Redis and a MinIO even where `REDIS_URL` or `S3_ENDPOINT` names others: for tests that end them.
    pub own_servers: bool,
    /// Put a [`ReplyCutter`] between the storage role and the roles that ask it: [`Stack::cutter`].
    pub storage_cutter: bool,
    /// Put a [`ReplyCutter`] between the storage role and the object store, which must be the stack's own:
    /// [`Stack::store_cutter`].
    pub store_cutter: bool,
    /// Whom the roles are to a Redis of the stack's own.
    pub redis_users: RedisUsers,
    /// The words before the command of each role; none starts it as it is.
    pub wrapper: Vec<String>,
    /// Where the programs of the roles are, if not in [`bin_folder`].
    pub programs: Option<PathBuf>,
    /// Where an own MinIO keeps its objects; in the stack's own folder where none is named.
    pub store_folder: Option<PathBuf>,
    /// Environment variables by role (`api`, `events`, `storage`, `worker`) or own server (`minio`, `redis`), above the stack's.
    pub environment: BTreeMap<&'static str, BTreeMap<String, String>>,
}

/// Whom the roles are to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedisUsers {
    /// The user that Redis has anyway, who may do everything.
    Default,
    /// Each has its own, with no more rights than it needs and its password in [`password_file`]; nobody else may do
    /// anything.
    PerRole,
}

/// A pipeline of a stack.
#[derive(Debug, Clone)]
pub struct StackPipeline {
    /// Its name.
    pub name: PipelineName,
    /// What it does, and how many photos a worker has at the same time.
    pub spec: PipelineSpec,
    /// How many worker processes it has.
    pub workers: usize,
}

impl Default for StackOptions {
    /// `full-processing` with validation and the three default thumbnails on one worker.
    fn default() -> Self {
        let stage = |name: &str, kind| StageSpec::new(name.parse().expect("a literal label"), kind);
        let stages = vec![
            stage("validation", StageKind::Validation(ValidationSpec::default())),
            stage("thumbnails", StageKind::Thumbnails(ThumbnailsSpec::default())),
        ];
        let spec = PipelineSpec::of(stages);
        let name = "full-processing".parse().expect("a literal label");
        let pipelines = vec![StackPipeline { name, spec, workers: 1 }];
        Self {
            pipelines,
            upload: UploadSpec::default(),
            own_servers: false,
            storage_cutter: false,
            store_cutter: false,
            redis_users: RedisUsers::Default,
            wrapper: Vec::new(),
            programs: None,
            store_folder: None,
            environment: BTreeMap::new(),
        }
    }
}

/// A running platform. The order of the fields is the order in which they end: clients before their servers.
#[derive(Debug)]
pub struct Stack {
    /// The workers, in the order of their pipelines.
    pub workers: Vec<Role>,
    /// `photo-gateway api`.
    pub api: Role,
    /// `photo-gateway events`.
    pub events: Role,
    /// `photo-gateway storage`.
    pub storage: Role,
    /// What stands between the storage role and the others, where [`StackOptions::storage_cutter`] asks for it.
    pub cutter: Option<ReplyCutter>,
    /// What stands between the storage role and the object store, where [`StackOptions::store_cutter`] asks for it.
    pub store_cutter: Option<ReplyCutter>,
    /// Redis and the object store.
    pub backing: Backing,
    /// What its tokens are signed with.
    pub keys: Keys,
    folder: TempDir,
}

impl Stack {
    /// Starts everything and returns when each role is ready.
    ///
    /// The programs are those beside the running one in the target folder, or in `PHOTO_BIN_DIR`.
    ///
    /// # Errors
    /// Where a part does not come up; the text names it and ends with its log.
    pub async fn start(options: &StackOptions) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("photo-stack-").tempdir().context("making a folder")?;
        let backing = Backing::start(folder.path(), options).await?;
        let storage_ports = RolePorts::free()?;
        let cutter = if options.storage_cutter { Some(ReplyCutter::start(storage_ports.own).await?) } else { None };
        let store_cutter = match (&backing.minio, options.store_cutter) {
            (Some(minio), true) => Some(ReplyCutter::start(minio.port()).await?),
            (None, true) => bail!("the object store of S3_ENDPOINT can't be cut off: ask for own servers"),
            (_, false) => None,
        };
        let plan = Plan {
            options,
            folder: folder.path(),
            backing: &backing,
            keys: Keys::random(),
            bin: options.programs.clone().map_or_else(bin_folder, Ok)?,
            storage_ports,
            cutter_url: cutter.as_ref().map(ReplyCutter::url),
            store_cutter_url: store_cutter.as_ref().map(ReplyCutter::url),
        };
        let (storage, events, api) = plan.gateway()?;
        let workers = plan.workers(&storage)?;
        let stack = Self { workers, api, events, storage, cutter, store_cutter, keys: plan.keys, backing, folder };
        stack.storage.start().await?;
        for pipeline in &options.pipelines {
            stack.register(&pipeline.name, &pipeline.spec.queue.into()).await?;
        }
        let others = [&stack.events, &stack.api].into_iter().chain(&stack.workers);
        try_join_all(others.map(Role::start)).await?;
        Ok(stack)
    }

    /// The folder with everything that it keeps on disk, logs included.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder, which stays when the stack has ended: for whoever looks at what went wrong.
    pub fn keep_folder(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }

    /// The public API in the name of the user `sub`.
    ///
    /// # Errors
    /// Where no token or client can be made.
    pub fn photos_of(&self, sub: &str) -> anyhow::Result<Photos> {
        Ok(Photos::new(&self.api.url(), &self.keys.user_token(sub, Duration::from_hours(1))?)?)
    }

    /// Puts a pipeline into the catalogue, as the operator does.
    ///
    /// # Errors
    /// Where the storage role refuses.
    pub async fn register(&self, pipeline: &PipelineName, entry: &CatalogueEntry) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).no_proxy().build()?;
        let url = format!("{}/internal/pipelines/{pipeline}", self.storage.url());
        let token = self.keys.role_token("operator", TOKEN_TTL)?;
        let reply = http.put(url).bearer_auth(token).json(entry).send().await?;
        let status = reply.status();
        ensure!(status.is_success(), "pipeline {pipeline} was refused with {status}: {}", reply.text().await?);
        Ok(())
    }
}

/// What the commands of all roles are made from.
struct Plan<'a> {
    options: &'a StackOptions,
    folder: &'a Path,
    backing: &'a Backing,
    keys: Keys,
    bin: PathBuf,
    storage_ports: RolePorts,
    /// Where the other roles find the storage role, if not at itself.
    cutter_url: Option<String>,
    /// Where the storage role finds the object store, if not at itself.
    store_cutter_url: Option<String>,
}

impl Plan<'_> {
    /// The storage, events and api role.
    fn gateway(&self) -> anyhow::Result<(Role, Role, Role)> {
        let mut storage = self.role("photo-gateway", "storage");
        self.backing.redis_env(RedisRole::Storage, &mut storage);
        self.backing.store_env(&mut storage);
        storage.envs(self.store_cutter_url.iter().map(|url| ("MINIO_ENDPOINT", url)));
        storage.env("SQLITE_PATH", self.made_folder("metadata")?.join("photos.sqlite"));
        storage.env("PLATFORM_UID", uuid::Uuid::new_v4().to_string());
        self.add_environment("storage", &mut storage);
        let storage = Role::new("storage", storage, self.storage_ports, self.folder)?;

        let mut events = self.role("photo-gateway", "events");
        self.backing.redis_env(RedisRole::Events, &mut events);
        events.env("STORAGE_URL", self.storage_url(&storage)).env("JWT_SECRET", &self.keys.user);
        self.add_environment("events", &mut events);
        let events = Role::new("events", events, RolePorts::free()?, self.folder)?;

        let mut api = self.role("photo-gateway", "api");
        self.backing.store_env(&mut api);
        api.env("STORAGE_URL", self.storage_url(&storage)).env("EVENTS_URL", events.url());
        api.env("JWT_SECRET", &self.keys.user);
        api.env("PLATFORM_FILE", self.file("platform.yaml", &self.platform())?);
        api.env("SPOOL_DIR", self.made_folder("spool")?);
        self.add_environment("api", &mut api);
        let api = Role::new("api", api, RolePorts::free()?, self.folder)?;
        Ok((storage, events, api))
    }

    fn workers(&self, storage: &Role) -> anyhow::Result<Vec<Role>> {
        let mut workers = Vec::new();
        for pipeline in &self.options.pipelines {
            let file = self.file(&format!("{}.yaml", pipeline.name), &pipeline.spec)?;
            for number in 1..=pipeline.workers {
                let name = format!("{}-worker-{number}", pipeline.name);
                let mut worker = self.role("photo-worker", "run");
                self.backing.redis_env(RedisRole::Worker, &mut worker);
                self.backing.store_env(&mut worker);
                worker.env("STORAGE_URL", self.storage_url(storage)).env("WORKER_NAME", &name);
                worker.env("PIPELINE_NAME", pipeline.name.as_str()).env("PIPELINE_FILE", &file);
                self.add_environment("worker", &mut worker);
                workers.push(Role::new(&name, worker, RolePorts::free()?, self.folder)?);
            }
        }
        Ok(workers)
    }

    fn role(&self, program: &str, subcommand: &str) -> Command {
        let mut words = self.options.wrapper.iter().map(OsString::from).chain([self.bin.join(program).into()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).arg(subcommand).current_dir(self.folder);
        command.env("LOG_LEVEL", env::var_os("LOG_LEVEL").unwrap_or_else(|| "info".into())).env("LOG_FORMAT", "json");
        command.env("SERVICE_TOKEN_KEY", &self.keys.role);
        command
    }

    fn storage_url(&self, storage: &Role) -> String {
        self.cutter_url.clone().unwrap_or_else(|| storage.url())
    }

    fn add_environment(&self, role: &str, command: &mut Command) {
        command.envs(self.options.environment.get(role).into_iter().flatten());
    }

    fn platform(&self) -> PlatformSpec {
        let first = self.options.pipelines.first();
        PlatformSpec {
            default_pipeline_ref: first.map(|pipeline| PipelineRef { name: pipeline.name.clone() }),
            gateway: GatewaySpec { upload: self.options.upload },
        }
    }

    /// A file with `content` as JSON, which is YAML too.
    fn file(&self, name: &str, content: &impl serde::Serialize) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        std::fs::write(&path, serde_json::to_vec_pretty(content)?).with_context(|| format!("writing {name}"))?;
        Ok(path)
    }

    fn made_folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("making the folder {name}"))?;
        Ok(path)
    }
}

/// Where the platform's programs are: `PHOTO_BIN_DIR`, or the folder of the running program; tests are one below it.
///
/// # Errors
/// Where they were not built.
pub fn bin_folder() -> anyhow::Result<PathBuf> {
    if let Some(folder) = env::var_os("PHOTO_BIN_DIR") {
        return Ok(PathBuf::from(folder));
    }
    let here = env::current_exe().context("finding the running program")?;
    let folder = here.ancestors().skip(1).find(|folder| folder.join("photo-gateway").is_file());
    let folder =
        folder.with_context(|| format!("there is no photo-gateway beside {}: run `make build`", here.display()))?;
    Ok(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan<'a>(
        options: &'a StackOptions,
        folder: &'a Path,
        backing: &'a Backing,
        cutter_url: Option<String>,
    ) -> Plan<'a> {
        let storage_ports = RolePorts { own: 1, probe: 2 };
        let (keys, bin, store_cutter_url) = (Keys::random(), "/bin".into(), None);
        Plan { options, folder, backing, keys, bin, storage_ports, cutter_url, store_cutter_url }
    }

    #[test]
    fn roles_reach_storage_through_the_cutter_and_keep_the_variables_of_their_options() {
        let folder = tempfile::tempdir().unwrap();
        let mine = BTreeMap::from([("SPOOL_DIR".to_owned(), "/elsewhere".to_owned())]);
        let options = StackOptions { environment: BTreeMap::from([("api", mine)]), ..StackOptions::default() };
        let backing = Backing::external("redis://redis:6379", "http://store:9000", "key", "secret");
        let plan = plan(&options, folder.path(), &backing, Some("http://cutter".to_owned()));
        let (storage, events, api) = plan.gateway().unwrap();
        let workers = plan.workers(&storage).unwrap();
        for role in [&events, &api, &workers[0]] {
            assert_eq!(role.environment()["STORAGE_URL"], "http://cutter", "{}", role.name());
        }
        assert_eq!(storage.environment()["MINIO_ENDPOINT"], "http://store:9000");
        assert_eq!(api.environment()["SPOOL_DIR"], "/elsewhere");
        assert!(!storage.environment().contains_key("SPOOL_DIR"));
    }

    #[test]
    fn only_storage_reaches_the_store_through_its_cutter() {
        let folder = tempfile::tempdir().unwrap();
        let options = StackOptions::default();
        let backing = Backing::external("redis://redis:6379", "http://store:9000", "key", "secret");
        let cut = Some("http://cutter".to_owned());
        let plan = Plan { store_cutter_url: cut, ..plan(&options, folder.path(), &backing, None) };
        let (storage, _, api) = plan.gateway().unwrap();
        assert_eq!(storage.environment()["MINIO_ENDPOINT"], "http://cutter");
        assert_eq!(api.environment()["MINIO_ENDPOINT"], "http://store:9000");
    }

    #[test]
    fn roles_are_given_what_they_read_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let options = StackOptions::default();
        let backing = Backing::external("redis://redis:6379", "http://store:9000", "key", "secret");
        let plan = plan(&options, folder.path(), &backing, None);
        let (storage, events, api) = plan.gateway().unwrap();
        let workers = plan.workers(&storage).unwrap();
        let has = |role: &Role, name: &str| role.environment().contains_key(name);
        for (role, redis, store, user_key) in [
            (&storage, true, true, false),
            (&events, true, false, true),
            (&api, false, true, true),
            (&workers[0], true, true, false),
        ] {
            assert_eq!(has(role, "REDIS_URL"), redis, "{}", role.name());
            assert_eq!(has(role, "MINIO_SECRET_KEY"), store, "{}", role.name());
            assert_eq!(has(role, "JWT_SECRET"), user_key, "{}", role.name());
        }
        assert_eq!(workers[0].environment()["STORAGE_URL"], storage.url());
    }

    #[test]
    fn the_files_of_roles_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let options = StackOptions { upload: UploadSpec { max_bytes: 7, max_files: 3 }, ..StackOptions::default() };
        let backing = Backing::external("redis://redis:6379", "http://store:9000", "key", "secret");
        let plan = plan(&options, folder.path(), &backing, None);
        let (storage, _, _) = plan.gateway().unwrap();
        plan.workers(&storage).unwrap();
        let read = |name| std::fs::read(folder.path().join(name)).unwrap();
        let platform: PlatformSpec = serde_json::from_slice(&read("platform.yaml")).unwrap();
        assert_eq!(platform.gateway.upload, options.upload);
        assert_eq!(platform.default_pipeline_ref.unwrap().name.as_str(), "full-processing");
        let pipeline: PipelineSpec = serde_json::from_slice(&read("full-processing.yaml")).unwrap();
        assert_eq!(pipeline, options.pipelines[0].spec);
        assert_eq!(pipeline.validate(), Ok(()));
    }
}
