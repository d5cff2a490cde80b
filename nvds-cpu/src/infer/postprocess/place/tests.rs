use super::*;

const FRAME: (u32, u32) = (200, 100);

fn settings(attrs: ClassAttrs) -> Postprocess {
    Postprocess {
        class_attrs: vec![attrs],
        ..Postprocess::default()
    }
}

/// A network of the frame's size.
fn same() -> Fit {
    Fit::new(FRAME, FRAME, false, false)
}

fn placed(
    [left, top, width, height]: [f32; 4],
    fit: &Fit,
    settings: &Postprocess,
) -> Option<[f32; 4]> {
    let detection = Detection {
        left,
        top,
        width,
        height,
        ..Detection::default()
    };
    let rect = place(&detection, fit, None, FRAME, settings)?;
    Some([rect.left, rect.top, rect.width, rect.height])
}

#[test]
fn padding_and_scale_are_taken_back() {
    let plain = settings(ClassAttrs::default());
    let half = Fit::new(FRAME, (100, 50), false, false);
    assert_eq!(
        placed([10.0, 20.0, 30.0, 15.0], &half, &plain),
        Some([20.0, 40.0, 60.0, 30.0])
    );
    let middle = Fit::new(FRAME, (100, 100), true, true);
    assert_eq!(middle.offset, (0, 25));
    assert_eq!(
        placed([10.0, 45.0, 30.0, 15.0], &middle, &plain),
        Some([20.0, 40.0, 60.0, 30.0])
    );
    assert_eq!(
        placed([10.0, 5.0, 30.0, 15.0], &middle, &plain),
        Some([20.0, 0.0, 60.0, 30.0]),
        "moved into the picture, not cut"
    );
    let odd = Fit::new((201, 101), (100, 50), false, false);
    assert_eq!(odd.ratio, (0.5, 0.5), "an odd side is taken one shorter");
}

#[test]
fn limits_themselves_are_kept() {
    let limits = settings(ClassAttrs {
        detected_min_width: 10,
        detected_min_height: 20,
        detected_max_width: 30,
        detected_max_height: 40,
        ..ClassAttrs::default()
    });
    for (size, kept) in [
        ([10.0, 20.0], true),
        ([30.0, 40.0], true),
        ([9.9, 20.0], false),
        ([10.0, 19.9], false),
        ([30.1, 40.0], false),
        ([30.0, 40.1], false),
    ] {
        let found = placed([1.0, 1.0, size[0], size[1]], &same(), &limits);
        assert_eq!(found.is_some(), kept, "{size:?}");
    }
}

#[test]
fn the_region_drops_or_crops() {
    let attrs = ClassAttrs {
        roi_top_offset: 10,
        roi_bottom_offset: 20,
        ..ClassAttrs::default()
    };
    let mut region = settings(attrs);
    let all = |region: &Postprocess| {
        [
            [0.0, 10.0, 50.0, 70.0],
            [0.0, 9.0, 50.0, 30.0],
            [0.0, 50.0, 50.0, 31.0],
            [180.0, 20.0, 50.0, 10.0],
        ]
        .map(|rect| placed(rect, &same(), region))
    };
    let right = Some([180.0, 20.0, 50.0, 10.0]);
    assert_eq!(
        all(&region),
        [Some([0.0, 10.0, 50.0, 70.0]), None, None, right]
    );
    region.crop_objects_to_roi = true;
    assert_eq!(
        all(&region),
        [
            Some([0.0, 10.0, 50.0, 70.0]),
            Some([0.0, 10.0, 50.0, 30.0]),
            Some([0.0, 50.0, 50.0, 30.0]),
            Some([180.0, 20.0, 20.0, 10.0]),
        ]
    );
}

#[test]
fn classes_are_left_out() {
    let mut some = settings(ClassAttrs::default());
    some.filter_out_classes = [0].into();
    assert_eq!(placed([1.0, 1.0, 9.0, 9.0], &same(), &some), None);
    some.class_attrs.clear();
    some.filter_out_classes.clear();
    assert_eq!(
        placed([1.0, 1.0, 9.0, 9.0], &same(), &some),
        None,
        "no such class"
    );
}
