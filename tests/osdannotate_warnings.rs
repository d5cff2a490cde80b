//! What can only be a mistake in a style, or in the place of rsosdannotate, is said once. docs/warnings.md has the texts.

mod common;
mod drawn;

use common::*;
use gst::prelude::*;
use nvds::{Frame, Locked, NewObject, Rect, RectStyle};

/// An element with this style.
fn rig(style: &str) -> Rig {
    let rig = Rig::new("rsosdannotate frame-text=\"\"");
    rig.element.set_property("style", style);
    rig
}

fn add(locked: &Locked<'_>, frame: &Frame<'_>, label: &str, rect: Rect, track: Option<u64>) {
    let frame = locked
        .frames()
        .find(|f| f.as_ptr() == frame.as_ptr())
        .unwrap();
    let object = NewObject {
        unique_component_id: 1,
        class_id: 2,
        confidence: 0.5,
        rect,
        style: RectStyle::default(),
        label,
        text: None,
    };
    let object = locked.add_object(&frame, &object, None).unwrap();
    if let Some(track) = track {
        locked.set_track(&object, track, 0.9);
    }
    locked.set_infer_done(&frame);
}

const RECT: Rect = Rect {
    left: 100.0,
    top: 200.0,
    width: 50.0,
    height: 80.0,
};

/// A buffer with an object of each label on its one frame.
fn labelled(labels: &[&str]) -> gst::Buffer {
    buffer(1, |locked, frames| {
        for label in labels {
            add(locked, &frames[0], label, RECT, None);
        }
    })
}

/// Covers on the frames of a buffer.
fn covers(buffer: &gst::BufferRef) -> usize {
    let locked = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let displays = locked.frames().flat_map(|frame| frame.displays());
    displays.map(|display| display.rects().len()).sum()
}

/// Texts on the frames of a buffer.
fn texts(buffer: &gst::BufferRef) -> Vec<String> {
    let locked = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let displays = locked.frames().flat_map(|frame| frame.displays());
    displays
        .flat_map(|display| display.texts())
        .map(|text| text.display_text().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// Warnings after frames with these labels, and after the end of the stream.
fn warnings(style: &str, labels: &[&str], frames: usize) -> (Vec<String>, Vec<String>) {
    let mut rig = rig(style);
    for _ in 0..frames {
        rig.process(labelled(labels));
    }
    let playing = rig.warnings();
    rig.harness.push_event(gst::event::Eos::new());
    (playing, rig.warnings())
}

#[test]
fn labels_are_compared_as_they_are_stored() {
    let long = "脸".repeat(50);
    for (name, label) in [
        (long.as_str(), long.as_str()),
        ("face ", "face"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("cafe\u{301}", "caf\u{e9}"),
    ] {
        let style = format!(
            "frame.text='{{count:{name}}} {{zone:all}}';class.\"{name}\".redact=true;\
             zone.all.points=[[0,0],[1919,0],[1919,1079]];zone.all.classes=[\"{name}\"];zone.all.color='none'"
        );
        let mut rig = rig(&style);
        let out = rig.process(labelled(&[label, "other"]));
        assert_eq!(
            (covers(&out), texts(&out)),
            (1, vec!["1 0".to_owned()]),
            "{name}"
        );
        rig.harness.push_event(gst::event::Eos::new());
        assert_eq!(rig.warnings(), [""; 0], "{name}");
    }
}

#[test]
fn names_that_differ_by_case_are_warned_of_at_once() {
    let (playing, ended) = warnings("class.Face.redact=true", &["face"], 1);
    assert_eq!(
        playing,
        [
            "what is to be redacted may be seen: class.Face is not for objects labelled \"face\": upper and lower case \
          differ; write the label as it is"
        ]
    );
    assert_eq!(ended, [""; 0], "said already");
    // Both may be meant.
    let (playing, ended) = warnings("class.Face.redact=true;class.face.hide=true", &["face"], 1);
    assert_eq!((playing.len(), ended.len()), (1, 0));
}

#[test]
fn names_that_no_object_has_are_warned_of_in_time_and_at_the_end() {
    let expected = "what is to be redacted may be seen: no object of 100 frames with objects fits class.fase (did you \
                    mean \"face\"?); labels seen: \"car\", \"face\"; classes seen: 2";
    let (playing, ended) = warnings("class.fase.redact=true", &["face", "car"], 100);
    assert_eq!(playing, [expected]);
    assert_eq!(ended, [""; 0]);
    let (playing, ended) = warnings("class.fase.redact=true", &["face", "car"], 2);
    assert_eq!(playing, [""; 0]);
    assert_eq!(ended, [expected.replace("100", "2")]);
    let style = "frame.text='{count:bus}';class.7.hide=true;gie.9.hide=true;source.3.hide=true;\
                 [zone.a];points=[[0,0],[9,0],[9,9]];classes=['dog'];color='none'";
    let (_, ended) = warnings(style, &["face"], 1);
    assert_eq!(
        ended,
        [
            "no object of a frame with objects fits class.7, classes of zone.a, gie.9, {count:bus}; labels seen: \"face\"; \
             classes seen: 2; source.3: source 3 never came; sources seen: 0"
        ]
    );
    // Nothing came that could have had the name.
    let (playing, ended) = warnings("class.fase.redact=true", &[], 200);
    let about = |warnings: &[String]| warnings.iter().filter(|w| w.contains("fits")).count();
    assert_eq!((about(&playing), about(&ended)), (0, 0));
}

#[test]
fn labels_that_no_file_has_are_errors_at_the_start() {
    let error = start_error("rsosdannotate style=\"class.'face;head'.redact=true\"");
    assert!(
        error.contains("style: line 1: class.\"face;head\": \"face;head\" is no label"),
        "{error}"
    );
}

#[test]
fn places_beside_the_frame_are_warned_of() {
    for (style, told) in [
        (
            "zone.a.points=[[2000,0],[2100,0],[2100,90]];line.b.a=[0,1100];line.b.b=[90,1100]",
            Some("zone.a, line.b"),
        ),
        // Of another source.
        (
            "zone.a.points=[[2000,0],[2100,0],[2100,90]];zone.a.sources=[1]",
            None,
        ),
        // Some of it is seen.
        ("zone.a.points=[[1900,0],[2100,0],[2100,90]]", None),
        ("line.b.a=[5,500];line.b.b=[2000,500]", None),
    ] {
        let (playing, ended) = warnings(style, &["face"], 2);
        let expected = told.map(|marks| {
            format!(
                "nothing can be counted in {marks}: outside the frame of 1920x1080 pixels; numbers of points are \
                 pixels, \"50%\" is the middle"
            )
        });
        assert_eq!(playing, Vec::from_iter(expected), "{style}");
        assert!(ended.iter().all(|w| w.contains("track id")), "{ended:?}");
    }
}

#[test]
fn stats_count_what_is_warned_of_once() {
    let mut rig = rig("zone.a.points=[[2000,0],[2100,0],[2100,90]]");
    let field = |rig: &Rig, name: &str| {
        let stats: gst::Structure = rig.element.property("stats");
        stats.get::<u64>(name).unwrap()
    };
    for _ in 0..3 {
        rig.process(labelled(&["face", "car"]));
    }
    assert_eq!(rig.warnings().len(), 1);
    let counts = ["buffers", "frames", "objects"].map(|name| field(&rig, name));
    assert_eq!(counts, [3, 3, 6]);
    let stats: gst::Structure = rig.element.property("stats");
    let warnings: gst::Structure = stats.get("warnings").unwrap();
    assert_eq!(warnings.n_fields(), 1, "{warnings}");
    assert_eq!(warnings.get::<u64>("outside-frame").unwrap(), 3);
    // From zero again.
    rig.element.set_state(gst::State::Ready).unwrap();
    rig.element.set_state(gst::State::Playing).unwrap();
    assert_eq!(field(&rig, "buffers"), 0);
}

#[test]
fn what_needs_track_ids_is_warned_of() {
    let line = "line.gate.a=[0,500];line.gate.b=[1900,500]";
    for (style, needs) in [
        (line, "line.gate"),
        ("default.trace=true", "trace"),
        ("class.face.motion-arrow=true", "motion-arrow"),
        ("default.palette='track'", "palette = \"track\""),
    ] {
        for track in [None, Some(7)] {
            let mut rig = rig(style);
            rig.process(buffer(1, |locked, frames| {
                add(locked, &frames[0], "face", RECT, track);
            }));
            rig.harness.push_event(gst::event::Eos::new());
            let expected = format!(
                "no object has a track id, which {needs} needs: put nvtracker before rsosdannotate"
            );
            let expected = if track.is_none() {
                vec![expected]
            } else {
                vec![]
            };
            assert_eq!(rig.warnings(), expected);
        }
    }
    // Objects that no line counts need none.
    let style = format!("{line};line.gate.classes=['car']");
    let (_, ended) = warnings(&style, &["face", "car"], 1);
    assert!(ended[0].contains("line.gate"), "{ended:?}");
    let (_, ended) = warnings(&style, &["face"], 1);
    assert!(ended.iter().all(|w| !w.contains("track id")), "{ended:?}");
}

/// What a zone of the whole frame counts of a box, which the detector gave as `whole`.
fn in_zone(zone: &str, rect: Rect, whole: Rect) -> String {
    let mut rig = rig(&format!(
        "frame.text='{{zone:z}}';zone.z.color='none';zone.z.points={zone}"
    ));
    let out = rig.process(buffer(1, |locked, frames| {
        add(locked, &frames[0], "face", rect, None);
        let frame = locked.frames().next().unwrap();
        let object = frame.objects().next().unwrap();
        // SAFETY: just added, and the batch is locked.
        let bbox = unsafe { &mut (*object.as_ptr()).detector_bbox_info.org_bbox_coords };
        (bbox.left, bbox.top, bbox.width, bbox.height) =
            (whole.left, whole.top, whole.width, whole.height);
    }));
    texts(&out).remove(0)
}

fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
    Rect {
        left,
        top,
        width,
        height,
    }
}

#[test]
fn the_frames_edge_belongs_to_the_zones_that_reach_it() {
    let whole = "[[0,0],['100%',0],['100%','100%'],[0,'100%']]";
    let pixels = "[[0,0],[1919,0],[1919,1079],[0,1079]]";
    let inner = "[[0,0],[1900,0],[1900,1060],[0,1060]]";
    for bottom in [1079.4, 1079.5, 1080.0] {
        let at = rect(100.0, 900.0, 50.0, bottom - 900.0);
        for (zone, expected) in [(whole, "1"), (pixels, "1"), (inner, "0")] {
            assert_eq!(in_zone(zone, at, at), expected, "{zone} {bottom}");
        }
    }
    // Cut at the edge, and kept as it is.
    let below = rect(100.0, 900.0, 50.0, 400.0);
    let cut = rect(100.0, 900.0, 50.0, 180.0);
    assert_eq!(in_zone(whole, cut, below), "1");
    assert_eq!(in_zone(whole, below, below), "1");
    // The middle of the lower edge on the right edge.
    let right = rect(1880.0, 500.0, 80.0, 50.0);
    assert_eq!(in_zone(whole, right, right), "1");
}

#[test]
fn the_foot_of_the_whole_box_counts() {
    let left = "[[0,0],['50%',0],['50%','100%'],[0,'100%']]";
    let (cut, whole) = (
        rect(0.0, 500.0, 40.0, 80.0),
        rect(-64.0, 500.0, 104.0, 80.0),
    );
    assert_eq!(in_zone(left, cut, whole), "0");
    assert_eq!(in_zone(left, whole, whole), "0", "never cut");
    assert_eq!(in_zone(left, cut, cut), "1", "nothing is known of it");
}

/// A pipeline with this line behind a batch of grey frames, played until its end.
fn played(line: &str) -> Vec<String> {
    drawn::init();
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers=3 ! video/x-raw,format=NV12,width=64,height=64 ! nvvideoconvert ! \
         video/x-raw(memory:NVMM),format=RGBA ! mux.sink_0 nvstreammux name=mux width=64 height=64 batch-size=1 ! {line}"
    ))
    .unwrap();
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let warnings = until_end(&pipeline, line);
    pipeline.set_state(gst::State::Null).unwrap();
    warnings
}

/// Warnings of a pipeline that plays, until its end.
fn until_end(pipeline: &gst::Pipeline, line: &str) -> Vec<String> {
    let bus = pipeline.bus().unwrap();
    let mut warnings = Vec::new();
    while let Some(message) = bus.timed_pop(gst::ClockTime::from_seconds(30)) {
        match message.view() {
            gst::MessageView::Warning(warning) => warnings.push(warning.error().to_string()),
            gst::MessageView::Error(error) => panic!("{line}: {error:?}"),
            gst::MessageView::Eos(_) => break,
            _ => (),
        }
    }
    warnings
}

#[test]
fn redaction_that_nobody_draws_is_warned_of() {
    let redact = "rsosdannotate style=default.redact=true";
    for (line, part) in [
        (
            format!("{redact} ! fakesink"),
            "no nvdsosd behind this element draws the covers",
        ),
        (
            format!("{redact} ! queue ! identity ! fakesink"),
            "no nvdsosd behind this element",
        ),
        (
            format!("nvdsosd ! {redact} ! fakesink"),
            "put rsosdannotate before nvdsosd",
        ),
        (
            format!("{redact} ! nvdsosd display-bbox=false ! fakesink"),
            "display-bbox to true",
        ),
        (format!("{redact} ! nvdsosd ! fakesink"), ""),
        (format!("nvdsosd ! {redact} ! nvdsosd ! fakesink"), ""),
        ("rsosdannotate ! fakesink".into(), ""),
        (
            "nvdsosd ! rsosdannotate ! fakesink".into(),
            "put rsosdannotate before nvdsosd",
        ),
    ] {
        let mut warnings = played(&line);
        warnings.retain(|w| w.contains("nvdsosd"));
        let found: Vec<_> = warnings.iter().map(|w| w.contains(part)).collect();
        let expected = if part.is_empty() { vec![] } else { vec![true] };
        assert_eq!(found, expected, "{line}: {warnings:?}");
    }
}

#[test]
fn nvdsosd_is_looked_at_again_when_it_changes() {
    drawn::init();
    let mut rig = Rig::new(
        "rsosdannotate style=default.redact=true ! identity ! nvdsosd name=osd ! fakesink async=false",
    );
    rig.harness.set_src_caps_str(&format!(
        "video/x-raw(memory:NVMM),format=RGBA,width={WIDTH},height={HEIGHT},framerate=25/1"
    ));
    let bin = rig
        .element
        .parent()
        .unwrap()
        .downcast::<gst::Bin>()
        .unwrap();
    let osd = bin.by_name("osd").unwrap();
    let about = |rig: &mut Rig, part: &str| {
        let _ = rig.push(labelled(&["face"]));
        rig.warnings().iter().filter(|w| w.contains(part)).count()
    };
    assert_eq!(about(&mut rig, "nvdsosd"), 0);
    osd.set_property("display-bbox", false);
    assert_eq!(about(&mut rig, "display-bbox"), 1);
    assert_eq!(about(&mut rig, "display-bbox"), 0, "once");
    // Another element takes its place.
    let before = osd.static_pad("sink").unwrap().peer().unwrap();
    osd.set_state(gst::State::Null).unwrap();
    bin.remove(&osd).unwrap();
    let sink = gst::ElementFactory::make("fakesink")
        .property("async", false)
        .build()
        .unwrap();
    bin.add(&sink).unwrap();
    sink.sync_state_with_parent().unwrap();
    before.link(&sink.static_pad("sink").unwrap()).unwrap();
    assert_eq!(about(&mut rig, "no nvdsosd behind"), 1);
}

/// Warnings of a pipeline that gets a frame with tensors.
fn with_tensors(line: &str) -> Vec<String> {
    init();
    let pipeline = gst::parse::launch(&format!("appsrc name=src format=time ! {line} ! fakesink"));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let src = pipeline.by_name("src").unwrap();
    let caps = format!("video/x-raw,format=RGBA,width={WIDTH},height={HEIGHT},framerate=25/1");
    src.set_property("caps", caps.parse::<gst::Caps>().unwrap());
    pipeline.set_state(gst::State::Playing).unwrap();
    let buffer = frame_with(&ssd(5, &[(0.9, 1.0, cell(0))]));
    let _: gst::FlowReturn = src.emit_by_name("push-buffer", &[&buffer]);
    let _: gst::FlowReturn = src.emit_by_name("end-of-stream", &[]);
    let warnings = until_end(&pipeline, line);
    pipeline.set_state(gst::State::Null).unwrap();
    warnings
}

#[test]
fn an_element_before_the_parser_is_warned_of() {
    let expected = "there is no object, and the tensors of a frame are parsed behind this element, by parse: put parse \
                    before it";
    let warnings = with_tensors("rsosdannotate ! rsssdparser name=parse padding=stretch");
    assert_eq!(warnings, [expected]);
    let warnings = with_tensors("rsosdannotate");
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("have tensors that nobody parsed"),
        "{warnings:?}"
    );
    assert_eq!(
        with_tensors("rsssdparser padding=stretch ! rsosdannotate"),
        [""; 0]
    );
}

#[test]
fn labels_of_any_letters_have_their_own_counts() {
    let mut rig = Rig::new("rsosdannotate post-messages=true");
    rig.process(labelled(&["人", "车", "a b", "a_b", "人"]));
    let messages = rig.messages(gst::MessageType::Element);
    let structure = messages[0].structure().unwrap();
    let list = structure.get::<gst::List>("label-counts").unwrap();
    let counts: Vec<_> = list
        .iter()
        .map(|entry| {
            let entry = entry.get::<gst::Structure>().unwrap();
            (
                entry.get::<String>("label").unwrap(),
                entry.get::<u32>("count").unwrap(),
            )
        })
        .collect();
    let expected = [("a b", 1), ("a_b", 1), ("人", 2), ("车", 1)];
    assert_eq!(
        counts,
        expected.map(|(label, count)| (label.to_owned(), count))
    );
    let fields = structure.get::<gst::Structure>("counts").unwrap();
    assert_eq!(fields.n_fields(), 4);
}

#[test]
fn style_files_are_read_with_a_limit_and_named_in_errors() {
    let error = start_error("rsosdannotate style-file=/dev/zero");
    assert!(
        error.contains("/dev/zero") && error.contains("1048576 bytes"),
        "{error}"
    );
    let error = start_error("rsosdannotate style-file=no/such.toml");
    assert!(
        error.contains("no/such.toml in the working directory /"),
        "{error}"
    );
    let file = TempFile::new("twice.toml", "[default]\nhide=true\nhide=false");
    let error = start_error(&format!("rsosdannotate style-file={}", file.path()));
    assert!(
        error.contains("twice.toml: line 3: hide: duplicate key"),
        "{error}"
    );
    let file = TempFile::new("zone.toml", "\nframe.text='{zone:a}'");
    let error = start_error(&format!("rsosdannotate style-file={}", file.path()));
    assert!(
        error.contains("zone.toml: line 2: frame.text: {zone:a} names no zone"),
        "{error}"
    );
}

/// A box that the parser cuts at the frame's edge counts where it stands, as with edge-policy=keep.
#[test]
fn the_parser_keeps_the_whole_box_for_counting() {
    let zone = "zone.z.points=[[0,0],['50%',0],['50%','100%'],[0,'100%']]";
    for policy in ["clip", "keep"] {
        let mut rig = Rig::new(&format!(
            "rsssdparser edge-policy={policy} ! rsosdannotate style=\"frame.text='{{zone:z}}';{zone}\""
        ));
        // ymin, xmin, ymax, xmax: feet at x = -36, at 20, and below the frame at 60.
        let boxes = [
            [0.2, -0.1, 0.4, 0.0625],
            [0.5, -0.0625, 0.6, 0.083_333_33],
            [0.8, 0.0, 1.2, 0.0625],
        ];
        let entries: Vec<_> = boxes.iter().map(|corners| (0.9, 1.0, *corners)).collect();
        let out = rig.process(frame_with(&ssd(5, &entries)));
        assert!(
            texts(&out).contains(&"2".to_owned()),
            "{policy}: {:?}",
            texts(&out)
        );
        let locked = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
        let frame = locked.frames().next().unwrap();
        let drawn: Vec<_> = frame.objects().map(|object| object.rect().left).collect();
        let whole: Vec<_> = frame
            .objects()
            .map(|object| object.detector_rect().left)
            .collect();
        assert_eq!(
            whole.iter().filter(|left| **left < 0.0).count(),
            2,
            "{whole:?}"
        );
        let outside = drawn.iter().filter(|left| **left < 0.0).count();
        assert_eq!(outside, if policy == "keep" { 2 } else { 0 }, "{drawn:?}");
    }
}
