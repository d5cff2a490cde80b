//! rsanalyticsbridge with GStreamer's analytics library where there is one, and what it says where there is none.
//!
//! `make test-bridge` runs these tests on GStreamer 1.26 and makes sure that none of them is left out.

mod common;

use common::*;
use gst::prelude::*;
use nvds::gst_analytics::*;
use nvds::*;

/// The library, `None` where this GStreamer has none and it is not asked for.
fn library() -> Option<&'static GstAnalytics> {
    init();
    match gst_analytics() {
        Ok(library) => Some(library),
        Err(error) => {
            assert!(
                std::env::var_os("RSNVDS_TEST_GST_ANALYTICS").is_none(),
                "{error}"
            );
            None
        }
    }
}

/// The library with tensors.
fn with_tensors() -> Option<&'static GstAnalytics> {
    library().filter(|library| library.has_tensors().is_ok())
}

fn object(class_id: i32, label: &str, rect: [f32; 4]) -> NewObject<'_> {
    let [left, top, width, height] = rect;
    NewObject {
        unique_component_id: 1,
        class_id,
        confidence: 0.75,
        rect: Rect {
            left,
            top,
            width,
            height,
        },
        style: RectStyle::default(),
        label,
        text: None,
    }
}

const CAR: [f32; 4] = [100.0, 50.0, 200.0, 80.0];

/// A car with a track and a colour, and its plate.
fn fill(locked: &Locked<'_>, frame: &Frame<'_>) {
    let car = locked
        .add_object(frame, &object(2, "car", CAR), None)
        .unwrap();
    locked.set_track(&car, 77, 1.0);
    let labels = [("red", 0.75), ("blue", 0.25)].map(|(text, probability)| NewLabel {
        text,
        class_id: 0,
        label_id: 0,
        probability,
    });
    let classifier = NewClassifier {
        unique_component_id: 5,
        labels: &labels,
    };
    locked.add_classifier(&car, &classifier).unwrap();
    let plate = object(0, "plate", [120.0, 100.0, 30.0, 10.0]);
    locked.add_object(frame, &plate, Some(&car)).unwrap();
}

fn frame() -> gst::Buffer {
    buffer(1, |locked, frames| fill(locked, &frames[0]))
}

/// A buffer as GStreamer's elements have it, with what another one has.
fn plain(library: &GstAnalytics, relations: &Relations) -> gst::Buffer {
    let mut buffer = gst::Buffer::new();
    library.write(buffer.get_mut().unwrap(), relations);
    buffer
}

#[test]
fn a_missing_library_is_named_with_what_to_install() {
    if library().is_some() {
        return; // nvds-sys's own tests look at the text
    }
    let error = start_error("rsanalyticsbridge");
    for part in [
        "libgstanalytics-1.0.so.0, which GStreamer 1.24 and newer have",
        "libgstreamer-plugins-bad1.0-0",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn objects_go_there_and_come_back() {
    let Some(library) = library() else { return };
    let mut rig = Rig::new("rsanalyticsbridge");
    let out = rig.process(frame());
    let told = library.read(&out).unwrap();
    let [car, plate] = &told.objects[..] else {
        panic!("{told:?}");
    };
    let class = |label: &str, confidence| RelatedClass {
        label: Some(label.to_owned()),
        confidence,
    };
    assert_eq!(
        (car.label.as_deref(), car.confidence, car.parent),
        (Some("car"), 0.75, None)
    );
    let rect = PixelRect {
        left: 100,
        top: 50,
        width: 200,
        height: 80,
    };
    assert_eq!(car.rect, rect);
    assert_eq!(car.classes, [[class("red", 0.75), class("blue", 0.25)]]);
    let track = car.track.unwrap();
    assert_eq!(
        (track.id, track.first_seen, track.last_seen, track.lost),
        (77, 0, 0, false)
    );
    assert_eq!(
        (plate.label.as_deref(), plate.parent, plate.track),
        (Some("plate"), Some(0), None)
    );
    let stats = |rig: &Rig| {
        [
            "buffers", "objects", "updated", "classes", "tracks", "tensors",
        ]
        .map(|name| rig.stat(name))
    };
    assert_eq!(stats(&rig), [1, 2, 0, 1, 1, 0]);

    let labels = TempFile::new("bridge-labels.txt", "plate\nperson\ncar\n");
    let launch = format!(
        "rsanalyticsbridge direction=to-nvds unique-id=9 source-id=3 labels-file={}",
        labels.path()
    );
    let mut back = Rig::new(&launch);
    let out = back.process(plain(library, &told));
    assert_eq!(infer_done(&out), [true]);
    {
        let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
        let frame = locked.frames().next().unwrap();
        assert_eq!(
            (
                frame.source_id(),
                frame.frame_num(),
                frame.source_frame_width()
            ),
            (3, 0, WIDTH)
        );
        let objects: Vec<_> = frame.objects().collect();
        let [plate, car] = &objects[..] else {
            panic!("{} objects", objects.len());
        };
        assert_eq!(
            (plate.class_id(), car.class_id(), car.unique_component_id()),
            (0, 2, 9)
        );
        assert_eq!((car.track_id(), plate.track_id()), (Some(77), None));
        assert_eq!(plate.parent().unwrap().address(), car.address());
        let labels: Vec<_> = car
            .classifiers()
            .next()
            .unwrap()
            .labels()
            .map(|l| l.text().into_owned())
            .collect();
        assert_eq!(labels, ["blue", "red"], "the library prepends");
    }
    assert_eq!(stats(&back), [1, 2, 0, 1, 1, 0]);
    assert_eq!((rig.warnings(), back.warnings()), (vec![], vec![]));
}

/// What an element between two bridges adds comes back to the objects that are there.
#[test]
fn what_another_element_adds_comes_back_to_the_object() {
    let Some(library) = library() else { return };
    let mut rig = Rig::new("rsanalyticsbridge direction=to-nvds");
    let mut untracked = buffer(1, |locked, frames| {
        locked
            .add_object(&frames[0], &object(2, "car", CAR), None)
            .unwrap();
    });
    let track = RelatedTrack {
        id: 5,
        first_seen: 0,
        last_seen: 0,
        lost: false,
    };
    let relations = Relations {
        objects: vec![RelatedObject {
            label: Some("car".to_owned()),
            rect: PixelRect {
                left: 100,
                top: 50,
                width: 200,
                height: 80,
            },
            track: Some(track),
            ..RelatedObject::default()
        }],
        classes: vec![],
    };
    library.write(untracked.get_mut().unwrap(), &relations);
    let out = rig.process(untracked);
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().next().unwrap();
    let tracks: Vec<_> = frame
        .objects()
        .map(|o| (o.track_id(), o.confidence()))
        .collect();
    assert_eq!(tracks, [(Some(5), 0.75)]);
    drop(locked);
    assert_eq!((rig.stat("objects"), rig.stat("updated")), (0, 1));
}

/// Turned boxes need GStreamer 1.26, key points 1.30.
#[test]
fn turned_boxes_and_key_points_go_there_as_far_as_gstreamer_has_them() {
    let Some(library) = library() else { return };
    let points = [(110.4, 60.0, 0.5), (150.0, 70.6, 0.25)].map(|(x, y, confidence)| KeyPoint {
        x,
        y,
        confidence,
    });
    let mut rig = Rig::new("rsanalyticsbridge");
    let out = rig.process(buffer(1, |locked, frames| {
        let car = object(2, "car", CAR);
        let car = locked.add_object(&frames[0], &car, None).unwrap();
        let [left, top, width, height] = CAR;
        let rect = Rect {
            left,
            top,
            width,
            height,
        };
        locked.add_corners(&car, Corners::of(&rect, 30.0)).unwrap();
        locked.add_key_points(&car, &points).unwrap();
    }));
    let told = library.read(&out).unwrap();
    let [car] = &told.objects[..] else {
        panic!("{told:?}");
    };
    let angle = 30f32.to_radians();
    let expected = if library.has_tensors().is_ok() {
        angle
    } else {
        0.0
    };
    assert!((car.rotation - expected).abs() < 1e-4, "{car:?}");
    let warnings = rig.warnings();
    if library.has_key_points().is_ok() {
        let pixels = points.map(|point| KeyPoint {
            x: point.x.round(),
            y: point.y.round(),
            ..point
        });
        assert_eq!(car.key_points, pixels);
        assert_eq!(warnings, [""; 0]);
    } else {
        assert_eq!(car.key_points, []);
        assert!(
            warnings.len() == 1 && warnings[0].contains("GStreamer 1.30"),
            "{warnings:?}"
        );
    }
    let mut back = Rig::new("rsanalyticsbridge direction=to-nvds");
    let out = back.process(plain(library, &told));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let object = locked.frames().next().unwrap().objects().next().unwrap();
    assert_eq!(object.key_points(), car.key_points);
    assert_eq!(object.corners().is_some(), expected != 0.0);
}

#[test]
fn a_batch_of_more_frames_is_passed_on_with_a_warning() {
    let Some(library) = library() else { return };
    for direction in ["to-gst", "to-nvds"] {
        let mut rig = Rig::new(&format!("rsanalyticsbridge direction={direction}"));
        for _ in 0..2 {
            let two = buffer(2, |locked, frames| fill(locked, &frames[1]));
            let out = rig.process(two);
            assert_eq!(library.read(&out), None);
            assert_eq!(objects(&out)[1].len(), 2);
        }
        let [warning] = &rig.warnings()[..] else {
            panic!("expected one warning");
        };
        assert!(
            warning.contains("a batch of 2 frames") && warning.contains("nvstreamdemux"),
            "{warning}"
        );
        let stats: gst::Structure = rig.element.property("stats");
        let warnings: gst::Structure = stats.get("warnings").unwrap();
        assert_eq!(warnings.get::<u64>("frames").unwrap(), 2);
    }
}

#[test]
fn a_buffer_that_others_hold_stays_as_it_is() {
    let Some(library) = library() else { return };
    let mut rig = Rig::new("rsanalyticsbridge");
    let held = frame();
    rig.push(held.clone()).unwrap();
    let out = rig.harness.pull().unwrap();
    assert_eq!(library.read(&held), None);
    assert_eq!(library.read(&out).unwrap().objects.len(), 2);
    assert_eq!(objects(&out), objects(&held));
    // Nothing to say, nothing to copy.
    let empty = buffer(1, |_, _| ());
    rig.push(empty.clone()).unwrap();
    assert_eq!(rig.harness.pull().unwrap().as_ptr(), empty.as_ptr());
}

#[test]
fn a_buffer_without_a_batch_is_told_of() {
    if library().is_none() {
        return;
    }
    let mut rig = Rig::new("rsanalyticsbridge");
    rig.process(gst::Buffer::new());
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("no batch metadata and is passed on as it is"),
        "{warnings:?}"
    );
}

#[test]
fn bad_settings_do_not_start() {
    if library().is_none() {
        return;
    }
    for (launch, part) in [
        ("rsanalyticsbridge tensor-names=boxes", "expected layer=id"),
        (
            "rsanalyticsbridge labels-file=/no/such.txt",
            "labels-file /no/such.txt cannot be read",
        ),
    ] {
        let error = start_error(launch);
        assert!(error.contains(part), "{error}");
    }
}

const ENTRIES: [Entry; 2] = [
    (0.9, 1.0, [0.1, 0.1, 0.3, 0.2]),
    (0.8, 0.0, [0.5, 0.5, 0.7, 0.9]),
];

/// Names of layers of the TF object-detection API, as the decoder of GStreamer 1.26 has them.
const NAMES: &str = "tensor-names=num_detections=Gst.Model.ObjectDetector.NumDetections,\
     detection_scores=Gst.Model.ObjectDetector.Scores,\
     detection_classes=Gst.Model.ObjectDetector.Classes,\
     detection_boxes=Gst.Model.ObjectDetector.Boxes";

#[test]
fn tensors_go_there_and_come_back() {
    let Some(library) = with_tensors() else {
        return;
    };
    let mut rig = Rig::new(&format!("rsanalyticsbridge tensors=true {NAMES}"));
    let out = rig.process(frame_with(&ssd(1, &ENTRIES)));
    let tensors: Vec<GstTensor> = library
        .read_tensors(&out)
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let told: Vec<_> = tensors
        .iter()
        .map(|t| (t.id.as_str(), t.data_type, &t.dims[..]))
        .collect();
    let name = |what| format!("Gst.Model.ObjectDetector.{what}");
    let names = ["NumDetections", "Scores", "Classes", "Boxes"].map(name);
    let dims = [&[1][..], &[1, 2], &[1, 2], &[1, 2, 4]];
    for (told, (name, dims)) in told.iter().zip(names.iter().zip(dims)) {
        assert_eq!(*told, (name.as_str(), DataType::Float, dims));
    }
    assert_eq!(
        tensors[1].data.as_slice(),
        [0.9_f32.to_ne_bytes(), 0.8_f32.to_ne_bytes()].concat()
    );
    assert_eq!(rig.stat("tensors"), 4);

    // A decoder of this plugin on tensors of GStreamer's.
    let mut plain = gst::Buffer::new();
    library
        .write_tensors(plain.get_mut().unwrap(), tensors)
        .unwrap();
    let launch = format!("rsanalyticsbridge direction=to-nvds tensors=true {NAMES} ! rsssdparser");
    let mut harness = gst_check::Harness::new_parse(&launch);
    harness.set_src_caps_str("video/x-raw,format=RGBA,width=1920,height=1080,framerate=25/1");
    let out = harness.push_and_pull(plain).unwrap();
    let boxes: Vec<_> = objects(&out)[0]
        .iter()
        .map(|o| (o.class_id, o.rect))
        .collect();
    let expected = rig_of_parser();
    assert_eq!(boxes, expected);
    assert_eq!(boxes.len(), 2);
}

/// What rsssdparser makes of the same tensors where an inference element attached them.
fn rig_of_parser() -> Vec<(i32, [f32; 4])> {
    let mut rig = Rig::new("rsssdparser");
    let out = rig.process(frame_with(&ssd(1, &ENTRIES)));
    objects(&out)[0]
        .iter()
        .map(|o| (o.class_id, o.rect))
        .collect()
}

#[test]
fn tensors_that_deepstream_cannot_have_are_left_out_with_a_warning() {
    let Some(library) = with_tensors() else {
        return;
    };
    let tensor = |dims: &[usize], bytes: usize| GstTensor {
        id: "t".to_owned(),
        data_type: DataType::Float,
        dims: dims.to_vec(),
        data: AlignedBytes::copy_of(&vec![0; bytes]),
    };
    let mut buffer = gst::Buffer::new();
    let tensors = vec![
        tensor(&[2; 9], 512 * 4),
        tensor(&[], 4),
        tensor(&[0], 0),
        tensor(&[3], 4),
        tensor(&[usize::MAX, 2], 4),
        tensor(&[3], 12),
    ];
    let written = library
        .write_tensors(buffer.get_mut().unwrap(), tensors)
        .unwrap();
    assert_eq!(written, 2, "what GStreamer would refuse is not written");
    let mut rig = Rig::new("rsanalyticsbridge direction=to-nvds tensors=true");
    let out = rig.process(buffer);
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let meta = locked.frames().next().unwrap().tensors().next().unwrap();
    assert_eq!((meta.num_layers(), meta.network().width), (1, WIDTH));
    drop(locked);
    let warnings = rig.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("at most eight"),
        "{warnings:?}"
    );
}

/// Whether an element of GStreamer is there; demanded where the tests are to be whole.
fn has(element: &str) -> bool {
    let found = gst::ElementFactory::find(element).is_some();
    assert!(
        found || std::env::var_os("RSNVDS_TEST_GST_ANALYTICS").is_none(),
        "no {element}"
    );
    found
}

/// GStreamer's own decoder reads DeepStream's tensors, and its objects come back: independent of what this project takes
/// the library's memory to be.
#[test]
fn a_decoder_of_gstreamer_reads_tensors_of_deepstream() {
    if with_tensors().is_none() || !has("ssdobjectdetector") {
        return;
    }
    let labels = TempFile::new("bridge-gst-labels.txt", "person\ncar\n");
    let path = labels.path();
    let launch = format!(
        "rsanalyticsbridge tensors=true {NAMES} ! ssdobjectdetector label-file={path} ! \
         rsanalyticsbridge direction=to-nvds labels-file={path} unique-id=4"
    );
    let mut harness = gst_check::Harness::new_parse(&launch);
    harness.set_src_caps_str("video/x-raw,format=RGBA,width=1920,height=1080,framerate=25/1");
    let out = harness
        .push_and_pull(frame_with(&ssd(1, &ENTRIES)))
        .unwrap();
    let mut found = objects(&out).remove(0);
    found.sort_by_key(|object| object.class_id);
    let told: Vec<_> = found
        .iter()
        .map(|o| {
            (
                o.class_id,
                o.label.as_str(),
                o.rect.map(f32::round),
                o.unique_id,
            )
        })
        .collect();
    let expected = [
        (0, "person", [960.0, 540.0, 768.0, 216.0], 4),
        (1, "car", [192.0, 108.0, 192.0, 216.0], 4),
    ];
    for (told, expected) in told.iter().zip(expected) {
        let near = told
            .2
            .iter()
            .zip(expected.2)
            .all(|(a, b)| (a - b).abs() <= 1.0);
        assert!(
            near && (told.0, told.1, told.3) == (expected.0, expected.1, expected.3),
            "{told:?}"
        );
    }
    assert_eq!(told.len(), 2);
}

/// GStreamer's own overlay draws DeepStream's objects.
#[test]
fn an_overlay_of_gstreamer_draws_objects_of_deepstream() {
    if library().is_none() || !has("objectdetectionoverlay") {
        return;
    }
    let launch = "rsanalyticsbridge ! objectdetectionoverlay draw-labels=false object-detection-outline-color=0xffff0000";
    let mut harness = gst_check::Harness::new_parse(launch);
    harness.set_src_caps_str("video/x-raw,format=RGBA,width=400,height=200,framerate=25/1");
    let mut black = frame();
    black
        .get_mut()
        .unwrap()
        .append_memory(gst::Memory::from_mut_slice(vec![0_u8; 400 * 200 * 4]));
    let out = harness.push_and_pull(black).unwrap();
    let map = out.map_readable().unwrap();
    let red = |x: usize, y: usize| map[(y * 400 + x) * 4];
    let near = |x: usize, y: usize| (y - 3..=y + 3).any(|y| red(x, y) > 128);
    assert!(
        near(200, 50) && near(200, 130),
        "upper and lower side of the car's box"
    );
    assert!(!near(200, 90) && !near(60, 90), "inside and outside");
}
