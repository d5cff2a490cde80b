//! `rsssdparser` on the tensors of secondary inference, which hang on objects.

mod common;

use common::*;
use nvds::{Frame, Locked, NetworkInfo, NewObject, NewTensorMeta, Object, Producer, Rect};

const PRIMARY: u32 = 1;

/// A box as left, top, width, height in pixels.
type Sides = [f32; 4];

/// One entry over the right lower quarter of what the network saw.
const QUARTER: Entry = (0.9, 1.0, [0.5, 0.5, 1.0, 1.0]);

fn rig(properties: &str) -> Rig {
    Rig::new(&format!("rsssdparser {properties}"))
}

/// Attaches an object as a primary detector would.
fn add_parent<'s>(locked: &'s Locked<'_>, frame: &Frame<'s>, sides: Sides) -> Object<'s> {
    add_object(locked, frame, sides, PRIMARY, None)
}

fn add_object<'s>(
    locked: &'s Locked<'_>,
    frame: &Frame<'s>,
    [left, top, width, height]: Sides,
    unique_id: u32,
    parent: Option<&Object<'s>>,
) -> Object<'s> {
    let object = NewObject {
        unique_component_id: unique_id as i32,
        class_id: 7,
        confidence: 0.75,
        rect: Rect {
            left,
            top,
            width,
            height,
        },
        style: nvds::RectStyle::default(),
        label: "parent",
        text: None,
    };
    locked.add_object(frame, &object, parent).unwrap()
}

/// A frame with an object that has tensors.
fn parent_with(sides: Sides, tensor: &NewTensorMeta) -> gst::Buffer {
    buffer(1, |locked, frames| {
        let parent = add_parent(locked, &frames[0], sides);
        locked.add_tensor_to_object(&parent, tensor).unwrap();
    })
}

/// An object and the box of its parent.
#[derive(Debug, Clone, PartialEq)]
struct Child {
    class_id: i32,
    unique_id: i32,
    sides: Sides,
    parent: Option<Sides>,
}

fn sides(object: &Object<'_>) -> Sides {
    let rect = object.rect();
    [rect.left, rect.top, rect.width, rect.height]
}

/// The objects of each frame that are not of the primary detector, oldest first.
fn found(buffer: &gst::BufferRef) -> Vec<Vec<Child>> {
    let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    batch
        .frames()
        .map(|frame| {
            frame
                .objects()
                .rev()
                .filter(|object| object.unique_component_id() != PRIMARY as i32)
                .map(|object| Child {
                    class_id: object.class_id(),
                    unique_id: object.unique_component_id(),
                    sides: sides(&object),
                    parent: object.parent().map(|parent| sides(&parent)),
                })
                .collect()
        })
        .collect()
}

fn assert_near(found: Sides, expected: Sides) {
    for (a, b) in found.into_iter().zip(expected) {
        assert!((a - b).abs() < 1e-3, "{found:?} instead of {expected:?}");
    }
}

/// The one child of the only frame.
fn only(buffer: &gst::BufferRef) -> Child {
    let mut children = found(buffer).remove(0);
    assert_eq!(children.len(), 1, "{children:?}");
    children.remove(0)
}

#[test]
fn a_child_has_every_field_of_a_stock_detector() {
    let labels = TempFile::new("secondary", "background\nplate\n");
    let mut rig = rig(&format!("labels-file={}", labels.path()));
    let out = rig.process(parent_with([100.0, 200.0, 80.0, 40.0], &ssd(2, &[QUARTER])));
    let seen = objects(&out).remove(0);
    assert_eq!(seen.len(), 2);
    assert_eq!(
        seen[1],
        Seen {
            class_id: 1,
            confidence: 0.9,
            label: "plate".into(),
            text: "plate 0.900".into(),
            text_at: (140, 210),
            rect: [140.0, 220.0, 40.0, 20.0],
            unique_id: 2,
        }
    );
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let objects: Vec<_> = frame.objects().collect();
    let parent = objects[0].parent().unwrap();
    assert_eq!(parent.as_ptr(), objects[1].as_ptr());
    assert_eq!(objects[0].detector_rect(), objects[0].rect());
    assert_eq!(objects[0].object_id(), nvds::UNTRACKED_OBJECT_ID);
    // The parent is as it was.
    assert_eq!(sides(&parent), [100.0, 200.0, 80.0, 40.0]);
    assert_eq!((parent.class_id(), &*parent.label()), (7, "parent"));
    assert!(frame.infer_done());
    assert_eq!((rig.stat("tensors"), rig.stat("objects")), (1, 1));
    assert!(rig.warnings().is_empty());
}

#[test]
fn the_crop_is_rounded_as_nvinfer_does() {
    // nvinfer scales 60x40 pixels, and adds the parent's own left and top.
    let parent = [101.5, 51.25, 61.875, 41.875];
    let out = rig("").process(parent_with(parent, &ssd(2, &[QUARTER])));
    assert_near(only(&out).sides, [131.5, 71.25, 30.0, 20.0]);
}

#[test]
fn several_parents_have_their_own_children() {
    let parents = [
        [0.0, 0.0, 100.0, 100.0],
        [500.0, 300.0, 200.0, 60.0],
        [1720.0, 880.0, 200.0, 200.0],
    ];
    let upper: Entry = (0.8, 2.0, [0.0, 0.0, 0.5, 1.0]);
    let out = rig("").process(buffer(1, |locked, frames| {
        for (i, sides) in parents.into_iter().enumerate() {
            let parent = add_parent(locked, &frames[0], sides);
            // One without tensors between them, as one that the filters left out.
            add_parent(locked, &frames[0], [900.0, 500.0, 50.0, 50.0]);
            let entries = [QUARTER, upper];
            locked
                .add_tensor_to_object(&parent, &ssd(2, &entries[..=i.min(1)]))
                .unwrap();
        }
    }));
    let children = found(&out).remove(0);
    assert_eq!(children.len(), 5);
    for parent in parents {
        let own: Vec<_> = children
            .iter()
            .filter(|c| c.parent == Some(parent))
            .collect();
        let [left, top, width, height] = parent;
        let (half_width, half_height) = (width / 2.0, height / 2.0);
        let quarter = [
            left + half_width,
            top + half_height,
            half_width,
            half_height,
        ];
        assert_eq!(own[0].class_id, 1);
        assert_near(own[0].sides, quarter);
        let has_two = parent != parents[0];
        assert_eq!(own.len(), if has_two { 2 } else { 1 });
        if has_two {
            assert_eq!(own[1].class_id, 2);
            assert_near(own[1].sides, [left, top, width, half_height]);
        }
    }
}

/// Tensors on an object that has a parent itself: the third generation.
#[test]
fn children_may_be_nested() {
    let mut rig = rig("");
    let out = rig.process(buffer(1, |locked, frames| {
        let car = add_parent(locked, &frames[0], [100.0, 100.0, 400.0, 200.0]);
        let plate = [200.0, 200.0, 80.0, 20.0];
        let plate = add_object(locked, &frames[0], plate, 2, Some(&car));
        locked
            .add_tensor_to_object(&car, &ssd(3, &[(0.9, 1.0, [0.0, 0.0, 0.5, 0.5])]))
            .unwrap();
        locked
            .add_tensor_to_object(&plate, &ssd(4, &[QUARTER]))
            .unwrap();
    }));
    let children = found(&out).remove(0);
    let by_id = |id| children.iter().find(|c| c.unique_id == id).unwrap();
    assert_eq!(children.len(), 3);
    assert_eq!(by_id(2).parent, Some([100.0, 100.0, 400.0, 200.0]));
    assert_eq!(by_id(3).parent, Some([100.0, 100.0, 400.0, 200.0]));
    assert_near(by_id(3).sides, [100.0, 100.0, 200.0, 100.0]);
    assert_eq!(by_id(4).parent, Some([200.0, 200.0, 80.0, 20.0]));
    assert_near(by_id(4).sides, [240.0, 210.0, 40.0, 10.0]);
}

/// Full-frame tensors give objects without parent, also beside those on objects; none of them
/// becomes a parent in the same pass.
#[test]
fn new_objects_are_no_parents() {
    let entries: Vec<_> = (0..30).map(|i| (0.9, 1.0, cell(i))).collect();
    let out = rig("").process(buffer(1, |locked, frames| {
        let parent = add_parent(locked, &frames[0], [100.0, 200.0, 80.0, 40.0]);
        locked
            .add_tensor_to_object(&parent, &ssd(3, &[QUARTER]))
            .unwrap();
        locked
            .add_tensor_to_frame(&frames[0], &ssd(2, &entries))
            .unwrap();
        let parent = add_parent(locked, &frames[0], [300.0, 200.0, 80.0, 40.0]);
        locked
            .add_tensor_to_object(&parent, &ssd(3, &[QUARTER]))
            .unwrap();
    }));
    let children = found(&out).remove(0);
    assert_eq!(children.len(), 32);
    let (whole, own): (Vec<_>, Vec<_>) = children.iter().partition(|c| c.unique_id == 2);
    assert_eq!((whole.len(), own.len()), (30, 2));
    assert!(whole.iter().all(|c| c.parent.is_none()));
    for (child, left) in own.iter().zip([300.0, 100.0]) {
        assert_eq!(child.parent, Some([left, 200.0, 80.0, 40.0]));
        assert_near(child.sides, [left + 40.0, 220.0, 40.0, 20.0]);
    }
}

#[test]
fn parents_without_pixels_are_warned_of_once() {
    let mut rig = rig("");
    let empty = [
        [10.0, 10.0, 0.0, 0.0],
        [10.0, 10.0, 1.5, 50.0],
        [10.0, 10.0, -40.0, 50.0],
        [f32::NAN, 10.0, 40.0, 50.0],
        [10.0, 10.0, f32::INFINITY, 50.0],
        [2000.0, 10.0, 40.0, 50.0],
    ];
    for _ in 0..2 {
        let out = rig.process(buffer(1, |locked, frames| {
            for sides in empty {
                let parent = add_parent(locked, &frames[0], sides);
                locked
                    .add_tensor_to_object(&parent, &ssd(2, &[QUARTER]))
                    .unwrap();
            }
            let parent = add_parent(locked, &frames[0], [100.0, 200.0, 80.0, 40.0]);
            locked
                .add_tensor_to_object(&parent, &ssd(2, &[QUARTER]))
                .unwrap();
        }));
        assert_near(only(&out).sides, [140.0, 220.0, 40.0, 20.0]);
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in ["unique-id 2", "object of frame 100", "source 0"] {
        assert!(warnings[0].contains(part), "{part} missing in {warnings:?}");
    }
    assert_eq!(rig.stat("bad-tensors"), 2 * empty.len() as u64);
}

#[test]
fn children_end_where_the_parent_or_the_frame_does() {
    let everywhere: Entry = (0.9, 1.0, [-0.5, -0.5, 1.5, 1.5]);
    for (parent, child) in [
        ([-20.0, -10.0, 100.0, 50.0], [0.0, 0.0, 80.0, 40.0]),
        ([1900.0, 1070.0, 100.0, 50.0], [1900.0, 1070.0, 20.0, 10.0]),
        ([30.5, 40.0, 61.0, 30.5], [30.5, 40.0, 61.0, 30.5]),
    ] {
        let out = rig("").process(parent_with(parent, &ssd(2, &[everywhere])));
        let found = only(&out);
        assert_eq!(found.parent, Some(parent));
        assert_near(found.sides, child);
    }
    // Half of this parent is left of the frame, and so is the left half of what was found.
    let upper: Entry = (0.9, 1.0, [0.0, 0.0, 0.5, 0.75]);
    let parent = [-40.0, 100.0, 80.0, 40.0];
    let out = rig("").process(parent_with(parent, &ssd(2, &[upper])));
    assert_near(only(&out).sides, [0.0, 100.0, 20.0, 20.0]);
    // And this is found in that half only.
    let hidden: Entry = (0.9, 1.0, [0.0, 0.0, 1.0, 0.4]);
    let mut rig = rig("");
    let out = rig.process(parent_with(parent, &ssd(2, &[hidden])));
    assert!(found(&out)[0].is_empty());
    assert_eq!(rig.stat("dropped-outside"), 1);
}

#[test]
fn the_parents_letterbox_is_undone_for_both_paddings() {
    // 120x40 in 300x300 with the aspect ratio kept: 300x100, below it or on both sides 200 lines.
    let parent = [200.0, 100.0, 120.0, 40.0];
    for (symmetric, top) in [(false, 0.0), (true, 100.0)] {
        for producer in [Producer::NvInfer, Producer::NvInferServer] {
            let network = NetworkInfo {
                width: 300,
                height: 300,
                channels: 3,
            };
            // The right half and the lower three quarters of the object.
            let corners = [(top + 25.0) / 300.0, 0.5, (top + 100.0) / 300.0, 1.0];
            let layers = ssd_layers(&[(0.9, 1.0, corners)]);
            let tensor = NewTensorMeta::new(2, network, producer, layers)
                .unwrap()
                .padding(true, symmetric);
            let padding = match (padding_is_told(), symmetric) {
                (true, _) => "",
                (false, false) => "padding=right-bottom",
                (false, true) => "padding=symmetric",
            };
            let out = rig(padding).process(parent_with(parent, &tensor));
            assert_near(only(&out).sides, [260.0, 110.0, 60.0, 30.0]);
        }
    }
}

#[test]
fn two_inference_elements_on_the_same_objects() {
    let make = || {
        buffer(1, |locked, frames| {
            for left in [100.0, 300.0] {
                let parent = add_parent(locked, &frames[0], [left, 200.0, 80.0, 40.0]);
                locked
                    .add_tensor_to_object(&parent, &ssd(2, &[QUARTER]))
                    .unwrap();
                let upper: Entry = (0.8, 5.0, [0.0, 0.0, 0.5, 0.5]);
                locked
                    .add_tensor_to_object(&parent, &ssd(3, &[upper, QUARTER]))
                    .unwrap();
            }
        })
    };
    let out = rig("").process(make());
    let children = found(&out).remove(0);
    for left in [100.0, 300.0] {
        let parent = Some([left, 200.0, 80.0, 40.0]);
        let mut ids: Vec<_> = children
            .iter()
            .filter(|c| c.parent == parent)
            .map(|c| (c.unique_id, c.class_id))
            .collect();
        ids.sort_unstable();
        assert_eq!(ids, [(2, 1), (3, 1), (3, 5)]);
    }
    let out = rig("unique-id=2").process(make());
    let children = found(&out).remove(0);
    assert_eq!(children.len(), 2);
    assert!(children.iter().all(|c| c.unique_id == 2));
}

#[test]
fn a_batch_of_four() {
    let mut rig = rig("");
    // As many parents as the frame's number, each with a box of its own.
    let place = |frame: usize, i: usize| [(100 * frame) as f32, (200 * i) as f32, 80.0, 40.0];
    let out = rig.process(buffer(4, |locked, frames| {
        for (number, frame) in frames.iter().enumerate() {
            for i in 0..number {
                let parent = add_parent(locked, frame, place(number, i));
                locked
                    .add_tensor_to_object(&parent, &ssd(2, &[QUARTER]))
                    .unwrap();
            }
        }
    }));
    for (number, children) in found(&out).iter().enumerate() {
        assert_eq!(children.len(), number);
        for i in 0..number {
            let parent = place(number, i);
            let child = children.iter().find(|c| c.parent == Some(parent)).unwrap();
            assert_near(
                child.sides,
                [parent[0] + 40.0, parent[1] + 20.0, 40.0, 20.0],
            );
        }
    }
    assert_eq!(infer_done(&out), [false, true, true, true]);
    let counts = ["frames", "tensors", "candidates", "objects"].map(|name| rig.stat(name));
    assert_eq!(counts, [4, 6, 6, 6]);
}

/// nvinferserver's copy function leaves the network's size unset: behind a demux it is anything.
#[test]
fn the_networks_size_is_not_needed() {
    for (width, height) in [(0, 0), (u32::MAX, 300)] {
        let network = NetworkInfo {
            width,
            height,
            channels: 3,
        };
        let layers = ssd_layers(&[QUARTER]);
        let tensor = NewTensorMeta::new(2, network, Producer::NvInferServer, layers).unwrap();
        let out = rig("").process(parent_with([100.0, 200.0, 80.0, 40.0], &tensor));
        assert_near(only(&out).sides, [140.0, 220.0, 40.0, 20.0]);
    }
}

/// Thresholds, suppression and top-k are those of full frames, each object for itself.
#[test]
fn policies_hold_for_each_object() {
    let entries: [Entry; 4] = [
        (0.9, 1.0, [0.0, 0.0, 0.5, 0.5]),
        (0.8, 1.0, [0.0, 0.0, 0.5, 0.45]), // over the first
        (0.7, 1.0, [0.5, 0.5, 1.0, 1.0]),
        (0.4, 1.0, [0.0, 0.5, 0.5, 1.0]), // below the threshold
    ];
    let make = || {
        buffer(1, |locked, frames| {
            for left in [100.0, 300.0] {
                let parent = add_parent(locked, &frames[0], [left, 200.0, 80.0, 40.0]);
                locked
                    .add_tensor_to_object(&parent, &ssd(2, &entries))
                    .unwrap();
            }
        })
    };
    let mut all = rig("");
    assert_eq!(found(&all.process(make()))[0].len(), 4);
    assert_eq!(all.stat("dropped-nms"), 2);
    assert_eq!(all.stat("dropped-below-threshold"), 2);
    let best = found(&rig("top-k=1").process(make())).remove(0);
    assert_eq!(best.len(), 2);
    for child in best {
        let [left, top, _, _] = child.parent.unwrap();
        assert_near(child.sides, [left, top, 40.0, 20.0]);
    }
    // In pixels of the frame, not of the object.
    assert!(found(&rig("min-width=40").process(make()))[0].is_empty());
    assert_eq!(found(&rig("min-width=39").process(make()))[0].len(), 4);
}
