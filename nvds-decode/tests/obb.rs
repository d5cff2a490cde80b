//! Turned boxes: which layers they are found by, how they lie in a frame, and which suppress each other.

use std::f32::consts::{FRAC_PI_2, PI};
use std::sync::Arc;

use nvds_decode::select::{Input, select};
use nvds_decode::{
    DecodeError, Detection, EdgePolicy, ErrorKind, Explanation, Format, Geometry, Layout, NmsMode,
    Outcome, Padding, Params, Postprocessor, Size, TensorView, f16, yolo,
};
use proptest::prelude::*;

/// 64 cells of stride 8, 16 of 16, 4 of 32.
const NETWORK: Size = Size::new(64, 64);
const CELLS: usize = 84;

fn view<'a>(dims: &[usize], data: &'a [f32]) -> TensorView<'a> {
    TensorView::new("output0", dims, &data[..dims.iter().product()]).unwrap()
}

fn labels(count: usize) -> Layout {
    Layout {
        labels: Some(count),
        ..Layout::default()
    }
}

/// Rows of anchors need the format.
fn stated() -> Layout {
    Layout {
        format: Some(Format::YoloObb),
        ..labels(3)
    }
}

fn reading(dims: &[usize], layout: &Layout) -> Result<&'static str, DecodeError> {
    let numbers = vec![0.1; 100_000];
    let tensors = [view(dims, &numbers)];
    let input = Input {
        tensors: &tensors,
        layout,
        network: NETWORK,
    };
    select(&yolo::FAMILY, &input).map(|selection| selection.decoder().name)
}

#[test]
fn the_number_of_labels_settles_what_a_head_is() {
    for dims in [vec![19, CELLS], vec![1, 19, CELLS]] {
        assert_eq!(reading(&dims, &labels(14)), Ok("yolo-obb"));
        // 15 classes of YOLOv8, or one with key points.
        for layout in [labels(15), labels(1), Layout::default()] {
            assert_eq!(reading(&dims, &layout), Ok("yolov8"));
        }
        let text = reading(&dims, &labels(13)).unwrap_err().to_string();
        assert!(text.contains("there are 13 labels"), "{text}");
    }
    // Rows with 14 labels are those of networks with an objectness.
    let error = reading(&[CELLS, 19], &labels(14)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous);
    assert!(error.to_string().contains("format=yolov5"), "{error}");
    // 20 are the cells of larger strides: only the labels tell which side is which.
    assert_eq!(reading(&[20, CELLS], &labels(15)), Ok("yolo-obb"));
    assert!(reading(&[20, CELLS], &Layout::default()).is_err());
    // Of another input.
    assert!(reading(&[20, CELLS + 5], &labels(15)).is_err());
    let stated = Layout {
        format: Some(Format::YoloObb),
        ..labels(16)
    };
    assert_eq!(reading(&[20, CELLS + 5], &stated), Ok("yolo-obb"));
    assert_eq!(reading(&[CELLS, 20], &stated), Ok("yolo-obb"));
    assert!(reading(&[5, CELLS], &stated).is_err());
}

#[test]
fn rows_of_seven_are_from_end_to_end() {
    let stated = Layout {
        format: Some(Format::YoloObbEndToEnd),
        ..labels(15)
    };
    for dims in [vec![300, 7], vec![1, 300, 7], vec![CELLS, 7]] {
        assert_eq!(reading(&dims, &stated), Ok("yolo-obb-e2e"));
    }
    // Others have seven columns as well, with the image first.
    for layout in [labels(2), labels(15), Layout::default()] {
        let error = reading(&[300, 7], &layout).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Ambiguous);
        let text = error.to_string();
        for format in ["yolov7-e2e", "super-gradients-flat", "yolo-obb-e2e"] {
            assert!(text.contains(&format!("format={format} (")), "{text}");
        }
        // As many rows as cells are a head of other networks.
        let error = reading(&[CELLS, 7], &layout).map(|name| name == "yolo-obb-e2e");
        assert_ne!(error, Ok(true));
    }
}

/// x, y, width, height, score, class, angle.
type Row = [f32; 7];

fn whole() -> Params {
    Params {
        nms_iou_threshold: 0.45,
        ..Params::default()
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Found {
    detections: Vec<Detection>,
    angles: Vec<f32>,
}

impl Found {
    fn entries(&self) -> Vec<u32> {
        self.detections.iter().map(|found| found.entry).collect()
    }
}

fn run(layout: Layout, tensor: TensorView<'_>, geometry: &Geometry, params: &Params) -> Found {
    let mut postprocessor = Postprocessor::of(&yolo::FAMILY, Arc::new(layout));
    let detections = postprocessor
        .run(&[tensor], geometry, params)
        .unwrap()
        .to_vec();
    let counts = postprocessor.counts();
    assert_eq!(counts.candidates, counts.kept + counts.dropped.total());
    let angles = postprocessor.extras().angles.clone();
    assert_eq!(angles.len(), detections.len());
    Found { detections, angles }
}

fn square() -> Geometry {
    Geometry::new(NETWORK, NETWORK, Padding::Stretch).unwrap()
}

/// Rows as they are, without suppression.
fn plain(rows: &[Row], geometry: &Geometry, params: &Params) -> Found {
    let layout = Layout {
        format: Some(Format::YoloObbEndToEnd),
        ..Layout::default()
    };
    run(
        layout,
        view(&[rows.len(), 7], rows.as_flattened()),
        geometry,
        params,
    )
}

/// A head of three classes with these rows as its first anchors.
fn head(rows: &[Row], by_channel: bool) -> Vec<f32> {
    let mut numbers = vec![0.0; 8 * CELLS];
    let mut put = |anchor: usize, channel: usize, number: f32| {
        let at = if by_channel {
            channel * CELLS + anchor
        } else {
            anchor * 8 + channel
        };
        numbers[at] = number;
    };
    for anchor in 0..CELLS {
        (2..4).for_each(|channel| put(anchor, channel, 5.0));
    }
    for (anchor, &[x, y, w, h, score, class, angle]) in rows.iter().enumerate() {
        for (channel, number) in [x, y, w, h].into_iter().enumerate() {
            put(anchor, channel, number);
        }
        put(anchor, 4 + class as usize, score);
        put(anchor, 7, angle);
    }
    numbers
}

fn suppressed(rows: &[Row], mode: NmsMode, params: &Params) -> Found {
    let params = Params {
        nms_mode: mode,
        ..params.clone()
    };
    run(
        labels(3),
        view(&[8, CELLS], &head(rows, true)),
        &square(),
        &params,
    )
}

#[test]
fn a_head_is_read_in_either_order() {
    let rows: Vec<Row> = (0..20)
        .map(|i| {
            let i = i as f32;
            [
                3.0 * i,
                60.0 - 2.0 * i,
                6.0,
                3.0,
                0.3 + 0.03 * i,
                (i % 3.0).floor(),
                0.2 * i,
            ]
        })
        .collect();
    let by_channel = suppressed(&rows, NmsMode::Usual, &whole());
    let numbers = head(&rows, false);
    let by_anchor = run(stated(), view(&[CELLS, 8], &numbers), &square(), &whole());
    assert!(by_channel.detections.len() > 8);
    assert_eq!(by_channel, by_anchor);
    // And of HALF numbers as of the same FLOAT ones.
    let halves: Vec<f16> = numbers
        .iter()
        .map(|&number| f16::from_f32(number))
        .collect();
    let floats: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
    let half = TensorView::new("output0", &[CELLS, 8], &halves[..]).unwrap();
    assert_eq!(
        run(stated(), half, &square(), &whole()),
        run(stated(), view(&[CELLS, 8], &floats), &square(), &whole())
    );
}

/// A overlaps B, B overlaps C, A and C hardly do.
#[test]
fn fast_suppression_goes_down_chains() {
    let rows = [
        [20.0, 32.0, 20.0, 8.0, 0.9, 1.0, 0.0],
        [25.0, 32.0, 20.0, 8.0, 0.8, 1.0, 0.0],
        [30.0, 32.0, 20.0, 8.0, 0.7, 1.0, 0.0],
    ];
    let params = Params {
        nms_iou_threshold: 0.5,
        ..whole()
    };
    assert_eq!(suppressed(&rows, NmsMode::Usual, &params).entries(), [0]);
    assert_eq!(suppressed(&rows, NmsMode::Fast, &params).entries(), [0]);
    assert_eq!(
        suppressed(&rows, NmsMode::PerClass, &params).entries(),
        [0, 2]
    );
    assert_eq!(
        suppressed(&rows, NmsMode::None, &params).entries(),
        [0, 1, 2]
    );
    let mut others = rows;
    others[1][5] = 2.0;
    assert_eq!(
        suppressed(&others, NmsMode::Fast, &params).entries(),
        [0, 1, 2]
    );
    assert_eq!(
        suppressed(&others, NmsMode::Agnostic, &params).entries(),
        [0, 2]
    );

    // The explanation names the one that suppresses, though it goes itself.
    let numbers = head(&rows, true);
    let mut postprocessor = Postprocessor::of(&yolo::FAMILY, Arc::new(labels(3)));
    let mut explanation = Explanation::default();
    let tensors = [view(&[8, CELLS], &numbers)];
    postprocessor
        .explain(&tensors, &square(), &params, 0.5, &mut explanation)
        .unwrap();
    let outcomes: Vec<Outcome> = explanation.verdicts().iter().map(|v| v.outcome).collect();
    assert_eq!(outcomes[0], Outcome::Kept { detection: 0 });
    assert!(
        matches!(outcomes[1], Outcome::Suppressed { by: 0, .. }),
        "{outcomes:?}"
    );
    assert!(
        matches!(outcomes[2], Outcome::Suppressed { by: 1, .. }),
        "{outcomes:?}"
    );
}

#[test]
fn boxes_that_cross_are_two() {
    let rows = [
        [32.0, 32.0, 40.0, 6.0, 0.9, 0.0, 0.7],
        [32.0, 32.0, 40.0, 6.0, 0.8, 0.0, 0.7 + FRAC_PI_2],
        [32.0, 32.0, 40.0, 6.0, 0.7, 0.0, 0.7 + PI],
    ];
    assert_eq!(
        suppressed(&rows, NmsMode::Usual, &whole()).entries(),
        [0, 1]
    );
}

#[test]
fn a_turned_box_is_not_clipped_but_must_show() {
    let shows = [
        // Its upright form ends at 65, but turned it stays above.
        ([60.0, 32.0, 10.0, 2.0], FRAC_PI_2, true),
        // Below the frame but for a corner.
        ([32.0, 70.0, 20.0, 2.0], 0.9, true),
        ([32.0, 70.0, 20.0, 2.0], 0.0, false),
        ([-20.0, 32.0, 10.0, 10.0], 0.4, false),
    ];
    for ([x, y, w, h], angle, inside) in shows {
        let rows = [[x, y, w, h, 0.9, 0.0, angle]];
        let found = plain(&rows, &square(), &whole());
        assert_eq!(found.detections.len(), usize::from(inside), "{rows:?}");
        let keep_all = Params {
            edge: EdgePolicy::KeepAll,
            ..whole()
        };
        let found = plain(&rows, &square(), &keep_all);
        let b = found.detections[0].bbox;
        assert_eq!(
            [b.left + 0.5 * w, b.top + 0.5 * h, b.width, b.height],
            [x, y, w, h]
        );
        assert_eq!(found.angles, [angle]);
    }
    let drop = Params {
        edge: EdgePolicy::Drop,
        ..whole()
    };
    let crossing = [[60.0, 32.0, 10.0, 2.0, 0.9, 0.0, 0.0]];
    assert_eq!(plain(&crossing, &square(), &drop).detections, []);
    let turned = [[60.0, 32.0, 10.0, 2.0, 0.9, 0.0, FRAC_PI_2]];
    assert_eq!(plain(&turned, &square(), &drop).detections.len(), 1);
}

#[test]
fn a_letterboxed_frame_turns_nothing_and_a_stretched_one_does() {
    let rows = [[32.0, 32.0, 20.0, 4.0, 0.9, 0.0, 0.5]];
    let of = |frame: Size, padding: Padding| {
        let geometry = Geometry::new(NETWORK, frame, padding).unwrap();
        let found = plain(&rows, &geometry, &whole());
        (found.detections[0].bbox, found.angles[0])
    };
    let (b, angle) = of(Size::new(640, 320), Padding::Symmetric);
    assert_eq!((b.width, b.height, angle), (200.0, 40.0, 0.5));
    assert_eq!((b.left, b.top), (220.0, 140.0));
    // Twice as wide: the box lies flatter, and its ends are where the frame's pixels are.
    let (b, angle) = of(Size::new(128, 64), Padding::Stretch);
    let (x, y) = (2.0 * 10.0 * 0.5f32.cos(), 10.0 * 0.5f32.sin());
    assert!((angle - y.atan2(x)).abs() < 1e-5, "{angle}");
    assert!((0.5 * b.width - x.hypot(y)).abs() < 1e-4, "{b:?}");
    assert!((b.left + 0.5 * b.width - 64.0).abs() < 1e-4, "{b:?}");
    let (sin, cos) = 0.5f32.sin_cos();
    assert!(
        (b.height - 4.0 * (2.0 * sin).hypot(cos)).abs() < 1e-4,
        "{b:?}"
    );
}

#[test]
fn numbers_that_are_none_are_dropped_and_counted() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for at in [0, 1, 2, 3, 6] {
            let mut rows = [[32.0, 32.0, 20.0, 4.0, 0.9, 0.0, 0.5]; 2];
            rows[1][at] = bad;
            rows[1][0] += 30.0;
            let mut postprocessor = Postprocessor::of(&yolo::FAMILY, Arc::new(labels(3)));
            let numbers = head(&rows, true);
            let tensors = [view(&[8, CELLS], &numbers)];
            let found = postprocessor.run(&tensors, &square(), &whole()).unwrap();
            assert_eq!(found.len(), 1, "{bad} {at}");
            assert_eq!(postprocessor.counts().dropped.non_finite, 1, "{bad} {at}");
        }
    }
    for (width, height) in [(0.0, 4.0), (20.0, -4.0), (-20.0, -4.0)] {
        let rows = [[32.0, 32.0, width, height, 0.9, 0.0, 0.5]];
        assert_eq!(plain(&rows, &square(), &whole()).detections, []);
    }
    // Zeros, with which exporters fill up.
    assert_eq!(plain(&[[0.0; 7]; 5], &square(), &whole()).detections, []);
}

fn row() -> impl Strategy<Value = Row> {
    let side = || 4f32..60.0;
    let size = || 1f32..30.0;
    (
        side(),
        side(),
        size(),
        size(),
        0.3f32..1.0,
        0u8..3,
        -4f32..4.0,
    )
        .prop_map(|(x, y, w, h, score, class, angle)| [x, y, w, h, score, class.into(), angle])
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec(row(), 1..60)
}

fn params() -> impl Strategy<Value = Params> {
    (
        0.05f32..0.95,
        prop_oneof![Just(EdgePolicy::Clip), Just(EdgePolicy::KeepAll)],
    )
        .prop_map(|(nms_iou_threshold, edge)| Params {
            nms_iou_threshold,
            edge,
            ..whole()
        })
}

fn modes() -> impl Strategy<Value = NmsMode> {
    proptest::sample::select(vec![NmsMode::Fast, NmsMode::PerClass, NmsMode::Agnostic])
}

/// How often another number would have decided otherwise: overlaps near the threshold.
fn is_close(rows: &[Row], threshold: f32) -> bool {
    let run = |threshold| {
        let params = Params {
            nms_iou_threshold: threshold,
            ..whole()
        };
        [NmsMode::Fast, NmsMode::PerClass, NmsMode::Agnostic]
            .map(|mode| suppressed(rows, mode, &params).entries())
    };
    run(threshold - 1e-3) != run(threshold + 1e-3)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Half a turn changes nothing, nor does a quarter with the sides exchanged.
    #[test]
    fn half_a_turn_changes_nothing(rows in rows(), params in params(), mode in modes(), turned in any::<u64>()) {
        prop_assume!(!is_close(&rows, params.nms_iou_threshold));
        let found = suppressed(&rows, mode, &params);
        let mut other = rows.clone();
        for (at, row) in other.iter_mut().enumerate() {
            match turned >> (at % 32 * 2) & 3 {
                0 => row[6] += PI,
                1 => row[6] -= PI,
                2 => {
                    row.swap(2, 3);
                    row[6] += FRAC_PI_2;
                }
                _ => (),
            }
        }
        prop_assert_eq!(found.entries(), suppressed(&other, mode, &params).entries());
    }

    /// A higher threshold only takes away, from the end.
    #[test]
    fn a_higher_threshold_only_takes_away(rows in rows(), params in params(), mode in modes(), more in 0f32..0.5) {
        let many = suppressed(&rows, mode, &params);
        let higher = Params { score_threshold: params.score_threshold + more, ..params.clone() };
        let few = suppressed(&rows, mode, &higher);
        let reached = many.detections.iter().filter(|d| d.score >= higher.score_threshold);
        prop_assert!(few.detections.iter().eq(reached));
    }

    /// What all better boxes leave alone, those that stay leave alone.
    #[test]
    fn fast_leaves_no_more_than_greedy(rows in rows(), params in params()) {
        let fast = suppressed(&rows, NmsMode::Fast, &params).entries();
        let greedy = suppressed(&rows, NmsMode::PerClass, &params).entries();
        prop_assert!(fast.iter().all(|entry| greedy.contains(entry)));
        prop_assert_eq!(fast.first(), greedy.first());
    }

    /// The order of anchors decides between equal scores only.
    #[test]
    fn the_order_of_anchors_does_not_matter(mut rows in rows(), params in params(), mode in modes(), turn in 0usize..60) {
        rows.sort_by(|a, b| a[4].total_cmp(&b[4]));
        rows.dedup_by_key(|row| row[4].to_bits());
        let count = rows.len();
        let found = suppressed(&rows, mode, &params);
        rows.rotate_left(turn % count);
        let mut other = suppressed(&rows, mode, &params);
        for found in &mut other.detections {
            found.entry = ((found.entry as usize + turn % count) % count) as u32;
        }
        prop_assert_eq!(found, other);
    }

    /// Pairs that are passed over as too far apart would not have suppressed each other.
    #[test]
    fn the_suppression_is_that_of_plain_loops(rows in rows(), params in params()) {
        prop_assume!(!is_close(&rows, params.nms_iou_threshold));
        let mut sorted: Vec<(usize, &Row)> = rows.iter().enumerate().filter(|(_, row)| row[4] >= 0.5).collect();
        sorted.sort_by(|a, b| b.1[4].total_cmp(&a.1[4]));
        let suppresses = |a: &Row, b: &Row| a[5] == b[5] && overlap(a, b) >= f64::from(params.nms_iou_threshold);
        let fast = (0..sorted.len())
            .filter(|&i| !sorted[..i].iter().any(|other| suppresses(other.1, sorted[i].1)))
            .map(|i| sorted[i].0 as u32);
        let params = Params { edge: EdgePolicy::KeepAll, ..params.clone() };
        prop_assert_eq!(suppressed(&rows, NmsMode::Fast, &params).entries(), fast.collect::<Vec<_>>());
    }
}

/// 1 less the Hellinger distance of two normal distributions, by their Bhattacharyya distance.
fn overlap(a: &Row, b: &Row) -> f64 {
    let spread = |row: &Row| {
        let [_, _, w, h, _, _, angle] = row.map(f64::from);
        let (sin, cos) = angle.sin_cos();
        let (w, h) = (w * w / 12.0, h * h / 12.0);
        [
            w * cos * cos + h * sin * sin,
            (w - h) * sin * cos,
            w * sin * sin + h * cos * cos,
        ]
    };
    let determinant = |[a, b, c]: [f64; 3]| a * c - b * b;
    let (one, other) = (spread(a), spread(b));
    let mean = [0, 1, 2].map(|k| 0.5 * (one[k] + other[k]));
    let (dx, dy) = (f64::from(a[0] - b[0]), f64::from(a[1] - b[1]));
    let [xx, xy, yy] = mean;
    let mahalanobis = (yy * dx * dx - 2.0 * xy * dx * dy + xx * dy * dy) / determinant(mean);
    let alike = (determinant(one) * determinant(other)).sqrt();
    let distance = mahalanobis / 8.0 + 0.5 * (determinant(mean) / alike).ln();
    1.0 - (1.0 - (-distance).exp()).max(0.0).sqrt()
}
