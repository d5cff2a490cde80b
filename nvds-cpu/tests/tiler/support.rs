//! A mux before the tiler, what hangs on its frames, and what comes out.

use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;
use nvds::{Arrow, ArrowHead, Batch, Circle, Color, FontName, Line, NewObject, NewText, Rect};
use nvds::{RectStyle, UserMetaType};

use crate::mux_support::*;

pub const MUX: &str = "batch-size=2 width=64 height=48 batched-push-timeout=1000";

/// A mux, a tiler and a sink; what leaves the tiler is recorded. Objects are on what leaves the mux.
pub fn bench(mux: &str, tiler: &str) -> (Bench, gst::Element, Record) {
    let sink = format!("nvmultistreamtiler name=t {tiler} ! fakesink name=out sync=false");
    let bench = Bench::with_sink(mux, &sink);
    let tiler = bench.pipeline.by_name("t").unwrap();
    let record = Record::of(&tiler.static_pad("src").unwrap());
    let src = bench.mux.static_pad("src").unwrap();
    src.add_probe(gst::PadProbeType::BUFFER, |_, info| {
        if let Some(buffer) = info.buffer() {
            attach(buffer);
        }
        gst::PadProbeReturn::Ok
    });
    (bench, tiler, record)
}

pub fn rect(left: f32, top: f32, width: f32, height: f32) -> Rect {
    Rect {
        left,
        top,
        width,
        height,
    }
}

pub fn text(text: &str) -> NewText<'_> {
    NewText {
        text,
        x: 9.0,
        y: 3.0,
        font: FontName::SERIF,
        size: 11,
        color: Color::WHITE,
        background: None,
    }
}

/// One of everything on each frame; the object's class is the frame's source.
pub fn attach(buffer: &gst::BufferRef) {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let style = RectStyle {
        border_width: 1,
        border_color: Color::WHITE,
        ..RectStyle::default()
    };
    for frame in locked.frames() {
        let label = format!("of {}", frame.pad_index());
        let object = NewObject {
            unique_component_id: 5,
            class_id: frame.pad_index() as i32,
            confidence: 0.5,
            rect: rect(8.0, 6.0, 16.0, 12.0),
            style,
            label: &label,
            text: Some(text(&label)),
        };
        let parent = locked.add_object(&frame, &object, None).unwrap();
        let child = NewObject {
            class_id: 100,
            ..object
        };
        locked.add_object(&frame, &child, Some(&parent)).unwrap();
        let mut writer = locked.draw_on(&frame).unwrap();
        writer.text(&text("d"));
        writer.rect(rect(1.0, 2.0, 3.0, 4.0), &style);
        writer.line(&Line {
            from: (1, 2),
            to: (33, 44),
            width: 2,
            color: Color::WHITE,
        });
        writer.arrow(&Arrow {
            from: (5, 6),
            to: (7, 8),
            width: 3,
            head: ArrowHead::Both,
            color: Color::WHITE,
        });
        writer.circle(&Circle {
            center: (10, 11),
            radius: 5,
            width: 1,
            color: Color::WHITE,
            fill: None,
        });
        let kind = UserMetaType::named(c"RSNVDS.TEST.TILER").unwrap();
        let data = Box::new(frame.pad_index());
        locked.add_user_meta_to_frame(&frame, kind, data).unwrap();
    }
}

/// What hangs on the one frame: boxes of objects with class and text, and display metas as text.
pub fn described(buffer: &gst::BufferRef) -> (Vec<String>, Vec<String>) {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let mut objects: Vec<_> = frame
        .objects()
        .map(|object| {
            let (r, text) = (object.rect(), object.text());
            let place = (text.x_offset(), text.y_offset(), text.font_size());
            let (box_, was) = ((r.left, r.top, r.width, r.height), object.detector_rect());
            let parent = object.parent().map(|p| p.class_id());
            format!(
                "{} {} {box_:?} {place:?} {parent:?} was {} {}",
                object.class_id(),
                object.label(),
                was.left,
                was.width
            )
        })
        .collect();
    let mut displays: Vec<_> = frame
        .displays()
        .map(|d| {
            let texts: Vec<_> = d.texts().map(|t| (t.x_offset(), t.y_offset())).collect();
            let rects: Vec<_> = d
                .rects()
                .map(|r| (r.rect.left, r.rect.top, r.rect.width))
                .collect();
            let lines: Vec<_> = d.lines().map(|l| (l.from, l.to, l.width)).collect();
            let arrows: Vec<_> = d.arrows().map(|a| (a.from, a.to)).collect();
            let circles: Vec<_> = d.circles().map(|c| (c.center, c.radius)).collect();
            format!("{texts:?} {rects:?} {lines:?} {arrows:?} {circles:?}")
        })
        .collect();
    objects.sort();
    displays.sort();
    (objects, displays)
}

/// Sample of the first plane at this place.
pub fn sample(buffer: &gst::BufferRef, x: usize, y: usize) -> u8 {
    let surfaces = Surfaces::map(buffer).unwrap();
    let locked = surfaces.read(0).unwrap();
    let plane = &locked.planes()[0];
    plane.data[y * plane.pitch + x * plane.bytes_per_pixel]
}

/// Whether a sample is what it was but for the way through RGB.
pub fn is_near(found: u8, expected: u8) -> bool {
    found.abs_diff(expected) <= 2
}

/// A frame of this grey.
pub fn push(feeder: &Feeder, n: u64, grey: u8) {
    let buffer = feeder.frame(n, grey);
    for chroma in Surfaces::map(&buffer)
        .unwrap()
        .write(0)
        .unwrap()
        .planes()
        .iter_mut()
        .skip(1)
    {
        chroma.data.fill(128);
    }
    feeder.pad.push(buffer).unwrap();
}

/// Two sources, of grey 60 and 180.
pub fn push_pair(feeders: &[Feeder], n: u64) {
    for (feeder, grey) in feeders.iter().zip([60, 180]) {
        push(feeder, n, grey);
    }
}

pub fn wait_for(record: &Record, count: usize) {
    let start = std::time::Instant::now();
    while record.buffers().len() < count {
        assert!(start.elapsed().as_secs() < 20, "{count} pictures");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

pub fn two(bench: &Bench, format: u32) -> [Feeder; 2] {
    let feeders = [0, 1].map(|id| Feeder::with_format(&bench.mux, id, (64, 48), 30, format));
    bench.play();
    feeders.iter().for_each(Feeder::start);
    feeders
}
