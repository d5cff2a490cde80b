//! What the element counted.

use nvds_decode::Counts;

/// Totals since the element started.
#[derive(Debug, Default)]
pub struct Stats {
    pub frames: u64,
    pub tensors: u64,
    pub bad_tensors: u64,
    pub counts: Counts,
}

impl Stats {
    /// Adds those of a buffer.
    pub fn add(&mut self, other: &Self) {
        self.frames += other.frames;
        self.tensors += other.tensors;
        self.bad_tensors += other.bad_tensors;
        self.counts += other.counts;
    }

    /// As the property `stats` gives them.
    pub fn to_structure(&self) -> gst::Structure {
        let mut structure = gst::Structure::builder("rsssdparser-stats")
            .field("frames", self.frames)
            .field("tensors", self.tensors)
            .field("bad-tensors", self.bad_tensors)
            .field("candidates", self.counts.candidates)
            .field("objects", self.counts.kept)
            .build();
        for (reason, count) in self.counts.dropped.by_reason() {
            structure.set(format!("dropped-{reason}"), count);
        }
        structure
    }
}
