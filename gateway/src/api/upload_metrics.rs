//! The numbers of uploads.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::{Registry, Unit},
};

use crate::problem::Code;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    code: &'static str,
}

/// Photos accepted and refused, and the bytes of the accepted ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct UploadMetrics {
    accepted: Counter,
    bytes: Counter,
    refused: Family<RefusalLabels, Counter>,
}

impl UploadMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("uploads_accepted", "Photos accepted", metrics.accepted.clone());
        registry.register_with_unit("uploads_accepted", "Bytes of accepted photos", Unit::Bytes, metrics.bytes.clone());
        registry.register("uploads_refused", "Photos refused, by problem code", metrics.refused.clone());
        metrics
    }

    pub(crate) fn accepted(&self, size_bytes: u64) {
        self.accepted.inc();
        self.bytes.inc_by(size_bytes);
    }

    pub(crate) fn refused(&self, code: Code) {
        self.refused.get_or_create(&RefusalLabels { code: code.as_str() }).inc();
    }
}
