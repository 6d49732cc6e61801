//! What kind of bytes an object holds, as the object store is told.

use crate::image_format::ImageFormat;

/// The kind of an object's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// A picture.
    Image(ImageFormat),
    /// A SQLite database.
    Database,
}

impl MediaType {
    /// The registered media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Image(format) => format.content_type(),
            Self::Database => "application/vnd.sqlite3",
        }
    }
}

impl From<ImageFormat> for MediaType {
    fn from(format: ImageFormat) -> Self {
        Self::Image(format)
    }
}
