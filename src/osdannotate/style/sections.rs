//! Which style an object has.

use std::collections::HashMap;

use super::keys::ObjectKeys;
use super::model::{ClassName, ObjectStyle};
use crate::class_label;

/// The sections about objects. Those that match an object refine each other in this order:
/// `[default]`, `[class.NUMBER]`, `[class.LABEL]`, `[source.N]`, `[gie.N]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sections {
    pub default: ObjectKeys,
    pub classes: HashMap<ClassName, ObjectKeys>,
    pub sources: HashMap<u32, ObjectKeys>,
    pub gies: HashMap<i32, ObjectKeys>,
}

impl Sections {
    /// Puts the keys of `later` over these.
    pub fn refine(&mut self, later: Self) {
        self.default.refine(&later.default);
        for (name, keys) in later.classes {
            self.classes.entry(name).or_default().refine(&keys);
        }
        for (number, keys) in later.sources {
            self.sources.entry(number).or_default().refine(&keys);
        }
        for (number, keys) in later.gies {
            self.gies.entry(number).or_default().refine(&keys);
        }
    }

    /// A key that says how to redact, where no section says whether to.
    pub fn lonely_redaction_key(&self) -> Option<&'static str> {
        let others = (self.classes.values())
            .chain(self.sources.values())
            .chain(self.gies.values());
        let mut all = std::iter::once(&self.default).chain(others);
        match all.clone().any(ObjectKeys::says_whether_to_redact) {
            true => None,
            false => all.find_map(ObjectKeys::redaction_key),
        }
    }

    /// Whether any object may be redacted.
    pub fn redacts(&self) -> bool {
        self.default.redacts()
            || self.classes.values().any(ObjectKeys::redacts)
            || self.sources.values().any(ObjectKeys::redacts)
            || self.gies.values().any(ObjectKeys::redacts)
    }
}

/// Numbers of the sections that match an object: class id, class label, source, GIE. 0 is none.
pub type Matches = [u16; 4];

/// The sections, and the styles of the combinations that came up. Their number is bounded by the
/// sections', whatever labels and numbers the objects have.
#[derive(Debug, Default)]
pub struct Resolver {
    sections: Vec<ObjectKeys>,
    ids: HashMap<i32, u16>,
    labels: HashMap<String, u16>,
    sources: HashMap<u32, u16>,
    gies: HashMap<i32, u16>,
    styles: Vec<ObjectStyle>,
    known: HashMap<Matches, usize>,
}

impl Resolver {
    pub fn new(sections: &Sections) -> Self {
        let mut this = Self {
            sections: vec![sections.default.clone()],
            ..Self::default()
        };
        // What is beyond 65535 sections is not looked at.
        let mut add = |keys: &ObjectKeys| {
            this.sections.push(keys.clone());
            u16::try_from(this.sections.len() - 1).unwrap_or(0)
        };
        for (name, keys) in &sections.classes {
            match name {
                ClassName::Id(id) => {
                    this.ids.insert(*id, add(keys));
                }
                ClassName::Label(label) => {
                    let number = add(keys);
                    let forms = class_label::forms(label).map(|form| (form, number));
                    this.labels.extend(forms);
                }
            }
        }
        for (number, keys) in &sections.sources {
            this.sources.insert(*number, add(keys));
        }
        for (number, keys) in &sections.gies {
            this.gies.insert(*number, add(keys));
        }
        this
    }

    /// Whether objects have no section but `[default]`, and that has no key.
    pub fn is_empty(&self) -> bool {
        self.sections.len() == 1 && self.sections[0] == ObjectKeys::default()
    }

    /// The sections that match an object of this class, label (as [`class_label::stored`] gives it), source and GIE.
    pub fn matches(&self, class_id: i32, label: &str, source: u32, gie: i32) -> Matches {
        [
            self.ids.get(&class_id).copied().unwrap_or(0),
            self.labels.get(label).copied().unwrap_or(0),
            self.source(source),
            self.gies.get(&gie).copied().unwrap_or(0),
        ]
    }

    /// The section of a source.
    pub fn source(&self, source: u32) -> u16 {
        self.sources.get(&source).copied().unwrap_or(0)
    }

    /// Number of the style that these sections make, for [`Self::style`].
    pub fn resolve(&mut self, matches: Matches) -> usize {
        if let Some(known) = self.known.get(&matches) {
            return *known;
        }
        let mut keys = ObjectKeys::default();
        for number in std::iter::once(0).chain(matches.into_iter().filter(|n| *n > 0)) {
            if let Some(section) = self.sections.get(usize::from(number)) {
                keys.refine(section);
            }
        }
        self.styles.push(keys.style());
        self.known.insert(matches, self.styles.len() - 1);
        self.styles.len() - 1
    }

    /// A style that [`Self::resolve`] gave the number of.
    pub fn style(&self, number: usize) -> &ObjectStyle {
        &self.styles[number]
    }
}
