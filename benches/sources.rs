//! What a frame costs in rsssdparser and rsosdannotate, in batches of 1 to 64 sources, and in rstensorreplay before them.
//! The mark to stay below: 1.2 times a frame of one source.
//!
//! Needs the environment of `make env`; `make bench` sees to it.

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;

const SOURCES: [u32; 5] = [1, 4, 16, 30, 64];
/// Frames of a round, of all sources together, about.
const FRAMES: u32 = 1920;
/// The best round counts, because the machines are noisy. The lines take turns.
const ROUNDS: usize = 40;
/// Boxes and objects of a frame.
const BOXES: usize = 100;
const OBJECTS: usize = 10;
/// Times a frame of one source.
const GOAL: f64 = 1.2;

/// A recording of one batch, as rstensorrecord would write it. One file answers for all.
fn recording(sources: u32) -> TempFile {
    let bytes =
        |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|v| v.to_le_bytes()).collect() };
    let mut tensors = Vec::new();
    for frame in 0..sources {
        let score = |i: usize| {
            if i < OBJECTS {
                0.9 - 0.01 * i as f32
            } else {
                0.1
            }
        };
        let scores: Vec<f32> = (0..BOXES).map(score).collect();
        let boxes: Vec<f32> = (0..BOXES).flat_map(cell).collect();
        for (name, shape, values) in [
            ("num_detections", vec![1], vec![BOXES as f32]),
            ("detection_scores", vec![BOXES], scores),
            ("detection_classes", vec![BOXES], vec![1.0; BOXES]),
            ("detection_boxes", vec![BOXES, 4], boxes),
        ] {
            tensors.push((format!("f{frame}.u5.{name}"), shape, bytes(&values)));
        }
    }
    let views = tensors.iter().map(|(key, shape, bytes)| {
        let view =
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
        (key, view.expect("as many bytes as the shape says"))
    });
    let file = safetensors::serialize(views, None).expect("a recording");
    TempFile::new(&format!("bench-sources-{sources}"), file)
}

/// Adds up the time from one pad to another.
#[derive(Default)]
struct Watch {
    since: Option<Instant>,
    sum: Duration,
}

fn watch(from: &gst::Pad, to: &gst::Pad) -> Arc<Mutex<Watch>> {
    let watch = Arc::new(Mutex::new(Watch::default()));
    let begin = watch.clone();
    from.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        begin.lock().unwrap().since = Some(Instant::now());
        gst::PadProbeReturn::Ok
    });
    let end = watch.clone();
    to.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let now = Instant::now();
        let mut end = end.lock().unwrap();
        if let Some(since) = end.since.take() {
            end.sum += now - since;
        }
        gst::PadProbeReturn::Ok
    });
    watch
}

/// The elements with batches of so many sources, and the best round of each part.
struct Line {
    harness: gst_check::Harness,
    sources: u32,
    /// rstensorreplay, rsssdparser, rsosdannotate.
    parts: [Arc<Mutex<Watch>>; 3],
    best: [Duration; 3],
    _recording: TempFile,
}

impl Line {
    fn new(sources: u32, labels: &TempFile) -> Self {
        let recording = recording(sources);
        let mut harness = gst_check::Harness::new_parse(&format!(
            "rstensorreplay name=replay location={} on-end=loop network-width=300 network-height=300 \
             ! rsssdparser name=parser labels-file={} ! rsosdannotate name=annotate",
            recording.path(),
            labels.path()
        ));
        harness.set_src_caps_str(&format!(
            "video/x-raw,format=RGBA,width={WIDTH},height={HEIGHT},framerate=25/1"
        ));
        let bin = harness.element().unwrap().downcast::<gst::Bin>().unwrap();
        let parts = ["replay", "parser", "annotate"].map(|name| {
            let element = bin.by_name(name).unwrap();
            watch(
                &element.static_pad("sink").unwrap(),
                &element.static_pad("src").unwrap(),
            )
        });
        Self {
            harness,
            sources,
            parts,
            best: [Duration::MAX; 3],
            _recording: recording,
        }
    }

    fn buffers(&self) -> u32 {
        FRAMES.div_ceil(self.sources)
    }

    /// Buffers are made before and released after what is measured.
    fn round(&mut self) {
        let buffers: Vec<_> = (0..self.buffers())
            .map(|_| buffer(self.sources, |_, _| ()))
            .collect();
        let mut out = Vec::with_capacity(buffers.len());
        for buffer in buffers {
            self.harness.push(buffer).expect("the elements run");
            out.push(self.harness.pull().expect("the buffer"));
        }
        let found = objects(out.last().unwrap());
        assert!(
            found.len() == self.sources as usize
                && found.iter().all(|frame| frame.len() == OBJECTS)
        );
        for (best, part) in self.best.iter_mut().zip(&self.parts) {
            *best = (*best).min(std::mem::take(&mut part.lock().unwrap().sum));
        }
    }

    /// Microseconds a frame of each part.
    fn microseconds(&self) -> [f64; 3] {
        let frames = f64::from(self.buffers() * self.sources);
        self.best.map(|best| best.as_secs_f64() * 1e6 / frames)
    }
}

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    init();
    nvds_bench_probe::steady_heap();
    let labels = TempFile::new("bench-sources-labels", "background\nperson\n");
    let mut lines = SOURCES.map(|sources| Line::new(sources, &labels));
    for _ in 0..ROUNDS {
        lines.iter_mut().for_each(Line::round);
    }
    println!("us a frame of {BOXES} boxes and {OBJECTS} objects, best of {ROUNDS} rounds");
    println!("sources  rstensorreplay  rsssdparser  rsosdannotate");
    let mut one = None;
    for line in &lines {
        let [replay, parser, annotate] = line.microseconds();
        println!(
            "{:7} {replay:15.2} {parser:12.2} {annotate:14.2}",
            line.sources
        );
        let both = parser + annotate;
        let one = *one.get_or_insert(both);
        if line.sources > 1 {
            let work = format!(
                "rsssdparser and rsosdannotate, a frame of {} sources",
                line.sources
            );
            nvds_bench_probe::report(&work, "a frame of 1 source", both, one, GOAL);
        }
    }
}
