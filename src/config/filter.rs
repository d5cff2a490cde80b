//! Which objects a zone, a line or another rule is about.

use nvds_analytics::{Anchor, Place};
use toml::de::DeValue;

use super::{Value, points};
use crate::class_label;

/// A class, as texts name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClassName {
    /// By number.
    Id(i32),
    /// In the form of [`class_label::named`].
    Label(String),
}

impl ClassName {
    /// A whole number is the class's id, all else its label.
    ///
    /// # Errors
    /// Says what no label can have.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name.trim().parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => class_label::named(name).map(Self::Label),
        }
    }
}

/// Classes, ready to be looked up; all if there are none.
#[derive(Debug, Clone, Default)]
pub struct Classes {
    ids: Vec<i32>,
    labels: Vec<String>,
    all: bool,
}

impl Classes {
    /// Of names.
    pub fn of(classes: &[ClassName]) -> Self {
        let ids = classes.iter().filter_map(|class| match class {
            ClassName::Id(id) => Some(*id),
            ClassName::Label(_) => None,
        });
        let labels = classes.iter().filter_map(|class| match class {
            ClassName::Id(_) => None,
            ClassName::Label(label) => Some(class_label::forms(label)),
        });
        Self {
            ids: ids.collect(),
            labels: labels.flatten().collect(),
            all: classes.is_empty(),
        }
    }

    /// Whether a class is among them; `label` is as [`class_label::stored`] gives it.
    pub fn has(&self, class_id: i32, label: &str) -> bool {
        self.all || self.ids.contains(&class_id) || self.labels.iter().any(|l| l == label)
    }
}

impl Value<'_> {
    /// The key `classes`.
    pub fn classes(&self) -> Result<Vec<ClassName>, String> {
        let class = |class: Value<'_>| match class.get() {
            DeValue::String(name) => ClassName::parse(name),
            _ => (class.integer(0..=i32::MAX as u32)).map(|id| ClassName::Id(id as i32)),
        };
        self.array()?.map(class).collect()
    }

    /// The key `sources`.
    pub fn sources(&self) -> Result<Vec<u32>, String> {
        (self.array()?)
            .map(|source| source.integer(0..=u32::MAX))
            .collect()
    }

    /// The key `anchor`.
    pub fn anchor(&self) -> Result<Anchor, String> {
        self.choice(&[("foot", Anchor::Foot), ("centre", Anchor::Centre)])
    }

    /// The key `points` of a zone.
    pub fn polygon(&self) -> Result<Vec<Place>, String> {
        let corners = self.array()?;
        if !(3..=64).contains(&corners.len()) {
            let found = corners.len();
            return Err(format!("expected 3 to 64 points, found {found}"));
        }
        let corners: Vec<_> = corners
            .map(|corner| corner.point())
            .collect::<Result<_, _>>()?;
        points::check_units(&corners)?;
        points::check_area(&corners)?;
        if let Some(told) = points::crossing(&corners) {
            self.reader.note(format!("{}: {told}", self.place()));
        }
        Ok(corners)
    }
}
