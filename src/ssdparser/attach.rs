//! From detections to objects in the batch.

use std::fmt::Write as _;
use std::iter::Enumerate;

use nvds::{Batch, Color, FontName, Frame, ListIter, NewObject, NewText, Object, Rect, RectStyle};
use nvds_decode::Detection;

use super::SsdParser;
use super::decode::{Decoding, Place};
use super::imp::CAT;
use super::score;
use super::settings::Snapshot;

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
        snapshot: &Snapshot,
        element: &SsdParser,
    ) {
        if decoding.found().is_empty() {
            return;
        }
        let locked = batch.lock();
        let mut cursor = Cursor::new(locked.frames());
        for found in decoding.found() {
            let Some((frame, parent)) = cursor.seek(found.place) else {
                continue; // not there any more
            };
            for detection in decoding.detections(found) {
                let label = match snapshot.label(i64::from(detection.class_id)) {
                    Some(name) => name,
                    None => {
                        self.label.clear();
                        // Writing to a String cannot fail.
                        let _ = write!(self.label, "{}", detection.class_id);
                        self.label.as_str()
                    }
                };
                self.text.clear();
                self.text.push_str(label);
                self.text.push(' ');
                score::push(&mut self.text, detection.score);
                let object = new_object(detection, found.unique_id, label, &self.text);
                locked.add_object(&frame, &object, parent.as_ref());
                gst::trace!(CAT, obj = element, "{} at {:?}", self.text, object.rect);
            }
            locked.set_infer_done(&frame);
        }
    }
}

/// Finds places in a batch, in the order of the batch.
struct Cursor<'a> {
    frames: Enumerate<ListIter<'a, Frame<'a>>>,
    frame: Option<(usize, Frame<'a>)>,
    /// Further objects of that frame. Objects are put before the first one of the list: those that
    /// are attached meanwhile are not met, and those that were there keep their places.
    objects: Option<Enumerate<ListIter<'a, Object<'a>>>>,
    object: Option<(usize, Object<'a>)>,
}

impl<'a> Cursor<'a> {
    fn new(frames: ListIter<'a, Frame<'a>>) -> Self {
        Self {
            frames: frames.enumerate(),
            frame: None,
            objects: None,
            object: None,
        }
    }

    /// The frame at a place, and the object if the place is one. Places before the last one are not
    /// found any more.
    fn seek(&mut self, place: Place) -> Option<(Frame<'a>, Option<Object<'a>>)> {
        while self.frame.is_none_or(|(index, _)| index < place.frame) {
            let (index, frame) = self.frames.next()?;
            self.frame = Some((index, frame));
            self.objects = Some(frame.objects().enumerate());
            self.object = None;
        }
        let (_, frame) = self.frame?;
        let Some(wanted) = place.object else {
            return Some((frame, None));
        };
        while self.object.is_none_or(|(index, _)| index < wanted) {
            self.object = Some(self.objects.as_mut()?.next()?);
        }
        self.object.map(|(_, object)| (frame, Some(object)))
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
