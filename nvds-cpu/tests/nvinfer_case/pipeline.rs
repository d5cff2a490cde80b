//! A case through the stand-ins: sources, nvstreammux, the case's elements.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gst::prelude::*;
use gstnvdscpu::infer::postprocess::settings::Postprocess;
use gstnvdscpu::infer::postprocess::{LibraryParser, Parser};
use gstnvdscpu::nvinfer::Infer;
use gstnvdscpu::surface::Surfaces;
use nvds::Batch;
use serde_json::Value;

use super::feed::Feed;
use super::recorded::Recorded;
use super::yolo::Yolo;
use super::{Case, Lines, json};

fn init() -> Result<(), glib::Error> {
    // Tests run side by side: a second registration would replace the factories in their hands.
    static INIT: OnceLock<()> = OnceLock::new();
    gst::init()?;
    INIT.get_or_init(|| gstnvdscpu::plugin::plugin_register_static().expect("the stand-ins"));
    Ok(())
}

/// Plays a case.
///
/// # Errors
/// What an element says that stops it, or why it does not start.
pub fn play(case: &Case) -> Result<Lines, String> {
    let text = |error: glib::Error| error.to_string();
    init().map_err(text)?;
    let pipeline = gst::parse::launch(&launch(case)).map_err(text)?;
    let pipeline = pipeline
        .downcast::<gst::Pipeline>()
        .map_err(|_| "no pipeline".to_owned())?;
    let lines = Arc::new(Mutex::new((0, Lines::default())));
    let mux = pipeline.by_name("mux").ok_or("no nvstreammux")?;
    let feed = Feed::new(case, &mux)?;
    let result = prepare(case, &pipeline, &lines).and_then(|()| run(&pipeline, feed));
    let ended = pipeline.set_state(gst::State::Null);
    result?;
    ended.map_err(|error| error.to_string())?;
    let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    let mut lines = std::mem::take(&mut lines.1);
    if let Some(kept) = case.lines {
        lines.objects.truncate(kept);
        lines.more.truncate(kept);
    }
    if !case.rotation_angle_defined {
        lines.more.iter_mut().for_each(leave_out_rotation);
    }
    Ok(lines)
}

/// Angles that the case's parser leaves undefined are not in the captures either.
fn leave_out_rotation(line: &mut String) {
    let Ok(mut frame) = serde_json::from_str::<Value>(line) else {
        return;
    };
    if let Some(objects) = frame["objects"].as_object_mut() {
        objects.retain(|_, fields| {
            let Some(fields) = fields.as_object_mut() else {
                return true;
            };
            if let Some(rect) = fields.get_mut("rect_params").and_then(Value::as_object_mut) {
                rect.remove("rotation_angle");
            }
            fields.retain(|_, value| value.as_object().is_none_or(|value| !value.is_empty()));
            !fields.is_empty()
        });
    }
    *line = frame.to_string();
}

fn launch(case: &Case) -> String {
    let folder = case.folder.display();
    let elements: Vec<_> = case
        .elements
        .iter()
        .map(|element| element.replace("config-file-path=", &format!("config-file-path={folder}/")))
        .collect();
    format!(
        "nvstreammux name=mux batch-size={} ! {} ! fakesink sync=false",
        case.sources,
        elements.join(" ! ")
    )
}

/// DeepStream-Yolo's library.
const YOLO: &str = "libnvdsinfer_custom_impl_Yolo.so";

/// The parser of a library in `custom`, or in place of one that is not there.
fn parser(
    settings: &Postprocess,
    custom: &[PathBuf],
) -> Result<Option<Box<dyn LibraryParser>>, String> {
    let Some(library) = &settings.parsers.library else {
        return Ok(None);
    };
    let file = library.file_name().unwrap_or_default();
    let given = custom.iter().find_map(|path| match path.is_dir() {
        true => Some(path.join(file)).filter(|path| path.exists()),
        false => Some(path.clone()).filter(|path| path.file_name() == Some(file)),
    });
    if let Some(given) = given {
        let mut settings = settings.clone();
        settings.parsers.library = Some(given);
        return match Parser::of(&settings)? {
            Parser::Library(parser) => Ok(Some(parser)),
            Parser::BuiltIn => Ok(None),
        };
    }
    let missing = library.ends_with(YOLO) && !library.exists();
    Ok(match settings.parsers.bbox.as_deref() {
        Some("NvDsInferParseYolo") if missing => Some(Box::new(Yolo)),
        _ => None,
    })
}

fn prepare(
    case: &Case,
    pipeline: &gst::Pipeline,
    lines: &Arc<Mutex<(usize, Lines)>>,
) -> Result<(), String> {
    for number in 1..=case.elements.len() {
        let element = pipeline
            .by_name(&format!("nv{number}"))
            .ok_or(format!("no element nv{number}"))?;
        let infer = element
            .downcast::<Infer>()
            .map_err(|_| format!("nv{number} is no nvinfer"))?;
        let tensors = case.folder.join(format!("tensors-{number}.safetensors"));
        infer.set_answers(Arc::new(move || Ok(Box::new(Recorded::load(&tensors)?))));
        let custom = case.custom_libraries.clone();
        infer.set_parsers(Arc::new(move |settings| parser(settings, &custom)));
        infer.set_opencv(case.nvdsinfer_with_opencv);
    }
    if let Some(name) = &case.object_ids_set_before {
        let element = pipeline.by_name(name).ok_or(format!("no element {name}"))?;
        let pad = element.static_pad("sink").ok_or("no sink pad")?;
        pad.add_probe(gst::PadProbeType::BUFFER, |_, info| {
            if let Some(buffer) = info.buffer() {
                set_ids(buffer);
            }
            gst::PadProbeReturn::Ok
        });
    }
    let last = pipeline.by_name(&format!("nv{}", case.elements.len()));
    let pad = last
        .and_then(|last| last.static_pad("src"))
        .ok_or("no src pad")?;
    let (lines, sources) = (Arc::clone(lines), case.sources);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer() {
            let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
            look(buffer, sources, &mut lines);
        }
        gst::PadProbeReturn::Ok
    });
    Ok(())
}

/// Numbers objects as a tracker would: by class and place, oldest first.
fn set_ids(buffer: &gst::BufferRef) {
    let Ok(Some(batch)) = Batch::from_buffer(buffer) else {
        return;
    };
    let locked = batch.lock();
    for frame in locked.frames() {
        let mut counts = std::collections::HashMap::new();
        for object in frame.objects().rev() {
            if object.unique_component_id() != 1 {
                continue;
            }
            let class = object.class_id();
            let count: &mut u64 = counts.entry(class).or_default();
            locked.set_track(&object, class as u64 * 100 + *count, 0.0);
            *count += 1;
        }
    }
}

fn look(buffer: &gst::BufferRef, sources: usize, (number, lines): &mut (usize, Lines)) {
    let (Ok(Some(batch)), Ok(surfaces)) = (Batch::from_buffer(buffer), Surfaces::map(buffer))
    else {
        return;
    };
    let locked = batch.lock();
    let size = |frame: nvds::Frame<'_>| {
        let desc = surfaces.desc(frame.batch_id() as usize);
        desc.map_or((0, 0), |desc| (desc.width, desc.height))
    };
    let sizes: Vec<_> = locked.frames().map(size).collect();
    json::lines(*number, &locked, &sizes, sources, lines);
    *number += 1;
}

fn run(pipeline: &gst::Pipeline, feed: Feed) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("a pipeline without a bus")?;
    let ends = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = match pipeline.set_state(gst::State::Playing) {
        Ok(_) => {
            // It ends when the pipeline takes no more.
            std::thread::spawn(|| feed.run());
            bus.timed_pop_filtered(gst::ClockTime::from_seconds(60), &ends)
        }
        Err(_) => bus.pop_filtered(&ends),
    };
    let message = message.ok_or("no end of stream after 60 seconds")?;
    match message.view() {
        gst::MessageView::Error(error) => {
            let source = error.src().map(|source| source.name()).unwrap_or_default();
            Err(format!("{source}: {}", error.error().message()))
        }
        _ => Ok(()),
    }
}

/// Plays the case of a folder and writes its lines into another one. `custom`: parser libraries, or folders of them, that
/// take the places of the case's of the same names.
///
/// # Errors
/// As [`play`], and where files cannot be read or written.
pub fn play_folder(folder: &Path, output: &Path, custom: Vec<PathBuf>) -> Result<(), String> {
    let mut case = Case::load(folder)?;
    case.custom_libraries = custom;
    std::fs::create_dir_all(output).map_err(|e| format!("{}: {e}", output.display()))?;
    let lines = play(&case)?;
    for (name, lines) in [
        ("objects.jsonl", &lines.objects),
        ("more.jsonl", &lines.more),
    ] {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let file = output.join(name);
        std::fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(())
}
