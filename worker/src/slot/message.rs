//! What a slot and its parent say to one another.

use photo_core::pipeline::{ConfigMapKeyRef, PipelineSpec};
use photo_stages::{EndedStage, StageUpdate};
use serde::{Deserialize, Serialize};

/// What the parent wants.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Order {
    /// Give up what no stage needs; the first order, before the first photo.
    Confine {
        /// Most bytes of address space.
        address_space: u64,
        /// So many orders after this one are images; it is ready once it has read them.
        marks: usize,
    },
    /// Decode an image that pipelines lay onto pictures; the frame's body is its file.
    Mark {
        /// Which one.
        image: ConfigMapKeyRef,
    },
    /// Run the stages; the frame's body is the original.
    Run {
        /// The pipeline.
        spec: PipelineSpec,
        /// The stages that have ended in a slot before this one.
        ended: Vec<EndedStage>,
    },
}

/// What the slot tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Report {
    /// It is confined and waits for photos.
    Ready,
    /// What the stages tell; the frame's body is the output of [`StageUpdate::Made`] and empty otherwise.
    Stage(StageUpdate),
    /// The run is over, and the slot waits for the next photo.
    Ended,
    /// A panic outside of what the stages contain themselves; the run is over.
    Panicked {
        /// The panic's text, for the log.
        detail: String,
    },
}

/// The run of [`Order::Run`] with its parts borrowed, so that no spec is copied to be sent.
#[derive(Debug, Serialize)]
#[serde(rename = "Order")]
pub(super) enum RunOrder<'a> {
    /// As [`Order::Run`].
    Run {
        /// The pipeline.
        spec: &'a PipelineSpec,
        /// The stages that have ended.
        ended: &'a [EndedStage],
    },
}
