//! Warnings of an element: each kind is posted once, and counted from then on.

use std::sync::atomic::{AtomicU64, Ordering};

use gst::prelude::*;

// Kinds of warnings that any element may give; its own are counted from 0.
pub const NO_BATCH: u32 = 31;
pub const SURFACE: u32 = 30;
pub const SHARED: u32 = 29;
pub const NOT_COPIED: u32 = 28;

/// How often an element met what it warns of, by kind. It can be read while a buffer is in work.
#[derive(Debug, Default)]
pub struct Met([AtomicU64; 32]);

/// Names of the kinds that any element may meet.
const COMMON: [(u32, &str); 4] = [
    (NO_BATCH, "no-batch"),
    (SURFACE, "no-surface-size"),
    (SHARED, "shared-metadata"),
    (NOT_COPIED, "not-copied"),
];

impl Met {
    /// From zero.
    pub fn reset(&self) {
        for count in &self.0 {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Counts one of a kind (0..32).
    pub fn add(&self, kind: u32) {
        if let Some(count) = self.0.get(kind as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// As the field `warnings` of `stats` has it: each kind that was met at least once. `names` are those of the
    /// element's own kinds, from 0.
    pub fn to_structure(&self, names: &[&str]) -> gst::Structure {
        let mut structure = gst::Structure::new_empty("warnings");
        let own = (0..).zip(names.iter().copied());
        for (kind, name) in own.chain(COMMON) {
            let count = self.0.get(kind as usize);
            match count.map_or(0, |count| count.load(Ordering::Relaxed)) {
                0 => (),
                count => structure.set(name, count),
            }
        }
        structure
    }
}

/// Warnings of one element. Each kind goes to the bus once, so that a broken stream of frames does
/// not flood it. They are posted only when no lock is held: a handler may read properties.
#[derive(Debug, Default)]
pub struct Warnings {
    told: u32,
    waiting: Vec<String>,
}

impl Warnings {
    /// Notes a warning of a kind (0..32). Returns whether it is the first of its kind.
    pub fn note(&mut self, kind: u32, text: impl FnOnce() -> String) -> bool {
        let bit = 1_u32.checked_shl(kind).unwrap_or(0);
        let first = self.told & bit == 0;
        if first {
            self.told |= bit;
            self.waiting.push(text());
        }
        first
    }

    /// What was noted since the last call.
    pub fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.waiting)
    }
}

/// Posts warnings as element messages, which gst-launch-1.0 prints, and logs them.
pub fn post(element: &impl IsA<gst::Element>, category: gst::DebugCategory, warnings: Vec<String>) {
    for text in warnings {
        gst::warning!(category, obj = element, "{text}");
        gst::element_warning!(
            element,
            gst::StreamError::Decode,
            ("{text}"),
            ["said once; later ones are counted in the property stats"]
        );
    }
}
