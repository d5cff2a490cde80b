//! Shapes as the OSD takes them, and their places in the C structs.

use nvds_sys as c;

use crate::text::{Color, Rect, RectStyle};

/// All that the OSD knows of a box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RectParams {
    /// Place in pixels of the frame.
    pub rect: Rect,
    /// Border and fill.
    pub style: RectStyle,
    /// Rotation about the middle in degrees, clockwise. Before DeepStream 9.0, which cannot: read
    /// as 0, and not written.
    pub rotation: f32,
}

impl RectParams {
    /// A box that is not turned.
    pub const fn new(rect: Rect, style: RectStyle) -> Self {
        Self {
            rect,
            style,
            rotation: 0.0,
        }
    }

    pub(crate) const fn from_c(raw: &c::NvOSD_RectParams) -> Self {
        Self {
            rect: Rect {
                left: raw.left,
                top: raw.top,
                width: raw.width,
                height: raw.height,
            },
            style: RectStyle {
                border_width: raw.border_width,
                border_color: Color::from_c(raw.border_color),
                fill: fill(raw.has_bg_color != 0, raw.bg_color),
            },
            rotation: raw.rotation_angle,
        }
    }

    pub(crate) const fn to_c(self) -> c::NvOSD_RectParams {
        let (has_bg_color, bg_color) = fill_to_c(self.style.fill);
        c::NvOSD_RectParams {
            left: self.rect.left,
            top: self.rect.top,
            width: self.rect.width,
            height: self.rect.height,
            border_width: self.style.border_width,
            border_color: self.style.border_color.to_c(),
            has_bg_color: has_bg_color as u32,
            reserved: 0,
            bg_color,
            has_color_info: 0,
            color_id: 0,
            rotation_angle: self.rotation,
        }
    }
}

/// A line, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Line {
    pub from: (u32, u32),
    pub to: (u32, u32),
    /// Width in pixels, 0..=32 (the OSD stops the pipeline above 32).
    pub width: u32,
    pub color: Color,
}

impl Line {
    pub(crate) const fn from_c(raw: &c::NvOSD_LineParams) -> Self {
        Self {
            from: (raw.x1, raw.y1),
            to: (raw.x2, raw.y2),
            width: raw.line_width,
            color: Color::from_c(raw.line_color),
        }
    }

    pub(crate) const fn to_c(self) -> c::NvOSD_LineParams {
        c::NvOSD_LineParams {
            x1: self.from.0,
            y1: self.from.1,
            x2: self.to.0,
            y2: self.to.1,
            line_width: self.width,
            line_color: self.color.to_c(),
        }
    }
}

/// Which end of an arrow has the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ArrowHead {
    Start,
    End,
    Both,
}

impl ArrowHead {
    /// The head of a number of `NvOSD_Arrow_Head_Direction`. Any other is drawn at both ends.
    pub const fn from_number(number: u32) -> Self {
        match number {
            c::NvOSD_Arrow_Head_Direction_START_HEAD => Self::Start,
            c::NvOSD_Arrow_Head_Direction_END_HEAD => Self::End,
            _ => Self::Both,
        }
    }

    /// The number in `NvOSD_Arrow_Head_Direction`.
    pub const fn number(self) -> u32 {
        match self {
            Self::Start => c::NvOSD_Arrow_Head_Direction_START_HEAD,
            Self::End => c::NvOSD_Arrow_Head_Direction_END_HEAD,
            Self::Both => c::NvOSD_Arrow_Head_Direction_BOTH_HEAD,
        }
    }
}

/// An arrow, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Arrow {
    pub from: (u32, u32),
    pub to: (u32, u32),
    /// Width in pixels, 0..=32 (the OSD stops the pipeline above 32).
    pub width: u32,
    pub head: ArrowHead,
    pub color: Color,
}

impl Arrow {
    pub(crate) const fn from_c(raw: &c::NvOSD_ArrowParams) -> Self {
        Self {
            from: (raw.x1, raw.y1),
            to: (raw.x2, raw.y2),
            width: raw.arrow_width,
            head: ArrowHead::from_number(raw.arrow_head),
            color: Color::from_c(raw.arrow_color),
        }
    }

    pub(crate) const fn to_c(self) -> c::NvOSD_ArrowParams {
        c::NvOSD_ArrowParams {
            x1: self.from.0,
            y1: self.from.1,
            x2: self.to.0,
            y2: self.to.1,
            arrow_width: self.width,
            arrow_head: self.head.number(),
            arrow_color: self.color.to_c(),
            reserved: 0,
        }
    }
}

/// A circle, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Circle {
    pub center: (u32, u32),
    pub radius: u32,
    /// Width of the ring in pixels; 0 is drawn as 2. Before DeepStream 6.4, which draws no other
    /// ring, and where it is not known whether it is an earlier one: read as 0, and not written.
    pub width: u32,
    pub color: Color,
    /// Fill, if any.
    pub fill: Option<Color>,
}

impl Circle {
    pub(crate) const fn from_c(raw: &c::NvOSD_CircleParams, has_width: bool) -> Self {
        Self {
            center: (raw.xc, raw.yc),
            radius: raw.radius,
            width: if has_width { raw.circle_width } else { 0 },
            color: Color::from_c(raw.circle_color),
            fill: fill(raw.has_bg_color != 0, raw.bg_color),
        }
    }

    pub(crate) const fn to_c(self, has_width: bool) -> c::NvOSD_CircleParams {
        let (has_bg_color, bg_color) = fill_to_c(self.fill);
        c::NvOSD_CircleParams {
            xc: self.center.0,
            yc: self.center.1,
            radius: self.radius,
            circle_color: self.color.to_c(),
            has_bg_color: has_bg_color as u32,
            bg_color,
            circle_width: if has_width { self.width } else { 0 },
            reserved: 0,
        }
    }
}

/// A colour that counts only with its flag.
pub(crate) const fn fill(flag: bool, color: c::NvOSD_ColorParams) -> Option<Color> {
    if flag {
        Some(Color::from_c(color))
    } else {
        None
    }
}

/// The flag and the colour of a fill.
pub(crate) const fn fill_to_c(fill: Option<Color>) -> (bool, c::NvOSD_ColorParams) {
    match fill {
        Some(color) => (true, color.to_c()),
        None => (false, Color::new(0.0, 0.0, 0.0, 0.0).to_c()),
    }
}
