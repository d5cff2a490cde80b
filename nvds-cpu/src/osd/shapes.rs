//! The shapes that GPU mode knows, as they wait in the queue.

use super::band::{Band, Bounds};
use super::frame::Frame;
use super::glyphs::GlyphCache;
use super::grid::Grid;
use super::letters::{self, Letter};
use super::quad::Quad;
use super::ring::Ring;

/// Something in the queue.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) color: [u8; 4],
    pub(super) bounds: Bounds,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Frame(Frame),
    Quad(Quad),
    /// What lies in the first and not in the second.
    QuadRing(Quad, Quad),
    /// A quad with four samples per pixel.
    SmoothQuad(Quad),
    Ring(Ring),
    Grid(Grid),
    /// A line of text: this part of the placed letters.
    Letters(std::ops::Range<usize>),
}

impl Command {
    /// Paints what this has in the band. The caller checked that the bounds meet it.
    pub(super) fn paint(
        &self,
        band: &mut Band<'_>,
        cells: &[u8],
        placed: &[Letter],
        glyphs: &GlyphCache,
    ) {
        let color = self.color;
        match &self.shape {
            Shape::Frame(frame) => frame.paint(band, color),
            Shape::Quad(quad) => quad.each(band, &self.bounds, |band, row, x, (px, py)| {
                if quad.contains(px, py) {
                    band.dab(row, x, color, color[3]);
                }
            }),
            Shape::QuadRing(outer, inner) => {
                outer.each(band, &self.bounds, |band, row, x, (px, py)| {
                    if outer.contains(px, py) && !inner.contains(px, py) {
                        band.dab(row, x, color, color[3]);
                    }
                })
            }
            Shape::SmoothQuad(quad) => quad.each(band, &self.bounds, |band, row, x, (px, py)| {
                let samples = quad.samples(px, py);
                if samples > 0 {
                    band.dab(row, x, color, ((u32::from(color[3]) * samples) / 4) as u8);
                }
            }),
            Shape::Ring(ring) => ring.paint(band, &self.bounds, color),
            Shape::Grid(grid) => grid.paint(band, &self.bounds, color, cells),
            Shape::Letters(range) => letters::paint(&placed[range.clone()], glyphs, band, color),
        }
    }
}
