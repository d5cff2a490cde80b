//! What ONNX's `NonMaxSuppression` or TensorRT's `EfficientNMS_ONNX_TRT` selected, beside the
//! boxes and scores that it selected from.
//!
//! | layer | dimensions | meaning |
//! | --- | --- | --- |
//! | `selected_indices` | `[M, 3]`, INT32 or INT64 | image, class, box |
//! | `boxes` | `[N, 4]` | corners in network pixels, x before y unless stated |
//! | `scores` | `[C, N]` or `[N, C]` | 0 to 1 |
//!
//! The selection alone has neither box nor score, so both must be outputs of the network too. Their
//! dimensions tell which way round the scores are; as many classes as boxes are refused. TensorRT
//! fills unused rows with a copy of the last one, other exporters with -1.

use super::four::{self, activation_of_one};
use super::{COORDINATE, DataType, Decoder, Input, LayerSpec, REAL, Usual, row_count};
use crate::boxes::candidates::Candidates;
use crate::error::DecodeError;
use crate::layout::{BoxOrder, Format, Role};
use crate::letterbox::BoxUnits;
use crate::tensor::TensorView;

pub(super) static DECODER: Decoder = Decoder {
    name: "onnx-nms",
    format: Format::OnnxNms,
    description: "ONNX's NonMaxSuppression, TensorRT's EfficientNMS_ONNX_TRT",
    layers: &LAYERS,
    usual: Usual::new(BoxOrder::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
};

const SELECTED: usize = 0;
const BOXES: usize = 1;
const SCORES: usize = 2;

static LAYERS: [LayerSpec; 3] = [
    LayerSpec {
        role: Role::Detections,
        names: &["selected_indices"],
        types: &[DataType::Int32, DataType::Int64],
        dims: "[M, 3]",
        optional: false,
    },
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
        dims: "[C, N] or [N, C] of another C than N",
        optional: false,
    },
];

struct Layers<'a> {
    selected: TensorView<'a>,
    rows: usize,
    boxes: TensorView<'a>,
    count: usize,
    scores: TensorView<'a>,
    /// How far the scores of two classes of a box, and of two boxes, are apart.
    strides: (usize, usize),
    classes: usize,
}

fn layers<'a>(input: &Input<'_, 'a>) -> Result<Layers<'a>, DecodeError> {
    let [selected, boxes, scores] = DECODER.resolve(input)?;
    let rows = row_count(&selected, 3).ok_or_else(|| DECODER.wrong_shape(SELECTED, &selected))?;
    let count = row_count(&boxes, 4).ok_or_else(|| DECODER.wrong_shape(BOXES, &boxes))?;
    let (strides, classes) = match *scores.dims() {
        [ref leading @ .., a, b] if leading.iter().all(|&size| size == 1) && a != b => {
            match (a == count, b == count) {
                (false, true) => ((b, 1), a),
                (true, false) => ((1, b), b),
                _ => return Err(DECODER.wrong_shape(SCORES, &scores)),
            }
        }
        _ => return Err(DECODER.wrong_shape(SCORES, &scores)),
    };
    Ok(Layers {
        selected,
        rows,
        boxes,
        count,
        scores,
        strides,
        classes,
    })
}

fn check(input: &Input<'_, '_>) -> Result<(), DecodeError> {
    layers(input).map(drop)
}

fn decode(input: &Input<'_, '_>, out: &mut Candidates) -> Result<(), DecodeError> {
    let found = layers(input)?;
    let usual = DECODER.boxes(input.layout);
    out.boxes_in(usual.units);
    let corners = four::corners(usual.order);
    let activate = activation_of_one(usual.activation).unwrap_or(|score| score);
    let (selected, boxes, scores) = (
        found.selected.data(),
        found.boxes.data(),
        found.scores.data(),
    );
    let mut last = None;
    for row in 0..found.rows {
        let triple = [0, 1, 2].map(|k| selected.value(3 * row + k).unwrap_or(f64::NAN));
        let [image, class, at] = triple;
        if image < 0.0 || last.replace(triple) == Some(triple) {
            continue;
        }
        let inside = |number: f64, end: usize| {
            (0.0..end as f64)
                .contains(&number)
                .then_some(number as usize)
        };
        // An index that leads nowhere has no score.
        let score = inside(class, found.classes)
            .zip(inside(at, found.count))
            .and_then(|(class, at)| scores.value(class * found.strides.0 + at * found.strides.1))
            .unwrap_or(f64::NAN) as f32;
        out.push_listed(class, activate(score), || {
            let first = inside(at, found.count).map_or(usize::MAX / 8, |at| 4 * at);
            corners([0, 1, 2, 3].map(|k| boxes.value(first + k).unwrap_or(f64::NAN) as f32))
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::boxes::policy::{NmsMode, Params};
    use crate::boxes::postprocess::Postprocessor;
    use crate::layout::Layout;
    use crate::letterbox::{Geometry, Padding, Size};

    /// Without another suppression, which would hide it.
    #[test]
    fn a_row_that_is_repeated_is_one_detection() {
        let selected = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let boxes = [1.0f32, 1.0, 50.0, 50.0, 20.0, 20.0, 90.0, 90.0];
        let tensors = [
            TensorView::new("selected_indices", &[4, 3], &selected[..]).unwrap(),
            TensorView::new("boxes", &[2, 4], &boxes[..]).unwrap(),
            TensorView::new("scores", &[1, 2], &[0.6f32, 0.9][..]).unwrap(),
        ];
        let size = Size::new(100, 100);
        let geometry = Geometry::new(size, size, Padding::Stretch).unwrap();
        let params = Params {
            nms_mode: NmsMode::None,
            ..Params::default()
        };
        let mut postprocessor = Postprocessor::with_decoder(&DECODER, Arc::<Layout>::default());
        let found = postprocessor.run(&tensors, &geometry, &params).unwrap();
        let scores: Vec<f32> = found.iter().map(|found| found.score).collect();
        assert_eq!(scores, [0.9, 0.6]);
    }
}
