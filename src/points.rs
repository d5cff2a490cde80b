//! What the key points of usual networks are, by their number.

/// A usual set of key points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set {
    /// As styles call it.
    pub name: &'static str,
    /// The points' names, in the networks' order.
    pub points: &'static [&'static str],
}

/// Every set. Left and right are those of who is seen, but for five points of a face: some networks take the picture's.
pub static SETS: [Set; 5] = [
    Set {
        name: "coco17",
        points: &[
            "nose",
            "left-eye",
            "right-eye",
            "left-ear",
            "right-ear",
            "left-shoulder",
            "right-shoulder",
            "left-elbow",
            "right-elbow",
            "left-wrist",
            "right-wrist",
            "left-hip",
            "right-hip",
            "left-knee",
            "right-knee",
            "left-ankle",
            "right-ankle",
        ],
    },
    Set {
        name: "face5",
        points: &["eye-1", "eye-2", "nose", "mouth-corner-1", "mouth-corner-2"],
    },
    Set {
        name: "face6",
        points: &[
            "right-eye",
            "left-eye",
            "nose",
            "mouth",
            "right-ear",
            "left-ear",
        ],
    },
    Set {
        name: "hand21",
        points: &[
            "wrist",
            "thumb-cmc",
            "thumb-mcp",
            "thumb-ip",
            "thumb-tip",
            "index-mcp",
            "index-pip",
            "index-dip",
            "index-tip",
            "middle-mcp",
            "middle-pip",
            "middle-dip",
            "middle-tip",
            "ring-mcp",
            "ring-pip",
            "ring-dip",
            "ring-tip",
            "little-mcp",
            "little-pip",
            "little-dip",
            "little-tip",
        ],
    },
    Set {
        name: "plate4",
        points: &["corner-1", "corner-2", "corner-3", "corner-4"],
    },
];

/// The set with so many points.
pub fn of(count: usize) -> Option<&'static Set> {
    SETS.iter().find(|set| set.points.len() == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_told_by_their_number() {
        for set in &SETS {
            assert_eq!(of(set.points.len()), Some(set));
            let mut names = set.points.to_vec();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), set.points.len(), "{}", set.name);
        }
        assert_eq!(of(0), None);
    }
}
