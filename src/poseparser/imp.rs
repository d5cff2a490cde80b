use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::poses::Format;

use super::PoseFormat;
use super::task::{Poses, Wanted};
use crate::element::{self, lock};
use crate::parser::{Kind, Task, TensorParser, TensorParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsposeparser",
        gst::DebugColorFlags::empty(),
        Some("Poses from tensors"),
    )
});

const DEFAULT_SCORE_THRESHOLD: f32 = 0.3;
const DEFAULT_LABEL: &str = "person";

/// The properties' values.
#[derive(Debug, Clone)]
struct Settings {
    format: PoseFormat,
    score_threshold: f32,
    label: String,
    keypoints_in_mask: bool,
    joints: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: PoseFormat::default(),
            score_threshold: DEFAULT_SCORE_THRESHOLD,
            label: DEFAULT_LABEL.to_owned(),
            keypoints_in_mask: false,
            joints: false,
        }
    }
}

impl Settings {
    fn format(&self) -> Option<Format> {
        match self.format {
            PoseFormat::Auto => None,
            PoseFormat::Simcc => Some(Format::Simcc),
            PoseFormat::Heatmaps => Some(Format::Heatmaps),
            PoseFormat::Movenet => Some(Format::Movenet),
            PoseFormat::MovenetMulti => Some(Format::MovenetMulti),
        }
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::PoseParser)]
pub struct PoseParser {
    #[property(name = "format", nick = "Format", type = PoseFormat, member = format, get, set,
        mutable_ready, blurb = "What the tensors are", builder(PoseFormat::default()))]
    #[property(name = "score-threshold", nick = "Score threshold", type = f32,
        member = score_threshold, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_SCORE_THRESHOLD, mutable_ready,
        blurb = "Least score of a pose of which an object is made: of its box, or else the mean of its \
                 points. Objects of secondary inference get their points whatever the score")]
    #[property(name = "label", nick = "Label", type = String, member = label, get, set,
        mutable_ready, blurb = "Label of objects that are made of poses; their class is 0")]
    #[property(name = "keypoints-in-mask", nick = "Key points in masks", type = bool, member = keypoints_in_mask,
        get, set, mutable_ready,
        blurb = "Put key points in the place of the object's mask as well, as DeepStream-Yolo-Pose does: x, y in pixels \
                 of the network's input and confidence of each. nvdsosd must not draw masks then: display-mask=0")]
    #[property(name = "joints", nick = "Joints", type = bool, member = joints, get, set, mutable_ready,
        blurb = "Tell nvmsgconv of every object with key points as well: an NvDsEventMsgMeta on the frame, with the points \
                 as joints of its pose. Needs DeepStream 6.2 or newer")]
    settings: Mutex<Settings>,
}

impl PoseParser {
    fn stats(&self) -> gst::Structure {
        self.obj().upcast_ref::<TensorParser>().imp().stats()
    }
}

#[glib::object_subclass]
impl ObjectSubclass for PoseParser {
    const NAME: &'static str = "GstRsPoseParser";
    type Type = super::PoseParser;
    type ParentType = TensorParser;
}

impl ObjectImpl for PoseParser {
    element::properties_and_stats!(
        PoseParser,
        *CAT,
        "Totals since the element started: frames, tensors, bad-tensors, poses, below-threshold, and what the \
         element took for a frame in nanoseconds: time-mean, time-p50, time-p99; and warnings (structure of \
         how often each kind came)"
    );
}

crate::parser::element_frame!(
    PoseParser,
    "DeepStream pose tensor parser",
    "Attaches key points of objects, and objects with key points, decoded from the output tensors \
     that nvinfer or nvinferserver attached; place it right behind them"
);

/// Names of what is counted, as they are in `stats`.
static COUNTERS: LazyLock<Vec<String>> =
    LazyLock::new(|| ["poses", "below-threshold"].map(str::to_owned).to_vec());

impl TensorParserImpl for PoseParser {
    fn kind() -> Option<Kind> {
        Some(Kind {
            category: *CAT,
            counters: &COUNTERS,
            task: make_task,
        })
    }
}

fn make_task(element: &TensorParser) -> Result<Box<dyn Task>, String> {
    let Some(element) = element.downcast_ref::<super::PoseParser>() else {
        return Err("rsposeparser is another element's".to_owned());
    };
    let settings = lock(&element.imp().settings).clone();
    if settings.joints {
        nvds::check_joints().map_err(|error| format!("joints: {error}"))?;
    }
    Ok(Box::new(Poses::new(Wanted {
        format: settings.format(),
        threshold: settings.score_threshold,
        label: settings.label,
        in_masks: settings.keypoints_in_mask,
        joints: settings.joints,
    })))
}
