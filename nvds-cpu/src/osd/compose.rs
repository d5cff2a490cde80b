//! From a painted band to the image.

use super::band::Band;
use super::blend::{over, over_opaque, rgb_to_yuv, yuv_to_rgb};
use super::image::{Image, Planes};

/// Blends the touched cells of a band onto the image and clears the band.
pub(super) fn blend_band(band: &mut Band<'_>, image: &mut Image<'_>) {
    let width = band.rows[0].len();
    let y = band.y as usize;
    let [upper, lower] = &mut band.rows;
    let cells = Cells {
        touched: band.touched,
        upper,
        lower,
    };
    match &mut image.planes {
        Planes::Rgba(plane) => {
            let (above, below) = plane.two_rows(y, width * 4);
            let (above, below) = (above.as_chunks_mut::<4>().0, below.as_chunks_mut::<4>().0);
            cells.drain(|x, top| {
                for (pixel, top) in above[x..x + 2]
                    .iter_mut()
                    .chain(&mut below[x..x + 2])
                    .zip(top)
                {
                    *pixel = over(*pixel, [top[0], top[1], top[2]], top[3]);
                }
            });
        }
        Planes::Nv12 { luma, chroma } => {
            let (above, below) = luma.two_rows(y, width);
            let chroma = chroma.row(y / 2, width);
            cells.drain(|x, top| {
                let (u, v) = (chroma[x], chroma[x + 1]);
                let (mut sum_u, mut sum_v) = (0, 0);
                for (pixel, top) in above[x..x + 2]
                    .iter_mut()
                    .chain(&mut below[x..x + 2])
                    .zip(top)
                {
                    let [y, u, v] = rgb_to_yuv(over_opaque(yuv_to_rgb(*pixel, u, v), *top));
                    *pixel = y;
                    sum_u += u32::from(u);
                    sum_v += u32::from(v);
                }
                chroma[x] = (sum_u / 4) as u8;
                chroma[x + 1] = (sum_v / 4) as u8;
            });
        }
    }
}

/// The cells of a band that wait to be blended.
struct Cells<'a> {
    touched: &'a mut [u64],
    upper: &'a mut [[u8; 4]],
    lower: &'a mut [[u8; 4]],
}

impl Cells<'_> {
    /// Calls `blend` with the left column and the four pixels of each cell that has colour, and clears all.
    fn drain(self, mut blend: impl FnMut(usize, &[[u8; 4]; 4])) {
        for (index, word) in self.touched.iter_mut().enumerate() {
            let mut bits = std::mem::take(word);
            while bits != 0 {
                let x = (index * 64 + bits.trailing_zeros() as usize) * 2;
                bits &= bits - 1;
                let cell = [
                    self.upper[x],
                    self.upper[x + 1],
                    self.lower[x],
                    self.lower[x + 1],
                ];
                if cell.iter().any(|pixel| pixel[3] > 0) {
                    blend(x, &cell);
                }
                self.upper[x..x + 2].fill([0; 4]);
                self.lower[x..x + 2].fill([0; 4]);
            }
        }
    }
}
