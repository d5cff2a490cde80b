use super::*;
use crate::letterbox::{Padding, Size};

/// Where the memory is that outlives a frame, and how much.
fn memory(p: &Postprocessor) -> [(usize, usize); 3] {
    [
        (p.candidates.as_slice().as_ptr().addr(), 0),
        (p.kept.as_ptr().addr(), p.kept.capacity()),
        (p.detections.as_ptr().addr(), p.detections.capacity()),
    ]
}

#[test]
fn memory_is_kept_from_frame_to_frame() {
    let n = 60;
    let num = [n as f32];
    let scores: Vec<f32> = (0..n).map(|i| 0.6 + 0.005 * i as f32).collect();
    let classes: Vec<f32> = (0..n).map(|i| (i % 7) as f32).collect();
    let boxes: Vec<f32> = (0..n)
        .map(|i| i as f32 / n as f32)
        .flat_map(|left| [0.1, left, 0.9, left + 0.01])
        .collect();
    let tensors = [
        TensorView::new("num_detections", &[1], &num[..]),
        TensorView::new("detection_scores", &[n], &scores[..]),
        TensorView::new("detection_classes", &[n], &classes[..]),
        TensorView::new("detection_boxes", &[n, 4], &boxes[..]),
    ]
    .map(Result::unwrap);
    let geometry =
        Geometry::new(Size::new(300, 300), Size::new(640, 480), Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::new();
    let all = Params::default();
    let few = Params {
        score_threshold: 0.85,
        ..all.clone()
    };
    assert_eq!(
        postprocessor.run(&tensors, &geometry, &all).map(<[_]>::len),
        Ok(60)
    );
    let first = memory(&postprocessor);
    for params in [&few, &all, &few] {
        postprocessor.run(&tensors, &geometry, params).unwrap();
        assert!(postprocessor.run(&tensors[..3], &geometry, params).is_err());
        assert_eq!(memory(&postprocessor), first);
    }
}
