//! How a JPEG is stored, by its own markers: whether the peers make the same kind of file.

use std::{collections::BTreeSet, fmt, iter};

/// What a file says before its first scan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct JpegForm {
    frame: Frame,
    /// Sampling factors of each component, horizontal in the high four bits.
    sampling: Vec<u8>,
    /// Whether anything but pixels is in it: EXIF, a profile, XMP, a comment.
    pub(crate) has_metadata: bool,
}

/// The order of the coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Frame {
    Baseline,
    Progressive,
    Other,
}

impl JpegForm {
    /// Reads the markers; `None` where the bytes are no JPEG.
    pub(crate) fn read(file: &[u8]) -> Option<Self> {
        let segments: Vec<(u8, &[u8])> = segments(file.strip_prefix(&[0xFF, 0xD8])?).collect();
        let has_metadata = segments.iter().any(|(marker, _)| matches!(marker, 0xE1..=0xED | 0xEF | 0xFE));
        segments.iter().find_map(|(marker, content)| {
            let frame = match marker {
                0xC0 | 0xC1 => Frame::Baseline,
                0xC2 => Frame::Progressive,
                0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => Frame::Other,
                _ => return None,
            };
            let components = content.get(6..)?.as_chunks::<3>().0;
            let sampling = components.iter().map(|[_, factors, _]| *factors).collect();
            Some(Self { frame, sampling, has_metadata })
        })
    }
}

/// Markers with their contents, up to the first scan.
fn segments(mut rest: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    iter::from_fn(move || {
        let [0xFF, marker, high, low, after @ ..] = rest else { return None };
        let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2)?;
        let (content, following) = after.split_at_checked(length)?;
        rest = following;
        (*marker != 0xDA).then_some((*marker, content))
    })
}

impl fmt::Display for JpegForm {
    /// `baseline 4:2:0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frame = match self.frame {
            Frame::Baseline => "baseline",
            Frame::Progressive => "progressive",
            Frame::Other => "of another kind",
        };
        let sampling = match self.sampling.as_slice() {
            [_] => "gray",
            [0x22, 0x11, 0x11] => "4:2:0",
            [0x21, 0x11, 0x11] => "4:2:2",
            [first, second, third] if first == second && second == third => "4:4:4",
            _ => "of another sampling",
        };
        write!(f, "{frame} {sampling}{}", if self.has_metadata { ", metadata" } else { "" })
    }
}

/// All forms that a contender's files have, in one line.
pub(crate) fn summary(forms: &BTreeSet<JpegForm>) -> String {
    forms.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(segments: &[(u8, &[u8])]) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        for (marker, content) in segments {
            let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
            file.extend([&[0xFF, *marker][..], &length, content].concat());
        }
        file.extend([0xFF, 0xDA, 0, 2, 1, 2, 3]);
        file
    }

    const FRAME: [u8; 15] = [8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];

    #[test]
    fn a_form_is_read_from_the_markers() {
        let form = |segments: &[(u8, &[u8])]| JpegForm::read(&file(segments)).unwrap().to_string();
        assert_eq!(form(&[(0xE0, b"JFIF\0"), (0xC0, &FRAME)]), "baseline 4:2:0");
        assert_eq!(form(&[(0xC2, &FRAME)]), "progressive 4:2:0");
        assert_eq!(form(&[(0xE1, b"Exif\0\0"), (0xC0, &FRAME)]), "baseline 4:2:0, metadata");
        let mut full = FRAME;
        full[7] = 0x11;
        assert_eq!(form(&[(0xC0, &full), (0xFE, b"made by hand")]), "baseline 4:4:4, metadata");
    }

    #[test]
    fn what_is_no_jpeg_has_no_form() {
        assert_eq!(JpegForm::read(b"\x89PNG"), None);
        assert_eq!(JpegForm::read(&file(&[])), None);
        assert_eq!(JpegForm::read(&[0xFF, 0xD8, 0xFF, 0xC0, 0, 1]), None);
    }
}
