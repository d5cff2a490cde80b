//! Formats that are stated, and contradicted by the number of rows, columns or labels.

use super::*;
use nvds_decode::{Background, BoxUnits, Doubt, Geometry, Padding, Params, Postprocessor};

/// Asserts that a stated format is refused with an error that names those that fit.
#[track_caller]
fn are_not(layers: &Layers<'_>, stated: Format, fit: &[Format]) {
    let error = layers.read().unwrap_err();
    let DecodeError::OtherFormat {
        stated: named,
        readings,
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*named, stated, "{error}");
    let formats: Vec<Format> = readings.iter().filter_map(|one| one.format).collect();
    assert_eq!(formats, fit, "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("format={} does not fit", stated.name())),
        "{text}"
    );
}

/// Asserts that they are read as stated, with a doubt that names the formats that fit, or without one.
#[track_caller]
fn are_doubted(layers: &Layers<'_>, decoder: &str, fit: [Option<Format>; 2]) {
    layers.are(decoder);
    let doubt = match fit {
        [None, _] => None,
        fits => Some(Doubt::Format {
            stated: layers.layout.format.unwrap(),
            fits,
            labels: layers.layout.labels,
        }),
    };
    assert_eq!(layers.doubts(), Vec::from_iter(doubt));
}

impl Layers<'_> {
    /// What of the layers with zeros in them is doubted.
    fn doubts(&self) -> Vec<Doubt> {
        let numbers: Vec<Vec<f32>> = self
            .layers
            .iter()
            .map(|layer| vec![0.0; layer.1.iter().product()])
            .collect();
        let tensors: Vec<TensorView<'_>> = self
            .layers
            .iter()
            .zip(&numbers)
            .map(|((name, dims, _), numbers)| TensorView::new(name, dims, &numbers[..]).unwrap())
            .collect();
        let geometry = Geometry::new(self.network, self.network, Padding::Stretch).unwrap();
        let layout = std::sync::Arc::new(self.layout.clone());
        let mut postprocessor = Postprocessor::of(&FAMILY, layout);
        postprocessor
            .run(&tensors, &geometry, &Params::default())
            .unwrap();
        let doubts: Vec<Doubt> = postprocessor.doubts().collect();
        assert_eq!(
            postprocessor.counts().doubtful,
            u64::from(!doubts.is_empty())
        );
        doubts
    }
}

/// Rows with an objectness are three for each cell, which heads without one are not.
#[test]
fn heads_with_objectness_are_not_those_without() {
    let rows = |preset| {
        layers(&[("output", &[ANCHORS, 85])])
            .labels(80)
            .preset(preset)
    };
    are_not(&rows("yolov8"), Format::Yolov8, &[Format::Yolov5]);
    are_not(&rows("yolox"), Format::Yolox, &[Format::Yolov5]);
    are_doubted(&rows("yolov5"), "yolov5", [None; 2]);
    // Of one for each cell, 81 classes would do.
    let cells = |labels| {
        layers(&[("output", &[CELLS, 85])])
            .labels(labels)
            .preset("yolov8")
    };
    are_doubted(
        &cells(80),
        "yolov8",
        [Some(Format::Yolov5), Some(Format::Yolox)],
    );
    are_doubted(&cells(81), "yolov8", [None; 2]);
    // Channels first have none.
    let channels = layers(&[("output0", &[84, CELLS])])
        .labels(80)
        .preset("yolov5");
    are_doubted(&channels, "yolov5", [Some(Format::Yolov8), None]);
}

/// The names of networks stand for their heads: rows that were selected need the name that ends in `-e2e`.
#[test]
fn selected_rows_are_no_heads_and_heads_no_selected_rows() {
    let rows = |preset| layers(&[("output0", &[300, 6])]).labels(80).preset(preset);
    for preset in ["yolo26", "yolov10", "yolo11"] {
        are_not(&rows(preset), Format::Yolov8, &[Format::EndToEnd]);
    }
    are_not(&rows("yolov5"), Format::Yolov5, &[Format::EndToEnd]);
    let head = layers(&[("output0", &[84, CELLS])])
        .labels(80)
        .preset("yolo26-e2e");
    are_not(&head, Format::EndToEnd, &[Format::Yolov8]);
    let seven = layers(&[("output0", &[300, 7])]).preset("yolo26-e2e");
    are_not(
        &seven,
        Format::EndToEnd,
        &[
            Format::Yolov7EndToEnd,
            Format::SuperGradientsFlat,
            Format::YoloObbEndToEnd,
        ],
    );
}

/// Nothing would suppress the boxes of each object.
#[test]
fn rows_for_each_cell_are_hardly_selected() {
    let rows = |preset| layers(&[("output", &[CELLS, 6])]).labels(80).preset(preset);
    are_doubted(
        &rows("yolo-e2e"),
        "yolo-e2e",
        [Some(Format::DeepstreamYolo), None],
    );
    are_doubted(&rows("deepstream-yolo"), "deepstream-yolo", [None; 2]);
    are_doubted(
        &rows("deepstream-yolo-2023"),
        "deepstream-yolo-2023-rows",
        [None; 2],
    );
    // DeepStream-Yolo's exports of networks that select.
    let selected = layers(&[("output", &[300, 6])]).labels(80);
    are_doubted(
        &selected.preset("deepstream-yolo"),
        "deepstream-yolo",
        [None; 2],
    );
    // A small network selects no more rows than it has cells.
    let small = layers(&[("output0", &[189, 6])]).input(96, 96).labels(80);
    are_doubted(&small.preset("yolo26-e2e"), "yolo-e2e", [None; 2]);
}

/// Who states a format may have labels of some classes only, which is no contradiction unless they are just those of
/// another format.
#[test]
fn labels_contradict_a_format_where_another_has_just_as_many() {
    let head = |labels| {
        layers(&[("output0", &[84, CELLS])])
            .labels(labels)
            .preset("yolo11")
    };
    are_doubted(&head(80), "yolov8", [None; 2]);
    are_doubted(&head(3), "yolov8", [None; 2]);
    are_doubted(&head(79), "yolov8", [Some(Format::YoloObb), None]);
    let one = layers(&[("output", &[CELLS, 6])])
        .labels(80)
        .preset("yolox");
    are_doubted(&one, "yolox", [Some(Format::DeepstreamYolo), None]);
    // Who states the parts of a head as well has looked at it.
    let stated = layers(&[("output", &[CELLS, 85])])
        .labels(80)
        .preset("yolov8")
        .options(Yolo {
            objectness: Some(true),
            ..Yolo::default()
        });
    are_doubted(&stated, "yolov8", [None; 2]);
}

/// Not of YOLO, but the same question.
#[test]
fn a_column_for_no_object_contradicts_a_sigmoid() {
    let queries = [
        TensorView::new("logits", &[100, 81], &[-9.0f32; 8100][..]).unwrap(),
        TensorView::new("pred_boxes", &[100, 4], &[0.5f32; 400][..]).unwrap(),
    ];
    let doubt = |format, labels, background| {
        let layout = Layout {
            format: Some(format),
            labels: Some(labels),
            background,
            ..Layout::default()
        };
        let input = Input {
            tensors: &queries,
            layout: &layout,
            network: NETWORK,
        };
        select(&nvds_decode::detr::FAMILY, &input).unwrap().doubt()
    };
    let (sigmoid, softmax) = (Format::Rtdetr, Format::Detr);
    assert!(matches!(
        doubt(sigmoid, 80, Background::Usual),
        Some(Doubt::Format { fits: [Some(fits), None], .. }) if fits == softmax
    ));
    assert!(matches!(
        doubt(softmax, 81, Background::Usual),
        Some(Doubt::Format { fits: [Some(fits), None], .. }) if fits == sigmoid
    ));
    assert_eq!(doubt(sigmoid, 80, Background::Class(0)), None);
    assert_eq!(doubt(sigmoid, 81, Background::Usual), None);
    assert_eq!(doubt(softmax, 80, Background::Usual), None);
}

/// Rows of networks of masks and of poses: the boxes are read, what follows the class is left out.
#[test]
fn rows_with_masks_or_key_points_give_their_boxes() {
    let rows = |columns: usize| layers(&[("output0", &[300, columns])]);
    let masks: &[(&str, &[usize])] = &[("output0", &[300, 38]), ("output1", &[32, 160, 160])];
    for labels in [None, Some(1), Some(2), Some(80)] {
        for of in [layers(masks), rows(38), rows(57)] {
            let of = match labels {
                Some(labels) => of.labels(labels),
                None => of,
            };
            of.are("yolo-e2e");
            are_doubted(&of.preset("yolo26-e2e"), "yolo-e2e", [None; 2]);
        }
    }
    // Key points of two or three numbers, of one label or as stated.
    rows(6 + 3 * 5).labels(1).are("yolo-e2e");
    rows(6 + 2 * 5).labels(1).are("yolo-e2e");
    rows(6 + 2 * 5)
        .labels(3)
        .preset("yolo26-e2e")
        .are("yolo-e2e");
    let points = Yolo {
        extras: Some(12),
        ..Yolo::default()
    };
    rows(18).labels(3).options(points).are("yolo-e2e");
    // DeepStream-Yolo-Pose has its points behind the score.
    assert!(rows(5 + 3 * 17).labels(1).read().is_err());
    // A score for each label behind the box: a DETR.
    for columns in [38, 57] {
        assert!(rows(columns).labels(columns - 4).read().is_err());
        let stated = rows(columns).labels(columns - 4).preset("yolo26-e2e");
        assert!(stated.read().is_err());
    }
    // A column for each cell: a head.
    assert!(
        layers(&[("output0", &[84, 189])])
            .input(96, 96)
            .preset("yolo26-e2e")
            .read()
            .is_err()
    );
}

#[test]
fn what_follows_the_class_of_a_row_is_left_out() {
    let rows: Vec<f32> = [0.9f32, 0.8]
        .into_iter()
        .flat_map(|score| {
            let mut row = vec![10.0, 20.0, 70.0, 80.0, score, 0.0];
            row.resize(58, 1e30);
            row
        })
        .collect();
    let halves: Vec<f16> = rows.iter().map(|&number| f16::from_f32(number)).collect();
    let dims = [1, 2, 58];
    let tensors = [
        TensorView::new("output0", &dims, &rows[..]).unwrap(),
        TensorView::new("output0", &dims, &halves[..]).unwrap(),
    ];
    let geometry = Geometry::new(NETWORK, NETWORK, Padding::Stretch).unwrap();
    for tensor in tensors {
        let layout = Layout {
            format: Some(Format::EndToEnd),
            ..Layout::default()
        };
        let mut postprocessor = Postprocessor::of(&FAMILY, std::sync::Arc::new(layout));
        let found = postprocessor
            .run(&[tensor], &geometry, &Params::default())
            .unwrap();
        assert_eq!(found.len(), 2);
        for (entry, found) in found.iter().enumerate() {
            let b = found.bbox;
            assert_eq!((found.class_id, found.entry), (0, entry as u32));
            assert_eq!([b.left, b.top, b.width, b.height], [10.0, 20.0, 60.0, 60.0]);
        }
        assert_eq!(postprocessor.doubts().next(), None);
        let decoder = postprocessor.decoder().unwrap();
        assert_eq!(
            decoder.boxes(&Layout::default()).units,
            BoxUnits::NetworkPixels
        );
    }
}

/// Readings of other elements say what to do.
#[test]
fn readings_that_are_no_format_say_what_is() {
    let text = |of: Layers<'_>| of.read().unwrap_err().to_string();
    let faces = text(layers(&[("output0", &[20, CELLS])]));
    assert!(faces.contains("rsfaceparser format=yolov8-face"), "{faces}");
    let faces = text(layers(&[("output", &[ANCHORS, 16])]));
    assert!(faces.contains("rsfaceparser format=yolov5-face"), "{faces}");
    let faces = [
        ("boxes", &[CELLS, 4][..]),
        ("scores", &[CELLS, 1]),
        ("landmarks", &[CELLS, 10]),
    ];
    let faces = text(layers(&faces).labels(1));
    assert!(
        faces.contains("rsfaceparser format=deepstream-yolo-face"),
        "{faces}"
    );
    let points = text(layers(&[("output0", &[56, CELLS])]));
    assert!(
        points.contains("format=yolo-pose (1 class and 17 key points)"),
        "{points}"
    );
    assert!(!points.contains("another element"), "{points}");
}
