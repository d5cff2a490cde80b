//! One frame after the other: remembers its objects, counts and draws.

use std::time::Duration;

use nvds::{Color, NewText};
use nvds_analytics::{Track, Tracks};

use super::canvas::{Canvas, Point, Sink, centre};
use super::extent::Extent;
use super::osd_text::make_drawable;
use super::redact::{self, Cover};
use super::shapes;
use super::style::{BoxStyle, Counts, Mark, Style, Subject};
use super::template::Values;
use super::zones::Zones;

/// Length of the arrow that shows which side of a line is in, in pixels.
const INWARDS: f32 = 24.0;
/// How far a line's label is from it, as a part of that arrow.
const ASIDE: f32 = 1.2;
/// Behind the labels of zones and lines, so that they can be read on any picture.
const BEHIND: Color = Color::new(0.0, 0.0, 0.0, 0.6);

/// What is known of a frame before its objects.
#[derive(Clone, Copy, Debug)]
pub struct FrameInfo {
    pub source: u32,
    /// Nanoseconds.
    pub pts: Option<u64>,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// Whether inference looked at it.
    pub inferred: bool,
}

/// A trace to be drawn when all objects are known: they share what lines are left.
#[derive(Clone, Copy, Debug)]
struct Trace {
    track: Track,
    points: usize,
    width: u32,
    color: Color,
}

/// What the element remembers from frame to frame.
#[derive(Debug, Default)]
pub struct Scene {
    tracks: Tracks,
    zones: Zones,
    redaction: redact::Memory,
    traces: Vec<Trace>,
}

impl Scene {
    /// Another style holds from the next frame on. What was remembered stays, where it fits.
    pub fn set_style(&mut self, before: Option<&Style>, style: &Style) {
        if self.zones.set_style(&style.zones, &style.lines) {
            self.tracks.set_lines(style.lines.len());
        }
        if !style.redacts {
            self.redaction = redact::Memory::default();
        } else if before.is_none_or(|before| before.sections != style.sections) {
            // Other objects may have to be hidden than those that were remembered.
            self.redaction.doubt();
        }
    }

    /// Whether frames need not be told, where a style wants nothing of them: no track is remembered that grows old.
    pub fn is_idle(&self) -> bool {
        self.tracks.is_empty()
    }

    /// A frame starts.
    pub fn begin(&mut self, style: &Style, frame: &FrameInfo) {
        self.traces.clear();
        let timeout = nanoseconds(style.trace_timeout);
        self.tracks.begin(frame.source, frame.pts, timeout);
        self.zones
            .begin(style, frame.source, frame.size, frame.inferred);
        if style.redacts {
            self.redaction
                .begin(frame.source, frame.inferred, &style.redaction);
        }
    }

    /// Remembers and counts an object of the frame, and draws its shapes. Returns whether that needs a track id.
    pub fn object<S: Sink>(
        &mut self,
        style: &Style,
        subject: &Subject<'_>,
        canvas: &mut Canvas<'_, S>,
    ) -> bool {
        if let Some(redact) = &subject.style.redact
            && style.redacts
        {
            let parts = redact::Parts {
                rect: redact::upright(&subject.rect, subject.rotation),
                points: subject.points,
                // One of a box that is turned is turned with it.
                mask: subject.mask.filter(|_| subject.rotation == 0.0),
            };
            let area = redact::Area::of(redact.area, &parts, redact.margin);
            self.redaction.object(subject.track, area, redact);
        }
        let drawn = &subject.style.shapes;
        let moves = subject.visible && drawn.needs_track();
        let track = subject
            .track
            .filter(|_| moves || !style.lines.is_empty())
            .and_then(|id| {
                let arrow = match drawn.motion_arrow {
                    0 => 0,
                    _ => Tracks::speed_frames(),
                };
                let keep = arrow.max(drawn.trace as usize);
                self.tracks.see(id, centre(&subject.rect), keep)
            });
        let sides = match track {
            Some(track) => self.tracks.sides(track),
            None => &mut [],
        };
        let needs_id = self.zones.object(style, subject, sides) || moves;
        if !subject.visible {
            return needs_id;
        }
        if let Some(color) = subject.border_color {
            let width = subject.border_width;
            if let Some(corners) = &subject.outline {
                shapes::outline(canvas, corners, width, color);
            } else if subject.style.box_style == Some(BoxStyle::Corners) {
                let arm = subject.style.corner_length;
                shapes::corners(canvas, &subject.rect, arm, width, color);
            }
        }
        let Some(color) = subject.shape_color else {
            return needs_id;
        };
        shapes::still(canvas, &subject.rect, drawn, color);
        let Some(track) = track else { return needs_id };
        if drawn.motion_arrow > 0
            && let Some(speed) = self.tracks.speed(track)
        {
            let frames = drawn.motion_arrow as f32;
            let by = Point::new(speed.x * frames, speed.y * frames);
            shapes::arrow(canvas, centre(&subject.rect), by, drawn.width, color);
        }
        if drawn.trace > 1 {
            self.traces.push(Trace {
                track,
                points: drawn.trace as usize,
                width: drawn.width,
                color,
            });
        }
        needs_id
    }

    /// All objects of the frame were told: counts hold, and what hides and what remembers is drawn.
    pub fn end<S: Sink>(&mut self, style: &Style, canvas: &mut Canvas<'_, S>) -> Option<Cover> {
        self.zones.end();
        let mut left = self.traces.len();
        for trace in &self.traces {
            // So that many traces grow shorter, rather than some of them having none.
            let share = canvas.lines_left() / left.max(1);
            left -= 1;
            let positions = self.tracks.positions(trace.track).take(trace.points);
            shapes::trace(canvas, positions, trace.width, trace.color, share);
        }
        style
            .redacts
            .then(|| self.redaction.draw(&style.redaction, canvas))
    }

    /// What templates tell of the present frame's source, once [`Self::end`] was called.
    pub fn counts(&self) -> Counts<'_> {
        self.zones.counts()
    }

    /// Draws zones and lines with their labels, for which `text` is scratch memory. Returns whether a label has
    /// letters that nvdsosd does not draw.
    pub fn marks<S: Sink>(
        &self,
        style: &Style,
        values: &Values<'_>,
        text: &mut String,
        canvas: &mut Canvas<'_, S>,
    ) -> bool {
        let mut replaced = false;
        for (i, zone) in style.zones.iter().enumerate() {
            let polygon = self.zones.polygon(i);
            let (Some(color), Some(first)) = (zone.mark.color, polygon.first()) else {
                continue;
            };
            if !zone.mark.filter.has_source(values.source) {
                continue;
            }
            let mut before = polygon.last().unwrap_or(first);
            for corner in polygon {
                canvas.line(*before, *corner, zone.mark.width, color);
                before = corner;
            }
            let (low, high) = bounds(polygon);
            let middle = Point::new((low.x + high.x) / 2.0, (low.y + high.y) / 2.0);
            replaced |= label(&zone.mark, middle, values, text, color, canvas);
        }
        for (i, line) in style.lines.iter().enumerate() {
            let segment = self.zones.segment(i);
            let Some(color) = line.mark.color else {
                continue;
            };
            let length = segment.a.distance(segment.b);
            if !line.mark.filter.has_source(values.source) || length.is_nan() || length <= 0.0 {
                continue;
            }
            canvas.line(segment.a, segment.b, line.mark.width, color);
            let middle = Point::new(
                (segment.a.x + segment.b.x) / 2.0,
                (segment.a.y + segment.b.y) / 2.0,
            );
            // To the right of who walks from a to b.
            let inwards = Point::new(
                (segment.a.y - segment.b.y) / length * INWARDS,
                (segment.b.x - segment.a.x) / length * INWARDS,
            );
            shapes::arrow(canvas, middle, inwards, line.mark.width, color);
            let beside = Point::new(middle.x - ASIDE * inwards.x, middle.y - ASIDE * inwards.y);
            replaced |= label(&line.mark, beside, values, text, color, canvas);
        }
        replaced
    }

    /// Zones and lines of the present frame that can count nothing, as text for a warning.
    pub fn beside(&self, style: &Style) -> Option<String> {
        self.zones.beside(style)
    }

    /// Forgets a source that ended.
    pub fn forget_source(&mut self, id: u32) {
        self.tracks.forget_source(id);
        self.zones.forget_source(id);
        self.redaction.forget_source(id);
    }

    /// Frames were dropped, as by a seek: what is to be hidden is not known until inference looks at the next one.
    pub fn flush(&mut self) {
        self.redaction.doubt();
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Corners of the upright box around a polygon.
fn bounds(polygon: &[Point]) -> (Point, Point) {
    let start = (
        Point::new(f32::MAX, f32::MAX),
        Point::new(f32::MIN, f32::MIN),
    );
    polygon.iter().fold(start, |(low, high), p| {
        (
            Point::new(low.x.min(p.x), low.y.min(p.y)),
            Point::new(high.x.max(p.x), high.y.max(p.y)),
        )
    })
}

/// Writes a mark's label with its middle at a place, as far as its size can be told, within the frame. Returns
/// whether it has letters that nvdsosd does not draw.
fn label<S: Sink>(
    mark: &Mark,
    middle: Point,
    values: &Values<'_>,
    text: &mut String,
    color: Color,
    canvas: &mut Canvas<'_, S>,
) -> bool {
    text.clear();
    mark.label.write(values, text);
    let replaced = make_drawable(text);
    let extent = Extent::of(text, mark.font_size);
    let (x, y) = extent.keep_inside(
        middle.x - extent.width / 2.0,
        middle.y - extent.height / 2.0,
        Some(canvas.whole_size()),
    );
    canvas.text(&NewText {
        text,
        x: x as f32,
        y: y as f32,
        font: mark.font,
        size: mark.font_size,
        color,
        background: Some(BEHIND),
    });
    replaced
}
