//! Draws the pictures of `docs/gallery.md`: every style there, on the demo's film.
//!
//! ```text
//! make gallery            # one PNG per style in out/gallery/
//! make gallery DOCS=1     # and the small pictures that the page shows
//! ```
//!
//! The pipeline is the demo's, on the CPU stand-ins, where the page names no other. A picture of what is drawn where inference skips frames has no
//! tracker, which would tell of objects there.

mod page;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use gst::prelude::*;

use page::Picture;

/// Part of the film's frame that the page shows: columns and rows.
const PART: (Range<usize>, Range<usize>) = (300..740, 110..410);
/// Or all of it, made this high.
const SMALL: usize = 360;
/// Quality of the page's pictures.
const QUALITY: i32 = 85;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (docs, names): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|arg| arg == "--docs");
    match run(!docs.is_empty(), &names) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gallery: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Draws the pictures with these names, or all.
fn run(docs: bool, names: &[String]) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::env::set_current_dir(root)?; // the pipeline's files are named from there
    gst::init()?;
    gstrsnvds::plugin::plugin_register_static()?;
    gst::Plugin::load_file("target/plugins/nvdscpu/libgstnvdscpu.so")
        .map_err(|error| format!("{error}; `make gallery` builds it"))?;
    let out = PathBuf::from("out/gallery");
    std::fs::create_dir_all(&out)?;
    let pictures = page::read(&std::fs::read_to_string("docs/gallery.md")?)?;
    for picture in &pictures {
        if !names.is_empty() && !names.contains(&picture.name) {
            continue;
        }
        let frame = draw(picture).map_err(|error| format!("{}: {error}", picture.name))?;
        let file = out.join(&picture.name).with_extension("png");
        write_png(&file, &frame)?;
        println!("{}", file.display());
        if docs {
            let file = Path::new("docs/gallery")
                .join(&picture.name)
                .with_extension("jpg");
            let whole = picture.whole || picture.pipeline.is_some();
            let jpeg = jpeg(&frame, whole)?;
            std::fs::write(&file, &jpeg)?;
            println!("{} ({} kB)", file.display(), jpeg.len() / 1000);
        }
    }
    Ok(())
}

/// A frame as packed RGB.
struct Frame {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// What stands before `rsosdannotate`.
fn source(picture: &Picture) -> Result<String> {
    if let Some(name) = &picture.pipeline {
        return other_source(name, picture.scene.as_deref());
    }
    let tracker = if picture.interval == 0 {
        "! nvtracker display-tracking-id=false"
    } else {
        ""
    };
    Ok(format!(
        "filesrc location=.deps/media/vtest.h264 ! h264parse ! nvv4l2decoder ! mux.sink_0
        nvstreammux name=mux width=768 height=576 batch-size=1 batched-push-timeout=33000
        ! nvinferserver config-file-path=pipelines/config/nvinferserver.txt interval={}
        ! rsssdparser labels-file=pipelines/config/labels.txt
        {tracker}",
        picture.interval
    ))
}

/// The same of another line, with a drawn picture in the place of what it shows. Nothing is written to `out/`.
fn other_source(name: &str, scene: Option<&str>) -> Result<String> {
    let file = format!("pipelines/{name}.txt");
    let line = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let (line, _) = line
        .split_once("! rsosdannotate")
        .ok_or_else(|| format!("{file} has no rsosdannotate"))?;
    let mut line: String = line
        .lines()
        .filter(|element| !element.starts_with("! rsmetajson"))
        .flat_map(|element| [element, "\n"])
        .collect();
    if let Some(scene) = scene {
        let mux = line
            .find("nvstreammux name=mux")
            .ok_or_else(|| format!("{file} has no mux"))?;
        line.replace_range(
            ..mux,
            &format!(
                "filesrc location=examples/gallery/{scene}.svg ! rsvgdec ! videoconvert ! imagefreeze
                ! video/x-raw,format=RGBA,framerate=25/1 ! nvvideoconvert
                ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_0\n"
            ),
        );
    }
    Ok(line)
}

/// The frame that a picture asks for.
fn draw(picture: &Picture) -> Result<Frame> {
    let line = format!(
        "{}
        ! rsosdannotate name=annotate frame-text=\"\"
        ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! nvdsosd display-mask=1
        ! nvvideoconvert ! video/x-raw,format=RGBA
        ! fakesink name=end sync=false signal-handoffs=true",
        source(picture)?
    );
    let pipeline = gst::parse::launch(&line)?
        .downcast::<gst::Pipeline>()
        .map_err(|_| "not a pipeline")?;
    let annotate = pipeline.by_name("annotate").ok_or("no annotate")?;
    annotate.set_property("style", &picture.style);
    let frames = Arc::new(Mutex::new((0, None::<Frame>)));
    let shared = frames.clone();
    let wanted = picture.frame;
    let end = pipeline.by_name("end").ok_or("no end")?;
    let bus = pipeline.bus().ok_or("no bus")?;
    let done = bus.clone();
    end.connect("handoff", false, move |values| {
        let mut frames = shared.lock().ok()?;
        if frames.0 == wanted {
            let buffer: gst::Buffer = values[1].get().ok()?;
            let caps = values[2].get::<gst::Pad>().ok()?.current_caps()?;
            let size = |field| Some(caps.structure(0)?.get::<i32>(field).ok()? as usize);
            let map = buffer.map_readable().ok()?;
            let rgb = map.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]);
            frames.1 = Some(Frame {
                width: size("width")?,
                height: size("height")?,
                rgb: rgb.collect(),
            });
            // Nothing after it is of interest.
            done.post(gst::message::Eos::new()).ok();
        }
        frames.0 += 1;
        None
    });
    pipeline.set_state(gst::State::Playing)?;
    let kinds = [
        gst::MessageType::Eos,
        gst::MessageType::Error,
        gst::MessageType::Warning,
    ];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(120), &kinds);
    pipeline.set_state(gst::State::Null)?;
    match message.as_ref().map(|m| m.view()) {
        Some(gst::MessageView::Error(error)) => return Err(error.error().into()),
        Some(gst::MessageView::Warning(warning)) => return Err(warning.error().into()),
        _ => {}
    }
    let frame = frames.lock().map_err(|e| e.to_string())?.1.take();
    frame.ok_or_else(|| "the film ended before the frame".into())
}

fn write_png(file: &Path, frame: &Frame) -> Result<()> {
    let out = std::io::BufWriter::new(std::fs::File::create(file)?);
    let mut encoder = png::Encoder::new(out, frame.width as u32, frame.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(&frame.rgb)?;
    Ok(())
}

/// The page's part of a picture, or all of it made smaller, as a JPEG.
fn jpeg(frame: &Frame, whole: bool) -> Result<Vec<u8>> {
    let (columns, rows) = if whole {
        (0..frame.width, 0..frame.height)
    } else {
        PART
    };
    let (width, height) = (columns.len(), rows.len());
    let part: Vec<u8> = rows
        .flat_map(|y| &frame.rgb[(y * frame.width + columns.start) * 3..][..width * 3])
        .copied()
        .collect();
    let (small_width, small_height) = if whole {
        // Chroma of I420 needs even sizes.
        ((width * SMALL / height) & !1, SMALL)
    } else {
        (width, height)
    };
    // JPEG's colours are BT.601 of the full range.
    let mut harness = gst_check::Harness::new_parse(&format!(
        "videoconvert ! videoscale
        ! video/x-raw,format=I420,colorimetry=1:4:0:0,width={small_width},height={small_height}
        ! jpegenc quality={QUALITY}"
    ));
    harness.set_src_caps_str(&format!(
        "video/x-raw,format=RGB,width={width},height={height},framerate=1/1"
    ));
    harness.push(gst::Buffer::from_slice(part))?;
    Ok(harness.pull()?.map_readable()?.to_vec())
}
