//! Whether the frames that tensors are attached to are those that were recorded.

use nvds::Frame;

use crate::element::Running;
use crate::recording::FrameInfo;

/// Nanoseconds by which times may differ: two demuxers round them differently.
const TOLERANCE: u64 = 1_000_000;
/// `buf_pts` of a frame without a time.
const NO_PTS: u64 = u64::MAX;

/// What is found different, in the order of the kinds of warnings.
#[derive(Debug, Clone, Copy)]
enum Difference {
    Time,
    Size,
    Source,
}

/// Compares frame by frame; what is in hand is of one buffer.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How much later the buffers are than the files, in nanoseconds: the same for all of a stream.
    shift: Option<i128>,
    /// What the buffer in work differs by, with found and recorded values.
    found: [Option<(String, String)>; 3],
}

impl Comparison {
    /// `from_the_start` when the stream must begin as the recording does; else the first buffer
    /// tells how much later it is.
    pub fn new(from_the_start: bool) -> Self {
        Self {
            shift: from_the_start.then_some(0),
            ..Self::default()
        }
    }

    /// Compares a frame with what is recorded of it.
    pub fn frame(&mut self, frame: &Frame<'_>, size: Option<(u32, u32)>, told: &FrameInfo) {
        let time = frame.buf_pts();
        if let Some(recorded) = told.buf_pts
            && recorded != NO_PTS
            && time != NO_PTS
        {
            let shift = i128::from(time) - i128::from(recorded);
            let expected = *self.shift.get_or_insert(shift);
            if shift.abs_diff(expected) > u128::from(TOLERANCE) {
                let clock = |time| gst::ClockTime::from_nseconds(time).to_string();
                self.note(Difference::Time, clock(time), clock(recorded));
            }
        }
        let recorded = (told.width, told.height);
        if let Some(size) = size
            && recorded.0 > 0
            && recorded.1 > 0
            && size != recorded
        {
            let text = |(width, height): (u32, u32)| format!("{width}x{height}");
            self.note(Difference::Size, text(size), text(recorded));
        }
        if let Some(recorded) = told.pad_index
            && recorded != frame.pad_index()
        {
            let text = |pad: u32| format!("sink_{pad}");
            self.note(Difference::Source, text(frame.pad_index()), text(recorded));
        }
    }

    fn note(&mut self, difference: Difference, found: String, recorded: String) {
        self.found[difference as usize].get_or_insert((found, recorded));
    }

    /// Warns of what the buffer differs by, once of each kind.
    pub fn report(&mut self, run: &mut Running, what: impl Fn() -> String) {
        for (kind, (name, remedy)) in (0_u32..).zip([
            (
                "time",
                "The tensors are those of other pictures: give the stream the film, the frame rate \
                 and the beginning that were recorded",
            ),
            (
                "size",
                "Boxes fit only where the picture shows the same: give the stream the recorded size",
            ),
            (
                "source",
                "Its pad of the mux is another: link the sources as when recording",
            ),
        ]) {
            if let Some((found, recorded)) = self.found[kind as usize].take() {
                run.warn(kind, || {
                    let what = what();
                    format!(
                        "{what} differ in a frame's {name}: {found}, recorded {recorded}. {remedy}"
                    )
                });
            }
        }
    }
}
