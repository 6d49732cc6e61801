//! The room on the database's disk, asked for whenever somebody reads the metrics.

use std::fmt;

use photo_adapters::sqlite::SqliteMetadata;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
    registry::Registry,
};

/// Tells it.
pub(super) struct DiskMetrics(SqliteMetadata);

impl DiskMetrics {
    pub(super) fn register(store: SqliteMetadata, registry: &mut Registry) {
        registry.register_collector(Box::new(Self(store)));
    }
}

impl fmt::Debug for DiskMetrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DiskMetrics")
    }
}

impl Collector for DiskMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let room = match self.0.disk_room() {
            Ok(room) => room,
            Err(error) => {
                tracing::warn!(%error, "the room on the database's disk is not known");
                return Ok(());
            }
        };
        for (name, help, bytes) in [
            ("database_disk_bytes", "Size of the disk that the database is on", room.total_bytes),
            ("database_disk_available_bytes", "What may still be written to it", room.available_bytes),
        ] {
            let gauge = ConstGauge::new(i64::try_from(bytes).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}
