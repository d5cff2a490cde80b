//! Draws the pictures of `docs/gallery.md`: every style there, on the demo's film.
//!
//! ```text
//! make gallery            # one PNG per style in out/gallery/
//! make gallery DOCS=1     # and the small pictures that the page shows
//! ```
//!
//! The pipeline is the demo's, on the CPU stand-ins. A picture of what is drawn where inference skips frames has no
//! tracker, which would tell of objects there.

mod page;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use gst::prelude::*;

use page::Picture;

const WIDTH: usize = 768;
const HEIGHT: usize = 576;
/// Part of the frame that the page shows: columns and rows.
const PART: (Range<usize>, Range<usize>) = (300..740, 110..410);
/// Or all of it, made this small.
const SMALL: (usize, usize) = (480, 360);
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
        let rgb = draw(picture).map_err(|error| format!("{}: {error}", picture.name))?;
        let file = out.join(&picture.name).with_extension("png");
        write_png(&file, &rgb)?;
        println!("{}", file.display());
        if docs {
            let file = Path::new("docs/gallery")
                .join(&picture.name)
                .with_extension("jpg");
            let jpeg = jpeg(&rgb, picture.whole)?;
            std::fs::write(&file, &jpeg)?;
            println!("{} ({} kB)", file.display(), jpeg.len() / 1000);
        }
    }
    Ok(())
}

/// The frame that a picture asks for, as packed RGB.
fn draw(picture: &Picture) -> Result<Vec<u8>> {
    let tracker = if picture.interval == 0 {
        "! nvtracker display-tracking-id=false"
    } else {
        ""
    };
    let line = format!(
        "filesrc location=.deps/media/vtest.h264 ! h264parse ! nvv4l2decoder ! mux.sink_0
        nvstreammux name=mux width={WIDTH} height={HEIGHT} batch-size=1 batched-push-timeout=33000
        ! nvinferserver config-file-path=pipelines/config/nvinferserver.txt interval={}
        ! rsssdparser labels-file=pipelines/config/labels.txt
        {tracker}
        ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA
        ! rsosdannotate name=annotate frame-text=\"\" ! nvdsosd
        ! nvvideoconvert ! video/x-raw,format=RGBA
        ! fakesink name=end sync=false signal-handoffs=true",
        picture.interval
    );
    let pipeline = gst::parse::launch(&line)?
        .downcast::<gst::Pipeline>()
        .map_err(|_| "not a pipeline")?;
    let annotate = pipeline.by_name("annotate").ok_or("no annotate")?;
    annotate.set_property("style", &picture.style);
    let frames = Arc::new(Mutex::new((0, None)));
    let shared = frames.clone();
    let wanted = picture.frame;
    let end = pipeline.by_name("end").ok_or("no end")?;
    let bus = pipeline.bus().ok_or("no bus")?;
    let done = bus.clone();
    end.connect("handoff", false, move |values| {
        let mut frames = shared.lock().ok()?;
        if frames.0 == wanted {
            let buffer: gst::Buffer = values[1].get().ok()?;
            let map = buffer.map_readable().ok()?;
            frames.1 = Some(
                map.chunks_exact(4)
                    .flat_map(|p| [p[0], p[1], p[2]])
                    .collect(),
            );
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
    let rgb: Option<Vec<u8>> = frames.lock().map_err(|e| e.to_string())?.1.take();
    rgb.ok_or_else(|| "the film ended before the frame".into())
}

fn write_png(file: &Path, rgb: &[u8]) -> Result<()> {
    let out = std::io::BufWriter::new(std::fs::File::create(file)?);
    let mut encoder = png::Encoder::new(out, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header()?.write_image_data(rgb)?;
    Ok(())
}

/// The page's part of a picture, or all of it made smaller, as a JPEG.
fn jpeg(rgb: &[u8], whole: bool) -> Result<Vec<u8>> {
    let (columns, rows) = if whole { (0..WIDTH, 0..HEIGHT) } else { PART };
    let (width, height) = (columns.len(), rows.len());
    let part: Vec<u8> = rows
        .flat_map(|y| &rgb[(y * WIDTH + columns.start) * 3..(y * WIDTH + columns.end) * 3])
        .copied()
        .collect();
    let (small_width, small_height) = if whole { SMALL } else { (width, height) };
    let mut harness = gst_check::Harness::new_parse(&format!(
        "videoconvert ! videoscale
        ! video/x-raw,format=I420,width={small_width},height={small_height}
        ! jpegenc quality={QUALITY}"
    ));
    harness.set_src_caps_str(&format!(
        "video/x-raw,format=RGB,width={width},height={height},framerate=1/1"
    ));
    harness.push(gst::Buffer::from_slice(part))?;
    Ok(harness.pull()?.map_readable()?.to_vec())
}
