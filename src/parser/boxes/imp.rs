use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::Layout;
use nvds_decode::select::Preset;

use super::Network;
use super::policy::{EdgePolicy, NmsMode, Padding};
use super::settings::*;
use super::task::{Boxes, Known};
use crate::element::{self, lock};
use crate::parser::TensorParser;
use crate::parser::labels::Labels;
use crate::parser::subclass::{Kind, TensorParserImpl};
use crate::parser::task::Task;

/// The abstract element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = crate::parser::BoxParser)]
pub struct BoxParser {
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
                 person=0.6,17=0.4")]
    #[property(name = "source-thresholds", nick = "Source thresholds", type = Option<String>,
        get = Self::source_thresholds, set = Self::set_source_thresholds, mutable_playing,
        blurb = "Score thresholds for the frames of single sources (source_id), or of a class in \
                 one of them, as in 0=0.7,3/person=0.8. The order of precedence is \
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
    #[property(name = "nms-mode", nick = "NMS mode", type = NmsMode, get = Self::nms_mode,
        set = Self::set_nms_mode, mutable_playing, blurb = "Which boxes suppress each other",
        builder(NmsMode::default()))]
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
    #[property(name = "explain", nick = "Explain", type = bool, member = explain, get, set,
        default = DEFAULT_EXPLAIN, mutable_playing,
        blurb = "Post an element message for every frame's tensors that tells why each entry was kept \
                 or dropped, named as the element with -explanation: docs/rsssdparser.md. Slow")]
    #[property(name = "explain-floor", nick = "Explanation floor", type = f32,
        member = explain_floor, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_EXPLAIN_FLOOR, mutable_playing,
        blurb = "Entries with a score below this are not explained")]
    /// The task has them, too.
    settings: Arc<Mutex<Settings>>,
}

impl BoxParser {
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

    fn nms_mode(&self) -> NmsMode {
        self.settings().nms_mode.into()
    }

    fn set_nms_mode(&self, mode: NmsMode) {
        self.settings().nms_mode = mode.into();
    }

    /// The settings, of which those may be set here that need no look at others.
    pub fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
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
            gst::warning!(self.category(), imp = self, "setting not changed: {error}");
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("Setting not changed: {error}")
            );
        }
    }

    fn category(&self) -> gst::DebugCategory {
        self.obj().upcast_ref::<TensorParser>().imp().category()
    }

    /// The task of an element that starts; reads the label file if there is one.
    ///
    /// # Errors
    /// Names the property, what was expected and what was found.
    pub fn task(
        &self,
        network: Network,
        mut layout: Arc<Layout>,
        preset: Option<Preset>,
    ) -> Result<Box<dyn Task>, String> {
        // Read before locking: a slow disk must not hold up whoever sets a property.
        let labels_file = lock(&self.settings).labels_file.clone();
        let labels = match labels_file {
            Some(path) => Some(Labels::read(&path).map_err(|error| error.to_string())?),
            None => None,
        };
        if let Some(labels) = &labels {
            let (count, form) = (labels.len(), labels.form().describe());
            let category = self.category();
            gst::info!(category, imp = self, "{count} labels, read as {form}");
        }
        let classes = self.settings().classes(labels.as_ref());
        Arc::make_mut(&mut layout).labels = classes;
        let known = Known {
            network,
            layout,
            preset,
        };
        let boxes = Boxes::new(known, self.settings.clone(), labels.map(Arc::new))?;
        Ok(Box::new(boxes))
    }
}

/// An empty text as a property gives it.
fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[glib::object_subclass]
impl ObjectSubclass for BoxParser {
    const NAME: &'static str = "GstRsBoxParser";
    const ABSTRACT: bool = true;
    type Type = crate::parser::BoxParser;
    type ParentType = TensorParser;
}

impl ObjectImpl for BoxParser {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            element::with_stats(
                BoxParser::derived_properties(),
                "Totals since the element started: frames, tensors, bad-tensors, \
                     doubtful-tensors, candidates, \
                     objects, the candidates dropped by reason, and what the element took for a \
                     frame (its buffer's time divided by the frames) in nanoseconds: time-mean, \
                     time-p50, time-p99; and warnings (structure of how often each kind was met)",
            )
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => self
                .obj()
                .upcast_ref::<TensorParser>()
                .imp()
                .stats()
                .to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        let obj = self.obj();
        let parser = obj.upcast_ref::<TensorParser>().imp();
        if element::may_set(&*obj, parser.category(), pspec) {
            self.derived_set_property(id, value, pspec);
            parser.note_change();
        }
    }
}

impl GstObjectImpl for BoxParser {}

impl ElementImpl for BoxParser {}

impl BaseTransformImpl for BoxParser {
    element::in_place!();
}

impl TensorParserImpl for BoxParser {
    fn kind() -> Option<Kind> {
        None
    }
}
