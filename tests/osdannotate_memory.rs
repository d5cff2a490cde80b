//! What rsosdannotate remembers: zones and lines that count, tracks and sources that come and go, limits.

mod common;
mod crowd;

use common::*;
use gst::prelude::*;
use nvds::event::SourceEvent;
use nvds::{Batch, NewBatch, NewFrame, NewObject, Rect, RectStyle, UNTRACKED_OBJECT_ID};

/// A frame to be made.
#[derive(Clone)]
struct Scene {
    source: u32,
    pts: u64,
    inferred: bool,
    /// Label, track id, and the place of the foot.
    objects: Vec<(&'static str, u64, f32, f32)>,
}

fn scene(n: u64, objects: &[(&'static str, u64, f32, f32)]) -> Scene {
    Scene {
        source: 0,
        pts: n * 40_000_000,
        inferred: true,
        objects: objects.to_vec(),
    }
}

fn make(scenes: &[Scene]) -> gst::Buffer {
    let mut new = NewBatch::new(scenes.len() as u32).unwrap();
    for (i, scene) in scenes.iter().enumerate() {
        new.add_frame(&NewFrame {
            pad_index: scene.source,
            source_id: scene.source,
            batch_id: i as u32,
            frame_num: 0,
            buf_pts: scene.pts,
            ntp_timestamp: 0,
            source_size: (WIDTH, HEIGHT),
            pipeline_size: (WIDTH, HEIGHT),
        });
    }
    {
        let batch = new.batch();
        let locked = batch.lock();
        for (frame, scene) in locked.frames().zip(scenes) {
            if scene.inferred {
                locked.set_infer_done(&frame);
            }
            for (label, track, x, y) in &scene.objects {
                let object = NewObject {
                    unique_component_id: 1,
                    class_id: 0,
                    confidence: 0.5,
                    rect: Rect {
                        left: x - 10.0,
                        top: y - 40.0,
                        width: 20.0,
                        height: 40.0,
                    },
                    style: RectStyle::default(),
                    label,
                    text: None,
                };
                let object = locked.add_object(&frame, &object, None).unwrap();
                locked.set_track(&object, *track, 1.0);
            }
        }
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

/// Texts of each frame of a buffer, in the order in which they were written.
fn texts(buffer: &gst::BufferRef) -> Vec<Vec<String>> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let text = |t: nvds::Text<'_>| t.display_text().unwrap().to_str().unwrap().to_owned();
    (batch.frames())
        .map(|frame| {
            let displays = frame.displays().rev();
            displays
                .flat_map(|d| d.texts().map(text).collect::<Vec<_>>())
                .collect()
        })
        .collect()
}

/// Number of lines on the first frame.
fn lines(buffer: &gst::BufferRef) -> usize {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    frame.displays().map(|d| d.lines().len()).sum()
}

fn rig(style: &str) -> Rig {
    let rig = Rig::new("rsosdannotate frame-text=\"\"");
    rig.element.set_property("style", style);
    rig
}

const MARKS: &str = "
    [frame]
    text = '{zone:left} {zone:cars} {line:gate:in} {line:gate:out}'
    [zone.left]
    points = [[0, 0], [960, 0], [960, 1080], [0, 1080]]
    label = ''
    [zone.cars]
    points = [['0%', '0%'], ['50%', '0%'], ['50%', '100%'], ['0%', '100%']]
    classes = ['car']
    label = 'cars: {zone:cars}'
    [line.gate]
    a = [960, 0]
    b = [960, 1080]
    label = ''";

fn first(buffer: gst::Buffer) -> String {
    let texts = texts(&buffer);
    texts[0].last().unwrap().clone()
}

#[test]
fn zones_count_who_is_in_them_now() {
    let mut rig = rig(MARKS);
    let objects = [
        ("car", 1, 100.0, 500.0),
        ("person", 2, 200.0, 500.0),
        ("car", UNTRACKED_OBJECT_ID, 1000.0, 500.0),
        ("car", UNTRACKED_OBJECT_ID, 959.0, 500.0),
    ];
    let out = rig.process(make(&[scene(0, &objects)]));
    assert_eq!(texts(&out), [["cars: 2", "3 2 0 0"]]);
    assert_eq!(
        first(rig.process(make(&[scene(1, &objects[..1])]))),
        "1 1 0 0"
    );
    assert_eq!(first(rig.process(make(&[scene(2, &[])]))), "0 0 0 0");
}

/// Inference that skips frames must not make the numbers blink.
#[test]
fn a_frame_without_result_keeps_the_numbers() {
    let mut rig = rig(MARKS);
    rig.process(make(&[scene(0, &[("car", 1, 100.0, 500.0)])]));
    let skipped = Scene {
        inferred: false,
        ..scene(1, &[])
    };
    assert_eq!(first(rig.process(make(&[skipped]))), "1 1 0 0");
    assert_eq!(first(rig.process(make(&[scene(2, &[])]))), "0 0 0 0");
}

#[test]
fn lines_count_tracks_that_change_sides() {
    let mut rig = rig(MARKS);
    // From top to bottom, the line's right is on the left of the screen.
    let mut last = String::new();
    let ways: [(u64, &[f32]); 4] = [
        (1, &[1000.0, 970.0, 940.0, 900.0]),
        (2, &[900.0, 930.0, 990.0, 1000.0]),
        (3, &[900.0, 990.0, 900.0, 990.0]),
        (4, &[958.0, 962.0, 958.0, 961.0]), // trembles on the line
    ];
    for n in 0..4 {
        let objects: Vec<_> = ways
            .iter()
            .map(|(id, way)| ("person", *id, way[n], 500.0))
            .chain([("person", UNTRACKED_OBJECT_ID, ways[2].1[n], 300.0)])
            .collect();
        last = first(rig.process(make(&[scene(n as u64, &objects)])));
    }
    assert!(last.ends_with(" 2 3"), "{last}");
}

#[test]
fn sources_count_for_themselves_and_are_freed() {
    let mut rig = rig(MARKS);
    let step = |rig: &mut Rig, n: u64, x: f32| {
        let scenes: Vec<_> = [(3, x), (8, 1900.0 - x)]
            .into_iter()
            .map(|(source, x)| Scene {
                source,
                ..scene(n, &[("person", 5, x, 500.0)])
            })
            .collect();
        let out = rig.process(make(&scenes));
        texts(&out)
            .iter()
            .map(|t| t.last().unwrap().clone())
            .collect::<Vec<_>>()
    };
    step(&mut rig, 0, 1000.0);
    assert_eq!(step(&mut rig, 1, 900.0), ["1 0 1 0", "0 0 0 1"]);
    for (kind, name, source) in [
        (SourceEvent::StreamEos, "nv-stream-eos-3-0", 3_u32),
        (SourceEvent::PadDeleted, "nv-pad-deleted-8-0", 8),
    ] {
        let structure = gst::Structure::builder(name).field("source-id", source);
        let event = kind.event(structure.build());
        assert!(rig.harness.push_event(event));
    }
    // Counts and tracks are gone: the next place of a track is its first.
    assert_eq!(step(&mut rig, 3, 1000.0), ["0 0 0 0", "1 0 0 0"]);
    // And the events went on, behind those of the stream's start.
    let passed: Vec<_> = std::iter::from_fn(|| rig.harness.try_pull_event())
        .filter_map(|e| e.structure().map(|s| s.name().to_string()))
        .filter(|name| name.starts_with("nv-"))
        .collect();
    assert_eq!(passed, ["nv-stream-eos-3-0", "nv-pad-deleted-8-0"]);
}

#[test]
fn traces_end_with_their_source_and_with_the_timeout() {
    let style = "trace-timeout = 1\n[default]\ntrace = 10";
    let at = |n: u64, x: f32| scene(n, &[("person", 5, x, 500.0)]);
    let mut rig = rig(style);
    rig.process(make(&[at(0, 100.0)]));
    assert_eq!(lines(&rig.process(make(&[at(1, 200.0)]))), 1);
    // Two seconds later, by PTS, it is another track.
    assert_eq!(lines(&rig.process(make(&[at(51, 300.0)]))), 0);
    assert_eq!(lines(&rig.process(make(&[at(52, 400.0)]))), 1);
    let structure = gst::Structure::builder("nv-stream-eos-0-9").field("source-id", 0_u32);
    rig.harness
        .push_event(SourceEvent::StreamEos.event(structure.build()));
    assert_eq!(lines(&rig.process(make(&[at(53, 500.0)]))), 0);
    // Frames without PTS.
    let timeless = |x| Scene {
        pts: u64::MAX,
        ..at(0, x)
    };
    assert_eq!(lines(&rig.process(make(&[timeless(600.0)]))), 1);
    assert_eq!(lines(&rig.process(make(&[timeless(700.0)]))), 1);
}

#[test]
fn counts_survive_a_change_of_style() {
    let mut rig = rig(MARKS);
    rig.process(make(&[scene(0, &[("person", 5, 1000.0, 500.0)])]));
    let crossed = scene(1, &[("person", 5, 900.0, 500.0)]);
    assert_eq!(first(rig.process(make(&[crossed]))), "1 0 1 0");
    let changed = MARKS.replace(
        "[line.gate]",
        "[line.new]\na = [0, 0]\nb = [9, 9]\n[line.gate]\ncolor = '#f00'",
    );
    rig.element.set_property("style", &changed);
    assert!(rig.warnings().is_empty());
    let back = |n, x| scene(n, &[("person", 5, x, 500.0)]);
    assert_eq!(first(rig.process(make(&[back(2, 900.0)]))), "1 0 1 0");
    assert_eq!(first(rig.process(make(&[back(3, 1000.0)]))), "0 0 1 1");
}

/// 500 objects in the richest style: no more than nvdsosd draws, told once, and every trace gets its share.
#[test]
fn many_objects_stay_within_the_limits() {
    let mut rig = rig(include_str!("../benches/osdannotate/style.toml"));
    for n in 0..40 {
        let out = rig.process(crowd::buffer(500, n, None));
        let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
        let displays: Vec<_> = batch.pool_displays().collect();
        let lines: usize = displays.iter().map(|d| d.lines().len()).sum();
        let circles: usize = displays.iter().map(|d| d.circles().len()).sum();
        let rects: usize = displays.iter().map(|d| d.rects().len()).sum();
        assert!(lines <= 1024 && circles <= 1024, "{lines} {circles}");
        assert!((125..=1024 + 125).contains(&rects), "{rects}");
        // Every fourth is redacted, whatever was left out.
        let covered = (displays.iter().flat_map(|d| d.rects())).filter(|r| {
            r.style
                .fill
                .is_some_and(|c| c.red + c.green + c.blue == 0.0)
        });
        assert_eq!(covered.count(), 125);
        for line in displays.iter().flat_map(|d| d.lines()) {
            assert!(
                line.from.0 < WIDTH
                    && line.to.0 < WIDTH
                    && line.from.1 < HEIGHT
                    && line.to.1 < HEIGHT
            );
            assert!((1..=32).contains(&line.width));
        }
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("1024"), "{warnings:?}");
    assert_eq!(lines(&rig.process(crowd::buffer(0, 41, None))), 5 + 3);
}

#[test]
fn traces_share_what_lines_are_left() {
    let mut rig = rig("[default]\ntrace = 256");
    let mut last = 0;
    for n in 0..200 {
        last = lines(&rig.process(crowd::buffer(100, n, None)));
    }
    assert!((900..=1024).contains(&last), "{last}");
    assert!(rig.warnings().is_empty(), "shorter traces are no news");
}

#[test]
fn what_is_hidden_is_told_when_it_may_be_seen() {
    let style = "redact-hold = 2\n[class.person]\nredact = true";
    let mut rig = rig(style);
    let skipped = |n| Scene {
        inferred: false,
        ..scene(n, &[])
    };
    rig.process(make(&[scene(0, &[("person", 1, 500.0, 500.0)])]));
    for n in 1..=2 {
        rig.process(make(&[skipped(n)]));
    }
    assert!(rig.warnings().is_empty());
    for n in 3..=5 {
        rig.process(make(&[skipped(n)]));
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("redact-when-unknown"), "{warnings:?}");
}

/// A seek: what was known belongs to another place of the film.
#[test]
fn after_a_flush_nothing_is_known() {
    let style = "redact-when-unknown = 'frame'\n[class.person]\nredact = true";
    let mut rig = rig(style);
    let rects = |buffer: gst::Buffer| {
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let display = batch.pool_displays().next();
        display.map(|d| {
            d.rects()
                .map(|r| (r.rect.width, r.rect.height))
                .collect::<Vec<_>>()
        })
    };
    let skipped = |n| Scene {
        inferred: false,
        ..scene(n, &[])
    };
    let whole = Some(vec![(WIDTH as f32 + 1.0, HEIGHT as f32 + 1.0)]);
    assert_eq!(rects(rig.process(make(&[skipped(0)]))), whole);
    assert_eq!(rects(rig.process(make(&[scene(1, &[])]))), None);
    assert_eq!(rects(rig.process(make(&[skipped(2)]))), None);
    rig.harness.push_event(gst::event::FlushStart::new());
    rig.harness.push_event(gst::event::FlushStop::new(true));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.harness.push_event(gst::event::Segment::new(&segment));
    assert_eq!(rects(rig.process(make(&[skipped(3)]))), whole);
    // Other classes are to be hidden.
    assert_eq!(rects(rig.process(make(&[scene(4, &[])]))), None);
    rig.element
        .set_property("style", style.replace("person", "car"));
    assert_eq!(rects(rig.process(make(&[skipped(5)]))), whole);
    assert_eq!(rects(rig.process(make(&[scene(6, &[])]))), None);
    // Another text is none of redaction's business.
    rig.element.set_property("frame-text", "other");
    let Some(rects) = rects(rig.process(make(&[skipped(7)]))) else {
        panic!("no text");
    };
    assert!(rects.is_empty());
}
