use std::ffi::CString;
use std::sync::{Arc, LazyLock, Mutex};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use super::Reader;
use super::attach::Manner;
use super::task::Attributes;
use crate::element::{self, lock};
use crate::parser::TensorParser;
use crate::parser::subclass::{Kind, TensorParserImpl};

const DEFAULT_SCORE_THRESHOLD: f32 = 0.5;
const DEFAULT_APPEND_TEXT: bool = true;

/// The properties' values.
#[derive(Debug, Clone)]
pub struct Settings {
    pub score_threshold: f32,
    classifier_type: Option<String>,
    append_text: bool,
    layers: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            score_threshold: DEFAULT_SCORE_THRESHOLD,
            classifier_type: None,
            append_text: DEFAULT_APPEND_TEXT,
            layers: None,
        }
    }
}

impl Settings {
    pub fn manner(&self) -> Manner {
        let kind = self
            .classifier_type
            .as_deref()
            .filter(|kind| !kind.is_empty());
        Manner {
            // A property's text ends at its first zero byte.
            classifier_type: kind.and_then(|kind| CString::new(kind).ok()),
            append_text: self.append_text,
        }
    }
}

/// The abstract element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = crate::parser::AttributeParser)]
pub struct AttributeParser {
    #[property(name = "score-threshold", nick = "Score threshold", type = f32,
        member = score_threshold, get, set, minimum = 0.0, maximum = 1.0,
        default = DEFAULT_SCORE_THRESHOLD, mutable_playing, controllable,
        blurb = "Results with a score below this are not attached, equal is kept")]
    #[property(name = "classifier-type", nick = "Classifier type", type = Option<String>,
        member = classifier_type, get, set, mutable_ready,
        blurb = "What kind of result it is, as in make or plate: classifier_type in the metadata, \
                 {class:TYPE} in rsosdannotate's templates")]
    #[property(name = "append-text", nick = "Append text", type = bool, member = append_text,
        get, set, default = DEFAULT_APPEND_TEXT, mutable_playing,
        blurb = "Append the labels to the text that the OSD draws at the object, as nvinfer does")]
    #[property(name = "layers", nick = "Layers", type = Option<String>, member = layers, get, set,
        mutable_ready,
        blurb = "Names of the layers to read, with commas between them, if not all; in this order")]
    /// The task has them, too.
    settings: Arc<Mutex<Settings>>,
}

impl AttributeParser {
    /// The names of the layers to read.
    pub fn layers(&self) -> Vec<String> {
        let layers = lock(&self.settings).layers.clone().unwrap_or_default();
        let names = layers.split(',').map(str::trim);
        names
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The task of an element that starts.
    pub fn task<R: Reader>(&self, reader: R) -> Attributes<R> {
        Attributes::new(reader, self.settings.clone())
    }
}

#[glib::object_subclass]
impl ObjectSubclass for AttributeParser {
    const NAME: &'static str = "GstRsAttributeParser";
    const ABSTRACT: bool = true;
    type Type = crate::parser::AttributeParser;
    type ParentType = TensorParser;
}

impl ObjectImpl for AttributeParser {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            element::with_stats(
                AttributeParser::derived_properties(),
                "Totals since the element started: frames, tensors, bad-tensors, attributes (labels \
                 that were attached), without (frames and objects with tensors, but no label), \
                 refused (results that were not as they should be), non-finite (numbers), and what \
                 the element took for a frame (its buffer's time divided by the frames) in \
                 nanoseconds: time-mean, time-p50, time-p99; and warnings (structure of how often \
                 each kind was met)",
            )
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        let obj = self.obj();
        match pspec.name() {
            "stats" => obj.upcast_ref::<TensorParser>().imp().stats().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        super::set_property(&self.obj(), pspec, || {
            self.derived_set_property(id, value, pspec);
        });
    }
}

impl GstObjectImpl for AttributeParser {}

impl ElementImpl for AttributeParser {}

impl BaseTransformImpl for AttributeParser {
    element::in_place!();
}

impl TensorParserImpl for AttributeParser {
    fn kind() -> Option<Kind> {
        None
    }
}
