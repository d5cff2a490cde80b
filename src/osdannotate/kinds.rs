//! What a style says of each kind of object, worked out once for all objects of one class, label and detector.

use std::collections::HashMap;

use nvds_analytics::spread::BuildSpread;

use super::expected::expected;
use super::style::{Counted, Matches, ObjectStyle, Resolver, Style};
use super::template::Names;
use crate::class_label;
use crate::config::Classes;
use crate::expected::Expected;

/// Most kinds that are kept. Those of further objects are worked out each time.
const MAX_KINDS: usize = 1024;
/// The end of a list of kinds.
const NONE: u32 = u32::MAX;

/// Objects of one class, label and detector.
#[derive(Debug, Default)]
pub struct Kind {
    class_id: i32,
    gie: i32,
    /// As it is stored.
    label: Box<[u8]>,
    /// The sections that match it, whatever its source.
    matches: Matches,
    /// The section of a source, and the number of the style with it: neighbours are often of one source.
    style: (u16, usize),
    /// Which of the labels that templates count it has.
    pub count: Option<usize>,
    pub counted: Counted,
    /// The next kind of the same class and detector.
    next: u32,
}

/// The kinds that came up since a style was set. Their number is bounded, whatever labels and numbers the objects have.
#[derive(Debug, Default)]
pub struct Kinds {
    resolver: Resolver,
    trivial: bool,
    /// Labels that templates count, in every form.
    counts: HashMap<String, usize>,
    zones: Vec<Classes>,
    lines: Vec<Classes>,
    /// The newest kind of a class and detector.
    index: HashMap<(i32, i32), u32, BuildSpread>,
    kinds: Vec<Kind>,
    /// What was asked for last: neighbours are often of a kind.
    last: u32,
    /// The kind of an object beyond the bound.
    other: Kind,
    /// The section of the present frame's source.
    source: u16,
    /// Names of the style that no object had so far.
    pub expected: Expected,
}

impl Kinds {
    /// For a style and what its templates count.
    pub fn new(style: &Style, names: &Names) -> Self {
        let labels = names.labels.iter().enumerate();
        let resolver = Resolver::new(&style.sections);
        Self {
            trivial: resolver.is_empty()
                && names.labels.is_empty()
                && style.zones.is_empty()
                && style.lines.is_empty(),
            resolver,
            counts: labels
                .flat_map(|(i, label)| class_label::forms(label).map(move |form| (form, i)))
                .collect(),
            zones: style
                .zones
                .iter()
                .map(|zone| Classes::of(&zone.mark.filter.classes))
                .collect(),
            lines: style
                .lines
                .iter()
                .map(|line| Classes::of(&line.mark.filter.classes))
                .collect(),
            last: NONE,
            expected: expected(style, names),
            ..Self::default()
        }
    }

    /// Whether no kind of object is anything but counted.
    pub fn is_trivial(&self) -> bool {
        self.trivial
    }

    /// A frame of a source starts.
    pub fn begin(&mut self, source: u32) {
        self.source = self.resolver.source(source);
        self.expected.source(source);
    }

    /// An object's kind, and the style of such objects in the present frame's source.
    pub fn of(&mut self, class_id: i32, gie: i32, label: &[u8]) -> (&Kind, &ObjectStyle) {
        let is =
            |kind: &Kind| kind.class_id == class_id && kind.gie == gie && *kind.label == *label;
        let mut at = self.last;
        if !self.kinds.get(at as usize).is_some_and(is) {
            at = self.index.get(&(class_id, gie)).copied().unwrap_or(NONE);
            while let Some(kind) = self.kinds.get(at as usize)
                && !is(kind)
            {
                at = kind.next;
            }
            if at == NONE {
                at = self.add(class_id, gie, label);
            }
            self.last = at;
        }
        let kind = match self.kinds.get_mut(at as usize) {
            Some(kind) => kind,
            None => &mut self.other,
        };
        if kind.style.0 != self.source {
            let mut matches = kind.matches;
            matches[2] = self.source;
            kind.style = (self.source, self.resolver.resolve(matches));
        }
        let number = kind.style.1;
        (kind, self.resolver.style(number))
    }

    /// Works out a kind. Returns its number, none for one beyond the bound.
    fn add(&mut self, class_id: i32, gie: i32, label: &[u8]) -> u32 {
        let stored = class_label::stored(label);
        self.expected.object(class_id, &stored, gie);
        let mut matches = self.resolver.matches(class_id, &stored, 0, gie);
        matches[2] = self.source;
        let counts =
            |classes: &Vec<Classes>| classes.iter().map(|c| c.has(class_id, &stored)).collect();
        let mut kind = Kind {
            class_id,
            gie,
            label: label.into(),
            matches,
            style: (self.source, self.resolver.resolve(matches)),
            count: self.counts.get(&*stored).copied(),
            counted: Counted {
                zones: counts(&self.zones),
                lines: counts(&self.lines),
            },
            next: NONE,
        };
        if self.kinds.len() >= MAX_KINDS {
            self.other = kind;
            return NONE;
        }
        let number = self.kinds.len() as u32;
        kind.next = self.index.insert((class_id, gie), number).unwrap_or(NONE);
        self.kinds.push(kind);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::style::Document;
    use super::*;

    fn kinds(text: &str, labels: &[&str]) -> Kinds {
        let (style, mut names) =
            Style::new(&Document::parse(text, "style").unwrap().0, &mut []).unwrap();
        names.labels = labels.iter().map(|label| (*label).to_owned()).collect();
        Kinds::new(&style, &names)
    }

    #[test]
    fn a_kind_has_its_style_counts_and_zones() {
        let mut kinds = kinds(
            "class.person.dot=5\nsource.1.trace=9\n[zone.a]\nclasses=['person',7]\n\
             points=[[0,0],[10,0],[10,10]]",
            &["car", "person"],
        );
        for _ in 0..2 {
            for source in [0, 1] {
                kinds.begin(source);
                let trace = 9 * source;
                let (kind, style) = kinds.of(0, 1, b"person");
                assert_eq!((kind.count, kind.counted.zones[0]), (Some(1), true));
                assert_eq!((style.shapes.dot, style.shapes.trace), (5, trace));
                let (kind, style) = kinds.of(0, 1, b"car");
                assert_eq!((kind.count, kind.counted.zones[0]), (Some(0), false));
                assert_eq!((style.shapes.dot, style.shapes.trace), (0, trace));
                let (kind, _) = kinds.of(7, 1, b"bus");
                assert_eq!((kind.count, kind.counted.zones[0]), (None, true));
            }
        }
        assert_eq!(kinds.kinds.len(), 3);
    }

    #[test]
    fn labels_without_end_are_bounded() {
        let mut kinds = kinds("class.'n 5000'.dot=5", &["n 5000"]);
        for n in 0..6000 {
            let (kind, style) = kinds.of(3, 1, format!("n {n}").as_bytes());
            let named = n == 5000;
            assert_eq!(
                (kind.count.is_some(), style.shapes.dot == 5),
                (named, named)
            );
        }
        assert_eq!(kinds.kinds.len(), MAX_KINDS);
    }
}
