//! What a frame costs in rstensorreplay, rsssdparser and rsosdannotate, and in rsanalytics and rsmetajson, in batches of 1 to
//! 64 sources. The mark to stay below: 1.2 times a frame of one source.
//!
//! Needs the environment of `make env`; `make bench` sees to it.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::*;
use gst::prelude::*;

const SOURCES: [u32; 5] = [1, 4, 16, 30, 64];
/// Frames of a round, of all sources together, about.
const FRAMES: u32 = 1920;
/// The best round counts, because the machines are noisy. The lines take turns.
const ROUNDS: usize = 30;
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

/// Elements behind each other, each of which is measured.
struct Chain {
    /// Factories, which are the names in the line, too.
    elements: &'static [&'static str],
    /// The line for batches of so many sources.
    launch: fn(files: &Files) -> String,
    /// The n-th buffer of so many sources.
    buffer: fn(sources: u32, n: u64) -> gst::Buffer,
}

/// What the elements read.
struct Files {
    recording: TempFile,
    labels: TempFile,
}

const CHAINS: [Chain; 2] = [
    Chain {
        elements: &["rstensorreplay", "rsssdparser", "rsosdannotate"],
        launch: |files| {
            format!(
                "rstensorreplay name=rstensorreplay location={} on-end=loop network-width=300 network-height=300 \
                 ! rsssdparser name=rsssdparser labels-file={} ! rsosdannotate name=rsosdannotate",
                files.recording.path(),
                files.labels.path()
            )
        },
        buffer: |sources, _| buffer(sources, |_, _| ()),
    },
    Chain {
        elements: &["rsanalytics", "rsmetajson"],
        launch: |_| {
            let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/analytics/rules.toml");
            format!(
                "rsanalytics name=rsanalytics config-file={rules} ! rsmetajson name=rsmetajson location=/dev/null"
            )
        },
        // A track lives for 500 frames of its source.
        buffer: |sources, n| crowd::batch(sources, OBJECTS as u64, n, Some(500)),
    },
];

/// A chain with batches of so many sources, and the best round of each element.
struct Line {
    harness: gst_check::Harness,
    chain: &'static Chain,
    sources: u32,
    parts: Vec<Arc<Mutex<Watch>>>,
    best: Vec<Duration>,
    /// Number of the next buffer.
    next: u64,
    _files: Files,
}

impl Line {
    fn new(chain: &'static Chain, sources: u32) -> Self {
        let files = Files {
            recording: recording(sources),
            labels: TempFile::new(
                &format!("bench-sources-labels-{sources}"),
                "background\nperson\n",
            ),
        };
        let mut harness = gst_check::Harness::new_parse(&(chain.launch)(&files));
        harness.set_src_caps_str(&format!(
            "video/x-raw,format=RGBA,width={WIDTH},height={HEIGHT},framerate=25/1"
        ));
        let bin = harness.element().unwrap().downcast::<gst::Bin>().unwrap();
        let watched = chain.elements.iter().map(|name| {
            let element = bin.by_name(name).unwrap();
            watch(
                &element.static_pad("sink").unwrap(),
                &element.static_pad("src").unwrap(),
            )
        });
        Self {
            parts: watched.collect(),
            best: vec![Duration::MAX; chain.elements.len()],
            harness,
            chain,
            sources,
            next: 0,
            _files: files,
        }
    }

    fn buffers(&self) -> u32 {
        FRAMES.div_ceil(self.sources)
    }

    /// Buffers are made before and released after what is measured.
    fn round(&mut self) {
        let numbers = self.next..self.next + u64::from(self.buffers());
        self.next = numbers.end;
        let buffers: Vec<_> = numbers
            .map(|n| (self.chain.buffer)(self.sources, n))
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

    /// Microseconds a frame of each element.
    fn microseconds(&self) -> Vec<f64> {
        let frames = f64::from(self.buffers() * self.sources);
        let best = self.best.iter();
        best.map(|best| best.as_secs_f64() * 1e6 / frames).collect()
    }
}

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    init();
    nvds_bench_probe::steady_heap();
    CHAINS.iter().for_each(measure);
}

/// Measures the elements of a chain, prints a table, and reports what a frame costs among many sources.
fn measure(chain: &'static Chain) {
    let mut lines = SOURCES.map(|sources| Line::new(chain, sources));
    for _ in 0..ROUNDS {
        lines.iter_mut().for_each(Line::round);
    }
    println!("us a frame of {OBJECTS} objects, best of {ROUNDS} rounds");
    println!("sources  {}", chain.elements.join("  "));
    let one = lines[0].microseconds();
    for line in &lines {
        print!("{:7}", line.sources);
        for (element, time) in chain.elements.iter().zip(line.microseconds()) {
            print!("  {time:width$.2}", width = element.len());
        }
        println!();
    }
    for (i, element) in chain.elements.iter().enumerate() {
        for line in &lines[1..] {
            let work = format!("{element}, a frame of {} sources", line.sources);
            let time = line.microseconds()[i];
            nvds_bench_probe::report(&work, "a frame of 1 source", time, one[i], GOAL);
        }
    }
}
