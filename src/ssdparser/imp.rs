use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use super::attach::Attaching;
use super::decode::{Context, Decoding};
use super::labels::Labels;
use super::settings::*;
use super::stats::{Stats, Totals};
use crate::element::{self, Running, lock};

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
    labels: Option<Labels>,
    decoding: Decoding,
    attaching: Attaching,
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
    #[property(name = "stats-interval", nick = "Interval of statistics", type = u32,
        member = stats_interval, get, set, default = DEFAULT_STATS_INTERVAL, mutable_playing,
        blurb = "Least time in milliseconds between notifications of stats, which gst-launch-1.0 -v \
                 prints; 0 = only at the end of the stream")]
    settings: Mutex<Settings>,
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

    /// Parses all tensors on a buffer and attaches the objects.
    fn process(&self, state: &mut State, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let State {
            run,
            labels,
            decoding,
            attaching,
            totals,
        } = state;
        let Some(mut batch) = run.batch(buffer, " and is passed on as it is")? else {
            return Ok(());
        };
        let snapshot = lock(&self.settings).snapshot(labels.as_ref());
        let sizes = run.frame_sizes(buffer);
        let element = &*self.obj();
        let mut context = Context {
            snapshot: &snapshot,
            run,
            totals,
            element,
        };
        decoding
            .run(&batch, &sizes, &mut context)
            .map_err(|error| {
                gst::error_msg!(
                    gst::StreamError::Format,
                    ("The tensors are not those of an SSD detector. {error}"),
                    ["to parse those of one inference element only, set unique-id to its id"]
                )
            })?;
        let offset = snapshot.label_offset;
        attaching.run(&mut batch, decoding, labels.as_ref(), offset, element);
        Ok(())
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
            element::with_stats(
                SsdParser::derived_properties(),
                "Totals since the element started: frames, tensors, bad-tensors, candidates, \
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
        self.derived_set_property(id, value, pspec);
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
        let labels = match lock(&self.settings).labels_file.as_deref() {
            Some(path) => Some(
                Labels::read(path)
                    .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?,
            ),
            None => None,
        };
        if let Some(labels) = &labels {
            gst::info!(CAT, imp = self, "{} labels", labels.len());
        }
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), *CAT),
            labels,
            ..State::default()
        };
        *lock(&self.stats) = Stats::new();
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        lock(&self.state).run.set_caps(incaps);
        Ok(())
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let interval = Duration::from_millis(lock(&self.settings).stats_interval.into());
        let mut tell = false;
        let result = element::pass(self, *CAT, &self.state, buffer, |state, buffer| {
            let start = Instant::now();
            let result = self.process(state, buffer);
            let totals = std::mem::take(&mut state.totals);
            tell = lock(&self.stats).add(&totals, start, interval);
            result
        });
        if tell {
            self.obj().notify("stats");
        }
        result
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::Eos {
            let unique_id = lock(&self.settings).unique_id;
            let warnings = {
                let mut state = lock(&self.state);
                let State { run, decoding, .. } = &mut *state;
                decoding.end(unique_id, run);
                run.take_warnings()
            };
            element::post(&*self.obj(), *CAT, warnings);
            self.obj().notify("stats");
        }
        self.parent_sink_event(event)
    }
}
