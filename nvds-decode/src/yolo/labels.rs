//! What the number of labels, other layers and names say of a head's channels.

use crate::error::{DecodeError, Reading, describe};
use crate::layout::Format;
use crate::masks::Prototypes;
use crate::select::{Decoder, Input};
use crate::tensor::TensorView;

/// More classes than any network has: their numbers fit in 16 bits.
pub const MOST_CLASSES: usize = 65_000;

/// The channels of a head after box and objectness.
pub struct Channels<'i, 't, 'a> {
    pub decoder: &'i Decoder,
    pub input: &'i Input<'t, 'a>,
    pub tensor: &'i TensorView<'a>,
    /// How many there are.
    pub rest: usize,
    pub objectness: bool,
    pub by_channel: bool,
}

/// Coefficients of the masks of all YOLOs so far.
pub const MASKS: usize = 32;
/// Numbers of the key points of people: 17 of three numbers.
pub const PERSON: usize = 51;

/// How many of the channels are class scores.
///
/// With labels, as many as there are labels, if what is left can be key points or mask coefficients.
/// Without, all but the mask coefficients that another layer has the prototypes for. Where the same
/// dimensions belong to well-known networks of several kinds, only the labels tell.
pub fn classes(channels: &Channels<'_, '_, '_>) -> Result<usize, DecodeError> {
    let &Channels {
        decoder,
        input,
        tensor,
        rest,
        objectness,
        by_channel,
    } = channels;
    let wrong = || DecodeError::Labels {
        decoder: decoder.name,
        layer: tensor.to_string(),
        found: rest,
        labels: input.layout.labels.unwrap_or_default(),
    };
    let in_range = |classes: usize| (1..MOST_CLASSES).contains(&classes);
    if let Some(extras) = input.layout.yolo().extras {
        let classes = rest
            .checked_sub(extras)
            .filter(|&classes| in_range(classes));
        return classes.ok_or_else(|| decoder.wrong_shape(0, tensor));
    }
    if decoder.format == Format::YoloPose {
        return match rest > 2 && ((rest - 1).is_multiple_of(3) || (rest - 1).is_multiple_of(2)) {
            true => Ok(1),
            false => Err(decoder.wrong_shape(0, tensor)),
        };
    }
    let prototypes = prototypes(input);
    if let Some(labels) = input.layout.labels {
        let fits = match rest.checked_sub(labels) {
            Some(0) => true,
            Some(extras) => {
                let of_points = match objectness {
                    true => extras.is_multiple_of(3),
                    false => extras.is_multiple_of(3) || extras.is_multiple_of(2),
                };
                let points = extras > 1 && labels == 1 && of_points;
                if points && !objectness && !by_channel && input.layout.format.is_none() {
                    if of_deepstream(tensor) {
                        return Err(decoder.wrong_shape(0, tensor));
                    }
                    return Err(DecodeError::Ambiguous {
                        found: describe(input.tensors),
                        readings: vec![
                            Reading::of(Format::Yolov8, "1 class, then key points"),
                            Reading::of(Format::DeepstreamYoloPose, "corners, score, key points"),
                        ],
                    });
                }
                points || are_usual_extras(input, extras)
            }
            None => false,
        };
        return match fits && in_range(labels) {
            true => Ok(labels),
            // Who states the format may have labels for some of the classes only.
            false if input.layout.format.is_some() => {
                let classes = rest.checked_sub(prototypes.unwrap_or(0));
                classes
                    .filter(|&classes| in_range(classes))
                    .ok_or_else(wrong)
            }
            false => Err(wrong()),
        };
    }
    let classes = rest
        .checked_sub(prototypes.unwrap_or(0))
        .filter(|&classes| in_range(classes));
    let classes = classes.ok_or_else(|| decoder.wrong_shape(0, tensor))?;
    if input.layout.format.is_none() && prototypes.is_none() {
        ambiguous(input, objectness, classes)?;
    }
    Ok(classes)
}

/// Whether so many numbers beside the class scores are what networks of masks or of people's key points
/// have.
pub fn are_usual_extras(input: &Input<'_, '_>, extras: usize) -> bool {
    [Some(MASKS), Some(PERSON), prototypes(input)].contains(&Some(extras))
}

/// What reads heads of faces.
const FACES: &str = "rsfaceparser format=yolov8-face";
const FACES_V5: &str = "rsfaceparser format=yolov5-face";
/// What tells that there is one class.
const ONE: &str = "one label";

/// Dimensions that well-known networks of other kinds have too.
fn ambiguous(input: &Input<'_, '_>, objectness: bool, classes: usize) -> Result<(), DecodeError> {
    let readings = match (objectness, classes) {
        (false, 16) => vec![
            Reading::of(Format::Yolov8, "16 classes"),
            Reading::of(Format::YoloObb, "15 classes and an angle"),
            Reading::foreign(FACES, "1 class and 5 key points"),
        ],
        (false, 52) => vec![
            Reading::of(Format::Yolov8, "52 classes"),
            Reading::of(Format::YoloPose, "1 class and 17 key points"),
        ],
        (true, 11) => vec![
            Reading::of(Format::Yolov5, "11 classes"),
            Reading::foreign(FACES_V5, "1 class and 5 key points"),
        ],
        (true, 52) => vec![
            Reading::of(Format::Yolov5, "52 classes"),
            Reading::foreign(ONE, "1 class and 17 key points"),
        ],
        _ => return Ok(()),
    };
    Err(DecodeError::Ambiguous {
        found: describe(input.tensors),
        readings,
    })
}

/// How many prototypes of masks there are, if a layer holds some.
fn prototypes(input: &Input<'_, '_>) -> Option<usize> {
    Prototypes::find(input.tensors, input.network).map(|found| found.count())
}

/// Whether a layer goes by the name that DeepStream-Yolo-Pose's exports have, and ultralytics' own do not.
pub fn of_deepstream(tensor: &TensorView<'_>) -> bool {
    tensor.name() == "output"
}

/// Names that belong to one layout or to none of YOLO's.
///
/// # Errors
/// When the layer is another's.
pub fn by_name(decoder: &Decoder, tensor: &TensorView<'_>) -> Result<(), DecodeError> {
    let name = tensor.name();
    let owners: &[Format] = if name == "outputs" {
        // YOLOv6 decodes its boxes.
        &[Format::Yolov5]
    } else if name.contains("multiclass_nms") {
        &[Format::PpYoloe]
    } else if name.contains("flat_predictions") {
        &[Format::SuperGradientsFlat]
    } else if name.contains("generate_detections")
        || name.contains("detection_out")
        || name == "NMS"
        || name == "dets"
    {
        &[]
    } else {
        return Ok(());
    };
    match owners.contains(&decoder.format) {
        true => Ok(()),
        false => Err(decoder.wrong_shape(0, tensor)),
    }
}
