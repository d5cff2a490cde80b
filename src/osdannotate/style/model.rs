//! What a style says, checked and with its defaults filled in.
//!
//! Everything here is plain data. Lengths are pixels of the frame unless told otherwise.

use std::sync::Arc;
use std::time::Duration;

use nvds::{Color, Corners, FontName, KeyPoint, Mask, Rect};
pub use nvds_analytics::{Anchor, Length, Place as Point};

pub use crate::config::ClassName;

use super::label::Label;
use super::sections::Sections;
use crate::osdannotate::skeleton::Skeleton;
use crate::osdannotate::template::Template;

/// Widest border and line that nvdsosd draws; beyond, it ends the pipeline.
pub const MAX_BORDER: u32 = 32;
/// Largest font that nvdsosd draws.
pub const MAX_FONT_SIZE: u32 = 200;
/// Longest trace, so that its memory is bounded.
pub const MAX_TRACE: u32 = 256;

/// A whole style.
#[derive(Debug, Clone)]
pub struct Style {
    /// Texts of every frame, `None` where the style has none and the element's own text serves.
    pub texts: Option<Vec<FrameText>>,
    /// How objects look; see [`super::Resolver`].
    pub sections: Sections,
    /// Colours by class or by track.
    pub palette: Palette,
    /// Areas, in the order that the counts of a template have.
    pub zones: Vec<Zone>,
    /// Lines whose crossings are counted, in the order that the counts of a template have.
    pub lines: Vec<Line>,
    /// A track that was not seen for this long is forgotten.
    pub trace_timeout: Duration,
    /// Whether any object may be redacted.
    pub redacts: bool,
    /// What happens to hidden areas while nothing is known of them.
    pub redaction: Redaction,
}

/// One text of the frame.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameText {
    pub template: Template,
    pub position: TextPosition,
    pub font: FontName,
    /// Points at 96 dpi.
    pub size: u32,
    /// `None` draws no letters, and so nothing.
    pub color: Option<Color>,
    pub background: Option<Color>,
}

/// Where a text of the frame goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TextPosition {
    /// Upper left corner of the text.
    At(Point),
    /// A corner or edge of the frame; texts of the same place are stacked.
    Named(Corner),
}

/// Places in the frame that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corner {
    TopLeft,
    Top,
    TopRight,
    BottomLeft,
    Bottom,
    BottomRight,
}

/// A colour that may depend on the object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Paint {
    /// Nothing is drawn.
    None,
    Fixed(Color),
    /// The object's colour of the palette with this alpha. Without a palette, the border colour
    /// that the object came with.
    Palette {
        alpha: f64,
    },
    /// Black or white, whichever is easier to read on the text's background.
    Contrast,
}

/// What chooses an object's colour of the palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaletteBy {
    #[default]
    None,
    Class,
    /// By track id; by class as long as there is none.
    Track,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoxStyle {
    Full,
    Corners,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelPosition {
    Above,
    Inside,
    Below,
}

/// How objects of one kind are drawn. What is `None` stays as other elements set it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectStyle {
    /// Draws nothing of the object but what hides it: `redact` goes before.
    pub hide: bool,
    /// Objects below are not drawn, as with `hide`. Objects without a confidence are.
    pub min_confidence: f32,
    pub palette: PaletteBy,
    pub box_style: Option<BoxStyle>,
    /// 0..=32, the OSD's limit.
    pub border_width: Option<u32>,
    pub border_color: Option<Paint>,
    pub fill: Option<Paint>,
    /// Arm of a corner as a part of the box's shorter side, 0..=0.5.
    pub corner_length: f32,
    pub label: Option<Arc<Label>>,
    pub label_position: Option<LabelPosition>,
    pub font: Option<FontName>,
    pub font_size: Option<u32>,
    pub text_color: Option<Paint>,
    pub text_background: Option<Paint>,
    pub shapes: ObjectShapes,
    pub redact: Option<Redact>,
}

/// Shapes that are drawn for an object, besides its box.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectShapes {
    /// Radius of a filled dot in the box's centre, 0 for none.
    pub dot: u32,
    /// Radius of filled dots at the object's key points, 0 for none.
    pub key_points: u32,
    /// Which key points are joined by lines.
    pub skeleton: Skeleton,
    /// Whether the lines of each limb have a colour of the palette, not the shapes' colour.
    pub limb_colors: bool,
    /// Arm of a cross in the box's centre, 0 for none.
    pub centre_cross: u32,
    /// A circle around the middle of the box's lower edge.
    pub foot_circle: Option<CircleSize>,
    /// An arrow from the centre to where it will be after this many frames at its present speed,
    /// 0 for none.
    pub motion_arrow: u32,
    /// The last so many positions as a line, 0 for none.
    pub trace: u32,
    /// Colour of all of them.
    pub color: Paint,
    /// Width of lines, 1..=32.
    pub width: u32,
}

impl ObjectShapes {
    /// Whether positions of the past are needed.
    pub fn needs_track(&self) -> bool {
        self.motion_arrow > 0 || self.trace > 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CircleSize {
    /// Half the width of the box.
    Box,
    Radius(u32),
}

/// What of an object is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RedactArea {
    /// All of its box.
    #[default]
    Box,
    /// The eyes, by its key points.
    Eyes,
    /// The face, by its key points.
    Face,
    /// The box around its mask.
    Mask,
}

/// An opaque cover over the object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Redact {
    pub area: RedactArea,
    /// Added on each side, as a part of the box's width or height.
    pub margin: f32,
    /// Opaque, which the parser checks.
    pub color: Color,
}

/// What is done for redacted classes while there are no results.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Redaction {
    /// For how many frames the last boxes stay.
    pub hold: u32,
    /// By how many pixels they grow on each side with every such frame.
    pub growth: f32,
    /// What happens where no boxes are known, or no longer.
    pub when_unknown: WhenUnknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUnknown {
    /// Nothing is hidden.
    Nothing,
    /// The whole frame is.
    Frame,
}

/// Which objects count in a zone or at a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Classes by number or label; empty for all.
    pub classes: Vec<ClassName>,
    /// Sources that have the zone or line at all; empty for all.
    pub sources: Vec<u32>,
}

/// Which zones and lines of a style count a kind of objects, in the style's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    pub zones: Vec<bool>,
    pub lines: Vec<bool>,
}

impl Filter {
    pub fn has_source(&self, source: u32) -> bool {
        self.sources.is_empty() || self.sources.contains(&source)
    }
}

/// What zones and lines have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    pub name: String,
    pub filter: Filter,
    pub anchor: Anchor,
    /// `None` counts without drawing.
    pub color: Option<Color>,
    /// Of the line drawn, 1..=32.
    pub width: u32,
    /// Written beside it; empty for nothing.
    pub label: Template,
    pub font: FontName,
    pub font_size: u32,
}

/// An area whose objects are counted.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    pub mark: Mark,
    /// Three or more corners.
    pub points: Vec<Point>,
}

/// A line whose crossings are counted by track.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub mark: Mark,
    /// Who walks from `a` to `b` on the screen has the "in" side on the right: a crossing towards
    /// the right counts in, towards the left out.
    pub a: Point,
    pub b: Point,
}

/// The colours by class or track.
#[derive(Debug, Clone, PartialEq)]
pub struct Palette(pub Vec<Color>);

impl Palette {
    /// The colour of a number; numbers beyond the palette begin again.
    pub fn color(&self, number: u64) -> Color {
        match self.0.len() {
            0 => Color::RED,
            len => self.0[(number % len as u64) as usize],
        }
    }
}

/// An object, as the code that draws shapes sees it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub style: &'a ObjectStyle,
    /// Which of [`Style::zones`] and [`Style::lines`] count objects of its kind.
    pub counted: &'a Counted,
    /// Track id, `None` before a tracker.
    pub track: Option<u64>,
    /// Box in pixels of the frame, as it came: not checked for NaN or sign.
    pub rect: Rect,
    /// The same before it was cut at the frame's edges, where that is known.
    pub whole: Rect,
    /// Degrees by which the box is turned about its centre.
    pub rotation: f32,
    /// Its corners, if it is turned and nvdsosd does not turn boxes: before DeepStream 9.0.
    pub outline: Option<Corners>,
    /// False with `hide` or below `min_confidence`: only `redact` is drawn then, and zones and lines
    /// still count it.
    pub visible: bool,
    /// Its key points and its mask, where what is to be covered is told by them.
    pub points: &'a [KeyPoint],
    pub mask: Option<Mask<'a>>,
    /// For corners of a box: colour and width that the border has.
    pub border_color: Option<Color>,
    pub border_width: u32,
    /// Colour of its shapes, `None` for nothing.
    pub shape_color: Option<Color>,
}

/// What templates tell of zones and lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts<'a> {
    /// Objects now in each of [`Style::zones`].
    pub zones: &'a [u32],
    /// Crossings so far of each of [`Style::lines`], in and out.
    pub lines: &'a [(u64, u64)],
}
