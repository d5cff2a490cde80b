//! `rstensorrecord` and `rstensorreplay` on NVIDIA's metadata library.

mod common;

use std::collections::HashMap;
use std::path::PathBuf;

use common::*;
use gst::prelude::*;
use nvds::*;
use safetensors::Dtype;
use safetensors::tensor::{SafeTensors, TensorView};
use serde_json::{Value, json};

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rsnvds-rec-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&path).ok();
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn pattern(&self) -> String {
        self.file("%06u.safetensors")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(&self.0)
            .unwrap()
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

/// A layer as it is compared: name, type, dims, bytes.
type SeenLayer = (Vec<u8>, DataType, Vec<usize>, Vec<u8>);

/// All that a reader can see of a tensor meta.
#[derive(Debug, Clone, PartialEq)]
struct SeenMeta {
    unique_id: u32,
    gpu_id: i32,
    network: NetworkInfo,
    padding: (Option<bool>, Option<bool>),
    producer: Producer,
    layers: Vec<SeenLayer>,
}

fn see(meta: &TensorMeta<'_>) -> SeenMeta {
    SeenMeta {
        unique_id: meta.unique_id(),
        gpu_id: meta.gpu_id(),
        network: meta.network(),
        padding: (meta.maintain_aspect_ratio(), meta.symmetric_padding()),
        producer: meta.producer(),
        layers: meta
            .layers()
            .unwrap()
            .map(|layer| {
                (
                    layer.name_bytes().to_vec(),
                    layer.data_type().unwrap(),
                    layer.dims().unwrap().as_slice().to_vec(),
                    layer.data().unwrap().as_bytes().to_vec(),
                )
            })
            .collect(),
    }
}

/// The tensors of each frame, and those of each of its objects, oldest first.
fn tensors(buffer: &gst::BufferRef) -> Vec<(Vec<SeenMeta>, Vec<Vec<SeenMeta>>)> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    batch
        .frames()
        .map(|frame| {
            let objects = frame.objects().rev();
            (
                frame.tensors().map(|t| see(&t)).collect(),
                objects
                    .map(|o| o.tensors().map(|t| see(&t)).collect())
                    .collect(),
            )
        })
        .collect()
}

fn object(class_id: i32) -> NewObject<'static> {
    NewObject {
        unique_component_id: 1,
        class_id,
        confidence: 0.5,
        rect: Rect::default(),
        style: RectStyle::default(),
        label: "car",
        text: None,
    }
}

/// All six types, a scalar, an empty tensor, eight dims, and names that are hard to write.
fn all_types() -> Vec<NewLayer> {
    let bytes: Vec<u8> = (0..=255).collect();
    let named = |name: &[u8], data_type, dims: &[usize], bytes: &[u8]| NewLayer {
        name: std::ffi::CString::new(name.to_vec())
            .unwrap()
            .into_boxed_c_str()
            .into(),
        ..raw_layer("", data_type, dims, bytes)
    };
    vec![
        named(b"u8", DataType::UInt8, &[1, 3], &bytes[..3]),
        named(
            b"float/Concat:0",
            DataType::Float,
            &[2, 3, 1],
            &bytes[100..124],
        ),
        named(b"half.f0.u5.x", DataType::Half, &[5], &bytes[7..17]),
        named(b"i8 \"quoted\" \\", DataType::Int8, &[7], &bytes[120..127]),
        named(
            "größe %41 100%".as_bytes(),
            DataType::Int32,
            &[2],
            &bytes[..8],
        ),
        named(
            b"b\xf6xes\xff",
            DataType::Int64,
            &[1, 1, 1, 1, 1, 1, 1, 2],
            &bytes[..16],
        ),
        named(b"scalar", DataType::Float, &[], &bytes[..4]),
        named(b"none", DataType::Float, &[0, 4], &[]),
        named(b"", DataType::UInt8, &[1], &[9]),
        named(
            b"__metadata__",
            DataType::Float,
            &[1],
            &f32::NAN.to_ne_bytes(),
        ),
    ]
}

fn meta(unique_id: u32, producer: Producer, layers: Vec<NewLayer>) -> NewTensorMeta {
    let network = NetworkInfo {
        width: 640,
        height: 384,
        channels: 3,
    };
    NewTensorMeta::new(unique_id, network, producer, layers)
        .unwrap()
        .padding(true, unique_id.is_multiple_of(2))
        .gpu_id(unique_id as i32 - 1)
}

/// Frames with objects. `with_tensors` gives them tensors of three inference elements.
fn full(frames: u32, with_tensors: bool) -> gst::Buffer {
    let mut buffer = buffer(frames, |locked, list| {
        for (i, frame) in list.iter().enumerate() {
            let objects: Vec<_> = (0..i as i32)
                .map(|class| locked.add_object(frame, &object(class), None).unwrap())
                .collect();
            // As behind an interval: not every frame has some.
            if !with_tensors || i % 4 == 3 {
                continue;
            }
            let value = [i as f32, 0.5];
            let own = meta(1, Producer::NvInfer, all_types());
            locked.add_tensor_to_frame(frame, &own).unwrap();
            let own = meta(7, Producer::NvInferServer, vec![layer("out", &[2], &value)]);
            locked.add_tensor_to_frame(frame, &own).unwrap();
            for (k, object) in objects.iter().enumerate().skip(1) {
                let value = [i as f32, k as f32];
                let own = meta(4, Producer::NvInfer, vec![layer("color", &[1, 2], &value)]);
                locked.add_tensor_to_object(object, &own).unwrap();
            }
        }
    });
    let pts = gst::ClockTime::from_nseconds(123_456_789);
    buffer.get_mut().unwrap().set_pts(pts);
    buffer
}

fn record(folder: &Folder, buffers: impl IntoIterator<Item = gst::Buffer>) {
    let mut rig = Rig::new(&format!("rstensorrecord location={}", folder.pattern()));
    for buffer in buffers {
        rig.process(buffer);
    }
    assert!(rig.warnings().is_empty());
}

fn replayer(folder: &Folder, properties: &str) -> Rig {
    let location = folder.pattern();
    Rig::new(&format!("rstensorreplay location={location} {properties}"))
}

/// Writes a safetensors file as Python's save_file does.
fn hand_made(path: &str, tensors: &[(&str, Dtype, &[usize], &[u8])], info: Option<&Value>) {
    let views = tensors.iter().map(|(key, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.to_vec(), bytes).unwrap();
        (key.to_string(), view)
    });
    let info = info.map(|i| [("nvds".to_owned(), i.to_string())].into_iter().collect());
    std::fs::write(path, safetensors::serialize(views, info).unwrap()).unwrap();
}

fn info(path: &str) -> Value {
    let bytes = std::fs::read(path).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    serde_json::from_str(&metadata.metadata().as_ref().unwrap()["nvds"]).unwrap()
}

/// What a tensor meta tells of its padding: of an older DeepStream release, less.
fn told(maintain_aspect_ratio: bool, symmetric: bool) -> (Option<bool>, Option<bool>) {
    let release = nvds::release().unwrap();
    let since = |major, minor| release.is_at_least(nvds::Version::new(major, minor)) == Some(true);
    (
        since(6, 1).then_some(maintain_aspect_ratio),
        since(7, 1).then_some(symmetric),
    )
}

#[test]
fn what_is_recorded_is_replayed_to_the_byte() {
    for frames in [1, 8] {
        let folder = Folder::new(&format!("round-{frames}"));
        record(&folder, [full(frames, true), full(frames, false)]);
        let expected = tensors(&full(frames, true));
        assert_eq!(expected[0].0.len(), 2);
        assert_eq!(expected[0].0[1].layers.len(), 10);
        let mut rig = replayer(&folder, "");
        let out = rig.process(full(frames, false));
        assert_eq!(tensors(&out), expected);
        // The second had none.
        let out = rig.process(full(frames, false));
        assert_eq!(tensors(&out), tensors(&full(frames, false)));
        assert_eq!(rig.stat("buffers"), 2);
        // A recording of the replay is the recording.
        let again = Folder::new(&format!("again-{frames}"));
        let mut rig = replayer(&folder, "");
        record(&again, [rig.process(full(frames, false))]);
        let name = "000000.safetensors";
        assert_eq!(
            std::fs::read(again.file(name)).unwrap(),
            std::fs::read(folder.file(name)).unwrap()
        );
    }
}

#[test]
fn files_are_as_documented() {
    let folder = Folder::new("layout");
    record(&folder, [full(3, true)]);
    assert_eq!(folder.names(), ["000000.safetensors"]);
    let path = folder.file("000000.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let color = file.tensor("f2.o1.u4.color").unwrap();
    assert_eq!((color.dtype(), color.shape()), (Dtype::F32, &[1, 2][..]));
    let values: Vec<u8> = [2.0_f32, 1.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    assert_eq!(color.data(), values);
    assert!(file.tensor("f2.o0.u4.color").is_err());
    for (key, dtype, shape) in [
        ("f0.u1.u8", Dtype::U8, &[1, 3][..]),
        ("f1.u1.float/Concat:0", Dtype::F32, &[2, 3, 1]),
        ("f0.u1.half.f0.u5.x", Dtype::F16, &[5]),
        ("f0.u1.i8 \"quoted\" \\", Dtype::I8, &[7]),
        ("f0.u1.größe %2541 100%25", Dtype::I32, &[2]),
        ("f0.u1.b%F6xes%FF", Dtype::I64, &[1, 1, 1, 1, 1, 1, 1, 2]),
        ("f0.u1.scalar", Dtype::F32, &[]),
        ("f0.u1.none", Dtype::F32, &[0, 4]),
        ("f0.u1.", Dtype::U8, &[1]),
    ] {
        let view = file.tensor(key).unwrap();
        assert_eq!((view.dtype(), view.shape()), (dtype, shape), "{key}");
    }
    let info = info(&path);
    assert_eq!(info["version"], 1);
    assert_eq!(info["buffer_pts"], 123_456_789_u64);
    assert_eq!(
        info["frames"][2],
        json!({"pad_index": 2, "source_id": 2, "frame_num": 102, "batch_id": 2,
            "buf_pts": 80_000_000, "ntp_timestamp": 0, "width": WIDTH, "height": HEIGHT})
    );
    let mut expected = json!({"frame": 0, "object": null, "unique_id": 7, "gpu_id": 6,
        "producer": "nvinferserver", "network": {"width": 640, "height": 384, "channels": 3},
        "maintain_aspect_ratio": true, "symmetric_padding": false, "layers": ["out"]});
    let (maintain, symmetric) = told(true, false);
    for (name, told) in [
        ("maintain_aspect_ratio", maintain),
        ("symmetric_padding", symmetric),
    ] {
        if told.is_none() {
            expected.as_object_mut().unwrap().remove(name);
        }
    }
    assert_eq!(info["inferences"][1], expected);
}

#[test]
fn copies_of_the_buffer_are_recorded_and_replayed_alike() {
    let folder = Folder::new("copy");
    record(&folder, [full(2, true).copy()]);
    let mut rig = replayer(&folder, "");
    let out = rig.process(full(2, false));
    let copy = out.copy();
    let expected = tensors(&full(2, true));
    assert_eq!(tensors(&copy), expected);
    // Two branches of a tee, one of which made its buffer writable.
    let branches = ["tee-same", "tee-copy"].map(Folder::new);
    record(&branches[0], [out.clone()]);
    record(&branches[1], [copy.clone()]);
    // The library's copy reverses lists, so the order is another; the tensors are the same.
    let files = branches.each_ref().map(|branch| {
        let bytes = std::fs::read(branch.file("000000.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut all: Vec<_> = file
            .iter()
            .map(|(key, view)| (key.to_owned(), view.shape().to_vec(), view.data().to_vec()))
            .collect();
        all.sort();
        all
    });
    assert!(files[0].len() > 20 && files[0] == files[1]);
    // The copy outlives the original, the element and the file.
    drop((out, rig, folder));
    assert_eq!(tensors(&copy), expected);
}

#[test]
fn unique_id_chooses_what_is_recorded() {
    let folder = Folder::new("unique-id");
    let mut rig = Rig::new(&format!(
        "rstensorrecord unique-id=4 location={}",
        folder.pattern()
    ));
    rig.process(full(3, true));
    assert_eq!(rig.stat("tensors"), 1);
    let bytes = std::fs::read(folder.file("000000.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.names(), ["f2.o1.u4.color"]);
}

#[test]
fn only_the_newest_files_are_kept() {
    let folder = Folder::new("max-files");
    let mut rig = Rig::new(&format!(
        "rstensorrecord max-files=2 location={}",
        folder.pattern()
    ));
    for _ in 0..5 {
        rig.process(full(1, true));
    }
    assert_eq!(folder.names(), ["000003.safetensors", "000004.safetensors"]);
    assert_eq!(rig.stat("files"), 5);
    let mut rig = replayer(&folder, "index=3");
    for _ in 0..2 {
        assert_eq!(
            tensors(&rig.process(full(1, false))),
            tensors(&full(1, true))
        );
    }
}

#[test]
fn a_name_that_is_there_twice_is_warned_of() {
    let folder = Folder::new("twice");
    let mut rig = Rig::new(&format!("rstensorrecord location={}", folder.pattern()));
    for _ in 0..2 {
        rig.process(buffer(1, |locked, frames| {
            for value in [1.0, 2.0] {
                locked
                    .add_tensor_to_frame(&frames[0], &tensor(5, vec![layer("x", &[1], &[value])]))
                    .unwrap();
            }
        }));
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("f0.u5.x") && warnings[0].contains("unique-id"),
        "{warnings:?}"
    );
    assert_eq!((rig.stat("tensors"), rig.stat("left-out")), (2, 2));
    // The older is kept.
    let mut rig = replayer(&folder, "");
    let out = rig.process(buffer(1, |_, _| ()));
    let kept: Vec<_> = tensors(&out)[0]
        .0
        .iter()
        .flat_map(|m| m.layers.clone())
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].3, 1.0_f32.to_ne_bytes());
}

/// Without output-tensor-meta=1 a recording is one of empty files.
#[test]
fn a_recording_without_tensors_is_warned_of_once() {
    let folder = Folder::new("silent");
    let launch = format!("rstensorrecord location={}", folder.pattern());
    let part =
        "output-tensor-meta=1 in nvinfer's configuration, or output_control { output_tensor_meta";
    // After some seconds, and not again at the end.
    let mut rig = Rig::new(&launch);
    for _ in 0..99 {
        rig.process(buffer(1, |_, _| ()));
    }
    assert_eq!(rig.warnings(), [""; 0]);
    rig.process(buffer(1, |_, _| ()));
    rig.harness.push_event(gst::event::Eos::new());
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("100 buffers had no tensors"),
        "{warnings:?}"
    );
    assert!(warnings[0].contains(part), "{warnings:?}");
    let stats: gst::Structure = rig.element.property("stats");
    let kinds: gst::Structure = stats.get("warnings").unwrap();
    assert_eq!(kinds.get::<u64>("no-tensors"), Ok(1));
    drop(rig);
    // At the end of a shorter stream, with another unique-id.
    let mut rig = Rig::new(&format!("{launch} overwrite=true unique-id=9"));
    rig.process(full(1, true));
    rig.harness.push_event(gst::event::Eos::new());
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("1 buffers had no tensors of unique-id 9, but some of unique-id "),
        "{warnings:?}"
    );
    drop(rig);
    // Tensors on one frame of several are enough, also when others follow without.
    let mut rig = Rig::new(&format!("{launch} overwrite=true"));
    rig.process(full(2, true));
    for _ in 0..100 {
        rig.process(buffer(1, |_, _| ()));
    }
    rig.harness.push_event(gst::event::Eos::new());
    assert_eq!(rig.warnings(), [""; 0]);
}

/// A replay reads on behind a shorter recording: what is left of a longer one must not be there.
#[test]
fn a_recording_is_not_mixed_with_an_earlier_one() {
    let folder = Folder::new("mixed");
    record(&folder, (0..3).map(|_| full(1, true)));
    std::fs::write(folder.file("README"), "stays").unwrap();
    let line = format!("rstensorrecord location={}", folder.pattern());
    start_error(
        &line,
        &[
            "3 files of an earlier recording",
            &folder.file("000000.safetensors"),
            "overwrite=true",
        ],
    );
    assert_eq!(folder.names().len(), 4);
    let mut rig = Rig::new(&format!("{line} overwrite=true"));
    assert_eq!(folder.names(), ["README"]);
    rig.process(full(2, true));
    assert_eq!(folder.names(), ["000000.safetensors", "README"]);
}

#[test]
fn files_that_are_synced_are_the_same() {
    let folder = Folder::new("fsync");
    let line = format!("rstensorrecord fsync=true location={}", folder.pattern());
    Rig::new(&line).process(full(1, true));
    assert_eq!(folder.names(), ["000000.safetensors"]);
    let mut rig = replayer(&folder, "");
    assert_eq!(
        tensors(&rig.process(full(1, false))),
        tensors(&full(1, true))
    );
}

/// A buffer of one frame of a pad, at a time, of a size.
fn at(pad: u32, milliseconds: u64, source_size: (u32, u32)) -> gst::Buffer {
    let frame = NewFrame {
        pad_index: pad,
        source_id: pad,
        batch_id: 0,
        frame_num: 0,
        buf_pts: milliseconds * 1_000_000,
        ntp_timestamp: 0,
        source_size,
        pipeline_size: source_size,
    };
    buffer_of_frames(&[frame], |_, _| ())
}

/// The warnings of a recording of the times `recorded`, replayed on frames at `times`.
fn differences(name: &str, properties: &str, recorded: &[u64], frames: Vec<gst::Buffer>) -> String {
    let folder = Folder::new(name);
    record(
        &folder,
        recorded.iter().map(|&time| at(0, time, (WIDTH, HEIGHT))),
    );
    let mut rig = replayer(&folder, properties);
    for frame in frames {
        rig.process(frame);
    }
    rig.warnings().join("\n")
}

#[test]
fn tensors_of_another_film_or_frame_rate_are_warned_of_once() {
    let size = (WIDTH, HEIGHT);
    let frames = |times: &[u64]| times.iter().map(|&time| at(0, time, size)).collect();
    let recorded = [0, 33, 67, 100];
    assert_eq!(differences("same", "", &recorded, frames(&recorded)), "");
    let slower = differences("rate", "", &recorded, frames(&[0, 100, 200, 300]));
    assert_eq!(slower.lines().count(), 1, "{slower}");
    for part in [
        "buffer 1 and",
        "000001.safetensors",
        "0:00:00.100",
        "0:00:00.033",
        "frame rate",
    ] {
        assert!(slower.contains(part), "{part}: {slower}");
    }
    // The same rate, from another place on.
    let later = differences("later", "", &recorded, frames(&[1000, 1033, 1067]));
    assert!(later.contains("buffer 0 and"), "{later}");
    // Who asks for another place gets no warning, and neither does who starts again.
    let from = differences("index", "index=1", &recorded, frames(&[0, 34, 67]));
    assert_eq!(from, "");
    let twice = frames(&[0, 33, 67, 100, 133, 167, 200, 233]);
    assert_eq!(differences("loop", "on-end=loop", &recorded, twice), "");
    let turned = frames(&[0, 33, 67, 100, 133, 183]);
    let turned = differences("loop-rate", "on-end=loop", &recorded, turned);
    assert!(turned.contains("buffer 1 and"), "{turned}");
}

#[test]
fn tensors_of_another_size_or_source_are_warned_of_once() {
    let recorded = [0, 33];
    let frames = recorded.iter().map(|&time| at(3, time, (640, 480)));
    let text = differences("size", "", &recorded, frames.collect());
    assert_eq!(text.lines().count(), 2, "{text}");
    for part in ["640x480", "1920x1080", "sink_3, recorded sink_0"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_buffer_without_batch_has_no_file() {
    let folder = Folder::new("no-batch");
    let mut rig = Rig::new(&format!("rstensorrecord location={}", folder.pattern()));
    rig.process(gst::Buffer::new());
    rig.process(full(1, true));
    assert_eq!(folder.names(), ["000000.safetensors"]);
    assert_eq!(rig.warnings().len(), 1);
    let mut rig = replayer(&folder, "");
    rig.process(gst::Buffer::new());
    assert_eq!(
        tensors(&rig.process(full(1, false))),
        tensors(&full(1, true))
    );
    assert_eq!(rig.warnings().len(), 1);
}

/// The error of an element that must not start.
fn start_error(launch: &str, parts: &[&str]) {
    let text = common::start_error(launch);
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in: {text}");
    }
}

#[test]
fn wrong_locations_are_errors_that_say_what_is_expected() {
    for element in ["rstensorrecord", "rstensorreplay"] {
        start_error(element, &["location is not set", "%06u"]);
        start_error(
            &format!("{element} location=\"\""),
            &["location is not set"],
        );
        start_error(&format!("{element} location=/tmp/%s"), &["%s", "%05u"]);
        start_error(
            &format!("{element} location=/tmp/%u-%u"),
            &["%u-%u", "more than one"],
        );
    }
    start_error("rstensorrecord location=/tmp/one", &["/tmp/one", "%05u"]);
    start_error(
        "rstensorrecord location=/no/such/%u",
        &["/no/such", "folder"],
    );
    start_error("rstensorreplay location=/no/such/%u", &["/no/such/0"]);
    start_error("rstensorreplay location=/tmp", &["/tmp", "not a file"]);
}

/// The folder vanishes; a file of the name exists as a folder. Files written before stay valid.
#[test]
fn a_file_that_cannot_be_written_is_named() {
    let folder = Folder::new("unwritable");
    std::fs::create_dir_all(folder.file("000001.safetensors/x")).unwrap();
    let mut rig = Rig::new(&format!("rstensorrecord location={}", folder.pattern()));
    rig.process(full(1, true));
    assert_eq!(rig.push(full(1, true)), Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(
        error.contains(&folder.file("000001.safetensors")),
        "{error}"
    );
    // Nothing half written is left.
    assert_eq!(folder.names(), ["000000.safetensors", "000001.safetensors"]);
    let mut rig = replayer(&folder, "");
    assert_eq!(
        tensors(&rig.process(full(1, false))),
        tensors(&full(1, true))
    );
}

/// A limit on the size of files makes writes fail half-way, as a full disk does. It holds for a
/// whole process, so the test runs itself in one of its own.
#[test]
fn a_write_that_breaks_off_is_an_error_and_leaves_no_part() {
    const INSIDE: &str = "RSNVDS_TEST_FILE_SIZE_LIMIT";
    if std::env::var_os(INSIDE).is_none() {
        let name = "a_write_that_breaks_off_is_an_error_and_leaves_no_part";
        let output = std::process::Command::new("sh")
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact \"$1\"",
            ])
            .arg(std::env::current_exe().unwrap())
            .arg(name)
            .env(INSIDE, "1")
            .env("GST_REGISTRY_UPDATE", "no")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let of_size = |size: usize| {
        buffer(1, |locked, frames| {
            let large = raw_layer("x", DataType::UInt8, &[size], &vec![1; size]);
            locked
                .add_tensor_to_frame(&frames[0], &tensor(5, vec![large]))
                .unwrap();
        })
    };
    let folder = Folder::new("limit");
    let mut rig = Rig::new(&format!("rstensorrecord location={}", folder.pattern()));
    rig.process(of_size(100));
    assert_eq!(rig.push(of_size(1_000_000)), Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(
        error.contains(&folder.file("000001.safetensors")),
        "{error}"
    );
    assert_eq!(folder.names(), ["000000.safetensors"]);
    let mut rig = replayer(&folder, "");
    let out = rig.process(buffer(1, |_, _| ()));
    assert_eq!(tensors(&out), tensors(&of_size(100)));
}

#[test]
fn the_end_of_the_recording_is_an_error_by_default() {
    let folder = Folder::new("end-error");
    record(&folder, [full(1, true), full(1, true)]);
    let mut rig = replayer(&folder, "");
    rig.process(full(1, false));
    rig.process(full(1, false));
    assert_eq!(rig.push(full(1, false)), Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(
        error.contains("2 files") && error.contains("000002.safetensors"),
        "{error}"
    );
    // One file is for one buffer.
    let one = folder.file("000001.safetensors");
    let mut rig = Rig::new(&format!("rstensorreplay location={one}"));
    rig.process(full(1, false));
    assert_eq!(rig.push(full(1, false)), Err(gst::FlowError::Error));
    assert!(rig.error().contains("on-end"));
}

#[test]
fn behind_the_end_buffers_may_pass() {
    let folder = Folder::new("end-pass");
    record(&folder, [full(1, true)]);
    let mut rig = replayer(&folder, "on-end=pass");
    assert_eq!(tensors(&rig.process(full(1, false)))[0].0.len(), 2);
    for _ in 0..3 {
        assert!(tensors(&rig.process(full(1, false)))[0].0.is_empty());
    }
}

#[test]
fn a_recording_may_start_again() {
    let folder = Folder::new("end-loop");
    let value = |v: f32| {
        buffer(1, |locked, frames| {
            locked
                .add_tensor_to_frame(&frames[0], &tensor(5, vec![layer("x", &[1], &[v])]))
                .unwrap();
        })
    };
    record(&folder, [value(0.0), value(1.0), value(2.0)]);
    let replayed = |rig: &mut Rig| {
        let out = rig.process(buffer(1, |_, _| ()));
        let bytes = tensors(&out)[0].0[0].layers[0].3.clone();
        f32::from_ne_bytes(bytes.try_into().unwrap())
    };
    let mut rig = replayer(&folder, "on-end=loop index=1");
    let values: Vec<_> = (0..5).map(|_| replayed(&mut rig)).collect();
    assert_eq!(values, [1.0, 2.0, 1.0, 2.0, 1.0]);
    assert_eq!(rig.stat("loops"), 2);
    let one = folder.file("000002.safetensors");
    let mut rig = Rig::new(&format!("rstensorreplay location={one} on-end=loop"));
    std::fs::remove_file(one).unwrap(); // read once
    let values: Vec<_> = (0..3).map(|_| replayed(&mut rig)).collect();
    assert_eq!(values, [2.0, 2.0, 2.0]);
}

/// Threads decide in which order the frames of several sources come into a batch.
#[test]
fn frames_in_another_order_get_their_own_tensors() {
    let folder = Folder::new("order");
    record(&folder, [full(4, true)]);
    let expected = tensors(&full(4, true));
    let pads = [3, 0, 2, 1];
    let mixed = buffer_of_pads(&pads, |locked, list| {
        for (frame, pad) in list.iter().zip(pads) {
            for class in 0..pad as i32 {
                locked.add_object(frame, &object(class), None).unwrap();
            }
        }
    });
    let seen = tensors(&replayer(&folder, "").process(mixed));
    for (seen, pad) in seen.iter().zip(pads) {
        assert_eq!(*seen, expected[pad as usize], "pad {pad}");
    }
}

#[test]
fn other_frame_and_object_counts_are_errors_with_both() {
    let folder = Folder::new("counts");
    record(&folder, [full(3, true)]);
    let mut rig = replayer(&folder, "");
    assert_eq!(rig.push(full(2, false)), Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(
        error.contains("2 frames") && error.contains("the file 3"),
        "{error}"
    );
    let mut rig = replayer(&folder, "");
    let bare = buffer(3, |_, _| ());
    assert_eq!(rig.push(bare.clone()), Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(
        error.contains("0 objects") && error.contains("object 1"),
        "{error}"
    );
    // All or nothing.
    assert!(tensors(&bare).iter().all(|(frame, _)| frame.is_empty()));
}

#[test]
fn files_made_by_hand_need_keys_only() {
    let folder = Folder::new("hand");
    let ones = 1.0_f32.to_le_bytes().repeat(4);
    hand_made(
        &folder.file("000000.safetensors"),
        &[
            ("f0.u5.detection_boxes", Dtype::F32, &[1, 4], &ones),
            ("f0.u5.num_detections", Dtype::F32, &[1], &ones[..4]),
            ("f1.u5.num_detections", Dtype::F32, &[1], &ones[..4]),
        ],
        None,
    );
    start_error(
        &format!("rstensorreplay location={}", folder.pattern()),
        &["network-width", "unique-id 5"],
    );
    let mut rig = replayer(&folder, "network-width=300 network-height=200");
    let out = rig.process(buffer(2, |_, _| ()));
    let seen = tensors(&out);
    let meta = &seen[0].0[0];
    assert_eq!((meta.unique_id, meta.padding), (5, told(false, false)));
    let network = (
        meta.network.width,
        meta.network.height,
        meta.network.channels,
    );
    assert_eq!(network, (300, 200, 3));
    assert_eq!(meta.layers.len(), 2);
    assert_eq!(meta.layers[0].2, [1, 4]);
    assert_eq!(seen[1].0.len(), 1);
    // With what they are, a few words suffice.
    let own = json!({"version": 1, "frames": [{}, {}, {}], "inferences": [
        {"unique_id": 5, "network": {"width": 64, "height": 32, "channels": 1}}]});
    let tensors_of = [("f1.u5.x", Dtype::F32, &[4][..], &ones[..])];
    hand_made(&folder.file("000000.safetensors"), &tensors_of, Some(&own));
    let mut rig = replayer(&folder, "");
    let out = rig.process(buffer(3, |_, _| ()));
    let seen = tensors(&out);
    assert_eq!(seen[1].0[0].network.width, 64);
    assert!(seen[0].0.is_empty() && seen[2].0.is_empty());
}

/// What is told of a frame's inference is not told of one of its objects, by the same element.
#[test]
fn an_objects_inference_is_not_that_of_its_frame() {
    let folder = Folder::new("object");
    let ones = 1.0_f32.to_le_bytes();
    let own = json!({"version": 1, "frames": [{}], "inferences": [
        {"frame": 0, "unique_id": 5, "network": {"width": 64, "height": 32, "channels": 1}}]});
    hand_made(
        &folder.file("000000.safetensors"),
        &[
            ("f0.u5.x", Dtype::F32, &[1], &ones),
            ("f0.o0.u5.x", Dtype::F32, &[1], &ones),
        ],
        Some(&own),
    );
    start_error(
        &format!("rstensorreplay location={}", folder.pattern()),
        &["network-width", "unique-id 5"],
    );
    let mut rig = replayer(&folder, "network-width=300 network-height=200");
    let out = rig.process(buffer(1, |locked, frames| {
        locked.add_object(&frames[0], &object(0), None).unwrap();
    }));
    let (frame, objects) = tensors(&out).remove(0);
    assert_eq!(frame[0].network.width, 64);
    assert_eq!(objects[0][0].network.width, 300);
}

/// The file that the Python code in docs/record-replay.md writes, as safetensors 0.8 for Python
/// wrote it.
#[test]
fn the_documented_python_file_gives_its_object() {
    let header = concat!(
        r#"{"f0.u5.detection_boxes":{"dtype":"F32","shape":[1,4],"data_offsets":[0,16]},"#,
        r#""f0.u5.detection_classes":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},"#,
        r#""f0.u5.detection_scores":{"dtype":"F32","shape":[1],"data_offsets":[20,24]},"#,
        r#""f0.u5.num_detections":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}}"#,
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    for value in [0.25_f32, 0.5, 0.75, 0.6, 1.0, 0.9, 1.0] {
        bytes.extend(value.to_le_bytes());
    }
    let folder = Folder::new("python");
    let path = folder.file("one.safetensors");
    std::fs::write(&path, bytes).unwrap();
    let mut rig = Rig::new(&format!(
        "rstensorreplay location={path} on-end=loop network-width=300 network-height=300 \
         ! rsssdparser"
    ));
    for _ in 0..2 {
        let out = rig.process(buffer(1, |_, _| ()));
        let seen = &objects(&out)[0];
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].class_id, seen[0].text.as_str()), (1, "1 0.900"));
        assert!((seen[0].rect[0] - 960.0).abs() < 0.01, "{:?}", seen[0].rect);
    }
}

/// Header without padding: tensors at odd addresses, which the format allows.
#[test]
fn tensors_that_are_not_aligned_are_replayed() {
    let folder = Folder::new("aligned");
    let path = folder.file("000000.safetensors");
    for pad in 0..8 {
        let mut header = r#"{"f0.u1.a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},
            "f0.u1.b":{"dtype":"F32","shape":[2],"data_offsets":[3,11]}}"#
            .to_owned();
        header += &" ".repeat(pad);
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(1..=11);
        std::fs::write(&path, bytes).unwrap();
        let mut rig = replayer(&folder, "network-width=1 network-height=1");
        let out = rig.process(buffer(1, |_, _| ()));
        let layers = &tensors(&out)[0].0[0].layers;
        assert_eq!(layers[0].3, [1, 2, 3]);
        assert_eq!(layers[1].3, [4, 5, 6, 7, 8, 9, 10, 11]);
    }
}

#[test]
fn files_that_are_no_recordings_are_refused_with_the_reason() {
    let folder = Folder::new("refused");
    let path = folder.file("000000.safetensors");
    let line = format!(
        "rstensorreplay network-width=3 network-height=3 location={}",
        folder.pattern()
    );
    let refuse = |parts: &[&str]| {
        let mut parts = parts.to_vec();
        parts.push(&path);
        start_error(&line, &parts);
    };
    let raw = |header: &str, data: &[u8]| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(data);
        std::fs::write(&path, bytes).unwrap();
    };
    std::fs::write(&path, b"").unwrap();
    refuse(&["it is empty"]);
    std::fs::write(&path, b"abc").unwrap();
    refuse(&["cut short", "3 bytes of 8"]);
    std::fs::write(&path, u64::MAX.to_le_bytes()).unwrap();
    refuse(&["18446744073709551615"]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5792\n";
    std::fs::write(&path, pointer).unwrap();
    refuse(&["Git LFS", "git lfs pull"]);
    std::fs::write(&path, "<!DOCTYPE html><html></html>").unwrap();
    refuse(&["not a safetensors file", "28 bytes"]);
    raw(
        r#"{"f0.u1.x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#,
        b"abcd",
    );
    refuse(&["71 bytes", "only of 70"]);
    raw(
        r#"{"f0.u1.x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},
            "f0.u1.x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
        b"ab",
    );
    refuse(&["two tensors have the same name"]);
    raw(r#"{"f0.u1.x":{"dtype":"U8""#, b"");
    refuse(&["header is not understood"]);
    raw("{", b"");
    refuse(&["header"]);
    raw(&"[".repeat(100_000), b"");
    refuse(&["header"]);
    raw(
        r#"{"f0.u1.x":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#,
        b"ab",
    );
    refuse(&["cut short", "69 bytes of 70"]);
    // Nearly 2^64 bytes in all: safetensors' own reader adds unchecked.
    let (part, mut header) = ((1_u64 << 61) - 1, String::from("{"));
    for i in 0..8 {
        let (from, to) = (part * i, part * (i + 1));
        header += &format!(
            r#""f0.u1.{i}":{{"dtype":"U8","shape":[{part}],"data_offsets":[{from},{to}]}},"#
        );
    }
    let end = part * 8;
    header += &format!(
        r#""f0.u1.8":{{"dtype":"U8","shape":[7],"data_offsets":[{end},{}]}}}}"#,
        end + 7
    );
    raw(&header, b"");
    refuse(&["cut short", "of 18446744073709551615"]);
    let four = [0; 8];
    hand_made(&path, &[("boxes", Dtype::F32, &[2], &four)], None);
    refuse(&["boxes", "f<frame>.u<unique-id>.<layer>"]);
    hand_made(&path, &[("f0.u1.x", Dtype::F64, &[1], &four)], None);
    refuse(&["F64", "astype(numpy.float32)"]);
    hand_made(
        &path,
        &[("f0.u1.x", Dtype::U8, &[1, 1, 1, 1, 1, 1, 1, 1, 8], &four)],
        None,
    );
    refuse(&["9 dims"]);
    hand_made(&path, &[("f0.u1.x%00", Dtype::U8, &[8], &four)], None);
    refuse(&["zero byte"]);
    let own = |info: Value| hand_made(&path, &[("f0.u1.x", Dtype::U8, &[8], &four)], Some(&info));
    own(json!({"version": 2}));
    refuse(&["version 2", "version 1"]);
    own(json!({"version": 1, "frames": 3}));
    refuse(&["nvds"]);
    own(json!("hello"));
    refuse(&["nvds"]);
    own(json!({"version": 1, "frames": []}));
    refuse(&["f0.u1.*", "0 frames"]);
    let network = json!({"width": 1, "height": 1, "channels": 3});
    own(json!({"version": 1, "frames": [{}], "inferences": [
        {"frame": 0, "unique_id": 1, "network": network, "layers": ["x", "y"]}]}));
    refuse(&["f0.u1.y"]);
    own(json!({"version": 1, "frames": [{}], "inferences": [
        {"frame": 9, "unique_id": 1, "network": network}]}));
    refuse(&["f9.u1.*", "1 frame, numbered"]);
    // Sparse and huge.
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(1 << 40).unwrap();
    refuse(&["1099511627776"]);
}

/// Every cut and many flipped bits: an error or other tensors, never a crash.
#[test]
fn damaged_files_do_no_harm() {
    let folder = Folder::new("damaged");
    record(&folder, [full(2, true)]);
    let path = folder.file("000000.safetensors");
    let whole = std::fs::read(&path).unwrap();
    let tried = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let element = gst::ElementFactory::make("rstensorreplay")
            .property("location", folder.pattern())
            .build()
            .unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let started = element.set_state(gst::State::Paused).is_ok();
        if let Some(message) = bus.pop_filtered(&[gst::MessageType::Error]) {
            let gst::MessageView::Error(error) = message.view() else {
                unreachable!()
            };
            // gstreamer-rs makes a panic an error with this text.
            let text = error.error().to_string();
            assert!(!text.contains("Panicked") && text.contains(&path), "{text}");
            assert!(!started);
        }
        bus.set_flushing(true);
        element.set_bus(None);
        element.set_state(gst::State::Null).unwrap();
        started
    };
    assert!(tried(&whole));
    for len in (0..whole.len()).step_by(7) {
        assert!(!tried(&whole[..len]), "cut at {len}");
    }
    let mut outcomes = HashMap::new();
    let mut random = 1_u64;
    for _ in 0..1500 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let at = (random >> 33) as usize % whole.len();
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (random >> 29 & 7);
        let started = tried(&bytes);
        *outcomes.entry(started).or_insert(0) += 1;
        if started && at.is_multiple_of(5) {
            let mut rig = replayer(&folder, "");
            // It may fit or not.
            let out = full(2, false);
            if rig.push(out.clone()).is_ok() {
                let _ = tensors(&out);
            } else {
                rig.error();
            }
        }
    }
    // Both happen, so both were looked at.
    assert!(
        outcomes[&true] > 50 && outcomes[&false] > 50,
        "{outcomes:?}"
    );
}
