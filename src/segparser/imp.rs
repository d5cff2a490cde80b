use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::segments::{Options, Order};

use super::ChannelOrder;
use super::task::Segments;
use crate::element::{self, lock};
use crate::parser::{Activation, Kind, Task, TensorParser, TensorParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rssegparser",
        gst::DebugColorFlags::empty(),
        Some("Segmentations from tensors"),
    )
});

const DEFAULT_THRESHOLD: f32 = -1.0;
const DEFAULT_CLASSES: u32 = 0;

/// The properties' values.
#[derive(Debug, Clone)]
struct Settings {
    layer: Option<String>,
    channel_order: ChannelOrder,
    score_activation: Activation,
    threshold: f32,
    num_classes: u32,
    probabilities: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            layer: None,
            channel_order: ChannelOrder::default(),
            score_activation: Activation::default(),
            threshold: DEFAULT_THRESHOLD,
            num_classes: DEFAULT_CLASSES,
            probabilities: true,
        }
    }
}

impl Settings {
    fn options(&self) -> Options {
        Options {
            layer: self.layer.clone().filter(|name| !name.is_empty()),
            order: match self.channel_order {
                ChannelOrder::Auto => None,
                ChannelOrder::Chw => Some(Order::Chw),
                ChannelOrder::Hwc => Some(Order::Hwc),
            },
            activation: self.score_activation.into(),
            threshold: Some(self.threshold).filter(|&threshold| threshold >= 0.0),
            only_classes: !self.probabilities,
        }
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::SegParser)]
pub struct SegParser {
    #[property(name = "layer", nick = "Layer", type = Option<String>, member = layer, get, set,
        mutable_ready,
        blurb = "Name of the layer with the map; empty = the only one that can be a map")]
    #[property(name = "channel-order", nick = "Order of channels", type = ChannelOrder,
        member = channel_order, get, set, mutable_ready,
        blurb = "Where the classes are; auto = as the dimensions say: the map has the shape of the \
                 network's input, or more pixels a side than there are classes",
        builder(ChannelOrder::default()))]
    #[property(name = "score-activation", nick = "Score activation", type = Activation,
        member = score_activation, get, set, mutable_ready,
        blurb = "What makes probabilities of the network's numbers; auto = nothing, as in nvinfer",
        builder(Activation::default()))]
    #[property(name = "threshold", nick = "Threshold", type = f32, member = threshold, get, set,
        minimum = -1.0, maximum = 1.0, default = DEFAULT_THRESHOLD, mutable_ready,
        blurb = "Pixels whose greatest number is not above it have no class (-1), as with nvinfer's \
                 segmentation-threshold; -1 = 0.5 for networks of one class, none for others")]
    #[property(name = "num-classes", nick = "Number of classes", type = u32, member = num_classes, get,
        set, maximum = 65_535, default = DEFAULT_CLASSES, mutable_ready,
        blurb = "How many classes the metadata says there are, where the network chooses them itself \
                 and its layer does not tell; 0 = one more than the highest of the frame")]
    #[property(name = "probabilities", nick = "Probabilities", type = bool, member = probabilities, get,
        set, default = true, mutable_ready,
        blurb = "Attach the network's numbers beside the map, as nvinfer does")]
    settings: Mutex<Settings>,
}

impl SegParser {
    fn stats(&self) -> gst::Structure {
        self.obj().upcast_ref::<TensorParser>().imp().stats()
    }
}

#[glib::object_subclass]
impl ObjectSubclass for SegParser {
    const NAME: &'static str = "GstRsSegParser";
    type Type = super::SegParser;
    type ParentType = TensorParser;
}

impl ObjectImpl for SegParser {
    element::properties_and_stats!(
        SegParser,
        *CAT,
        "Totals since the element started: frames, tensors, bad-tensors, maps, pixels, pixels-without (a class), \
         coverage (structure of how many pixels each class had), and what the element took for a frame in \
         nanoseconds: time-mean, time-p50, time-p99; and warnings (structure of how often each kind came)"
    );
}

crate::parser::element_frame!(
    SegParser,
    "DeepStream segmentation tensor parser",
    "Attaches maps of classes (NvDsInferSegmentationMeta), decoded from the output tensors \
     that nvinfer or nvinferserver attached; place it right behind them"
);

/// Names of what is counted, as they are in `stats`.
static COUNTERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    ["maps", "pixels", "pixels-without"]
        .map(str::to_owned)
        .to_vec()
});

impl TensorParserImpl for SegParser {
    fn kind() -> Option<Kind> {
        Some(Kind {
            category: *CAT,
            counters: &COUNTERS,
            task: make_task,
        })
    }
}

fn make_task(element: &TensorParser) -> Result<Box<dyn Task>, String> {
    let Some(element) = element.downcast_ref::<super::SegParser>() else {
        return Err("rssegparser is another element's".to_owned());
    };
    let settings = lock(&element.imp().settings).clone();
    Ok(Box::new(Segments::new(
        settings.options(),
        settings.num_classes,
    )))
}
