//! Pads whose source never comes: what hangs behind them would wait without a word.

use gst::prelude::*;
use gst::subclass::prelude::*;
use nvds::lock;

use super::imp::{CAT, Stream, StreamDemux};

/// How long after the first batch a source may come.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(3);

impl StreamDemux {
    /// With the first batch: looks a while later whether each pad has a source, and lets sinks behind those that have none
    /// preroll: a pipeline begins to play when all have.
    pub(super) fn watch_missing(&self) {
        let clock = gst::SystemClock::obtain();
        let weak = self.obj().downgrade();
        let later = clock.new_single_shot_id(clock.time() + PATIENCE);
        let waits = later.wait_async(move |_, _, _| {
            if let Some(demux) = weak.upgrade() {
                for pad in demux.imp().warn_of_missing() {
                    // A sink that prerolls keeps the thread until the pipeline plays.
                    demux.call_async(move |demux| demux.imp().say_nothing_comes(&pad));
                }
            }
        });
        if let Err(error) = waits {
            gst::debug!(
                CAT,
                imp = self,
                "nobody looks for missing sources: {error:?}"
            );
        }
    }

    /// Names the pads without a source, once between a start and a stop; they come back.
    fn warn_of_missing(&self) -> Vec<gst::Pad> {
        let missing: Vec<_> = {
            let mut state = self.state();
            let silent = state
                .streams
                .values()
                .filter(|s| !s.started && s.pad.is_linked());
            let missing: Vec<_> = silent.map(|s| s.pad.clone()).collect();
            // Stopped, or told before.
            if state.caps.is_none() || missing.is_empty() || state.warned {
                return Vec::new();
            }
            state.warned = true;
            missing
        };
        let names: Vec<_> = missing.iter().map(|pad| pad.name().to_string()).collect();
        gst::element_imp_warning!(
            self,
            gst::StreamError::Demux,
            (
                "no source for {}: nothing came from the mux's sink pad of the same number; what is linked there gets \
                 no frames",
                names.join(", ")
            )
        );
        missing
    }

    /// Tells what is linked to a pad that there is nothing for now; a source may still come.
    fn say_nothing_comes(&self, pad: &gst::Pad) {
        {
            // Not behind an end, which a start would take back.
            let _beginning = lock(&self.beginning);
            let silent = |s: &Stream| s.pad == *pad && !s.started;
            if !self.state().streams.values().any(silent) {
                return;
            }
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            pad.push_event(gst::event::StreamStart::new(&pad.name()));
            pad.push_event(gst::event::Segment::new(&segment));
        }
        pad.push_event(gst::event::Gap::new(gst::ClockTime::ZERO, None));
    }

    /// With the end of all: ends the pads that never had a source, and those whose source was taken away while it played, so
    /// that the pipeline can end; those of other sources have been told before.
    pub(super) fn end_missing(&self) {
        self.warn_of_missing();
        let _beginning = lock(&self.beginning);
        let pads: Vec<_> = {
            let mut state = self.state();
            let streams = state.streams.values_mut();
            streams
                .map(|stream| {
                    let started = std::mem::replace(&mut stream.started, true);
                    (stream.pad.clone(), started)
                })
                .collect()
        };
        for (pad, started) in pads {
            if !started {
                pad.push_event(gst::event::StreamStart::new(&pad.name()));
            }
            if pad.sticky_event::<gst::event::Eos>(0).is_none() {
                pad.push_event(gst::event::Eos::new());
            }
        }
    }
}
