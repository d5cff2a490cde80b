//! From labels to a classifier's result in the batch.

use std::ffi::CString;

use nvds::{Color, Error, InferredClassifier, InferredLabel, InferredObject, Object, Rect};

use super::Found;
use crate::parser::task::Unit;

/// Class of the object that stands for a whole frame.
const WHOLE_FRAME: i32 = -1;

/// A label of `NvDsLabelInfo` has 128 bytes, of which the last is zero.
const MOST_BYTES: usize = 127;

/// How results are attached.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// What kind of result it is, as templates and programs call it.
    pub classifier_type: Option<CString>,
    /// Whether labels stand behind the object's text.
    pub append_text: bool,
}

/// Attaches labels as nvinfer does: to the object that they are of, else to a new one as large as the frame, or as the region
/// that was looked at. Nothing without labels.
///
/// # Errors
/// When the batch lists a frame or object that is not of its pools.
pub fn attach(
    found: &Found,
    unit: &Unit<'_>,
    size: (u32, u32),
    unique_id: u32,
    manner: &Manner,
    text: &mut String,
) -> Result<(), Error> {
    if found.is_empty() {
        return Ok(());
    }
    let unique_component_id = i32::try_from(unique_id).unwrap_or(i32::MAX);
    let object = match unit.object {
        Some(object) => object,
        None => whole(unit, size, unique_component_id)?,
    };
    text.clear();
    let labels: Vec<InferredLabel<'_>> = found
        .iter()
        .map(|(label, attribute)| {
            text.push_str(label);
            text.push(' ');
            InferredLabel {
                // nvinfer cuts inside of characters.
                text: &label.as_bytes()[..label.floor_char_boundary(MOST_BYTES)],
                class_id: attribute.class_id,
                label_id: attribute.label_id,
                probability: attribute.probability,
            }
        })
        .collect();
    let classifier = InferredClassifier {
        unique_component_id,
        classifier_type: manner.classifier_type.as_deref(),
        labels: &labels,
    };
    if manner.append_text {
        unit.locked.append_text(&object, text.as_bytes())?;
    }
    unit.locked.add_inferred_classifier(&object, &classifier)?;
    Ok(())
}

/// The object that stands for a whole frame or region, as DeepStream 9.1's gst-nvinfer makes it of a frame.
fn whole<'g>(
    unit: &Unit<'g>,
    (width, height): (u32, u32),
    unique_component_id: i32,
) -> Result<Object<'g>, Error> {
    let whole = InferredObject {
        unique_component_id,
        class_id: WHOLE_FRAME,
        confidence: 0.0,
        rect: match unit.region {
            Some(region) => region.rect_params().rect,
            None => Rect {
                left: 0.0,
                top: 0.0,
                width: width as f32,
                height: height as f32,
            },
        },
        detector_rect: Rect::default(),
        rotation: 0.0,
        border_width: 6,
        border_color: Color::RED,
        has_fill: false,
        fill: Color::new(1.0, 1.0, 0.0, 0.4),
        label: &[],
        text: Some(&[]),
    };
    unit.locked.add_inferred_object(&unit.frame, &whole, None)
}
