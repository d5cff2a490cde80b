//! A file that begins again: its end is no end, and its times go on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gst::prelude::*;
use nvds::lock;

#[derive(Debug, Default)]
struct Stream {
    segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    /// Running time at which its last frame ends.
    end: gst::ClockTime,
    ended: bool,
}

#[derive(Debug, Default)]
struct State {
    streams: BTreeMap<String, Stream>,
    /// Running time at which this round began.
    base: gst::ClockTime,
    /// Our own seek is on its way.
    seeking: bool,
}

impl State {
    /// A stream has ended. Whether the next round begins; `None` to let the end pass.
    fn end(&mut self, stream: &str) -> Option<bool> {
        if let Some(stream) = self.streams.get_mut(stream) {
            stream.ended = true;
        }
        let end = self.streams.values().map(|stream| stream.end).max()?;
        if !self.streams.values().all(|stream| stream.ended) {
            return Some(false);
        }
        if end <= self.base {
            return None; // Nothing came in this round, nor would it in the next one.
        }
        self.base = end;
        self.streams
            .values_mut()
            .for_each(|stream| stream.ended = false);
        Some(true)
    }

    /// A segment of the stream, moved to where the round began.
    fn begin(&mut self, stream: &str, segment: &gst::Segment) -> Option<gst::Segment> {
        let mut segment = segment.downcast_ref::<gst::ClockTime>()?.clone();
        segment.set_base(segment.base().unwrap_or_default() + self.base);
        let entry = self.streams.entry(stream.to_owned()).or_default();
        entry.segment = Some(segment.clone());
        Some(segment.upcast())
    }

    fn frame(&mut self, stream: &str, buffer: &gst::BufferRef) {
        let Some(stream) = self.streams.get_mut(stream) else {
            return;
        };
        let end = buffer
            .pts()
            .map(|pts| pts + buffer.duration().unwrap_or_default());
        let segment = stream.segment.as_ref();
        if let Some(end) = end.and_then(|end| segment?.to_running_time(end)) {
            stream.end = stream.end.max(end);
        }
    }
}

/// What the pads of a file have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Looping(Arc<Mutex<State>>);

impl Looping {
    /// Watches a pad of `decode`; `again` is asked at each end whether the file begins again.
    pub(super) fn watch(
        &self,
        pad: &gst::Pad,
        decode: &gst::Element,
        again: impl Fn() -> bool + Send + Sync + 'static,
    ) {
        use gst::PadProbeType as P;
        let (looping, decode) = (self.clone(), decode.downgrade());
        pad.add_probe(
            P::BUFFER | P::EVENT_DOWNSTREAM | P::EVENT_FLUSH,
            move |pad, info| {
                let stream = pad.name();
                let mut state = lock(&looping.0);
                match &mut info.data {
                    Some(gst::PadProbeData::Buffer(buffer)) => state.frame(&stream, buffer),
                    Some(gst::PadProbeData::Event(event)) => match event.view() {
                        gst::EventView::Segment(segment) => {
                            if let Some(moved) = state.begin(&stream, segment.segment()) {
                                let seqnum = segment.seqnum();
                                *event =
                                    gst::event::Segment::builder(&moved).seqnum(seqnum).build();
                            }
                        }
                        gst::EventView::FlushStart(_) if state.seeking => {
                            return gst::PadProbeReturn::Handled;
                        }
                        gst::EventView::FlushStop(_) if state.seeking => {
                            return gst::PadProbeReturn::Handled;
                        }
                        gst::EventView::FlushStop(_) => *state = State::default(),
                        gst::EventView::Eos(_) if again() => match state.end(&stream) {
                            None => (),
                            Some(next) => {
                                drop(state);
                                if let (true, Some(decode)) = (next, decode.upgrade()) {
                                    looping.rewind(&decode);
                                }
                                return gst::PadProbeReturn::Handled;
                            }
                        },
                        _ => (),
                    },
                    _ => (),
                }
                gst::PadProbeReturn::Ok
            },
        );
    }

    /// Begins again. In another thread: this one is the stream's, which a seek waits for.
    fn rewind(&self, decode: &gst::Element) {
        let state = self.0.clone();
        decode.call_async(move |decode| {
            lock(&state).seeking = true;
            let flags = gst::SeekFlags::FLUSH | gst::SeekFlags::KEY_UNIT;
            let sought = decode.seek_simple(flags, gst::ClockTime::ZERO);
            lock(&state).seeking = false;
            if let Err(error) = sought {
                gst::element_error!(
                    decode,
                    gst::ResourceError::Seek,
                    ("file-loop: the file cannot begin again"),
                    ["{error}"]
                );
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_begin_where_the_longest_stream_ended() {
        gst::init().unwrap();
        let mut state = State::default();
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let frame = |at: u64| {
            let mut buffer = gst::Buffer::new();
            let writable = buffer.get_mut().unwrap();
            writable.set_pts(gst::ClockTime::from_seconds(at));
            writable.set_duration(gst::ClockTime::SECOND);
            buffer
        };
        for stream in ["video", "sound"] {
            state.begin(stream, segment.upcast_ref());
        }
        state.frame("video", &frame(4));
        state.frame("sound", &frame(6));
        assert_eq!(state.end("video"), Some(false), "sound is still to come");
        assert_eq!(state.end("sound"), Some(true));
        let moved = state.begin("video", segment.upcast_ref()).unwrap();
        let moved = moved.downcast_ref::<gst::ClockTime>().unwrap().clone();
        let at = moved.to_running_time(gst::ClockTime::SECOND);
        assert_eq!(at, Some(gst::ClockTime::from_seconds(8)));
        state.begin("sound", segment.upcast_ref());
        assert_eq!(state.end("video"), Some(false));
        assert_eq!(state.end("sound"), None, "an empty round is the last one");
    }
}
