//! The test source stand-in against the capture of the real one.

mod fidelity;
mod mux_support;

use gstnvdscpu::surface::Surfaces;
use mux_support::*;

fn source(properties: &str, caps: &str) -> (Record, Vec<gst::Message>) {
    play(
        &format!(
            "nvvideotestsrc name=c {properties} ! video/x-raw(memory:NVMM),{caps} \
             ! fakesink name=out"
        ),
        "c",
    )
}

/// First plane, rows without padding.
fn pixels(buffer: &gst::BufferRef) -> Vec<u8> {
    let surfaces = Surfaces::map(buffer).unwrap();
    let locked = surfaces.read(0).unwrap();
    let planes = locked.planes();
    let plane = &planes[0];
    let row = plane.width * plane.bytes_per_pixel;
    plane
        .data
        .chunks(plane.pitch)
        .flat_map(|r| &r[..row])
        .copied()
        .collect()
}

#[test]
fn a_run_as_captured() {
    let captured = run("surface/nvvideotestsrc.json", "nvvideotestsrc");
    let (record, messages) = source(
        "num-buffers=2",
        "format=NV12,width=320,height=240,framerate=30/1",
    );
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(
        record.caps().to_string(),
        captured["caps"].as_str().unwrap()
    );
    let buffers = record.buffers();
    let expected = array(&captured["buffers"]);
    assert_eq!(buffers.len(), expected.len());
    for (buffer, expected) in buffers.iter().zip(expected) {
        assert_eq!(surface_json(buffer), captured_surface(&expected["surface"]));
        let nanos = |time: Option<gst::ClockTime>| time.map(gst::ClockTime::nseconds);
        assert_eq!(nanos(buffer.pts()), expected["pts"].as_u64());
        assert_eq!(buffer.dts(), None);
        assert_eq!(nanos(buffer.duration()), expected["duration"].as_u64());
        assert_eq!(Some(buffer.offset()), expected["offset"].as_u64());
        assert_eq!(Some(buffer.offset_end()), expected["offset_end"].as_u64());
        assert_eq!(
            u64::from(buffer.flags().bits()),
            expected["buffer_flags"].as_u64().unwrap()
        );
        let size = nvds::release().unwrap().layout().surface;
        assert_eq!((buffer.n_memory(), buffer.size()), (1, size));
        let memory = buffer.peek_memory(0);
        assert!(memory.is_type("nvds"));
        assert!(!memory.flags().contains(gst::MemoryFlags::READONLY));
        assert_eq!(buffer.iter_meta::<gst::Meta>().count(), 0);
    }
    assert_eq!(plain_events(&record), captured_events(&captured));
    fidelity::record("nvvideotestsrc", "runs", fidelity::Count::exact(1));
}

#[test]
fn bars_are_drawn_and_move_to_the_left() {
    let (record, _) = source(
        "num-buffers=2 horizontal-speed=10",
        "format=RGBA,width=70,height=40,framerate=30/1",
    );
    let rows: Vec<Vec<u8>> = record
        .buffers()
        .iter()
        .map(|b| pixels(b)[..280].to_vec())
        .collect();
    // A bar of ten pixels has moved on.
    assert_eq!(rows[0][..4], [191, 191, 191, 255]);
    assert_eq!(rows[1][..4], [191, 191, 0, 255]);
    assert_eq!(rows[0][40..], rows[1][..240]);
    assert_eq!(rows[0][..40], rows[1][240..]);
}

#[test]
fn every_pattern_and_format_gives_a_picture() {
    for format in ["NV12", "I420", "RGBA"] {
        for pattern in ["smpte", "mandelbrot", "gradient"] {
            let (record, messages) = source(
                &format!("num-buffers=1 pattern={pattern} memtype=1"),
                &format!("format={format},width=33,height=17,framerate=0/1"),
            );
            assert_eq!(errors(&messages), [""; 0]);
            let buffer = record.buffers().remove(0);
            let picture = pixels(&buffer);
            assert!(
                picture.iter().any(|b| *b != picture[0]),
                "{format} {pattern}"
            );
            assert_eq!(surface_json(&buffer)["memType"], 1);
            assert_eq!(buffer.duration(), None);
        }
    }
}

#[test]
fn without_a_rate_there_is_one_frame() {
    let (record, _) = source("", "format=NV12,width=64,height=48,framerate=0/1");
    assert_eq!(record.buffers().len(), 1);
}

#[test]
fn live_frames_come_at_their_times() {
    let start = std::time::Instant::now();
    let (record, messages) = source(
        "num-buffers=6 is-live=true",
        "format=NV12,width=64,height=48,framerate=50/1",
    );
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(record.buffers().len(), 6);
    assert!(start.elapsed().as_millis() >= 100, "{:?}", start.elapsed());
}

#[test]
fn what_is_not_modelled_says_so() {
    for (properties, caps, part) in [
        ("location=/no/such", "format=NV12", "location=/no/such"),
        ("", "format=UYVP", "UYVP"),
    ] {
        let (_, messages) = source(properties, &format!("{caps},width=64,height=48"));
        let errors = errors(&messages);
        assert!(errors[0].contains(part), "{errors:?}");
    }
}

#[test]
fn it_feeds_the_mux() {
    let (record, messages) = play(
        "nvvideotestsrc num-buffers=3 ! video/x-raw(memory:NVMM),format=NV12,width=64,height=48 \
         ! m.sink_0 nvstreammux name=m batch-size=1 width=64 height=48 ! fakesink",
        "m",
    );
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(record.buffers().len(), 3);
}
