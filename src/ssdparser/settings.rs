//! The properties' values, and what is made of them for one buffer.

use std::path::PathBuf;

use nvds_decode::Params;

use super::labels::Labels;

pub const DEFAULT_LABEL_OFFSET: i32 = 0;
pub const DEFAULT_NUM_CLASSES: u32 = 0;
pub const DEFAULT_SCORE_THRESHOLD: f32 = 0.5;
pub const DEFAULT_NMS_IOU_THRESHOLD: f32 = 0.3;
pub const DEFAULT_TOP_K: u32 = 0;
pub const DEFAULT_MIN_SIZE: u32 = 0;
pub const DEFAULT_UNIQUE_ID: u32 = 0;
pub const DEFAULT_STATS_INTERVAL: u32 = 0;

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
    pub unique_id: u32,
    pub stats_interval: u32,
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
            unique_id: DEFAULT_UNIQUE_ID,
            stats_interval: DEFAULT_STATS_INTERVAL,
        }
    }
}

/// What is copied out of the settings for one buffer; no heap memory.
pub struct Snapshot {
    pub params: Params,
    pub label_offset: i32,
    pub unique_id: u32,
}

impl Settings {
    /// The settings for one buffer. With labels, classes whose line is not in their file are left out.
    pub fn snapshot(&self, labels: Option<&Labels>) -> Snapshot {
        let mut first_class = 0;
        let mut num_classes = self.num_classes;
        if let Some(labels) = labels {
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
        Snapshot {
            params: Params {
                score_threshold: self.score_threshold,
                nms_iou_threshold: self.nms_iou_threshold,
                top_k: self.top_k as usize,
                min_width: self.min_width as f32,
                min_height: self.min_height as f32,
                first_class,
                num_classes,
                ..Params::default()
            },
            label_offset: self.label_offset,
            unique_id: self.unique_id,
        }
    }
}
