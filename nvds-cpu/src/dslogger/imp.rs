use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use glib::subclass::Signal;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;
use nvds::event::SourceEvent;
use nvds::{Batch, lock};

use super::meter::Meter;
use super::table::TABLE;
use crate::caps;
use crate::table::{Values, table_properties};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvdslogger",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for the frame counter"),
    )
});

#[derive(Default)]
pub struct DsLogger {
    values: Values,
    meter: Arc<Mutex<Meter>>,
    timer: Mutex<Option<glib::SourceId>>,
}

impl DsLogger {
    fn count(&self, buffer: &gst::Buffer) {
        match Batch::from_buffer(buffer) {
            Ok(Some(batch)) => {
                let locked = batch.lock();
                let mut meter = lock(&self.meter);
                for frame in locked.frames() {
                    meter.count(frame.pad_index());
                }
            }
            Ok(None) => gst::log!(CAT, imp = self, "no batch metadata: nothing counted"),
            Err(error) => gst::warning!(CAT, imp = self, "nothing counted: {error}"),
        }
        if self.values.flag(&TABLE, "signal-handoffs") {
            self.obj().emit_by_name::<()>("handoff", &[buffer]);
        }
    }

    fn start_timer(&self) {
        let seconds = self.values.number(&TABLE, "fps-measurement-interval-sec");
        let seconds = u64::try_from(seconds).unwrap_or(0);
        if seconds == 0 || !self.values.flag(&TABLE, "show-fps") {
            return;
        }
        let meter = Arc::clone(&self.meter);
        let timer = glib::timeout_add(Duration::from_secs(seconds), move || {
            let line = lock(&meter).report(Instant::now());
            // A closed stdout is no reason to stop.
            let _ = writeln!(std::io::stdout(), "{line}");
            glib::ControlFlow::Continue
        });
        *lock(&self.timer) = Some(timer);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for DsLogger {
    const NAME: &'static str = "GstNvdslogger";
    type Type = super::DsLogger;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for DsLogger {
    table_properties!(TABLE, |_: &Self, _: &str| ());

    fn signals() -> &'static [Signal] {
        static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
            vec![
                Signal::builder("handoff")
                    .param_types([gst::Buffer::static_type()])
                    .build(),
            ]
        });
        &SIGNALS
    }
}

impl GstObjectImpl for DsLogger {}

impl ElementImpl for DsLogger {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Nvdslogger",
                "Generic",
                "Prints frames per second of each source (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| caps::in_line(&gst::Caps::new_any()));
        &TEMPLATES
    }
}

impl BaseTransformImpl for DsLogger {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.meter) = Meter::default();
        self.values.complain(&TABLE, self.obj().upcast_ref());
        self.start_timer();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        if let Some(timer) = lock(&self.timer).take() {
            timer.remove();
        }
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        let source = || event.structure()?.get::<u32>("source-id").ok();
        match (SourceEvent::of(&event), source()) {
            (Some(SourceEvent::StreamEos), Some(id)) => lock(&self.meter).end(id),
            (Some(SourceEvent::PadDeleted), Some(id)) => lock(&self.meter).remove(id),
            _ => (),
        }
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.count(buffer);
        Ok(gst::FlowSuccess::Ok)
    }
}
