use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::layout::LayoutError;
use nvds_decode::{Layout, Options, Yolo};

use crate::element::lock;
use crate::parser::{self, Choice, Network, PresetParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsyoloparser",
        gst::DebugColorFlags::empty(),
        Some("Objects from YOLO tensors"),
    )
});

const DEFAULT_EXTRAS: i32 = -1;
const DEFAULT_KEY_POINT_NUMBERS: u32 = 0;
const DEFAULT_MASK_THRESHOLD: f32 = 0.5;
const DEFAULT_BINS: u32 = 0;

/// The properties' values.
#[derive(Debug, Clone)]
struct Settings {
    objectness: Choice,
    cell_boxes: Choice,
    extras: i32,
    key_point_numbers: u32,
    mask_threshold: f32,
    keypoints_in_mask: bool,
    joints: bool,
    multi_label: bool,
    strides: Option<String>,
    bins: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            objectness: Choice::default(),
            cell_boxes: Choice::default(),
            extras: DEFAULT_EXTRAS,
            key_point_numbers: DEFAULT_KEY_POINT_NUMBERS,
            mask_threshold: DEFAULT_MASK_THRESHOLD,
            keypoints_in_mask: false,
            joints: false,
            multi_label: false,
            strides: None,
            bins: DEFAULT_BINS,
        }
    }
}

impl Settings {
    /// # Errors
    /// Names the property, what was expected and what was found.
    fn yolo(&self) -> Result<Yolo, String> {
        if self.joints {
            nvds::check_joints().map_err(|error| format!("joints: {error}"))?;
        }
        let text = self.strides.as_deref().unwrap_or_default();
        let strides = strides(text).ok_or_else(|| {
            format!("strides: \"{text}\", expected whole numbers such as 8,16,32")
        })?;
        Ok(Yolo {
            objectness: self.objectness.into(),
            cells: self.cell_boxes.into(),
            extras: usize::try_from(self.extras).ok(),
            point_numbers: Some(self.key_point_numbers as usize).filter(|&numbers| numbers > 0),
            mask_threshold: self.mask_threshold,
            points_in_mask: self.keypoints_in_mask,
            joints: self.joints,
            multi_label: self.multi_label,
            strides,
            bins: Some(self.bins as usize).filter(|&bins| bins != DEFAULT_BINS as usize),
        })
    }
}

fn strides(text: &str) -> Option<Vec<u32>> {
    let words = text.split([',', ';']).map(str::trim);
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| word.parse().ok()).collect()
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::YoloParser)]
pub struct YoloParser {
    #[property(name = "objectness", nick = "Objectness", type = Choice, member = objectness,
        get, set, mutable_ready,
        blurb = "Whether the fifth number of a box tells how sure the network is of any object, which \
                 class scores are multiplied with; needs format",
        builder(Choice::default()))]
    #[property(name = "cell-boxes", nick = "Boxes in cells", type = Choice, member = cell_boxes,
        get, set, mutable_ready,
        blurb = "Whether boxes are relative to their cells, as YOLOX exports them: offset, and \
                 logarithm of the size; needs format",
        builder(Choice::default()))]
    #[property(name = "extras", nick = "Extra numbers", type = i32, member = extras, get, set,
        minimum = -1, maximum = 65_535, default = DEFAULT_EXTRAS, mutable_ready,
        blurb = "How many numbers follow the class scores of each box, such as mask coefficients or key \
                 points; -1 = as labels and layers say")]
    #[property(name = "key-point-numbers", nick = "Numbers of a key point", type = u32,
        member = key_point_numbers, get, set, maximum = 3, default = DEFAULT_KEY_POINT_NUMBERS, mutable_ready,
        blurb = "How many numbers a key point has: 2 (x, y) or 3 (and how sure the network is of it); 0 = 3 where \
                 that divides what follows the class scores, else 2")]
    #[property(name = "mask-threshold", nick = "Mask threshold", type = f32, member = mask_threshold, get, set,
        minimum = 0.0, maximum = 1.0, default = DEFAULT_MASK_THRESHOLD, mutable_ready,
        blurb = "Values of an object's mask above this belong to the object: nvdsosd with display-mask=1 draws them")]
    #[property(name = "keypoints-in-mask", nick = "Key points in masks", type = bool, member = keypoints_in_mask,
        get, set, mutable_ready,
        blurb = "Put key points in the place of the object's mask as well, as DeepStream-Yolo-Pose does: x, y in pixels \
                 of the network's input and confidence of each. nvdsosd must not draw masks then: display-mask=0")]
    #[property(name = "joints", nick = "Joints", type = bool, member = joints, get, set, mutable_ready,
        blurb = "Tell nvmsgconv of every object with key points as well: an NvDsEventMsgMeta on the frame, with the points \
                 as joints of its pose. Needs DeepStream 6.2 or newer")]
    #[property(name = "multi-label", nick = "Several labels", type = bool, member = multi_label,
        get, set, mutable_ready,
        blurb = "Make an object of every class that reaches the threshold, not of the best class of \
                 each box alone")]
    #[property(name = "strides", nick = "Strides", type = Option<String>, member = strides, get, set,
        mutable_ready,
        blurb = "Strides of the network's levels in their order, as in 8,16,32; empty = the usual ones \
                 that give as many cells as there are")]
    #[property(name = "bins", nick = "Bins", type = u32, member = bins, get, set, maximum = 64,
        default = DEFAULT_BINS, mutable_ready,
        blurb = "For distances as distributions (nanodet, yolov8-raw), the number of bins; 0 = as the \
                 dimensions say")]
    settings: Mutex<Settings>,
}

impl YoloParser {
    /// Warns of properties that only a stated format takes.
    fn tell_unused(&self, settings: &Settings) {
        let choices = [
            ("objectness", settings.objectness),
            ("cell-boxes", settings.cell_boxes),
        ];
        for (name, choice) in choices {
            if choice != Choice::Auto {
                let text = format!(
                    "{name} is not used: it says how heads of a format differ from what is usual; set format as \
                     well, such as format=yolov5"
                );
                gst::warning!(CAT, imp = self, "{text}");
                gst::element_imp_warning!(self, gst::LibraryError::Settings, ("{text}"));
            }
        }
    }
}

parser::preset_class!(
    YoloParser,
    super::YoloParser,
    "GstRsYoloParser",
    "DeepStream YOLO tensor parser",
    "Attaches objects (NvDsObjectMeta) decoded from the output tensors of YOLO networks \
     that nvinfer or nvinferserver attached; place it right behind them"
);

impl PresetParserImpl for YoloParser {
    const NETWORK: Network = Network {
        family: &nvds_decode::yolo::FAMILY,
        name: "a YOLO network",
        advice: parser::advice,
    };
    const NMS_IOU: f32 = 0.45;

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn describe(&self, layout: &mut Layout) -> Result<(), String> {
        let settings = lock(&self.settings).clone();
        if layout.format.is_none() {
            self.tell_unused(&settings);
        }
        layout.options = Options::Yolo(settings.yolo()?);
        layout.check().map_err(|error| match error {
            LayoutError::Bins(_) => format!("bins: {error}"),
            LayoutError::PointNumbers(_) => format!("key-point-numbers: {error}"),
            _ => format!("strides: {error}"),
        })
    }
}
