use std::ffi::CString;
use std::fmt::Write as _;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use nvds::{Batch, Color, FontName, FrameSizes, NewObject, NewText, Rect, RectStyle, TensorMeta};
use nvds_decode::{Counts, DecodeError, Detection, Params, Postprocessor};

use super::labels::Labels;
use crate::tensors::{Layers, geometry};
use crate::video::{self, Warnings};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsssdparser",
        gst::DebugColorFlags::empty(),
        Some("Objects from SSD tensors"),
    )
});

const DEFAULT_LABEL_OFFSET: i32 = 0;
const DEFAULT_NUM_CLASSES: u32 = 0;
const DEFAULT_SCORE_THRESHOLD: f32 = 0.5;
const DEFAULT_NMS_IOU_THRESHOLD: f32 = 0.3;
const DEFAULT_TOP_K: u32 = 0;
const DEFAULT_MIN_SIZE: u32 = 0;
const DEFAULT_UNIQUE_ID: u32 = 0;

/// How far above its box an object's text stands, in pixels.
const TEXT_RISE: f32 = 10.0;
const TEXT_SIZE: u32 = 10;

#[derive(Debug, Clone)]
struct Settings {
    labels_file: Option<PathBuf>,
    label_offset: i32,
    num_classes: u32,
    score_threshold: f32,
    nms_iou_threshold: f32,
    top_k: u32,
    min_width: u32,
    min_height: u32,
    unique_id: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            labels_file: None,
            label_offset: DEFAULT_LABEL_OFFSET,
            num_classes: DEFAULT_NUM_CLASSES,
            score_threshold: DEFAULT_SCORE_THRESHOLD,
            nms_iou_threshold: DEFAULT_NMS_IOU_THRESHOLD,
            top_k: DEFAULT_TOP_K,
            min_width: DEFAULT_MIN_SIZE,
            min_height: DEFAULT_MIN_SIZE,
            unique_id: DEFAULT_UNIQUE_ID,
        }
    }
}

/// What is copied out of the settings for one buffer; no heap memory.
struct Snapshot {
    params: Params,
    label_offset: i32,
    unique_id: u32,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    NoBatch,
    NoFrameSize,
    Geometry,
    BadTensor,
    NotSsd,
    BadCount,
    Surface,
}

/// Totals since the element started.
#[derive(Debug, Default)]
struct Stats {
    frames: u64,
    tensors: u64,
    bad_tensors: u64,
    counts: Counts,
}

impl Stats {
    fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.tensors += other.tensors;
        self.bad_tensors += other.bad_tensors;
        self.counts += other.counts;
    }
}

/// The objects found in one tensor meta.
#[derive(Debug)]
struct Found {
    frame: usize,
    unique_id: u32,
    /// Which of `State::detections`.
    detections: Range<usize>,
}

/// Decodes the tensors of one inference element.
struct Parser {
    unique_id: u32,
    postprocessor: Postprocessor,
    /// Whether it ever found the layers of an SSD.
    decoded: bool,
}

/// More ids than any pipeline has inference elements: beyond, they are taken for garbage and share
/// the last parser.
const MAX_PARSERS: usize = 64;

#[derive(Default)]
struct State {
    element: CString,
    labels: Option<Labels>,
    caps: video::Caps,
    warnings: Warnings,
    /// One for each inference element whose tensors were seen.
    parsers: Vec<Parser>,
    /// Of the buffer in work.
    stats: Stats,
    // Scratch memory, kept from buffer to buffer.
    detections: Vec<Detection>,
    found: Vec<Found>,
    label: String,
    text: String,
}

/// Why one tensor meta gave no objects.
enum Refusal {
    /// Its data cannot be used, the next frame's may be.
    Data(Trouble, String),
    /// Its layers are not those of an SSD.
    Layout(DecodeError),
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::SsdParser)]
pub struct SsdParser {
    #[property(name = "labels-file", nick = "Labels file", type = Option<String>,
        get = Self::labels_file, set = Self::set_labels_file, mutable_ready,
        blurb = "Text file with the label of class 0 in its first line, and so on. \
                 Without it, the label is the number of the class")]
    #[property(name = "label-offset", nick = "Label offset", type = i32, member = label_offset,
        get, set, minimum = -100_000, maximum = 100_000, default = DEFAULT_LABEL_OFFSET,
        mutable_playing,
        blurb = "Added to the number of a class to get its line in labels-file, counted from 0; \
                 -1 for a file that leaves the background class out")]
    #[property(name = "num-classes", nick = "Number of classes", type = u32, member = num_classes,
        get, set, default = DEFAULT_NUM_CLASSES, mutable_playing,
        blurb = "Boxes of this class number and above are dropped; 0 = no limit but labels-file, \
                 whose classes alone are kept in any case")]
    #[property(name = "score-threshold", nick = "Score threshold", type = f32,
        member = score_threshold, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_SCORE_THRESHOLD, mutable_playing,
        blurb = "Boxes with a score below this are dropped, equal is kept")]
    #[property(name = "nms-iou-threshold", nick = "NMS IoU threshold", type = f32,
        member = nms_iou_threshold, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_NMS_IOU_THRESHOLD, mutable_playing,
        blurb = "Of two boxes of one class whose intersection over union is above this, the one \
                 with the lower score is dropped; 1 = keep all")]
    #[property(name = "top-k", nick = "Top k", type = u32, member = top_k, get, set,
        default = DEFAULT_TOP_K, mutable_playing,
        blurb = "Most objects per frame and inference element, those with the highest scores; 0 = all")]
    #[property(name = "min-width", nick = "Minimum width", type = u32, member = min_width, get, set,
        default = DEFAULT_MIN_SIZE, mutable_playing,
        blurb = "Boxes must be wider than this, in frame pixels")]
    #[property(name = "min-height", nick = "Minimum height", type = u32, member = min_height,
        get, set, default = DEFAULT_MIN_SIZE, mutable_playing,
        blurb = "Boxes must be higher than this, in frame pixels")]
    #[property(name = "unique-id", nick = "Unique id", type = u32, member = unique_id, get, set,
        default = DEFAULT_UNIQUE_ID, mutable_playing,
        blurb = "Parse only the tensors of the inference element with this unique-id (gie-unique-id \
                 in nvinfer's configuration); 0 = of all")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    /// Apart from the state, which is locked while a buffer is in work.
    stats: Mutex<Stats>,
}

impl SsdParser {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn labels_file(&self) -> Option<String> {
        let settings = self.settings();
        let path = settings.labels_file.as_ref()?;
        Some(path.to_string_lossy().into_owned())
    }

    fn set_labels_file(&self, path: Option<String>) {
        self.settings().labels_file = path.filter(|p| !p.is_empty()).map(PathBuf::from);
    }

    fn stats(&self) -> gst::Structure {
        let stats = self.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let mut structure = gst::Structure::builder("rsssdparser-stats")
            .field("frames", stats.frames)
            .field("tensors", stats.tensors)
            .field("bad-tensors", stats.bad_tensors)
            .field("candidates", stats.counts.candidates)
            .field("objects", stats.counts.kept)
            .build();
        for (reason, count) in stats.counts.dropped.by_reason() {
            structure.set(format!("dropped-{reason}"), count);
        }
        structure
    }

    fn snapshot(&self, labels: Option<&Labels>) -> Snapshot {
        let settings = self.settings();
        let mut first_class = 0;
        let mut num_classes = settings.num_classes;
        if let Some(labels) = labels {
            // Classes whose line is not in the file have no name to go by.
            let offset = i64::from(settings.label_offset);
            let end = (labels.len() as i64 - offset).clamp(0, i64::from(i32::MAX)) as u32;
            first_class = (-offset).clamp(0, i64::from(i32::MAX)) as u32;
            num_classes = match num_classes {
                0 => end.max(1),
                limit => limit.min(end.max(1)),
            };
            if end == 0 {
                first_class = u32::MAX; // no class has a label
            }
        }
        Snapshot {
            params: Params {
                score_threshold: settings.score_threshold,
                nms_iou_threshold: settings.nms_iou_threshold,
                top_k: settings.top_k as usize,
                min_width: settings.min_width as f32,
                min_height: settings.min_height as f32,
                first_class,
                num_classes,
            },
            label_offset: settings.label_offset,
            unique_id: settings.unique_id,
        }
    }

    /// Notes a warning, which goes to the bus once for each kind of trouble.
    fn warn(&self, state: &mut State, trouble: Trouble, text: &str) {
        if !state.warnings.note(trouble as u32, || text.to_owned()) {
            gst::log!(CAT, imp = self, "again: {text}");
        }
    }

    /// Parses all tensors on a buffer and attaches the objects.
    fn process(&self, state: &mut State, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let batch = Batch::from_buffer(buffer)
            .map_err(|error| gst::error_msg!(gst::LibraryError::Failed, ("{error}")))?;
        let Some(mut batch) = batch else {
            let text = "a buffer has no batch metadata and is passed on as it is: is there an \
                        nvstreammux upstream?";
            self.warn(state, Trouble::NoBatch, text);
            return Ok(());
        };
        let snapshot = self.snapshot(state.labels.as_ref());
        let sizes = state.caps.frame_sizes(buffer).unwrap_or_else(|error| {
            let text = format!("frame sizes are taken from the caps: {error}");
            self.warn(state, Trouble::Surface, &text);
            state.caps.sizes_without_surface()
        });
        self.decode(state, &batch, &sizes, &snapshot)
            .map_err(|error| {
                gst::error_msg!(
                    gst::StreamError::Format,
                    ("The tensors are not those of an SSD detector. {error}"),
                    ["to parse those of one inference element only, set unique-id to its id"]
                )
            })?;
        if !state.found.is_empty() {
            self.attach(state, &mut batch, snapshot.label_offset);
        }
        Ok(())
    }

    /// Decodes all tensors of the batch into the scratch memory of `state`.
    fn decode(
        &self,
        state: &mut State,
        batch: &Batch<'_>,
        sizes: &FrameSizes<'_>,
        snapshot: &Snapshot,
    ) -> Result<(), DecodeError> {
        let mut not_ssd = None;
        state.found.clear();
        state.detections.clear();
        for (index, frame) in batch.frames().enumerate() {
            state.stats.frames += 1;
            for meta in frame.tensors() {
                if snapshot.unique_id != 0 && meta.unique_id() != snapshot.unique_id {
                    continue;
                }
                state.stats.tensors += 1;
                let size = sizes.of(&frame);
                match self.decode_one(state, &meta, size, &snapshot.params) {
                    Ok(detections) => {
                        gst::log!(
                            CAT,
                            imp = self,
                            "frame {} of source {}: {} objects of {} candidates",
                            frame.frame_num(),
                            frame.source_id(),
                            detections.len(),
                            state.stats.counts.candidates
                        );
                        state.found.push(Found {
                            frame: index,
                            unique_id: meta.unique_id(),
                            detections,
                        });
                    }
                    Err(Refusal::Data(trouble, text)) => {
                        state.stats.bad_tensors += 1;
                        let text = format!(
                            "tensors of unique-id {} on frame {} of source {}: {text}",
                            meta.unique_id(),
                            frame.frame_num(),
                            frame.source_id()
                        );
                        self.warn(state, trouble, &text);
                    }
                    Err(Refusal::Layout(error)) => {
                        state.stats.bad_tensors += 1;
                        let refused = (meta.unique_id(), error);
                        not_ssd.get_or_insert(refused);
                    }
                }
            }
        }
        let Some((unique_id, error)) = not_ssd else {
            return Ok(());
        };
        // Other networks may have their tensors on the same frames, and one frame's tensors may be
        // broken. But when nothing was ever an SSD, the pipeline is built wrongly.
        if !state.parsers.iter().any(|parser| parser.decoded) {
            return Err(error);
        }
        let text = format!("tensors of unique-id {unique_id} are not parsed: {error}");
        self.warn(state, Trouble::NotSsd, &text);
        Ok(())
    }

    fn decode_one(
        &self,
        state: &mut State,
        meta: &TensorMeta<'_>,
        size: Option<(u32, u32)>,
        params: &Params,
    ) -> Result<Range<usize>, Refusal> {
        let size = size.ok_or_else(|| {
            let text = "the size of the frame is not known: no surface, no pipeline size in the \
                        frame meta and no size in the caps"
                .to_owned();
            Refusal::Data(Trouble::NoFrameSize, text)
        })?;
        let bad_tensor = |e: nvds::TensorError| Refusal::Data(Trouble::BadTensor, e.to_string());
        let geometry = geometry(meta, size)
            .map_err(|error| Refusal::Data(Trouble::Geometry, error.to_string()))?;
        let layers = Layers::of(meta).map_err(bad_tensor)?;
        let parser = parser(&mut state.parsers, meta.unique_id());
        let before = parser.postprocessor.decoder();
        if let Err(error) = parser
            .postprocessor
            .run(layers.as_slice(), &geometry, params)
        {
            // A layer that is there but cannot be read is the better explanation.
            return Err(layers.unreadable.map_or(Refusal::Layout(error), bad_tensor));
        }
        if let Some(decoder) = parser.postprocessor.decoder()
            && before.is_none_or(|before| before.name != decoder.name)
        {
            gst::info!(
                CAT,
                imp = self,
                "tensors of unique-id {} have the layout {}: {}",
                meta.unique_id(),
                decoder.name,
                nvds_decode::error::describe(layers.as_slice())
            );
        }
        parser.decoded = true;
        let counts = *parser.postprocessor.counts();
        let start = state.detections.len();
        state
            .detections
            .extend_from_slice(parser.postprocessor.detections());
        let found = start..state.detections.len();
        state.stats.counts += counts;
        if counts.bad_count > 0 {
            let text = "the number of detections is not a number; taken as none";
            self.warn(state, Trouble::BadCount, text);
        }
        Ok(found)
    }

    /// Attaches what [`Self::decode`] found.
    fn attach(&self, state: &mut State, batch: &mut Batch<'_>, label_offset: i32) {
        let State {
            labels,
            found,
            detections,
            label,
            text,
            ..
        } = state;
        let locked = batch.lock();
        let mut frames = locked.frames().enumerate();
        let mut current = None;
        for found in found.iter() {
            // Both run in the order of the batch; one frame may have several tensor metas.
            while current
                .as_ref()
                .is_none_or(|(index, _)| *index < found.frame)
            {
                current = frames.next();
                if current.is_none() {
                    return;
                }
            }
            let Some((_, frame)) = current.as_ref() else {
                return;
            };
            for detection in &detections[found.detections.clone()] {
                let line = i64::from(detection.class_id) + i64::from(label_offset);
                // Classes without a line in the file were dropped; a line may still be empty.
                let named = labels.as_ref().and_then(|labels| labels.get(line));
                let label = match named.filter(|name| !name.is_empty()) {
                    Some(name) => name,
                    None => {
                        label.clear();
                        // Writing to a String cannot fail.
                        let _ = write!(label, "{}", detection.class_id);
                        label.as_str()
                    }
                };
                text.clear();
                let _ = write!(text, "{label} {:.3}", detection.score);
                let object = new_object(detection, found.unique_id, label, text);
                locked.add_object(frame, &object, None);
                gst::trace!(CAT, imp = self, "{text} at {:?}", object.rect);
            }
            locked.set_infer_done(frame);
        }
    }
}

/// The parser of an inference element.
fn parser(parsers: &mut Vec<Parser>, unique_id: u32) -> &mut Parser {
    let known = parsers
        .iter()
        .position(|parser| parser.unique_id == unique_id);
    let at = match known {
        Some(at) => at,
        None if parsers.len() < MAX_PARSERS => {
            parsers.push(Parser {
                unique_id,
                postprocessor: Postprocessor::new(),
                decoded: false,
            });
            parsers.len() - 1
        }
        None => MAX_PARSERS - 1,
    };
    &mut parsers[at]
}

/// An object in the sample's look: red border, text above the box in white on black.
fn new_object<'s>(
    detection: &Detection,
    unique_id: u32,
    label: &'s str,
    text: &'s str,
) -> NewObject<'s> {
    let bbox = detection.bbox;
    NewObject {
        unique_component_id: i32::try_from(unique_id).unwrap_or(i32::MAX),
        class_id: i32::try_from(detection.class_id).unwrap_or(i32::MAX),
        confidence: detection.score,
        rect: Rect {
            left: bbox.left,
            top: bbox.top,
            width: bbox.width,
            height: bbox.height,
        },
        style: RectStyle::default(),
        label,
        text: Some(NewText {
            text,
            x: bbox.left,
            y: bbox.top - TEXT_RISE,
            font: FontName::SERIF,
            size: TEXT_SIZE,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        }),
    }
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
            // The derive macro has no property type for structures.
            let stats = glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                .nick("Statistics")
                .blurb(
                    "Totals since the element started: frames, tensors, bad-tensors, candidates, \
                     objects, and the candidates dropped by reason",
                )
                .read_only()
                .build();
            let mut properties = SsdParser::derived_properties().to_vec();
            properties.push(stats);
            properties
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => self.stats().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.derived_set_property(id, value, pspec);
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        obj.set_in_place(true);
        obj.set_passthrough(true);
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
        video::pad_templates()
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady {
            video::load_library(&*self.obj(), *CAT)?;
        }
        self.parent_change_state(transition)
    }
}

impl BaseTransformImpl for SsdParser {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let labels = match self.settings().labels_file.as_deref() {
            Some(path) => Some(
                Labels::read(path)
                    .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?,
            ),
            None => None,
        };
        if let Some(labels) = &labels {
            gst::info!(CAT, imp = self, "{} labels", labels.len());
        }
        *self.state() = State {
            element: CString::new(self.obj().name().as_str()).unwrap_or_default(),
            labels,
            ..State::default()
        };
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner) = Stats::default();
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        self.state().caps = video::Caps::read(incaps);
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut state = self.state();
        nvds::stamp_input(buffer, &state.element);
        let result = self.process(&mut state, buffer);
        nvds::stamp_output(buffer, &state.element);
        let warnings = state.warnings.take();
        let stats = std::mem::take(&mut state.stats);
        drop(state);
        self.stats
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(&stats);
        video::post(&*self.obj(), *CAT, warnings);
        result.map(|()| gst::FlowSuccess::Ok).map_err(|error| {
            self.post_error_message(error);
            gst::FlowError::Error
        })
    }
}
