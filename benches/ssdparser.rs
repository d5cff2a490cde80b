//! What rsssdparser costs a frame, beside the pad probe in C of `probe/` that does the same.
//!
//! Each buffer is made before its clock starts and released after it stopped; what is measured is
//! pushing it through: decoding, suppression, and attaching the objects with NVIDIA's metadata
//! library. Times are what the element or the probe adds to a line of two `identity` elements. The
//! lines take turns buffer by buffer, and the best round of each counts.

#[path = "../nvds-decode/benches/crowd/mod.rs"]
mod crowd;

#[path = "../tests/common/mod.rs"]
mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;
use nvds::NewTensorMeta;
use nvds_bench_probe::Settings;

const BATCH: u32 = 8;
const BUFFERS: usize = 50;
const ROUNDS: usize = 60;
const CLASSES: usize = 91;

/// Counts what this program allocates; what GLib and the SDK do is not among it.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the rules of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above; the pointer is from `alloc` or `realloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Frames and what is kept of them.
struct Case {
    name: &'static str,
    tensors: Vec<NewTensorMeta>,
    top_k: u32,
    min_size: u32,
    /// Greatest ratio to the probe's time.
    goal: f64,
}

fn tf_od(count: f32, scores: &[f32], classes: &[f32], boxes: &[f32]) -> NewTensorMeta {
    tensor(
        5,
        vec![
            layer("num_detections", &[1], &[count]),
            layer("detection_scores", &[scores.len()], scores),
            layer("detection_classes", &[scores.len()], classes),
            layer("detection_boxes", &[scores.len(), 4], boxes),
        ],
    )
}

/// The reference frames with 20 objects among 100 boxes.
fn reference() -> Case {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/nvds-decode/tests/data/tf-od/tensors-20-20.f32"
    );
    let bytes = std::fs::read(file).unwrap();
    let values: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    Case {
        name: "20 of 100 boxes kept",
        tensors: values
            .chunks_exact(601)
            .map(|frame| tf_od(frame[0], &frame[1..101], &frame[101..201], &frame[201..]))
            .collect(),
        top_k: 20,
        min_size: 32,
        goal: 0.33,
    }
}

/// Frames of 40 objects that are seen 100 times.
fn crowd() -> Case {
    Case {
        name: "100 candidates, 40 survive",
        tensors: crowd::crowd()
            .iter()
            .map(|frame| tf_od(100.0, &frame.scores, &frame.classes, &frame.boxes))
            .collect(),
        top_k: 0,
        min_size: 0,
        goal: 0.33,
    }
}

/// Frames of 100 entries below the threshold, which is what most frames are.
fn empty() -> Case {
    let low = |scores: &[f32]| scores.iter().map(|score| 0.4 * score).collect::<Vec<_>>();
    Case {
        name: "empty, 100 boxes",
        tensors: crowd::crowd()
            .iter()
            .map(|frame| tf_od(100.0, &low(&frame.scores), &frame.classes, &frame.boxes))
            .collect(),
        top_k: 0,
        min_size: 0,
        goal: 0.7,
    }
}

/// A buffer with a full batch; without tensors if there are none.
fn batched(tensors: &[NewTensorMeta], number: usize) -> gst::Buffer {
    buffer(BATCH, |locked, frames| {
        for (j, frame) in frames.iter().enumerate() {
            let at = (number * frames.len() + j) % tensors.len().max(1);
            if let Some(tensor) = tensors.get(at) {
                locked.add_tensor_to_frame(frame, tensor).unwrap();
            }
        }
    })
}

/// Elements in a row, and the best time in which they passed a round of buffers on.
struct Line {
    rig: Rig,
    round: Duration,
    best: Duration,
    allocations: u64,
}

impl Line {
    fn new(launch: &str) -> Self {
        Self {
            rig: Rig::new(launch),
            round: Duration::ZERO,
            best: Duration::MAX,
            allocations: 0,
        }
    }

    #[inline(never)] // so that it can be told from the rest in a profile
    fn pass(&mut self, buffer: gst::Buffer) -> gst::Buffer {
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        let start = Instant::now();
        self.rig.push(buffer).unwrap();
        let buffer = self.rig.harness.pull().unwrap();
        self.round += start.elapsed();
        self.allocations += ALLOCATIONS.load(Ordering::Relaxed) - before;
        buffer
    }

    fn end_round(&mut self) {
        self.best = self.best.min(self.round);
        self.round = Duration::ZERO;
        self.allocations = 0;
    }

    /// Microseconds a frame, over those of another line.
    fn over(&self, other: &Self) -> f64 {
        (self.best.as_secs_f64() - other.best.as_secs_f64()) * 1e6
            / (BUFFERS as f64 * f64::from(BATCH))
    }
}

const BASE: &str = "identity name=first ! identity";

fn probed(case: &Case, labels: &[String]) -> Line {
    let line = Line::new(BASE);
    let top = line.rig.harness.element().unwrap();
    let first = top.downcast::<gst::Bin>().unwrap().by_name("first");
    let pad = first.unwrap().static_pad("src").unwrap();
    let settings = Settings {
        labels,
        unique_id: 5,
        frame: (WIDTH, HEIGHT),
        score_threshold: 0.5,
        iou_threshold: 0.3,
        min_size: case.min_size as f32,
        top_k: case.top_k,
    };
    let library = nvds::library().unwrap().origin();
    assert!(nvds_bench_probe::add(&pad, library, &settings));
    line
}

fn parsed(case: &Case, labels: &TempFile) -> Line {
    Line::new(&format!(
        "{BASE} ! rsssdparser labels-file={} num-classes={CLASSES} top-k={top_k} \
         min-width={min_size} min-height={min_size}",
        labels.path(),
        top_k = case.top_k,
        min_size = case.min_size,
    ))
}

/// Makes sure that both attached the same objects. Returns how many.
fn compare(probed: &gst::BufferRef, parsed: &gst::BufferRef) -> usize {
    let (probed, parsed) = (objects(probed), objects(parsed));
    for (a, b) in probed.iter().zip(&parsed) {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            let near = |a: &f32, b: &f32| (a - b).abs() < 0.01;
            let sides = a.rect.iter().zip(&b.rect).all(|(a, b)| near(a, b));
            assert!(sides, "{a:?} {b:?}");
            let (rect, text_at) = (b.rect, b.text_at);
            let same = Seen {
                rect,
                text_at,
                ..a.clone()
            };
            assert_eq!(same, *b);
        }
    }
    parsed.iter().map(Vec::len).sum()
}

fn run(case: &Case, labels: &[String], labels_file: &TempFile) {
    let mut base = Line::new(BASE);
    let mut probe = probed(case, labels);
    let mut parser = parsed(case, labels_file);
    let mut found = 0;
    for number in 0..BUFFERS {
        let make = || batched(&case.tensors, number);
        let (a, b) = (probe.pass(make()), parser.pass(make()));
        assert_eq!(infer_done(&a), infer_done(&b));
        found += compare(&a, &b);
    }
    for line in [&mut probe, &mut parser] {
        line.round = Duration::ZERO;
    }
    for round in 0..ROUNDS {
        for number in 0..BUFFERS {
            for line in [&mut base, &mut probe, &mut parser] {
                line.pass(batched(&case.tensors, number));
            }
        }
        if round > 0 {
            assert_eq!(parser.allocations, 0, "allocations after {round} rounds");
        }
        for line in [&mut base, &mut probe, &mut parser] {
            line.end_round();
        }
    }
    let (c, rust) = (probe.over(&base), parser.over(&base));
    println!(
        "  {:<28} probe in C {c:6.3} us   rsssdparser {rust:6.3} us   ratio {:.2}   \
         ({:.1} objects a frame)",
        case.name,
        rust / c,
        found as f64 / (BUFFERS as f64 * f64::from(BATCH))
    );
    let work = format!("rsssdparser, {}, a frame of batch {BATCH}", case.name);
    nvds_bench_probe::report(&work, "probe in C", rust, c, case.goal);
}

/// What a buffer costs that has nothing to parse.
fn idle() {
    let mut lines = ["identity", "rsssdparser", "rsosdannotate"].map(Line::new);
    for _ in 0..ROUNDS {
        for _ in 0..BUFFERS {
            for line in &mut lines {
                line.pass(batched(&[], 0));
            }
        }
        lines.iter_mut().for_each(Line::end_round);
    }
    let [identity, others @ ..] = &lines;
    for (line, name) in others
        .iter()
        .zip(["rsssdparser, no tensors", "rsosdannotate"])
    {
        println!(
            "  {name:<28} {:6.3} us a buffer over identity",
            line.over(identity) * f64::from(BATCH)
        );
    }
}

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    init();
    nvds_bench_probe::steady_heap();
    let labels: Vec<String> = (0..CLASSES).map(|i| format!("label {i}")).collect();
    let labels_file = TempFile::new("bench-labels", labels.join("\n"));
    println!("{BUFFERS} buffers with batches of {BATCH}, best of {ROUNDS} rounds, times a frame");
    // `cargo bench --bench ssdparser -- survive` runs the cases with that in their names.
    let wanted = |name: &str| {
        let words = || std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
        words().next().is_none() || words().any(|word| name.contains(&word))
    };
    for case in [empty(), reference(), crowd()] {
        if wanted(case.name) {
            run(&case, &labels, &labels_file);
        }
    }
    if wanted("idle") {
        idle();
    }
}
