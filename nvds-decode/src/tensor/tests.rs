use super::*;

#[test]
fn dims_of_any_integer_type() {
    let data = [0f32; 12];
    for view in [
        TensorView::new("a", &[3u32, 4], &data[..]),
        TensorView::new("a", &[3i32, 4], &data[..]),
        TensorView::new("a", &[3usize, 4], &data[..]),
    ] {
        let view = view.unwrap();
        assert_eq!(view.dims(), [3, 4]);
        assert_eq!(view.to_string(), "a FLOAT [3, 4]");
    }
}

#[test]
fn scalar_has_no_dims_and_one_element() {
    let none: [u32; 0] = [];
    let view = TensorView::new("n", &none, &[7i32][..]).unwrap();
    assert_eq!(view.data().value(0), Some(7.0));
    assert_eq!(view.data().value(1), None);
    assert_eq!(view.to_string(), "n INT32 []");
}

#[test]
fn zero_dims_are_allowed() {
    let view = TensorView::new("z", &[0u32, 4], &[0f32; 0][..]).unwrap();
    assert!(view.is_empty());
    assert_eq!(view.array::<f32>().unwrap().shape(), [0, 4]);
}

#[test]
fn length_must_agree() {
    let error = TensorView::new("boxes", &[100u32, 4], &[0f32; 399][..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer boxes: the dimensions [100, 4] need 400 elements, there are 399"
    );
}

#[test]
fn product_overflow_is_refused() {
    let error = TensorView::new("x", &[usize::MAX, 2], &[0u8; 2][..]).unwrap_err();
    assert!(matches!(error, TensorError::Overflow { .. }), "{error}");
    // A zero does not hide it.
    let error = TensorView::new("x", &[usize::MAX, 0, 2], &[0u8; 0][..]).unwrap_err();
    assert!(matches!(error, TensorError::Overflow { .. }), "{error}");
}

#[test]
fn nine_dims_and_wildcards_are_refused() {
    let error = TensorView::new("x", &[1u32; 9], &[0u8][..]).unwrap_err();
    assert!(
        matches!(error, TensorError::TooManyDims { found: 9, .. }),
        "{error}"
    );
    let error = TensorView::new("x", &[1i32, -1], &[0u8][..]).unwrap_err();
    assert!(
        matches!(error, TensorError::BadDim { index: 1, .. }),
        "{error}"
    );
}

#[test]
fn array_keeps_shape_and_type() {
    let data: Vec<i64> = (0..6).collect();
    let view = TensorView::new("x", &[2, 3], &data[..]).unwrap();
    assert_eq!(view.array::<i64>().unwrap()[[1, 2]], 5);
    assert!(view.array::<i32>().is_none());
}
