//! What the stand-ins cost: the wall time of whole pipelines over the demo's film against a bare
//! loop that only runs ONNX Runtime on the same frames.
//!
//! Needs the environment of `make env` and what `make setup` fetches; `make bench` sees to both.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gst::prelude::*;
use ort::session::Session;
use ort::value::TensorRef;

/// Frames of the film that are used.
const FRAMES: usize = 300;
/// Rounds; the fastest of each kind counts, because the machines are noisy.
const ROUNDS: usize = 3;
/// The project's goal for decoding, batching, inference, parsing, annotation and drawing.
const GOAL: f64 = 1.25;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The network's input for the first frames of the film.
fn frames() -> Vec<Vec<u8>> {
    let film = root().join(".deps/media/vtest.h264");
    let line = format!(
        "filesrc location={} ! h264parse ! avdec_h264 ! videoconvert ! videoscale \
         ! video/x-raw,format=RGB,width=300,height=300 ! fakesink name=end signal-handoffs=true sync=false",
        film.display()
    );
    let pipeline = gst::parse::launch(&line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let frames = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let collected = frames.clone();
    pipeline
        .by_name("end")
        .unwrap()
        .connect("handoff", false, move |values| {
            let buffer = values[1].get::<gst::Buffer>().unwrap();
            let mut frames = collected.lock().unwrap();
            if frames.len() < FRAMES {
                frames.push(buffer.map_readable().unwrap().to_vec());
            }
            None
        });
    play(&pipeline);
    let frames = std::mem::take(&mut *frames.lock().unwrap());
    assert_eq!(frames.len(), FRAMES, "{} is too short", film.display());
    assert_eq!(frames[0].len(), 300 * 300 * 3);
    frames
}

/// Plays a pipeline to its end.
fn play(pipeline: &gst::Pipeline) {
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::NONE, &kinds);
    assert_eq!(
        message.as_ref().map(|m| m.type_()),
        Some(gst::MessageType::Eos),
        "{message:?}"
    );
    pipeline.set_state(gst::State::Null).unwrap();
}

/// Runs a pipeline file on the first frames; with `encode` it writes the film, without it ends
/// behind nvdsosd. The clock starts at the first frame that enters the network, since loading the
/// model is not what is measured, and ends with the stream.
fn pipeline(encode: bool) -> Duration {
    let text = std::fs::read_to_string(root().join("pipelines/ssd-parser.txt")).unwrap();
    let film = root().join(".deps/media/vtest.h264");
    let out = std::env::temp_dir().join(format!("rsnvds-bench-{}.mp4", std::process::id()));
    let text = text
        .replace(".deps/media/vtest.h264", film.to_str().unwrap())
        .replace("out/ssd-parser.mp4", out.to_str().unwrap())
        .replace(
            "pipelines/config",
            root().join("pipelines/config").to_str().unwrap(),
        )
        .replace("! nvinferserver", "! identity name=start ! nvinferserver");
    let text = if encode {
        text
    } else {
        let (head, _) = text.split_once("! nvdsosd").unwrap();
        format!("{head} ! nvdsosd ! fakesink sync=false")
    };
    let pipeline = gst::parse::launch(&text)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let started = std::sync::Arc::new(std::sync::OnceLock::new());
    let start = pipeline
        .by_name("start")
        .unwrap()
        .static_pad("src")
        .unwrap();
    let clock = started.clone();
    let count = std::sync::atomic::AtomicUsize::new(0);
    start.add_probe(gst::PadProbeType::BUFFER, move |pad, _| {
        clock.get_or_init(Instant::now);
        if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= FRAMES {
            pad.push_event(gst::event::Eos::new());
            return gst::PadProbeReturn::Drop;
        }
        gst::PadProbeReturn::Ok
    });
    play(&pipeline);
    std::fs::remove_file(&out).ok();
    started
        .get()
        .expect("no frame came to the network")
        .elapsed()
}

fn main() {
    // `cargo test` runs benches, too, to see whether they still compile.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    gst::init().unwrap();
    let plugins = root().join("target/plugins");
    gst::Registry::get().scan_path(&plugins);
    for element in ["rsssdparser", "nvstreammux"] {
        let found = gst::ElementFactory::find(element).is_some();
        assert!(
            found,
            "no {element} in {}: use `make bench`",
            plugins.display()
        );
    }
    let library =
        std::env::var("ORT_DYLIB_PATH").expect("ORT_DYLIB_PATH is not set: use `make bench`");
    let environment = ort::init_from(library).unwrap().build().unwrap();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut session = Session::builder(&environment)
        .unwrap()
        .with_intra_threads(threads)
        .unwrap()
        .commit_from_file(root().join(".deps/models/ssdlite_pedestrian/1/model.onnx"))
        .unwrap();
    let frames = frames();
    let mut bare = || {
        let start = Instant::now();
        for frame in &frames {
            let input = TensorRef::from_array_view(([1, 300, 300, 3], frame.as_slice())).unwrap();
            let outputs = session.run(ort::inputs![input]).unwrap();
            std::hint::black_box(&outputs);
        }
        start.elapsed()
    };
    bare(); // warm up
    let mut best = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        best[0] = best[0].min(bare());
        best[1] = best[1].min(pipeline(false));
        best[2] = best[2].min(pipeline(true));
    }
    println!(
        "pipelines/ssd-parser.txt, {FRAMES} frames of 768x576, best of {ROUNDS}, {threads} threads"
    );
    let names = [
        "bare ONNX Runtime loop",
        "pipeline up to nvdsosd",
        "pipeline with the encoder",
    ];
    for (name, time) in names.iter().zip(best) {
        println!(
            "  {name:<28} {:7.2} ms a frame   {:.2} x",
            time.as_secs_f64() * 1e3 / FRAMES as f64,
            time.as_secs_f64() / best[0].as_secs_f64()
        );
    }
    println!("  goal for the pipeline up to nvdsosd: at most {GOAL} x");
}
