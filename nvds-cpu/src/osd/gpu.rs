//! GPU mode: a queue of shapes, painted band by band and blended onto the image once per pixel.
//!
//! The original runs one thread per 2x2 cell, which goes through the whole queue. Here the frame is cut into bands
//! of two rows, each shape paints its spans into the band, and only touched cells are looked at afterwards: the
//! same pixels, for the price of what is drawn.

mod text;

use super::band::{Band, Bounds, Corners};
use super::compose::blend_band;
use super::frame::Frame;
use super::glyphs::GlyphCache;
use super::grid::Grid;
use super::image::Image;
use super::letters::Letter;
use super::model::{Arrow, ArrowHead, Blur, Circle, Line, Mask, Primitive, Rect, signed, whole};
use super::quad::Quad;
use super::ring::Ring;
use super::shapes::{Command, Shape};
use super::{DrawError, MAX_BORDER_WIDTH, blur};

/// Degrees below which a box counts as upright.
const UPRIGHT: f32 = 0.001;

/// Ring width of a circle that names none.
const CIRCLE_WIDTH: u32 = 2;

/// Length of an arrow's head strokes, in percent of the shaft.
const HEAD_PERCENT: i32 = 10;

/// Angle between an arrow's shaft and its head strokes: 15 degrees, from a pi of seven decimals.
const HEAD_ANGLE: f32 = std::f32::consts::PI.next_down() / 12.0;

/// The queue of one frame, and what is worth keeping between frames.
#[derive(Debug, Default)]
pub(super) struct Gpu {
    queue: Vec<Command>,
    letters: Vec<Letter>,
    cells: Vec<u8>,
    glyphs: GlyphCache,
    accumulators: Vec<[u8; 4]>,
    touched: Vec<u64>,
    pub(super) dropped_texts: usize,
}

impl Gpu {
    pub(super) fn draw<'a>(
        &mut self,
        image: &mut Image<'_>,
        primitives: impl IntoIterator<Item = Primitive<'a>>,
    ) -> Result<(), DrawError> {
        self.queue.clear();
        self.letters.clear();
        self.cells.clear();
        self.glyphs.trim();
        let mut blurs = Vec::new();
        let mut painter = None;
        for primitive in primitives {
            match primitive {
                Primitive::Rect(rect) => self.push_rect(&rect)?,
                Primitive::Mask(mask) => self.push_mask(&mask),
                Primitive::Text(text) => self.push_text(&text, &mut painter)?,
                Primitive::Clock(clock) => self.push_clock(&clock, &mut painter)?,
                Primitive::Line(line) => {
                    check_width(line.width, DrawError::Lines)?;
                    self.push_line(ends(&line), line.width, line.color.to_bytes());
                }
                Primitive::Arrow(arrow) => self.push_arrow(&arrow)?,
                Primitive::Circle(circle) => self.push_circle(&circle),
                Primitive::Blur(blur) => blurs.push(blur),
            }
        }
        self.apply(image, &blurs);
        Ok(())
    }

    fn push(&mut self, color: [u8; 4], bounds: Bounds, shape: Shape) {
        self.queue.push(Command {
            color,
            bounds,
            shape,
        });
    }

    fn push_filled(&mut self, corners: Corners, color: [u8; 4]) {
        let Corners {
            left,
            top,
            right,
            bottom,
        } = corners;
        let bounds = Bounds {
            left,
            top,
            right,
            bottom,
        };
        self.push(color, bounds, Shape::Frame(Frame::filled(corners)));
    }

    fn push_rect(&mut self, rect: &Rect) -> Result<(), DrawError> {
        check_width(rect.border_width, DrawError::Rectangles)?;
        let width = rect.border_width as i32;
        let border = rect.border_color.to_bytes();
        let background = rect.background.map(|c| c.to_bytes()).filter(|c| c[3] > 0);
        if border[3] == 0 {
            return Ok(());
        }
        let corners = Corners::of(rect);
        if rect.rotation.abs() > UPRIGHT {
            self.push_turned(corners, rect.rotation, width, border, background);
            return Ok(());
        }
        let corners = Corners::sorted(corners);
        if let Some(color) = background {
            self.push_filled(corners, color);
        }
        let grow = (width + 1) / 2;
        let bounds = Bounds {
            left: corners.left - grow,
            top: corners.top - grow,
            right: corners.right + grow,
            bottom: corners.bottom + grow,
        };
        self.push(border, bounds, Shape::Frame(Frame::border(corners, width)));
        Ok(())
    }

    fn push_turned(
        &mut self,
        (x1, y1, x2, y2): (i32, i32, i32, i32),
        degrees: f32,
        width: i32,
        border: [u8; 4],
        background: Option<[u8; 4]>,
    ) {
        let angle = (f64::from(degrees) * std::f64::consts::PI / 180.0) as f32;
        let centre = (whole((x1 + x2) as f32 / 2.0), whole((y1 + y2) as f32 / 2.0));
        let quad = |grow| Quad::turned(centre, (x2 - x1, y2 - y1), grow, angle);
        if let Some(color) = background {
            let fill = quad(0.0);
            self.push(color, fill.bounds(), Shape::Quad(fill));
        }
        let half = width as f32 / 2.0;
        let outer = quad(half);
        self.push(border, outer.bounds(), Shape::QuadRing(outer, quad(-half)));
    }

    fn push_mask(&mut self, mask: &Mask<'_>) {
        let corners = Corners::sorted(Corners::of(&mask.rect));
        // Placed one pixel in from the left and the top; the right and bottom edges are not painted.
        let bounds = Bounds {
            left: corners.left + 1,
            top: corners.top + 1,
            right: corners.right,
            bottom: corners.bottom,
        };
        if let Some(grid) = Grid::new(&mask.shape, corners, &mut self.cells) {
            self.push(mask.rect.border_color.to_bytes(), bounds, Shape::Grid(grid));
        }
    }

    fn push_line(&mut self, (from, to): ((i32, i32), (i32, i32)), width: u32, color: [u8; 4]) {
        let quad = Quad::line(from, to, width as i32);
        let upright = from.0 == to.0 || from.1 == to.1;
        let shape = if upright {
            Shape::Quad(quad)
        } else {
            Shape::SmoothQuad(quad)
        };
        self.push(color, quad.bounds(), shape);
    }

    fn push_arrow(&mut self, arrow: &Arrow) -> Result<(), DrawError> {
        let width = arrow.line.width;
        check_width(width, DrawError::Arrows)?;
        let (mut tail, mut tip) = ends(&arrow.line);
        if arrow.head == ArrowHead::Start {
            std::mem::swap(&mut tail, &mut tip);
        }
        let color = arrow.line.color.to_bytes();
        self.push_line((tail, tip), width, color);

        let (dx, dy) = (tail.0 - tip.0, tail.1 - tip.1);
        if (dx, dy) == (0, 0) {
            // No direction, no head.
            return Ok(());
        }
        let squared = i64::from(dx) * i64::from(dx) + i64::from(dy) * i64::from(dy);
        let size = ((squared as f64).sqrt() as i32).saturating_mul(HEAD_PERCENT) / 100;
        let length = (squared as f32).sqrt();
        let (ux, uy) = (dx as f32 / length, dy as f32 / length);
        let (sin, cos) = (HEAD_ANGLE.sin(), HEAD_ANGLE.cos());
        let size = size as f32;
        for (x, y) in [
            (ux * cos - uy * sin, ux * sin + uy * cos),
            (ux * cos + uy * sin, -ux * sin + uy * cos),
        ] {
            let end = (tip.0 + (x * size) as i32, tip.1 + (y * size) as i32);
            self.push_line((end, tip), width, color);
        }
        Ok(())
    }

    fn push_circle(&mut self, circle: &Circle) {
        let (x, y) = (signed(circle.x), signed(circle.y));
        let radius = signed(circle.radius);
        let width = signed(if circle.width == 0 {
            CIRCLE_WIDTH
        } else {
            circle.width
        });
        let square = |reach: i32| Bounds {
            left: x - radius - reach,
            top: y - radius - reach,
            right: x + radius + reach,
            bottom: y + radius + reach,
        };
        if let Some(color) = circle
            .background
            .map(|c| c.to_bytes())
            .filter(|c| c[3] > 0 && width > 0)
        {
            let outer = if width == 1 {
                radius
            } else {
                radius + width / 2
            };
            // The square is too small for wide borders, and cuts the disc's rim.
            self.push(
                color,
                square((1 - width) / 2 + 2),
                Shape::Ring(Ring {
                    x,
                    y,
                    inner: 0,
                    outer,
                }),
            );
        }
        let inner = radius - width / 2;
        let ring = Ring {
            x,
            y,
            inner,
            outer: inner + width,
        };
        self.push(
            circle.color.to_bytes(),
            square((width + 1) / 2 + 2),
            Shape::Ring(ring),
        );
    }

    /// Paints the queue and blends it onto the image.
    fn apply(&mut self, image: &mut Image<'_>, blurs: &[Blur<'_>]) {
        for blur in blurs {
            blur::apply(image, blur);
        }
        // Only whole cells are drawn: the last column or row of an odd size is left alone.
        let (width, height) = (image.width & !1, image.height & !1);
        if self.queue.is_empty() || width == 0 || height == 0 {
            return;
        }
        let top = self
            .queue
            .iter()
            .map(|c| c.bounds.top)
            .min()
            .unwrap_or(0)
            .max(0)
            & !1;
        let bottom = self
            .queue
            .iter()
            .map(|c| c.bounds.bottom)
            .max()
            .unwrap_or(0)
            .min(height as i32 - 1);

        self.accumulators.clear();
        self.accumulators.resize(2 * width, [0; 4]);
        self.touched.clear();
        self.touched.resize((width / 2).div_ceil(64), 0);
        let (upper, lower) = self.accumulators.split_at_mut(width);
        let mut band = Band {
            rows: [upper, lower],
            touched: &mut self.touched,
            y: top,
        };
        while band.y <= bottom {
            let y = band.y;
            for command in self.queue.iter().filter(|c| c.bounds.meets(y)) {
                command.paint(&mut band, &self.cells, &self.letters, &self.glyphs);
            }
            blend_band(&mut band, image);
            band.y += 2;
        }
    }
}

fn check_width(width: u32, error: DrawError) -> Result<(), DrawError> {
    if width > MAX_BORDER_WIDTH {
        Err(error)
    } else {
        Ok(())
    }
}

fn ends(line: &Line) -> ((i32, i32), (i32, i32)) {
    (
        (signed(line.x1), signed(line.y1)),
        (signed(line.x2), signed(line.y2)),
    )
}
