//! What the elements that read tensors have in common, and what each of them brings.
//!
//! [`TensorParser`] is an abstract element. It walks over the frames of a batch and the objects on them, hands each
//! tensor meta to the element's [`Task`](task::Task), counts, and warns of pipelines that are built so that there is
//! nothing to read. [`BoxParser`] extends it, and is abstract as well: it has the properties of all that finds boxes,
//! and the task that decodes, suppresses, labels and attaches them.
//!
//! ```text
//! GstBaseTransform <- TensorParser <- BoxParser <- rsssdparser
//!                     imp, walk       boxes/       its properties, its family of decoders
//!                                               <- PresetParser <- rsyoloparser, rsdetrparser, rsfaceparser, rsmaskparser
//!                                                  presets/
//!                                <- AttributeParser <- rsclassparser, rstextparser, rsembedparser
//!                                   attributes/
//! ```
//!
//! [`PresetParser`] is an abstract [`BoxParser`] for families of networks that go by names: `format=yolov8`.
//!
//! A new element of boxes is a class that extends [`BoxParser`] and implements
//! [`BoxParserImpl`](boxes::BoxParserImpl): a family of decoders in nvds-decode, and the layout that its own properties
//! describe. One that says something of an object extends [`AttributeParser`] and brings a
//! [`Reader`](attributes::Reader) of its tensors. One that finds something else extends [`TensorParser`] and writes a task. Neither implements anything of
//! `GstBaseTransform` but its constants: see [`subclass`].

mod attributes;
mod boxes;
mod frame;
#[allow(missing_docs)] // the accessors of properties, which have blurbs
mod imp;
mod in_mask;
mod labels;
mod list;
mod missing_tensors;
mod presets;
mod rules;
mod score;
mod stats;
mod subclass;
mod task;
mod walk;

pub(crate) use attributes::attribute_class;
pub use attributes::{
    AttributeParserImpl, Found, Reader, kind, read_text, set_property as set_attribute_property,
};
pub use boxes::{BoxParserImpl, Network, Turned, overflow};
pub(crate) use frame::element_frame;
pub use in_mask::InMask;
pub use labels::Labels;
pub use missing_tensors::WarningKind;
pub(crate) use presets::preset_class;
pub use presets::{
    Activation, Choice, PresetParserImpl, advice, properties, property, set_property,
};
pub use subclass::{Kind, TensorParserImpl};
pub use task::{Context, Refusal, Task, Unit};

glib::wrapper! {
    /// An element that reads tensors.
    pub struct TensorParser(ObjectSubclass<imp::TensorParser>)
        @extends gst_base::BaseTransform, gst::Element, gst::Object;
}

glib::wrapper! {
    /// An element that attaches the objects whose boxes are in tensors.
    pub struct BoxParser(ObjectSubclass<boxes::imp::BoxParser>)
        @extends TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

glib::wrapper! {
    /// An element of boxes whose networks go by names.
    pub struct PresetParser(ObjectSubclass<presets::imp::PresetParser>)
        @extends BoxParser, TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}

glib::wrapper! {
    /// An element that says something of objects, or of whole frames.
    pub struct AttributeParser(ObjectSubclass<attributes::imp::AttributeParser>)
        @extends TensorParser, gst_base::BaseTransform, gst::Element, gst::Object;
}
