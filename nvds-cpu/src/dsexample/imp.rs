use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;
use gst_video::VideoFormat;
use nvds::{Batch, FrameSizes, lock};

use super::attach::{self, Scaled};
use crate::caps;
use crate::table::{Table, Values, flag, int, table_properties, uint};

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let side = |name, nick, default| {
        int(
            name,
            nick,
            "Size at which frames are looked at",
            1..=i32::MAX,
            default,
        )
    };
    Table::new(vec![
        uint(
            "unique-id",
            "Unique ID",
            "Number of the element, in the objects' unique_component_id",
            0..=u32::MAX,
            15,
        ),
        side("processing-width", "Processing Width", 640),
        side("processing-height", "Processing Height", 480),
        flag(
            "full-frame",
            "Full frame",
            "Attach objects to frames, not labels to objects",
            true,
        ),
        uint(
            "batch-size",
            "Batch Size",
            "Accepted, without effect",
            1..=1024,
            1,
        )
        .ready(),
        flag(
            "blur-objects",
            "Blur Objects",
            "Accepted, without effect",
            false,
        )
        .cannot("objects are not blurred here; rsosdannotate's styles cover what is to be hidden"),
        uint(
            "gpu-id",
            "Set GPU Device ID",
            "Number of the GPU (without effect)",
            0..=u32::MAX,
            0,
        )
        .ready(),
    ])
});

#[derive(Default)]
pub struct DsExample {
    values: Values,
    /// Width and height in the caps.
    size: Mutex<Option<(u32, u32)>>,
}

impl DsExample {
    fn number(&self, name: &str) -> i32 {
        self.values.number(&TABLE, name) as i32
    }

    fn attach(&self, buffer: &gst::BufferRef) -> Result<(), String> {
        let batch = Batch::from_buffer(buffer).map_err(|e| e.to_string())?;
        let batch =
            batch.ok_or("no batch metadata on the buffer: put nvstreammux before dsexample")?;
        let size = *lock(&self.size);
        let sizes = FrameSizes::of_surface(buffer, size).map_err(|e| e.to_string())?;
        let (id, full) = (
            self.number("unique-id"),
            self.values.flag(&TABLE, "full-frame"),
        );
        let into = (
            self.number("processing-width"),
            self.number("processing-height"),
        );
        let locked = batch.lock();
        for frame in locked.frames() {
            let done = if full {
                match sizes.of(&frame).and_then(|size| Scaled::new(size, into)) {
                    Some(scaled) => attach::to_frame(&locked, &frame, scaled, id),
                    None => Ok(()),
                }
            } else {
                frame
                    .objects()
                    .try_for_each(|object| attach::to_object(&locked, &object, id))
            };
            done.map_err(|e| e.to_string())?;
        }
        Ok(())
    }
}

#[glib::object_subclass]
impl ObjectSubclass for DsExample {
    const NAME: &'static str = "GstDsExample";
    type Type = super::DsExample;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for DsExample {
    table_properties!(TABLE, |_: &Self, _: &str| ());

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        crate::latency::watch_in_line(obj.sink_pad(), obj.src_pad());
    }
}

impl GstObjectImpl for DsExample {}

impl ElementImpl for DsExample {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DsExample plugin",
                "DsExample Plugin",
                "Attaches made-up objects (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let formats = [VideoFormat::Nv12, VideoFormat::Rgba, VideoFormat::I420];
            caps::in_line(&caps::nvmm_template(&formats))
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for DsExample {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|e| gst::error_msg!(gst::LibraryError::Init, ("{e}")))?;
        self.values.complain(&TABLE, self.obj().upcast_ref());
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let info = gst_video::VideoInfo::from_caps(incaps).ok();
        *lock(&self.size) = info.map(|info| (info.width(), info.height()));
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.attach(buffer).map_err(|error| {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
            gst::FlowError::Error
        })?;
        Ok(gst::FlowSuccess::Ok)
    }
}
