//! What holds for single classes and sources: made of the texts of `class-ids`, `class-thresholds`
//! and `source-thresholds` when they are set, so that nothing is left to do for a frame.

use std::collections::BTreeMap;

use nvds_decode::ClassRules;

use super::labels::Labels;
use super::list::{self, Item, Key};
use crate::suggest::nearest;

/// What a list of thresholds may begin with, being written as a GstStructure.
const STRUCTURE_NAME: &str = "thresholds";

/// The texts of the properties.
#[derive(Debug, Clone, Copy, Default)]
pub struct Texts<'a> {
    pub class_ids: &'a str,
    pub class_thresholds: &'a str,
    pub source_thresholds: &'a str,
}

/// The rules made of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// For frames of all sources but those below.
    pub classes: ClassRules,
    /// By `source_id`, sorted.
    sources: Vec<SourceRules>,
}

/// What holds for the frames of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRules {
    source_id: u32,
    /// In place of `score-threshold`.
    pub threshold: Option<f32>,
    pub classes: ClassRules,
}

/// Which class a label is.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub labels: Option<&'a Labels>,
    pub label_offset: i32,
}

impl Rules {
    /// # Errors
    /// Names the property, what is wrong with it and what it may be.
    pub fn new(texts: &Texts<'_>, names: Names<'_>) -> Result<Self, String> {
        let of = |property: &'static str| move |error| format!("{property}: {error}");
        let allowed = allowed(texts.class_ids, names).map_err(of("class-ids"))?;
        let common =
            class_thresholds(texts.class_thresholds, names).map_err(of("class-thresholds"))?;
        let sources =
            source_thresholds(texts.source_thresholds, names).map_err(of("source-thresholds"))?;
        let rules = |own: &Thresholds| {
            let mut all = common.clone();
            all.extend(own);
            let all: Vec<(u32, f32)> = all.into_iter().collect();
            ClassRules::new(&all, &allowed)
        };
        Ok(Self {
            classes: rules(&Thresholds::new()),
            sources: sources
                .into_iter()
                .map(|(source_id, source)| SourceRules {
                    source_id,
                    threshold: source.threshold,
                    classes: rules(&source.classes),
                })
                .collect(),
        })
    }

    /// What holds for the frames of a source alone.
    pub fn of_source(&self, source_id: u32) -> Option<&SourceRules> {
        let sources = &self.sources;
        sources
            .binary_search_by_key(&source_id, |source| source.source_id)
            .ok()
            .and_then(|at| sources.get(at))
    }
}

type Thresholds = BTreeMap<u32, f32>;

#[derive(Default)]
struct Source {
    threshold: Option<f32>,
    classes: Thresholds,
}

fn allowed(text: &str, names: Names<'_>) -> Result<Vec<u32>, String> {
    let mut classes = Vec::new();
    for item in list::parse(text)? {
        if item.value.is_some() {
            return Err(format!(
                "{} has a value, expected classes alone, such as 1,3,17 or person,car",
                item.key
            ));
        }
        classes.extend(names.classes(&item.key)?);
    }
    Ok(classes)
}

fn class_thresholds(text: &str, names: Names<'_>) -> Result<Thresholds, String> {
    let mut thresholds = Thresholds::new();
    for (item, threshold) in values(text, "CLASS")? {
        set(&mut thresholds, names.classes(&item.key)?, threshold, &item)?;
    }
    Ok(thresholds)
}

fn source_thresholds(text: &str, names: Names<'_>) -> Result<BTreeMap<u32, Source>, String> {
    let mut sources: BTreeMap<u32, Source> = BTreeMap::new();
    for (item, threshold) in values(text, "SOURCE or SOURCE/CLASS")? {
        let (source, class) = match item.text.split_once('/') {
            Some((source, class)) => (source, Some(class.trim())),
            None => (item.text.as_str(), None),
        };
        let source_id: u32 = source.trim().parse().map_err(|_| {
            format!(
                "{} does not begin with the number of a source (source_id)",
                item.key
            )
        })?;
        let source = sources.entry(source_id).or_default();
        match class {
            Some(class) => {
                let key = class
                    .parse()
                    .map_or_else(|_| Key::Name(class.to_owned()), Key::Number);
                set(&mut source.classes, names.classes(&key)?, threshold, &item)?;
            }
            None if source.threshold.is_some() => {
                return Err(format!("source {source_id} has two thresholds"));
            }
            None => source.threshold = Some(threshold),
        }
    }
    Ok(sources)
}

/// The entries of a list of thresholds, whose keys are `what`.
fn values(text: &str, what: &str) -> Result<Vec<(Item, f32)>, String> {
    let mut items = list::parse(text)?;
    if items
        .first()
        .is_some_and(|first| first.value.is_none() && first.text == STRUCTURE_NAME)
    {
        items.remove(0);
    }
    items
        .into_iter()
        .map(|item| match item.value {
            Some(value) if (0.0..=1.0).contains(&value) => Ok((item, value)),
            Some(value) => Err(format!("{value} of {} is not within 0 to 1", item.key)),
            None => Err(format!(
                "{} has no threshold, expected {what}=THRESHOLD, with commas between them",
                item.key
            )),
        })
        .collect()
}

fn set(
    thresholds: &mut Thresholds,
    classes: Vec<u32>,
    threshold: f32,
    item: &Item,
) -> Result<(), String> {
    for class in classes {
        if thresholds.insert(class, threshold).is_some() {
            return Err(format!(
                "class {class} has two thresholds, one by {}",
                item.key
            ));
        }
    }
    Ok(())
}

impl Names<'_> {
    /// The classes that a key stands for: several when a label is that of several.
    fn classes(self, key: &Key) -> Result<Vec<u32>, String> {
        match key {
            Key::Number(class) => self.numbered(*class).map(|class| vec![class]),
            Key::Name(label) => self.labelled(label),
        }
    }

    fn numbered(self, class: u32) -> Result<u32, String> {
        let Some(labels) = self.labels else {
            return Ok(class);
        };
        let line = i64::from(class) + i64::from(self.label_offset);
        if (0..labels.len() as i64).contains(&line) {
            return Ok(class);
        }
        Err(format!(
            "class {class} has no line in labels-file, which has {} and label-offset is {}",
            labels.len(),
            self.label_offset
        ))
    }

    fn labelled(self, label: &str) -> Result<Vec<u32>, String> {
        let Some(labels) = self.labels else {
            return Err(format!(
                "\"{label}\" is a label, but there is no labels-file: set it, or write the class's \
                 number"
            ));
        };
        let lines = (0_i64..).zip(labels.iter());
        let classes: Vec<u32> = lines
            .filter(|(_, known)| *known == label && !label.is_empty())
            .filter_map(|(line, _)| u32::try_from(line - i64::from(self.label_offset)).ok())
            .collect();
        if !classes.is_empty() {
            return Ok(classes);
        }
        let known = nearest(label, labels.iter().filter(|known| !known.is_empty()));
        Err(match known {
            Some(known) if known == label => format!(
                "\"{label}\" is before the first class, as label-offset is {}",
                self.label_offset
            ),
            Some(known) => format!("no class is labelled \"{label}\" in labels-file: \"{known}\"?"),
            None => format!("no class is labelled \"{label}\" in labels-file"),
        })
    }
}

#[cfg(test)]
mod tests;
