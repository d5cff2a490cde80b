//! Circles and discs.

use super::band::{Band, Bounds};

/// A ring with an edge of one pixel that fades out on both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ring {
    pub(super) x: i32,
    pub(super) y: i32,
    /// Distances `inner <= d < outer` have the full colour.
    pub(super) inner: i32,
    pub(super) outer: i32,
}

impl Ring {
    fn alpha(&self, distance: f32, alpha: u8) -> u8 {
        let start = (self.inner - 1).max(0) as f32;
        let end = (self.outer + 1) as f32;
        let (inner, outer) = (self.inner as f32, self.outer as f32);
        let full = f32::from(alpha);
        if distance < start || distance > end {
            0
        } else if distance >= inner && distance < outer {
            alpha
        } else if distance >= outer {
            ((end - distance) * full) as u8
        } else {
            ((distance - start) * full) as u8
        }
    }

    pub(super) fn paint(&self, band: &mut Band<'_>, bounds: &Bounds, color: [u8; 4]) {
        let (from, to) = bounds.columns(band.width());
        // Whole numbers on either side of the fade, so that most pixels need no square root.
        let near = i64::from(self.inner - 1).max(0).pow(2);
        let far = i64::from(self.outer + 1).max(0).pow(2);
        for row in 0..2 {
            let dy = i64::from(band.y + row as i32 - self.y);
            for x in from..to {
                let dx = i64::from(x - self.x);
                let squared = dx * dx + dy * dy;
                if squared < near || squared > far {
                    continue;
                }
                let alpha = self.alpha((squared as f32).sqrt(), color[3]);
                if alpha > 0 {
                    band.dab(row, x, color, alpha);
                }
            }
        }
    }
}
