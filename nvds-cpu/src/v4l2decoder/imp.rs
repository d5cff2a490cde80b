use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::sys as c;

use super::copy::Copier;
use super::inner::{self, Inner};
use super::{IoMode, MemType, SkipFrames};
use crate::caps;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvv4l2decoder",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for the stock video decoder"),
    )
});

/// Properties that GstVideoDecoder has, as far as this GStreamer knows them. They are handed on to
/// the decoder inside.
const BASE_PROPERTIES: &[&str] = &[
    "qos",
    "max-errors",
    "min-force-key-unit-interval",
    "discard-corrupted-frames",
    "automatic-request-sync-points",
    "automatic-request-sync-point-flags",
];

const SINK_CAPS: &str = "image/jpeg; \
    video/x-h264, stream-format=(string){ byte-stream }, alignment=(string){ au }; \
    video/x-h265, stream-format=(string){ byte-stream }, alignment=(string){ au }; \
    video/mpeg, mpegversion=(int)4, systemstream=(boolean)false, parsed=(boolean)true, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]; \
    video/mpeg, mpegversion=(int)[ 1, 2 ], systemstream=(boolean)false, parsed=(boolean)true, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]; \
    video/x-divx, divxversion=(int)[ 4, 5 ], width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]; \
    video/x-av1, stream-format=(string){ obu-stream }, alignment=(string){ frame }; \
    video/x-vp8; \
    video/x-vp9, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]";

const SRC_CAPS: &str = "video/x-raw(memory:NVMM), width=(int)[ 1, 2147483647 ], \
    height=(int)[ 1, 2147483647 ], framerate=(fraction)[ 0/1, 2147483647/1 ]";

/// Fields of the stock decoder's caps between format and memory fields. Colorimetry and chroma
/// site are not among them.
const OUTPUT_FIELDS: &[&str] = &[
    "width",
    "height",
    "interlace-mode",
    "multiview-mode",
    "multiview-flags",
    "pixel-aspect-ratio",
    "framerate",
    "field-order",
];

const EXTRA_CONTROLS: &str = "extra-controls";

#[derive(Clone, Debug, Default)]
struct Settings {
    output_io_mode: IoMode,
    capture_io_mode: IoMode,
    extra_controls: Option<gst::Structure>,
    skip_frames: SkipFrames,
    drop_frame_interval: u32,
    num_extra_surfaces: u32,
    disable_dpb: bool,
    cudadec_memtype: MemType,
    gpu_id: u32,
    low_latency_mode: bool,
    extract_sei_type5_data: bool,
    attach_sei_timestamps: bool,
    sei_uuid: Option<String>,
    /// Values of [`BASE_PROPERTIES`] that were set.
    base: BTreeMap<String, glib::SendValue>,
}

#[derive(Default)]
struct State {
    inner: Option<Inner>,
    /// The decoder inside is being emptied, to be replaced: its end is not the stream's.
    replacing: bool,
}

/// What new caps led to.
enum Started {
    /// The decoder inside is new to the pads, or goes on.
    Goes,
    /// Another decoder was there before, and the pads were emptied.
    Anew,
}

#[derive(Default)]
struct Output {
    copier: Option<Copier>,
    /// Pictures since the start.
    pictures: u64,
}

#[derive(glib::Properties)]
#[properties(wrapper_type = super::V4l2Decoder)]
pub struct V4l2Decoder {
    #[property(name = "device", nick = "Device", blurb = "Device file; there is none here, the value is that of a GPU machine", type = Option<String>, get = |_| Some("/dev/nvidia0".to_owned()))]
    #[property(name = "device-name", nick = "Device name", blurb = "Name of the device", type = Option<String>, get = |_| Some(String::new()))]
    #[property(name = "device-fd", nick = "File descriptor", blurb = "File descriptor of the device", type = i32, get = |_| -1, minimum = -1, default = -1)]
    #[property(name = "output-io-mode", nick = "Output IO mode", blurb = "Accepted, without effect", get, set, member = output_io_mode, type = IoMode, builder(IoMode::Auto))]
    #[property(name = "capture-io-mode", nick = "Capture IO mode", blurb = "Accepted, without effect", get, set, member = capture_io_mode, type = IoMode, builder(IoMode::Auto))]
    #[property(name = "skip-frames", nick = "Skip frames", blurb = "Frames that are not decoded", get, set, member = skip_frames, type = SkipFrames, builder(SkipFrames::All).mutable_playing())]
    #[property(name = "drop-frame-interval", nick = "Drop frames interval", blurb = "Of so many decoded frames only the first is passed on; 0 passes all", get, set, member = drop_frame_interval, type = u32, builder().maximum(30).default_value(30).mutable_ready())]
    #[property(name = "num-extra-surfaces", nick = "Number of extra surfaces", blurb = "Accepted, without effect: surfaces are made as needed", get, set, member = num_extra_surfaces, type = u32, builder().maximum(55).default_value(55).mutable_ready())]
    #[property(name = "disable-dpb", nick = "Disable DPB buffer", blurb = "Decode without frame threads, for low latency", get, set, member = disable_dpb, type = bool)]
    #[property(name = "cudadec-memtype", nick = "Memory type for cuda decoder buffers", blurb = "Kind of memory that caps and surfaces name", get, set, member = cudadec_memtype, type = MemType, builder(MemType::Device).mutable_ready())]
    #[property(name = "gpu-id", nick = "GPU Device ID", blurb = "GPU that caps name", get, set, member = gpu_id, type = u32, builder().mutable_ready())]
    #[property(name = "low-latency-mode", nick = "CUVID Decode Low Latency Mode", blurb = "Decode without frame threads, for low latency", get, set, member = low_latency_mode, type = bool)]
    #[property(name = "extract-sei-type5-data", nick = "extract-sei-type5-data", blurb = "Accepted, without effect", get, set, member = extract_sei_type5_data, type = bool)]
    #[property(name = "attach-sei-timestamps", nick = "attach-sei-timestamps", blurb = "Accepted, without effect", get, set, member = attach_sei_timestamps, type = bool)]
    #[property(name = "sei-uuid", nick = "SEI UUID String", blurb = "Accepted, without effect", get, set, member = sei_uuid, type = Option<String>)]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    output: Mutex<Output>,
    sink: gst::Pad,
    src: gst::Pad,
    inside: OnceLock<Inside>,
}

/// Pads towards the decoder inside. They belong to no element, so they hold us weakly themselves.
struct Inside {
    /// Hands compressed frames over.
    feed: gst::Pad,
    /// Takes pictures.
    collect: gst::Pad,
}

impl Inside {
    fn new(element: &super::V4l2Decoder) -> Self {
        type Weak = glib::WeakRef<super::V4l2Decoder>;
        fn with<T>(weak: &Weak, fallback: T, call: impl FnOnce(&V4l2Decoder) -> T) -> T {
            match weak.upgrade() {
                Some(element) => call(element.imp()),
                None => fallback,
            }
        }
        let weak = || element.downgrade();
        let (events, queries) = (weak(), weak());
        let feed = gst::Pad::builder(gst::PadDirection::Src)
            .name("feed")
            .event_function(move |_, _, event| {
                with(&events, false, |imp| imp.sink.push_event(event))
            })
            .query_function(move |_, _, query| {
                with(&queries, false, |imp| imp.sink.peer_query(query))
            })
            .build();
        let (pictures, events, queries) = (weak(), weak(), weak());
        let collect = gst::Pad::builder(gst::PadDirection::Sink)
            .name("collect")
            .chain_function(move |_, _, picture| {
                with(&pictures, Err(gst::FlowError::Flushing), |imp| {
                    imp.collect_chain(picture)
                })
            })
            .event_function(move |_, _, event| with(&events, false, |imp| imp.collect_event(event)))
            .query_function(move |_, _, query| {
                with(&queries, false, |imp| imp.collect_query(query))
            })
            .build();
        Self { feed, collect }
    }

    fn pads(&self) -> [&gst::Pad; 2] {
        [&self.feed, &self.collect]
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // None of the data has an invariant that a panic could break.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl V4l2Decoder {
    fn inside(&self) -> &Inside {
        self.inside.get_or_init(|| Inside::new(&self.obj()))
    }

    fn inner(&self) -> Option<Inner> {
        lock(&self.state).inner.clone()
    }

    fn sink_chain(&self, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Some(inner) = self.inner() else {
            gst::element_imp_error!(
                self,
                gst::CoreError::Negotiation,
                ("no caps came before the first frame; put a parser such as h264parse before this element")
            );
            return Err(gst::FlowError::NotNegotiated);
        };
        let skip = match lock(&self.settings).skip_frames {
            SkipFrames::All => false,
            SkipFrames::Key => buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            SkipFrames::NonRef => buffer
                .map_readable()
                .is_ok_and(|map| inner.codec.is_unreferenced(&map)),
        };
        if skip {
            gst::log!(CAT, imp = self, "Skipping {buffer:?}");
            return Ok(gst::FlowSuccess::Ok);
        }
        self.inside().feed.push(buffer)
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        gst::log!(CAT, obj = self.sink, "Handling {event:?}");
        if let gst::EventView::Caps(caps) = event.view() {
            match self.start(&caps.caps_owned()) {
                Ok(Started::Anew) => return self.feed_sticky_events(event),
                Ok(Started::Goes) => (),
                Err(error) => {
                    gst::element_imp_error!(self, gst::CoreError::MissingPlugin, ("{error}"));
                    return false;
                }
            }
        }
        // The pad keeps sticky events until the decoder is there.
        let keeps = event.is_sticky() && event.type_() != gst::EventType::Eos;
        if keeps || self.inner().is_some() {
            self.inside().feed.push_event(event)
        } else {
            self.src.push_event(event)
        }
    }

    fn sink_query(&self, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            // Of no use for compressed data, and not downstream's business.
            gst::QueryViewMut::Allocation(_) => false,
            _ => gst::Pad::query_default(&self.sink, Some(&*self.obj()), query),
        }
    }

    /// Makes the decoder inside fit the caps.
    fn start(&self, caps: &gst::Caps) -> Result<Started, String> {
        let mut started = Started::Goes;
        if let Some(inner) = self.inner() {
            if inner.accepts(caps) {
                return Ok(started);
            }
            gst::info!(CAT, imp = self, "Replacing the decoder for {caps}");
            lock(&self.state).replacing = true;
            self.inside().feed.push_event(gst::event::Eos::new());
            lock(&self.state).replacing = false;
            lock(&self.state).inner = None;
            inner.stop();
            // Pads that saw the end take no more data until they are flushed.
            for pad in self.inside().pads() {
                pad.set_active(false)
                    .and_then(|()| pad.set_active(true))
                    .map_err(|error| error.to_string())?;
            }
            started = Started::Anew;
        }
        let settings = lock(&self.settings).clone();
        let inside = self.inside();
        let inner = Inner::start(
            caps,
            &inside.feed,
            &inside.collect,
            &self.bus(),
            |element| {
                for (name, value) in &settings.base {
                    if let Some(pspec) = element.find_property(name)
                        && let Ok(value) = value.transform_with_type(pspec.value_type())
                    {
                        element.set_property_from_value(name, &value);
                    }
                }
                if (settings.low_latency_mode || settings.disable_dpb)
                    && element.has_property("thread-type")
                {
                    element.set_property_from_str("thread-type", "slice");
                }
            },
        )?;
        gst::info!(
            CAT,
            imp = self,
            "Decoding {caps} with {}",
            inner.element().name()
        );
        lock(&self.state).inner = Some(inner);
        Ok(started)
    }

    /// Tells a decoder that replaces another what the first one was told, with these caps.
    fn feed_sticky_events(&self, caps: gst::Event) -> bool {
        let mut events = Vec::new();
        self.sink.sticky_events_foreach(|event| {
            events.push(event.clone());
            std::ops::ControlFlow::Continue(gst::EventForeachAction::Keep)
        });
        // The pad stores the new caps only after this.
        let mut ok = true;
        let (before, after): (Vec<_>, Vec<_>) = events
            .into_iter()
            .filter(|event| event.type_() != gst::EventType::Caps)
            .partition(|event| event.type_() == gst::EventType::StreamStart);
        for event in before.into_iter().chain([caps]).chain(after) {
            ok &= self.inside().feed.push_event(event);
        }
        ok
    }

    /// Messages of the decoder inside become ours.
    fn bus(&self) -> gst::Bus {
        let bus = gst::Bus::new();
        let weak = self.obj().downgrade();
        bus.set_sync_handler(move |_, message| {
            if let Some(obj) = weak.upgrade() {
                obj.imp().on_message(message);
            }
            gst::BusSyncReply::Drop
        });
        bus
    }

    fn on_message(&self, message: &gst::Message) {
        let obj = self.obj();
        let from = message.src().map(|src| src.name()).unwrap_or_default();
        let debug = |text: Option<glib::GString>| format!("{from}: {}", text.unwrap_or_default());
        let ours = match message.view() {
            gst::MessageView::Error(error) => {
                gst::message::Error::builder_from_error(error.error())
                    .debug(&debug(error.debug()))
                    .src(&*obj)
                    .build()
            }
            gst::MessageView::Warning(warning) => {
                gst::message::Warning::builder_from_error(warning.error())
                    .debug(&debug(warning.debug()))
                    .src(&*obj)
                    .build()
            }
            gst::MessageView::Latency(_) => gst::message::Latency::builder().src(&*obj).build(),
            gst::MessageView::Qos(_) => message.clone(),
            _ => return,
        };
        let _ = obj.post_message(ours);
    }

    fn collect_chain(&self, picture: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let interval = u64::from(lock(&self.settings).drop_frame_interval);
        let mut output = lock(&self.output);
        let index = output.pictures;
        output.pictures += 1;
        if interval > 0 && !index.is_multiple_of(interval) {
            return Ok(gst::FlowSuccess::Ok);
        }
        let copier = output
            .copier
            .as_mut()
            .ok_or(gst::FlowError::NotNegotiated)?;
        let buffer = copier.copy(&picture);
        // Errors are posted with no lock held.
        drop(output);
        let buffer = buffer.map_err(|error| {
            gst::element_imp_error!(
                self,
                gst::StreamError::Decode,
                ("cannot put picture {index} into a surface: {error}")
            );
            gst::FlowError::Error
        })?;
        drop(picture);
        self.src.push(buffer)
    }

    fn collect_event(&self, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) => match self.set_output(caps.caps()) {
                Ok(caps) => self.src.push_event(gst::event::Caps::new(&caps)),
                Err(error) => {
                    gst::element_imp_error!(
                        self,
                        gst::CoreError::Negotiation,
                        ("cannot use the decoder's format {}: {error}", caps.caps())
                    );
                    false
                }
            },
            gst::EventView::Eos(_) if lock(&self.state).replacing => true,
            _ => self.src.push_event(event),
        }
    }

    /// Prepares for pictures with these caps; returns those of the surfaces.
    fn set_output(&self, raw: &gst::CapsRef) -> Result<gst::Caps, glib::BoolError> {
        let (mem_type, mem_name, gpu_id) = {
            let settings = lock(&self.settings);
            let (mem_type, mem_name) = match settings.cudadec_memtype {
                MemType::Device => (
                    c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_DEVICE,
                    "nvbuf-mem-cuda-device",
                ),
                MemType::Pinned => (
                    c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_PINNED,
                    "nvbuf-mem-cuda-pinned",
                ),
                MemType::Unified => (
                    c::NvBufSurfaceMemType_NVBUF_MEM_CUDA_UNIFIED,
                    "nvbuf-mem-cuda-unified",
                ),
            };
            (mem_type, mem_name, settings.gpu_id as i32)
        };
        let info = gst_video::VideoInfo::from_caps(raw)?;
        let copier = Copier::new(&info, mem_type)?;
        let raw = raw
            .structure(0)
            .ok_or_else(|| glib::bool_error!("empty caps"))?;
        // What the software decoder leaves out.
        let complete = gst_video::VideoInfo::builder(copier.format(), info.width(), info.height())
            .multiview_mode(gst_video::VideoMultiviewMode::Mono)
            .build()?
            .to_caps()?;
        let complete = complete.structure(0);
        let mut structure = gst::Structure::new_empty("video/x-raw");
        structure.set("format", copier.format().to_str());
        for name in OUTPUT_FIELDS {
            let value = raw.value(*name).ok();
            let value = value.or_else(|| complete.and_then(|s| s.value(*name).ok()));
            if let Some(value) = value {
                structure.set_value(*name, value.clone());
            }
        }
        caps::add_memory_fields(&mut structure, false);
        structure.set("nvbuf-memory-type", mem_name);
        structure.set("gpu-id", gpu_id);
        let mut caps = gst::Caps::new_empty();
        caps.make_mut()
            .append_structure_full(structure, Some(gst::CapsFeatures::new([caps::MEMORY_NVMM])));
        lock(&self.output).copier = Some(copier);
        Ok(caps)
    }

    fn collect_query(&self, query: &mut gst::QueryRef) -> bool {
        match query.view_mut() {
            gst::QueryViewMut::Caps(query) => {
                let caps = inner::raw_caps();
                let caps = match query.filter() {
                    Some(filter) => {
                        filter.intersect_with_mode(&caps, gst::CapsIntersectMode::First)
                    }
                    None => caps,
                };
                query.set_result(&caps);
                true
            }
            gst::QueryViewMut::AcceptCaps(query) => {
                let accepts = inner::raw_caps().can_intersect(query.caps());
                query.set_result(accepts);
                true
            }
            // The copy reads any strides, so that the decoder's own memory comes as it is.
            gst::QueryViewMut::Allocation(query) => {
                query.add_allocation_meta::<gst_video::VideoMeta>(None);
                true
            }
            _ => self.src.peer_query(query),
        }
    }

    fn src_event(&self, event: gst::Event) -> bool {
        match self.inner() {
            // It answers quality-of-service events and passes the others on to `feed`.
            Some(_) => self.inside().collect.push_event(event),
            None => self.sink.push_event(event),
        }
    }

    fn src_query(&self, query: &mut gst::QueryRef) -> bool {
        let default = |query: &mut gst::QueryRef| {
            gst::Pad::query_default(&self.src, Some(&*self.obj()), query)
        };
        match query.type_() {
            gst::QueryType::Caps | gst::QueryType::AcceptCaps => default(query),
            // The decoder inside knows its delay.
            _ if self.inner().is_some() => self.inside().collect.peer_query(query),
            _ => default(query),
        }
    }
}

/// Flags of GstVideoDecoder, which gstreamer-rs knows only with a newer GStreamer as its floor.
#[derive(Clone, Copy)]
struct SyncPointFlags(u32);

impl StaticType for SyncPointFlags {
    fn static_type() -> glib::Type {
        glib::Type::from_name("GstVideoDecoderRequestSyncPointFlags").unwrap_or(glib::Type::INVALID)
    }
}

impl glib::translate::IntoGlib for SyncPointFlags {
    type GlibType = u32;

    fn into_glib(self) -> u32 {
        self.0
    }
}

impl glib::translate::FromGlib<u32> for SyncPointFlags {
    unsafe fn from_glib(bits: u32) -> Self {
        Self(bits)
    }
}

/// A property like one of GstVideoDecoder.
fn copy_of(pspec: &glib::ParamSpec) -> Option<glib::ParamSpec> {
    let (name, nick, blurb) = (pspec.name(), pspec.nick(), pspec.blurb().unwrap_or(""));
    macro_rules! build {
        ($builder:expr) => {
            Some(
                $builder
                    .nick(nick)
                    .blurb(blurb)
                    .flags(pspec.flags())
                    .build(),
            )
        };
    }
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecBoolean>() {
        build!(glib::ParamSpecBoolean::builder(name).default_value(p.default_value()))
    } else if let Some(p) = pspec.downcast_ref::<glib::ParamSpecInt>() {
        build!(
            glib::ParamSpecInt::builder(name)
                .minimum(p.minimum())
                .maximum(p.maximum())
                .default_value(p.default_value())
        )
    } else if let Some(p) = pspec.downcast_ref::<glib::ParamSpecUInt64>() {
        build!(
            glib::ParamSpecUInt64::builder(name)
                .minimum(p.minimum())
                .maximum(p.maximum())
                .default_value(p.default_value())
        )
    } else if let Some(p) = pspec.downcast_ref::<glib::ParamSpecFlags>()
        && pspec.value_type() == SyncPointFlags::static_type()
    {
        build!(
            glib::ParamSpecFlags::builder::<SyncPointFlags>(name)
                .default_value(SyncPointFlags(p.default_value_as_u32()))
        )
    } else {
        None
    }
}

#[glib::object_subclass]
impl ObjectSubclass for V4l2Decoder {
    const NAME: &'static str = "nvv4l2decoder";
    type Type = super::V4l2Decoder;
    type ParentType = gst::Element;

    fn with_class(class: &Self::Class) -> Self {
        let template = |name| {
            class
                .pad_template(name)
                .expect("templates are declared below")
        };
        let sink = gst::Pad::builder_from_template(&template("sink"))
            .chain_function(|_, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |imp| imp.sink_chain(buffer),
                )
            })
            .event_function(|_, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_event(event))
            })
            .query_function(|_, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_query(query))
            })
            .build();
        let src = gst::Pad::builder_from_template(&template("src"))
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
            output: Mutex::default(),
            sink,
            src,
            inside: OnceLock::new(),
        }
    }
}

impl ObjectImpl for V4l2Decoder {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let mut properties = V4l2Decoder::derived_properties().to_vec();
            properties.push(
                glib::ParamSpecBoxed::builder::<gst::Structure>(EXTRA_CONTROLS)
                    .nick("Extra Controls")
                    .blurb("Accepted, without effect")
                    .build(),
            );
            // Keeps the class, and so the type of its flags, alive.
            let class =
                glib::object::ObjectClass::from_type(gst_video::VideoDecoder::static_type());
            let base = BASE_PROPERTIES
                .iter()
                .filter_map(|name| class.as_ref()?.find_property(name))
                .filter_map(|pspec| copy_of(&pspec));
            properties.extend(base);
            properties
        });
        &PROPERTIES
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if id <= Self::derived_properties().len() {
            return self.derived_set_property(id, value, pspec);
        }
        if pspec.name() == EXTRA_CONTROLS {
            lock(&self.settings).extra_controls = value.get().unwrap_or_default();
            return;
        }
        if let Some(inner) = self.inner()
            && inner.element().has_property(pspec.name())
        {
            inner.element().set_property_from_value(pspec.name(), value);
        }
        // There are booleans, numbers and flags; these go between threads as plain numbers.
        let value = if let Ok(value) = value.get::<bool>() {
            value.to_send_value()
        } else if let Ok(value) = value.get::<i32>() {
            value.to_send_value()
        } else if let Ok(value) = value.get::<u64>() {
            value.to_send_value()
        } else if let Ok(Ok(value)) = value.transform::<u32>().map(|value| value.get::<u32>()) {
            value.to_send_value()
        } else {
            return;
        };
        lock(&self.settings)
            .base
            .insert(pspec.name().to_owned(), value);
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if id <= Self::derived_properties().len() {
            return self.derived_property(id, pspec);
        }
        if pspec.name() == EXTRA_CONTROLS {
            return lock(&self.settings).extra_controls.to_value();
        }
        let settings = lock(&self.settings);
        let set = settings.base.get(pspec.name());
        set.and_then(|value| value.transform_with_type(pspec.value_type()).ok())
            .unwrap_or_else(|| pspec.default_value().clone())
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        for pad in [&self.sink, &self.src] {
            obj.add_pad(pad).expect("a new element has no such pad");
        }
    }
}

impl GstObjectImpl for V4l2Decoder {}

impl ElementImpl for V4l2Decoder {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NVIDIA v4l2 video decoder",
                "Codec/Decoder/Video",
                "Decodes video into NVMM surfaces in host memory (CPU stand-in)",
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

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::ReadyToPaused {
            *lock(&self.output) = Output::default();
            for pad in self.inside().pads() {
                pad.set_active(true).map_err(|_| gst::StateChangeError)?;
            }
        }
        // Going down this ends the streaming thread, so that nobody is inside the decoder any more.
        let result = self.parent_change_state(transition);
        if transition == gst::StateChange::PausedToReady {
            let inner = lock(&self.state).inner.take();
            if let Some(inner) = inner {
                inner.stop();
            }
            for pad in self.inside().pads() {
                let _ = pad.set_active(false);
            }
            lock(&self.output).copier = None;
        }
        result
    }
}
