//! What goes around the software inside: metadata, and times as they came in.
//!
//! x264enc moves all times by 1000 hours, so that no decoding time falls below 0, and says so in its segment.
//! Applications that look at an encoder's buffers do not expect it; without B frames there is no need for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use gst::prelude::*;
use nvds::lock;

/// Most frames that an encoder holds at a time.
const MOST_HELD: usize = 64;

/// What a probe is asked when a frame comes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    /// Metadata goes on to encoded frames.
    pub(super) metadata: bool,
    /// Times are given back as they came in.
    pub(super) times: bool,
}

/// Frames inside.
#[derive(Debug, Default)]
struct Passing {
    wishes: Wishes,
    /// Time of the first frame.
    first: Option<gst::ClockTime>,
    /// By how much the software moves times, once the first frame is out.
    moved: Option<gst::ClockTime>,
    /// Frames whose metadata waits for theirs.
    held: VecDeque<gst::Buffer>,
}

impl Passing {
    fn enter(&mut self, buffer: &mut gst::Buffer, wishes: Wishes) {
        use gst::BufferCopyFlags as F;
        self.wishes = wishes;
        self.first = self.first.or(buffer.pts());
        if wishes.metadata {
            self.held.push_back(buffer.clone());
            if self.held.len() > MOST_HELD {
                self.held.pop_front();
            }
        }
        // NVIDIA's metadata would be copied with the pixels, and is dropped by the software.
        if let Ok(plain) = buffer.copy_region(F::FLAGS | F::TIMESTAMPS | F::MEMORY, ..) {
            *buffer = plain;
        }
    }

    fn leave(&mut self, buffer: &mut gst::BufferRef) {
        if self.wishes.times
            && let (Some(first), Some(pts)) = (self.first, buffer.pts())
        {
            let moved = *self.moved.get_or_insert(pts.saturating_sub(first));
            let dts = buffer.dts().map(|dts| dts.saturating_sub(moved));
            buffer.set_pts(pts.saturating_sub(moved));
            buffer.set_dts(dts);
        }
        if let Some(place) = self.held.iter().position(|held| held.pts() == buffer.pts())
            && let Some(held) = self.held.remove(place)
        {
            let _ = held.copy_into(buffer, gst::BufferCopyFlags::META, ..);
        }
    }

    /// Forgets what was on its way.
    fn reset(&mut self) {
        *self = Self {
            wishes: self.wishes,
            ..Self::default()
        };
    }
}

/// Watches an element's pads; `wishes` is asked for each frame.
pub(super) fn watch(
    sink: &gst::GhostPad,
    src: &gst::GhostPad,
    wishes: impl Fn() -> Wishes + Send + Sync + 'static,
) {
    use gst::PadProbeType as P;
    let passing = Arc::<Mutex<Passing>>::default();
    let entering = passing.clone();
    sink.add_probe(
        P::BUFFER | P::EVENT_DOWNSTREAM | P::EVENT_FLUSH,
        move |_, info| {
            match &mut info.data {
                Some(gst::PadProbeData::Buffer(buffer)) => lock(&entering).enter(buffer, wishes()),
                Some(gst::PadProbeData::Event(event))
                    if matches!(
                        event.type_(),
                        gst::EventType::StreamStart | gst::EventType::FlushStop
                    ) =>
                {
                    lock(&entering).reset();
                }
                _ => (),
            }
            gst::PadProbeReturn::Ok
        },
    );
    let segments = sink.downgrade();
    src.add_probe(P::BUFFER | P::EVENT_DOWNSTREAM, move |_, info| {
        match &mut info.data {
            Some(gst::PadProbeData::Buffer(buffer)) => lock(&passing).leave(buffer.make_mut()),
            Some(gst::PadProbeData::Event(event)) if event.type_() == gst::EventType::Segment => {
                let came = segments
                    .upgrade()
                    .and_then(|pad| pad.sticky_event::<gst::event::Segment>(0));
                if let (true, Some(came)) = (lock(&passing).wishes.times, came) {
                    *event = came.into();
                }
            }
            _ => (),
        }
        gst::PadProbeReturn::Ok
    });
}
