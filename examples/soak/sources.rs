//! Sources that come and go: every half second one is added, or the oldest removed. Some end by themselves, and some fail; they
//! are removed then.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gst::prelude::*;
use nvds::Batch;

use crate::{Outcome, crowd, memory};

/// Sources at a time, of 64x48 pixels.
const MOST: u32 = 8;
const OBJECTS: u64 = 10;
/// Bytes that a source leaves: five or six sticky events of names of its own on every pad downstream, as in stock, and
/// these names, which GLib keeps. Measured: 3 to 4 kB.
const EVENTS: i64 = 4 << 10;

type Error = Box<dyn std::error::Error>;

/// A source, and its pad of the mux.
struct Source {
    bin: gst::Bin,
    pad: gst::Pad,
}

struct Sources {
    pipeline: gst::Pipeline,
    mux: gst::Element,
    there: VecDeque<Source>,
    /// How many there were.
    added: u32,
}

impl Sources {
    fn add(&mut self) -> Result<(), Error> {
        let number = (0..MOST)
            .find(|n| {
                !self
                    .there
                    .iter()
                    .any(|s| s.pad.name() == format!("sink_{n}"))
            })
            .ok_or("no place")?;
        // Every fourth ends, and every fourth fails.
        let end = match self.added % 4 {
            2 => "identity eos-after=30",
            3 => "identity error-after=30",
            _ => "identity",
        };
        self.added += 1;
        // A short queue: how many frames wait on a busy machine is not what is looked for.
        let line = format!(
            "videotestsrc is-live=true pattern=black ! video/x-raw,format=RGBA,width=64,height=48,framerate=25/1 \
             ! {end} ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! queue max-size-buffers=4"
        );
        let bin = gst::parse::bin_from_description(&line, true)?;
        let pad = self
            .mux
            .request_pad_simple(&format!("sink_{number}"))
            .ok_or("no pad")?;
        self.pipeline.add(&bin)?;
        bin.static_pad("src").ok_or("no pad")?.link(&pad)?;
        bin.sync_state_with_parent()?;
        self.there.push_back(Source { bin, pad });
        Ok(())
    }

    fn remove(&mut self, index: usize) -> Result<(), Error> {
        let Some(source) = self.there.remove(index) else {
            return Ok(());
        };
        source.bin.set_state(gst::State::Null)?;
        self.mux.release_request_pad(&source.pad);
        Ok(self.pipeline.remove(&source.bin)?)
    }

    /// Removes the source that failed; the error if none did.
    fn failed(&mut self, error: &gst::message::Error) -> Result<(), Error> {
        let from = error.src().ok_or("an error without an element")?;
        match self.there.iter().position(|s| from.has_as_ancestor(&s.bin)) {
            Some(index) => self.remove(index),
            // One that is gone already.
            None if !from.has_as_ancestor(&self.pipeline) => Ok(()),
            None => Err(error.error().into()),
        }
    }
}

pub fn run(time: Duration) -> Outcome {
    let line = format!(
        "nvstreammux name=mux batch-size={MOST} width=64 height=48 live-source=true batched-push-timeout=40000 \
         ! rsosdannotate name=annotate post-messages=true ! nvmultistreamtiler rows=2 columns=4 width=256 height=96 \
         ! nvdsosd ! fakesink sync=false async=false"
    );
    let pipeline = gst::parse::launch(&line)?
        .downcast::<gst::Pipeline>()
        .map_err(|_| "not a pipeline")?;
    let mux = pipeline.by_name("mux").ok_or("no mux")?;
    let frames = Arc::new(AtomicU64::new(0));
    let counter = frames.clone();
    mux.static_pad("src")
        .ok_or("no pad")?
        .add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let buffer = info.buffer();
            if let Some(Ok(Some(batch))) = buffer.map(|buffer| Batch::from_buffer(buffer)) {
                let locked = batch.lock();
                for frame in locked.frames() {
                    let n = counter.fetch_add(1, Ordering::Relaxed);
                    crowd::fill(&locked, &frame, OBJECTS, n, Some(50), 1.0 / 30.0);
                }
            }
            gst::PadProbeReturn::Ok
        });
    let mut sources = Sources {
        pipeline: pipeline.clone(),
        mux,
        there: VecDeque::new(),
        added: 0,
    };
    // The first one stays, so that the stream does not end.
    sources.add()?;
    let mut changes = 0;
    let grown = memory::watch(&pipeline, time, &frames, |since, error| {
        if let Some(error) = error {
            return sources.failed(error);
        }
        if since.as_millis() / 500 <= changes {
            return Ok(());
        }
        changes += 1;
        if sources.there.len() < MOST as usize && changes % 3 != 0 {
            sources.add()
        } else {
            sources.remove(1)
        }
    });
    // Those of the time in which memory settles left theirs before.
    let since = i64::from(sources.added) * 4 / 5;
    println!("{} sources were added", sources.added);
    Ok(grown? - since * EVENTS)
}
