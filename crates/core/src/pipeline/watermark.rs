//! The settings of a mark that is laid onto pictures.

use serde::{Deserialize, Serialize};

use super::{
    config_map_key::ConfigMapKeyRef,
    invalid::{InvalidPipeline, within},
};

/// A mark, and where on the picture it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WatermarkFields", into = "WatermarkFields")]
pub struct WatermarkSpec {
    /// What is laid onto the picture.
    pub content: WatermarkContent,
    /// Where it lies.
    pub position: WatermarkPosition,
    /// How much of it covers the picture: 1 is nearly nothing, 100 hides what is below.
    pub opacity_percent: u8,
    /// Its width and height are at most that part of the picture's, 1 to 100.
    pub size_percent: u8,
}

/// What a mark shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatermarkContent {
    /// One line of 1 to 200 characters.
    Text(String),
    /// The picture in the file that lies there.
    Image(ConfigMapKeyRef),
}

/// A mark that is not exactly one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContent {
    /// It shows nothing.
    #[error("a watermark needs `text` or `imageConfigMapRef`: write what it shows")]
    Nothing,
    /// It shows two things.
    #[error(
        "a watermark has `text` or `imageConfigMapRef`, not both: keep one, and lay the other by a stage of its own"
    )]
    Both,
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

/// A mark as it is written: what it shows is one of two fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WatermarkFields {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    image_config_map_ref: Option<ConfigMapKeyRef>,
    #[serde(default)]
    position: WatermarkPosition,
    #[serde(default = "default_opacity")]
    opacity_percent: u8,
    #[serde(default = "default_size")]
    size_percent: u8,
}

const fn default_opacity() -> u8 {
    50
}

const fn default_size() -> u8 {
    25
}

impl WatermarkContent {
    /// The one of both that is there.
    ///
    /// # Errors
    /// There is none, or both.
    pub fn of(text: Option<String>, image: Option<ConfigMapKeyRef>) -> Result<Self, InvalidContent> {
        match (text, image) {
            (Some(text), None) => Ok(Self::Text(text)),
            (None, Some(image)) => Ok(Self::Image(image)),
            (None, None) => Err(InvalidContent::Nothing),
            (Some(_), Some(_)) => Err(InvalidContent::Both),
        }
    }

    fn validate(&self) -> Result<(), InvalidPipeline> {
        let Self::Text(text) = self else { return Ok(()) };
        within("watermark.text (characters)", text.chars().count() as u64, 1, 200)?;
        if text.chars().any(char::is_control) {
            return Err(InvalidPipeline::WatermarkText("it is one line: leave out line breaks, tabs and the like"));
        }
        if text.trim().is_empty() {
            return Err(InvalidPipeline::WatermarkText("nothing of it can be seen: write more than spaces"));
        }
        Ok(())
    }
}

impl WatermarkSpec {
    /// A mark that says that, at the default place.
    pub fn of(text: impl Into<String>) -> Self {
        Self::showing(WatermarkContent::Text(text.into()))
    }

    /// A mark that shows that, at the default place.
    pub fn showing(content: WatermarkContent) -> Self {
        Self {
            content,
            position: WatermarkPosition::default(),
            opacity_percent: default_opacity(),
            size_percent: default_size(),
        }
    }

    pub(super) fn validate(&self) -> Result<(), InvalidPipeline> {
        self.content.validate()?;
        within("watermark.opacityPercent", self.opacity_percent.into(), 1, 100)?;
        within("watermark.sizePercent", self.size_percent.into(), 1, 100)
    }
}

impl TryFrom<WatermarkFields> for WatermarkSpec {
    type Error = InvalidContent;

    fn try_from(fields: WatermarkFields) -> Result<Self, InvalidContent> {
        let WatermarkFields { text, image_config_map_ref, position, opacity_percent, size_percent } = fields;
        let content = WatermarkContent::of(text, image_config_map_ref)?;
        Ok(Self { content, position, opacity_percent, size_percent })
    }
}

impl From<WatermarkSpec> for WatermarkFields {
    fn from(spec: WatermarkSpec) -> Self {
        let WatermarkSpec { content, position, opacity_percent, size_percent } = spec;
        let (text, image_config_map_ref) = match content {
            WatermarkContent::Text(text) => (Some(text), None),
            WatermarkContent::Image(image) => (None, Some(image)),
        };
        Self { text, image_config_map_ref, position, opacity_percent, size_percent }
    }
}
