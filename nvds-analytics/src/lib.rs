//! What tracked objects do, counted and timed: the logic of `rsanalytics` and of `rsosdannotate`'s zones and lines.
//!
//! Pure: boxes, track ids and times in, counts and events out. No GStreamer, no DeepStream, no unsafe, no files, no clock.

#![forbid(unsafe_code)]

pub mod engine;
mod event;
pub mod geometry;
pub mod ground;
pub mod layout;
pub mod rules;
mod set;
pub mod spread;
pub mod tracks;

pub use engine::{Engine, Found, Frame, Here, Mark, Object};
pub use event::{Event, What};
pub use geometry::{Anchor, Crossing, Point, Segment, Side, band, inside, within};
pub use layout::{Layout, Length, Place};
pub use rules::{Fits, Rules};
pub use set::Set;
pub use tracks::{Track, Tracks};
