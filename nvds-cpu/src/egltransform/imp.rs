use std::sync::LazyLock;

use glib::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;

use super::MEMORY_EGL_IMAGE;
use crate::caps::{self, MEMORY_NVMM};

const SINK_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ I420, NV12, RGBA, BGRx }, \
    width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]";
const SRC_CAPS: &str = "video/x-raw(memory:EGLImage), format=(string){ RGBA, I420, NV12, BGRx }, \
    width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]";

#[derive(Default)]
pub struct EglTransform;

#[glib::object_subclass]
impl ObjectSubclass for EglTransform {
    const NAME: &'static str = "GstNvEglTransform";
    type Type = super::EglTransform;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for EglTransform {
    fn constructed(&self) {
        self.parent_constructed();
        // Caps differ, buffers do not.
        self.obj().set_passthrough(true);
    }
}

impl GstObjectImpl for EglTransform {}

impl ElementImpl for EglTransform {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVMM to EGLImage transform",
                "Filter/Converter/Video",
                "Lets surfaces pass as EGL images (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let always = gst::PadPresence::Always;
            vec![
                caps::template("sink", gst::PadDirection::Sink, always, SINK_CAPS),
                caps::template("src", gst::PadDirection::Src, always, SRC_CAPS),
            ]
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for EglTransform {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn transform_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let feature = match direction {
            gst::PadDirection::Src => MEMORY_NVMM,
            _ => MEMORY_EGL_IMAGE,
        };
        let mut other = caps.clone();
        let named = other.make_mut();
        for index in 0..named.size() {
            named.set_features(index, Some(gst::CapsFeatures::new([feature])));
        }
        Some(crate::caps::filtered(other, filter))
    }

    fn transform_ip(
        &self,
        _buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        Ok(gst::FlowSuccess::Ok)
    }
}
