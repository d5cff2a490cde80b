use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::Activation as Decoded;
use nvds_decode::classes::{Method as Decoding, Options};

use super::Method;
use super::labels::ClassLabels;
use super::reader::ClassReader;
use crate::element::lock;
use crate::parser::{self, Activation, AttributeParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsclassparser",
        gst::DebugColorFlags::empty(),
        Some("Classes from tensors"),
    )
});

const DEFAULT_TOP_K: u32 = 0;
const DEFAULT_VALUE_SCALE: f32 = 1.0;
const DEFAULT_VALUE_DECIMALS: u32 = 0;

/// The properties' values.
#[derive(Debug, Clone)]
struct Settings {
    labels_file: Option<String>,
    method: Method,
    score_activation: Activation,
    top_k: u32,
    value_scale: f32,
    value_decimals: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            labels_file: None,
            method: Method::default(),
            score_activation: Activation::default(),
            top_k: DEFAULT_TOP_K,
            value_scale: DEFAULT_VALUE_SCALE,
            value_decimals: DEFAULT_VALUE_DECIMALS,
        }
    }
}

impl Settings {
    /// How classes are chosen, and what makes scores.
    ///
    /// # Errors
    /// When two properties contradict each other.
    fn choice(&self) -> Result<(Decoding, Option<Decoded>), String> {
        let stated: Option<Decoded> = self.score_activation.into();
        let method = match self.method {
            Method::Max => Decoding::Max,
            Method::Softmax => {
                if stated.is_some_and(|activation| activation != Decoded::Softmax) {
                    return Err(
                        "method=softmax has a softmax make the scores, but score-activation is another: set method=max, \
                         or leave score-activation"
                            .to_owned(),
                    );
                }
                return Ok((Decoding::Max, Some(Decoded::Softmax)));
            }
            Method::Multi => Decoding::Multi,
            Method::Compound => Decoding::Compound,
            Method::Index => Decoding::Index,
            Method::Regression => Decoding::Regression,
            Method::Expectation => Decoding::Expectation,
        };
        Ok((method, stated))
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::ClassParser)]
pub struct ClassParser {
    #[property(name = "labels-file", nick = "Labels file", type = Option<String>,
        member = labels_file, get, set, mutable_ready,
        blurb = "Text file with a label in each line, that of class 0 first; or, as nvinfer has it, \
                 the labels of a layer in each line with semicolons between them; JSON is read as \
                 well. Without it, the label is the number of the class")]
    #[property(name = "method", nick = "Method", type = Method, member = method, get, set,
        mutable_ready, blurb = "How classes are chosen by the network's numbers",
        builder(Method::default()))]
    #[property(name = "score-activation", nick = "Score activation", type = Activation,
        member = score_activation, get, set, mutable_ready,
        blurb = "What makes scores of the network's numbers; auto = softmax (of one number and with \
                 methods of many classes, sigmoid) for a layer whose name has logit in it, none for \
                 others, as nvinfer does",
        builder(Activation::default()))]
    #[property(name = "top-k", nick = "Top k", type = u32, member = top_k, get, set,
        default = DEFAULT_TOP_K, mutable_ready,
        blurb = "Most classes of a layer with method=multi, those with the highest scores; 0 = all")]
    #[property(name = "value-scale", nick = "Scale of values", type = f32, member = value_scale, get,
        set, minimum = -1e6, maximum = 1e6, default = DEFAULT_VALUE_SCALE, mutable_ready,
        blurb = "What the numbers of method=regression are multiplied by, as in 100 for an age of \
                 0 to 1")]
    #[property(name = "value-decimals", nick = "Decimals of values", type = u32,
        member = value_decimals, get, set, maximum = 6, default = DEFAULT_VALUE_DECIMALS,
        mutable_ready,
        blurb = "Digits behind the point of labels that are values: method=regression and \
                 expectation")]
    settings: Mutex<Settings>,
}

parser::attribute_class!(
    ClassParser,
    super::ClassParser,
    "GstRsClassParser",
    "DeepStream classifier tensor parser",
    "Attaches classes of objects or frames (NvDsClassifierMeta), decoded from the output \
     tensors that nvinfer or nvinferserver attached; place it right behind them"
);

impl AttributeParserImpl for ClassParser {
    type Reader = ClassReader;

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn reader(&self, layers: Vec<String>) -> Result<ClassReader, String> {
        let settings = lock(&self.settings).clone();
        let (method, activation) = settings.choice()?;
        let path = settings.labels_file.filter(|path| !path.is_empty());
        let labels = path
            .map(PathBuf::from)
            .as_deref()
            .map(ClassLabels::read)
            .transpose()?;
        let options = Options {
            method,
            activation,
            layers,
            top_k: settings.top_k as usize,
            scale: settings.value_scale,
        };
        Ok(ClassReader::new(
            options,
            labels,
            settings.value_decimals as usize,
        ))
    }
}
