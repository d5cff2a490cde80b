//! A row or column for each anchor: box, a score for each class, angle. See [`super`].

use half::f16;

use crate::boxes::candidates::Candidates;
use crate::boxes::detection::Corners;
use crate::boxes::form::BoxForm;
use crate::boxes::policy::NmsMode;
use crate::boxes::scratch::Scratch;
use crate::error::{DecodeError, Reading, describe};
use crate::layout::{Format, Role};
use crate::letterbox::BoxUnits;
use crate::select::{Decoder, Input, LayerSpec, Plan, REAL, Usual, table as dimensions};
use crate::yolo::cells::{Cells, expected};
use crate::yolo::labels::by_name;
use crate::yolo::table::{self, Number, Scores, Table};

pub(crate) static DECODER: Decoder = Decoder {
    name: "yolo-obb",
    format: Format::YoloObb,
    description: "YOLOv8, 11 and 26 of turned boxes: a score for each class, and an angle",
    layers: &LAYERS,
    usual: |_| Usual {
        nms: NmsMode::Fast,
        ..Usual::new(BoxForm::Xywh, BoxUnits::NetworkPixels)
    },
    check,
    decode,
    finish: None,
};

static LAYERS: [LayerSpec; 1] = [LayerSpec::new(
    Role::Detections,
    &["output0", "output"],
    REAL,
    "[4+C+1, N] or [N, 4+C+1]",
)];

/// A layer by the names of a decoder, or the only one.
pub(super) fn find(decoder: &Decoder, input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    match (decoder.resolve(input), input.tensors) {
        (Err(DecodeError::MissingLayer { .. }), [only])
            if input.layout.layers.get(Role::Detections).is_none() =>
        {
            decoder.check_type(only, &decoder.layers[0])?;
            Ok(Plan::of(&[0]))
        }
        (found, _) => found,
    }
}

/// The plan's sizes are the numbers of anchors and channels, and 1 if a channel's numbers lie side by side.
fn check(input: &Input<'_, '_>) -> Result<Plan, DecodeError> {
    let plan = find(&DECODER, input)?;
    let tensor = plan.layer(input, 0);
    let (rows, columns) = dimensions(tensor).ok_or_else(|| DECODER.wrong_shape(0, tensor))?;
    let strides = &input.layout.yolo().strides[..];
    let cells = |anchors| Cells::of(input.network, strides, anchors).is_some_and(|(_, n)| n == 1);
    let stated = input.layout.format == Some(Format::YoloObb);
    let of_labels = |side: usize| input.layout.labels.is_some_and(|labels| labels + 5 == side);
    let by_channel = match (cells(columns), cells(rows)) {
        (true, false) => true,
        (false, true) => false,
        // Both are numbers of cells: the labels tell.
        (true, true) if of_labels(rows) != of_labels(columns) => of_labels(rows),
        // Of neither, or of both, the longer side is that of the anchors.
        _ if stated && rows != columns => rows < columns,
        _ => {
            return Err(DecodeError::Cells {
                decoder: DECODER.name,
                layer: tensor.to_string(),
                width: input.network.width,
                height: input.network.height,
                expected: expected(input.network, strides),
            });
        }
    };
    let (channels, anchors) = if by_channel {
        (rows, columns)
    } else {
        (columns, rows)
    };
    if !(6..u16::MAX.into()).contains(&channels) {
        return Err(DECODER.wrong_shape(0, tensor));
    }
    if !stated {
        by_name(&DECODER, tensor)?;
        if !by_channel {
            // Whoever exports them so gives the format: YOLOv5 and YOLOX have an objectness there.
            return Err(DECODER.wrong_shape(0, tensor));
        }
        match input.layout.labels {
            Some(labels) if labels == channels - 5 => (),
            Some(labels) => {
                return Err(DecodeError::Labels {
                    decoder: DECODER.name,
                    layer: tensor.to_string(),
                    found: channels - 5,
                    labels,
                });
            }
            // Most heads of these dimensions have one class more instead.
            None => return Err(unlabelled(input)),
        }
    }
    Ok(plan.with([anchors, channels, usize::from(by_channel), 0]))
}

/// Without labels nothing tells an angle from the score of another class.
fn unlabelled(input: &Input<'_, '_>) -> DecodeError {
    DecodeError::Ambiguous {
        found: describe(input.tensors),
        readings: vec![
            Reading::of(Format::Yolov8, "a score for each class"),
            Reading::of(Format::YoloObb, "the same, and an angle"),
        ],
    }
}

fn decode(input: &Input<'_, '_>, plan: &Plan, scratch: &mut Scratch, out: &mut Candidates) {
    out.boxes_are_turned();
    let tensor = plan.layer(input, 0);
    match tensor.slice::<f32>() {
        Some(data) => read(data, input, plan, scratch, out),
        None => {
            let data = tensor.slice::<f16>().unwrap_or_default();
            read(data, input, plan, scratch, out);
        }
    }
}

fn read<T: Number>(
    data: &[T],
    input: &Input<'_, '_>,
    plan: &Plan,
    scratch: &mut Scratch,
    out: &mut Candidates,
) {
    let usual = DECODER.boxes(input.layout);
    let form = usual.form.corners();
    let [anchors, channels, by_channel, _] = plan.sizes;
    let table = Table {
        data,
        anchors,
        channels,
        by_channel: by_channel == 1,
    };
    let scores = Scores {
        objectness: None,
        classes: 4..channels - 1,
        activation: usual.activation,
        multi_label: input.layout.yolo().multi_label,
        first: 0,
    };
    table::push(&table, &scores, scratch, out, |anchor| Corners {
        angle: table.get(anchor, channels - 1),
        ..form(table.four(anchor, 0))
    });
}
