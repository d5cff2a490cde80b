//! What is attached to a frame.
//!
//! Source: public gst-dsexample of DeepStream 9.1. There the objects have no class, confidence or component; here they
//! have zeros and the element's `unique-id`, since memory of the pools may be used.

use nvds::{
    Color, FontName, Frame, Locked, NewClassifier, NewLabel, NewObject, NewText, Object, Rect,
    RectStyle, TextChange,
};

/// Side of an object's box in frame, as a fraction: the placeholder's boxes are an eighth of the frame it sees.
const PART: f32 = 8.0;
/// Objects that are too small are left alone.
const LEAST: f32 = 16.0;
/// The label that objects get.
const LABEL: &str = "Obj_label";

/// Size of the frame that the placeholder sees, and the factor from frames to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scaled {
    width: f32,
    height: f32,
    ratio: f32,
}

impl Scaled {
    /// A frame of `frame` pixels fitted into `into`, keeping its shape. `None` for frames without a size.
    pub(super) fn new(frame: (u32, u32), into: (i32, i32)) -> Option<Self> {
        let (width, height) = (frame.0 as f32, frame.1 as f32);
        if width == 0.0 || height == 0.0 {
            return None;
        }
        let ratio = (into.0 as f32 / width).min(into.1 as f32 / height);
        Some(Self {
            width: into.0 as f32,
            height: into.1 as f32,
            ratio,
        })
    }

    /// A box at a fraction of the picture, in pixels of the frame.
    fn place(self, at: f32) -> Rect {
        let side = |length: f32| length / PART / self.ratio;
        Rect {
            left: self.width * at / self.ratio,
            top: self.height * at / self.ratio,
            width: side(self.width),
            height: side(self.height),
        }
    }
}

/// Attaches the two objects of a frame.
pub(super) fn to_frame(
    locked: &Locked<'_>,
    frame: &Frame<'_>,
    scaled: Scaled,
    unique_id: i32,
) -> Result<(), nvds::Error> {
    for (label, at) in [("Obj0", 1.0 / PART), ("Obj1", 0.5)] {
        let rect = scaled.place(at);
        let text = NewText {
            text: label,
            x: rect.left,
            y: rect.top - 10.0,
            font: FontName::SERIF,
            size: 11,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        };
        let new = NewObject {
            unique_component_id: unique_id,
            class_id: 0,
            confidence: 0.0,
            rect,
            style: RectStyle::default(),
            label,
            text: Some(text),
        };
        locked.add_object(frame, &new, None)?;
    }
    locked.set_infer_done(frame);
    Ok(())
}

/// Gives an object the label, if it is large enough.
pub(super) fn to_object(
    locked: &Locked<'_>,
    object: &Object<'_>,
    unique_id: i32,
) -> Result<(), nvds::Error> {
    let rect = object.rect();
    if rect.width < LEAST || rect.height < LEAST {
        return Ok(());
    }
    let label = NewLabel {
        text: LABEL,
        class_id: 0,
        label_id: 0,
        probability: 0.0,
    };
    let classifier = NewClassifier {
        unique_component_id: unique_id,
        labels: &[label],
    };
    locked.add_classifier(object, &classifier)?;
    let before = object
        .text()
        .display_text()
        .map(|text| text.to_string_lossy().into_owned());
    let (text, look) = match before {
        Some(text) => (format!("{text} {LABEL}"), None),
        None => (
            LABEL.to_owned(),
            Some((offset(rect.left), offset(rect.top - 10.0))),
        ),
    };
    locked.change_text(
        object,
        &TextChange {
            text: Some(&text),
            offset: look,
            font: look.map(|_| FontName::SERIF),
            size: look.map(|_| 11),
            color: look.map(|_| Color::WHITE),
            background: look.map(|_| Some(Color::BLACK)),
        },
    );
    Ok(())
}

/// A text's offset, which the OSD reads as a C int.
fn offset(value: f32) -> u32 {
    (value as u32).min(i32::MAX as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_in_pixels_of_the_frame() {
        let scaled = Scaled::new((1280, 720), (640, 480)).unwrap();
        let rect = scaled.place(0.5);
        assert_eq!((rect.left, rect.top), (640.0, 480.0));
        assert_eq!((rect.width, rect.height), (160.0, 120.0));
        assert_eq!(Scaled::new((0, 720), (640, 480)), None);
    }
}
