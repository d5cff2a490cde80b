use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::{Layout, Role};

use crate::element::lock;
use crate::parser::{self, Network, PresetParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsfaceparser",
        gst::DebugColorFlags::empty(),
        Some("Faces from tensors"),
    )
});

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::FaceParser)]
pub struct FaceParser {
    #[property(name = "key-points-layer", nick = "Key points layer", type = Option<String>, get, set,
        mutable_ready,
        blurb = "Name of the layer with key points, if not a usual one")]
    key_points_layer: Mutex<Option<String>>,
}

parser::preset_class!(
    FaceParser,
    super::FaceParser,
    "GstRsFaceParser",
    "DeepStream face tensor parser",
    "Attaches faces (NvDsObjectMeta) with key points, decoded from the output tensors that \
     nvinfer or nvinferserver attached; place it right behind them"
);

impl PresetParserImpl for FaceParser {
    const NETWORK: Network = Network {
        family: &nvds_decode::faces::FAMILY,
        name: "a detector of faces",
        advice: parser::advice,
    };
    const NMS_IOU: f32 = 0.3;

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn describe(&self, layout: &mut Layout) -> Result<(), String> {
        let name = lock(&self.key_points_layer).clone();
        layout.layers.set(Role::KeyPoints, name);
        Ok(())
    }
}
