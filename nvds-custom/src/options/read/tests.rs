use super::*;
use nvds_decode::{Background, BoxUnits, NmsMode, Role};

#[test]
fn tables_win_over_what_is_for_all() {
    let mut options = Options::default();
    let text = "box-units = \"normalised\"\ndeepstream-version = 9.0\n[yolo]\nformat = \"yolov8\"\n\
                    box-units = \"pixels\"\nstrides = [8, 16]\n[ssd]\nboxes-layer = \"loc\"\nbackground-class = -1\n";
    file(&mut options, "x.toml", text).unwrap();
    let [yolo, ssd] = [Function::Yolo, Function::Ssd].map(|f| &options.networks[f as usize]);
    assert_eq!(options.deepstream_version.as_deref(), Some("9.0"));
    assert_eq!(yolo.layout.box_units, Some(BoxUnits::NetworkPixels));
    assert_eq!(ssd.layout.box_units, Some(BoxUnits::Normalised));
    assert_eq!(yolo.yolo.strides, [8, 16]);
    assert_eq!(ssd.format, None);
    assert_eq!(ssd.layout.layers.get(Role::Boxes), Some("loc"));
    assert_eq!(ssd.layout.background, Background::None);

    line(
        &mut options,
        "nms-mode = per-class; ssd.format=raw;on-error=fail;",
    )
    .unwrap();
    assert_eq!(
        options.networks[Function::Any as usize].nms_mode,
        NmsMode::PerClass
    );
    assert_eq!(
        options.networks[Function::Ssd as usize].format.as_deref(),
        Some("raw")
    );
    assert_eq!(
        options.networks[Function::Yolo as usize].format.as_deref(),
        Some("yolov8")
    );
    assert_eq!(options.on_error, OnError::Fail);
}

#[test]
fn every_known_key_is_read() {
    for key in OF_NETWORK.into_iter().chain([VARIANCES]) {
        let values = [
            "\"xyxy\"",
            "\"pixels\"",
            "\"none\"",
            "1",
            "3",
            "true",
            "[8, 16]",
            "[1, 2, 3, 4]",
        ];
        let taken = values
            .iter()
            .any(|value| file(&mut Options::default(), "x", &format!("{key} = {value}")).is_ok());
        assert!(taken, "{key}");
        let error = file(
            &mut Options::default(),
            "x",
            &format!("\n{key} = 1979-05-27"),
        )
        .unwrap_err();
        assert!(
            error.starts_with(&format!("x: line 2: {key}: expected ")),
            "{error}"
        );
        assert!(error.ends_with("found a date"), "{error}");
    }
}

#[test]
fn errors_say_where_and_what() {
    for (text, parts) in [
        (
            "fromat = \"yolov8\"",
            &["line 1: fromat", "did you mean format?"][..],
        ),
        ("\n[yolov8]\n", &["line 2", "any, yolo, detr, ssd"]),
        (
            "[yolo]\non-error = \"fail\"",
            &["line 2: on-error", "no such key"],
        ),
        ("labels = 0", &["a whole number from 1, found 0"]),
        ("variances = [1, 2]", &["four numbers", "a list of 2"]),
        ("nms-iou-threshold = 2", &["0 to 1, found 2"]),
        ("format = ", &["line 1: "]),
    ] {
        let error = file(&mut Options::default(), "x.toml", text).unwrap_err();
        for part in parts {
            assert!(error.contains(part), "{text}: {error}");
        }
    }
    for (text, part) in [
        ("format", "expected key=value"),
        ("faces.format=x", "any, yolo, detr, ssd"),
        ("multi-label=yes", "true or false, found \"yes\""),
    ] {
        let error = line(&mut Options::default(), text).unwrap_err();
        assert!(error.contains(part), "{text}: {error}");
    }
}
