use nvds::{DataType, NetworkInfo};
use zerocopy::IntoBytes;

use super::*;

const NETWORK: NetworkInfo = NetworkInfo {
    width: 64,
    height: 31,
    channels: 3,
};

/// Parses a grid of 2 rows and 4 columns.
fn parse_grid(
    names: [&str; 2],
    scores: &[f32],
    boxes: &[f32],
    attrs: &[ClassAttrs],
) -> Result<Vec<Detection>, String> {
    let dims = [[attrs.len().max(1), 2, 4], [boxes.len() / 8, 2, 4]];
    let layer = |index: usize, values| Layer {
        name: names[index].as_bytes(),
        data_type: DataType::Float,
        dims: &dims[index],
        bytes: <[f32]>::as_bytes(values),
    };
    let layers = [layer(0, scores), layer(1, boxes)];
    parse(
        &Tensors {
            layers: &layers,
            network: NETWORK,
        },
        attrs,
    )
}

#[test]
fn a_cell_holds_distances_from_its_centre() {
    let mut scores = [0.0; 8];
    scores[5] = 0.2;
    let mut boxes = [0.0; 32];
    for (side, value) in [0.2, 0.1, 0.4, 0.3].into_iter().enumerate() {
        boxes[side * 8 + 5] = value;
    }
    let found = parse_grid(
        ["my_cov", "bbox"],
        &scores,
        &boxes,
        &[ClassAttrs::default()],
    )
    .unwrap();
    let [one] = found.as_slice() else {
        panic!("{found:?}");
    };
    // Column 1 and row 1 of 16 pixels, the last row reaches below the picture: centre 16.5, 16.5.
    let near = |a: f32, b: f32| assert!((a - b).abs() < 1e-4, "{found:?}");
    near(one.left, 16.5 - 7.0);
    near(one.top, 16.5 - 3.5);
    near(one.width, 7.0 + 14.0);
    near(one.height, 3.5 + 10.5);
    assert_eq!(
        (one.class, one.confidence),
        (0, 0.2),
        "the threshold is kept"
    );
}

#[test]
fn boxes_end_at_the_last_pixel() {
    let mut scores = [0.0; 8];
    scores[0] = 1.0;
    let mut boxes = [9.0; 32];
    let attrs = [ClassAttrs::default()];
    let found = parse_grid(["cov", "bbox"], &scores, &boxes, &attrs).unwrap();
    let sides = |d: &Detection| [d.left, d.top, d.width, d.height];
    assert_eq!(sides(&found[0]), [0.0, 0.0, 63.0, 30.0]);
    boxes.fill(-9.0);
    let found = parse_grid(["cov", "bbox"], &scores, &boxes, &attrs).unwrap();
    assert!(found.is_empty(), "right of their right edge: {found:?}");
}

#[test]
fn what_is_missing_is_named() {
    let attrs = [ClassAttrs::default()];
    let parse = |names, boxes: &[f32]| parse_grid(names, &[0.0; 8], boxes, &attrs).unwrap_err();
    let error = parse(["scores", "bbox"], &[0.0; 32]);
    assert!(
        error.contains("whose name has \"cov\", found scores, bbox"),
        "{error}"
    );
    let error = parse(["cov", "boxes"], &[0.0; 32]);
    assert!(error.contains("whose name has \"bbox\""), "{error}");
    let error = parse(["cov", "bbox"], &[0.0; 24]);
    assert!(error.contains("do not fit together"), "{error}");
}
