//! Pads whose source never comes: what hangs behind them would wait without a word.

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::imp::{CAT, StreamDemux};

/// How long after the first batch a source may come.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(3);

impl StreamDemux {
    /// With the first batch: looks a while later whether each pad has a source.
    pub(super) fn watch_missing(&self) {
        let clock = gst::SystemClock::obtain();
        let weak = self.obj().downgrade();
        let later = clock.new_single_shot_id(clock.time() + PATIENCE);
        let waits = later.wait_async(move |_, _, _| {
            if let Some(demux) = weak.upgrade() {
                demux.imp().warn_of_missing();
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

    /// Names the pads without a source, once between a start and a stop.
    fn warn_of_missing(&self) {
        let missing: Vec<_> = {
            let mut state = self.state();
            let silent = state
                .streams
                .values()
                .filter(|s| !s.started && s.pad.is_linked());
            let missing: Vec<_> = silent.map(|s| s.pad.name().to_string()).collect();
            // Stopped, or told before.
            if state.caps.is_none() || missing.is_empty() || state.warned {
                return;
            }
            state.warned = true;
            missing
        };
        gst::element_imp_warning!(
            self,
            gst::StreamError::Demux,
            (
                "no source for {}: nothing came from the mux's sink pad of the same number; what is linked there gets \
                 no frames, and a sink there with async=true keeps the pipeline from playing",
                missing.join(", ")
            )
        );
    }

    /// Ends the pads that never had a source, so that the pipeline can end; those of sources have been told before.
    pub(super) fn end_missing(&self) {
        self.warn_of_missing();
        let pads: Vec<_> = {
            let mut state = self.state();
            let silent = state.streams.values_mut().filter(|s| !s.started);
            silent
                .map(|stream| {
                    stream.started = true;
                    stream.pad.clone()
                })
                .collect()
        };
        for pad in pads {
            pad.push_event(gst::event::StreamStart::new(&pad.name()));
            pad.push_event(gst::event::Eos::new());
        }
    }
}
