//! rsanalytics on the metadata library: metas, messages, warnings, sources and settings that come and go.

mod common;
mod counting;
mod crowd;

use common::*;
use gst::prelude::*;
use nvds::event::SourceEvent;
use nvds::*;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// A person with a track id, where its foot is.
type Person = (u64, f32, f32);

/// A buffer with a frame of each of these sources, at 25 frames a second.
fn frames(n: u64, sources: &[(u32, &[Person])]) -> gst::Buffer {
    let frames = (0..).zip(sources).map(|(batch_id, (source, _))| NewFrame {
        pad_index: *source,
        source_id: *source,
        batch_id,
        frame_num: n as i32,
        buf_pts: n * 40_000_000,
        ntp_timestamp: 0,
        source_size: (WIDTH, HEIGHT),
        pipeline_size: (WIDTH, HEIGHT),
    });
    buffer_of_frames(&frames.collect::<Vec<_>>(), |locked, frames| {
        for (frame, (_, people)) in frames.iter().zip(sources) {
            locked.set_infer_done(frame);
            for (track, x, y) in *people {
                let object = NewObject {
                    unique_component_id: 1,
                    class_id: 3,
                    confidence: 0.5,
                    rect: Rect {
                        left: x - 10.0,
                        top: y - 40.0,
                        width: 20.0,
                        height: 40.0,
                    },
                    style: RectStyle::default(),
                    label: "person",
                    text: None,
                };
                let object = locked.add_object(frame, &object, None).unwrap();
                locked.set_track(&object, *track, 1.0);
            }
        }
    })
}

fn one(n: u64, people: &[Person]) -> gst::Buffer {
    frames(n, &[(0, people)])
}

const RULES: &str = "
    [zone.left]
    points = [[0, 0], [960, 0], [960, 1080], [0, 1080]]
    dwell = 1
    [line.gate]
    a = [960, 0]
    b = [960, 1080]
    [direction.west]
    from = ['100%', 0]
    to = [0, 0]
    [speed.road]
    metres-per-pixel = 0.01";

fn rig(rules: &str) -> Rig {
    let rig = Rig::new("rsanalytics messages=events");
    rig.element.set_property("config", rules);
    rig
}

/// Element messages posted so far.
fn posted(rig: &Rig) -> Vec<gst::Structure> {
    let messages = rig.messages(gst::MessageType::Element);
    messages
        .iter()
        .map(|m| m.structure().unwrap().to_owned())
        .collect()
}

fn names(rig: &Rig) -> Vec<String> {
    posted(rig)
        .iter()
        .map(|s| s.get("event").unwrap())
        .collect()
}

#[test]
fn a_way_through_is_told_on_frames_on_objects_and_in_messages() {
    let mut rig = rig(RULES);
    let mut out = None;
    for n in 0..60 {
        let x = 1160.0 - 10.0 * n as f32;
        out = Some(rig.process(one(n, &[(5, x, 500.0)])));
    }
    let out = out.unwrap();
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().next().unwrap();
    let told = frame.analytics().unwrap();
    let zone = &told.zones[0];
    assert_eq!(zone.name.as_bytes(), b"left");
    assert_eq!(
        (zone.objects, zone.tracks, zone.entered, zone.left),
        (1, 1, 1, 0)
    );
    // Its border's strip is 3.6 pixels wide: from frame 21 to frame 59.
    assert_eq!(
        (zone.dwell_now, zone.dwell_max),
        (38 * 40_000_000, 38 * 40_000_000)
    );
    let line = &told.lines[0];
    assert_eq!(
        (line.name.as_bytes(), line.into, line.out, line.into_now),
        (&b"gate"[..], 1, 0, 0)
    );
    let class = &told.classes[0];
    assert_eq!(
        (
            class.label.as_bytes(),
            class.class_id,
            class.line,
            class.into
        ),
        (&b"person"[..], 3, 0, 1)
    );
    let rule = &told.rules[0];
    assert_eq!(
        (rule.name.as_bytes(), rule.kind, rule.objects),
        (&b"west"[..], AnalyticsRule::DIRECTION, 1)
    );
    assert!(told.events.is_empty());
    let object = frame.objects().next().unwrap().analytics().unwrap();
    let mark = |kind, rule, lasted| AnalyticsMark { lasted, kind, rule };
    let zone = mark(AnalyticsMark::ZONE, 0, 38 * 40_000_000);
    assert_eq!(object.marks, [zone, mark(AnalyticsMark::DIRECTION, 0, 0)]);
    assert_eq!(object.velocity, Some((-250.0, 0.0)));
    assert!((object.speed.unwrap() - 2.5).abs() < 1e-4);
    drop(locked);
    let told = posted(&rig);
    let events: Vec<&str> = told.iter().map(|s| s.get("event").unwrap()).collect();
    assert_eq!(
        events,
        ["entered", "crossed", "direction", "dwell-exceeded"]
    );
    let crossed = &told[1];
    assert_eq!(crossed.name(), "rsanalytics-event");
    assert_eq!(crossed.get::<&str>("line").unwrap(), "gate");
    assert_eq!(crossed.get::<&str>("way").unwrap(), "in");
    assert_eq!(crossed.get::<u64>("object-id").unwrap(), 5);
    assert_eq!(crossed.get::<&str>("label").unwrap(), "person");
    assert_eq!(crossed.get::<i32>("frame").unwrap(), 21);
    assert_eq!(crossed.get::<u64>("pts").unwrap(), 21 * 40_000_000);
    assert_eq!(crossed.get::<f64>("x").unwrap(), 950.0);
    assert_eq!(rig.stat("events"), 4);
    assert_eq!(rig.stat("tracks"), 1);
    assert_eq!(rig.warnings(), [""; 0]);
}

#[test]
fn an_event_is_on_its_frame() {
    let mut rig = rig(RULES);
    rig.process(one(0, &[(5, 1000.0, 500.0)]));
    let out = rig.process(one(1, &[(5, 900.0, 500.0)]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().next().unwrap();
    let told = frame.analytics().unwrap();
    let kinds: Vec<_> = told.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [AnalyticsEvent::ENTERED, AnalyticsEvent::CROSSED_IN]);
    let event = &told.events[1];
    assert_eq!(
        (event.name.as_bytes(), event.label.as_bytes()),
        (&b"gate"[..], &b"person"[..])
    );
    assert_eq!(
        (event.object_id, event.class_id, event.x, event.y),
        (5, 3, 900.0, 500.0)
    );
    assert_eq!(told.lines[0].into_now, 1);
}

#[test]
fn the_metas_are_copied_with_their_batch() {
    let mut rig = rig(RULES);
    let out = rig.process(one(0, &[(5, 100.0, 500.0)]));
    let copy = out.copy_deep().unwrap();
    drop(out);
    let locked = Batch::from_buffer(&copy).unwrap().unwrap().lock();
    let frame = locked.frames().next().unwrap();
    assert_eq!(frame.analytics().unwrap().zones[0].name.as_bytes(), b"left");
    assert_eq!(
        frame
            .objects()
            .next()
            .unwrap()
            .analytics()
            .unwrap()
            .marks
            .len(),
        1
    );
}

#[test]
fn objects_go_without_metas_if_nobody_wants_them() {
    let mut rig = rig(RULES);
    rig.element.set_property("object-metas", false);
    let out = rig.process(one(0, &[(5, 100.0, 500.0)]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().next().unwrap();
    assert!(frame.analytics().is_some());
    assert!(frame.objects().next().unwrap().analytics().is_none());
}

#[test]
fn sources_are_apart_and_end_with_a_summary() {
    let mut rig = rig(RULES);
    rig.element.set_property_from_str("messages", "all");
    let step = |rig: &mut Rig, n: u64, x: f32| {
        rig.process(frames(
            n,
            &[(3, &[(5, x, 500.0)]), (8, &[(5, 1900.0 - x, 500.0)])],
        ));
    };
    step(&mut rig, 0, 1000.0);
    assert_eq!(names(&rig), ["entered"], "source 8");
    step(&mut rig, 1, 900.0);
    let events: Vec<(u32, String)> = (posted(&rig).iter())
        .map(|s| (s.get("source").unwrap(), s.get("event").unwrap()))
        .collect();
    let expected = [(3, "entered"), (3, "crossed"), (8, "left"), (8, "crossed")];
    assert_eq!(
        events,
        expected.map(|(source, name)| (source, name.to_owned()))
    );
    let structure = gst::Structure::builder("nv-stream-eos-3-0").field("source-id", 3_u32);
    assert!(
        rig.harness
            .push_event(SourceEvent::StreamEos.event(structure.build()))
    );
    let told = posted(&rig);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0].get::<&str>("event").unwrap(), "left");
    assert!(told[0].get::<bool>("vanished").unwrap());
    assert_eq!(told[1].name(), "rsanalytics-summary");
    let zones: gst::List = told[1].get("zones").unwrap();
    let zone = zones[0].get::<gst::Structure>().unwrap();
    assert_eq!(
        (
            zone.get::<u64>("entered").unwrap(),
            zone.get::<u64>("left").unwrap()
        ),
        (1, 1)
    );
    let lines: gst::List = told[1].get("lines").unwrap();
    let line = lines[0].get::<gst::Structure>().unwrap();
    assert_eq!(line.get::<u64>("in").unwrap(), 1);
    // The source anew counts from nothing.
    step(&mut rig, 2, 900.0);
    let told = posted(&rig);
    assert_eq!(told[0].get::<&str>("event").unwrap(), "entered");
    assert!(told[0].get::<bool>("appeared").unwrap());
}

#[test]
fn summaries_come_by_the_frames_time_and_at_the_end() {
    let mut rig = rig(&format!("{RULES}\n[heat-map]\ncolumns = 2\nrows = 1"));
    rig.element.set_property_from_str("messages", "summary");
    rig.element.set_property("summary-interval", 1000_u32);
    for n in 0..=50 {
        rig.process(one(n, &[(5, 100.0, 500.0)]));
    }
    let pts = |told: &[gst::Structure]| -> Vec<u64> {
        told.iter().map(|s| s.get("pts").unwrap()).collect()
    };
    assert_eq!(pts(&posted(&rig)), [1_000_000_000, 2_000_000_000]);
    rig.harness.push_event(gst::event::Eos::new());
    let told = posted(&rig);
    assert_eq!(pts(&told), [2_000_000_000]);
    let map: gst::Structure = told[0].get("heat-map").unwrap();
    let cells: gst::Array = map.get("milliseconds").unwrap();
    let cells: Vec<u64> = cells.iter().map(|cell| cell.get().unwrap()).collect();
    assert_eq!(cells, [2000, 0]);
    // The element's own end tells nothing again.
    rig.element.set_state(gst::State::Null).unwrap();
    assert_eq!(pts(&posted(&rig)), [0; 0]);
}

/// Counts of sources and tracks that have no room are no counts.
#[test]
fn more_than_there_is_room_for_is_told() {
    let mut rig = self::rig(RULES);
    let person: &[Person] = &[(1, 100.0, 500.0)];
    let all: Vec<(u32, &[Person])> = (0..257).map(|source| (source, person)).collect();
    rig.process(frames(0, &all[..256]));
    assert_eq!(rig.warnings(), [""; 0]);
    rig.process(frames(1, &all));
    let warnings = rig.warnings();
    assert!(
        warnings[0].starts_with("more than 256 sources at a time"),
        "{warnings:?}"
    );
    let crowd: Vec<Person> = (0..4097).map(|id| (id, 100.0, 500.0)).collect();
    let mut rig = self::rig(RULES);
    rig.process(one(0, &crowd[..4096]));
    assert_eq!(rig.warnings(), [""; 0]);
    rig.process(one(1, &crowd));
    let warnings = rig.warnings();
    assert!(
        warnings[0].starts_with("more than 4096 tracks at a time"),
        "{warnings:?}"
    );
    let stats: gst::Structure = rig.element.property("stats");
    let kinds: gst::Structure = stats.get("warnings").unwrap();
    assert_eq!(kinds.get::<u64>("too-many-tracks").unwrap(), 1);
}

#[test]
fn a_seek_ends_visits_and_counts_stay() {
    let mut rig = rig(RULES);
    rig.process(one(0, &[(5, 1000.0, 500.0)]));
    rig.process(one(1, &[(5, 900.0, 500.0)]));
    rig.harness.push_event(gst::event::FlushStart::new());
    rig.harness.push_event(gst::event::FlushStop::new(true));
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    rig.harness.push_event(gst::event::Segment::new(&segment));
    assert_eq!(names(&rig), ["entered", "crossed", "left"]);
    // The same id on the other side is no crossing.
    let out = rig.process(one(2, &[(5, 1000.0, 500.0)]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let line = locked.frames().next().unwrap().analytics().unwrap().lines[0];
    assert_eq!((line.into, line.out), (1, 0));
}

#[test]
fn rules_change_while_frames_flow_and_counts_stay() {
    let mut rig = rig(RULES);
    rig.process(one(0, &[(5, 1000.0, 500.0)]));
    rig.process(one(1, &[(5, 900.0, 500.0)]));
    names(&rig);
    rig.element.set_property(
        "config",
        format!("{RULES}\n[line.new]\na = [0, 0]\nb = [9, 9]"),
    );
    rig.process(one(2, &[(5, 1000.0, 500.0)]));
    assert_eq!(names(&rig), ["left", "crossed"]);
    rig.element.set_property("config", "[zone.left]\npoint = 3");
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with(
            "Setting not changed: config: line 1: zone.left: the key points is missing"
        ) && warnings[0]
            .contains("config: line 2: zone.left.point: unknown key, did you mean points?"),
        "{warnings:?}"
    );
    let out = rig.process(one(3, &[(5, 900.0, 500.0)]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let told = locked.frames().next().unwrap().analytics().unwrap();
    assert_eq!(
        (told.lines.len(), told.lines[0].into, told.lines[0].out),
        (2, 2, 1)
    );
}

#[test]
fn files_and_text_go_over_each_other() {
    let style = TempFile::new(
        "ana-style.toml",
        "[default]\nbox = 'none'\n[line.gate]\na = [0, 0]\nb = [0, 9]\n[line.old]\na = [0, 0]\nb = [9, 9]",
    );
    let config = TempFile::new("ana.toml", "[line.gate]\na = [960, 0]\nb = [960, 1080]");
    let launch = format!(
        "rsanalytics style-file={} config-file={}",
        style.path(),
        config.path()
    );
    let mut rig = Rig::new(&launch);
    rig.process(one(0, &[(5, 1000.0, 500.0)]));
    let out = rig.process(one(1, &[(5, 900.0, 500.0)]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let told = locked.frames().next().unwrap().analytics().unwrap();
    let lines: Vec<_> = told
        .lines
        .iter()
        .map(|line| (line.name.as_bytes(), line.into))
        .collect();
    assert_eq!(lines, [(&b"gate"[..], 1), (b"old", 0)]);
    let error = start_error("rsanalytics config-file=/no/such.toml");
    assert!(
        error.contains("config-file: /no/such.toml cannot be read"),
        "{error}"
    );
    let error = start_error("rsanalytics config=\"[zone.a]\"");
    assert!(
        error.contains("config: line 1: zone.a: the key points is missing"),
        "{error}"
    );
}

/// Also where no object came at all.
#[test]
fn sources_that_never_come_are_named_at_the_end() {
    let mut rig = Rig::new(
        "rsanalytics config=\"zone.x={points=[[0,0],[900,0],[900,900]],sources=[0,3]};line.y={a=[0,0],b=[9,9],sources=[4]}\"",
    );
    rig.process(frames(0, &[(0, &[]), (1, &[])]));
    assert_eq!(rig.warnings(), [""; 0]);
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(
        rig.warnings(),
        ["line.y: source 4 never came, zone.x: source 3 never came; sources seen: 0, 1"]
    );
}

/// rsosdannotate tells what is on the frame.
#[test]
fn templates_tell_what_was_found_out() {
    let mut rig = rig(RULES);
    for n in 0..40 {
        rig.process(one(n, &[(5, 900.0 - 10.0 * n as f32, 500.0)]));
    }
    let out = rig.process(one(40, &[(5, 500.0, 500.0)]));
    let mut osd = Rig::new("rsosdannotate");
    let text = "{analytics:zone:left} {analytics:zone:left:dwell} {analytics:line:gate:in} {analytics:zone:no}";
    osd.element.set_property("frame-text", text);
    osd.element.set_property(
        "style",
        "default.label = '{analytics:speed} {analytics:dwell}'",
    );
    osd.push(out).unwrap();
    let out = osd.harness.pull().unwrap();
    assert_eq!(objects(&out)[0][0].text, "9 1.6");
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let display = locked.frames().next().unwrap().displays().next().unwrap();
    let shown = display.texts().next().unwrap();
    assert_eq!(shown.display_text().unwrap().to_str().unwrap(), "1 1.6 0 -");
}

/// Each leaves its results, and a name that both have is told.
#[test]
fn two_in_series_add_to_each_other() {
    let run = |names: [&str; 2]| {
        let rules =
            names.map(|name| format!("[zone.{name}]\npoints = [[0, 0], [960, 0], [960, 1080]]"));
        let mut first = Rig::new("rsanalytics name=first");
        first.element.set_property("config", &rules[0]);
        let mut second = Rig::new("rsanalytics name=second");
        second.element.set_property("config", &rules[1]);
        let out = first.process(one(0, &[(5, 900.0, 500.0)]));
        let out = second.process(out);
        assert_eq!(first.warnings(), [""; 0]);
        (out, second.warnings())
    };
    let (out, warnings) = run(["door", "lawn"]);
    assert_eq!(warnings, [""; 0]);
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().next().unwrap();
    let object = frame.objects().next().unwrap();
    let text = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
    let found: Vec<_> = (frame.all_analytics().rev())
        .map(|of| {
            (
                text(of.element.as_bytes()),
                text(of.zones[0].name.as_bytes()),
                of.run,
            )
        })
        .collect();
    let runs: Vec<u32> = object.all_analytics().rev().map(|of| of.run).collect();
    assert_ne!(runs[0], runs[1]);
    let named = |element: &str, zone: &str, run| (element.to_owned(), zone.to_owned(), run);
    assert_eq!(
        found,
        [
            named("first", "door", runs[0]),
            named("second", "lawn", runs[1])
        ]
    );
    let (_, warnings) = run(["door", "door"]);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("zone.door is in the rules of first, too"),
        "{warnings:?}"
    );
}

#[test]
fn what_can_only_be_a_mistake_is_told() {
    // Nothing to do.
    let mut rig = Rig::new("rsanalytics");
    rig.process(one(0, &[]));
    assert!(rig.warnings()[0].contains("nothing to look for"));
    // A class that no object has, a line beside the frame, and no tracker.
    let mut rig = self::rig(
        "[zone.a]\npoints = [[0, 0], [9, 0], [9, 9]]\nclasses = ['persom']\n[line.far]\na = [3000, 0]\nb = [3000, 9]",
    );
    for n in 0..101 {
        rig.process(one(n, &[(UNTRACKED_OBJECT_ID, 100.0, 500.0)]));
    }
    let warnings = rig.warnings().join("\n");
    for part in [
        "did you mean \"person\"?",
        "nothing can be counted in line.far: outside the frame of 1920x1080 pixels",
        "no object has a track id, which zone.a, line.far needs: put nvtracker before rsanalytics",
    ] {
        assert!(warnings.contains(part), "{warnings}");
    }
    // Frames without a time.
    let mut rig = self::rig(RULES);
    for _ in 0..12 {
        rig.process(buffer_of_frames(
            &[NewFrame {
                buf_pts: u64::MAX,
                ..NewFrame::default()
            }],
            |_, _| (),
        ));
    }
    assert!(rig.warnings()[0].contains("no PTS"));
}

/// In a frame of 1920x1080, lines in the middle, and one beside it that is warned of as such.
#[test]
fn a_hysteresis_that_nobody_can_get_out_of_is_told() {
    const LINES: &str = "[line.across]\na = [0, '50%']\nb = ['100%', '50%']\n\
                         [line.down]\na = ['50%', 0]\nb = ['50%', '100%']\n";
    for (hysteresis, part) in [
        ("\"49%\"", None),
        ("538", None),
        (
            "540",
            Some(
                "hysteresis is 540 pixels in the frame of 1920x1080: nobody can cross line.across, which",
            ),
        ),
        (
            "1000",
            Some("nobody can cross line.across, line.down, which"),
        ),
    ] {
        let mut rig = self::rig(&format!("hysteresis = {hysteresis}\n{LINES}"));
        rig.process(one(0, &[]));
        rig.process(one(1, &[]));
        let warnings = rig.warnings();
        assert_eq!(warnings.len(), usize::from(part.is_some()), "{warnings:?}");
        assert!(
            part.is_none_or(|part| warnings[0].contains(part)),
            "{warnings:?}"
        );
        let stats: gst::Structure = rig.element.property("stats");
        let counted: gst::Structure = stats.get("warnings").unwrap();
        let counted = counted.get::<u64>("wide-hysteresis").unwrap_or_default();
        assert_eq!(counted, 2 * u64::from(part.is_some()));
    }
    let zone = "[zone.a]\npoints = [[0, 0], [90, 0], [90, 90]]";
    let mut rig = self::rig(&format!("hysteresis = 65535\n{zone}"));
    rig.process(one(0, &[]));
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("half of its height or more"),
        "{warnings:?}"
    );
    // What lies beside the frame is told alone, and the usual strip leaves room even at the edge.
    for text in [
        "hysteresis = 9\n[line.a]\na = [3000, 0]\nb = [3000, 9]",
        "[line.a]\na = [0, '100%']\nb = [9, '100%']",
    ] {
        let mut rig = self::rig(text);
        rig.process(one(0, &[]));
        assert!(rig.warnings().iter().all(|w| !w.contains("hysteresis")));
    }
}

/// Zones of a style and of a file, some of which have the same names.
#[test]
fn many_zones_go_over_others_by_name() {
    let zones = |range: std::ops::Range<u32>, bottom: u32| -> String {
        let zone = |i| format!("[zone.z{i}]\npoints = [[0, 0], [99, 0], [99, {bottom}]]\n");
        range.map(zone).collect()
    };
    let style = TempFile::new("zones-style", zones(0..200, 2));
    let config = TempFile::new("zones-config", zones(100..300, 99));
    let mut rig = Rig::new(&format!(
        "rsanalytics style-file={} config-file={}",
        style.path(),
        config.path()
    ));
    let seen = |rig: &mut Rig, n| {
        let out = rig.process(one(n, &[(UNTRACKED_OBJECT_ID, 80.0, 20.0)]));
        let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
        let frame = locked.frames().next().unwrap();
        let zones = frame.analytics().unwrap().zones.iter();
        let zones: Vec<_> = zones
            .map(|zone| {
                (
                    String::from_utf8_lossy(zone.name.as_bytes()).into_owned(),
                    zone.objects,
                )
            })
            .collect();
        zones
    };
    let expected = |range: std::ops::Range<u32>| -> Vec<_> {
        range
            .map(|i| (format!("z{i}"), u32::from(i >= 100)))
            .collect()
    };
    assert_eq!(seen(&mut rig, 0), expected(0..300));
    rig.element.set_property("style-file", "");
    assert_eq!(seen(&mut rig, 1), expected(100..300));
}

/// Many rules, with a hundred objects that come and go.
#[test]
fn a_settled_configuration_allocates_nothing() {
    let run = |launch: &str, frames: std::ops::Range<u64>| {
        let mut rig = Rig::new(launch);
        if launch != "identity" {
            rig.element
                .set_property("config", include_str!("../benches/analytics/rules.toml"));
            rig.element.set_property_from_str("messages", "none");
        }
        let mut allocated = 0;
        for n in 0..frames.end {
            let buffer = crowd::buffer(100, n, Some(50));
            let before = counting::allocations();
            rig.push(buffer).unwrap();
            drop(rig.harness.pull().unwrap());
            if n >= frames.start {
                allocated += counting::allocations() - before;
            }
        }
        allocated
    };
    let (ours, nothing) = (run("rsanalytics", 500..600), run("identity", 500..600));
    assert_eq!(ours, nothing);
}
