//! What to keep: the parameters of a run.

use std::sync::Arc;

/// What to keep. Build it from [`Params::default`], fields may be added.
///
/// It is built when settings change and lent to every run. A copy takes no heap
/// memory, so one per frame with another threshold costs nothing worth mention.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// The least score that is kept, of classes without a threshold of their own
    /// in [`classes`](Self::classes); equal is kept. 0.5 by default.
    pub score_threshold: f32,
    /// Which classes are kept, and their own thresholds; all by default, without any.
    pub classes: ClassRules,
    /// Of two boxes whose IoU is greater than this, 0 to 1, the one with the
    /// lower score is dropped. 0.3 by default. Of turned boxes it is their
    /// probabilistic IoU, and an equal one counts.
    pub nms_iou_threshold: f32,
    /// Which boxes suppress each other; as the layout needs it by default.
    pub nms_mode: NmsMode,
    /// The most detections per frame, all classes together; 0 (default) for all.
    pub top_k: usize,
    /// The most detections per frame of each class; 0 (default) for all. It is
    /// applied before [`top_k`](Self::top_k).
    pub top_k_per_class: usize,
    /// What becomes of boxes that cross the frame's edge; they are clipped by default.
    pub edge: EdgePolicy,
    /// Boxes must be wider than this, in frame pixels, as they are handed out;
    /// 0 by default.
    pub min_width: f32,
    /// Boxes must be higher than this, as above; 0 by default.
    pub min_height: f32,
    /// Boxes wider than this are dropped, as above; infinite by default.
    pub max_width: f32,
    /// Boxes higher than this are dropped, as above; infinite by default.
    pub max_height: f32,
    /// Classes below this are dropped, such as a background class; 0 by default.
    pub first_class: u32,
    /// Classes up to, not including, this are valid; 0 (default) for all.
    pub num_classes: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            score_threshold: 0.5,
            classes: ClassRules::default(),
            nms_iou_threshold: 0.3,
            nms_mode: NmsMode::default(),
            top_k: 0,
            top_k_per_class: 0,
            edge: EdgePolicy::default(),
            min_width: 0.0,
            min_height: 0.0,
            max_width: f32::INFINITY,
            max_height: f32::INFINITY,
            first_class: 0,
            num_classes: 0,
        }
    }
}

/// What becomes of a box that crosses the frame's edge, or, in secondary
/// inference, that of the object's box. One without any part inside is dropped,
/// unless the policy says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum EdgePolicy {
    /// The part outside is cut off: a box cut at the left or the top becomes
    /// narrower or lower, its right and lower sides stay where they are.
    #[default]
    Clip,
    /// The box is dropped. Networks that clip their boxes themselves deliver
    /// boxes that end at the edge; those do not cross it and are kept.
    Drop,
    /// The box is kept as it is, its sides at most [`EdgePolicy::REACH`] pixels
    /// outside the frame. Size limits and overlaps are those of the whole box.
    Keep,
    /// As [`Keep`](Self::Keep), also without any part inside: to compare with implementations that
    /// know of no frame.
    KeepAll,
}

impl EdgePolicy {
    /// How far outside the frame a side may lie, in pixels. Drawing code reads
    /// sides as C integers and computes with them, which must not overflow.
    pub const REACH: f32 = 32768.0;
}

/// Which boxes suppress each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NmsMode {
    /// As the network's layout needs it: none if the network did it itself, else those of the same class.
    #[default]
    Usual,
    /// Those of the same class.
    PerClass,
    /// All, so that one object has one class.
    Agnostic,
    /// None: for networks that do it themselves.
    None,
    /// Those of the same class, all at once: a box goes if any better one overlaps it by the threshold or more, whether
    /// that one stays or not. Turned boxes are trained with it.
    Fast,
    /// Those of the same class, and a box becomes the mean of itself and those that it suppresses, weighted by their
    /// scores; so do its key points. MediaPipe does so.
    Weighted,
}

impl NmsMode {
    /// This mode, or the usual one of the layout.
    pub(crate) fn or_usual(self, usual: Self) -> Self {
        match self {
            Self::Usual => usual,
            stated => stated,
        }
    }
}

/// Which classes are kept, and the thresholds of single classes. Cheap to copy.
///
/// ```
/// # use nvds_decode::ClassRules;
/// // Only classes 1 and 3; class 3 from a score of 0.7.
/// let rules = ClassRules::new(&[(3, 0.7)], &[1, 3]);
/// assert_eq!(rules.threshold(1, 0.5), 0.5);
/// assert_eq!(rules.threshold(3, 0.5), 0.7);
/// assert!(!rules.allows(2));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClassRules(Option<Arc<Table>>);

/// Classes below this are looked up by index. The largest networks know about
/// 1200.
const DENSE: u32 = 4096;
/// In place of a threshold: nothing is said of the class.
const COMMON: f32 = f32::NEG_INFINITY;
/// In place of a threshold, which no finite score reaches: not allowed.
const NEVER: f32 = f32::INFINITY;

#[derive(Debug, PartialEq)]
struct Table {
    /// By class, up to the last one of which anything is said.
    dense: Vec<f32>,
    /// Classes from `DENSE`, sorted.
    sparse: Vec<(u32, f32)>,
    /// Of all other classes.
    others: f32,
    /// The least of the thresholds of single classes.
    least: f32,
    /// Whether the common threshold holds for any class.
    common: bool,
}

impl Table {
    #[inline]
    fn entry(&self, class_id: u32) -> f32 {
        match self.dense.get(class_id as usize) {
            Some(&entry) => entry,
            None if self.sparse.is_empty() => self.others,
            None => self.search(class_id),
        }
    }

    fn search(&self, class_id: u32) -> f32 {
        self.sparse
            .binary_search_by_key(&class_id, |entry| entry.0)
            .ok()
            .and_then(|at| self.sparse.get(at))
            .map_or(self.others, |entry| entry.1)
    }
}

impl ClassRules {
    /// `thresholds` of single classes, of which the last holds when a class
    /// occurs twice, and those that are not finite are left out. `allowed`
    /// classes, all of them when it is empty.
    pub fn new(thresholds: &[(u32, f32)], allowed: &[u32]) -> Self {
        let thresholds: Vec<_> = thresholds
            .iter()
            .copied()
            .filter(|(_, threshold)| threshold.is_finite())
            .collect();
        if thresholds.is_empty() && allowed.is_empty() {
            return Self(None);
        }
        let others = if allowed.is_empty() { COMMON } else { NEVER };
        let mut entries: std::collections::BTreeMap<u32, f32> =
            allowed.iter().map(|&class| (class, COMMON)).collect();
        for (class, threshold) in thresholds {
            if allowed.is_empty() || entries.contains_key(&class) {
                entries.insert(class, threshold);
            }
        }
        let mut dense = Vec::new();
        let mut sparse = Vec::new();
        for (&class, &entry) in &entries {
            if class < DENSE {
                dense.resize(class as usize, others);
                dense.push(entry);
            } else {
                sparse.push((class, entry));
            }
        }
        Self(Some(Arc::new(Table {
            dense,
            sparse,
            others,
            least: entries
                .values()
                .copied()
                .filter(|&entry| entry != COMMON)
                .fold(NEVER, f32::min),
            common: others == COMMON || entries.values().any(|&entry| entry == COMMON),
        })))
    }

    /// Takes over other rules, which mostly are the same ones as before.
    pub(crate) fn update(&mut self, other: &Self) {
        let same = match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        if !same {
            *self = other.clone();
        }
    }

    /// The threshold of a class, `common` if it has none of its own; infinite if
    /// the class is not allowed.
    #[inline]
    pub fn threshold(&self, class_id: u32, common: f32) -> f32 {
        let Some(table) = &self.0 else {
            return common;
        };
        let entry = table.entry(class_id);
        if entry == COMMON { common } else { entry }
    }

    /// Whether the class is among the allowed ones.
    #[inline]
    pub fn allows(&self, class_id: u32) -> bool {
        self.0
            .as_ref()
            .is_none_or(|table| table.entry(class_id) != NEVER)
    }

    /// Whether all classes are allowed.
    #[inline]
    pub fn allows_all(&self) -> bool {
        self.0.as_ref().is_none_or(|table| table.others != NEVER)
    }

    /// The threshold of every class, `None` when classes differ or not all are
    /// allowed.
    #[inline]
    pub fn uniform_threshold(&self, common: f32) -> Option<f32> {
        self.0.is_none().then_some(common)
    }

    /// A score that no class's threshold is below.
    #[inline]
    pub fn least_threshold(&self, common: f32) -> f32 {
        match &self.0 {
            None => common,
            Some(table) if table.common => table.least.min(common),
            Some(table) => table.least,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rules_are_the_common_threshold() {
        let rules = ClassRules::new(&[(1, f32::NAN), (2, f32::INFINITY)], &[]);
        assert_eq!(rules, ClassRules::default());
        assert_eq!(rules.threshold(7, 0.25), 0.25);
        assert_eq!(rules.uniform_threshold(0.25), Some(0.25));
        assert_eq!(rules.least_threshold(0.25), 0.25);
        assert!(rules.allows(u32::MAX));
    }

    #[test]
    fn thresholds_near_and_far() {
        let far = DENSE + 5;
        let rules = ClassRules::new(&[(far, 0.9), (3, 0.1), (0, 0.2), (3, 0.4)], &[]);
        for (class, expected) in [
            (0, 0.2),
            (1, 0.5),
            (3, 0.4),
            (4, 0.5),
            (DENSE - 1, 0.5),
            (DENSE, 0.5),
            (far, 0.9),
            (far + 1, 0.5),
        ] {
            assert_eq!(rules.threshold(class, 0.5), expected, "class {class}");
            assert!(rules.allows(class));
        }
        assert_eq!(rules.uniform_threshold(0.5), None);
        assert_eq!(rules.least_threshold(0.5), 0.2);
        assert_eq!(rules.least_threshold(0.1), 0.1);
    }

    #[test]
    fn only_allowed_classes_pass() {
        let far = u32::MAX;
        let rules = ClassRules::new(&[(2, 0.1), (5, 0.8)], &[far, 5, 0]);
        for class in [0, 5, far] {
            assert!(rules.allows(class), "class {class}");
        }
        // A threshold allows nothing.
        for class in [1, 2, 4, 6, DENSE, far - 1] {
            assert!(!rules.allows(class), "class {class}");
            assert_eq!(rules.threshold(class, 0.5), f32::INFINITY);
        }
        assert_eq!(rules.threshold(0, 0.5), 0.5);
        assert_eq!(rules.least_threshold(0.5), 0.5);
        assert_eq!(rules.least_threshold(0.9), 0.8);
        // The common threshold holds for no class here.
        let rules = ClassRules::new(&[(5, 0.8)], &[5]);
        assert_eq!(rules.least_threshold(0.1), 0.8);
    }
}
