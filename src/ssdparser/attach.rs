//! From detections to objects in the batch.

use std::fmt::Write as _;

use nvds::{Batch, Color, FontName, NewObject, NewText, Rect, RectStyle};
use nvds_decode::Detection;

use super::SsdParser;
use super::decode::Decoding;
use super::imp::CAT;
use super::labels::Labels;

/// How far above its box an object's text stands, in pixels.
const TEXT_RISE: f32 = 10.0;
const TEXT_SIZE: u32 = 10;

/// Attaches detections; keeps the memory in which texts are made.
#[derive(Default)]
pub struct Attaching {
    label: String,
    text: String,
}

impl Attaching {
    /// Attaches what was found in a batch to its frames.
    pub fn run(
        &mut self,
        batch: &mut Batch<'_>,
        decoding: &Decoding,
        labels: Option<&Labels>,
        label_offset: i32,
        element: &SsdParser,
    ) {
        if decoding.found().is_empty() {
            return;
        }
        let locked = batch.lock();
        let mut frames = locked.frames().enumerate();
        let mut current = None;
        for found in decoding.found() {
            // Both run in the order of the batch; one frame may have several tensor metas.
            while current
                .as_ref()
                .is_none_or(|(index, _)| *index < found.frame)
            {
                current = frames.next();
                if current.is_none() {
                    return;
                }
            }
            let Some((_, frame)) = current.as_ref() else {
                return;
            };
            for detection in decoding.detections(found) {
                let line = i64::from(detection.class_id) + i64::from(label_offset);
                // Classes without a line in the file were dropped; a line may still be empty.
                let named = labels.and_then(|labels| labels.get(line));
                let label = match named.filter(|name| !name.is_empty()) {
                    Some(name) => name,
                    None => {
                        self.label.clear();
                        // Writing to a String cannot fail.
                        let _ = write!(self.label, "{}", detection.class_id);
                        self.label.as_str()
                    }
                };
                self.text.clear();
                let _ = write!(self.text, "{label} {:.3}", detection.score);
                let object = new_object(detection, found.unique_id, label, &self.text);
                locked.add_object(frame, &object, None);
                gst::trace!(CAT, obj = element, "{} at {:?}", self.text, object.rect);
            }
            locked.set_infer_done(frame);
        }
    }
}

/// An object in the sample's look: red border, text above the box in white on black.
fn new_object<'s>(
    detection: &Detection,
    unique_id: u32,
    label: &'s str,
    text: &'s str,
) -> NewObject<'s> {
    let bbox = detection.bbox;
    NewObject {
        unique_component_id: i32::try_from(unique_id).unwrap_or(i32::MAX),
        class_id: i32::try_from(detection.class_id).unwrap_or(i32::MAX),
        confidence: detection.score,
        rect: Rect {
            left: bbox.left,
            top: bbox.top,
            width: bbox.width,
            height: bbox.height,
        },
        style: RectStyle::default(),
        label,
        text: Some(NewText {
            text,
            x: bbox.left,
            y: bbox.top - TEXT_RISE,
            font: FontName::SERIF,
            size: TEXT_SIZE,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        }),
    }
}
