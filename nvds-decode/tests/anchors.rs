//! Anchors as the libraries compute them whose networks they are for, and from files.

use std::path::Path;

use nvds_decode::anchors::{AnchorError, TfSsd, TorchvisionSsd};
use nvds_decode::{Anchors, BoxForm};

fn data(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/raw");
    std::fs::read(path.join(name)).unwrap()
}

fn library(name: &str, form: BoxForm) -> Anchors {
    Anchors::from_bytes(&data(name), form, None).unwrap()
}

#[track_caller]
fn assert_near(made: &[[f32; 4]], expected: &[[f32; 4]]) {
    assert_eq!(made.len(), expected.len());
    for (index, (made, expected)) in made.iter().zip(expected).enumerate() {
        for (a, b) in made.iter().zip(expected) {
            assert!(
                (a - b).abs() < 3e-6,
                "{index}: {made:?}, expected {expected:?}"
            );
        }
    }
}

/// The constants in a graph that TensorFlow's object detection API exported.
#[test]
fn tensorflow_makes_the_same() {
    let made = Anchors::tf_ssd(&TfSsd::default()).unwrap();
    let expected = library("anchors-tf-object-detection.npy", BoxForm::Yxyx);
    assert_eq!(made.len(), 1917);
    assert_near(made.boxes(), expected.boxes());
    assert_eq!(made.order(), BoxForm::Yxyx);
}

#[test]
fn torchvision_makes_the_same() {
    let made = Anchors::torchvision_ssd(&TorchvisionSsd::ssdlite320()).unwrap();
    let expected = library("anchors-torchvision-ssdlite320.npy", BoxForm::Xywh);
    assert_near(made.boxes(), expected.boxes());
    assert_eq!(made.order(), BoxForm::Xyxy);

    let made = Anchors::torchvision_ssd(&TorchvisionSsd::ssd300()).unwrap();
    assert_eq!(made.len(), 8732);
    let every_7th: Vec<[f32; 4]> = made.boxes().iter().step_by(7).copied().collect();
    let expected = library("anchors-torchvision-ssd300-every-7th.npy", BoxForm::Xywh);
    assert_near(&every_7th, expected.boxes());
}

/// Scales are parts of the shorter side, so that an anchor of ratio 1 is square in pixels.
#[test]
fn a_wide_input_has_narrow_anchors() {
    let made = Anchors::tf_ssd(&TfSsd {
        scales: vec![0.5],
        aspect_ratios: vec![1.0],
        interpolated_scale_aspect_ratio: 0.0,
        reduce_boxes_in_lowest_layer: false,
        feature_maps: vec![(1, 2)],
        input_size: (640, 320),
        ..TfSsd::default()
    })
    .unwrap();
    let expected = [[0.25, 0.5, 0.25, 0.5], [0.75, 0.5, 0.25, 0.5]];
    assert_near(made.boxes(), &expected);
}

/// As torchvision does for one feature map, whose scales have no last one to end at.
#[test]
fn one_feature_map_has_the_scales_from_least_to_greatest() {
    let made = Anchors::torchvision_ssd(&TorchvisionSsd {
        min_ratio: 0.2,
        max_ratio: 0.8,
        aspect_ratios: vec![vec![]],
        feature_maps: vec![(1, 1)],
        ..TorchvisionSsd::ssdlite320()
    })
    .unwrap();
    assert_near(made.boxes(), &[[0.5, 0.5, 0.2, 0.2], [0.5, 0.5, 0.4, 0.4]]);
}

#[test]
fn as_many_anchors_as_any_network_has_are_made() {
    let made = |rows| {
        Anchors::tf_ssd(&TfSsd {
            scales: vec![0.5],
            aspect_ratios: vec![1.0],
            interpolated_scale_aspect_ratio: 0.0,
            reduce_boxes_in_lowest_layer: false,
            feature_maps: vec![(rows, 2048)],
            ..TfSsd::default()
        })
    };
    assert_eq!(made(2048).unwrap().len(), 1 << 22);
    assert_eq!(made(2049), Err(AnchorError::TooMany));
}

#[test]
fn values_that_make_no_anchors_are_named() {
    let ssd = |change: fn(&mut TfSsd)| {
        let mut spec = TfSsd::default();
        change(&mut spec);
        Anchors::tf_ssd(&spec).unwrap_err().to_string()
    };
    for (error, part) in [
        (ssd(|s| s.min_scale = 0.0), "scales is 0"),
        (ssd(|s| s.max_scale = f64::NAN), "scales is NaN"),
        (ssd(|s| s.scales = vec![0.5; 5]), "scales is 5 values"),
        (ssd(|s| s.aspect_ratios = vec![-1.0]), "aspect-ratios is -1"),
        (
            ssd(|s| s.interpolated_scale_aspect_ratio = -1.0),
            "interpolated-scale-aspect-ratio is -1",
        ),
        (ssd(|s| s.feature_maps.clear()), "feature-maps is []"),
        (
            ssd(|s| s.feature_maps[2] = (0, 5)),
            "feature-maps is [(19, 19)",
        ),
        (ssd(|s| s.input_size = (0, 300)), "0x300"),
        (
            ssd(|s| s.feature_maps[5] = (u32::MAX, u32::MAX)),
            "more than",
        ),
    ] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
    let no_shapes = TfSsd {
        aspect_ratios: vec![],
        interpolated_scale_aspect_ratio: 0.0,
        feature_maps: vec![(1, 1)],
        reduce_boxes_in_lowest_layer: false,
        ..TfSsd::default()
    };
    assert!(Anchors::tf_ssd(&no_shapes).is_err());
    let few = TorchvisionSsd {
        aspect_ratios: vec![vec![2.0]],
        ..TorchvisionSsd::ssd300()
    };
    assert!(matches!(
        Anchors::torchvision_ssd(&few),
        Err(AnchorError::Value {
            name: "aspect-ratios",
            ..
        })
    ));
}

#[test]
fn every_form_of_a_table() {
    let expected = [[0.5f32, 0.25, 0.5, 0.25]];
    for (form, row) in [
        (BoxForm::Xywh, [0.5f32, 0.25, 0.5, 0.25]),
        (BoxForm::Yxhw, [0.25, 0.5, 0.25, 0.5]),
        (BoxForm::Xyxy, [0.25, 0.125, 0.75, 0.375]),
        (BoxForm::Yxyx, [0.125, 0.25, 0.375, 0.75]),
    ] {
        assert_near(Anchors::from_rows(&[row], form).unwrap().boxes(), &expected);
    }
    for bad in [
        [0.5, 0.5, 0.0, 0.1],
        [0.5, 0.5, 0.1, f32::NAN],
        [f32::INFINITY, 0.5, 0.1, 0.1],
    ] {
        let error = Anchors::from_rows(&[[0.5; 4], bad], BoxForm::Xywh).unwrap_err();
        assert!(error.to_string().contains("anchor 1 is"), "{error}");
    }
    assert!(Anchors::from_rows(&[], BoxForm::Xywh).is_err());
}

/// A `.npy` file of version 1.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// A safetensors file of some tensors: name, type, shape, data.
fn safetensors(tensors: &[(&str, &str, &str, &[u8])]) -> Vec<u8> {
    let (mut header, mut all) = (Vec::new(), Vec::new());
    for (name, dtype, shape, data) in tensors {
        let begin = all.len();
        all.extend_from_slice(data);
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{begin},{}]}}",
            all.len()
        ));
    }
    let header = format!("{{{}}}", header.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(all);
    bytes
}

const ROW: [f64; 4] = [0.5, 0.25, 0.5, 0.25];

fn bytes_of(width: usize) -> Vec<u8> {
    ROW.iter()
        .flat_map(|&value| match width {
            2 => nvds_decode::f16::from_f64(value).to_le_bytes().to_vec(),
            4 => (value as f32).to_le_bytes().to_vec(),
            _ => value.to_le_bytes().to_vec(),
        })
        .collect()
}

#[test]
fn files_of_all_floating_point_types() {
    for width in [2, 4, 8] {
        let data = bytes_of(width);
        let header =
            format!("{{'descr': '<f{width}', 'fortran_order': False, 'shape': (1, 1, 4), }}   \n");
        let dtype = format!("F{}", 8 * width);
        for file in [
            npy(&header, &data),
            safetensors(&[("anchors", &dtype, "[1,4]", &data)]),
        ] {
            let made = Anchors::from_bytes(&file, BoxForm::Xywh, None).unwrap();
            assert_near(made.boxes(), &[ROW.map(|v| v as f32)]);
        }
    }
}

#[test]
fn a_safetensors_file_of_several_tensors_needs_a_name() {
    let data = bytes_of(4);
    let file = safetensors(&[
        ("anchors", "F32", "[1,4]", &data),
        ("weights", "I32", "[4]", &data),
    ]);
    let read = |tensor| Anchors::from_bytes(&file, BoxForm::Xywh, tensor);
    assert_eq!(read(Some("anchors")).unwrap().len(), 1);
    for (tensor, parts) in [
        (None, ["2 tensors", "anchors", "weights"]),
        (Some("priors"), ["no tensor priors", "anchors", "weights"]),
        (
            Some("weights"),
            ["weights", "I32", "expected F16, F32 or F64"],
        ),
    ] {
        let error = read(tensor).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
    }
}

/// As numpy saves the transpose of a table `[4, A]`.
#[test]
fn columns_may_lie_one_behind_the_other() {
    let rows = [[0.5_f32, 0.25, 0.125, 1.0], [0.75, 0.375, 2.0, 4.0]];
    let data: Vec<u8> = (0..4)
        .flat_map(|column| rows.map(|row| row[column].to_le_bytes()).concat())
        .collect();
    for shape in ["(2, 4)", "(1, 2, 4)"] {
        let header = format!("{{'descr': '<f4', 'fortran_order': True, 'shape': {shape}, }}\n");
        let made = Anchors::from_bytes(&npy(&header, &data), BoxForm::Xywh, None).unwrap();
        assert_near(made.boxes(), &rows);
    }
}

/// Those made from scales are 0 to 1, so that pixels cannot be what they decode to; those of a file
/// may be either.
#[test]
fn anchors_made_from_scales_refuse_pixels() {
    use nvds_decode::layout::LayoutError;
    use nvds_decode::{BoxUnits, Format, Layout, Raw};
    let made = [
        Anchors::tf_ssd(&TfSsd::default()).unwrap(),
        Anchors::torchvision_ssd(&TorchvisionSsd::ssd300()).unwrap(),
        Anchors::torchvision_ssd(&TorchvisionSsd::ssdlite320()).unwrap(),
    ];
    let check = |anchors: &Anchors, units| {
        let layout = Layout {
            format: Some(Format::Raw),
            box_units: Some(units),
            options: nvds_decode::Options::Anchors(Raw::new(anchors.clone())),
            ..Layout::default()
        };
        layout.check()
    };
    for anchors in &made {
        assert_eq!(check(anchors, BoxUnits::Normalised), Ok(()));
        let error = check(anchors, BoxUnits::NetworkPixels).unwrap_err();
        assert_eq!(error, LayoutError::UnitsOfAnchors(anchors.to_string()));
    }
    let file = library("anchors-torchvision-ssdlite320.npy", BoxForm::Xywh);
    assert_eq!(check(&file, BoxUnits::NetworkPixels), Ok(()));
}

#[test]
fn files_that_are_none_say_why() {
    let data = bytes_of(4);
    let header = |descr: &str, order: &str, shape: &str| {
        format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n")
    };
    let good = header("<f4", "False", "(1, 4)");
    assert!(Anchors::from_bytes(&npy(&good, &data), BoxForm::Xywh, None).is_ok());
    for (file, part) in [
        (
            npy(&good, &data[..15]),
            "15 bytes follow, the shape [1, 4] needs 16",
        ),
        (
            npy(&header("<i4", "False", "(1, 4)"), &data),
            "the type is <i4",
        ),
        (
            npy(&header(">f4", "False", "(1, 4)"), &data),
            "the type is >f4",
        ),
        (
            npy(&header("<f4", "Maybe", "(1, 4)"), &data),
            "no fortran_order that is True or False",
        ),
        (
            npy(&header("<f4", "False", "(4,)"), &data),
            "the shape is [4], expected [A, 4]",
        ),
        (
            npy(&header("<f4", "False", "(x, 4)"), &data),
            "no shape that is one",
        ),
        (npy("{'descr': '<f4'}\n", &data), "no fortran_order"),
        (npy(&good, &data)[..9].to_vec(), "ends in its header"),
        (b"\x93NUMPY\x07\x00".to_vec(), "npy version 7"),
        (b"hello".to_vec(), "neither a .npy nor a safetensors file"),
    ] {
        let error = Anchors::from_bytes(&file, BoxForm::Xywh, None).unwrap_err();
        let error = error.to_string();
        assert!(error.contains(part), "{part:?} is not in {error}");
    }
}

/// NumPy's `savez_compressed` and `savez` of the anchors of torchvision's SSDlite, every 50th, and of
/// another array; and the same as text, as TensorFlow's examples keep them, with a line for each side.
#[test]
fn archives_and_text_are_read() {
    let all = library("anchors-torchvision-ssdlite320.npy", BoxForm::Xywh);
    let some: Vec<[f32; 4]> = all.boxes().iter().step_by(50).copied().collect();
    let read = |bytes: &[u8], tensor| Anchors::from_bytes(bytes, BoxForm::Xywh, tensor);
    for name in ["anchors-stored.npz", "anchors-compressed.npz"] {
        let anchors = read(&data(name), Some("anchors")).unwrap();
        assert_near(anchors.boxes(), &some);
        for (tensor, part) in [(None, "anchors, other"), (Some("boxes"), "no tensor boxes")] {
            let error = read(&data(name), tensor).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
    for side_by_side in [true, false] {
        let numbers = |row: &[f32]| row.iter().map(|n| format!("{n} ")).collect::<String>() + "\n";
        let text: String = match side_by_side {
            true => some.iter().map(|row| numbers(row)).collect(),
            false => (0..4)
                .map(|side| numbers(&some.iter().map(|row| row[side]).collect::<Vec<_>>()))
                .collect(),
        };
        for text in [
            text.clone(),
            text.replace(' ', ",\t").replace('\n', "\r\n\r\n"),
        ] {
            assert_near(read(text.as_bytes(), None).unwrap().boxes(), &some);
        }
    }
}

#[test]
fn archives_and_text_that_are_none_say_why() {
    let four = "1 2 3 4\n".repeat(4);
    let mut cut = data("anchors-compressed.npz");
    cut.truncate(cut.len() / 2);
    for (bytes, part) in [
        (four.as_bytes(), "[A, 4] as well as [4, A]"),
        (b"1 2 3 4\n1 2 3\n", "row 2 has 3 numbers"),
        (b"1 2 3\n1 2 3\n", "[2, 3], expected [A, 4] or [4, A]"),
        (b"1 2 3 nan", "anchor 0"),
        (&cut, "the archive cannot be read"),
    ] {
        let error = Anchors::from_bytes(bytes, BoxForm::Yxhw, None).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    // The form is called as in the property.
    let error = Anchors::from_rows(&[[0.0; 4]], BoxForm::Yxhw).unwrap_err();
    assert!(error.to_string().ends_with("form yxhw"), "{error}");
}
