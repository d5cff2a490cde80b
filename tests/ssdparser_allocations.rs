//! Parsers allocate nothing of their own for a frame, whatever their policies, once they have seen as many boxes, masks
//! and key points as there will be. What the library frees comes from GLib's heap, and is not counted.

mod common;
mod counting;

use common::*;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

/// Rust's allocations while batches of four sources are pushed through an element.
fn allocations(rig: &mut Rig) -> u64 {
    let entries: Vec<Entry> = (0..100)
        .map(|i| (0.3 + i as f32 / 200.0, (i % 7) as f32, cell(i / 2)))
        .collect();
    allocations_of(rig, &|count| ssd(5, &entries[..count]))
}

/// The same of tensors with as many entries as `tensors` is given, 0 to 100.
fn allocations_of(rig: &mut Rig, tensors: &dyn Fn(usize) -> nvds::NewTensorMeta) -> u64 {
    let push = |rig: &mut Rig, count: usize| {
        let mut buffer = buffer(4, |locked, frames| {
            for frame in frames {
                locked.add_tensor_to_frame(frame, &tensors(count)).unwrap();
            }
        });
        let time = gst::ClockTime::from_mseconds(10 * count as u64);
        buffer.get_mut().unwrap().set_pts(time);
        let before = counting::allocations();
        rig.push(buffer).unwrap();
        let out = rig.harness.pull().unwrap();
        drop(out);
        counting::allocations() - before
    };
    for count in [100, 0, 100] {
        push(rig, count);
    }
    (0..100).map(|count| push(rig, count)).sum()
}

#[test]
fn policies_allocate_nothing() {
    let nothing = allocations(&mut Rig::new("identity"));
    let labels = TempFile::new("policy-allocations", "a\nb\nc\nd\ne\nf\ng\n");
    for policy in [
        "",
        "class-thresholds=b=0.4,5=0.6 class-ids=1,2,3,5",
        "source-thresholds=0=0.4,2/c=0.7,3=0.5 class-thresholds=b=0.4",
        "edge-policy=drop max-width=500 nms-mode=agnostic top-k=20",
        "edge-policy=keep nms-mode=none top-k-per-class=3 padding=symmetric",
    ] {
        let line = format!("rsssdparser labels-file={} {policy}", labels.path());
        let mut rig = Rig::new(&line);
        assert_eq!(allocations(&mut rig), nothing, "{policy}");
        assert!(rig.stat("objects") > 0, "{policy}");
    }
}

/// Makes tensors with so many entries.
type Tensors = fn(usize) -> nvds::NewTensorMeta;

/// A Mask R-CNN of so many objects, each with masks of two classes.
fn masks(count: usize) -> nvds::NewTensorMeta {
    let mut rows: Vec<f32> = (0..count)
        .flat_map(|i| {
            let at = i as f32;
            [
                at,
                2.0 * at,
                at + 50.5,
                2.0 * at + 70.25,
                (i % 2) as f32,
                0.9,
            ]
        })
        .collect();
    rows.resize(600, 0.0);
    let layers = vec![
        layer("generate_detections", &[100, 6], &rows),
        layer(
            "mask_fcn_logits/BiasAdd",
            &[100, 2, 7, 7],
            &vec![0.5; 100 * 2 * 49],
        ),
    ];
    tensor(5, layers)
}

/// MoveNet's people, of whom so many are above the threshold.
fn people(count: usize) -> nvds::NewTensorMeta {
    let people = (0..6).flat_map(|i| {
        let score = if i < count % 7 {
            0.9 - 0.1 * i as f32
        } else {
            0.1
        };
        let mut row = [0.5; 56];
        row[51..].copy_from_slice(&[0.25, 0.25, 0.75, 0.75, score]);
        row
    });
    let people: Vec<f32> = people.collect();
    tensor(5, vec![layer("Identity", &[6, 56], &people)])
}

/// RTMPose's bins for an input of 300x300.
fn bins(count: usize) -> nvds::NewTensorMeta {
    let mut numbers = vec![0.0; 17 * 600];
    for point in 0..17 {
        numbers[600 * point + 5 * count + point] = 0.75;
    }
    let layers = ["simcc_x", "simcc_y"].map(|name| layer(name, &[17, 600], &numbers));
    tensor(5, layers.to_vec())
}

#[test]
fn masks_and_poses_allocate_nothing() {
    let labels = TempFile::new("mask-allocations", "a\nb\n");
    let lines: [(String, Tensors, &str); 4] = [
        (
            format!("rsmaskparser labels-file={}", labels.path()),
            masks,
            "objects",
        ),
        (
            "rsmaskparser edge-policy=keep mask-logits=no".into(),
            masks,
            "objects",
        ),
        (
            "rsposeparser keypoints-in-mask=true".into(),
            people,
            "poses",
        ),
        ("rsposeparser score-threshold=0.1".into(), bins, "poses"),
    ];
    for (line, tensors, count) in lines {
        let nothing = allocations_of(&mut Rig::new("identity"), &tensors);
        let mut rig = Rig::new(&line);
        assert_eq!(allocations_of(&mut rig, &tensors), nothing, "{line}");
        assert!(rig.stat(count) > 0, "{line}");
    }
}

/// The counter counts: an explanation is made on the heap.
#[test]
fn explanations_allocate() {
    let nothing = allocations(&mut Rig::new("identity"));
    assert!(allocations(&mut Rig::new("rsssdparser explain=true")) > nothing);
}
