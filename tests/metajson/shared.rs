//! Pipes whose readers come late or leave, and files that somebody else writes.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

fn fifo(folder: &Folder) -> String {
    let path = folder.path("fifo");
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path
}

#[test]
fn a_fifo_without_a_reader_is_an_error_and_no_hang() {
    init();
    let folder = Folder::new();
    let path = fifo(&folder);
    let start = Instant::now();
    let error = start_error(&format!("rsmetajson location={path}"));
    assert!(start.elapsed() < Duration::from_secs(10));
    let expected = format!("start its reader first, as in cat {path}");
    assert!(error.contains(&expected), "{error}");
}

#[test]
fn a_reader_may_come_a_little_later_and_its_leaving_is_told() {
    let folder = Folder::new();
    let path = fifo(&folder);
    let reader = thread::spawn({
        let path = path.clone();
        move || {
            thread::sleep(Duration::from_millis(200));
            let mut reader = BufReader::new(File::open(path).unwrap());
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            line
        }
    });
    let mut rig = Rig::new(&format!("rsmetajson location={path} flush-interval=0"));
    rig.process(buffer(1, |_, _| ()));
    assert_eq!(parse(&reader.join().unwrap()).len(), 1);
    let refused = rig.push(buffer(1, |_, _| ()));
    assert_eq!(refused, Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(
        error.contains(&path) && error.contains("closed it"),
        "{error}"
    );
}

/// gst-launch-1.0 does not ignore SIGPIPE, as the programs of Rust's tests do.
#[test]
fn a_reader_that_leaves_does_not_end_the_process() {
    let folder = Folder::new();
    let path = fifo(&folder);
    let head = Command::new("head")
        .args(["-n1", &path])
        .stdout(Stdio::null())
        .spawn();
    let words = format!("rsmetajson location={path} flush-interval=0");
    let output = launch(&ENDLESS.replace("rsmetajson", &words));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let expected = "who read it has closed it (broken pipe)";
    assert!(text(&output).contains(expected), "{}", text(&output));
    head.unwrap().wait().unwrap();
    // Standard output. gst-launch-1.0 itself writes nothing to it with -q.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let words = "rsmetajson location=-";
    let output = launch_into(&ENDLESS.replace("rsmetajson", words), writer.into());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains(expected), "{}", text(&output));
}

const ENDLESS: &str = "nvstreammux name=mux width=64 height=48 batch-size=1 batched-push-timeout=1000000 ! rsmetajson ! fakesink \
     videotestsrc ! video/x-raw,width=64,height=48 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_0";

#[test]
fn a_file_has_one_writer() {
    let folder = Folder::new();
    let path = folder.path("a");
    let mut rig = Rig::new(&format!("rsmetajson name=first location={path}"));
    rig.process(buffer(1, |_, _| ()));
    rig.element.emit_by_name::<()>("flush", &[]);
    std::fs::hard_link(&path, folder.path("b")).unwrap();
    let lines = folder.read("a");
    for (name, words) in [
        ("a", "location"),
        ("b", "location"),
        ("a", "location=\"\" metrics-file"),
    ] {
        let error = start_error(&format!("rsmetajson {words}={}", folder.path(name)));
        assert!(
            error.contains("first writes this file, too"),
            "{words}: {error}"
        );
    }
    assert_eq!(folder.read("a"), lines, "nothing was cut off");
    // Free again once the element stops.
    rig.element.set_state(gst::State::Null).unwrap();
    let mut rig = Rig::new(&format!("rsmetajson location={path}"));
    rig.process(buffer(1, |_, _| ()));
    drop(rig);
    assert_eq!(parse(&folder.read("a")).len(), 1);
    let other = File::open(&path).unwrap();
    other.lock().unwrap();
    let error = start_error(&format!("rsmetajson location={path}"));
    assert!(
        error.contains("another process writes this file, too"),
        "{error}"
    );
    assert_eq!(parse(&folder.read("a")).len(), 1);
}

#[test]
fn a_recording_has_one_writer() {
    let folder = Folder::new();
    let location = folder.path("%05u.safetensors");
    let launch = format!("rstensorrecord location={location}");
    let _rig = Rig::new(&format!("{launch} name=first"));
    let error = start_error(&format!("{launch} overwrite=true"));
    assert!(error.contains("first writes "), "{error}");
    assert!(
        error.contains("00000.safetensors and those that follow, too"),
        "{error}"
    );
}

/// What is made of the metrics' place meanwhile is a warning each time that they are to be there, and no end of the video.
#[test]
fn metrics_whose_place_is_taken_away_are_told_of() {
    let folder = Folder::new();
    let path = folder.path("within/metrics");
    let within = folder.path("within");
    std::fs::create_dir(&within).unwrap();
    let mut rig = Rig::new(&format!(
        "rsmetajson location={} metrics-file={path}",
        folder.path("lines")
    ));
    let eos_after = |rig: &mut Rig, change: &dyn Fn()| {
        change();
        rig.process(everything());
        rig.harness.push_event(gst::event::Eos::new());
        rig.harness.push_event(gst::event::FlushStart::new());
        rig.harness.push_event(gst::event::FlushStop::new(true));
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        rig.harness.push_event(gst::event::Segment::new(&segment));
        rig.warnings()
    };
    let told = |warnings: &[String]| {
        let part = format!("metrics-file {path} cannot be written: ");
        assert!(
            warnings.len() == 1 && warnings[0].starts_with(&part),
            "{warnings:?}"
        );
    };
    told(&eos_after(&mut rig, &|| {
        std::fs::remove_dir_all(&within).unwrap()
    }));
    // A file in the folder's place, then a folder in the file's.
    told(&eos_after(&mut rig, &|| {
        std::fs::write(&within, "").unwrap()
    }));
    told(&eos_after(&mut rig, &|| {
        std::fs::remove_file(&within).unwrap();
        std::fs::create_dir_all(&path).unwrap();
    }));
    let none = eos_after(&mut rig, &|| {
        std::fs::remove_dir(&path).unwrap();
        std::fs::write(&path, "another's").unwrap();
    });
    assert_eq!(none, [""; 0]);
    assert!(
        folder
            .read("within/metrics")
            .contains("rsnvds_lines_total{")
    );
    assert_eq!(rig.messages(gst::MessageType::Error).len(), 0);
}
