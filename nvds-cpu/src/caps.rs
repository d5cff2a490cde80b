//! Caps of NVMM video.

use gst_video::VideoFormat;

/// The caps feature of DeepStream's batched surfaces.
pub const MEMORY_NVMM: &str = "memory:NVMM";

/// `video/x-raw(memory:NVMM)` with the given formats and any size and rate: a pad template.
pub fn nvmm_template(formats: &[VideoFormat]) -> gst::Caps {
    gst_video::VideoCapsBuilder::new()
        .features([MEMORY_NVMM])
        .format_list(formats.iter().copied())
        .build()
}

/// The templates of an element with one pad `sink` and one pad `src` of the same caps.
pub fn in_line(caps: &gst::Caps) -> Vec<gst::PadTemplate> {
    [
        ("src", gst::PadDirection::Src),
        ("sink", gst::PadDirection::Sink),
    ]
    .into_iter()
    .filter_map(|(name, direction)| {
        gst::PadTemplate::new(name, direction, gst::PadPresence::Always, caps).ok()
    })
    .collect()
}

/// A pad template.
///
/// # Panics
/// When `caps` are none; they are meant to be constants.
pub fn template(
    name: &str,
    direction: gst::PadDirection,
    presence: gst::PadPresence,
    caps: &str,
) -> gst::PadTemplate {
    let caps = caps.parse::<gst::Caps>().expect("valid caps");
    gst::PadTemplate::new(name, direction, presence, &caps).expect("valid template")
}

/// The number in the name of a requested pad, as stock reads it: `prefix` and digits. `None` for any
/// other name, the template's (`prefix%u`) and none at all included.
pub fn pad_number(name: Option<&str>, prefix: &str) -> Option<u32> {
    let digits = name?.strip_prefix(prefix)?;
    // A sign would be taken, too.
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Whether the first structure of the caps has the NVMM feature.
pub fn is_nvmm(caps: &gst::CapsRef) -> bool {
    caps.features(0).is_some_and(|f| f.contains(MEMORY_NVMM))
}

/// Width and height in pixels that the caps state. `None` where one of them is missing, no single number, or negative.
pub fn size(caps: &gst::CapsRef) -> Option<(u32, u32)> {
    let structure = caps.structure(0)?;
    let side = |name| u32::try_from(structure.get::<i32>(name).ok()?).ok();
    side("width").zip(side("height"))
}

/// An answer to a question for caps: those of `caps` that pass the filter of who asks, in the filter's order.
pub fn filtered(caps: gst::Caps, filter: Option<&gst::Caps>) -> gst::Caps {
    match filter {
        Some(filter) => filter.intersect_with_mode(&caps, gst::CapsIntersectMode::First),
        None => caps,
    }
}

/// A number of pixels, or of a GPU, as caps have it. Larger ones than they can state become the largest.
pub fn to_int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The fields that stock elements add to NVMM caps on a discrete GPU.
///
/// `block_linear`: the converter adds `block-linear`, the decoder does not.
pub fn add_memory_fields(structure: &mut gst::StructureRef, block_linear: bool) {
    if block_linear {
        structure.set("block-linear", false);
    }
    structure.set("nvbuf-memory-type", "nvbuf-mem-cuda-device");
    structure.set("gpu-id", 0_i32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_where_both_sides_are_numbers() {
        gst::init().unwrap();
        for (caps, expected) in [
            ("video/x-raw,width=640,height=360", Some((640, 360))),
            ("video/x-raw,width=640", None),
            ("video/x-raw,width=640,height=-1", None),
            ("video/x-raw,width=640,height=[1,360]", None),
            ("ANY", None),
        ] {
            assert_eq!(
                size(&caps.parse::<gst::Caps>().unwrap()),
                expected,
                "{caps}"
            );
        }
    }

    #[test]
    fn answers_keep_the_order_of_the_filter() {
        gst::init().unwrap();
        let caps = |text: &str| text.parse::<gst::Caps>().unwrap();
        let own = caps("video/x-raw,format=NV12;video/x-raw,format=RGBA");
        let filter = caps("video/x-raw,format=RGBA;video/x-raw,format=NV12;audio/x-raw");
        let expected = caps("video/x-raw,format=RGBA;video/x-raw,format=NV12");
        assert!(filtered(own.clone(), Some(&filter)).is_strictly_equal(&expected));
        assert!(filtered(own.clone(), None).is_strictly_equal(&own));
    }

    #[test]
    fn pads_have_numbers() {
        for (name, number) in [
            (Some("sink_0"), Some(0)),
            (Some("sink_00"), Some(0)),
            (Some("sink_4294967295"), Some(u32::MAX)),
            (Some("sink_4294967296"), None),
            (Some("sink_"), None),
            (Some("sink_+1"), None),
            (Some("sink_%u"), None),
            (Some("src_1"), None),
            (None, None),
        ] {
            assert_eq!(pad_number(name, "sink_"), number, "{name:?}");
        }
    }
}
