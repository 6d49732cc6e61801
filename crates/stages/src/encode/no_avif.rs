//! In place of AVIF where this program is built without it: a pipeline that wants it is refused at start (`check.rs`).

use photo_core::pipeline::Effort;
use photo_jpeg::Picture;

use crate::failure::Fault;

/// Whether this program makes AVIF.
pub(crate) const IS_MADE: bool = false;

pub(super) fn avif(
    _colours: &Picture<'_>,
    _alpha: Option<&Picture<'_>>,
    _quality_percent: u8,
    _effort: Effort,
    _exif: Option<Vec<u8>>,
) -> Result<Vec<u8>, Fault> {
    Err(Fault::NotMade { detail: "AVIF: this program was built without it".to_owned() })
}
