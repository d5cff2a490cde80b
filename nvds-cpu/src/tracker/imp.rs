//! The element's class.
#![allow(missing_docs)] // accessors that the property macro makes

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;
use gst_video::VideoFormat;
use nvds::event::SourceEvent;
use nvds::{Batch, FrameSizes, lock};

use super::frame::{Rules, Source};
use crate::caps;
use crate::enums::ComputeHw;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvtracker",
        gst::DebugColorFlags::empty(),
        Some("CPU nvtracker"),
    )
});

/// Bits of `tracking-id-reset-mode`.
const RESET_DROPS: u32 = 1;
const EOS_RESTARTS: u32 = 2;

#[derive(Debug)]
struct Settings {
    tracker_width: u32,
    tracker_height: u32,
    gpu_id: u32,
    ll_config_file: Option<String>,
    ll_lib_file: Option<String>,
    tracking_surface_type: u32,
    compute_hw: ComputeHw,
    display_tracking_id: bool,
    tracking_id_reset_mode: u32,
    input_tensor_meta: bool,
    tensor_meta_gie_id: u32,
    user_meta_pool_size: u32,
    sub_batches: Option<String>,
    sub_batch_err_recovery_trial_cnt: i32,
    operate_on_class_ids: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tracker_width: 960,
            tracker_height: 544,
            gpu_id: 0,
            ll_config_file: None,
            ll_lib_file: None,
            tracking_surface_type: 0,
            compute_hw: ComputeHw::default(),
            display_tracking_id: true,
            // Otherwise than the property says of itself, as in the stock element.
            tracking_id_reset_mode: RESET_DROPS,
            input_tensor_meta: false,
            tensor_meta_gie_id: 0,
            user_meta_pool_size: 32,
            sub_batches: Some(String::new()),
            sub_batch_err_recovery_trial_cnt: 0,
            operate_on_class_ids: Some(String::new()),
        }
    }
}

/// What lives from start to stop.
#[derive(Debug, Default)]
struct State {
    sources: HashMap<u32, Source>,
    /// Of `operate-on-class-ids`.
    classes: Option<Vec<i32>>,
    /// Width and height in the caps.
    size: Option<(u32, u32)>,
}

#[derive(Debug, Default, glib::Properties)]
#[properties(wrapper_type = super::NvTracker)]
pub struct NvTracker {
    #[property(name = "tracker-width", type = u32, get, set, member = tracker_width, nick = "Tracker Width",
        blurb = "Width of frames for the low-level library (without effect)", default = 960, mutable_ready)]
    #[property(name = "tracker-height", type = u32, get, set, member = tracker_height, nick = "Tracker Height",
        blurb = "Height of frames for the low-level library (without effect)", default = 544, mutable_ready)]
    #[property(name = "gpu-id", type = u32, get, set, member = gpu_id, nick = "Set GPU Device ID",
        blurb = "Number of the GPU (without effect)", mutable_ready)]
    #[property(name = "ll-config-file", type = Option<String>, get, set, member = ll_config_file,
        nick = "Low-level library config file",
        blurb = "Configuration of the low-level library (not read, the tracker is our own)")]
    #[property(name = "ll-lib-file", type = Option<String>, get, set, member = ll_lib_file,
        nick = "Low-level library file path",
        blurb = "Low-level library (not loaded, the tracker is our own)")]
    #[property(name = "tracking-surface-type", type = u32, get, set, member = tracking_surface_type,
        nick = "Set Tracking Surface Type", blurb = "Which surfaces are tracked (without effect)", mutable_ready)]
    #[property(name = "compute-hw", type = ComputeHw, get, set, member = compute_hw, nick = "compute-hw",
        blurb = "Hardware that scales frames (without effect)", construct, controllable,
        builder(ComputeHw::Default))]
    #[property(name = "display-tracking-id", type = bool, get, set, member = display_tracking_id,
        nick = "Display tracking id in object text", blurb = "End the objects' texts in their ids", default = true)]
    #[property(name = "tracking-id-reset-mode", type = u32, get, set, member = tracking_id_reset_mode,
        nick = "Tracking ID reset mode",
        blurb = "When a source's ids change: 1 new ones after a stream reset, 2 from 0 again after its end, 3 both \
            (unset: 1)",
        maximum = 3, mutable_ready)]
    #[property(name = "input-tensor-meta", type = bool, get, set, member = input_tensor_meta,
        nick = "Use preprocess tensormeta if available for tensor-meta-gie-id",
        blurb = "Track on tensors of nvdspreprocess (without effect)")]
    #[property(name = "tensor-meta-gie-id", type = u32, get, set, member = tensor_meta_gie_id,
        nick = "Tensor Meta GIE ID to be used, property valid only if input-tensor-meta is TRUE",
        blurb = "Whose tensors (without effect)", mutable_ready)]
    #[property(name = "user-meta-pool-size", type = u32, get, set, member = user_meta_pool_size,
        nick = "User Meta Pool Size", blurb = "Number of user metas kept ready (without effect)", minimum = 1,
        default = 32, mutable_ready)]
    #[property(name = "sub-batches", type = Option<String>, get, set, member = sub_batches,
        nick = "List of sub batces to be processed parallelly",
        blurb = "Which sources are tracked side by side (without effect)")]
    #[property(name = "sub-batch-err-recovery-trial-cnt", type = i32, get, set,
        member = sub_batch_err_recovery_trial_cnt,
        nick = "Number of max. trials to reinitialize the low level tracker library of a sub-batch in case of a processing failure",
        blurb = "How often a failed library is started anew (without effect)", minimum = -1)]
    #[property(name = "operate-on-class-ids", type = Option<String>, get, set, member = operate_on_class_ids,
        nick = "Operate on Class ids",
        blurb = "Classes that are tracked, as 0;2 or 0:2 (empty: all); objects of others are left as they are",
        default = Some(""), mutable_ready)]
    settings: Mutex<Settings>,
    state: Mutex<State>,
}

/// Reads `0;2`; `None` for an empty list, which means all classes.
///
/// # Errors
/// The entry that is no class.
fn parse_classes(text: &str) -> Result<Option<Vec<i32>>, String> {
    let entries = text.split([';', ':']).map(str::trim);
    let classes = entries
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let class = entry.parse::<i32>().ok().filter(|class| *class >= 0);
            class.ok_or_else(|| entry.to_owned())
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok((!classes.is_empty()).then_some(classes))
}

impl NvTracker {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Tracks the objects of all frames in a buffer.
    fn track(&self, buffer: &gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        let failed = |text: String| {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("{text}"));
            gst::FlowError::Error
        };
        let batch = match Batch::from_buffer(buffer) {
            Ok(Some(batch)) => batch,
            Ok(None) => {
                return Err(failed(
                    "no batch metadata on the buffer: put nvstreammux before nvtracker".into(),
                ));
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let size = self.state().size;
        let sizes =
            FrameSizes::of_surface(buffer, size).map_err(|error| failed(error.to_string()))?;
        let show_id = self.settings().display_tracking_id;
        self.track_batch(&batch, &sizes, show_id)
            .map_err(|error| failed(error.to_string()))?;
        Ok(gst::FlowSuccess::Ok)
    }

    /// Nothing is logged or posted here, because this holds the batch's lock and the element's.
    fn track_batch(
        &self,
        batch: &Batch<'_>,
        sizes: &FrameSizes<'_>,
        show_id: bool,
    ) -> Result<(), nvds::Error> {
        let locked = batch.lock();
        let state = &mut *self.state();
        let rules = Rules {
            classes: state.classes.as_deref(),
            show_id,
        };
        for frame in locked.frames() {
            let source = state.sources.entry(frame.source_id()).or_default();
            source.track(&locked, &frame, sizes.of(&frame), &rules)?;
        }
        Ok(())
    }

    /// Forgets what an event says is over.
    fn heed(&self, event: &gst::EventRef) {
        if event.type_() == gst::EventType::FlushStop {
            for source in self.state().sources.values_mut() {
                source.forget();
            }
            return;
        }
        let Some(kind) = SourceEvent::of(event) else {
            return;
        };
        let Some(id) = event.structure().and_then(|s| s.get("source-id").ok()) else {
            return;
        };
        let mode = self.settings().tracking_id_reset_mode;
        let state = &mut *self.state();
        match kind {
            SourceEvent::PadDeleted => drop(state.sources.remove(&id)),
            SourceEvent::StreamEos if mode & EOS_RESTARTS != 0 => drop(state.sources.remove(&id)),
            SourceEvent::StreamReset if mode & RESET_DROPS == 0 => {}
            SourceEvent::StreamEos | SourceEvent::StreamReset => {
                if let Some(source) = state.sources.get_mut(&id) {
                    source.forget();
                }
            }
            _ => {}
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvTracker {
    const NAME: &'static str = "GstNvTracker";
    type Type = super::NvTracker;
    type ParentType = gst_base::BaseTransform;
}

#[glib::derived_properties]
impl ObjectImpl for NvTracker {
    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        crate::latency::watch_in_line(obj.sink_pad(), obj.src_pad());
    }
}

impl GstObjectImpl for NvTracker {}

impl ElementImpl for NvTracker {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NvTracker plugin",
                "NvTracker functionality",
                "Gives objects ids that they keep from frame to frame (CPU stand-in, not NVIDIA's tracker)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            caps::in_line(&caps::nvmm_template(&[
                VideoFormat::I420,
                VideoFormat::Nv12,
                VideoFormat::Rgba,
            ]))
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for NvTracker {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    // The buffer is never made writable, which would copy the whole batch: metadata changes under the batch's lock.
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|e| gst::error_msg!(gst::LibraryError::Init, ("{e}")))?;
        let (classes, lib, config) = {
            let settings = self.settings();
            let classes = parse_classes(settings.operate_on_class_ids.as_deref().unwrap_or(""));
            let files = (
                settings.ll_lib_file.clone(),
                settings.ll_config_file.clone(),
            );
            (classes, files.0, files.1)
        };
        let classes = classes.map_err(|entry| {
            gst::error_msg!(
                gst::LibraryError::Settings,
                ("operate-on-class-ids: expected numbers of classes such as 0;2, found {entry:?}")
            )
        })?;
        gst::debug!(
            CAT,
            imp = self,
            "a tracker of our own runs: ll-lib-file {lib:?} is not loaded, ll-config-file {config:?} not read"
        );
        *self.state() = State {
            classes,
            ..State::default()
        };
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state() = State::default();
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        self.state().size = caps::size(incaps);
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        self.heed(&event);
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.track(buffer)
    }

    fn transform_ip(
        &self,
        buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.track(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_classes_are_read_or_refused() {
        assert_eq!(parse_classes(""), Ok(None));
        assert_eq!(parse_classes(" ; "), Ok(None));
        assert_eq!(parse_classes("0; 2;"), Ok(Some(vec![0, 2])));
        assert_eq!(parse_classes("0:2"), Ok(Some(vec![0, 2])));
        for wrong in ["person", "-1", "0.5"] {
            assert_eq!(parse_classes(&format!("1;{wrong}")), Err(wrong.into()));
        }
    }
}
