//! What an element, or a probe, costs a buffer over `identity`.
#![allow(dead_code)] // each program uses a part

use std::time::{Duration, Instant};

use gst::prelude::*;

/// A way through an element.
pub struct Line {
    harness: gst_check::Harness,
}

impl Line {
    /// A way through what a launch line says.
    pub fn new(launch: &str, caps: &str) -> Self {
        let mut harness = gst_check::Harness::new_parse(launch);
        harness.set_src_caps_str(caps);
        Self { harness }
    }

    /// A way through `identity`, with a probe that `add` adds to its pad.
    pub fn probed(caps: &str, add: impl FnOnce(&gst::Pad) -> bool) -> Self {
        let this = Self::new("identity", caps);
        let identity = this.harness.element().expect("the element");
        let pad = identity.static_pad("sink").expect("its pad");
        assert!(add(&pad), "the probe finds the libraries");
        this
    }

    /// Sends buffers through. Returns how long that took, which does not count what releases them.
    pub fn pass(&mut self, buffers: Vec<gst::Buffer>) -> Duration {
        let mut out = Vec::with_capacity(buffers.len());
        let start = Instant::now();
        for buffer in buffers {
            self.harness.push(buffer).expect("the element runs");
            out.push(self.harness.pull().expect("the buffer"));
        }
        start.elapsed()
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
    let [time] = all_over_identity([Line::new(launch, caps)], caps, (rounds, buffers), make);
    time
}

/// The same of several, in turns, so that what disturbs one disturbs the others.
pub fn all_over_identity<const N: usize>(
    mut lines: [Line; N],
    caps: &str,
    (rounds, buffers): (usize, u64),
    make: impl Fn(u64) -> gst::Buffer,
) -> [f64; N] {
    let mut identity = Line::new("identity", caps);
    let mut times = [(); N].map(|()| Vec::with_capacity(rounds));
    for _ in 0..rounds {
        let bare = identity.pass((0..buffers).map(&make).collect());
        for (line, times) in lines.iter_mut().zip(&mut times) {
            let round = line.pass((0..buffers).map(&make).collect());
            let over = round.as_secs_f64() - bare.as_secs_f64();
            times.push(over * 1e6 / buffers as f64);
        }
    }
    times.map(|mut times| {
        times.sort_unstable_by(f64::total_cmp);
        times[rounds / 2]
    })
}
