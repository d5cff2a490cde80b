//! nvdsanalytics behind a detector and a tracker, on the demo's film.

use super::{Scratch, assert_no_leaks, launch, pipeline, short_film, text};

/// Four people walk up the picture across the line, which goes on beyond its ends; some are in the area all the time.
#[test]
fn people_in_areas_and_across_a_line_are_told_of() {
    let scratch = Scratch::new("analytics");
    let film = short_film(&scratch, 85);
    let json = scratch.file("told.jsonl");
    let output = launch(&pipeline(
        "nvdsanalytics.txt",
        &[
            (".deps/media/vtest.h264", &film),
            ("out/nvdsanalytics.mp4", &scratch.file("out.mp4")),
            (
                "! nvvideoconvert\n! nvdsosd",
                &format!("! rsmetajson location={json} ! nvvideoconvert\n! nvdsosd"),
            ),
        ],
    ));
    assert!(output.status.success(), "{}", text(&output));
    assert_no_leaks(&output);
    let told = std::fs::read_to_string(json).unwrap();
    let last = told.lines().last().unwrap();
    assert_eq!(told.lines().count(), 85);
    assert!(last.contains("\"Up=4\""), "{last}");
    assert!(last.contains("Corner OverCrowding=False, Count="), "{last}");
    assert!(last.contains("Count for ClassId1="), "{last}");
    for part in [" ROI:Square", " LC:Up ", " DIR:North "] {
        assert!(told.contains(part), "{part}");
    }
    assert_eq!(told.matches(" LC:Up ").count(), 4);
    assert!(std::fs::metadata(scratch.file("out.mp4")).unwrap().len() > 1000);
}
