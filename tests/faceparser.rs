//! Detectors of faces through `rsfaceparser` on NVIDIA's metadata library.

mod common;
mod pages;

use common::*;
use gst::prelude::*;
use nvds::{
    Batch, KeyPoint, NetworkInfo, NewLayer, NewObject, NewTensorMeta, Producer, Rect, RectStyle,
};
use nvds_decode::Format;
use nvds_decode::faces::FAMILY;

/// The face in a frame of 1920x1080 that was stretched.
const RECT: [i32; 4] = [384, 324, 384, 324];
const SCORE: f32 = 0.9;
/// How sure networks that tell are of the points.
const SURE: f32 = 0.75;

/// A network's input that shows the face.
#[derive(Clone, Copy)]
struct Picture {
    side: u32,
}

impl Picture {
    fn of(format: Format) -> Self {
        let side = if format == Format::Blazeface {
            128
        } else {
            320
        };
        Self { side }
    }

    /// Network pixels of a part of the side.
    fn part(self, part: f32) -> f32 {
        part * self.side as f32
    }

    /// Left, top, right, bottom.
    fn corners(self) -> [f32; 4] {
        [0.2, 0.3, 0.4, 0.6].map(|part| self.part(part))
    }

    /// Centre and size.
    fn centred(self) -> [f32; 4] {
        let [left, top, right, bottom] = self.corners();
        [
            0.5 * (left + right),
            0.5 * (top + bottom),
            right - left,
            bottom - top,
        ]
    }

    /// The points, on the diagonal.
    fn points(self, count: usize) -> Vec<[f32; 2]> {
        let [left, top, ..] = self.corners();
        let [.., width, height] = self.centred();
        let parts = (1..=count).map(|i| i as f32 / 8.0);
        parts
            .map(|part| [left + part * width, top + part * height])
            .collect()
    }

    /// Points from a place, in units.
    fn points_from(self, count: usize, place: [f32; 2], unit: f32) -> Vec<f32> {
        let points = self.points(count).into_iter();
        points
            .flat_map(|[x, y]| [(x - place[0]) / unit, (y - place[1]) / unit])
            .collect()
    }

    fn tensors(self, layers: Vec<NewLayer>) -> NewTensorMeta {
        let network = NetworkInfo {
            width: self.side,
            height: self.side,
            channels: 3,
        };
        NewTensorMeta::new(5, network, Producer::NvInfer, layers).unwrap()
    }
}

/// A table of nothing but one row.
fn table(name: &str, rows: usize, rest: f32, at: usize, row: &[f32]) -> NewLayer {
    let mut values = vec![rest; rows * row.len()];
    values[at * row.len()..(at + 1) * row.len()].copy_from_slice(row);
    layer(name, &[rows, row.len()], &values)
}

/// Three strides of `anchors` a cell; the coarsest sees the face. `row` gives a row of each kind of
/// layer, from the corner of the cell at 96, 128.
fn strides(names: &[&str], anchors: usize, rows: &[Vec<f32>]) -> Vec<NewLayer> {
    let mut layers = Vec::new();
    for stride in [8, 16, 32] {
        let side = 320 / stride;
        for (name, row) in names.iter().zip(rows) {
            let name = format!("{name}_{stride}");
            let seen = if stride == 32 {
                row.clone()
            } else {
                vec![0.0; row.len()]
            };
            let at = if stride == 32 {
                anchors * (4 * side + 3)
            } else {
                0
            };
            layers.push(table(&name, anchors * side * side, 0.0, at, &seen));
        }
    }
    layers
}

/// The layers of a network with outputs of this format.
fn face(format: Format) -> Vec<NewLayer> {
    let picture = Picture::of(format);
    let [x, y, width, height] = picture.centred();
    let corner = [96.0, 128.0];
    let sure: Vec<f32> = (picture.points(5).into_iter())
        .flat_map(|[x, y]| [x, y, SURE])
        .collect();
    match format {
        Format::Blazeface => {
            // The third cell of the fourth row of the second level, which has six anchors a cell.
            let at = 512 + 6 * (3 * 8 + 2);
            let middle = [40.0, 56.0];
            let place = [x - middle[0], y - middle[1], width, height];
            let row = [&place[..], &picture.points_from(6, middle, 1.0)].concat();
            let logit = (SCORE / (1.0 - SCORE)).ln();
            vec![
                table("regressors", 896, 0.0, at, &row),
                table("classificators", 896, -20.0, at, &[logit]),
            ]
        }
        Format::Scrfd => strides(
            &["score", "bbox", "kps"],
            2,
            &[
                vec![SCORE],
                vec![1.0, 1.0, 1.0, 2.0],
                picture.points_from(5, corner, 32.0),
            ],
        ),
        Format::Yunet => strides(
            &["cls", "obj", "bbox", "kps"],
            1,
            &[
                vec![SCORE],
                vec![SCORE],
                vec![0.0, 0.5, 2_f32.ln(), 3_f32.ln()],
                picture.points_from(5, corner, 32.0),
            ],
        ),
        Format::Retinaface => {
            let at = 4000 + 2 * (4 * 10 + 3);
            let (middle, size) = ([112.0, 144.0], 256.0);
            let place = [x - middle[0], y - middle[1]].map(|side| side / (0.1 * size));
            let sides = [width, height].map(|side| (side / size).ln() / 0.2);
            vec![
                table("loc", 4200, 0.0, at, &[place, sides].concat()),
                table("conf", 4200, 0.0, at, &[1.0 - SCORE, SCORE]),
                table(
                    "landms",
                    4200,
                    0.0,
                    at,
                    &picture.points_from(5, middle, 0.1 * size),
                ),
            ]
        }
        Format::Centerface => {
            let map = |name: &str, channels: &[f32]| {
                let mut values = vec![0.0; 80 * 80 * channels.len()];
                for (channel, value) in channels.iter().enumerate() {
                    values[6400 * channel + 80 * 36 + 24] = *value;
                }
                layer(name, &[channels.len(), 80, 80], &values)
            };
            let parts = (1..=5).map(|i| i as f32 / 8.0);
            let landmarks: Vec<f32> = parts.flat_map(|part| [part, part]).collect();
            vec![
                map("537", &[SCORE]),
                map("538", &[(height / 4.0).ln(), (width / 4.0).ln()]),
                map("539", &[y / 4.0 - 36.5, x / 4.0 - 24.5]),
                map("540", &landmarks),
            ]
        }
        Format::DeepstreamYoloFace => vec![
            table("boxes", 2100, 0.0, 7, &[x, y, width, height]),
            table("scores", 2100, 0.0, 7, &[SCORE]),
            table("landmarks", 2100, 0.0, 7, &sure),
        ],
        Format::Yolov8Face => {
            let row = [&[x, y, width, height, SCORE][..], &sure].concat();
            vec![table("output0", 2100, 0.0, 7, &row)]
        }
        Format::Yolov5Face => {
            let points = picture.points_from(5, [0.0, 0.0], 1.0);
            let row = [&[x, y, width, height, 0.95][..], &points, &[SCORE / 0.95]].concat();
            vec![table("output", 6300, 0.0, 7, &row)]
        }
        other => panic!("{} is no detector of faces", other.name()),
    }
}

/// Label, rectangle and points of the objects.
fn faces(buffer: &gst::BufferRef) -> Vec<(String, [i32; 4], Vec<KeyPoint>)> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let objects = frame.objects().rev();
    objects
        .map(|object| {
            let rect = object.rect();
            let sides = [rect.left, rect.top, rect.width, rect.height];
            let label = String::from_utf8(object.label_bytes().to_vec()).unwrap();
            (
                label,
                sides.map(|side| side.round() as i32),
                object.key_points().to_vec(),
            )
        })
        .collect()
}

#[track_caller]
fn finds(properties: &str, format: Format) {
    let mut rig = Rig::new(&format!("rsfaceparser {properties}"));
    let picture = Picture::of(format);
    let pushed = rig.push(frame_with(&picture.tensors(face(format))));
    assert!(pushed.is_ok(), "{properties}: {}", rig.error());
    let found = faces(&rig.harness.pull().unwrap());
    assert_eq!(rig.warnings(), [""; 0], "{properties}");
    let [(_, rect, points)] = &found[..] else {
        panic!("{properties}: {found:?}");
    };
    assert_eq!(*rect, RECT, "{properties}");
    let count = if format == Format::Blazeface { 6 } else { 5 };
    assert_eq!(points.len(), count, "{properties}");
    let told = matches!(format, Format::Yolov8Face | Format::DeepstreamYoloFace);
    for (index, point) in points.iter().enumerate() {
        let step = index as f32 + 1.0;
        let (x, y) = (384.0 + 48.0 * step, 324.0 + 40.5 * step);
        let near = (point.x - x).abs() < 0.01 && (point.y - y).abs() < 0.01;
        assert!(near, "{properties}: {point:?} at {x}, {y}");
        let confidence = if told { SURE } else { 1.0 };
        assert_eq!(point.confidence, confidence, "{properties}");
    }
}

#[test]
fn every_preset_finds_the_face_and_its_points() {
    for preset in FAMILY.presets {
        finds(&format!("format={}", preset.name), preset.format);
    }
}

#[test]
fn layers_say_which_it_is() {
    let file = TempFile::new("face-labels.txt", "face\n");
    for decoder in FAMILY.decoders {
        finds("", decoder.format);
        finds(&format!("labels-file={}", file.path()), decoder.format);
    }
}

#[test]
fn layers_go_by_the_names_that_are_set() {
    // Two of each, which dimensions do not tell apart.
    let layers = |suffix: &str| {
        let mut layers = face(Format::Retinaface);
        for layer in &mut layers {
            let name = format!("{}{suffix}", layer.name.to_str().unwrap());
            layer.name = std::ffi::CString::new(name)
                .unwrap()
                .into_boxed_c_str()
                .into();
        }
        layers
    };
    let mut both = layers("_of_plates_first");
    both.extend(layers("_of_faces"));
    let picture = Picture::of(Format::Retinaface);
    let tensors = picture.tensors(both);
    let line = "rsfaceparser format=retinaface boxes-layer=loc_of_faces scores-layer=conf_of_faces";
    let mut rig = Rig::new(&format!("{line} key-points-layer=landms_of_faces"));
    let out = rig.process(frame_with(&tensors));
    assert_eq!(faces(&out)[0].1, RECT);
    let mut rig = Rig::new(&format!("{line} key-points-layer=landmarks"));
    assert!(rig.push(frame_with(&tensors)).is_err());
    let error = rig.error();
    assert!(error.contains("landmarks is missing"), "{error}");
}

#[test]
fn faces_have_the_label_of_the_file() {
    let file = TempFile::new("face-label.txt", "face\n");
    let mut rig = Rig::new(&format!("rsfaceparser labels-file={}", file.path()));
    let tensors = Picture::of(Format::Yunet).tensors(face(Format::Yunet));
    let out = rig.process(frame_with(&tensors));
    assert_eq!(faces(&out)[0].0, "face");
}

#[test]
fn faces_in_objects_have_points_in_the_frame() {
    let format = Format::Yolov8Face;
    let picture = Picture::of(format);
    let person = NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 0.9,
        rect: Rect {
            left: 400.0,
            top: 200.0,
            width: 640.0,
            height: 320.0,
        },
        style: RectStyle::default(),
        label: "person",
        text: None,
    };
    let frame = buffer(1, |locked, frames| {
        let person = locked.add_object(&frames[0], &person, None).unwrap();
        let tensors = picture.tensors(face(format));
        locked.add_tensor_to_object(&person, &tensors).unwrap();
    });
    let mut rig = Rig::new("rsfaceparser");
    let found = faces(&rig.process(frame));
    let (_, rect, points) = &found[1];
    // The network's input of 320x320 is the person.
    assert_eq!(*rect, [400 + 2 * 64, 200 + 96, 2 * 64, 96]);
    for (point, [x, y]) in points.iter().zip(picture.points(5)) {
        let near =
            (point.x - (400.0 + 2.0 * x)).abs() < 0.01 && (point.y - (200.0 + y)).abs() < 0.01;
        assert!(near, "{point:?} at {x}, {y}");
    }
    assert_eq!(found[0].2, []);
}

#[test]
fn points_are_drawn_where_a_style_wants_them() {
    let circles = |style: &str| {
        let mut rig = Rig::new(&format!("rsfaceparser ! rsosdannotate style=\"{style}\""));
        let tensors = Picture::of(Format::Scrfd).tensors(face(Format::Scrfd));
        let out = rig.process(frame_with(&tensors));
        let batch = Batch::from_buffer(&out).unwrap().unwrap();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let displays = frame.displays();
        displays
            .flat_map(|display| {
                display
                    .circles()
                    .map(|c| (c.center, c.radius))
                    .collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(circles("default.box='corners'"), []);
    let drawn = circles("default.key-points = 4");
    assert_eq!(drawn.len(), 5, "{drawn:?}");
    assert!(
        drawn.contains(&((384 + 48, 324 + 41), 4)) || drawn.contains(&((384 + 48, 324 + 40), 4)),
        "{drawn:?}"
    );
}

#[test]
fn points_that_are_no_numbers_are_told_as_such() {
    let picture = Picture::of(Format::Yolov8Face);
    let [x, y, width, height] = picture.centred();
    let mut row = vec![x, y, width, height, SCORE];
    row.extend([160.0, 160.0, 0.5].repeat(5));
    (row[5], row[8], row[12], row[16]) = (f32::NAN, f32::INFINITY, f32::NAN, f32::NAN);
    let layers = vec![table("output0", 2100, 0.0, 7, &row)];
    let mut rig = Rig::new("rsfaceparser");
    let out = rig.process(frame_with(&picture.tensors(layers)));
    let points = &faces(&out)[0].2;
    assert_eq!(points[..4], [KeyPoint::default(); 4]);
    let whole = KeyPoint {
        x: 960.0,
        y: 540.0,
        confidence: 0.5,
    };
    assert_eq!(points[4..], [whole]);
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("yolov8-face: a key point is at NaN"),
        "{warnings:?}"
    );
}

/// Numbers that are finite and cannot be points.
#[test]
fn points_that_can_only_be_a_mistake_are_warned_of() {
    let picture = Picture::of(Format::Yolov8Face);
    let [x, y, width, height] = picture.centred();
    let found = |far: f32, confidence: f32| {
        let mut row = vec![x, y, width, height, SCORE];
        row.extend([160.0, 160.0, 0.5].repeat(5));
        (row[5], row[10]) = (far, confidence);
        let layers = vec![table("output0", 2100, 0.0, 7, &row)];
        let mut rig = Rig::new("rsfaceparser");
        let out = rig.process(frame_with(&picture.tensors(layers)));
        let stats = rig.element.property::<gst::Structure>("stats");
        let warned = stats.get::<gst::Structure>("warnings").unwrap();
        assert_eq!(warned.get::<u64>("key-points"), Ok(1));
        assert_eq!(stats.get::<u64>("doubtful-tensors"), Ok(1));
        (faces(&out)[0].2.clone(), rig.warnings().remove(0))
    };
    let (points, warning) = found(-1e30, 0.5);
    assert_eq!(points[0], KeyPoint::default());
    assert!(warning.contains("a key point is at -"), "{warning}");
    let (points, warning) = found(160.0, 7.5);
    assert_eq!((points[1].x, points[1].confidence), (960.0, 1.0));
    assert!(
        warning.contains("the confidence of a key point is 7.5, but confidences are 0 to 1"),
        "{warning}"
    );
}

#[test]
fn a_face_is_the_mean_of_what_it_suppresses_if_asked() {
    let picture = Picture::of(Format::DeepstreamYoloFace);
    let row = |left: f32| [left, 144.0, 64.0, 96.0];
    let layers = || {
        vec![
            layer("boxes", &[2, 4], &[row(96.0), row(104.0)].concat()),
            layer("scores", &[2, 1], &[0.75, 0.75]),
            layer("landmarks", &[2, 10], &[[100.0; 10], [108.0; 10]].concat()),
        ]
    };
    let found = |properties: &str| {
        let line = format!("rsfaceparser format=deepstream-yolo-face {properties}");
        let mut rig = Rig::new(&line);
        let out = rig.process(frame_with(&picture.tensors(layers())));
        let mut found = faces(&out);
        assert_eq!(found.len(), 1);
        let (_, rect, points) = found.remove(0);
        (rect[0], points[0].x)
    };
    assert_eq!(found(""), (384, 600.0));
    assert_eq!(found("nms-mode=weighted"), (408, 624.0));
}

#[test]
fn what_is_missing_is_named() {
    let mut rig = Rig::new("rsfaceparser unique-id=5");
    let picture = Picture::of(Format::Yunet);
    let mut layers = face(Format::Yunet);
    layers.remove(3);
    assert!(rig.push(frame_with(&picture.tensors(layers))).is_err());
    let error = rig.error();
    for part in ["not those of a detector of faces", "kps_8 is missing"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    // Three layers are boxes: no property names them.
    assert!(!error.contains("-layer"), "{error}");
    let scrfd = vec![layer("score_8", &[1, 1], &[0.0])];
    let mut rig = Rig::new("rsfaceparser unique-id=5 format=scrfd");
    assert!(rig.push(frame_with(&picture.tensors(scrfd))).is_err());
    let error = rig.error();
    assert!(!error.contains("-layer"), "{error}");
    let error = start_error("rsfaceparser format=retina-face");
    assert!(error.contains("did you mean \"retinaface\"?"), "{error}");
    let error = start_error("rsyoloparser format=yunet");
    assert!(
        error.contains("\"yunet\" is one of rsfaceparser"),
        "{error}"
    );
}

/// The rows follow from the input; no property of this element says otherwise.
#[test]
fn rows_of_another_input_are_told_without_strides() {
    let mut rig = Rig::new("rsfaceparser unique-id=5 format=yolov8-face");
    let layers = vec![table("output0", 2101, 0.0, 7, &[0.0; 20])];
    let picture = Picture::of(Format::Yolov8Face);
    assert!(rig.push(frame_with(&picture.tensors(layers))).is_err());
    let error = rig.error();
    assert!(error.contains("an input of 320x320"), "{error}");
    assert!(error.contains("Set format if the layout"), "{error}");
    assert!(!error.contains("Set strides"), "{error}");
}

const DOCS: &str = include_str!("../docs/rsfaceparser.md");

#[test]
fn the_docs_have_every_network_with_its_keys() {
    pages::have_every_network(DOCS, &FAMILY);
}

#[test]
fn the_lines_of_the_docs_start() {
    assert_eq!(
        pages::start_lines(DOCS, &TempFile::new("face-docs.txt", "face\n")),
        2
    );
}
