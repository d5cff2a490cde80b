//! The decoder stand-in against captures of the stock decoder.

mod fidelity;
mod mux_support;

use std::collections::BTreeMap;

use fidelity::Count;
use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;
use mux_support::*;

/// What every bin has; the stock element is none.
const BIN_PROPERTIES: &[&str] = &["async-handling", "message-forward"];

fn decode(clip: &str, properties: &str) -> (Record, Vec<gst::Message>) {
    play(
        &format!(
            "filesrc location={} ! h264parse ! nvv4l2decoder name=dec {properties} ! \
             fakesink sync=false",
            data(clip)
        ),
        "dec",
    )
}

/// SHA-256 of a frame's rows without padding: luma, then interleaved chroma.
fn hash(buffer: &gst::BufferRef) -> String {
    let surfaces = Surfaces::map(buffer).unwrap();
    let locked = surfaces.read(0).unwrap();
    let mut sum = glib::Checksum::new(glib::ChecksumType::Sha256).unwrap();
    for plane in locked.planes() {
        for y in 0..plane.height {
            sum.update(&plane.data[y * plane.pitch..][..plane.width * plane.bytes_per_pixel]);
        }
    }
    sum.string().unwrap()
}

fn hashes(record: &Record) -> Vec<String> {
    record.buffers().iter().map(|b| hash(b)).collect()
}

fn captured_hashes(clip: &str) -> Vec<String> {
    let all = json("surface/decoded-frames.json");
    let clip = array(&all["clips"])
        .iter()
        .find(|c| c["clip"] == clip)
        .unwrap();
    array(&clip["frames"])
        .iter()
        .map(|f| f.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pictures_are_the_captured_ones_bit_for_bit() {
    let mut pictures = 0;
    for clip in ["clip320.h264", "clip322.h264"] {
        let (record, messages) = decode(&format!("surface/{clip}"), "");
        assert_eq!(errors(&messages), [""; 0]);
        assert_eq!(hashes(&record), captured_hashes(clip), "{clip}");
        pictures += record.buffers().len();
    }
    fidelity::record("nvv4l2decoder", "pictures", Count::exact(pictures));
}

#[test]
fn caps_surfaces_and_times_are_the_captured_ones() {
    for (clip, name) in [
        ("clip320.h264", "dec-clip320"),
        ("clip322.h264", "dec-clip322"),
    ] {
        let run = run("surface/nvv4l2decoder.json", name);
        let (record, _) = decode(&format!("surface/{clip}"), "");
        let caps: gst::Caps = run["caps"].as_str().unwrap().parse().unwrap();
        let ours = record.caps();
        assert!(ours.is_strictly_equal(&caps), "{ours} instead of {caps}");
        assert_eq!(ours.to_string(), caps.to_string());
        let buffers = record.buffers();
        let captured = array(&run["buffers"]);
        assert_eq!(buffers.len(), captured.len());
        for (buffer, captured) in buffers.iter().zip(captured) {
            assert_eq!(surface_json(buffer), captured_surface(&captured["surface"]));
            let nanos = |time: Option<gst::ClockTime>| time.map(gst::ClockTime::nseconds);
            assert_eq!(nanos(buffer.pts()), captured["pts"].as_u64());
            assert_eq!(nanos(buffer.dts()), None);
            assert_eq!(nanos(buffer.duration()), captured["duration"].as_u64());
            let size = nvds::release().unwrap().layout().surface;
            assert_eq!((buffer.n_memory(), buffer.size()), (1, size));
            let memory = buffer.peek_memory(0);
            assert!(!memory.flags().contains(gst::MemoryFlags::READONLY));
            let batches = buffer.iter_meta::<gst::Meta>();
            let batches = batches.filter(|m| m.api().name() == "NvDsMetaAPI");
            assert_eq!(batches.count(), 0);
        }
        // Without tags, whose times are the parser's.
        assert_eq!(plain_events(&record), captured_events(&run));
    }
    fidelity::record("nvv4l2decoder", "runs", Count::exact(2));
}

#[test]
fn properties_and_pads_are_the_captured_ones() {
    compare_properties("nvv4l2decoder", BIN_PROPERTIES, &BTreeMap::new());
    compare_factory("nvv4l2decoder");
}

#[test]
fn every_nth_picture_is_passed_on() {
    let (record, _) = decode("surface/clip320.h264", "drop-frame-interval=3");
    let all = captured_hashes("clip320.h264");
    let expected: Vec<_> = all.iter().step_by(3).cloned().collect();
    assert_eq!(hashes(&record), expected);
}

#[test]
fn only_key_frames_are_decoded_when_asked() {
    let (record, _) = decode("surface/clip320.h264", "skip-frames=decode_key");
    assert_eq!(hashes(&record), captured_hashes("clip320.h264")[..1]);
}

#[test]
fn skipping_unreferenced_frames_keeps_the_others_right() {
    let (record, _) = decode("surface/clip320.h264", "skip-frames=decode_non_ref");
    let all = captured_hashes("clip320.h264");
    let kept = hashes(&record);
    assert!(!kept.is_empty() && kept.len() <= all.len());
    assert!(kept.iter().all(|h| all.contains(h)));
}

#[test]
fn memory_type_and_gpu_show_in_caps_and_surface() {
    let (record, _) = decode(
        "surface/clip322.h264",
        "cudadec-memtype=memtype_pinned gpu-id=2",
    );
    let caps = record.caps();
    let structure = caps.structure(0).unwrap();
    assert_eq!(
        structure.get::<&str>("nvbuf-memory-type").unwrap(),
        "nvbuf-mem-cuda-pinned"
    );
    assert_eq!(structure.get::<i32>("gpu-id").unwrap(), 2);
    assert_eq!(surface_json(&record.buffers()[0])["memType"], 1);
}

#[test]
fn low_latency_changes_no_pixel() {
    let (record, _) = decode("surface/clip320.h264", "low-latency-mode=true");
    assert_eq!(hashes(&record), captured_hashes("clip320.h264"));
}

/// A copy of a clip with other bytes, deleted at the end.
struct Broken(std::path::PathBuf);

impl Broken {
    fn new(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = std::fs::read(data("surface/clip320.h264")).unwrap();
        change(&mut bytes);
        let path = std::env::temp_dir().join(format!("rsnvds-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn decode(&self) -> (Record, Vec<gst::Message>) {
        play(
            &format!(
                "filesrc location={} ! h264parse ! nvv4l2decoder name=dec ! fakesink sync=false",
                self.0.display()
            ),
            "dec",
        )
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_truncated_stream_gives_what_is_there() {
    let broken = Broken::new("cut.h264", |bytes| bytes.truncate(9_000));
    let (record, messages) = broken.decode();
    assert_eq!(errors(&messages), [""; 0]);
    let found = hashes(&record);
    let whole = captured_hashes("clip320.h264");
    // The last one may be cut in the middle.
    assert!(found.len() >= 3, "{} pictures", found.len());
    assert_eq!(found[..found.len() - 1], whole[..found.len() - 1]);
}

#[test]
fn a_damaged_stream_goes_on() {
    let broken = Broken::new("bad.h264", |bytes| {
        for byte in &mut bytes[6_000..6_400] {
            *byte ^= 0x5a;
        }
    });
    let (record, messages) = broken.decode();
    assert_eq!(errors(&messages), [""; 0]);
    let found = hashes(&record);
    assert!(found.len() >= 5, "{} pictures", found.len());
    assert_eq!(found[0], captured_hashes("clip320.h264")[0]);
}

#[test]
fn other_codecs_are_decoded() {
    for (encoder, parser) in [
        ("jpegenc", ""),
        ("avenc_mpeg4", "! mpeg4videoparse"),
        ("avenc_mjpeg", ""),
        ("x265enc", "! h265parse"),
    ] {
        init();
        if gst::ElementFactory::find(encoder).is_none() {
            panic!("the test needs {encoder}: install gstreamer1.0-libav and -plugins-good");
        }
        let (record, messages) = play(
            &format!(
                "videotestsrc num-buffers=5 pattern=white ! video/x-raw,format=I420,width=64,\
                 height=48,framerate=30/1 ! {encoder} {parser} ! nvv4l2decoder name=dec ! \
                 fakesink sync=false"
            ),
            "dec",
        );
        assert_eq!(errors(&messages), [""; 0], "{encoder}");
        let buffers = record.buffers();
        assert_eq!(buffers.len(), 5, "{encoder}");
        let surfaces = Surfaces::map(&buffers[4]).unwrap();
        let locked = surfaces.read(0).unwrap();
        assert_eq!((locked.desc().width, locked.desc().height), (64, 48));
        let planes = locked.planes();
        assert!(planes[0].data[..64].iter().all(|y| *y > 220), "{encoder}");
        assert!(
            planes[1].data[..64].iter().all(|c| (120..136).contains(c)),
            "{encoder}"
        );
    }
}

#[test]
fn other_samplings_become_nv12() {
    let (record, messages) = play(
        "videotestsrc num-buffers=2 pattern=red ! video/x-raw,format=Y42B,width=66,height=50,\
         framerate=30/1 ! jpegenc ! nvv4l2decoder name=dec ! fakesink sync=false",
        "dec",
    );
    assert_eq!(errors(&messages), [""; 0]);
    let buffers = record.buffers();
    assert_eq!(buffers.len(), 2);
    assert_eq!(
        surface_json(&buffers[0])["surfaceList"][0]["colorFormat"],
        6
    );
    let surfaces = Surfaces::map(&buffers[1]).unwrap();
    let locked = surfaces.read(0).unwrap();
    let planes = locked.planes();
    // Red in BT.601, full range or not: little blue, much red difference.
    let (u, v) = (planes[1].data[20], planes[1].data[21]);
    assert!(u < 110 && v > 210, "{u} {v}");
}

/// The converter of samples over 8 bits refused the film's frame rate.
#[test]
fn deep_samples_become_p010() {
    let (record, messages) = play(
        "videotestsrc num-buffers=2 ! video/x-raw,format=Y444_10LE,width=64,height=48,framerate=30/1 \
         ! x264enc ! h264parse ! nvv4l2decoder name=dec ! fakesink sync=false",
        "dec",
    );
    assert_eq!(errors(&messages), [""; 0]);
    let buffers = record.buffers();
    assert_eq!(buffers.len(), 2);
    assert_eq!(
        surface_json(&buffers[0])["surfaceList"][0]["colorFormat"],
        29
    );
}

#[test]
fn a_codec_change_replaces_the_decoder() {
    init();
    let pipeline = gst::parse::launch(
        "concat name=c ! nvv4l2decoder name=dec ! fakesink sync=false \
         videotestsrc num-buffers=3 ! video/x-raw,width=64,height=48,framerate=30/1 ! jpegenc ! c. \
         videotestsrc num-buffers=4 ! video/x-raw,width=32,height=32,framerate=30/1 ! \
         avenc_mpeg4 ! mpeg4videoparse ! c.",
    )
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let dec = pipeline.by_name("dec").unwrap();
    let record = Record::of(&dec.static_pad("src").unwrap());
    pipeline.set_state(gst::State::Playing).unwrap();
    let messages = wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(errors(&messages), [""; 0]);
    let sizes: Vec<_> = record
        .buffers()
        .iter()
        .map(|b| Surfaces::map(b).unwrap().desc(0).unwrap().width)
        .collect();
    assert_eq!(sizes, [64, 64, 64, 32, 32, 32, 32]);
}

#[test]
fn it_starts_again_after_a_flushing_seek() {
    init();
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! h264parse ! nvv4l2decoder name=dec ! fakesink name=out",
        data("surface/clip320.h264")
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let dec = pipeline.by_name("dec").unwrap();
    let record = Record::of(&dec.static_pad("src").unwrap());
    pipeline.set_state(gst::State::Paused).unwrap();
    pipeline.state(gst::ClockTime::from_seconds(10)).0.unwrap();
    // Bytes: the file has no index.
    pipeline
        .by_name("out")
        .unwrap()
        .seek_simple(gst::SeekFlags::FLUSH, gst::format::Bytes::from_u64(0))
        .or_else(|_| pipeline.seek_simple(gst::SeekFlags::FLUSH, gst::ClockTime::ZERO))
        .unwrap();
    pipeline.state(gst::ClockTime::from_seconds(10)).0.unwrap();
    let before = record.buffers().len();
    assert!(before >= 2, "prerolled twice");
    pipeline.set_state(gst::State::Playing).unwrap();
    let messages = wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(errors(&messages), [""; 0]);
    let all = hashes(&record);
    let whole = captured_hashes("clip320.h264");
    assert_eq!(all[all.len() - 10..], whole);
}

#[test]
fn it_can_be_played_twice() {
    init();
    let pipeline = gst::parse::launch(&format!(
        "filesrc location={} ! h264parse ! nvv4l2decoder name=dec ! fakesink sync=false",
        data("surface/clip322.h264")
    ))
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let record = Record::of(&pipeline.by_name("dec").unwrap().static_pad("src").unwrap());
    for round in 1..=2 {
        pipeline.set_state(gst::State::Playing).unwrap();
        let messages = wait(&pipeline);
        assert_eq!(errors(&messages), [""; 0]);
        pipeline.set_state(gst::State::Null).unwrap();
        assert_eq!(record.buffers().len(), 4 * round);
    }
}

#[test]
fn a_missing_decoder_names_the_package() {
    // Ranks are read once per process.
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "missing_helper", "--ignored"])
        .env(
            "GST_PLUGIN_FEATURE_RANK",
            "avdec_h264:NONE,openh264dec:NONE",
        )
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}

#[test]
#[ignore = "run by the test above, without H.264 decoders"]
fn missing_helper() {
    let (record, messages) = decode("surface/clip320.h264", "");
    let errors = errors(&messages);
    assert!(
        errors[0].contains("video/x-h264") && errors[0].contains("gstreamer1.0-libav"),
        "{errors:?}"
    );
    assert_eq!(record.buffers().len(), 0);
}
