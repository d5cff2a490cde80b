//! A picture as JPEG, by GStreamer's jpegenc.

use std::sync::{Arc, Mutex, PoisonError};

use gst::prelude::*;

use crate::picture::Picture;

/// Encodes a picture that [`Picture::for_jpeg`] made; quality is 1 to 100.
///
/// # Errors
/// A text that says what is missing, or what the encoder refused.
pub fn encode(picture: &Picture, quality: i32) -> Result<Vec<u8>, String> {
    let encoder = gst::ElementFactory::make("jpegenc")
        .property("quality", quality)
        .build()
        .map_err(|_| "there is no jpegenc: install Debian's gstreamer1.0-plugins-good")?;
    let encoded = Arc::new(Mutex::new(Vec::new()));
    let target = Arc::clone(&encoded);
    let sink = gst::Pad::builder(gst::PadDirection::Sink)
        .chain_function(move |_, _, buffer| {
            let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
            let mut target = target.lock().unwrap_or_else(PoisonError::into_inner);
            target.extend_from_slice(&map);
            Ok(gst::FlowSuccess::Ok)
        })
        .build();
    let source = gst::Pad::builder(gst::PadDirection::Src).build();
    let result = run(&encoder, &source, &sink, picture);
    let _ = encoder.set_state(gst::State::Null);
    for pad in [&source, &sink] {
        let _ = pad.set_active(false);
    }
    result.map_err(|error| format!("jpegenc does not encode the picture: {error}"))?;
    let mut encoded = encoded.lock().unwrap_or_else(PoisonError::into_inner);
    if encoded.is_empty() {
        return Err("jpegenc gave nothing".into());
    }
    Ok(std::mem::take(&mut *encoded))
}

/// Sends one picture through the encoder, which encodes it on this thread.
fn run(
    encoder: &gst::Element,
    source: &gst::Pad,
    sink: &gst::Pad,
    picture: &Picture,
) -> Result<(), glib::Error> {
    let wrong = |text: &str| glib::Error::new(gst::CoreError::Failed, text);
    let pad = |name| {
        encoder
            .static_pad(name)
            .ok_or_else(|| wrong("it has other pads"))
    };
    for pad in [source, sink] {
        pad.set_active(true)
            .map_err(|error| wrong(&error.message))?;
    }
    source
        .link(&pad("sink")?)
        .map_err(|_| wrong("its input cannot be linked"))?;
    pad("src")?
        .link(sink)
        .map_err(|_| wrong("its output cannot be linked"))?;
    encoder
        .set_state(gst::State::Playing)
        .map_err(|_| wrong("it does not start"))?;
    let caps = picture
        .info()
        .to_caps()
        .map_err(|error| wrong(&error.message))?;
    let segment = gst::FormattedSegment::<gst::ClockTime>::new();
    source.push_event(gst::event::StreamStart::new("rsnvds-objects"));
    source.push_event(gst::event::Caps::new(&caps));
    source.push_event(gst::event::Segment::new(&segment));
    let mut buffer = gst::Buffer::from_slice(picture.bytes().to_vec());
    buffer.make_mut().set_pts(gst::ClockTime::ZERO);
    source
        .push(buffer)
        .map_err(|error| wrong(&error.to_string()))?;
    source.push_event(gst::event::Eos::new());
    Ok(())
}
