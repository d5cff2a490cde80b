//! Runs rsosdannotate in its richest style for some minutes and watches the memory of the process.
//!
//! ```text
//! make soak MINUTES=10
//! ```
//!
//! A pipeline on the CPU stand-ins, nvdsosd included, gets 40 objects a frame whose track ids give way to others every
//! 50 frames. Every few seconds the style changes, inference skips frames, or the source is said to be gone. Ends with
//! code 1 when the resident memory has grown by more than [`ALLOWED`] since it settled.

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gst::prelude::*;
use nvds::Batch;
use nvds::event::SourceEvent;

const STYLE: &str = include_str!("../benches/osdannotate/style.toml");
const OBJECTS: u64 = 40;
const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;
/// Bytes that the allocators may move by.
const ALLOWED: i64 = 2 << 20;
/// Part of the time after which memory is taken as settled.
const SETTLED: f64 = 0.2;

fn main() -> ExitCode {
    let minutes = std::env::args().nth(1).unwrap_or_else(|| "10".into());
    let Ok(minutes) = minutes.parse::<f64>() else {
        eprintln!("soak: expected a number of minutes, found {minutes:?}");
        return ExitCode::FAILURE;
    };
    match run(Duration::from_secs_f64(minutes * 60.0)) {
        Ok(grown) if grown <= ALLOWED => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("soak: memory grows");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the pipeline. Returns by how many bytes memory grew since it settled.
fn run(time: Duration) -> Result<i64, Box<dyn std::error::Error>> {
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR"))?;
    common::init();
    gst::Plugin::load_file("target/plugins/nvdscpu/libgstnvdscpu.so")
        .map_err(|error| format!("{error}; `make soak` builds it"))?;
    let line = format!(
        "videotestsrc is-live=true pattern=black
        ! video/x-raw,format=RGBA,width={WIDTH},height={HEIGHT},framerate=100/1
        ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! mux.sink_0
        nvstreammux name=mux batch-size=1 width={WIDTH} height={HEIGHT} live-source=true
        ! rsosdannotate name=annotate post-messages=true ! nvdsosd ! fakesink sync=false"
    );
    let pipeline = gst::parse::launch(&line)?
        .downcast::<gst::Pipeline>()
        .map_err(|_| "not a pipeline")?;
    let annotate = pipeline.by_name("annotate").ok_or("no annotate")?;
    annotate.set_property("style", STYLE);
    let frames = Arc::new(AtomicU64::new(0));
    let counter = frames.clone();
    let sink = annotate.static_pad("sink").ok_or("no sink pad")?;
    sink.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let n = counter.fetch_add(1, Ordering::Relaxed);
        if n % 700 == 699 {
            let structure = gst::Structure::builder("nv-stream-eos-0");
            let event = structure.field("source-id", 0_u32).build();
            // Of one name, not one each as the mux's are: pads keep the last of a name.
            pad.send_event(SourceEvent::StreamEos.event(event));
        }
        if n % 10 < 7
            && let Some(buffer) = info.buffer()
            && let Ok(Some(batch)) = Batch::from_buffer(buffer)
        {
            let locked = batch.lock();
            for frame in locked.frames() {
                let scale = WIDTH as f32 / common::WIDTH as f32;
                crowd::fill(&locked, &frame, OBJECTS, n, Some(50), scale);
            }
        }
        gst::PadProbeReturn::Ok
    });
    let bus = pipeline.bus().ok_or("no bus")?;
    pipeline.set_state(gst::State::Playing)?;
    println!("seconds  frames  resident kB");
    let start = Instant::now();
    let mut settled = None;
    let mut last = resident()?;
    let step = time.div_f64(20.0);
    let mut next = step;
    let mut change = 0;
    while start.elapsed() < time {
        let wait = gst::ClockTime::from_mseconds(200);
        // Whatever comes but an error is thrown away.
        if let Some(message) = bus.timed_pop_filtered(wait, &[gst::MessageType::Error])
            && let gst::MessageView::Error(error) = message.view()
        {
            return Err(error.error().into());
        }
        if start.elapsed().as_secs() / 3 > change {
            change += 1;
            let width = 1 + change % 5;
            annotate.set_property(
                "style",
                STYLE.replace("shape-width = 2", &format!("shape-width = {width}")),
            );
        }
        if start.elapsed() >= next {
            last = resident()?;
            println!(
                "{:7.0} {:7} {:12}",
                start.elapsed().as_secs_f64(),
                frames.load(Ordering::Relaxed),
                last / 1024
            );
            if settled.is_none() && next >= time.mul_f64(SETTLED) {
                settled = Some(last);
            }
            next += step;
        }
    }
    pipeline.set_state(gst::State::Null)?;
    let settled = settled.ok_or("too short to tell")?;
    let grown = last - settled;
    println!("grown by {} kB since {} kB", grown / 1024, settled / 1024);
    Ok(grown)
}

/// Resident memory of this process in bytes.
fn resident() -> Result<i64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes
        .ok_or("no VmRSS in /proc/self/status")?
        .trim()
        .parse::<i64>()?
        * 1024)
}
