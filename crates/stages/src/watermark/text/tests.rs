use super::*;

const ROOM: Dimensions = Dimensions { width: 400, height: 200 };

fn pixels(text: &str) -> RgbaImage {
    Text::of(text).unwrap().pixels(ROOM).unwrap()
}

/// Width for each pixel of height.
fn proportion(text: &str) -> f32 {
    let Text { natural, .. } = Text::of(text).unwrap();
    natural.width() / natural.height()
}

#[test]
fn texts_of_many_scripts_are_seen_and_differ() {
    let texts = ["Ana", "Привет", "Ελλάδα", "مرحبا", "שלום", "Հայ", "© 2026", "ﬁ→★"];
    let seen = texts.map(pixels);
    for (text, seen) in texts.iter().zip(&seen) {
        let letters = seen.pixels().filter(|pixel| pixel.0 == [255; 4]).count();
        let outline = seen.pixels().filter(|pixel| pixel.0[3] > 140 && pixel.0[0] < 30).count();
        assert!(letters > 100 && outline > 100, "{text}: {letters} pixels of letters, {outline} of their outline");
        assert!(seen.width() == ROOM.width || seen.height() == ROOM.height, "{text} does not fill its room");
        assert_eq!(texts.iter().filter(|other| pixels(other) == *seen).count(), 1, "{text}");
    }
}

#[test]
fn arabic_letters_join() {
    let apart = "ب\u{200C}ب\u{200C}ب";
    assert!(proportion("ببب") < proportion(apart) * 0.8);
}

#[test]
fn a_text_is_as_large_as_fits_and_crisp_at_any_size() {
    let text = Text::of("Ana").unwrap();
    for (room, fills) in [((400, 20), (false, true)), ((40, 2000), (true, false)), ((1, 1), (true, true))] {
        let size = text.pixels(Dimensions { width: room.0, height: room.1 }).unwrap();
        assert!(size.width() <= room.0 && size.height() <= room.1);
        assert_eq!((size.width() == room.0, size.height() == room.1), fills, "{room:?}");
    }
    let large = text.pixels(Dimensions { width: 2000, height: 2000 }).unwrap();
    let between = large.pixels().filter(|pixel| !matches!(pixel.0[3], 0 | 150..=156 | 255)).count();
    assert!(between * 50 < large.pixels().len(), "{between} blurred pixels of {}", large.pixels().len());
}

#[test]
fn what_means_something_in_xml_is_a_character_here() {
    assert!(proportion("&amp;") > proportion("&") * 2.0);
    let texts =
        ["<", ">", "&", "'", "\"", "]]>", "<!--", "a</text><rect width='9999' height='9999'/>", "<tspan>a</tspan>"];
    for text in texts {
        let Text { bounds, .. } = Text::of(text).unwrap();
        assert!(bounds.height() < 200.0, "{text}: {bounds:?}");
    }
}

#[test]
fn characters_that_the_font_lacks_are_named() {
    let refused = Text::of("Ana 漢あ漢\u{FFFE}").unwrap_err();
    assert_eq!(
        refused.to_string(),
        "its font (DejaVu Sans) lacks `あ` (U+3042), `漢` (U+6F22), `\u{FFFE}` (U+FFFE); write the text without"
    );
}

#[test]
fn a_text_of_nothing_is_told() {
    for text in [" ", "\u{A0}", "\u{200B}", "\u{200D}\u{200E}"] {
        assert_eq!(Text::of(text).unwrap_err(), TextError::Blank, "{text:?}");
    }
}
