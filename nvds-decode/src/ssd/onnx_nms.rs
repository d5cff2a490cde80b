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

use super::four::{four_numbers, one_by_one};
use crate::boxes::candidates::Candidates;
use crate::boxes::form::BoxForm;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{COORDINATE, Decoder, Input, LayerSpec, Plan, REAL, Usual, row_count, table};
use crate::tensor::DataType;

pub(super) static DECODER: Decoder = Decoder {
    name: "onnx-nms",
    format: Format::OnnxNms,
    description: "ONNX's NonMaxSuppression, TensorRT's EfficientNMS_ONNX_TRT",
    layers: &LAYERS,
    usual: |_| Usual::new(BoxForm::Xyxy, BoxUnits::NetworkPixels),
    check,
    decode,
    finish: None,
};

const SELECTED: usize = 0;
const BOXES: usize = 1;
const SCORES: usize = 2;

static LAYERS: [LayerSpec; 3] = [
    LayerSpec::new(
        Role::Detections,
        &["selected_indices"],
        &[DataType::Int32, DataType::Int64],
        "[M, 3]",
    ),
    LayerSpec::boxes(&["boxes"], COORDINATE),
    LayerSpec::new(
        Role::Scores,
        &["scores"],
        REAL,
        "[C, N] or [N, C] of another C than N",
    ),
];

/// The plan's sizes are the numbers of selected rows, boxes and classes, and 1 if the scores of a box
/// lie side by side.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = DECODER.resolve(input)?;
    let [selected, boxes, scores] = [SELECTED, BOXES, SCORES].map(|at| plan.layer(input, at));
    let rows = row_count(selected, 3).ok_or_else(|| DECODER.wrong_shape(SELECTED, selected))?;
    let count = row_count(boxes, 4).ok_or_else(|| DECODER.wrong_shape(BOXES, boxes))?;
    let (classes, by_box) = match table(scores) {
        Some((a, b)) if a != b && b == count => (a, false),
        Some((a, b)) if a != b && a == count => (b, true),
        _ => return Err(DECODER.wrong_shape(SCORES, scores)),
    };
    Ok(plan.with([rows, count, classes, usize::from(by_box)]))
}

fn decode(input: &Input<'_, '_>, plan: &Plan, _: &mut Scratch, out: &mut Candidates) {
    let (corners, activate) = one_by_one(&DECODER, input.layout);
    let [selected, boxes, scores] =
        [SELECTED, BOXES, SCORES].map(|at| plan.layer(input, at).data());
    let [rows, count, classes, by_box] = plan.sizes;
    // How far the scores of two classes of a box, and of two boxes, are apart.
    let strides = match by_box {
        0 => (count, 1),
        _ => (1, classes),
    };
    let mut last = None;
    for row in 0..rows {
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
        let score = inside(class, classes)
            .zip(inside(at, count))
            .and_then(|(class, at)| scores.value(class * strides.0 + at * strides.1))
            .unwrap_or(f64::NAN) as f32;
        out.push_listed(row, class, activate(score), || {
            let first = inside(at, count).map_or(usize::MAX / 8, |at| 4 * at);
            corners(four_numbers(&boxes, first))
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::boxes::policy::{NmsMode, Params};
    use crate::boxes::postprocess::Postprocessor;
    use crate::layout::Layout;
    use crate::letterbox::{Geometry, Padding, Size};
    use crate::tensor::TensorView;

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
