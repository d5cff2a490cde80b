//! How long rsmetajson holds the streaming thread for a frame: 8 frames a buffer with 20 objects
//! each, written to a file. The mark to stay below: 15 microseconds a frame.
//!
//! Needs the environment of `make env`; `make bench` sees to it.

#[path = "over_identity/mod.rs"]
mod over_identity;

use nvds::{Color, FontName, NewBatch, NewFrame, NewObject, NewText, Rect, RectStyle};

const FRAMES: u32 = 8;
const OBJECTS: u32 = 20;
/// Buffers a round.
const BUFFERS: u64 = 50;
/// Rounds; the median counts.
const ROUNDS: usize = 21;
/// Microseconds a frame.
const GOAL: f64 = 15.0;

/// A batch as a detector leaves it.
fn buffer() -> gst::Buffer {
    let mut new = NewBatch::new(FRAMES).expect("DeepStream's metadata library");
    for i in 0..FRAMES {
        new.add_frame(&NewFrame {
            pad_index: i,
            source_id: i,
            batch_id: i,
            frame_num: 12345,
            buf_pts: 494_000_000_123,
            ntp_timestamp: 1_790_000_000_123_456_789,
            source_size: (1920, 1080),
            pipeline_size: (0, 0),
        });
    }
    let batch = new.batch();
    let locked = batch.lock();
    for frame in locked.frames() {
        for i in 0..OBJECTS {
            let place = i as f32 * 41.37;
            let rect = Rect {
                left: place + 0.123,
                top: place / 3.0,
                width: 77.77 + place / 7.0,
                height: 123.456,
            };
            let object = NewObject {
                unique_component_id: 5,
                class_id: 1,
                confidence: 0.987_654 - i as f32 / 77.0,
                rect,
                style: RectStyle::default(),
                label: "person",
                text: Some(NewText {
                    text: "person 0.987",
                    x: rect.left,
                    y: rect.top,
                    font: FontName::SERIF,
                    size: 10,
                    color: Color::WHITE,
                    background: Some(Color::BLACK),
                }),
            };
            locked.add_object(&frame, &object, None).unwrap();
        }
    }
    drop(locked);
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().expect("a new buffer is writable"));
    buffer
}

fn main() {
    gst::init().expect("GStreamer");
    gstrsnvds::plugin::plugin_register_static().expect("the plugin");
    nvds_bench_probe::steady_heap();
    let file = std::env::temp_dir().join(format!("rsnvds-bench-{}.jsonl", std::process::id()));
    let file = file.to_str().expect("a folder with a readable name");
    let caps = "video/x-raw,format=RGBA,width=1920,height=1080,framerate=25/1";
    for (name, location) in [("discarded", "/dev/null"), ("file", file)] {
        let launch = format!("rsmetajson location={location}");
        let time = over_identity::over_identity(&launch, caps, (ROUNDS, BUFFERS), |_| buffer());
        let time = time / f64::from(FRAMES);
        let verdict = if time <= GOAL { "within" } else { "ABOVE" };
        println!(
            "rsmetajson, {FRAMES} frames x {OBJECTS} objects, {name}: {time:.2} us a frame, \
             {verdict} the mark of {GOAL} us"
        );
        let work = format!("rsmetajson, a frame of {OBJECTS} objects, {name}");
        nvds_bench_probe::report(&work, "the mark", time, GOAL, 1.0);
    }
    // Whether it measured what it says.
    let written = std::fs::read_to_string(file).expect("the lines");
    let objects = written.matches("\"object_id\"").count();
    let lines = written.lines().count();
    assert_eq!(lines, ROUNDS * BUFFERS as usize * FRAMES as usize);
    assert_eq!(objects, lines * OBJECTS as usize);
    println!("{} bytes a frame", written.len() / lines);
    std::fs::remove_file(file).ok();
}
