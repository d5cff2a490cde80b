//! `rsclassparser`, `rstextparser` and `rsembedparser` on NVIDIA's metadata library: what is said of objects and frames.

mod common;
mod pages;

use common::*;
use nvds::{Frame, Locked, NewObject, NewTensorMeta, Object, Rect};

const PRIMARY: u32 = 1;
const SECONDARY: u32 = 2;

/// A classifier's result: its type, and label, class, head and probability of each label, oldest first.
type Said = (Option<String>, i32, Vec<(String, u32, u32, f32)>);

fn add_car<'s>(locked: &'s Locked<'_>, frame: &Frame<'s>, text: Option<&'s str>) -> Object<'s> {
    let rect = Rect {
        left: 100.0,
        top: 200.0,
        width: 300.0,
        height: 150.0,
    };
    let object = NewObject {
        unique_component_id: PRIMARY as i32,
        class_id: 0,
        confidence: 0.75,
        rect,
        style: nvds::RectStyle::default(),
        label: "car",
        text: text.map(|text| nvds::NewText {
            text,
            x: 100.0,
            y: 190.0,
            font: nvds::FontName::SERIF,
            size: 11,
            color: nvds::Color::WHITE,
            background: None,
        }),
    };
    locked.add_object(frame, &object, None).unwrap()
}

/// A frame with a car that has these tensors.
fn car_with(tensors: &NewTensorMeta) -> gst::Buffer {
    buffer(1, |locked, frames| {
        let car = add_car(locked, &frames[0], Some("car"));
        locked.add_tensor_to_object(&car, tensors).unwrap();
    })
}

/// The results of each object of the only frame, oldest first.
fn results(buffer: &gst::BufferRef) -> Vec<Vec<Said>> {
    let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let of_object = |object: Object<'_>| {
        let of_classifier = |classifier: nvds::Classifier<'_>| {
            let labels = classifier.labels().rev().map(|label| {
                let id = label.label_id();
                (
                    label.text().into_owned(),
                    label.class_id(),
                    id,
                    label.probability(),
                )
            });
            let kind = classifier
                .classifier_type()
                .map(std::borrow::Cow::into_owned);
            (kind, classifier.unique_component_id(), labels.collect())
        };
        object.classifiers().rev().map(of_classifier).collect()
    };
    frame.objects().rev().map(of_object).collect()
}

/// What is said of the only object, whose text is given as well.
fn said(buffer: &gst::BufferRef) -> (Vec<(String, u32, u32, f32)>, String) {
    let mut results = results(buffer).remove(0);
    assert_eq!(results.len(), 1, "{results:?}");
    (results.remove(0).2, objects(buffer)[0][0].text.clone())
}

fn colors(values: &[f32]) -> NewTensorMeta {
    tensor(
        SECONDARY,
        vec![layer("softmax", &[values.len(), 1, 1], values)],
    )
}

#[test]
fn the_best_class_is_attached_to_the_object_as_nvinfer_does() {
    let labels = TempFile::new("colors", "red\ngreen\nblue\n");
    let mut rig = Rig::new(&format!(
        "rsclassparser labels-file={} classifier-type=color score-threshold=0.3",
        labels.path()
    ));
    let out = rig.process(car_with(&colors(&[0.1, 0.2, 0.7])));
    let label = ("blue".to_owned(), 2, 0, 0.7);
    assert_eq!(
        results(&out),
        [[(Some("color".to_owned()), SECONDARY as i32, vec![label])]]
    );
    let seen = objects(&out).remove(0).remove(0);
    assert_eq!(seen.text, "car blue ");
    assert_eq!(
        (seen.label.as_str(), seen.class_id, seen.unique_id),
        ("car", 0, PRIMARY as i32)
    );
    assert_eq!(
        (
            rig.stat("tensors"),
            rig.stat("attributes"),
            rig.stat("without")
        ),
        (1, 1, 0)
    );
    // Below the threshold nothing is said, equal is enough.
    let out = rig.process(car_with(&colors(&[0.2, 0.29, 0.1])));
    assert_eq!(
        (results(&out), objects(&out)[0][0].text.as_str()),
        (vec![vec![]], "car")
    );
    let out = rig.process(car_with(&colors(&[0.2, 0.3, 0.1])));
    assert_eq!(said(&out).1, "car green ");
    assert_eq!((rig.stat("attributes"), rig.stat("without")), (2, 1));
    assert!(rig.warnings().is_empty());
}

/// Scores are no numbers of classes.
#[test]
fn scores_as_numbers_of_classes_are_warned_of_once() {
    let mut rig = Rig::new("rsclassparser method=index");
    rig.process(car_with(&colors(&[0.0, 1.0, 2.0])));
    assert_eq!(rig.warnings(), [""; 0]);
    for _ in 0..3 {
        rig.process(car_with(&colors(&[0.1, 0.2, 0.7])));
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let text =
        "the network gives 0.1 for the number of a class, which is no whole one: method=index";
    assert!(warnings[0].starts_with(text), "{warnings:?}");
}

/// As cases cls-primary of the captures of the real nvinfer.
#[test]
fn a_frame_gets_an_object_of_its_size() {
    let labels = TempFile::new("primary", "red;green\ncar;bus;truck\n");
    let mut rig = Rig::new(&format!("rsclassparser labels-file={}", labels.path()));
    let color = layer("color", &[2, 1, 1], &[0.2, 0.8]);
    let kind = layer("kind", &[3, 1, 1], &[0.05, 0.05, 0.9]);
    let out = rig.process(frame_with(&tensor(PRIMARY, vec![color, kind])));
    let expected = Seen {
        class_id: -1,
        confidence: 0.0,
        label: String::new(),
        text: " green truck ".into(),
        text_at: (0, u32::MAX - 9),
        rect: [0.0, 0.0, WIDTH as f32, HEIGHT as f32],
        unique_id: PRIMARY as i32,
    };
    assert_eq!(objects(&out), [[expected]]);
    let labels = vec![
        ("green".to_owned(), 1, 0, 0.8),
        ("truck".to_owned(), 2, 1, 0.9),
    ];
    assert_eq!(results(&out), [[(None, PRIMARY as i32, labels)]]);
    assert_eq!(infer_done(&out), [true]);
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let object = batch.frames().next().unwrap().objects().next().unwrap();
    let style = object.rect_style();
    assert_eq!(
        (style.border_width, object.detector_rect()),
        (6, Rect::default())
    );
    assert!(rig.warnings().is_empty());
}

#[test]
fn numbers_stand_for_labels_that_are_not_known() {
    let out = Rig::new("rsclassparser").process(car_with(&colors(&[0.1, 0.9])));
    assert_eq!(
        said(&out),
        (vec![("1".to_owned(), 1, 0, 0.9)], "car 1 ".to_owned())
    );
    let labels = TempFile::new("few", "red\n");
    let mut rig = Rig::new(&format!("rsclassparser labels-file={}", labels.path()));
    let out = rig.process(car_with(&colors(&[0.1, 0.9])));
    assert_eq!(said(&out).1, "car 1 ");
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("has 1 labels, but the network 2 classes"),
        "{warnings:?}"
    );
    assert!(
        warnings[1].contains("class 1 of head 0 has no label"),
        "{warnings:?}"
    );
}

#[test]
fn logits_are_told_by_name_or_property() {
    let logits = |name: &str| tensor(SECONDARY, vec![layer(name, &[3], &[1.0, 3.0, -2.0])]);
    let expected = 3.0f32.exp() / (1.0f32.exp() + 3.0f32.exp() + (-2.0f32).exp());
    for (launch, name) in [
        ("rsclassparser", "logits"),
        ("rsclassparser method=softmax", "fc"),
    ] {
        let mut rig = Rig::new(launch);
        let (labels, _) = said(&rig.process(car_with(&logits(name))));
        assert!(
            (labels[0].3 - expected).abs() < 1e-6,
            "{launch}: {labels:?}"
        );
        assert!(rig.warnings().is_empty());
    }
    // Taken for scores, as nvinfer does, but not silently.
    let mut rig = Rig::new("rsclassparser");
    rig.process(car_with(&logits("fc")));
    let warnings = rig.warnings();
    assert!(warnings[0].contains("set method=softmax"), "{warnings:?}");
}

#[test]
fn several_classes_of_a_layer_are_attached() {
    let labels = TempFile::new("multi", "hat\nbag\nglasses\n");
    let launch = format!("rsclassparser method=multi labels-file={}", labels.path());
    let out = Rig::new(&launch).process(car_with(&colors(&[0.6, 0.1, 0.9])));
    let (found, text) = said(&out);
    let expected = vec![
        ("glasses".to_owned(), 2, 0, 0.9),
        ("hat".to_owned(), 0, 0, 0.6),
    ];
    assert_eq!((found, text.as_str()), (expected, "car glasses hat "));
    let out = Rig::new(&format!("{launch} top-k=1")).process(car_with(&colors(&[0.6, 0.1, 0.9])));
    assert_eq!(said(&out).1, "car glasses ");
    let launch = format!(
        "rsclassparser method=compound labels-file={}",
        labels.path()
    );
    let out = Rig::new(&launch).process(car_with(&colors(&[0.6, 0.1, 0.9])));
    assert_eq!(
        said(&out).1,
        "car hat glasses ",
        "a no without a label is not told"
    );
}

#[test]
fn numbers_may_be_the_answer() {
    let age = |value| tensor(SECONDARY, vec![layer("age", &[1, 1, 1], &[value])]);
    let mut rig = Rig::new("rsclassparser method=regression value-scale=100 append-text=false");
    let (found, text) = said(&rig.process(car_with(&age(0.337))));
    assert_eq!(
        (found, text.as_str()),
        (vec![("34".to_owned(), 34, 0, 1.0)], "car")
    );
    let out = rig.process(car_with(&age(f32::NAN)));
    assert_eq!(results(&out), [[]]);
    assert_eq!(rig.stat("non-finite"), 1);
    let mut rig = Rig::new("rsclassparser method=regression");
    rig.process(car_with(&colors(&[0.01; 100])));
    assert_eq!(rig.stat("attributes"), 0, "a hundred numbers are no values");
    assert_eq!(rig.stat("bad-tensors"), 1);
    let mut rig = Rig::new("rsclassparser method=regression layers=softmax");
    rig.process(car_with(&colors(&[0.01; 100])));
    assert_eq!(rig.stat("attributes"), 100, "unless they are asked for");
    let mut ages = [0.0; 100];
    (ages[30], ages[33]) = (0.5, 0.5);
    let mut rig = Rig::new("rsclassparser method=expectation value-decimals=1");
    assert_eq!(said(&rig.process(car_with(&colors(&ages)))).1, "car 31.5 ");
}

#[test]
fn a_result_is_not_attached_twice() {
    let mut rig = Rig::new("rsclassparser");
    let tensors = colors(&[0.1, 0.9]);
    let out = rig.process(car_with(&tensors));
    let out = rig.process(out);
    assert_eq!(said(&out).1, "car 1 ");
    let warnings = rig.warnings();
    assert!(warnings[0].contains("already"), "{warnings:?}");
}

#[test]
fn results_of_two_types_are_two_results() {
    let tensors = tensor(
        SECONDARY,
        vec![
            layer("age", &[3], &[0.1, 0.8, 0.1]),
            layer("gender", &[1], &[0.9]),
            layer("embedding", &[2], &[3.0, 4.0]),
        ],
    );
    let mut age = Rig::new("rsclassparser layers=age classifier-type=age");
    let mut gender =
        Rig::new("rsclassparser layers=gender score-threshold=0.5 classifier-type=gender");
    let out = gender.process(age.process(car_with(&tensors)));
    let kinds = |out: &gst::BufferRef| {
        let results = results(out).remove(0);
        let kinds = results
            .into_iter()
            .map(|(kind, _, labels)| (kind, labels[0].1));
        kinds.collect::<Vec<_>>()
    };
    let (of_age, of_gender) = (Some("age".to_owned()), Some("gender".to_owned()));
    let both = vec![(of_age.clone(), 1), (of_gender.clone(), 0)];
    let mut found = kinds(&out);
    found.sort();
    assert_eq!(found, both);
    // An embedding without a gallery is no result, and is not held for one.
    let mut embedding = Rig::new("rsembedparser layers=embedding");
    let out = embedding.process(out);
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let object = frame.objects().next().unwrap();
    assert!(object.embeddings().next().is_some());
    drop(batch);
    // The same again is one too many.
    let out = gender.process(out);
    assert_eq!(kinds(&out).len(), 2);
    let warnings = gender.warnings();
    assert!(
        warnings[0].contains("classifier-type of its own"),
        "{warnings:?}"
    );
    assert!(age.warnings().is_empty() && embedding.warnings().is_empty());
}

#[test]
fn a_detector_is_no_classifier() {
    let mut rig = Rig::new("rsclassparser unique-id=2");
    let entry: Entry = (0.9, 1.0, cell(1));
    let other = ssd(SECONDARY, &[entry, entry]);
    assert!(rig.push(frame_with(&other)).is_err());
    let error = rig.error();
    assert!(error.contains("are not those of a classifier"), "{error}");
    assert!(error.contains("Set layers to"), "{error}");
    // Without a stated id they may be another network's, whose frames they share.
    let mut rig = Rig::new("rsclassparser");
    let out = rig.process(buffer(1, |locked, frames| {
        locked.add_tensor_to_frame(&frames[0], &other).unwrap();
        let car = add_car(locked, &frames[0], None);
        locked
            .add_tensor_to_object(&car, &tensor(3, vec![layer("p", &[2], &[0.1, 0.9])]))
            .unwrap();
    }));
    assert_eq!(objects(&out)[0][0].text, " 1 ");
}

#[test]
fn a_threshold_that_nothing_reaches_is_said() {
    let mut rig = Rig::new("rsclassparser");
    for _ in 0..100 {
        rig.process(car_with(&colors(&[0.4, 0.3, 0.3])));
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("no score was above 0.400: set score-threshold"),
        "{warnings:?}"
    );
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let error = start_error("rsclassparser method=softmax score-activation=sigmoid");
    assert!(error.contains("set method=max"), "{error}");
    let error = start_error("rsclassparser labels-file=/no/such/file");
    assert!(error.contains("/no/such/file"), "{error}");
}

const PLATES: &str = "ABC123";

/// Scores of columns: each of these characters is the best of its column, `-` is the blank.
fn columns(text: &str, blank_first: bool) -> Vec<Vec<f32>> {
    let number = |letter: char| match PLATES.find(letter) {
        Some(at) => at + usize::from(blank_first),
        None if blank_first => 0,
        None => PLATES.len(),
    };
    let column = |letter| {
        let mut scores = vec![0.02; PLATES.len() + 1];
        scores[number(letter)] = 0.9;
        scores
    };
    text.chars().map(column).collect()
}

fn plate(text: &str) -> NewTensorMeta {
    let scores = columns(text, true).concat();
    let dims = [text.len(), PLATES.len() + 1];
    tensor(SECONDARY, vec![layer("softmax", &dims, &scores)])
}

fn text_parser(properties: &str) -> (Rig, TempFile) {
    let name = format!("dictionary-{}", properties.len());
    let dictionary = TempFile::new(&name, "A\nB\nC\n1\n2\n3\n");
    let launch = format!(
        "rstextparser dictionary-file={} {properties}",
        dictionary.path()
    );
    (Rig::new(&launch), dictionary)
}

#[test]
fn a_text_is_attached_to_the_object() {
    let (mut rig, _dictionary) = text_parser("classifier-type=plate");
    let out = rig.process(car_with(&plate("-AA-A1--223-")));
    let (found, text) = said(&out);
    assert_eq!(text, "car AA123 ");
    assert_eq!(
        (found[0].0.as_str(), found[0].1, found[0].2),
        ("AA123", 0, 0)
    );
    assert!((found[0].3 - 0.9).abs() < 1e-6);
    assert_eq!(results(&out)[0][0].0.as_deref(), Some("plate"));
    assert!(rig.warnings().is_empty());
}

#[test]
fn the_layers_of_other_networks_are_read() {
    // LPRNet of PyTorch: [D, T], blank last.
    let rows = columns("1-23", false);
    let across: Vec<f32> = (0..=PLATES.len())
        .flat_map(|d| rows.iter().map(move |row| row[d]))
        .collect();
    let lprnet = layer("out", &[PLATES.len() + 1, rows.len()], &across);
    let ints = |values: &[i32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_ne_bytes()).collect();
        raw_layer("argmax", nvds::DataType::Int32, &[values.len()], &bytes)
    };
    // TAO: numbers with scores, blank last, the product. ddddocr: numbers alone, blank first.
    let tao = vec![
        ints(&[3, 6, 4, 4, 5]),
        layer("max", &[5], &[0.5, 0.9, 0.9, 0.8, 1.0]),
    ];
    for (layers, score) in [
        (vec![lprnet], 0.9),
        (tao, 0.5 * 0.9),
        (vec![ints(&[4, 0, 5, 5, 6])], 1.0),
    ] {
        let (mut rig, _dictionary) = text_parser("score-threshold=0.3");
        let (found, _) = said(&rig.process(car_with(&tensor(SECONDARY, layers))));
        assert_eq!(found[0].0, "123");
        assert!((found[0].3 - score).abs() < 1e-6, "{found:?}");
    }
}

#[test]
fn nonsense_is_refused() {
    let (mut rig, _dictionary) = text_parser("min-length=3 pattern=[A-C]+[0-9]+");
    for (text, taken) in [
        ("A12", true),
        ("-A1-", false),
        ("1-2-3-A", false),
        ("AB1", true),
        ("---", false),
    ] {
        let out = rig.process(car_with(&plate(text)));
        assert_eq!(!results(&out)[0].is_empty(), taken, "{text}");
    }
    assert_eq!((rig.stat("refused"), rig.stat("without")), (2, 3));
    let error = start_error("rstextparser");
    assert!(error.contains("dictionary-file is not set"), "{error}");
    let dictionary = TempFile::new("bad-pattern", "AB");
    for pattern in ["(A", "A)(B"] {
        let launch = format!(
            "rstextparser dictionary-file={} pattern={pattern}",
            dictionary.path()
        );
        let error = start_error(&launch);
        assert!(error.contains("is no regular expression"), "{error}");
    }
}

#[test]
fn a_dictionary_of_another_network_is_an_error() {
    let (mut rig, _dictionary) = text_parser("unique-id=2");
    let other = tensor(SECONDARY, vec![layer("softmax", &[4, 20], &[0.0; 80])]);
    assert!(rig.push(car_with(&other)).is_err());
    let error = rig.error();
    assert!(
        error.contains("no dimension for 6 characters and a blank (7)"),
        "{error}"
    );
    assert!(error.contains("Set dictionary-file"), "{error}");
}

#[test]
fn long_texts_are_cut_between_characters() {
    // The last number of a network with one more than the dictionary is a space.
    let dictionary = TempFile::new("long", "京\n");
    let mut rig = Rig::new(&format!(
        "rstextparser dictionary-file={}",
        dictionary.path()
    ));
    let scores = [[0.0, 1.0], [1.0, 0.0]].repeat(60).concat();
    let (found, text) = said(&rig.process(car_with(&tensor(
        SECONDARY,
        vec![layer("softmax", &[120, 2], &scores)],
    ))));
    assert_eq!(found[0].0, "京".repeat(42), "126 of 127 bytes");
    assert_eq!(
        text,
        format!("car {} ", "京".repeat(60)),
        "the text is as long as it is"
    );
}

fn embedding(values: &[f32]) -> NewTensorMeta {
    tensor(
        SECONDARY,
        vec![layer("embedding", &[values.len(), 1, 1], values)],
    )
}

/// The embedding of each object of the only frame: its norm and numbers.
fn embeddings(buffer: &gst::BufferRef) -> Vec<(i32, f32, Vec<f32>)> {
    let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let all = frame.objects().flat_map(|object| object.embeddings());
    all.map(|e| (e.unique_component_id, e.norm, e.values.to_vec()))
        .collect()
}

#[test]
fn an_embedding_is_attached_and_goes_with_a_copy() {
    let mut rig = Rig::new("rsembedparser");
    let out = rig.process(car_with(&embedding(&[3.0, 0.0, 4.0])));
    let expected = [(SECONDARY as i32, 5.0, vec![0.6, 0.0, 0.8])];
    assert_eq!(embeddings(&out), expected);
    assert_eq!(results(&out), [[]], "no gallery, no name");
    // As a tee or a demultiplexer copies it. Both are released.
    let copy = out.copy_deep().unwrap();
    drop(out);
    assert_eq!(embeddings(&copy), expected);
    let mut rig = Rig::new("rsembedparser normalize=false");
    let out = rig.process(car_with(&embedding(&[3.0, 0.0, 4.0])));
    assert_eq!(embeddings(&out)[0].2, [3.0, 0.0, 4.0]);
    let out = rig.process(car_with(&embedding(&[3.0, f32::NAN, 4.0])));
    assert_eq!((embeddings(&out), rig.stat("non-finite")), (vec![], 1));
}

#[test]
fn a_whole_frame_has_its_embedding() {
    let mut rig = Rig::new("rsembedparser");
    let out = rig.process(frame_with(&embedding(&[0.0, 2.0])));
    let batch = nvds::Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let found = frame
        .user_metas()
        .find_map(|meta| meta.as_embedding())
        .unwrap();
    assert_eq!((found.norm, found.values), (2.0, &[0.0, 1.0][..]));
    assert_eq!(frame.objects().count(), 0, "nothing is said of it");
}

/// A gallery of these names, each with one embedding.
fn gallery(name: &str, known: &[(&str, &[f32])]) -> TempFile {
    let mut header = Vec::new();
    let mut data = Vec::new();
    for (name, values) in known {
        let begin = data.len();
        data.extend(values.iter().flat_map(|v| v.to_le_bytes()));
        header.push(format!(
            "\"{name}\":{{\"dtype\":\"F32\",\"shape\":[{}],\"data_offsets\":[{begin},{}]}}",
            values.len(),
            data.len()
        ));
    }
    let header = format!("{{{}}}", header.join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    let file = TempFile::new(name, "");
    std::fs::write(&file.0, bytes).unwrap();
    file
}

#[test]
fn the_nearest_name_is_attached() {
    let file = gallery("gallery", &[("Ada", &[1.0, 0.0]), ("Grace", &[0.0, 2.0])]);
    let mut rig = Rig::new(&format!(
        "rsembedparser classifier-type=name score-threshold=0.9 gallery-file={}",
        file.path()
    ));
    let (found, text) = said(&rig.process(car_with(&embedding(&[0.1, 5.0]))));
    assert_eq!(
        (found[0].0.as_str(), found[0].1, text.as_str()),
        ("Grace", 1, "car Grace ")
    );
    assert!((found[0].3 - 5.0 / 25.01f32.sqrt()).abs() < 1e-6);
    let out = rig.process(car_with(&embedding(&[1.0, 1.0])));
    assert_eq!(results(&out), [[]], "nobody who is known");
    let out = rig.process(car_with(&embedding(&[1.0, 1.0, 1.0])));
    assert_eq!((results(&out), embeddings(&out).len()), (vec![vec![]], 1));
    assert!(rig.warnings()[0].contains("has embeddings of 2 numbers"));
    let wrong = TempFile::new("no-gallery", "Ada");
    let error = start_error(&format!("rsembedparser gallery-file={}", wrong.path()));
    assert!(error.contains("is no safetensors file"), "{error}");
    let error = start_error("rsembedparser attach-embedding=false");
    assert!(error.contains("nothing would be attached"), "{error}");
}

#[test]
fn the_lines_of_the_docs_start() {
    let file = TempFile::new("docs.txt", "A\nB\n");
    let docs = [
        include_str!("../docs/rsclassparser.md"),
        include_str!("../docs/rstextparser.md"),
        include_str!("../docs/rsembedparser.md"),
    ];
    let started = docs.map(|page| pages::start_lines(page, &file));
    assert_eq!(started, [2, 1, 1]);
}

/// data/classifiers/README.md: what the real nvinfer attached, frame by frame.
#[test]
fn nvinfer_agrees() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/classifiers");
    let launch = format!("rsclassparser score-threshold=0.35 labels-file={folder}/labels.txt");
    let mut rig = Rig::new(&launch);
    let lines = std::fs::read_to_string(format!("{folder}/three-heads.jsonl")).unwrap();
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let head = |head: &serde_json::Value| {
            let numbers: Vec<f32> = serde_json::from_value(head[1].clone()).unwrap();
            layer(head[0].as_str().unwrap(), &[numbers.len(), 1, 1], &numbers)
        };
        let layers = line["layers"]
            .as_array()
            .unwrap()
            .iter()
            .map(head)
            .collect();
        let out = rig.process(frame_with(&tensor(PRIMARY, layers)));
        let expected: Vec<(String, u32, f32)> =
            serde_json::from_value(line["labels"].clone()).unwrap();
        let Some(text) = line["text"].as_str() else {
            assert_eq!(results(&out), Vec::<Vec<Said>>::new());
            continue;
        };
        let (labels, found) = said(&out);
        assert_eq!(found, text);
        let labels: Vec<_> = labels
            .into_iter()
            .map(|(label, class, _, score)| (label, class, score))
            .collect();
        assert_eq!(labels, expected);
    }
    assert_eq!(lines.lines().count(), 8);
    assert!(rig.warnings().is_empty());
}
