//! A line of text as pixels: white with a dark outline, so that it can be read on any picture, in any script of the font.
//!
//! The font is part of the program: marks look the same wherever it runs, and no slot opens a file.

use std::sync::{Arc, LazyLock};

use image::RgbaImage;
use photo_core::photo::Dimensions;
use resvg::{
    tiny_skia::{Pixmap, Rect, Size, Transform},
    usvg::{
        ImageHrefResolver, Options, Tree,
        fontdb::{Database, Source},
    },
};
use skrifa::{FontRef, GlyphId, MetadataProvider};

/// `DejaVu Sans`: Latin, Greek, Cyrillic, Armenian, Georgian, Arabic, Hebrew and more, but no Chinese, Japanese or Korean.
static FONT: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");

const FAMILY: &str = "DejaVu Sans";

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(FONT)));
    Arc::new(fonts)
});

/// A text that is laid out, at no size yet.
#[derive(Debug)]
pub(super) struct Text {
    tree: Tree,
    bounds: Rect,
    natural: Size,
}

/// Why a text can't be made pixels.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TextError {
    #[error("its font ({FAMILY}) lacks {}; write the text without", listed(.0))]
    Lacking(Vec<char>),
    #[error("nothing of its text can be seen; write more than spaces")]
    Blank,
    #[error("its text can't be laid out: {0}")]
    Layout(String),
    #[error("{} × {} pixels of text can't be made", .0.width, .0.height)]
    TooLarge(Dimensions),
}

/// The characters with their numbers, because people may see nothing but a box.
fn listed(characters: &[char]) -> String {
    let named: Vec<String> = characters.iter().map(|it| format!("`{it}` (U+{:04X})", u32::from(*it))).collect();
    named.join(", ")
}

impl Text {
    /// Lays out the text.
    pub(super) fn of(text: &str) -> Result<Self, TextError> {
        let lacking = lacking(text);
        if !lacking.is_empty() {
            return Err(TextError::Lacking(lacking));
        }
        let tree = Tree::from_str(&svg(text), &options()).map_err(|why| TextError::Layout(why.to_string()))?;
        let bounds = tree.root().abs_stroke_bounding_box();
        let natural = Size::from_wh(bounds.width(), bounds.height()).ok_or(TextError::Blank)?;
        Ok(Self { tree, bounds, natural })
    }

    /// The text as large as fits into the room. Its colours are multiplied by their alpha.
    pub(super) fn pixels(&self, room: Dimensions) -> Result<RgbaImage, TextError> {
        let too_large = || TextError::TooLarge(room);
        let length = |pixels: u32| u16::try_from(pixels).map_or(f32::from(u16::MAX), f32::from);
        let space = Size::from_wh(length(room.width), length(room.height)).ok_or_else(too_large)?;
        let size = self.natural.scale_to(space).to_int_size();
        let mut pixmap = Pixmap::new(size.width(), size.height()).ok_or_else(too_large)?;
        let (across, down) =
            (length(size.width()) / self.natural.width(), length(size.height()) / self.natural.height());
        let onto = Transform::from_scale(across, down).pre_translate(-self.bounds.x(), -self.bounds.y());
        resvg::render(&self.tree, onto, &mut pixmap.as_mut());
        RgbaImage::from_raw(size.width(), size.height(), pixmap.take()).ok_or_else(too_large)
    }
}

/// The characters that the font has no picture of, each once.
fn lacking(text: &str) -> Vec<char> {
    let Ok(font) = FontRef::new(FONT) else { return text.chars().collect() };
    let characters = font.charmap();
    let mut lacking: Vec<char> =
        text.chars().filter(|it| characters.map(*it).is_none_or(|glyph| glyph == GlyphId::NOTDEF)).collect();
    lacking.sort_unstable();
    lacking.dedup();
    lacking
}

/// Nothing but our font: no file is read, whatever a text holds.
fn options() -> Options<'static> {
    Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::clone(&FONTS),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    }
}

/// The outline lies below the letters: it makes them no thinner.
fn svg(text: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='100' height='100'>\
         <text xml:space='preserve' font-family='{FAMILY}' font-size='100' fill='#fff' stroke='#000' stroke-width='6' \
         stroke-linejoin='round' stroke-opacity='0.6' paint-order='stroke'>{}</text></svg>",
        escaped(text)
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
