//! What the element counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::element::Met;

/// Kind of the warning that something is wrong behind the pad for text.
pub const BRANCH: u32 = 0;
/// Kind of the warning that text goes nowhere.
pub const NOWHERE: u32 = 1;
/// Kind of the warning that a sink behind the pad stops the pipeline.
pub const UNQUEUED: u32 = 2;
/// Kind of the warning that segmentations of regions are in no line.
pub const REGIONS: u32 = 3;
const NAMES: [&str; 4] = [
    "json-branch",
    "no-output",
    "json-without-queue",
    "region-segmentations",
];

/// Totals since the element started. They can be read while a buffer is in work.
#[derive(Debug, Default)]
pub struct Totals {
    pub buffers: AtomicU64,
    pub lines: AtomicU64,
    pub bytes: AtomicU64,
    pub met: Arc<Met>,
}

impl Totals {
    fn all(&self) -> [(&'static str, &AtomicU64); 3] {
        [
            ("buffers", &self.buffers),
            ("lines", &self.lines),
            ("bytes", &self.bytes),
        ]
    }

    pub fn reset(&self) {
        for (_, count) in self.all() {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// As the property `stats` gives them.
    pub fn to_structure(&self) -> gst::Structure {
        let mut structure = gst::Structure::new_empty("rsmetajson-stats");
        for (name, count) in self.all() {
            structure.set(name, count.load(Ordering::Relaxed));
        }
        structure.set("warnings", self.met.to_structure(&NAMES));
        structure
    }
}
