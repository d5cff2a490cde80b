//! Frames that carry their source and number as black and white blocks, and what is read back behind a pipeline.
//!
//! The blocks are 10 by 2, in the middle of the picture, where neither texts nor the boxes of [`boxes`] hide them: 4 bits of
//! source, 10 of number, 6 to tell a code from anything else.
#![allow(dead_code)] // each test program uses a part

use std::path::Path;

use gst::prelude::*;

/// Pixels, as the programs' muxes have: scaling takes long in a build without optimisation.
pub const WIDTH: usize = 640;
pub const HEIGHT: usize = 480;
/// Frames a second of the films.
pub const FPS: u64 = 20;

const COLUMNS: usize = 10;
const ROWS: usize = 2;
/// Pixels of a block, and where the first row begins, in a picture of WIDTH x HEIGHT.
const BLOCK: usize = 64;
const TOP: usize = 192;

/// Source and number.
pub type Code = (u32, u32);

fn bits((source, number): Code) -> u32 {
    let check = (source * 37 + number * 11 + 5) % 64;
    (source & 15) << 16 | (number & 1023) << 6 | check
}

/// Draws the code into rows of luma.
pub fn burn(luma: &mut [u8], stride: usize, code: Code) {
    let bits = bits(code);
    for y in 0..ROWS * BLOCK {
        for x in 0..COLUMNS * BLOCK {
            let block = y / BLOCK * COLUMNS + x / BLOCK;
            luma[(TOP + y) * stride + x] = if bits >> block & 1 == 1 { 235 } else { 16 };
        }
    }
}

/// A part of a picture of one byte a pixel.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub pixels: &'a [u8],
    pub stride: usize,
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl View<'_> {
    /// The mean of some pixels around a place, in parts of the view.
    pub fn near(&self, x: f32, y: f32) -> u32 {
        let side = |part: f32, size: usize| ((part * size as f32) as usize).clamp(1, size - 2);
        let (x, y) = (
            self.left + side(x, self.width),
            self.top + side(y, self.height),
        );
        let rows = (y - 1..=y + 1)
            .map(|y| &self.pixels[y * self.stride + x - 1..=y * self.stride + x + 1]);
        rows.flatten().map(|&pixel| u32::from(pixel)).sum::<u32>() / 9
    }

    /// What was burnt in; nothing where that was no code.
    pub fn code(&self) -> Option<Code> {
        let mut read = 0;
        for block in 0..ROWS * COLUMNS {
            let x = (block % COLUMNS * BLOCK + BLOCK / 2) as f32 / WIDTH as f32;
            let y = (TOP + block / COLUMNS * BLOCK + BLOCK / 2) as f32 / HEIGHT as f32;
            read |= u32::from(self.near(x, y) > 110) << block;
        }
        let code = (read >> 16 & 15, read >> 6 & 1023);
        (bits(code) == read).then_some(code)
    }

    /// Which of the four [`boxes`] is drawn, alone; nothing if none is.
    pub fn place(&self) -> Option<u32> {
        let lit = |x: f32, y: f32| self.near(x, y) > 45;
        // Right edges of both columns of boxes, where rows have none; the lower edge of the lower row.
        let (first, second) = (lit(34.0 / 64.0, 0.3), lit(50.0 / 64.0, 0.3));
        let lower = lit(0.4, 50.0 / 64.0);
        (first != second).then_some(u32::from(second) + 2 * u32::from(lower))
    }

    /// Whether the box of this frame, and no other, is drawn here.
    pub fn has_box(&self, (source, number): Code) -> bool {
        self.place() == Some((source + number) % 4)
    }
}

/// The box of the object on a frame: left, top, width, height in parts of the picture. One of four.
pub fn boxes((source, number): Code) -> [f32; 4] {
    let place = (source + number) % 4;
    let side = |second: bool| if second { (15.0, 35.0) } else { (0.0, 34.0) };
    let ((left, width), (top, height)) = (side(place % 2 == 1), side(place > 1));
    [left, top, width, height].map(|part| part / 64.0)
}

/// Writes a film: H.264 in Matroska, for a name that ends with .mp4 in fragments of half a second, with .h264 as it is.
pub fn film(path: &str, source: u32, frames: u32) {
    film_at(path, source, frames, FPS);
}

/// The same with so many frames a second.
pub fn film_at(path: &str, source: u32, frames: u32, fps: u64) {
    gst::init().unwrap();
    let container = match Path::new(path).extension().and_then(|end| end.to_str()) {
        Some("h264") => "video/x-h264,stream-format=byte-stream",
        Some("mp4") => "mp4mux fragment-duration=500",
        _ => "matroskamux",
    };
    // One thread makes one slice: of two, rtph264depay 1.22 loses the first.
    let line = format!(
        "videotestsrc num-buffers={frames} pattern=black name=source \
         ! video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate={fps}/1 \
         ! x264enc tune=zerolatency threads=1 speed-preset=ultrafast key-int-max=10 aud=true ! h264parse ! {container} \
         ! filesink location={path}"
    );
    let pipeline = gst::parse::launch(&line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    burn_source(&pipeline.by_name("source").unwrap(), source);
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &kinds);
    let message = message.expect("the film is written within a minute");
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    assert!(Path::new(path).exists());
}

/// Burns codes into what a videotestsrc makes, of WIDTH x HEIGHT pixels with luma first.
pub fn burn_source(element: &gst::Element, source: u32) {
    let number = std::sync::atomic::AtomicU32::new(0);
    let pad = element.static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let buffer = info.buffer_mut().unwrap().make_mut();
        let mut map = buffer.map_writable().unwrap();
        burn(&mut map, WIDTH, (source, number));
        gst::PadProbeReturn::Ok
    });
}

/// The numbers from 0 on, as they are read when none is lost.
pub fn numbers(count: u32) -> Vec<u32> {
    (0..count).collect()
}
