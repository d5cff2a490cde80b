use nvds::{DataType, NetworkInfo};
use zerocopy::IntoBytes;

use super::*;
use crate::infer::postprocess::tensors::Layer;

fn run(
    dims: [usize; 3],
    values: &[f32],
    order: Layout,
    threshold: f32,
) -> Result<Segmentation, String> {
    let layers = [Layer {
        name: b"softmax",
        data_type: DataType::Float,
        dims: &dims,
        bytes: values.as_bytes(),
    }];
    let network = NetworkInfo {
        width: 2,
        height: 1,
        channels: 3,
    };
    let tensors = Tensors {
        layers: &layers,
        network,
    };
    segment(&tensors, 3, order, threshold)
}

#[test]
fn the_likeliest_class_of_each_pixel_counts() {
    // Two pixels of three classes.
    let by_class = [0.1, 0.6, 0.1, 0.6, 0.0, 0.2];
    let segmentation = run([3, 1, 2], &by_class, Layout::Nchw, 0.0).unwrap();
    assert_eq!(segmentation.class_map, [0, 0], "the first of equal ones");
    assert_eq!(segmentation.probabilities, by_class);
    let by_pixel = [0.1, 0.2, 0.6, 0.1, 0.4, 0.3];
    let segmentation = run([1, 2, 3], &by_pixel, Layout::Nhwc, 0.4).unwrap();
    assert_eq!(
        segmentation.class_map,
        [2, -1],
        "the threshold itself is not enough"
    );
}

#[test]
fn other_shapes_are_refused() {
    let error = run([2, 1, 2], &[0.0; 4], Layout::Nchw, 0.0).unwrap_err();
    assert!(
        error.contains("2 channels in NCHW order, num-detected-classes is 3"),
        "{error}"
    );
    let error = run([3, 2, 1], &[0.0; 6], Layout::Nchw, 0.0).unwrap_err();
    assert!(
        error.contains("is 1x2 in NCHW order, expected the network's 2x1"),
        "{error}"
    );
}
