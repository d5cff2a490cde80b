//! The pipeline: grey frames, the recording's tensors on them, boxes drawn.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gst::prelude::*;

use super::{Data, FRAMES, SIZE};

/// CUDA's start takes its time on a cold machine.
const TIMEOUT: Duration = Duration::from_secs(120);

/// What a run gave.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// Lines of rsmetajson, one a frame.
    pub(super) lines: String,
    /// RGBA pixels of each frame behind nvdsosd.
    pub(super) frames: Vec<Vec<u8>>,
    /// Warnings on the bus, each once.
    pub(super) warnings: Vec<String>,
}

/// Plays the recording; with `texts`, nvdsosd draws them too.
pub(super) fn play(data: &Data, texts: bool) -> Result<Run, String> {
    let json = JsonFile::new();
    let pipeline = build(data, texts, &json.0)?;
    let frames = Arc::new(Mutex::new(Vec::new()));
    let sink = pipeline.by_name("sink").ok_or("no element named sink")?;
    let pad = sink.static_pad("sink").ok_or("the sink has no pad")?;
    let collected = Arc::clone(&frames);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(map) = info.buffer().and_then(|b| b.map_readable().ok())
            && let Ok(mut frames) = collected.lock()
        {
            frames.push(map.to_vec());
        }
        gst::PadProbeReturn::Ok
    });
    let end = wait(&pipeline);
    // In any case, so that no thread outlives the pipeline.
    pipeline.set_state(gst::State::Null).ok();
    let warnings = end?;
    let frames = std::mem::take(&mut *frames.lock().map_err(|e| e.to_string())?);
    check(&frames)?;
    let lines = std::fs::read_to_string(&json.0)
        .map_err(|error| format!("rsmetajson wrote no {}: {error}", json.0))?;
    Ok(Run {
        lines,
        frames,
        warnings,
    })
}

/// Each run has a file of its own, which goes with it.
struct JsonFile(String);

impl JsonFile {
    fn new() -> Self {
        let name = format!("rsnvds-selftest-{}.jsonl", std::process::id());
        Self(std::env::temp_dir().join(name).display().to_string())
    }
}

impl Drop for JsonFile {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn build(data: &Data, texts: bool, json: &str) -> Result<gst::Pipeline, String> {
    let (width, height) = SIZE;
    // The source is one grey that no decoder or camera has a part in; times are the recording's.
    let line = format!(
        "videotestsrc num-buffers={FRAMES} pattern=solid-color foreground-color=0xff404040 \
         ! video/x-raw,format=RGBA,width={width},height={height},framerate=10/1 \
         ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! mux.sink_0 \
         nvstreammux name=mux batch-size=1 ! rstensorreplay name=replay ! rsssdparser name=parser \
         ! rsosdannotate ! nvdsosd name=osd ! rsmetajson name=json \
         ! nvvideoconvert ! video/x-raw,format=RGBA ! fakesink name=sink sync=false"
    );
    let pipeline = gst::parse::launch(&line)
        .map_err(|error| error.to_string())?
        .downcast::<gst::Pipeline>()
        .map_err(|_| "the line is no pipeline")?;
    let set = |element: &str, property: &str, value: &str| -> Result<(), String> {
        let element = pipeline
            .by_name(element)
            .ok_or_else(|| format!("no element named {element}"))?;
        // The newer mux has no size, and releases differ in what nvdsosd lets one choose.
        if element.has_property(property) {
            element.set_property_from_str(property, value);
        }
        Ok(())
    };
    set("mux", "width", &width.to_string())?;
    set("mux", "height", &height.to_string())?;
    set("mux", "batched-push-timeout", "1000000")?;
    set("osd", "process-mode", "1")?;
    set("osd", "display-text", if texts { "true" } else { "false" })?;
    let path = |file: &str| data.recording(file).display().to_string();
    set("replay", "location", &path("%06u.safetensors"))?;
    set("parser", "labels-file", &path("labels.txt"))?;
    set("json", "location", json)?;
    Ok(pipeline)
}

/// Plays to the end of the stream and returns the warnings on the way.
fn wait(pipeline: &gst::Pipeline) -> Result<Vec<String>, String> {
    let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
    let started = pipeline.set_state(gst::State::Playing);
    let begin = Instant::now();
    let mut warnings = Vec::new();
    let wanted = [
        gst::MessageType::Eos,
        gst::MessageType::Error,
        gst::MessageType::Warning,
    ];
    loop {
        let left = match started {
            Ok(_) => TIMEOUT.saturating_sub(begin.elapsed()),
            // The message that tells why is there already.
            Err(_) => Duration::ZERO,
        };
        let left = gst::ClockTime::try_from(left).unwrap_or(gst::ClockTime::ZERO);
        let Some(message) = bus.timed_pop_filtered(left, &wanted) else {
            return Err(match started {
                Ok(_) => format!("no end of the stream after {} s", TIMEOUT.as_secs()),
                Err(error) => error.to_string(),
            });
        };
        match message.view() {
            gst::MessageView::Eos(_) => return Ok(warnings),
            gst::MessageView::Error(error) => {
                let source = message.src().map(|s| s.name().to_string());
                let debug = error.debug().unwrap_or_default();
                return Err(format!(
                    "{}: {}\n{debug}",
                    source.unwrap_or_default(),
                    error.error()
                ));
            }
            gst::MessageView::Warning(warning) => {
                let source = message.src().map(|s| s.name().to_string());
                let text = format!("{}: {}", source.unwrap_or_default(), warning.error());
                if !warnings.contains(&text) {
                    warnings.push(text);
                }
            }
            _ => {}
        }
    }
}

fn check(frames: &[Vec<u8>]) -> Result<(), String> {
    if frames.len() != FRAMES {
        return Err(format!(
            "expected {FRAMES} frames behind nvdsosd, found {}",
            frames.len()
        ));
    }
    let size = SIZE.0 as usize * SIZE.1 as usize * 4;
    match frames.iter().find(|frame| frame.len() != size) {
        Some(frame) => Err(format!(
            "expected frames of {size} bytes behind nvdsosd, found {}",
            frame.len()
        )),
        None => Ok(()),
    }
}
