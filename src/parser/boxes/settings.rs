//! The properties' values, and what is made of them for one buffer.

use std::path::PathBuf;
use std::sync::Arc;

use nvds_decode::Params;

use super::policy::{EdgePolicy, NmsMode, Padding};
use crate::parser::labels::{Form, Labels};
use crate::parser::rules::{Names, Rules, Texts};

pub const DEFAULT_LABEL_OFFSET: i32 = 0;
pub const DEFAULT_NUM_CLASSES: u32 = 0;
pub const DEFAULT_SCORE_THRESHOLD: f32 = 0.5;
pub const DEFAULT_NMS_IOU_THRESHOLD: f32 = 0.3;
pub const DEFAULT_TOP_K: u32 = 0;
pub const DEFAULT_MIN_SIZE: u32 = 0;
pub const DEFAULT_MAX_SIZE: u32 = 0;
pub const DEFAULT_EXPLAIN: bool = false;
pub const DEFAULT_EXPLAIN_FLOOR: f32 = 0.1;

#[derive(Debug, Clone)]
pub struct Settings {
    pub labels_file: Option<PathBuf>,
    pub label_offset: i32,
    pub num_classes: u32,
    pub score_threshold: f32,
    pub nms_iou_threshold: f32,
    pub top_k: u32,
    pub min_width: u32,
    pub min_height: u32,
    pub class_ids: String,
    pub class_thresholds: String,
    pub source_thresholds: String,
    pub max_width: u32,
    pub max_height: u32,
    pub edge_policy: EdgePolicy,
    pub nms_mode: nvds_decode::NmsMode,
    pub top_k_per_class: u32,
    pub padding: Padding,
    pub explain: bool,
    pub explain_floor: f32,
    /// What is made of the texts above, while the element runs.
    pub ready: Option<Ready>,
}

/// What is made of texts and files.
#[derive(Debug, Clone)]
pub struct Ready {
    labels: Option<Arc<Labels>>,
    rules: Arc<Rules>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            labels_file: None,
            label_offset: DEFAULT_LABEL_OFFSET,
            num_classes: DEFAULT_NUM_CLASSES,
            score_threshold: DEFAULT_SCORE_THRESHOLD,
            nms_iou_threshold: DEFAULT_NMS_IOU_THRESHOLD,
            top_k: DEFAULT_TOP_K,
            min_width: DEFAULT_MIN_SIZE,
            min_height: DEFAULT_MIN_SIZE,
            class_ids: String::new(),
            class_thresholds: String::new(),
            source_thresholds: String::new(),
            max_width: DEFAULT_MAX_SIZE,
            max_height: DEFAULT_MAX_SIZE,
            edge_policy: EdgePolicy::default(),
            nms_mode: NmsMode::default().into(),
            top_k_per_class: DEFAULT_TOP_K,
            padding: Padding::default(),
            explain: DEFAULT_EXPLAIN,
            explain_floor: DEFAULT_EXPLAIN_FLOOR,
            ready: None,
        }
    }
}

/// What is made of the settings, until one of them is changed.
#[derive(Default)]
pub struct Snapshot {
    /// For the frames of sources without rules of their own.
    pub params: Params,
    labels: Option<Arc<Labels>>,
    label_offset: i32,
    /// In place of what the tensor metas say.
    pub padding: Option<nvds_decode::Padding>,
    /// The least score of entries that are explained, if they are.
    pub explain: Option<f32>,
    rules: Arc<Rules>,
}

impl Snapshot {
    /// The label of a class. A class may have none: its line may be empty, or there is no file.
    pub fn label(&self, class: i64) -> Option<&str> {
        let labels = self.labels.as_ref()?;
        let line = class.saturating_add(i64::from(self.label_offset));
        labels.get(line).filter(|label| !label.is_empty())
    }

    /// What to say of a class that has no line in `labels-file`; `None` if it has one, or there is no file.
    pub fn missing_label(&self, class: u32) -> Option<String> {
        let labels = self.labels.as_ref()?;
        let line = i64::from(class).saturating_add(i64::from(self.label_offset));
        if labels.get(line).is_some() {
            return None;
        }
        let offset = match self.label_offset {
            0 => String::new(),
            offset => format!(" with label-offset={offset}"),
        };
        let count = labels.len();
        let form = match labels.form() {
            Form::Lines => String::new(),
            form => format!(" ({})", form.describe()),
        };
        let hint = match labels.one_line_of_many() {
            true => ": its one line seems to have all labels; write one line for each class",
            false => ": objects of such a class are dropped; add the line, or set label-offset",
        };
        Some(format!(
            "class {class}{offset} has no line in labels-file, which has {count}{form}{hint}"
        ))
    }

    /// For the frames of a source, if they differ from others.
    pub fn params_of(&self, source_id: u32) -> Option<Params> {
        let source = self.rules.of_source(source_id)?;
        Some(Params {
            score_threshold: source.threshold.unwrap_or(self.params.score_threshold),
            classes: source.classes.clone(),
            ..self.params.clone()
        })
    }
}

impl Settings {
    /// Makes ready for running with these labels.
    ///
    /// # Errors
    /// Names the property and what is wrong with it.
    pub fn start(&mut self, labels: Option<Arc<Labels>>) -> Result<(), String> {
        let texts = Texts {
            class_ids: &self.class_ids,
            class_thresholds: &self.class_thresholds,
            source_thresholds: &self.source_thresholds,
        };
        let names = Names {
            labels: labels.as_deref(),
            label_offset: self.label_offset,
        };
        let rules = Arc::new(Rules::new(&texts, names)?);
        self.ready = Some(Ready { labels, rules });
        Ok(())
    }

    /// How many classes the network has: as many as there are labels for, or `num-classes` without
    /// labels. `None` if neither says it.
    pub fn classes(&self, labels: Option<&Labels>) -> Option<usize> {
        let classes = match labels {
            // A file that leaves out the first class has a line less.
            Some(labels) => labels.len() as i64 - i64::from(self.label_offset),
            None => i64::from(self.num_classes),
        };
        usize::try_from(classes).ok().filter(|&classes| classes > 0)
    }

    /// Changes settings. While the element runs, a change that cannot be made ready changes nothing.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn change(&mut self, change: impl FnOnce(&mut Self)) -> Result<(), String> {
        let mut changed = self.clone();
        change(&mut changed);
        if let Some(ready) = changed.ready.take() {
            changed.start(ready.labels)?;
        }
        *self = changed;
        Ok(())
    }

    /// The settings as they are. With labels, classes whose line is not in their file are left out.
    pub fn snapshot(&self) -> Snapshot {
        let Ready { labels, rules } = match &self.ready {
            Some(ready) => ready.clone(),
            None => Ready {
                labels: None,
                rules: Arc::default(),
            },
        };
        let mut first_class = 0;
        let mut num_classes = self.num_classes;
        if let Some(labels) = &labels {
            // Classes whose line is not in the file have no name to go by.
            let offset = i64::from(self.label_offset);
            let end = (labels.len() as i64 - offset).clamp(0, i64::from(i32::MAX)) as u32;
            first_class = (-offset).clamp(0, i64::from(i32::MAX)) as u32;
            num_classes = match num_classes {
                0 => end.max(1),
                limit => limit.min(end.max(1)),
            };
            if end == 0 {
                first_class = u32::MAX; // no class has a label
            }
        }
        let most = |size: u32| match size {
            0 => f32::INFINITY,
            size => size as f32,
        };
        Snapshot {
            params: Params {
                score_threshold: self.score_threshold,
                classes: rules.classes.clone(),
                nms_iou_threshold: self.nms_iou_threshold,
                nms_mode: self.nms_mode,
                top_k: self.top_k as usize,
                top_k_per_class: self.top_k_per_class as usize,
                edge: self.edge_policy.into(),
                min_width: self.min_width as f32,
                min_height: self.min_height as f32,
                max_width: most(self.max_width),
                max_height: most(self.max_height),
                first_class,
                num_classes,
            },
            labels,
            label_offset: self.label_offset,
            padding: self.padding.into(),
            explain: self.explain.then_some(self.explain_floor),
            rules,
        }
    }
}
