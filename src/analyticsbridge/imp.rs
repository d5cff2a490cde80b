use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use nvds::gst_analytics::gst_analytics;

use super::Direction;
use super::bridge::{Plan, State, Totals, WARNINGS};
use super::names::{ClassIds, TensorNames};
use crate::element::{self, Met, Running, lock};
use crate::parser::Labels;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsanalyticsbridge",
        gst::DebugColorFlags::empty(),
        Some("DeepStream's metadata and GStreamer's analytics"),
    )
});

const DEFAULT_TENSORS: bool = false;
const DEFAULT_UNIQUE_ID: u32 = 1;
const DEFAULT_SOURCE_ID: u32 = 0;
/// `unique_component_id` of objects is signed.
const MAX_UNIQUE_ID: u32 = i32::MAX as u32;

#[derive(Debug, Clone)]
struct Settings {
    direction: Direction,
    tensors: bool,
    tensor_names: Option<String>,
    labels_file: Option<String>,
    unique_id: u32,
    source_id: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            direction: Direction::default(),
            tensors: DEFAULT_TENSORS,
            tensor_names: None,
            labels_file: None,
            unique_id: DEFAULT_UNIQUE_ID,
            source_id: DEFAULT_SOURCE_ID,
        }
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::AnalyticsBridge)]
pub struct AnalyticsBridge {
    #[property(name = "direction", nick = "Direction", type = Direction, member = direction, get, set,
        mutable_ready, blurb = "Whose metadata is copied to whose", builder(Direction::default()))]
    #[property(name = "tensors", nick = "Tensors", type = bool, member = tensors, get, set,
        default = DEFAULT_TENSORS, mutable_ready,
        blurb = "Copy the tensors of frames, too; needs GStreamer 1.26")]
    #[property(name = "tensor-names", nick = "Tensor names", type = Option<String>,
        member = tensor_names, get, set, mutable_ready,
        blurb = "Which layer of DeepStream's is which tensor id of GStreamer's, as in \
                 detection_boxes=ssd-mobilenet-v1-variant-1-out-boxes,...; others have the same name on both sides")]
    #[property(name = "labels-file", nick = "Labels file", type = Option<String>, member = labels_file,
        get, set, mutable_ready,
        blurb = "File of labels by class, as of nvinfer, which numbers the classes that GStreamer's metadata has by name \
                 alone; without one they are numbered as they come. Only for direction=to-nvds")]
    #[property(name = "unique-id", nick = "Unique id", type = u32, member = unique_id, get, set,
        maximum = MAX_UNIQUE_ID, default = DEFAULT_UNIQUE_ID, mutable_ready,
        blurb = "unique_component_id of objects, classes and tensors that direction=to-nvds attaches")]
    #[property(name = "source-id", nick = "Source id", type = u32, member = source_id, get, set,
        default = DEFAULT_SOURCE_ID, mutable_ready,
        blurb = "source_id and pad_index of frames where direction=to-nvds makes the batch, as no nvstreammux did")]
    settings: Mutex<Settings>,
    state: Mutex<State>,
    // Apart from the state, which is locked while a buffer is in work.
    totals: Mutex<Totals>,
    met: Arc<Met>,
}

impl AnalyticsBridge {
    fn stats(&self) -> gst::Structure {
        let totals = *lock(&self.totals);
        gst::Structure::builder("rsanalyticsbridge-stats")
            .field("buffers", totals.buffers)
            .field("objects", totals.objects)
            .field("updated", totals.updated)
            .field("classes", totals.classes)
            .field("tracks", totals.tracks)
            .field("tensors", totals.tensors)
            .field("warnings", self.met.to_structure(&WARNINGS))
            .build()
    }

    /// What the settings come to, and the numbers of classes.
    fn plan(&self) -> Result<(Plan, ClassIds), String> {
        let settings = lock(&self.settings).clone();
        let library = gst_analytics().map_err(|error| error.to_string())?;
        if settings.tensors {
            library
                .has_tensors()
                .map_err(|error| format!("tensors=true cannot be done: {error}"))?;
        }
        let names = settings.tensor_names.unwrap_or_default();
        let file = settings.labels_file.filter(|path| !path.is_empty());
        let labels = file
            .map(|path| Labels::read(&PathBuf::from(path)))
            .transpose()
            .map_err(|error| error.to_string())?;
        let plan = Plan {
            direction: settings.direction,
            tensors: settings.tensors,
            unique_id: settings.unique_id,
            source_id: settings.source_id,
            names: TensorNames::parse(&names)?,
            library,
        };
        Ok((plan, ClassIds::new(labels.as_ref())))
    }
}

#[glib::object_subclass]
impl ObjectSubclass for AnalyticsBridge {
    const NAME: &'static str = "GstRsAnalyticsBridge";
    type Type = super::AnalyticsBridge;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for AnalyticsBridge {
    element::properties_and_stats!(
        AnalyticsBridge,
        *CAT,
        "Totals since the element started: buffers, objects that were attached, objects that were there and updated, \
         classes (results of classifiers), tracks and tensors, and warnings (structure of how often each kind was met)"
    );

    element::constructed_passing_through!();
}

impl GstObjectImpl for AnalyticsBridge {}

impl ElementImpl for AnalyticsBridge {
    element::metadata!(
        "DeepStream and GStreamer analytics bridge",
        "Filter/Analyzer/Video",
        "Copies objects, classes, tracks, key points and tensors between DeepStream's metadata and GStreamer's own \
         (GstAnalyticsRelationMeta, GstTensorMeta); needs GStreamer 1.24 or newer"
    );
    element::video_pads!();
    element::change_state_with_library!(*CAT);
}

impl BaseTransformImpl for AnalyticsBridge {
    const MODE: gst_base::subclass::BaseTransformMode =
        gst_base::subclass::BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = false;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let (plan, ids) = self
            .plan()
            .map_err(|error| gst::error_msg!(gst::LibraryError::Init, ("{error}")))?;
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), *CAT).counting(&self.met),
            plan: Some(plan),
            ids,
            ..State::default()
        };
        *lock(&self.totals) = Totals::default();
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        lock(&self.state).plan = None;
        Ok(())
    }

    element::set_caps!();

    fn sink_event(&self, event: gst::Event) -> bool {
        if let Some(source) = nvds::event::parse_source_gone(&event) {
            lock(&self.state).reader.tracks.forget(source);
        }
        self.parent_sink_event(event)
    }

    // Here and not when the base class asks for it: metas are added to buffers that are this element's own, and the base
    // class lends them only.
    fn submit_input_buffer(
        &self,
        is_discont: bool,
        buffer: gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut state = lock(&self.state);
        state.run.stamp_input(&buffer);
        let result = state.bridge(buffer, &self.totals);
        if let Ok(buffer) = &result {
            state.run.stamp_output(buffer);
        }
        let warnings = state.run.take_warnings();
        drop(state);
        element::post(self.obj().upcast_ref::<gst::Element>(), *CAT, warnings);
        let buffer = result.map_err(|error| {
            self.post_error_message(error);
            gst::FlowError::Error
        })?;
        self.parent_submit_input_buffer(is_discont, buffer)
    }
}
