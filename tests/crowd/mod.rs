//! Frames full of tracked objects that walk about, as a tracker's output would be. For benchmarks and for what
//! watches memory.
#![allow(dead_code)] // each program uses a part

use nvds::{Color, Frame, Locked, NewBatch, NewFrame, NewObject, NewText, Rect, RectStyle};

use crate::common::{HEIGHT, WIDTH};

/// Whole numbers that look random and are always the same.
fn scatter(seed: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 32)
}

/// A coordinate that walks to and fro between 0 and `room`.
fn bounce(start: f32, speed: f32, frame: f32, room: f32) -> f32 {
    let at = (start + speed * frame).rem_euclid(2.0 * room);
    if at > room { 2.0 * room - at } else { at }
}

/// The box of an object in a frame, with the trembling of a detector's boxes.
pub fn rect(id: u64, frame: u64) -> Rect {
    let part = |salt: u64| (scatter(id * 31 + salt) % 1000) as f32 / 1000.0;
    let tremble = |salt: u64| (scatter(id * 7919 + frame * 31 + salt) % 100) as f32 / 100.0 - 0.5;
    let (width, height) = (30.0 + 20.0 * part(1), 70.0 + 40.0 * part(2));
    let speed = |salt| 1.0 + 4.0 * part(salt);
    let n = frame as f32;
    Rect {
        left: bounce(2000.0 * part(3), speed(4), n, WIDTH as f32 - width) + tremble(1),
        top: bounce(2000.0 * part(5), speed(6), n, HEIGHT as f32 - height) + tremble(2),
        width: width + tremble(3),
        height: height + tremble(4),
    }
}

/// Puts the objects of a frame on it, in full HD times `scale`. With `replace_after`, every id gives way to another
/// after so many frames.
pub fn fill(
    locked: &Locked<'_>,
    frame: &Frame<'_>,
    objects: u64,
    n: u64,
    replace_after: Option<u64>,
    scale: f32,
) {
    let frame = locked
        .frames()
        .find(|f| f.as_ptr() == frame.as_ptr())
        .unwrap();
    locked.set_infer_done(&frame);
    for i in 0..objects {
        let rect = rect(i, n);
        let rect = Rect {
            left: rect.left * scale,
            top: rect.top * scale,
            width: rect.width * scale,
            height: rect.height * scale,
        };
        let label = if i % 4 == 0 { "car" } else { "person" };
        let object = NewObject {
            unique_component_id: 1,
            class_id: (i % 4 != 0).into(),
            confidence: 0.5 + (i % 50) as f32 / 100.0,
            rect,
            style: RectStyle::default(),
            label,
            // As nvinfer leaves it.
            text: Some(NewText {
                text: label,
                x: rect.left,
                y: rect.top - 10.0,
                font: nvds::FontName::SERIF,
                size: 10,
                color: Color::WHITE,
                background: Some(Color::BLACK),
            }),
        };
        let object = locked.add_object(&frame, &object, None).unwrap();
        let life = replace_after.map_or(0, |frames| (n + i) / frames);
        locked.set_track(&object, i + 1000 * life, 0.9);
    }
}

/// A buffer with one frame.
pub fn buffer(objects: u64, n: u64, replace_after: Option<u64>) -> gst::Buffer {
    batch(1, objects, n, replace_after)
}

/// A buffer with a frame of each of so many sources, with so many objects each.
pub fn batch(sources: u32, objects: u64, n: u64, replace_after: Option<u64>) -> gst::Buffer {
    let mut new = NewBatch::new(sources).unwrap();
    for source in 0..sources {
        new.add_frame(&NewFrame {
            pad_index: source,
            source_id: source,
            batch_id: source,
            frame_num: n as i32,
            buf_pts: n * 40_000_000,
            ntp_timestamp: 0,
            source_size: (WIDTH, HEIGHT),
            pipeline_size: (WIDTH, HEIGHT),
        });
    }
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frames: Vec<_> = locked.frames().collect();
        for frame in &frames {
            fill(&locked, frame, objects, n, replace_after, 1.0);
        }
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}
