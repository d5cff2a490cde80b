use std::path::Path;
use std::sync::{LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::text::{self, Options};
use regex_lite::Regex;

use super::reader::{Rules, TextReader};
use super::{Blank, Columns, Confidence, dictionary};
use crate::element::lock;
use crate::parser::{self, Activation, AttributeParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rstextparser",
        gst::DebugColorFlags::empty(),
        Some("Texts from tensors"),
    )
});

const DEFAULT_MIN_LENGTH: u32 = 1;

/// The properties' values.
#[derive(Debug, Clone)]
struct Settings {
    dictionary_file: Option<String>,
    blank: Blank,
    columns: Columns,
    score_activation: Activation,
    confidence: Confidence,
    min_length: u32,
    pattern: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dictionary_file: None,
            blank: Blank::default(),
            columns: Columns::default(),
            score_activation: Activation::default(),
            confidence: Confidence::default(),
            min_length: DEFAULT_MIN_LENGTH,
            pattern: None,
        }
    }
}

impl Settings {
    /// # Errors
    /// When the pattern cannot be read.
    fn rules(&self) -> Result<Rules, String> {
        let pattern = self
            .pattern
            .as_deref()
            .filter(|pattern| !pattern.is_empty());
        let compile = |pattern: &str| {
            // First as it is: what closes the group would not be an error in it.
            let whole = Regex::new(pattern).and_then(|_| Regex::new(&format!("^(?:{pattern})$")));
            whole.map_err(|error| {
                format!("pattern \"{pattern}\" is no regular expression: {error}; expected one such as [A-Z]{{1,3}}[0-9]+")
            })
        };
        Ok(Rules {
            min_length: self.min_length as usize,
            pattern: pattern.map(compile).transpose()?,
        })
    }

    /// # Errors
    /// When there is no dictionary, or it cannot be read.
    fn options(&self, layers: Vec<String>) -> Result<Options, String> {
        let Some(path) = self
            .dictionary_file
            .as_deref()
            .filter(|path| !path.is_empty())
        else {
            return Err("dictionary-file is not set: expected a text file with a character of the network in each line, \
                        without the blank"
                .to_owned());
        };
        Ok(Options {
            characters: dictionary::read(Path::new(path))?,
            blank: match self.blank {
                Blank::Auto => text::Blank::Auto,
                Blank::First => text::Blank::First,
                Blank::Last => text::Blank::Last,
            },
            columns: match self.columns {
                Columns::Auto => text::Columns::Auto,
                Columns::First => text::Columns::First,
                Columns::Last => text::Columns::Last,
            },
            activation: self.score_activation.into(),
            confidence: match self.confidence {
                Confidence::Auto => text::Confidence::Auto,
                Confidence::Mean => text::Confidence::Mean,
                Confidence::Product => text::Confidence::Product,
                Confidence::Least => text::Confidence::Least,
            },
            layers,
        })
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::TextParser)]
pub struct TextParser {
    #[property(name = "dictionary-file", nick = "Dictionary file", type = Option<String>,
        member = dictionary_file, get, set, mutable_ready,
        blurb = "Text file with a character of the network in each line, in the order of their \
                 numbers and without the blank, or with all of them in its only line. A network with \
                 one number more has a space as its last character")]
    #[property(name = "blank", nick = "Blank", type = Blank, member = blank, get, set,
        mutable_ready, blurb = "Which number stands for no character", builder(Blank::default()))]
    #[property(name = "columns", nick = "Columns", type = Columns, member = columns, get, set,
        mutable_ready, blurb = "Which dimension of a layer of scores is that of the picture's columns",
        builder(Columns::default()))]
    #[property(name = "score-activation", nick = "Score activation", type = Activation,
        member = score_activation, get, set, mutable_ready,
        blurb = "What makes scores of the network's numbers; auto = softmax for a layer whose name \
                 has logit in it, none for others",
        builder(Activation::default()))]
    #[property(name = "confidence", nick = "Confidence", type = Confidence, member = confidence, get,
        set, mutable_ready, blurb = "How the characters' scores make that of the text",
        builder(Confidence::default()))]
    #[property(name = "min-length", nick = "Least length", type = u32, member = min_length, get, set,
        default = DEFAULT_MIN_LENGTH, mutable_ready,
        blurb = "Texts of fewer characters are not attached; TAO's own parser of number plates has 3")]
    #[property(name = "pattern", nick = "Pattern", type = Option<String>, member = pattern, get, set,
        mutable_ready,
        blurb = "Regular expression that a whole text must match to be attached, as in \
                 [A-Z]{1,3}-?[0-9]{1,4}")]
    settings: Mutex<Settings>,
}

parser::attribute_class!(
    TextParser,
    super::TextParser,
    "GstRsTextParser",
    "DeepStream text tensor parser",
    "Attaches texts of objects or frames, such as number plates (NvDsClassifierMeta), decoded from the output \
     tensors that nvinfer or nvinferserver attached; place it right behind them"
);

impl AttributeParserImpl for TextParser {
    type Reader = TextReader;

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn reader(&self, layers: Vec<String>) -> Result<TextReader, String> {
        let settings = lock(&self.settings).clone();
        Ok(TextReader::new(
            settings.options(layers)?,
            settings.rules()?,
        ))
    }
}
