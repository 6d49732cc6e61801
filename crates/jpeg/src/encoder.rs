//! The calls into libjpeg: the only place with unsafe code.
#![expect(unsafe_code, reason = "libjpeg is C")]

use std::{
    ffi::{CStr, c_char},
    ptr::{self, NonNull},
    slice,
};

use crate::huffman::{Alphabet, Code, LENGTHS};

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A plane has fewer samples than the picture.
    #[error("the planes do not hold the picture")]
    Planes,
    /// Memory ran out, or a side is longer than a JPEG's can be; the text is libjpeg's.
    #[error("{0}")]
    Refused(String),
}

/// What a file is to be like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_gray: bool,
    pub(crate) quality_percent: u8,
    pub(crate) is_optimal: bool,
    pub(crate) is_progressive: bool,
}

/// The codes of a file.
#[derive(Debug, Clone)]
pub(crate) struct Tables([Code; 4]);

impl Tables {
    /// The same for whatever a picture may hold.
    pub(crate) fn completed(&self) -> Self {
        let Self([luma, luma_runs, chroma, chroma_runs]) = self;
        Self([
            luma.completed(Alphabet::Dc),
            luma_runs.completed(Alphabet::Ac),
            chroma.completed(Alphabet::Dc),
            chroma_runs.completed(Alphabet::Ac),
        ])
    }
}

/// One encoder of libjpeg; it writes one file after the other.
pub(crate) struct Encoder {
    raw: NonNull<raw::Encoder>,
    /// Rows of each plane that libjpeg reads next, and samples of each; none where no file was begun.
    expects: Vec<(usize, usize)>,
}

impl Encoder {
    pub(crate) fn new() -> Result<Self, EncodeError> {
        // SAFETY: it takes nothing.
        let raw = unsafe { raw::photo_jpeg_new() };
        let raw = NonNull::new(raw).ok_or_else(|| EncodeError::Refused("Insufficient memory".to_owned()))?;
        Ok(Self { raw, expects: Vec::new() })
    }

    /// Begins a file, with the tables of the standard where none are given.
    pub(crate) fn start(&mut self, settings: Settings, tables: Option<&Tables>) -> Result<(), EncodeError> {
        let Settings { width, height, is_gray, quality_percent, is_optimal, is_progressive } = settings;
        let pixels = u64::from(width) * u64::from(height);
        let picture = raw::Picture {
            width,
            height,
            components: if is_gray { 1 } else { 3 },
            quality: quality_percent.clamp(1, 100).into(),
            optimal: is_optimal,
            progressive: is_progressive,
            expected: usize::try_from(pixels / 4 + 16 * 1024).unwrap_or(usize::MAX),
        };
        let tables = tables.map(raw::Tables::from);
        let tables = tables.as_ref().map_or(ptr::null(), ptr::from_ref);
        // SAFETY: the encoder is one; the picture and the tables, where there are any, live until it returns.
        let started = unsafe { raw::photo_jpeg_start(self.raw.as_ptr(), &raw const picture, tables) };
        let mcu = if is_gray { 8 } else { 16 };
        let mcus = usize::try_from(width).unwrap_or(usize::MAX).div_ceil(mcu);
        let chroma = if is_gray { 0 } else { 2 };
        self.expects =
            [(mcu, mcus * mcu)].into_iter().chain([(8, mcus * 8)].into_iter().cycle().take(chroma)).collect();
        self.told(started)
    }

    /// Writes one row of MCUs: the rows of each plane.
    pub(crate) fn write(&mut self, planes: &[Vec<&[u8]>]) -> Result<(), EncodeError> {
        let is_whole = |(plane, (rows, samples)): (&Vec<&[u8]>, &(usize, usize))| {
            plane.len() == *rows && plane.iter().all(|row| row.len() >= *samples)
        };
        if self.expects.is_empty()
            || planes.len() != self.expects.len()
            || !planes.iter().zip(&self.expects).all(is_whole)
        {
            return Err(EncodeError::Planes);
        }
        let pointers: Vec<Vec<*const u8>> =
            planes.iter().map(|plane| plane.iter().map(|row| row.as_ptr()).collect()).collect();
        let mut planes = pointers.iter().map(Vec::as_ptr);
        let mut next = || planes.next().unwrap_or(ptr::null());
        let (luma, blue, red) = (next(), next(), next());
        // SAFETY: the encoder is one; of a gray picture libjpeg does not look at chroma; the rows are as many and as long
        // as it reads, which was looked at above, and live until it returns.
        let written = unsafe { raw::photo_jpeg_write(self.raw.as_ptr(), luma, blue, red) };
        self.told(written)
    }

    /// Ends the file.
    pub(crate) fn finish(&mut self) -> Result<&[u8], EncodeError> {
        self.expects.clear();
        let (mut file, mut length) = (ptr::null(), 0);
        // SAFETY: the encoder is one, and both places can be written to.
        let finished = unsafe { raw::photo_jpeg_finish(self.raw.as_ptr(), &raw mut file, &raw mut length) };
        self.told(finished)?;
        // SAFETY: libjpeg has written so many bytes there, and nothing touches them while the encoder is borrowed.
        Ok(unsafe { slice::from_raw_parts(file, length) })
    }

    /// The tables of the file that was ended last.
    pub(crate) fn tables(&self) -> Tables {
        let mut tables = raw::Tables { counts: [[0; LENGTHS]; 4], symbols: [[0; 256]; 4] };
        // SAFETY: the encoder is one, and the tables can be written to.
        unsafe { raw::photo_jpeg_tables_of(self.raw.as_ptr(), &raw mut tables) };
        let mut codes = tables.counts.into_iter().zip(tables.symbols).map(|(counts, symbols)| {
            let count: usize = counts.iter().map(|count| usize::from(*count)).sum();
            Code { counts, symbols: symbols.into_iter().take(count).collect() }
        });
        let none = || Code { counts: [0; LENGTHS], symbols: Vec::new() };
        Tables(std::array::from_fn(|_| codes.next().unwrap_or_else(none)))
    }

    fn told(&mut self, is_done: bool) -> Result<(), EncodeError> {
        if is_done {
            return Ok(());
        }
        self.expects.clear();
        // SAFETY: the encoder is one.
        let text = unsafe { raw::photo_jpeg_error(self.raw.as_ptr()) };
        // SAFETY: it is a text of libjpeg with its end, in the encoder, which is borrowed.
        let text = unsafe { CStr::from_ptr(text) };
        Err(EncodeError::Refused(text.to_string_lossy().into_owned()))
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the encoder is one, and nobody uses it after this.
        unsafe { raw::photo_jpeg_free(self.raw.as_ptr()) }
    }
}

impl From<&Tables> for raw::Tables {
    fn from(Tables(codes): &Tables) -> Self {
        let mut tables = Self { counts: [[0; LENGTHS]; 4], symbols: [[0; 256]; 4] };
        for ((counts, symbols), code) in tables.counts.iter_mut().zip(&mut tables.symbols).zip(codes) {
            *counts = code.counts;
            symbols.iter_mut().zip(&code.symbols).for_each(|(target, symbol)| *target = *symbol);
        }
        tables
    }
}

/// What `encoder.h` declares.
mod raw {
    use super::{LENGTHS, c_char};

    #[repr(C)]
    pub(super) struct Tables {
        pub(super) counts: [[u8; LENGTHS]; 4],
        pub(super) symbols: [[u8; 256]; 4],
    }

    #[repr(C)]
    pub(super) struct Picture {
        pub(super) width: u32,
        pub(super) height: u32,
        pub(super) components: u32,
        pub(super) quality: u32,
        pub(super) optimal: bool,
        pub(super) progressive: bool,
        pub(super) expected: usize,
    }

    #[repr(C)]
    pub(super) struct Encoder {
        hidden: [u8; 0],
    }

    unsafe extern "C" {
        pub(super) fn photo_jpeg_new() -> *mut Encoder;
        pub(super) fn photo_jpeg_free(encoder: *mut Encoder);
        pub(super) fn photo_jpeg_start(encoder: *mut Encoder, picture: *const Picture, tables: *const Tables) -> bool;
        pub(super) fn photo_jpeg_write(
            encoder: *mut Encoder,
            luma: *const *const u8,
            blue: *const *const u8,
            red: *const *const u8,
        ) -> bool;
        pub(super) fn photo_jpeg_finish(encoder: *mut Encoder, file: *mut *const u8, length: *mut usize) -> bool;
        pub(super) fn photo_jpeg_tables_of(encoder: *const Encoder, tables: *mut Tables);
        pub(super) fn photo_jpeg_error(encoder: *const Encoder) -> *const c_char;
    }
}
