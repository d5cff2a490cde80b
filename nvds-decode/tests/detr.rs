//! DETRs: which reading their layers have, and what comes of their numbers.

use std::sync::Arc;

use nvds_decode::select::{Input, select};
use nvds_decode::{
    Activation, Background, ClassRules, DecodeError, Detection, Doubt, EdgePolicy, ErrorKind,
    Format, Geometry, Layout, Padding, Params, Postprocessor, Size, TensorView, detr, f16,
    families,
};
use proptest::prelude::*;

const NETWORK: Size = Size::new(640, 480);

fn geometry() -> Geometry {
    Geometry::new(NETWORK, Size::new(640, 480), Padding::Stretch).unwrap()
}

fn view<'a>(name: &'a str, dims: &[usize], data: &'a [f32]) -> TensorView<'a> {
    TensorView::new(name, dims, &data[..dims.iter().product()]).unwrap()
}

/// The decoder of layers with these names and dimensions, whatever is in them.
fn reading(layers: &[(&str, &[usize])], layout: &Layout) -> Result<&'static str, DecodeError> {
    let numbers = vec![0.5; 300 * 100];
    let tensors: Vec<_> = layers
        .iter()
        .map(|(name, dims)| view(name, dims, &numbers))
        .collect();
    let input = Input {
        tensors: &tensors,
        layout,
        network: NETWORK,
    };
    select(&detr::FAMILY, &input).map(|selection| selection.decoder().name)
}

fn labels(count: usize) -> Layout {
    Layout {
        labels: Some(count),
        ..Layout::default()
    }
}

/// The error names both formats and how to state one.
fn assert_ambiguous(found: Result<&'static str, DecodeError>, formats: [&str; 2]) {
    let error = found.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ambiguous, "{error}");
    let text = error.to_string();
    for format in formats {
        assert!(text.contains(&format!("format={format} (")), "{text}");
    }
}

const HUGGING_FACE: [(&str, &[usize]); 2] = [("logits", &[300, 81]), ("pred_boxes", &[300, 4])];

#[test]
fn as_many_columns_as_labels_are_a_sigmoid_each() {
    assert_eq!(reading(&HUGGING_FACE, &labels(81)), Ok("rtdetr"));
    let official: [(&str, &[usize]); 2] =
        [("pred_boxes", &[1, 300, 4]), ("pred_logits", &[1, 300, 81])];
    assert_eq!(reading(&official, &labels(81)), Ok("rtdetr"));
}

#[test]
fn a_column_more_than_labels_is_a_softmax() {
    assert_eq!(reading(&HUGGING_FACE, &labels(80)), Ok("detr"));
}

#[test]
fn logits_without_a_number_of_labels_are_refused_with_both_readings() {
    for layout in [Layout::default(), labels(50), labels(90)] {
        assert_ambiguous(reading(&HUGGING_FACE, &layout), ["rtdetr", "detr"]);
    }
}

#[test]
fn a_single_column_is_no_softmax() {
    let one: [(&str, &[usize]); 2] = [("logits", &[300, 1]), ("pred_boxes", &[300, 4])];
    assert_eq!(reading(&one, &Layout::default()), Ok("rtdetr"));
    let detr = Layout {
        format: Some(Format::Detr),
        ..Layout::default()
    };
    let error = reading(&one, &detr).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OtherFormat);
    assert!(error.to_string().contains("format=rtdetr ("), "{error}");
}

#[test]
fn the_activation_decides_where_labels_do_not() {
    for (activation, expected) in [
        (Activation::Sigmoid, "rtdetr"),
        (Activation::None, "rtdetr"),
        (Activation::Softmax, "detr"),
    ] {
        let layout = Layout {
            activation: Some(activation),
            ..labels(50)
        };
        assert_eq!(reading(&HUGGING_FACE, &layout), Ok(expected));
    }
}

#[test]
fn a_stated_format_needs_no_labels() {
    for (format, expected) in [(Format::Rtdetr, "rtdetr"), (Format::Detr, "detr")] {
        for count in [None, Some(80), Some(81), Some(7)] {
            let layout = Layout {
                format: Some(format),
                labels: count,
                ..Layout::default()
            };
            assert_eq!(reading(&HUGGING_FACE, &layout), Ok(expected));
        }
    }
}

#[test]
fn dets_and_labels_of_two_dimensions_are_rfdetr() {
    for columns in [1, 5, 91] {
        let layers: [(&str, &[usize]); 2] = [("labels", &[300, columns]), ("dets", &[300, 4])];
        for layout in [
            Layout::default(),
            labels(columns),
            labels(columns - 1),
            labels(50),
        ] {
            assert_eq!(reading(&layers, &layout), Ok("rfdetr"), "{columns}");
        }
    }
}

#[test]
fn labels_boxes_and_scores_are_the_official_export() {
    let layers: [(&str, &[usize]); 3] = [
        ("labels", &[1, 300]),
        ("boxes", &[1, 300, 4]),
        ("scores", &[1, 300]),
    ];
    assert_eq!(reading(&layers, &Layout::default()), Ok("rtdetr-official"));
    let columns: [(&str, &[usize]); 3] = [
        ("labels", &[300, 1]),
        ("boxes", &[300, 4]),
        ("scores", &[300, 1]),
    ];
    assert_eq!(reading(&columns, &labels(1)), Ok("rtdetr-official"));
}

#[test]
fn rows_of_six_are_told_apart_by_the_number_of_labels() {
    let rows: [(&str, &[usize]); 1] = [("output0", &[300, 6])];
    let both = ["rtdetr-ultralytics", "rtdetr-ultralytics-old"];
    assert_eq!(reading(&rows, &labels(80)), Ok("rtdetr-ultralytics"));
    assert_ambiguous(reading(&rows, &labels(2)), both);
    assert_ambiguous(reading(&rows, &Layout::default()), both);
    for format in [Format::RtdetrUltralytics, Format::RtdetrUltralyticsOld] {
        let layout = Layout {
            format: Some(format),
            ..labels(2)
        };
        assert_eq!(reading(&rows, &layout), Ok(format.name()));
    }
}

#[test]
fn rows_of_a_box_and_scores_are_the_old_export_of_ultralytics() {
    let rows: [(&str, &[usize]); 1] = [("output0", &[300, 84])];
    for layout in [Layout::default(), labels(80)] {
        assert_eq!(reading(&rows, &layout), Ok("rtdetr-ultralytics-old"));
    }
    // Neither with other labels, nor a YOLO's head.
    assert!(reading(&rows, &labels(10)).is_err());
    assert!(reading(&[("output0", &[84, 300])], &Layout::default()).is_err());
}

#[test]
fn layers_of_other_names_are_found_by_their_dimensions() {
    let layers: [(&str, &[usize]); 2] = [("/head/out", &[300, 81]), ("/box/out", &[300, 4])];
    assert_eq!(reading(&layers, &labels(81)), Ok("rtdetr"));
    let rows: [(&str, &[usize]); 1] = [("renamed", &[300, 6])];
    assert!(reading(&rows, &labels(80)).is_err());
    let layout = Layout {
        format: Some(Format::RtdetrUltralytics),
        ..Layout::default()
    };
    assert_eq!(reading(&rows, &layout), Ok("rtdetr-ultralytics"));
}

#[test]
fn an_error_names_the_layers_and_what_fits_them() {
    let error = reading(&[("output", &[8400, 2])], &Layout::default()).unwrap_err();
    let (text, detail) = (error.to_string(), error.detail().unwrap());
    assert!(text.contains("output FLOAT [8400, 2]"), "{text}");
    assert!(
        detail.contains("pred_logits") && detail.contains("dets"),
        "{detail}"
    );
}

fn layout_of(preset: &str) -> Layout {
    let (family, preset) = families::preset(preset).unwrap();
    assert_eq!(family.name, "detr");
    preset.layout(Layout::default())
}

fn run(
    layout: Layout,
    tensors: &[TensorView<'_>],
    params: &Params,
) -> (Vec<Detection>, Postprocessor) {
    let mut postprocessor = Postprocessor::of(&detr::FAMILY, Arc::new(layout));
    let found = postprocessor.run(tensors, &geometry(), params);
    let found = found.unwrap().to_vec();
    let counts = *postprocessor.counts();
    assert_eq!(counts.candidates, counts.kept + counts.dropped.total());
    (found, postprocessor)
}

/// Class and query of each.
fn places(found: &[Detection]) -> Vec<(u32, u32)> {
    found.iter().map(|d| (d.entry, d.class_id)).collect()
}

/// Three queries of two classes and a third column, each of an object of its own.
const BOXES: [f32; 12] = [
    0.25, 0.25, 0.2, 0.2, 0.5, 0.5, 0.2, 0.2, 0.75, 0.75, 0.2, 0.2,
];

fn three(scores: &[f32]) -> [TensorView<'_>; 2] {
    [
        view("logits", &[3, scores.len() / 3], scores),
        view("pred_boxes", &[3, 4], &BOXES),
    ]
}

#[test]
fn a_query_may_be_of_several_classes_and_the_best_pairs_stay() {
    let scores = [2.0, 3.0, -9.0, 1.0, 1.0, 1.0, 0.5, -9.0, 0.7];
    let (found, p) = run(layout_of("rtdetr"), &three(&scores), &Params::default());
    // As many as queries; of three equal ones the first.
    assert_eq!(places(&found), [(0, 1), (0, 0), (1, 0)]);
    assert_eq!(p.counts().dropped.top_k, 4);
    assert_eq!(p.counts().dropped.below_threshold, 2);
    // The network's selection comes before rules on classes.
    let params = Params {
        classes: ClassRules::new(&[], &[2]),
        ..Params::default()
    };
    let (found, p) = run(layout_of("rtdetr"), &three(&scores), &params);
    assert_eq!(places(&found), []);
    assert_eq!(p.counts().dropped.top_k, 2);
}

#[test]
fn a_softmax_gives_the_best_class_of_each_query() {
    let scores = [2.0, 3.0, 0.0, 1.0, 1.0, 9.0, 4.0, 4.0, -9.0];
    let params = Params {
        score_threshold: 0.3,
        ..Params::default()
    };
    let (found, p) = run(layout_of("detr"), &three(&scores), &params);
    assert_eq!(places(&found), [(0, 1), (2, 0)]);
    assert!((found[0].score - 0.7054).abs() < 1e-4, "{found:?}");
    assert_eq!(p.counts().candidates, 3);
    // RT-DETR that was trained so.
    let softmax = Layout {
        activation: Some(Activation::Softmax),
        ..layout_of("rtdetr")
    };
    let (same, _) = run(softmax, &three(&scores), &params);
    assert_eq!(same, found);
    // Another column for no object.
    let first = Layout {
        background: Background::Class(0),
        ..layout_of("detr")
    };
    assert_eq!(
        places(&run(first, &three(&scores), &params).0),
        [(1, 2), (0, 1), (2, 1)]
    );
}

#[test]
fn the_class_that_is_none_is_never_found() {
    let scores = [-9.0, 3.0, 5.0, 1.0, -9.0, 5.0, -9.0, -9.0, 5.0];
    let by = |layout: Layout, count: Option<usize>| {
        let [labels, dets] = three(&scores);
        let dets = TensorView::new("dets", dets.dims(), dets.data()).unwrap();
        let labels = TensorView::new("labels", labels.dims(), labels.data()).unwrap();
        let layout = Layout {
            labels: count,
            ..layout
        };
        places(&run(layout, &[dets, labels], &Params::default()).0)
    };
    for count in [None, Some(2)] {
        assert_eq!(by(layout_of("rfdetr"), count), [(0, 1), (1, 0)]);
        assert_eq!(by(Layout::default(), count), [(0, 1), (1, 0)]);
    }
    let all = [(0, 2), (1, 2), (2, 2)];
    assert_eq!(by(layout_of("rfdetr"), Some(3)), all);
    assert_eq!(by(layout_of("rfdetr-coco"), None), all);
    let last = [(0, 2), (1, 2), (2, 2)];
    assert_eq!(by(layout_of("rfdetr-legacy"), None), last);
    let tao = run(layout_of("tao-detr"), &three(&scores), &Params::default());
    assert_eq!(places(&tao.0), last);
}

#[test]
fn a_query_with_a_number_that_is_none_is_dropped_and_counted() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        // Beside a logit of interest, which must not be believed then.
        let scores = [3.0, bad, -9.0, 1.0, -9.0, -9.0, -9.0, -9.0, 2.0];
        let (found, p) = run(layout_of("rtdetr"), &three(&scores), &Params::default());
        assert_eq!(places(&found), [(2, 2), (1, 0)], "{bad}");
        assert!(p.counts().dropped.non_finite >= 1, "{bad}");
        let (found, p) = run(layout_of("detr"), &three(&scores), &Params::default());
        assert_eq!(places(&found), [(1, 0)], "{bad}");
        assert_eq!(p.counts().dropped.non_finite, 1, "{bad}");

        let rows: Vec<f32> = (0..3)
            .flat_map(|q| [&BOXES[4 * q..4 * q + 4], &scores[3 * q..3 * q + 3]].concat())
            .collect();
        let rows = [view("output0", &[3, 7], &rows)];
        let (found, p) = run(
            layout_of("rtdetr-ultralytics-old"),
            &rows,
            &Params::default(),
        );
        assert_eq!(places(&found), [(2, 2), (1, 0)], "{bad}");
        assert_eq!(p.counts().dropped.non_finite, 1, "{bad}");
    }
}

#[test]
fn boxes_that_are_none_take_nobodys_place() {
    let scores = [3.0, 3.0, 3.0, 1.0, -9.0, -9.0, -9.0, -9.0, 2.0];
    for (bad, reason) in [(f32::NAN, "non-finite"), (f32::INFINITY, "non-finite")] {
        let mut boxes = BOXES;
        boxes[2] = bad;
        let tensors = [
            view("logits", &[3, 3], &scores),
            view("pred_boxes", &[3, 4], &boxes),
        ];
        let (found, p) = run(layout_of("rtdetr"), &tensors, &Params::default());
        assert_eq!(places(&found), [(2, 2), (1, 0)]);
        let dropped = p.counts().dropped.by_reason();
        let counted = dropped.iter().find(|(r, _)| r.name() == reason).unwrap().1;
        assert_eq!(counted, 3);
    }
    for size in [0.0, -0.2] {
        let mut boxes = BOXES;
        boxes[2] = size;
        let scores = [3.0, -9.0, -9.0, 1.0, -9.0, -9.0, -9.0, -9.0, 2.0];
        let tensors = [
            view("logits", &[3, 3], &scores),
            view("pred_boxes", &[3, 4], &boxes),
        ];
        let (found, p) = run(layout_of("rtdetr"), &tensors, &Params::default());
        assert_eq!(places(&found), [(2, 2), (1, 0)]);
        assert_eq!(p.counts().dropped.too_small, 1);
    }
}

/// An engine in FP16 that overflows: nothing is found, and the counts say why.
#[test]
fn an_overflown_engine_is_told_by_its_counts() {
    let scores = vec![f16::NAN; 300 * 80];
    let boxes = vec![f16::NAN; 300 * 4];
    let tensors = [
        TensorView::new("pred_logits", &[300, 80], &scores[..]).unwrap(),
        TensorView::new("pred_boxes", &[300, 4], &boxes[..]).unwrap(),
    ];
    let (found, p) = run(labels(80), &tensors, &Params::default());
    assert!(found.is_empty());
    assert_eq!(p.counts().dropped.non_finite, 300 * 80);
}

#[test]
fn nothing_is_suppressed_unless_asked_for() {
    let boxes = [0.5, 0.5, 0.2, 0.2].repeat(3);
    let scores = [3.0, -9.0, 2.0, -9.0, 1.0, -9.0];
    let tensors = [
        view("logits", &[3, 2], &scores),
        view("pred_boxes", &[3, 4], &boxes),
    ];
    let (found, _) = run(labels(2), &tensors, &Params::default());
    assert_eq!(found.len(), 3);
    let params = Params {
        nms_mode: nvds_decode::NmsMode::PerClass,
        ..Params::default()
    };
    assert_eq!(run(labels(2), &tensors, &params).0.len(), 1);
}

#[test]
fn scores_that_were_activated_already_are_doubted() {
    let scores = vec![0.25; 20 * 4];
    let boxes = [0.5, 0.5, 0.2, 0.2].repeat(20);
    let tensors = [
        view("logits", &[20, 4], &scores),
        view("pred_boxes", &[20, 4], &boxes),
    ];
    let (_, p) = run(labels(4), &tensors, &Params::default());
    let doubts: Vec<Doubt> = p.doubts().collect();
    assert_eq!(doubts, [Doubt::ActivatedTwice { softmax: true }]);
    // Logits where scores are expected.
    let rows = [0.5, 0.5, 0.2, 0.2, -3.0, 1.0].repeat(20);
    let (_, p) = run(
        layout_of("rtdetr-ultralytics"),
        &[view("output0", &[20, 6], &rows)],
        &Params::default(),
    );
    assert_eq!(
        p.doubts().collect::<Vec<_>>(),
        [Doubt::ScoreBelowZero(-3.0)]
    );
    // Corners in pixels where centres from 0 to 1 are expected: YOLO's rows.
    let rows = [100.0, 100.0, 200.0, 200.0, 0.9, 1.0].repeat(20);
    let (_, p) = run(
        layout_of("rtdetr-ultralytics"),
        &[view("output0", &[20, 6], &rows)],
        &Params::default(),
    );
    assert!(matches!(p.doubts().next(), Some(Doubt::Units { .. })));
}

#[test]
fn columns_beyond_the_labels_are_noticed_but_not_the_last_of_no_object() {
    let scores = [-9.0f32; 15];
    let boxes = [0.5, 0.5, 0.2, 0.2].repeat(3);
    let tensors = [
        view("dets", &[3, 4], &boxes),
        view("labels", &[3, 5], &scores),
    ];
    let beyond = |limit| {
        let params = Params {
            num_classes: limit,
            ..Params::default()
        };
        run(Layout::default(), &tensors, &params)
            .1
            .class_beyond_limit()
    };
    assert_eq!(beyond(4), None);
    assert_eq!(beyond(3), Some(3));
}

/// Logits and boxes of some queries, mostly of no interest.
fn queries() -> impl Strategy<Value = (usize, Vec<f32>, Vec<f32>)> {
    (1usize..24, 1usize..7).prop_flat_map(|(count, columns)| {
        let logit = prop_oneof![
            8 => -9f32..4.0,
            1 => Just(1.5f32),
            1 => any::<u32>().prop_map(f32::from_bits),
        ];
        let side = prop_oneof![12 => 0.01f32..1.2, 1 => any::<u32>().prop_map(f32::from_bits)];
        (
            Just(columns),
            proptest::collection::vec(logit, count * columns),
            proptest::collection::vec(side, 4 * count),
        )
    })
}

fn detect(
    format: Format,
    (columns, logits, boxes): (usize, &[f32], &[f32]),
    threshold: f32,
) -> Vec<Detection> {
    let count = boxes.len() / 4;
    let names = match format {
        Format::Rfdetr => ["labels", "dets"],
        _ => ["logits", "pred_boxes"],
    };
    let tensors = [
        view(names[0], &[count, columns], logits),
        view(names[1], &[count, 4], boxes),
    ];
    let layout = Layout {
        format: Some(format),
        ..Layout::default()
    };
    let params = Params {
        score_threshold: threshold,
        edge: EdgePolicy::Keep,
        ..Params::default()
    };
    run(layout, &tensors, &params).0
}

fn formats() -> impl Strategy<Value = Format> {
    proptest::sample::select(vec![Format::Rtdetr, Format::Detr, Format::Rfdetr])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A higher threshold only takes away, from the end.
    #[test]
    fn a_higher_threshold_only_takes_away(
        (columns, logits, boxes) in queries(),
        format in formats(),
        low in 0f32..1.0,
        more in 0f32..0.5,
    ) {
        let format = if columns == 1 { Format::Rtdetr } else { format };
        let input = (columns, &logits[..], &boxes[..]);
        let many = detect(format, input, low);
        let few = detect(format, input, low + more);
        let reached = many.iter().filter(|d| d.score >= low + more);
        prop_assert!(few.iter().eq(reached));
    }

    /// The order of queries decides between equal scores only.
    #[test]
    fn the_order_of_queries_does_not_matter(
        (columns, logits, boxes) in queries(),
        format in formats(),
        turn in 0usize..24,
    ) {
        let format = if columns == 1 { Format::Rtdetr } else { format };
        let count = boxes.len() / 4;
        let turn = turn % count;
        // No two logits between which nothing but the order decides.
        let spread = logits.iter().enumerate().map(|(at, logit)| match logit.is_finite() {
            true => logit.clamp(-9.0, 4.0) + 1e-4 * at as f32,
            false => *logit,
        });
        let logits: Vec<f32> = spread.collect();
        let mut scores: Vec<u32> = logits.iter().map(|x| (1.0 / (1.0 + (-x).exp())).to_bits()).collect();
        scores.retain(|&score| f32::from_bits(score) >= 0.5);
        scores.sort_unstable();
        prop_assume!(scores.windows(2).all(|pair| pair[0] != pair[1]));
        let (mut turned, mut moved) = (logits.clone(), boxes.clone());
        turned.rotate_left(turn * columns);
        moved.rotate_left(turn * 4);
        let found = detect(format, (columns, &logits, &boxes), 0.5);
        let mut other = detect(format, (columns, &turned, &moved), 0.5);
        for detection in &mut other {
            detection.entry = ((detection.entry as usize + turn) % count) as u32;
        }
        // Of a softmax, scores may be equal all the same.
        let sort = |found: &mut Vec<Detection>| found.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then(a.entry.cmp(&b.entry))
        });
        let mut found = found;
        sort(&mut found);
        sort(&mut other);
        prop_assert_eq!(found, other);
    }

    /// The reader of a straight loop in double precision finds the same pairs.
    #[test]
    fn pairs_are_those_of_a_plain_sort((columns, logits, boxes) in queries(), least in 0.05f32..0.95) {
        let count = boxes.len() / 4;
        let whole = |q: usize| {
            let row = &logits[q * columns..][..columns];
            let [x, y, w, h] = *boxes[4 * q..].first_chunk::<4>().unwrap();
            let sides = [x - 0.5 * w, y - 0.5 * h, x + 0.5 * w, y + 0.5 * h];
            row.iter().chain(&sides).all(|number| number.is_finite())
        };
        let score = |flat: &usize| 1.0 / (1.0 + (-logits[*flat]).exp());
        let mut pairs: Vec<usize> = (0..logits.len())
            .filter(|flat| whole(flat / columns) && score(flat) >= least)
            .collect();
        pairs.sort_by(|a, b| score(b).total_cmp(&score(a)));
        pairs.truncate(count);
        let found = detect(Format::Rtdetr, (columns, &logits, &boxes), least);
        let have: Vec<usize> = found.iter().map(|d| d.entry as usize * columns + d.class_id as usize).collect();
        // Of what was selected some boxes are none, or outside of the frame.
        let mut wanted = pairs.iter();
        for flat in &have {
            prop_assert!(wanted.any(|want| want == flat), "{:?} of {:?}", have, pairs);
        }
        for flat in pairs {
            let [x, y, w, h] = *boxes[4 * (flat / columns)..].first_chunk::<4>().unwrap();
            let inside = x - w / 2.0 < 0.99 && y - h / 2.0 < 0.99 && x + w / 2.0 > 0.01 && y + h / 2.0 > 0.01;
            let plain = [x, y, w, h].iter().all(|side| (0.001..100.0).contains(side));
            prop_assert!(have.contains(&flat) || !(inside && plain), "{}", flat);
        }
    }
}
