//! `postprocess { ... }`, and what `input_control` and `output_control` say about objects.

use std::path::Path;

use super::{number, one_of};
use crate::infer::pbtext::Position;
use crate::infer::postprocess::settings::{
    ClassAttrs, ClusterMode, NetworkType, ObjectInput, ParserNames, Postprocess, Rgba, ServerRules,
};
use crate::infer::schema::View;
use crate::infer::types::{ConfigError, Note, relative_to};

/// More classes than any network has; each takes memory.
const MAX_CLASSES: u32 = 1 << 16;
/// `nms` that takes the place of `group_rectangle` in builds without OpenCV, which NVIDIA's are.
const GROUP_IOU: f32 = 0.5;
const GROUP_TOPK: u32 = 20;

/// What becomes of the tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerPostprocess {
    /// In nvinfer's terms. `topk` of its classes says nothing, that of [`ServerRules`] counts.
    pub shared: Postprocess,
    /// `triton_classification`, which Triton itself makes: where it stands.
    pub triton: Option<Position>,
    /// Where the function of a library stands, or else the message.
    pub(super) parser: Position,
}

impl ServerPostprocess {
    /// Reads it from the whole file, which has passed its table.
    pub(super) fn read(
        file: &Path,
        root: View<'_>,
        infer: View<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<Self, ConfigError> {
        let library = infer.message("custom_lib").and_then(|lib| lib.text("path"));
        let mut this = Self {
            shared: Postprocess {
                network_type: NetworkType::Other,
                cluster_mode: ClusterMode::None,
                server: Some(ServerRules {
                    topk: None,
                    filters: false,
                }),
                parsers: ParserNames {
                    library: library.map(|path| relative_to(file, path)),
                    ..ParserNames::default()
                },
                ..Postprocess::default()
            },
            triton: None,
            parser: infer.position("postprocess"),
        };
        let control = root.message("output_control");
        this.shared.classifier_type = control
            .and_then(|control| control.text("classifier_type"))
            .map(str::to_owned);
        let Some(view) = infer.message("postprocess") else {
            return Ok(this);
        };
        let labels = view.text("labelfile_path");
        this.shared.label_file = labels.map(|path| relative_to(file, path));
        const KINDS: [&str; 6] = [
            "detection",
            "classification",
            "segmentation",
            "other",
            "triton_classification",
            "trtis_classification",
        ];
        let kind = one_of(file, view, "postprocess", &KINDS)?;
        let message = kind.and_then(|kind| view.message(kind));
        match (kind, message) {
            (Some("detection"), Some(detection)) => this.read_detection(file, detection, notes)?,
            (Some("classification"), Some(classification)) => {
                this.shared.network_type = NetworkType::Classifier;
                this.shared.classifier_threshold = float(classification, "threshold");
                this.shared.parsers.classifier =
                    this.function(classification, "custom_parse_classifier_func");
            }
            (Some("segmentation"), Some(segmentation)) => {
                this.shared.network_type = NetworkType::Segmentation;
                this.shared.segmentation_threshold = float(segmentation, "threshold");
                let classes = "num_segmentation_classes";
                this.shared.classes =
                    number(file, segmentation, classes, 0..=MAX_CLASSES)?.unwrap_or(0);
                this.shared.parsers.segmentation =
                    this.function(segmentation, "custom_parse_segmentation_func");
            }
            (Some("other"), _) | (None, _) => {}
            (Some(name), _) => this.triton = Some(view.position(name)),
        }
        if let Some(control) = control.and_then(|control| control.message("detect_control")) {
            this.read_filters(file, control)?;
        }
        Ok(this)
    }

    /// Sets how many objects stay.
    fn keep(&mut self, topk: Option<u32>) {
        if let Some(server) = &mut self.shared.server {
            server.topk = topk;
        }
    }

    /// The name of a function in the library, whose place is kept.
    fn function(&mut self, view: View<'_>, name: &str) -> Option<String> {
        let function = view.text(name)?;
        self.parser = view.position(name);
        Some(function.to_owned())
    }

    fn read_detection(
        &mut self,
        file: &Path,
        view: View<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<(), ConfigError> {
        const COUNT: &str = "num_detected_classes";
        const POLICIES: [&str; 4] = ["nms", "dbscan", "group_rectangle", "simple_cluster"];
        let classes = number(file, view, COUNT, 1..=MAX_CLASSES)?.ok_or_else(|| {
            let message = "detection has no num_detected_classes: expected a number above 0";
            ConfigError::at(file, view.0.position, message)
        })?;
        self.shared.network_type = NetworkType::Detector;
        self.shared.classes = classes;
        self.shared.parsers.bbox = self.function(view, "custom_parse_bbox_func");
        let mut attrs = ClassAttrs {
            pre_cluster_threshold: 0.0,
            nms_iou_threshold: 0.0,
            ..ClassAttrs::default()
        };
        let policy = one_of(file, view, "detection", &POLICIES)?;
        if let (Some(policy), Some(inner)) = (policy, policy.and_then(|name| view.message(name))) {
            self.read_policy(file, policy, inner, &mut attrs, notes)?;
        }
        let mut all = vec![attrs; classes as usize];
        for entry in view.messages("per_class_params") {
            let key = entry.integer("key").unwrap_or(0);
            let class = usize::try_from(key).ok().and_then(|key| all.get_mut(key));
            let Some(class) = class else {
                return Err(ConfigError::at(
                    file,
                    entry.position("key"),
                    format!(
                        "per_class_params: key {key} is no class: expected 0 to {}",
                        classes - 1
                    ),
                ));
            };
            // A value without the threshold sets it to 0.
            let value = entry.message("value");
            class.pre_cluster_threshold = value.map_or(0.0, |value| float(value, "pre_threshold"));
        }
        self.shared.class_attrs = all;
        Ok(())
    }

    fn read_policy(
        &mut self,
        file: &Path,
        policy: &str,
        view: View<'_>,
        attrs: &mut ClassAttrs,
        notes: &mut Vec<Note>,
    ) -> Result<(), ConfigError> {
        let integer = |name| Ok(number(file, view, name, i32::MIN..=i32::MAX)?.unwrap_or(0));
        self.shared.cluster_mode = match policy {
            "nms" => {
                attrs.pre_cluster_threshold = float(view, "confidence_threshold");
                attrs.nms_iou_threshold = float(view, "iou_threshold");
                // 0 and less are no limit.
                self.keep(u32::try_from(integer("topk")?).ok().filter(|&k| k > 0));
                ClusterMode::Nms
            }
            "dbscan" => {
                attrs.pre_cluster_threshold = float(view, "pre_threshold");
                attrs.eps = float(view, "eps");
                attrs.min_boxes = integer("min_boxes")?;
                attrs.dbscan_min_score = float(view, "min_score");
                ClusterMode::Dbscan
            }
            "group_rectangle" => {
                notes.push(Note::warning(
                    file,
                    view.0.position,
                    "group_rectangle needs OpenCV, which DeepStream is built without: as there, nms with iou_threshold 0.5 and topk 20 takes its place",
                ));
                attrs.pre_cluster_threshold = float(view, "confidence_threshold");
                attrs.nms_iou_threshold = GROUP_IOU;
                self.keep(Some(GROUP_TOPK));
                ClusterMode::Nms
            }
            _ => {
                attrs.pre_cluster_threshold = float(view, "threshold");
                ClusterMode::None
            }
        };
        Ok(())
    }

    fn read_filters(&mut self, file: &Path, control: View<'_>) -> Result<(), ConfigError> {
        if let Some(server) = &mut self.shared.server {
            server.filters = true;
        }
        let default = control.message("default_filter");
        let classes = &mut self.shared.class_attrs;
        if let Some(filter) = default {
            for attrs in classes.iter_mut() {
                read_filter(file, filter, attrs)?;
            }
        }
        for entry in control.messages("specific_class_filters") {
            let key = usize::try_from(entry.integer("key").unwrap_or(0)).unwrap_or(usize::MAX);
            // One for a class that there is not is never used.
            let Some(attrs) = classes.get_mut(key) else {
                continue;
            };
            // It takes the place of the default one, and leaves nothing of it.
            *attrs = ClassAttrs {
                pre_cluster_threshold: attrs.pre_cluster_threshold,
                nms_iou_threshold: attrs.nms_iou_threshold,
                eps: attrs.eps,
                min_boxes: attrs.min_boxes,
                dbscan_min_score: attrs.dbscan_min_score,
                ..ClassAttrs::default()
            };
            if let Some(filter) = entry.message("value") {
                read_filter(file, filter, attrs)?;
            }
        }
        let ids = control.integers("filter_out_class_ids").into_iter();
        self.shared.filter_out_classes = ids.filter_map(|id| id.try_into().ok()).collect();
        Ok(())
    }
}

/// A number, 0 where it is not given.
fn float(view: View<'_>, name: &str) -> f32 {
    view.float(name).unwrap_or(0.0) as f32
}

fn pixels(file: &Path, view: View<'_>, name: &str) -> Result<u32, ConfigError> {
    Ok(number(file, view, name, 0..=u32::MAX)?.unwrap_or(0))
}

fn read_filter(file: &Path, view: View<'_>, attrs: &mut ClassAttrs) -> Result<(), ConfigError> {
    if let Some(sizes) = view.message("bbox_filter") {
        attrs.detected_min_width = pixels(file, sizes, "min_width")?;
        attrs.detected_min_height = pixels(file, sizes, "min_height")?;
        attrs.detected_max_width = pixels(file, sizes, "max_width")?;
        attrs.detected_max_height = pixels(file, sizes, "max_height")?;
    }
    attrs.roi_top_offset = pixels(file, view, "roi_top_offset")?;
    attrs.roi_bottom_offset = pixels(file, view, "roi_bottom_offset")?;
    let color = |name| -> Option<Rgba> {
        let color = view.message(name)?;
        Some(["r", "g", "b", "a"].map(|part| color.float(part).unwrap_or(0.0)))
    };
    if let Some(border) = color("border_color") {
        attrs.border_color = border;
    }
    attrs.bg_color = color("bg_color");
    Ok(())
}

/// Which objects are inferred.
pub(super) fn objects(file: &Path, control: Option<View<'_>>) -> Result<ObjectInput, ConfigError> {
    let Some(control) = control else {
        return Ok(ObjectInput::default());
    };
    let sizes = control
        .message("object_control")
        .and_then(|objects| objects.message("bbox_filter"));
    let size = |name| sizes.map_or(Ok(0), |sizes| pixels(file, sizes, name));
    let ids = control.integers("operate_on_class_ids").into_iter();
    let reinfer = "secondary_reinfer_interval";
    Ok(ObjectInput {
        gie_id: number(file, control, "operate_on_gie_id", i32::MIN..=i32::MAX)?.unwrap_or(-1),
        class_ids: ids.filter_map(|id| id.try_into().ok()).collect(),
        min_width: size("min_width")?,
        min_height: size("min_height")?,
        max_width: size("max_width")?,
        max_height: size("max_height")?,
        reinfer_interval: number(file, control, reinfer, 0..=u32::MAX)?,
        classifier_async: control.flag("async_mode"),
    })
}
