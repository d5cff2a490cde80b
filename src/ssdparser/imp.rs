use std::sync::{Arc, LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::Layout;
use nvds_decode::select::Preset;

use super::layout::{
    Activation, BoxOrder, DEFAULT_BACKGROUND, Format, LayoutSettings, Units, advice,
};
use crate::element::{self, lock};
use crate::parser::{BoxParser, BoxParserImpl, Network};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsssdparser",
        gst::DebugColorFlags::empty(),
        Some("Objects from SSD tensors"),
    )
});

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::SsdParser)]
pub struct SsdParser {
    #[property(name = "format", nick = "Format", type = Format, member = format, get, set,
        mutable_ready,
        blurb = "Layout of the tensors: docs/rsssdparser.md", builder(Format::default()))]
    #[property(name = "box-order", nick = "Box order", type = BoxOrder, member = box_order, get, set,
        mutable_ready,
        blurb = "Order of a box's coordinates in the tensors", builder(BoxOrder::default()))]
    #[property(name = "box-units", nick = "Box units", type = Units, member = box_units, get, set,
        mutable_ready,
        blurb = "Units of a box's coordinates in the tensors", builder(Units::default()))]
    #[property(name = "count-layer", nick = "Count layer", type = Option<String>,
        member = count_layer, get, set, mutable_ready,
        blurb = "Name of the layer with the number of detections, if not the usual one")]
    #[property(name = "scores-layer", nick = "Scores layer", type = Option<String>,
        member = scores_layer, get, set, mutable_ready,
        blurb = "Name of the layer with scores or class predictions, if not the usual one")]
    #[property(name = "classes-layer", nick = "Classes layer", type = Option<String>,
        member = classes_layer, get, set, mutable_ready,
        blurb = "Name of the layer with class numbers, if not the usual one")]
    #[property(name = "boxes-layer", nick = "Boxes layer", type = Option<String>,
        member = boxes_layer, get, set, mutable_ready,
        blurb = "Name of the layer with boxes or box encodings, if not the usual one")]
    #[property(name = "detections-layer", nick = "Detections layer", type = Option<String>,
        member = detections_layer, get, set, mutable_ready,
        blurb = "Name of the layer with rows (nms-plugin: seven numbers; mmdet: five; onnx-nms: \
                 selected indices), if not the usual one")]
    #[property(name = "anchors", nick = "Anchors", type = Option<String>, member = anchors, get, set,
        mutable_ready,
        blurb = "For raw tensors, the boxes that box encodings start from, as in \
                 tf-ssd,min-scale=0.2,max-scale=0.95 or torchvision-ssdlite320 or \
                 file,location=anchors.npy: docs/rsssdparser.md")]
    #[property(name = "variances", nick = "Variances", type = Option<String>, member = variances,
        get, set, mutable_ready,
        blurb = "For raw tensors, what box encodings are divided by, each in its column's order; \
                 empty = 10,10,5,5")]
    #[property(name = "score-activation", nick = "Score activation", type = Activation,
        member = score_activation, get, set, mutable_ready,
        blurb = "What makes scores of the network's numbers", builder(Activation::default()))]
    #[property(name = "background-class", nick = "Background class", type = i32,
        member = background_class, get, set, minimum = -2, default = DEFAULT_BACKGROUND,
        mutable_ready,
        blurb = "Where there is a prediction for each class (raw, pytorch-ssd), the class that stands \
                 for no object, never a detection; -1 = none, -2 = as is usual: none for raw, 0 for \
                 pytorch-ssd. Classes keep their numbers")]
    layout: Mutex<LayoutSettings>,
}

#[glib::object_subclass]
impl ObjectSubclass for SsdParser {
    const NAME: &'static str = "GstRsSsdParser";
    type Type = super::SsdParser;
    type ParentType = BoxParser;
}

impl ObjectImpl for SsdParser {
    fn properties() -> &'static [glib::ParamSpec] {
        Self::derived_properties()
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        self.derived_property(id, pspec)
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if element::may_set(&*self.obj(), *CAT, pspec) {
            self.derived_set_property(id, value, pspec);
        }
    }
}

crate::parser::element_frame!(
    SsdParser,
    "DeepStream SSD tensor parser",
    "Attaches objects (NvDsObjectMeta) decoded from the SSD output tensors that nvinfer \
     or nvinferserver attached; place it right behind them"
);

impl BoxParserImpl for SsdParser {
    const NETWORK: Network = Network {
        family: &nvds_decode::ssd::FAMILY,
        name: "an SSD detector",
        advice,
    };

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn layout(&self) -> Result<(Arc<Layout>, Option<Preset>), String> {
        // A file of anchors is read with no lock held.
        let settings = lock(&self.layout).clone();
        let layout = settings.layout()?;
        if let Some(raw) = layout.raw() {
            gst::info!(CAT, imp = self, "anchors: {}", raw.anchors);
        }
        Ok((layout, None))
    }
}
