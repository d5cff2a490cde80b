//! Key points and masks of YOLO networks through `rsyoloparser` on NVIDIA's metadata library, drawn and written.

mod common;
mod heads;

use common::*;
use heads::*;
use nvds::{Batch, KeyPoint, Line, NetworkInfo, NewTensorMeta, Producer};

fn tensors(heads: &[Head]) -> NewTensorMeta {
    let network = NetworkInfo {
        width: SIDE as u32,
        height: SIDE as u32,
        channels: 3,
    };
    let layers = heads.iter();
    let layers = layers.map(|head| layer(&head.name, &head.dims, &head.values));
    NewTensorMeta::new(5, network, Producer::NvInfer, layers.collect()).unwrap()
}

/// Values and size of a mask.
type Values = (Vec<f32>, u32, u32, f32);

/// Class, points and mask of the objects, in the order of attachment.
fn found(buffer: &gst::BufferRef) -> Vec<(i32, Vec<KeyPoint>, Option<Values>)> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let objects = frame.objects().rev();
    objects
        .map(|object| {
            let mask = object.mask();
            let mask =
                mask.map(|mask| (mask.data.to_vec(), mask.width, mask.height, mask.threshold));
            (object.class_id(), object.key_points().to_vec(), mask)
        })
        .collect()
}

#[track_caller]
fn read(properties: &str, heads: &[Head]) -> Vec<(i32, Vec<KeyPoint>, Option<Values>)> {
    let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
    let out = rig.process(frame_with(&tensors(heads)));
    assert_eq!(rig.warnings(), [""; 0], "{properties}");
    found(&out)
}

/// Frames are 1920x1080, to which 320x320 was stretched: by 6 and 3.375.
const SCALE: (f32, f32) = (6.0, 3.375);

#[test]
fn poses_have_their_points_in_the_frame() {
    for (properties, heads) in [
        ("num-classes=1", yolo_pose()),
        ("format=yolo11-pose", yolo_pose()),
        (
            "format=deepstream-yolo-pose",
            yolo(nvds_decode::Format::DeepstreamYoloPose),
        ),
    ] {
        let objects = read(properties, &heads);
        assert_eq!(objects.len(), 2, "{properties}");
        for (index, (class, found, mask)) in objects.iter().enumerate() {
            assert_eq!((*class, found.len()), (0, 17), "{properties}");
            assert_eq!(*mask, None);
            for (point, numbers) in found.iter().zip(points(index).chunks(3)) {
                let (x, y) = (SCALE.0 * numbers[0], SCALE.1 * numbers[1]);
                let near = (point.x - x).abs() < 0.01 && (point.y - y).abs() < 0.01;
                assert!(near, "{properties}: {point:?} at {x}, {y}");
                assert_eq!(point.confidence, 0.8);
            }
        }
    }
    // The same numbers as pairs: 51 is none of them.
    assert_eq!(
        read("format=yolo11-pose key-point-numbers=2", &yolo_pose())[0].1,
        []
    );
}

#[test]
fn a_style_joins_points() {
    let lines = |style: &str| -> Vec<Line> {
        let mut rig = Rig::new(&format!(
            "rsyoloparser num-classes=1 ! rsosdannotate style=\"{style}\""
        ));
        let out = rig.process(frame_with(&tensors(&yolo_pose())));
        let batch = Batch::from_buffer(&out).unwrap().unwrap();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let displays = frame.displays();
        displays
            .flat_map(|display| display.lines().collect::<Vec<_>>())
            .collect()
    };
    assert_eq!(lines("default.key-points = 3"), []);
    assert_eq!(lines("default.skeleton = 'hand21'"), []);
    let drawn = lines("default.skeleton = 'coco17'\ndefault.shape-width = 5");
    assert_eq!(drawn.len(), 2 * 19);
    assert!(drawn.iter().all(|line| line.width == 5));
    // From an ankle to its knee, of the first person.
    let at = |point: f32| (384, (SCALE.1 * (112.0 + point) + 0.5) as u32);
    let joined =
        |line: &Line| [(line.from, line.to), (line.to, line.from)].contains(&(at(15.0), at(13.0)));
    assert!(drawn.iter().any(joined), "{drawn:?}");
}

#[test]
fn masks_cover_the_boxes() {
    for (properties, threshold) in [("", 0.5), ("mask-threshold=0.25", 0.25)] {
        let objects = read(properties, &yolo_seg());
        assert_eq!(objects.len(), 2);
        for (index, (class, points, mask)) in objects.into_iter().enumerate() {
            assert_eq!((class, points), (CLASSES[index] as i32, vec![]));
            let (values, width, height, limit) = mask.unwrap();
            assert_eq!(limit, threshold);
            // A value for each cell of four pixels.
            let [left, top, right, bottom] = BOXES[index];
            let size = [right - left, bottom - top].map(|side| (side / 4.0) as u32);
            assert_eq!([width, height], size);
            assert_eq!(values.len(), (width * height) as usize);
            // The first is on the left half, the second on the right one: all of both is inside.
            assert!(values.iter().all(|value| *value > 0.9), "{values:?}");
        }
    }
    let objects = read("", &yolo(nvds_decode::Format::DeepstreamYoloSeg));
    let (_, _, mask) = &objects[1];
    assert_eq!(
        *mask,
        Some((vec![0.0, 0.25, 1.0, 0.75, 0.5, 1.0], 3, 2, 0.5))
    );
}

/// Only what survives has a mask, and a tee's copies have their own: the leaks of either would be seen here by valgrind.
#[test]
fn masks_live_with_their_objects() {
    let mut rig = Rig::new("rsyoloparser top-k=1");
    for _ in 0..3 {
        let out = rig.process(frame_with(&tensors(&yolo_seg())));
        let copy = out.copy_deep().unwrap();
        let first = found(&out);
        assert_eq!(first.len(), 1);
        drop(out);
        let copied = found(&copy);
        assert_eq!(copied, first);
    }
}

#[test]
fn masks_that_are_no_numbers_are_warned_of() {
    let mut heads = yolo_seg();
    heads[1].values[0] = f32::NAN;
    heads[1].values[80 * 20 + 10] = f32::NAN;
    let mut rig = Rig::new("rsyoloparser");
    let out = rig.process(frame_with(&tensors(&heads)));
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("a mask has the value NaN"),
        "{warnings:?}"
    );
    let (values, ..) = found(&out)[0].2.clone().unwrap();
    assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
    assert!(values.contains(&0.0));
}

#[test]
fn masks_are_written_as_runs() {
    let scratch = TempFile::new("masks.jsonl", "");
    let mut rig = Rig::new(&format!(
        "rsyoloparser format=deepstream-yolo-seg ! rsmetajson location={} fields=objects+masks",
        scratch.path()
    ));
    rig.process(frame_with(&tensors(&yolo(
        nvds_decode::Format::DeepstreamYoloSeg,
    ))));
    drop(rig);
    let text = std::fs::read_to_string(scratch.path()).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let mask = &line["objects"][1]["mask"];
    assert_eq!(mask["size"], serde_json::json!([2, 3]));
    // Rows 0 0 1, 1 0 1 by columns: runs of 1, 1, 2, 2, the last less the second.
    assert_eq!(mask["counts"], "1121");
}
