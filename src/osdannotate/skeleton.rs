//! Which key points of an object are joined by lines.

use std::sync::Arc;

use nvds::Color;

use crate::skeleton::Skeleton as Own;

/// The points of a body, a face or a hand in a usual order, or those of a file, and which of them are joined.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Skeleton {
    /// None are.
    #[default]
    None,
    /// 17 points of a person, as in COCO.
    Coco17,
    /// Five points of a face: eyes, nose and the corners of the mouth.
    Face5,
    /// 21 points of a hand, as MediaPipe has them.
    Hand21,
    /// What a file says.
    Own(Arc<Own>),
}

/// Names in styles.
pub const NAMES: [(&str, Skeleton); 4] = [
    ("none", Skeleton::None),
    ("coco17", Skeleton::Coco17),
    ("face5", Skeleton::Face5),
    ("hand21", Skeleton::Hand21),
];

/// From the ankles up to the ears. Limbs are the legs, the trunk, the arms and the head.
const COCO17: [(usize, usize); 19] = [
    (15, 13),
    (13, 11),
    (16, 14),
    (14, 12),
    (11, 12),
    (5, 11),
    (6, 12),
    (5, 6),
    (5, 7),
    (7, 9),
    (6, 8),
    (8, 10),
    (0, 1),
    (0, 2),
    (1, 2),
    (1, 3),
    (2, 4),
    (3, 5),
    (4, 6),
];

/// From the eyes by the nose to the mouth.
const FACE5: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4)];

/// The palm, and three lines of each finger.
const HAND21: [(usize, usize); 21] = [
    (0, 1),
    (0, 5),
    (5, 9),
    (9, 13),
    (13, 17),
    (0, 17),
    (1, 2),
    (2, 3),
    (3, 4),
    (5, 6),
    (6, 7),
    (7, 8),
    (9, 10),
    (10, 11),
    (11, 12),
    (13, 14),
    (14, 15),
    (15, 16),
    (17, 18),
    (18, 19),
    (19, 20),
];

impl Skeleton {
    /// Which limb a line is of, by its index: legs, trunk, arms and head of a person, palm and fingers of a hand, all of a
    /// face.
    pub fn limb(&self, line: usize) -> u64 {
        let (_, lines) = self.lines();
        let (from, to) = lines[line];
        let far = from.max(to);
        match self {
            Self::None | Self::Face5 => 0,
            Self::Own(own) => own.limb_of[line],
            Self::Coco17 => match (from.min(to), far) {
                // To a knee or an ankle, left ones are odd.
                (11.., 13 | 15) => 0,
                (11.., 14 | 16) => 1,
                (0..5, _) => 5,
                (_, 7 | 9) => 3,
                (_, 8 | 10) => 4,
                _ => 2,
            },
            Self::Hand21 => match (from.min(to), far) {
                // From finger to finger, and from the wrist to the little one.
                (0, 5..) | (5, 9) | (9, 13) | (13, 17) => 0,
                _ => (far as u64 - 1) / 4 + 1,
            },
        }
    }

    /// The colour that a limb has of its own.
    pub fn color(&self, limb: u64) -> Option<Color> {
        match self {
            Self::Own(own) => own.colors[limb as usize],
            _ => None,
        }
    }

    /// How many points there must be, and which are joined.
    pub fn lines(&self) -> (usize, &[(usize, usize)]) {
        match self {
            Self::None => (0, &[]),
            Self::Coco17 => (17, &COCO17),
            Self::Face5 => (5, &FACE5),
            Self::Hand21 => (21, &HAND21),
            Self::Own(own) => (own.points.len(), &own.lines),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limbs_are_of_lines_that_hang_together() {
        let limbs = |skeleton: Skeleton| -> Vec<u64> {
            let (_, lines) = skeleton.lines();
            (0..lines.len()).map(|line| skeleton.limb(line)).collect()
        };
        assert_eq!(
            limbs(Skeleton::Coco17),
            [0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5]
        );
        let hand = limbs(Skeleton::Hand21);
        assert_eq!(
            hand,
            [
                1, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5
            ]
        );
    }

    #[test]
    fn the_names_of_points_are_as_many() {
        for (name, skeleton) in &NAMES[1..] {
            let set = crate::points::SETS.iter().find(|set| set.name == *name);
            assert_eq!(set.unwrap().points.len(), skeleton.lines().0);
        }
    }

    #[test]
    fn lines_join_points_that_there_are() {
        for (name, skeleton) in NAMES {
            let (count, lines) = skeleton.lines();
            let mut joined: Vec<usize> = lines.iter().flat_map(|&(a, b)| [a, b]).collect();
            joined.sort_unstable();
            joined.dedup();
            assert!(joined.into_iter().eq(0..count), "{name}");
        }
    }
}
