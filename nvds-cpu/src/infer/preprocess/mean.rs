//! The mean image that `mean-file` names: a PPM of the network's size, subtracted pixel by pixel.
//!
//! As in nvdsinfer of DeepStream 9.1, its first sample is subtracted from the network's first channel, whatever the order of
//! the colours is; offsets have no effect beside it. Comments in the file are refused there, too.

use std::path::Path;
use std::sync::Arc;

/// Largest file that is read. A network's input of 4096x4096 pixels has less.
const MOST_BYTES: u64 = 64 << 20;
const CHANNELS: usize = 3;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanImage {
    /// Interleaved samples in rows.
    samples: Arc<[f32]>,
    width: usize,
    height: usize,
}

impl MeanImage {
    /// Reads a file for a network whose input has this size and so many channels.
    ///
    /// # Errors
    /// What is wrong with the file, as the end of a sentence about it.
    pub fn load(file: &Path, size: (usize, usize), channels: usize) -> Result<Self, String> {
        let told = |what: String| format!("the mean image {}: {what}", file.display());
        let data = std::fs::metadata(file).map_err(|e| told(e.to_string()))?;
        if !data.is_file() || data.len() > MOST_BYTES {
            return Err(told(format!(
                "expected a file of at most {MOST_BYTES} bytes"
            )));
        }
        let bytes = std::fs::read(file).map_err(|e| told(e.to_string()))?;
        Self::parse(&bytes, size, channels).map_err(told)
    }

    fn parse(
        bytes: &[u8],
        (width, height): (usize, usize),
        channels: usize,
    ) -> Result<Self, String> {
        if channels != CHANNELS {
            return Err(format!(
                "it has 3 samples for a pixel, the network's input {channels}: use offsets"
            ));
        }
        let mut rest = bytes;
        let magic = token(&mut rest);
        if magic != "P6" {
            return Err(format!(
                "expected a binary PPM, which begins with P6, found \"{magic}\""
            ));
        }
        let mut number = |what| {
            let text = token(&mut rest);
            text.parse::<usize>()
                .map_err(|_| format!("expected its {what} behind P6, found \"{text}\""))
        };
        let found = (number("width")?, number("height")?);
        let most = number("largest value")?;
        if found != (width, height) {
            return Err(format!(
                "it has {}x{} pixels, the network's input {width}x{height}: they have to be equal",
                found.0, found.1
            ));
        }
        if !(1..=255).contains(&most) {
            return Err(format!(
                "expected samples of one byte, up to 255, found up to {most}"
            ));
        }
        let samples = rest.get(1..).unwrap_or(&[]);
        let expected = width * height * CHANNELS;
        let Some(samples) = samples.get(..expected) else {
            return Err(format!(
                "it is cut off: {expected} samples expected, {} found",
                samples.len()
            ));
        };
        Ok(Self {
            samples: samples.iter().map(|sample| f32::from(*sample)).collect(),
            width,
            height,
        })
    }

    /// The samples of a pixel.
    pub(super) fn pixel(&self, x: usize, y: usize) -> &[f32] {
        let start = (y * self.width + x) * CHANNELS;
        &self.samples[start..start + CHANNELS]
    }

    /// Width and height in pixels.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }
}

/// The next word, at most so much of it as a message shows. What it ends at stays.
fn token(rest: &mut &[u8]) -> String {
    const MOST: usize = 20;
    let start = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let word = &rest[start..];
    let end = word.iter().take_while(|b| !b.is_ascii_whitespace()).count();
    *rest = &word[end..];
    String::from_utf8_lossy(&word[..end.min(MOST)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Result<MeanImage, String> {
        MeanImage::parse(bytes, (2, 1), 3)
    }

    #[test]
    fn samples_begin_behind_one_blank() {
        // The first sample is a line's end.
        let mean = parse(b"P6\n2 1\n255\n\n\x02\x03\x04\x05\x06").unwrap();
        assert_eq!(mean.pixel(0, 0), [10.0, 2.0, 3.0]);
        assert_eq!(mean.pixel(1, 0), [4.0, 5.0, 6.0]);
    }

    #[test]
    fn what_is_no_mean_image_is_told() {
        for (bytes, expected) in [
            (&b""[..], "begins with P6, found \"\""),
            (b"P3 2 1 255 1 2 3 4 5 6", "found \"P3\""),
            (
                b"P6 # made by\n2 1 255 ",
                "expected its width behind P6, found \"#\"",
            ),
            (b"P6 3 1 255 ", "it has 3x1 pixels, the network's input 2x1"),
            (b"P6 2 1 65535 ", "found up to 65535"),
            (
                b"P6 2 1 255 12345",
                "it is cut off: 6 samples expected, 5 found",
            ),
            (b"P6 2 1 255", "6 samples expected, 0 found"),
        ] {
            let error = parse(bytes).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let gray = MeanImage::parse(b"P6 2 1 255 123456", (2, 1), 1).unwrap_err();
        assert!(gray.contains("use offsets"), "{gray}");
        let missing = MeanImage::load(Path::new("/none.ppm"), (2, 1), 3).unwrap_err();
        assert!(
            missing.starts_with("the mean image /none.ppm: No such file"),
            "{missing}"
        );
    }
}
