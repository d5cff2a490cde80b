//! What networks say of detections beyond class, score and box.

use crate::boxes::doubt::{Doubt, is_score};
use crate::letterbox::Size;
use crate::masks::Lines;

/// A point of an object, in frame pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct KeyPoint {
    /// Distance from the frame's left side. Not clipped.
    pub x: f32,
    /// Distance from the frame's upper side. Not clipped.
    pub y: f32,
    /// How sure the network is that it is there, 0 to 1; 1 if it does not say.
    pub confidence: f32,
}

/// Farther from the frame's corner than any point is, in pixels.
const FARTHEST: f32 = 65_536.0;

impl KeyPoint {
    /// The point as who uses it may rely on it: at most 65536 pixels from the frame's upper left corner in each
    /// direction, confidence 0 to 1. One that is farther away or not a number becomes one at the corner of
    /// confidence 0; a confidence beyond its range becomes the nearest.
    pub fn sound(&self) -> Self {
        match self.has_place() && self.confidence.is_finite() {
            true => Self {
                confidence: self.confidence.clamp(0.0, 1.0),
                ..*self
            },
            false => Self::default(),
        }
    }

    #[inline]
    fn has_place(&self) -> bool {
        // Not so of NaN.
        (self.x.abs() <= FARTHEST) & (self.y.abs() <= FARTHEST)
    }
}

/// What a network says of the detections of one frame beyond their boxes. It keeps its memory from
/// frame to frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extras {
    /// The detections' angles in radians, clockwise on the screen, by which their boxes are turned
    /// around their centres: one for each detection, or none at all.
    pub angles: Vec<f32>,
    /// The key points of one detection after the other.
    pub key_points: Vec<KeyPoint>,
    /// How many key points each detection has.
    pub per_detection: usize,
    /// The masks of one detection after the other, each cut to its box, row by row, 0 to 1: see
    /// [`mask_of`](Self::mask_of).
    pub masks: Vec<f32>,
    /// Where the mask of each detection begins and its width and height; empty if there are none.
    places: Vec<(usize, Size)>,
    /// The coefficients that the masks were made of, one detection after the other; none where masks are not made of
    /// any.
    pub coefficients: Vec<f32>,
    /// Whether masks are of the boxes as the network gave them, not of what the frame has of these.
    pub(crate) of_whole_boxes: bool,
    odd_mask: Option<Doubt>,
    pub(crate) memory: Memory,
}

/// Memory without meaning.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub coefficients: Vec<f32>,
    pub logits: Vec<f32>,
    pub cut: Lines,
}

impl PartialEq for Memory {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Extras {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.angles.clear();
        self.key_points.clear();
        self.per_detection = 0;
        self.masks.clear();
        self.places.clear();
        self.coefficients.clear();
        self.of_whole_boxes = false;
        self.odd_mask = None;
    }

    /// Notes that the mask of the next detection begins at `start` of the values and has this size.
    pub(crate) fn end_mask(&mut self, start: usize, size: Size) {
        self.places.push((start, size));
    }

    /// Notes a value of a mask that can only be a mistake.
    pub(crate) fn note_odd_mask(&mut self, value: f32) {
        self.odd_mask.get_or_insert(Doubt::MaskValue(value));
    }

    /// Notes that the next detection has no mask, and why that can only be a mistake.
    pub(crate) fn no_mask(&mut self, why: Doubt) {
        self.places.push((self.masks.len(), Size::new(0, 0)));
        self.odd_mask.get_or_insert(why);
    }

    /// The mask of a detection, by its index: rows of values of 0 to 1, which cover the detection's box. `None` if the
    /// network gives none.
    pub fn mask_of(&self, detection: usize) -> Option<(&[f32], Size)> {
        let there = |(_, size): &&(usize, Size)| size.width > 0;
        let &(start, size) = self.places.get(detection).filter(there)?;
        let length = size.width as usize * size.height as usize;
        Some((self.masks.get(start..start + length)?, size))
    }

    /// What hardly can be of key points and masks: the first point that is nowhere, or whose confidence is none, or a
    /// value of a mask that is none.
    pub(crate) fn doubt(&self) -> Option<Doubt> {
        // One look at all of them, without an end of its own: mostly there is nothing odd.
        let odd = |point: &KeyPoint| !point.has_place() | !is_score(point.confidence);
        if !self
            .key_points
            .iter()
            .fold(false, |found, point| found | odd(point))
        {
            return self.odd_mask;
        }
        let points = || self.key_points.iter();
        let place = points().find(|point| !point.has_place());
        let confidence = || points().find(|point| !is_score(point.confidence));
        match place {
            Some(point) => Some(Doubt::KeyPointPlace(point.x, point.y)),
            None => confidence()
                .map(|point| Doubt::KeyPointConfidence(point.confidence))
                .or(self.odd_mask),
        }
    }

    /// The key points of a detection, by its index.
    pub fn key_points_of(&self, detection: usize) -> &[KeyPoint] {
        let from = detection.saturating_mul(self.per_detection);
        let points = self.key_points.get(from..).unwrap_or_default();
        &points[..self.per_detection.min(points.len())]
    }
}
