//! What a configuration file says about post-processing, filters and inference on objects.
//!
//! Plain data with the defaults of DeepStream 9.1. Readers of configuration files fill it, nothing here knows of files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::infer::types::Layout;

/// Class index.
pub type ClassId = u32;

/// Red, green, blue, opacity, each 0 to 1.
pub type Rgba = [f64; 4];

/// What kind of network it is, so what is made of its tensors (`network-type`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NetworkType {
    /// 0: boxes.
    #[default]
    Detector,
    /// 1: labels of a frame or an object.
    Classifier,
    /// 2: a class for each pixel.
    Segmentation,
    /// 3: boxes with masks.
    InstanceSegmentation,
    /// 100: nothing is parsed.
    Other,
}

impl NetworkType {
    /// The type with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Detector,
            1 => Self::Classifier,
            2 => Self::Segmentation,
            3 => Self::InstanceSegmentation,
            100 => Self::Other,
            _ => return None,
        })
    }
}

/// How boxes of the same object become one (`cluster-mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ClusterMode {
    /// 0: as OpenCV's function of that name; see [`Postprocess::opencv`].
    #[default]
    GroupRectangles,
    /// 1: clusters by density.
    Dbscan,
    /// 2: non-maximum suppression.
    Nms,
    /// 3: [`Self::Dbscan`], then [`Self::Nms`].
    Hybrid,
    /// 4: all boxes stay.
    None,
}

impl ClusterMode {
    /// The mode with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::GroupRectangles,
            1 => Self::Dbscan,
            2 => Self::Nms,
            3 => Self::Hybrid,
            4 => Self::None,
            _ => return None,
        })
    }
}

/// A class's part of `[class-attrs-all]` and `[class-attrs-<n>]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassAttrs {
    /// `pre-cluster-threshold` (or `threshold`): least confidence of a box.
    pub pre_cluster_threshold: f32,
    /// `post-cluster-threshold`: confidence that a box has to exceed after clustering.
    pub post_cluster_threshold: f32,
    /// `eps`.
    pub eps: f32,
    /// `group-threshold`: least number of boxes in a group, less one.
    pub group_threshold: i32,
    /// `minBoxes`: least number of boxes in a cluster.
    pub min_boxes: i32,
    /// `dbscan-min-score`.
    pub dbscan_min_score: f32,
    /// `nms-iou-threshold`, 0 to 1.
    pub nms_iou_threshold: f32,
    /// `topk`: most boxes to keep; -1 keeps all, 0 none.
    pub topk: i32,
    /// `roi-top-offset`, pixels of the frame.
    pub roi_top_offset: u32,
    /// `roi-bottom-offset`, pixels of the frame.
    pub roi_bottom_offset: u32,
    /// `detected-min-w`, pixels of the frame.
    pub detected_min_width: u32,
    /// `detected-min-h`.
    pub detected_min_height: u32,
    /// `detected-max-w`; 0 is no limit.
    pub detected_max_width: u32,
    /// `detected-max-h`; 0 is no limit.
    pub detected_max_height: u32,
    /// `border-color`.
    pub border_color: Rgba,
    /// `bg-color`; none is no background.
    pub bg_color: Option<Rgba>,
}

impl Default for ClassAttrs {
    fn default() -> Self {
        Self {
            pre_cluster_threshold: 0.2,
            post_cluster_threshold: 0.0,
            eps: 0.0,
            group_threshold: 0,
            min_boxes: 0,
            dbscan_min_score: 0.0,
            nms_iou_threshold: 0.3,
            topk: -1,
            roi_top_offset: 0,
            roi_bottom_offset: 0,
            detected_min_width: 0,
            detected_min_height: 0,
            detected_max_width: 0,
            detected_max_height: 0,
            border_color: [1.0, 0.0, 0.0, 1.0],
            bg_color: None,
        }
    }
}

/// Which function makes results of tensors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParserNames {
    /// `parse-bbox-func-name`.
    pub bbox: Option<String>,
    /// `parse-bbox-instance-mask-func-name`.
    pub instance_mask: Option<String>,
    /// `parse-classifier-func-name`.
    pub classifier: Option<String>,
    /// `parse-segmentation-func-name`.
    pub segmentation: Option<String>,
    /// `custom-lib-path`, where these functions are. Without it the built-in ones are used.
    pub library: Option<PathBuf>,
}

/// What gst-nvinferserver does otherwise than gst-nvinfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerRules {
    /// `nms.topk`: most objects of a frame, of all classes together; `None` for all.
    pub topk: Option<u32>,
    /// `detect_control` is there: without it no object is dropped for its size or place.
    pub filters: bool,
}

/// What becomes of the tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct Postprocess {
    /// `network-type`, or `is-classifier`.
    pub network_type: NetworkType,
    /// `num-detected-classes`: classes of a detector or of a segmentation; 0 where it is not given.
    pub classes: u32,
    /// `cluster-mode`, or `enable-dbscan`.
    pub cluster_mode: ClusterMode,
    /// Whether [`ClusterMode::GroupRectangles`] groups as in a build of nvdsinfer with OpenCV. In the build that is
    /// shipped it is non-maximum suppression with threshold 0.5 and at most 20 boxes of each class.
    pub opencv: bool,
    /// One for each class.
    pub class_attrs: Vec<ClassAttrs>,
    /// `labelfile-path`, as a path that can be opened.
    pub label_file: Option<PathBuf>,
    /// `parse-*-func-name` and `custom-lib-path`.
    pub parsers: ParserNames,
    /// `filter-out-class-ids`.
    pub filter_out_classes: BTreeSet<ClassId>,
    /// `crop-objects-to-roi-boundary`.
    pub crop_objects_to_roi: bool,
    /// `output-instance-mask`.
    pub output_instance_mask: bool,
    /// `segmentation-threshold`.
    pub segmentation_threshold: f32,
    /// `segmentation-output-order`.
    pub segmentation_order: Layout,
    /// `classifier-threshold`.
    pub classifier_threshold: f32,
    /// `classifier-type`.
    pub classifier_type: Option<String>,
    /// Of nvinferserver; `None` for nvinfer.
    pub server: Option<ServerRules>,
}

impl Default for Postprocess {
    fn default() -> Self {
        Self {
            network_type: NetworkType::default(),
            classes: 0,
            cluster_mode: ClusterMode::default(),
            opencv: false,
            class_attrs: Vec::new(),
            label_file: None,
            parsers: ParserNames::default(),
            filter_out_classes: BTreeSet::new(),
            crop_objects_to_roi: false,
            output_instance_mask: false,
            segmentation_threshold: 0.0,
            segmentation_order: Layout::Nchw,
            classifier_threshold: 0.0,
            classifier_type: None,
            server: None,
        }
    }
}

/// Which objects are inferred with `process-mode=2`, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInput {
    /// `operate-on-gie-id`: the element whose objects are taken; -1 takes all.
    pub gie_id: i32,
    /// `operate-on-class-ids`; empty takes all.
    pub class_ids: BTreeSet<i32>,
    /// `input-object-min-width`, pixels of the frame.
    pub min_width: u32,
    /// `input-object-min-height`.
    pub min_height: u32,
    /// `input-object-max-width`; 0 is no limit.
    pub max_width: u32,
    /// `input-object-max-height`; 0 is no limit.
    pub max_height: u32,
    /// `secondary-reinfer-interval`: frames until a tracked object is inferred again; `None` where it is not given.
    pub reinfer_interval: Option<u32>,
    /// `classifier-async-mode`.
    pub classifier_async: bool,
}

impl Default for ObjectInput {
    fn default() -> Self {
        Self {
            gie_id: -1,
            class_ids: BTreeSet::new(),
            min_width: 0,
            min_height: 0,
            max_width: 0,
            max_height: 0,
            reinfer_interval: None,
            classifier_async: false,
        }
    }
}
