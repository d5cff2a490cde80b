//! `rsssdparser` tells what is configured wrongly upstream, and what it counted.

mod common;

use std::sync::{Arc, Mutex};

use common::*;
use gst::prelude::*;
use nvds::{Frame, Locked, NewObject};

fn rig(properties: &str) -> Rig {
    Rig::new(&format!("rsssdparser {properties}"))
}

fn empty_frame() -> gst::Buffer {
    buffer(1, |_, _| ())
}

fn add_object(locked: &Locked<'_>, frame: &Frame<'_>, unique_id: i32) {
    let object = NewObject {
        unique_component_id: unique_id,
        class_id: 1,
        confidence: 0.9,
        rect: nvds::Rect {
            left: 10.0,
            top: 10.0,
            width: 50.0,
            height: 50.0,
        },
        style: nvds::RectStyle::default(),
        label: "old",
        text: None,
    };
    locked.add_object(frame, &object, None).unwrap();
}

fn assert_one(warnings: &[String], parts: &[&str]) {
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in parts {
        assert!(warnings[0].contains(part), "{part} missing in {warnings:?}");
    }
}

#[test]
fn a_stream_without_tensors_is_warned_of_once() {
    let mut rig = rig("");
    for _ in 0..99 {
        rig.process(empty_frame());
    }
    assert!(rig.warnings().is_empty());
    rig.process(empty_frame());
    let parts = [
        "100 buffers",
        "output-tensor-meta=1",
        "output_tensor_meta: true",
    ];
    assert_one(&rig.warnings(), &parts);
    for _ in 0..300 {
        rig.process(empty_frame());
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert!(rig.warnings().is_empty());
}

#[test]
fn a_short_stream_without_tensors_is_warned_of_at_its_end() {
    let mut rig = rig("");
    for _ in 0..3 {
        rig.process(empty_frame());
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert_one(&rig.warnings(), &["3 buffers", "output-tensor-meta=1"]);
    rig.harness.push_event(gst::event::Eos::new());
    assert!(rig.warnings().is_empty());
}

/// nvinfer's own parser ran, so there is inference, but it keeps its tensors to itself.
#[test]
fn inference_without_tensors_is_called_so() {
    let mut rig = rig("");
    rig.process(buffer(1, |locked, frames| {
        locked.set_infer_done(&frames[0])
    }));
    rig.harness.push_event(gst::event::Eos::new());
    let parts = [
        "that an inference element worked on",
        "output-tensor-meta=1",
    ];
    assert_one(&rig.warnings(), &parts);
}

#[test]
fn tensors_of_another_id_only_are_warned_of() {
    let mut rig = rig("unique-id=5");
    for _ in 0..4 {
        rig.process(frame_with(&ssd(3, &[(0.9, 1.0, cell(0))])));
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert_one(
        &rig.warnings(),
        &["unique-id 5", "unique-id 3", "gie-unique-id"],
    );
}

/// nvinfer's interval: most frames have no tensors, and none is marked as inferred.
#[test]
fn skipped_frames_are_no_trouble() {
    let mut rig = rig("");
    for i in 0..250 {
        let buffer = match i % 50 {
            20 => frame_with(&ssd(3, &[(0.9, 1.0, cell(0))])),
            _ => empty_frame(),
        };
        rig.process(buffer);
    }
    // An empty batch, as the mux may push it, has no frame that could have tensors.
    for _ in 0..200 {
        rig.process(buffer(0, |_, _| ()));
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert!(rig.warnings().is_empty());
    let mut idle = self::rig("");
    for _ in 0..200 {
        idle.process(buffer(0, |_, _| ()));
    }
    idle.harness.push_event(gst::event::Eos::new());
    assert!(idle.warnings().is_empty());
}

/// network-type=0: nvinfer attached its objects, and its tensors give them again.
#[test]
fn objects_of_the_same_element_are_warned_of_once() {
    let mut rig = rig("");
    for _ in 0..3 {
        let out = rig.process(buffer(1, |locked, frames| {
            add_object(locked, &frames[0], 4);
            add_object(locked, &frames[0], 3);
            locked
                .add_tensor_to_frame(&frames[0], &ssd(3, &[(0.9, 1.0, cell(0))]))
                .unwrap();
        }));
        assert_eq!(objects(&out)[0].len(), 3);
    }
    let parts = ["objects of unique-id 3", "network-type=100", "other {}"];
    assert_one(&rig.warnings(), &parts);
}

/// The same of a secondary one.
#[test]
fn children_of_the_same_element_are_warned_of() {
    let mut rig = rig("");
    rig.process(buffer(1, |locked, frames| {
        add_object(locked, &frames[0], 1);
        let parent = frames[0].objects().next().unwrap();
        locked
            .add_tensor_to_object(&parent, &ssd(2, &[(0.9, 1.0, cell(0))]))
            .unwrap();
        add_object(locked, &frames[0], 2);
    }));
    assert_one(
        &rig.warnings(),
        &["objects of unique-id 2", "network-type=100"],
    );
}

#[test]
fn objects_of_other_elements_are_no_doubles() {
    let mut rig = rig("");
    rig.process(buffer(2, |locked, frames| {
        add_object(locked, &frames[0], 1);
        let parent = frames[0].objects().next().unwrap();
        locked
            .add_tensor_to_object(&parent, &ssd(2, &[(0.9, 1.0, cell(0))]))
            .unwrap();
        locked
            .add_tensor_to_frame(&frames[0], &ssd(3, &[(0.9, 1.0, cell(0))]))
            .unwrap();
        // Of the next frame, which has no tensors.
        add_object(locked, &frames[1], 3);
        add_object(locked, &frames[1], -1);
    }));
    assert!(rig.warnings().is_empty());
}

fn stats(element: &gst::Element) -> gst::Structure {
    element.property("stats")
}

#[test]
fn times_are_counted_for_each_frame() {
    let mut rig = rig("");
    assert_eq!((rig.stat("time-mean"), rig.stat("time-p99")), (0, 0));
    let entries: Vec<_> = (0..100).map(|i| (0.9, 1.0, cell(i))).collect();
    for _ in 0..20 {
        rig.process(buffer(4, |locked, frames| {
            for frame in frames {
                locked
                    .add_tensor_to_frame(frame, &ssd(3, &entries))
                    .unwrap();
            }
        }));
    }
    let [mean, p50, p99] = ["time-mean", "time-p50", "time-p99"].map(|name| rig.stat(name));
    assert!(p50 > 0 && p50 <= p99, "{p50} {p99}");
    assert!(mean > 100 && mean < 1_000_000_000, "{mean}");
    let counts = ["frames", "tensors", "candidates", "objects"].map(|name| rig.stat(name));
    assert_eq!(counts, [80, 80, 8000, 8000]);
}

/// Stats as they were at each notification.
fn listen(rig: &Rig) -> Arc<Mutex<Vec<u64>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heard);
    rig.element
        .connect_notify(Some("stats"), move |element, _| {
            let frames = stats(element).get("frames").unwrap();
            list.lock().unwrap().push(frames);
        });
    heard
}

#[test]
fn stats_are_told_at_the_end() {
    let mut rig = rig("");
    let heard = listen(&rig);
    for _ in 0..5 {
        rig.process(frame_with(&ssd(3, &[])));
    }
    assert!(heard.lock().unwrap().is_empty());
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(*heard.lock().unwrap(), [5]);
}

#[test]
fn stats_are_told_at_most_once_in_an_interval() {
    let mut rig = rig("stats-interval=3600000");
    let heard = listen(&rig);
    rig.process(frame_with(&ssd(3, &[])));
    rig.process(frame_with(&ssd(3, &[])));
    assert!(heard.lock().unwrap().is_empty());
    rig.element.set_property("stats-interval", 1_u32);
    for frames in 3..6 {
        std::thread::sleep(std::time::Duration::from_millis(2));
        rig.process(frame_with(&ssd(3, &[])));
        assert_eq!(heard.lock().unwrap().last(), Some(&frames));
    }
    assert_eq!(heard.lock().unwrap().len(), 3);
}

/// What a classifier gives.
fn classifier(unique_id: u32) -> nvds::NewTensorMeta {
    tensor(unique_id, vec![layer("softmax", &[1000], &[0.0; 1000])])
}

fn errors(rig: &Rig) -> Vec<String> {
    let text = |message: &gst::Message| match message.view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        _ => unreachable!(),
    };
    let errors = rig.messages(gst::MessageType::Error);
    errors.iter().map(text).collect()
}

/// Another network's tensors, on frames before the first ones of an SSD, ended the pipeline.
#[test]
fn an_ssd_may_start_later_than_another_network() {
    let mut rig = rig("");
    for number in 0..8 {
        let out = rig.process(buffer(1, |locked, frames| {
            let attach = |tensor| locked.add_tensor_to_frame(&frames[0], &tensor).unwrap();
            attach(classifier(6));
            if number >= 3 {
                attach(ssd(5, &[(0.9, 1.0, cell(0))]));
            }
        }));
        assert_eq!(objects(&out)[0].len(), usize::from(number >= 3));
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert_one(
        &rig.warnings(),
        &["unique-id 6 are not parsed", "unique-id if"],
    );
    assert_eq!(errors(&rig), [""; 0]);
}

#[test]
fn tensors_of_no_ssd_end_the_pipeline_in_time_or_at_its_end() {
    let frame = || frame_with(&classifier(6));
    let mut rig = rig("");
    for _ in 0..100 {
        rig.process(frame());
    }
    assert_eq!(errors(&rig), [""; 0]);
    assert_eq!(rig.push(frame()), Err(gst::FlowError::Error));
    let told = errors(&rig);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("not those of an SSD") && told[0].contains("unique-id"),
        "{told:?}"
    );

    let mut short = Rig::new("rsssdparser");
    short.process(frame());
    short.harness.push_event(gst::event::Eos::new());
    assert_eq!(errors(&short).len(), 1);

    // What was asked for by its number is not waited for.
    let mut asked = Rig::new("rsssdparser unique-id=6");
    assert_eq!(asked.push(frame()), Err(gst::FlowError::Error));
}

/// The new value was read back and had no effect.
#[test]
fn settings_of_the_start_are_refused_while_frames_flow() {
    let mut rig = rig("label-offset=0");
    rig.process(frame_with(&ssd(3, &[(0.9, 1.0, cell(0))])));
    rig.element
        .set_property("labels-file", "/no/such/labels.txt");
    assert_eq!(rig.element.property::<Option<String>>("labels-file"), None);
    assert_one(&rig.warnings(), &["labels-file not changed", "READY"]);
    rig.element.set_property("label-offset", 1);
    assert_eq!(rig.element.property::<i32>("label-offset"), 1);
    assert_eq!(rig.warnings(), [""; 0]);
}
