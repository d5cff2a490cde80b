//! Properties as the software inside has them.

use gst::prelude::*;

use super::enums::{H264Profile, RateControl};
use crate::table::{Table, Values};

/// What `bitrate` is where nobody sets it.
const DEFAULT_BITS: i128 = 4_000_000;

/// An element's properties.
pub(super) struct Settings<'a> {
    pub(super) table: &'a Table,
    pub(super) values: &'a Values,
}

impl Settings<'_> {
    fn number(&self, name: &str) -> i128 {
        self.values.number(self.table, name)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.values.flag(self.table, name)
    }

    fn rate(&self) -> i128 {
        self.number("control-rate")
    }

    /// Bits per second. 0, as deepstream-app sets it where its file tells none, would be no picture at all.
    fn bits(&self) -> i128 {
        match self.number("bitrate") {
            0 => DEFAULT_BITS,
            bits => bits,
        }
    }

    /// Kilobits per second, at least 1.
    fn kilobits(&self) -> i128 {
        (self.bits() / 1000).max(1)
    }

    /// Frames from one key frame to the next: every intra frame is an IDR frame in software, so the
    /// shorter of both intervals counts.
    fn interval(&self) -> i128 {
        let (intra, idr) = (self.number("iframeinterval"), self.number("idrinterval"));
        let given = [intra, idr].into_iter().filter(|frames| *frames > 0);
        given.min().unwrap_or(0).min(i32::MAX.into())
    }

    /// A rate of 0, and texts that are no quantizers, with what was expected.
    pub(super) fn doubts(&self) -> Vec<String> {
        let forms: [(&str, usize, &str); 2] = [
            ("constqp", 1, "I:P:B, as 20:22:24"),
            ("qp-range", 2, "min,max of P:I:B, as 10,30:10,30:10,30"),
        ];
        let known = forms.iter().filter(|form| self.table.has(form.0));
        let none = self.table.has("bitrate") && self.number("bitrate") == 0;
        let rate = none.then(|| {
            format!("bitrate=0 is no rate, {DEFAULT_BITS} is taken; expected bits per second")
        });
        let texts = known.filter_map(|(name, numbers, expected)| {
            let text = self.values.text(self.table, name);
            let fits = text.is_empty() || are_quantizers(&text, *numbers);
            (!fits).then(|| {
                format!("{name}={text:?} is not understood and has no effect; expected {expected}")
            })
        });
        rate.into_iter().chain(texts).collect()
    }

    /// The second of `I:P:B`.
    fn quantizer(&self) -> i128 {
        let text = self.values.text(self.table, "constqp");
        text.split(':')
            .nth(1)
            .and_then(|p| p.trim().parse().ok())
            .unwrap_or(0)
    }
}

/// Up to three groups of so many numbers, -1 for any.
fn are_quantizers(text: &str, numbers: usize) -> bool {
    let groups: Vec<_> = text.split(':').collect();
    let is_number = |n: &str| {
        n.trim()
            .parse::<i32>()
            .is_ok_and(|n| (-1..=255).contains(&n))
    };
    let fits =
        |group: &&str| group.split(',').count() == numbers && group.split(',').all(is_number);
    groups.len() <= 3 && groups.iter().all(fits)
}

/// A property that this release of the element has and that may be set now.
fn settable(element: &gst::Element, name: &str) -> Option<glib::ParamSpec> {
    let spec = element.find_property(name)?;
    let always = spec.flags().contains(gst::PARAM_FLAG_MUTABLE_PLAYING);
    (always || element.current_state() <= gst::State::Ready).then_some(spec)
}

/// Sets a number, within its range.
fn set(element: &gst::Element, name: &str, number: i128) {
    let Some(spec) = settable(element, name) else {
        return;
    };
    let number = if let Some(s) = spec.downcast_ref::<glib::ParamSpecUInt>() {
        number.clamp(s.minimum().into(), s.maximum().into())
    } else if let Some(s) = spec.downcast_ref::<glib::ParamSpecInt>() {
        number.clamp(s.minimum().into(), s.maximum().into())
    } else {
        number
    };
    element.set_property_from_str(name, &number.to_string());
}

/// Sets a value as it is written.
fn set_text(element: &gst::Element, name: &str, text: &str) {
    if settable(element, name).is_some() {
        element.set_property_from_str(name, text);
    }
}

/// What every video encoder has of GstVideoEncoder.
fn base(encoder: &gst::Element, settings: &Settings<'_>) {
    set_text(
        encoder,
        "qos",
        if settings.flag("qos") {
            "true"
        } else {
            "false"
        },
    );
    set(
        encoder,
        "min-force-key-unit-interval",
        settings.number("min-force-key-unit-interval"),
    );
}

pub(super) fn x264(encoder: &gst::Element, settings: &Settings<'_>) {
    base(encoder, settings);
    let switch = |name, on| set_text(encoder, name, if on { "true" } else { "false" });
    set_text(encoder, "tune", "zerolatency");
    set(encoder, "bitrate", settings.kilobits());
    // Both count from the fastest on.
    set(encoder, "speed-preset", settings.number("preset-id"));
    set(encoder, "key-int-max", settings.interval());
    set(encoder, "bframes", settings.number("num-B-Frames"));
    if settings.number("num-Ref-Frames") > 0 {
        set(encoder, "ref", settings.number("num-Ref-Frames"));
    }
    let rate = settings.rate();
    set_text(
        encoder,
        "pass",
        if rate == RateControl::ConstantQp as i128 {
            "quant"
        } else {
            "cbr"
        },
    );
    if rate == RateControl::ConstantQp as i128 {
        set(encoder, "quantizer", settings.quantizer());
    }
    if rate == RateControl::Variable as i128 {
        set(encoder, "vbv-buf-capacity", 10_000); // milliseconds: as long as x264enc allows
    }
    switch("aud", settings.flag("insert-aud"));
    switch("cabac", !settings.flag("disable-cabac"));
    switch("insert-vui", settings.flag("insert-vui"));
    switch("byte-stream", true);
}

pub(super) fn openh264(encoder: &gst::Element, settings: &Settings<'_>) {
    base(encoder, settings);
    set(encoder, "bitrate", settings.bits());
    set(encoder, "gop-size", settings.interval());
    set_text(encoder, "complexity", "low");
    let fixed = settings.rate() == RateControl::ConstantQp as i128;
    set_text(
        encoder,
        "rate-control",
        if fixed { "off" } else { "bitrate" },
    );
}

pub(super) fn x265(encoder: &gst::Element, settings: &Settings<'_>) {
    base(encoder, settings);
    set_text(encoder, "tune", "zerolatency");
    set(encoder, "bitrate", settings.kilobits());
    set(encoder, "speed-preset", settings.number("preset-id"));
    set(encoder, "key-int-max", settings.interval());
    let mut options = vec![format!("bframes={}", settings.number("num-B-Frames"))];
    if settings.number("num-Ref-Frames") > 0 {
        options.push(format!("ref={}", settings.number("num-Ref-Frames")));
    }
    if settings.flag("insert-aud") {
        options.push("aud=1".to_owned());
    }
    if settings.rate() == RateControl::ConstantQp as i128 {
        set(encoder, "qp", settings.quantizer());
    }
    set_text(encoder, "option-string", &options.join(":"));
}

pub(super) fn jpeg(encoder: &gst::Element, settings: &Settings<'_>) {
    set(encoder, "quality", settings.number("quality"));
}

/// Caps of H.264 in the wanted profile. The software encodes 4:2:0 with 8 bits, which all High profiles contain.
pub(super) fn h264_caps(settings: &Settings<'_>) -> String {
    let profile = settings.number("profile");
    let is = |choice: H264Profile| profile == choice as i128;
    let profile = if is(H264Profile::Baseline) {
        "baseline"
    } else if is(H264Profile::ConstrainedBaseline) {
        "constrained-baseline"
    } else if is(H264Profile::Main) {
        "main"
    } else {
        "high"
    };
    format!(
        "video/x-h264, stream-format=(string)byte-stream, alignment=(string)au, profile=(string){profile}"
    )
}

#[cfg(test)]
mod tests {
    use super::are_quantizers;

    #[test]
    fn quantizers_are_groups_of_numbers() {
        for (text, numbers, fits) in [
            ("20:22:24", 1, true),
            ("20", 1, true),
            ("-1,-1:-1,-1:-1,-1", 2, true),
            ("abc", 1, false),
            ("1:2:3:4", 1, false),
            ("20:22:24", 2, false),
            ("20,x:1,2:1,2", 2, false),
        ] {
            assert_eq!(are_quantizers(text, numbers), fits, "{text}");
        }
    }
}
