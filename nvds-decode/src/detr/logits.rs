//! A prediction for each class of each query, and the queries' boxes.
//!
//! | format | layers | dimensions | meaning |
//! | --- | --- | --- | --- |
//! | `rtdetr` | `pred_logits` or `logits` | `[Q, C]` | logits of a sigmoid |
//! | `detr` | `pred_logits` or `logits` | `[Q, C + 1]` | logits of a softmax, the last one of no object |
//! | both | `pred_boxes` | `[Q, 4]` | centre x, centre y, width, height, 0 to 1 |
//! | `rfdetr` | `labels` | `[Q, C + 1]` | logits of a sigmoid, the last one of no object |
//! | `rfdetr` | `dets` | `[Q, 4]` | as above |
//!
//! The first two have the same names and dimensions. As many columns as labels are a sigmoid each, a
//! column more is a softmax; so is what the layout says of the activation. RF-DETR's checkpoints of
//! COCO have 91 columns, numbered by the data set's categories, and none for no object. As many columns
//! as labels have none either.

use super::best;
use super::official;
use super::pairs::{self, Predictions};
use crate::boxes::activation;
use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Corners;
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::boxes::scratch::Scratch;
use crate::error::DecodeError;
use crate::layout::{Activation, Background, Format, Layout, Role};
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual};
use crate::ssd::class_scores::blocks::Prediction;
use crate::ssd::class_scores::scan::AsFloat;
use crate::ssd::class_scores::{self, SCORES, signs};
use crate::ssd::four::four_numbers;
use crate::tensor::TensorView;

pub(super) static RTDETR: Decoder = Decoder {
    name: "rtdetr",
    format: Format::Rtdetr,
    description: "RT-DETR, D-FINE, DEIM, Deformable DETR: a sigmoid for each label",
    layers: &LAYERS,
    usual: |_| usual(Activation::Sigmoid),
    check: |input| {
        let plan = find(&RTDETR, input)?;
        let columns = class_scores::columns(&plan);
        let stated = input.layout.format == Some(Format::Rtdetr);
        let is_softmax = input.layout.activation == Some(Activation::Softmax);
        let fits = match input.layout.activation {
            Some(_) => !is_softmax,
            None => columns == 1 || input.layout.labels != Some(columns - 1),
        };
        if !(fits || stated) {
            return Err(wrong_columns(
                &RTDETR,
                input,
                &plan,
                "[Q, C] with a column for each of C labels",
            ));
        }
        // RT-DETR trained with a softmax has a class for no object.
        let last = (is_softmax && columns > 1).then(|| columns - 1);
        Ok(with_background(plan, input.layout, last))
    },
    decode: |input, plan, scratch, out| decode(&RTDETR, input, plan, scratch, out),
    finish: None,
};

pub(super) static DETR: Decoder = Decoder {
    name: "detr",
    format: Format::Detr,
    description: "DETR, YOLOS, Conditional DETR: a softmax, with a last column for no object",
    layers: &LAYERS_DETR,
    usual: |_| usual(Activation::Softmax),
    check: |input| {
        let plan = find(&DETR, input)?;
        let columns = class_scores::columns(&plan);
        let fits = match input.layout.activation {
            Some(activation) => activation == Activation::Softmax,
            None => input.layout.labels != Some(columns),
        };
        let stated = input.layout.format == Some(Format::Detr);
        if columns < 2 || !(fits || stated) {
            return Err(wrong_columns(&DETR, input, &plan, LAYERS_DETR[SCORES].dims));
        }
        Ok(with_background(plan, input.layout, Some(columns - 1)))
    },
    decode: |input, plan, scratch, out| decode(&DETR, input, plan, scratch, out),
    ..RTDETR
};

pub(super) static RFDETR: Decoder = Decoder {
    name: "rfdetr",
    format: Format::Rfdetr,
    description: "RF-DETR: dets, and logits called labels",
    layers: &LAYERS_RFDETR,
    check: |input| {
        let plan = match input.layout.format {
            Some(Format::Rfdetr) => class_scores::check(&RFDETR, input, None)?,
            _ => {
                // Only those names mean these layers.
                let known = with_usual_names(input);
                RFDETR.resolve(&known)?;
                class_scores::check(&RFDETR, &known, None)?
            }
        };
        let columns = class_scores::columns(&plan);
        let all = columns == COCO || columns == 1 || input.layout.labels == Some(columns);
        let last = (!all).then(|| columns - 1);
        Ok(with_background(plan, input.layout, last))
    },
    decode: |input, plan, scratch, out| decode(&RFDETR, input, plan, scratch, out),
    ..RTDETR
};

/// The categories of COCO, from 1 to 90, and an unused one in front.
const COCO: usize = 91;

const fn layers(
    boxes: &'static [&'static str],
    scores: &'static [&'static str],
    dims: &'static str,
) -> [LayerSpec; 2] {
    [
        LayerSpec::boxes(boxes, REAL),
        LayerSpec::new(Role::Scores, scores, REAL, dims),
    ]
}

static LAYERS: [LayerSpec; 2] = layers(&["pred_boxes"], &["pred_logits", "logits"], "[Q, C]");
static LAYERS_DETR: [LayerSpec; 2] = layers(
    &["pred_boxes"],
    &["pred_logits", "logits"],
    "[Q, C + 1] with a column for each of C labels and one for no object",
);
static LAYERS_RFDETR: [LayerSpec; 2] = layers(&["dets"], &["labels"], "[Q, C + 1]");

fn usual(activation: Activation) -> Usual {
    Usual {
        activation,
        nms: NmsMode::None,
        ..Usual::new(BoxForm::Xywh, BoxUnits::Normalised)
    }
}

fn with_usual_names<'t, 'a>(input: &Input<'t, 'a>) -> Input<'t, 'a> {
    static NOTHING: std::sync::OnceLock<Layout> = std::sync::OnceLock::new();
    Input {
        layout: NOTHING.get_or_init(Layout::default),
        ..*input
    }
}

/// The layers by name, or by their dimensions unless they are those of another decoder by name.
fn find(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let named = decoder.resolve(input).is_ok();
    let stated = input.layout.format == Some(decoder.format);
    if !named && !stated {
        let known = with_usual_names(input);
        let others = [&RFDETR, &official::DECODER];
        if others.iter().any(|other| other.resolve(&known).is_ok()) {
            return Err(decoder.missing(input));
        }
    }
    class_scores::check(decoder, input, None)
}

fn wrong_columns(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    expected: &'static str,
) -> DecodeError {
    let scores = plan.layer(input, SCORES);
    DecodeError::WrongShape {
        decoder: decoder.name,
        layer: scores.name().to_owned(),
        found: scores.dims().to_vec(),
        expected,
    }
}

/// The third size of a plan is 1 more than the column for no object, 0 if there is none.
fn with_background(plan: Plan, layout: &Layout, usual: Option<usize>) -> Plan {
    let column = match layout.background {
        Background::Usual => usual,
        Background::None => None,
        Background::Class(class) => usize::try_from(class).ok(),
    };
    let [rows, columns, _, _] = plan.sizes;
    let column = column.filter(|&column| column < columns);
    plan.with([rows, columns, column.map_or(0, |column| column + 1), 0])
}

fn decode(
    decoder: &Decoder,
    input: &Input<'_, '_>,
    plan: &Plan,
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let usual = decoder.boxes(input.layout);
    let scores = plan.layer(input, SCORES);
    let boxes = plan.layer(input, class_scores::BOXES);
    match scores.slice::<f32>() {
        Some(scores) => read(scores, boxes, usual, plan, scratch, out),
        None => {
            let scores = scores.slice().unwrap_or_default();
            read::<half::f16>(scores, boxes, usual, plan, scratch, out);
        }
    }
}

fn read<P: Prediction + AsFloat + Into<f32>>(
    scores: &[P],
    boxes: &TensorView<'_>,
    usual: Usual,
    plan: &Plan,
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let [_, columns, background, _] = plan.sizes;
    let predictions = Predictions {
        all: scores,
        columns,
        background: background.checked_sub(1),
    };
    let form = usual.form.corners();
    let rows = boxes.slice::<f32>().map(|rows| rows.as_chunks::<4>().0);
    let corners = |query: usize| -> Corners {
        form(match rows {
            Some(rows) => rows[query],
            None => four_numbers(&boxes.data(), 4 * query),
        })
    };
    // A last column that is no class is none beyond the labels.
    out.note_columns((columns - usize::from(background == columns)) as u32);
    if let Some(doubt) = signs::activated(scores, columns, usual.activation) {
        out.doubt(doubt);
    }
    if usual.activation == Activation::Softmax {
        best::of_softmax(&predictions, &mut scratch.floats, out, corners);
        return;
    }
    let limit = activation::least(usual.activation, out.least_threshold());
    let activate = activation::of_one(usual.activation).unwrap_or(|score| score);
    pairs::decode(
        &predictions,
        limit,
        activate,
        (&mut scratch.pairs, &mut scratch.floats),
        out,
        corners,
    );
}
