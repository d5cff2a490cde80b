//! GStreamer's own analytics metadata (`GstAnalyticsRelationMeta`, `GstTensorMeta`), where the GStreamer that runs has it.
//!
//! What hangs on a buffer is read into plain values, and written from them: [`Relations`] are objects with their classes,
//! tracks, key points and parents; [`GstTensor`] is a tensor. Its library is looked up at run time ([`gst_analytics`]).

mod read;
mod tensors;
mod write;

use once_cell::sync::OnceCell;

use nvds_sys::gst_analytics as c;

use crate::key_points::KeyPoint;

pub use nvds_sys::gst_analytics::GstAnalyticsError;
pub use tensors::{GstTensor, GstTensorError};

/// Everything on a buffer that this project has a counterpart for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relations {
    /// Objects, in the order of their attachment.
    pub objects: Vec<RelatedObject>,
    /// What classifiers say of the whole frame: classes that belong to no object.
    pub classes: Vec<Classes>,
}

/// What one classifier says, the classes in its order.
pub type Classes = Vec<RelatedClass>;

/// A class with how sure the classifier is of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelatedClass {
    /// Its name; `None` where there is none.
    pub label: Option<String>,
    /// Confidence in 0..1.
    pub confidence: f32,
}

/// A detected object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RelatedObject {
    /// Class; `None` where there is none.
    pub label: Option<String>,
    /// Box in pixels of the frame, before it is turned.
    pub rect: PixelRect,
    /// Radians in 0..2 pi by which the box is turned about its centre, clockwise. 0 before GStreamer 1.26.
    pub rotation: f32,
    /// Confidence in 0..1.
    pub confidence: f32,
    /// Place in [`Relations::objects`] of the object that this one is part of.
    pub parent: Option<usize>,
    /// Track.
    pub track: Option<RelatedTrack>,
    /// What classifiers say of it.
    pub classes: Vec<Classes>,
    /// Key points in their order, in whole pixels. None before GStreamer 1.30.
    pub key_points: Vec<KeyPoint>,
}

/// A box in whole pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PixelRect {
    pub left: i32,
    pub top: i32,
    pub width: i32,
    pub height: i32,
}

/// A track; times are nanoseconds, all ones for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelatedTrack {
    /// Its number.
    pub id: u64,
    /// When it was seen first.
    pub first_seen: u64,
    /// When it was seen last.
    pub last_seen: u64,
    /// Whether the tracker has lost the object, so that the box is older than the frame. Only read.
    pub lost: bool,
}

/// GStreamer's analytics library. Get it by [`gst_analytics`].
#[derive(Debug)]
pub struct GstAnalytics {
    api: c::GstAnalyticsApi,
}

impl GstAnalytics {
    /// Whether boxes can say by how much they are turned, and buffers can have tensors.
    ///
    /// # Errors
    /// Before GStreamer 1.26.
    pub fn has_tensors(&self) -> Result<(), GstAnalyticsError> {
        self.api.tensors.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// Whether objects can have key points.
    ///
    /// # Errors
    /// Before GStreamer 1.30.
    pub fn has_key_points(&self) -> Result<(), GstAnalyticsError> {
        self.api
            .key_points
            .as_ref()
            .map(|_| ())
            .map_err(Clone::clone)
    }
}

/// GStreamer's analytics library, loaded at the first call that succeeds.
///
/// # Errors
/// Where there is none: before GStreamer 1.24, or where its package is not installed.
pub fn gst_analytics() -> Result<&'static GstAnalytics, GstAnalyticsError> {
    static LIBRARY: OnceCell<GstAnalytics> = OnceCell::new();
    LIBRARY.get_or_try_init(|| {
        let api = c::GstAnalyticsApi::load()?;
        Ok(GstAnalytics { api })
    })
}
