//! Elements that say something of an object, or of a whole frame: its class, the text on it, who it is.
//!
//! What they say is a classifier's result (`NvDsClassifierMeta`), attached as nvinfer attaches its own: to the object
//! that the tensors are on, with its labels behind the object's text, or to a new object of class -1 that is as large as
//! the frame.

mod attach;
mod class;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
pub(super) mod imp;
mod task;

pub(crate) use class::attribute_class;

use std::ops::Range;
use std::path::Path;
use std::sync::LazyLock;

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::{DecodeError, TensorView};

use super::subclass::Kind;
use super::task::{Context, Task, Unit};
use super::{AttributeParser, TensorParser};
use crate::files;

/// Reads the tensors of one inference element. Each has a copy of its own.
pub trait Reader: Clone + Send + 'static {
    /// As errors call a network: "a classifier".
    const NETWORK: &'static str;

    /// The properties that help where tensors are not those of such a network, as a sentence without its end.
    const ADVICE: &'static str;

    /// Reads what is said of one frame or object, and adds it to `found` if its score is at least `threshold`.
    ///
    /// # Errors
    /// When the tensors are not those of such a network; nothing was added or attached then.
    fn read(
        &mut self,
        tensors: &[TensorView<'_>],
        threshold: f32,
        found: &mut Found,
        context: &mut Context<'_>,
    ) -> Result<(), DecodeError>;

    /// Whether classifiers' results are what it finds. An embedding without a gallery is none.
    fn classifies(&self) -> bool {
        true
    }

    /// Attaches what is no classifier's result.
    ///
    /// # Errors
    /// When the batch lists a frame or object that is not of its pools.
    fn attach(&self, _unit: &Unit<'_>, _unique_id: u32) -> Result<(), nvds::Error> {
        Ok(())
    }
}

/// An element of attributes: what it brings beside its properties. Its
/// [`TensorParserImpl`](super::TensorParserImpl) says [`kind`].
pub trait AttributeParserImpl:
    BaseTransformImpl + ObjectSubclass<Type: IsA<AttributeParser> + IsA<TensorParser>>
{
    /// What reads its tensors.
    type Reader: Reader;

    /// Its debug category, named as the element.
    fn category() -> gst::DebugCategory;

    /// What reads the tensors, as the properties say at the start. `layers` are the names of those to be read.
    ///
    /// # Errors
    /// Names the property, what was expected and what was found.
    fn reader(&self, layers: Vec<String>) -> Result<Self::Reader, String>;
}

/// What such an element is, for its [`TensorParserImpl`](super::TensorParserImpl).
pub fn kind<T: AttributeParserImpl>() -> Option<Kind> {
    Some(Kind {
        category: T::category(),
        counters: &COUNTERS,
        task: make_task::<T>,
    })
}

fn make_task<T: AttributeParserImpl>(element: &TensorParser) -> Result<Box<dyn Task>, String> {
    let Some(element) = element.downcast_ref::<T::Type>() else {
        return Err(format!("{} is another element's", T::category().name()));
    };
    let parser = element.upcast_ref::<AttributeParser>().imp();
    let reader = element.imp().reader(parser.layers())?;
    Ok(Box::new(parser.task(reader)))
}

/// Names of what is counted, as they are in `stats`.
static COUNTERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    ["attributes", "without", "refused", "non-finite"]
        .map(str::to_owned)
        .to_vec()
});

/// Sets a property of an element, and has it looked at. `set` gets what may be set now.
pub fn set_property(element: &AttributeParser, pspec: &glib::ParamSpec, set: impl FnOnce()) {
    let parser = element.upcast_ref::<TensorParser>().imp();
    if crate::element::may_set(element, parser.category(), pspec) {
        set();
        parser.note_change();
    }
}

/// Most bytes of a small file that a property names.
const MOST_BYTES: u64 = 4 << 20;

/// The text of the file that a property names. It may begin with a byte order mark, which is left out.
///
/// # Errors
/// Names the property and the file.
pub fn read_text(property: &str, path: &Path) -> Result<String, String> {
    let error = |problem: String| format!("{property} {} {problem}", path.display());
    let bytes = files::read(path, MOST_BYTES).map_err(|e| error(format!("cannot be read: {e}")))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| error("is not UTF-8: expected text in UTF-8; save it as that".to_owned()))?;
    if text.contains('\0') {
        return Err(error("has a zero byte: expected text in UTF-8".to_owned()));
    }
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    })
}

/// One label of a result.
#[derive(Debug, Clone)]
pub struct Attribute {
    text: Range<usize>,
    pub class_id: u32,
    pub label_id: u32,
    pub probability: f32,
}

/// What was found on one frame or object. Its memory is kept.
#[derive(Debug, Clone, Default)]
pub struct Found {
    text: String,
    attributes: Vec<Attribute>,
    /// Results that were refused by what the element is told of them.
    pub refused: u64,
    /// Numbers that are not finite.
    pub non_finite: u64,
    /// The highest score, also below the threshold; `None` if there was none.
    pub best: Option<f32>,
    /// That no label is wanted.
    pub silent: bool,
}

impl Found {
    /// Adds a label.
    pub fn push(&mut self, text: &str, class_id: u32, label_id: u32, probability: f32) {
        let begin = self.text.len();
        self.text.push_str(text);
        self.attributes.push(Attribute {
            text: begin..self.text.len(),
            class_id,
            label_id,
            probability,
        });
    }

    /// The labels with their texts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        let text = |attribute: &Attribute| attribute.text.clone();
        self.attributes
            .iter()
            .map(move |a| (&self.text[text(a)], a))
    }

    fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    fn clear(&mut self) {
        self.text.clear();
        self.attributes.clear();
        (self.refused, self.non_finite, self.best, self.silent) = (0, 0, None, false);
    }
}
