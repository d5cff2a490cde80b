//! Pictures of a pad, to be compared.

use std::sync::{Arc, Mutex};

use gst::prelude::*;

use crate::mux_support::{errors, init, wait};

/// Buffers of a pad, whole.
pub type Buffers = Arc<Mutex<Vec<gst::Buffer>>>;

/// Keeps what passes the source pad of `element`.
pub fn keep(pipeline: &gst::Pipeline, element: &str) -> Buffers {
    let buffers = Buffers::default();
    let kept = buffers.clone();
    let pad = pipeline
        .by_name(element)
        .unwrap()
        .static_pad("src")
        .unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        kept.lock().unwrap().extend(info.buffer().cloned());
        gst::PadProbeReturn::Ok
    });
    buffers
}

/// Plays a pipeline to its end, with what passes the elements of the names given. No error may come.
pub fn play<const N: usize>(
    text: &str,
    elements: [&str; N],
) -> ([Vec<gst::Buffer>; N], Vec<gst::Message>) {
    init();
    let pipeline = gst::parse::launch(text)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let kept = elements.map(|element| keep(&pipeline, element));
    let _ = pipeline.set_state(gst::State::Playing);
    let messages = wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(errors(&messages), [""; 0], "{text}");
    (
        kept.map(|buffers| std::mem::take(&mut *buffers.lock().unwrap())),
        messages,
    )
}

/// Mean difference of two buffers' bytes.
pub fn difference(a: &gst::Buffer, b: &gst::Buffer) -> f64 {
    let (a, b) = (a.map_readable().unwrap(), b.map_readable().unwrap());
    assert_eq!(a.len(), b.len());
    let sum: u64 = a
        .iter()
        .zip(b.iter())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.len() as f64
}

/// Texts of warnings.
pub fn warnings(messages: &[gst::Message]) -> Vec<String> {
    messages
        .iter()
        .filter_map(|message| match message.view() {
            gst::MessageView::Warning(warning) => Some(warning.error().message().to_owned()),
            _ => None,
        })
        .collect()
}
