use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::{Background, Layout};

use crate::parser::{self, Network, PresetParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsdetrparser",
        gst::DebugColorFlags::empty(),
        Some("Objects from DETR tensors"),
    )
});

const DEFAULT_BACKGROUND: i32 = -2;
const NO_BACKGROUND: i32 = -1;

/// The element's private part.
#[derive(glib::Properties)]
#[properties(wrapper_type = super::DetrParser)]
pub struct DetrParser {
    #[property(name = "background-class", nick = "Background class", type = i32, get, set,
        minimum = -2, default = DEFAULT_BACKGROUND, mutable_ready,
        blurb = "The class of the network's predictions that stands for no object, never a detection; \
                 -1 = none, -2 = as is usual for the format: the last for detr and rfdetr. Classes keep \
                 their numbers")]
    background_class: AtomicI32,
}

impl Default for DetrParser {
    fn default() -> Self {
        Self {
            background_class: AtomicI32::new(DEFAULT_BACKGROUND),
        }
    }
}

parser::preset_class!(
    DetrParser,
    super::DetrParser,
    "GstRsDetrParser",
    "DeepStream DETR tensor parser",
    "Attaches objects (NvDsObjectMeta) decoded from the output tensors of DETRs, such as \
     RT-DETR and RF-DETR, that nvinfer or nvinferserver attached; place it right behind \
     them"
);

impl PresetParserImpl for DetrParser {
    const NETWORK: Network = Network {
        family: &nvds_decode::detr::FAMILY,
        name: "a DETR",
        advice: parser::advice,
    };
    const NMS_IOU: f32 = 0.7;

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn describe(&self, layout: &mut Layout) -> Result<(), String> {
        let class = self.background_class.load(Ordering::Relaxed);
        match u32::try_from(class) {
            Ok(class) => layout.background = Background::Class(class),
            Err(_) if class == NO_BACKGROUND => layout.background = Background::None,
            // What the network is known by holds.
            Err(_) => (),
        }
        Ok(())
    }
}
