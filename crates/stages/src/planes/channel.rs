//! How brightness and the two colours of a picture are made of its red, green and blue.

/// What a plane's samples are of red, green and blue (BT.601).
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    /// In 65536ths.
    weights: [i32; 3],
    /// What black has.
    pub(super) zero: i32,
    /// So many times so many pixels of the picture are one sample.
    pub(super) pixels: u32,
}

impl Channel {
    /// What it has of a colour, in 65536ths, apart from `zero`.
    pub(super) fn of(self, rgb: [i32; 3]) -> i32 {
        rgb.iter().zip(self.weights).map(|(value, weight)| value * weight).sum()
    }
}

/// In the order of a picture's planes.
pub(super) const CHANNELS: [Channel; 3] = [LUMA, BLUE, RED];

const LUMA: Channel = Channel { weights: [19_595, 38_470, 7_471], zero: 0, pixels: 1 };
const BLUE: Channel = Channel { weights: [-11_059, -21_709, 32_768], zero: 128, pixels: 2 };
const RED: Channel = Channel { weights: [32_768, -27_439, -5_329], zero: 128, pixels: 2 };
