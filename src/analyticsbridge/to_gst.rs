//! What DeepStream's metadata says of a frame, as GStreamer's says it.

use nvds::gst_analytics::{
    Classes, PixelRect, RelatedClass, RelatedObject, RelatedTrack, Relations,
};
use nvds::{Frame, KeyPoint, Object, Rect};

use super::names::{Texts, class_name};
use super::tracks::Tracks;

/// What cannot be told of a frame.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// Objects whose box has no area, or numbers that are none.
    pub boxes: u64,
    /// Labels that are too many.
    pub texts: u64,
}

/// What is kept from frame to frame.
#[derive(Debug, Default)]
pub struct Reader {
    pub tracks: Tracks,
    texts: Texts,
}

/// A box as DeepStream has it before it is turned, and the radians by which it is.
pub fn turned(object: &Object<'_>) -> (Rect, f32) {
    let around = |degrees: f32| degrees.to_radians().rem_euclid(std::f32::consts::TAU);
    let rotation = object.rotation();
    if rotation != 0.0 && rotation.is_finite() {
        return (object.rect(), around(rotation));
    }
    let Some(corners) = object.corners() else {
        return (object.rect(), 0.0);
    };
    // Releases before 9.0 have the upright box around them.
    let [a, b, c, _] = corners.points;
    let (width, height) = ((b.x - a.x).hypot(b.y - a.y), (c.x - b.x).hypot(c.y - b.y));
    let rect = Rect {
        left: (a.x + c.x - width) / 2.0,
        top: (a.y + c.y - height) / 2.0,
        width,
        height,
    };
    let angle = (b.y - a.y).atan2(b.x - a.x);
    (rect, around(angle.to_degrees()))
}

/// A box in whole pixels, `None` for one that has no area.
pub fn pixels(rect: &Rect) -> Option<PixelRect> {
    if !rect.is_finite() || rect.width <= 0.0 || rect.height <= 0.0 {
        return None;
    }
    // `as` keeps what is too large at the end of the range.
    let (left, top) = (rect.left.round() as i32, rect.top.round() as i32);
    let (right, bottom) = (
        (rect.left + rect.width).round() as i32,
        (rect.top + rect.height).round() as i32,
    );
    Some(PixelRect {
        left,
        top,
        width: right.saturating_sub(left).max(1),
        height: bottom.saturating_sub(top).max(1),
    })
}

/// Whether classes of the object are of the whole frame: an inference element's way to say so.
pub fn is_of_frame(object: &Object<'_>) -> bool {
    object.class_id() == -1 && object.label_bytes().is_empty()
}

/// Readers drop what is below a threshold, so that where nothing is known, as of some clustering, it is 1.
fn confidence(value: f32) -> f32 {
    if value >= 0.0 { value.min(1.0) } else { 1.0 }
}

impl Reader {
    /// A frame's objects with all that is told of them; the time is the frame's own.
    pub fn read(&mut self, frame: &Frame<'_>) -> (Relations, LeftOut) {
        let mut read = Relations::default();
        let mut left_out = LeftOut::default();
        let now = frame.buf_pts();
        self.tracks.frame(now);
        let mut objects: Vec<Object<'_>> = frame.objects().collect();
        objects.reverse(); // the library has the newest first
        let mut places: Vec<usize> = Vec::new(); // addresses, in the order of what is read
        let mut parents = Vec::new();
        for object in &objects {
            let classes = self.classifiers(object, &mut left_out);
            if is_of_frame(object) && !classes.is_empty() {
                read.classes.extend(classes);
                continue;
            }
            let (rect, rotation) = turned(object);
            let Some(rect) = pixels(&rect) else {
                left_out.boxes += 1;
                continue;
            };
            let name = class_name(&object.label(), object.class_id());
            let source = frame.source_id();
            read.objects.push(RelatedObject {
                label: self.admit(name, &mut left_out),
                rect,
                rotation,
                confidence: confidence(object.confidence()),
                parent: None,
                track: object.track_id().map(|id| RelatedTrack {
                    id,
                    first_seen: self.tracks.first_seen(source, id, now),
                    last_seen: now,
                    lost: false,
                }),
                classes,
                key_points: finite(object.key_points()),
            });
            places.push(object.address());
            parents.push(object.parent().map(|parent| parent.address()));
        }
        for (object, parent) in read.objects.iter_mut().zip(parents) {
            object.parent = parent.and_then(|at| places.iter().position(|place| *place == at));
        }
        (read, left_out)
    }

    fn admit(&mut self, text: String, left_out: &mut LeftOut) -> Option<String> {
        let admitted = self.texts.admit(text);
        left_out.texts += u64::from(admitted.is_none());
        admitted
    }

    /// Results of classifiers, oldest first.
    fn classifiers(&mut self, object: &Object<'_>, left_out: &mut LeftOut) -> Vec<Classes> {
        let mut all: Vec<Classes> = object
            .classifiers()
            .map(|classifier| {
                let mut labels: Classes = classifier
                    .labels()
                    .map(|label| RelatedClass {
                        label: self
                            .admit(class_name(&label.text(), label.class_id() as i32), left_out),
                        confidence: confidence(label.probability()),
                    })
                    .collect();
                labels.reverse();
                labels
            })
            .filter(|labels| !labels.is_empty())
            .collect();
        all.reverse();
        all
    }
}

/// The points, if all are somewhere: to leave one out would number the others anew.
fn finite(points: &[KeyPoint]) -> Vec<KeyPoint> {
    let is_finite = |point: &KeyPoint| point.x.is_finite() && point.y.is_finite();
    match points.iter().all(is_finite) {
        true => points.to_vec(),
        false => Vec::new(),
    }
}
