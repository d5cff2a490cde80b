//! `sync-inputs` of the default mux: a batch has the frames of one span of time.

use super::policy::Input;

/// Spans of running time, one behind the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sync {
    /// Nanoseconds at which the span begins, `None` before the first frame.
    start: Option<u64>,
    /// Frames that came too late.
    pub dropped: u64,
}

/// One source, as the span sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What the policy knows.
    pub input: Input,
    /// Running time of the first frame that waits, in nanoseconds.
    pub time: Option<u64>,
}

impl Sync {
    /// Whether a frame of this running time belongs to a span that is over.
    pub fn is_late(&self, time: Option<u64>) -> bool {
        time.zip(self.start)
            .is_some_and(|(time, start)| time < start)
    }

    /// What the policy is to see: of frames behind the span it knows nothing, and it does not wait for their
    /// sources. Where no source has a frame within the span, the span moves to the earliest frame, once every
    /// source has one or, `due`, the time is up.
    pub fn inputs(&mut self, heads: &[Head], span: u64, due: bool) -> Vec<Input> {
        let earliest = heads.iter().filter_map(|head| head.time).min();
        let all = heads.iter().all(|h| h.input.waiting > 0 || h.input.closed);
        if let Some(earliest) = earliest {
            let behind = self
                .start
                .is_none_or(|start| earliest - start.min(earliest) >= span);
            if behind && (all || due) {
                self.start = Some(earliest);
            }
        }
        let seen = |head: &Head| {
            let behind = match (head.time, self.start) {
                (Some(time), Some(start)) => time >= start.saturating_add(span),
                // Nobody has begun.
                (Some(_), None) => true,
                (None, _) => false,
            };
            Input {
                waiting: if behind { 0 } else { head.input.waiting.min(1) },
                closed: head.input.closed || behind,
                ..head.input
            }
        };
        heads.iter().map(seen).collect()
    }

    /// The span's batch has been made.
    pub fn next(&mut self, span: u64) {
        self.start = self.start.map(|start| start.saturating_add(span));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(id: u32, time: Option<u64>) -> Head {
        Head {
            input: Input {
                id,
                waiting: time.map_or(0, |_| 3),
                closed: false,
            },
            time,
        }
    }

    fn waiting(inputs: &[Input]) -> Vec<(usize, bool)> {
        inputs.iter().map(|i| (i.waiting, i.closed)).collect()
    }

    #[test]
    fn spans_begin_at_the_earliest_frame_of_all() {
        let mut sync = Sync::default();
        let inputs = sync.inputs(&[head(0, Some(70)), head(1, None)], 40, false);
        assert_eq!(waiting(&inputs), [(0, true), (0, false)]);
        let inputs = sync.inputs(&[head(0, Some(70)), head(1, Some(100))], 40, false);
        assert_eq!(waiting(&inputs), [(1, false), (1, false)]);
        sync.next(40);
        assert!(sync.is_late(Some(109)) && !sync.is_late(Some(110)) && !sync.is_late(None));
        // 110 to 149: the second's frame is of the next span.
        let inputs = sync.inputs(&[head(0, Some(111)), head(1, Some(150))], 40, false);
        assert_eq!(waiting(&inputs), [(1, false), (0, true)]);
    }

    #[test]
    fn spans_without_a_frame_are_left_out() {
        let mut sync = Sync::default();
        sync.inputs(&[head(0, Some(0))], 10, false);
        sync.next(10);
        let far = [head(0, Some(500)), head(1, None)];
        assert_eq!(
            waiting(&sync.inputs(&far, 10, false)),
            [(0, true), (0, false)]
        );
        assert_eq!(
            waiting(&sync.inputs(&far, 10, true)),
            [(1, false), (0, false)]
        );
        assert!(sync.is_late(Some(499)));
    }
}
