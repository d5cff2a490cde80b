//! What a configuration asks of a source, in pixels of its frames.

use std::sync::Arc;

use super::geometry::{Direction, Line, Point, float, scale};

/// Classes a rule is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Classes(pub(super) Vec<i32>);

impl Classes {
    /// All where the list is empty or has -1.
    pub(super) fn have(&self, class: i32) -> bool {
        self.0.is_empty() || self.0.contains(&-1) || self.0.contains(&class)
    }
}

/// `roi-filtering-stream-N`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Roi {
    pub(super) label: Arc<str>,
    pub(super) enable: bool,
    pub(super) corners: Vec<Point>,
    /// Objects outside count.
    pub(super) inverse: bool,
    pub(super) classes: Classes,
}

/// `overcrowding-stream-N`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Crowd {
    pub(super) label: Arc<str>,
    pub(super) enable: bool,
    pub(super) corners: Vec<Point>,
    /// How many objects are a crowd.
    pub(super) threshold: u32,
    pub(super) classes: Classes,
}

/// `line-crossing-stream-N`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Crossing {
    pub(super) label: Arc<str>,
    pub(super) enable: bool,
    /// The arrow's two ends, then the line's.
    pub(super) points: [Point; 4],
    /// The line goes on beyond its ends.
    pub(super) extended: bool,
    pub(super) mode: Mode,
    pub(super) classes: Classes,
}

/// `direction-detection-stream-N`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Heading {
    pub(super) label: Arc<str>,
    pub(super) enable: bool,
    pub(super) from: Point,
    pub(super) to: Point,
    pub(super) classes: Classes,
}

/// How much an object must move, and how straight, to cross a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Loose,
    Balanced,
    Strict,
}

/// What a [`Mode`] asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Square of a distance in pixels, which is to be exceeded.
    pub(super) moved: i32,
    /// Least cosine of the angle to the arrow.
    pub(super) straight: f32,
    /// Frames that the object has been there for, which are to be exceeded.
    pub(super) frames: u64,
}

impl Mode {
    pub(super) fn demand(self) -> Demand {
        let (moved, straight, frames) = match self {
            Self::Loose => (1000, 0.1, 3),
            Self::Balanced => (3000, 0.5, 10),
            Self::Strict => (6000, 0.8, 20),
        };
        Demand {
            moved,
            straight,
            frames,
        }
    }
}

/// The rules of one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rules {
    pub(super) rois: Vec<Roi>,
    pub(super) crowds: Vec<Crowd>,
    pub(super) crossings: Vec<Crossing>,
    pub(super) headings: Vec<Heading>,
}

impl Rules {
    /// The same on frames of another size.
    pub(super) fn scaled(&self, by: (f32, f32)) -> Self {
        let mut rules = self.clone();
        let areas = rules.rois.iter_mut().map(|roi| &mut roi.corners);
        let areas = areas.chain(rules.crowds.iter_mut().map(|crowd| &mut crowd.corners));
        let lines = rules.crossings.iter_mut().flat_map(|line| &mut line.points);
        let ends = rules.headings.iter_mut();
        let ends = ends.flat_map(|heading| [&mut heading.from, &mut heading.to]);
        for point in areas.flatten().chain(lines).chain(ends) {
            *point = scale(*point, by);
        }
        rules
    }
}

/// Which side of a line objects come from, where the arrow tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// From where distances are above 0.
    Above,
    Below,
}

/// A line to be crossed, ready for use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate {
    pub(super) line: Line,
    pub(super) arrow: Direction,
    /// `None` where the arrow is along the line, or has no length.
    pub(super) from: Option<From>,
}

impl Gate {
    pub(super) fn of(points: &[Point; 4]) -> Self {
        let [tail, tip, start, end] = points.map(float);
        let line = Line::through(start, end);
        let arrow = Direction::between(tail, tip);
        let from = Line::through(tail, tip).meet(&line).and_then(|met| {
            // From either end of the arrow, whether its direction leads to the line.
            let side = |end: (f64, f64), above: f64| {
                let leads = Direction::between(end, met).along(arrow);
                let distance = line.distance(end);
                let from = if leads.abs() <= 0.99 || leads.is_nan() {
                    return None;
                } else if distance > above {
                    leads > 0.0
                } else if distance < above {
                    leads < 0.0
                } else {
                    return None;
                };
                Some(if from { From::Above } else { From::Below })
            };
            side(tail, 1e-5).or_else(|| side(tip, 0.0))
        });
        Self { line, arrow, from }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_all_or_some() {
        for (list, class, has) in [
            (vec![], 7, true),
            (vec![2, -1], 7, true),
            (vec![2, 7], 7, true),
            (vec![2], 7, false),
            (vec![2], -1, false),
        ] {
            assert_eq!(Classes(list.clone()).have(class), has, "{list:?} {class}");
        }
    }

    #[test]
    fn an_arrow_tells_the_side_wherever_it_stands() {
        let level = [(0, 100), (200, 100)];
        let from = |tail, tip| Gate::of(&[tail, tip, level[0], level[1]]).from;
        let down = from((50, 10), (50, 190)).unwrap();
        let up = if down == From::Above {
            From::Below
        } else {
            From::Above
        };
        for (tail, tip, expected) in [
            ((50, 10), (50, 90), Some(down)),
            ((50, 110), (50, 190), Some(down)),
            ((50, 100), (50, 190), Some(down)),
            ((50, 190), (50, 10), Some(up)),
            ((50, 90), (50, 10), Some(up)),
            ((0, 50), (90, 50), None),
            ((50, 10), (50, 10), None),
        ] {
            assert_eq!(from(tail, tip), expected, "{tail:?} {tip:?}");
        }
        assert_eq!(Gate::of(&[(0, 0), (9, 9), (5, 5), (5, 5)]).from, None);
    }

    #[test]
    fn rules_go_with_the_frames_size() {
        let roi = Roi {
            label: "a".into(),
            enable: true,
            corners: vec![(100, 99), (1919, 1)],
            inverse: false,
            classes: Classes::default(),
        };
        let heading = Heading {
            label: "b".into(),
            enable: true,
            from: (1, 3),
            to: (5, 7),
            classes: Classes::default(),
        };
        let rules = Rules {
            rois: vec![roi],
            headings: vec![heading],
            ..Rules::default()
        };
        let half = rules.scaled((0.5, 0.25));
        assert_eq!(half.rois[0].corners, [(50, 24), (959, 0)]);
        assert_eq!(
            (half.headings[0].from, half.headings[0].to),
            ((0, 0), (2, 1))
        );
    }
}
