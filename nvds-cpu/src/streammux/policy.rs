//! Which waiting frames make a batch.

/// A source that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Number of the sink pad.
    pub id: u32,
    /// Frames that wait.
    pub waiting: usize,
    /// No further frame is to be waited for: the source has ended behind the waiting ones, pauses, is
    /// not linked any more, or something else must be told downstream first.
    pub closed: bool,
}

/// How batches are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// The new mux: a few frames of each source.
    New {
        /// Frames in a batch; `None` for as many as there are sources that have not ended.
        size: Option<usize>,
        /// Frames of one source in a batch.
        per_source: usize,
    },
    /// The default mux: a fixed number of frames, evenly from the sources.
    Legacy {
        /// Frames in a batch.
        size: usize,
        /// Frames of one source are neighbours, in the order of pads.
        sorted: bool,
        /// At most one of each source; it takes a full batch, or the time, to be pushed.
        one_each: bool,
    },
}

/// A batch that can be pushed now.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// For each frame the index of its input.
    pub frames: Vec<usize>,
    /// Number of the source that gives the last of them.
    pub served: Option<u32>,
}

impl Policy {
    /// Frames in a full batch.
    pub fn target(&self, inputs: usize) -> usize {
        match *self {
            Self::New { size: None, .. } => inputs,
            Self::New {
                size: Some(size), ..
            }
            | Self::Legacy { size, .. } => size,
        }
    }

    /// Frames of one source that a batch takes at most.
    pub fn quota(&self, inputs: usize) -> usize {
        match *self {
            Self::New { per_source, .. } => per_source,
            Self::Legacy { one_each: true, .. } => 1,
            Self::Legacy { size, .. } => size.div_ceil(inputs.max(1)),
        }
    }

    /// The batch to be pushed now, if there is one. `inputs`: in the order in which their pads were asked for.
    /// `ended`: number of further sources, which have ended. `due`: the time is up, one frame is enough.
    /// `served`: where the batch before stopped.
    pub fn plan(
        &self,
        inputs: &[Input],
        ended: usize,
        due: bool,
        served: Option<u32>,
    ) -> Option<Plan> {
        let target = self.target(inputs.len());
        let quota = self.quota(inputs.len());
        let gives = |i: &usize| inputs[*i].waiting.min(quota);
        let order = self.order(inputs, served);
        let mut frames = Vec::with_capacity(target);
        match self {
            Self::New { .. } => {
                for i in &order {
                    frames.extend(std::iter::repeat_n(*i, gives(i)));
                }
                frames.truncate(target);
            }
            Self::Legacy { .. } => {
                for round in 0..quota {
                    frames.extend(order.iter().filter(|i| gives(i) > round));
                }
                frames.truncate(target);
            }
        }
        let last = frames.last().map(|i| inputs[*i].id);
        if matches!(self, Self::Legacy { sorted: true, .. }) {
            frames.sort_by_key(|i| inputs[*i].id);
        }
        let complete = match self {
            // Places of sources that give nothing stay empty.
            Self::New { .. } => {
                let silent = inputs.iter().filter(|i| i.closed && i.waiting == 0);
                frames.len() + silent.count() * quota >= target
            }
            Self::Legacy { one_each: true, .. } => {
                let silent = inputs.iter().filter(|i| i.closed && i.waiting == 0);
                frames.len() + silent.count() + ended >= target
            }
            Self::Legacy { .. } => {
                frames.len() == target || inputs.iter().all(|i| i.closed || i.waiting >= quota)
            }
        };
        let ready = complete || due;
        if frames.is_empty() || !ready {
            return None;
        }
        Some(Plan {
            frames,
            served: last,
        })
    }

    /// Indices of the inputs, in the order in which they give frames.
    fn order(&self, inputs: &[Input], served: Option<u32>) -> Vec<usize> {
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        let start = match self {
            // Whole rounds of the new mux start at the first pad whose number is not below the number
            // of pads, as seen with pads 1 and 3, and 0, 2 and 5.
            Self::New { size: None, .. } => {
                order.sort_by_key(|i| inputs[*i].id);
                let first = inputs.len() as u32;
                order.iter().position(|i| inputs[*i].id >= first)
            }
            Self::New { .. } => {
                order.sort_by_key(|i| inputs[*i].id);
                let after = |i: &usize| served.is_some_and(|id| inputs[*i].id > id);
                order.iter().position(after)
            }
            Self::Legacy { .. } => {
                let last = order.iter().position(|i| Some(inputs[*i].id) == served);
                last.map(|at| (at + 1) % order.len())
            }
        };
        order.rotate_left(start.unwrap_or(0));
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(waiting: &[(u32, usize)]) -> Vec<Input> {
        waiting
            .iter()
            .map(|&(id, waiting)| Input {
                id,
                waiting,
                closed: false,
            })
            .collect()
    }

    fn ids(policy: Policy, inputs: &[Input], due: bool) -> Option<Vec<u32>> {
        let plan = policy.plan(inputs, 0, due, None)?;
        Some(plan.frames.iter().map(|i| inputs[*i].id).collect())
    }

    const NEW: Policy = Policy::New {
        size: None,
        per_source: 1,
    };

    fn legacy(size: usize) -> Policy {
        Policy::Legacy {
            size,
            sorted: false,
            one_each: false,
        }
    }

    #[test]
    fn new_takes_one_of_each_in_the_captured_order() {
        assert_eq!(
            ids(NEW, &inputs(&[(0, 2), (1, 1), (2, 3)]), false),
            Some(vec![0, 1, 2])
        );
        assert_eq!(
            ids(NEW, &inputs(&[(1, 1), (3, 1)]), false),
            Some(vec![3, 1])
        );
        assert_eq!(
            ids(NEW, &inputs(&[(5, 1), (2, 1), (0, 1)]), false),
            Some(vec![5, 0, 2])
        );
    }

    #[test]
    fn new_waits_for_all_until_due() {
        let some = inputs(&[(0, 2), (1, 0)]);
        assert_eq!(ids(NEW, &some, false), None);
        assert_eq!(ids(NEW, &some, true), Some(vec![0]));
        assert_eq!(ids(NEW, &inputs(&[(0, 0)]), true), None);
        assert_eq!(ids(NEW, &[], true), None);
    }

    #[test]
    fn new_with_a_fixed_size_resumes_where_it_stopped() {
        let policy = Policy::New {
            size: Some(2),
            per_source: 1,
        };
        let all = inputs(&[(0, 9), (1, 9), (2, 9)]);
        let first = policy.plan(&all, 0, false, None).unwrap();
        assert_eq!((first.frames, first.served), (vec![0, 1], Some(1)));
        let second = policy.plan(&all, 0, false, Some(1)).unwrap();
        assert_eq!(second.frames, [2, 0]);
    }

    #[test]
    fn legacy_fills_evenly() {
        assert_eq!(
            ids(legacy(4), &inputs(&[(0, 9), (1, 9)]), false),
            Some(vec![0, 1, 0, 1])
        );
        assert_eq!(
            ids(legacy(4), &inputs(&[(0, 9)]), false),
            Some(vec![0, 0, 0, 0])
        );
        assert_eq!(ids(legacy(4), &inputs(&[(0, 9), (1, 1)]), false), None);
        let sorted = Policy::Legacy {
            size: 4,
            sorted: true,
            one_each: false,
        };
        assert_eq!(
            ids(sorted, &inputs(&[(1, 9), (0, 9)]), false),
            Some(vec![0, 0, 1, 1])
        );
    }

    #[test]
    fn legacy_with_more_sources_than_places_is_fair() {
        let all = inputs(&[(0, 9), (1, 9), (2, 9)]);
        let mut served = None;
        let mut seen = Vec::new();
        for _ in 0..6 {
            let plan = legacy(1).plan(&all, 0, false, served).unwrap();
            served = plan.served;
            seen.extend(plan.frames);
        }
        assert_eq!(seen, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn legacy_goes_round_as_pads_were_asked_for() {
        let all = inputs(&[(7, 9), (2, 9), (5, 9)]);
        assert_eq!(ids(legacy(4), &all, false), Some(vec![7, 2, 5, 7]));
        let next = legacy(4).plan(&all, 0, false, Some(7)).unwrap();
        assert_eq!(next.frames, [1, 2, 0, 1]);
        // The one that was last is gone.
        assert_eq!(legacy(1).plan(&all, 0, false, Some(3)).unwrap().frames, [0]);
    }

    #[test]
    fn live_takes_one_of_each_and_waits_for_a_full_batch() {
        let live = Policy::Legacy {
            size: 3,
            sorted: false,
            one_each: true,
        };
        let two = inputs(&[(0, 4), (1, 4)]);
        assert_eq!(ids(live, &two, false), None);
        assert_eq!(ids(live, &two, true), Some(vec![0, 1]));
        // One of three has ended.
        let plan = live.plan(&two, 1, false, None).unwrap();
        assert_eq!(plan.frames, [0, 1]);
        assert_eq!(
            ids(live, &inputs(&[(0, 1), (1, 1), (2, 1)]), false),
            Some(vec![0, 1, 2])
        );
    }

    #[test]
    fn legacy_does_not_wait_for_what_cannot_come() {
        let mut ending = inputs(&[(0, 2), (1, 1)]);
        ending[1].closed = true;
        assert_eq!(ids(legacy(4), &ending, false), Some(vec![0, 1, 0]));
        ending[0].waiting = 1;
        assert_eq!(ids(legacy(4), &ending, false), None);
        ending[0].closed = true;
        assert_eq!(ids(legacy(4), &ending, false), Some(vec![0, 1]));
    }

    #[test]
    fn nobody_waits_for_a_source_that_pauses() {
        let mut one_pauses = inputs(&[(0, 1), (1, 0)]);
        one_pauses[1].closed = true;
        let fixed = Policy::New {
            size: Some(2),
            per_source: 1,
        };
        for policy in [NEW, fixed, legacy(2)] {
            assert_eq!(ids(policy, &one_pauses, false), Some(vec![0]));
        }
        one_pauses[0].waiting = 0;
        for policy in [NEW, fixed, legacy(2)] {
            assert_eq!(ids(policy, &one_pauses, false), None);
        }
        // Of a fixed number more are missing than those.
        let wide = Policy::New {
            size: Some(3),
            per_source: 1,
        };
        one_pauses[0].waiting = 1;
        assert_eq!(ids(wide, &one_pauses, false), None);
    }

    #[test]
    fn legacy_pushes_what_there_is_when_due() {
        assert_eq!(
            ids(legacy(4), &inputs(&[(0, 1), (1, 0)]), true),
            Some(vec![0])
        );
    }
}
