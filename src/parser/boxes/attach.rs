//! From detections to objects in the batch.

use std::fmt::Write as _;

use nvds::{
    Color, Error, FontName, KeyPoint, Mask, NewMask, NewObject, NewText, Object, Rect, RectStyle,
};
use nvds_decode::{BBox, Detection, Geometry, Postprocessor};

use super::settings::Snapshot;
use super::turned::Turned;
use crate::parser::in_mask::InMask;
use crate::parser::score;
use crate::parser::task::{Context, Unit};

/// How far above its box an object's text stands, in pixels.
const TEXT_RISE: f32 = 10.0;
const TEXT_SIZE: u32 = 10;

/// How objects are attached.
pub struct Look<'a> {
    pub snapshot: &'a Snapshot,
    pub mask_threshold: f32,
    /// How frames were fitted into the network's input, where key points are put in the place of masks as well.
    pub in_masks: Option<&'a Geometry>,
    /// Whether nvmsgconv is told of key points as well.
    pub joints: bool,
}

/// Attaches detections; keeps the memory in which texts are made.
#[derive(Default)]
pub struct Attaching {
    label: String,
    text: String,
    points: Vec<KeyPoint>,
    mask: Vec<f32>,
    in_mask: InMask,
}

impl Attaching {
    /// Attaches what was found in one tensor meta to the frame that it is on, below the object if it
    /// is one's.
    ///
    /// # Errors
    /// When the batch lists a frame or object that is not of its pools.
    pub fn run<'g>(
        &mut self,
        unit: &Unit<'g>,
        unique_id: u32,
        found: &Postprocessor,
        look: &Look<'_>,
        context: &Context<'_>,
    ) -> Result<(), Error> {
        let snapshot = look.snapshot;
        for (index, detection) in found.detections().iter().enumerate() {
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
            let own = rect(&detection.bbox);
            let turned = found.extras().angles.get(index).map(|&angle| {
                let turns_boxes = unit.locked.turns_boxes();
                Turned::new(own, angle, turns_boxes, snapshot.params.edge, unit.size)
            });
            let place = turned.map_or((own, own), |turned| (turned.rect, turned.around));
            let object = new_object(detection, place, unique_id, label, &self.text);
            let added = unit
                .locked
                .add_object(&unit.frame, &object, unit.object.as_ref())?;
            // What counts objects by where they stand needs the whole box.
            if let Some(whole) = found.whole_box(index) {
                unit.locked.set_detector_rect(&added, rect(&whole));
            }
            if let Some(turned) = turned {
                turned.finish(unit.locked, &added)?;
            }
            key_points(&mut self.points, unit, &added, found, index)?;
            let threshold = look.mask_threshold;
            mask(&mut self.mask, unit, &added, found, (index, threshold))?;
            if look.joints && found.extras().per_detection > 0 {
                unit.locked.add_joints(&unit.frame, &added, &self.points)?;
            }
            if let Some(geometry) = look.in_masks
                && found.extras().per_detection > 0
            {
                self.in_mask.attach(unit, &added, &self.points, geometry)?;
            }
            let (category, element) = (context.category, context.element);
            gst::trace!(
                category,
                obj = element,
                "{} at {:?}",
                self.text,
                object.rect
            );
        }
        Ok(())
    }
}

/// Attaches the key points of a detection to its object, if the network gives any.
fn key_points(
    memory: &mut Vec<KeyPoint>,
    unit: &Unit<'_>,
    object: &Object<'_>,
    found: &Postprocessor,
    index: usize,
) -> Result<(), Error> {
    let points = found.extras().key_points_of(index);
    if points.is_empty() {
        return Ok(());
    }
    memory.clear();
    memory.extend(points.iter().map(|point| {
        // Readers need not test for numbers that are none.
        let point = point.sound();
        KeyPoint {
            x: point.x,
            y: point.y,
            confidence: point.confidence,
        }
    }));
    unit.locked.add_key_points(object, memory)
}

/// Gives an object the mask of its detection, if the network gives any. The library frees it with the object.
fn mask(
    memory: &mut Vec<f32>,
    unit: &Unit<'_>,
    object: &Object<'_>,
    found: &Postprocessor,
    (index, threshold): (usize, f32),
) -> Result<(), Error> {
    let Some((data, size)) = found.mask_in_frame(index, memory) else {
        return Ok(());
    };
    let mask = NewMask::new(Mask {
        data,
        width: size.width,
        height: size.height,
        threshold,
    })?;
    unit.locked.set_mask(object, &mask);
    Ok(())
}

fn rect(bbox: &BBox) -> Rect {
    Rect {
        left: bbox.left,
        top: bbox.top,
        width: bbox.width,
        height: bbox.height,
    }
}

/// An object in the sample's look: red border, text in white on black above the second of the boxes.
fn new_object<'s>(
    detection: &Detection,
    (rect, around): (Rect, Rect),
    unique_id: u32,
    label: &'s str,
    text: &'s str,
) -> NewObject<'s> {
    NewObject {
        unique_component_id: i32::try_from(unique_id).unwrap_or(i32::MAX),
        class_id: i32::try_from(detection.class_id).unwrap_or(i32::MAX),
        confidence: detection.score,
        rect,
        style: RectStyle::default(),
        label,
        text: Some(NewText {
            text,
            x: around.left,
            y: around.top - TEXT_RISE,
            font: FontName::SERIF,
            size: TEXT_SIZE,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        }),
    }
}
