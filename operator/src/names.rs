//! The names of everything that is made: one place, so that no two parts disagree.

/// The parts of a platform. Each has a workload of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Redis: work list and event log.
    Redis,
    /// The object store.
    Store,
    /// The storage role with SQLite.
    Metadata,
    /// The api role.
    Gateway,
    /// The events role.
    Events,
    /// The workers of a pipeline.
    Worker,
}

impl Component {
    /// The last part of its name, and its label `app.kubernetes.io/component`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Store => "store",
            Self::Metadata => "metadata",
            Self::Gateway => "gateway",
            Self::Events => "events",
            Self::Worker => "worker",
        }
    }

    /// The name of its workload and of what belongs to that: `<owner>-<component>`. The owner of workers is their
    /// pipeline, of the others the platform.
    pub fn of(self, owner: &str) -> String {
        format!("{owner}-{}", self.as_str())
    }

    /// The name of the Service that tells the address of each of its pods, ready or not.
    pub fn pods_of(self, owner: &str) -> String {
        format!("{owner}-{}-pods", self.as_str())
    }
}

/// The generated Secrets of a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GeneratedSecret {
    /// Redis' users: keys `users.acl`, and a password per role: `api`, `storage`, `events`, `worker`, `admin`.
    RedisAuth,
    /// The object store: keys `accessKey`, `secretKey`.
    Store,
    /// Tokens between roles: key `key`.
    Service,
    /// Users' tokens: key `secret`.
    Jwt,
}

impl GeneratedSecret {
    /// Its name: `<platform>-…`.
    pub fn of(self, platform: &str) -> String {
        let suffix = match self {
            Self::RedisAuth => "redis-auth",
            Self::Store => "store",
            Self::Service => "service",
            Self::Jwt => "jwt",
        };
        format!("{platform}-{suffix}")
    }
}

/// Ports of the roles, the same in every platform.
pub mod port {
    /// The api role's API and page.
    pub const API: i32 = 3000;
    /// The storage role's internal endpoints.
    pub const STORAGE: i32 = 3001;
    /// The events role's `/socket.io`.
    pub const EVENTS: i32 = 3003;
    /// Probes and metrics of every role and of workers.
    pub const PROBE: i32 = 3004;
    /// Redis.
    pub const REDIS: i32 = 6379;
    /// A managed object store.
    pub const STORE: i32 = 9000;
    /// HTTP, where a URL names no port.
    pub const HTTP: i32 = 80;
    /// HTTPS, where a URL names no port.
    pub const HTTPS: i32 = 443;
}
