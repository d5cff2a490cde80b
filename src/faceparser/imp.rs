use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::{Layout, Role};

use crate::element::lock;
use crate::parser::{self, Network, PresetParser, PresetParserImpl};

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

#[glib::object_subclass]
impl ObjectSubclass for FaceParser {
    const NAME: &'static str = "GstRsFaceParser";
    type Type = super::FaceParser;
    type ParentType = PresetParser;
}

impl ObjectImpl for FaceParser {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> =
            LazyLock::new(|| parser::properties::<FaceParser>(FaceParser::derived_properties()));
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let shared = parser::property(self.obj().upcast_ref(), pspec.name());
        shared.unwrap_or_else(|| self.derived_property(id, pspec))
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if !parser::set_property(self.obj().upcast_ref(), value, pspec) {
            self.derived_set_property(id, value, pspec);
        }
    }
}

impl GstObjectImpl for FaceParser {}

impl ElementImpl for FaceParser {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DeepStream face tensor parser",
                "Filter/Analyzer/Video",
                "Attaches faces (NvDsObjectMeta) with key points, decoded from the output tensors that \
                 nvinfer or nvinferserver attached; place it right behind them",
                "The rsnvds developers",
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for FaceParser {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;
}

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
