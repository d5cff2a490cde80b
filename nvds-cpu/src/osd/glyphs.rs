//! Rendered letters for GPU mode, one bitmap per font, size and code point.
//!
//! GPU mode lays out every code point on its own, so a string is a row of boxes: no kerning, no ligatures, no
//! right-to-left. Pango measures and Cairo paints each box once; afterwards text costs no more than copying.

use std::collections::HashMap;

use super::DrawError;

/// Sides of the scratch bitmap, in pixels: twice the largest font size. What a letter has beyond is lost.
const SCRATCH: i32 = 400;

/// Coverage bytes kept at most: a stream of ever new letters must not eat the memory.
const MAX_COVERAGE: usize = 32 << 20;

/// Fonts, counted by size, kept at most: one without letters takes memory too.
const MAX_FONTS: usize = 256;

/// A rendered code point: a box, and its coverage in the cache.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    /// Advance and width of the box in pixels; 0 for a code point without extent.
    pub(super) width: i32,
    /// Height of the box in pixels: that of a line of the font that has the letter.
    pub(super) height: i32,
    /// First row of the box that has ink.
    pub(super) ink_top: i32,
    /// Row after the last one with ink.
    pub(super) ink_bottom: i32,
    /// Where the box's rows begin in [`GlyphCache::coverage`].
    pub(super) offset: usize,
}

impl Glyph {
    /// Whether the code point takes a box at all; others only advance a little.
    pub(super) fn has_box(&self) -> bool {
        self.width > 0 && self.height > 0
    }
}

/// The letters rendered so far.
#[derive(Debug, Default)]
pub(super) struct GlyphCache {
    fonts: Vec<FontGlyphs>,
    coverage: Vec<u8>,
}

/// The letters of one font in one size.
#[derive(Debug)]
struct FontGlyphs {
    name: String,
    size: i32,
    ascii: [Option<Glyph>; 128],
    others: HashMap<char, Glyph>,
}

impl GlyphCache {
    /// Drops all letters if they or their fonts have become too many. Only between frames: [`Glyph`]s become invalid.
    pub(super) fn trim(&mut self) {
        if self.coverage.len() > MAX_COVERAGE || self.fonts.len() > MAX_FONTS {
            *self = Self::default();
        }
    }

    /// The number of the font `name` in `size` points.
    pub(super) fn font(&mut self, name: &str, size: i32) -> usize {
        if let Some(known) = self
            .fonts
            .iter()
            .position(|f| f.size == size && f.name == name)
        {
            return known;
        }
        self.fonts.push(FontGlyphs {
            name: name.to_owned(),
            size,
            ascii: [None; 128],
            others: HashMap::new(),
        });
        self.fonts.len() - 1
    }

    /// The letter `c` of a font that [`Self::font`] returned. `painter` is made when a letter is new.
    pub(super) fn glyph(
        &mut self,
        font: usize,
        c: char,
        painter: &mut Option<Painter>,
    ) -> Result<Glyph, DrawError> {
        let glyphs = &mut self.fonts[font];
        let known = match glyphs.ascii.get(c as usize) {
            Some(slot) => *slot,
            None => glyphs.others.get(&c).copied(),
        };
        if let Some(glyph) = known {
            return Ok(glyph);
        }
        let painter = match painter {
            Some(painter) => painter,
            None => painter.insert(Painter::new()?),
        };
        painter.select(font, &glyphs.name, glyphs.size);
        let glyph = painter.paint(c, &mut self.coverage)?;
        match glyphs.ascii.get_mut(c as usize) {
            Some(slot) => *slot = Some(glyph),
            None => {
                glyphs.others.insert(c, glyph);
            }
        }
        Ok(glyph)
    }

    /// Coverage 0..=255 of row `y` of a letter's box.
    pub(super) fn row(&self, offset: usize, width: i32, y: i32) -> &[u8] {
        let start = offset + (y * width) as usize;
        &self.coverage[start..start + width as usize]
    }
}

/// Pango and Cairo, set up to paint single letters. Lives for a frame at most: neither may change threads.
pub(super) struct Painter {
    surface: cairo::ImageSurface,
    context: cairo::Context,
    layout: pango::Layout,
    font: Option<usize>,
}

impl Painter {
    fn new() -> Result<Self, cairo::Error> {
        let surface = cairo::ImageSurface::create(cairo::Format::A8, SCRATCH, SCRATCH)?;
        let context = cairo::Context::new(&surface)?;
        let layout = pangocairo::functions::create_layout(&context);
        Ok(Self {
            surface,
            context,
            layout,
            font: None,
        })
    }

    fn select(&mut self, font: usize, name: &str, size: i32) {
        if self.font != Some(font) {
            let description = pango::FontDescription::from_string(&format!("{name} {size}"));
            self.layout.set_font_description(Some(&description));
            self.font = Some(font);
        }
    }

    /// Measures `c`, paints it and appends its box to `coverage`.
    fn paint(&mut self, c: char, coverage: &mut Vec<u8>) -> Result<Glyph, cairo::Error> {
        self.context.set_operator(cairo::Operator::Clear);
        self.context.paint()?;
        self.context.set_operator(cairo::Operator::Over);
        self.layout.set_text(c.encode_utf8(&mut [0; 4]));
        pangocairo::functions::update_layout(&self.context, &self.layout);
        let (width, height) = self.layout.pixel_size();
        let mut glyph = Glyph {
            width,
            height,
            ink_top: 0,
            ink_bottom: 0,
            offset: coverage.len(),
        };
        if !glyph.has_box() {
            return Ok(glyph);
        }
        self.context.move_to(0.0, 0.0);
        pangocairo::functions::show_layout(&self.context, &self.layout);

        let stride = self.surface.stride() as usize;
        let (columns, rows) = (width as usize, height as usize);
        let shown = columns.min(SCRATCH as usize);
        coverage.resize(glyph.offset + columns * rows, 0);
        let target = &mut coverage[glyph.offset..];
        let mut ink: Option<(usize, usize)> = None;
        let copied = self.surface.with_data(|data| {
            let pairs = target.chunks_exact_mut(columns).zip(data.chunks(stride));
            for (y, (to, from)) in pairs.enumerate() {
                to[..shown].copy_from_slice(&from[..shown]);
                if to.iter().any(|&a| a > 0) {
                    ink = Some((ink.map_or(y, |(top, _)| top), y + 1));
                }
            }
        });
        copied.map_err(|_| cairo::Error::SurfaceFinished)?;
        if let Some((top, bottom)) = ink {
            (glyph.ink_top, glyph.ink_bottom) = (top as i32, bottom as i32);
        }
        Ok(glyph)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ever_new_fonts_do_not_eat_the_memory() {
        let mut cache = GlyphCache::default();
        for size in 0..10_000 {
            cache.trim();
            cache.font("Serif", size);
            assert!(cache.fonts.len() <= MAX_FONTS + 1);
        }
    }
}
