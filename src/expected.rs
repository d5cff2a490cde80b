//! What a style or another configuration expects of the stream: objects that bear the names it has, and track ids.
//!
//! A name can be misspelt, and no configuration can tell. So whatever no object had is reported once: after
//! [`FRAMES`] frames with objects, or when the stream ends.

use std::collections::{BTreeSet, HashSet};

use crate::class_label;
use crate::config::{ClassName, key};
use crate::suggest::nearest;

/// Frames with objects after which a name that none of them had is reported.
pub const FRAMES: u32 = 100;
/// Most labels that are remembered, and of those that are reported.
const MAX_SEEN: usize = 256;
const MAX_SHOWN: usize = 20;

/// Whose name is expected.
#[derive(Debug)]
enum What {
    Label { name: String, forms: Vec<String> },
    Class(i32),
    Gie(i32),
    Source(u32),
}

/// A name and where the style has it.
#[derive(Debug)]
struct Name {
    what: What,
    /// As the text writes it.
    place: String,
    redacts: bool,
    met: bool,
    /// A label that differs by case only.
    other_case: Option<String>,
}

/// The names of a configuration, and what was seen of them.
#[derive(Debug, Default)]
pub struct Expected {
    names: Vec<Name>,
    labels: BTreeSet<String>,
    classes: BTreeSet<i32>,
    sources: BTreeSet<u32>,
    /// Names that are not met yet.
    left: usize,
    /// A name differs from a label by case only, which is not reported yet.
    other_case: bool,
    frames: u32,
    /// What needs track ids, as the text writes it.
    tracked: Vec<String>,
    tracked_known: HashSet<String>,
    /// Objects came that need a track id, with and without one.
    with_id: bool,
    without_id: bool,
}

impl Expected {
    /// A class is named at a place; `redacts` if to cover its objects.
    pub fn class(&mut self, class: &ClassName, place: String, redacts: bool) {
        let what = match class {
            ClassName::Id(id) => What::Class(*id),
            ClassName::Label(name) => What::Label {
                name: name.clone(),
                forms: class_label::forms(name).collect(),
            },
        };
        self.add(what, place, redacts);
    }

    /// A detector is named at a place.
    pub fn gie(&mut self, gie: i32, place: String, redacts: bool) {
        self.add(What::Gie(gie), place, redacts);
    }

    /// A source is named at a place.
    pub fn source_name(&mut self, source: u32, place: String, redacts: bool) {
        self.add(What::Source(source), place, redacts);
    }

    /// Something needs track ids, as the text writes it.
    pub fn tracked(&mut self, key: &str) {
        if self.tracked_known.insert(key.to_owned()) {
            self.tracked.push(key.to_owned());
        }
    }

    /// All names are told.
    pub fn complete(mut self) -> Self {
        self.names.sort_by(|a, b| a.place.cmp(&b.place));
        self.left = self.names.len();
        self
    }

    fn add(&mut self, what: What, place: String, redacts: bool) {
        self.names.push(Name {
            what,
            place,
            redacts,
            met: false,
            other_case: None,
        });
    }

    /// Names that fit are met.
    fn meet(&mut self, fits: impl Fn(&What) -> bool) {
        for name in &mut self.names {
            if !name.met && fits(&name.what) {
                name.met = true;
                self.left -= 1;
            }
        }
    }

    /// A frame of a source starts.
    pub fn source(&mut self, id: u32) {
        if self.left == 0 || self.sources.contains(&id) {
            return;
        }
        if self.sources.len() < MAX_SEEN {
            self.sources.insert(id);
        }
        self.meet(|what| matches!(what, What::Source(source) if *source == id));
    }

    /// An object of a kind that was not seen before. `label` is as [`class_label::stored`] gives it.
    pub fn object(&mut self, class_id: i32, label: &str, gie: i32) {
        if self.labels.len() < MAX_SEEN && !self.labels.contains(label) {
            self.labels.insert(label.to_owned());
        }
        if self.classes.len() < MAX_SEEN {
            self.classes.insert(class_id);
        }
        if self.left == 0 {
            return;
        }
        self.meet(|what| match what {
            What::Label { forms, .. } => forms.iter().any(|form| form == label),
            What::Class(id) => *id == class_id,
            What::Gie(id) => *id == gie,
            What::Source(_) => false,
        });
        let lower = label.to_lowercase();
        for name in self.names.iter_mut().filter(|name| !name.met) {
            if let What::Label { forms, .. } = &name.what
                && forms.iter().any(|form| form.to_lowercase() == lower)
            {
                name.other_case = Some(label.to_owned());
                self.other_case = true;
            }
        }
    }

    /// Whether objects came that need a track id, with one and without.
    pub fn track_ids(&mut self, with: bool, without: bool) {
        self.with_id |= with;
        self.without_id |= without;
    }

    /// A frame with objects ended.
    pub fn frame(&mut self) {
        self.frames = self.frames.saturating_add(1);
    }

    /// Names that differ by case only from labels that came, as text for a warning. `None` where that was told.
    pub fn other_case(&mut self) -> Option<String> {
        if !std::mem::take(&mut self.other_case) {
            return None;
        }
        let told = self.names.iter().filter(|name| !name.met);
        let told = told.filter_map(|name| {
            let label = name.other_case.as_ref()?;
            Some(format!(
                "{} is not for objects labelled {label:?}",
                name.place
            ))
        });
        let told: Vec<_> = told.collect();
        let redacts = |name: &Name| !name.met && name.redacts && name.other_case.is_some();
        (!told.is_empty()).then(|| {
            format!(
                "{}{}: upper and lower case differ; write the label as it is",
                seen_if(self.names.iter().any(redacts)),
                shown(&told)
            )
        })
    }

    /// Whether names and track ids should have come by now.
    pub fn is_due(&self) -> bool {
        self.frames == FRAMES
    }

    /// Names that no object had and sources that did not come, as text for a warning. `None` where there are none, or where
    /// there was nothing to see.
    pub fn unmet(&self) -> Option<String> {
        let told: Vec<_> = [self.unmet_objects(), self.unmet_sources()]
            .into_iter()
            .flatten()
            .collect();
        let left = |name: &Name| !name.met && name.redacts && name.other_case.is_none();
        (!told.is_empty()).then(|| {
            format!(
                "{}{}",
                seen_if(self.names.iter().any(left)),
                told.join("; ")
            )
        })
    }

    /// Of objects: once there were some.
    fn unmet_objects(&self) -> Option<String> {
        if self.left == 0 || self.frames == 0 {
            return None;
        }
        let mut unmet = Vec::new();
        // Those that differ by case are told of in `other_case`.
        let left = |name: &&Name| !name.met && name.other_case.is_none();
        for name in self.names.iter().filter(left) {
            let label = match &name.what {
                What::Source(_) => continue,
                What::Label { name, .. } => {
                    let labels = self.labels.iter().map(String::as_str);
                    nearest(name, labels.filter(|label| !label.is_empty()))
                }
                _ => None,
            };
            unmet.push(match label {
                Some(label) => format!("{} (did you mean {label:?}?)", name.place),
                None => name.place.clone(),
            });
        }
        if unmet.is_empty() {
            return None;
        }
        let labels: Vec<_> = self
            .labels
            .iter()
            .map(|label| format!("{label:?}"))
            .collect();
        Some(format!(
            "no object of {} fits {}; labels seen: {}; classes seen: {}",
            match self.frames {
                1 => "a frame with objects".to_owned(),
                frames => format!("{frames} frames with objects"),
            },
            shown(&unmet),
            shown(&labels),
            shown(&numbers(&self.classes)),
        ))
    }

    /// Of sources: once a frame came of one.
    fn unmet_sources(&self) -> Option<String> {
        let left = self.names.iter().filter(|name| !name.met);
        let unmet: Vec<_> = left
            .filter_map(|name| match name.what {
                What::Source(source) => Some(format!("{}: source {source} never came", name.place)),
                _ => None,
            })
            .collect();
        if unmet.is_empty() || self.sources.is_empty() {
            return None;
        }
        Some(format!(
            "{}; sources seen: {}",
            shown(&unmet),
            shown(&numbers(&self.sources))
        ))
    }

    /// What needs track ids where no object has one, as text for a warning.
    pub fn no_track_ids(&self, element: &str) -> Option<String> {
        (self.without_id && !self.with_id).then(|| {
            format!(
                "no object has a track id, which {} needs: put nvtracker before {element}",
                shown(&self.tracked)
            )
        })
    }
}

/// How a warning about redaction starts.
fn seen_if(redacts: bool) -> &'static str {
    if redacts {
        "what is to be redacted may be seen: "
    } else {
        ""
    }
}

/// A class as the name of a section.
pub fn quoted(class: &ClassName) -> String {
    match class {
        ClassName::Id(id) => id.to_string(),
        ClassName::Label(label) => key(label),
    }
}

fn numbers<N: ToString>(all: &BTreeSet<N>) -> Vec<String> {
    all.iter().map(N::to_string).collect()
}

/// The first of many, and how many more there are.
pub fn shown(all: &[String]) -> String {
    match all.len().checked_sub(MAX_SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} more", all[..MAX_SHOWN].join(", ")),
        _ => all.join(", "),
    }
}
