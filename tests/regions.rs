//! Tensors of regions that nvdspreprocess cut out, through the elements that read them, on NVIDIA's metadata library.

mod common;

use std::ffi::c_void;
use std::sync::Arc;

use common::*;
use nvds::*;

const REGION: Rect = Rect {
    left: 600.0,
    top: 40.0,
    width: 600.0,
    height: 300.0,
};

/// The type of user metas that hold tensors.
const TENSORS: i32 = 12;

/// How a region was scaled, in x and y, and the padding on the left and top.
type Fit = ((f64, f64), (f64, f64));

/// 600x300 pixels in 300x300: stretched, and with bars above and below.
const STRETCHED: Fit = ((0.5, 1.0), (0.0, 0.0));
const PADDED: Fit = ((0.5, 0.5), (0.0, 75.0));

fn car<'s>(locked: &'s Locked<'_>, frame: &Frame<'s>) -> Object<'s> {
    let object = NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 0.75,
        rect: REGION,
        style: RectStyle::default(),
        label: "car",
        text: None,
    };
    locked.add_object(frame, &object, None).unwrap()
}

/// A batch of two frames. Of the second one a region, which is an object if that is wanted, was prepared; it has the
/// tensors, if any, as nvinfer attaches them.
fn region(fit: Fit, of_object: bool, tensors: &[NewTensorMeta]) -> gst::Buffer {
    region_at(REGION, fit, of_object, tensors)
}

fn region_at(
    rect: Rect,
    (ratio, offset): Fit,
    of_object: bool,
    tensors: &[NewTensorMeta],
) -> gst::Buffer {
    buffer(2, |locked, frames| {
        let input = NewPreparedInput {
            target_unique_ids: vec![5],
            memory: Arc::new(AlignedBytes::copy_of(&[0; 12])),
            shape: vec![1, 3, 1, 1],
            data_type: PreparedType::Float,
            name: "input".to_owned(),
            gpu_id: 0,
            meta_id: 0,
            maintain_aspect_ratio: false,
        };
        let new = NewRoi {
            rect,
            scale_ratio: ratio,
            offset,
            frame: frames[1],
            object: of_object.then(|| car(locked, &frames[1])),
        };
        locked.add_prepared_input(&input, &[new]).unwrap();
        let inputs = locked
            .user_metas()
            .find_map(|meta| meta.as_prepared_input());
        let roi = inputs.unwrap().rois().next().unwrap();
        for tensors in tensors {
            locked.add_tensor_to_roi(&roi, tensors);
        }
        let object = frames[1].objects().next();
        locked
            .add_roi_place(&roi, &frames[1], object.as_ref())
            .unwrap();
    })
}

/// Whether regions tell which object they are.
fn tells_objects() -> bool {
    release_has(6, 2)
}

/// From 0.2 to 0.6 across and from 0.5 to 0.9 down, and one that reaches out on the left and above.
fn boxes() -> NewTensorMeta {
    let inside = (0.9, 2.0, [0.5, 0.2, 0.9, 0.6]);
    let across = (0.8, 3.0, [-0.1, -0.1, 0.5, 0.1]);
    ssd(5, &[inside, across])
}

fn rects(buffer: &gst::BufferRef, frame: usize) -> Vec<(i32, [f32; 4])> {
    let seen = objects(buffer).remove(frame);
    let rect = |seen: &Seen| (seen.class_id, seen.rect);
    seen.iter().map(rect).collect()
}

#[test]
fn boxes_lie_where_their_region_is() {
    for (fit, expected) in [
        (
            STRETCHED,
            [[720.0, 190.0, 240.0, 120.0], [600.0, 40.0, 60.0, 150.0]],
        ),
        (
            PADDED,
            [[720.0, 190.0, 240.0, 150.0], [600.0, 40.0, 60.0, 150.0]],
        ),
    ] {
        let mut rig = Rig::new("rsssdparser");
        let out = rig.process(region(fit, false, &[boxes()]));
        assert_eq!(
            rig.warnings(),
            [""; 0],
            "the region tells how it was fitted"
        );
        assert_eq!(rects(&out, 0), []);
        let found = rects(&out, 1);
        assert_eq!(found.len(), 2);
        for (class, rect) in found {
            let wanted = expected[usize::from(class == 3)];
            let near = rect.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.01);
            assert!(
                near,
                "{fit:?}, class {class}: {rect:?} instead of {wanted:?}"
            );
        }
        assert_eq!(infer_done(&out), [false, true]);
        assert_eq!(rig.stat("tensors"), 1);
    }
    // Another element's.
    let mut rig = Rig::new("rsssdparser unique-id=7");
    let out = rig.process(region(STRETCHED, false, &[boxes()]));
    assert_eq!(rects(&out, 1), []);
}

#[test]
fn what_is_found_in_an_object_is_its_child() {
    let mut rig = Rig::new("rsssdparser");
    let out = rig.process(region(STRETCHED, true, &[boxes()]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().nth(1).unwrap();
    let found: Vec<_> = frame
        .objects()
        .filter(|o| o.unique_component_id() == 5)
        .collect();
    assert_eq!(found.len(), 2);
    for object in found {
        let parent = object.parent().map(|parent| parent.unique_component_id());
        assert_eq!(parent, tells_objects().then_some(1));
    }
}

unsafe extern "C" fn not_copied(_: *mut c_void, _: *mut c_void) -> *mut c_void {
    std::ptr::null_mut()
}

unsafe extern "C" fn not_released(_: *mut c_void, _: *mut c_void) {}

/// nvinferserver puts one tensor meta on the region and on the object that the region is of.
#[test]
fn tensors_that_object_and_region_share_are_read_once() {
    let buffer = region(STRETCHED, true, &[boxes()]);
    {
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let mut inputs = locked
            .user_metas()
            .filter_map(|meta| meta.as_prepared_input());
        let roi = inputs.next().unwrap().rois().next().unwrap();
        let shared = roi.tensors().next().unwrap().address() as *mut c_void;
        let frame = locked.frames().nth(1).unwrap();
        let object = frame.objects().next().unwrap();
        // SAFETY: a tensor meta, which the region's user meta keeps as long as the batch is there.
        let shared = unsafe { Foreign::new(TENSORS, shared, not_copied, not_released) };
        locked.add_foreign_to_object(&object, shared).unwrap();
    }
    let mut rig = Rig::new("rsssdparser");
    let out = rig.process(buffer);
    if tells_objects() {
        assert_eq!(rig.stat("tensors"), 1);
        assert_eq!(rects(&out, 1).len(), 3, "the object, and two in it");
    }
}

#[test]
fn regions_have_classes_and_maps_of_their_own() {
    let scores = tensor(5, vec![layer("softmax", &[3, 1, 1], &[0.1, 0.7, 0.2])]);
    // As nvinfer has it of a frame: an object of class -1, here as large as the region.
    let mut rig = Rig::new("rsclassparser");
    let out = rig.process(region(STRETCHED, false, std::slice::from_ref(&scores)));
    assert_eq!(rects(&out, 1), [(-1, [600.0, 40.0, 600.0, 300.0])]);
    let mut rig = Rig::new("rsclassparser");
    let out = rig.process(region(STRETCHED, true, &[scores]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().nth(1).unwrap();
    if tells_objects() {
        let object = frame.objects().next().unwrap();
        assert_eq!(
            (frame.objects().count(), object.classifiers().count()),
            (1, 1)
        );
    }

    let map = tensor(
        5,
        vec![layer(
            "output",
            &[2, 2, 2],
            &[0.9, 0.1, 0.8, 0.3, 0.1, 0.9, 0.2, 0.7],
        )],
    );
    let mut rig = Rig::new("rssegparser channel-order=chw");
    let out = rig.process(region(STRETCHED, false, &[map]));
    assert_eq!(rig.warnings(), [""; 0]);
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = locked.frames().nth(1).unwrap();
    let on_frame = frame
        .user_metas()
        .filter(|meta| meta.as_segmentation().is_some());
    assert_eq!(on_frame.count(), 0);
    let input = locked
        .user_metas()
        .find_map(|meta| meta.as_prepared_input());
    let roi = input.unwrap().rois().next().unwrap();
    let mut maps = roi.user_metas().filter_map(|meta| meta.as_segmentation());
    assert_eq!(maps.next().unwrap().class_map, [0, 1, 0, 1]);
}

#[test]
fn maps_of_regions_are_in_no_line_and_that_is_told() {
    let map = tensor(5, vec![layer("output", &[2, 1, 2], &[0.9, 0.1, 0.8, 0.3])]);
    let segments =
        "rssegparser channel-order=chw ! rsmetajson name=json location=\"\" emit=message";
    for (fields, of_object, told) in [
        ("segmentations", false, true),
        ("segmentations", true, !tells_objects()),
        ("objects", false, false),
    ] {
        let mut rig = Rig::new(&format!("{segments} fields={fields}"));
        rig.process(region(STRETCHED, of_object, std::slice::from_ref(&map)));
        let warnings = rig.warnings();
        assert_eq!(warnings.len(), usize::from(told), "{warnings:?}");
        assert!(
            !told || warnings[0].contains("are in no line"),
            "{warnings:?}"
        );
    }
}

/// Places that no region can have, and numbers that are none: told and counted, and nothing is attached.
#[test]
fn regions_that_are_no_part_of_the_frame_are_left_out() {
    let odd = |rect: Rect, fit: Fit| {
        let mut rig = Rig::new("rsssdparser");
        let out = rig.process(region_at(rect, fit, false, &[boxes()]));
        (rects(&out, 1), rig.warnings(), rig.stat("bad-tensors"))
    };
    let rect = |left, top, width, height| Rect {
        left,
        top,
        width,
        height,
    };
    let nan = f32::NAN;
    for bad in [
        rect(5000.0, 40.0, 600.0, 300.0),
        rect(-900.0, 40.0, 600.0, 300.0),
        rect(600.0, 40.0, 0.0, 300.0),
        rect(600.0, 40.0, 600.0, -300.0),
        rect(nan, 40.0, 600.0, 300.0),
        rect(600.0, 40.0, f32::INFINITY, 300.0),
        rect(f32::MAX, f32::MAX, f32::MAX, f32::MAX),
    ] {
        let (found, warnings, refused) = odd(bad, STRETCHED);
        assert_eq!((found, refused), (vec![], 1), "{bad:?}");
        assert_eq!(warnings.len(), 1, "{bad:?}: {warnings:?}");
    }
    let nan = f64::NAN;
    for fit in [
        ((0.0, 0.0), (0.0, 0.0)),
        ((-1.0, 1.0), (0.0, 0.0)),
        ((nan, 1.0), (0.0, 0.0)),
        ((1.0, f64::INFINITY), (0.0, 0.0)),
        ((0.5, 0.5), (nan, 75.0)),
        ((0.5, 0.5), (0.0, 1e9)),
        ((1e-300, 1e-300), (0.0, 0.0)),
        ((0.5, 0.001), (0.0, 0.0)),
        ((1e9, 1.0), (0.0, 0.0)),
    ] {
        let (found, warnings, refused) = odd(REGION, fit);
        assert_eq!((found, refused), (vec![], 1), "{fit:?}");
        assert_eq!(warnings.len(), 1, "{fit:?}: {warnings:?}");
    }
}

/// Two networks look at one region: each parser takes its own, and one that takes both warns of no doubles.
#[test]
fn two_parsers_share_a_region() {
    let other = ssd(6, &[(0.7, 4.0, [0.1, 0.1, 0.3, 0.3])]);
    let both = || region(STRETCHED, false, &[boxes(), other.clone()]);
    let mut rig = Rig::new("rsssdparser unique-id=5 ! rsssdparser unique-id=6");
    let found = rects(&rig.process(both()), 1);
    let mut classes: Vec<_> = found.iter().map(|(class, _)| *class).collect();
    classes.sort_unstable();
    assert_eq!(classes, [2, 3, 4]);
    assert_eq!(rig.warnings(), [""; 0]);
    let mut rig = Rig::new("rsssdparser ! rsssdparser");
    let found = rects(&rig.process(both()), 1);
    assert_eq!(found.len(), 6, "the second one gives all again, and tells");
    let warnings = rig.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("you get doubles"),
        "{warnings:?}"
    );
}

#[test]
fn points_lie_where_their_region_is() {
    // y, x and confidence of 17 points, in 0 to 1.
    let points: Vec<f32> = (0..17)
        .flat_map(|at| [0.5 + 0.01 * (at / 9) as f32, 0.25 + 0.01 * at as f32, 0.9])
        .collect();
    let points = tensor(5, vec![layer("output_0", &[1, 17, 3], &points)]);
    let mut rig = Rig::new("rsposeparser");
    let out = rig.process(region(PADDED, false, &[points]));
    let locked = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let object = locked.frames().nth(1).unwrap().objects().next().unwrap();
    for (at, point) in object.key_points().iter().enumerate() {
        let x = 600.0 + (0.25 + 0.01 * at as f32) * 300.0 / 0.5;
        let y = 190.0 + (at / 9) as f32 * 6.0;
        let near = (point.x - x).abs() < 0.01 && (point.y - y).abs() < 0.01;
        assert!(near, "{point:?} instead of {x}, {y}");
    }
}

#[track_caller]
fn warned_at_the_end(launch: &str, buffer: gst::Buffer, parts: &[&str]) {
    let mut rig = Rig::new(launch);
    rig.process(buffer);
    rig.harness.push_event(gst::event::Eos::new());
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{launch}: {warnings:?}");
    for part in parts {
        assert!(
            warnings[0].contains(part),
            "{launch}: no {part} in {}",
            warnings[0]
        );
    }
}

#[test]
fn regions_without_tensors_are_told_of() {
    warned_at_the_end(
        "rsssdparser",
        region(STRETCHED, false, &[]),
        &[
            "regions of nvdspreprocess, but no tensors",
            "output-tensor-meta=1",
        ],
    );
    // A copy has the places of regions, and nothing of what hangs on them.
    if release_has(7, 1) {
        let tensors = region(STRETCHED, false, &[boxes()]);
        warned_at_the_end(
            "rsyoloparser",
            tensors.copy_deep().unwrap(),
            &["no copy of it", "right behind"],
        );
    }
}

#[test]
fn tensors_of_regions_are_not_recorded_and_that_is_told() {
    let folder = std::env::temp_dir().join(format!("rsnvds-regions-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let launch = format!(
        "rstensorrecord location={}/%03u.safetensors",
        folder.display()
    );
    let tensors = region(STRETCHED, false, &[boxes()]);
    warned_at_the_end(
        &launch,
        tensors,
        &[
            "1 regions of nvdspreprocess are not recorded",
            "input-tensor-meta",
        ],
    );
    // Nothing is left out of what another element's are.
    let mut rig = Rig::new(&format!("{launch} unique-id=7 overwrite=true"));
    rig.process(region(STRETCHED, false, &[boxes()]));
    assert_eq!(rig.warnings(), [""; 0]);
    std::fs::remove_dir_all(&folder).ok();
}
