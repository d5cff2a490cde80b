//! Boxes that are decoded already, and a score for each class: what jetson-inference exports of
//! pytorch-ssd, and networks of its kind such as Ultra-Light-Fast-Generic-Face-Detector.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `boxes` | `[N, 4]` | x_min, y_min, x_max, y_max, 0 to 1 |
//! | `scores` | `[N, C]`, C 2 or more | 0 to 1, after a softmax; class 0 is the background |
//!
//! Box encodings and class predictions ([`raw`](super::raw)) have the same dimensions. What tells
//! the two apart are the names of both layers, that there are no anchors, or that the layout names
//! the format; else none of the two is taken.

use super::class_scores::{self, SCORES};
use super::four::four_numbers;
use super::raw;
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Corners;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{COORDINATE, Decoder, Input, LayerSpec, Plan, REAL, Usual};

pub(super) static DECODER: Decoder = Decoder {
    name: "pytorch-ssd",
    format: Format::PytorchSsd,
    description: "jetson-inference's pytorch-ssd: decoded boxes and class scores",
    layers: &LAYERS,
    usual: |_| Usual {
        background: Some(0),
        ..Usual::new(BoxForm::Xyxy, BoxUnits::Normalised)
    },
    check,
    decode,
    finish: None,
};

static LAYERS: [LayerSpec; 2] = [
    LayerSpec::boxes(&["boxes"], COORDINATE),
    LayerSpec::new(Role::Scores, &["scores"], REAL, "[N, C], C at least 2"),
];

fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let layout = input.layout;
    let plan = if layout.format == Some(Format::PytorchSsd) {
        class_scores::check(&DECODER, input, None)?
    } else {
        // Only those names mean these layers.
        let known = Input {
            layout: &Default::default(),
            ..*input
        };
        let named = DECODER.resolve(&known)?;
        if layout.raw().is_some() || !layout.layers.are_usual() {
            // What keeps them from being encodings says more, if there are anchors for them.
            let encodings = layout.raw().and_then(|_| raw::check(input).err());
            return Err(encodings.unwrap_or_else(|| DecodeError::TwoReadings {
                decoder: DECODER.name,
                boxes: named.layer(input, class_scores::BOXES).to_string(),
                scores: named.layer(input, SCORES).to_string(),
            }));
        }
        class_scores::check(&DECODER, &known, None)?
    };
    let background = DECODER.boxes(layout).background;
    if class_scores::columns(&plan) == 1 && background == Some(0) {
        return Err(DECODER.wrong_shape(SCORES, plan.layer(input, SCORES)));
    }
    Ok(plan)
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    let usual = DECODER.boxes(input.layout);
    let corners = usual.form.corners();
    let rows = plan.layer(input, class_scores::BOXES);
    let boxes = |row: usize| -> Corners {
        corners(match rows.slice::<f32>() {
            Some(rows) => rows.as_chunks::<4>().0[row],
            None => four_numbers(&rows.data(), 4 * row),
        })
    };
    class_scores::decode(input, plan, usual, scratch, out, boxes);
}
