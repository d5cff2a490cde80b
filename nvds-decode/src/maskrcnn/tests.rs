use std::sync::Arc;

use super::*;
use crate::boxes::policy::{EdgePolicy, Params};
use crate::boxes::postprocess::Postprocessor;
use crate::layout::{Layout, Options};
use crate::letterbox::{Geometry, Padding};
use crate::tensor::TensorView;

const NETWORK: Size = Size::new(40, 20);
/// A frame of twice the size, four times across.
const FRAME: Size = Size::new(160, 40);

/// 4x2 values that rise from 0 to 1.
fn rising() -> Vec<f32> {
    (0..8).map(|n| n as f32 / 8.0).collect()
}

fn run(tensors: &[TensorView<'_>], masks: Masks, params: &Params) -> Postprocessor {
    let geometry = Geometry::new(NETWORK, FRAME, Padding::Stretch).unwrap();
    let layout = Layout {
        options: Options::Masks(masks),
        ..Layout::default()
    };
    let mut postprocessor = Postprocessor::of(&FAMILY, Arc::new(layout));
    postprocessor.run(tensors, &geometry, params).unwrap();
    postprocessor
}

/// One row of TAO, of class 1 of two, with those numbers as its box, and a mask for each class.
fn tao(sides: [f32; 4], masks_layer: &str, masks: Masks, params: &Params) -> Postprocessor {
    let [left, top, right, bottom] = sides;
    let row = [top, left, bottom, right, 1.0, 0.9];
    let both = [vec![9.0; 8], rising()].concat();
    let tensors = [
        TensorView::new(masks_layer, &[1, 2, 2, 4], &both[..]).unwrap(),
        TensorView::new("generate_detections", &[1, 6], &row[..]).unwrap(),
    ];
    run(&tensors, masks, params)
}

#[track_caller]
fn mask(found: &Postprocessor) -> (Vec<f32>, Size) {
    assert_eq!(found.doubts().collect::<Vec<_>>(), []);
    let (values, size) = found.extras().mask_of(0).unwrap();
    (values.to_vec(), size)
}

#[test]
fn a_whole_box_has_the_mask_as_it_is() {
    let sigmoid = "mask_fcn_logits/sigmoid";
    let found = tao(
        [4.0, 3.0, 24.0, 13.0],
        sigmoid,
        Masks::default(),
        &Params::default(),
    );
    let bbox = found.detections()[0].bbox;
    assert_eq!(
        [bbox.left, bbox.top, bbox.width, bbox.height],
        [16.0, 6.0, 80.0, 20.0]
    );
    assert_eq!(found.detections()[0].class_id, 1);
    assert_eq!(mask(&found), (rising(), Size::new(4, 2)));
}

#[test]
fn logits_are_made_probabilities() {
    let sides = [4.0, 3.0, 24.0, 13.0];
    let as_probabilities: Vec<f32> = rising().iter().map(|v| 1.0 / (1.0 + (-v).exp())).collect();
    let stated = |logits| Masks {
        logits,
        ..Masks::default()
    };
    for (name, logits, expected) in [
        ("mask_head/mask_fcn_logits/BiasAdd", None, &as_probabilities),
        ("mask_fcn_logits/BiasAdd:0", None, &as_probabilities),
        ("mask_fcn_logits/BiasAdd", Some(false), &rising()),
        ("mask_fcn_logits/sigmoid", None, &rising()),
        ("mask_fcn_logits/sigmoid", Some(true), &as_probabilities),
    ] {
        let found = tao(sides, name, stated(logits), &Params::default());
        assert_eq!(mask(&found).0, *expected, "{name}");
    }
}

/// What is drawn stretches a mask over its box: of a box that was cut, what is left of the mask.
#[test]
fn a_box_that_is_cut_has_the_part_of_its_mask() {
    let sides = [-10.0, -5.0, 10.0, 5.0];
    let layer = "mask_fcn_logits/sigmoid";
    let found = tao(sides, layer, Masks::default(), &Params::default());
    assert_eq!(found.detections()[0].bbox.width, 40.0);
    assert_eq!(mask(&found), (vec![0.75, 0.875], Size::new(2, 1)));
    let keep = Params {
        edge: EdgePolicy::Keep,
        ..Params::default()
    };
    let found = tao(sides, layer, Masks::default(), &keep);
    assert_eq!(mask(&found), (rising(), Size::new(4, 2)));
    // Cut within a cell: between the middles of cells.
    let sides = [-2.5, 3.0, 17.5, 13.0];
    let found = tao(sides, layer, Masks::default(), &Params::default());
    let (values, size) = mask(&found);
    assert_eq!(size, Size::new(4, 2));
    // The first of four parts of 3.5 cells begins half a cell in.
    assert!((values[0] - 0.4375 / 8.0).abs() < 1e-5, "{values:?}");
}

/// torchvision's, with the mask of each as large as `dims` say.
fn torchvision(values: &[f32], dims: &[usize]) -> Postprocessor {
    let boxes = [4.0, 3.0, 24.0, 13.0];
    let tensors = [
        TensorView::new("boxes", &[1, 4], &boxes[..]).unwrap(),
        TensorView::new("labels", &[1], &[7_i64][..]).unwrap(),
        TensorView::new("scores", &[1], &[0.9_f32][..]).unwrap(),
        TensorView::new("masks", dims, values).unwrap(),
    ];
    run(&tensors, Masks::default(), &Params::default())
}

#[test]
fn torchvisions_masks_are_of_the_box_or_of_the_input() {
    let found = torchvision(&rising(), &[1, 1, 2, 4]);
    assert_eq!(found.detections()[0].class_id, 7);
    assert_eq!(mask(&found), (rising(), Size::new(4, 2)));
    assert_eq!(
        mask(&torchvision(&rising(), &[1, 2, 4])),
        mask(&torchvision(&rising(), &[1, 1, 1, 2, 4]))
    );
    // Pasted: the box has columns 4 to 24 and rows 3 to 13.
    let picture: Vec<f32> = (0..20 * 40)
        .map(|at| f32::from(at % 40 >= 14 && at / 40 >= 8))
        .collect();
    let (values, size) = mask(&torchvision(&picture, &[1, 1, 20, 40]));
    assert_eq!(size, Size::new(20, 10));
    for (at, value) in values.iter().enumerate() {
        let inside = at % 20 >= 10 && at / 20 >= 5;
        assert_eq!(*value, f32::from(inside), "{at}");
    }
}

#[test]
fn masks_of_no_use_are_doubted() {
    let mut odd = rising();
    odd[3] = f32::NAN;
    let found = torchvision(&odd, &[1, 1, 2, 4]);
    let doubts: Vec<Doubt> = found.doubts().collect();
    assert!(
        matches!(doubts[..], [Doubt::MaskValue(value)] if value.is_nan()),
        "{doubts:?}"
    );
    assert!(
        found
            .extras()
            .masks
            .iter()
            .all(|value| (0.0..=1.0).contains(value))
    );

    // Of a class that has none; the next one has its own.
    let rows = [
        [3.0, 4.0, 13.0, 24.0, 5.0, 0.9],
        [3.0, 4.0, 13.0, 24.0, 1.0, 0.8_f32],
    ];
    let masks: Vec<f32> = [vec![0.0; 24], rising()].concat();
    let tensors = [
        TensorView::new("generate_detections", &[2, 6], rows.as_flattened()).unwrap(),
        TensorView::new("mask_fcn_logits/sigmoid", &[2, 2, 2, 4], &masks[..]).unwrap(),
    ];
    let found = run(&tensors, Masks::default(), &Params::default());
    assert_eq!(found.detections().len(), 2);
    let doubts: Vec<Doubt> = found.doubts().collect();
    assert_eq!(doubts, [Doubt::MaskClass(5, 2)]);
    assert_eq!(found.extras().mask_of(0), None);
    assert_eq!(found.extras().mask_of(1).unwrap().0, rising());
}

#[test]
fn masks_of_other_dimensions_are_refused() {
    let numbers = [0.5_f32; 2400];
    let tensors = |masks: &'static [usize]| {
        let length = masks.iter().product();
        [
            TensorView::new("boxes", &[1, 4], &numbers[..4]).unwrap(),
            TensorView::new("labels", &[1], &numbers[..1]).unwrap(),
            TensorView::new("scores", &[1], &numbers[..1]).unwrap(),
            TensorView::new("masks", masks, &numbers[..length]).unwrap(),
        ]
    };
    let geometry = Geometry::new(NETWORK, FRAME, Padding::Stretch).unwrap();
    for masks in [&[1, 3, 2, 4][..], &[2, 1, 2, 4], &[1, 1, 2, 400], &[28, 28]] {
        let mut postprocessor = Postprocessor::of(&FAMILY, Arc::default());
        let error = postprocessor
            .run(&tensors(masks), &geometry, &Params::default())
            .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("masks"), "{masks:?}: {text}");
    }
}
