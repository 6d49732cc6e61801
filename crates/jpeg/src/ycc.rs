//! RGB as the planes of a JPEG, by libjpeg-turbo's own conversion: as it would have encoded them itself.
#![expect(unsafe_code, reason = "libjpeg is C")]

use std::ffi::CStr;

use turbojpeg_sys as raw;

use crate::encoder::EncodeError;

/// Luma, blue and red of RGB pixels, one plane after the other, with chroma of half the width and height (4:2:0). The rows
/// of each plane follow one another; sides are rounded up to even ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ycc {
    /// The samples of all planes.
    pub samples: Vec<u8>,
    /// Samples of a row of luma, and rows of it; chroma has half of both.
    pub luma: (usize, usize),
}

/// The planes of `width` times `height` RGB pixels of 3 bytes.
///
/// # Errors
/// There are fewer pixels, or libjpeg-turbo refuses the size.
pub fn ycc_of_rgb(width: u32, height: u32, rgb: &[u8]) -> Result<Ycc, EncodeError> {
    let side = |pixels: u32| usize::try_from(pixels).map_err(|_| EncodeError::Planes);
    let (wide, high) = (side(width)?, side(height)?);
    if wide.checked_mul(high).and_then(|pixels| pixels.checked_mul(3)).is_none_or(|bytes| bytes > rgb.len()) {
        return Err(EncodeError::Planes);
    }
    let int = |pixels: u32| i32::try_from(pixels).map_err(|_| EncodeError::Planes);
    let (width, height) = (int(width)?, int(height)?);
    let luma = (wide.next_multiple_of(2), high.next_multiple_of(2));
    let mut samples = vec![0; luma.0 * luma.1 / 2 * 3];
    let handle = Handle::new()?;
    // SAFETY: the handle is one, and the parameter takes that value.
    let set = unsafe { raw::tj3Set(handle.0, raw::TJPARAM_TJPARAM_SUBSAMP.cast_signed(), raw::TJSAMP_TJSAMP_420) };
    handle.told(set)?;
    // SAFETY: the handle is one; so many pixels are there, which was looked at above; and the planes take what
    // tj3YUVBufSize says for rows that are aligned to 1, which is what was made.
    let encoded = unsafe {
        raw::tj3EncodeYUV8(handle.0, rgb.as_ptr(), width, 0, height, raw::TJPF_TJPF_RGB, samples.as_mut_ptr(), 1)
    };
    handle.told(encoded)?;
    Ok(Ycc { samples, luma })
}

struct Handle(raw::tjhandle);

impl Handle {
    fn new() -> Result<Self, EncodeError> {
        // SAFETY: it takes any number.
        let handle = unsafe { raw::tj3Init(raw::TJINIT_TJINIT_COMPRESS.cast_signed()) };
        if handle.is_null() { Err(EncodeError::Refused("Insufficient memory".to_owned())) } else { Ok(Self(handle)) }
    }

    fn told(&self, status: i32) -> Result<(), EncodeError> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: the handle is one.
        let text = unsafe { raw::tj3GetErrorStr(self.0) };
        // SAFETY: it is a text with its end, in the handle, which is borrowed.
        let text = unsafe { CStr::from_ptr(text) };
        Err(EncodeError::Refused(text.to_string_lossy().into_owned()))
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is one, and nobody uses it after this.
        unsafe { raw::tj3Destroy(self.0) }
    }
}
