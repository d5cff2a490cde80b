//! Whether the frames of the stream are those that were recorded.

use gst::ClockTime;
use nvds_recording::FrameInfo;

use crate::infer::engine::UnitKey;

/// Nanoseconds by which times may differ: two demuxers round them differently.
const TOLERANCE: u64 = 1_000_000;
/// A time that is not known.
const NO_PTS: u64 = u64::MAX;

/// What there is to warn about, once of each kind.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    told_time: bool,
    told_size: bool,
    warnings: Vec<String>,
}

impl Comparison {
    /// Compares a frame with what is recorded of it. `timed`: it is to have the recorded time as well.
    pub(super) fn frame(&mut self, unit: &UnitKey, told: &FrameInfo, timed: bool) {
        let of = format!("frame {} of pad {}", unit.frame_num, unit.pad_index);
        if let Some(recorded) = told.buf_pts
            && timed
            && ![recorded, unit.buf_pts].contains(&NO_PTS)
            && recorded.abs_diff(unit.buf_pts) > TOLERANCE
            && !std::mem::replace(&mut self.told_time, true)
        {
            let clock = |time| ClockTime::from_nseconds(time);
            self.warnings.push(format!(
                "the replayed tensors of {of} differ in time: {}, recorded {}. They are those of other pictures: give the \
                 stream the film, the frame rate and the beginning that were recorded",
                clock(unit.buf_pts),
                clock(recorded)
            ));
        }
        let (width, height) = unit.size;
        if [width, height, told.width, told.height]
            .iter()
            .all(|side| *side > 0)
            && unit.size != (told.width, told.height)
            && !std::mem::replace(&mut self.told_size, true)
        {
            self.warnings.push(format!(
                "the replayed tensors of {of} differ in the frame's size: {width}x{height}, recorded {}x{}. Boxes fit only \
                 where the picture shows the same: give the stream the recorded size",
                told.width, told.height
            ));
        }
    }

    /// What was found since this was called last.
    pub(super) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(all: &mut Comparison, pts: u64, size: (u32, u32), timed: bool) -> Vec<String> {
        let unit = UnitKey {
            buf_pts: pts,
            size,
            ..UnitKey::default()
        };
        let told = FrameInfo {
            buf_pts: Some(40_000_000),
            width: 640,
            height: 360,
            ..FrameInfo::default()
        };
        all.frame(&unit, &told, timed);
        all.take()
    }

    #[test]
    fn another_film_is_told_once_of_each_kind() {
        gst::init().unwrap();
        let mut all = Comparison::default();
        for (pts, size) in [
            (40_000_000, (640, 360)),
            (40_900_000, (640, 360)),
            (NO_PTS, (0, 0)),
        ] {
            assert!(compare(&mut all, pts, size, true).is_empty());
        }
        assert!(compare(&mut all, 0, (640, 360), false).is_empty());
        let found = compare(&mut all, 33_333_333, (1920, 1080), true);
        assert_eq!(found.len(), 2);
        assert!(
            found[0].contains("differ in time: 0:00:00.033333333, recorded 0:00:00.040000000"),
            "{found:?}"
        );
        assert!(
            found[1].contains("1920x1080, recorded 640x360"),
            "{found:?}"
        );
        assert!(compare(&mut all, 33_333_333, (1920, 1080), true).is_empty());
    }
}
