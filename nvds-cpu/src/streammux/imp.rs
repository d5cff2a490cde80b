use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::config::Config;
use super::policy::Policy;
use super::scale::{Scaler, Target};
use super::settings::{NO_DURATION, Settings};
use super::source::{Item, Source};
use crate::caps;
use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvstreammux",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for the stock stream multiplexers"),
    )
});

/// Microseconds that an instance reports while nobody has set batched-push-timeout.
const DEFAULT_TIMEOUT: i32 = 33_000;

const SINK_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    video/x-raw, format=(string){ NV12, RGBA }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    audio/x-raw, format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]; \
    audio/x-raw(memory:NVMM), format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]";

const SRC_CAPS: &str = "video/x-raw(memory:NVMM), format=(string){ NV12, RGBA, I420 }, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]; \
    audio/x-raw(memory:NVMM), format=(string){ S16LE, F32LE }, layout=(string)interleaved, channels=(int)[ 1, 2147483647 ], rate=(int)[ 1, 2147483647 ]";

/// Presentation times of the new mux: a counter, and where it starts.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counter {
    /// Whether a frame has come at all.
    pub started: bool,
    /// Nanoseconds; all ones for a running time that was not known, with the sums wrapping.
    pub offset: u64,
    /// Nanoseconds counted since.
    pub count: u64,
    /// Time of the last batch.
    pub previous: u64,
}

impl Counter {
    /// A source's first frame has come, at this running time.
    pub fn restart(&mut self, running_time: Option<gst::ClockTime>) {
        self.offset = match running_time {
            _ if !self.started => 0,
            Some(time) => time.nseconds(),
            None => u64::MAX,
        };
        self.started = true;
        self.count = 0;
    }

    /// Time of the next batch. `given`: the running time to use instead of counting.
    pub fn next(&mut self, given: Option<u64>, duration: u64) -> Option<gst::ClockTime> {
        let mut time = given.unwrap_or_else(|| self.count.wrapping_add(self.offset));
        if time == self.previous {
            time = time.wrapping_add(250_000);
        }
        self.previous = time;
        self.count = self.count.wrapping_add(duration);
        (time != u64::MAX).then(|| gst::ClockTime::from_nseconds(time))
    }
}

/// A flushing seek on its way through.
#[derive(Clone, Debug)]
pub(super) struct Seek {
    pub seqnum: gst::Seqnum,
    /// Downstream is flushing.
    pub flushing: bool,
    /// Pads that still flush.
    pub pads: Vec<gst::Pad>,
}

pub(super) struct State {
    pub sources: Vec<Source>,
    pub policy: Policy,
    /// `batch-size`, or what the configuration says.
    pub batch_size: usize,
    /// Size of all frames, in the default mux's way of working.
    pub target: Option<Target>,
    /// Longest time that a frame waits; `None` for ever.
    pub timeout: Option<Duration>,
    /// The task may run.
    pub running: bool,
    /// A source's end sets its frame numbers back.
    pub reset_on_eos: bool,
    /// What downstream said last.
    pub flow: Result<(), gst::FlowError>,
    pub stream_started: bool,
    /// Caps told downstream.
    pub caps: Option<gst::Caps>,
    /// `batch-size` in them.
    pub caps_batch: usize,
    pub segment_sent: bool,
    pub eos_sent: bool,
    pub last_push: Option<Instant>,
    /// Number of the source at which the next batch starts.
    pub resume: u32,
    pub counter: Counter,
    /// Nanoseconds of a frame, of the first caps.
    pub frame_duration: u64,
    /// Latest time of a batch.
    pub latest: Option<gst::ClockTime>,
    pub seek: Option<Seek>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            policy: Policy::New {
                size: None,
                per_source: 1,
            },
            batch_size: 1,
            target: None,
            timeout: None,
            running: false,
            reset_on_eos: false,
            flow: Ok(()),
            stream_started: false,
            caps: None,
            caps_batch: 0,
            segment_sent: false,
            eos_sent: false,
            last_push: None,
            resume: 0,
            counter: Counter::default(),
            frame_duration: 33_333_333,
            latest: None,
            seek: None,
        }
    }
}

impl State {
    pub fn source(&mut self, pad: &gst::Pad) -> Option<&mut Source> {
        self.sources
            .iter_mut()
            .find(|s| !s.released && s.pad == *pad)
    }

    /// Frames that wait on one pad at most: enough for a batch, and one more.
    pub fn limit(&self) -> usize {
        let active = self.sources.iter().filter(|s| s.is_active()).count();
        self.policy.quota(active) + 1
    }

    /// Frames that the metadata of a batch is made for.
    pub fn max_frames(&self) -> usize {
        let pads = self.sources.iter().filter(|s| !s.released).count();
        match self.target {
            Some(_) => self.batch_size,
            None => self.batch_size.max(pads),
        }
    }
}

#[derive(glib::Properties)]
#[properties(wrapper_type = super::StreamMux)]
pub struct StreamMux {
    #[property(name = "batch-size", nick = "Batch Size", blurb = "Frames in a batch", get, set, member = batch_size, type = u32, builder().maximum(1024))]
    #[property(name = "batched-push-timeout", nick = "Batched Push Timeout", blurb = "Microseconds from the first frame of a batch (with width and height) or from the batch before (without, if set while running) until it is pushed though not full; -1 waits for ever, which is also what happens with width and height while this is not set", get = Self::timeout, set = Self::set_timeout, type = i32, builder().minimum(-1).default_value(DEFAULT_TIMEOUT))]
    #[property(name = "config-file-path", nick = "Config File Path", blurb = "Key file that says how the new mux makes batches", get, set, member = config_file_path, type = Option<String>, builder().default_value(Some("NULL")).mutable_ready())]
    #[property(name = "num-surfaces-per-frame", nick = "Num Surfaces Per Frame", blurb = "Surfaces of a frame; only 1 is supported", get, set, member = num_surfaces_per_frame, type = u32, builder().maximum(8).default_value(1))]
    #[property(name = "attach-sys-ts", nick = "Set system timestamp as ntp timestamp", blurb = "Note the wall-clock time of arrival in the frame's ntp_timestamp", get, set, member = attach_sys_ts, type = bool, default = true)]
    #[property(name = "sync-inputs", nick = "Synchronize Inputs", blurb = "Batches get the latest running time of their frames", get, set, member = sync_inputs, type = bool)]
    #[property(name = "max-latency", nick = "maximum lantency", blurb = "Latency in nanoseconds that is reported in addition, in live pipelines", get, set, member = max_latency, type = u64)]
    #[property(name = "frame-num-reset-on-eos", nick = "Frame Number Reset on EOS", blurb = "A source's frame numbers start at 0 again after its end", get, set, member = frame_num_reset_on_eos, type = bool)]
    #[property(name = "frame-num-reset-on-stream-reset", nick = "Frame Number Reset on stream reset", blurb = "A source's frame numbers start at 0 again when a new stream starts on its pad", get, set, member = frame_num_reset_on_stream_reset, type = bool)]
    #[property(name = "frame-duration", nick = "Frame duration", blurb = "Milliseconds of a frame for the correction of NTP times; accepted, without effect", get = Self::frame_duration, set = Self::set_frame_duration, type = u64, builder().default_value(u64::MAX))]
    #[property(name = "drop-pipeline-eos", nick = "No Pipeline EOS", blurb = "Do not end the pipeline when all sources have ended", get, set, member = drop_pipeline_eos, type = bool)]
    #[property(name = "width", nick = "Width", blurb = "Width that all frames are scaled to, in pixels; 0 leaves them as they are", get, set, member = width, type = u32)]
    #[property(name = "height", nick = "Height", blurb = "Height that all frames are scaled to, in pixels; 0 leaves them as they are", get, set, member = height, type = u32)]
    #[property(name = "enable-padding", nick = "Enable Padding", blurb = "Keep the aspect ratio when scaling, with black bands", get, set, member = enable_padding, type = bool)]
    #[property(name = "live-source", nick = "live source", blurb = "Accepted, without effect: sources are asked whether they are live", get, set, member = live_source, type = bool)]
    #[property(name = "gpu-id", nick = "GPU Device ID", blurb = "Accepted, without effect", get, set, member = gpu_id, type = u32)]
    #[property(name = "nvbuf-memory-type", nick = "Type of NvBufSurface Memory", blurb = "Accepted, without effect", get, set, member = nvbuf_memory_type, type = MemoryType, builder(MemoryType::Default))]
    #[property(name = "buffer-pool-size", nick = "Buffer Pool Size", blurb = "Accepted, without effect: surfaces are made as needed", get, set, member = buffer_pool_size, type = u32, builder().minimum(4).maximum(1024).default_value(4))]
    #[property(name = "compute-hw", nick = "Compute hardware", blurb = "Accepted, without effect", get, set, member = compute_hw, type = ComputeHw, builder(ComputeHw::Default))]
    #[property(name = "interpolation-method", nick = "Interpolation-method", blurb = "How frames are scaled", get, set, member = interpolation_method, type = InterpolationMethod, builder(InterpolationMethod::Bilinear))]
    #[property(name = "async-process", nick = "Asynchronous Process", blurb = "Accepted, without effect", get, set, member = async_process, type = bool, default = true)]
    #[property(name = "sort-batch", nick = "Sort batch", blurb = "Frames of a batch in the order of pads", get, set, member = sort_batch, type = bool)]
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
        lock(&self.settings)
            .batched_push_timeout
            .unwrap_or(DEFAULT_TIMEOUT)
    }

    fn set_timeout(&self, microseconds: i32) {
        lock(&self.settings).batched_push_timeout = Some(microseconds);
        let mut state = lock(&self.state);
        // The new mux takes it only while it runs: its first caps bring the configuration's value.
        if state.target.is_some() || state.caps.is_some() {
            state.timeout = duration(microseconds);
            self.changed.notify_all();
        }
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

    /// Puts the properties together to a way of working.
    fn prepare(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|error| gst::error_msg!(gst::LibraryError::Init, ("{error}")))?;
        let settings = lock(&self.settings).clone();
        let fail = |text: String| gst::error_msg!(gst::LibraryError::Settings, ("{text}"));
        if settings.num_surfaces_per_frame != 1 {
            return Err(fail(format!(
                "num-surfaces-per-frame={} is not supported by the CPU stand-in, only 1 is",
                settings.num_surfaces_per_frame
            )));
        }
        if (settings.width == 0) != (settings.height == 0) {
            return Err(fail(format!(
                "width={} and height={}: set both to scale all frames to that size, or none",
                settings.width, settings.height
            )));
        }
        let new = std::env::var("USE_NEW_NVSTREAMMUX").is_ok_and(|value| value == "yes");
        let scales = settings.width > 0 && !new;
        let config = match &settings.config_file_path {
            Some(path) if !scales => {
                let (config, unknown) =
                    Config::read(path).map_err(|error| fail(error.to_string()))?;
                for key in unknown {
                    gst::warning!(CAT, imp = self, "{path}: {key} is not known, ignoring it");
                }
                config
            }
            _ => Config::default(),
        };
        let batch_size = config.batch_size.unwrap_or(settings.batch_size);
        if batch_size == 0 {
            return Err(gst::error_msg!(
                gst::LibraryError::Settings,
                ("Batch size not set"),
                ["batch-size=0: set it to the number of sources"]
            ));
        }
        let mut state = lock(&self.state);
        let sources = std::mem::take(&mut state.sources);
        *state = State {
            batch_size: batch_size as usize,
            reset_on_eos: settings.frame_num_reset_on_eos,
            ..State::default()
        };
        state.sources = sources.into_iter().filter(|s| !s.released).collect();
        for source in &mut state.sources {
            source.reset();
        }
        if scales {
            state.policy = Policy::Legacy {
                size: batch_size as usize,
                sorted: settings.sort_batch,
            };
            state.timeout = duration(settings.batched_push_timeout.unwrap_or(-1));
            state.target = Some(Target {
                width: settings.width,
                height: settings.height,
                // Replaced by that of the first caps.
                format: gst_video::VideoFormat::Nv12,
                padding: settings.enable_padding,
                method: settings.interpolation_method.into(),
            });
        } else {
            if !new {
                gst::info!(
                    CAT,
                    imp = self,
                    "width and height are not set, which the default stock element refuses; \
                     working as the new nvstreammux"
                );
            }
            state.policy = Policy::New {
                size: (!config.adaptive_batching).then_some(batch_size as usize),
                per_source: config.max_same_source_frames as usize,
            };
            state.timeout = Some(config.interval);
        }
        Ok(())
    }

    /// Lets nobody wait any more.
    fn unblock(&self) {
        let mut state = lock(&self.state);
        state.running = false;
        for source in &mut state.sources {
            source.flushing = true;
        }
        self.changed.notify_all();
    }

    fn src_activate(&self, mode: gst::PadMode, active: bool) -> Result<(), gst::LoggableError> {
        if mode != gst::PadMode::Push {
            return Err(gst::loggable_error!(CAT, "only push mode is supported"));
        }
        if active {
            self.start_task()
        } else {
            lock(&self.state).running = false;
            self.changed.notify_all();
            self.src
                .stop_task()
                .map_err(|error| gst::loggable_error!(CAT, "{error}"))
        }
    }

    pub(super) fn start_task(&self) -> Result<(), gst::LoggableError> {
        {
            let mut state = lock(&self.state);
            state.running = true;
            state.flow = Ok(());
        }
        let weak = self.obj().downgrade();
        self.src
            .start_task(move || {
                if let Some(obj) = weak.upgrade() {
                    obj.imp().iterate();
                }
            })
            .map_err(|error| gst::loggable_error!(CAT, "{error}"))
    }

    fn sink_activate(
        &self,
        pad: &gst::Pad,
        mode: gst::PadMode,
        active: bool,
    ) -> Result<(), gst::LoggableError> {
        if mode != gst::PadMode::Push {
            return Err(gst::loggable_error!(CAT, "only push mode is supported"));
        }
        let mut state = lock(&self.state);
        if let Some(source) = state.source(pad) {
            source.flushing = !active;
            if !active {
                source.flush();
            }
        }
        self.changed.notify_all();
        Ok(())
    }
}

/// `None` for waiting for ever.
fn duration(microseconds: i32) -> Option<Duration> {
    u64::try_from(microseconds).ok().map(Duration::from_micros)
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

#[glib::derived_properties]
impl ObjectImpl for StreamMux {
    fn signals() -> &'static [glib::subclass::Signal] {
        // Stock emits it for frames that come too late to be synchronized; here none is dropped.
        static SIGNALS: LazyLock<Vec<glib::subclass::Signal>> = LazyLock::new(|| {
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
                "Stream multiplexer 2",
                "Generic",
                "Makes batches of the frames of many sources (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            vec![
                caps::template(
                    "sink_%u",
                    gst::PadDirection::Sink,
                    gst::PadPresence::Request,
                    SINK_CAPS,
                ),
                caps::template(
                    "src",
                    gst::PadDirection::Src,
                    gst::PadPresence::Always,
                    SRC_CAPS,
                ),
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
        let id = match name {
            Some(name) => match name.strip_prefix("sink_").map(str::parse::<u32>) {
                Some(Ok(id)) => id,
                _ => {
                    gst::error!(CAT, imp = self, "pad {name}: expected sink_N");
                    return None;
                }
            },
            None => {
                let state = lock(&self.state);
                let ids = state.sources.iter().filter(|s| !s.released);
                ids.map(|s| s.id + 1).max().unwrap_or(0)
            }
        };
        {
            let state = lock(&self.state);
            let same = |s: &&Source| !s.released && s.id == id;
            if let Some(source) = state.sources.iter().find(same) {
                return Some(source.pad.clone());
            }
        }
        let pad = gst::Pad::builder_from_template(template)
            .name(format!("sink_{id}"))
            .activatemode_function(|pad, parent, mode, active| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::loggable_error!(CAT, "panic while activating")),
                    |imp| imp.sink_activate(pad, mode, active),
                )
            })
            .chain_function(|pad, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |imp| imp.sink_chain(pad, buffer),
                )
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_event(pad, event))
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_query(pad, query))
            })
            .build();
        lock(&self.state).sources.push(Source::new(id, pad.clone()));
        // Activates it if the element is running.
        if let Err(error) = self.obj().add_pad(&pad) {
            gst::error!(CAT, imp = self, "{error}");
            lock(&self.state).sources.retain(|s| s.pad != pad);
            return None;
        }
        gst::info!(CAT, imp = self, "Added sink_{id}");
        Some(pad)
    }

    fn release_pad(&self, pad: &gst::Pad) {
        gst::info!(CAT, imp = self, "Releasing {}", pad.name());
        {
            let mut state = lock(&self.state);
            if let Some(source) = state.source(pad) {
                // What waits is still used; then downstream is told.
                source.flushing = true;
                source.released = true;
                source.push(Item::Released);
            }
            if !state.running {
                state.sources.retain(|s| !s.released);
            }
            self.changed.notify_all();
        }
        let _ = pad.set_active(false);
        if let Err(error) = self.obj().remove_pad(pad) {
            gst::warning!(CAT, imp = self, "{error}");
        }
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        match transition {
            gst::StateChange::ReadyToPaused => {
                self.prepare().map_err(|error| {
                    self.post_error_message(error);
                    gst::StateChangeError
                })?;
            }
            gst::StateChange::PausedToReady => self.unblock(),
            _ => (),
        }
        self.parent_change_state(transition)
    }
}

/// The caps of the batches for a source's caps.
pub(super) fn output_caps(
    caps: &gst::CapsRef,
    batch_size: usize,
    surfaces: u32,
    target: Option<&Target>,
) -> Option<gst::Caps> {
    let mut structure = caps.structure(0)?.to_owned();
    structure.remove_fields([
        "pixel-aspect-ratio",
        "chroma-site",
        "interlace-mode",
        "colorimetry",
    ]);
    if let Some(target) = target {
        structure.set("width", i32::try_from(target.width).ok()?);
        structure.set("height", i32::try_from(target.height).ok()?);
    }
    structure.set("batch-size", i32::try_from(batch_size).ok()?);
    structure.set("num-surfaces-per-frame", i32::try_from(surfaces).ok()?);
    let mut out = gst::Caps::new_empty();
    out.make_mut()
        .append_structure_full(structure, Some(gst::CapsFeatures::new([caps::MEMORY_NVMM])));
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_source_counts_from_a_quarter_millisecond() {
        let mut counter = Counter::default();
        counter.restart(None);
        let times: Vec<_> = (0..3)
            .map(|_| counter.next(None, 33_333_333).map(gst::ClockTime::nseconds))
            .collect();
        assert_eq!(times, [Some(250_000), Some(33_333_333), Some(66_666_666)]);
    }

    #[test]
    fn several_sources_while_prerolling_start_without_time() {
        let mut counter = Counter::default();
        counter.restart(None);
        counter.restart(None);
        let times: Vec<_> = (0..3)
            .map(|_| counter.next(None, 33_333_333).map(gst::ClockTime::nseconds))
            .collect();
        assert_eq!(times, [None, Some(33_333_332), Some(66_666_665)]);
    }

    #[test]
    fn a_late_source_restarts_at_the_running_time() {
        let mut counter = Counter::default();
        counter.restart(None);
        counter.next(None, 100);
        counter.restart(Some(gst::ClockTime::from_nseconds(5_000)));
        assert_eq!(counter.next(None, 100).unwrap().nseconds(), 5_000);
        assert_eq!(counter.next(None, 100).unwrap().nseconds(), 5_100);
    }
}
