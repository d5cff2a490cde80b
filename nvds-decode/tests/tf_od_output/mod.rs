//! Outputs of the TensorFlow object detection layout, made by hand.

use nvds_decode::{
    Counts, Detection, Geometry, Padding, Params, Postprocessor, Size, TensorData, TensorView,
};

pub const FRAME: Size = Size::new(1000, 500);

pub fn geometry() -> Geometry {
    Geometry::new(Size::new(300, 300), FRAME, Padding::Stretch).unwrap()
}

/// A detection as the network puts it out: class, score, y_min, x_min, y_max, x_max.
#[derive(Clone, Copy)]
pub struct Raw(pub f32, pub f32, pub [f32; 4]);

pub const BOX: [f32; 4] = [0.25, 0.25, 0.75, 0.5];

/// The tensors of some detections.
pub struct Output {
    pub num: Vec<f32>,
    pub scores: Vec<f32>,
    pub classes: Vec<f32>,
    pub boxes: Vec<f32>,
}

impl Output {
    pub fn new(raw: &[Raw]) -> Self {
        Self {
            num: vec![raw.len() as f32],
            scores: raw.iter().map(|r| r.1).collect(),
            classes: raw.iter().map(|r| r.0).collect(),
            boxes: raw.iter().flat_map(|r| r.2).collect(),
        }
    }

    pub fn tensors(&self) -> [TensorView<'_>; 4] {
        let n = self.scores.len();
        [
            tensor("num_detections", &[1], &self.num[..]),
            tensor("detection_scores", &[n], &self.scores[..]),
            tensor("detection_classes", &[n], &self.classes[..]),
            tensor("detection_boxes", &[n, 4], &self.boxes[..]),
        ]
    }

    pub fn run(&self, params: &Params) -> (Vec<Detection>, Counts) {
        run(&self.tensors(), params)
    }
}

pub fn tensor<'a>(
    name: &'a str,
    dims: &[usize],
    data: impl Into<TensorData<'a>>,
) -> TensorView<'a> {
    TensorView::new(name, dims, data).unwrap()
}

pub fn run(tensors: &[TensorView<'_>], params: &Params) -> (Vec<Detection>, Counts) {
    let mut postprocessor = Postprocessor::new();
    let found = postprocessor
        .run(tensors, &geometry(), params)
        .unwrap()
        .to_vec();
    let counts = *postprocessor.counts();
    assert_eq!(counts.candidates, counts.kept + counts.dropped.total());
    assert_eq!(counts.kept, found.len() as u64);
    (found, counts)
}
