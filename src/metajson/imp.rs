use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use glib::subclass::Signal;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use super::branch::{self, Branch};
use super::flusher::Flusher;
use super::frame::{Context, FrameWriter};
use super::json::Json;
use super::metrics::Metrics;
use super::output::{Output, OutputError, Target, Writer};
use super::settings::{
    DEFAULT_FIELDS, DEFAULT_FLUSH_INTERVAL, DEFAULT_LOCATION, DEFAULT_MAX_SIZE, Settings,
};
use super::totals::{BRANCH, NOWHERE, REGIONS, Totals, UNQUEUED};
use super::{Emit, Fields, emit};
use crate::element::{self, Running, lock};
use crate::tensors::prepared;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsmetajson",
        gst::DebugColorFlags::empty(),
        Some("Metadata as JSON"),
    )
});

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
                 sign. Files are replaced, folders must be there. Empty: to no file, see emit and \
                 the pad json")]
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
    #[property(name = "emit", nick = "Emit", type = Emit, member = emit, get, set,
        mutable_playing,
        blurb = "How the application is given the lines of each buffer, in one text: by the signal \
                 json, or by a message on the bus with fields json, frames, buffer and pts",
        builder(Emit::default()))]
    #[property(name = "metrics-file", nick = "Metrics file", type = Option<String>,
        member = metrics_file, get, set, mutable_ready,
        blurb = "File for the stats of all elements of rsnvds in the pipeline, in the text format of \
                 Prometheus: written every five seconds, at the end of the stream and when the \
                 element stops, and replaced as a whole each time")]
    #[property(name = "skeleton-files", nick = "Skeleton files", type = Option<String>,
        member = skeleton_files, get, set, mutable_ready,
        blurb = "Files that name the key points of networks for fields=...+key-point-names, separated by ;: each for \
                 objects with as many points. See docs/osd-style.md")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    totals: Totals,
    /// From start to stop. Neither properties nor metadata are behind this lock or the output's own.
    output: Mutex<Option<Arc<Flusher>>>,
    /// Set when the element leaves PAUSED.
    stopping: Arc<AtomicBool>,
    /// From start to stop, with `metrics-file`.
    metrics: Mutex<Option<Arc<Metrics>>>,
    branch: Branch,
}

impl MetaJson {
    fn stats(&self) -> gst::Structure {
        self.totals.to_structure()
    }

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

    /// Opens the output and starts what flushes it.
    fn open(&self, target: Target, max_size: u64) -> Result<Arc<Flusher>, gst::ErrorMessage> {
        self.stopping.store(false, Ordering::Relaxed);
        let writer = Writer {
            element: self.obj().name().into(),
            stopping: Arc::clone(&self.stopping),
        };
        let output = Output::open(target, max_size, writer).map_err(|error| error.to_message())?;
        gst::info!(CAT, imp = self, "writing to {}", output.name().display());
        let element = self.obj().downgrade();
        let report = move |error: &OutputError| {
            if let Some(element) = element.upgrade() {
                element.imp().post_error_message(error.to_message());
            }
        };
        Flusher::start(output, report).map_err(|error| {
            gst::error_msg!(gst::CoreError::Thread, ("no thread to flush by: {error}"))
        })
    }

    /// Starts what writes the metrics.
    fn measure(&self, path: String) -> Result<Arc<Metrics>, gst::ErrorMessage> {
        let element = self.obj().downgrade();
        let report = move |error: String| {
            if let Some(element) = element.upgrade() {
                element::post(
                    &element,
                    *CAT,
                    vec![format!("{error}; it is not written any more")],
                );
            }
        };
        Metrics::start(path.into(), &*self.obj(), report)
            .map_err(|error| gst::error_msg!(gst::ResourceError::OpenWrite, ("{error}")))
    }

    /// Writes the metrics as they are now.
    fn write_metrics(&self) {
        let metrics = lock(&self.metrics).clone();
        if let Some(Err(error)) = metrics.map(|metrics| metrics.write(self.obj().upcast_ref())) {
            element::post(&*self.obj(), *CAT, vec![error]);
        }
    }

    /// Hands what waits to the operating system; posts an error when that fails.
    pub(super) fn flush(&self) {
        if let Some(output) = self.output()
            && let Err(error) = output.flush()
        {
            self.post_error_message(error.to_message());
        }
    }

    /// Gives the lines of a buffer to who wants them. Returns whether the output is open, and what is wrong behind the
    /// pad.
    fn deliver(
        &self,
        text: &[u8],
        (interval, emit, number): (Duration, Emit, u64),
        buffer: &gst::BufferRef,
    ) -> Result<(bool, Result<(), gst::FlowError>), gst::ErrorMessage> {
        gst::log!(CAT, imp = self, "{} bytes", text.len());
        let count = text.len() as u64;
        self.totals.bytes.fetch_add(count, Ordering::Relaxed);
        if let Some(output) = self.output()
            && !output
                .write(text, interval)
                .map_err(|error| error.to_message())?
        {
            return Ok((false, Ok(())));
        }
        emit.tell(&self.obj(), text, number, buffer.pts());
        if let Some(sink) = self.branch.sink_without_queue() {
            self.warn_at_once(UNQUEUED, &format!(
                "{sink} follows the pad json without a queue: it holds the video until the whole pipeline has started, which \
                 waits for the video. Put a queue before it"
            ));
        }
        Ok((true, self.branch.push(&self.obj(), text, buffer)))
    }

    /// Warns before what may not return.
    fn warn_at_once(&self, kind: u32, text: &str) {
        let mut state = lock(&self.state);
        state.run.warn(kind, || text.to_owned());
        let warnings = state.run.take_warnings();
        drop(state);
        element::post(&*self.obj(), *CAT, warnings);
    }

    /// Whether lines go anywhere.
    fn is_heard(&self, emit: Emit) -> bool {
        emit != Emit::None || self.branch.is_linked() || self.output().is_some()
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
        if fields.contains(Fields::SEGMENTATIONS) && has_region_segmentations(&locked) {
            state.run.warn(REGIONS, || {
                "segmentations of nvdspreprocess's regions are in no line, which have those of frames and objects alone: infer \
                 the whole frame, without input-tensor-meta"
                    .to_owned()
            });
        }
        Ok(())
    }
}

/// Whether a region has a segmentation of its own.
fn has_region_segmentations(locked: &nvds::Locked<'_>) -> bool {
    let inputs = prepared(locked);
    let mut metas = inputs
        .iter()
        .flat_map(nvds::PreparedInput::rois)
        .flat_map(|roi| roi.user_metas());
    metas.any(|meta| meta.as_segmentation().is_some())
}

#[glib::object_subclass]
impl ObjectSubclass for MetaJson {
    const NAME: &'static str = "GstRsMetaJson";
    type Type = super::MetaJson;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for MetaJson {
    element::properties_and_stats!(
        MetaJson,
        *CAT,
        "Totals since the element started: buffers, lines and bytes, and warnings (structure of how often \
         each kind was met)"
    );

    fn signals() -> &'static [Signal] {
        static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| emit::signals().into());
        &SIGNALS
    }

    element::constructed_passing_through!();
}

impl GstObjectImpl for MetaJson {}

impl ElementImpl for MetaJson {
    element::metadata!(
        "DeepStream metadata writer",
        "Filter/Analyzer/Video",
        "Writes the metadata of every frame (objects, classifiers, displays, tensors) as a \
         line of JSON to a file or to standard output; place it anywhere behind \
         nvstreammux"
    );

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let always = element::pad_templates().iter().cloned();
            always.chain(branch::template()).collect()
        });
        &TEMPLATES
    }

    fn request_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        _caps: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        let added = self.branch.add(&self.obj(), template, name);
        added
            .inspect_err(|error| gst::warning!(CAT, imp = self, "{error}"))
            .ok()
    }

    fn release_pad(&self, pad: &gst::Pad) {
        self.branch.remove(&self.obj(), pad);
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::PausedToReady {
            self.stopping.store(true, Ordering::Relaxed);
        }
        element::change_state(self, *CAT, transition)
    }
}

impl BaseTransformImpl for MetaJson {
    element::in_place!();

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let unusable = |error: String| gst::error_msg!(gst::LibraryError::Settings, ("{error}"));
        let target = Target::parse(&settings.location, settings.max_size > 0)
            .map_err(|error| unusable(error.to_string()))?;
        let skeletons = settings.skeletons().map_err(unusable)?;
        let unused = !skeletons.is_empty() && !settings.fields.contains(Fields::KEY_POINT_NAMES);
        let metrics = settings.metrics_file.filter(|path| !path.is_empty());
        if metrics.as_ref() == Some(&settings.location) {
            return Err(gst::error_msg!(
                gst::LibraryError::Settings,
                (
                    "location and metrics-file are both {}: expected two files",
                    settings.location
                )
            ));
        }
        let metrics = metrics.map(|path| self.measure(path)).transpose()?;
        let output = target.map(|target| self.open(target, settings.max_size));
        let output = output.transpose().inspect_err(|_| {
            // What fails to start is never stopped.
            if let Some(metrics) = &metrics {
                metrics.stop();
            }
        })?;
        *lock(&self.metrics) = metrics;
        *lock(&self.output) = output;
        self.totals.reset();
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), *CAT).counting(&self.totals.met),
            writer: FrameWriter::new(skeletons),
            ..State::default()
        };
        if unused {
            let note =
                "skeleton-files is set, but names are not written: add key-point-names to fields";
            element::post(&*self.obj(), *CAT, vec![note.to_owned()]);
        }
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        self.write_metrics();
        if let Some(metrics) = lock(&self.metrics).take() {
            metrics.stop();
        }
        let output = lock(&self.output).take();
        let result = output.map_or(Ok(false), |output| output.close());
        result.map(|_| ()).map_err(|error| error.to_message())
    }

    element::set_caps!();

    fn sink_event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::Eos {
            self.flush();
            self.write_metrics();
        }
        self.branch.event(&self.obj(), &event);
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let (fields, interval, emit) = {
            let settings = lock(&self.settings);
            let interval = Duration::from_millis(settings.flush_interval.into());
            (settings.fields, interval, settings.emit)
        };
        let is_heard = self.is_heard(emit);
        let mut state = lock(&self.state);
        state.run.stamp_input(buffer);
        let number = state.buffers;
        let result = self.serialise(&mut state, fields, buffer);
        let json = std::mem::take(&mut state.json);
        drop(state);
        let result =
            result.and_then(|()| self.deliver(json.as_bytes(), (interval, emit, number), buffer));
        let mut state = lock(&self.state);
        state.json = json;
        if let Ok((_, Err(error))) = &result {
            state.run.warn(BRANCH, || {
                format!(
                    "{error:?} behind the pad json, which changes nothing for the video: see the errors of the elements \
                     there, and what caps they take (application/x-json)"
                )
            });
        }
        if !is_heard {
            state.run.warn(NOWHERE, || {
                "the lines go nowhere: location is empty, emit is none and the pad json is not linked. Set one of them"
                    .to_owned()
            });
        }
        state.run.stamp_output(buffer);
        let warnings = state.run.take_warnings();
        drop(state);
        element::post(&*self.obj(), *CAT, warnings);
        match result {
            Ok((true, _)) => Ok(gst::FlowSuccess::Ok),
            // An earlier error closed it, and was told.
            Ok((false, _)) => Err(gst::FlowError::Error),
            Err(error) => {
                self.post_error_message(error);
                Err(gst::FlowError::Error)
            }
        }
    }
}
