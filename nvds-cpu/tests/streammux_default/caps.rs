//! Caps of the default mux.

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
fn formats_are_those_that_downstream_takes_and_sizes_are_free() {
    let wide = format!("! {NVMM},format=RGBA,width=640,height=480,framerate=10/1 ! fakesink");
    let caps = allowed("width=640 height=480", &wide, None);
    assert_eq!(caps.len(), 1, "{caps:?}");
    assert!(
        caps[0].contains("NVMM") && caps[0].contains("RGBA"),
        "{caps:?}"
    );
    assert!(
        !caps[0].contains("640") && !caps[0].contains("NV12"),
        "{caps:?}"
    );
    assert!(!caps[0].contains("10/1"), "{caps:?}");
}

#[test]
fn where_nothing_fits_the_template_is_told() {
    let template = allowed("width=640 height=480", "", None);
    let wide = format!("! {NVMM},format=RGBA,width=1920,height=1080 ! fakesink");
    assert_eq!(allowed("width=640 height=480", &wide, None), template);
}

/// The converter chooses what the mux's downstream takes, not the format that it gets.
#[test]
fn a_converter_before_the_mux_learns_what_is_wanted_behind_it() {
    let (sizes, pads) = ("width=64 height=48", 2);
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

/// As deepstream-test1-usbcam builds it.
#[test]
fn inference_behind_the_mux_needs_no_format_in_the_caps() {
    let file = std::env::temp_dir().join(format!("rsnvds-mux-infer-{}.txt", std::process::id()));
    let text = format!(
        "[property]\ngie-unique-id=3\nnetwork-type=100\noutput-tensor-meta=1\nonnx-file={}\n\
         infer-dims=3;4;4\n",
        data("infer/dynamic_size_nchw_f32.onnx")
    );
    std::fs::write(&file, text).unwrap();
    let (record, messages) = play(
        &format!(
            "videotestsrc num-buffers=3 ! videoconvert ! nvvideoconvert ! {NVMM} ! m.sink_0 \
             nvstreammux name=m width=64 height=48 batch-size=1 batched-push-timeout=33000 \
             ! nvinfer config-file-path={} ! fakesink sync=false",
            file.display()
        ),
        "m",
    );
    std::fs::remove_file(&file).unwrap();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(record.buffers().len(), 3);
}
