//! Entries that are recorded for explanations instead of tested, and those that a network leaves out.

use super::{Candidates, Entry, Recording};
use crate::boxes::detection::{Corners, DropReason};

impl Candidates {
    /// Takes an entry that the network's own selection of the best leaves out, however good it is. `corners` is
    /// called for explanations only.
    pub(crate) fn leave_out(
        &mut self,
        entry: usize,
        class_id: u32,
        score: f32,
        corners: impl FnOnce() -> Corners,
    ) {
        self.counts.candidates += 1;
        if let Some(recording) = &mut self.recording {
            recording.entries.push(Entry {
                number: entry,
                class: class_id.into(),
                score,
                corners: corners(),
                units: self.units,
                left_out: true,
                turned: self.turned,
            });
            return;
        }
        let below = score < self.score_threshold(class_id);
        let reason = self
            .refuses_class(class_id)
            .or(below.then_some(DropReason::BelowThreshold));
        self.counts
            .dropped
            .note(reason.unwrap_or(DropReason::TopK), 1);
    }

    /// From the next frame on, entries are recorded instead of tested. Decoders
    /// are asked for all with at least this score. `entries` is memory to use.
    pub(crate) fn record(&mut self, floor: f32, entries: Vec<Entry>) {
        self.recording = Some(Recording { floor, entries });
    }

    /// Ends what [`record`](Self::record) began.
    pub(crate) fn end_recording(&mut self) -> Vec<Entry> {
        let recording = self.recording.take();
        recording.map(|r| r.entries).unwrap_or_default()
    }
}
