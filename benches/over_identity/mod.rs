//! What an element costs a buffer over `identity`.

use std::time::{Duration, Instant};

/// A way through an element, and what a round through it took.
struct Line {
    harness: gst_check::Harness,
    round: Duration,
}

impl Line {
    fn new(launch: &str, caps: &str) -> Self {
        let mut harness = gst_check::Harness::new_parse(launch);
        harness.set_src_caps_str(caps);
        Self {
            harness,
            round: Duration::ZERO,
        }
    }

    fn pass(&mut self, buffers: Vec<gst::Buffer>) {
        let mut out = Vec::with_capacity(buffers.len());
        let start = Instant::now();
        for buffer in buffers {
            self.harness.push(buffer).expect("the element runs");
            out.push(self.harness.pull().expect("the buffer"));
        }
        self.round = start.elapsed();
    }
}

/// Microseconds a buffer: the median of rounds, because machines are noisy. Buffers are made before the clock starts
/// and released after it stopped, and nobody else holds them: `identity` would copy one that is shared, with its
/// metadata.
pub fn over_identity(
    launch: &str,
    caps: &str,
    (rounds, buffers): (usize, u64),
    make: impl Fn(u64) -> gst::Buffer,
) -> f64 {
    let mut lines = ["identity", launch].map(|launch| Line::new(launch, caps));
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            for line in &mut lines {
                line.pass((0..buffers).map(&make).collect());
            }
            let [identity, element] = &lines;
            (element.round.as_secs_f64() - identity.round.as_secs_f64()) * 1e6 / buffers as f64
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[rounds / 2]
}
