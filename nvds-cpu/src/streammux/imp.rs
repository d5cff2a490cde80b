use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::properties;
use super::scale::Scaler;
use super::settings::{NO_DURATION, Settings, is_new};
use super::setup::duration;
use super::state::State;
use crate::caps;
use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvstreammux",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for the stock stream multiplexers"),
    )
});

/// Microseconds that an instance of the new mux reports while nobody has set batched-push-timeout.
const DEFAULT_TIMEOUT: i32 = 33_000;

/// What the default mux takes and gives.
const LEGACY_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]";

const SINK_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    video/x-raw, format=(string){ NV12, RGBA }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    audio/x-raw, format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]; \
    audio/x-raw(memory:NVMM), format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]";

const SRC_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    audio/x-raw(memory:NVMM), format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]";

/// The properties are those of the new mux; of the default one [`properties::legacy`] are shown.
#[derive(glib::Properties)]
#[properties(wrapper_type = super::StreamMux)]
pub struct StreamMux {
    #[property(name = "batch-size", nick = "Batch Size", blurb = "Frames in a batch", get, set, member = batch_size, type = u32, builder().maximum(1024))]
    #[property(name = "batched-push-timeout", nick = "Batched Push Timeout", blurb = "Microseconds from the batch before until a batch is pushed though not full, if set while running", get = Self::timeout, set = Self::set_timeout, type = i32, builder().minimum(-1).default_value(DEFAULT_TIMEOUT))]
    #[property(name = "config-file-path", nick = "Config File Path", blurb = "Key file that says how the new mux makes batches", get, set, member = config_file_path, type = Option<String>, builder().default_value(Some("NULL")).mutable_ready())]
    #[property(name = "num-surfaces-per-frame", nick = "Num Surfaces Per Frame", blurb = "Surfaces of a frame; only 1 is supported", get, set, member = num_surfaces_per_frame, type = u32, builder().maximum(8).default_value(1))]
    #[property(name = "attach-sys-ts", nick = "Set system timestamp as ntp timestamp", blurb = "Note the wall-clock time of arrival in the frame's ntp_timestamp", get, set, member = attach_sys_ts, type = bool, default = true)]
    #[property(name = "sync-inputs", nick = "Synchronize Inputs", blurb = "Batches get the latest running time of their frames", get, set, member = sync_inputs, type = bool)]
    #[property(name = "align-inputs", nick = "Align Inputs", blurb = "Accepted, without effect", get, set, member = align_inputs, type = bool)]
    #[property(name = "max-latency", nick = "maximum lantency", blurb = "Latency in nanoseconds that is reported in addition, in live pipelines", get = Self::max_latency, set = Self::set_max_latency, type = u64)]
    #[property(name = "frame-num-reset-on-eos", nick = "Frame Number Reset on EOS", blurb = "A source's frame numbers start at 0 again after its end", get, set, member = frame_num_reset_on_eos, type = bool)]
    #[property(name = "frame-num-reset-on-stream-reset", nick = "Frame Number Reset on stream reset", blurb = "A source's frame numbers start at 0 again when a new stream starts on its pad", get, set, member = frame_num_reset_on_stream_reset, type = bool)]
    #[property(name = "frame-duration", nick = "Frame duration", blurb = "Milliseconds of a frame for the correction of NTP times; accepted, without effect", get = Self::frame_duration, set = Self::set_frame_duration, type = u64, builder().default_value(u64::MAX))]
    #[property(name = "drop-pipeline-eos", nick = "No Pipeline EOS", blurb = "Do not end the pipeline when all sources have ended", get, set, member = drop_pipeline_eos, type = bool)]
    #[property(name = "width", nick = "Width", blurb = "Accepted, without effect: frames stay as they are", get, set, member = width, type = u32)]
    #[property(name = "height", nick = "Height", blurb = "Accepted, without effect: frames stay as they are", get, set, member = height, type = u32)]
    #[property(name = "enable-padding", nick = "Enable Padding", blurb = "Accepted, without effect", get, set, member = enable_padding, type = bool)]
    #[property(name = "live-source", nick = "live source", blurb = "Accepted, without effect: sources are asked whether they are live", get, set, member = live_source, type = bool)]
    #[property(name = "gpu-id", nick = "GPU Device ID", blurb = "Accepted, without effect", get, set, member = gpu_id, type = u32)]
    #[property(name = "nvbuf-memory-type", nick = "Type of NvBufSurface Memory", blurb = "Accepted, without effect", get, set, member = nvbuf_memory_type, type = MemoryType, builder(MemoryType::Default))]
    #[property(name = "buffer-pool-size", nick = "Buffer Pool Size", blurb = "Accepted, without effect: surfaces are made as needed", get, set, member = buffer_pool_size, type = u32, builder().minimum(4).maximum(1024).default_value(4))]
    #[property(name = "compute-hw", nick = "Compute hardware", blurb = "Accepted, without effect", get, set, member = compute_hw, type = ComputeHw, builder(ComputeHw::Default))]
    #[property(name = "interpolation-method", nick = "Interpolation-method", blurb = "Accepted, without effect", get, set, member = interpolation_method, type = InterpolationMethod, builder(InterpolationMethod::Bilinear))]
    #[property(name = "async-process", nick = "Asynchronous Process", blurb = "Accepted, without effect", get, set, member = async_process, type = bool, default = true)]
    #[property(name = "sort-batch", nick = "Sort batch", blurb = "Accepted, without effect", get, set, member = sort_batch, type = bool)]
    #[property(name = "cache-buffer", nick = "Cache buffer", blurb = "Accepted, without effect", get, set, member = cache_buffer, type = bool)]
    #[property(name = "cache-buffer-timeout", nick = "Cache buffer timeout", blurb = "Accepted, without effect", get, set, member = cache_buffer_timeout, type = i32, builder().minimum(-1).default_value(-1))]
    #[property(name = "sync-inputs-ntp", nick = "Synchronize inputs by NTP", blurb = "Accepted, without effect", get, set, member = sync_inputs_ntp, type = i32, builder().minimum(0))]
    #[property(name = "align-first-buffer", nick = "Align First Buffer", blurb = "Accepted, without effect", get, set, member = align_first_buffer, type = bool)]
    #[property(name = "extract-sei-type5-data", nick = "Extract SEI data", blurb = "Accepted, without effect", get, set, member = extract_sei_type5_data, type = bool)]
    #[property(name = "extract-sei-sim-time", nick = "Extract SEI simulation time", blurb = "Accepted, without effect", get, set, member = extract_sei_sim_time, type = bool)]
    #[property(name = "drop-backward-sei", nick = "Drop Backward SEI", blurb = "Accepted, without effect", get, set, member = drop_backward_sei, type = bool)]
    #[property(name = "failsafe-flush-count", nick = "Failsafe flush count", blurb = "Accepted, without effect", get, set, member = failsafe_flush_count, type = u32)]
    #[property(name = "query-resolution", nick = "Query Resolution", blurb = "Accepted, without effect", get, set, member = query_resolution, type = bool)]
    pub(super) settings: Mutex<Settings>,
    pub(super) state: Mutex<State>,
    /// Something in the state has changed.
    pub(super) changed: Condvar,
    pub(super) scaler: Mutex<Scaler>,
    pub(super) src: gst::Pad,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The streaming threads report a panic as an element error and stop.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl StreamMux {
    fn timeout(&self) -> i32 {
        let default = if is_new() { DEFAULT_TIMEOUT } else { -1 };
        lock(&self.settings).batched_push_timeout.unwrap_or(default)
    }

    fn set_timeout(&self, microseconds: i32) {
        lock(&self.settings).batched_push_timeout = Some(microseconds);
        let mut state = lock(&self.state);
        // The new mux takes it only while it runs: its first caps bring the configuration's value.
        if !is_new() || state.caps.is_some() {
            state.timeout = duration(microseconds);
            self.changed.notify_all();
        }
        drop(state);
        self.latency_changed();
    }

    fn max_latency(&self) -> u64 {
        lock(&self.settings).max_latency
    }

    fn set_max_latency(&self, nanoseconds: u64) {
        lock(&self.settings).max_latency = nanoseconds;
        self.latency_changed();
    }

    fn frame_duration(&self) -> u64 {
        lock(&self.settings).frame_duration / 1_000_000
    }

    fn set_frame_duration(&self, milliseconds: u64) {
        lock(&self.settings).frame_duration = match milliseconds {
            u64::MAX => NO_DURATION,
            _ => milliseconds.saturating_mul(1_000_000),
        };
    }
}

/// The property of all that the element knows which has this one's name, with its number.
fn derived(pspec: &glib::ParamSpec) -> (usize, &'static glib::ParamSpec) {
    let all = StreamMux::derived_properties();
    let mut named = all.iter().enumerate();
    let found = named.find(|(_, derived)| derived.name() == pspec.name());
    let (index, derived) = found.expect("both lists have this name");
    (index + 1, derived)
}

#[glib::object_subclass]
impl ObjectSubclass for StreamMux {
    const NAME: &'static str = "GstNvStreamMux";
    type Type = super::StreamMux;
    type ParentType = gst::Element;

    fn with_class(class: &Self::Class) -> Self {
        let template = class
            .pad_template("src")
            .expect("the template is declared below");
        let src = gst::Pad::builder_from_template(&template)
            .activatemode_function(|_, parent, mode, active| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::loggable_error!(CAT, "panic while activating")),
                    |imp| imp.src_activate(mode, active),
                )
            })
            .event_function(|_, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.src_event(event))
            })
            .query_function(|_, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.src_query(query))
            })
            .build();
        Self {
            settings: Mutex::default(),
            state: Mutex::default(),
            changed: Condvar::new(),
            scaler: Mutex::default(),
            src,
        }
    }
}

impl ObjectImpl for StreamMux {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            if is_new() {
                let all = StreamMux::derived_properties().iter();
                // The default mux's alone.
                all.filter(|p| p.name() != "align-inputs")
                    .cloned()
                    .collect()
            } else {
                properties::legacy()
            }
        });
        &PROPERTIES
    }

    fn set_property(&self, _id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let (id, derived) = derived(pspec);
        // Some are wider in the new mux.
        if let Ok(value) = value.transform_with_type(derived.value_type()) {
            self.derived_set_property(id, &value, derived);
            self.warn_of_size(pspec.name());
        }
    }

    fn property(&self, _id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let (id, derived) = derived(pspec);
        let value = self.derived_property(id, derived);
        let same_type = value.transform_with_type(pspec.value_type());
        same_type.unwrap_or(value)
    }

    fn signals() -> &'static [glib::subclass::Signal] {
        // The new mux emits it for frames that come too late to be synchronized; here none is dropped.
        static SIGNALS: LazyLock<Vec<glib::subclass::Signal>> = LazyLock::new(|| {
            if !is_new() {
                return Vec::new();
            }
            vec![
                glib::subclass::Signal::builder("dropped")
                    .param_types([glib::Type::POINTER])
                    .build(),
            ]
        });
        &SIGNALS
    }

    fn constructed(&self) {
        self.parent_constructed();
        self.obj()
            .add_pad(&self.src)
            .expect("a new element has no such pad");
    }
}

impl GstObjectImpl for StreamMux {}

impl ElementImpl for StreamMux {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                if is_new() {
                    "Stream multiplexer 2"
                } else {
                    "Stream multiplexer"
                },
                "Generic",
                "Makes batches of the frames of many sources (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let (sink, src) = match is_new() {
                true => (SINK_CAPS, SRC_CAPS),
                false => (LEGACY_CAPS, LEGACY_CAPS),
            };
            vec![
                caps::template(
                    "sink_%u",
                    gst::PadDirection::Sink,
                    gst::PadPresence::Request,
                    sink,
                ),
                caps::template("src", gst::PadDirection::Src, gst::PadPresence::Always, src),
            ]
        });
        &TEMPLATES
    }

    fn request_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        _caps: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        self.add_sink(template, name)
    }

    fn release_pad(&self, pad: &gst::Pad) {
        self.release_sink(pad);
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        let fail = |error| {
            self.post_error_message(error);
            gst::StateChangeError
        };
        match transition {
            gst::StateChange::NullToReady => self.check().map_err(fail)?,
            gst::StateChange::ReadyToPaused => self.prepare().map_err(fail)?,
            gst::StateChange::PausedToReady => self.unblock(),
            _ => (),
        }
        let done = self.parent_change_state(transition)?;
        if transition == gst::StateChange::PausedToReady && !is_new() {
            let mut settings = lock(&self.settings);
            (settings.sync_inputs, settings.align_inputs) = (false, false);
        }
        Ok(done)
    }
}
