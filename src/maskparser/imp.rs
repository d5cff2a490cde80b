use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::maskrcnn::Masks;
use nvds_decode::{Layout, Options, Role};

use crate::element::lock;
use crate::parser::{self, Choice, Network, PresetParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsmaskparser",
        gst::DebugColorFlags::empty(),
        Some("Objects with masks from tensors"),
    )
});

const DEFAULT_MASK_THRESHOLD: f32 = 0.5;

/// The properties' values.
#[derive(Debug, Clone)]
struct Settings {
    mask_threshold: f32,
    mask_logits: Choice,
    masks_layer: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mask_threshold: DEFAULT_MASK_THRESHOLD,
            mask_logits: Choice::default(),
            masks_layer: None,
        }
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::MaskParser)]
pub struct MaskParser {
    #[property(name = "mask-threshold", nick = "Mask threshold", type = f32, member = mask_threshold, get, set,
        minimum = 0.0, maximum = 1.0, default = DEFAULT_MASK_THRESHOLD, mutable_ready,
        blurb = "Values of an object's mask above this belong to the object: nvdsosd with display-mask=1 draws them")]
    #[property(name = "mask-logits", nick = "Masks of logits", type = Choice, member = mask_logits, get, set,
        mutable_ready,
        blurb = "Whether the values of masks are logits, of which the logistic function is taken; auto = those of \
                 tao-mask-rcnn are unless the layer's name has sigmoid in it, those of mask-rcnn are not",
        builder(Choice::default()))]
    #[property(name = "masks-layer", nick = "Masks layer", type = Option<String>, member = masks_layer, get, set,
        mutable_ready, blurb = "Name of the layer with masks, if not a usual one")]
    settings: Mutex<Settings>,
}

parser::preset_class!(
    MaskParser,
    super::MaskParser,
    "GstRsMaskParser",
    "DeepStream Mask R-CNN tensor parser",
    "Attaches objects (NvDsObjectMeta) with masks decoded from the output tensors of Mask R-CNNs \
     that nvinfer or nvinferserver attached; place it right behind them"
);

impl PresetParserImpl for MaskParser {
    const NETWORK: Network = Network {
        family: &nvds_decode::maskrcnn::FAMILY,
        name: "a Mask R-CNN",
        advice: parser::advice,
    };
    const NMS_IOU: f32 = 0.5;

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn describe(&self, layout: &mut Layout) -> Result<(), String> {
        let settings = lock(&self.settings).clone();
        layout.layers.set(Role::Masks, settings.masks_layer);
        layout.options = Options::Masks(Masks {
            logits: settings.mask_logits.into(),
            threshold: settings.mask_threshold,
        });
        Ok(())
    }
}
