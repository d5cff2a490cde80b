//! Whether a format that is stated can be what the layers have.
//!
//! Who states a format knows more of the network than its layers tell, so the format need not be one that is found
//! without. But where its decoder does not fit, or fits only because rows and labels are not compared, and another
//! format fits in all, the statement can only be a mistake.

use super::{Input, Selection};
use crate::boxes::doubt::Doubt;
use crate::error::{DecodeError, Reading, describe};
use crate::layout::{Background, Format, Layout};
use crate::yolo::rows::MOST_SELECTED;

/// What follows from what else the layers may be. `found` is what the stated format gave, `open` what would be found
/// without it, where only the user's word counts otherwise.
pub(super) fn weigh(
    input: &Input<'_, '_>,
    stated: Format,
    found: Result<Selection, DecodeError>,
    find: impl Fn(&Input<'_, '_>) -> Result<Selection, DecodeError>,
) -> Result<Selection, DecodeError> {
    let open = Layout {
        format: None,
        ..input.layout.clone()
    };
    let open = Input {
        layout: &open,
        ..*input
    };
    let mut readings = match find(&open) {
        Ok(other) => vec![Reading::of(
            other.decoder().format,
            other.decoder().description,
        )],
        Err(DecodeError::Ambiguous { readings, .. }) => readings,
        Err(_) => return found,
    };
    if readings.iter().any(|one| one.format == Some(stated)) {
        return found;
    }
    readings.retain(|one| one.format.is_some());
    let mut formats = readings.iter().filter_map(|one| one.format);
    let Some(first) = formats.next() else {
        return found;
    };
    let second = formats.next();
    let refuse = || DecodeError::OtherFormat {
        stated,
        found: describe(input.tensors),
        labels: input.layout.labels,
        readings: readings.clone(),
    };
    let mut found = found.map_err(|_| refuse())?;
    match verdict(&open, stated, &found, first) {
        Verdict::Possible => (),
        Verdict::Refused => return Err(refuse()),
        Verdict::Doubtful => {
            found.doubt = Some(Doubt::Format {
                stated,
                fits: [Some(first), second],
                labels: input.layout.labels,
            });
        }
    }
    Ok(found)
}

enum Verdict {
    Possible,
    Doubtful,
    Refused,
}

/// What to make of a format that fits, while another one is what would be found.
fn verdict(open: &Input<'_, '_>, stated: Format, found: &Selection, fits: Format) -> Verdict {
    use Format::{DeepstreamYolo, DeepstreamYolo2023, DeepstreamYoloe2023, Detr, EndToEnd, Rtdetr};
    let yolo = open.layout.yolo();
    if yolo.objectness.is_some() || yolo.cells.is_some() || yolo.extras.is_some() {
        return Verdict::Possible; // whoever states these as well knows
    }
    match (stated, fits) {
        // DeepStream-Yolo's exports of networks that select have the same columns, and those of 2023 others in the
        // same place.
        (DeepstreamYolo | DeepstreamYolo2023 | DeepstreamYoloe2023, _) => Verdict::Possible,
        // The same columns, but nothing is suppressed.
        (EndToEnd, _) => match found.plan().sizes[0] > MOST_SELECTED {
            true => Verdict::Doubtful,
            false => Verdict::Possible,
        },
        // Whoever states the class for no object has counted.
        (Detr, Rtdetr) | (Rtdetr, Detr) if open.layout.background == Background::Usual => {
            Verdict::Doubtful
        }
        _ => match (found.decoder().check)(open) {
            Err(DecodeError::Cells { .. }) => Verdict::Refused,
            Err(DecodeError::Labels { .. }) => Verdict::Doubtful,
            _ => Verdict::Possible,
        },
    }
}
