//! Events against the headers of each release, and their times.

use super::*;
use crate::layout::{A, B, C};

/// Measured from the headers of each release: pose, size. Those of 6.2 and 6.3 are 216 bytes long.
#[test]
fn poses_are_where_the_headers_have_them() {
    let place = |pose, size| Place { pose, size };
    assert_eq!(Place::of(&A), place(184, 264));
    assert_eq!(Place::of(&B), place(13_864, 14_032));
    assert_eq!(Place::of(&C), place(13_864, 14_040));
}

#[test]
fn times_are_of_the_calendar() {
    for (seconds, expected) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"),
        (951_868_799, "2000-02-29T23:59:59.000Z"),
        (1_767_225_599, "2025-12-31T23:59:59.000Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"),
    ] {
        assert_eq!(iso8601(Duration::from_secs(seconds)), expected);
    }
    let time = Duration::from_nanos(1_767_225_600_123_999_999);
    assert_eq!(iso8601(time), "2026-01-01T00:00:00.123Z");
    // The last that a frame's nanoseconds can tell, and one that they cannot.
    let last = Duration::from_nanos(u64::MAX);
    assert_eq!(iso8601(last), "2554-07-21T23:34:33.709Z");
    assert_eq!(iso8601(Duration::MAX), "");
}
