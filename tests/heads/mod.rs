//! Output layers of networks with an input of 320x320 that saw two objects.
#![allow(dead_code)] // each test program uses a part

use nvds_decode::Format;

/// Side of the network's input, in pixels.
pub const SIDE: usize = 320;
/// Left, top, right and bottom of the two objects, in network pixels: class 2 with 0.9, class 7 with 0.6.
pub const BOXES: [[f32; 4]; 2] = [[32.0, 64.0, 96.0, 160.0], [160.0, 160.0, 320.0, 256.0]];
pub const SCORES: [f32; 2] = [0.9, 0.6];
pub const CLASSES: [usize; 2] = [2, 7];
/// The networks have so many classes.
pub const CLASS_COUNT: usize = 10;
/// Left, top, width and height of the objects in a frame of 1920x1080 that was stretched.
pub const RECTS: [[i32; 4]; 2] = [[192, 216, 384, 324], [960, 540, 960, 324]];
const STRIDES: [usize; 3] = [8, 16, 32];

/// A layer: name, dimensions, numbers.
pub struct Head {
    pub name: String,
    pub dims: Vec<usize>,
    pub values: Vec<f32>,
}

pub fn head(name: &str, dims: &[usize], values: Vec<f32>) -> Head {
    assert_eq!(dims.iter().product::<usize>(), values.len(), "{name}");
    Head {
        name: name.to_owned(),
        dims: dims.to_vec(),
        values,
    }
}

/// How many cells there are.
pub fn cells() -> usize {
    STRIDES.iter().map(|stride| (SIDE / stride).pow(2)).sum()
}

/// Column and row of the cell in which an object's centre is, of the coarsest level, and its number.
fn cell_of(index: usize) -> (usize, usize, usize) {
    let [x, y, ..] = centred(BOXES[index]).map(|side| (side / 32.0) as usize);
    let before: usize = cells() - 100;
    (x, y, before + 10 * y + x)
}

/// Centre and size.
pub fn centred([left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
    [
        0.5 * (left + right),
        0.5 * (top + bottom),
        right - left,
        bottom - top,
    ]
}

/// A table of `rows` rows, in which the objects have theirs where `place` says.
fn table(
    rows: usize,
    columns: usize,
    place: impl Fn(usize) -> usize,
    row: impl Fn(usize) -> Vec<f32>,
) -> Vec<f32> {
    let mut values = vec![0.0; rows * columns];
    for index in 0..BOXES.len() {
        let first = place(index) * columns;
        values[first..first + columns].copy_from_slice(&row(index));
    }
    values
}

fn class_scores(index: usize, others: f32, score: f32) -> Vec<f32> {
    let mut scores = vec![others; CLASS_COUNT];
    scores[CLASSES[index]] = score;
    scores
}

pub fn transposed(rows: usize, columns: usize, values: &[f32]) -> Vec<f32> {
    let places = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    places.map(|place| values[place]).collect()
}

/// `[N, 4+C]`, a row for each cell: YOLOv8 the other way round.
pub fn yolov8_rows(extras: usize) -> (usize, usize, Vec<f32>) {
    let columns = 4 + CLASS_COUNT + extras;
    let values = table(
        cells(),
        columns,
        |i| cell_of(i).2,
        |i| {
            let rest = vec![0.7; extras];
            [
                &centred(BOXES[i])[..],
                &class_scores(i, 0.01, SCORES[i]),
                &rest,
            ]
            .concat()
        },
    );
    (cells(), columns, values)
}

/// `[4+C, N]` called `output0`, as ultralytics exports it.
pub fn yolov8() -> Vec<Head> {
    let (rows, columns, values) = yolov8_rows(0);
    vec![head(
        "output0",
        &[columns, rows],
        transposed(rows, columns, &values),
    )]
}

/// `[4+C+1, N]`: the same with the objects' angles in radians, the last channel.
pub fn yolo_obb(angles: [f32; 2]) -> Vec<Head> {
    let (rows, columns, mut values) = yolov8_rows(1);
    for row in values.chunks_exact_mut(columns) {
        row[columns - 1] = 0.0;
    }
    for (index, angle) in angles.into_iter().enumerate() {
        values[cell_of(index).2 * columns + columns - 1] = angle;
    }
    let values = transposed(rows, columns, &values);
    vec![head("output0", &[columns, rows], values)]
}

/// x, y and confidence of 17 points of an object: the middle of its box and points below it, of 0.8.
pub fn points(index: usize) -> Vec<f32> {
    let [x, y, ..] = centred(BOXES[index]);
    (0..17).flat_map(|at| [x, y + at as f32, 0.8]).collect()
}

fn pose_rows() -> Vec<f32> {
    let row = |i: usize| [&centred(BOXES[i])[..], &[SCORES[i]], &points(i)].concat();
    table(cells(), 56, |i| cell_of(i).2, row)
}

/// `[56, N]`, of one class.
pub fn yolo_pose() -> Vec<Head> {
    let values = transposed(cells(), 56, &pose_rows());
    vec![head("output0", &[56, cells()], values)]
}

fn deepstream_yolo_pose() -> Vec<Head> {
    let row = |i: usize| [&BOXES[i][..], &[SCORES[i]], &points(i)].concat();
    let values = table(cells(), 56, |i| cell_of(i).2, row);
    vec![head("output", &[cells(), 56], values)]
}

/// `[4+C+8, N]` and 8 prototypes, of which the first is 1 on the left half of the picture and -1 on the other; the
/// objects' masks are that, and the opposite.
pub fn yolo_seg() -> Vec<Head> {
    let (rows, columns, mut values) = yolov8_rows(8);
    for (row, numbers) in values.chunks_exact_mut(columns).enumerate() {
        let sign = if row == cell_of(0).2 { 4.0 } else { -4.0 };
        numbers[columns - 8..].copy_from_slice(&[sign, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
    let first = (0..80 * 80).map(|at| if at % 80 < 40 { 1.0 } else { -1.0 });
    let mut prototypes: Vec<f32> = first.collect();
    prototypes.resize(8 * 80 * 80, 3.0);
    vec![
        head(
            "output0",
            &[columns, rows],
            transposed(rows, columns, &values),
        ),
        head("output1", &[8, 80, 80], prototypes),
    ]
}

fn deepstream_yolo_seg() -> Vec<Head> {
    let of = |columns, row: &dyn Fn(usize) -> Vec<f32>| table(50, columns, |i| i, row);
    vec![
        head("boxes", &[50, 4], of(4, &|i| BOXES[i].to_vec())),
        head("scores", &[50, 1], of(1, &|i| vec![SCORES[i]])),
        head("classes", &[50, 1], of(1, &|i| vec![CLASSES[i] as f32])),
        head(
            "masks",
            &[50, 2, 3],
            of(6, &|i| vec![0.0, 0.25, 1.0, 0.75, 0.5, i as f32]),
        ),
    ]
}

fn yolov5() -> Vec<Head> {
    let columns = 5 + CLASS_COUNT;
    // Objectness and class score make the score.
    let values = table(
        3 * cells(),
        columns,
        |i| cell_of(i).2,
        |i| {
            let scores = class_scores(i, 0.01, SCORES[i] / 0.95);
            [&centred(BOXES[i])[..], &[0.95], &scores].concat()
        },
    );
    vec![head("output0", &[3 * cells(), columns], values)]
}

fn yolox() -> Vec<Head> {
    let columns = 5 + CLASS_COUNT;
    let values = table(
        cells(),
        columns,
        |i| cell_of(i).2,
        |i| {
            let (column, row, _) = cell_of(i);
            let [x, y, width, height] = centred(BOXES[i]).map(|side| side / 32.0);
            let place = [x - column as f32, y - row as f32, width.ln(), height.ln()];
            let scores = class_scores(i, 0.01, SCORES[i] / 0.95);
            [&place[..], &[0.95], &scores].concat()
        },
    );
    vec![head("output", &[cells(), columns], values)]
}

/// Corners, score and class of each object.
fn row_of_six(i: usize) -> Vec<f32> {
    [&BOXES[i][..], &[SCORES[i], CLASSES[i] as f32]].concat()
}

/// `[N, 6]`, as DeepStream-Yolo exports it.
pub fn deepstream_yolo() -> Vec<Head> {
    let values = table(cells(), 6, |i| cell_of(i).2, row_of_six);
    vec![head("output", &[cells(), 6], values)]
}

/// Boxes, scores and classes in layers of their own.
fn three(form: fn([f32; 4]) -> [f32; 4]) -> Vec<Head> {
    let of =
        |columns, row: &dyn Fn(usize) -> Vec<f32>| table(cells(), columns, |i| cell_of(i).2, row);
    vec![
        head("boxes", &[cells(), 4], of(4, &|i| form(BOXES[i]).to_vec())),
        head("scores", &[cells(), 1], of(1, &|i| vec![SCORES[i]])),
        head(
            "classes",
            &[cells(), 1],
            of(1, &|i| vec![CLASSES[i] as f32]),
        ),
    ]
}

fn yolo_nas() -> Vec<Head> {
    let scores = table(
        cells(),
        CLASS_COUNT,
        |i| cell_of(i).2,
        |i| class_scores(i, 0.01, SCORES[i]),
    );
    let boxes = table(cells(), 4, |i| cell_of(i).2, |i| BOXES[i].to_vec());
    vec![
        head("pred_scores", &[cells(), CLASS_COUNT], scores),
        head("pred_bboxes", &[cells(), 4], boxes),
    ]
}

/// Distances from the centre of the cell as distributions over bins, in cells.
fn distances(i: usize, bins: usize) -> Vec<f32> {
    let (column, row, _) = cell_of(i);
    let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
    let [left, top, right, bottom] = BOXES[i].map(|side| side / 32.0);
    let mut all = Vec::new();
    for distance in [x - left, y - top, right - x, bottom - y] {
        let (whole, part) = (distance.floor(), distance.fract());
        let mut logits = vec![-50.0; bins];
        logits[whole as usize] = (1.0 - part).ln().max(-50.0);
        logits[whole as usize + 1] = part.ln().max(-50.0);
        all.extend(logits);
    }
    all
}

fn nanodet() -> Vec<Head> {
    let mut layers = Vec::new();
    for stride in STRIDES {
        let count = (SIDE / stride).pow(2);
        let coarsest = stride == 32;
        let place = |i| cell_of(i).2 - (cells() - 100);
        let (mut scores, mut boxes) = (vec![0.0; count * CLASS_COUNT], vec![0.0; count * 4 * 8]);
        if coarsest {
            scores = table(count, CLASS_COUNT, place, |i| {
                class_scores(i, 0.01, SCORES[i])
            });
            boxes = table(count, 4 * 8, place, |i| distances(i, 8));
        }
        layers.push(head(
            &format!("cls_{stride}"),
            &[count, CLASS_COUNT],
            scores,
        ));
        layers.push(head(&format!("dis_{stride}"), &[count, 4 * 8], boxes));
    }
    layers
}

fn yolov8_raw() -> Vec<Head> {
    let logit = |score: f32| (score / (1.0 - score)).ln();
    let mut layers = Vec::new();
    for stride in STRIDES {
        let side = SIDE / stride;
        let columns = 64 + CLASS_COUNT;
        let mut values = vec![-9.0; side * side * columns];
        if stride == 32 {
            let place = |i| cell_of(i).2 - (cells() - 100);
            let rows = table(side * side, columns, place, |i| {
                [distances(i, 16), class_scores(i, -9.0, logit(SCORES[i]))].concat()
            });
            let filled = table(side * side, 1, place, |_| vec![1.0]);
            for (row, filled) in filled
                .iter()
                .enumerate()
                .filter(|(_, filled)| **filled > 0.0)
            {
                assert_eq!(*filled, 1.0);
                let range = row * columns..(row + 1) * columns;
                values[range.clone()].copy_from_slice(&rows[range]);
            }
        }
        let values = transposed(side * side, columns, &values);
        layers.push(head(
            &format!("level{stride}"),
            &[columns, side, side],
            values,
        ));
    }
    layers
}

/// The layers of a YOLO network with outputs of this format.
pub fn yolo(format: Format) -> Vec<Head> {
    let rows = |name, count, columns, row: &dyn Fn(usize) -> Vec<f32>| {
        head(name, &[count, columns], table(count, columns, |i| i, row))
    };
    let with_image = |i: usize, order: [usize; 2]| {
        let last = [SCORES[i], CLASSES[i] as f32];
        let last = order.map(|place| last[place]);
        [&[0.0][..], &BOXES[i][..], &last[..]].concat()
    };
    match format {
        Format::Yolov8 => yolov8(),
        Format::Yolov5 => yolov5(),
        Format::Yolox => yolox(),
        Format::YoloNas => yolo_nas(),
        Format::EndToEnd => vec![rows("output0", 300, 6, &row_of_six)],
        Format::DeepstreamYolo => deepstream_yolo(),
        Format::DeepstreamYolo2023 => three(centred),
        Format::DeepstreamYoloe2023 => three(|corners| corners),
        Format::Yolov7EndToEnd => vec![rows("output", 2, 7, &|i| with_image(i, [1, 0]))],
        Format::SuperGradientsFlat => {
            vec![rows("graph2_flat_predictions", 2, 7, &|i| {
                with_image(i, [0, 1])
            })]
        }
        Format::PpYoloe => vec![
            rows("multiclass_nms3_0.tmp_0", 100, 6, &|i| {
                [&[CLASSES[i] as f32, SCORES[i]], &BOXES[i][..]].concat()
            }),
            head("multiclass_nms3_0.tmp_2", &[1], vec![2.0]),
        ],
        Format::Nanodet => nanodet(),
        Format::Yolov8Raw => yolov8_raw(),
        Format::YoloPose => yolo_pose(),
        Format::DeepstreamYoloPose => deepstream_yolo_pose(),
        Format::DeepstreamYoloSeg => deepstream_yolo_seg(),
        Format::YoloObb => yolo_obb([0.0; 2]),
        Format::YoloObbEndToEnd => vec![rows("output0", 300, 7, &|i| {
            let last = [SCORES[i], CLASSES[i] as f32, 0.0];
            [&centred(BOXES[i])[..], &last[..]].concat()
        })],
        other => panic!("{} is no YOLO's", other.name()),
    }
}
