//! Sends frames with metadata through the stand-in `nvvideoconvert`, from NVMM to NVMM RGBA.

use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock};

use gst::prelude::*;
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc};
use nvds::sys as c;
use nvds::{
    Arrow, ArrowHead, Batch, Circle, Color, FontName, Line, NewBatch, NewFrame, NewObject, NewText,
    RectParams, RectStyle,
};

use super::{Conversion, Display, Float, Frame, Object, Rect, Size, Text};

/// The frames' metadata behind the element.
///
/// # Errors
/// What the element says about its properties or the frames; a batch that cannot be made.
pub fn convert(conversion: &Conversion, frames: &[Frame]) -> Result<Vec<Frame>, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    init().map_err(|e| text(&e))?;
    let converter = gst::ElementFactory::make("nvvideoconvert")
        .build()
        .map_err(|e| text(&e))?;
    for (name, value) in &conversion.properties {
        let spec = converter.find_property(name);
        let spec = spec.ok_or_else(|| format!("nvvideoconvert has no property {name}"))?;
        let value = gst::glib::Value::deserialize(value, spec.value_type())
            .map_err(|_| format!("{name} cannot be {value:?}"))?;
        converter.set_property_from_value(name, &value);
    }
    let buffers: Result<VecDeque<_>, String> = frames
        .iter()
        .map(|frame| buffer(conversion.from, frame).map_err(|e| text(&e)))
        .collect();
    let buffers = play(&converter, conversion, buffers?)?;
    let frames = buffers.iter().map(|buffer| {
        let batch = Batch::from_buffer(buffer).map_err(|e| text(&e))?;
        let batch = batch.ok_or("no batch meta behind nvvideoconvert")?.lock();
        let frame = batch.frames().next();
        frame
            .map(|frame| read(&frame))
            .ok_or("no frame meta behind nvvideoconvert".into())
    });
    frames.collect()
}

fn init() -> Result<(), glib::Error> {
    // Tests run side by side: a second registration would replace the factories in their hands.
    static INIT: OnceLock<()> = OnceLock::new();
    gst::init()?;
    INIT.get_or_init(|| gstnvdscpu::plugin::plugin_register_static().expect("the stand-ins"));
    Ok(())
}

fn caps(format: &str, size: Size) -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .features(["memory:NVMM"])
        .field("format", format)
        .field("width", size.0 as i32)
        .field("height", size.1 as i32)
        .field("framerate", gst::Fraction::new(30, 1))
        .build()
}

/// The source's buffers are blanks, for which the real ones are put in at the converter: the source
/// would copy the first one, and a copied batch has its lists reversed.
fn play(
    converter: &gst::Element,
    conversion: &Conversion,
    buffers: VecDeque<gst::Buffer>,
) -> Result<Vec<gst::Buffer>, String> {
    let count = buffers.len();
    let text = |error: glib::BoolError| error.to_string();
    let source = gst::ElementFactory::make("appsrc")
        .property("caps", caps("NV12", conversion.from))
        .property_from_str("format", "time");
    let source = source.build().map_err(text)?;
    let filter =
        gst::ElementFactory::make("capsfilter").property("caps", caps("RGBA", conversion.to));
    let filter = filter.build().map_err(text)?;
    let sink = gst::ElementFactory::make("appsink")
        .property("sync", false)
        // The end of the stream comes with the frames still to be fetched.
        .property("wait-on-eos", false);
    let sink = sink.build().map_err(text)?;
    let pipeline = gst::Pipeline::new();
    let line = [&source, converter, &filter, &sink];
    pipeline.add_many(line).map_err(text)?;
    gst::Element::link_many(line).map_err(text)?;

    let buffers = Mutex::new(buffers);
    let pad = converter.static_pad("sink").ok_or("no sink pad")?;
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let mut buffers = buffers.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(real) = buffers.pop_front() {
            info.data = Some(gst::PadProbeData::Buffer(real));
        }
        gst::PadProbeReturn::Ok
    });

    let started = pipeline.set_state(gst::State::Playing);
    for _ in 0..count {
        // The bus has what becomes of it.
        let _ = source.emit_by_name::<gst::FlowReturn>("push-buffer", &[&gst::Buffer::new()]);
    }
    let _ = source.emit_by_name::<gst::FlowReturn>("end-of-stream", &[]);
    let message = pipeline.bus().ok_or("no bus")?.timed_pop_filtered(
        gst::ClockTime::from_seconds(if started.is_ok() { 20 } else { 0 }),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    let samples: Vec<gst::Sample> = std::iter::from_fn(|| {
        sink.emit_by_name::<Option<gst::Sample>>("try-pull-sample", &[&0u64])
    })
    .collect();
    let stopped = pipeline.set_state(gst::State::Null);
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Error(error)) => Err(error.error().to_string()),
        Some(_) if samples.len() == count => {
            Ok(samples.iter().filter_map(|s| s.buffer_owned()).collect())
        }
        Some(_) => Err(format!("{} of {count} frames came out", samples.len())),
        None => Err(format!("no end of stream: {started:?}, {stopped:?}")),
    }
}

fn buffer(size: Size, frame: &Frame) -> Result<gst::Buffer, Box<dyn std::error::Error>> {
    let desc = SurfaceDesc {
        width: size.0,
        height: size.1,
        format: ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_NV12),
    };
    let mut buffer = surface::alloc(&[desc], MemoryKind::Nvds)?;
    let mut new = NewBatch::new(1)?;
    let [source, pipeline] = [frame.source_frame, frame.pipeline].map(|[w, h]| (w, h));
    new.add_frame(&NewFrame {
        pad_index: 0,
        source_id: 0,
        batch_id: 0,
        frame_num: frame.frame,
        buf_pts: 0,
        ntp_timestamp: 0,
        source_size: source,
        pipeline_size: pipeline,
    });
    attach(&mut new, frame)?;
    new.attach(buffer.make_mut());
    Ok(buffer)
}

/// Lists grow at the front, so the last comes first.
fn attach(new: &mut NewBatch, described: &Frame) -> Result<(), nvds::Error> {
    let batch = new.batch();
    let locked = batch.lock();
    for frame in locked.frames() {
        for object in described.objects.iter().rev() {
            let added = locked.add_object(
                &frame,
                &NewObject {
                    unique_component_id: 0,
                    class_id: 0,
                    confidence: 0.0,
                    rect: place(&object.detector),
                    style: RectStyle::default(),
                    label: "",
                    text: Some(object.text.to_new()),
                },
                None,
            )?;
            locked.set_rect_params(&added, object.rect.params());
            locked.set_text_offset(&added, object.text.at[0], object.text.at[1]);
            if object.text.text.is_none() {
                locked.remove_text(&added);
            }
        }
        for display in described.displays.iter().rev() {
            let mut writer = locked.draw_on(&frame)?;
            for rect in &display.rects {
                writer.rect_params(rect.params());
            }
            for text in &display.texts {
                writer.text_at(&text.to_new(), text.at[0], text.at[1]);
            }
            for &[x1, y1, x2, y2, width] in &display.lines {
                writer.line(&Line {
                    from: (x1, y1),
                    to: (x2, y2),
                    width,
                    color: Color::WHITE,
                });
            }
            for &[x1, y1, x2, y2, width, head] in &display.arrows {
                writer.arrow(&Arrow {
                    from: (x1, y1),
                    to: (x2, y2),
                    width,
                    head: ArrowHead::from_number(head),
                    color: Color::WHITE,
                });
            }
            for &[x, y, radius, width] in &display.circles {
                writer.circle(&Circle {
                    center: (x, y),
                    radius,
                    width,
                    color: Color::WHITE,
                    fill: None,
                });
            }
        }
    }
    Ok(())
}

fn place(&[left, top, width, height]: &[Float; 4]) -> nvds::Rect {
    nvds::Rect {
        left: left.0,
        top: top.0,
        width: width.0,
        height: height.0,
    }
}

fn floats(rect: nvds::Rect) -> [Float; 4] {
    [rect.left, rect.top, rect.width, rect.height].map(Float)
}

impl Rect {
    fn params(&self) -> RectParams {
        RectParams {
            rect: place(&self.rect),
            style: RectStyle {
                border_width: self.border_width,
                border_color: Color::WHITE,
                fill: (self.has_bg != 0).then_some(Color::BLACK),
            },
            rotation: self.rotation_angle.0,
        }
    }

    fn of(params: &RectParams) -> Self {
        Self {
            rect: floats(params.rect),
            border_width: params.style.border_width,
            has_bg: params.style.fill.is_some().into(),
            rotation_angle: Float(params.rotation),
        }
    }
}

impl Text {
    fn to_new(&self) -> NewText<'_> {
        NewText {
            text: self.text.as_deref().unwrap_or_default(),
            x: 0.0,
            y: 0.0,
            font: FontName::intern(self.font.as_deref().unwrap_or_default()),
            size: self.font_size,
            color: Color::WHITE,
            background: (self.bg != 0).then_some(Color::BLACK),
        }
    }

    fn of(text: &nvds::Text<'_>) -> Self {
        let owned = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
        Self {
            text: text.display_text().map(owned),
            at: [text.x_offset(), text.y_offset()],
            font_size: text.font_size(),
            font: text.font_name().map(owned),
            bg: text.background().is_some().into(),
        }
    }
}

fn read(frame: &nvds::Frame<'_>) -> Frame {
    let objects = frame.objects().map(|object| Object {
        rect: Rect::of(&object.rect_params()),
        text: Text::of(&object.text()),
        detector: floats(object.detector_rect()),
    });
    let displays = frame.displays().map(|display| Display {
        rects: display.rects().map(|rect| Rect::of(&rect)).collect(),
        texts: display.texts().map(|text| Text::of(&text)).collect(),
        lines: display
            .lines()
            .map(|l| [l.from.0, l.from.1, l.to.0, l.to.1, l.width])
            .collect(),
        arrows: display
            .arrows()
            .map(|a| [a.from.0, a.from.1, a.to.0, a.to.1, a.width, a.head.number()])
            .collect(),
        circles: display
            .circles()
            .map(|c| [c.center.0, c.center.1, c.radius, c.width])
            .collect(),
    });
    Frame {
        frame: frame.frame_num(),
        source_frame: [frame.source_frame_width(), frame.source_frame_height()],
        pipeline: [frame.pipeline_width(), frame.pipeline_height()],
        objects: objects.collect(),
        displays: displays.collect(),
    }
}
