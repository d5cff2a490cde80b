//! Runs of the demo's two detectors, recorded on the demo's film: replayed, they must give the
//! objects that are checked in, to the byte.
//!
//! `make recordings` records anew, `RSNVDS_UPDATE_RECORDINGS=1 cargo test --test recordings` only
//! writes the objects anew, for changes of `rsssdparser` that are meant to change them.

mod common;

use std::path::{Path, PathBuf};

use common::*;
use nvds::NewFrame;

/// Of the film, and of each recording.
const SIZE: (u32, u32) = (768, 576);
const FRAMES: u32 = 50;

/// `rsssdparser`'s properties for a run, and how many objects they must at least give: a file of
/// empty frames would be equal to itself.
struct Run<'a> {
    name: &'static str,
    properties: &'a str,
    objects: usize,
}

fn folder(model: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/data/recordings").join(model)
}

/// Replays a recording and returns the objects of its frames as lines of JSON.
fn replay(model: &str, properties: &str) -> String {
    let folder = folder(model);
    let location = folder.display();
    let lines = TempFile::new(&format!("{model}.jsonl"), "");
    let mut rig = Rig::with_size(
        &format!(
            "rstensorreplay location={location}/%06u.safetensors \
             ! rsssdparser labels-file={location}/labels.txt {properties} \
             ! rsmetajson fields=size+infer-done+objects+style location={}",
            lines.path()
        ),
        SIZE,
    );
    for i in 0..FRAMES {
        let frame = NewFrame {
            pad_index: 0,
            source_id: 0,
            batch_id: 0,
            frame_num: i as i32,
            buf_pts: u64::from(i) * 100_000_000,
            ntp_timestamp: 0,
            source_size: SIZE,
            pipeline_size: (0, 0),
        };
        rig.process(buffer_of_frames(&[frame], |_, _| ()));
    }
    assert!(rig.harness.push_event(gst::event::Eos::new()));
    assert!(rig.warnings().is_empty());
    drop(rig);
    std::fs::read_to_string(&lines.0).unwrap()
}

fn compare(model: &str, runs: &[Run<'_>]) {
    let mut seen: Vec<String> = Vec::new();
    for run in runs {
        let path = folder(model).join(format!("{}.jsonl", run.name));
        let found = replay(model, run.properties);
        if std::env::var_os("RSNVDS_UPDATE_RECORDINGS").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
            assert_eq!(found, expected, "{}:{}", path.display(), number + 1);
        }
        assert!(found == expected, "{}: other lines", path.display());
        assert_eq!(found.lines().count(), FRAMES as usize);
        let objects = found.matches("\"class_id\":").count();
        assert!(objects >= run.objects, "{}: {objects}", path.display());
        assert!(!seen.contains(&found), "{}: like another", path.display());
        seen.push(found);
    }
}

#[test]
fn the_pedestrian_detectors_objects_are_as_recorded() {
    compare(
        "ssdlite_pedestrian",
        &[
            Run {
                name: "default",
                properties: "",
                objects: 100,
            },
            Run {
                name: "policy",
                properties: "score-threshold=0.2 nms-iou-threshold=0.6 top-k=4 min-width=20 min-height=60",
                objects: 150,
            },
        ],
    );
}

/// Rows without a score of interest are left out of its files, so the anchors of those that are
/// kept come from a file too.
#[test]
fn the_raw_detectors_objects_are_as_recorded() {
    let anchors = folder("ssd_mobilenetv2_oidv4").join("anchors.npy");
    let layout = format!(
        "format=raw background-class=0 anchors=file,location={}",
        anchors.display()
    );
    compare(
        "ssd_mobilenetv2_oidv4",
        &[
            Run {
                name: "default",
                properties: &layout,
                objects: 100,
            },
            Run {
                name: "policy",
                properties: &format!(
                    "{layout} score-threshold=0.3 class-thresholds=thresholds,Car=0.45,Footwear=1.0 \
                     nms-mode=agnostic top-k-per-class=5 edge-policy=drop min-height=30"
                ),
                objects: 200,
            },
        ],
    );
}
