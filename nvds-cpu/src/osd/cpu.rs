//! CPU mode: Cairo and Pango on a copy of the frame.
//!
//! The original hands Cairo the RGBA bytes as if they were its own format, which stores blue first, and swaps red
//! and blue in every colour instead. The same is done here, so the same Cairo gives the same bytes.

use std::f64::consts::PI;

use cairo::{Context, Format, ImageSurface};

use super::image::{Image, Planes};
use super::model::{
    Arrow, ArrowHead, Circle, Clock, Color, Font, Line, Mask, Primitive, Rect, Text, signed, whole,
};
use super::{DrawError, MAX_BORDER_WIDTH};

/// Degrees below which a box counts as upright.
const UPRIGHT: f32 = 0.001;

/// Ring width of a circle that names none.
const CIRCLE_WIDTH: u32 = 2;

/// Angle between an arrow's shaft and its head strokes, in degrees.
const HEAD_DEGREES: f64 = 15.0;

/// Opacity of what a mask covers.
const MASK_ALPHA: u8 = 127;

pub(super) fn draw<'a>(
    image: &mut Image<'_>,
    primitives: impl IntoIterator<Item = Primitive<'a>>,
) -> Result<(), DrawError> {
    let (width, height) = (image.width, image.height);
    let Planes::Rgba(plane) = &mut image.planes else {
        return Err(DrawError::Format);
    };
    let mut primitives = primitives.into_iter().peekable();
    if primitives.peek().is_none() || width == 0 || height == 0 {
        return Ok(());
    }
    let size = i32::try_from(width)
        .ok()
        .zip(i32::try_from(height).ok())
        .ok_or(cairo::Error::InvalidSize)?;
    let mut surface = ImageSurface::create(Format::ARgb32, size.0, size.1)?;
    let stride = surface.stride() as usize;
    {
        let mut data = surface.data().map_err(borrow_error)?;
        for (y, row) in data.chunks_exact_mut(stride).enumerate() {
            row[..width * 4].copy_from_slice(plane.row(y, width * 4));
        }
    }
    {
        let context = Context::new(&surface)?;
        let mut canvas = Canvas {
            context,
            width: size.0,
            height: size.1,
            layout: None,
        };
        for primitive in primitives {
            canvas.draw(&primitive)?;
        }
    }
    let data = surface.data().map_err(borrow_error)?;
    for (y, row) in data.chunks_exact(stride).enumerate() {
        plane.row(y, width * 4).copy_from_slice(&row[..width * 4]);
    }
    Ok(())
}

fn borrow_error(error: cairo::BorrowError) -> cairo::Error {
    match error {
        cairo::BorrowError::Cairo(error) => error,
        cairo::BorrowError::NonExclusive => cairo::Error::SurfaceFinished,
    }
}

struct Canvas {
    context: Context,
    width: i32,
    height: i32,
    /// One for all texts of the frame: the clock keeps the wrapping that a text before it set up.
    layout: Option<pango::Layout>,
}

impl Canvas {
    fn draw(&mut self, primitive: &Primitive<'_>) -> Result<(), DrawError> {
        match primitive {
            Primitive::Rect(rect) => self.rect(rect),
            Primitive::Mask(mask) => Ok(self.mask(mask)?),
            Primitive::Text(text) => Ok(self.text(text)?),
            Primitive::Clock(clock) => Ok(self.clock(clock)?),
            Primitive::Line(line) => Ok(self.line(line)?),
            Primitive::Arrow(arrow) => self.arrow(arrow),
            Primitive::Circle(circle) => self.circle(circle),
            Primitive::Blur(_) => Err(DrawError::Blur),
        }
    }

    fn color(&self, color: Color) {
        self.context
            .set_source_rgba(color.blue, color.green, color.red, color.alpha);
    }

    /// Width and height of a box whose border is drawn: one that leaves the frame ends its border's width earlier.
    fn clipped_size(&self, rect: &Rect, x: i32, y: i32) -> (i32, i32) {
        let border = signed(rect.border_width);
        let clip = |start: i32, size: f32, end: i32| {
            let size = if start as f32 + size > end as f32 {
                end - start - border
            } else {
                whole(size)
            };
            size.min(end)
        };
        (
            clip(x, rect.width, self.width),
            clip(y, rect.height, self.height),
        )
    }

    fn rect(&self, rect: &Rect) -> Result<(), DrawError> {
        if rect.border_width > MAX_BORDER_WIDTH {
            return Err(DrawError::Rectangles);
        }
        if rect.rotation.is_infinite() {
            // An infinite angle would put Cairo into an error state for the rest of the frame.
            return Ok(());
        }
        let drawn = if rect.rotation.abs() > UPRIGHT {
            self.turned(rect)
        } else {
            self.upright(rect)
        };
        Ok(drawn?)
    }

    fn upright(&self, rect: &Rect) -> Result<(), cairo::Error> {
        let (x, y) = (whole(rect.left), whole(rect.top));
        // A box that begins outside is moved in, with its size kept.
        let (left, top) = (f64::from(x.max(0)), f64::from(y.max(0)));
        if rect.border_width > 0 {
            let (width, height) = self.clipped_size(rect, x, y);
            self.context.set_line_width(f64::from(rect.border_width));
            self.color(rect.border_color);
            self.context
                .rectangle(left, top, f64::from(width), f64::from(height));
            self.context.stroke()?;
        }
        if let Some(background) = rect.background {
            self.color(background);
            self.context.rectangle(
                left,
                top,
                f64::from(whole(rect.width)),
                f64::from(whole(rect.height)),
            );
            self.context.fill()?;
        }
        Ok(())
    }

    fn turned(&self, rect: &Rect) -> Result<(), cairo::Error> {
        let (x, y) = (f64::from(whole(rect.left)), f64::from(whole(rect.top)));
        let (width, height) = (f64::from(whole(rect.width)), f64::from(whole(rect.height)));
        self.context.save()?;
        self.context.translate(x + width / 2.0, y + height / 2.0);
        self.context.rotate(f64::from(rect.rotation) * PI / 180.0);
        self.context.translate(-width / 2.0, -height / 2.0);
        if rect.border_width > 0 {
            self.context.set_line_width(f64::from(rect.border_width));
            self.color(rect.border_color);
            self.context.rectangle(0.0, 0.0, width, height);
            self.context.stroke()?;
        }
        if let Some(background) = rect.background {
            self.color(background);
            self.context.rectangle(0.0, 0.0, width, height);
            self.context.fill()?;
        }
        self.context.restore()
    }

    /// Stretches the mask over its box and paints it through. The original does this with a closed library; this
    /// is right by shape only.
    fn mask(&self, mask: &Mask<'_>) -> Result<(), cairo::Error> {
        let rect = &mask.rect;
        let (x, y) = (whole(rect.left), whole(rect.top));
        let (width, height) = self.clipped_size(rect, x, y);
        let Some((columns, rows)) = mask.shape.grid().filter(|_| width > 0 && height > 0) else {
            return Ok(());
        };
        let mut stencil = ImageSurface::create(Format::A8, width, height)?;
        let stride = stencil.stride() as usize;
        {
            let mut data = stencil.data().map_err(borrow_error)?;
            let value = |x: usize, y: usize| mask.shape.data[x + y * columns];
            for (dy, line) in data.chunks_exact_mut(stride).enumerate() {
                let (upper, lower, down) = between(dy, height, rows);
                for (dx, pixel) in line[..width as usize].iter_mut().enumerate() {
                    let (left, right, along) = between(dx, width, columns);
                    let mix = |y| value(left, y) * (1.0 - along) + value(right, y) * along;
                    let mixed = mix(upper) * (1.0 - down) + mix(lower) * down;
                    *pixel = if mixed > mask.shape.threshold {
                        MASK_ALPHA
                    } else {
                        0
                    };
                }
            }
        }
        self.color(rect.border_color);
        self.context
            .mask_surface(&stencil, f64::from(x.max(0)), f64::from(y.max(0)))
    }

    fn layout(&mut self, font: &Font<'_>) -> &pango::Layout {
        let context = &self.context;
        let layout = self
            .layout
            .get_or_insert_with(|| pangocairo::functions::create_layout(context));
        let description = format!("{} {}", font.name, font.size.cast_signed());
        layout.set_font_description(Some(&pango::FontDescription::from_string(&description)));
        layout
    }

    fn show(&self, layout: &pango::Layout, color: Color, (x, y): (i32, i32)) {
        self.color(color);
        pangocairo::functions::update_layout(&self.context, layout);
        self.context.move_to(f64::from(x), f64::from(y));
        pangocairo::functions::show_layout(&self.context, layout);
    }

    fn text(&mut self, text: &Text<'_>) -> Result<(), cairo::Error> {
        let (x, y) = (signed(text.x).max(0), signed(text.y).max(0));
        let size = text.font.size.cast_signed().clamp(0, 1 << 16);
        let width = self.width;
        let layout = self.layout(&text.font).clone();
        layout.set_width(width.saturating_mul(pango::SCALE));
        layout.set_wrap(pango::WrapMode::Word);
        layout.set_text(&String::from_utf8_lossy(text.text));
        if let Some(background) = text.background {
            let (width, height) = layout.pixel_size();
            self.color(background);
            let (width, height) = (f64::from(width + size), f64::from(height + size / 2));
            self.context
                .rectangle(f64::from(x), f64::from(y), width, height);
            self.context.fill()?;
        }
        self.show(&layout, text.font.color, (x + size / 2, y + size / 4));
        Ok(())
    }

    fn clock(&mut self, clock: &Clock<'_>) -> Result<(), cairo::Error> {
        let (x, y) = (signed(clock.x).max(0), signed(clock.y).max(0));
        let t = &clock.time;
        let layout = self.layout(&clock.font).clone();
        // Month and day without leading zeros, two spaces.
        layout.set_text(&format!(
            "{}-{}-{}  {:02}:{:02}:{:02}",
            t.year, t.month, t.day, t.hour, t.minute, t.second
        ));
        self.show(&layout, clock.font.color, (x, y));
        self.context.status()
    }

    fn stroke_line(&self, (x1, y1): (i32, i32), (x2, y2): (i32, i32)) {
        self.context.move_to(f64::from(x1), f64::from(y1));
        self.context.line_to(f64::from(x2), f64::from(y2));
    }

    /// Lines of any width are drawn, unlike in GPU mode.
    fn line(&self, line: &Line) -> Result<(), cairo::Error> {
        self.color(line.color);
        self.context.set_line_width(f64::from(line.width));
        self.stroke_line(
            (signed(line.x1), signed(line.y1)),
            (signed(line.x2), signed(line.y2)),
        );
        self.context.stroke()
    }

    /// Arrows are opaque here.
    fn arrow(&self, arrow: &Arrow) -> Result<(), DrawError> {
        let line = &arrow.line;
        if line.width > MAX_BORDER_WIDTH {
            return Err(DrawError::Arrows);
        }
        let (start, end) = (
            (signed(line.x1), signed(line.y1)),
            (signed(line.x2), signed(line.y2)),
        );
        let (tail, tip) = match arrow.head {
            ArrowHead::Start => (end, start),
            ArrowHead::End => (start, end),
            ArrowHead::Both => return Ok(()),
        };
        let (dx, dy) = (f64::from(tip.0 - tail.0), f64::from(tip.1 - tail.1));
        let length = f64::from(((dx * dx + dy * dy).sqrt() as i32).saturating_mul(10) / 100);
        // Single precision on the way decides which pixel the strokes end at.
        let slope = dy.atan2(dx) as f32;
        let spread = (HEAD_DEGREES * PI / 180.0) as f32;
        self.color(Color {
            alpha: 1.0,
            ..line.color
        });
        self.context.set_line_width(f64::from(line.width));
        self.stroke_line(tail, tip);
        for angle in [slope - spread, slope + spread] {
            let (sin, cos) = (f64::from(angle) + PI).sin_cos();
            let end = (
                f64::from(tip.0) + length * cos,
                f64::from(tip.1) + length * sin,
            );
            self.stroke_line(tip, (end.0 as i32, end.1 as i32));
        }
        Ok(self.context.stroke()?)
    }

    fn circle(&self, circle: &Circle) -> Result<(), DrawError> {
        let radius = signed(circle.radius);
        if radius < 0 {
            return Err(DrawError::Circles);
        }
        let drawn = || {
            let (x, y) = (f64::from(signed(circle.x)), f64::from(signed(circle.y)));
            let width = if circle.width == 0 {
                CIRCLE_WIDTH
            } else {
                circle.width
            };
            self.color(circle.color);
            self.context.move_to(x + f64::from(radius), y);
            self.context.set_line_width(f64::from(signed(width)));
            self.context.arc(x, y, f64::from(radius), 0.0, 2.0 * PI);
            self.context.stroke()?;
            if let Some(background) = circle.background {
                self.color(background);
                self.context.arc(x, y, f64::from(radius - 1), 0.0, 2.0 * PI);
                self.context.fill()?;
            }
            Ok(())
        };
        drawn().map_err(|e: cairo::Error| e.into())
    }
}

/// The two of `cells` grid cells that pixel `at` of `size` lies between, and the share of the second.
fn between(at: usize, size: i32, cells: usize) -> (usize, usize, f32) {
    let position =
        ((at as f32 + 0.5) * cells as f32 / size as f32 - 0.5).clamp(0.0, (cells - 1) as f32);
    let first = position as usize;
    (first, (first + 1).min(cells - 1), position - first as f32)
}
