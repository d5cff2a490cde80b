//! What rsosdannotate says of the nvdsosd behind it. The stand-ins are those of this build.

mod common;
mod drawn;

use common::*;
use gst::prelude::*;

/// Warnings that name nvdsosd, after two buffers with this many frames.
fn warnings(style: &str, behind: &str, frames: u32) -> Vec<String> {
    drawn::init();
    let mut rig = Rig::new(&format!("rsosdannotate style=\"{style}\" ! {behind}"));
    rig.harness.set_src_caps_str(&format!(
        "video/x-raw(memory:NVMM),format=RGBA,width={WIDTH},height={HEIGHT},framerate=25/1"
    ));
    for _ in 0..2 {
        // What comes behind finds no picture in it.
        let _ = rig.push(buffer(frames, |_, _| ()));
    }
    let mut warnings = rig.warnings();
    warnings.retain(|warning| warning.contains("nvdsosd"));
    warnings
}

/// Lets an element of GStreamer's own bear the name of a stock element that has no stand-in.
fn take_the_tilers_name() {
    let factory = gst::ElementFactory::find("identity").unwrap();
    let kind = factory.load().unwrap().element_type();
    gst::Element::register(None, "nvmultistreamtiler", gst::Rank::NONE, kind).unwrap();
}

/// nvdsosd draws what hangs on any frame of a batch on the first one's picture.
#[test]
fn batches_that_reach_nvdsosd_are_warned_of() {
    drawn::init();
    take_the_tilers_name();
    for (behind, frames, warned) in [
        ("nvdsosd ! fakesink async=false", 2, true),
        ("nvdsosd ! fakesink async=false", 1, false),
        ("queue ! nvdsosd ! fakesink async=false", 2, true),
        (
            "tee name=t ! queue ! fakesink async=false t. ! queue ! nvdsosd ! fakesink async=false",
            2,
            true,
        ),
        (
            "nvmultistreamtiler ! nvdsosd ! fakesink async=false",
            2,
            false,
        ),
        (
            "nvstreamdemux name=demux demux.src_0 ! nvdsosd ! fakesink async=false",
            2,
            false,
        ),
        ("fakesink async=false", 2, false),
    ] {
        let warnings = warnings("", behind, frames);
        assert_eq!(
            warnings.len(),
            usize::from(warned),
            "{behind}: {warnings:?}"
        );
        if warned {
            assert!(
                warnings[0].contains("nvmultistreamtiler or nvstreamdemux"),
                "{warnings:?}"
            );
        }
    }
}

/// Coverings are boxes, which nvdsosd can be told to leave out.
#[test]
fn coverings_that_nvdsosd_leaves_out_are_warned_of() {
    let redact = "default.redact=true";
    for (style, behind, warned) in [
        (
            redact,
            "nvdsosd display-bbox=false ! fakesink async=false",
            true,
        ),
        (redact, "nvdsosd ! fakesink async=false", false),
        (
            "",
            "nvdsosd display-bbox=false ! fakesink async=false",
            false,
        ),
        (
            redact,
            "nvstreamdemux name=demux demux.src_0 ! nvdsosd display-bbox=false ! fakesink async=false",
            true,
        ),
    ] {
        let warnings = warnings(style, behind, 1);
        let about = warnings.iter().filter(|w| w.contains("display-bbox"));
        assert_eq!(about.count(), usize::from(warned), "{behind}: {warnings:?}");
    }
}
