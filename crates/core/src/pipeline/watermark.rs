//! The settings of a mark that is laid onto pictures.

use serde::{Deserialize, Serialize};

use super::invalid::{InvalidPipeline, within};

/// A mark, and where on the picture it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WatermarkSpec {
    /// What it says, in one line of 1 to 200 characters.
    pub text: String,
    /// Where it lies.
    #[serde(default)]
    pub position: WatermarkPosition,
    /// How much of it covers the picture: 1 is nearly nothing, 100 hides what is below.
    #[serde(default = "default_opacity")]
    pub opacity_percent: u8,
    /// Its width and height are at most that part of the picture's, 1 to 100.
    #[serde(default = "default_size")]
    pub size_percent: u8,
}

/// Where on the picture, as it is shown, a mark lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum WatermarkPosition {
    /// Above, at the left.
    TopLeft,
    /// Above, at the right.
    TopRight,
    /// Below, at the left.
    BottomLeft,
    /// Below, at the right.
    #[default]
    BottomRight,
    /// In the middle.
    Center,
}

const fn default_opacity() -> u8 {
    50
}

const fn default_size() -> u8 {
    25
}

impl WatermarkSpec {
    /// A mark that says that, at the default place.
    pub fn of(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            position: WatermarkPosition::default(),
            opacity_percent: default_opacity(),
            size_percent: default_size(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), InvalidPipeline> {
        within("watermark.text (characters)", self.text.chars().count() as u64, 1, 200)?;
        if self.text.chars().any(char::is_control) {
            return Err(InvalidPipeline::WatermarkText("it is one line: leave out line breaks, tabs and the like"));
        }
        if self.text.trim().is_empty() {
            return Err(InvalidPipeline::WatermarkText("nothing of it can be seen: write more than spaces"));
        }
        within("watermark.opacityPercent", self.opacity_percent.into(), 1, 100)?;
        within("watermark.sizePercent", self.size_percent.into(), 1, 100)
    }
}
