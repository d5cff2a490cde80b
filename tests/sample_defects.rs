//! What is wrong in NVIDIA's Python sample deepstream-ssd-parser, one test for each defect, named after
//! it, with the elements that take the sample's place.
//!
//! The same on tensors alone is in `nvds-decode/tests/tf_od.rs`, module `sample`.

mod common;

use common::*;

fn own_type(number: i32) -> nvds::UserMetaType {
    nvds::UserMetaType::new(number).unwrap()
}

fn rig(properties: &str) -> Rig {
    Rig::new(&format!("rsssdparser {properties}"))
}

/// The sample did not step over a user meta of another kind.
#[test]
fn endless_loop_on_user_metas_of_another_kind() {
    let mut rig = rig("");
    let out = rig.process(buffer(1, |locked, frames| {
        locked
            .add_user_meta_to_frame(&frames[0], own_type(9000), Box::new(1_u8))
            .unwrap();
        locked
            .add_tensor_to_frame(&frames[0], &ssd(5, &[(0.9, 3.0, cell(11))]))
            .unwrap();
        locked
            .add_user_meta_to_frame(&frames[0], own_type(9001), Box::new(2_u8))
            .unwrap();
    }));
    assert_eq!(objects(&out)[0].len(), 1);
}

/// The sample passed the key to list.sort by position, which raised a TypeError as soon as more than
/// top-k boxes were left.
#[test]
fn sort_type_error_with_more_boxes_than_top_k() {
    let mut rig = rig("top-k=20");
    let entries: Vec<_> = (0..50)
        .map(|i| (0.5 + i as f32 / 128.0, 1.0, cell(i)))
        .collect();
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let seen = &objects(&out)[0];
    assert_eq!(seen.len(), 20);
    let best = entries[30..].iter().map(|e| e.0).collect::<Vec<_>>();
    assert!(seen.iter().all(|s| best.contains(&s.confidence)));
    assert_eq!(rig.stat("dropped-top-k"), 30);
}

/// The sample gave classes past the end the label 0 and let negative ones wrap to the end.
#[test]
fn labels_out_of_range_of_the_file() {
    let labels = TempFile::new("range", "unlabeled\nperson\n");
    let mut rig = rig(&format!("labels-file={}", labels.path()));
    let classes = [1.0, 2.0, -1.0, f32::NAN, f32::INFINITY, 1e20, 0.0];
    let entries: Vec<_> = (0..)
        .zip(classes)
        .map(|(i, class)| (0.9, class, cell(i)))
        .collect();
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let classes: Vec<_> = objects(&out)[0].iter().map(|s| s.class_id).collect();
    assert_eq!(classes.len(), 2);
    assert!(classes.contains(&0) && classes.contains(&1));
    assert_eq!(rig.stat("candidates"), 7);
    assert_eq!(rig.stat("objects"), 2);
}

/// The sample passed the two minimums in swapped order.
#[test]
fn minimum_width_and_height_swapped() {
    // 192 x 54 and 96 x 108 pixels.
    let entries = [
        (0.9, 1.0, [0.0, 0.0, 0.05, 0.1]),
        (0.9, 1.0, [0.5, 0.5, 0.6, 0.55]),
    ];
    for (property, height) in [("min-width=100", 54.0_f32), ("min-height=100", 108.0)] {
        let mut rig = rig(property);
        let out = rig.process(frame_with(&ssd(5, &entries)));
        let seen = &objects(&out)[0];
        assert_eq!(seen.len(), 1, "{property}");
        assert!((seen[0].rect[3] - height).abs() < 0.01, "{property}");
    }
}

/// The sample parsed the tensors of any network.
#[test]
fn tensors_of_another_network_parsed() {
    for (property, ids) in [("unique-id=0", vec![1, 2]), ("unique-id=2", vec![2])] {
        let mut rig = rig(property);
        let out = rig.process(buffer(1, |locked, frames| {
            locked
                .add_tensor_to_frame(&frames[0], &ssd(1, &[(0.9, 1.0, cell(0))]))
                .unwrap();
            locked
                .add_tensor_to_frame(&frames[0], &ssd(2, &[(0.9, 1.0, cell(1))]))
                .unwrap();
        }));
        let mut found: Vec<_> = objects(&out)[0].iter().map(|s| s.unique_id).collect();
        found.sort_unstable();
        assert_eq!(found, ids, "{property}");
    }
}

/// The sample set bInferDone on every frame, which tells a tracker that nothing was there.
#[test]
fn frames_without_tensors_marked_as_inferred() {
    let mut rig = rig("");
    let out = rig.process(buffer(4, |locked, frames| {
        locked
            .add_tensor_to_frame(
                &frames[0],
                &ssd(5, &[(0.9, 1.0, cell(0)), (0.8, 2.0, cell(1))]),
            )
            .unwrap();
        locked
            .add_tensor_to_frame(&frames[2], &ssd(5, &[(0.1, 1.0, cell(0))]))
            .unwrap();
        locked
            .add_tensor_to_frame(&frames[3], &ssd(5, &[(0.9, 7.0, cell(5))]))
            .unwrap();
    }));
    assert_eq!(infer_done(&out), [true, false, true, true]);
    let counts: Vec<_> = objects(&out).iter().map(Vec::len).collect();
    assert_eq!(counts, [2, 0, 0, 1]);
    assert_eq!(objects(&out)[3][0].class_id, 7);
    assert_eq!((rig.stat("frames"), rig.stat("tensors")), (4, 3));
}

/// int(NaN) raised a ValueError in the sample, which nothing caught.
#[test]
fn nan_class_raised_an_error() {
    let mut rig = rig("");
    let entries = [(0.9, f32::NAN, cell(0)), (0.8, 1.0, cell(1))];
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let seen = &objects(&out)[0];
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].class_id, 1);
    assert_eq!(rig.stat("dropped-non-finite"), 1);
    assert!(rig.warnings().is_empty());
}

/// The sample cut the last character of every line of the label file, newline or not.
#[test]
fn last_label_cut_short() {
    let labels = TempFile::new("defect-newline", "unlabeled\nperson");
    let mut rig = rig(&format!("labels-file={}", labels.path()));
    let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, cell(0))])));
    assert_eq!(objects(&out)[0][0].label, "person");
}

/// A label has room for 127 bytes in the metadata. The sample left it to others to see to that.
#[test]
fn label_buffer_overflow() {
    // Characters of two bytes, of which the 64th would end at byte 128.
    let long = "é".repeat(100);
    let labels = TempFile::new("defect-label", format!("unlabeled\n{long}\n"));
    let mut rig = rig(&format!("labels-file={}", labels.path()));
    let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, cell(0))])));
    let seen = &objects(&out)[0][0];
    assert_eq!(seen.label, "é".repeat(63));
    assert_eq!(seen.text, format!("{long} 0.900"));
    // What follows the label in memory is as it should be.
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let object = batch.frames().next().unwrap().objects().next().unwrap();
    assert!(object.parent().is_none());
}

/// A missing layer was one line on stderr for every frame, and a pipeline without objects.
#[test]
fn missing_layer_told_to_stderr_alone() {
    let mut rig = rig("");
    let mut layers = ssd_layers(&[(0.9, 1.0, cell(0))]);
    layers.remove(1);
    let frame = frame_with(&tensor(5, layers));
    assert_eq!(rig.push(frame), Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(error.contains("detection_scores"), "{error}");
}

/// An exception in the sample's probe lost the frame's objects, and those of all frames after it in
/// the batch, without a word on the bus.
#[test]
fn frames_dropped_in_silence() {
    let mut rig = rig("");
    let good = ssd(5, &[(0.9, 1.0, cell(0))]);
    let mut layers = ssd_layers(&[(0.9, 1.0, cell(0))]);
    layers[1] = layer("detection_scores", &[1, 1, 7], &[0.9; 7]);
    let bad = tensor(5, layers);
    rig.process(frame_with(&good));
    let out = rig.process(buffer(3, |locked, frames| {
        locked.add_tensor_to_frame(&frames[0], &good).unwrap();
        locked.add_tensor_to_frame(&frames[1], &bad).unwrap();
        locked.add_tensor_to_frame(&frames[2], &good).unwrap();
    }));
    let counts: Vec<_> = objects(&out).iter().map(Vec::len).collect();
    assert_eq!(counts, [1, 0, 1]);
    assert_eq!(infer_done(&out), [true, false, true]);
    assert_eq!(rig.stat("bad-tensors"), 1);
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("unique-id 5"), "{warnings:?}");
}

/// The sample took every frame for one of 1920x1080, in sizes and in limits.
#[test]
fn frame_size_taken_for_a_constant() {
    let mut rig = rig("min-width=150");
    rig.harness
        .set_src_caps_str("video/x-raw,format=RGBA,width=1280,height=720,framerate=25/1");
    // 128 and 256 pixels wide; in full HD both would be wider than 150.
    let entries = [
        (0.9, 1.0, [0.5, 0.0, 0.75, 0.1]),
        (0.8, 1.0, [0.5, 0.5, 0.75, 0.7]),
    ];
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let seen = &objects(&out)[0];
    assert_eq!(seen.len(), 1);
    let rect = seen[0].rect.map(|side| side.round() as i32);
    assert_eq!(rect, [640, 360, 256, 180]);
}

/// The sample made its counters once for each buffer, so a frame's text counted the objects of those
/// before it too.
#[test]
fn counters_accumulate_over_the_frames_of_a_batch() {
    let labels = TempFile::new("defect-counters", "unlabeled\nperson\n");
    let bin = format!(
        "rsssdparser labels-file={} ! rsosdannotate frame-text={{count:person}}",
        labels.path()
    );
    let mut rig = Rig::new(&bin);
    let out = rig.process(buffer(3, |locked, frames| {
        let one = ssd(5, &[(0.9, 1.0, cell(0))]);
        let two = ssd(5, &[(0.9, 1.0, cell(0)), (0.8, 1.0, cell(1))]);
        for (frame, tensor) in frames.iter().zip([&two, &one, &one]) {
            locked.add_tensor_to_frame(frame, tensor).unwrap();
        }
    }));
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let text = |text: nvds::Text<'_>| text.display_text().unwrap().to_str().unwrap().to_owned();
    let texts: Vec<Vec<String>> = batch
        .frames()
        .map(|frame| {
            frame
                .displays()
                .flat_map(|d| d.texts().map(text).collect::<Vec<_>>())
                .collect()
        })
        .collect();
    assert_eq!(texts, [["2"], ["1"], ["1"]]);
}

/// A class beyond the sample's table raised a KeyError in the probe that counts.
#[test]
fn key_error_for_a_class_without_counter() {
    let mut rig = Rig::new("rsssdparser ! rsosdannotate");
    let entries = [
        (0.9, 91.0, cell(0)),
        (0.8, 1.0, cell(1)),
        (0.7, -1.0, cell(2)),
    ];
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let display = frame.displays().next().unwrap();
    let text = display.texts().next().unwrap();
    let text = text.display_text().unwrap().to_str().unwrap();
    assert!(text.contains("Number of Objects=2"), "{text}");
}
