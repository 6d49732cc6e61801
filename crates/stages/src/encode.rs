//! Outputs are JPEG: 4:2:0 or gray, and no metadata of the original.

use photo_core::pipeline::Effort;
use photo_jpeg::Coding;

use crate::{failure::Fault, planes::Planes};

/// The picture as a JPEG of that quality (1 to 100).
pub(crate) fn jpeg(picture: &Planes, quality_percent: u8, effort: Effort) -> Result<Vec<u8>, Fault> {
    let coding = match effort {
        Effort::Fast => Coding::Standard,
        Effort::Balanced => Coding::Sampled,
        Effort::Best => Coding::Progressive,
    };
    let made = photo_jpeg::encode(&picture.picture()?, quality_percent, coding);
    made.map_err(|error| Fault::NotMade { detail: error.to_string() })
}
