//! Where lines go beside files: the application, and the pad `json`.

use std::sync::{Arc, Mutex};

use gst_check::Harness;

use super::*;

/// A buffer at a time, with one object.
fn at(milliseconds: u64) -> gst::Buffer {
    let mut buffer = everything();
    let buffer_mut = buffer.get_mut().unwrap();
    buffer_mut.set_pts(gst::ClockTime::from_mseconds(milliseconds));
    buffer_mut.set_duration(gst::ClockTime::from_mseconds(40));
    buffer
}

/// What is behind the pad, which is asked for.
fn branch(rig: &Rig) -> Harness {
    Harness::with_element(&rig.element, None, Some("json"))
}

fn text_of(buffer: &gst::BufferRef) -> String {
    let map = buffer.map_readable().unwrap();
    String::from_utf8(map.to_vec()).unwrap()
}

fn kinds(harness: &mut Harness) -> Vec<gst::EventType> {
    std::iter::from_fn(|| harness.try_pull_event().map(|event| event.type_())).collect()
}

const STARTED: [gst::EventType; 3] = [
    gst::EventType::StreamStart,
    gst::EventType::Caps,
    gst::EventType::Segment,
];

#[test]
fn signals_and_messages_have_the_lines_of_a_buffer() {
    let two = || buffer(2, |_, _| ());
    let file = write("", [two(), everything()]);
    let (first, second) = {
        let ends: Vec<usize> = file.match_indices('\n').map(|(at, _)| at + 1).collect();
        (file[..ends[1]].to_owned(), file[ends[1]..].to_owned())
    };
    let mut rig = Rig::new("rsmetajson location=\"\" emit=signal");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heard);
    rig.element.connect("json", false, move |arguments| {
        let element = arguments[0].get::<gst::Element>().unwrap();
        // No lock is held.
        element.set_property("fields", element.property_value("fields"));
        list.lock()
            .unwrap()
            .push(arguments[1].get::<String>().unwrap());
        None
    });
    rig.process(two());
    rig.process(everything());
    assert_eq!(*heard.lock().unwrap(), [first, second.clone()]);

    rig.element.set_property_from_str("emit", "message");
    let mut third = at(80);
    rig.process(std::mem::take(&mut third));
    // No frame, no line: nothing to tell.
    rig.process(buffer(0, |_, _| ()));
    let messages = rig.messages(gst::MessageType::Element);
    assert_eq!(messages.len(), 1);
    let structure = messages[0].structure().unwrap();
    assert_eq!(structure.name(), "rsmetajson");
    let text = structure.get::<String>("json").unwrap();
    assert_eq!(
        text,
        second.replacen("\"buffer\":1", "\"buffer\":2", 1),
        "the same metadata"
    );
    assert_eq!(structure.get::<u32>("frames"), Ok(1));
    assert_eq!(structure.get::<u64>("buffer"), Ok(2));
    let pts = structure.get::<Option<gst::ClockTime>>("pts").unwrap();
    assert_eq!(pts, Some(gst::ClockTime::from_mseconds(80)));
    assert_eq!(heard.lock().unwrap().len(), 2);
    assert_eq!(rig.warnings(), [""; 0]);
}

#[test]
fn the_pad_is_a_stream_of_lines() {
    let folder = Folder::new();
    let mut rig = Rig::new(&format!("rsmetajson location={}", folder.path("a")));
    rig.process(at(0));
    // Asked for while it runs.
    let mut behind = branch(&rig);
    rig.process(at(40));
    rig.process(at(80));
    assert_eq!(kinds(&mut behind), STARTED);
    for time in [40, 80] {
        let out = behind.try_pull().unwrap();
        assert_eq!(out.pts(), Some(gst::ClockTime::from_mseconds(time)));
        assert_eq!(out.duration(), Some(gst::ClockTime::from_mseconds(40)));
        let lines = parse(&text_of(&out));
        assert_eq!((lines.len(), &lines[0]["buffer"]), (1, &(time / 40).into()));
    }
    let pad = rig.element.static_pad("json").unwrap();
    let caps = pad.current_caps().unwrap();
    assert_eq!(caps.to_string(), "application/x-json");
    let ids = ["sink", "json"].map(|name| {
        let pad = rig.element.static_pad(name).unwrap();
        pad.stream_id().unwrap().to_string()
    });
    assert!(
        ids[1].starts_with(&ids[0]) && ids[1].ends_with("/json"),
        "{ids:?}"
    );

    // Without lines there is a gap, without a time nothing; gaps and ends pass.
    let mut empty = gst::Buffer::new();
    empty
        .get_mut()
        .unwrap()
        .set_pts(gst::ClockTime::from_mseconds(120));
    rig.process(empty);
    rig.process(gst::Buffer::new());
    let gap = gst::event::Gap::builder(gst::ClockTime::from_mseconds(160)).build();
    assert!(rig.harness.push_event(gap));
    let gaps: Vec<_> = std::iter::from_fn(|| behind.try_pull_event())
        .map(|event| match event.view() {
            gst::EventView::Gap(gap) => gap.get().0.mseconds(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(gaps, [120, 160]);
    assert!(behind.try_pull().is_none());

    // A flush, and a new segment after it.
    rig.harness.push_event(gst::event::FlushStart::new());
    rig.harness.push_event(gst::event::FlushStop::new(true));
    let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
    segment.set_start(gst::ClockTime::from_seconds(1));
    rig.harness.push_event(gst::event::Segment::new(&segment));
    rig.process(at(1000));
    assert_eq!(
        kinds(&mut behind),
        [
            gst::EventType::FlushStart,
            gst::EventType::FlushStop,
            gst::EventType::Segment
        ]
    );
    let told = pad.sticky_event::<gst::event::Segment>(0).unwrap();
    assert_eq!(told.segment(), segment.as_ref());
    assert_eq!(parse(&text_of(&behind.try_pull().unwrap())).len(), 1);
    assert!(rig.harness.push_event(gst::event::Eos::new()));
    assert_eq!(kinds(&mut behind), [gst::EventType::Eos]);
    assert_eq!(parse(&folder.read("a")).len(), 4);
}

#[test]
fn an_end_before_any_buffer_starts_the_stream() {
    let mut rig = Rig::new("rsmetajson location=\"\"");
    let mut behind = branch(&rig);
    assert!(rig.harness.push_event(gst::event::Eos::new()));
    let mut expected = STARTED.to_vec();
    expected.push(gst::EventType::Eos);
    assert_eq!(kinds(&mut behind), expected);
}

#[test]
fn the_pad_comes_and_goes_while_buffers_pass() {
    let mut rig = Rig::new("rsmetajson location=\"\" emit=message");
    let pad = rig.element.request_pad_simple("json").unwrap();
    let template = rig.element.pad_template("json").unwrap();
    let second = rig.element.request_pad(&template, None, None);
    assert!(second.is_none(), "there is one");
    // Not linked.
    rig.process(at(0));
    rig.element.release_request_pad(&pad);
    rig.process(at(40));
    let (stop, element) = (
        std::sync::atomic::AtomicBool::new(false),
        rig.element.clone(),
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let sink = ending(Ok(gst::FlowSuccess::Ok));
                if let Some(pad) = element.request_pad_simple("json") {
                    pad.link(&sink).unwrap();
                    std::thread::yield_now();
                    element.release_request_pad(&pad);
                }
                sink.set_active(false).unwrap();
            }
        });
        for number in 0..200 {
            rig.process(at(40 * number));
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(rig.warnings(), [""; 0]);
}

/// A sink pad whose buffers end like this.
fn ending(result: Result<gst::FlowSuccess, gst::FlowError>) -> gst::Pad {
    let pad = gst::Pad::builder(gst::PadDirection::Sink)
        .name("ending")
        .chain_function(move |_, _, _| result)
        .event_function(|_, _, _| true)
        .build();
    pad.set_active(true).unwrap();
    pad
}

#[test]
fn what_fails_behind_the_pad_does_not_stop_the_video() {
    for (error, count) in [
        (gst::FlowError::Error, 3),
        (gst::FlowError::NotNegotiated, 3),
        (gst::FlowError::Eos, 0),
        (gst::FlowError::Flushing, 0),
    ] {
        let mut rig = Rig::new("rsmetajson location=\"\"");
        let pad = rig.element.request_pad_simple("json").unwrap();
        let sink = ending(Err(error));
        pad.link(&sink).unwrap();
        for number in 0..3 {
            rig.process(at(40 * number));
        }
        let warnings = rig.warnings();
        let stats: gst::Structure = rig.element.property("stats");
        let met: gst::Structure = stats.get("warnings").unwrap();
        assert_eq!(met.get::<u64>("json-branch").unwrap_or(0), count, "{error}");
        assert_eq!(warnings.len(), count.min(1) as usize, "{warnings:?}");
        if count > 0 {
            assert!(
                warnings[0].contains("behind the pad json"),
                "{}",
                warnings[0]
            );
        }
        assert!(rig.harness.push_event(gst::event::Eos::new()));
        pad.unlink(&sink).unwrap();
    }
}

/// The reader's quality of service is about text; the video must not be decoded less for it.
#[test]
fn late_text_is_not_told_upstream() {
    let mut rig = Rig::new("rsmetajson location=\"\"");
    let behind = branch(&rig);
    rig.process(at(0));
    while rig.harness.try_pull_upstream_event().is_some() {}
    let pad = rig.element.static_pad("json").unwrap();
    let peer = pad.peer().unwrap();
    let qos = gst::event::Qos::builder(gst::QOSType::Underflow, 2.0, 10).build();
    assert!(peer.push_event(qos));
    assert!(peer.push_event(gst::event::Reconfigure::new()));
    assert!(rig.harness.try_pull_upstream_event().is_none());
    assert!(
        peer.push_event(
            gst::event::Seek::builder(
                1.0,
                gst::SeekFlags::FLUSH,
                gst::SeekType::Set,
                gst::ClockTime::ZERO,
                gst::SeekType::None,
                gst::ClockTime::NONE,
            )
            .build()
        )
    );
    let passed = rig.harness.try_pull_upstream_event().unwrap();
    assert_eq!(passed.type_(), gst::EventType::Seek);
    drop(behind);
}

/// The pipeline waits for the video, which waits in the sink, which waits for the pipeline.
#[test]
fn a_sink_without_a_queue_is_warned_of() {
    init();
    for (behind, expected) in [
        ("fakesink name=text", true),
        ("queue ! fakesink name=text", false),
    ] {
        let source = "video/x-raw,format=RGBA,width=64,height=48,framerate=25/1";
        let line = format!(
            "appsrc name=source caps={source} ! rsmetajson name=lines location=\"\" ! fakesink lines.json ! {behind}"
        );
        let pipeline = gst::parse::launch(&line).unwrap();
        let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let source = pipeline.by_name("source").unwrap();
        for (signal, arguments) in [("push-buffer", &[&at(0) as _][..]), ("end-of-stream", &[])] {
            let flow: gst::FlowReturn = source.emit_by_name(signal, arguments);
            assert_eq!(flow, gst::FlowReturn::Ok);
        }
        let kinds = [gst::MessageType::Warning, gst::MessageType::Eos];
        let bus = pipeline.bus().unwrap();
        let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(20), &kinds);
        match message.unwrap().view() {
            gst::MessageView::Warning(warning) => {
                let text = warning.error().to_string();
                assert!(
                    text.starts_with("text follows the pad json without a queue"),
                    "{text}"
                );
                assert!(expected, "{behind}");
            }
            _ => assert!(!expected, "{behind}"),
        }
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn lines_that_go_nowhere_are_warned_of() {
    let mut rig = Rig::new("rsmetajson location=\"\"");
    rig.process(at(0));
    rig.process(at(40));
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("the lines go nowhere"),
        "{warnings:?}"
    );
    rig.element.set_property_from_str("emit", "signal");
    rig.process(at(80));
    let stats: gst::Structure = rig.element.property("stats");
    let met: gst::Structure = stats.get("warnings").unwrap();
    assert_eq!(met.get::<u64>("no-output"), Ok(2));
}

#[test]
fn embeddings_are_written_where_they_are_asked_for() {
    let faces = || {
        buffer(1, |locked, frames| {
            let object = locked.add_object(&frames[0], &face(), None).unwrap();
            let embedding = |id, values| NewEmbedding {
                unique_component_id: id,
                norm: 12.5,
                values,
            };
            locked
                .add_embedding_to_object(&object, &embedding(-3, &[0.6, -0.8]))
                .unwrap();
            locked
                .add_embedding_to_object(&object, &embedding(4, &[]))
                .unwrap();
            locked
                .add_embedding_to_frame(&frames[0], &embedding(7, &[f32::NAN, 1.0]))
                .unwrap();
            locked.add_object(&frames[0], &face(), None).unwrap();
        })
    };
    let line = parse(&write("", [faces()])).remove(0);
    assert_eq!(line.get("embeddings"), None, "only on request");
    let line = parse(&write("fields=objects+embeddings", [faces()])).remove(0);
    assert_eq!(
        line["embeddings"],
        json!([{"unique_component_id": 7, "norm": 12.5, "values": [null, 1.0]}])
    );
    let found = &line["objects"][0]["embeddings"];
    assert_eq!(found[0]["unique_component_id"], -3);
    let values = found[0]["values"].as_array().unwrap();
    assert_eq!(values[0].as_f64().unwrap() as f32, 0.6);
    assert_eq!(
        found[1],
        json!({"unique_component_id": 4, "norm": 12.5, "values": []})
    );
    assert_eq!(line["objects"][1].get("embeddings"), None);
    let line = parse(&write("fields=embeddings", [faces()])).remove(0);
    assert!(line.get("objects").is_none() && line.get("embeddings").is_some());
}

/// As in docs/metajson.md: standard output by fdsink, a file behind a queue, a file for each buffer.
#[test]
fn sinks_take_the_lines() {
    let fields = "rsmetajson fields=size+objects";
    let two_sources = TWO_SOURCES.replace("rsmetajson", fields);
    let own = launch(&two_sources);
    assert!(own.status.success(), "{}", text(&own));
    let expected = String::from_utf8(own.stdout).unwrap();
    let branch = |behind: &str| {
        let line = two_sources.replace("location=- !", "name=lines location=\"\" !");
        let output = launch(&format!("{line} lines.json ! {behind}"));
        assert!(output.status.success(), "{}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(branch("queue ! fdsink"), expected);
    let folder = Folder::new();
    branch(&format!("queue ! filesink location={}", folder.path("all")));
    assert_eq!(folder.read("all"), expected);
    branch(&format!(
        "queue ! multifilesink location={}",
        folder.path("part-%02d")
    ));
    let parts: String = (0..5)
        .map(|n| folder.read(&format!("part-{n:02}")))
        .collect();
    assert_eq!(parts, expected);
}
