//! Layers of the same dimensions and other meanings: what decides between them, and what is refused.

mod stated;

use nvds_decode::select::{Input, select};
use nvds_decode::yolo::{FAMILY, Yolo};
use nvds_decode::{
    DataType, DecodeError, ErrorKind, Format, Layout, Options, Size, TensorView, f16, families,
};

/// A network with an input of 640 x 640: 8400 cells, 25200 anchors of three in each.
const NETWORK: Size = Size::new(640, 640);
const CELLS: usize = 8400;
const ANCHORS: usize = 25200;

/// Layers by name and dimensions, and what is known of them.
struct Layers<'a> {
    layers: Vec<(&'a str, Vec<usize>, DataType)>,
    layout: Layout,
    network: Size,
}

fn layers<'a>(of: &[(&'a str, &[usize])]) -> Layers<'a> {
    let float = |(name, dims): &(&'a str, &[usize])| (*name, dims.to_vec(), DataType::Float);
    Layers {
        layers: of.iter().map(float).collect(),
        layout: Layout::default(),
        network: NETWORK,
    }
}

impl Layers<'_> {
    fn labels(mut self, labels: usize) -> Self {
        self.layout.labels = Some(labels);
        self
    }

    fn of_type(mut self, data_type: DataType) -> Self {
        self.layers.iter_mut().for_each(|layer| layer.2 = data_type);
        self
    }

    fn input(mut self, width: u32, height: u32) -> Self {
        self.network = Size::new(width, height);
        self
    }

    fn preset(mut self, name: &str) -> Self {
        let (_, preset) = families::preset(name).unwrap();
        self.layout = preset.layout(self.layout);
        self
    }

    fn options(mut self, options: Yolo) -> Self {
        self.layout.options = Options::Yolo(options);
        self
    }

    /// The decoder that reads them, and how many classes it finds.
    fn read(&self) -> Result<(&'static str, [usize; 4]), DecodeError> {
        let longest = self
            .layers
            .iter()
            .map(|layer| layer.1.iter().product::<usize>());
        let floats = vec![0.5f32; longest.max().unwrap_or(0)];
        let halves = vec![f16::ONE; floats.len()];
        let tensors: Vec<TensorView<'_>> = self
            .layers
            .iter()
            .map(|(name, dims, data_type)| {
                let len = dims.iter().product();
                match data_type {
                    DataType::Half => TensorView::new(name, dims, &halves[..len]),
                    _ => TensorView::new(name, dims, &floats[..len]),
                }
                .unwrap()
            })
            .collect();
        let input = Input {
            tensors: &tensors,
            layout: &self.layout,
            network: self.network,
        };
        let found = select(&FAMILY, &input)?;
        Ok((found.decoder().name, found.plan().sizes))
    }

    /// Asserts which decoder reads them.
    #[track_caller]
    fn are(&self, decoder: &str) -> [usize; 4] {
        let found = self.read();
        assert_eq!(
            found.as_ref().map(|(name, _)| *name),
            Ok(decoder),
            "{found:?}"
        );
        found.unwrap().1
    }

    /// Asserts that they are refused with an error that names all readings, and the formats to state.
    #[track_caller]
    fn need(&self, formats: &[Format]) {
        let error = self.read().unwrap_err();
        let DecodeError::Ambiguous { readings, .. } = &error else {
            panic!("{error}");
        };
        let named: Vec<Format> = readings
            .iter()
            .filter_map(|reading| reading.format)
            .collect();
        assert_eq!(named, formats, "{error}");
        assert!(readings.len() > 1, "{error}");
        for format in formats {
            assert!(
                error
                    .to_string()
                    .contains(&format!("format={}", format.name())),
                "{error}"
            );
        }
    }
}

const CLASSES: usize = 2;

#[test]
fn six_channels_are_two_classes() {
    assert_eq!(
        layers(&[("output0", &[6, CELLS])]).are("yolov8")[CLASSES],
        2
    );
    assert_eq!(
        layers(&[("output0", &[1, 6, CELLS])])
            .labels(2)
            .are("yolov8")[CLASSES],
        2
    );
    // One class and an angle, as the labels say.
    layers(&[("output0", &[6, CELLS])])
        .labels(1)
        .are("yolo-obb");
}

#[test]
fn five_channels_are_one_class() {
    assert_eq!(
        layers(&[("output0", &[5, CELLS])]).are("yolov8")[CLASSES],
        1
    );
    assert_eq!(
        layers(&[("output0", &[5, CELLS])]).labels(1).are("yolov8")[CLASSES],
        1
    );
}

/// The worst pair: both are called `output`.
#[test]
fn six_columns_for_each_cell_may_be_anything_of_one_class() {
    use Format::{DeepstreamYolo, Yolov5, Yolov8, Yolox};
    let rows = || layers(&[("output", &[CELLS, 6])]);
    rows().labels(1).need(&[Yolov5, Yolox, DeepstreamYolo]);
    rows().labels(2).need(&[Yolov8, DeepstreamYolo]);
    rows().need(&[Yolov8, Yolov5, Yolox, DeepstreamYolo]);
    // No other network of 80 classes has six.
    rows().labels(80).are("deepstream-yolo");
    // YOLOv6 calls its layer otherwise.
    layers(&[("outputs", &[CELLS, 6])]).labels(1).are("yolov5");
    for (preset, decoder) in [
        ("yolox", "yolox"),
        ("yolox-decoded", "yolov5"),
        ("yolov6", "yolov5"),
        ("yolo11", "yolov8"),
        ("deepstream-yolo", "deepstream-yolo"),
        ("deepstream-yolo-2023", "deepstream-yolo-2023-rows"),
    ] {
        rows().labels(1).preset(preset).are(decoder);
    }
}

#[test]
fn six_columns_for_each_anchor_may_be_yolov5_of_one_class() {
    let rows = || layers(&[("output", &[ANCHORS, 6])]);
    rows()
        .labels(1)
        .need(&[Format::Yolov5, Format::DeepstreamYolo]);
    rows().need(&[Format::Yolov5, Format::DeepstreamYolo]);
    rows().labels(80).are("deepstream-yolo");
    rows().labels(1).preset("yolov7").are("yolov5");
}

#[test]
fn six_columns_of_other_rows_are_selected_already() {
    for (name, rows) in [
        ("output0", 300),
        ("output", 300),
        ("tower_0/detections:0", 100),
        ("output0", 0),
    ] {
        for labels in [1, 2, 80] {
            layers(&[(name, &[1, rows, 6])])
                .labels(labels)
                .are("yolo-e2e");
        }
    }
    // PaddleDetection's rows begin with the class, those of Mask R-CNN with y.
    layers(&[
        ("multiclass_nms3_0.tmp_0", &[50, 6]),
        ("multiclass_nms3_0.tmp_2", &[1]),
    ])
    .are("pp-yoloe");
    assert!(
        layers(&[("generate_detections", &[100, 6])])
            .read()
            .is_err()
    );
    // More than any network selects: of an input of another size.
    let error = layers(&[("output", &[2100, 6])])
        .labels(80)
        .read()
        .unwrap_err();
    assert!(error.to_string().contains("input of 640x640"), "{error}");
    layers(&[("output", &[2100, 6])])
        .labels(80)
        .input(320, 320)
        .are("deepstream-yolo");
}

#[test]
fn seven_columns_need_a_name_or_the_format() {
    layers(&[("graph2_flat_predictions", &[7, 7])]).are("super-gradients-flat");
    let rows = |name| layers(&[(name, &[300, 7])]);
    for name in ["output0", "output"] {
        rows(name).need(&[
            Format::Yolov7EndToEnd,
            Format::SuperGradientsFlat,
            Format::YoloObbEndToEnd,
        ]);
    }
    rows("output0").preset("yolo26-obb-e2e").are("yolo-obb-e2e");
    rows("output").preset("yolov7-e2e").are("yolov7-e2e");
    rows("output")
        .preset("super-gradients-flat")
        .are("super-gradients-flat");
    // These are an SSD's.
    for name in ["detection_out", "NMS"] {
        assert!(rows(name).read().is_err(), "{name}");
    }
}

#[test]
fn twenty_channels_by_the_number_of_labels() {
    let channels = || layers(&[("output0", &[20, CELLS])]);
    assert_eq!(channels().labels(16).are("yolov8")[CLASSES], 16);
    // Of a face, key points follow.
    assert_eq!(channels().labels(1).are("yolov8")[CLASSES], 1);
    // 15 classes and an angle.
    channels().labels(15).are("yolo-obb");
    assert!(matches!(
        channels().labels(14).read(),
        Err(DecodeError::Labels { .. })
    ));
    channels().need(&[Format::Yolov8, Format::YoloObb]);
    channels().preset("yolo11-obb").are("yolo-obb");
    assert_eq!(channels().preset("yolov8").are("yolov8")[CLASSES], 16);
}

#[test]
fn fifty_six_channels_by_the_number_of_labels() {
    let channels = || layers(&[("output0", &[56, CELLS])]);
    assert_eq!(channels().labels(52).are("yolov8")[CLASSES], 52);
    assert_eq!(channels().labels(1).are("yolov8")[CLASSES], 1);
    channels().need(&[Format::Yolov8, Format::YoloPose]);
    assert_eq!(
        channels().preset("yolo11-pose").are("yolo-pose")[CLASSES],
        1
    );
    // As rows they may begin with corners, and do by the name of DeepStream-Yolo-Pose's layer.
    let rows = |name| layers(&[(name, &[CELLS, 56])]).labels(1);
    rows("output0").need(&[Format::Yolov8, Format::DeepstreamYoloPose]);
    rows("output").are("deepstream-yolo-pose");
    rows("output0")
        .preset("deepstream-yolo-pose")
        .are("deepstream-yolo-pose");
}

#[test]
fn a_hundred_and_sixteen_channels_by_another_layer() {
    let masks: &[(&str, &[usize])] = &[("output0", &[116, CELLS]), ("output1", &[32, 160, 160])];
    assert_eq!(layers(masks).are("yolov8")[CLASSES], 80);
    assert_eq!(layers(masks).labels(80).are("yolov8")[CLASSES], 80);
    assert_eq!(layers(&masks[..1]).are("yolov8")[CLASSES], 112);
    assert_eq!(layers(&masks[..1]).labels(112).are("yolov8")[CLASSES], 112);
    // The masks may not be among the outputs.
    assert_eq!(layers(&masks[..1]).labels(80).are("yolov8")[CLASSES], 80);
    assert!(layers(masks).labels(79).read().is_err());
}

#[test]
fn eighty_five_columns_for_each_cell_are_relative_or_not() {
    let rows = |name| layers(&[(name, &[CELLS, 85])]);
    rows("output")
        .labels(80)
        .need(&[Format::Yolov5, Format::Yolox]);
    rows("output").need(&[Format::Yolov8, Format::Yolov5, Format::Yolox]);
    assert_eq!(rows("outputs").labels(80).are("yolov5")[CLASSES], 80);
    rows("output").labels(80).preset("yolox").are("yolox");
    rows("output")
        .labels(80)
        .preset("yolox-decoded")
        .are("yolov5");
    // 81 classes without objectness.
    assert_eq!(rows("output").labels(81).are("yolov8")[CLASSES], 81);
    // Three anchors a cell: no YOLOX.
    assert_eq!(
        layers(&[("output", &[ANCHORS, 85])])
            .labels(80)
            .are("yolov5")[CLASSES],
        80
    );
    assert_eq!(
        layers(&[("output", &[ANCHORS, 85])]).are("yolov5")[CLASSES],
        80
    );
}

#[test]
fn sixteen_columns_for_each_anchor_by_the_number_of_labels() {
    let rows = || layers(&[("output", &[ANCHORS, 16])]);
    assert_eq!(rows().labels(11).are("yolov5")[CLASSES], 11);
    // A face, its key points before the class.
    let error = rows().labels(1).read().unwrap_err();
    assert!(error.to_string().contains("11 numbers"), "{error}");
    rows().need(&[Format::Yolov5]);
}

#[test]
fn boxes_and_class_scores_by_the_number_of_rows() {
    let pair = |rows: usize| layers(&[("a", &[rows, 4]), ("b", &[rows, 80])]).labels(80);
    pair(CELLS).are("yolo-nas");
    // Anchors of an SSD, queries of a DETR.
    for rows in [1917, 100, 300, 900] {
        let error = pair(rows).read().unwrap_err();
        assert_ne!(error.kind(), ErrorKind::Ambiguous, "{error}");
    }
    pair(8732).preset("yolo-nas").are("yolo-nas");
    // Four classes: only names tell which is which.
    let four = |a, b| layers(&[(a, &[CELLS, 4]), (b, &[CELLS, 4])]).labels(4);
    four("pred_scores", "pred_bboxes").are("yolo-nas");
    assert!(four("a", "b").read().is_err());
    // Other labels than columns.
    assert!(
        layers(&[("boxes", &[CELLS, 4]), ("scores", &[CELLS, 80])])
            .labels(79)
            .read()
            .is_err()
    );
}

#[test]
fn three_layers_of_deepstream_yolo_need_the_parsers_name() {
    let three = || {
        layers(&[
            ("boxes", &[CELLS, 4]),
            ("scores", &[CELLS, 1]),
            ("classes", &[CELLS, 1]),
        ])
    };
    for labels in [1, 2, 80] {
        three()
            .labels(labels)
            .need(&[Format::DeepstreamYolo2023, Format::DeepstreamYoloe2023]);
    }
    three()
        .preset("deepstream-yolo-2023")
        .are("deepstream-yolo-2023");
    three()
        .preset("deepstream-yoloe-2023")
        .are("deepstream-yoloe-2023");
    // Faces: centre and size, and key points.
    let faces = [
        ("boxes", &[CELLS, 4][..]),
        ("scores", &[CELLS, 1]),
        ("landmarks", &[CELLS, 10]),
    ];
    layers(&faces).labels(1).need(&[Format::YoloNas]);
}

#[test]
fn levels_by_their_sizes_and_the_labels() {
    let tables: &[(&str, &[usize])] = &[
        ("d", &[400, 32]),
        ("a", &[6400, 10]),
        ("b", &[6400, 32]),
        ("f", &[100, 32]),
        ("c", &[1600, 10]),
        ("e", &[400, 10]),
        ("h", &[1600, 32]),
        ("g", &[100, 10]),
    ];
    assert_eq!(layers(tables).labels(10).are("nanodet")[..3], [4, 10, 32]);
    assert_eq!(layers(tables).are("nanodet")[..3], [4, 10, 32]);
    assert!(layers(tables).labels(9).read().is_err());
    // As many classes as numbers of distances: either may be either.
    let same: Vec<(&str, &[usize])> = vec![
        ("a", &[6400, 32]),
        ("b", &[6400, 32]),
        ("c", &[1600, 32]),
        ("d", &[1600, 32]),
    ];
    assert!(layers(&same).labels(32).read().is_err());
    let named: Vec<(&str, &[usize])> = vec![
        ("cls_8", &[6400, 32]),
        ("dis_8", &[6400, 32]),
        ("cls_16", &[1600, 32]),
        ("dis_16", &[1600, 32]),
    ];
    layers(&named).labels(32).are("nanodet");

    let joined: &[(&str, &[usize])] = &[
        ("p3", &[144, 80, 80]),
        ("p4", &[1, 144, 40, 40]),
        ("p5", &[144, 20, 20]),
    ];
    assert_eq!(
        layers(joined).labels(80).are("yolov8-raw")[..3],
        [3, 80, 64]
    );
    assert!(layers(joined).labels(79).read().is_err());
    let split: &[(&str, &[usize])] = &[
        ("a", &[64, 80, 80]),
        ("b", &[80, 80, 80]),
        ("c", &[80, 40, 40]),
        ("d", &[64, 40, 40]),
    ];
    assert_eq!(layers(split).labels(80).are("yolov8-raw")[..3], [2, 80, 64]);
}

#[test]
fn a_picture_that_is_no_multiple_of_the_strides() {
    // 13 x 10 cells of 64 pixels.
    let tables: &[(&str, &[usize])] = &[
        ("a", &[7600, 10]),
        ("b", &[7600, 32]),
        ("c", &[1900, 10]),
        ("d", &[1900, 32]),
        ("e", &[475, 10]),
        ("f", &[475, 32]),
        ("g", &[130, 10]),
        ("h", &[130, 32]),
    ];
    assert_eq!(
        layers(tables).input(608, 800).labels(10).are("nanodet")[0],
        4
    );
}

#[test]
fn halves_are_read_and_whole_numbers_are_not() {
    layers(&[("output0", &[84, CELLS])])
        .labels(80)
        .of_type(DataType::Half)
        .are("yolov8");
    let whole = [1i64; 12 * 84];
    let tensors = [TensorView::new("output0", &[84, 12], &whole[..]).unwrap()];
    let (layout, network) = (Layout::default(), Size::new(64, 32));
    let input = Input {
        tensors: &tensors,
        layout: &layout,
        network,
    };
    assert!(select(&FAMILY, &input).is_err());
}

#[test]
fn two_layers_that_fit_must_be_named() {
    let two = || layers(&[("first", &[84, CELLS]), ("second", &[84, CELLS])]).labels(80);
    let error = two().read().unwrap_err();
    assert!(
        matches!(error, DecodeError::SeveralLayers { .. }),
        "{error}"
    );
    let mut named = two();
    named
        .layout
        .layers
        .set(nvds_decode::Role::Detections, Some("second".to_owned()));
    named.are("yolov8");
}

#[test]
fn options_override_what_the_format_has() {
    let layout = |options| {
        layers(&[("output", &[CELLS, 86])])
            .preset("yolov8")
            .options(options)
    };
    assert_eq!(layout(Yolo::default()).are("yolov8")[CLASSES], 82);
    let options = Yolo {
        objectness: Some(true),
        extras: Some(1),
        ..Yolo::default()
    };
    assert_eq!(layout(options).are("yolov8")[CLASSES], 80);
    let strides = Yolo {
        strides: vec![16],
        ..Yolo::default()
    };
    let heads = layers(&[("output", &[84, 1600])]).labels(80);
    assert!(heads.read().is_err());
    assert_eq!(heads.options(strides).are("yolov8")[CLASSES], 80);
}

#[test]
fn every_preset_belongs_to_a_decoder() {
    for preset in FAMILY.presets {
        let own = FAMILY
            .decoders
            .iter()
            .find(|decoder| decoder.format == preset.format);
        assert!(own.is_some(), "{}", preset.name);
        assert!(
            preset.nvinfer.contains("maintain-aspect-ratio="),
            "{}",
            preset.name
        );
        let same = FAMILY
            .presets
            .iter()
            .filter(|other| other.name == preset.name);
        assert_eq!(same.count(), 1, "{}", preset.name);
        // A preset with a format's name is that format.
        if let Some(format) = Format::ALL
            .into_iter()
            .find(|format| format.name() == preset.name)
        {
            assert_eq!(format, preset.format);
        }
    }
    assert!(families::preset("yolov4711").is_none());
    assert_eq!(
        families::preset("raw").map(|(family, _)| family.name),
        Some("ssd")
    );
    assert_eq!(
        families::preset("yolo-nas").map(|(family, _)| family.name),
        Some("yolo")
    );
}

/// Rows that a network selected itself are all kept, others suppress each other: unless stated.
#[test]
fn suppression_is_as_the_layout_needs_it() {
    use nvds_decode::{Geometry, NmsMode, Padding, Params, Postprocessor};

    let row = |score: f32| [10.0, 10.0, 60.0, 60.0, score, 3.0];
    let rows: Vec<f32> = [0.9, 0.8, 0.7].into_iter().flat_map(row).collect();
    let tensors = [TensorView::new("output0", &[3, 6], &rows[..]).unwrap()];
    let geometry = Geometry::new(NETWORK, NETWORK, Padding::Stretch).unwrap();
    for (format, nms_mode, kept) in [
        (Format::EndToEnd, NmsMode::Usual, 3),
        (Format::EndToEnd, NmsMode::PerClass, 1),
        (Format::DeepstreamYolo, NmsMode::Usual, 1),
        (Format::DeepstreamYolo, NmsMode::None, 3),
    ] {
        let layout = Layout {
            format: Some(format),
            ..Layout::default()
        };
        let mut postprocessor = Postprocessor::of(&FAMILY, std::sync::Arc::new(layout));
        let params = Params {
            nms_mode,
            ..Params::default()
        };
        let found = postprocessor.run(&tensors, &geometry, &params);
        assert_eq!(found.map(<[_]>::len), Ok(kept), "{format:?} {nms_mode:?}");
    }
}

/// What is read as pixels but lies in the first two of them, as of ultralytics' RT-DETR.
#[test]
fn boxes_of_zero_to_one_give_rise_to_doubt() {
    use nvds_decode::{BoxUnits, Doubt, Geometry, Padding, Params, Postprocessor};

    let rows = [0.5f32, 0.5, 0.7, 0.8, 0.9, 3.0];
    let tensors = [TensorView::new("output0", &[1, 6], &rows[..]).unwrap()];
    let geometry = Geometry::new(NETWORK, NETWORK, Padding::Stretch).unwrap();
    let mut postprocessor = Postprocessor::of(&FAMILY, std::sync::Arc::default());
    postprocessor
        .run(&tensors, &geometry, &Params::default())
        .unwrap();
    let doubts: Vec<Doubt> = postprocessor.doubts().collect();
    let units = Doubt::Units {
        taken: BoxUnits::NetworkPixels,
        stated: false,
    };
    assert_eq!(doubts, [units]);
}

/// A layer that is no table names its dimensions, and no error names nothing.
#[test]
fn a_layer_that_is_no_table_is_named_with_its_dimensions() {
    for dims in [&[8400][..], &[1]] {
        let error = layers(&[("output0", dims)]).read().unwrap_err();
        let text = error.to_string();
        assert!(text.contains("output0"), "{text}");
        assert!(!text.contains("layers  are"), "{text}");
    }
    let text = layers(&[("a", &[8400]), ("b", &[7])])
        .read()
        .unwrap_err()
        .to_string();
    assert!(!text.contains("layers  are"), "{text}");
}
