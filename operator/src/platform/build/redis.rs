//! A managed Redis: one pod with a volume.

use serde_json::json;

use super::PlatformInput;
use crate::{
    amount::Amount,
    api::{ManagedRedis, Persistence, StringMap},
    children::{NotRendered, Rendered},
    digest,
    names::{Component, GeneratedSecret, port},
    pod::{ConfigFiles, Defaults, Ending, Environment, Files, Pod, Port, Probes, SecretFile, fitted, secret_path},
    secrets::key,
    workload::{self, PodVolume},
};

const COMPONENT: Component = Component::Redis;
const REDIS: Port = Port { name: "redis", number: port::REDIS };
const VOLUME: &str = "redis";
const FOLDER: &str = "/data";
const CONFIG_FOLDER: &str = "/etc/redis";
const CONFIG_FILE: &str = "redis.conf";
const USERS_FILE: &str = "redis/users.acl";
/// A large append-only file is read before connections are taken.
const START_SECONDS: i32 = 300;

pub(super) fn children(input: &PlatformInput, redis: &ManagedRedis) -> Result<Vec<Rendered>, NotRendered> {
    let (family, ground) = (input.family(), input.ground());
    let resources = fitted(redis.resources.as_ref(), &Defaults::of("50m", "128Mi", "512Mi"))?;
    let limit = resources.limits.as_ref().and_then(|limits| limits.get("memory"));
    let memory = limit.map(Amount::of).transpose()?;
    let files: StringMap = [(CONFIG_FILE.to_owned(), configuration(redis, memory))].into();
    let secret = GeneratedSecret::RedisAuth.of(input.name);
    let pod = Pod {
        component: COMPONENT,
        image: input.image(COMPONENT),
        command: &["redis-server"],
        arguments: vec![format!("{CONFIG_FOLDER}/{CONFIG_FILE}")],
        environment: Environment::default(),
        ports: vec![REDIS],
        resources,
        probes: Probes::connection(REDIS, START_SECONDS),
        files: Files {
            secrets: vec![SecretFile::required(&secret, key::REDIS_USERS, USERS_FILE)],
            config: Some(ConfigFiles {
                name: COMPONENT.of(input.name),
                folder: CONFIG_FOLDER,
                hash: digest::of(&json!(files)),
            }),
            marks: Vec::new(),
            scratch: Vec::new(),
            volume: Some((VOLUME, FOLDER)),
        },
        ending: Ending { grace_seconds: 60, lingers_seconds: None },
        is_replicated: false,
        overrides: redis.pod_overrides.clone(),
    };
    let volume = PodVolume { name: VOLUME, storage: &redis.storage, deletion: input.spec.deletion_policy };
    Ok(vec![
        workload::service_account(&family, COMPONENT)?,
        workload::config_map(&family, COMPONENT, files)?,
        workload::stable_address(&family, COMPONENT, REDIS, None)?,
        workload::pods_address(&family, COMPONENT, REDIS)?,
        workload::stateful_set(&ground, input.runs(), pod, volume)?,
    ])
}

/// The text of `redis.conf`. The work list may not be evicted; what is too much is refused.
fn configuration(redis: &ManagedRedis, memory: Option<Amount>) -> String {
    let mut lines = vec![
        "bind * -::*".to_owned(),
        format!("port {}", port::REDIS),
        format!("dir {FOLDER}"),
        format!("aclfile {}", secret_path(USERS_FILE)),
        "maxmemory-policy noeviction".to_owned(),
    ];
    let percent = u32::try_from(redis.max_memory_percent).unwrap_or_default();
    lines.extend(memory.map(|memory| format!("maxmemory {}", memory.percent(percent))));
    // Snapshots would be a second copy of the same.
    lines.push("save \"\"".to_owned());
    lines.extend(match redis.persistence {
        Persistence::AppendOnly => vec!["appendonly yes".to_owned(), "appendfsync everysec".to_owned()],
        Persistence::None => vec!["appendonly no".to_owned()],
    });
    lines.push(String::new());
    lines.join("\n")
}
