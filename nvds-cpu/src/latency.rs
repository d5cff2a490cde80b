//! Latency measurement where the metadata library's own stamps do not reach: in front of a mux, where
//! there is no batch yet, and in the converter, whose output is another buffer than its input.
//!
//! A decoder hands its times on in a GstReferenceTimestampMeta, whose caps have the fields
//! `component_name`, `frame_num`, `in_timestamp` and `out_timestamp`; a mux makes a component of it.
//! As there, `nvds_measure_buffer_latency` counts from the decoder's input, and knows a decoder by
//! its name: it has to begin with `nvv4l2decode`, as names given by default do.

use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use gst::prelude::*;
use nvds::latency::{self, Component, FrameKey};

/// Measures a decoder between its pads. Frames are told apart by a mark on the encoded buffer, which
/// GStreamer's decoders copy to the picture.
pub fn watch_decoder(sink: &gst::Pad, src: &gst::Pad) {
    if !latency::is_enabled() {
        return;
    }
    sink.add_probe(gst::PadProbeType::BUFFER, |_, info| {
        if let Some(buffer) = info.buffer_mut() {
            let mark = gst::Structure::builder("any").field("in_timestamp", latency::now());
            add_times(buffer.make_mut(), mark.build());
        }
        gst::PadProbeReturn::Ok
    });
    let pictures = AtomicI32::new(0);
    src.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let number = pictures.fetch_add(1, Ordering::Relaxed);
        let name = pad.parent_element().map(|e| e.name());
        if let (Some(buffer), Some(name)) = (info.buffer_mut(), name) {
            let buffer = buffer.make_mut();
            if let Some(since) = mark(buffer) {
                let times = gst::Structure::builder("any")
                    .field("component_name", name.as_str())
                    .field("frame_num", number)
                    .field("in_timestamp", since)
                    .field("out_timestamp", latency::now());
                add_times(buffer, times.build());
            }
        }
        gst::PadProbeReturn::Ok
    });
}

fn add_times(buffer: &mut gst::BufferRef, times: gst::Structure) {
    let caps = gst::Caps::builder_full().structure(times).build();
    let (zero, none) = (gst::ClockTime::ZERO, gst::ClockTime::NONE);
    gst::ReferenceTimestampMeta::add(buffer, &caps, zero, none);
}

/// When the decoder got the picture: what its mark, the youngest, says.
fn mark(buffer: &gst::BufferRef) -> Option<f64> {
    let metas = buffer.iter_meta::<gst::ReferenceTimestampMeta>();
    let marks = metas.filter_map(|meta| {
        let times = meta.reference().structure(0)?;
        let time = times.get::<f64>("in_timestamp").ok()?;
        (!times.has_field("component_name")).then_some(time)
    });
    marks.last()
}

/// What a decoder has measured on a frame.
pub fn decoder_of(buffer: &gst::BufferRef, frame: FrameKey) -> Option<Component> {
    let metas = buffer.iter_meta::<gst::ReferenceTimestampMeta>();
    let components = metas.filter_map(|meta| {
        let times = meta.reference().structure(0)?;
        Some(Component {
            name: CString::new(times.get::<&str>("component_name").ok()?).ok()?,
            since: times.get("in_timestamp").ok()?,
            until: times.get("out_timestamp").ok()?,
            frame,
        })
    });
    components.last()
}

/// Measures an element that works in the thread of its input, buffer by buffer, between its pads.
pub fn watch_in_line(sink: &gst::Pad, src: &gst::Pad) {
    if !latency::is_enabled() {
        return;
    }
    let since = Arc::new(AtomicU64::new(0));
    let start = since.clone();
    sink.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        start.store(latency::now().to_bits(), Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    src.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
        let name = pad
            .parent_element()
            .and_then(|e| CString::new(e.name().as_str()).ok());
        if let (Some(buffer), Some(name)) = (info.buffer(), name) {
            let component = Component {
                name,
                since: f64::from_bits(since.load(Ordering::Relaxed)),
                until: latency::now(),
                frame: FrameKey::default(),
            };
            latency::add_component(buffer, &component);
        }
        gst::PadProbeReturn::Ok
    });
}
