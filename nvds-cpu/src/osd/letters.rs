//! Lines of text.

use super::band::Band;
use super::glyphs::GlyphCache;

/// A letter at its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) ink_top: i32,
    pub(super) ink_bottom: i32,
    pub(super) offset: usize,
}

/// Paints a line of text. Each cell belongs to the first letter whose box touches it; the next one loses its part.
pub(super) fn paint(letters: &[Letter], glyphs: &GlyphCache, band: &mut Band<'_>, color: [u8; 4]) {
    let width = band.width();
    let mut free = 0;
    for letter in letters {
        let top = band.y - letter.y;
        if top + 1 < 0 || top >= letter.height {
            continue;
        }
        let from = free.max(letter.x & !1);
        let to = letter.x + letter.width;
        free = free.max((to + 1) & !1);
        for row in 0..2 {
            let y = top + row as i32;
            if y < letter.ink_top || y >= letter.ink_bottom {
                continue;
            }
            let coverage = glyphs.row(letter.offset, letter.width, y);
            let first = from.max(letter.x).max(0);
            for x in first..to.min(width) {
                let alpha =
                    (u32::from(coverage[(x - letter.x) as usize]) * u32::from(color[3])) >> 8;
                if alpha > 0 {
                    band.dab(row, x, color, alpha as u8);
                }
            }
        }
    }
}
