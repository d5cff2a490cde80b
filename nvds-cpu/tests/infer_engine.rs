//! Configurations, models and frames through ONNX Runtime: shapes, types, batches, and what is refused.
//!
//! Needs ONNX Runtime where `make env` says it is.

use std::path::{Path, PathBuf};

use gstnvdscpu::convert::{Color, Format, Frame, Plane};
use gstnvdscpu::infer::engine::Engine;
use gstnvdscpu::infer::model_repo::{self, RepositoryModel};
use gstnvdscpu::infer::nvinfer_config::NvinferConfig;
use gstnvdscpu::infer::preprocess::Image;
use gstnvdscpu::infer::server_config::ServerConfig;
use nvds::sys::NvDsInferTensorMeta;
use nvds::{Batch, DataType, LayerData, NewBatch, NewFrame, NewTensorMeta};

const FRAME: NewFrame = NewFrame {
    pad_index: 0,
    source_id: 0,
    batch_id: 0,
    frame_num: 0,
    buf_pts: 0,
    ntp_timestamp: 0,
    source_size: (4, 4),
    pipeline_size: (4, 4),
};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/infer")
        .join(name)
}

/// A repository with one model called "m", removed at the end.
struct Repository(PathBuf);

impl Repository {
    fn new(test: &str, onnx: &str, config: Option<&str>) -> Self {
        let root = std::env::temp_dir().join(format!("nvds-cpu-{}-{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(root.join("m/1")).unwrap();
        std::fs::copy(data(onnx), root.join("m/1/model.onnx")).unwrap();
        if let Some(config) = config {
            std::fs::write(root.join("m/config.pbtxt"), config).unwrap();
        }
        Self(root)
    }

    fn config(&self, infer: &str, preprocess: &str, backend: &str) -> ServerConfig {
        let text = format!(
            "infer_config {{ {infer} backend {{ {backend} triton {{ model_name: \"m\" model_repo {{ root: \"{}\" }} }} }} preprocess {{ {preprocess} }} postprocess {{ other {{}} }} }} output_control {{ output_tensor_meta: true }}",
            self.0.display()
        );
        ServerConfig::parse(&text, Path::new("/c.txt")).unwrap()
    }

    fn model(&self) -> RepositoryModel {
        model_repo::find(std::slice::from_ref(&self.0), "m", None, false).unwrap()
    }

    fn load(&self, preprocess: &str, backend: &str, max: u32) -> Result<Engine, String> {
        let config = self.config("", preprocess, backend);
        Engine::for_server(&config, &self.model(), 7, max)
            .map(|(engine, _)| engine)
            .map_err(|e| e.to_string())
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn nvinfer(onnx: &str, more: &str, batch: u32) -> Result<Engine, String> {
    let text = format!(
        "[property]\nonnx-file={}\nnetwork-type=100\ngie-unique-id=3\n{more}",
        data(onnx).display()
    );
    let config = NvinferConfig::parse(&text, Path::new("/c.txt")).unwrap();
    Engine::for_nvinfer(&config, 3, batch).map_err(|e| e.to_string())
}

/// A picture of one colour.
fn plain(side: usize, rgb: [u8; 3]) -> Vec<u8> {
    rgb.iter().copied().cycle().take(side * side * 3).collect()
}

/// The plane of a plain picture.
fn plane(data: &[u8], side: usize) -> [Plane<'_>; 1] {
    [Plane {
        data,
        pitch: side * 3,
    }]
}

fn image<'a>(planes: &'a [Plane<'a>], side: usize) -> Image<'a> {
    Image {
        frame: Frame {
            format: Format::Rgb,
            color: Color::default(),
            width: side,
            height: side,
        },
        planes,
    }
}

/// A layer as a reader finds it: name, type, dims, and the elements as numbers.
type Seen = (String, DataType, Vec<usize>, Vec<f64>);

/// What the engine makes of plain pictures, read back through a metadata batch, one list per frame.
fn infer(engine: &mut Engine, colors: &[[u8; 3]]) -> (Vec<Vec<Seen>>, Vec<String>) {
    let pictures: Vec<_> = colors.iter().map(|&rgb| plain(4, rgb)).collect();
    let planes: Vec<_> = pictures.iter().map(|p| plane(p, 4)).collect();
    let images: Vec<_> = planes.iter().map(|planes| image(planes, 4)).collect();
    let mut metas: Vec<NewTensorMeta> = Vec::new();
    let warnings = engine
        .infer(images.as_slice(), |i, meta| {
            assert_eq!(i, metas.len());
            metas.push(meta);
        })
        .unwrap();
    assert_eq!(metas.len(), colors.len());
    gst::init().unwrap();
    let mut new = NewBatch::new(metas.len() as u32).unwrap();
    for _ in &metas {
        new.add_frame(&FRAME);
    }
    let batch = new.batch();
    let locked = batch.lock();
    for (frame, meta) in locked.frames().zip(&metas) {
        locked.add_tensor_to_frame(&frame, meta).unwrap();
    }
    drop(locked);
    (read(&batch), warnings)
}

fn read(batch: &Batch<'_>) -> Vec<Vec<Seen>> {
    let locked = batch.lock();
    locked
        .frames()
        .map(|frame| {
            let tensor = frame.tensors().next().unwrap();
            tensor
                .layers()
                .unwrap()
                .map(|layer| {
                    let numbers = match layer.data().unwrap() {
                        LayerData::Float(v) => v.iter().map(|&x| f64::from(x)).collect(),
                        LayerData::Half(v) => v.iter().map(|&x| f64::from(x)).collect(),
                        LayerData::Int8(v) => v.iter().map(|&x| f64::from(x)).collect(),
                        LayerData::Int32(v) => v.iter().map(|&x| f64::from(x)).collect(),
                        LayerData::Int64(v) => v.iter().map(|&x| x as f64).collect(),
                        LayerData::UInt8(v) => v.iter().map(|&x| f64::from(x)).collect(),
                    };
                    (
                        layer.name().into_owned(),
                        layer.data_type().unwrap(),
                        layer.dims().unwrap().as_slice().to_vec(),
                        numbers,
                    )
                })
                .collect()
        })
        .collect()
}

const NHWC: &str = "max_batch_size: 3 input { name: \"image\" data_type: TYPE_UINT8 format: FORMAT_NHWC dims: [4, 4, 3] }";

#[test]
fn a_batch_is_split_and_each_frame_gets_its_slice() {
    let repository = Repository::new("split", "dynamic_nhwc_u8.onnx", Some(NHWC));
    let mut engine = repository.load("", "", 16).unwrap();
    assert_eq!(engine.frames_per_run(), 3);
    let colors = [[1, 2, 3], [10, 20, 30], [0, 0, 9], [100, 0, 0], [7, 7, 7]];
    let (seen, warnings) = infer(&mut engine, &colors);
    assert!(warnings.is_empty(), "{warnings:?}");
    for (rgb, layers) in colors.iter().zip(seen) {
        let (name, ty, dims, numbers) = &layers[0];
        assert_eq!(
            (name.as_str(), *ty, dims.as_slice()),
            ("pixels", DataType::Float, &[16, 3][..])
        );
        for pixel in numbers.chunks(3) {
            assert_eq!(pixel, rgb.map(f64::from));
        }
        let (name, _, dims, numbers) = &layers[1];
        assert_eq!((name.as_str(), dims.as_slice()), ("sum", &[1][..]));
        let sum: f64 = rgb.iter().map(|&c| f64::from(c) * 16.0).sum();
        assert_eq!(numbers, &[sum]);
    }
}

#[test]
fn max_batch_size_0_tells_the_whole_shape_and_runs_frame_by_frame() {
    for config in [
        "max_batch_size: 0 input { name: \"image\" data_type: TYPE_UINT8 dims: [-1, 4, 4, 3] }",
        "input { name: \"image\" dims: [1, 4, 4, 3] }",
    ] {
        let repository = Repository::new("whole", "dynamic_nhwc_u8.onnx", Some(config));
        let mut engine = repository.load("", "", 4).unwrap();
        let (seen, _) = infer(&mut engine, &[[1, 1, 1], [2, 2, 2]]);
        assert_eq!(seen[0][0].2, [1, 16, 3]);
        assert_eq!(seen[1][0].2, [1, 16, 3]);
        assert_eq!(
            seen[1][1],
            ("sum".into(), DataType::Float, vec![1], vec![96.0])
        );
    }
}

#[test]
fn a_missing_config_is_completed_from_the_model() {
    let repository = Repository::new("auto", "dynamic_nhwc_u8.onnx", None);
    let mut engine = repository.load("", "", 2).unwrap();
    assert_eq!(engine.frames_per_run(), 2);
    assert_eq!(infer(&mut engine, &[[1, 0, 0]; 3]).0[2][0].2, [16, 3]);
}

#[test]
fn outputs_are_chosen_ordered_and_reshaped() {
    let config = format!(
        "{NHWC} output [{{ name: \"sum\" data_type: TYPE_FP32 dims: [1] reshape {{ shape: [] }} }}, {{ name: \"pixels\" dims: [48, 1] reshape {{ shape: [16, 3] }} }}]"
    );
    let repository = Repository::new("chosen", "dynamic_nhwc_u8.onnx", Some(&config));
    let (seen, _) = infer(&mut repository.load("", "", 4).unwrap(), &[[1, 2, 3]]);
    let names: Vec<_> = seen[0]
        .iter()
        .map(|l| (l.0.as_str(), l.2.as_slice()))
        .collect();
    assert_eq!(names, [("sum", &[1][..]), ("pixels", &[48, 1][..])]);

    let mut engine = repository
        .load("", "outputs [{ name: \"pixels\" }]", 4)
        .unwrap();
    assert_eq!(infer(&mut engine, &[[1, 2, 3]]).0[0].len(), 1);
    let error = repository
        .load("", "outputs [{ name: \"boxes\" }]", 4)
        .unwrap_err();
    assert!(
        error.contains("no output \"boxes\"") && error.contains("sum, pixels"),
        "{error}"
    );
}

#[test]
fn every_type_comes_through() {
    let repository = Repository::new("types", "fixed1_nchw_f32.onnx", Some("max_batch_size: 4"));
    let mut engine = repository
        .load("normalize { scale_factor: 0.5 }", "", 4)
        .unwrap();
    assert_eq!(engine.frames_per_run(), 1);
    let (seen, warnings) = infer(&mut engine, &[[0, 2, 200], [4, 4, 4]]);
    assert!(warnings.is_empty(), "{warnings:?}");
    let expected: Vec<f64> = [0.0, 1.0, 100.0].iter().flat_map(|&v| [v; 4]).collect();
    let types: Vec<_> = seen[0].iter().map(|l| (l.0.as_str(), l.1)).collect();
    assert_eq!(
        types,
        [
            ("same", DataType::Float),
            ("half", DataType::Half),
            ("i8", DataType::Int8),
            ("i32", DataType::Int32),
            ("i64", DataType::Int64),
            ("u8", DataType::UInt8),
            ("u32", DataType::Int32),
            ("flag", DataType::UInt8),
        ]
    );
    for (name, _, dims, numbers) in &seen[0] {
        assert_eq!(dims, &[3, 2, 2], "{name}");
        if name == "flag" {
            assert_eq!(numbers, &[0., 0., 0., 0., 1., 1., 1., 1., 1., 1., 1., 1.]);
        } else {
            assert_eq!(numbers, &expected, "{name}");
        }
    }
    assert_eq!(seen[1][0].3, [2.0; 12]);
}

#[test]
fn a_fixed_batch_is_filled_as_far_as_frames_go() {
    let repository = Repository::new("fixed2", "fixed2_nhwc_f32.onnx", Some("max_batch_size: 2"));
    let mut engine = repository.load("", "", 1).unwrap();
    assert_eq!(engine.frames_per_run(), 2);
    let (seen, _) = infer(&mut engine, &[[1, 1, 1], [2, 2, 2], [3, 3, 3]]);
    for (i, layers) in seen.iter().enumerate() {
        assert_eq!(layers[0].2, [2, 2, 3]);
        assert_eq!(layers[0].3, [(i + 1) as f64; 12]);
    }
}

#[test]
fn a_model_without_batch_dimension() {
    let repository = Repository::new("hwc", "hwc_f32.onnx", None);
    let (seen, _) = infer(
        &mut repository.load("", "", 4).unwrap(),
        &[[1, 2, 3], [0, 0, 1]],
    );
    assert_eq!(seen[0][0].2, [2, 2, 3]);
    assert_eq!(
        seen[0][1],
        ("total".into(), DataType::Float, vec![], vec![24.0])
    );
    assert_eq!(seen[1][1].3, [4.0]);
}

#[test]
fn open_sizes_come_from_the_configuration() {
    let size = "inputs [{ name: \"input\" dims: [3, 6, 8] }]";
    let repository = Repository::new(
        "size",
        "dynamic_size_nchw_f32.onnx",
        Some("max_batch_size: 4"),
    );
    let error = repository.load("", "", 4).unwrap_err();
    assert!(
        error.contains("left open") && error.contains("inputs [{ name: \"input\" dims"),
        "{error}"
    );
    let mut engine = repository.load("", size, 4).unwrap();
    let network = engine.network();
    assert_eq!((network.width, network.height, network.channels), (8, 6, 3));
    // With one frame nvinferserver takes tensors whose first dimension is not the batch, with more it does not.
    let (seen, warnings) = infer(&mut engine, &[[1, 2, 3]]);
    let names: Vec<_> = seen[0]
        .iter()
        .map(|l| (l.0.as_str(), l.2.as_slice()))
        .collect();
    assert_eq!(
        names,
        [("shape", &[1][..]), ("rows", &[7][..]), ("mean", &[3][..])]
    );
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("\"none\" is not attached: its shape is [0, 4]"));
}

#[test]
fn outputs_that_are_no_batch_are_left_out_and_told_once() {
    let repository = Repository::new(
        "rows",
        "dynamic_size_nchw_f32.onnx",
        Some("max_batch_size: 4"),
    );
    let mut engine = repository
        .load("", "inputs [{ name: \"input\" dims: [3, 6, 8] }]", 4)
        .unwrap();
    let (seen, warnings) = infer(&mut engine, &[[1, 2, 3], [4, 5, 6]]);
    let names: Vec<_> = seen[1].iter().map(|l| l.0.as_str()).collect();
    assert_eq!(names, ["mean"]);
    assert_eq!(seen[1][0].3, [4.0, 5.0, 6.0]);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(
        warnings
            .iter()
            .any(|w| w.contains("\"rows\" is not attached"))
    );
    assert!(infer(&mut engine, &[[1, 2, 3], [4, 5, 6]]).1.is_empty());
}

#[test]
fn nvinfer_cuts_the_first_dimension_off() {
    let mut engine = nvinfer("dynamic_size_nchw_f32.onnx", "infer-dims=3;6;8\n", 4).unwrap();
    let (seen, warnings) = infer(&mut engine, &[[1, 2, 3], [4, 5, 6]]);
    assert_eq!(
        seen[1][0],
        ("shape".into(), DataType::Int64, vec![1], vec![3.0])
    );
    assert_eq!(seen[1][1].2, [7]);
    assert_eq!(seen[1][1].3, [7., 8., 9., 10., 11., 12., 13.]);
    assert_eq!(seen[1].last().unwrap().3, [4.0, 5.0, 6.0]);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("\"none\""), "{warnings:?}");
}

#[test]
fn only_nvinferserver_leaves_the_odd_column_and_row_free() {
    let repository = Repository::new(
        "odd",
        "dynamic_size_nchw_f32.onnx",
        Some("max_batch_size: 4"),
    );
    let server = repository
        .load("", "inputs [{ name: \"input\" dims: [3, 5, 5] }]", 4)
        .unwrap();
    let nvinfer = nvinfer("dynamic_size_nchw_f32.onnx", "infer-dims=3;5;5\n", 4).unwrap();
    for (mut engine, mean) in [(server, 100.0 * 16.0 / 25.0), (nvinfer, 100.0)] {
        let (seen, _) = infer(&mut engine, &[[100, 100, 100]]);
        let (name, _, _, found) = seen[0].last().unwrap();
        assert_eq!(name, "mean");
        assert!(
            found.iter().all(|m| (m - mean).abs() < 1e-3),
            "{found:?} {mean}"
        );
    }
}

#[test]
fn nvinfer_honours_order_color_and_normalisation() {
    let more = "network-input-order=1\nmodel-color-format=1\nnet-scale-factor=2\noffsets=1;2;3\n";
    let mut engine = nvinfer("fixed2_nhwc_f32.onnx", more, 1).unwrap();
    let (seen, _) = infer(&mut engine, &[[10, 20, 30]]);
    assert_eq!(seen[0][0].3[..3], [58.0, 36.0, 14.0]);
    let error = nvinfer("fixed2_nhwc_f32.onnx", "", 1).unwrap_err();
    assert!(error.contains("network-input-order"), "{error}");
    let error = nvinfer("dynamic_size_nchw_f32.onnx", "", 1).unwrap_err();
    assert!(error.contains("infer-dims=c;h;w"), "{error}");
    let error = nvinfer("hwc_f32.onnx", "", 1).unwrap_err();
    assert!(error.contains("needs 4"), "{error}");
}

#[test]
fn no_rows_are_a_tensor_too() {
    let mut engine = nvinfer("no_rows_nhwc_f32.onnx", "network-input-order=1\n", 2).unwrap();
    let (seen, warnings) = infer(&mut engine, &[[1, 2, 3], [4, 5, 6]]);
    assert!(warnings.is_empty(), "{warnings:?}");
    for layers in seen {
        assert_eq!(
            layers,
            [("boxes".into(), DataType::Float, vec![0, 4], vec![])]
        );
    }
}

#[test]
fn gray_half_precision_input() {
    let mut engine = nvinfer(
        "half_nchw.onnx",
        "model-color-format=2\nnet-scale-factor=0.5\n",
        2,
    )
    .unwrap();
    let (seen, _) = infer(&mut engine, &[[255, 255, 255], [0, 0, 0]]);
    assert_eq!(seen[0][0].3, [127.5; 4]);
    assert_eq!(seen[1][0].3, [0.0; 4]);
}

#[test]
fn models_that_do_not_fit_are_refused_with_reasons() {
    let two = nvinfer("two_inputs.onnx", "", 1).unwrap_err();
    assert!(two.contains("2 inputs (a, b)"), "{two}");
    let wide = nvinfer("double_output.onnx", "", 1).unwrap_err();
    assert!(
        wide.contains("output \"wide\"") && wide.contains("FP32"),
        "{wide}"
    );
    let none = nvinfer("nowhere.onnx", "", 1).unwrap_err();
    assert!(
        none.contains("nowhere.onnx: ONNX Runtime cannot load this model"),
        "{none}"
    );
    let text = nvinfer("make_models.py", "", 1).unwrap_err();
    assert!(
        text.contains("make_models.py: ONNX Runtime cannot load this model"),
        "{text}"
    );

    for (config, preprocess, backend, expected) in [
        (
            NHWC,
            "tensor_name: \"x\"",
            "",
            "preprocess.tensor_name: the model's input is \"image\"",
        ),
        (
            NHWC,
            "tensor_order: TENSOR_ORDER_LINEAR",
            "",
            "contradicts the model's format NHWC",
        ),
        (
            NHWC,
            "network_format: IMAGE_FORMAT_GRAY",
            "",
            "3 channels in NHWC order, 1 are asked for",
        ),
        (
            NHWC,
            "",
            "inputs [{ name: \"y\" }]",
            "backend.inputs: the model's input is \"image\"",
        ),
        (
            NHWC,
            "",
            "inputs [{ name: \"image\" data_type: TENSOR_DT_FP32 }]",
            "is UINT8 in the model, not FLOAT",
        ),
        (
            "max_batch_size: 1 input { name: \"q\" dims: [4, 4, 3] }",
            "",
            "",
            "expected one named \"image\"",
        ),
        (
            "max_batch_size: 1 input { name: \"image\" data_type: TYPE_FP32 dims: [4, 4, 3] }",
            "",
            "",
            "data_type is FLOAT, but the model's is UINT8",
        ),
        (
            "max_batch_size: 1 input { name: \"image\" dims: [5, 4, 3] }",
            "",
            "",
            "contradicts the configured",
        ),
        (
            "max_batch_size: 1 output { name: \"boxes\" dims: [4] }",
            "",
            "",
            "the model has no output \"boxes\"; it has pixels, sum",
        ),
    ] {
        let repository = Repository::new("refused", "dynamic_nhwc_u8.onnx", Some(config));
        let error = repository.load(preprocess, backend, 4).expect_err(expected);
        assert!(error.contains(expected), "{error}\n{expected}");
    }
}

#[test]
fn metas_say_where_they_come_from() {
    let repository = Repository::new("says", "dynamic_nhwc_u8.onnx", Some(NHWC));
    let mut engine = repository
        .load("maintain_aspect_ratio: 1 symmetric_padding: 1", "", 4)
        .unwrap();
    let picture = plain(4, [1, 1, 1]);
    let mut metas = Vec::new();
    engine
        .infer([image(&plane(&picture, 4), 4)].as_slice(), |_, meta| {
            metas.push(meta)
        })
        .unwrap();
    gst::init().unwrap();
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&FRAME);
    let batch = new.batch();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    locked.add_tensor_to_frame(&frame, &metas[0]).unwrap();
    let tensor = frame.tensors().next().unwrap();
    assert_eq!(tensor.unique_id(), 7);
    let release = nvds::release().unwrap();
    let since = |major, minor| release.is_at_least(nvds::Version::new(major, minor)) == Some(true);
    assert_eq!(tensor.maintain_aspect_ratio(), since(6, 1).then_some(true));
    assert_eq!(tensor.symmetric_padding(), since(7, 1).then_some(true));
    assert_eq!((tensor.network().width, tensor.network().channels), (4, 3));
    assert_eq!(tensor.num_layers(), 2);
    assert_eq!(size_of::<NvDsInferTensorMeta>(), 72);
}

/// The key that is wrong is named, not the one that gives the size.
#[test]
fn a_model_of_the_other_order_is_told_by_its_key() {
    let error = nvinfer("fixed2_nhwc_f32.onnx", "infer-dims=3;2;2\n", 2).unwrap_err();
    assert!(
        error.contains("[2, 2, 3], which is NHWC order: set network-input-order=1"),
        "{error}"
    );
    let error = nvinfer("fixed1_nchw_f32.onnx", "network-input-order=1\n", 1).unwrap_err();
    assert!(
        error.contains("which is NCHW order: set network-input-order=0"),
        "{error}"
    );
}

/// ONNX's protobuf, as far as the smallest model needs it: one byte of tag, one of length.
fn part(field: u8, bytes: &[u8]) -> Vec<u8> {
    let mut part = vec![field << 3 | 2, u8::try_from(bytes.len()).unwrap()];
    part.extend(bytes);
    part
}

fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

#[test]
fn a_model_without_outputs_is_refused() {
    let dims = [1, 3, 4, 4].map(|n| part(1, &number(1, n))).concat();
    let tensor = [number(1, 1), part(2, &dims)].concat();
    let input = [part(1, b"a"), part(2, &part(1, &tensor))].concat();
    let node = [part(1, b"a"), part(2, b"b"), part(4, b"Identity")].concat();
    let graph = [part(1, &node), part(2, b"g"), part(11, &input)].concat();
    let model = [number(1, 8), part(7, &graph), part(8, &number(2, 13))].concat();
    let file =
        std::env::temp_dir().join(format!("nvds-cpu-no-outputs-{}.onnx", std::process::id()));
    std::fs::write(&file, model).unwrap();
    let error = nvinfer(file.to_str().unwrap(), "", 1).unwrap_err();
    std::fs::remove_file(&file).unwrap();
    assert!(
        error.contains("no-outputs") && error.contains("the model has no outputs"),
        "{error}"
    );
}
