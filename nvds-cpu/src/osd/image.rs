//! The image that is drawn on: borrowed planes with a pitch.

/// Why planes do not make up an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// A plane's pitch is less than a row of it needs.
    #[error("{plane} plane: pitch {pitch} is less than the {row} bytes of a row")]
    Pitch {
        /// Which plane.
        plane: &'static str,
        /// The pitch given, in bytes.
        pitch: usize,
        /// What a row needs, in bytes.
        row: usize,
    },
    /// A plane holds fewer bytes than its rows need.
    #[error("{plane} plane: {len} bytes where {rows} rows with pitch {pitch} need {need}")]
    Short {
        /// Which plane.
        plane: &'static str,
        /// Bytes given.
        len: usize,
        /// Rows expected.
        rows: usize,
        /// Pitch given, in bytes.
        pitch: usize,
        /// Bytes needed.
        need: usize,
    },
}

/// One plane: rows of `pitch` bytes, of which the last may be cut short.
#[derive(Debug)]
pub(super) struct Plane<'a> {
    pub(super) data: &'a mut [u8],
    pub(super) pitch: usize,
}

impl<'a> Plane<'a> {
    fn new(
        name: &'static str,
        data: &'a mut [u8],
        pitch: usize,
        row: usize,
        rows: usize,
    ) -> Result<Self, ImageError> {
        if pitch < row {
            return Err(ImageError::Pitch {
                plane: name,
                pitch,
                row,
            });
        }
        let need = rows
            .saturating_sub(1)
            .saturating_mul(pitch)
            .saturating_add(row);
        if rows > 0 && data.len() < need {
            return Err(ImageError::Short {
                plane: name,
                len: data.len(),
                rows,
                pitch,
                need,
            });
        }
        Ok(Self { data, pitch })
    }

    /// The bytes of row `y` up to column byte `len`.
    pub(super) fn row(&mut self, y: usize, len: usize) -> &mut [u8] {
        let start = y * self.pitch;
        &mut self.data[start..start + len]
    }

    /// The first `len` bytes of row `y` and of the row below.
    pub(super) fn two_rows(&mut self, y: usize, len: usize) -> (&mut [u8], &mut [u8]) {
        let start = y * self.pitch;
        let (upper, lower) = self.data[start..].split_at_mut(self.pitch);
        (&mut upper[..len], &mut lower[..len])
    }
}

/// The pixels of an [`Image`].
#[derive(Debug)]
pub(super) enum Planes<'a> {
    Rgba(Plane<'a>),
    Nv12 { luma: Plane<'a>, chroma: Plane<'a> },
}

/// A frame in system memory, borrowed for drawing.
#[derive(Debug)]
pub struct Image<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) planes: Planes<'a>,
}

impl<'a> Image<'a> {
    /// An image of `width` x `height` pixels of four bytes, rows `pitch` bytes apart.
    ///
    /// # Errors
    /// When `data` is too short or `pitch` too small for the size.
    pub fn rgba(
        width: usize,
        height: usize,
        data: &'a mut [u8],
        pitch: usize,
    ) -> Result<Self, ImageError> {
        let plane = Plane::new("RGBA", data, pitch, width.saturating_mul(4), height)?;
        Ok(Self {
            width,
            height,
            planes: Planes::Rgba(plane),
        })
    }

    /// An image of a luma plane and a plane of interleaved U and V at half size (rounded up), each with its pitch.
    ///
    /// # Errors
    /// When a plane is too short or a pitch too small for the size.
    pub fn nv12(
        width: usize,
        height: usize,
        luma: (&'a mut [u8], usize),
        chroma: (&'a mut [u8], usize),
    ) -> Result<Self, ImageError> {
        let luma = Plane::new("Y", luma.0, luma.1, width, height)?;
        let chroma = Plane::new(
            "UV",
            chroma.0,
            chroma.1,
            width.next_multiple_of(2),
            height.div_ceil(2),
        )?;
        Ok(Self {
            width,
            height,
            planes: Planes::Nv12 { luma, chroma },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_planes_are_refused() {
        let mut bytes = [0; 24];
        assert!(Image::rgba(2, 3, &mut bytes, 8).is_ok());
        assert!(matches!(
            Image::rgba(3, 2, &mut bytes, 8),
            Err(ImageError::Pitch { row: 12, .. })
        ));
        assert!(matches!(
            Image::rgba(2, 3, &mut bytes[..23], 8),
            Err(ImageError::Short { need: 24, .. })
        ));
        // The last row need not reach to its pitch.
        assert!(Image::rgba(1, 3, &mut bytes[..20], 8).is_ok());
    }

    #[test]
    fn odd_sizes_round_chroma_up() {
        let (mut luma, mut chroma) = ([0; 9], [0; 8]);
        assert!(Image::nv12(3, 3, (&mut luma, 3), (&mut chroma, 4)).is_ok());
        assert!(Image::nv12(3, 3, (&mut luma, 3), (&mut chroma[..7], 4)).is_err());
    }
}
