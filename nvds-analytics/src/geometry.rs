//! Points, zones and lines in the plane of a frame.
//!
//! - A point on a border belongs to one side of it only, so that zones that share a border never hold a point twice, and
//!   zones that fill an area hold each point of it once. The frame's right and lower edges belong to the zones that reach
//!   them, with the last column and row of pixels: [`within`].
//! - A line counts a track when its point has changed sides and the straight way from where it was last clearly on the
//!   one side to where it is first clearly on the other meets the line, its ends included. Clearly means by more than
//!   [`band`] pixels: an object that trembles on the line, walks along it or turns back is not counted, one that comes
//!   back across is counted once more, the other way round. Who walks around an end of the line is not counted.

/// A place in pixels of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// From the left edge.
    pub x: f32,
    /// From the upper edge.
    pub y: f32,
}

impl Point {
    /// A place.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Whether both coordinates are numbers, and not endless.
    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }

    /// Distance from the origin. Unlike `hypot`, it is one instruction, and endless for numbers that no frame has.
    pub fn length(self) -> f32 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// Distance to another place.
    pub fn distance(self, other: Self) -> f32 {
        Self::new(self.x - other.x, self.y - other.y).length()
    }
}

/// Which point of an object's box stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    /// Middle of the box.
    Centre,
    /// Middle of the lower edge.
    #[default]
    Foot,
}

impl Anchor {
    /// The point of a box with this left and upper edge, width and height.
    pub fn of(self, [left, top, width, height]: [f32; 4]) -> Point {
        let x = left + width / 2.0;
        match self {
            Self::Centre => Point::new(x, top + height / 2.0),
            Self::Foot => Point::new(x, top + height),
        }
    }

    /// The same in a frame of this height: who goes on below the frame stands on its lower edge.
    pub fn in_frame(self, rect: [f32; 4], height: u32) -> Point {
        let at = self.of(rect);
        match self {
            Self::Foot => Point::new(at.x, stands_at(at.y, height)),
            Self::Centre => at,
        }
    }
}

/// On which side of a line a track was last, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Side {
    /// 1 right, -1 left, 0 not known.
    pub side: i8,
    /// Where it was then.
    pub at: Point,
}

/// Half the width of the strip along a line that belongs to neither side, in a frame of this height: what a
/// detector's boxes tremble by.
pub fn band(height: u32) -> f32 {
    (height as f32 / 300.0).max(2.0)
}

/// A line in pixels of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Segment {
    /// Where it begins.
    pub a: Point,
    /// Where it ends. Who walks from `a` to `b` on the screen has the "in" side on the right.
    pub b: Point,
}

/// A track's way across a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// Towards the right of who walks from `a` to `b`.
    In,
    /// Towards the left.
    Out,
}

impl Segment {
    fn length(&self) -> f32 {
        self.a.distance(self.b)
    }

    /// Distance from the endless line, positive on its right; `None` if the line has no direction.
    fn distance(&self, at: Point) -> Option<f32> {
        let length = self.length();
        let (x, y) = (self.b.x - self.a.x, self.b.y - self.a.y);
        (length > 0.0).then(|| (x * (at.y - self.a.y) - y * (at.x - self.a.x)) / length)
    }

    /// Takes note of where a track is, and tells whether it has crossed the line.
    pub fn pass(&self, side: &mut Side, at: Point, band: f32) -> Option<Crossing> {
        let after = self.distance(at)?;
        if after.is_nan() || after.abs() <= band {
            return None;
        }
        let before = std::mem::replace(
            side,
            Side {
                side: if after > 0.0 { 1 } else { -1 },
                at,
            },
        );
        if before.side == 0 || before.side == side.side {
            return None;
        }
        // Where the way meets the endless line, as a part of the way, then as a part of the line.
        let distance = self.distance(before.at)?;
        let part = distance / (distance - after);
        let (x, y) = (
            before.at.x + part * (at.x - before.at.x) - self.a.x,
            before.at.y + part * (at.y - before.at.y) - self.a.y,
        );
        let length = self.length();
        let along = (x * (self.b.x - self.a.x) + y * (self.b.y - self.a.y)) / (length * length);
        // A thousandth of a pixel for what the division lost.
        let slack = 0.001 / length;
        (-slack..=1.0 + slack).contains(&along).then_some({
            if side.side > 0 {
                Crossing::In
            } else {
                Crossing::Out
            }
        })
    }
}

/// Where a foot stands, in a frame of this height: what is below is not seen.
fn stands_at(y: f32, height: u32) -> f32 {
    match height {
        0 => y,
        height => y.min(height as f32),
    }
}

/// A place, moved from the frame's right and lower edge into the last column and row of pixels: polygons do not own
/// their right and lower borders.
pub fn within(at: Point, (width, height): (u32, u32)) -> Point {
    Point::new(moved(at.x, width), moved(at.y, height))
}

fn moved(at: f32, side: u32) -> f32 {
    let last = side.saturating_sub(1) as f32;
    if last > 0.0 && at >= last && at <= side as f32 {
        last.next_down()
    } else {
        at
    }
}

/// Whether all corners lie on one side of a frame of this size, and beyond it.
pub(crate) fn is_beside(corners: &[Point], (width, height): (u32, u32)) -> bool {
    let (width, height) = (width as f32, height as f32);
    let all = |beyond: &dyn Fn(&Point) -> bool| corners.iter().all(beyond);
    all(&|p| p.x < 0.0) || all(&|p| p.y < 0.0) || all(&|p| p.x > width) || all(&|p| p.y > height)
}

/// Whether a point is inside a polygon.
pub fn inside(polygon: &[Point], at: Point) -> bool {
    let Some(mut before) = polygon.last() else {
        return false;
    };
    let mut inside = false;
    for corner in polygon {
        // An edge owns its upper end and not its lower one, so that a corner is met once.
        if (corner.y > at.y) != (before.y > at.y) {
            let x = corner.x + (at.y - corner.y) * (before.x - corner.x) / (before.y - corner.y);
            if at.x < x {
                inside = !inside;
            }
        }
        before = corner;
    }
    inside
}

#[cfg(test)]
mod tests;
