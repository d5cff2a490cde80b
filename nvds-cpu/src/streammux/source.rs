//! One sink pad with what waits there.

use std::collections::VecDeque;
use std::time::Instant;

use gst::prelude::*;

use super::policy::Input;

/// A frame that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The source's buffer.
    pub buffer: gst::Buffer,
    /// Running time of the buffer, if it has a time.
    pub running_time: Option<gst::ClockTime>,
    /// Wall-clock nanoseconds at arrival, 0 where that is not wanted.
    pub ntp: u64,
    /// When it came.
    pub since: Instant,
    /// Width over height of its pixels.
    pub pixel_aspect: (u32, u32),
}

/// What waits on a pad, in order.
#[derive(Debug)]
pub enum Item {
    /// A frame.
    Frame(Waiting),
    /// An event that is told downstream before later frames.
    Event(gst::Event),
    /// The source's end.
    Eos,
    /// The pad was released.
    Released,
}

/// One sink pad.
#[derive(Debug)]
pub struct Source {
    /// Number of the pad.
    pub id: u32,
    /// The pad.
    pub pad: gst::Pad,
    /// What waits.
    pub queue: VecDeque<Item>,
    /// Frames among that.
    pub frames: usize,
    /// Nothing is accepted, because the pad is inactive or flushing.
    pub flushing: bool,
    /// The end has come in.
    pub eos: bool,
    /// The end was told downstream.
    pub finished: bool,
    /// The pad was released; what waits is still used.
    pub released: bool,
    /// A frame has come since the start.
    pub started: bool,
    /// Downstream knows of the source.
    pub announced: bool,
    /// Number of the next frame.
    pub frame_num: i32,
    /// Stream id, once known.
    pub stream_id: String,
    /// Segment of what comes in, if it counts time.
    pub segment: Option<gst::FormattedSegment<gst::ClockTime>>,
    /// The caps fit.
    pub has_caps: bool,
    /// Width over height of its pixels.
    pub pixel_aspect: (u32, u32),
    /// The last frame that was in a batch, with its number.
    pub last: Option<(i32, Waiting)>,
    /// An error was posted because they do not.
    pub refused: bool,
    /// The source has said by a GAP that nothing comes for a while, and nothing has come since.
    pub pauses: bool,
}

impl Source {
    /// A source on a new pad.
    pub fn new(id: u32, pad: gst::Pad) -> Self {
        Self {
            id,
            pad,
            queue: VecDeque::new(),
            frames: 0,
            flushing: true,
            eos: false,
            finished: false,
            released: false,
            started: false,
            announced: false,
            frame_num: 0,
            stream_id: String::new(),
            segment: None,
            has_caps: false,
            pixel_aspect: (1, 1),
            last: None,
            refused: false,
            pauses: false,
        }
    }

    /// Forgets everything but the pad.
    pub fn reset(&mut self) {
        let flushing = self.flushing;
        *self = Self::new(self.id, self.pad.clone());
        self.flushing = flushing;
    }

    /// Drops what waits.
    pub fn flush(&mut self) {
        self.queue.clear();
        self.frames = 0;
        self.eos = false;
        self.finished = false;
        self.pauses = false;
    }

    /// Puts something behind what waits.
    pub fn push(&mut self, item: Item) {
        if matches!(item, Item::Frame(_)) {
            self.frames += 1;
            self.pauses = false;
        }
        self.queue.push_back(item);
    }

    /// Takes the first frame, if a frame is first.
    pub fn take_frame(&mut self) -> Option<Waiting> {
        if !matches!(self.queue.front(), Some(Item::Frame(_))) {
            return None;
        }
        match self.queue.pop_front() {
            Some(Item::Frame(frame)) => {
                self.frames -= 1;
                Some(frame)
            }
            _ => None,
        }
    }

    /// Whether frames of it are to be waited for: it has not ended, and something is linked to it
    /// or waits still.
    pub fn is_active(&self) -> bool {
        !self.finished && (!self.queue.is_empty() || (!self.released && self.pad.is_linked()))
    }

    /// What the policy needs to know.
    pub fn input(&self) -> Input {
        let run = self.queue.iter();
        let waiting = run
            .take_while(|item| matches!(item, Item::Frame(_)))
            .count();
        Input {
            id: self.id,
            waiting,
            closed: waiting < self.queue.len() || self.pauses || !self.pad.is_linked(),
        }
    }

    /// The first frame, if a frame is first.
    pub fn head(&self) -> Option<&Waiting> {
        match self.queue.front() {
            Some(Item::Frame(frame)) => Some(frame),
            _ => None,
        }
    }

    /// Running time of the first frame in nanoseconds.
    pub fn head_time(&self) -> Option<u64> {
        self.head()?.running_time.map(gst::ClockTime::nseconds)
    }

    /// Since when the first frame waits.
    pub fn since(&self) -> Option<Instant> {
        self.head().map(|frame| frame.since)
    }

    /// Running time of a buffer of this source.
    pub fn running_time(&self, buffer: &gst::BufferRef) -> Option<gst::ClockTime> {
        let time = buffer.pts().or(buffer.dts());
        match &self.segment {
            Some(segment) => segment.to_running_time(time),
            None => time,
        }
    }
}
