//! YOLO networks through `rsyoloparser` on NVIDIA's metadata library.

mod common;
mod heads;
mod pages;

use std::sync::{Arc, Mutex};

use common::*;
use gst::prelude::*;
use heads::*;
use nvds::{DataType, NetworkInfo, NewLayer, NewTensorMeta, Producer};
use nvds_decode::yolo::FAMILY;
use nvds_decode::{Format, f16};

fn tensors(layers: Vec<NewLayer>) -> NewTensorMeta {
    tensors_of(5, layers)
}

fn tensors_of(unique_id: u32, layers: Vec<NewLayer>) -> NewTensorMeta {
    let network = NetworkInfo {
        width: SIDE as u32,
        height: SIDE as u32,
        channels: 3,
    };
    NewTensorMeta::new(unique_id, network, Producer::NvInfer, layers).unwrap()
}

fn float(heads: &[Head]) -> Vec<NewLayer> {
    let layers = heads.iter();
    layers
        .map(|head| layer(&head.name, &head.dims, &head.values))
        .collect()
}

/// Class and rectangle of the objects made of some layers.
fn seen(rig: &mut Rig, layers: Vec<NewLayer>) -> Vec<(i32, [i32; 4])> {
    classes(&rig.process(frame_with(&tensors(layers))))
}

fn classes(buffer: &gst::BufferRef) -> Vec<(i32, [i32; 4])> {
    let mut found: Vec<_> = objects(buffer)[0]
        .iter()
        .map(|object| (object.class_id, object.rect.map(|side| side.round() as i32)))
        .collect();
    found.sort_unstable();
    found
}

fn both() -> Vec<(i32, [i32; 4])> {
    vec![(2, RECTS[0]), (7, RECTS[1])]
}

#[track_caller]
fn finds_both(properties: &str, layers: Vec<NewLayer>) {
    let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
    let found = rig.push(frame_with(&tensors(layers)));
    assert!(found.is_ok(), "{properties}: {}", rig.error());
    let out = rig.harness.pull().unwrap();
    let mut expected = both();
    if properties.contains("pose")
        && !["e2e", "v7", "nas"]
            .iter()
            .any(|part| properties.contains(part))
    {
        expected.iter_mut().for_each(|(class, _)| *class = 0); // the only one
    }
    assert_eq!(classes(&out), expected, "{properties}");
    assert_eq!(rig.warnings(), [""; 0], "{properties}");
}

/// The error of a first frame with these layers.
#[track_caller]
fn refused(properties: &str, layers: Vec<NewLayer>) -> String {
    let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
    assert!(
        rig.push(frame_with(&tensors(layers))).is_err(),
        "{properties}"
    );
    rig.error()
}

#[test]
fn every_preset_reads_its_layout() {
    for preset in FAMILY.presets {
        let name = preset.name;
        finds_both(&format!("format={name}"), float(&yolo(preset.format)));
    }
}

#[test]
fn every_format_goes_by_its_own_name() {
    for decoder in FAMILY.decoders {
        let format = decoder.format;
        finds_both(&format!("format={}", format.name()), float(&yolo(format)));
    }
}

#[test]
fn layers_and_labels_say_what_most_outputs_are() {
    let file = labels(CLASS_COUNT);
    for (known, formats) in [
        (
            String::new(),
            &[
                Format::Yolov8,
                Format::Yolov5,
                Format::YoloNas,
                Format::EndToEnd,
                Format::PpYoloe,
                Format::SuperGradientsFlat,
            ][..],
        ),
        (
            format!("labels-file={}", file.path()),
            &[
                Format::Yolov8,
                Format::Yolov5,
                Format::YoloNas,
                Format::DeepstreamYolo,
                Format::Nanodet,
                Format::Yolov8Raw,
                Format::YoloObb,
            ],
        ),
        (
            format!("num-classes={CLASS_COUNT}"),
            &[Format::DeepstreamYolo, Format::Nanodet],
        ),
    ] {
        for format in formats {
            finds_both(&known, float(&yolo(*format)));
        }
    }
}

#[test]
fn halves_are_read() {
    let layers = yolo(Format::Yolov8);
    let halves = layers[0].values.iter().map(|value| f16::from_f32(*value));
    let bytes: Vec<u8> = halves.flat_map(f16::to_ne_bytes).collect();
    let half = raw_layer("output0", DataType::Half, &layers[0].dims, &bytes);
    finds_both("", vec![half]);
}

#[test]
fn objects_have_labels_and_scores() {
    let file = labels(CLASS_COUNT);
    let mut rig = Rig::new(&format!("rsyoloparser labels-file={}", file.path()));
    let out = rig.process(frame_with(&tensors(float(&yolov8()))));
    let mut texts: Vec<_> = objects(&out)[0]
        .iter()
        .map(|o| (o.text.clone(), o.label.clone(), o.unique_id))
        .collect();
    texts.sort();
    assert_eq!(
        texts,
        [
            ("label2 0.900".to_owned(), "label2".to_owned(), 5),
            ("label7 0.600".to_owned(), "label7".to_owned(), 5)
        ]
    );
}

#[test]
fn two_readings_are_refused_with_both_names() {
    // YOLOX with one class, or DeepStream-Yolo's rows.
    let error = refused("", float(&deepstream_yolo()));
    for part in [
        "not those of a YOLO network",
        "format=deepstream-yolo (",
        "format=yolox (",
        "Set format",
        "output FLOAT [2100, 6]",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    for (count, other) in [(1, "format=yolox ("), (2, "format=yolov8 (")] {
        let file = labels(count);
        let known = format!("labels-file={}", file.path());
        let error = refused(&known, float(&deepstream_yolo()));
        assert!(
            error.contains("format=deepstream-yolo (") && error.contains(other),
            "{error}"
        );
    }
    // Offsets from cells, or pixels.
    let error = refused("", float(&yolo(Format::Yolox)));
    assert!(
        error.contains("format=yolox (") && error.contains("format=yolov5 ("),
        "{error}"
    );
}

#[test]
fn the_number_of_labels_decides() {
    // 20 numbers: 16 classes, or 15 and an angle, or a face and its points.
    let (rows, columns, values) = yolov8_rows(6);
    let layers = || {
        let values = transposed(rows, columns, &values);
        vec![layer("output0", &[columns, rows], &values)]
    };
    let error = refused("", layers());
    for part in ["format=yolov8 (16 classes)", "angle", "labels-file"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    // Classes 10 to 15 all have 0.7.
    let file = labels(16);
    let mut rig = Rig::new(&format!("rsyoloparser labels-file={}", file.path()));
    assert_eq!(seen(&mut rig, layers())[0], (2, RECTS[0]));
    finds_both("format=yolov8 extras=6", layers());
    // A file for another network.
    let file = labels(80);
    let error = refused(&format!("labels-file={}", file.path()), float(&yolov8()));
    for part in ["10 numbers", "80 labels", "Set labels-file"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let error = refused("unique-id=5", vec![layer("embedding", &[512], &[0.0; 512])]);
    assert!(error.contains("no known detection layout fits"), "{error}");
    let error = refused(
        "format=yolo-nas",
        vec![layer("pred_scores", &[10, 2], &[0.0; 20])],
    );
    assert!(
        error.contains("pred_bboxes is missing. Set boxes-layer if"),
        "{error}"
    );
    // Rows that are not those of an input of 320x320.
    let error = refused("", vec![layer("output0", &[14, 2101], &[0.0; 14 * 2101])]);
    for part in ["input of 320x320", "2100 with strides 8, 16, 32", "strides"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn strides_are_stated_where_they_are_not_usual() {
    let cells = (320 / 10) * (320 / 10);
    let mut values = vec![0.0; cells * 6];
    values[..6].copy_from_slice(&[32.0, 64.0, 96.0, 160.0, 0.9, 2.0]);
    let layers = || vec![layer("output", &[cells, 6], &values)];
    let file = labels(CLASS_COUNT);
    let properties = format!("labels-file={} strides=10", file.path());
    let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
    assert_eq!(seen(&mut rig, layers()), [(2, RECTS[0])]);
}

/// Two boxes of a class that overlap by this part of their union.
fn overlapping(count: usize, iou: f32) -> Vec<f32> {
    let width = 100.0;
    let shift = width * (1.0 - iou) / (1.0 + iou);
    let mut values = vec![0.0; count * 6];
    for (row, (left, score)) in [(0.0, 0.9), (shift, 0.8)].into_iter().enumerate() {
        let numbers = [left, 0.0, left + width, 100.0, score, 3.0];
        values[6 * row..6 * row + 6].copy_from_slice(&numbers);
    }
    values
}

#[test]
fn suppression_is_what_the_layout_needs() {
    let found = |properties: &str, count: usize, iou: f32| {
        let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
        let layers = vec![layer("output", &[count, 6], &overlapping(count, iou))];
        seen(&mut rig, layers).len()
    };
    // End to end: none.
    assert_eq!(found("", 300, 0.9), 2);
    assert_eq!(found("nms-mode=per-class", 300, 0.9), 1);
    // All others: 0.45.
    assert_eq!(found("format=deepstream-yolo", 2100, 0.44), 2);
    assert_eq!(found("format=deepstream-yolo", 2100, 0.46), 1);
    assert_eq!(
        found("format=deepstream-yolo nms-iou-threshold=0.7", 2100, 0.46),
        2
    );
    assert_eq!(found("format=deepstream-yolo nms-mode=none", 2100, 0.9), 2);
}

#[test]
fn suppression_changes_while_playing() {
    let mut rig = Rig::new("rsyoloparser");
    let count = |rig: &mut Rig| {
        let layers = vec![layer("output", &[300, 6], &overlapping(300, 0.6))];
        seen(rig, layers).len()
    };
    assert_eq!(count(&mut rig), 2);
    rig.element.set_property_from_str("nms-mode", "agnostic");
    assert_eq!(count(&mut rig), 1);
    rig.element.set_property("nms-iou-threshold", 0.7_f32);
    assert_eq!(count(&mut rig), 2);
    rig.element.set_property_from_str("nms-mode", "auto");
    rig.element.set_property("nms-iou-threshold", 0.1_f32);
    assert_eq!(count(&mut rig), 2);
    assert_eq!(rig.warnings(), [""; 0]);
}

#[test]
fn properties_have_the_family_s_defaults() {
    init();
    let element = gst::ElementFactory::make("rsyoloparser").build().unwrap();
    assert_eq!(element.property::<String>("format"), "auto");
    assert_eq!(element.property::<f32>("nms-iou-threshold"), 0.45);
    let nick = |name: &str| {
        let value = element.property_value(name);
        value.serialize().unwrap().to_string()
    };
    for name in [
        "nms-mode",
        "box-form",
        "box-units",
        "score-activation",
        "objectness",
    ] {
        assert_eq!(nick(name), "auto", "{name}");
    }
    for property in element.list_properties().iter() {
        let same = element.list_properties();
        let same = same.iter().filter(|other| other.name() == property.name());
        assert_eq!(same.count(), 1, "{} is listed twice", property.name());
    }
    let format = element.find_property("format").unwrap();
    let blurb = format.blurb().unwrap().to_owned();
    assert!(
        blurb.contains("yolo26-e2e") && blurb.contains("docs/rsyoloparser.md"),
        "{blurb}"
    );
    element.set_property("format", "yolov8");
    assert_eq!(element.property::<String>("format"), "yolov8");
    // Those of SSDs are as they were.
    let ssd = gst::ElementFactory::make("rsssdparser").build().unwrap();
    assert_eq!(ssd.property::<f32>("nms-iou-threshold"), 0.3);
}

#[test]
fn the_format_stays_while_playing() {
    let mut rig = Rig::new("rsyoloparser format=yolov8");
    assert_eq!(seen(&mut rig, float(&yolov8())), both());
    rig.element.set_property("format", "yolov5");
    assert_eq!(rig.element.property::<String>("format"), "yolov8");
    let warnings = rig.warnings();
    assert!(warnings[0].contains("format not changed"), "{warnings:?}");
}

#[test]
fn mistakes_in_properties_are_errors_at_the_start() {
    for (properties, parts) in [
        (
            "format=yolo8",
            &["\"yolo8\"", "did you mean \"yolov8\"", "yolo26-e2e"][..],
        ),
        ("format=tf-od", &["\"tf-od\" is one of rsssdparser"]),
        ("strides=8,x", &["strides: \"8,x\"", "8,16,32"]),
        ("strides=32,16", &["strides: "]),
        ("bins=1", &["bins: 1 bins, expected 2 to 64"]),
    ] {
        let error = start_error(&format!("rsyoloparser {properties}"));
        for part in parts {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
}

/// What the element's category logs with these tensors.
fn logged(properties: &str, unique_id: u32, format: Format) -> String {
    let lines = Arc::new(Mutex::new(String::new()));
    let written = lines.clone();
    let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
    let category = gst::DebugCategory::get("rsyoloparser").unwrap();
    category.set_threshold(gst::DebugLevel::Info);
    gst::log::remove_default_log_function();
    let function = gst::log::add_log_function(move |category, level, _, _, _, _, message| {
        let text = message.get();
        let own = format!("unique-id {unique_id}: ");
        if category.name() == "rsyoloparser"
            && let Some(text) = text
            && text.contains(&own)
        {
            *written.lock().unwrap() += &format!("{} {text}\n", level.name());
        }
    });
    let tensors = tensors_of(unique_id, float(&yolo(format)));
    for _ in 0..2 {
        rig.process(frame_with(&tensors));
    }
    gst::log::remove_log_function(function);
    let lines = lines.lock().unwrap();
    lines.clone()
}

#[test]
fn pictures_unlike_those_of_the_training_are_logged_once() {
    if !padding_is_told() {
        return; // Older releases' metas say nothing that could be contradicted.
    }
    // The meta of these tests says that frames are stretched.
    let lines = logged("", 71, Format::Yolov8);
    assert_eq!(lines.matches("WARN").count(), 1, "{lines}");
    for part in [
        "maintain-aspect-ratio=1 symmetric-padding=1",
        "the tensor meta says maintain-aspect-ratio=0",
    ] {
        assert!(lines.contains(part), "{part}: {lines}");
    }
    let lines = logged("format=damo-yolo", 72, Format::YoloNas);
    assert!(
        !lines.contains("WARN")
            && lines.contains("damo-yolo, keys of nvinfer as in training: maintain-aspect-ratio=0"),
        "{lines}"
    );
    let lines = logged("format=yolov8 padding=symmetric", 73, Format::Yolov8);
    assert!(!lines.contains("WARN"), "{lines}");
    let lines = logged("format=yolox padding=symmetric", 74, Format::Yolox);
    assert!(lines.contains("symmetric-padding=0"), "{lines}");
}

#[test]
fn an_engine_that_overflows_is_named() {
    let mut layers = yolov8();
    let count = cells();
    let scores = 4 * count..layers[0].values.len();
    // A few are dropped and counted.
    layers[0].values[scores.start..scores.start + 20].fill(f32::NAN);
    let mut rig = Rig::new("rsyoloparser");
    assert_eq!(seen(&mut rig, float(&layers)), both());
    assert_eq!(rig.warnings(), [""; 0]);
    assert_eq!(rig.stat("dropped-non-finite"), 20);
    // All of a few are as bad as many.
    let rows = vec![layer("output0", &[5, 6], &[f32::NAN; 30])];
    let mut few = Rig::new("rsyoloparser");
    assert_eq!(seen(&mut few, rows), []);
    let warnings = few.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].starts_with("non-finite: 5 of 5 "),
        "{warnings:?}"
    );
    assert_eq!(few.stat("dropped-non-finite"), 5);
    for value in &mut layers[0].values[scores] {
        *value = f32::NAN;
    }
    for _ in 0..2 {
        assert_eq!(seen(&mut rig, float(&layers)), []);
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in ["non-finite: 2100 of 2100", "network-mode=0"] {
        assert!(warnings[0].contains(part), "{part}: {warnings:?}");
    }
    assert_eq!(rig.stat("dropped-non-finite"), 20 + 2 * count as u64);
}

#[test]
fn rows_of_another_network_are_doubted() {
    // ultralytics' RT-DETR: centre and size, 0 to 1.
    let mut values = vec![0.0; 300 * 6];
    let [x, y, width, height] = centred(BOXES[0]).map(|side| side / SIDE as f32);
    values[..6].copy_from_slice(&[x, y, width, height, 0.9, 2.0]);
    let layers = || vec![layer("output0", &[300, 6], &values)];
    let mut rig = Rig::new("rsyoloparser");
    seen(&mut rig, layers());
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("box-units=normalised") && warnings[0].contains("rsdetrparser"),
        "{warnings:?}"
    );
    let mut rig = Rig::new("rsyoloparser box-units=normalised box-form=xywh");
    assert_eq!(seen(&mut rig, layers()), [(2, RECTS[0])]);
}

/// A format that is stated is not trusted where rows or labels tell that it is another.
#[test]
fn a_format_that_the_layers_contradict_is_refused_or_doubted() {
    let file = labels(CLASS_COUNT);
    let known = format!("labels-file={}", file.path());
    for (preset, layers, fits) in [
        ("yolov8", Format::Yolov5, "format=yolov5 ("),
        ("yolo26", Format::EndToEnd, "format=yolo-e2e ("),
        ("yolo26-e2e", Format::Yolov8, "format=yolov8 ("),
    ] {
        let error = refused(&format!("format={preset} {known}"), float(&yolo(layers)));
        for part in [fits, "does not fit the output layers", "Set format to that"] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    // One line less than classes: what a network of turned boxes has.
    let fewer = labels(CLASS_COUNT - 1);
    let mut rig = Rig::new(&format!(
        "rsyoloparser format=yolov8 labels-file={}",
        fewer.path()
    ));
    for _ in 0..2 {
        seen(&mut rig, float(&yolo(Format::Yolov8)));
    }
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("format=yolov8 is set, but layers of these dimensions with")
            && warnings[0].contains("are what format=yolo-obb is for"),
        "{warnings:?}"
    );
    let stats = rig.element.property::<gst::Structure>("stats");
    let warned = stats.get::<gst::Structure>("warnings").unwrap();
    assert_eq!(warned.get::<u64>("format"), Ok(2));
}

/// Rows of networks of masks and poses give their boxes.
#[test]
fn rows_with_more_than_a_class_give_their_boxes() {
    for (extras, properties) in [(51, ""), (32, ""), (51, "format=yolo26-e2e")] {
        let mut values = vec![0.5; 300 * (6 + extras)];
        for (row, numbers) in values.chunks_exact_mut(6 + extras).enumerate() {
            numbers[..6].fill(0.0);
            if row == 0 {
                numbers[..6].copy_from_slice(&[32.0, 64.0, 96.0, 160.0, 0.9, 2.0]);
            }
        }
        let layers = vec![layer("output0", &[300, 6 + extras], &values)];
        let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
        assert_eq!(seen(&mut rig, layers), [(2, RECTS[0])], "{extras}");
        assert_eq!(rig.warnings(), [""; 0]);
    }
}

#[test]
fn properties_that_need_a_format_say_so() {
    init();
    // A harness starts its element before anyone can listen.
    let warnings = |properties: &str| {
        let element = gst::parse::launch(&format!("rsyoloparser {properties}")).unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        element.set_state(gst::State::Paused).unwrap();
        let warning = |message: gst::Message| match message.view() {
            gst::MessageView::Warning(warning) => warning.error().to_string(),
            _ => unreachable!(),
        };
        let all = std::iter::from_fn(|| bus.pop_filtered(&[gst::MessageType::Warning]));
        let texts: Vec<String> = all.map(warning).collect();
        element.set_state(gst::State::Null).unwrap();
        element.set_bus(None);
        texts
    };
    for (property, name) in [
        ("objectness=yes", "objectness"),
        ("cell-boxes=no", "cell-boxes"),
    ] {
        let texts = warnings(property);
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(
            texts[0].starts_with(&format!("{name} is not used")),
            "{texts:?}"
        );
        assert!(texts[0].contains("set format as well"), "{texts:?}");
        assert_eq!(warnings(&format!("{property} format=yolov5")), [""; 0]);
    }
}

#[test]
fn layers_go_by_the_names_that_are_set() {
    let mut layers = yolov8();
    layers[0].name = "boxes_and_scores".to_owned();
    let mut other = yolov8();
    other[0].name = "auxiliary".to_owned();
    layers.extend(other);
    let error = refused("", float(&layers));
    assert!(
        error.contains("may each be the one to read") && error.contains("Set detections-layer"),
        "{error}"
    );
    finds_both("detections-layer=boxes_and_scores", float(&layers));
}

#[test]
fn every_label_that_reaches_the_threshold_gives_an_object_if_asked() {
    let mut layers = yolov8();
    let (_, _, anchor) = (0, 0, layers[0].values.len());
    assert_eq!(anchor, 14 * cells());
    // Class 3 of the first object's cell.
    let at = layers[0].values[6 * cells()..7 * cells()]
        .iter()
        .position(|score| *score == 0.9)
        .unwrap();
    layers[0].values[7 * cells() + at] = 0.8;
    let found = |properties: &str| {
        let mut rig = Rig::new(&format!("rsyoloparser {properties}"));
        seen(&mut rig, float(&layers)).len()
    };
    assert_eq!(found(""), 2);
    assert_eq!(found("multi-label=true"), 3);
}

const DOCS: &str = include_str!("../docs/rsyoloparser.md");

#[test]
fn the_docs_have_every_network_with_its_keys() {
    pages::have_every_network(DOCS, &FAMILY);
}

#[test]
fn the_lines_of_the_docs_start() {
    assert_eq!(pages::start_lines(DOCS, &labels(3)), 2);
}
