//! rsosdannotate in its richest style: 40 objects a frame whose track ids give way to others every 50 frames. Every few
//! seconds the style changes, inference skips frames, or the source is said to be gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gst::prelude::*;
use nvds::Batch;
use nvds::event::SourceEvent;

use crate::{Outcome, common, crowd, memory};

const STYLE: &str = include_str!("../../benches/osdannotate/style.toml");
const OBJECTS: u64 = 40;
const WIDTH: u32 = 640;
const HEIGHT: u32 = 360;

pub fn run(time: Duration) -> Outcome {
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
    let mut change = 0;
    memory::watch(&pipeline, time, &frames, |since, error| {
        if let Some(error) = error {
            return Err(error.error().into());
        }
        if since.as_secs() / 3 > change {
            change += 1;
            let width = 1 + change % 5;
            annotate.set_property(
                "style",
                STYLE.replace("shape-width = 2", &format!("shape-width = {width}")),
            );
        }
        Ok(())
    })
}
