//! The sinks, in the process: what GstVideoSink does. Where frames go is seen in `launched`.

use gst::prelude::*;
use gst_video::prelude::*;

use crate::mux_support::{errors, init, wait};
use crate::pictures::{play, warnings};

const SINKS: [&str; 4] = [
    "nveglglessink",
    "nv3dsink",
    "nvdrmvideosink",
    "nvoverlaysink",
];

#[test]
fn all_take_surfaces_and_system_memory() {
    for sink in SINKS {
        for caps in [
            "video/x-raw(memory:NVMM),format=NV12",
            "video/x-raw(memory:NVMM),format=RGBA",
            "video/x-raw,format=I420",
            "video/x-raw,format=RGBA",
        ] {
            let line = format!(
                "videotestsrc num-buffers=3 ! video/x-raw,width=64,height=48 ! nvvideoconvert ! {caps} ! \
                 identity name=seen ! {sink} sync=false"
            );
            let ([seen], messages) = play(&line, ["seen"]);
            assert_eq!(seen.len(), 3, "{line}");
            assert_eq!(warnings(&messages), [""; 0], "{line}");
        }
    }
}

#[test]
fn what_applications_set_and_ask_for_is_there() {
    init();
    let line = "videotestsrc num-buffers=4 ! video/x-raw,width=64,height=48,framerate=4/1 ! nvvideoconvert ! \
         video/x-raw(memory:NVMM),format=NV12 ! nveglglessink name=sink sync=false max-lateness=-1 async=true qos=false \
         window-x=0 window-y=0 window-width=1280 window-height=720 gpu-id=0";
    let pipeline = gst::parse::launch(line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let sink = pipeline.by_name("sink").unwrap();
    let overlay = sink
        .dynamic_cast_ref::<gst_video::VideoOverlay>()
        .expect("applications cast it");
    overlay.expose();
    overlay.handle_events(false);
    pipeline.set_state(gst::State::Paused).unwrap();
    pipeline.state(gst::ClockTime::from_seconds(5)).0.unwrap();
    let sample = sink
        .property::<Option<gst::Sample>>("last-sample")
        .expect("the preroll frame");
    let caps = sample.caps().unwrap();
    assert!(caps.features(0).unwrap().contains("memory:NVMM"), "{caps}");
    pipeline.set_state(gst::State::Playing).unwrap();
    assert_eq!(errors(&wait(&pipeline)), [""; 0]);
    let position = pipeline.query_position::<gst::ClockTime>();
    assert_eq!(position, Some(gst::ClockTime::SECOND));
    let stats = sink.property::<gst::Structure>("stats");
    assert_eq!(stats.get::<u64>("rendered").unwrap(), 4);
    assert_eq!(sink.property::<u32>("window-width"), 1280);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn frames_wait_for_the_clock_and_late_ones_are_dropped() {
    init();
    // Two frames' time for each.
    let line = "videotestsrc num-buffers=10 ! video/x-raw,width=64,height=48,framerate=20/1 ! \
         identity sleep-time=100000 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 ! \
         nv3dsink name=sink qos=false max-lateness=20000000";
    let pipeline = gst::parse::launch(line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let start = std::time::Instant::now();
    pipeline.set_state(gst::State::Playing).unwrap();
    assert_eq!(errors(&wait(&pipeline)), [""; 0]);
    let stats = pipeline
        .by_name("sink")
        .unwrap()
        .property::<gst::Structure>("stats");
    let dropped = stats.get::<u64>("dropped").unwrap();
    assert!(
        dropped > 3,
        "{dropped} of 10 dropped, after {:?}",
        start.elapsed()
    );
    pipeline.set_state(gst::State::Null).unwrap();
}
