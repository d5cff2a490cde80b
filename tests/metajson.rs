//! `rsmetajson` on NVIDIA's metadata library. Every line that these tests read is compared with
//! docs/metajson.schema.json.

mod common;
#[path = "metajson/outputs.rs"]
mod outputs;
#[path = "metajson/shared.rs"]
mod shared;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use common::*;
use gst::prelude::*;
use gstrsnvds::metajson::unescape;
use nvds::sys as c;
use nvds::*;
use serde_json::{Value, json};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let text = std::fs::read_to_string(Path::new(ROOT).join("docs/metajson.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

/// A folder for one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("rsnvds-metajson-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Names of all files, sorted.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Lines as JSON, each as the schema says.
fn parse(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    text.lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            let errors: Vec<_> = SCHEMA
                .iter_errors(&value)
                .map(|e| format!("{}: {e}", e.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{line}\n{}", errors.join("\n"));
            value
        })
        .collect()
}

/// The lines of some buffers, as text.
fn write(properties: &str, buffers: impl IntoIterator<Item = gst::Buffer>) -> String {
    init();
    let folder = Folder::new();
    let location = folder.path("lines.jsonl");
    let mut rig = Rig::new(&format!("rsmetajson location={location} {properties}"));
    for buffer in buffers {
        rig.process(buffer);
    }
    assert!(rig.harness.push_event(gst::event::Eos::new()));
    assert_eq!(rig.warnings(), Vec::<String>::new());
    folder.read("lines.jsonl")
}

fn lines(buffer: gst::Buffer) -> Vec<Value> {
    parse(&write("", [buffer]))
}

/// The one frame of a buffer that `fill` fills.
fn frame(fill: impl FnOnce(&Locked<'_>, &[Frame<'_>])) -> Value {
    let mut lines = lines(buffer(1, fill));
    assert_eq!(lines.len(), 1);
    lines.remove(0)
}

fn new_object(label: &str) -> NewObject<'_> {
    NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 0.5,
        rect: Rect::default(),
        style: RectStyle::default(),
        label,
        text: None,
    }
}

fn new_text(text: &str) -> NewText<'_> {
    NewText {
        text,
        x: 3.0,
        y: 4.0,
        font: FontName::SERIF,
        size: 10,
        color: Color::WHITE,
        background: None,
    }
}

/// Writes bytes into an array of C characters, zero-terminated.
fn set_chars(array: &mut [std::ffi::c_char], bytes: &[u8]) {
    array.fill(0);
    for (to, from) in array.iter_mut().zip(bytes) {
        *to = *from as std::ffi::c_char;
    }
}

/// A frame with one of everything.
fn everything() -> gst::Buffer {
    buffer(1, |locked, frames| {
        let frame = locked.frames().next().unwrap();
        locked.set_infer_done(&frame);
        let car = locked
            .add_object(
                &frame,
                &NewObject {
                    unique_component_id: 5,
                    class_id: 2,
                    confidence: 0.9,
                    rect: Rect {
                        left: 10.5,
                        top: 20.0,
                        width: 0.1,
                        height: 1e-7,
                    },
                    style: RectStyle {
                        border_width: 3,
                        border_color: Color::new(1.0, 0.5, 0.0, 1.0),
                        fill: None,
                    },
                    label: "car",
                    text: Some(new_text("car \"1\"")),
                },
                None,
            )
            .unwrap();
        locked.set_track(&car, 7, 0.0);
        let left = 11.0;
        locked.set_detector_rect(&car, Rect { left, ..car.rect() });
        let plate = locked
            .add_object(&frame, &new_object("plate"), Some(&car))
            .unwrap();
        for (id, labels) in [
            (8, &[("red", 1, 0.75), ("blue", 4, 0.25)][..]),
            (9, &[("suv", 0, 1.0)]),
        ] {
            let labels: Vec<_> = labels
                .iter()
                .map(|(text, class_id, probability)| NewLabel {
                    text,
                    class_id: *class_id,
                    label_id: 0,
                    probability: *probability,
                })
                .collect();
            locked
                .add_classifier(
                    &car,
                    &NewClassifier {
                        unique_component_id: id,
                        labels: &labels,
                    },
                )
                .unwrap();
        }
        assert!(plate.parent().is_some());
        let mut draw = locked.draw_on(&frame).unwrap();
        draw.text(&new_text("a"));
        draw.text_at(&new_text("b"), u32::MAX, 0);
        let style = RectStyle {
            border_width: 1,
            border_color: Color::RED,
            fill: Some(Color::new(0.0, 0.0, 1.0, 0.5)),
        };
        let rect = Rect {
            left: 1.0,
            top: 2.0,
            width: 3.0,
            height: 4.0,
        };
        draw.rect(rect, &style);
        draw.rect(rect, &RectStyle::default());
        draw.line(&Line {
            from: (1, 2),
            to: (3, 4),
            width: 5,
            color: Color::WHITE,
        });
        draw.arrow(&Arrow {
            from: (6, 7),
            to: (8, 9),
            width: 1,
            head: ArrowHead::Both,
            color: Color::BLACK,
        });
        draw.circle(&Circle {
            center: (50, 60),
            radius: 7,
            width: 2,
            color: Color::RED,
            fill: None,
        });
        let layers = vec![
            layer("scores", &[2, 3], &[0.0; 6]),
            raw_layer("half", DataType::Half, &[1], &[0; 2]),
            raw_layer("i8", DataType::Int8, &[1, 1, 1, 1, 1, 1, 1, 1], &[0]),
            raw_layer("u8", DataType::UInt8, &[2], &[0; 2]),
            raw_layer("i32", DataType::Int32, &[], &[0; 4]),
            raw_layer("i64", DataType::Int64, &[1], &[0; 8]),
        ];
        locked
            .add_tensor_to_frame(&frames[0], &tensor(11, layers))
            .unwrap();
        let kind = UserMetaType::new(9000).unwrap();
        locked
            .add_user_meta_to_frame(&frames[0], kind, Box::new(1_u8))
            .unwrap();
        locked
            .add_tensor_to_frame(&frames[0], &tensor(12, vec![]))
            .unwrap();
    })
}

/// What docs/metajson.md promises, to the byte.
#[test]
fn every_member_of_a_line() {
    let text = write("", [everything()]);
    let expected = concat!(
        r##"{"buffer":0,"pad_index":0,"source_id":0,"frame_num":100,"batch_id":0,"pts":0,"ntp":0,"##,
        r##""width":1920,"height":1080,"infer_done":true,"objects":["##,
        r##"{"class_id":2,"label":"car","confidence":0.9,"object_id":7,"unique_component_id":5,"##,
        r##""rect":[10.5,20.0,0.1,1e-7],"detector_rect":[11.0,20.0,0.1,1e-7],"##,
        r##""border":{"width":3,"color":"#ff7f00ff"},"text":"car \"1\"","text_at":[3,4],"##,
        r##""parent":null,"classifiers":["##,
        r##"{"unique_component_id":8,"labels":[{"label":"red","class_id":1,"probability":0.75},"##,
        r##"{"label":"blue","class_id":4,"probability":0.25}]},"##,
        r##"{"unique_component_id":9,"labels":[{"label":"suv","class_id":0,"probability":1.0}]}]},"##,
        r##"{"class_id":0,"label":"plate","confidence":0.5,"object_id":null,"##,
        r##""unique_component_id":1,"rect":[0.0,0.0,0.0,0.0],"detector_rect":[0.0,0.0,0.0,0.0],"##,
        r##""border":{"width":3,"color":"#ff0000ff"},"text":null,"text_at":[0,0],"##,
        r##""parent":0,"classifiers":[]}],"##,
        r##""displays":[{"texts":[{"text":"a","at":[3,4]},{"text":"b","at":[4294967295,0]}],"##,
        r##""rects":[{"rect":[1.0,2.0,3.0,4.0],"width":1,"color":"#ff0000ff","fill":"#0000ff7f"},"##,
        r##"{"rect":[1.0,2.0,3.0,4.0],"width":3,"color":"#ff0000ff","fill":null}],"##,
        r##""lines":[{"from":[1,2],"to":[3,4],"width":5,"color":"#ffffffff"}],"##,
        r##""arrows":[{"from":[6,7],"to":[8,9],"width":1,"head":2,"color":"#000000ff"}],"##,
        r##""circles":[{"center":[50,60],"radius":7,"width":2,"color":"#ff0000ff","fill":null}]}],"##,
        r##""tensors":[{"unique_id":11,"layers":[{"name":"scores","dims":[2,3],"type":"FLOAT"},"##,
        r##"{"name":"half","dims":[1],"type":"HALF"},"##,
        r##"{"name":"i8","dims":[1,1,1,1,1,1,1,1],"type":"INT8"},"##,
        r##"{"name":"u8","dims":[2],"type":"UINT8"},{"name":"i32","dims":[],"type":"INT32"},"##,
        r##"{"name":"i64","dims":[1],"type":"INT64"}]},{"unique_id":12,"layers":[]}],"##,
        r##""user_metas":[12,9000,12]}"##,
        "\n"
    );
    // Circles have a width since 6.4.
    let expected = match release_has(6, 4) {
        true => expected.to_owned(),
        false => expected.replace(r##""radius":7,"width":2"##, r##""radius":7,"width":0"##),
    };
    assert_eq!(text, expected);
    assert_eq!(parse(&text).len(), 1);
}

#[test]
fn the_same_metadata_gives_the_same_bytes() {
    let first = write("", [everything(), everything()]);
    assert_eq!(first, write("", [everything(), everything()]));
    // The buffers' numbers apart, both lines are the same.
    let (one, two) = first.split_once('\n').unwrap();
    assert_eq!(one.replacen("\"buffer\":0", "\"buffer\":1", 1), two.trim());
}

#[test]
fn batches_of_eight_give_eight_lines() {
    let buffers = (0..3).map(|_| {
        buffer(8, |locked, _| {
            for (i, frame) in locked.frames().enumerate() {
                for _ in 0..i {
                    locked
                        .add_object(&frame, &new_object(&format!("of {i}")), None)
                        .unwrap();
                }
            }
        })
    });
    let lines = parse(&write("", buffers));
    assert_eq!(lines.len(), 24);
    for (n, line) in lines.iter().enumerate() {
        let i = n % 8;
        assert_eq!(line["buffer"], n / 8);
        for member in ["pad_index", "source_id", "batch_id"] {
            assert_eq!(line[member], i);
        }
        assert_eq!(line["frame_num"], 100 + i);
        assert_eq!(line["pts"], i * 40_000_000);
        let objects = line["objects"].as_array().unwrap();
        assert_eq!(objects.len(), i);
        assert!(objects.iter().all(|o| o["label"] == format!("of {i}")));
    }
}

#[test]
fn objects_come_oldest_first_with_parents_by_index() {
    let line = frame(|locked, _| {
        let frame = locked.frames().next().unwrap();
        let a = locked.add_object(&frame, &new_object("a"), None).unwrap();
        let b = locked.add_object(&frame, &new_object("b"), None).unwrap();
        locked
            .add_object(&frame, &new_object("of b"), Some(&b))
            .unwrap();
        let of_a = locked
            .add_object(&frame, &new_object("of a"), Some(&a))
            .unwrap();
        locked
            .add_object(&frame, &new_object("of of a"), Some(&of_a))
            .unwrap();
        // Never attached, so that it has no index.
        let stray = locked.acquire_object(&new_object("stray"));
        locked
            .add_object(&frame, &new_object("of stray"), Some(&stray))
            .unwrap();
        // A parent that is attached behind its child.
        let late = locked
            .add_object(&frame, &new_object("late"), None)
            .unwrap();
        // SAFETY: both are alive, and nothing else looks at them meanwhile.
        unsafe { (*a.as_ptr()).parent = late.as_ptr() };
    });
    let objects: Vec<_> = line["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| (o["label"].as_str().unwrap(), o["parent"].as_u64()))
        .collect();
    let expected = [
        ("a", Some(6)),
        ("b", None),
        ("of b", Some(1)),
        ("of a", Some(0)),
        ("of of a", Some(3)),
        ("of stray", None),
        ("late", None),
    ];
    assert_eq!(objects, expected);
}

#[test]
fn a_parent_on_another_frame_has_no_index() {
    let lines = lines(buffer(2, |locked, _| {
        let (first, second) = (
            locked.frames().next().unwrap(),
            locked.frames().nth(1).unwrap(),
        );
        let parent = locked
            .add_object(&first, &new_object("parent"), None)
            .unwrap();
        locked
            .add_object(&second, &new_object("child"), Some(&parent))
            .unwrap();
    }));
    assert_eq!(lines[1]["objects"][0]["label"], "child");
    assert_eq!(lines[1]["objects"][0]["parent"], Value::Null);
}

#[test]
fn more_displays_than_one_come_oldest_first() {
    let line = frame(|locked, _| {
        let frame = locked.frames().next().unwrap();
        let mut draw = locked.draw_on(&frame).unwrap();
        for i in 0..20 {
            draw.text(&new_text(&i.to_string()));
        }
    });
    let displays = line["displays"].as_array().unwrap();
    let counts: Vec<_> = displays
        .iter()
        .map(|d| d["texts"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [16, 4]);
    assert_eq!(displays[1]["texts"][3]["text"], "19");
}

#[test]
fn numbers_that_are_not_finite_are_null() {
    let line = frame(|locked, _| {
        let frame = locked.frames().next().unwrap();
        let object = locked
            .add_object(
                &frame,
                &NewObject {
                    confidence: f32::NAN,
                    rect: Rect {
                        left: f32::INFINITY,
                        top: f32::NEG_INFINITY,
                        width: f32::NAN,
                        height: f32::MAX,
                    },
                    style: RectStyle {
                        border_width: u32::MAX,
                        border_color: Color::new(f64::NAN, f64::INFINITY, -5.0, 0.5),
                        fill: None,
                    },
                    ..new_object("")
                },
                None,
            )
            .unwrap();
        let labels = [NewLabel {
            text: "",
            class_id: u32::MAX,
            label_id: 0,
            probability: f32::NAN,
        }];
        let classifier = NewClassifier {
            unique_component_id: -1,
            labels: &labels,
        };
        locked.add_classifier(&object, &classifier).unwrap();
        let typed = InferredClassifier {
            unique_component_id: 2,
            classifier_type: Some(c"make"),
            labels: &[],
        };
        locked.add_inferred_classifier(&object, &typed).unwrap();
    });
    let object = &line["objects"][0];
    assert_eq!(object["confidence"], Value::Null);
    let rect = object["rect"].as_array().unwrap();
    assert_eq!(rect[..3], [Value::Null, Value::Null, Value::Null]);
    assert_eq!(rect[3].as_f64().unwrap() as f32, f32::MAX);
    assert_eq!(
        object["border"],
        json!({"width": u32::MAX, "color": "#00ff007f"})
    );
    let label = json!({"label": "", "class_id": u32::MAX, "probability": null});
    assert_eq!(
        object["classifiers"],
        json!([
            {"unique_component_id": -1, "labels": [label]},
            {"unique_component_id": 2, "type": "make", "labels": []}
        ])
    );
}

/// Labels that stock elements cut within a character, and worse.
#[test]
fn bytes_that_are_no_utf8_survive() {
    let full = [0xc3; 128]; // no room for the zero
    let labels: [&[u8]; 5] = [
        b"Gr\xc3",
        b"\xff\xfe\x80 \"\\",
        "\u{10fcff}".as_bytes(),
        "Größe".as_bytes(),
        &full,
    ];
    let line = frame(|locked, _| {
        let frame = locked.frames().next().unwrap();
        for label in labels {
            let object = locked
                .add_object(
                    &frame,
                    &NewObject {
                        text: Some(new_text("caf_")),
                        ..new_object("")
                    },
                    None,
                )
                .unwrap();
            // SAFETY: the object is alive, and nothing else looks at it meanwhile.
            unsafe { set_chars(&mut *object.label_ptr(), label) };
            // SAFETY: the text has four bytes of memory of its own.
            unsafe {
                *object
                    .text()
                    .display_text()
                    .unwrap()
                    .as_ptr()
                    .cast_mut()
                    .add(3) = -23
            };
            let labels = [NewLabel {
                text: "",
                class_id: 0,
                label_id: 0,
                probability: 0.0,
            }];
            let classifier = NewClassifier {
                unique_component_id: 1,
                labels: &labels,
            };
            locked.add_classifier(&object, &classifier).unwrap();
            // SAFETY: the object's one classifier and that one's label, both alive; nothing else
            // looks at them meanwhile.
            unsafe {
                let classifier = object.classifiers().next().unwrap().as_ptr();
                let info = (*(*classifier).label_info_list).data;
                set_chars(&mut (*info.cast::<c::NvDsLabelInfo>()).result_label, label);
            }
        }
    });
    let objects = line["objects"].as_array().unwrap();
    assert_eq!(objects.len(), labels.len());
    for (object, label) in objects.iter().zip(labels) {
        assert_eq!(unescape(object["label"].as_str().unwrap()), label);
        assert_eq!(unescape(object["text"].as_str().unwrap()), b"caf\xe9");
        let found = &object["classifiers"][0]["labels"][0]["label"];
        assert_eq!(unescape(found.as_str().unwrap()), label);
    }
    assert_eq!(objects[0]["label"], "Gr\u{10fcc3}");
    assert_eq!(objects[3]["label"], "Größe");
}

#[test]
fn large_ids_are_exact() {
    let ids = [0, 1, (1 << 53) + 1, i64::MAX as u64, u64::MAX - 1, u64::MAX];
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&NewFrame {
        pad_index: u32::MAX,
        source_id: u32::MAX - 1,
        batch_id: u32::MAX - 2,
        frame_num: i32::MIN,
        buf_pts: u64::MAX,
        ntp_timestamp: u64::MAX,
        source_size: (0, 0),
        pipeline_size: (0, 0),
    });
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        for id in ids {
            let object = NewObject {
                class_id: i32::MIN,
                unique_component_id: i32::MAX,
                ..new_object("")
            };
            let object = locked.add_object(&frame, &object, None).unwrap();
            locked.set_track(&object, id, 0.0);
        }
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    let line = lines(buffer).remove(0);
    let found: Vec<_> = line["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["object_id"].as_u64())
        .collect();
    assert_eq!(
        found[..5],
        ids[..5].iter().copied().map(Some).collect::<Vec<_>>()
    );
    assert_eq!(found[5], None, "all ones is an untracked object");
    assert_eq!(line["objects"][0]["class_id"], i32::MIN);
    assert_eq!(line["objects"][0]["unique_component_id"], i32::MAX);
    assert_eq!(line["pts"], Value::Null, "all ones is no time");
    assert_eq!(line["ntp"], u64::MAX);
    assert_eq!(line["pad_index"], u32::MAX);
    assert_eq!(line["frame_num"], i32::MIN);
}

/// Tensor metas as another release or a broken plugin may leave them.
#[test]
fn broken_tensors_are_null() {
    let line = frame(|locked, frames| {
        locked
            .add_tensor_to_frame(&frames[0], &ssd(1, &[]))
            .unwrap();
        locked
            .add_tensor_to_frame(&frames[0], &ssd(2, &[]))
            .unwrap();
        for meta in frames[0].user_metas() {
            let tensor = meta.data().cast::<c::NvDsInferTensorMeta>();
            // SAFETY: what `add_tensor_to_frame` attached; nothing else looks at it meanwhile.
            unsafe {
                if (*tensor).unique_id == 2 {
                    (*tensor).output_layers_info = std::ptr::null_mut();
                    continue;
                }
                let layer = &mut *(*tensor).output_layers_info;
                layer.layerName = std::ptr::null();
                layer.dataType = 99;
                layer.inferDims.numDims = 9;
            }
        }
    });
    let layers = &line["tensors"][0]["layers"];
    assert_eq!(layers[0], json!({"name": "", "dims": null, "type": null}));
    assert_eq!(layers[1]["name"], "detection_scores");
    assert_eq!(line["tensors"][1], json!({"unique_id": 2, "layers": null}));
}

#[test]
fn fields_choose_parts() {
    let always = ["buffer", "pad_index", "source_id", "frame_num", "batch_id"];
    for (fields, members) in [
        ("times", &["pts", "ntp"][..]),
        ("size", &["width", "height"]),
        ("infer-done", &["infer_done"]),
        ("objects", &["objects"]),
        ("style", &[]), // parts of objects, which are not asked for
        ("classifiers", &[]),
        ("displays", &["displays"]),
        ("tensors", &["tensors"]),
        ("user-metas", &["user_metas"]),
        ("objects+tensors", &["objects", "tensors"]),
    ] {
        let line = parse(&write(&format!("fields={fields}"), [everything()])).remove(0);
        let mut found: Vec<_> = line
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut expected = [&always, members].concat();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{fields}");
    }
    for (fields, has_style, has_classifiers) in [
        ("objects", false, false),
        ("objects+style", true, false),
        ("objects+classifiers", false, true),
    ] {
        let line = parse(&write(&format!("fields={fields}"), [everything()])).remove(0);
        let object = line["objects"][0].as_object().unwrap();
        for member in ["border", "text", "text_at"] {
            assert_eq!(object.contains_key(member), has_style, "{fields}");
        }
        assert_eq!(object.contains_key("classifiers"), has_classifiers);
        assert_eq!(object["object_id"], 7);
    }
}

#[test]
fn key_points_of_objects_that_have_some() {
    let faces = || {
        buffer(1, |locked, frames| {
            for count in [0, 2] {
                let object = locked.add_object(&frames[0], &face(), None).unwrap();
                let point = KeyPoint {
                    x: 10.5,
                    y: -20.25,
                    confidence: 0.75,
                };
                locked
                    .add_key_points(&object, &[point; 2][..count])
                    .unwrap();
            }
        })
    };
    let points = json!([[10.5, -20.25, 0.75], [10.5, -20.25, 0.75]]);
    for (fields, expected) in [
        ("objects", [None, None]),
        ("objects+key-points", [None, Some(&points)]),
        ("key-points", [None, None]),
    ] {
        let line = parse(&write(&format!("fields={fields}"), [faces()])).remove(0);
        let found = [0, 1].map(|index| line["objects"][index].get("key_points"));
        assert_eq!(found, expected, "{fields}");
    }
    // By default, too.
    let line = parse(&write("", [faces()])).remove(0);
    assert_eq!(line["objects"][1]["key_points"], points);
}

#[test]
fn key_points_have_names_where_their_number_tells() {
    let faces = || {
        buffer(1, |locked, frames| {
            for count in [3, 5, 17] {
                let object = locked.add_object(&frames[0], &face(), None).unwrap();
                let points = [KeyPoint::default(); 17];
                locked.add_key_points(&object, &points[..count]).unwrap();
            }
        })
    };
    let line = parse(&write(
        "fields=objects+key-points+key-point-names",
        [faces()],
    ))
    .remove(0);
    let found = [0, 1, 2].map(|index| &line["objects"][index]["key_point_names"]);
    assert_eq!(*found[0], json!(null));
    assert_eq!(found[1][2], "nose");
    assert_eq!(
        (found[2].as_array().unwrap().len(), &found[2][16]),
        (17, &json!("right-ankle"))
    );
    let line = parse(&write("fields=objects+key-points", [faces()])).remove(0);
    assert_eq!(line["objects"][2].get("key_point_names"), None);
}

#[test]
fn key_points_have_the_names_of_a_file() {
    let folder = std::env::temp_dir().join(format!("rsnvds-names-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let (pony, dog) = (path("pony.toml"), path("dog.toml"));
    std::fs::write(&pony, "points = ['head', 'withers', 'tail']").unwrap();
    std::fs::write(&dog, "points = ['a', 'b', 'c', 'd', 'e']").unwrap();
    let objects = || {
        buffer(1, |locked, frames| {
            for count in [3, 5, 17] {
                let object = locked.add_object(&frames[0], &face(), None).unwrap();
                let points = [KeyPoint::default(); 17];
                locked.add_key_points(&object, &points[..count]).unwrap();
            }
        })
    };
    let fields = "fields=objects+key-points+key-point-names";
    let line = parse(&write(
        &format!("{fields} skeleton-files=\"{pony}; {dog}\""),
        [objects()],
    ))
    .remove(0);
    let names = |index: usize| &line["objects"][index]["key_point_names"];
    assert_eq!(*names(0), json!(["head", "withers", "tail"]));
    // Before the usual names of so many.
    assert_eq!(names(1)[4], "e");
    assert_eq!(names(2)[16], "right-ankle");
    let error = start_error(&format!(
        "rsmetajson location=\"\" skeleton-files=\"{pony};{pony}\""
    ));
    assert!(error.contains("both have 3 points"), "{error}");
    std::fs::write(&dog, "points = ['a', 'a']").unwrap();
    let error = start_error(&format!("rsmetajson location=\"\" skeleton-files={dog}"));
    let expected = format!("skeleton-files: {dog}: line 1: points: \"a\" stands twice");
    assert!(error.contains(&expected), "{error}");
    let rig = Rig::new(&format!(
        "rsmetajson location=\"\" fields=objects+key-points skeleton-files={pony}"
    ));
    rig.element.set_state(gst::State::Ready).unwrap();
    rig.element.set_state(gst::State::Playing).unwrap();
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("add key-point-names to fields"),
        "{warnings:?}"
    );
    std::fs::remove_dir_all(folder).unwrap();
}

fn face() -> NewObject<'static> {
    NewObject {
        unique_component_id: 5,
        class_id: 0,
        confidence: 0.5,
        rect: Rect::default(),
        style: RectStyle::default(),
        label: "face",
        text: None,
    }
}

#[test]
fn fields_change_while_playing() {
    let folder = Folder::new();
    let mut rig = Rig::new(&format!("rsmetajson location={}", folder.path("a")));
    rig.process(everything());
    rig.element.set_property_from_str("fields", "infer-done");
    rig.process(everything());
    rig.element.emit_by_name::<()>("flush", &[]);
    let lines = parse(&folder.read("a"));
    assert!(lines[0].get("objects").is_some());
    assert_eq!(lines[1].as_object().unwrap().len(), 6);
}

#[test]
fn numbered_files_end_with_whole_lines() {
    let folder = Folder::new();
    let single = write("", [everything()]).len();
    // Two lines and a half: two lines a file.
    let mut rig = Rig::new(&format!(
        "rsmetajson location={} max-size={}",
        folder.path("part-%03u.jsonl"),
        single * 5 / 2
    ));
    for _ in 0..5 {
        rig.process(everything());
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(
        folder.names(),
        ["part-000.jsonl", "part-001.jsonl", "part-002.jsonl"]
    );
    let numbers: Vec<Vec<u64>> = folder
        .names()
        .iter()
        .map(|name| {
            let lines = parse(&folder.read(name));
            lines
                .iter()
                .map(|l| l["buffer"].as_u64().unwrap())
                .collect()
        })
        .collect();
    assert_eq!(numbers, [vec![0, 1], vec![2, 3], vec![4]]);
}

/// The frames of one buffer may lie in several files, and a line that is too long has its own.
#[test]
fn a_line_longer_than_max_size_gets_a_file() {
    let folder = Folder::new();
    let mut rig = Rig::new(&format!(
        "rsmetajson location={} max-size=1",
        folder.path("%u")
    ));
    rig.process(buffer(3, |_, _| ()));
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(folder.names(), ["0", "1", "2"]);
    for (i, name) in folder.names().iter().enumerate() {
        let lines = parse(&folder.read(name));
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["batch_id"], i);
    }
}

#[test]
fn a_number_without_max_size_is_one_file() {
    let folder = Folder::new();
    let mut rig = Rig::new(&format!("rsmetajson location={}", folder.path("50%%-%02u")));
    for _ in 0..100 {
        rig.process(everything());
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(folder.names(), ["50%-00"]);
    assert_eq!(parse(&folder.read("50%-00")).len(), 100);
}

#[test]
fn lines_are_in_the_file_after_flush_eos_and_stop() {
    let folder = Folder::new();
    let count = || parse(&folder.read("a")).len();
    let mut rig = Rig::new(&format!(
        "rsmetajson flush-interval=3600000 location={}",
        folder.path("a")
    ));
    rig.process(everything());
    assert_eq!(count(), 0, "lines are collected");
    rig.element.emit_by_name::<()>("flush", &[]);
    assert_eq!(count(), 1);
    rig.process(everything());
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(count(), 2);
    drop(rig);

    let mut rig = Rig::new(&format!("rsmetajson location={}", folder.path("a")));
    assert_eq!(count(), 0, "an old file is replaced");
    rig.process(everything());
    rig.element.set_state(gst::State::Null).unwrap();
    assert_eq!(count(), 1);
    // Nothing is open: nothing happens.
    rig.element.emit_by_name::<()>("flush", &[]);
    assert_eq!(rig.messages(gst::MessageType::Error).len(), 0);
}

#[test]
fn metrics_are_in_the_file_at_start_eos_and_stop() {
    let folder = Folder::new();
    let words = format!(
        "rsmetajson name=writer location={} metrics-file={}",
        folder.path("lines"),
        folder.path("metrics")
    );
    let lines = |count| {
        let sample =
            format!("rsnvds_lines_total{{element=\"writer\",factory=\"rsmetajson\"}} {count}\n");
        let text = folder.read("metrics");
        assert!(
            text.contains("# TYPE rsnvds_lines_total counter\n"),
            "{text}"
        );
        assert!(text.contains(&sample), "{sample} is missing in {text}");
    };
    let mut rig = Rig::new(&words);
    lines(0);
    rig.process(everything());
    rig.harness.push_event(gst::event::Eos::new());
    lines(1);
    drop(rig);
    let mut rig = Rig::new(&words);
    rig.process(everything());
    rig.process(everything());
    rig.element.set_state(gst::State::Null).unwrap();
    lines(2);
    assert_eq!(rig.messages(gst::MessageType::Error).len(), 0);
}

/// What kills the process, or who reads along, finds what is older than the interval.
#[test]
fn lines_are_written_after_the_interval_though_no_further_buffer_comes() {
    let folder = Folder::new();
    let count = || parse(&folder.read("a")).len();
    let wait_for = |lines| {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while count() < lines {
            assert!(std::time::Instant::now() < deadline, "{}", count());
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    };
    let mut rig = Rig::new(&format!(
        "rsmetajson flush-interval=20 location={}",
        folder.path("a")
    ));
    for lines in 1..=3 {
        rig.process(everything());
        wait_for(lines);
    }
    // One that becomes shorter holds for lines that wait, too, from the next buffer on.
    rig.element.set_property("flush-interval", 3_600_000_u32);
    rig.process(everything());
    rig.element.set_property("flush-interval", 20_u32);
    rig.process(everything());
    wait_for(5);
    rig.element.set_property("flush-interval", 0_u32);
    rig.process(everything());
    assert_eq!(count(), 6, "0 is at once");
}

#[test]
fn a_full_disk_that_the_clock_finds_is_one_error_and_the_end() {
    let mut rig = Rig::new("rsmetajson flush-interval=1 location=/dev/full");
    rig.process(everything());
    let timeout = gst::ClockTime::from_seconds(20);
    let error = rig
        .bus
        .timed_pop_filtered(timeout, &[gst::MessageType::Error]);
    assert!(error.is_some(), "no error came");
    assert_eq!(rig.push(everything()), Err(gst::FlowError::Error));
    rig.element.set_state(gst::State::Null).unwrap();
    assert_eq!(rig.messages(gst::MessageType::Error).len(), 0);
}

#[test]
fn many_lines_are_written_before_the_end() {
    let folder = Folder::new();
    let mut rig = Rig::new(&format!("rsmetajson location={}", folder.path("a")));
    for _ in 0..200 {
        rig.process(everything());
    }
    let written = std::fs::metadata(folder.path("a")).unwrap().len();
    assert!(written >= 64 * 1024, "{written}");
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(parse(&folder.read("a")).len(), 200);
}

#[test]
fn a_buffer_without_a_batch_passes_with_one_warning() {
    let folder = Folder::new();
    let mut rig = Rig::new(&format!("rsmetajson location={}", folder.path("a")));
    rig.process(gst::Buffer::new());
    rig.process(gst::Buffer::new());
    rig.process(everything());
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("no batch metadata"), "{warnings:?}");
    rig.harness.push_event(gst::event::Eos::new());
    let lines = parse(&folder.read("a"));
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["buffer"], 2, "all buffers are counted");
}

#[test]
fn what_cannot_start_is_named() {
    init();
    let folder = Folder::new();
    let missing = folder.path("no/such/folder.jsonl");
    let own = folder.0.to_str().unwrap().to_owned();
    let file = folder.path("file");
    for (location, max_size, metrics, parts) in [
        (
            missing.as_str(),
            0_u64,
            "",
            &[missing.as_str(), "cannot be made", "No such file"][..],
        ),
        (&own, 0, "", &[&own, "Is a directory"]),
        ("", 10, "", &["max-size is set", "location is empty"]),
        ("a%s", 0, "", &["location=a%s", "%05u"]),
        ("-", 10, "", &["max-size", "%05u"]),
        ("plain.jsonl", 10, "", &["max-size", "location=plain.jsonl"]),
        (
            &file,
            0,
            &file,
            &["location and metrics-file are both", &file],
        ),
        (
            &file,
            0,
            "/dev/null",
            &["metrics-file /dev/null", "no file"],
        ),
        (
            &file,
            0,
            &missing,
            &["metrics-file", &missing, "No such file"],
        ),
    ] {
        let element = gst::ElementFactory::make("rsmetajson")
            .property("location", location)
            .property("max-size", max_size)
            .property("metrics-file", metrics)
            .build()
            .unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        assert!(element.set_state(gst::State::Paused).is_err(), "{location}");
        let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
        let gst::MessageView::Error(error) = message.view() else {
            unreachable!();
        };
        let text = error.error().to_string();
        for part in parts {
            assert!(text.contains(part), "{part:?} is missing in {text}");
        }
        element.set_state(gst::State::Null).unwrap();
        // Messages hold the element, which holds the bus, which holds the messages.
        bus.set_flushing(true);
        element.set_bus(None);
    }
}

/// /dev/full takes no byte.
#[test]
fn a_full_disk_is_an_error_with_the_path() {
    let mut rig = Rig::new("rsmetajson location=/dev/full");
    let mut pushed = 0;
    let refused = loop {
        match rig.push(everything()) {
            Ok(_) => pushed += 1,
            Err(error) => break error,
        }
        assert!(pushed < 200);
    };
    assert_eq!(refused, gst::FlowError::Error);
    assert!(pushed > 1, "lines are collected first");
    let error = rig.error();
    assert!(
        error.contains("/dev/full") && error.contains("No space left"),
        "{error}"
    );
    // What comes then is refused too, without another error, and stopping adds none.
    assert_eq!(rig.push(everything()), Err(gst::FlowError::Error));
    rig.element.set_state(gst::State::Null).unwrap();
    assert_eq!(rig.messages(gst::MessageType::Error).len(), 0);
}

#[test]
fn a_full_disk_is_told_at_flush_and_eos_too() {
    let mut rig = Rig::new("rsmetajson location=/dev/full");
    rig.process(everything());
    rig.element.emit_by_name::<()>("flush", &[]);
    assert!(rig.error().contains("/dev/full"));

    let mut rig = Rig::new("rsmetajson location=/dev/full");
    rig.process(everything());
    assert!(rig.harness.push_event(gst::event::Eos::new()));
    assert!(rig.error().contains("/dev/full"));
}

/// Run by the next test, where files cannot grow over 100 KiB.
#[test]
#[ignore = "needs a limit on the size of files"]
fn with_limited_file_size() {
    let location = std::env::var("RSNVDS_TEST_LOCATION").unwrap();
    let mut rig = Rig::new(&format!("rsmetajson location={location}"));
    let refused = (0..200).find_map(|_| rig.push(everything()).err());
    assert_eq!(refused, Some(gst::FlowError::Error));
    let error = rig.error();
    assert!(error.contains(&location), "{error}");
}

/// A reader must not stumble over half a line.
#[test]
fn a_file_that_could_not_grow_ends_with_a_whole_line() {
    let folder = Folder::new();
    let output = Command::new("bash")
        .args(["-c", "ulimit -f 100; trap '' XFSZ; exec \"$@\"", "bash"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "with_limited_file_size"])
        .env("RSNVDS_TEST_LOCATION", folder.path("a"))
        .env("GST_REGISTRY_UPDATE", "no")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("1 passed"), "{}", text(&output));
    let content = folder.read("a");
    assert!(content.len() <= 100 * 1024);
    let lines = parse(&content).len();
    assert_eq!(
        lines,
        100 * 1024 / (content.len() / lines),
        "as many as fit"
    );
}

/// Two threads may flush and read properties while a third writes.
#[test]
fn flushing_from_another_thread() {
    let folder = Folder::new();
    let mut rig = Rig::new(&format!("rsmetajson location={}", folder.path("a")));
    let (stop, element) = (
        std::sync::atomic::AtomicBool::new(false),
        rig.element.clone(),
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                element.emit_by_name::<()>("flush", &[]);
                assert_eq!(element.property::<String>("location"), folder.path("a"));
                element.set_property_from_str("fields", "objects");
            }
        });
        for _ in 0..300 {
            rig.process(buffer(8, |_, _| ()));
        }
        stop.store(true, Ordering::Relaxed);
    });
    rig.harness.push_event(gst::event::Eos::new());
    let lines = parse(&folder.read("a"));
    let numbers: Vec<_> = lines
        .iter()
        .map(|l| l["buffer"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (0..2400).map(|n| n / 8).collect::<Vec<_>>());
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs gst-launch-1.0 in the project's folder with this build's plugins.
fn launch(words: &str) -> Output {
    launch_into(words, std::process::Stdio::piped())
}

fn launch_into(words: &str, stdout: std::process::Stdio) -> Output {
    let exe = std::env::current_exe().unwrap();
    let deps = exe.parent().unwrap();
    let plugins = Folder::new();
    for plugin in ["libgstrsnvds.so", "libgstnvdscpu.so"] {
        let built = deps.join(plugin);
        assert!(
            built.exists(),
            "{} is missing: run the tests of the whole workspace",
            built.display()
        );
        std::os::unix::fs::symlink(&built, plugins.0.join(plugin)).unwrap();
    }
    Command::new("timeout")
        .args(["--kill-after=5", "120", "gst-launch-1.0", "-q"])
        .args(words.split_whitespace())
        .current_dir(ROOT)
        .env("GST_PLUGIN_PATH", &plugins.0)
        .env("GST_REGISTRY_1_0", plugins.path("registry"))
        .env("LC_ALL", "C.UTF-8")
        .stdout(stdout)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap()
}

/// Five batches of two frames of 64 x 48 pixels.
const TWO_SOURCES: &str = "nvstreammux name=mux width=64 height=48 batch-size=2 batched-push-timeout=1000000 \
     ! rsmetajson location=- ! fakesink \
     videotestsrc num-buffers=5 ! video/x-raw,width=320,height=240 ! nvvideoconvert \
     ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_0 \
     videotestsrc num-buffers=5 ! video/x-raw,width=320,height=240 ! nvvideoconvert \
     ! video/x-raw(memory:NVMM),format=NV12 ! mux.sink_1";

#[test]
fn lines_on_standard_output() {
    let output = launch(TWO_SOURCES);
    assert!(output.status.success(), "{}", text(&output));
    let lines = parse(std::str::from_utf8(&output.stdout).unwrap());
    let mut frames: Vec<_> = lines
        .iter()
        .map(|l| (l["frame_num"].as_i64(), l["source_id"].as_u64()))
        .collect();
    frames.sort_unstable();
    let expected: Vec<_> = (0..10).map(|n| (Some(n / 2), Some(n as u64 % 2))).collect();
    assert_eq!(frames, expected);
    for line in &lines {
        assert_eq!(
            (&line["width"], &line["height"]),
            (&json!(64), &json!(48)),
            "of the mux's surfaces"
        );
        assert_eq!(line["objects"], json!([]));
    }
}

#[test]
fn a_full_standard_output_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let output = launch_into(TWO_SOURCES, full.unwrap().into());
    assert!(!output.status.success());
    let text = text(&output);
    let expected = "standard output: cannot be written: No space left";
    assert!(text.contains(expected), "{text}");
}

/// pipelines/metajson.txt, on the demo's film.
#[test]
fn the_pipeline_file_writes_the_demos_objects() {
    let folder = Folder::new();
    let line = std::fs::read_to_string(Path::new(ROOT).join("pipelines/metajson.txt")).unwrap();
    assert!(line.contains("out/metajson.jsonl") && line.contains("! nvinferserver"));
    let line = line
        .replace("out/metajson.jsonl", &folder.path("lines.jsonl"))
        .replace(
            "! nvinferserver",
            "! identity eos-after=21\n! nvinferserver",
        );
    let output = launch(&line);
    assert!(output.status.success(), "{}", text(&output));
    let lines = parse(&folder.read("lines.jsonl"));
    assert_eq!(lines.len(), 20);
    let objects: Vec<_> = lines
        .iter()
        .flat_map(|l| l["objects"].as_array().unwrap())
        .collect();
    assert!(objects.len() > 20, "{}", objects.len());
    for line in &lines {
        assert_eq!(
            (&line["width"], &line["height"]),
            (&json!(768), &json!(576))
        );
        let layers = line["tensors"][0]["layers"].as_array().unwrap();
        assert_eq!(layers.len(), 4);
    }
    for object in objects {
        assert_eq!(object["label"], "person");
        assert_eq!(object["object_id"], Value::Null);
        assert_eq!(object["rect"], object["detector_rect"]);
    }
}

/// What rsanalytics attaches, in a line that the schema takes.
#[test]
fn analytics_of_frames_and_objects() {
    let zones = [AnalyticsZone {
        name: FixedText::new("door"),
        entered: u64::MAX,
        crowded: 1,
        ..AnalyticsZone::default()
    }];
    let analytics_lines = [AnalyticsLine {
        name: FixedText::new("gate \"1\""),
        into: 3,
        ..AnalyticsLine::default()
    }];
    let classes = [AnalyticsClass {
        label: FixedText::new("Auto"),
        class_id: -1,
        out: 2,
        ..AnalyticsClass::default()
    }];
    let rule = |name, kind| AnalyticsRule {
        name: FixedText::new(name),
        kind,
        objects: 1,
    };
    let rules = [
        rule("north", AnalyticsRule::DIRECTION),
        rule("parked", AnalyticsRule::STATIONARY),
    ];
    let events: Vec<_> = (0..=12)
        .map(|kind| AnalyticsEvent {
            name: FixedText::new("door"),
            label: FixedText::new("Auto"),
            object_id: if kind % 2 == 0 { 7 } else { u64::MAX },
            kind,
            flags: AnalyticsEvent::FLAG,
            x: 1.5,
            ..AnalyticsEvent::default()
        })
        .collect();
    let mark = |kind, rule| AnalyticsMark {
        lasted: 5,
        kind,
        rule,
    };
    let found = frame(|locked, frames| {
        let analytics = AnalyticsFrame {
            element: FixedText::new("yard"),
            run: 3,
            zones: &zones,
            lines: &analytics_lines,
            classes: &classes,
            rules: &rules,
            events: &events,
        };
        locked
            .add_analytics_to_frame(&frames[0], &analytics)
            .unwrap();
        let object = locked
            .add_object(&frames[0], &new_object("Auto"), None)
            .unwrap();
        let analytics = AnalyticsObject {
            run: 3,
            marks: &[
                mark(AnalyticsMark::ZONE, 0),
                mark(AnalyticsMark::LINE_OUT, 0),
                mark(AnalyticsMark::DIRECTION, 0),
                mark(AnalyticsMark::STATIONARY, 1),
            ],
            speed: Some(2.5),
            velocity: Some((1.0, -1.0)),
        };
        locked.add_analytics_to_object(&object, &analytics).unwrap();
    });
    let told = &found["analytics"];
    assert_eq!(told["zones"][0]["name"], "door");
    assert_eq!(told["zones"][0]["entered"], u64::MAX);
    assert_eq!(told["lines"][0]["name"], "gate \"1\"");
    let class = json!({"class_id": -1, "label": "Auto", "in": 0, "out": 2});
    assert_eq!(told["lines"][0]["classes"], json!([class]));
    let rule = |name| json!([{"name": name, "objects": 1}]);
    assert_eq!(
        (&told["directions"], &told["stationary"]),
        (&rule("north"), &rule("parked"))
    );
    let names: Vec<_> = told["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["event"].as_str().unwrap())
        .collect();
    let known = "unknown entered left crossed crossed dwell-exceeded crowded crowd-ended stationary moved direction \
                 speed-exceeded unknown";
    assert_eq!(names, known.split_whitespace().collect::<Vec<_>>());
    let left = json!({"event": "left", "zone": "door", "object_id": 7, "class_id": 0, "label": "Auto", "at": [1.5, 0.0],
                      "dwell": 0, "vanished": true});
    assert_eq!(told["events"][2], left);
    let object = json!({"zones": [{"name": "door", "dwell": 5}], "in": [], "out": ["gate \"1\""], "directions": ["north"],
                        "stationary": [{"name": "parked", "lasted": 5}], "speed": 2.5, "velocity": [1.0, -1.0]});
    assert_eq!(found["objects"][0]["analytics"], object);
}

/// Results of two elements are told apart, and none is left out.
#[test]
fn analytics_of_two_elements() {
    let zone = |name| AnalyticsZone {
        name: FixedText::new(name),
        ..AnalyticsZone::default()
    };
    let zones = [[zone("door")], [zone("lawn")]];
    let rules = [AnalyticsRule {
        name: FixedText::new("parked"),
        kind: AnalyticsRule::STATIONARY,
        objects: 1,
    }];
    let lines = [AnalyticsLine {
        name: FixedText::new("gate"),
        ..AnalyticsLine::default()
    }];
    let events = [AnalyticsEvent {
        name: FixedText::new("door"),
        kind: AnalyticsEvent::CROWDED,
        object_id: u64::MAX,
        ..AnalyticsEvent::default()
    }];
    let mark = |kind| AnalyticsMark {
        kind,
        ..AnalyticsMark::default()
    };
    let found = frame(|locked, frames| {
        let first = AnalyticsFrame {
            element: FixedText::new("cars"),
            run: 8,
            zones: &zones[0],
            rules: &rules,
            events: &events,
            ..AnalyticsFrame::default()
        };
        let second = AnalyticsFrame {
            element: FixedText::new("people"),
            run: 5,
            zones: &zones[1],
            lines: &lines,
            ..AnalyticsFrame::default()
        };
        for of in [first, second] {
            locked.add_analytics_to_frame(&frames[0], &of).unwrap();
        }
        let object = new_object("Auto");
        let object = locked.add_object(&frames[0], &object, None).unwrap();
        for (run, marks, speed) in [
            (
                8,
                [AnalyticsMark::ZONE, AnalyticsMark::STATIONARY],
                Some(2.5),
            ),
            (5, [AnalyticsMark::ZONE, AnalyticsMark::LINE_IN], None),
        ] {
            let analytics = AnalyticsObject {
                run,
                marks: &marks.map(mark),
                speed,
                velocity: None,
            };
            locked.add_analytics_to_object(&object, &analytics).unwrap();
        }
    });
    let of = |list: &Value| -> Vec<(String, String)> {
        let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let list = list.as_array().unwrap().iter();
        list.map(|entry| (text(entry, "name"), text(entry, "element")))
            .collect()
    };
    let named = |name: &str, element: &str| (name.to_owned(), element.to_owned());
    let told = &found["analytics"];
    let zones = [named("door", "cars"), named("lawn", "people")];
    assert_eq!(of(&told["zones"]), zones);
    assert_eq!(of(&told["lines"]), [named("gate", "people")]);
    assert_eq!(of(&told["stationary"]), [named("parked", "cars")]);
    assert_eq!(
        (&told["events"][0]["zone"], &told["events"][0]["element"]),
        (&json!("door"), &json!("cars"))
    );
    let object = &found["objects"][0]["analytics"];
    assert_eq!(of(&object["zones"]), zones);
    assert_eq!(object["in"], json!(["gate"]));
    assert_eq!(of(&object["stationary"]), [named("parked", "cars")]);
    assert_eq!(object["speed"], 2.5);
}
