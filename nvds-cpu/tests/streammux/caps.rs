//! What the new mux tells its sources about caps.

use gst::prelude::*;

use crate::mux_support::*;

/// Structures of what a source of `m` behind nothing, or before `sink`, may send.
fn allowed(mux: &str, sink: &str, filter: Option<&str>) -> Vec<String> {
    init();
    let pipeline = gst::parse::launch(&format!("nvstreammux name=m {mux} {sink}")).unwrap();
    let mux = match pipeline.downcast_ref::<gst::Pipeline>() {
        Some(pipeline) => pipeline.by_name("m").unwrap(),
        None => pipeline.clone(),
    };
    let pad = mux.request_pad_simple("sink_0").unwrap();
    let filter = filter.map(|f| f.parse::<gst::Caps>().unwrap());
    let caps = pad.query_caps(filter.as_ref());
    caps.iter_with_features()
        .filter(|(s, _)| s.name().as_str() == "video/x-raw")
        .map(|(s, features)| {
            let part = |name: &str| s.value(name).map_or(String::new(), |v| format!("{v:?}"));
            let fields = ["format", "width", "framerate"].map(part);
            format!("{features} {}", fields.join(" "))
        })
        .collect()
}

const NVMM: &str = "video/x-raw(memory:NVMM)";

#[test]
fn anything_that_batches_may_have_while_nobody_downstream_says_more() {
    let template = allowed("", "", None);
    assert_eq!(template.len(), 2, "{template:?}");
    assert!(template[0].contains("NVMM") && template[0].contains("I420"));
    assert_eq!(allowed("", "! fakesink", None), template);
}

#[test]
fn formats_are_those_that_downstream_takes() {
    let formats = format!("! {NVMM},format={{RGBA,NV12}} ! fakesink");
    let wide = format!("! {NVMM},format=RGBA,width=640,height=480,framerate=10/1 ! fakesink");
    let caps = allowed("", &formats, None);
    // NVMM memory first.
    assert!(
        caps[0].contains("NVMM") && !caps[1].contains("NVMM"),
        "{caps:?}"
    );
    for caps in caps {
        assert!(caps.contains("RGBA") && caps.contains("NV12"), "{caps}");
        assert!(!caps.contains("I420"), "{caps}");
    }
    // The size of frames that are not scaled is that of the batch; rates may differ.
    let caps = &allowed("", &wide, None)[0];
    assert!(caps.contains("640") && !caps.contains("10/1"), "{caps}");
}

#[test]
fn a_filter_restricts_the_answer_and_gives_its_order() {
    let formats = format!("! {NVMM},format={{NV12,RGBA}} ! fakesink");
    let filter = format!("video/x-raw,format=RGBA; {NVMM},format={{I420,RGBA}},width=7");
    let caps = allowed("", &formats, Some(&filter));
    assert_eq!(caps.len(), 2, "{caps:?}");
    assert!(!caps[0].contains("NVMM"), "{caps:?}");
    assert!(
        caps[1].contains("NVMM") && caps[1].contains('7'),
        "{caps:?}"
    );
    assert!(caps.iter().all(|c| !c.contains("I420")), "{caps:?}");
}

/// The converter chooses what the mux's downstream takes, not the format that it gets.
#[test]
fn a_converter_before_the_mux_learns_what_is_wanted_behind_it() {
    let (sizes, pads) = ("", 1);
    let sources: String = (0..pads)
        .map(|pad| {
            format!(
                "videotestsrc num-buffers=3 ! video/x-raw,width={},height=48 ! videoconvert \
                 ! nvvideoconvert ! {NVMM} ! m.sink_{pad} ",
                64 + 16 * pad
            )
        })
        .collect();
    let (record, messages) = play(
        &format!(
            "nvstreammux name=m batch-size={pads} {sizes} ! {NVMM},format={{NV12,RGBA}} \
             ! fakesink sync=false {sources}"
        ),
        "m",
    );
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(record.buffers().len(), 3);
    let caps = record.caps();
    let format = caps.structure(0).unwrap().get::<&str>("format").unwrap();
    assert!(["NV12", "RGBA"].contains(&format), "{caps}");
}

#[test]
fn caps_that_downstream_refuses_are_refused_at_the_pad() {
    let bench = Bench::with_sink("batch-size=1", &format!("{NVMM},format=RGBA ! fakesink"));
    let sink = bench.mux.request_pad_simple("sink_0").unwrap();
    let caps = |format: &str| {
        format!("{NVMM},format={format},width=64,height=48,framerate=30/1")
            .parse::<gst::Caps>()
            .unwrap()
    };
    assert!(sink.query_accept_caps(&caps("RGBA")));
    assert!(!sink.query_accept_caps(&caps("NV12")));
}
