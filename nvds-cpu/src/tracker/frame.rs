//! The metadata of one frame: what is read of it and written into it.

use std::collections::HashMap;

use nvds::{
    Color, FontName, Frame, Locked, NewObject, Object, Rect, RectParams, RectStyle, TextChange,
};

use super::associate::{Detection, Targets};

/// Confidence of an object that no detector found.
const NO_CONFIDENCE: f32 = -0.1;
/// As NVIDIA's trackers that do not look at pixels.
const TRACKER_CONFIDENCE: f32 = 1.0;
/// Bytes of a text at most.
const MOST_TEXT: usize = 127;
/// Pixels by which a text is above its box.
const TEXT_RISE: f32 = 20.0;

/// What the properties say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules<'a> {
    /// Classes that are tracked; all if `None`.
    pub(super) classes: Option<&'a [i32]>,
    /// Texts end in the object's id.
    pub(super) show_id: bool,
}

/// How the first object of a class looked, which those that are added later have from it.
#[derive(Debug)]
struct Look {
    component: i32,
    style: RectStyle,
    label: String,
    text: Option<String>,
}

/// What is known of a source.
#[derive(Debug, Default)]
pub(super) struct Source {
    targets: Targets,
    looks: HashMap<i32, Look>,
}

impl Source {
    /// Drops all targets; new ids go on.
    pub(super) fn forget(&mut self) {
        self.targets.forget();
    }

    /// Tracks the objects of the source's next frame. `size`: of the frame in pixels, if it is known.
    ///
    /// # Errors
    /// [`nvds::Error::ForeignMeta`] where the frame is listed in another batch than its own.
    pub(super) fn track(
        &mut self,
        locked: &Locked<'_>,
        frame: &Frame<'_>,
        size: Option<(u32, u32)>,
        rules: &Rules<'_>,
    ) -> Result<(), nvds::Error> {
        // In the order in which they were attached.
        let (objects, detections): (Vec<_>, Vec<_>) = frame
            .objects()
            .rev()
            .filter(|object| object.track_id().is_none() && rules.tracks(object.class_id()))
            .filter_map(|object| {
                let rect = object.rect();
                clip(&rect, size)?;
                let class = object.class_id();
                Some((object, Detection { class, rect }))
            })
            .unzip();
        let inferred = frame.infer_done();
        let ids = self.targets.track(&detections, inferred);
        for ((object, detection), id) in objects.iter().zip(&detections).zip(ids) {
            let text = text_of(object);
            self.looks.entry(detection.class).or_insert_with(|| Look {
                component: object.unique_component_id(),
                style: object.rect_style(),
                label: object.label().into_owned(),
                text: text.clone(),
            });
            let rect = clip(&detection.rect, size).unwrap_or(detection.rect);
            let drawn = object.rect_params();
            locked.set_rect_params(object, RectParams { rect, ..drawn });
            mark(locked, object, id, detection.rect, text.as_deref(), rules);
        }
        if inferred {
            return Ok(());
        }
        for target in self.targets.shadows() {
            let rect = target.predicted();
            let (Some(shown), Some(look)) = (clip(&rect, size), self.looks.get(&target.class))
            else {
                continue;
            };
            let new = NewObject {
                unique_component_id: look.component,
                class_id: target.class,
                confidence: NO_CONFIDENCE,
                rect: shown,
                style: look.style,
                label: &look.label,
                text: None,
            };
            let added = locked.add_object(frame, &new, None)?;
            locked.set_detector_rect(&added, Rect::default());
            mark(locked, &added, target.id, rect, look.text.as_deref(), rules);
        }
        Ok(())
    }
}

impl Rules<'_> {
    fn tracks(&self, class: i32) -> bool {
        self.classes.is_none_or(|ids| ids.contains(&class))
    }
}

/// The part of a box that is in the frame; `None` if nothing is, or the box is no number.
fn clip(rect: &Rect, size: Option<(u32, u32)>) -> Option<Rect> {
    let (right, bottom) = (rect.left + rect.width, rect.top + rect.height);
    if !rect.is_finite() || !right.is_finite() || !bottom.is_finite() {
        return None;
    }
    let clipped = match size {
        // Left as it is where nothing is cut, since its numbers would be rounded.
        Some((width, height))
            if rect.left < 0.0
                || rect.top < 0.0
                || right > width as f32
                || bottom > height as f32 =>
        {
            let (left, top) = (rect.left.max(0.0), rect.top.max(0.0));
            Rect {
                left,
                top,
                width: right.min(width as f32) - left,
                height: bottom.min(height as f32) - top,
            }
        }
        _ => *rect,
    };
    (clipped.width > 0.0 && clipped.height > 0.0).then_some(clipped)
}

fn text_of(object: &Object<'_>) -> Option<String> {
    let text = object.text().display_text()?;
    Some(text.to_string_lossy().into_owned())
}

/// Writes what a tracker knows of an object. `rect`: its box, not cut at the frame's edges; `text`: the object's, as
/// it was before.
fn mark(
    locked: &Locked<'_>,
    object: &Object<'_>,
    id: u64,
    rect: Rect,
    text: Option<&str>,
    rules: &Rules<'_>,
) {
    locked.set_track(object, id, TRACKER_CONFIDENCE);
    locked.set_tracker_rect(object, rect);
    let with_id;
    let text = if rules.show_id {
        // As C prints a NULL.
        with_id = format!("{} {id}", text.unwrap_or("(null)"));
        Some(nvds::truncate_utf8(&with_id, MOST_TEXT))
    } else {
        text
    };
    let place = object.rect();
    locked.change_text(
        object,
        &TextChange {
            text,
            offset: Some((offset(place.left), offset(place.top - TEXT_RISE))),
            font: Some(FontName::SERIF),
            size: Some(10),
            color: Some(Color::WHITE),
            background: Some(Some(Color::BLACK)),
        },
    );
}

/// A text's offset, which the OSD reads as a C int. `as` sends what is below to 0.
fn offset(value: f32) -> u32 {
    (value as u32).min(i32::MAX as u32)
}
