//! Running the element in pipelines and by hand.

use std::sync::{Arc, Mutex, Once};

use gst::prelude::*;
use gstnvdscpu::surface::{ColorFormat, MemoryKind, SurfaceDesc, Surfaces, alloc};
use nvds::sys as c;
use nvds::{Color, FontName, NewBatch, NewFrame, NewObject, NewText, Rect, RectStyle};
use serde::Deserialize;

pub fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        gstnvdscpu::plugin::plugin_register_static().unwrap();
    });
}

pub fn read_data<T: for<'de> Deserialize<'de>>(file: &str) -> T {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/convert")
        .join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Plays to the end and returns the buffers that passed a pad of element `c`, and its last caps.
pub fn play(
    description: &str,
    on_sink: impl Fn(&mut gst::Buffer) + Send + Sync + 'static,
) -> Result<(Vec<gst::Buffer>, gst::Caps), String> {
    init();
    let pipeline = gst::parse::launch(description).map_err(|e| e.to_string())?;
    let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
    let element = pipeline.by_name("c").unwrap();
    let sink = element.static_pad("sink").unwrap();
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            on_sink(buffer);
        }
        gst::PadProbeReturn::Ok
    });
    let seen = Arc::new(Mutex::new((Vec::new(), gst::Caps::new_empty())));
    let src = element.static_pad("src").unwrap();
    let probe_seen = seen.clone();
    src.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        if let Some(buffer) = info.buffer() {
            let mut seen = probe_seen.lock().unwrap();
            seen.0.push(buffer.clone());
            seen.1 = pad.current_caps().unwrap();
        }
        gst::PadProbeReturn::Ok
    });
    pipeline
        .set_state(gst::State::Playing)
        .map_err(|e| e.to_string())?;
    let message = pipeline.bus().unwrap().timed_pop_filtered(
        gst::ClockTime::from_seconds(30),
        &[gst::MessageType::Eos, gst::MessageType::Error],
    );
    pipeline.set_state(gst::State::Null).unwrap();
    match message.expect("the pipeline ends").view() {
        gst::MessageView::Error(error) => Err(format!("{} ({:?})", error.error(), error.debug())),
        _ => Ok(std::mem::replace(
            &mut *seen.lock().unwrap(),
            (Vec::new(), gst::Caps::new_empty()),
        )),
    }
}

pub fn harness(caps_in: &str, caps_out: &str, properties: &[(&str, &str)]) -> gst_check::Harness {
    init();
    let mut builder = gst::ElementFactory::make("nvvideoconvert");
    for (name, value) in properties {
        builder = builder.property_from_str(name, value);
    }
    let mut harness =
        gst_check::Harness::with_element(&builder.build().unwrap(), Some("sink"), Some("src"));
    harness.set_src_caps_str(caps_in);
    harness.set_sink_caps_str(caps_out);
    harness
}

pub fn rgba_surfaces(sizes: &[(u32, u32)]) -> gst::Buffer {
    let descs: Vec<_> = sizes
        .iter()
        .map(|(width, height)| SurfaceDesc {
            width: *width,
            height: *height,
            format: ColorFormat(c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA),
        })
        .collect();
    let buffer = alloc(&descs, MemoryKind::Nvds).unwrap();
    let surfaces = Surfaces::map(&buffer).unwrap();
    for i in 0..surfaces.len() {
        surfaces.write(i).unwrap().planes()[0]
            .data
            .fill(40 + i as u8);
    }
    buffer
}

pub const NVMM_BATCH: &str =
    "video/x-raw(memory:NVMM),format=RGBA,width=320,height=240,framerate=30/1,batch-size=2";

/// Pushes and returns the text of the error that the element must post.
pub fn error_of(harness: &mut gst_check::Harness, buffer: gst::Buffer) -> String {
    let bus = gst::Bus::new();
    harness.element().unwrap().set_bus(Some(&bus));
    assert_eq!(harness.push(buffer), Err(gst::FlowError::Error));
    let message = bus.pop_filtered(&[gst::MessageType::Error]);
    match message.expect("an error message").view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        _ => unreachable!(),
    }
}

/// What the capture attached: see `attached` of its runs.
pub fn attach(buffer: &mut gst::BufferRef, count: u32) {
    let mut batch = NewBatch::new(count).unwrap();
    for batch_id in 0..count {
        batch.add_frame(&NewFrame {
            pad_index: batch_id,
            source_id: batch_id,
            batch_id,
            frame_num: 0,
            buf_pts: 0,
            ntp_timestamp: 0,
            source_size: (320, 240),
            pipeline_size: (0, 0),
        });
    }
    {
        let batch = batch.batch();
        let locked = batch.lock();
        for frame in locked.frames() {
            let object = NewObject {
                unique_component_id: 0,
                class_id: 0,
                confidence: 0.0,
                rect: Rect {
                    left: 40.0,
                    top: 30.0,
                    width: 120.0,
                    height: 80.0,
                },
                style: RectStyle::default(),
                label: "",
                text: Some(NewText {
                    text: "x",
                    x: 40.0,
                    y: 20.0,
                    font: FontName::SERIF,
                    size: 10,
                    color: Color::WHITE,
                    background: None,
                }),
            };
            locked.add_object(&frame, &object, None).unwrap();
            let mut writer = locked.draw_on(&frame).unwrap();
            writer.rect(
                Rect {
                    left: 10.0,
                    top: 20.0,
                    width: 30.0,
                    height: 40.0,
                },
                &RectStyle {
                    border_width: 2,
                    ..RectStyle::default()
                },
            );
            writer.line(&nvds::Line {
                from: (11, 12),
                to: (50, 60),
                width: 2,
                color: Color::WHITE,
            });
        }
    }
    batch.attach(buffer);
}
