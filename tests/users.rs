//! What users of well-known exports write: a line with one parser and a labels file.

mod common;
#[path = "users/python.rs"]
mod python;

use common::*;
use safetensors::tensor::{Dtype, TensorView};

const LABELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pipelines/config/coco.txt");

/// A layer: name, dimensions, numbers.
type Head<'a> = (&'a str, &'a [usize], Vec<f32>);

/// A recording of one frame, without anything said of the network.
fn recording(name: &str, heads: &[Head<'_>]) -> TempFile {
    let bytes: Vec<Vec<u8>> = heads
        .iter()
        .map(|(.., values)| values.iter().flat_map(|v| v.to_le_bytes()).collect())
        .collect();
    let tensors = heads.iter().zip(&bytes).map(|((name, dims, _), bytes)| {
        let view = TensorView::new(Dtype::F32, dims.to_vec(), bytes).unwrap();
        (format!("f0.u1.{name}"), view)
    });
    let file = safetensors::serialize(tensors, None).unwrap();
    let path = TempFile::new(&format!("{name}.safetensors"), "");
    std::fs::write(path.path(), file).unwrap();
    path
}

/// Label, score in hundredths and rectangle of the objects on a frame of 1920x1080, by a line with
/// this element.
fn found(name: &str, heads: &[Head<'_>], element: &str) -> Vec<(String, u32, [i32; 4])> {
    let file = recording(name, heads);
    let mut rig = Rig::new(&format!(
        "rstensorreplay location={} on-end=loop network-width=640 network-height=640 ! {element}",
        file.path()
    ));
    let mut seen = Vec::new();
    for _ in 0..2 {
        let out = rig.process(buffer(1, |_, _| ()));
        seen = objects(&out).remove(0);
    }
    assert_eq!(rig.warnings(), [""; 0], "{name}");
    let mut seen: Vec<_> = seen
        .into_iter()
        .map(|o| {
            let score = (100.0 * o.confidence).round() as u32;
            (o.label, score, o.rect.map(|side| side.round() as i32))
        })
        .collect();
    seen.sort();
    seen
}

/// A car in the middle and a person beside it, with their classes in COCO.
fn expected() -> Vec<(String, u32, [i32; 4])> {
    vec![
        ("car".to_owned(), 90, [480, 270, 960, 540]),
        ("person".to_owned(), 80, [192, 270, 96, 540]),
    ]
}

/// Centre x, centre y, width and height in network pixels, score and class.
const SEEN: [([f32; 4], f32, usize); 2] = [
    ([320.0, 320.0, 320.0, 320.0], 0.9, 2),
    ([80.0, 320.0, 32.0, 320.0], 0.8, 0),
];

/// ultralytics: `yolo export model=yolo11n.pt format=onnx`.
#[test]
fn output0_of_ultralytics() {
    let cells = 8400;
    let mut values = vec![0.0; 84 * cells];
    for (column, (sides, score, class)) in SEEN.into_iter().enumerate() {
        // Neighbouring cells see the same, a little less surely.
        for near in 0..3 {
            let column = 100 * column + near;
            for (row, side) in sides.into_iter().enumerate() {
                values[row * cells + column] = side + near as f32;
            }
            values[(4 + class) * cells + column] = score - 0.1 * near as f32;
        }
    }
    let heads = [("output0", &[84, cells][..], values)];
    let line = format!("rsyoloparser labels-file={LABELS}");
    assert_eq!(found("ultralytics", &heads, &line), expected());
}

/// DeepStream-Yolo: `export_yolo11.py`, in the place of its library.
#[test]
fn output_of_deepstream_yolo() {
    let mut values = vec![0.0; 8400 * 6];
    for (row, ([x, y, width, height], score, class)) in SEEN.into_iter().enumerate() {
        for near in 0..3 {
            let left = x - width / 2.0 + near as f32;
            let top = y - height / 2.0;
            let row = 100 * row + near;
            values[6 * row..6 * row + 6].copy_from_slice(&[
                left,
                top,
                left + width,
                top + height,
                score - 0.1 * near as f32,
                class as f32,
            ]);
        }
    }
    let heads = [("output", &[8400, 6][..], values)];
    let line = format!("rsyoloparser labels-file={LABELS}");
    assert_eq!(found("deepstream-yolo", &heads, &line), expected());
}

/// Hugging Face's RT-DETR: `logits` of 80 classes, `pred_boxes`.
#[test]
fn logits_of_rt_detr() {
    let (mut logits, mut boxes) = (vec![-7.0; 300 * 80], vec![0.5; 300 * 4]);
    for (query, (sides, score, class)) in SEEN.into_iter().enumerate() {
        logits[80 * query + class] = (score / (1.0 - score)).ln();
        let sides = sides.map(|side| side / 640.0);
        boxes[4 * query..4 * query + 4].copy_from_slice(&sides);
    }
    let heads = [
        ("logits", &[300, 80][..], logits),
        ("pred_boxes", &[300, 4][..], boxes),
    ];
    let line = format!("rsdetrparser labels-file={LABELS}");
    assert_eq!(found("rt-detr", &heads, &line), expected());
}

/// RF-DETR, fine-tuned for 80 classes: `dets`, and 81 logits called `labels`.
#[test]
fn dets_of_rf_detr() {
    let (mut logits, mut boxes) = (vec![-7.0; 300 * 81], vec![0.5; 300 * 4]);
    for (query, (sides, score, class)) in SEEN.into_iter().enumerate() {
        logits[81 * query + class] = (score / (1.0 - score)).ln();
        // The last column is no object.
        logits[81 * query + 80] = 3.0;
        let sides = sides.map(|side| side / 640.0);
        boxes[4 * query..4 * query + 4].copy_from_slice(&sides);
    }
    let heads = [
        ("dets", &[300, 4][..], boxes),
        ("labels", &[300, 81][..], logits),
    ];
    let line = format!("rsdetrparser labels-file={LABELS}");
    assert_eq!(found("rf-detr", &heads, &line), expected());
}
