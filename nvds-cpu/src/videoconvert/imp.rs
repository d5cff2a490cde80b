use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::base_transform::{InputBuffer, PrepareOutputBufferSuccess};
use gst_base::subclass::prelude::*;

use super::caps::MemoryFields;
use super::enums::{CopyHw, FlipMethod};
use super::settings::{Settings, Task};
use super::work::{self, State};
use crate::caps::in_line;
use crate::enums::{ComputeHw, InterpolationMethod, MemoryType};
use crate::own_buffers;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvvideoconvert",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for nvvideoconvert"),
    )
});

#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::NvVideoConvert)]
pub struct NvVideoConvert {
    #[property(name = "silent", get, set, type = bool, member = silent, nick = "Silent",
        blurb = "Produce verbose output? (without effect)")]
    #[property(name = "gpu-id", get, set, type = u32, member = gpu_id,
        nick = "Set GPU Device ID for operation",
        blurb = "Number of the GPU, as written into the caps (without effect)", mutable_ready)]
    #[property(name = "flip-method", get, set, type = FlipMethod, member = flip_method, nick = "Flip-Method",
        blurb = "How the scaled picture is turned", construct, controllable, builder(FlipMethod::None))]
    #[property(name = "output-buffers", get, set, type = u32, member = output_buffers,
        minimum = 1, default = 4, nick = "Output-Buffers",
        blurb = "Number of output buffers (without effect: as many as needed)", mutable_playing)]
    #[property(name = "interpolation-method", get, set, type = InterpolationMethod,
        member = interpolation_method,
        nick = "Interpolation-method", blurb = "How the picture is scaled", construct,
        controllable, builder(InterpolationMethod::Default))]
    #[property(name = "src-crop", get, set, type = String, member = src_crop, default = Some(""),
        nick = "src-crop", blurb = "Used part of the input, left:top:width:height in pixels",
        mutable_playing)]
    #[property(name = "dest-crop", get, set, type = String, member = dest_crop,
        default = Some(""), nick = "dest-crop",
        blurb = "Filled part of the output, left:top:width:height in pixels", mutable_ready)]
    #[property(name = "compute-hw", get, set, type = ComputeHw, member = compute_hw, nick = "compute-hw",
        blurb = "Hardware that converts (without effect)", construct, controllable, builder(ComputeHw::Default))]
    #[property(name = "nvbuf-memory-type", get, set, type = MemoryType, member = memory_type, nick = "Type of NvBufSurface memory allocated",
        blurb = "What output surfaces say their memory is (it is host memory always)",
        mutable_ready, builder(MemoryType::Default))]
    #[property(name = "bl-output", get, set, type = bool, member = bl_output,
        nick = " Enable BlockLinear output", blurb = "Block-linear output (without effect)")]
    #[property(name = "allow-odd-crop", get, set, type = bool, member = allow_odd_crop,
        default = true, nick = "Allow Odd Crop ",
        blurb = "Whether crops may have odd offsets and sizes (without effect: they may)")]
    #[property(name = "copy-hw", get, set, type = CopyHw, member = copy_hw,
        nick = " Select copy operation hardware", blurb = "Hardware that copies (without effect)",
        construct, controllable, builder(CopyHw::Gpu))]
    #[property(name = "contiguous-buffers", get, set, type = bool, member = contiguous_buffers,
        nick = " Enable contiguous output buffers",
        blurb = "One block for all surfaces of a batch (without effect)")]
    #[property(name = "disable-passthrough", get, set, type = bool, member = disable_passthrough,
        nick = " disable-passthrough",
        blurb = "Make new buffers even where input and output are the same")]
    settings: Mutex<Settings>,
    /// Set by whoever changes a property, cleared by the streaming thread when it has read them.
    changed: AtomicBool,
    /// Of the streaming thread, as is `state`: what it has read of the settings.
    task: Mutex<Task>,
    state: Mutex<Option<State>>,
}

impl NvVideoConvert {
    fn settings(&self) -> Settings {
        let settings = self.settings.lock();
        settings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn task(&self) -> MutexGuard<'_, Task> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the settings if one was changed; returns whether the picture is turned otherwise than
    /// before.
    ///
    /// Only the streaming thread calls this, before it negotiates and before a buffer's way begins:
    /// size of the output, passthrough, choice of the output buffer and conversion must not see
    /// different settings.
    fn adopt_settings(&self) -> Result<bool, String> {
        // Cleared first: what is changed from here on is read with the next buffer.
        if !self.changed.swap(false, Ordering::AcqRel) {
            return Ok(false);
        }
        let new = self.settings().task().inspect_err(|_| {
            self.changed.store(true, Ordering::Release);
        })?;
        let old = std::mem::replace(&mut *self.task(), new);
        Ok(new.options.flip != old.options.flip)
    }

    /// Hands buffers on as they are where nothing has to be done to them. Only on the streaming
    /// thread, outside a buffer's way: the base class asks for this more than once in it.
    fn update_passthrough(&self) {
        let Some(same) = self.state().as_ref().map(State::is_same) else {
            return;
        };
        let passthrough = same && self.task().is_idle();
        if passthrough != self.obj().is_passthrough() {
            gst::debug!(CAT, imp = self, "passthrough: {passthrough}");
            self.obj().set_passthrough(passthrough);
        }
    }

    fn fail(&self, error: &dyn std::fmt::Display) -> gst::FlowError {
        gst::element_imp_error!(self, gst::StreamError::Failed, ("{error}"));
        gst::FlowError::Error
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvVideoConvert {
    const NAME: &'static str = "Gstnvvideoconvert";
    type Type = super::NvVideoConvert;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for NvVideoConvert {
    fn properties() -> &'static [glib::ParamSpec] {
        Self::derived_properties()
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.derived_set_property(id, value, pspec);
        self.changed.store(true, Ordering::Release);
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        self.derived_property(id, pspec)
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        crate::latency::watch_in_line(obj.sink_pad(), obj.src_pad());
    }
}

impl GstObjectImpl for NvVideoConvert {}

impl ElementImpl for NvVideoConvert {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NvVidConv Plugin",
                "Filter/Converter/Video/Scaler",
                "Converts video between formats, sizes and system and NVMM memory (CPU stand-in)",
                "The rsnvds developers",
            )
        });
        Some(&*METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> =
            LazyLock::new(|| in_line(&super::caps::template()));
        TEMPLATES.as_ref()
    }
}

impl BaseTransformImpl for NvVideoConvert {
    const MODE: BaseTransformMode = BaseTransformMode::NeverInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = false;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        self.changed.store(true, Ordering::Release);
        self.adopt_settings()
            .map(drop)
            .map_err(|error| gst::error_msg!(gst::ResourceError::Settings, ("{error}")))
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state() = None;
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if let gst::EventView::Caps(_) = event.view() {
            // Wrong settings are the next buffer's error.
            let _ = self.adopt_settings();
        }
        self.parent_sink_event(event)
    }

    fn transform_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        filter: Option<&gst::Caps>,
    ) -> Option<gst::Caps> {
        let result = super::caps::transform(caps, filter);
        gst::log!(CAT, imp = self, "{direction:?}: {caps} becomes {result}");
        Some(result)
    }

    fn fixate_caps(
        &self,
        direction: gst::PadDirection,
        caps: &gst::Caps,
        othercaps: gst::Caps,
    ) -> gst::Caps {
        let settings = self.settings();
        let memory = (direction == gst::PadDirection::Sink).then(|| MemoryFields {
            memory_type: settings.memory_type.caps_value(),
            gpu_id: settings.gpu_id,
        });
        let transposes = self.task().options.flip.transposes();
        let result = super::caps::fixate(caps, othercaps, transposes, memory);
        gst::debug!(CAT, imp = self, "chose {result} for {caps}");
        result
    }

    fn set_caps(&self, incaps: &gst::Caps, outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        let state =
            State::new(incaps, outcaps).map_err(|error| gst::loggable_error!(CAT, "{error}"))?;
        *self.state() = Some(state);
        self.update_passthrough();
        Ok(())
    }

    fn propose_allocation(
        &self,
        decide_query: Option<&gst::query::Allocation>,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        if let Some(state) = &*self.state()
            && !state.input().is_nvmm()
        {
            // Rows may lie apart.
            query.add_allocation_meta::<gst_video::VideoMeta>(None);
        }
        self.parent_propose_allocation(decide_query, query)
    }

    fn decide_allocation(
        &self,
        query: &mut gst::query::Allocation,
    ) -> Result<(), gst::LoggableError> {
        own_buffers::remove_pools(query);
        Ok(())
    }

    /// A buffer's way begins here: its settings are read, and where they turn the picture otherwise
    /// than before, the base class negotiates anew before it does anything else with the buffer.
    fn submit_input_buffer(
        &self,
        is_discont: bool,
        inbuf: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let segment = self.obj().segment();
        let time = segment
            .downcast_ref::<gst::ClockTime>()
            .and_then(|segment| segment.to_stream_time(inbuf.pts()));
        if let Some(time) = time {
            // Fails where nothing is controlled.
            let _ = self.obj().sync_values(time);
        }
        let turned = self.adopt_settings().map_err(|error| self.fail(&error))?;
        if turned {
            self.obj().reconfigure_src();
        }
        self.update_passthrough();
        self.parent_submit_input_buffer(is_discont, inbuf)
    }

    fn prepare_output_buffer(
        &self,
        inbuf: InputBuffer,
    ) -> Result<PrepareOutputBufferSuccess, gst::FlowError> {
        if self.obj().is_passthrough() {
            return Ok(PrepareOutputBufferSuccess::InputBuffer);
        }
        let inbuf = own_buffers::input(&inbuf);
        work::check_batch(inbuf).map_err(|error| self.fail(&error))?;
        let memory_type = self.settings().memory_type.resolved() as u32;
        let made = match &*self.state() {
            Some(state) => state.make_buffer(inbuf, memory_type),
            None => return Err(gst::FlowError::NotNegotiated),
        };
        let mut outbuf = made.map_err(|error| match error {
            work::Error::Pool(flow) => flow,
            error => self.fail(&error),
        })?;
        let out = outbuf.make_mut();
        self.copy_metadata(inbuf, out)
            .map_err(|error| self.fail(&error))?;
        Ok(PrepareOutputBufferSuccess::Buffer(outbuf))
    }

    fn transform_meta<'a>(
        &self,
        outbuf: &mut gst::BufferRef,
        meta: gst::MetaRef<'a, gst::Meta>,
        inbuf: &'a gst::BufferRef,
    ) -> bool {
        // Its tag would have it dropped where the format changes.
        work::is_deepstream(&meta) || self.parent_transform_meta(outbuf, meta, inbuf)
    }

    fn transform(
        &self,
        inbuf: &gst::Buffer,
        outbuf: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let options = self.task().options;
        let converted = match &mut *self.state() {
            Some(state) => state
                .convert(options, inbuf, outbuf)
                .and_then(|()| state.move_metadata(options, inbuf, outbuf)),
            None => return Err(gst::FlowError::NotNegotiated),
        };
        // With the state unlocked: whoever handles the message may ask the element something.
        converted.map_err(|error| self.fail(&error))?;
        Ok(gst::FlowSuccess::Ok)
    }
}
