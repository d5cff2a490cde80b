//! What tracked objects do, counted and timed: the logic of `rsanalytics` and of `rsosdannotate`'s zones and lines.
//!
//! Pure: boxes, track ids and times in, counts and events out. No GStreamer, no DeepStream, no unsafe, no files, no clock.

#![forbid(unsafe_code)]

pub mod geometry;
pub mod layout;
pub mod spread;
pub mod tracks;

pub use geometry::{Anchor, Crossing, Point, Segment, Side, band, inside, within};
pub use layout::{Layout, Length, Place};
pub use tracks::{Track, Tracks};
