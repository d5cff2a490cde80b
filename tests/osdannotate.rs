//! `rsosdannotate` on NVIDIA's metadata library.

mod common;

use common::*;
use gst::prelude::*;
use nvds::{Color, Locked, NewObject, Rect, RectStyle};

fn rig(properties: &str) -> Rig {
    Rig::new(&format!("rsosdannotate {properties}"))
}

fn add(locked: &Locked<'_>, frame: &nvds::Frame<'_>, label: &str) {
    // Views of the same lock: the object outlives this call.
    let frame = locked
        .frames()
        .find(|f| f.as_ptr() == frame.as_ptr())
        .unwrap();
    let object = NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 0.5,
        rect: Rect::default(),
        style: RectStyle::default(),
        label,
        text: None,
    };
    locked.add_object(&frame, &object, None).unwrap();
}

/// Texts of each frame.
fn texts(buffer: &gst::BufferRef) -> Vec<Vec<String>> {
    let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let text = |t: nvds::Text<'_>| t.display_text().unwrap().to_str().unwrap().to_owned();
    batch
        .frames()
        .map(|frame| {
            frame
                .displays()
                .flat_map(|d| d.texts().map(text).collect::<Vec<_>>())
                .collect()
        })
        .collect()
}

#[test]
fn the_default_look_is_the_samples() {
    let mut rig = rig("");
    let out = rig.process(buffer(1, |locked, frames| {
        add(locked, &frames[0], "car");
        add(locked, &frames[0], "person");
    }));
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let display = frame.displays().next().unwrap();
    let text = display.texts().next().unwrap();
    assert_eq!(
        text.display_text().unwrap(),
        c"Frame Number=100 Number of Objects=2"
    );
    assert_eq!((text.x_offset(), text.y_offset()), (10, 12));
    assert_eq!(
        (text.font_name().unwrap(), text.font_size()),
        (c"Serif", 10)
    );
    assert_eq!(text.color(), Color::WHITE);
    assert_eq!(text.background(), Some(Color::BLACK));
}

/// The sample counted over all frames of a batch: the second frame got the first one's objects too.
#[test]
fn counts_are_of_one_frame() {
    let mut rig = rig("frame-text=\"{source}: {objects} {count:car} {count:traffic light}\"");
    for _ in 0..2 {
        let out = rig.process(buffer(3, |locked, frames| {
            for label in ["car", "traffic light", "car"] {
                add(locked, &frames[0], label);
            }
            add(locked, &frames[2], "car");
        }));
        assert_eq!(texts(&out), [["0: 3 2 1"], ["1: 0 0 0"], ["2: 1 1 0"]]);
    }
}

#[test]
fn every_property_reaches_the_display_meta() {
    let mut rig = rig(
        "frame-text=\"{{{frame}}} {pts}\" text-x=3 text-y=4 font=\"DejaVu Sans\" font-size=20 \
         text-color=#f00 text-background=none",
    );
    let out = rig.process(buffer(2, |_, _| ()));
    assert_eq!(texts(&out), [["{100} 0:00:00.000"], ["{101} 0:00:00.040"]]);
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let display = batch.frames().next().unwrap().displays().next().unwrap();
    let text = display.texts().next().unwrap();
    assert_eq!((text.x_offset(), text.y_offset()), (3, 4));
    assert_eq!(
        (text.font_name().unwrap(), text.font_size()),
        (c"DejaVu Sans", 20)
    );
    assert_eq!(text.color(), Color::RED);
    assert_eq!(text.background(), None);
}

#[test]
fn an_empty_text_or_colour_none_draws_nothing() {
    for property in ["frame-text=\"\"", "text-color=none"] {
        let mut rig = rig(property);
        let out = rig.process(buffer(1, |_, _| ()));
        let none: Vec<Vec<String>> = vec![vec![]];
        assert_eq!(texts(&out), none, "{property}");
    }
}

#[test]
fn texts_of_any_utf8_reach_the_display_meta() {
    let text = "Größe 東京 ".repeat(40);
    let mut rig = rig("");
    rig.element.set_property("frame-text", &text);
    let out = rig.process(buffer(1, |_, _| ()));
    assert_eq!(texts(&out), [[text]]);
    assert!(rig.warnings().is_empty());
}

/// nvdsosd drops the whole text for one letter of four bytes. Messages need no replacement.
#[test]
fn letters_that_nvdsosd_cannot_draw_are_replaced() {
    let mut rig = rig("frame-text=\"\u{1f697} {objects}\" post-messages=true");
    for _ in 0..2 {
        let out = rig.process(buffer(1, |_, _| ()));
        assert_eq!(texts(&out), [["\u{fffd} 0"]]);
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("letters"), "{warnings:?}");
    rig.process(buffer(1, |_, _| ()));
    let messages = rig.messages(gst::MessageType::Element);
    let told = messages[0].structure().unwrap().get::<String>("text");
    assert_eq!(told.as_deref(), Ok("\u{1f697} 0"));
}

#[test]
fn messages_come_only_when_asked_for() {
    let fill = |locked: &Locked<'_>, frames: &[nvds::Frame<'_>]| {
        for label in ["car", "traffic light", "car"] {
            add(locked, &frames[0], label);
        }
    };
    let mut silent = rig("");
    silent.process(buffer(2, fill));
    assert!(silent.messages(gst::MessageType::Element).is_empty());

    let mut rig = rig("post-messages=true frame-text=\"{objects}\"");
    rig.process(buffer(2, fill));
    let messages = rig.messages(gst::MessageType::Element);
    assert_eq!(messages.len(), 2);
    let structure = messages[0].structure().unwrap();
    assert_eq!(structure.name(), "rsosdannotate");
    assert_eq!(structure.get::<i32>("frame"), Ok(100));
    assert_eq!(structure.get::<u32>("source"), Ok(0));
    assert_eq!(structure.get::<u32>("objects"), Ok(3));
    assert_eq!(structure.get::<&str>("text"), Ok("3"));
    let counts = structure.get::<gst::Structure>("counts").unwrap();
    assert_eq!(counts.get::<u32>("car"), Ok(2));
    assert_eq!(counts.get::<u32>("traffic_light"), Ok(1));
    let second = messages[1].structure().unwrap();
    assert_eq!(second.get::<u32>("objects"), Ok(0));
    assert_eq!(
        second.get::<gst::Structure>("counts").unwrap().n_fields(),
        0
    );
}

#[test]
fn an_unknown_field_is_an_error_at_state_change() {
    for (property, text, part) in [
        ("frame-text", "{vehicles}", "{vehicles}"),
        ("frame-text", "a { b", "unclosed"),
        ("text-color", "reddish", "text-color: \"reddish\""),
        ("text-background", "#12", "text-background: \"#12\""),
    ] {
        init();
        let element = gst::ElementFactory::make("rsosdannotate")
            .property(property, text)
            .build()
            .unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        assert!(element.set_state(gst::State::Paused).is_err(), "{text}");
        let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
        let gst::MessageView::Error(error) = message.view() else {
            unreachable!();
        };
        assert!(error.error().to_string().contains(part), "{error:?}");
        element.set_state(gst::State::Null).unwrap();
        element.set_bus(None); // messages hold their source, which holds the bus
    }
}

#[test]
fn a_bad_change_while_playing_keeps_the_old_text() {
    let mut rig = rig("frame-text=old");
    rig.process(buffer(1, |_, _| ()));
    rig.element.set_property("frame-text", "new {vehicles}");
    assert_eq!(rig.element.property::<String>("frame-text"), "old");
    assert!(rig.warnings()[0].contains("{vehicles}"));
    assert_eq!(texts(&rig.process(buffer(1, |_, _| ()))), [["old"]]);
    rig.element.set_property("frame-text", "new {objects}");
    assert_eq!(texts(&rig.process(buffer(1, |_, _| ()))), [["new 0"]]);
}

#[test]
fn a_buffer_without_batch_passes() {
    let mut rig = rig("");
    for _ in 0..2 {
        rig.process(gst::Buffer::from_slice([1_u8; 4]));
    }
    assert_eq!(rig.warnings().len(), 1);
}

/// Display metas of other elements stay, and 100 frames use the pool again and again.
#[test]
fn other_display_metas_stay() {
    let mut rig = rig("frame-text=ours");
    let out = rig.process(buffer(1, |locked, frames| {
        let frame = locked
            .frames()
            .find(|f| f.as_ptr() == frames[0].as_ptr())
            .unwrap();
        let mut writer = locked.draw_on(&frame).unwrap();
        writer.text(&nvds::NewText {
            text: "theirs",
            x: 0.0,
            y: 0.0,
            font: nvds::FontName::SERIF,
            size: 10,
            color: Color::WHITE,
            background: None,
        });
    }));
    assert_eq!(texts(&out), [["ours", "theirs"]]);
}

#[test]
fn the_two_elements_work_in_a_row() {
    let mut rig = Rig::new("rsssdparser ! rsosdannotate frame-text=\"{objects}/{count:1}\"");
    let out = rig.process(frame_with(&ssd(
        5,
        &[
            (0.9, 1.0, cell(0)),
            (0.9, 2.0, cell(1)),
            (0.9, 1.0, cell(2)),
        ],
    )));
    assert_eq!(texts(&out), [["3/2"]]);
}
