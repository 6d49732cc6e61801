//! One stage of a pipeline, as it is written: a `type`, and at most the one block that belongs to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{ConfigMapKeyRef, Switch};

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "!has(self.validation) || self.type == 'Validation'", "message": "the block validation belongs to stages of type Validation"},
    {"rule": "!has(self.thumbnails) || self.type == 'Thumbnails'", "message": "the block thumbnails belongs to stages of type Thumbnails"},
    {"rule": "!has(self.metadata) || self.type == 'Metadata'", "message": "the block metadata belongs to stages of type Metadata"},
    {"rule": "!has(self.optimization) || self.type == 'Optimization'", "message": "the block optimization belongs to stages of type Optimization"},
    {"rule": "!has(self.watermark) || self.type == 'Watermark'", "message": "the block watermark belongs to stages of type Watermark"},
    {"rule": "self.type != 'Watermark' || has(self.watermark)", "message": "a stage of type Watermark needs the block watermark, with the text or the image to lay onto pictures"},
]))]
pub struct Stage {
    /// Its name, unique within the pipeline.
    #[schemars(length(min = 1, max = 32), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// What it does.
    pub r#type: StageType,
    /// Whether it runs. A disabled stage is skipped, and so is every stage that depends on it.
    #[serde(default)]
    pub state: Switch,
    /// Stages before it that must have ended well; where one was skipped, this one is skipped too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "set"), inner(length(min = 1, max = 32)))]
    pub depends_on: Vec<String>,
    /// Seconds that it may take; a stage that takes longer is ended and has failed.
    #[serde(default = "timeout")]
    #[schemars(range(min = 1, max = 3600))]
    pub timeout_seconds: i32,
    /// What its failure means for the photo.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Limits that a photo must keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<Validation>,
    /// The smaller pictures that are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnails: Option<Thumbnails>,
    /// What is kept of what the file says about the photo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<PhotoMetadata>,
    /// How a copy in fewer bytes is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub optimization: Option<Optimization>,
    /// The mark that is laid onto the pictures that the stages after this one make, at the same place and of the same share of
    /// each; a thumbnail with `fit: Cover` shows the middle of the photo and may cut it off. A stage that must never make a
    /// picture without the mark names this one in `dependsOn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Watermark>,
}

fn timeout() -> i32 {
    60
}

/// What a stage does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StageType {
    /// Refuses what is not a whole photo within limits.
    Validation,
    /// Makes smaller pictures of the photo.
    Thumbnails,
    /// Reads what the file says about the photo.
    Metadata,
    /// Makes a picture of the same pixels in fewer bytes.
    Optimization,
    /// Lays a mark onto the pictures that the stages after it make.
    Watermark,
}

/// What the failure of a stage means for the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum OnFailure {
    /// The photo fails; the stages after it do not run.
    #[default]
    Fail,
    /// The photo goes on without it and without the stages that depend on it.
    Skip,
}

/// Limits that a photo must keep before its pixels are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Validation {
    /// Longest file in bytes.
    #[schemars(range(min = 1, max = 10_737_418_240_i64))]
    pub max_bytes: i64,
    /// Most pixels (width × height). They take 12 bytes of a worker's memory each, 20 where the
    /// optimization's format is AVIF.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub max_pixels: i64,
}

impl Default for Validation {
    fn default() -> Self {
        Self { max_bytes: 50 * 1024 * 1024, max_pixels: 100_000_000 }
    }
}

/// The smaller pictures that are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Thumbnails {
    /// One picture each.
    #[schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub sizes: Vec<ThumbnailSize>,
    /// The format of all of them. WebP is lossy: fewer bytes than a JPEG of the same looks, for several times its work. AVIF is
    /// lossy: a third to a half fewer bytes than a JPEG of the same looks, for about a hundred times its work (one of 600
    /// pixels took 0.1 to 0.3 s). PNG is lossless, in many times the bytes of the others.
    pub format: ThumbnailFormat,
    /// Quality of each JPEG, WebP or AVIF. An AVIF looks about like the JPEG of the same number. A PNG has none.
    #[schemars(range(min = 1, max = 100))]
    pub quality_percent: i32,
    /// The colour that transparent pixels lie on in a JPEG, as in CSS. The other formats keep them.
    #[schemars(length(min = 7, max = 7), regex(pattern = "^#[0-9a-fA-F]{6}$"))]
    pub background: String,
}

impl Default for Thumbnails {
    fn default() -> Self {
        let square = |side: i32| ThumbnailSize { name: side.to_string(), width: side, height: side, fit: Fit::Inside };
        Self {
            sizes: [150, 300, 600].map(square).into(),
            format: ThumbnailFormat::default(),
            quality_percent: 80,
            background: white(),
        }
    }
}

fn white() -> String {
    "#ffffff".to_owned()
}

/// One thumbnail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThumbnailSize {
    /// Its name, by which clients ask for it.
    #[schemars(length(min = 1, max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// Width of its box in pixels.
    #[schemars(range(min = 16, max = 8192))]
    pub width: i32,
    /// Height of its box in pixels.
    #[schemars(range(min = 16, max = 8192))]
    pub height: i32,
    /// How the photo meets the box.
    #[serde(default)]
    pub fit: Fit,
}

/// How a photo meets a box. It is never enlarged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Fit {
    /// The whole photo, as large as fits inside.
    #[default]
    Inside,
    /// The box filled, what hangs over cut off evenly.
    Cover,
}

/// What is kept of what the file says about the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PhotoMetadata {
    /// Whether the place where the photo was taken is kept.
    pub gps: Gps,
}

/// Whether the place where a photo was taken is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Gps {
    /// It is: whoever may read the photo's metadata reads it.
    Keep,
    /// It is not. The original, which only its owner reads, stays as it was uploaded.
    #[default]
    Strip,
}

/// How a copy in fewer bytes is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Optimization {
    /// The format of the copy. Original is that of the upload: JPEG and WebP stay what they are; PNG, GIF and BMP become PNG.
    /// WebP is lossy: fewer bytes than a JPEG of the same looks, for about ten times its work, and no side may be longer than
    /// 16383 pixels. AVIF is lossy: a third to a half fewer bytes than a JPEG of the same looks, for about a hundred times its
    /// work, and no side may be longer than 65535 pixels. A photo of 24 megapixels took 11 s of one core, 5 s with the effort
    /// Fast, 26 s with Best, and three times as long with qualities near 100: timeoutSeconds has to be enough for it where a
    /// worker has less than a core. Each pixel takes 15 to 27 bytes of a worker's memory meanwhile; a photo for which that is
    /// too much fails. PNG has the exact pixels, 8 bits for each colour, in many times the bytes of the others where the
    /// picture is a photo.
    pub format: OptimizedFormat,
    /// Quality of its JPEG, WebP or AVIF. An AVIF looks about like the JPEG of the same number. A PNG has none.
    #[schemars(range(min = 1, max = 100))]
    pub quality_percent: i32,
    /// The colour that transparent pixels lie on in a JPEG, as in CSS. The other formats keep them.
    #[schemars(length(min = 7, max = 7), regex(pattern = "^#[0-9a-fA-F]{6}$"))]
    pub background: String,
    /// How much time is spent on fewer bytes. The pixels of a JPEG or PNG are the same.
    pub effort: Effort,
    /// Whether the copy carries the photo's EXIF. Its orientation becomes upright, its size that of the copy; the place
    /// where the photo was taken, the maker's notes and the embedded thumbnail are left out, and all of it where it is
    /// longer than 64 KiB. Names of people and serial numbers stay.
    pub preserve_exif: bool,
}

/// The format of thumbnails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum ThumbnailFormat {
    /// JPEG.
    #[default]
    #[serde(rename = "JPEG")]
    Jpeg,
    /// Lossy WebP.
    WebP,
    /// PNG.
    #[serde(rename = "PNG")]
    Png,
    /// Lossy AVIF.
    #[serde(rename = "AVIF")]
    Avif,
}

/// The format of the copy in fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum OptimizedFormat {
    /// That of the upload: JPEG and WebP stay what they are; PNG, GIF and BMP, which are lossless, become PNG.
    Original,
    /// JPEG.
    #[default]
    #[serde(rename = "JPEG")]
    Jpeg,
    /// Lossy WebP.
    WebP,
    /// PNG.
    #[serde(rename = "PNG")]
    Png,
    /// Lossy AVIF.
    #[serde(rename = "AVIF")]
    Avif,
}

/// How much time is spent on fewer bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Effort {
    /// As little as can be. A JPEG has about 3 % more bytes than with Balanced, in smooth pictures up to 80 %; an AVIF
    /// about 13 %.
    Fast,
    /// Nearly as little for a JPEG, twice as much for an AVIF; what their encoders take for granted for WebP and PNG.
    #[default]
    Balanced,
    /// Two to four times as much: about 4 % fewer bytes in a progressive JPEG, 3 % in an AVIF.
    Best,
}

impl Default for Optimization {
    fn default() -> Self {
        Self {
            format: OptimizedFormat::default(),
            quality_percent: 80,
            background: white(),
            effort: Effort::default(),
            preserve_exif: false,
        }
    }
}

/// The mark that is laid onto pictures: a text or an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.text) != has(self.imageConfigMapRef)", "message": "a watermark has either text or imageConfigMapRef: write one of them, and a second mark as a stage of its own"},
]))]
pub struct Watermark {
    /// What it says, in one line of white letters with a dark outline. The font is `DejaVu Sans` (Latin, Greek, Cyrillic, Arabic,
    /// Hebrew and more); workers do not start with characters that it lacks, such as Chinese, and say which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200), regex(pattern = "^\\P{Cc}*$"))]
    pub text: Option<String>,
    /// The image that it is: a file under a key of a ConfigMap of the same namespace (PNG or WebP with their alpha, JPEG, GIF or
    /// BMP), of at most 1 MiB and 4 million pixels. Workers read it when they start, and do not start with a file that is no
    /// such image; a change of the ConfigMap is seen within about a minute, and they are replaced without a gap. Where the
    /// ConfigMap or the key is missing, the pipeline is Stalled, tells what to make, and its workers stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_config_map_ref: Option<ConfigMapKeyRef>,
    /// Where on the picture, as it is shown, it lies.
    #[serde(default)]
    pub position: Position,
    /// How much of it covers the picture: 100 hides what is below.
    #[serde(default = "half")]
    #[schemars(range(min = 1, max = 100))]
    pub opacity_percent: i32,
    /// The most of the picture's width, and of its height, that it takes. It is as large as fits, in its own proportions.
    #[serde(default = "quarter")]
    #[schemars(range(min = 1, max = 100))]
    pub size_percent: i32,
}

fn half() -> i32 {
    50
}

fn quarter() -> i32 {
    25
}

/// Where on a picture a mark lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Position {
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
