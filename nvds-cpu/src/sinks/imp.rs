use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use gst_video::subclass::prelude::*;
use nvds::lock;

use super::kind::{self, Kind};
use super::show::Screen;
use crate::caps;
use crate::table::{Values, table_properties};

/// Where `RSNVDS_SINK` leads, once the element is started.
type Shown = Mutex<Option<Screen>>;

fn start(sink: &gst::Element, shown: &Shown) -> Result<(), gst::ErrorMessage> {
    let screen = Screen::of_environment(sink)
        .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
    *lock(shown) = screen;
    Ok(())
}

fn show(
    sink: &gst_base::BaseSink,
    shown: &Shown,
    buffer: &gst::Buffer,
) -> Result<gst::FlowSuccess, gst::FlowError> {
    match &mut *lock(shown) {
        Some(screen) => screen.show(buffer, &sink.segment()),
        None => Ok(gst::FlowSuccess::Ok),
    }
}

/// What gst-inspect-1.0 shows.
fn metadata(kind: &Kind) -> gst::subclass::ElementMetadata {
    gst::subclass::ElementMetadata::new(
        kind.long_name,
        kind.class,
        "Takes video and shows nothing, unless RSNVDS_SINK says where (CPU stand-in)",
        env!("CARGO_PKG_AUTHORS"),
    )
}

macro_rules! sink {
    ($name:ident, $type:literal, $kind:expr, $table:path, $interfaces:ty) => {
        #[derive(Default)]
        pub struct $name {
            values: Values,
            shown: Shown,
        }

        #[glib::object_subclass]
        impl ObjectSubclass for $name {
            const NAME: &'static str = $type;
            type Type = super::$name;
            type ParentType = gst_video::VideoSink;
            type Interfaces = $interfaces;
        }

        impl ObjectImpl for $name {
            table_properties!($table, |_: &Self, _: &str| ());
        }

        impl GstObjectImpl for $name {}

        impl ElementImpl for $name {
            fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
                static METADATA: LazyLock<gst::subclass::ElementMetadata> =
                    LazyLock::new(|| metadata(&$kind));
                Some(&METADATA)
            }

            fn pad_templates() -> &'static [gst::PadTemplate] {
                static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                    let always = gst::PadPresence::Always;
                    vec![caps::template(
                        "sink",
                        gst::PadDirection::Sink,
                        always,
                        $kind.caps,
                    )]
                });
                &TEMPLATES
            }
        }

        impl BaseSinkImpl for $name {
            fn start(&self) -> Result<(), gst::ErrorMessage> {
                start(self.obj().upcast_ref(), &self.shown)
            }

            fn stop(&self) -> Result<(), gst::ErrorMessage> {
                *lock(&self.shown) = None;
                Ok(())
            }

            fn set_caps(&self, caps: &gst::Caps) -> Result<(), gst::LoggableError> {
                if let Some(screen) = &mut *lock(&self.shown) {
                    screen.set_caps(caps);
                }
                self.parent_set_caps(caps)
            }

            fn render(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
                show(self.obj().upcast_ref(), &self.shown, buffer)
            }

            fn event(&self, event: gst::Event) -> bool {
                // What is written is whole before the application hears of the end.
                if event.type_() == gst::EventType::Eos
                    && let Some(screen) = &mut *lock(&self.shown)
                {
                    screen.finish();
                }
                self.parent_event(event)
            }
        }

        impl VideoSinkImpl for $name {
            /// For the preroll frame. Frames are shown when they are due, in `render`, or the first one came twice.
            fn show_frame(
                &self,
                _buffer: &gst::Buffer,
            ) -> Result<gst::FlowSuccess, gst::FlowError> {
                Ok(gst::FlowSuccess::Ok)
            }
        }
    };
}

type Overlay = (gst_video::VideoOverlay,);

sink!(
    EglGlesSink,
    "GstEglGlesSink",
    kind::EGLGLES,
    kind::EGLGLES_TABLE,
    Overlay
);
sink!(
    Nv3dSink,
    "GstNv3dSink",
    kind::NV3D,
    kind::NV3D_TABLE,
    Overlay
);
sink!(
    DrmVideoSink,
    "GstNvDrmVideoSink",
    kind::DRM,
    kind::DRM_TABLE,
    ()
);
sink!(
    OverlaySink,
    "GstNvOverlaySink",
    kind::OVERLAY,
    kind::OVERLAY_TABLE,
    Overlay
);
