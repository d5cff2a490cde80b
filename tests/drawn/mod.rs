//! Frames with hand-made objects, through rsosdannotate and the stand-in of nvdsosd, as pixels.
#![allow(dead_code)] // each test program uses a part

use std::path::Path;
use std::sync::{Arc, Mutex, Once};

use gst::prelude::*;
use nvds::{Batch, NewObject, Rect, RectStyle};

use crate::common;

pub const WIDTH: u32 = 320;
pub const HEIGHT: u32 = 240;
/// What the undrawn frame is made of.
pub const GREY: [u8; 3] = [64, 64, 64];

/// Loads the stand-ins, which Cargo built beside the test program.
pub fn init() {
    static INIT: Once = Once::new();
    common::init();
    INIT.call_once(|| {
        let exe = std::env::current_exe().unwrap();
        let file = exe.parent().unwrap().join("libgstnvdscpu.so");
        gst::Plugin::load_file(&file).unwrap_or_else(|error| {
            panic!(
                "{}: {error}: build or test the whole workspace",
                file.display()
            )
        });
    });
}

/// An object to be put on a frame.
#[derive(Clone, Debug)]
pub struct Put {
    pub class_id: i32,
    pub label: &'static str,
    pub track: Option<u64>,
    pub rect: [f32; 4],
    pub text: Option<&'static str>,
}

/// An object of class 0, a person, with a track id.
pub fn person(track: u64, rect: [f32; 4]) -> Put {
    Put {
        class_id: 0,
        label: "person",
        track: Some(track),
        rect,
        text: None,
    }
}

/// What the elements before rsosdannotate did to a frame.
#[derive(Clone, Debug, Default)]
pub struct Input {
    pub objects: Vec<Put>,
    pub skipped: bool,
}

/// A frame that inference looked at.
pub fn inferred(objects: &[Put]) -> Input {
    Input {
        objects: objects.to_vec(),
        skipped: false,
    }
}

/// A frame that inference skipped.
pub fn skipped(objects: &[Put]) -> Input {
    Input {
        skipped: true,
        ..inferred(objects)
    }
}

/// Puts objects on the first frame of a batch. Their own boxes have no border, so that all that is seen comes from
/// rsosdannotate.
pub fn put(buffer: &gst::BufferRef, input: &Input) {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    if !input.skipped {
        locked.set_infer_done(&frame);
    }
    for object in &input.objects {
        let [left, top, width, height] = object.rect;
        let rect = Rect {
            left,
            top,
            width,
            height,
        };
        let new = NewObject {
            unique_component_id: 1,
            class_id: object.class_id,
            confidence: 0.9,
            rect,
            style: RectStyle {
                border_width: 0,
                ..RectStyle::default()
            },
            label: object.label,
            text: object.text.map(|text| nvds::NewText {
                text,
                x: left,
                y: top,
                font: nvds::FontName::SERIF,
                size: 20,
                color: nvds::Color::WHITE,
                background: None,
            }),
        };
        let added = locked.add_object(&frame, &new, None).unwrap();
        if let Some(id) = object.track {
            locked.set_track(&added, id, 1.0);
        }
    }
}

/// A drawn frame.
pub struct Picture {
    pub width: u32,
    pub height: u32,
    rgba: Vec<u8>,
}

impl Picture {
    /// Red, green and blue of a pixel.
    pub fn at(&self, x: u32, y: u32) -> [u8; 3] {
        assert!(x < self.width && y < self.height, "{x},{y}");
        let start = ((y * self.width + x) * 4) as usize;
        [self.rgba[start], self.rgba[start + 1], self.rgba[start + 2]]
    }

    /// How many pixels of an area have a colour.
    pub fn count(&self, x: std::ops::Range<u32>, y: std::ops::Range<u32>, color: [u8; 3]) -> usize {
        y.flat_map(|y| x.clone().map(move |x| (x, y)))
            .filter(|(x, y)| self.at(*x, *y) == color)
            .count()
    }

    /// Writes it to a PNG file, to look at when a test fails.
    pub fn save(&self, path: &Path) {
        let file = std::fs::File::create(path).unwrap();
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&self.rgba).unwrap();
    }
}

/// How a run differs from the usual one.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub osd: &'static str,
    pub size: (u32, u32),
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            osd: "",
            size: (WIDTH, HEIGHT),
        }
    }
}

/// Draws frames in a style.
pub fn draw(style: &str, frames: &[Input]) -> Vec<Picture> {
    draw_with(style, frames, Setup::default())
}

pub fn draw_with(style: &str, frames: &[Input], setup: Setup) -> Vec<Picture> {
    let inputs: Vec<Input> = frames.to_vec();
    let mut inputs = inputs.into_iter();
    draw_by("", style, frames.len(), setup, move |buffer| {
        put(buffer, &inputs.next().unwrap());
    })
}

/// Draws frames in a style. Each is filled by `fill`, and what comes of that goes through these elements, as in
/// `rsyoloparser !`, before rsosdannotate.
pub fn draw_by(
    elements: &str,
    style: &str,
    count: usize,
    setup: Setup,
    fill: impl FnMut(&gst::BufferRef) + Send + 'static,
) -> Vec<Picture> {
    init();
    let (width, height) = setup.size;
    let line = format!(
        "videotestsrc num-buffers={count} pattern=solid-color foreground-color=0xff404040
        ! video/x-raw,format=RGBA,width={width},height={height},framerate=25/1
        ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! mux.sink_0
        nvstreammux name=mux batch-size=1 width={width} height={height}
        ! identity name=fill ! {elements} rsosdannotate name=annotate frame-text=\"\" ! nvdsosd {} ! nvvideoconvert
        ! video/x-raw,format=RGBA ! fakesink name=end sync=false signal-handoffs=true",
        setup.osd
    );
    let pipeline = gst::parse::launch(&line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let annotate = pipeline.by_name("annotate").unwrap();
    annotate.set_property("style", style);
    let fill = Mutex::new(fill);
    let sink = pipeline.by_name("fill").unwrap();
    let sink = sink.static_pad("sink").unwrap();
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        (fill.lock().unwrap())(info.buffer().unwrap());
        gst::PadProbeReturn::Ok
    });
    let pictures = Arc::new(Mutex::new(Vec::new()));
    let taken = pictures.clone();
    let end = pipeline.by_name("end").unwrap();
    end.connect("handoff", false, move |values| {
        let buffer: gst::Buffer = values[1].get().unwrap();
        let map = buffer.map_readable().unwrap();
        taken.lock().unwrap().push(Picture {
            width,
            height,
            rgba: map.to_vec(),
        });
        None
    });
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds)
        .unwrap();
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    let pictures = std::mem::take(&mut *pictures.lock().unwrap());
    assert_eq!(pictures.len(), count);
    pictures
}
