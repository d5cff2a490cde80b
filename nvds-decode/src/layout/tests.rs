use super::*;
use crate::ssd::anchors::TfSsd;

fn raw() -> Raw {
    Raw::new(Anchors::tf_ssd(&TfSsd::default()).unwrap())
}

#[test]
fn raw_needs_anchors() {
    let layout = Layout {
        format: Some(Format::Raw),
        ..Layout::default()
    };
    assert_eq!(layout.check(), Err(LayoutError::NoAnchors));
    assert_eq!(Layout::default().check(), Ok(()));
}

#[test]
fn computed_anchors_are_not_pixels() {
    let layout = Layout {
        format: Some(Format::Raw),
        box_units: Some(BoxUnits::NetworkPixels),
        options: Options::Anchors(raw()),
        ..Layout::default()
    };
    let text = layout.check().unwrap_err().to_string();
    assert!(text.contains("tf-ssd with 1917 anchors"), "{text}");
}

#[test]
fn variances_are_divisors() {
    for bad in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-40] {
        let layout = Layout {
            options: Options::Anchors(Raw {
                variances: [10.0, 10.0, bad, 5.0],
                ..raw()
            }),
            ..Layout::default()
        };
        assert!(
            matches!(layout.check(), Err(LayoutError::Variance(2, _))),
            "{bad}"
        );
    }
}

#[test]
fn an_empty_name_is_no_override() {
    let mut names = LayerNames::default().with(Role::Boxes, "loc");
    assert_eq!(names.get(Role::Boxes), Some("loc"));
    assert_eq!(names.get(Role::Scores), None);
    names.set(Role::Boxes, Some(String::new()));
    assert_eq!(names, LayerNames::default());
}
