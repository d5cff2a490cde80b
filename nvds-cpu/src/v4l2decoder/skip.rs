//! Which compressed frames nobody refers to.

/// Codec of a stream, as far as skipping looks into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264 byte stream.
    H264,
    /// H.265 byte stream.
    H265,
    /// Anything else.
    Other,
}

impl Codec {
    /// By the name of the caps.
    pub fn of(caps: &gst::CapsRef) -> Self {
        match caps.structure(0).map(|s| s.name().as_str()) {
            Some("video/x-h264") => Self::H264,
            Some("video/x-h265") => Self::H265,
            _ => Self::Other,
        }
    }

    /// Whether the byte stream of one frame has slices and none of them may be referred to.
    pub fn is_unreferenced(self, frame: &[u8]) -> bool {
        let slices = units(frame).filter_map(|unit| self.slice(unit));
        let mut any = false;
        for referenced in slices {
            if referenced {
                return false;
            }
            any = true;
        }
        any
    }

    /// For a slice whether it may be referred to, `None` for other units.
    fn slice(self, unit: &[u8]) -> Option<bool> {
        let head = *unit.first()?;
        match self {
            // nal_unit_type 1 to 5 are slices; nal_ref_idc 0 says unreferenced.
            Self::H264 => (1..=5).contains(&(head & 0x1f)).then_some(head & 0x60 != 0),
            // 0 to 15 are slices of trailing and leading pictures, the even ones sub-layer
            // non-reference; 16 to 31 random access points.
            Self::H265 => match (head >> 1) & 0x3f {
                kind @ 0..=15 => Some(kind % 2 == 1),
                16..=31 => Some(true),
                _ => None,
            },
            Self::Other => None,
        }
    }
}

/// The units of a byte stream, behind their start codes.
fn units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let start = rest.windows(3).position(|w| w == [0, 0, 1])?;
        rest = &rest[start + 3..];
        Some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h264_slices_tell_by_their_reference_idc() {
        let parameters = [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2];
        let reference = [0, 0, 1, 0x41, 9];
        let unreferenced = [0, 0, 0, 1, 0x01, 9];
        let frame = |parts: &[&[u8]]| parts.concat();
        assert!(!Codec::H264.is_unreferenced(&parameters));
        assert!(!Codec::H264.is_unreferenced(&frame(&[&parameters, &reference])));
        assert!(Codec::H264.is_unreferenced(&frame(&[&parameters, &unreferenced])));
        assert!(!Codec::H264.is_unreferenced(&frame(&[&unreferenced, &reference])));
        assert!(!Codec::H264.is_unreferenced(&[0, 0, 1]));
        assert!(!Codec::Other.is_unreferenced(&unreferenced));
    }

    #[test]
    fn h265_slices_tell_by_their_type() {
        assert!(Codec::H265.is_unreferenced(&[0, 0, 1, 0 << 1, 1])); // TRAIL_N
        assert!(!Codec::H265.is_unreferenced(&[0, 0, 1, 1 << 1, 1])); // TRAIL_R
        assert!(!Codec::H265.is_unreferenced(&[0, 0, 1, 19 << 1, 1])); // IDR
        assert!(!Codec::H265.is_unreferenced(&[0, 0, 1, 32 << 1, 1])); // parameter set
    }
}
