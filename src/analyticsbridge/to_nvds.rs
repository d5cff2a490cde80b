//! What GStreamer's metadata says of a frame, as DeepStream's says it.

use nvds::gst_analytics::{Classes, RelatedObject, Relations};
use nvds::{
    Color, Error, FontName, Frame, Locked, NewClassifier, NewLabel, NewObject, NewText, Object,
    Rect, RectStyle,
};
use nvds_decode::EdgePolicy;

use super::names::{ClassIds, class_name};
use super::to_gst::{is_of_frame, pixels, turned};
use crate::parser::Turned;

/// Pixels by which a text is above its box, and its size, as of stock detectors.
const TEXT_RISE: f32 = 10.0;
const TEXT_SIZE: u32 = 11;

/// What came of a frame.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Attached {
    /// Objects that are new.
    pub objects: u64,
    /// Objects that were there, and got what they lacked.
    pub updated: u64,
    /// Results of classifiers.
    pub classes: u64,
    /// Tracks.
    pub tracks: u64,
    /// Objects with a box that has no area.
    pub boxes_left_out: u64,
    /// Classes of the whole frame, whose size is not known.
    pub classes_left_out: u64,
}

/// Attaches what is told to a frame.
pub struct Writer<'a, 's> {
    pub locked: &'a Locked<'s>,
    /// unique-id of what is attached.
    pub unique_id: i32,
    /// Width and height of the frame, where they are known.
    pub size: Option<(u32, u32)>,
    pub ids: &'a mut ClassIds,
    /// A name that labels-file lacks.
    pub unknown: Option<String>,
    pub attached: Attached,
}

impl<'a> Writer<'a, '_> {
    /// Attaches objects and what is told of them. One that is there already, by label and box in whole pixels, gets what it
    /// lacks: so what another element adds to what this plugin wrote comes back to the object that it is of.
    ///
    /// # Errors
    /// When the frame is not of the batch's pools.
    pub fn write(&mut self, frame: &Frame<'a>, relations: &Relations) -> Result<(), Error> {
        let there: Vec<Object<'a>> = frame.objects().collect();
        let mut made: Vec<Option<Object<'a>>> = vec![None; relations.objects.len()];
        for at in in_order(&relations.objects) {
            let (Some(object), Some(place)) = (relations.objects.get(at), made.get(at)) else {
                continue;
            };
            debug_assert!(place.is_none());
            let parent = object.parent.and_then(|at| made.get(at).copied().flatten());
            let found = there.iter().find(|known| is_same(known, object));
            let result = match found {
                Some(known) => {
                    self.attached.updated += 1;
                    Some(*known)
                }
                None => self.object(frame, object, parent.as_ref())?,
            };
            if let Some(result) = &result {
                self.complete(result, object)?;
            }
            if let Some(place) = made.get_mut(at) {
                *place = result;
            }
        }
        self.frame_classes(frame, &relations.classes)?;
        self.locked.set_infer_done(frame);
        Ok(())
    }

    fn class(&mut self, name: &str) -> i32 {
        let (id, unknown) = self.ids.of(name);
        if unknown && self.unknown.is_none() {
            self.unknown = Some(name.to_owned());
        }
        id
    }

    /// A new object, `None` for a box without area.
    fn object(
        &mut self,
        frame: &Frame<'a>,
        object: &RelatedObject,
        parent: Option<&Object<'a>>,
    ) -> Result<Option<Object<'a>>, Error> {
        let own = Rect {
            left: object.rect.left as f32,
            top: object.rect.top as f32,
            width: object.rect.width as f32,
            height: object.rect.height as f32,
        };
        if object.rect.width <= 0 || object.rect.height <= 0 {
            self.attached.boxes_left_out += 1;
            return Ok(None);
        }
        let angle = object.rotation;
        let turns_boxes = self.locked.turns_boxes();
        let turned = (angle != 0.0 && angle.is_finite())
            .then(|| Turned::new(own, angle, turns_boxes, EdgePolicy::Keep, self.size));
        let name = object.label.as_deref().unwrap_or_default();
        let (rect, around) = turned.map_or((own, own), |turned| (turned.rect, turned.around));
        let new = NewObject {
            unique_component_id: self.unique_id,
            class_id: if name.is_empty() { 0 } else { self.class(name) },
            confidence: object.confidence,
            rect,
            style: RectStyle::default(),
            label: ClassIds::label(name),
            text: (!name.is_empty()).then_some(NewText {
                text: name,
                x: around.left,
                y: around.top - TEXT_RISE,
                font: FontName::SERIF,
                size: TEXT_SIZE,
                color: Color::WHITE,
                background: Some(Color::BLACK),
            }),
        };
        let locked = self.locked;
        let added = locked.add_object(frame, &new, parent)?;
        if let Some(turned) = turned {
            turned.finish(locked, &added)?;
        }
        self.attached.objects += 1;
        Ok(Some(added))
    }

    /// Gives an object what it lacks of what is told.
    fn complete(&mut self, object: &Object<'a>, told: &RelatedObject) -> Result<(), Error> {
        if let (None, Some(track)) = (object.track_id(), told.track) {
            self.locked.set_track(object, track.id, 1.0);
            self.attached.tracks += 1;
        }
        if object.classifiers().next().is_none() {
            for classes in &told.classes {
                self.classifier(object, classes)?;
            }
        }
        if object.key_points().is_empty() && !told.key_points.is_empty() {
            self.locked.add_key_points(object, &told.key_points)?;
        }
        Ok(())
    }

    fn classifier(&mut self, object: &Object<'a>, classes: &Classes) -> Result<(), Error> {
        let labels: Vec<NewLabel<'_>> = (0..)
            .zip(classes)
            .map(|(at, class)| NewLabel {
                text: class.label.as_deref().unwrap_or_default(),
                class_id: at,
                label_id: 0,
                probability: class.confidence,
            })
            .collect();
        self.locked.add_classifier(
            object,
            &NewClassifier {
                unique_component_id: self.unique_id,
                labels: &labels,
            },
        )?;
        self.attached.classes += 1;
        Ok(())
    }

    /// What is said of the whole frame: as of inference elements, by an object of class -1 that is as large as it.
    fn frame_classes(&mut self, frame: &Frame<'a>, all: &[Classes]) -> Result<(), Error> {
        if all.is_empty() {
            return Ok(());
        }
        let there: Vec<Vec<String>> = of_frame(frame);
        let new = |classes: &&Classes| {
            let names = classes
                .iter()
                .map(|class| class.label.clone().unwrap_or_default());
            !there.contains(&names.collect())
        };
        let all: Vec<&Classes> = all.iter().filter(new).collect();
        if all.is_empty() {
            return Ok(());
        }
        let Some((width, height)) = self.size else {
            self.attached.classes_left_out += all.len() as u64;
            return Ok(());
        };
        let whole = NewObject {
            unique_component_id: self.unique_id,
            class_id: -1,
            confidence: 1.0,
            rect: Rect {
                left: 0.0,
                top: 0.0,
                width: width as f32,
                height: height as f32,
            },
            style: RectStyle {
                border_width: 0,
                ..RectStyle::default()
            },
            label: "",
            text: None,
        };
        let locked = self.locked;
        let object = locked.add_object(frame, &whole, None)?;
        for classes in all {
            self.classifier(&object, classes)?;
        }
        Ok(())
    }
}

/// Names of the classes of the whole frame that are there already, those of each classifier in its order.
fn of_frame(frame: &Frame<'_>) -> Vec<Vec<String>> {
    frame
        .objects()
        .filter(is_of_frame)
        .flat_map(|object| object.classifiers())
        .map(|classifier| {
            let labels = classifier.labels();
            let mut names: Vec<String> = labels
                .map(|label| class_name(&label.text(), label.class_id() as i32))
                .collect();
            names.reverse(); // the library has the newest first
            names
        })
        .collect()
}

/// Whether an object is the one that is told of.
fn is_same(known: &Object<'_>, told: &RelatedObject) -> bool {
    let name = told.label.as_deref().unwrap_or_default();
    let label = known.label();
    let named = class_name(&label, known.class_id());
    (named == name || label == name) && pixels(&turned(known).0) == Some(told.rect)
}

/// Places of objects, parents before their parts. Rings, which no honest element makes, come in any order.
fn in_order(objects: &[RelatedObject]) -> Vec<usize> {
    let depth = |at: usize| {
        let parents = std::iter::successors(Some(at), |at| objects.get(*at)?.parent);
        parents.take(objects.len() + 1).count()
    };
    let mut order: Vec<usize> = (0..objects.len()).collect();
    order.sort_by_key(|at| depth(*at));
    order
}
