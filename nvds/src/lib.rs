//! Safe, borrowed views over NVIDIA DeepStream metadata.
//!
//! A [`Batch`] is found on a `GstBuffer` and borrows it. From there one walks
//! Batch > [`Frame`] > [`Object`], [`Display`], [`TensorMeta`], [`UserMeta`] by iterators over the
//! library's own lists: nothing is collected or copied. Changes go through [`Batch::lock`], which
//! holds the batch's mutex; what is added is described by plain values ([`NewObject`],
//! [`NewText`], [`NewTensorMeta`] …) and ends up in memory that the library may release.
//!
//! All memory is NVIDIA's: the two metadata libraries are loaded at run time ([`library`]) and their
//! layout is checked on every batch against the pools' element sizes, so that an unknown release is
//! refused instead of misread.
//!
//! # What the views promise
//! Reading never trusts a pointer, count or string that comes in: NULL lists, NULL strings, more
//! than eight dims, missing host memory are answered by an empty iterator, `None` or an error. What
//! cannot be checked is concurrent change by another thread that does not take the batch's lock;
//! stock elements pass a buffer from one to the next, so there is none while an element holds it.

mod aligned;
mod batch;
mod create;
mod display;
mod error;
pub mod event;
mod latency;
mod library;
mod list;
mod object;
mod place;
mod restyle;
mod retired;
mod surface;
mod tensor;
mod text;
mod user;

pub use aligned::AlignedBytes;
pub use batch::{Batch, Frame, Locked};
pub use create::{NewBatch, NewFrame};
pub use display::{Display, DisplayWriter, NewArrow, NewCircle, NewLine};
pub use error::{Error, LayoutError, TensorError};
pub use latency::{stamp_input, stamp_output};
pub use library::{Library, library};
pub use list::ListIter;
pub use object::{Classifier, Label, Mask, NewClassifier, NewLabel, NewObject, Object};
pub use place::{Mover, TextPlace};
pub use restyle::{BoxChange, TextChange};
pub use surface::{FrameSizes, SurfaceError};
pub use tensor::{
    DataType, Dims, Layer, LayerData, NetworkInfo, NewLayer, NewTensorMeta, Producer, TensorMemory,
    TensorMeta,
};
pub use text::{Color, FontName, NewText, Rect, RectStyle, Text, truncate_utf8};
pub use user::{UserData, UserMeta, UserMetaType};

pub use nvds_sys as sys;
