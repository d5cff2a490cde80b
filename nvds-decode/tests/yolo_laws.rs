//! What must hold for YOLO heads with any numbers in them.

use std::sync::Arc;

use nvds_decode::yolo::{FAMILY, Yolo};
use nvds_decode::{
    ClassRules, Counts, Detection, EdgePolicy, Format, Geometry, Layout, NmsMode, Options, Padding,
    Params, Postprocessor, Size, TensorView, f16,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// 32 + 8 + 2 cells.
const NETWORK: Size = Size::new(64, 32);
const CELLS: usize = 42;

/// Numbers of heads: mostly scores, some that are none.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![
        12 => 0f32..1.0,
        6 => 0f32..0.2,
        1 => -1f32..64.0,
        1 => select(vec![f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0, 1.0]),
        1 => any::<u32>().prop_map(f32::from_bits),
    ]
}

/// The channels of one anchor after the other, the first four a box.
fn anchors(count: usize, channels: usize) -> impl Strategy<Value = Vec<f32>> {
    let box_number = prop_oneof![20 => -5f32..70.0, 1 => number()];
    let anchor = (vec(box_number, 4), vec(number(), channels - 4));
    vec(anchor, count).prop_map(|anchors| {
        let all = anchors.into_iter();
        all.flat_map(|(sides, scores)| [sides, scores].concat())
            .collect()
    })
}

fn head() -> impl Strategy<Value = (usize, Vec<f32>)> {
    (1usize..12).prop_flat_map(|classes| {
        anchors(CELLS, 4 + classes).prop_map(move |numbers| (classes, numbers))
    })
}

/// The other way round.
fn turned<T: Copy>(numbers: &[T], channels: usize) -> Vec<T> {
    let count = numbers.len() / channels;
    let at = |channel: usize| (0..count).map(move |anchor| numbers[anchor * channels + channel]);
    (0..channels).flat_map(at).collect()
}

fn params() -> impl Strategy<Value = Params> {
    let rules = prop_oneof![
        3 => Just(ClassRules::default()),
        1 => (0u32..6, 0f32..1.0).prop_map(|(class, least)| ClassRules::new(&[(class, least)], &[])),
        1 => (0u32..6).prop_map(|class| ClassRules::new(&[], &[class, 1])),
    ];
    let modes = vec![
        NmsMode::Usual,
        NmsMode::PerClass,
        NmsMode::Agnostic,
        NmsMode::None,
    ];
    let edges = vec![EdgePolicy::Clip, EdgePolicy::Keep, EdgePolicy::KeepAll];
    let threshold = prop_oneof![8 => 0f32..1.0, 1 => Just(0.0), 1 => number()];
    (threshold, rules, 0f32..1.0, select(modes), select(edges)).prop_map(
        |(score_threshold, classes, nms_iou_threshold, nms_mode, edge)| Params {
            score_threshold,
            classes,
            nms_iou_threshold,
            nms_mode,
            edge,
            ..Params::default()
        },
    )
}

fn layout(format: Format, multi_label: bool) -> Layout {
    Layout {
        format: Some(format),
        options: Options::Yolo(Yolo {
            multi_label,
            ..Yolo::default()
        }),
        ..Layout::default()
    }
}

fn run(layout: Layout, tensors: &[TensorView<'_>], params: &Params) -> (Vec<Detection>, Counts) {
    let frame = Size::new(640, 320);
    let geometry = Geometry::new(NETWORK, frame, Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::of(&FAMILY, Arc::new(layout));
    let found = postprocessor
        .run(tensors, &geometry, params)
        .unwrap()
        .to_vec();
    let counts = *postprocessor.counts();
    assert_eq!(
        counts.candidates,
        counts.kept + counts.dropped.total(),
        "{counts:?}"
    );
    (found, counts)
}

fn view<'a>(name: &'a str, dims: [usize; 2], numbers: &'a [f32]) -> TensorView<'a> {
    TensorView::new(name, &dims, numbers).unwrap()
}

/// What a head of so many classes gives, read in the plainest way: number by number, in FLOAT.
fn plainly(numbers: &[f32], classes: usize, least: f32) -> Vec<(u32, u32, f32)> {
    let mut found = Vec::new();
    for (entry, anchor) in numbers.chunks_exact(4 + classes).enumerate() {
        let [x, y, w, h] = [0, 1, 2, 3].map(|k| anchor[k]);
        let corners = [x - 0.5 * w, y - 0.5 * h, x + 0.5 * w, y + 0.5 * h];
        let scores = &anchor[4..];
        // Finite numbers may have sides that are not.
        if !anchor
            .iter()
            .chain(&corners)
            .all(|number| number.is_finite())
        {
            continue;
        }
        let corners = corners.map(|side| side * 10.0);
        let mut best = 0;
        for class in 1..classes {
            if scores[class] > scores[best] {
                best = class;
            }
        }
        // Sides are moved to at most 32768 pixels outside the frame, which is 640x320.
        let reach = EdgePolicy::REACH;
        let within = |side: usize, size: f32| corners[side].clamp(-reach, size + reach);
        let wide = within(0, 640.0) < within(2, 640.0);
        if scores[best] >= least && wide && within(1, 320.0) < within(3, 320.0) {
            found.push((entry as u32, best as u32, scores[best]));
        }
    }
    found
}

/// Boxes far outside the frame, and of numbers that are finite while their sides are not: what a thousand random heads
/// have one of.
#[test]
fn a_head_with_boxes_far_away_is_read_as_by_the_plainest_program() {
    // Network pixels, of which the frame has ten for each.
    let far = [
        3276.0f32, 3277.0, 3300.0, 3308.0, 3309.0, 3340.0, 3341.0, 3e38,
    ];
    let sizes = [1e-40f32, 1e-7, 1e-3, 1.0, 3.0, 70.0, 3e38];
    let numbers: Vec<[f32; 5]> = far
        .into_iter()
        .flat_map(|at| [at, -at])
        .flat_map(|at| sizes.map(|size| (at, size)))
        .flat_map(|(at, size)| [[at, 16.0, size, 8.0, 0.9], [32.0, at, 8.0, size, 0.8]])
        .collect();
    for head in numbers.chunks(CELLS) {
        let mut head = head.concat();
        head.resize(CELLS * 5, 0.0);
        same_as_plainly(&head, 1, 0.5).unwrap();
    }
}

/// Whether a head of so many classes is read as [`plainly`] reads it.
fn same_as_plainly(numbers: &[f32], classes: usize, least: f32) -> Result<(), TestCaseError> {
    let params = Params {
        score_threshold: least,
        nms_mode: NmsMode::None,
        edge: EdgePolicy::KeepAll,
        ..Params::default()
    };
    let channels = 4 + classes;
    let other = turned(numbers, channels);
    let tensors = [view("a", [channels, CELLS], &other)];
    let (found, _) = run(layout(Format::Yolov8, false), &tensors, &params);
    let mut found: Vec<_> = found
        .iter()
        .map(|d| (d.entry, d.class_id, d.score))
        .collect();
    found.sort_by_key(|(entry, ..)| *entry);
    prop_assert_eq!(found, plainly(numbers, classes, least));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn channels_first_or_last_are_the_same((classes, numbers) in head(), params in params(), multi in any::<bool>()) {
        let channels = 4 + classes;
        let other = turned(&numbers, channels);
        let rows = run(layout(Format::Yolov8, multi), &[view("a", [CELLS, channels], &numbers)], &params);
        let columns = run(layout(Format::Yolov8, multi), &[view("a", [channels, CELLS], &other)], &params);
        prop_assert_eq!(&rows.0, &columns.0);
        // Anchors of which nothing is of interest may be counted for either of two reasons.
        prop_assert_eq!((rows.1.candidates, rows.1.kept), (columns.1.candidates, columns.1.kept));
    }

    #[test]
    fn a_head_is_read_as_by_the_plainest_program((classes, numbers) in head(), least in 0f32..1.0) {
        same_as_plainly(&numbers, classes, least)?;
    }

    #[test]
    fn the_order_of_anchors_matters_only_for_ties(
        ((classes, numbers), order) in (head(), Just((0..CELLS).collect::<Vec<_>>()).prop_shuffle()),
        params in params(),
    ) {
        let channels = 4 + classes;
        let shuffled: Vec<f32> = order
            .iter()
            .flat_map(|&anchor| numbers[anchor * channels..(anchor + 1) * channels].iter().copied())
            .collect();
        let read = |numbers: &[f32]| run(layout(Format::Yolov8, false), &[view("a", [CELLS, channels], numbers)], &params).0;
        let (mut first, mut second) = (read(&numbers), read(&shuffled));
        for detection in &mut second {
            detection.entry = order[detection.entry as usize] as u32;
        }
        let alone = Params { nms_mode: NmsMode::None, ..params.clone() };
        let all = run(layout(Format::Yolov8, false), &[view("a", [CELLS, channels], &numbers)], &alone).0;
        prop_assume!(all.is_sorted_by(|a, b| a.score > b.score));
        first.sort_by_key(|d| d.entry);
        second.sort_by_key(|d| d.entry);
        prop_assert_eq!(first, second);
    }

    #[test]
    fn a_higher_threshold_keeps_fewer_candidates((classes, numbers) in head(), low in 0f32..1.0, more in 0f32..0.5) {
        let channels = 4 + classes;
        let read = |score_threshold| {
            let params = Params { score_threshold, nms_mode: NmsMode::None, ..Params::default() };
            run(layout(Format::Yolov8, false), &[view("a", [CELLS, channels], &numbers)], &params).0
        };
        let all = read(low);
        let expected: Vec<Detection> = all.iter().filter(|d| d.score >= low + more).copied().collect();
        prop_assert_eq!(read(low + more), expected);
    }

    /// HALF numbers are compared as integers.
    #[test]
    fn halves_are_read_as_the_same_numbers((classes, numbers) in head(), params in params(), format in select(vec![Format::Yolov8, Format::Yolov5, Format::Yolox])) {
        let channels = 4 + classes;
        prop_assume!(format == Format::Yolov8 || classes > 1);
        let halves: Vec<f16> = numbers.iter().map(|&number| f16::from_f32(number)).collect();
        let floats: Vec<f32> = halves.iter().map(|half| half.to_f32()).collect();
        for dims in [[CELLS, channels], [channels, CELLS]] {
            let (mut halves, mut floats) = (halves.clone(), floats.clone());
            if dims[0] == channels {
                (halves, floats) = (turned(&halves, channels), turned(&floats, channels));
            }
            let half = TensorView::new("a", &dims, &halves[..]).unwrap();
            let of_half = run(layout(format, false), &[half], &params);
            let of_float = run(layout(format, false), &[view("a", dims, &floats)], &params);
            prop_assert_eq!(of_half.0, of_float.0);
            prop_assert_eq!(of_half.1.candidates, of_float.1.candidates);
        }
    }

    /// An objectness of 1 changes nothing, and boxes and scores may lie in two layers.
    #[test]
    fn other_layouts_of_the_same_head((classes, numbers) in head(), params in params(), multi in any::<bool>()) {
        let channels = 4 + classes;
        // With an objectness, no score is above it.
        let at_most_one = |(at, number): (usize, f32)| match at % channels {
            4.. if number.is_finite() => number.min(1.0),
            _ => number,
        };
        let numbers: Vec<f32> = numbers.into_iter().enumerate().map(at_most_one).collect();
        let whole = run(layout(Format::Yolov8, multi), &[view("a", [CELLS, channels], &numbers)], &params);
        let rows = || numbers.chunks_exact(channels);
        let sure: Vec<f32> = rows().flat_map(|row| [&row[..4], &[1.0], &row[4..]].concat()).collect();
        let v5 = run(layout(Format::Yolov5, multi), &[view("a", [CELLS, channels + 1], &sure)], &params);
        // The objectness alone decides what is looked at: a threshold of more than 1 finds none.
        let odd = params.score_threshold > 1.0 || params.score_threshold.is_nan();
        prop_assert!(odd || v5.0 == whole.0, "{:?} {:?}", v5.0, whole.0);
        let boxes: Vec<f32> = rows().flat_map(|row| row[..4].to_vec()).collect();
        let scores: Vec<f32> = rows().flat_map(|row| row[4..].to_vec()).collect();
        let pair = [view("boxes", [CELLS, 4], &boxes), view("scores", [CELLS, classes], &scores)];
        let centred = Layout { box_form: Some(nvds_decode::BoxForm::Xywh), ..layout(Format::YoloNas, multi) };
        prop_assert_eq!(run(centred, &pair, &params).0, whole.0);
    }

    /// Every class that reaches the threshold, or the best one alone.
    #[test]
    fn the_best_class_is_among_all_of_them((classes, numbers) in head(), least in 0.01f32..1.0) {
        let params = Params { score_threshold: least, nms_mode: NmsMode::None, ..Params::default() };
        let channels = 4 + classes;
        let read = |multi| run(layout(Format::Yolov8, multi), &[view("a", [CELLS, channels], &numbers)], &params).0;
        let (best, all) = (read(false), read(true));
        prop_assert!(best.iter().all(|found| all.contains(found)));
        for found in &all {
            let score = numbers[found.entry as usize * channels + 4 + found.class_id as usize];
            prop_assert_eq!(found.score, score);
            prop_assert!(best.iter().any(|best| best.entry == found.entry && best.score >= score));
        }
    }
}
