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

use super::class_scores::{self, Pair, SCORES};
use super::{COORDINATE, Decoder, Input, LayerSpec, REAL, Usual, raw};
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Corners;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;

pub(super) static DECODER: Decoder = Decoder {
    name: "pytorch-ssd",
    format: Format::PytorchSsd,
    description: "jetson-inference's pytorch-ssd: decoded boxes and class scores",
    layers: &LAYERS,
    usual: Usual {
        background: Some(0),
        ..Usual::new(BoxOrder::Xyxy, BoxUnits::Normalised)
    },
    check,
    decode,
};

static LAYERS: [LayerSpec; 2] = [
    LayerSpec {
        role: Role::Boxes,
        names: &["boxes"],
        types: COORDINATE,
        dims: "[N, 4] or [1, N, 4]",
        optional: false,
    },
    LayerSpec {
        role: Role::Scores,
        names: &["scores"],
        types: REAL,
        dims: "[N, C], C at least 2",
        optional: false,
    },
];

fn layers<'a>(input: &Input<'_, 'a>) -> Result<Pair<'a>, DecodeError> {
    let layout = input.layout;
    let pair = if layout.format == Some(Format::PytorchSsd) {
        class_scores::pair(&DECODER, input, None)?
    } else {
        // Only those names mean these layers.
        let known = Input {
            layout: &Default::default(),
            ..*input
        };
        let [boxes, scores] = DECODER.resolve(&known)?;
        if layout.raw.is_some() || !layout.layers.are_usual() {
            // What keeps them from being encodings says more, if there are anchors for them.
            let encodings = layout.raw.as_ref().and_then(|_| raw::check(input).err());
            return Err(encodings.unwrap_or_else(|| DecodeError::TwoReadings {
                decoder: DECODER.name,
                boxes: boxes.to_string(),
                scores: scores.to_string(),
            }));
        }
        class_scores::pair(&DECODER, &known, None)?
    };
    let background = DECODER.boxes(layout).background;
    if pair.columns == 1 && background == Some(0) {
        return Err(DECODER.wrong_shape(SCORES, &pair.scores));
    }
    Ok(pair)
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let pair = layers(input)?;
    let usual = DECODER.boxes(input.layout);
    let corners = super::four::corners(usual.order);
    let boxes = |row: usize| -> Corners {
        corners(match pair.boxes.slice::<f32>() {
            Some(rows) => rows.as_chunks::<4>().0[row],
            None => {
                let data = pair.boxes.data();
                [0, 1, 2, 3].map(|k| data.value(4 * row + k).unwrap_or(f64::NAN) as f32)
            }
        })
    };
    class_scores::decode(&pair, usual, input.layout, out, boxes);
    Ok(())
}
