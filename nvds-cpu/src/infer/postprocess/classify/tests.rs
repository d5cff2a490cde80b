use nvds::{DataType, NetworkInfo};
use zerocopy::IntoBytes;

use super::*;
use crate::infer::postprocess::tensors::Layer;

fn run(outputs: &[&[f32]], threshold: f32, labels: &[u8]) -> Classification {
    let dims: Vec<_> = outputs.iter().map(|output| [output.len()]).collect();
    let layers: Vec<_> = outputs
        .iter()
        .zip(&dims)
        .map(|(output, dims)| Layer {
            name: b"softmax",
            data_type: DataType::Float,
            dims,
            bytes: output.as_bytes(),
        })
        .collect();
    let network = NetworkInfo {
        width: 8,
        height: 8,
        channels: 3,
    };
    let tensors = Tensors {
        layers: &layers,
        network,
    };
    classify(&tensors, threshold, &Labels::parse(labels)).unwrap()
}

#[test]
fn each_output_has_its_likeliest_class() {
    let said = run(
        &[&[0.1, 0.6, 0.6], &[0.5, 0.5], &[0.2, 0.8]],
        0.5,
        b"a;b;c\nd;e\nf",
    );
    let found: Vec<_> = said
        .attributes
        .iter()
        .map(|a| (a.output, a.class))
        .collect();
    assert_eq!(
        found,
        [(0, 1), (2, 1)],
        "the threshold itself is not enough"
    );
    assert_eq!(said.attributes[0].label.as_deref(), Some(&b"b"[..]));
    assert_eq!(said.attributes[1].label, None, "line 3 has one label");
    assert_eq!(said.text, b"b ");
}

#[test]
fn nothing_is_likelier_than_0_or_no_number() {
    assert_eq!(
        run(&[&[0.0, -1.0, f32::NAN]], -2.0, b"a;b;c"),
        Classification::default()
    );
}
