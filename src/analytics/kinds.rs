//! Classes of objects: an index for each pair of class id and label, and which rules apply to it.

use std::collections::HashMap;

use nvds_analytics::Fits;
use nvds_analytics::spread::BuildSpread;

use super::rules::Filters;
use crate::class_label;
use crate::config::Classes;
use crate::expected::Expected;

/// Most classes with an index of their own. All further ones share the index [`OTHER`].
const MAX_KINDS: usize = 1024;
/// The number of classes beyond the bound.
pub const OTHER: u32 = MAX_KINDS as u32;
/// Classes whose last answer is kept.
const LAST: usize = 16;
/// The end of a list of kinds.
const NONE: u32 = u32::MAX;

/// Objects of one class and label.
#[derive(Debug, Default)]
struct Kind {
    class_id: i32,
    /// As it is stored.
    label: Box<[u8]>,
    /// As text.
    text: String,
    fits: Fits,
    /// The next kind of the same class.
    next: u32,
}

impl Kind {
    fn is(&self, class_id: i32, label: &[u8]) -> bool {
        self.class_id == class_id && *self.label == *label
    }
}

/// The classes seen so far. Their indices stay when rules change.
#[derive(Debug, Default)]
pub struct Kinds {
    kinds: Vec<Kind>,
    /// The newest kind of a class.
    index: HashMap<i32, u32, BuildSpread>,
    /// The last answers, by the lowest bits of the class: objects of a frame are mostly of a few.
    last: [u32; LAST],
    other: Fits,
    lookup: [Vec<Classes>; 5],
}

impl Kinds {
    /// Uses other rules from now on.
    pub fn set_filters(&mut self, filters: &Filters) {
        self.lookup = filters.lookup();
        for kind in &mut self.kinds {
            kind.fits = fits(
                &self.lookup,
                kind.class_id,
                &class_label::stored(&kind.label),
            );
        }
    }

    /// Index and rules of an object's class. A new class is reported to `expected`.
    #[inline]
    pub fn of(&mut self, class_id: i32, label: &[u8], expected: &mut Expected) -> (u32, &Fits) {
        let mut at = self.last[class_id as usize % LAST];
        let last = self.kinds.get(at as usize);
        if !last.is_some_and(|kind| kind.is(class_id, label)) {
            at = self.look_up(class_id, label, expected);
        }
        match self.kinds.get(at as usize) {
            Some(kind) => (at, &kind.fits),
            None => (OTHER, &self.other),
        }
    }

    fn look_up(&mut self, class_id: i32, label: &[u8], expected: &mut Expected) -> u32 {
        let mut at = self.index.get(&class_id).copied().unwrap_or(NONE);
        while let Some(kind) = self.kinds.get(at as usize)
            && !kind.is(class_id, label)
        {
            at = kind.next;
        }
        if at == NONE {
            at = self.add(class_id, label, expected);
        }
        self.last[class_id as usize % LAST] = at;
        at
    }

    fn add(&mut self, class_id: i32, label: &[u8], expected: &mut Expected) -> u32 {
        let stored = class_label::stored(label);
        expected.object(class_id, &stored, 0);
        let fits = fits(&self.lookup, class_id, &stored);
        if self.kinds.len() >= MAX_KINDS {
            self.other = fits;
            return NONE;
        }
        let number = self.kinds.len() as u32;
        let next = self.index.insert(class_id, number).unwrap_or(NONE);
        self.kinds.push(Kind {
            class_id,
            label: label.into(),
            text: String::from_utf8_lossy(label).into_owned(),
            fits,
            next,
        });
        number
    }

    /// Reports all classes seen so far to the expectations of a new configuration.
    pub fn tell(&self, expected: &mut Expected) {
        for kind in &self.kinds {
            expected.object(kind.class_id, &class_label::stored(&kind.label), 0);
        }
    }

    /// Class id and label of an index; -1 and an empty label for [`OTHER`].
    pub fn name(&self, number: u32) -> (i32, &str) {
        let kind = self.kinds.get(number as usize);
        kind.map_or((-1, ""), |kind| (kind.class_id, &kind.text))
    }
}

fn fits(lookup: &[Vec<Classes>; 5], class_id: i32, label: &str) -> Fits {
    let of = |list: &[Classes]| list.iter().map(|c| c.has(class_id, label)).collect();
    let [zones, lines, directions, stationary, speeds] = lookup;
    Fits {
        zones: of(zones),
        lines: of(lines),
        directions: of(directions),
        stationary: of(stationary),
        speeds: of(speeds),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::Document;
    use super::*;

    fn kinds(text: &str) -> Kinds {
        let (document, _) = Document::parse(text, "config").unwrap();
        let mut kinds = Kinds::default();
        kinds.set_filters(&document.config().filters);
        kinds
    }

    #[test]
    fn numbers_stay_and_rules_are_by_class() {
        let zone = "points = [[0, 0], [10, 0], [10, 10]]\nclasses = ";
        let mut kinds = kinds(&format!(
            "[zone.a]\n{zone}['person', 7]\n[zone.b]\n{zone}[]"
        ));
        let expected = &mut Expected::default();
        for _ in 0..2 {
            for (class, label, number, fits) in [
                (0, "person", 0, [true, true]),
                (0, "car", 1, [false, true]),
                (7, "bus", 2, [true, true]),
            ] {
                let (found, rules) = kinds.of(class, label.as_bytes(), expected);
                assert_eq!((found, &rules.zones), (number, &fits.into_iter().collect()));
                assert_eq!(kinds.name(number), (class, label));
            }
        }
        let (document, _) = Document::parse(&format!("[zone.c]\n{zone}['car']"), "config").unwrap();
        kinds.set_filters(&document.config().filters);
        assert!(kinds.of(0, b"car", expected).1.zones.has(0));
        assert_eq!(
            kinds.of(0, b"person", expected),
            (
                0,
                &Fits {
                    zones: [false].into_iter().collect(),
                    ..Fits::default()
                }
            )
        );
    }

    #[test]
    fn labels_without_end_are_bounded() {
        let mut kinds = kinds("");
        for n in 0..3000 {
            let label = format!("n {n}");
            let (number, _) = kinds.of(3, label.as_bytes(), &mut Expected::default());
            assert_eq!(number, n.min(OTHER));
        }
        assert_eq!(kinds.name(OTHER), (-1, ""));
    }
}
