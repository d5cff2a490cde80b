//! Detectors of faces: which layers they are found by, and what comes of their numbers.

use std::sync::Arc;

use nvds_decode::select::{Input, select};
use nvds_decode::{
    DecodeError, Detection, Doubt, EdgePolicy, ErrorKind, Format, Geometry, KeyPoint, Layout,
    NmsMode, Padding, Params, Postprocessor, Size, TensorView, f16, faces,
};
use proptest::prelude::*;

/// 64 cells of stride 8, 16 of 16, 4 of 32.
const NETWORK: Size = Size::new(64, 64);
const CELLS: [usize; 3] = [64, 16, 4];
const STRIDES: [f32; 3] = [8.0, 16.0, 32.0];

/// A layer of its own.
struct Layer {
    name: String,
    dims: Vec<usize>,
    data: Vec<f32>,
}

impl Layer {
    fn new(name: impl Into<String>, dims: &[usize], data: Vec<f32>) -> Self {
        assert_eq!(dims.iter().product::<usize>(), data.len());
        Self {
            name: name.into(),
            dims: dims.to_vec(),
            data,
        }
    }

    fn filled(name: &str, dims: &[usize], number: f32) -> Self {
        Self::new(name, dims, vec![number; dims.iter().product()])
    }
}

fn views(layers: &[Layer]) -> Vec<TensorView<'_>> {
    let views = layers.iter();
    views
        .map(|layer| TensorView::new(&layer.name, &layer.dims, &layer.data[..]).unwrap())
        .collect()
}

fn reading(layers: &[Layer], network: Size) -> Result<&'static str, DecodeError> {
    let tensors = views(layers);
    let layout = Layout::default();
    let input = Input {
        tensors: &tensors,
        layout: &layout,
        network,
    };
    select(&faces::FAMILY, &input).map(|selection| selection.decoder().name)
}

/// Where faces are in the network's own input, and their key points.
fn run(tensors: &[TensorView<'_>], params: &Params) -> (Vec<Detection>, Vec<Vec<KeyPoint>>) {
    let geometry = Geometry::new(NETWORK, NETWORK, Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::of(&faces::FAMILY, Arc::default());
    let found = postprocessor
        .run(tensors, &geometry, params)
        .unwrap()
        .to_vec();
    let counts = postprocessor.counts();
    assert_eq!(counts.candidates, counts.kept + counts.dropped.total());
    let points = (0..found.len())
        .map(|index| postprocessor.extras().key_points_of(index).to_vec())
        .collect();
    (found, points)
}

fn plain() -> Params {
    Params {
        edge: EdgePolicy::KeepAll,
        nms_mode: NmsMode::None,
        ..Params::default()
    }
}

/// Numbers that are the same in every run, from 0 to 1.
struct Random(u32);

impl Random {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 24) as f32
    }

    fn many(&mut self, count: usize, low: f32, high: f32) -> Vec<f32> {
        (0..count)
            .map(|_| low + (high - low) * self.next())
            .collect()
    }
}

fn scrfd(random: &mut Random, names: impl Fn(&str, usize) -> String, points: bool) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (cells, stride) in CELLS.into_iter().zip([8, 16, 32]) {
        let count = 2 * cells;
        layers.push(Layer::new(
            names("score", stride),
            &[count, 1],
            random.many(count, 0.0, 0.6),
        ));
        layers.push(Layer::new(
            names("bbox", stride),
            &[count, 4],
            random.many(4 * count, 0.2, 2.0),
        ));
        if points {
            let numbers = random.many(10 * count, -1.0, 1.0);
            layers.push(Layer::new(names("kps", stride), &[count, 10], numbers));
        }
    }
    layers
}

fn near(a: f32, b: f32) -> bool {
    (a - b).abs() < 1e-3
}

#[test]
fn scrfd_is_read_as_a_plain_loop_reads_it() {
    let mut random = Random(5);
    let by_number = |kind: &str, stride: usize| format!("{}", 400 + 7 * stride + kind.len());
    for points in [true, false] {
        for numbered in [false, true] {
            let names = |kind: &str, stride: usize| match numbered {
                false => format!("{kind}_{stride}"),
                true => by_number(kind, stride),
            };
            let layers = scrfd(&mut random, names, points);
            let mut turned = views(&layers);
            turned.reverse();
            let (found, key_points) = run(&turned, &plain());
            let mut wanted = Vec::new();
            let each = if points { 3 } else { 2 };
            for level in 0..3 {
                let (side, stride) = ([8, 4, 2][level], STRIDES[level]);
                let [scores, boxes] = [0, 1].map(|at| &layers[each * level + at].data);
                for (index, &score) in scores
                    .iter()
                    .enumerate()
                    .filter(|(_, score)| **score >= 0.5)
                {
                    let cell = index / 2;
                    let (x, y) = ((cell % side) as f32 * stride, (cell / side) as f32 * stride);
                    let b = &boxes[4 * index..][..4];
                    let left = x - stride * b[0];
                    let width = stride * (b[0] + b[2]);
                    let first = points.then(|| {
                        let p = &layers[each * level + 2].data[10 * index..][..10];
                        (x + stride * p[8], y + stride * p[9])
                    });
                    wanted.push((score, left, width, first));
                }
            }
            wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
            assert!(wanted.len() > 10);
            assert_eq!(found.len(), wanted.len());
            for ((found, points), (score, left, width, last)) in
                found.iter().zip(&key_points).zip(wanted)
            {
                assert_eq!(found.score, score);
                assert!(
                    near(found.bbox.left, left) && near(found.bbox.width, width),
                    "{found:?}"
                );
                match last {
                    Some((x, y)) => assert!(near(points[4].x, x) && near(points[4].y, y)),
                    None => assert!(points.is_empty()),
                }
            }
        }
    }
}

#[test]
fn layers_of_another_input_are_refused_with_its_size() {
    let layers = scrfd(
        &mut Random(1),
        |kind, stride| format!("{kind}_{stride}"),
        true,
    );
    assert_eq!(reading(&layers, NETWORK), Ok("scrfd"));
    let text = reading(&layers, Size::new(640, 640))
        .unwrap_err()
        .to_string();
    assert!(text.contains("640x640") && text.contains("12800"), "{text}");
    // Key points of one level alone.
    let fewer: Vec<Layer> = layers
        .into_iter()
        .filter(|layer| layer.name != "kps_16")
        .collect();
    assert!(reading(&fewer, NETWORK).is_err());
}

#[test]
fn blazefaces_are_told_apart_by_the_input() {
    let layers = |count: usize| {
        [
            Layer::filled("regressors", &[count, 16], 1.0),
            Layer::filled("classificators", &[count, 1], -3.0),
        ]
    };
    for (size, count) in [(128, 896), (256, 896), (192, 2304)] {
        assert_eq!(
            reading(&layers(count), Size::new(size, size)),
            Ok("blazeface")
        );
    }
    assert!(reading(&layers(896), Size::new(192, 192)).is_err());
    assert!(reading(&layers(2304), Size::new(128, 128)).is_err());
    let split = [
        Layer::filled("Identity:0", &[1, 512, 1], -3.0),
        Layer::filled("Identity_1:0", &[1, 384, 1], -3.0),
        Layer::filled("Identity_2:0", &[1, 512, 16], 1.0),
        Layer::filled("Identity_3:0", &[1, 384, 16], 1.0),
    ];
    for size in [128, 256] {
        assert_eq!(
            reading(&split, Size::new(size, size)),
            Ok("blazeface-split")
        );
    }
}

#[test]
fn layers_alike_need_their_names() {
    // YuNet's classes and objects.
    let layer = |kind: &str, at: usize, columns: usize| {
        Layer::filled(
            &format!("{kind}_{}", STRIDES[at]),
            &[CELLS[at], columns],
            0.5,
        )
    };
    let kinds = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)];
    let mut layers: Vec<Layer> = (0..3)
        .flat_map(|at| kinds.map(|(kind, columns)| layer(kind, at, columns)))
        .collect();
    assert_eq!(reading(&layers, NETWORK), Ok("yunet"));
    layers[0].name = "1001".to_owned();
    layers[1].name = "1002".to_owned();
    let error = reading(&layers, NETWORK).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
    assert!(error.to_string().contains("1002"), "{error}");
    // CenterFace's scale and offset: the lower number is the scale.
    let map = |name: &str, channels: usize| Layer::filled(name, &[channels, 16, 16], 0.1);
    let maps = [map("9", 1), map("12", 2), map("10", 2), map("11", 10)];
    assert_eq!(reading(&maps, NETWORK), Ok("centerface"));
    let maps = [map("9", 1), map("a", 2), map("b", 2), map("11", 10)];
    assert!(reading(&maps, NETWORK).is_err());
}

#[test]
fn heads_of_yolos_are_told_apart_by_their_columns() {
    let all: usize = CELLS.iter().sum();
    for (dims, expected) in [
        (vec![1, 20, all], "yolov8-face"),
        (vec![all, 20], "yolov8-face"),
        (vec![3 * all, 16], "yolov5-face"),
    ] {
        assert_eq!(
            reading(&[Layer::filled("output0", &dims, 0.1)], NETWORK),
            Ok(expected)
        );
    }
    for dims in [vec![20, all + 5], vec![all, 16], vec![3 * all, 20]] {
        assert!(
            reading(&[Layer::filled("output0", &dims, 0.1)], NETWORK).is_err(),
            "{dims:?}"
        );
    }
}

#[test]
fn yolov5_faces_have_objectness_and_a_class() {
    let all: usize = 3 * CELLS.iter().sum::<usize>();
    let mut numbers = vec![0.0; 16 * all];
    for (row, objectness, class) in [(7, 0.9, 0.8), (9, 0.9, 0.5), (200, 0.8, 1.0)] {
        let face = [32.0, 30.0, 20.0, 10.0, objectness];
        numbers[16 * row..][..5].copy_from_slice(&face);
        for (at, number) in numbers[16 * row + 5..][..10].iter_mut().enumerate() {
            *number = at as f32;
        }
        numbers[16 * row + 15] = class;
    }
    let layers = [Layer::new("output", &[all, 16], numbers)];
    let (found, points) = run(&views(&layers), &plain());
    let entries: Vec<u32> = found.iter().map(|found| found.entry).collect();
    assert_eq!(entries, [200, 7]);
    assert!(
        near(found[1].score, 0.72) && near(found[1].bbox.left, 22.0),
        "{found:?}"
    );
    let all = points[0].iter().flat_map(|point| [point.x, point.y]);
    assert!(all.eq((0..10).map(|at| at as f32)));
}

/// Both layouts of the same head.
#[test]
fn a_head_is_read_in_either_order() {
    let all: usize = CELLS.iter().sum();
    let mut random = Random(3);
    let rows: Vec<f32> = (0..all)
        .flat_map(|_| {
            let mut face = random.many(20, 5.0, 50.0);
            face[4] = random.next();
            face
        })
        .collect();
    let columns = (0..20)
        .flat_map(|k| rows.iter().skip(k).step_by(20))
        .copied()
        .collect();
    let by_row = [Layer::new("output0", &[all, 20], rows)];
    let by_column = [Layer::new("output0", &[20, all], columns)];
    let found = run(&views(&by_row), &plain());
    assert!(found.0.len() > 20);
    assert_eq!(found, run(&views(&by_column), &plain()));
}

#[test]
fn halves_are_read_as_the_same_numbers() {
    let mut random = Random(8);
    let mut layers = scrfd(&mut random, |kind, stride| format!("{kind}_{stride}"), true);
    let halves: Vec<Vec<f16>> = layers
        .iter()
        .map(|layer| {
            layer
                .data
                .iter()
                .map(|&number| f16::from_f32(number))
                .collect()
        })
        .collect();
    for (layer, halves) in layers.iter_mut().zip(&halves) {
        layer.data = halves.iter().map(|half| half.to_f32()).collect();
    }
    let tensors: Vec<TensorView<'_>> = layers
        .iter()
        .zip(&halves)
        .map(|(layer, halves)| TensorView::new(&layer.name, &layer.dims, &halves[..]).unwrap())
        .collect();
    let found = run(&tensors, &Params::default());
    assert!(!found.0.is_empty());
    assert_eq!(found, run(&views(&layers), &Params::default()));
}

#[test]
fn numbers_that_are_none_are_dropped_and_counted() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for at in 0..2 {
            let mut layers = scrfd(
                &mut Random(2),
                |kind, stride| format!("{kind}_{stride}"),
                true,
            );
            layers[0].data.fill(0.1);
            layers[0].data[5] = 0.95;
            layers[at].data[[5, 21][at]] = bad;
            let geometry = Geometry::new(NETWORK, NETWORK, Padding::Stretch).unwrap();
            let mut postprocessor = Postprocessor::of(&faces::FAMILY, Arc::default());
            let found = postprocessor
                .run(&views(&layers), &geometry, &plain())
                .unwrap();
            assert!(found.iter().all(|found| found.entry != 5), "{bad} {at}");
            let dropped = postprocessor.counts().dropped;
            // No score is less than negative infinity.
            let below = at == 0 && bad == f32::NEG_INFINITY;
            assert_eq!(dropped.non_finite, u64::from(!below), "{bad} {at}");
        }
    }
    // Logarithms of sizes that no box has.
    let maps = |scale: f32| {
        [
            Layer::filled("537", &[1, 16, 16], 0.9),
            Layer::filled("538", &[2, 16, 16], scale),
            Layer::filled("539", &[2, 16, 16], 0.0),
            Layer::filled("540", &[10, 16, 16], 0.5),
        ]
    };
    assert_eq!(run(&views(&maps(1000.0)), &plain()).0, []);
    assert_eq!(run(&views(&maps(-1000.0)), &plain()).0, []);
    assert_eq!(run(&views(&maps(1.0)), &plain()).0.len(), 256);
}

/// Key points of a frame that was stretched, in its pixels.
#[test]
fn key_points_are_in_frame_pixels() {
    let layers = [
        Layer::new("boxes", &[1, 4], vec![32.0, 32.0, 16.0, 16.0]),
        Layer::new("scores", &[1, 1], vec![0.9]),
        Layer::new("landmarks", &[1, 15], (0..15).map(|at| at as f32).collect()),
    ];
    let geometry = Geometry::new(NETWORK, Size::new(640, 320), Padding::Stretch).unwrap();
    let layout = Layout {
        format: Some(Format::DeepstreamYoloFace),
        ..Layout::default()
    };
    let mut postprocessor = Postprocessor::of(&faces::FAMILY, Arc::new(layout));
    postprocessor
        .run(&views(&layers), &geometry, &Params::default())
        .unwrap();
    let points = postprocessor.extras().key_points_of(0);
    assert_eq!(points.len(), 5);
    assert_eq!(
        points[1],
        KeyPoint {
            x: 30.0,
            y: 20.0,
            confidence: 5.0
        }
    );
}

/// Points that can only be a mistake are read as they are, and told of; who uses them may have them moved.
#[test]
fn key_points_that_are_none_are_doubted_and_may_be_moved() {
    let doubt = |x: f32, confidence: f32| {
        let mut points = [20.0, 30.0, 0.5].repeat(5);
        (points[3], points[5]) = (x, confidence);
        let layers = [
            Layer::new("boxes", &[1, 4], vec![32.0, 32.0, 16.0, 16.0]),
            Layer::new("scores", &[1, 1], vec![0.9]),
            Layer::new("landmarks", &[1, 15], points),
        ];
        let geometry = Geometry::new(NETWORK, NETWORK, Padding::Stretch).unwrap();
        let mut postprocessor = Postprocessor::of(&faces::FAMILY, Arc::default());
        postprocessor
            .run(&views(&layers), &geometry, &Params::default())
            .unwrap();
        let found: Vec<Doubt> = postprocessor.doubts().collect();
        assert_eq!(
            postprocessor.counts().doubtful,
            u64::from(!found.is_empty())
        );
        let points = postprocessor.extras().key_points_of(0);
        assert_eq!(points[0].sound(), points[0]);
        (found.first().copied(), points[1].sound())
    };
    let point = |x, y, confidence| KeyPoint { x, y, confidence };
    assert_eq!(doubt(20.0, 0.5), (None, point(20.0, 30.0, 0.5)));
    // Rounding is no mistake, and points may lie outside.
    assert_eq!(doubt(-900.0, 1.01), (None, point(-900.0, 30.0, 1.0)));
    for far in [1e30, -1e30, f32::INFINITY] {
        let place = Some(Doubt::KeyPointPlace(far, 30.0));
        assert_eq!(doubt(far, 0.5), (place, KeyPoint::default()));
    }
    assert!(
        matches!(doubt(f32::NAN, 0.5), (Some(Doubt::KeyPointPlace(..)), moved) if moved == KeyPoint::default())
    );
    for (confidence, moved) in [(5.5, 1.0), (-3.0, 0.0)] {
        let doubted = Some(Doubt::KeyPointConfidence(confidence));
        assert_eq!(doubt(20.0, confidence), (doubted, point(20.0, 30.0, moved)));
    }
    let (doubted, moved) = doubt(20.0, f32::NAN);
    assert!(matches!(doubted, Some(Doubt::KeyPointConfidence(_))));
    assert_eq!(moved, KeyPoint::default());
}

/// Faces of a row each: box, score, and key points that lie in its middle and corners.
fn rows(faces: &[([f32; 4], f32)]) -> [Layer; 3] {
    let count = faces.len();
    let boxes = faces.iter().flat_map(|(face, _)| *face).collect();
    let scores = faces.iter().map(|(_, score)| *score).collect();
    let points = faces.iter().flat_map(|([x, y, w, h], _)| {
        let (w, h) = (0.5 * w, 0.5 * h);
        [
            *x,
            *y,
            x - w,
            y - h,
            x + w,
            y - h,
            x - w,
            y + h,
            x + w,
            y + h,
        ]
    });
    [
        Layer::new("boxes", &[count, 4], boxes),
        Layer::new("scores", &[count, 1], scores),
        Layer::new("landmarks", &[count, 10], points.collect()),
    ]
}

fn face() -> impl Strategy<Value = ([f32; 4], f32)> {
    let side = || 8f32..56.0;
    let size = || 2f32..30.0;
    ([side(), side(), size(), size()], 0.4f32..1.0)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A mean is of as many faces as the suppression leaves, with their scores, within the boxes that it
    /// is the mean of; its key points are where they are in its box.
    #[test]
    fn means_stand_for_what_they_suppress(faces in proptest::collection::vec(face(), 1..30), iou in 0f32..1.0) {
        let layers = rows(&faces);
        let run = |nms_mode| run(&views(&layers), &Params {
            nms_mode,
            nms_iou_threshold: iou,
            edge: EdgePolicy::KeepAll,
            ..Params::default()
        });
        let (plain, _) = run(NmsMode::PerClass);
        let (means, points) = run(NmsMode::Weighted);
        prop_assert_eq!(plain.len(), means.len());
        for ((one, mean), points) in plain.iter().zip(&means).zip(&points) {
            prop_assert_eq!((one.entry, one.score), (mean.entry, mean.score));
            let b = mean.bbox;
            let wanted = [
                (b.left + 0.5 * b.width, b.top + 0.5 * b.height),
                (b.left, b.top),
                (b.left + b.width, b.top),
                (b.left, b.top + b.height),
                (b.left + b.width, b.top + b.height),
            ];
            for (point, (x, y)) in points.iter().zip(wanted) {
                prop_assert!(near(point.x, x) && near(point.y, y), "{:?} {:?}", point, b);
            }
            let overlaps = faces.iter().filter(|([x, y, w, h], score)| {
                let a = one.bbox;
                *score >= 0.5 && x - w / 2.0 < a.left + a.width && x + w / 2.0 > a.left
                    && y - h / 2.0 < a.top + a.height && y + h / 2.0 > a.top
            });
            let (mut least, mut most) = (f32::INFINITY, 0f32);
            for ([_, _, w, _], _) in overlaps {
                (least, most) = (least.min(*w), most.max(*w));
            }
            prop_assert!(b.width > least - 1e-3 && b.width < most + 1e-3);
        }
    }

    /// Without overlaps a mean is of one box.
    #[test]
    fn boxes_alone_stay_as_they_are(faces in proptest::collection::vec(face(), 1..20)) {
        let layers = rows(&faces);
        let run = |nms_mode| run(&views(&layers), &Params {
            nms_mode,
            nms_iou_threshold: 1.0,
            ..Params::default()
        });
        prop_assert_eq!(run(NmsMode::PerClass), run(NmsMode::Weighted));
    }

    /// The order of faces decides between equal scores only.
    #[test]
    fn the_order_of_faces_does_not_matter(mut faces in proptest::collection::vec(face(), 1..20), turn in 0usize..20) {
        faces.sort_by(|a, b| a.1.total_cmp(&b.1));
        faces.dedup_by_key(|face| face.1.to_bits());
        let count = faces.len();
        let params = Params { nms_mode: NmsMode::Weighted, ..Params::default() };
        let (found, points) = run(&views(&rows(&faces)), &params);
        faces.rotate_left(turn % count);
        let (mut other, moved) = run(&views(&rows(&faces)), &params);
        for found in &mut other {
            found.entry = ((found.entry as usize + turn % count) % count) as u32;
        }
        prop_assert_eq!(found.len(), other.len());
        for (a, b) in found.iter().zip(&other) {
            prop_assert_eq!((a.entry, a.score), (b.entry, b.score));
            prop_assert!(near(a.bbox.left, b.bbox.left) && near(a.bbox.height, b.bbox.height));
        }
        for (a, b) in points.iter().flatten().zip(moved.iter().flatten()) {
            prop_assert!(near(a.x, b.x) && near(a.y, b.y));
        }
    }
}
