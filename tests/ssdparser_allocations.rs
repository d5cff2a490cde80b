//! rsssdparser allocates nothing of its own for a frame, whatever its policies, once it has seen as many boxes as
//! there will be.

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
    let push = |rig: &mut Rig, count: usize| {
        let mut buffer = buffer(4, |locked, frames| {
            for frame in frames {
                locked
                    .add_tensor_to_frame(frame, &ssd(5, &entries[..count]))
                    .unwrap();
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

/// The counter counts: an explanation is made on the heap.
#[test]
fn explanations_allocate() {
    let nothing = allocations(&mut Rig::new("identity"));
    assert!(allocations(&mut Rig::new("rsssdparser explain=true")) > nothing);
}
