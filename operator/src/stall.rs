//! Why a custom resource can't be made so until somebody does something.

use photo_core::pipeline::ConfigMapKeyRef;

use crate::{children::ConflictingOwner, pod::OverrideRefused};

/// What stands in the way. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stall {
    #[error("{field} names the Secret `{name}`, which does not exist: make it, with the keys {keys}")]
    SecretMissing { field: &'static str, name: String, keys: String },
    #[error("the Secret `{name}`, which {field} names, lacks the key `{key}`: add it")]
    SecretKeyMissing { field: &'static str, name: String, key: &'static str },
    #[error(
        "a watermark names the ConfigMap `{}`, which does not exist: make it, with the image under the key `{}`. Workers that \
         run already stay as they are", .0.name(), .0.key()
    )]
    ConfigMapMissing(ConfigMapKeyRef),
    #[error(
        "the ConfigMap `{}`, which a watermark names, lacks the key `{}`: add the image. Workers that run already stay as \
         they are", .0.name(), .0.key()
    )]
    ConfigMapKeyMissing(ConfigMapKeyRef),
    #[error(
        "there is a Secret `{name}` that was not made for this platform: it is left alone. Rename it, or give the \
         platform another name"
    )]
    ForeignSecret { name: String },
    #[error(
        "{field}.storageClassName is `{name}`, and the cluster has no such class: make it, or make the platform anew \
         with one of those that `kubectl get storageclasses` lists"
    )]
    StorageClassMissing { field: &'static str, name: String },
    #[error("the operator's machine gives no random numbers: {0}")]
    NoRandomness(String),
    #[error("{0}")]
    InvalidSpec(String),
    #[error("{field} is Enabled, but the cluster does not know the kind {kind}: install it, or set Auto or Disabled")]
    UnknownKind { field: &'static str, kind: &'static str },
    #[error(transparent)]
    ConflictingOwner(#[from] ConflictingOwner),
    #[error(transparent)]
    ViolatesRestricted(#[from] OverrideRefused),
    #[error("the API server refuses it: {0}")]
    Refused(String),
    #[error("the operator lacks a right: {0}")]
    Forbidden(String),
    #[error("the namespace's quota is used up: {0}")]
    QuotaExceeded(String),
    #[error(
        "the claim `{claim}` can't grow to {size}: let its storage class allow it (allowVolumeExpansion), or copy the \
         data to a platform whose storage class does. Everything else goes on with the volume as it is. {detail}"
    )]
    VolumeNotExpandable { claim: String, size: String, detail: String },
    #[error("the image of {component} can't be pulled: {detail}")]
    ImagePullFailed { component: String, detail: String },
}

impl Stall {
    /// Whether the API server was asked and refused. It would refuse the same again, so it is not asked as often.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Refused(_) | Self::Forbidden(_) | Self::QuotaExceeded(_) | Self::VolumeNotExpandable { .. } => true,
            Self::SecretMissing { .. }
            | Self::SecretKeyMissing { .. }
            | Self::ConfigMapMissing(_)
            | Self::ConfigMapKeyMissing(_)
            | Self::ForeignSecret { .. }
            | Self::StorageClassMissing { .. }
            | Self::NoRandomness(_)
            | Self::InvalidSpec(_)
            | Self::UnknownKind { .. }
            | Self::ConflictingOwner(_)
            | Self::ViolatesRestricted(_)
            | Self::ImagePullFailed { .. } => false,
        }
    }

    /// The word for programs: the reason of the condition Stalled.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::SecretMissing { .. } | Self::SecretKeyMissing { .. } => "SecretMissing",
            Self::ConfigMapMissing(_) | Self::ConfigMapKeyMissing(_) => "ConfigMapMissing",
            Self::NoRandomness(_) => "NoRandomness",
            Self::InvalidSpec(_) => "InvalidSpec",
            Self::UnknownKind { .. } | Self::StorageClassMissing { .. } => "InvalidReference",
            Self::ForeignSecret { .. } | Self::ConflictingOwner(_) => "ConflictingOwner",
            Self::ViolatesRestricted(_) => "ViolatesRestricted",
            Self::Refused(_) => "Refused",
            Self::Forbidden(_) => "Forbidden",
            Self::QuotaExceeded(_) => "QuotaExceeded",
            Self::VolumeNotExpandable { .. } => "VolumeNotExpandable",
            Self::ImagePullFailed { .. } => "ImagePullFailed",
        }
    }
}
