//! The integer arithmetic of GPU mode: blending and YUV.
//!
//! Source of the rules: DeepStream 9.1 gst-nvdsosd, confirmed byte for byte against its output.

/// `RECIPROCAL[d]` = 1 / d. `(n + 0.5) * it`, cut off, is `n / d` without a division: a quotient of whole numbers
/// is at least half of 1/255 away from where it would be cut differently, far more than single precision errs.
const RECIPROCAL: [f32; 256] = {
    let mut table = [0.0; 256];
    let mut d = 1;
    while d < 256 {
        table[d] = 1.0 / d as f32;
        d += 1;
    }
    table
};

/// Puts colour `top` with opacity `alpha` over `under` (red, green, blue, alpha).
///
/// With both fully transparent the colour is undefined in the original; here it is 0.
#[inline(always)]
pub(super) fn over(under: [u8; 4], top: [u8; 3], alpha: u8) -> [u8; 4] {
    let alpha = i32::from(alpha);
    let keep = i32::from(under[3]) * (255 - alpha);
    let sum = (keep >> 8) + alpha;
    let reciprocal = RECIPROCAL[sum as usize];
    let channel = |i: usize| {
        let n = ((i32::from(under[i]) * keep) >> 8) + i32::from(top[i]) * alpha;
        ((n as f32 + 0.5) * reciprocal) as u8
    };
    [channel(0), channel(1), channel(2), sum as u8]
}

/// Puts a drawn pixel over a pixel of an opaque image.
#[inline(always)]
pub(super) fn over_opaque(under: [u8; 3], top: [u8; 4]) -> [u8; 3] {
    let [r, g, b, _] = over(
        [under[0], under[1], under[2], 255],
        [top[0], top[1], top[2]],
        top[3],
    );
    [r, g, b]
}

/// One pixel of BT.601 limited range to RGB, whatever the stream's colorimetry says.
#[inline(always)]
pub(super) fn yuv_to_rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    let luma = 1_220_542 * (i32::from(y) - 16).max(0) + (1 << 19);
    let byte = |value: i32| (value >> 20).clamp(0, 255) as u8;
    [
        byte(luma + 1_673_527 * v),
        byte(luma - 852_492 * v - 409_993 * u),
        byte(luma + 2_116_026 * u),
    ]
}

/// One RGB pixel to BT.601 limited range.
#[inline(always)]
pub(super) fn rgb_to_yuv([r, g, b]: [u8; 3]) -> [u8; 3] {
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    [
        (((66 * r + 129 * g + 25 * b + 128) >> 8) + 16) as u8,
        (((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128) as u8,
        (((112 * r - 94 * g - 18 * b + 128) >> 8) + 128) as u8,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocals_divide_exactly() {
        for d in 1..256 {
            // Quotients above 255 are clamped, and not even twice that happens.
            for n in 0..d * 512 {
                let quotient = ((n as f32 + 0.5) * RECIPROCAL[d as usize]) as i32;
                assert_eq!(quotient, n / d, "{n}/{d}");
            }
        }
    }

    #[test]
    fn opaque_covers_and_nothing_dims() {
        assert_eq!(over([10, 20, 30, 255], [1, 2, 3], 255), [1, 2, 3, 255]);
        assert_eq!(over([0; 4], [1, 2, 3], 7), [1, 2, 3, 7]);
        // A pixel that shares its cell with a drawn one loses a step of alpha and keeps its colour.
        assert_eq!(over([10, 20, 255, 255], [0; 3], 0), [10, 20, 255, 254]);
        assert_eq!(over([10, 20, 30, 128], [0; 3], 0), [10, 20, 30, 127]);
        assert_eq!(over([9, 9, 9, 0], [1, 2, 3], 0), [0; 4]);
    }

    #[test]
    fn grey_gains_at_most_a_step_through_yuv() {
        assert_eq!(rgb_to_yuv([96, 96, 96]), [99, 128, 128]);
        assert_eq!(yuv_to_rgb(99, 128, 128), [97, 97, 97]);
        assert_eq!(yuv_to_rgb(3, 128, 128), [0, 0, 0]);
        assert_eq!(yuv_to_rgb(235, 128, 128), [255, 255, 255]);
    }
}
