//! Boxes that are turned around their centres: how they lie in a frame, and how much two of them overlap.
//!
//! The overlap is that of the trainers (ProbIoU, arXiv 2106.06072): each box is taken for a normal
//! distribution with the box's mean and covariance, and 1 less the Hellinger distance of two of them
//! stands for their intersection over union. It knows no difference between a box and the same one
//! turned by half a turn.

use crate::boxes::detection::Corners;

/// A turned box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Turned {
    /// Centre.
    pub x: f32,
    pub y: f32,
    /// Along the box's own axes.
    pub width: f32,
    pub height: f32,
    /// In radians, clockwise on the screen, from the frame's x axis to the box's.
    pub angle: f32,
}

impl Turned {
    /// A box by the sides that it has before it is turned.
    pub fn of(corners: &Corners) -> Self {
        Self {
            x: 0.5 * (corners.x_min + corners.x_max),
            y: 0.5 * (corners.y_min + corners.y_max),
            width: corners.x_max - corners.x_min,
            height: corners.y_max - corners.y_min,
            angle: corners.angle,
        }
    }

    /// The box where x and y are scaled and moved. With two scales a turned box becomes a parallelogram:
    /// then width and height are those of its sides, and the angle is that of the longer ones.
    pub fn mapped(&self, scale: (f32, f32), bias: (f32, f32)) -> Self {
        let (x, y) = (self.x * scale.0 + bias.0, self.y * scale.1 + bias.1);
        if (scale.0 - scale.1).abs() <= 1e-6 * scale.0.abs() {
            return Self {
                x,
                y,
                width: self.width * scale.0,
                height: self.height * scale.0,
                angle: self.angle,
            };
        }
        let (sin, cos) = self.angle.sin_cos();
        let width = self.width * (scale.0 * cos).hypot(scale.1 * sin);
        let height = self.height * (scale.0 * sin).hypot(scale.1 * cos);
        let turned = match width >= height {
            true => (scale.1 * sin).atan2(scale.0 * cos),
            false => (scale.0 * sin).atan2(scale.1 * cos),
        };
        // Networks have ranges of angles of their own: it stays in the turn that it is in.
        let angle = self.angle + (turned - sin.atan2(cos));
        Self {
            x,
            y,
            width,
            height,
            angle,
        }
    }

    /// Half of the width and height of the upright box around it.
    pub fn reach(&self) -> (f32, f32) {
        let (sin, cos) = self.angle.sin_cos();
        let (sin, cos) = (sin.abs(), cos.abs());
        (
            0.5 * (self.width * cos + self.height * sin),
            0.5 * (self.width * sin + self.height * cos),
        )
    }

    pub fn is_finite(&self) -> bool {
        [self.x, self.y, self.width, self.height, self.angle]
            .iter()
            .all(|number| number.is_finite())
    }

    /// The distribution that stands for it.
    pub fn spread(&self) -> Spread {
        let (width, height) = (f64::from(self.width), f64::from(self.height));
        let (a, b) = (width * width / 12.0, height * height / 12.0);
        let (sin, cos) = f64::from(self.angle).sin_cos();
        Spread {
            x: f64::from(self.x),
            y: f64::from(self.y),
            xx: a * cos * cos + b * sin * sin,
            yy: a * sin * sin + b * cos * cos,
            xy: (a - b) * cos * sin,
            area: a * b,
        }
    }
}

/// A normal distribution in the plane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    x: f64,
    y: f64,
    /// Covariance.
    xx: f64,
    yy: f64,
    xy: f64,
    /// Its determinant.
    area: f64,
}

/// What keeps divisions and logarithms in range, as the trainers have it.
const EPS: f64 = 1e-7;
/// The greatest distance that is told from others.
const FARTHEST: f64 = 100.0;

impl Spread {
    /// How much two boxes overlap, 0 to 1.
    pub fn overlap(&self, other: &Self) -> f32 {
        let (xx, yy, xy) = (self.xx + other.xx, self.yy + other.yy, self.xy + other.xy);
        let (dx, dy) = (other.x - self.x, self.y - other.y);
        let both = xx * yy - xy * xy;
        let apart = 0.25 * (xx * dy * dy + yy * dx * dx) / (both + EPS);
        let askew = 0.5 * xy * dx * dy / (both + EPS);
        let alone = 4.0 * (self.area.max(0.0) * other.area.max(0.0)).sqrt();
        let unlike = 0.5 * (both / (alone + EPS) + EPS).ln();
        let distance = (apart + askew + unlike).clamp(EPS, FARTHEST);
        (1.0 - (1.0 - (-distance).exp() + EPS).sqrt()) as f32
    }

    /// Whether two boxes are certain to overlap by less than `least`, which is more than 0: most are, and are spared
    /// the arithmetic.
    pub fn is_far(&self, other: &Self, limit: f64) -> bool {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        let spread = self.xx + self.yy + other.xx + other.yy;
        0.25 * (dx * dx + dy * dy) > limit * (spread + EPS)
    }
}

/// The distance of two distributions beyond which they overlap by less than `least`; infinite if none is.
pub(crate) fn farthest(least: f32) -> f64 {
    // From 1 less the root, and with room for rounding.
    let root = 1.0 - f64::from(least).clamp(0.0, 1.0);
    let inside = 1.0 - root * root + EPS;
    let limit = -inside.ln();
    if least > 0.01 {
        limit + 1e-3
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::{FRAC_PI_2, PI};

    use super::*;

    const BOX: Turned = Turned {
        x: 50.0,
        y: 40.0,
        width: 30.0,
        height: 10.0,
        angle: 0.4,
    };

    #[test]
    fn a_box_overlaps_itself_however_it_is_written() {
        let same = [
            BOX,
            Turned {
                angle: BOX.angle + PI,
                ..BOX
            },
            Turned {
                width: BOX.height,
                height: BOX.width,
                angle: BOX.angle - FRAC_PI_2,
                ..BOX
            },
        ];
        for other in same {
            let overlap = BOX.spread().overlap(&other.spread());
            assert!(overlap > 0.999, "{other:?}: {overlap}");
        }
        let across = Turned {
            angle: BOX.angle + FRAC_PI_2,
            ..BOX
        };
        let overlap = BOX.spread().overlap(&across.spread());
        assert!((0.2..0.5).contains(&overlap), "{overlap}");
    }

    #[test]
    fn far_boxes_are_far() {
        for least in [0.02, 0.1, 0.45, 0.7, 0.99] {
            let limit = farthest(least);
            for step in 0..400 {
                let other = Turned {
                    x: BOX.x + 0.25 * step as f32,
                    y: BOX.y - 0.1 * step as f32,
                    angle: 0.05 * step as f32,
                    ..BOX
                };
                let (a, b) = (BOX.spread(), other.spread());
                if a.is_far(&b, limit) {
                    assert!(a.overlap(&b) < least, "{least} {step}");
                } else {
                    assert!(step < 300 || least < 0.05, "{least} {step}");
                }
            }
        }
        assert_eq!(farthest(0.0), f64::INFINITY);
    }

    #[test]
    fn two_scales_keep_the_longer_side() {
        for angle in [0.0, 0.3, 1.2, -0.7, 2.4, 4.0, -3.5] {
            for (width, height) in [(30.0, 10.0), (10.0, 30.0)] {
                let one = Turned {
                    angle,
                    width,
                    height,
                    ..BOX
                };
                let mapped = one.mapped((2.0, 3.0), (1.0, -1.0));
                assert_eq!((mapped.x, mapped.y), (101.0, 119.0));
                assert!((mapped.angle - angle).abs() < 0.4, "{mapped:?}");
                // The end of the axis, mapped as a point.
                let along = match width > height {
                    true => (angle.cos(), angle.sin()),
                    false => (-angle.sin(), angle.cos()),
                };
                let (x, y) = (2.0 * 15.0 * along.0, 3.0 * 15.0 * along.1);
                let (sin, cos) = mapped.angle.sin_cos();
                let (have_x, have_y) = match width > height {
                    true => (0.5 * mapped.width * cos, 0.5 * mapped.width * sin),
                    false => (-0.5 * mapped.height * sin, 0.5 * mapped.height * cos),
                };
                assert!(
                    (x - have_x).abs() < 1e-3 && (y - have_y).abs() < 1e-3,
                    "{mapped:?}"
                );
            }
        }
        // One scale changes no angle, not even by rounding.
        let mapped = BOX.mapped((2.5, 2.5), (0.0, 0.0));
        assert_eq!((mapped.angle, mapped.width), (BOX.angle, 75.0));
    }

    #[test]
    fn the_reach_is_that_of_the_corners() {
        let (x, y) = BOX.reach();
        let (sin, cos) = BOX.angle.sin_cos();
        assert!((x - (15.0 * cos + 5.0 * sin)).abs() < 1e-4);
        assert!((y - (15.0 * sin + 5.0 * cos)).abs() < 1e-4);
    }
}
