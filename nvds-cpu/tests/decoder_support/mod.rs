//! What the tests of the decoder share.
#![allow(dead_code)] // each test file uses its part

use gst::prelude::*;

use crate::mux_support::{init, wait};

/// A pipeline that is stopped in the end, also when a test fails.
pub struct Played(gst::Pipeline);

impl std::ops::Deref for Played {
    type Target = gst::Pipeline;

    fn deref(&self) -> &gst::Pipeline {
        &self.0
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// Plays `pipeline` to its end; `prepare` may add probes before.
pub fn run(pipeline: &str, prepare: impl FnOnce(&gst::Pipeline)) -> (Played, Vec<gst::Message>) {
    init();
    let pipeline = gst::parse::launch(pipeline)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let pipeline = Played(pipeline);
    prepare(&pipeline);
    let _ = pipeline.set_state(gst::State::Playing);
    let messages = wait(&pipeline);
    (pipeline, messages)
}

/// The one error of a run: its source and text.
pub fn error(messages: &[gst::Message]) -> (String, String) {
    let gst::MessageView::Error(error) = messages.last().unwrap().view() else {
        panic!("no error, but {:?}", messages.last());
    };
    let first = messages
        .iter()
        .position(|m| m.type_() == gst::MessageType::Error);
    assert_eq!(first, Some(messages.len() - 1));
    let source = error.src().unwrap().clone();
    let factory = source
        .downcast::<gst::Element>()
        .unwrap()
        .factory()
        .unwrap();
    (factory.name().into(), error.error().message().to_owned())
}

/// Checks that the decoder refused the format `found`.
pub fn check_unusable(messages: &[gst::Message], found: &str) {
    let (factory, text) = error(messages);
    assert_eq!(factory, "nvv4l2decoder", "{found}: {text}");
    let expected = format!("cannot use the decoder's format {found}");
    assert!(text.starts_with(&expected), "{found}: {text}");
    assert!(text.contains("4:2:0") && text.contains("ffmpeg"), "{text}");
}

/// The three words of a text.
pub fn words(text: &str) -> [&str; 3] {
    let words: Vec<_> = text.split(' ').collect();
    words.try_into().unwrap()
}
