//! What a run says on its way, as owned values: they cross from the process that runs stages to the one that keeps books.

use photo_core::{photo::Dimensions, photo_metadata::PhotoMetadata, pipeline::StageName, run::StageStatus};
use serde::{Deserialize, Serialize};

use crate::{failure::StageFailure, output::Output};

/// What the caller is told while a run goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "update", rename_all = "camelCase")]
pub enum StageUpdate {
    /// A stage begins.
    Started {
        /// Which stage.
        stage: StageName,
    },
    /// The photo's pixels as it is shown: after its EXIF orientation. Told once, by the first stage that reads them.
    Measured {
        /// The pixels.
        dimensions: Dimensions,
    },
    /// A stage has made an output. Serialized, it is without its bytes, which are for the caller to carry beside it.
    Made {
        /// Which stage.
        stage: StageName,
        /// The output.
        output: Output,
    },
    /// A stage has read what the file says about the photo.
    Described {
        /// Which stage.
        stage: StageName,
        /// What it read.
        metadata: PhotoMetadata,
    },
    /// A stage has ended well.
    Completed {
        /// Which stage.
        stage: StageName,
    },
    /// A stage has ended badly. Unless its spec says `onFailure: Skip`, this is the last update of the run.
    Failed {
        /// Which stage, and why.
        failure: StageFailure,
    },
    /// A stage does not run.
    Skipped {
        /// Which stage.
        stage: StageName,
        /// Why, as a sentence for the photo's owner.
        reason: String,
    },
}

/// How a stage has ended already, in a process before this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndedStage {
    /// Which stage.
    pub stage: StageName,
    /// How it ended.
    pub status: StageStatus,
}

#[cfg(test)]
mod tests {
    use photo_core::{image_format::ImageFormat, photo::VariantRole};

    use super::*;

    #[test]
    fn an_output_travels_without_its_bytes() {
        let update = StageUpdate::Made {
            stage: "thumbnails".parse().unwrap(),
            output: Output {
                name: "150".parse().unwrap(),
                role: VariantRole::Thumbnail,
                format: ImageFormat::Jpeg,
                width: 150,
                height: 100,
                bytes: vec![1, 2, 3],
            },
        };
        let wire = serde_json::json!({
            "update": "made",
            "stage": "thumbnails",
            "output": { "name": "150", "role": "thumbnail", "format": "image/jpeg", "width": 150, "height": 100 },
        });
        assert_eq!(serde_json::to_value(&update).unwrap(), wire);
        let StageUpdate::Made { stage, mut output } = serde_json::from_value(wire).unwrap() else { panic!("not made") };
        assert_eq!(output.bytes, Vec::<u8>::new());
        output.bytes = vec![1, 2, 3];
        assert_eq!(StageUpdate::Made { stage, output }, update);
    }
}
