//! What the processes of a stack do, by which their use is told.

/// What a process is to a photo's way, whoever's it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Takes jobs, reads originals and stores outputs; Node's makes the outputs too.
    Worker,
    /// The children of our worker, which make the outputs.
    Slots,
    /// Takes uploads.
    Gateway,
    /// Owns the database; Node's gateway and workers open the file themselves.
    Storage,
    /// Tells clients.
    Events,
    /// Keeps the photos.
    Minio,
    /// Keeps queues and events.
    Redis,
}

impl Part {
    /// All, in the order of tables.
    pub(crate) const ALL: [Self; 7] =
        [Self::Worker, Self::Slots, Self::Gateway, Self::Storage, Self::Events, Self::Minio, Self::Redis];

    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Slots => "slots",
            Self::Gateway => "gateway",
            Self::Storage => "storage",
            Self::Events => "events",
            Self::Minio => "MinIO",
            Self::Redis => "Redis",
        }
    }
}
