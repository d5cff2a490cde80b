//! Safe, borrowed views over NVIDIA DeepStream metadata.
//!
//! A [`Batch`] is found on a `GstBuffer` and borrows it. [`Batch::lock`] takes the batch's mutex;
//! from the guard one walks [`Locked`] > [`Frame`] > [`Object`], [`Display`], [`TensorMeta`],
//! [`UserMeta`] by iterators over the library's own lists: nothing is collected or copied. Changes
//! are made through the guard too; what is added is described by plain values ([`NewObject`],
//! [`NewText`], [`NewTensorMeta`] …) and ends up in memory that the library may release.
//!
//! All memory is NVIDIA's: the two metadata libraries are loaded at run time ([`library`]). DeepStream
//! 6.0 to 9.1 have three layouts of it, told apart by the element sizes of the pools; every batch is
//! compared with the library's own, and an unknown release is refused instead of misread
//! ([`release`]). No C struct of one release is in the API; `as_ptr` and `sys`, for code
//! that goes beyond, come with the feature `raw`.
//!
//! # What the views promise
//! Views exist only while the batch's mutex is held: behind a `tee`, two elements may work on one
//! batch at once. Reading never trusts a pointer, count or string that comes in: NULL lists, NULL
//! strings, more than eight dims, missing host memory are answered by an empty iterator, `None` or
//! an error. What cannot be checked is code that changes metadata without the lock.
//!
//! A view does not outlive the guard:
//!
//! ```compile_fail,E0597
//! fn first_class(batch: &nvds::Batch<'_>) -> i32 {
//!     let object = {
//!         let locked = batch.lock();
//!         locked.frames().next().unwrap().objects().next().unwrap()
//!     };
//!     object.class_id()
//! }
//! ```
//!
//! and there is none without it:
//!
//! ```compile_fail,E0599
//! fn first_frame(batch: &nvds::Batch<'_>) -> i32 {
//!     batch.frames().next().unwrap().frame_num()
//! }
//! ```
//!
//! Events of GStreamer's own types, of which readers expect certain fields, cannot be made:
//!
//! ```compile_fail,E0603
//! nvds::event::custom(0, gst::Structure::new_empty("x"));
//! ```

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

mod aligned;
mod analytics;
mod attach;
mod batch;
mod classifier;
mod corners;
mod create;
mod display;
mod embedding;
mod error;
pub mod event;
mod frame;
pub mod gst_analytics;
mod inferred;
mod joints;
mod key_points;
mod known_layer;
pub mod latency;
#[cfg(feature = "raw")]
pub mod layout;
#[cfg(not(feature = "raw"))]
mod layout;
mod library;
mod list;
mod lock;
mod object;
mod own;
mod params;
mod place;
mod prepared;
mod release;
mod restyle;
mod retired;
mod segmentation;
mod surface;
mod tensor;
mod text;
mod user;
mod view;

pub use aligned::AlignedBytes;
pub use analytics::{
    ANALYTICS_FRAME_TYPE, ANALYTICS_LABEL, ANALYTICS_NAME, ANALYTICS_OBJECT_TYPE, AnalyticsClass,
    AnalyticsEvent, AnalyticsFrame, AnalyticsLine, AnalyticsMark, AnalyticsObject, AnalyticsRule,
    AnalyticsZone, FixedText, MOST_ANALYTICS,
};
pub use batch::{Batch, Locked};
pub use classifier::{Classifier, Label, NewClassifier, NewLabel};
pub use corners::{CORNERS_TYPE, Corner, Corners};
pub use create::{NewBatch, NewFrame};
pub use display::{Display, DisplayWriter};
pub use embedding::{EMBEDDING_TYPE, Embedding, MOST_NUMBERS, NewEmbedding};
pub use error::{Error, LayoutError, TensorError};
pub use frame::Frame;
pub use inferred::{InferredClassifier, InferredLabel, InferredObject};
pub use joints::{PoseEvent, check_joints};
pub use key_points::{KEY_POINTS_TYPE, KeyPoint, MOST_KEY_POINTS};
pub use known_layer::KnownLayer;
pub use latency::{stamp_input, stamp_output};
pub use library::{Library, library, release};
pub use list::ListIter;
pub use lock::lock;
pub use object::{Mask, NewMask, NewObject, Object};
pub use own::{OwnMetadata, with_own_metadata};
pub use params::{Arrow, ArrowHead, Circle, Line, RectParams};
pub use place::{Mover, TextPlace};
pub use prepared::{NewPreparedInput, NewRoi, PreparedInput, PreparedTensor, PreparedType, Roi};
pub use release::{KNOWN, Release, VERSION_VARIABLE, Version};
pub use restyle::{BoxChange, TextChange};
pub use segmentation::{NewSegmentation, Segmentation};
pub use surface::{FrameSizes, SurfaceError};
pub use tensor::{
    DataType, Dims, Layer, LayerData, NetworkInfo, NewLayer, NewTensorMeta, Producer, TensorMemory,
    TensorMeta,
};
pub use text::{Color, FontName, NewText, Rect, RectStyle, Text, truncate_utf8};
#[cfg(feature = "raw")]
pub use user::{Foreign, ForeignCopy, ForeignRelease};
pub use user::{UserData, UserMeta, UserMetaType};

/// `object_id` of an object that no tracker has seen: all bits set.
pub use nvds_sys::UNTRACKED_OBJECT_ID;

#[cfg(feature = "raw")]
pub use nvds_sys as sys;
