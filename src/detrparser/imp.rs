use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::{Background, Layout};

use crate::parser::{self, Network, PresetParser, PresetParserImpl};

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

#[glib::object_subclass]
impl ObjectSubclass for DetrParser {
    const NAME: &'static str = "GstRsDetrParser";
    type Type = super::DetrParser;
    type ParentType = PresetParser;
}

impl ObjectImpl for DetrParser {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> =
            LazyLock::new(|| parser::properties::<DetrParser>(DetrParser::derived_properties()));
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

impl GstObjectImpl for DetrParser {}

impl ElementImpl for DetrParser {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DeepStream DETR tensor parser",
                "Filter/Analyzer/Video",
                "Attaches objects (NvDsObjectMeta) decoded from the output tensors of DETRs, such as \
                 RT-DETR and RF-DETR, that nvinfer or nvinferserver attached; place it right behind \
                 them",
                "The rsnvds developers",
            )
        });
        Some(&METADATA)
    }
}

impl BaseTransformImpl for DetrParser {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;
}

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
