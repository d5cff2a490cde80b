use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use super::decode::{Context, Decoding};
use super::labels::Labels;
use super::layout::{
    Activation, BoxOrder, DEFAULT_BACKGROUND, Format, LayoutSettings, Units, refusal,
};
use super::policy::{EdgePolicy, NmsMode, Padding};
use super::settings::*;
use super::stats::{Stats, Totals};
use crate::element::{self, Running, lock};
use nvds_decode::DecodeError;

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsssdparser",
        gst::DebugColorFlags::empty(),
        Some("Objects from SSD tensors"),
    )
});

/// What is kept from start to stop.
#[derive(Default)]
struct State {
    run: Running,
    decoding: Decoding,
    /// The settings, as they were when they were last looked at.
    snapshot: Snapshot,
    /// Of the buffer in work.
    totals: Totals,
}

impl AsMut<Running> for State {
    fn as_mut(&mut self) -> &mut Running {
        &mut self.run
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::SsdParser)]
pub struct SsdParser {
    #[property(name = "labels-file", nick = "Labels file", type = Option<String>,
        get = Self::labels_file, set = Self::set_labels_file, mutable_ready,
        blurb = "Text file with the label of class 0 in its first line, and so on; lines that begin \
                 with the class's number, JSON and TensorFlow's label maps are read as well. \
                 Without it, the label is the number of the class")]
    #[property(name = "label-offset", nick = "Label offset", type = i32, get = Self::label_offset,
        set = Self::set_label_offset, minimum = -100_000, maximum = 100_000, default = DEFAULT_LABEL_OFFSET,
        mutable_playing,
        blurb = "Added to the number of a class to get its line in labels-file, counted from 0; \
                 -1 for a file that leaves the background class out")]
    #[property(name = "num-classes", nick = "Number of classes", type = u32, member = num_classes,
        get, set, default = DEFAULT_NUM_CLASSES, mutable_playing,
        blurb = "Boxes of this class number and above are dropped; 0 = no limit but labels-file, \
                 whose classes alone are kept in any case")]
    #[property(name = "score-threshold", nick = "Score threshold", type = f32,
        member = score_threshold, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_SCORE_THRESHOLD, mutable_playing, controllable,
        blurb = "Boxes with a score below this are dropped, equal is kept. class-thresholds and \
                 source-thresholds go before it")]
    #[property(name = "class-thresholds", nick = "Class thresholds", type = Option<String>,
        get = Self::class_thresholds, set = Self::set_class_thresholds, mutable_playing,
        blurb = "Score thresholds of single classes by label (in labels-file) or number, as in \
                 thresholds,person=0.6,17=0.4")]
    #[property(name = "source-thresholds", nick = "Source thresholds", type = Option<String>,
        get = Self::source_thresholds, set = Self::set_source_thresholds, mutable_playing,
        blurb = "Score thresholds for the frames of single sources (source_id), or of a class in \
                 one of them, as in thresholds,0=0.7,3/person=0.8. The order of precedence is \
                 source and class, class, source, score-threshold")]
    #[property(name = "class-ids", nick = "Class ids", type = Option<String>,
        get = Self::class_ids, set = Self::set_class_ids, mutable_playing,
        blurb = "Keep only these classes, by number or label (in labels-file), as in 1,3,17 or \
                 person,car; empty = all")]
    #[property(name = "nms-iou-threshold", nick = "NMS IoU threshold", type = f32,
        member = nms_iou_threshold, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_NMS_IOU_THRESHOLD, mutable_playing,
        blurb = "Of two boxes whose intersection over union is above this, the one with the lower \
                 score is dropped; 1 = keep all. See nms-mode")]
    #[property(name = "nms-mode", nick = "NMS mode", type = NmsMode, member = nms_mode, get, set,
        mutable_playing, blurb = "Which boxes suppress each other", builder(NmsMode::default()))]
    #[property(name = "top-k", nick = "Top k", type = u32, member = top_k, get, set,
        default = DEFAULT_TOP_K, mutable_playing,
        blurb = "Most objects per frame and inference element, those with the highest scores; 0 = all")]
    #[property(name = "top-k-per-class", nick = "Top k per class", type = u32,
        member = top_k_per_class, get, set, default = DEFAULT_TOP_K, mutable_playing,
        blurb = "Most objects of each class per frame and inference element, those with the highest \
                 scores; 0 = all. It is applied before top-k")]
    #[property(name = "min-width", nick = "Minimum width", type = u32, member = min_width, get, set,
        default = DEFAULT_MIN_SIZE, mutable_playing,
        blurb = "Boxes must be wider than this, in frame pixels")]
    #[property(name = "min-height", nick = "Minimum height", type = u32, member = min_height,
        get, set, default = DEFAULT_MIN_SIZE, mutable_playing,
        blurb = "Boxes must be higher than this, in frame pixels")]
    #[property(name = "max-width", nick = "Maximum width", type = u32, member = max_width, get, set,
        default = DEFAULT_MAX_SIZE, mutable_playing,
        blurb = "Boxes wider than this are dropped, in frame pixels; 0 = no limit")]
    #[property(name = "max-height", nick = "Maximum height", type = u32, member = max_height,
        get, set, default = DEFAULT_MAX_SIZE, mutable_playing,
        blurb = "Boxes higher than this are dropped, in frame pixels; 0 = no limit")]
    #[property(name = "edge-policy", nick = "Edge policy", type = EdgePolicy, member = edge_policy,
        get, set, mutable_playing,
        blurb = "What becomes of boxes that cross the edge of the frame. Those entirely outside are \
                 dropped",
        builder(EdgePolicy::default()))]
    #[property(name = "padding", nick = "Padding", type = Padding, member = padding, get, set,
        mutable_playing,
        blurb = "How the inference element fitted frames into the network's input, where its \
                 metadata says so wrongly or not at all: those of SDKs before 7.1 do not tell \
                 symmetric-padding",
        builder(Padding::default()))]
    #[property(name = "unique-id", nick = "Unique id", type = u32, member = unique_id, get, set,
        default = DEFAULT_UNIQUE_ID, mutable_playing,
        blurb = "Parse only the tensors of the inference element with this unique-id (gie-unique-id \
                 in nvinfer's configuration); 0 = of all")]
    #[property(name = "stats-interval", nick = "Interval of statistics", type = u32,
        member = stats_interval, get, set, default = DEFAULT_STATS_INTERVAL, mutable_playing,
        blurb = "Least time in milliseconds between notifications of stats, which gst-launch-1.0 -v \
                 prints; 0 = only at the end of the stream")]
    #[property(name = "explain", nick = "Explain", type = bool, member = explain, get, set,
        default = DEFAULT_EXPLAIN, mutable_playing,
        blurb = "Post an element message rsssdparser-explanation for every frame's tensors that \
                 tells why each entry was kept or dropped: docs/rsssdparser.md. Slow")]
    #[property(name = "explain-floor", nick = "Explanation floor", type = f32,
        member = explain_floor, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_EXPLAIN_FLOOR, mutable_playing,
        blurb = "Entries with a score below this are not explained")]
    settings: Mutex<Settings>,
    /// A property was set since the streaming thread last looked at the settings.
    changed: AtomicBool,
    #[property(name = "format", nick = "Format", type = Format, member = format, get, set,
        mutable_ready,
        blurb = "Layout of the tensors: docs/rsssdparser.md", builder(Format::default()))]
    #[property(name = "box-order", nick = "Box order", type = BoxOrder, member = box_order, get, set,
        mutable_ready,
        blurb = "Order of a box's coordinates in the tensors", builder(BoxOrder::default()))]
    #[property(name = "box-units", nick = "Box units", type = Units, member = box_units, get, set,
        mutable_ready,
        blurb = "Units of a box's coordinates in the tensors", builder(Units::default()))]
    #[property(name = "count-layer", nick = "Count layer", type = Option<String>,
        member = count_layer, get, set, mutable_ready,
        blurb = "Name of the layer with the number of detections, if not the usual one")]
    #[property(name = "scores-layer", nick = "Scores layer", type = Option<String>,
        member = scores_layer, get, set, mutable_ready,
        blurb = "Name of the layer with scores or class predictions, if not the usual one")]
    #[property(name = "classes-layer", nick = "Classes layer", type = Option<String>,
        member = classes_layer, get, set, mutable_ready,
        blurb = "Name of the layer with class numbers, if not the usual one")]
    #[property(name = "boxes-layer", nick = "Boxes layer", type = Option<String>,
        member = boxes_layer, get, set, mutable_ready,
        blurb = "Name of the layer with boxes or box encodings, if not the usual one")]
    #[property(name = "detections-layer", nick = "Detections layer", type = Option<String>,
        member = detections_layer, get, set, mutable_ready,
        blurb = "Name of the layer with rows (nms-plugin: seven numbers; mmdet: five; onnx-nms: \
                 selected indices), if not the usual one")]
    #[property(name = "anchors", nick = "Anchors", type = Option<String>, member = anchors, get, set,
        mutable_ready,
        blurb = "For raw tensors, the boxes that box encodings start from, as in \
                 tf-ssd,min-scale=0.2,max-scale=0.95 or torchvision-ssdlite320 or \
                 file,location=anchors.npy: docs/rsssdparser.md")]
    #[property(name = "variances", nick = "Variances", type = Option<String>, member = variances,
        get, set, mutable_ready,
        blurb = "For raw tensors, what box encodings are divided by, each in its column's order; \
                 empty = 10,10,5,5")]
    #[property(name = "score-activation", nick = "Score activation", type = Activation,
        member = score_activation, get, set, mutable_ready,
        blurb = "What makes scores of the network's numbers", builder(Activation::default()))]
    #[property(name = "background-class", nick = "Background class", type = i32,
        member = background_class, get, set, minimum = -2, default = DEFAULT_BACKGROUND,
        mutable_ready,
        blurb = "Where there is a prediction for each class (raw, pytorch-ssd), the class that stands \
                 for no object, never a detection; -1 = none, -2 = as is usual: none for raw, 0 for \
                 pytorch-ssd. Classes keep their numbers")]
    layout: Mutex<LayoutSettings>,
    #[property(name = "own-metadata", nick = "Own metadata", type = bool, get, set,
        mutable_playing,
        blurb = "Behind a tee, work on a copy of the metadata that the other branches do not see; \
                 pixels stay shared: docs/behind-a-tee.md")]
    own_metadata: Mutex<bool>,
    state: Mutex<State>,
    /// Apart from the state, which is locked while a buffer is in work.
    stats: Mutex<Stats>,
}

impl SsdParser {
    fn labels_file(&self) -> Option<String> {
        let settings = lock(&self.settings);
        let path = settings.labels_file.as_ref()?;
        Some(path.to_string_lossy().into_owned())
    }

    fn set_labels_file(&self, path: Option<String>) {
        lock(&self.settings).labels_file = path.filter(|p| !p.is_empty()).map(PathBuf::from);
    }

    fn label_offset(&self) -> i32 {
        lock(&self.settings).label_offset
    }

    fn set_label_offset(&self, offset: i32) {
        self.change(|settings| settings.label_offset = offset);
    }

    fn class_ids(&self) -> Option<String> {
        text(&lock(&self.settings).class_ids)
    }

    fn set_class_ids(&self, ids: Option<String>) {
        self.change(|settings| settings.class_ids = ids.unwrap_or_default());
    }

    fn class_thresholds(&self) -> Option<String> {
        text(&lock(&self.settings).class_thresholds)
    }

    fn set_class_thresholds(&self, thresholds: Option<String>) {
        self.change(|settings| settings.class_thresholds = thresholds.unwrap_or_default());
    }

    fn source_thresholds(&self) -> Option<String> {
        text(&lock(&self.settings).source_thresholds)
    }

    fn set_source_thresholds(&self, thresholds: Option<String>) {
        self.change(|settings| settings.source_thresholds = thresholds.unwrap_or_default());
    }

    /// Changes settings. While the element runs, a change that cannot be used is taken back with a
    /// warning.
    fn change(&self, change: impl FnOnce(&mut Settings)) {
        // No lock may be held when the warning is posted: a handler may read properties.
        let changed = lock(&self.settings).change(change);
        if let Err(error) = changed {
            gst::warning!(CAT, imp = self, "setting not changed: {error}");
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("Setting not changed: {error}")
            );
        }
    }

    /// Sets the properties that controllers control to what they are at the time of a buffer.
    fn follow_controllers(&self, buffer: &gst::BufferRef) {
        let obj = self.obj();
        if !obj.has_active_control_bindings() {
            return;
        }
        let segment = obj.segment();
        let time = segment
            .downcast_ref::<gst::ClockTime>()
            .zip(buffer.pts())
            .and_then(|(segment, pts)| segment.to_stream_time(pts));
        if let Some(time) = time
            && let Err(error) = obj.sync_values(time)
        {
            gst::log!(CAT, imp = self, "no controlled value at {time}: {error}");
        }
    }

    /// Parses all tensors on a buffer and attaches the objects.
    fn process(&self, state: &mut State, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let State {
            run,
            decoding,
            snapshot,
            totals,
        } = state;
        let Some(batch) = run.batch(buffer, " and is passed on as it is")? else {
            return Ok(());
        };
        let sizes = run.frame_sizes(buffer);
        let element = &*self.obj();
        let mut context = Context {
            snapshot,
            run,
            totals,
            element,
        };
        decoding
            .run(&batch.lock(), &sizes, &mut context)
            .map_err(|error| no_ssd(&error))
    }
}

/// The error of a stream without an SSD.
fn no_ssd(error: &DecodeError) -> gst::ErrorMessage {
    let (text, debug) = refusal(error);
    gst::error_msg!(
        gst::StreamError::Format,
        ("The tensors are not those of an SSD detector: {text}"),
        ["{debug}"]
    )
}

/// An empty text as a property gives it.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[glib::object_subclass]
impl ObjectSubclass for SsdParser {
    const NAME: &'static str = "GstRsSsdParser";
    type Type = super::SsdParser;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for SsdParser {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            element::with_stats(
                SsdParser::derived_properties(),
                "Totals since the element started: frames, tensors, bad-tensors, \
                     doubtful-tensors, candidates, \
                     objects, the candidates dropped by reason, and what the element took for a \
                     frame (its buffer's time divided by the frames) in nanoseconds: time-mean, \
                     time-p50, time-p99",
            )
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => lock(&self.stats).to_structure().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if element::may_set(&*self.obj(), *CAT, pspec) {
            self.derived_set_property(id, value, pspec);
            // After the change, so that whoever sees this sees that.
            self.changed.store(true, Ordering::Release);
        }
    }

    fn constructed(&self) {
        self.parent_constructed();
        element::pass_through(&*self.obj());
    }
}

impl GstObjectImpl for SsdParser {}

impl ElementImpl for SsdParser {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DeepStream SSD tensor parser",
                "Filter/Analyzer/Video",
                "Attaches objects (NvDsObjectMeta) decoded from the SSD output tensors that nvinfer \
                 or nvinferserver attached; place it right behind them",
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

impl BaseTransformImpl for SsdParser {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let unusable = |error| gst::error_msg!(gst::LibraryError::Settings, ("{error}"));
        // Read before locking: a slow disk must not hold up whoever sets a property.
        let labels_file = lock(&self.settings).labels_file.clone();
        let labels = match labels_file {
            Some(path) => Some(Labels::read(&path).map_err(|e| unusable(e.to_string()))?),
            None => None,
        };
        if let Some(labels) = &labels {
            let (count, form) = (labels.len(), labels.form().describe());
            gst::info!(CAT, imp = self, "{count} labels, read as {form}");
        }
        let layout = lock(&self.layout).clone();
        let layout = layout.layout().map_err(unusable)?;
        let labels = labels.map(Arc::new);
        let snapshot = {
            let mut settings = lock(&self.settings);
            settings.start(labels).map_err(unusable)?;
            settings.snapshot()
        };
        if let Some(raw) = &layout.raw {
            gst::info!(CAT, imp = self, "anchors: {}", raw.anchors);
        }
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), *CAT),
            decoding: Decoding::new(layout),
            snapshot,
            ..State::default()
        };
        *lock(&self.stats) = Stats::new();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        lock(&self.settings).ready = None;
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        lock(&self.state).run.set_caps(incaps);
        Ok(())
    }

    fn before_transform(&self, buffer: &gst::BufferRef) {
        self.follow_controllers(buffer);
    }

    fn submit_input_buffer(
        &self,
        is_discont: bool,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let own_metadata = *lock(&self.own_metadata);
        element::submit(self, own_metadata, &self.state, is_discont, buffer)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut tell = false;
        let mut explanations = Vec::new();
        let result = element::pass_changing(self, *CAT, &self.state, buffer, |state, buffer| {
            let start = Instant::now();
            if self.changed.load(Ordering::Relaxed) && self.changed.swap(false, Ordering::Acquire) {
                state.snapshot = lock(&self.settings).snapshot();
            }
            let result = self.process(state, buffer);
            let totals = std::mem::take(&mut state.totals);
            tell = lock(&self.stats).add(&totals, start, state.snapshot.stats_interval);
            explanations = state.decoding.take_explanations();
            result
        });
        for explanation in explanations {
            let message = gst::message::Element::builder(explanation).src(&*self.obj());
            // Without a bus there is nobody to tell.
            let _ = self.obj().post_message(message.build());
        }
        if tell {
            self.obj().notify("stats");
        }
        result
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::Eos {
            let unique_id = lock(&self.settings).unique_id;
            let (ended, warnings) = {
                let mut state = lock(&self.state);
                let State { run, decoding, .. } = &mut *state;
                (decoding.end(unique_id, run), run.take_warnings())
            };
            element::post(&*self.obj(), *CAT, warnings);
            if let Err(error) = ended {
                self.post_error_message(no_ssd(&error));
            }
            self.obj().notify("stats");
        }
        self.parent_sink_event(event)
    }
}
