//! The policies of `rsssdparser` on NVIDIA's metadata library, each as it is at the start and when it
//! changes while playing.

mod common;

use common::*;
use gst::prelude::*;
use gst_controller::prelude::*;

const LABELS: &str = "unlabeled\nperson\nbicycle\ncar\ntraffic light\n";

/// An element with labels.
fn rig(name: &str, properties: &str) -> (Rig, TempFile) {
    let labels = TempFile::new(&format!("policy-{name}"), LABELS);
    let rig = Rig::new(&format!(
        "rsssdparser labels-file={} {properties}",
        labels.path()
    ));
    (rig, labels)
}

/// The scores, in hundredths, of the objects that are made of some entries, best first.
fn kept(rig: &mut Rig, entries: &[Entry]) -> Vec<u32> {
    let out = rig.process(frame_with(&ssd(5, entries)));
    scores(&out, 0)
}

fn scores(out: &gst::BufferRef, frame: usize) -> Vec<u32> {
    let mut scores: Vec<u32> = objects(out)[frame]
        .iter()
        .map(|object| (object.confidence * 100.0).round() as u32)
        .collect();
    scores.sort_unstable_by(|a, b| b.cmp(a));
    scores
}

fn rects(rig: &mut Rig, entries: &[Entry]) -> Vec<[i32; 4]> {
    let out = rig.process(frame_with(&ssd(5, entries)));
    objects(&out)[0]
        .iter()
        .map(|object| object.rect.map(|side| side.round() as i32))
        .collect()
}

/// The error of an element that does not start with these properties.
fn start_error(properties: &str) -> String {
    let labels = TempFile::new("policy-error", LABELS);
    common::start_error(&format!(
        "rsssdparser labels-file={} {properties}",
        labels.path()
    ))
}

/// Sets a property to a value that cannot be used: it stays, with one warning, which is returned.
fn refused(rig: &Rig, property: &str, value: &str) -> String {
    let before = rig.element.property::<Option<String>>(property);
    rig.element.set_property(property, value);
    assert_eq!(rig.element.property::<Option<String>>(property), before);
    let mut warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    warnings.remove(0)
}

#[test]
fn class_thresholds_by_label_and_number() {
    let entries = [
        (0.95, 1.0, cell(0)),
        (0.65, 1.0, cell(1)),
        (0.55, 2.0, cell(2)),
        (0.45, 2.0, cell(3)),
        (0.35, 3.0, cell(4)),
        (0.85, 4.0, cell(5)),
    ];
    let text = r#"thresholds,person=0.7,3=0.3,traffic\ light=(float)0.9"#;
    let (mut rig, _labels) = rig("class", &format!("class-thresholds={text}"));
    assert_eq!(kept(&mut rig, &entries), [95, 55, 35]);
    assert_eq!(rig.stat("dropped-below-threshold"), 3);

    let text = "thresholds, person=(double)0.96, traffic light=0.8;";
    rig.element.set_property("class-thresholds", text);
    assert_eq!(
        rig.element.property::<Option<String>>("class-thresholds"),
        Some(text.to_owned())
    );
    assert_eq!(kept(&mut rig, &entries), [85, 55]);

    let warning = refused(&rig, "class-thresholds", "persn=0.5");
    for part in ["not changed", "class-thresholds", "\"persn\"", "\"person\""] {
        assert!(warning.contains(part), "{part} missing in: {warning}");
    }
    assert_eq!(kept(&mut rig, &entries), [85, 55]);
    rig.element.set_property("class-thresholds", None::<&str>);
    assert_eq!(kept(&mut rig, &entries), [95, 85, 65, 55]);
}

#[test]
fn source_thresholds_and_their_precedence() {
    let entries = [
        (0.85, 1.0, cell(0)),
        (0.65, 1.0, cell(1)),
        (0.75, 2.0, cell(2)),
        (0.45, 2.0, cell(3)),
    ];
    let (mut rig, _labels) = rig(
        "source",
        "class-thresholds=person=0.6 source-thresholds=thresholds,1=0.7,2=0.4,2/person=0.8",
    );
    // Sources are numbered as the frames; the order of metas in the batch does not matter.
    let batch = || {
        buffer(4, |locked, frames| {
            for frame in frames {
                locked
                    .add_tensor_to_frame(frame, &ssd(5, &entries))
                    .unwrap();
            }
        })
    };
    let all = |out: &gst::BufferRef| (0..4).map(|i| scores(out, i)).collect::<Vec<_>>();
    let out = rig.process(batch());
    assert_eq!(
        all(&out),
        [
            vec![85, 75, 65], // person 0.6, others 0.5
            vec![85, 75, 65], // person 0.6, others 0.7
            vec![85, 75, 45], // person 0.8, others 0.4
            vec![85, 75, 65],
        ]
    );
    rig.element
        .set_property("source-thresholds", "3=0.8,0/2=0.2");
    rig.element.set_property("class-thresholds", "");
    let out = rig.process(batch());
    assert_eq!(
        all(&out),
        [
            vec![85, 75, 65, 45],
            vec![85, 75, 65],
            vec![85, 75, 65],
            vec![85]
        ]
    );
    // score-threshold holds where no other does.
    rig.element.set_property("score-threshold", 0.9_f32);
    let out = rig.process(batch());
    assert_eq!(all(&out), [vec![75, 45], vec![], vec![], vec![85]]);

    let warning = refused(&rig, "source-thresholds", "camera=0.5");
    assert!(warning.contains("source_id"), "{warning}");
    let out = rig.process(batch());
    assert_eq!(all(&out), [vec![75, 45], vec![], vec![], vec![85]]);
}

#[test]
fn class_ids_by_number_and_label() {
    let entries: Vec<_> = (0..5)
        .map(|i| (0.9 - i as f32 / 10.0, i as f32, cell(i)))
        .collect();
    let (mut rig, _labels) = rig("ids", "class-ids=1,car");
    rig.element.set_property("score-threshold", 0.0_f32);
    assert_eq!(kept(&mut rig, &entries), [80, 60]);
    assert_eq!(rig.stat("dropped-not-allowed"), 3);
    rig.element.set_property("class-ids", "traffic light; 2");
    assert_eq!(kept(&mut rig, &entries), [70, 50]);
    let warning = refused(&rig, "class-ids", "1,9");
    assert!(warning.contains("class 9 has no line"), "{warning}");
    assert_eq!(kept(&mut rig, &entries), [70, 50]);
    rig.element.set_property("class-ids", "");
    assert_eq!(kept(&mut rig, &entries).len(), 5);
}

#[test]
fn a_label_offset_that_no_label_survives_is_refused() {
    let (mut rig, _labels) = rig("offset", "class-ids=unlabeled,person");
    let entries = [
        (0.9, 1.0, cell(0)),
        (0.8, 2.0, cell(1)),
        (0.7, 3.0, cell(2)),
    ];
    assert_eq!(kept(&mut rig, &entries), [90]);
    rig.element.set_property("label-offset", -1);
    assert_eq!(kept(&mut rig, &entries), [90, 80]);
    rig.element.set_property("label-offset", 1);
    assert_eq!(rig.element.property::<i32>("label-offset"), -1);
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("label-offset is 1"), "{warnings:?}");
    assert_eq!(kept(&mut rig, &entries), [90, 80]);
}

#[test]
fn texts_that_cannot_be_used_do_not_start() {
    for (properties, part) in [
        (
            "class-thresholds=persn=0.5",
            "class-thresholds: no class is labelled \"persn\"",
        ),
        (
            "class-thresholds=person=5",
            "5 of \"person\" is not within 0 to 1",
        ),
        ("class-thresholds=person", "\"person\" has no threshold"),
        (
            "source-thresholds=1/persn=0.5",
            "source-thresholds: no class",
        ),
        (
            "class-ids=1,persn",
            "class-ids: no class is labelled \"persn\"",
        ),
        ("class-ids=5", "class-ids: class 5 has no line"),
        ("class-ids=person labels-file=\"\"", "labels-file: set it"),
    ] {
        let error = start_error(properties);
        assert!(error.contains(part), "{properties}: {error}");
    }
}

/// What was wrong can be put right without a new element.
#[test]
fn an_element_starts_after_its_setting_is_put_right() {
    init();
    let element = gst::ElementFactory::make("rsssdparser")
        .property("class-ids", "person")
        .build()
        .unwrap();
    assert!(element.set_state(gst::State::Paused).is_err());
    element.set_state(gst::State::Null).unwrap();
    element.set_property("class-ids", "1");
    element.set_state(gst::State::Paused).unwrap();
    element.set_state(gst::State::Null).unwrap();
}

/// A ramp from 0 to 1 over ten seconds.
#[test]
fn score_threshold_follows_a_controller() {
    let mut rig = Rig::new("rsssdparser");
    let source = gst_controller::InterpolationControlSource::new();
    source.set_mode(gst_controller::InterpolationMode::Linear);
    assert!(source.set(gst::ClockTime::ZERO, 0.0));
    assert!(source.set(gst::ClockTime::from_seconds(10), 1.0));
    let binding =
        gst_controller::DirectControlBinding::new(&rig.element, "score-threshold", &source);
    rig.element.add_control_binding(&binding).unwrap();

    let entries: Vec<_> = (0..10)
        .map(|i| (0.05 + i as f32 / 10.0, 1.0, cell(i)))
        .collect();
    for (second, expected) in [(0, 10), (3, 7), (8, 2), (5, 5), (20, 0)] {
        let mut buffer = frame_with(&ssd(5, &entries));
        let time = gst::ClockTime::from_seconds(second);
        buffer.get_mut().unwrap().set_pts(time);
        let out = rig.process(buffer);
        assert_eq!(objects(&out)[0].len(), expected, "{time}");
        let now: f32 = rig.element.property("score-threshold");
        assert!(
            (now - (second as f32 / 10.0).min(1.0)).abs() < 1e-3,
            "{time}: {now}"
        );
    }
    // A class's own threshold goes before it in any case.
    rig.element.set_property("class-thresholds", "1=0.5");
    let mut buffer = frame_with(&ssd(5, &entries));
    buffer
        .get_mut()
        .unwrap()
        .set_pts(gst::ClockTime::from_seconds(9));
    let out = rig.process(buffer);
    assert_eq!(objects(&out)[0].len(), 5);
    assert!(rig.element.remove_control_binding(&binding));
    rig.element.set_property("score-threshold", 0.25_f32);
    rig.element.set_property("class-thresholds", "");
    let out = rig.process(frame_with(&ssd(5, &entries)));
    assert_eq!(objects(&out)[0].len(), 8);
}

#[test]
fn edge_policies() {
    // y_min, x_min, y_max, x_max: inside, across the left and upper edge, outside.
    let entries = [
        (0.9, 1.0, [0.25, 0.25, 0.5, 0.5]),
        (0.8, 2.0, [-0.25, -0.25, 0.25, 0.125]),
        (0.7, 3.0, [0.5, 1.25, 0.75, 1.5]),
    ];
    let inside = [480, 270, 480, 270];
    let mut rig = Rig::new("rsssdparser");
    assert_eq!(rects(&mut rig, &entries), [inside, [0, 0, 240, 270]]);
    rig.element.set_property_from_str("edge-policy", "keep");
    assert_eq!(rects(&mut rig, &entries), [inside, [-480, -270, 720, 540]]);
    rig.element.set_property_from_str("edge-policy", "drop");
    assert_eq!(rects(&mut rig, &entries), [inside]);
    assert_eq!(
        (rig.stat("dropped-edge"), rig.stat("dropped-outside")),
        (1, 3)
    );

    let mut rig = Rig::new("rsssdparser edge-policy=keep");
    let out = rig.process(frame_with(&ssd(5, &entries)));
    // Text offsets are unsigned: they stay inside the frame.
    assert_eq!(objects(&out)[0][1].text_at, (0, 0));
    let mut rig = Rig::new("rsssdparser edge-policy=drop");
    assert_eq!(rects(&mut rig, &entries), [inside]);
}

/// The display element computes with C integers.
#[test]
fn kept_boxes_stay_within_bounds() {
    let mut rig = Rig::new("rsssdparser edge-policy=keep");
    let huge = [(0.9, 1.0, [-3e38, -1e9, 3e38, 1e9])];
    let [left, top, width, height] = rects(&mut rig, &huge)[0];
    assert_eq!((left, top), (-32768, -32768));
    assert_eq!((width, height), (1920 + 65536, 1080 + 65536));
    let bad = [(0.9, 1.0, [f32::NEG_INFINITY, 0.0, 1.0, f32::NAN])];
    assert!(rects(&mut rig, &bad).is_empty());
}

#[test]
fn largest_sizes() {
    // 192x216, 384x108 and 576x540 pixels.
    let entries = [
        (0.9, 1.0, [0.0, 0.0, 0.2, 0.1]),
        (0.8, 2.0, [0.3, 0.3, 0.4, 0.5]),
        (0.7, 3.0, [0.5, 0.5, 1.0, 0.8]),
    ];
    let mut rig = Rig::new("rsssdparser max-width=400");
    assert_eq!(kept(&mut rig, &entries), [90, 80]);
    rig.element.set_property("max-width", 0_u32);
    assert_eq!(kept(&mut rig, &entries), [90, 80, 70]);
    rig.element.set_property("max-height", 200_u32);
    assert_eq!(kept(&mut rig, &entries), [80]);
    rig.element.set_property("max-height", 300_u32);
    rig.element.set_property("max-width", 200_u32);
    assert_eq!(kept(&mut rig, &entries), [90]);
    assert_eq!(rig.stat("dropped-too-large"), 5);
}

#[test]
fn modes_of_suppression() {
    let entries = [
        (0.9, 1.0, [0.1, 0.1, 0.3, 0.3]),
        (0.8, 1.0, [0.1, 0.1, 0.3, 0.31]),
        (0.7, 2.0, [0.1, 0.1, 0.3, 0.3]),
    ];
    let mut rig = Rig::new("rsssdparser nms-mode=agnostic");
    assert_eq!(kept(&mut rig, &entries), [90]);
    rig.element.set_property_from_str("nms-mode", "none");
    assert_eq!(kept(&mut rig, &entries), [90, 80, 70]);
    rig.element.set_property_from_str("nms-mode", "per-class");
    assert_eq!(kept(&mut rig, &entries), [90, 70]);
}

#[test]
fn top_k_per_class_and_of_all() {
    let entries: Vec<_> = (0..8)
        .map(|i| (0.95 - i as f32 / 20.0, (i / 5) as f32, cell(i)))
        .collect();
    let mut rig = Rig::new("rsssdparser top-k-per-class=2");
    assert_eq!(kept(&mut rig, &entries), [95, 90, 70, 65]);
    rig.element.set_property("top-k", 3_u32);
    assert_eq!(kept(&mut rig, &entries), [95, 90, 70]);
    rig.element.set_property("top-k-per-class", 0_u32);
    assert_eq!(kept(&mut rig, &entries), [95, 90, 85]);
    assert_eq!(
        (
            rig.stat("dropped-top-k-per-class"),
            rig.stat("dropped-top-k")
        ),
        (8, 1 + 5)
    );
}

/// SDKs before 7.1 have no symmetric-padding in the metadata, so it reads as right-bottom.
#[test]
fn padding_where_the_metadata_does_not_tell_it() {
    // A full HD frame in 300x300 is 300x168 pixels; symmetric bars are 66 pixels high.
    let whole = |top: f32| [(0.9, 1.0, [top / 300.0, 0.0, (top + 168.0) / 300.0, 1.0])];
    let symmetric = ssd(5, &whole(66.0)).padding(true, false);
    let frame = [0, 0, 1920, 1080];
    let rects = |rig: &mut Rig, tensor: &nvds::NewTensorMeta| {
        let out = rig.process(frame_with(tensor));
        objects(&out)[0][0].rect.map(|side| side.round() as i32)
    };
    let mut rig = Rig::new("rsssdparser");
    let wrong = rects(&mut rig, &symmetric);
    assert_ne!(wrong, frame);
    rig.element.set_property_from_str("padding", "symmetric");
    assert_eq!(rects(&mut rig, &symmetric), frame);
    rig.element.set_property_from_str("padding", "right-bottom");
    // Before 6.1 not even that there are bars is told.
    assert_eq!(rects(&mut rig, &symmetric) == wrong, release_has(6, 1));
    let right_bottom = ssd(5, &whole(0.0)).padding(true, true);
    assert_eq!(rects(&mut rig, &right_bottom), frame);
    rig.element.set_property_from_str("padding", "stretch");
    let stretched = ssd(5, &[(0.9, 1.0, [0.0, 0.0, 1.0, 1.0])]).padding(true, true);
    assert_eq!(rects(&mut rig, &stretched), frame);
    rig.element.set_property_from_str("padding", "auto");
    let told = ssd(5, &whole(66.0)).padding(true, true);
    assert_eq!(rects(&mut rig, &told) == frame, padding_is_told());
}

fn explanations(rig: &Rig) -> Vec<gst::Structure> {
    rig.messages(gst::MessageType::Element)
        .iter()
        .map(|message| message.structure().unwrap().to_owned())
        .collect()
}

fn entries(explanation: &gst::Structure) -> Vec<gst::Structure> {
    let entries: gst::Array = explanation.get("entries").unwrap();
    entries.iter().map(|entry| entry.get().unwrap()).collect()
}

#[test]
fn explanations_tell_why() {
    let (mut rig, _labels) = rig("explain", "explain=true class-ids=1,2,3 top-k-per-class=1");
    let list = [
        (0.9, 1.0, [0.1, 0.1, 0.5, 0.5]),
        (0.8, 1.0, [0.1, 0.1, 0.5, 0.3]),
        (0.7, 1.0, [0.6, 0.6, 0.9, 0.9]),
        (0.4, 3.0, [0.1, 0.1, 0.5, 0.5]),
        (0.6, 4.0, [0.1, 0.1, 0.5, 0.5]),
        (0.05, 2.0, [0.1, 0.1, 0.5, 0.5]),
        (f32::NAN, 2.0, [0.1, 0.1, 0.5, f32::NAN]),
    ];
    let out = rig.process(buffer(2, |locked, frames| {
        locked
            .add_tensor_to_frame(&frames[1], &ssd(5, &list))
            .unwrap();
    }));
    assert_eq!(scores(&out, 1), [90]);
    let told = explanations(&rig);
    assert_eq!(told.len(), 1, "{told:?}");
    let told = &told[0];
    assert_eq!(told.name(), "rsssdparser-explanation");
    assert_eq!(told.get::<i32>("frame"), Ok(101));
    assert_eq!(told.get::<u32>("source"), Ok(1));
    assert_eq!(told.get::<u32>("pad-index"), Ok(1));
    assert_eq!(told.get::<u64>("pts"), Ok(40_000_000));
    assert_eq!(told.get::<u32>("unique-id"), Ok(5));
    assert_eq!(told.get::<u64>("candidates"), Ok(7));
    assert_eq!(told.get::<u64>("kept"), Ok(1));
    assert_eq!(told.get::<u32>("omitted"), Ok(0));
    let told = entries(told);
    let outcomes: Vec<_> = told
        .iter()
        .map(|e| {
            (
                e.get::<u32>("entry").unwrap(),
                e.get::<String>("outcome").unwrap(),
            )
        })
        .collect();
    let expected = [
        (6, "non-finite"),
        (0, "kept"),
        (1, "nms"),
        (2, "top-k-per-class"),
        (4, "not-allowed"),
        (3, "below-threshold"),
    ];
    assert_eq!(
        outcomes,
        expected.map(|(entry, text)| (entry, text.to_owned()))
    );
    assert_eq!(told[0].get::<f32>("left").ok(), None);
    assert_eq!(told[1].get::<String>("label").unwrap(), "person");
    assert_eq!(told[1].get::<i32>("class"), Ok(1));
    assert_eq!(told[1].get::<f32>("score"), Ok(0.9));
    let near = |field, expected: f32| (told[1].get::<f32>(field).unwrap() - expected).abs() < 0.01;
    assert!(near("left", 192.0) && near("top", 108.0));
    assert!(near("width", 768.0) && near("height", 432.0));
    assert_eq!(told[2].get::<u32>("by"), Ok(0));
    assert!((told[2].get::<f32>("iou").unwrap() - 0.5).abs() < 0.01);
    assert_eq!(told[5].get::<f32>("threshold"), Ok(0.5));
}

#[test]
fn explaining_is_switched_while_playing_and_changes_nothing() {
    let mut rig = Rig::new("rsssdparser");
    let list: Vec<_> = (0..600)
        .map(|i| (0.3 + i as f32 / 1000.0, (i / 100) as f32, cell(i % 100)))
        .collect();
    let plain = kept(&mut rig, &list);
    assert!(explanations(&rig).is_empty());
    rig.element.set_property("explain", true);
    assert_eq!(kept(&mut rig, &list), plain);
    let told = explanations(&rig);
    assert_eq!(told.len(), 1);
    // So many are too many for a message: the best are in it.
    assert_eq!(told[0].get::<u32>("omitted"), Ok(100));
    let told = entries(&told[0]);
    assert_eq!(told.len(), 500);
    assert!(told.iter().all(|e| e.get::<f32>("score").unwrap() > 0.395));

    rig.element.set_property("explain-floor", 0.85_f32);
    assert_eq!(kept(&mut rig, &list), plain);
    let told = explanations(&rig);
    assert_eq!(entries(&told[0]).len(), 50);
    let stats = rig.stat("candidates");
    assert_eq!(stats, 3 * 600);

    rig.element.set_property("explain", false);
    assert_eq!(kept(&mut rig, &list), plain);
    assert!(explanations(&rig).is_empty());
}

/// Properties read from a handler of the warning that a bad setting causes.
#[test]
fn a_handler_of_the_warning_may_read_properties() {
    let (rig, _labels) = rig("handler", "class-ids=1");
    let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
    let (element, inner) = (rig.element.clone(), seen.clone());
    rig.bus.set_sync_handler(move |_, message| {
        if message.type_() == gst::MessageType::Warning {
            let ids: Option<String> = element.property("class-ids");
            *inner.lock().unwrap() = ids;
        }
        gst::BusSyncReply::Drop
    });
    rig.element.set_property("class-ids", "nobody");
    assert_eq!(seen.lock().unwrap().as_deref(), Some("1"));
    rig.bus.unset_sync_handler();
}

/// Every line that the documentation shows parses a frame.
#[test]
fn documented_lines_run() {
    let text = include_str!("../docs/rsssdparser.md");
    let coco = TempFile::new(
        "policy-documented",
        format!("{LABELS}{}", "other\n".repeat(20)),
    );
    let mut lines = 0;
    for block in text.split("```launch\n").skip(1) {
        let line = block.split("```").next().unwrap();
        let mut rig = Rig::new(&line.trim().replace("labels.txt", coco.path()));
        let out = rig.process(frame_with(&ssd(5, &[(0.95, 1.0, [0.2, 0.2, 0.6, 0.5])])));
        assert_eq!(objects(&out)[0].len(), 1, "{line}");
        assert!(rig.warnings().is_empty(), "{line}");
        lines += 1;
    }
    assert!(lines >= 8, "{lines}");
}

/// What the documentation says of properties is what the element has.
#[test]
fn documentation_names_every_outcome_and_choice() {
    let text = include_str!("../docs/rsssdparser.md");
    let rig = Rig::new("rsssdparser");
    let stats: gst::Structure = rig.element.property("stats");
    let dropped: Vec<_> = stats
        .fields()
        .filter(|f| f.starts_with("dropped-"))
        .collect();
    assert!(dropped.len() > 10, "{dropped:?}");
    for name in dropped {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
    for property in ["edge-policy", "nms-mode", "padding"] {
        let spec = rig.element.find_property(property).unwrap();
        let class = glib::EnumClass::with_type(spec.value_type()).unwrap();
        for value in class.values() {
            assert!(
                text.contains(&format!("`{}`", value.nick())),
                "{property}={}",
                value.nick()
            );
        }
    }
}
