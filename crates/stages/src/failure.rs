//! Everything that can be wrong with a photo, the sentence that its owner reads about it, and whose fault it is.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use photo_core::{
    error_class::ErrorClass,
    failure::{Failure, FailureCode},
    image_format::RefusedFormat,
    photo::Dimensions,
    pipeline::StageName,
};
use serde::{Deserialize, Serialize};

/// A stage that could not do its work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("stage `{stage}` failed: {failure} ({detail})")]
pub struct StageFailure {
    /// Which stage.
    pub stage: StageName,
    /// The reason, for the photo's owner.
    pub failure: Failure,
    /// Whether the photo is to blame, so that another attempt would end the same.
    pub class: ErrorClass,
    /// What the codec said, for the log and never for the owner.
    pub detail: String,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The first bytes are of none of the formats that are processed.
    NotAPhoto { known: Option<RefusedFormat> },
    /// More bytes than the limit.
    TooManyBytes { actual: u64, max: u64 },
    /// More pixels than the limit.
    TooManyPixels { dimensions: Dimensions, max: u64 },
    /// A side that no decoder takes.
    SideTooLong { max: u32 },
    /// A width or height of nothing.
    NoPixels,
    /// The bytes end before the picture does.
    CutOff { detail: String },
    /// The bytes contradict themselves.
    Damaged { detail: String },
    /// A variant of a format that is not processed.
    UnsupportedVariant { detail: String },
    /// A progressive JPEG in so many scans that decoding it is the attack.
    TooManyScans { max: u32 },
    /// A codec panicked on this photo.
    Panicked { detail: String },
    /// No memory for it at this moment.
    OutOfMemory { detail: String },
    /// Resizing or encoding went wrong, which no photo explains.
    NotMade { detail: String },
}

impl Fault {
    /// The stage's failure, as its caller reports it.
    pub(crate) fn at(self, stage: &StageName) -> StageFailure {
        StageFailure {
            stage: stage.clone(),
            failure: Failure::new(self.code(), self.sentence()),
            class: self.class(),
            detail: self.detail(),
        }
    }

    fn code(&self) -> FailureCode {
        match self {
            Self::NotAPhoto { .. } | Self::UnsupportedVariant { .. } | Self::TooManyScans { .. } => {
                FailureCode::UnsupportedFormat
            }
            Self::TooManyBytes { .. } => FailureCode::TooManyBytes,
            Self::TooManyPixels { .. } | Self::SideTooLong { .. } => FailureCode::TooManyPixels,
            Self::NoPixels | Self::CutOff { .. } | Self::Damaged { .. } => FailureCode::Damaged,
            Self::Panicked { .. } | Self::OutOfMemory { .. } | Self::NotMade { .. } => FailureCode::ProcessingFailed,
        }
    }

    fn class(&self) -> ErrorClass {
        match self {
            Self::OutOfMemory { .. } | Self::NotMade { .. } => ErrorClass::Logic,
            Self::NotAPhoto { .. }
            | Self::TooManyBytes { .. }
            | Self::TooManyPixels { .. }
            | Self::SideTooLong { .. }
            | Self::NoPixels
            | Self::CutOff { .. }
            | Self::Damaged { .. }
            | Self::UnsupportedVariant { .. }
            | Self::TooManyScans { .. }
            | Self::Panicked { .. } => ErrorClass::Data,
        }
    }

    /// What is wrong, for whoever sent the file.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::NotAPhoto { known: Some(known) } => known.advice().to_owned(),
            Self::NotAPhoto { known: None } => "This is not a JPEG, PNG, GIF, WebP or BMP file.".to_owned(),
            Self::TooManyBytes { actual, max } => {
                format!("The file is {} large; at most {} are processed here.", mebibytes(*actual), mebibytes(*max))
            }
            Self::TooManyPixels { dimensions: Dimensions { width, height }, max } => {
                let pixels = u64::from(*width) * u64::from(*height);
                format!(
                    "The picture has {} pixels ({width} × {height}); at most {} are processed here.",
                    amount(pixels),
                    amount(*max)
                )
            }
            Self::SideTooLong { max } => {
                format!("One side of the picture is longer than {max} pixels, which can't be processed.")
            }
            Self::NoPixels => "The picture is empty: it is 0 pixels wide or high.".to_owned(),
            Self::CutOff { .. } => {
                "The file ends before the picture does: it was probably cut off during a copy or an \
                                    earlier upload."
                    .to_owned()
            }
            Self::Damaged { .. } => "The file is damaged: its contents contradict each other.".to_owned(),
            Self::UnsupportedVariant { .. } => {
                "The file is of a rare kind that is not processed here; saving it again \
                                                as an ordinary JPEG or PNG helps."
                    .to_owned()
            }
            Self::TooManyScans { max } => format!(
                "The file is a progressive JPEG in more than {max} steps; saving it again as an ordinary JPEG helps."
            ),
            Self::Panicked { .. } => "The picture could not be read: the decoder gave up on it.".to_owned(),
            Self::OutOfMemory { .. } => "The photo needs more memory than the server gives one photo.".to_owned(),
            Self::NotMade { .. } => "The smaller pictures could not be made.".to_owned(),
        }
    }

    fn detail(self) -> String {
        match self {
            Self::CutOff { detail }
            | Self::Damaged { detail }
            | Self::UnsupportedVariant { detail }
            | Self::Panicked { detail }
            | Self::OutOfMemory { detail }
            | Self::NotMade { detail } => detail,
            Self::NotAPhoto { .. } => "unknown magic bytes".to_owned(),
            Self::TooManyBytes { actual, max } => format!("{actual} bytes, limit {max}"),
            Self::TooManyPixels { dimensions, max } => {
                format!("{} × {} pixels, limit {max}", dimensions.width, dimensions.height)
            }
            Self::SideTooLong { max } => format!("a side above {max} pixels"),
            Self::NoPixels => "a side of 0 pixels".to_owned(),
            Self::TooManyScans { max } => format!("more than {max} scans"),
        }
    }
}

/// Runs codec code whose panic is this photo's failure and nobody else's.
pub(crate) fn contain<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // Whatever the closure was changing is dropped with the failure: nobody looks at it again.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| Err(Fault::Panicked { detail: said(&*payload) }))
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    format!("panic: {}", text.unwrap_or("without a text"))
}

fn mebibytes(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    if bytes < MEBIBYTE {
        return format!("{bytes} bytes");
    }
    let tenths = bytes * 10 / MEBIBYTE;
    format!("{} MiB", decimal(tenths))
}

fn amount(count: u64) -> String {
    const MILLION: u64 = 1_000_000;
    if count < MILLION { count.to_string() } else { format!("{} million", decimal(count * 10 / MILLION)) }
}

/// Tenths as a decimal number without a needless `.0`.
fn decimal(tenths: u64) -> String {
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_photos_failure() {
        let fault = contain::<()>(|| panic!("row {} is missing", 7)).unwrap_err();
        assert_eq!(fault, Fault::Panicked { detail: "panic: row 7 is missing".to_owned() });
        let failure = fault.at(&"check".parse().unwrap());
        assert_eq!(failure.failure.code, FailureCode::ProcessingFailed);
        assert_eq!(failure.class, ErrorClass::Data, "another attempt would panic again");
        assert!(!failure.failure.message.contains("row 7"), "the owner reads no panic text");
    }

    #[test]
    fn limits_are_told_in_numbers_that_people_read() {
        let pixels =
            Fault::TooManyPixels { dimensions: Dimensions { width: 30_000, height: 30_000 }, max: 100_500_000 };
        assert_eq!(
            pixels.sentence(),
            "The picture has 900 million pixels (30000 × 30000); at most 100.5 million are processed here."
        );
        let bytes = Fault::TooManyBytes { actual: 52_428_801, max: 1000 };
        assert_eq!(bytes.sentence(), "The file is 50 MiB large; at most 1000 bytes are processed here.");
    }

    #[test]
    fn only_what_the_photo_does_not_explain_is_tried_again() {
        let detail = String::new();
        assert_eq!(Fault::OutOfMemory { detail: detail.clone() }.class(), ErrorClass::Logic);
        assert_eq!(Fault::NotMade { detail: detail.clone() }.class(), ErrorClass::Logic);
        assert_eq!(Fault::CutOff { detail }.class(), ErrorClass::Data);
    }
}
