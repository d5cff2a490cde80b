//! The ways in which four numbers are a box.

use std::fmt;

use super::detection::Corners;

/// What the four numbers of a box, an encoding or an anchor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BoxForm {
    /// x_min, y_min, x_max, y_max. Encodings of an SSD in this order: x before y.
    Xyxy,
    /// y_min, x_min, y_max, x_max. Encodings of an SSD in this order: y before x.
    Yxyx,
    /// x and y of the centre, width, height.
    Xywh,
    /// y and x of the centre, height, width.
    Yxhw,
}

impl fmt::Display for BoxForm {
    /// As settings name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl BoxForm {
    /// Every form.
    pub const ALL: [Self; 4] = [Self::Xyxy, Self::Yxyx, Self::Xywh, Self::Yxhw];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xyxy => "xyxy",
            Self::Yxyx => "yxyx",
            Self::Xywh => "xywh",
            Self::Yxhw => "yxhw",
        }
    }

    /// Whether x comes before y.
    pub fn is_x_first(self) -> bool {
        matches!(self, Self::Xyxy | Self::Xywh)
    }

    /// The sides of a box.
    pub fn corners(self) -> fn([f32; 4]) -> Corners {
        match self {
            Self::Xyxy => xyxy,
            Self::Yxyx => yxyx,
            Self::Xywh => xywh,
            Self::Yxhw => yxhw,
        }
    }

    /// Centre x, centre y, width and height of a box.
    pub(crate) fn centred(self, [a, b, c, d]: [f32; 4]) -> [f32; 4] {
        let middle = |low: f32, high: f32| low + 0.5 * (high - low);
        match self {
            Self::Yxhw => [b, a, d, c],
            Self::Xywh => [a, b, c, d],
            Self::Yxyx => [middle(b, d), middle(a, c), d - b, c - a],
            Self::Xyxy => [middle(a, c), middle(b, d), c - a, d - b],
        }
    }
}

pub(crate) fn xyxy([x_min, y_min, x_max, y_max]: [f32; 4]) -> Corners {
    Corners {
        x_min,
        y_min,
        x_max,
        y_max,
        angle: 0.0,
    }
}

pub(crate) fn yxyx([y_min, x_min, y_max, x_max]: [f32; 4]) -> Corners {
    xyxy([x_min, y_min, x_max, y_max])
}

pub(crate) fn xywh([x, y, width, height]: [f32; 4]) -> Corners {
    let (half_x, half_y) = (0.5 * width, 0.5 * height);
    xyxy([x - half_x, y - half_y, x + half_x, y + half_y])
}

pub(crate) fn yxhw([y, x, height, width]: [f32; 4]) -> Corners {
    xywh([x, y, width, height])
}
