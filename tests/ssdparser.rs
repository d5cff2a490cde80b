//! `rsssdparser` on NVIDIA's metadata library.

mod common;

use common::*;
use gst::prelude::*;
use nvds::DataType;

fn rig(properties: &str) -> Rig {
    Rig::new(&format!("rsssdparser {properties}"))
}

#[test]
fn objects_have_every_field_of_a_stock_detector() {
    let labels = TempFile::new("every-field", "unlabeled\nperson\n");
    let mut rig = rig(&format!("labels-file={}", labels.path()));
    let out = rig.process(frame_with(&ssd(
        5,
        &[(0.9701, 1.0, [0.25, 0.5, 0.75, 0.6])],
    )));
    let seen = &objects(&out)[0];
    assert_eq!(seen.len(), 1);
    let rect = seen[0].rect;
    assert_eq!(
        seen[0],
        Seen {
            class_id: 1,
            confidence: 0.9701,
            label: "person".into(),
            text: "person 0.970".into(),
            text_at: (960, 260),
            rect,
            unique_id: 5,
        }
    );
    for (side, expected) in rect.into_iter().zip([960.0, 270.0, 192.0, 540.0]) {
        assert!((side - expected).abs() < 0.01, "{rect:?}");
    }
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let object = batch.frames().next().unwrap().objects().next().unwrap();
    assert_eq!(object.object_id(), nvds::UNTRACKED_OBJECT_ID);
    assert_eq!(object.detector_rect(), object.rect());
    let params = object.rect_params();
    assert_eq!((params.style.border_width, params.style.fill), (3, None));
    let red = params.style.border_color;
    assert_eq!(
        (red.red, red.green, red.blue, red.alpha),
        (1.0, 0.0, 0.0, 1.0)
    );
    assert_eq!(params.rotation, 0.0);
    let text = object.text();
    assert_eq!(text.font_name().unwrap(), c"Serif");
    assert_eq!(text.font_size(), 10);
    assert_eq!(text.color(), nvds::Color::WHITE);
    assert_eq!(text.background(), Some(nvds::Color::BLACK));
    assert_eq!(infer_done(&out), [true]);
}

#[test]
fn labels_may_leave_the_background_out() {
    let labels = TempFile::new("offset", "person\nbicycle\n");
    let mut rig = rig(&format!("labels-file={} label-offset=-1", labels.path()));
    let entries: Vec<_> = (0..5).map(|i| (0.9, i as f32, cell(i))).collect();
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let mut seen: Vec<_> = objects(&out)[0]
        .iter()
        .map(|s| (s.class_id, s.label.clone()))
        .collect();
    seen.sort();
    assert_eq!(seen, [(1, "person".into()), (2, "bicycle".into())]);
    assert_eq!(rig.stat("dropped-class-out-of-range"), 3);
    assert_eq!(rig.stat("objects"), 2);
}

#[test]
fn without_labels_the_class_is_the_label() {
    let mut rig = rig("");
    let out = rig.process(frame_with(&ssd(5, &[(0.75, 17.0, cell(0))])));
    assert_eq!(objects(&out)[0][0].text, "17 0.750");
}

#[test]
fn numbers_that_are_none_are_dropped() {
    let mut rig = rig("");
    let nan = f32::NAN;
    let out = rig.process(frame_with(&ssd(
        5,
        &[
            (nan, 1.0, cell(0)),
            (0.9, 1.0, [nan, 0.1, 0.2, 0.3]),
            (0.9, 1.0, [0.1, f32::INFINITY, 0.2, f32::NEG_INFINITY]),
            (0.9, 1.0, cell(3)),
        ],
    )));
    assert_eq!(objects(&out)[0].len(), 1);
    assert_eq!(rig.stat("dropped-non-finite"), 3);
}

#[test]
fn a_count_that_is_no_number_warns_once() {
    let mut rig = rig("");
    for _ in 0..3 {
        let mut layers = ssd_layers(&[(0.9, 1.0, cell(0))]);
        layers[0] = layer("num_detections", &[1], &[f32::NAN]);
        let out = rig.process(frame_with(&tensor(5, layers)));
        assert!(objects(&out)[0].is_empty());
        assert_eq!(infer_done(&out), [true]);
    }
    assert_eq!(rig.warnings().len(), 1);
}

/// The sample used one frame size for all; boxes are clipped to the frame and shrink.
#[test]
fn boxes_are_clipped_to_the_frame() {
    let mut rig = rig("");
    let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, [-0.1, -0.5, 0.5, 0.25])])));
    let [left, top, width, height] = objects(&out)[0][0].rect;
    assert_eq!((left, top), (0.0, 0.0));
    assert!((width - 480.0).abs() < 0.01 && (height - 540.0).abs() < 0.01);
    assert_eq!(objects(&out)[0][0].text_at, (0, 0));
}

#[test]
fn overlapping_boxes_of_one_class_are_merged() {
    let mut rig = rig("");
    let entries = [
        (0.8, 1.0, [0.1, 0.1, 0.3, 0.3]),
        (0.9, 1.0, [0.1, 0.1, 0.3, 0.31]),
        (0.7, 2.0, [0.1, 0.1, 0.3, 0.3]),
    ];
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let mut kept: Vec<_> = objects(&out)[0]
        .iter()
        .map(|s| (s.class_id, s.confidence))
        .collect();
    kept.sort_by_key(|k| k.0);
    assert_eq!(kept, [(1, 0.9), (2, 0.7)]);
}

#[test]
fn a_leading_batch_dimension_is_understood() {
    let mut rig = rig("");
    let out = rig.process(frame_with(&tensor(
        5,
        vec![
            layer(
                "detection_boxes:0",
                &[1, 2, 4],
                &[cell(0), cell(1)].concat(),
            ),
            layer("detection_scores:0", &[1, 2], &[0.9, 0.8]),
            layer("detection_classes:0", &[1, 2], &[1.0, 2.0]),
            layer("num_detections:0", &[1], &[2.0]),
        ],
    )));
    assert_eq!(objects(&out)[0].len(), 2);
}

#[test]
fn padding_is_undone() {
    // A full HD frame in 300x300 is 300x168 pixels; symmetric bars are 66 pixels high.
    for (symmetric, top) in [(false, 0.0), (true, 66.0 / 300.0)] {
        let padding = match (padding_is_told(), symmetric) {
            (true, _) => "",
            (false, false) => "padding=right-bottom",
            (false, true) => "padding=symmetric",
        };
        let mut rig = rig(padding);
        let bottom = top + 168.0 / 300.0;
        let tensor = ssd(5, &[(0.9, 1.0, [top, 0.0, bottom, 1.0])]).padding(true, symmetric);
        let out = rig.process(frame_with(&tensor));
        let [left, top, width, height] = objects(&out)[0][0].rect;
        assert!(left.abs() < 0.01 && top.abs() < 0.01, "{left} {top}");
        assert!(
            (width - 1920.0).abs() < 0.01 && (height - 1080.0).abs() < 0.01,
            "{width} {height}"
        );
    }
}

/// A full HD frame in 300x300: whether it was stretched matters, and older releases do not tell.
#[test]
fn padding_that_is_not_told_is_warned_of_once() {
    let warnings = |properties: &str| {
        let mut rig = rig(properties);
        for _ in 0..3 {
            rig.process(frame_with(&ssd(5, &[]).padding(true, false)));
        }
        let mut warnings = rig.all_warnings();
        warnings.retain(|text| text.contains("does not tell how frames of 1920x1080"));
        warnings.len()
    };
    assert_eq!(warnings(""), usize::from(!padding_is_told()));
    assert_eq!(warnings("padding=stretch"), 0);
}

#[test]
fn layers_that_are_no_ssd_end_the_pipeline() {
    let mut rig = rig("");
    let not_ssd = tensor(
        3,
        vec![layer("output_cov/Sigmoid", &[4, 34, 60], &[0.0; 8160])],
    );
    rig.process(frame_with(&not_ssd));
    rig.harness.push_event(gst::event::Eos::new());
    let error = rig.error();
    for part in [
        "output_cov/Sigmoid FLOAT [4, 34, 60]",
        "detection_boxes",
        "unique-id",
    ] {
        assert!(error.contains(part), "{part} missing in: {error}");
    }
}

#[test]
fn a_missing_layer_is_named() {
    let mut rig = rig("");
    let mut layers = ssd_layers(&[(0.9, 1.0, cell(0))]);
    layers.remove(1);
    assert_eq!(
        rig.push(frame_with(&tensor(3, layers))),
        Err(gst::FlowError::Error)
    );
    let error = rig.error();
    assert!(error.contains("detection_scores"), "{error}");
}

#[test]
fn a_layer_of_the_wrong_type_is_named() {
    let mut rig = rig("");
    let mut layers = ssd_layers(&[(0.9, 1.0, cell(0))]);
    layers[3] = raw_layer("detection_boxes", DataType::UInt8, &[1, 4], &[0; 4]);
    assert_eq!(
        rig.push(frame_with(&tensor(3, layers))),
        Err(gst::FlowError::Error)
    );
    let error = rig.error();
    assert!(
        error.contains("detection_boxes") && error.contains("UINT8"),
        "{error}"
    );
}

#[test]
fn another_network_beside_the_ssd_is_warned_of_once() {
    let mut rig = rig("");
    for _ in 0..3 {
        let out = rig.process(buffer(1, |locked, frames| {
            // Newest first, so the foreign one comes first.
            locked
                .add_tensor_to_frame(&frames[0], &ssd(1, &[(0.9, 1.0, cell(0))]))
                .unwrap();
            let other = tensor(2, vec![layer("features", &[128], &[0.0; 128])]);
            locked.add_tensor_to_frame(&frames[0], &other).unwrap();
        }));
        assert_eq!(objects(&out)[0].len(), 1);
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("unique-id 2") && warnings[0].contains("features"));
    assert_eq!(rig.stat("bad-tensors"), 3);
}

/// Host memory that nvinfer was told not to fill (disable-output-host-copy).
#[test]
fn a_null_host_pointer_is_warned_of_and_the_frame_passes() {
    let mut rig = rig("");
    for _ in 0..2 {
        let broken = frame_with(&ssd(5, &[(0.9, 1.0, cell(0))]));
        {
            let batch = nvds::Batch::from_buffer(&broken).unwrap().unwrap().lock();
            let frame = batch.frames().next().unwrap();
            let user = frame.user_metas().next().unwrap();
            // SAFETY: the user meta of a tensor holds this struct with four layers.
            unsafe {
                let raw = user.data().cast::<nvds::sys::NvDsInferTensorMeta>();
                *(*raw).out_buf_ptrs_host.add(1) = std::ptr::null_mut();
            }
        }
        let out = rig.process(broken);
        assert_eq!(infer_done(&out), [false]);
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("disable-output-host-copy"),
        "{warnings:?}"
    );
    let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, cell(0))])));
    assert_eq!(objects(&out)[0].len(), 1);
    assert_eq!((rig.stat("bad-tensors"), rig.stat("objects")), (2, 1));
}

/// The sample went on in silence; a buffer without batch passes with one warning.
#[test]
fn a_buffer_without_batch_passes() {
    let mut rig = rig("");
    for _ in 0..2 {
        rig.process(gst::Buffer::from_slice([1_u8; 4]));
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("nvstreammux"), "{warnings:?}");
}

#[test]
fn settings_change_while_playing() {
    let mut rig = rig("");
    let entries = [(0.9, 1.0, cell(0)), (0.6, 1.0, cell(1))];
    let out = rig.process(frame_with(&ssd(5, &entries)));
    assert_eq!(objects(&out)[0].len(), 2);
    rig.element.set_property("score-threshold", 0.7_f32);
    let out = rig.process(frame_with(&ssd(5, &entries)));
    assert_eq!(objects(&out)[0].len(), 1);
}

#[test]
fn a_missing_labels_file_is_named() {
    init();
    let element = gst::ElementFactory::make("rsssdparser")
        .property("labels-file", "/no/such/labels.txt")
        .build()
        .unwrap();
    let bus = gst::Bus::new();
    element.set_bus(Some(&bus));
    assert!(element.set_state(gst::State::Paused).is_err());
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        unreachable!();
    };
    assert!(
        error.error().to_string().contains("/no/such/labels.txt"),
        "{error:?}"
    );
    element.set_state(gst::State::Null).unwrap();
    element.set_bus(None); // messages hold their source, which holds the bus
}

/// Objects that were there before, of another detector or a parent, stay.
#[test]
fn existing_objects_stay() {
    let mut rig = rig("");
    let out = rig.process(buffer(1, |locked, frames| {
        let old = nvds::NewObject {
            unique_component_id: 9,
            class_id: 0,
            confidence: 1.0,
            rect: nvds::Rect::default(),
            style: nvds::RectStyle::default(),
            label: "old",
            text: None,
        };
        locked.add_object(&frames[0], &old, None).unwrap();
        locked
            .add_tensor_to_frame(&frames[0], &ssd(5, &[(0.9, 1.0, cell(0))]))
            .unwrap();
    }));
    let labels: Vec<_> = objects(&out)[0].iter().map(|s| s.label.clone()).collect();
    assert_eq!(labels, ["old", "1"]);
}

/// Networks with as many outputs as detections deliver empty tensors for an empty frame.
#[test]
fn an_empty_frame_first_is_no_error() {
    let mut rig = rig("");
    let out = rig.process(frame_with(&ssd(5, &[])));
    assert!(objects(&out)[0].is_empty());
    assert_eq!(infer_done(&out), [true]);
    let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, cell(0))])));
    assert_eq!(objects(&out)[0].len(), 1);
    assert!(rig.warnings().is_empty());
}

/// What is dropped anyway must not take the place of an object in the top-k.
#[test]
fn the_background_does_not_count_for_top_k() {
    let labels = TempFile::new("background", "person\nbicycle\n");
    let mut rig = rig(&format!(
        "labels-file={} label-offset=-1 top-k=1",
        labels.path()
    ));
    let entries = [
        (0.95, 0.0, cell(0)),
        (0.94, 3.0, cell(2)),
        (0.9, 1.0, cell(1)),
    ];
    let out = rig.process(frame_with(&ssd(5, &entries)));
    let seen = &objects(&out)[0];
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].label, "person");
}

#[test]
fn an_empty_label_line_gives_the_number() {
    let labels = TempFile::new("gap", "a\n\nb\n");
    let mut rig = rig(&format!("labels-file={}", labels.path()));
    let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, cell(0))])));
    assert_eq!(objects(&out)[0][0].text, "1 0.900");
}

#[test]
fn ssd_layers_behind_many_others_are_found() {
    let mut rig = rig("");
    let mut layers: Vec<_> = (0..40)
        .map(|i| layer(&format!("aux{i}"), &[1], &[0.0]))
        .collect();
    layers.extend(ssd_layers(&[(0.9, 1.0, cell(0))]));
    let out = rig.process(frame_with(&tensor(5, layers)));
    assert_eq!(objects(&out)[0].len(), 1);
}

/// nvinferserver's copy function leaves the network's size unset: behind a demux it is anything.
#[test]
fn a_network_size_that_cannot_be_is_not_needed() {
    for (width, height) in [(0, 0), (u32::MAX, 300)] {
        let network = nvds::NetworkInfo {
            width,
            height,
            channels: 3,
        };
        let layers = ssd_layers(&[(0.9, 1.0, [0.25, 0.5, 0.75, 0.6])]);
        let producer = nvds::Producer::NvInferServer;
        let tensor = nvds::NewTensorMeta::new(5, network, producer, layers).unwrap();
        let mut rig = rig("");
        let out = rig.process(frame_with(&tensor));
        let rect = objects(&out)[0][0].rect;
        assert!(
            (rect[0] - 960.0).abs() < 0.01 && (rect[3] - 540.0).abs() < 0.01,
            "{rect:?}"
        );
    }
}

/// Caps say NVMM, but the memory holds no surface: the size comes from the caps, with one warning.
#[test]
fn without_a_surface_the_caps_tell_the_size() {
    let mut rig = rig("");
    rig.harness.set_src_caps_str(&format!(
        "video/x-raw(memory:NVMM),format=NV12,width={WIDTH},height={HEIGHT},framerate=25/1"
    ));
    for _ in 0..2 {
        let out = rig.process(frame_with(&ssd(5, &[(0.9, 1.0, [0.25, 0.5, 0.75, 0.6])])));
        assert!((objects(&out)[0][0].rect[0] - 960.0).abs() < 0.01);
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("caps"), "{warnings:?}");
}

/// NVIDIA's own parsers on the same tensors.
#[test]
fn reference_cases() {
    #[derive(serde::Deserialize)]
    struct Expected {
        label: Option<String>,
        text: Option<String>,
        class_id: i32,
        rect: [f32; 4],
        confidence: f32,
        text_x: u32,
        text_y: u32,
    }
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/nvds-decode/tests/data/tf-od");
    let mut checked = 0;
    for case in ["0-12", "20-20"] {
        let bytes = std::fs::read(format!("{data}/tensors-{case}.f32")).unwrap();
        let values: Vec<f32> = bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        let text = std::fs::read_to_string(format!("{data}/expected-{case}.json")).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        // Labels as the reference files name the classes.
        let mut names: Vec<String> = (0..91).map(|i| format!("class{i}")).collect();
        let frames: Vec<Vec<Expected>> =
            serde_json::from_value(expected["python_sample"].clone()).unwrap();
        for object in frames.iter().flatten() {
            if let Some(label) = &object.label {
                names[object.class_id as usize] = label.clone();
            }
        }
        let labels = TempFile::new(&format!("reference-{case}"), names.join("\n"));
        let mut rig = rig(&format!(
            "labels-file={} top-k=20 min-width=32 min-height=32 unique-id=5",
            labels.path()
        ));
        for (frame, expected) in values.chunks_exact(601).zip(&frames) {
            let layers = vec![
                layer("num_detections", &[1], &frame[..1]),
                layer("detection_scores", &[100], &frame[1..101]),
                layer("detection_classes", &[100], &frame[101..201]),
                layer("detection_boxes", &[100, 4], &frame[201..]),
            ];
            let out = rig.process(frame_with(&tensor(5, layers)));
            let mut seen = objects(&out).remove(0);
            assert_eq!(seen.len(), expected.len());
            for e in expected {
                let near = |a: f32, b: f32| (a - b).abs() <= 1.0;
                let at = seen
                    .iter()
                    .position(|s| {
                        s.class_id == e.class_id
                            && s.confidence == e.confidence
                            && s.rect.iter().zip(e.rect).all(|(a, b)| near(*a, b))
                            && near(s.text_at.0 as f32, e.text_x as f32)
                            && near(s.text_at.1 as f32, e.text_y as f32)
                    })
                    .unwrap_or_else(|| panic!("no object at {:?} in {seen:?}", e.rect));
                let s = seen.swap_remove(at);
                if let Some(label) = &e.label {
                    assert_eq!(s.label, *label);
                }
                if let Some(text) = &e.text {
                    assert_eq!(s.text, *text);
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 1000, "{checked}");
}
