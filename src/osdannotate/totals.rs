//! What the property `stats` tells.

use std::sync::atomic::{AtomicU64, Ordering};

use super::annotate::WARNINGS;
use crate::element::Met;

/// Totals since the element started. They can be read while a buffer is in work.
#[derive(Debug, Default)]
pub struct Totals {
    buffers: AtomicU64,
    frames: AtomicU64,
    objects: AtomicU64,
}

impl Totals {
    /// Starts from zero.
    pub fn reset(&self) {
        for count in [&self.buffers, &self.frames, &self.objects] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Adds what a buffer had.
    pub fn add(&self, frames: u64, objects: u64) {
        self.buffers.fetch_add(1, Ordering::Relaxed);
        self.frames.fetch_add(frames, Ordering::Relaxed);
        self.objects.fetch_add(objects, Ordering::Relaxed);
    }

    /// As the property `stats` gives them.
    pub fn to_structure(&self, met: &Met) -> gst::Structure {
        gst::Structure::builder("rsosdannotate-stats")
            .field("buffers", self.buffers.load(Ordering::Relaxed))
            .field("frames", self.frames.load(Ordering::Relaxed))
            .field("objects", self.objects.load(Ordering::Relaxed))
            .field("warnings", met.to_structure(&WARNINGS))
            .build()
    }
}
