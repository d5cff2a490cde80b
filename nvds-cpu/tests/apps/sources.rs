//! nvurisrcbin and nvmultiurisrcbin on films that are made here.

use std::sync::OnceLock;

use gst::prelude::*;

use crate::mux_support::{batch, errors, init, wait};
use crate::pictures::{keep, play, warnings};

/// A film of 20 frames, 1 s, with sound, made once.
fn film() -> &'static str {
    static FILM: OnceLock<String> = OnceLock::new();
    FILM.get_or_init(|| {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/apps-film.mkv").to_owned();
        let line = format!(
            "videotestsrc num-buffers=20 pattern=ball ! video/x-raw,width=64,height=48,framerate=20/1 ! \
             x264enc tune=zerolatency key-int-max=5 ! h264parse ! matroskamux name=m ! filesink location={path} \
             audiotestsrc num-buffers=20 samplesperbuffer=2205 ! audio/x-raw,rate=44100,channels=1 ! vorbisenc ! m."
        );
        play(&line, []);
        path
    })
}

fn uri() -> String {
    format!("file://{}", film())
}

fn launch(line: &str) -> gst::Pipeline {
    init();
    gst::parse::launch(line).unwrap().downcast().unwrap()
}

fn seconds(time: Option<gst::ClockTime>) -> f64 {
    time.unwrap().nseconds() as f64 / 1e9
}

#[test]
fn a_file_comes_as_surfaces() {
    let line = format!(
        "nvurisrcbin uri={} ! identity name=out ! fakesink sync=false",
        uri()
    );
    let ([out], messages) = play(&line, ["out"]);
    assert_eq!(out.len(), 20);
    assert_eq!(warnings(&messages), [""; 0]);
    for buffer in &out {
        gstnvdscpu::surface::Surfaces::map(buffer).expect("a surface");
    }
    // By its pad's name, and in front of a mux, as applications link it.
    let line = format!(
        "nvurisrcbin uri={} name=s s.vsrc_0 ! m.sink_0 nvstreammux name=m width=64 height=48 batch-size=1 ! \
         identity name=out ! fakesink sync=false",
        uri()
    );
    let ([out], _) = play(&line, ["out"]);
    assert_eq!(out.len(), 20);
}

#[test]
fn sound_comes_when_it_is_wanted() {
    let pads = |properties: &str| {
        let pipeline = launch(&format!(
            "nvurisrcbin uri={} name=s {properties} s. ! nvvideoconvert ! fakesink sync=false",
            uri()
        ));
        let source = pipeline.by_name("s").unwrap();
        let sound = gst::ElementFactory::make("fakesink")
            .property("sync", false)
            .build()
            .unwrap();
        if properties.contains("disable-audio=0") {
            pipeline.add(&sound).unwrap();
            source.link_pads(Some("asrc_0"), &sound, None).ok();
            let sound = sound.clone();
            source.connect_pad_added(move |_, pad| {
                if pad.name().starts_with("asrc") {
                    pad.link(&sound.static_pad("sink").unwrap()).unwrap();
                }
            });
        }
        pipeline.set_state(gst::State::Playing).unwrap();
        assert_eq!(errors(&wait(&pipeline)), [""; 0]);
        let mut names: Vec<_> = source
            .pads()
            .iter()
            .map(|pad| pad.name().to_string())
            .collect();
        names.sort();
        pipeline.set_state(gst::State::Null).unwrap();
        assert_eq!(source.pads().len(), 0, "pads go with the stream");
        names
    };
    assert_eq!(pads(""), ["vsrc_0"]);
    assert_eq!(pads("disable-audio=0"), ["asrc_0", "vsrc_0"]);
}

#[test]
fn files_loop_with_times_that_go_on() {
    let pipeline = launch(&format!(
        "nvurisrcbin uri={} file-loop=1 name=s ! m.sink_0 nvstreammux name=m width=64 height=48 batch-size=1 ! \
         identity name=out eos-after=70 ! fakesink sync=false",
        uri()
    ));
    let frames = keep(&pipeline, "out");
    let times = {
        let pad = pipeline.by_name("s").unwrap();
        let times = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = times.clone();
        pad.connect_pad_added(move |_, pad| {
            let kept = kept.clone();
            pad.add_probe(
                gst::PadProbeType::BUFFER | gst::PadProbeType::EVENT_DOWNSTREAM,
                move |_, info| {
                    let mut kept = kept.lock().unwrap();
                    match &info.data {
                        Some(gst::PadProbeData::Buffer(buffer)) => kept.push(seconds(buffer.pts())),
                        Some(gst::PadProbeData::Event(event)) => {
                            assert_ne!(event.type_(), gst::EventType::Eos, "after {}", kept.len());
                        }
                        _ => (),
                    }
                    gst::PadProbeReturn::Ok
                },
            );
        });
        times
    };
    pipeline.set_state(gst::State::Playing).unwrap();
    assert_eq!(errors(&wait(&pipeline)), [""; 0]);
    pipeline.set_state(gst::State::Null).unwrap();
    let frames = frames.lock().unwrap();
    let numbers: Vec<_> = frames
        .iter()
        .map(|buffer| batch(buffer).frames[0].frame_num)
        .collect();
    assert_eq!(
        numbers,
        (0..numbers.len() as i32).collect::<Vec<_>>(),
        "frames are counted on"
    );
    assert!(numbers.len() >= 60, "{}", numbers.len());
    let times = times.lock().unwrap();
    for (number, pair) in times.windows(2).enumerate() {
        let step = pair[1] - pair[0];
        assert!(
            (0.04..0.11).contains(&step),
            "frame {number}: {} follows {}",
            pair[1],
            pair[0]
        );
    }
}

#[test]
fn decoder_properties_are_handed_on() {
    let count = |properties: &str| {
        let line = format!(
            "nvurisrcbin uri={} {properties} ! identity name=out ! fakesink sync=false",
            uri()
        );
        play(&line, ["out"]).0[0].len()
    };
    assert_eq!(count("drop-frame-interval=2"), 10);
    let keys = count("dec-skip-frames=2");
    assert!((3..8).contains(&keys), "{keys} key frames");
    assert_eq!(
        count("cudadec-memtype=1 num-extra-surfaces=5 gpu-id=0 latency=200 disable-passthrough=0"),
        20
    );
}

#[test]
fn what_is_missing_is_said_once() {
    let line = format!(
        "nvurisrcbin uri={} smart-record=2 smart-rec-dir-path=/tmp leaky=2 name=out ! fakesink sync=false",
        uri()
    );
    let (_, messages) = play(&line, []);
    let told = warnings(&messages);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter().any(|text| text.starts_with("smart-record: ")),
        "{told:?}"
    );
    let pipeline = gst::Pipeline::new();
    let source = gst::ElementFactory::make("nvurisrcbin").build().unwrap();
    pipeline.add(&source).unwrap();
    source.emit_by_name::<()>("stop-sr", &[&0_u32]);
    let message = pipeline
        .bus()
        .unwrap()
        .pop_filtered(&[gst::MessageType::Warning])
        .expect("a warning");
    assert_eq!(
        warnings(&[message]),
        ["smart recording is not done here: nothing is recorded"]
    );
}

fn refusal(line: &str) -> (String, String) {
    let pipeline = launch(line);
    let bus = pipeline.bus().unwrap();
    let _ = pipeline.set_state(gst::State::Playing);
    let message =
        bus.timed_pop_filtered(gst::ClockTime::from_seconds(10), &[gst::MessageType::Error]);
    pipeline.set_state(gst::State::Null).unwrap();
    let message = message.expect("an error");
    let name = message.src().unwrap().name().to_string();
    (name, errors(&[message]).remove(0))
}

#[test]
fn unusable_uris_are_errors_of_the_element() {
    for (uri, expected) in [
        ("", "uri is not set"),
        ("uri=/films/a.mp4", "expected file:///films/a.mp4"),
        ("uri=file:///no/such/film.mp4", ""),
        ("uri=unix:///run/frames", "No URI handler"),
    ] {
        let (name, text) = refusal(&format!("nvurisrcbin name=camera {uri} ! fakesink"));
        assert_eq!(name, "camera", "{uri}: {text}");
        assert!(text.contains(expected), "{uri}: {text}");
    }
}

#[test]
fn rtsp_is_connected_again_until_no_attempt_is_left() {
    // Nobody listens there.
    let line = "nvurisrcbin name=camera uri=rtsp://127.0.0.1:9/none init-rtsp-reconnect-interval=1 \
         rtsp-reconnect-attempts=1 select-rtp-protocol=4 latency=50 ! fakesink";
    let start = std::time::Instant::now();
    let (name, text) = refusal(line);
    let elapsed = start.elapsed().as_secs_f64();
    assert_eq!(name, "camera");
    assert!(
        text.contains("no attempt is left of rtsp-reconnect-attempts"),
        "{text}"
    );
    assert!((1.5..8.0).contains(&elapsed), "after {elapsed} s");
    let start = std::time::Instant::now();
    let (_, text) = refusal("nvurisrcbin uri=rtsp://127.0.0.1:9/none ! fakesink");
    assert!(!text.contains("attempt is left"), "{text}");
    assert!(
        start.elapsed().as_secs_f64() < 1.5,
        "without an interval, an error is one"
    );
}

#[test]
fn several_uris_are_batched() {
    let line = format!(
        "nvmultiurisrcbin uri-list={0},{0} sensor-id-list=a,b width=32 height=24 max-batch-size=2 \
         batched-push-timeout=40000 live-source=0 ! identity name=out ! fakesink sync=false",
        uri()
    );
    let ([out], messages) = play(&line, ["out"]);
    assert_eq!(warnings(&messages), [""; 0]);
    let mut frames = [0; 2];
    for buffer in &out {
        for frame in batch(buffer).frames {
            frames[frame.pad_index as usize] += 1;
            assert_eq!(frame.source_size, (64, 48));
        }
        let surface = gstnvdscpu::surface::Surfaces::map(buffer)
            .unwrap()
            .desc(0)
            .unwrap();
        assert_eq!((surface.width, surface.height), (32, 24));
    }
    assert_eq!(frames, [20, 20]);
}

#[test]
fn rest_is_refused() {
    let (name, text) = refusal("nvmultiurisrcbin name=all width=64 height=48 ! fakesink");
    assert_eq!(name, "all");
    assert!(
        text.contains("uri-list is empty") && text.contains("REST"),
        "{text}"
    );
    let (_, text) = refusal(
        "nvmultiurisrcbin uri-list=file:///a,file:///b max-batch-size=1 width=64 height=48 ! fakesink",
    );
    assert!(
        text.contains("uri-list has 2 URIs, but max-batch-size is 1"),
        "{text}"
    );
    let line = format!(
        "nvmultiurisrcbin uri-list={} port=9010 width=64 height=48 max-batch-size=1 ! fakesink sync=false",
        uri()
    );
    let (_, messages) = play(&line, []);
    let told = warnings(&messages);
    assert_eq!(
        told,
        ["port: sources are not added by REST here: name them in uri-list"]
    );
}
