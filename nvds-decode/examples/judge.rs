//! Decodes a case of reference tensors and prints what was found, as one JSON object.
//!
//! ```sh
//! cargo run --release -p nvds-decode --example judge -- CASE.json [--format NAME] [--nms MODE]
//! ```
//!
//! `CASE.json` has `network` (width and height of the input), `classes` (how many labels there are) and
//! `params` (`score_threshold`, `iou_threshold`, `mode`, `max`); the layers are in `CASE.safetensors`.
//! The frame is as large as the network's input, and boxes that cross its edge are not clipped, but for DeepStream-Yolo's layouts: its parsers clip
//! boxes and drop those under a pixel before any suppresses another. Fields
//! of the object: `layout`, what the layers were taken for; `detections`, rows x1, y1, x2, y2, score,
//! class and, of networks that have one, angle, best first; `keypoints`, for each detection rows x, y,
//! confidence; `masks`, of networks of masks, for each detection `dims` (height, width), `area` (how many cells belong
//! to it) and `runs` (lengths of the runs, row by row, the first one of zeros, as text): in cells of the prototypes, as
//! ultralytics makes them, and in `masks_full` in pixels of the input; `masks_of_boxes`, the masks as they are attached,
//! each cut to its box, and their values' `sum`, which are `masks` of networks that cut them themselves; `doubts`, what of the numbers hardly can be what it was taken for; or `error`. MODE is
//! `class`, `agnostic`, `none`, `weighted` or `fast`; the layout's usual one unless stated.
//!
//! Of a case of another family, which its field `family` tells, the fields are `classes`, rows class, score, best first, or
//! head, class, score where there are several; `text`, `indices` and `mean_probability`; `embedding`, a row for each of the
//! batch, with `norms` and `cosine`; and those that the case has of its own.
#![allow(unused_crate_dependencies)] // of the library and its tests

#[path = "../tests/answers/mod.rs"]
mod answers;
#[path = "../tests/judge/mod.rs"]
mod judge;

use std::path::Path;
use std::process::ExitCode;

use judge::{Answer, Bits, Case};
use nvds_decode::KeyPoint;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut case, mut format, mut nms) = (None, None, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--format" => format = arguments.next(),
            "--nms" => nms = arguments.next(),
            _ => case = Some(argument),
        }
    }
    let Some(case) = case else {
        eprintln!("usage: judge CASE.json [--format NAME] [--nms MODE]");
        return ExitCode::from(2);
    };
    match answers::answer(Path::new(&case)) {
        Ok(None) => {}
        Ok(Some(answer)) => {
            println!("{answer}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            println!("{}", json!({ "error": error }));
            return ExitCode::SUCCESS;
        }
    }
    let answer = Case::load(Path::new(&case)).and_then(|mut case| {
        if let Some(mode) = &nms {
            case.suppress(mode)?;
        }
        case.decode(format.as_deref())
    });
    match answer {
        Ok(answer) => println!("{}", object(&answer)),
        Err(error) => println!("{}", json!({ "error": error })),
    }
    ExitCode::SUCCESS
}

/// Height and width of a mask, and the lengths of its runs.
fn bits(mask: &Bits) -> Value {
    json!({
        "dims": [mask.size.height, mask.size.width],
        "area": mask.area(),
        "runs": mask.runs(),
    })
}

fn object(answer: &Answer) -> Value {
    let row = |(index, found): (usize, &nvds_decode::Detection)| {
        let b = found.bbox;
        let sides = [
            b.left,
            b.top,
            b.left + b.width,
            b.top + b.height,
            found.score,
        ];
        let mut row: Vec<Value> = sides.map(|side| json!(f64::from(side))).to_vec();
        row.push(json!(found.class_id));
        row.extend(
            answer
                .extras
                .angles
                .get(index)
                .map(|&angle| json!(f64::from(angle))),
        );
        Value::Array(row)
    };
    let detections: Vec<Value> = answer.detections.iter().enumerate().map(row).collect();
    let points = |index: usize| -> Vec<[f64; 3]> {
        let points = answer.extras.key_points_of(index).iter();
        points
            .map(KeyPoint::sound) // as it is attached
            .map(|p| [p.x, p.y, p.confidence].map(f64::from))
            .collect()
    };
    let mut object = json!({ "layout": answer.layout, "detections": detections });
    if !answer.doubts.is_empty() {
        let all: Vec<String> = answer
            .doubts
            .iter()
            .map(|doubt| format!("{doubt:?}"))
            .collect();
        object["doubts"] = json!(all);
    }
    if answer.extras.per_detection > 0 {
        let all: Vec<_> = (0..answer.detections.len()).map(points).collect();
        object["keypoints"] = json!(all);
    }
    let (low, full) = &answer.masks;
    if !low.is_empty() {
        object["masks"] = low.iter().map(bits).collect();
        object["masks_full"] = full.iter().map(bits).collect();
    }
    let cut: Vec<Value> = (0..answer.detections.len())
        .map_while(|index| answer.extras.mask_of(index))
        .map(|(values, size)| {
            let mut cut = bits(&Bits {
                size,
                bits: values.iter().map(|&value| value > 0.5).collect(),
            });
            cut["sum"] = json!(values.iter().copied().map(f64::from).sum::<f64>());
            cut
        })
        .collect();
    if !cut.is_empty() {
        object["masks_of_boxes"] = json!(cut);
        if low.is_empty() {
            object["masks"] = object["masks_of_boxes"].clone();
        }
    }
    object
}
