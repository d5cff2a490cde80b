//! Names on either side: of classes and of tensors.

use std::collections::{HashMap, HashSet};

use crate::parser::Labels;

/// Most distinct texts that are handed to GStreamer, which keeps each for the life of the process.
const MOST_TEXTS: usize = 1 << 16;

/// What an object without a label is called, with its number.
const CLASS: &str = "class ";

/// The name of a class, which has one always.
pub fn class_name(label: &str, class_id: i32) -> String {
    match label.is_empty() {
        true => format!("{CLASS}{class_id}"),
        false => label.to_owned(),
    }
}

/// The texts handed to GStreamer so far.
#[derive(Debug, Default)]
pub struct Texts(HashSet<String>);

impl Texts {
    /// The text, `None` when there are too many.
    pub fn admit(&mut self, text: String) -> Option<String> {
        if !self.0.contains(&text) {
            if self.0.len() >= MOST_TEXTS {
                return None;
            }
            self.0.insert(text.clone());
        }
        Some(text)
    }
}

/// Numbers of classes that have names.
#[derive(Debug, Default)]
pub struct ClassIds {
    ids: HashMap<String, i32>,
    /// Numbers of the file, and the first one behind it.
    file: i32,
    next: i32,
}

impl ClassIds {
    /// By a file, where there is one.
    pub fn new(labels: Option<&Labels>) -> Self {
        let mut ids = HashMap::new();
        let names = labels.into_iter().flat_map(Labels::iter);
        for (id, name) in (0..).zip(names) {
            if !name.is_empty() {
                ids.entry(name.to_owned()).or_insert(id);
            }
        }
        let file = labels.map_or(0, Labels::len) as i32; // at most 100,000
        Self {
            ids,
            file,
            next: file,
        }
    }

    /// The number of a class, and whether the file should have had it. Those that no file names are numbered behind it as
    /// they come.
    pub fn of(&mut self, name: &str) -> (i32, bool) {
        if let Some(id) = self.ids.get(name) {
            return (*id, self.file > 0 && *id >= self.file);
        }
        let number = name.strip_prefix(CLASS).and_then(|text| text.parse().ok());
        if let Some(id) = number {
            return (id, false);
        }
        let id = self.next;
        if self.ids.len() < MOST_TEXTS {
            self.ids.insert(name.to_owned(), id);
            self.next += 1;
        }
        (id, self.file > 0)
    }

    /// The label of an object of this class: none where the name is but its number.
    pub fn label(name: &str) -> &str {
        let is_number = name
            .strip_prefix(CLASS)
            .is_some_and(|text| text.parse::<i32>().is_ok());
        if is_number { "" } else { name }
    }
}

/// Names of tensors: layers' on DeepStream's side, ids on GStreamer's.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct TensorNames(Vec<(String, String)>);

impl TensorNames {
    /// Reads `layer=id,layer=id`.
    ///
    /// # Errors
    /// Says what was expected and what was found.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut names = Vec::new();
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            let pair = part
                .split_once('=')
                .map(|(layer, id)| (layer.trim(), id.trim()));
            let Some((layer, id)) = pair.filter(|(layer, id)| !layer.is_empty() && !id.is_empty())
            else {
                return Err(format!(
                    "tensor-names has {part:?}: expected layer=id, as in \
                     detection_boxes=ssd-mobilenet-v1-variant-1-out-boxes,detection_scores=..."
                ));
            };
            if names
                .iter()
                .any(|(known, other)| known == layer || other == id)
            {
                return Err(format!(
                    "tensor-names has {part:?} and its layer or id once before: name each once"
                ));
            }
            names.push((layer.to_owned(), id.to_owned()));
        }
        Ok(Self(names))
    }

    /// The id of a layer: its name, where no other is given.
    pub fn id(&self, layer: &str) -> String {
        let found = self.0.iter().find(|(name, _)| name == layer);
        found.map_or(layer, |(_, id)| id).to_owned()
    }

    /// The layer of an id: the same, where no other is given.
    pub fn layer(&self, id: &str) -> String {
        let found = self.0.iter().find(|(_, name)| name == id);
        found.map_or(id, |(layer, _)| layer).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_numbered_by_the_file_and_then_as_they_come() {
        let labels: Labels = ["person", "", "car"].into_iter().collect();
        let mut ids = ClassIds::new(Some(&labels));
        assert_eq!(ids.of("car"), (2, false));
        assert_eq!(ids.of("bus"), (3, true));
        assert_eq!(ids.of("dog"), (4, true));
        assert_eq!(ids.of("bus"), (3, true), "said of each");
        assert_eq!(ids.of("class 7"), (7, false));
        assert_eq!(
            (ClassIds::label("class 7"), ClassIds::label("class x")),
            ("", "class x")
        );
        let mut ids = ClassIds::new(None);
        assert_eq!(
            (ids.of("a"), ids.of("b"), ids.of("a")),
            ((0, false), (1, false), (0, false))
        );
    }

    #[test]
    fn names_of_classes_come_back_as_numbers() {
        let mut ids = ClassIds::new(None);
        for id in [0, 17, -1] {
            let name = class_name("", id);
            assert_eq!(ids.of(&name), (id, false));
            assert_eq!(ClassIds::label(&name), "");
        }
        assert_eq!(class_name("car", 2), "car");
    }

    #[test]
    fn distinct_texts_are_bounded() {
        let mut texts = Texts::default();
        for n in 0..MOST_TEXTS {
            assert!(texts.admit(n.to_string()).is_some());
        }
        assert_eq!(texts.admit("plate 123".to_owned()), None);
        assert_eq!(
            texts.admit("17".to_owned()).as_deref(),
            Some("17"),
            "known ones stay"
        );
    }

    #[test]
    fn names_of_tensors_are_pairs() {
        let names = TensorNames::parse(" boxes = ssd-out-boxes, scores=s ,").unwrap();
        assert_eq!(
            (names.id("boxes"), names.layer("ssd-out-boxes")),
            ("ssd-out-boxes".to_owned(), "boxes".to_owned())
        );
        assert_eq!(
            (names.id("other"), names.layer("other")),
            ("other".to_owned(), "other".to_owned())
        );
        for (bad, part) in [
            ("boxes", "\"boxes\": expected layer=id"),
            ("=a", "expected"),
            ("a=", "expected"),
            ("a=b,a=c", "once"),
            ("a=b,c=b", "once"),
        ] {
            let error = TensorNames::parse(bad).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
