use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use glib::subclass::Signal;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use super::Fields;
use super::flusher::Flusher;
use super::frame::{Context, FrameWriter};
use super::json::Json;
use super::output::{Output, OutputError, Target};
use crate::element::{self, Met, Running, lock};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsmetajson",
        gst::DebugColorFlags::empty(),
        Some("Metadata as JSON"),
    )
});

const DEFAULT_LOCATION: &str = "-";
const DEFAULT_MAX_SIZE: u64 = 0;
const DEFAULT_FIELDS: Fields = Fields::all();
const DEFAULT_FLUSH_INTERVAL: u32 = 1000;

#[derive(Debug, Clone)]
struct Settings {
    location: String,
    max_size: u64,
    flush_interval: u32,
    fields: Fields,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            location: DEFAULT_LOCATION.into(),
            max_size: DEFAULT_MAX_SIZE,
            flush_interval: DEFAULT_FLUSH_INTERVAL,
            fields: DEFAULT_FIELDS,
        }
    }
}

/// Totals since the element started. They can be read while a buffer is in work.
#[derive(Debug, Default)]
struct Totals {
    buffers: AtomicU64,
    lines: AtomicU64,
    bytes: AtomicU64,
    met: Arc<Met>,
}

impl Totals {
    fn all(&self) -> [(&'static str, &AtomicU64); 3] {
        [
            ("buffers", &self.buffers),
            ("lines", &self.lines),
            ("bytes", &self.bytes),
        ]
    }

    fn reset(&self) {
        for (_, count) in self.all() {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// As the property `stats` gives them.
    fn to_structure(&self) -> gst::Structure {
        let mut structure = gst::Structure::new_empty("rsmetajson-stats");
        for (name, count) in self.all() {
            structure.set(name, count.load(Ordering::Relaxed));
        }
        structure.set("warnings", self.met.to_structure(&[]));
        structure
    }
}

#[derive(Debug, Default)]
struct State {
    run: Running,
    /// Number of the next buffer.
    buffers: u64,
    // Scratch memory, kept from buffer to buffer.
    writer: FrameWriter,
    json: Json,
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::MetaJson)]
pub struct MetaJson {
    #[property(name = "location", nick = "Location", type = String, get = Self::location,
        set = Self::set_location, default = DEFAULT_LOCATION, mutable_ready,
        blurb = "Where the lines go: - for standard output, the name of a file, or names with a \
                 number such as out/%05u.jsonl for files of at most max-size; %% for a percent \
                 sign. Files are replaced, folders must be there")]
    #[property(name = "max-size", nick = "Maximum size", type = u64, member = max_size, get, set,
        default = DEFAULT_MAX_SIZE, mutable_ready,
        blurb = "Bytes after which the next of the numbered files starts, always with a whole \
                 line; a single longer line gets a longer file; 0 = no limit")]
    #[property(name = "flush-interval", nick = "Flush interval", type = u32,
        member = flush_interval, get, set, default = DEFAULT_FLUSH_INTERVAL, mutable_playing,
        blurb = "Most milliseconds that a line waits before it is written to its file, where it \
                 outlasts the process; 0 = written with each buffer. Standard output never waits")]
    #[property(name = "fields", nick = "Fields", type = Fields, member = fields, get, set,
        default = DEFAULT_FIELDS, mutable_playing,
        blurb = "Parts of each line beside the numbers buffer, pad_index, source_id, frame_num and \
                 batch_id, which are always there")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    totals: Totals,
    /// From start to stop. Neither properties nor metadata are behind this lock or the output's own.
    output: Mutex<Option<Arc<Flusher>>>,
}

impl MetaJson {
    fn location(&self) -> String {
        lock(&self.settings).location.clone()
    }

    fn set_location(&self, location: Option<String>) {
        lock(&self.settings).location = location.unwrap_or_else(|| DEFAULT_LOCATION.into());
    }

    /// The output, while the element runs.
    fn output(&self) -> Option<Arc<Flusher>> {
        lock(&self.output).clone()
    }

    /// Hands what waits to the operating system; posts an error when that fails.
    fn flush(&self) {
        if let Some(output) = self.output()
            && let Err(error) = output.flush()
        {
            self.post_error_message(error.to_message());
        }
    }

    /// Makes lines of all frames of a buffer in the scratch memory of `state`.
    fn serialise(
        &self,
        state: &mut State,
        fields: Fields,
        buffer: &gst::BufferRef,
    ) -> Result<(), gst::ErrorMessage> {
        let number = state.buffers;
        state.buffers += 1;
        self.totals.buffers.fetch_add(1, Ordering::Relaxed);
        state.json.clear();
        let passed = " and is passed on as it is";
        let Some(batch) = state.run.batch(buffer, passed)? else {
            return Ok(());
        };
        let sizes = state.run.frame_sizes(buffer);
        let locked = batch.lock();
        for frame in locked.frames() {
            let context = Context {
                fields,
                buffer: number,
                size: sizes.of(&frame),
            };
            state.writer.write(&mut state.json, &frame, &context);
            self.totals.lines.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[glib::object_subclass]
impl ObjectSubclass for MetaJson {
    const NAME: &'static str = "GstRsMetaJson";
    type Type = super::MetaJson;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for MetaJson {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            element::with_stats(
                MetaJson::derived_properties(),
                "Totals since the element started: buffers, lines and bytes, and warnings (structure of how often \
                 each kind was met)",
            )
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => self.totals.to_structure().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if element::may_set(&*self.obj(), *CAT, pspec) {
            self.derived_set_property(id, value, pspec);
        }
    }

    fn signals() -> &'static [Signal] {
        static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
            vec![
                // Everything that passed the element so far is in the file afterwards.
                Signal::builder("flush")
                    .run_last()
                    .action()
                    .class_handler(|arguments| {
                        if let Ok(element) = arguments[0].get::<super::MetaJson>() {
                            element.imp().flush();
                        }
                        None
                    })
                    .build(),
            ]
        });
        &SIGNALS
    }

    fn constructed(&self) {
        self.parent_constructed();
        element::pass_through(&*self.obj());
    }
}

impl GstObjectImpl for MetaJson {}

impl ElementImpl for MetaJson {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DeepStream metadata writer",
                "Filter/Analyzer/Video",
                "Writes the metadata of every frame (objects, classifiers, displays, tensors) as a \
                 line of JSON to a file or to standard output; place it anywhere behind \
                 nvstreammux",
                "The rsnvds developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        element::pad_templates()
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        element::change_state(self, *CAT, transition)
    }
}

impl BaseTransformImpl for MetaJson {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let target = Target::parse(&settings.location, settings.max_size > 0)
            .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
        let output = Output::open(target, settings.max_size).map_err(|error| error.to_message())?;
        gst::info!(CAT, imp = self, "writing to {}", output.name().display());
        let element = self.obj().downgrade();
        let report = move |error: &OutputError| {
            if let Some(element) = element.upgrade() {
                element.imp().post_error_message(error.to_message());
            }
        };
        let output = Flusher::start(output, report).map_err(|error| {
            gst::error_msg!(gst::CoreError::Thread, ("no thread to flush by: {error}"))
        })?;
        *lock(&self.output) = Some(output);
        self.totals.reset();
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), *CAT).counting(&self.totals.met),
            ..State::default()
        };
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let output = lock(&self.output).take();
        let result = output.map_or(Ok(false), |output| output.close());
        result.map(|_| ()).map_err(|error| error.to_message())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        lock(&self.state).run.set_caps(incaps);
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::Eos {
            self.flush();
        }
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let (fields, interval) = {
            let settings = lock(&self.settings);
            let interval = Duration::from_millis(settings.flush_interval.into());
            (settings.fields, interval)
        };
        let mut state = lock(&self.state);
        state.run.stamp_input(buffer);
        let result = self.serialise(&mut state, fields, buffer);
        let warnings = state.run.take_warnings();
        let json = std::mem::take(&mut state.json);
        drop(state);
        element::post(&*self.obj(), *CAT, warnings);
        let result = result.and_then(|()| {
            let bytes = json.as_bytes().len();
            gst::log!(CAT, imp = self, "{bytes} bytes");
            self.totals.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
            let output = self.output();
            let written = output.map_or(Ok(false), |o| o.write(json.as_bytes(), interval));
            written.map_err(|error| error.to_message())
        });
        let mut state = lock(&self.state);
        state.json = json;
        state.run.stamp_output(buffer);
        drop(state);
        match result {
            Ok(true) => Ok(gst::FlowSuccess::Ok),
            // An earlier error closed it, and was told.
            Ok(false) => Err(gst::FlowError::Error),
            Err(error) => {
                self.post_error_message(error);
                Err(gst::FlowError::Error)
            }
        }
    }
}
