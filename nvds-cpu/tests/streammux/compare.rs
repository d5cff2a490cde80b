//! A run against a captured one.

use std::collections::BTreeSet;

use crate::mux_support::*;

/// Pads with size, rate and number of frames, as in a captured run.
pub type Sources<'a> = &'a [(u32, (u32, u32), i32, u64)];

/// Feeds the sources as the captured run did and compares everything with it.
pub fn compare(name: &str, properties: &str, offset: u64, sources: Sources<'_>) {
    compare_formats(name, properties, offset, sources, &[NV12; 8]);
}

pub fn compare_formats(
    name: &str,
    properties: &str,
    offset: u64,
    sources: Sources<'_>,
    formats: &[u32],
) {
    let captured = run("surface/nvstreammux.json", name);
    let bench = Bench::new(properties);
    let feeders: Vec<_> = sources
        .iter()
        .zip(formats)
        .map(|(&(id, size, fps, _), &format)| {
            Feeder::with_format(&bench.mux, id, size, fps, format).offset(offset)
        })
        .collect();
    // All stream starts come before the first frame, as they did.
    bench.play();
    let threads: Vec<_> = feeders
        .into_iter()
        .zip(sources)
        .map(|(feeder, (.., count))| feeder.spawn(*count))
        .collect();
    let feeders: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    compare_with(&captured, &record, &messages, Times::Same);
    drop(feeders);
}

/// What is expected of a run's times.
#[derive(Clone, Copy, PartialEq)]
pub enum Times {
    /// All are those of the captured run.
    Same,
    /// Those of the frames are; the rate of the batches is that of whichever source is first.
    SameFrames,
    /// They come from a clock, so that only their distances are.
    Clock,
}

pub fn compare_with(
    captured: &serde_json::Value,
    record: &Record,
    messages: &[gst::Message],
    times: Times,
) {
    let buffers = record.buffers();
    let expected = array(&captured["buffers"]);
    assert_eq!(buffers.len(), expected.len());
    for (buffer, expected) in buffers.iter().zip(expected) {
        assert_eq!(surface_json(buffer), captured_surface(&expected["surface"]));
        let mut meta = BatchMeta::of_json(&expected["batch_meta"]);
        let mut found = batch(buffer);
        if times == Times::Clock {
            for frame in found.frames.iter_mut().chain(&mut meta.frames) {
                frame.buf_pts = 0;
            }
        }
        assert_eq!(found, meta);
        let nanos = |time: Option<gst::ClockTime>| time.map(gst::ClockTime::nseconds);
        if times == Times::Same {
            assert_eq!(nanos(buffer.pts()), expected["pts"].as_u64());
        }
        assert_eq!((buffer.dts(), buffer.duration()), (None, None));
        assert_eq!(
            u64::from(buffer.flags().bits()),
            expected["buffer_flags"].as_u64().unwrap()
        );
        let size = surface_layout::layout().surface;
        assert_eq!((buffer.n_memory(), buffer.size()), (1, size));
        let memory = buffer.peek_memory(0);
        assert!(memory.flags().contains(gst::MemoryFlags::READONLY));
    }
    let caps: gst::Caps = captured["caps"].as_str().unwrap().parse().unwrap();
    let ours = record.caps();
    // Width, height and format are those of the source that came first.
    let formats: BTreeSet<_> = array(&expected[0]["surface"]["surfaceList"])
        .iter()
        .map(|surface| surface["colorFormat"].as_u64())
        .collect();
    let without_size = |caps: &gst::Caps| {
        let mut caps = caps.clone();
        for structure in caps.make_mut().iter_mut() {
            structure.remove_fields(["width", "height", "framerate"]);
            if formats.len() > 1 {
                structure.remove_field("format");
            }
        }
        caps
    };
    assert_eq!(without_size(&ours), without_size(&caps), "{ours}");
    compare_events(captured, record);
    let mut posted = element_messages(messages, "stream-eos");
    let mut expected: Vec<_> = array(&captured["messages"])
        .iter()
        .filter_map(|m| m["structure"].as_str().map(str::to_owned))
        .collect();
    posted.sort();
    expected.sort();
    assert_eq!(posted, expected);
}

/// The same events at the same places; which source is first is a race, there and here.
fn compare_events(captured: &serde_json::Value, record: &Record) {
    let mut ours = plain_events(record);
    let mut theirs = captured_events(captured);
    // In order for each source, and of the pad itself.
    for part in ["source-id=(uint)", "stream-id=(uint)"] {
        for id in 0..8 {
            let key = format!("{part}{id}");
            let of = |events: &[(u64, u64, String)]| -> Vec<(u64, u64, String)> {
                let mut mine: Vec<_> = events
                    .iter()
                    .filter(|(.., s)| s.split([',', ';']).any(|f| f.trim() == key))
                    .cloned()
                    .collect();
                mine.dedup();
                mine
            };
            assert_eq!(of(&ours), of(&theirs), "{key}");
        }
    }
    let order = |events: &[(u64, u64, String)]| -> Vec<u64> {
        let own = [10254, 12814, 17934, 28174];
        let mut kinds: Vec<u64> = events
            .iter()
            .map(|e| e.1)
            .filter(|kind| own.contains(kind))
            .collect();
        kinds.dedup();
        kinds
    };
    assert_eq!(order(&ours), order(&theirs));
    ours.sort();
    ours.dedup();
    theirs.sort();
    theirs.dedup();
    assert_eq!(ours, theirs);
}
