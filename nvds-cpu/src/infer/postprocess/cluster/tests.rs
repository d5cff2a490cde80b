use super::*;

fn detection([left, top, width, height]: [f32; 4], confidence: f32) -> Detection {
    Detection {
        left,
        top,
        width,
        height,
        confidence,
        ..Detection::default()
    }
}

/// Confidences of what is left of one class, in hundredths.
fn left(detections: &[Detection], attrs: &ClassAttrs, mode: ClusterMode) -> Vec<i32> {
    let attrs = std::slice::from_ref(attrs);
    let clustered = cluster(detections.to_vec(), attrs, mode, true);
    clustered
        .iter()
        .map(|d| (d.confidence * 100.0).round() as i32)
        .collect()
}

/// Two that overlap by exactly a third of their union, one that touches the second, one far away.
fn some() -> Vec<Detection> {
    vec![
        detection([0.0, 0.0, 10.0, 10.0], 0.6),
        detection([5.0, 0.0, 10.0, 10.0], 0.9),
        detection([15.0, 0.0, 10.0, 10.0], 0.3),
        detection([100.0, 100.0, 10.0, 10.0], 0.6),
    ]
}

#[test]
fn overlap_at_the_threshold_is_kept() {
    let at = |nms_iou_threshold| ClassAttrs {
        nms_iou_threshold,
        ..ClassAttrs::default()
    };
    let third: f32 = 50.0 / 150.0;
    assert_eq!(
        left(&some(), &at(third), ClusterMode::Nms),
        [90, 60, 60, 30]
    );
    let less = f32::from_bits(third.to_bits() - 1);
    assert_eq!(left(&some(), &at(less), ClusterMode::Nms), [90, 60, 30]);
    let flat = vec![detection([1.0, 1.0, 0.0, 5.0], 0.5); 2];
    assert_eq!(
        left(&flat, &at(0.0), ClusterMode::Nms),
        [50, 50],
        "no area, no overlap"
    );
}

#[test]
fn after_suppression_the_threshold_itself_is_dropped() {
    let attrs = ClassAttrs {
        post_cluster_threshold: 0.6,
        nms_iou_threshold: 0.5,
        ..ClassAttrs::default()
    };
    assert_eq!(left(&some(), &attrs, ClusterMode::Nms), [90]);
    assert_eq!(
        left(&some(), &attrs, ClusterMode::Dbscan),
        [60, 90, 60],
        "it is kept there"
    );
    assert_eq!(
        left(&some(), &attrs, ClusterMode::None),
        [60, 90, 30, 60],
        "and no matter"
    );
}

#[test]
fn without_opencv_grouping_has_its_own_rules() {
    let attrs = ClassAttrs {
        nms_iou_threshold: 0.1,
        topk: 1,
        group_threshold: 3,
        ..ClassAttrs::default()
    };
    let many: Vec<_> = (0..30)
        .map(|n| detection([n as f32 * 20.0, 0.0, 10.0, 10.0], 0.5))
        .collect();
    let kept = cluster(many, &[attrs], ClusterMode::GroupRectangles, false);
    assert_eq!(kept.len(), 20);
}

#[test]
fn grouping_takes_means_of_whole_pixels() {
    let attrs = ClassAttrs {
        group_threshold: 1,
        eps: 0.2,
        ..ClassAttrs::default()
    };
    let boxes = vec![
        detection([10.9, 10.0, 40.0, 40.0], 0.9),
        detection([13.0, 11.0, 41.0, 40.0], 0.2),
        detection([12.0, 10.0, 40.0, 42.0], 0.3),
        detection([200.0, 10.0, 40.0, 40.0], 0.8),
    ];
    let grouped = cluster(
        boxes.clone(),
        std::slice::from_ref(&attrs),
        ClusterMode::GroupRectangles,
        true,
    );
    let [one] = grouped.as_slice() else {
        panic!("{grouped:?}");
    };
    // (10 + 13 + 12) / 3, 31 / 3, 121 / 3, 122 / 3
    assert_eq!(one, &detection([12.0, 10.0, 40.0, 41.0], -0.1));
    let none = ClassAttrs {
        group_threshold: 0,
        ..attrs
    };
    let as_they_are = cluster(boxes, &[none], ClusterMode::GroupRectangles, true);
    assert_eq!(as_they_are.len(), 4);
    assert_eq!(as_they_are[0], detection([10.0, 10.0, 40.0, 40.0], -0.1));
}

#[test]
fn a_small_group_inside_a_larger_one_goes() {
    let attrs = ClassAttrs {
        group_threshold: 1,
        eps: 0.1,
        ..ClassAttrs::default()
    };
    let large = std::iter::repeat_n(detection([0.0, 0.0, 100.0, 100.0], 0.5), 4);
    let small = std::iter::repeat_n(detection([40.0, 40.0, 20.0, 20.0], 0.5), 2);
    let both: Vec<_> = large.chain(small).collect();
    let grouped = cluster(both, &[attrs], ClusterMode::GroupRectangles, true);
    assert_eq!(grouped, [detection([0.0, 0.0, 100.0, 100.0], -0.1)]);
}

#[test]
fn dense_boxes_become_one() {
    let attrs = ClassAttrs {
        min_boxes: 3,
        eps: 0.4,
        ..ClassAttrs::default()
    };
    let boxes = vec![
        detection([0.0, 0.0, 20.0, 20.0], 0.5),
        detection([200.0, 0.0, 20.0, 20.0], 0.9),
        detection([2.0, 0.0, 20.0, 20.0], 0.7),
        detection([4.0, 0.0, 20.0, 20.0], 0.6),
    ];
    let merged = cluster(
        boxes.clone(),
        std::slice::from_ref(&attrs),
        ClusterMode::Dbscan,
        false,
    );
    assert_eq!(merged, [detection([2.0, 0.0, 20.0, 20.0], 0.7)]);
    assert_eq!(
        left(&boxes, &attrs, ClusterMode::Hybrid),
        [70],
        "the lone one is noise"
    );
    let sum = ClassAttrs {
        dbscan_min_score: 1.81,
        ..attrs.clone()
    };
    assert_eq!(left(&boxes, &sum, ClusterMode::Dbscan), [0; 0]);
    let wide: Vec<_> = boxes
        .iter()
        .map(|d| detection([d.left * 10.0, 0.0, 200.0, 200.0], d.confidence))
        .collect();
    assert_eq!(
        left(&wide, &attrs, ClusterMode::Dbscan),
        [0; 0],
        "200 pixels for 3 boxes"
    );
}

#[test]
fn what_belongs_to_no_class_goes() {
    let attrs = [ClassAttrs::default(), ClassAttrs::default()];
    let of = |class, confidence| Detection {
        class,
        confidence,
        ..Detection::default()
    };
    let mut all = vec![
        of(0, 0.2),
        of(1, 0.19),
        of(2, 0.9),
        of(1, f32::NAN),
        of(u32::MAX, 1.0),
    ];
    before(&mut all, &attrs);
    let classes: Vec<_> = all.iter().map(|d| d.class).collect();
    assert_eq!(classes, [0, 1], "what is no number passes here");
    let kept = cluster(all, &attrs, ClusterMode::Nms, false);
    assert_eq!(kept.len(), 1, "and not here");
}
