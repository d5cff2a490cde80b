use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::formats::StreamFormat;
use super::output::{self, Output};
use super::settings::{Settings, lock};
use super::software::Software;
use super::{CAT, IoMode, MemType, SkipFrames, base};
use crate::caps;
use crate::whole::{self, Whole};

const SINK_CAPS: &str = "image/jpeg; \
    video/x-h264, stream-format=(string){ byte-stream }, alignment=(string){ au }; \
    video/x-h265, stream-format=(string){ byte-stream }, alignment=(string){ au }; \
    video/mpeg, mpegversion=(int)4, systemstream=(boolean)false, parsed=(boolean)true, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]; \
    video/mpeg, mpegversion=(int)[ 1, 2 ], systemstream=(boolean)false, parsed=(boolean)true, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]; \
    video/x-divx, divxversion=(int)[ 4, 5 ], width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]; \
    video/x-av1, stream-format=(string){ obu-stream }, alignment=(string){ frame }; \
    video/x-vp8; \
    video/x-vp9, width=(int)[ 1, 2147483647 ], height=(int)[ 1, 2147483647 ]";

const EXTRA_CONTROLS: &str = "extra-controls";

#[derive(Default)]
struct State {
    decoder: Option<Software>,
    /// A child posted an error since the start.
    failed: bool,
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
    settings: Arc<Mutex<Settings>>,
    state: Mutex<State>,
    sink: gst::GhostPad,
    src: gst::GhostPad,
    output: Output,
    whole: OnceLock<Arc<Whole>>,
}

impl V4l2Decoder {
    fn decoder(&self) -> Option<Software> {
        lock(&self.state).decoder.clone()
    }

    /// A compressed frame comes in; [`Output`] is where its picture goes out.
    fn chain(
        &self,
        pad: &gst::GhostPad,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Some(decoder) = self.decoder() else {
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
                .is_ok_and(|map| decoder.codec.is_unreferenced(&map)),
        };
        if skip {
            gst::log!(CAT, imp = self, "Skipping {buffer:?}");
            return Ok(gst::FlowSuccess::Ok);
        }
        if decoder.stream.is_nameless() {
            // Decoders fail an assertion, crash or leave everything out.
            return Err(self.refuse(&decoder));
        }
        let result = gst::ProxyPad::chain_default(pad, Some(&*self.obj()), buffer);
        let gave_up = result == Err(gst::FlowError::NotNegotiated) && !self.output.has_format();
        if gave_up && !lock(&self.state).failed {
            return Err(self.refuse(&decoder));
        }
        result
    }

    /// Posts an error for pictures that cannot be used.
    fn refuse(&self, decoder: &Software) -> gst::FlowError {
        gst::element_imp_error!(
            self,
            gst::StreamError::Format,
            ("{}", decoder.stream.unusable()),
            ["{}: {:?}", decoder.element.name(), self.sink.current_caps()]
        );
        gst::FlowError::NotNegotiated
    }

    fn sink_event(&self, pad: &gst::GhostPad, event: gst::Event) -> bool {
        gst::log!(CAT, obj = pad, "Handling {event:?}");
        if let gst::EventView::Caps(caps) = event.view()
            && let Err(error) = self.prepare(&caps.caps_owned())
        {
            gst::element_imp_error!(self, gst::CoreError::MissingPlugin, ("{error}"));
            return false;
        }
        // The pad's default keeps caps to itself, as it does not proxy them.
        pad.internal()
            .is_some_and(|inside| inside.push_event(event))
    }

    /// Makes the decoder inside fit the caps.
    fn prepare(&self, caps: &gst::Caps) -> Result<(), String> {
        if let Some(old) = self.decoder() {
            if old.accepts(caps) {
                if let Some(decoder) = &mut lock(&self.state).decoder {
                    decoder.stream = StreamFormat::of(caps);
                }
                return Ok(());
            }
            gst::info!(CAT, imp = self, "Replacing the decoder for {caps}");
            old.drain();
            self.remove_decoder();
        }
        let decoder = Software::find(caps)?;
        self.configure(&decoder.element);
        let name = decoder.element.name();
        gst::info!(CAT, imp = self, "Decoding {caps} with {name}");
        lock(&self.state).decoder = Some(decoder.clone());
        self.add_decoder(&decoder).map_err(|error| {
            self.remove_decoder();
            format!("cannot start {name}: {error}")
        })
    }

    /// Hands properties on to the decoder inside.
    fn configure(&self, decoder: &gst::Element) {
        let settings = lock(&self.settings).clone();
        for (name, number) in &settings.base {
            set_if_known(decoder, name, *number);
        }
        if (settings.low_latency_mode || settings.disable_dpb)
            && decoder.has_property("thread-type")
        {
            decoder.set_property_from_str("thread-type", "slice");
        }
    }

    fn add_decoder(&self, decoder: &Software) -> Result<(), glib::BoolError> {
        self.obj().add(&decoder.element)?;
        self.sink.set_target(None::<&gst::Pad>)?;
        decoder.element.link(&self.output)?;
        // Its pads must be active before the sticky events come, which the new target brings.
        decoder.element.sync_state_with_parent()?;
        self.sink.set_target(Some(&decoder.sink))
    }

    /// Lets events and queries pass by, until there is a decoder again.
    fn remove_decoder(&self) {
        let Some(decoder) = lock(&self.state).decoder.take() else {
            return;
        };
        let _ = self.sink.set_target(None::<&gst::Pad>);
        let _ = decoder.element.set_state(gst::State::Null);
        // Unlinks it.
        let _ = self.obj().remove(&decoder.element);
        let _ = self.sink.set_target(Some(&self.output.sink()));
    }
}

/// Sets one of [`base`]'s properties on a decoder that has it; not all are GstVideoDecoders.
fn set_if_known(decoder: &gst::Element, name: &str, number: u64) {
    if let Some(pspec) = decoder.find_property(name)
        && let Some(value) = base::to_value(number, &pspec)
    {
        decoder.set_property_from_value(name, &value);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for V4l2Decoder {
    const NAME: &'static str = "nvv4l2decoder";
    type Type = super::V4l2Decoder;
    type ParentType = gst::Bin;

    fn with_class(class: &Self::Class) -> Self {
        let template = |name| {
            class
                .pad_template(name)
                .expect("templates are declared below")
        };
        let sink = gst::GhostPad::builder_from_template(&template("sink"))
            .chain_function(|pad, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |imp| imp.chain(pad, buffer),
                )
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_event(pad, event))
            })
            .build();
        // Which codecs are taken does not depend on the decoder of the moment, and what memory
        // downstream wants is no business of compressed data.
        sink.unset_pad_flags(gst::PadFlags::PROXY_CAPS | gst::PadFlags::PROXY_ALLOCATION);
        let settings = Arc::<Mutex<Settings>>::default();
        Self {
            sink,
            src: gst::GhostPad::builder_from_template(&template("src")).build(),
            output: Output::new(settings.clone()),
            settings,
            state: Mutex::default(),
            whole: OnceLock::new(),
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
            properties.extend(base::properties());
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
        let Some(number) = base::to_number(value) else {
            return;
        };
        lock(&self.settings)
            .base
            .insert(pspec.name().to_owned(), number);
        if let Some(decoder) = self.decoder() {
            set_if_known(&decoder.element, pspec.name(), number);
        }
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if id <= Self::derived_properties().len() {
            return self.derived_property(id, pspec);
        }
        if pspec.name() == EXTRA_CONTROLS {
            return lock(&self.settings).extra_controls.to_value();
        }
        let number = lock(&self.settings).base.get(pspec.name()).copied();
        number
            .and_then(|number| base::to_value(number, pspec))
            .unwrap_or_else(|| pspec.default_value().clone())
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        obj.add(&self.output).expect("a new bin has no such child");
        for (pad, target) in [
            (&self.sink, self.output.sink()),
            (&self.src, self.output.src()),
        ] {
            pad.set_target(Some(&target)).expect("both are unlinked");
            obj.add_pad(pad).expect("a new element has no such pad");
        }
        crate::latency::watch_decoder(self.sink.upcast_ref(), self.src.upcast_ref());
        let whole = whole::watch(self.sink.upcast_ref(), self.src.upcast_ref());
        let _ = self.whole.set(whole);
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
                caps::template("src", gst::PadDirection::Src, always, output::SRC_CAPS),
            ]
        });
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::ReadyToPaused {
            lock(&self.state).failed = false;
            if let Some(whole) = self.whole.get() {
                whole.reset();
            }
        }
        // Going down this ends the streaming thread, so that nobody is inside the decoder any more.
        let result = self.parent_change_state(transition);
        if transition == gst::StateChange::PausedToReady {
            self.remove_decoder();
        }
        result
    }
}

impl BinImpl for V4l2Decoder {
    /// Errors and warnings of the children are the element's: whoever looks for a decoder that
    /// failed, by the source of the message, finds the one in the pipeline's text.
    fn handle_message(&self, message: gst::Message) {
        let obj = self.obj();
        let from = message.src().map(|src| src.name()).unwrap_or_default();
        let debug = |text: Option<glib::GString>| format!("{from}: {}", text.unwrap_or_default());
        let message = match message.view() {
            gst::MessageView::Error(error) => {
                lock(&self.state).failed = true;
                if let Some(whole) = self.whole.get() {
                    whole.fail();
                }
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
            _ => message,
        };
        self.parent_handle_message(message);
    }
}
