//! Files, frames and what the tests read of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Once;

use gst::prelude::*;
use gst_check::Harness;
use gstnvdscpu::surface::{self, ColorFormat, MemoryKind, SurfaceDesc, Surfaces};
use nvds::sys as c;
use nvds::{Batch, NewBatch, NewFrame, NewObject, PreparedInput, Rect, RectStyle};

pub const SIDE: u32 = 16;
pub const CAPS: &str = "video/x-raw(memory:NVMM),format=RGBA,width=16,height=16,framerate=25/1";

pub fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        gstnvdscpu::plugin::plugin_register_static().unwrap();
    });
}

/// A folder with configurations, removed at the end.
pub struct Files(PathBuf);

impl Files {
    pub fn new(test: &str) -> Self {
        init();
        let root = std::env::temp_dir().join(format!("nvds-cpu-pp-{}-{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        std::fs::create_dir_all(&root).unwrap();
        Self(root)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let file = self.0.join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// nvdspreprocess for a network of 4x4 pixels; `property` replaces keys.
    pub fn preprocess(&self, property: &[(&str, &str)], groups: &str) -> String {
        let mut keys: BTreeMap<_, _> = [
            ("target-unique-ids", "3"),
            ("network-input-order", "0"),
            ("processing-width", "4"),
            ("processing-height", "4"),
            ("network-input-shape", "2;3;4;4"),
            ("network-color-format", "0"),
            ("tensor-data-type", "0"),
            ("tensor-name", "input"),
            ("scaling-pool-memory-type", "0"),
            ("scaling-filter", "0"),
            ("custom-lib-path", "/opt/lib/libcustom2d_preprocess.so"),
            (
                "custom-tensor-preparation-function",
                "CustomTensorPreparation",
            ),
        ]
        .into();
        keys.extend(property.iter().copied());
        let mut text = "[property]\n".to_owned();
        for (key, value) in keys {
            text.push_str(&format!("{key}={value}\n"));
        }
        text.push_str("[user-configs]\npixel-normalization-factor=1\n");
        text.push_str(groups);
        self.write("preprocess.txt", text)
    }

    /// nvinfer with a model whose output "mean" is that of each channel.
    pub fn nvinfer(&self, more: &str) -> String {
        let model = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/infer/dynamic_size_nchw_f32.onnx");
        let text = format!(
            "[property]\ngie-unique-id=3\nbatch-size=2\noutput-tensor-meta=1\nonnx-file={}\ninfer-dims=3;4;4\ninput-tensor-from-meta=1\n{more}",
            model.display()
        );
        self.write("nvinfer.txt", text)
    }

    /// nvinferserver with the same model.
    pub fn server(&self) -> String {
        let model = self.0.join("m/1");
        std::fs::create_dir_all(&model).unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/data/infer/dynamic_size_nchw_f32.onnx");
        std::fs::copy(file, model.join("model.onnx")).unwrap();
        self.write(
            "server.txt",
            "infer_config { unique_id: 3 max_batch_size: 2
               backend { inputs { name: \"input\" dims: [3, 4, 4] }
                 triton { model_name: \"m\" model_repo { root: \".\" } } }
               input_tensor_from_meta { is_first_dim_batch: true }
               postprocess { other {} } }
             output_control { output_tensor_meta: true }",
        )
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Red is the column, green the row, blue the number of the frame.
pub fn batch(frames: u32) -> gst::Buffer {
    let rgba = c::NvBufSurfaceColorFormat_NVBUF_COLOR_FORMAT_RGBA;
    let desc = SurfaceDesc {
        width: SIDE,
        height: SIDE,
        format: ColorFormat(rgba),
    };
    let mut buffer = surface::alloc(&vec![desc; frames as usize], MemoryKind::Nvds).unwrap();
    for frame in 0..frames {
        let surfaces = Surfaces::map(&buffer).unwrap();
        let mut surface = surfaces.write(frame as usize).unwrap();
        let plane = &mut surface.planes()[0];
        for (y, row) in plane.data.chunks_mut(plane.pitch).enumerate() {
            let row = row.chunks_exact_mut(4).take(SIDE as usize);
            for (x, pixel) in row.enumerate() {
                pixel.copy_from_slice(&[x as u8, y as u8, frame as u8, 255]);
            }
        }
    }
    let mut new = NewBatch::new(frames).unwrap();
    for batch_id in 0..frames {
        new.add_frame(&NewFrame {
            pad_index: batch_id,
            source_id: batch_id,
            batch_id,
            source_size: (SIDE, SIDE),
            pipeline_size: (SIDE, SIDE),
            ..NewFrame::default()
        });
    }
    new.attach(buffer.get_mut().unwrap());
    buffer
}

pub fn object(class_id: i32, [left, top, width, height]: [f32; 4]) -> NewObject<'static> {
    NewObject {
        unique_component_id: 1,
        class_id,
        confidence: 0.5,
        rect: Rect {
            left,
            top,
            width,
            height,
        },
        style: RectStyle::default(),
        label: "thing",
        text: None,
    }
}

pub fn harness(launch: &str) -> Harness {
    init();
    let mut harness = Harness::new_parse(launch);
    harness.set_caps_str(CAPS, CAPS);
    harness
}

pub fn pull(harness: &mut Harness, buffer: gst::Buffer) -> gst::Buffer {
    harness.push_and_pull(buffer).unwrap()
}

pub fn with_inputs<R>(buffer: &gst::BufferRef, read: impl FnOnce(&[PreparedInput<'_>]) -> R) -> R {
    let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let metas = locked.user_metas();
    let inputs: Vec<_> = metas.filter_map(|m| m.as_prepared_input()).collect();
    read(&inputs)
}

pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let chunks = bytes.chunks_exact(4);
    chunks
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect()
}

/// Of each tensor: its number, its shape, and of each region the box with red, green and blue of its first and last pixel.
pub type Seen = (u32, Vec<i32>, Vec<([f32; 4], [f32; 6])>);

pub fn seen(buffer: &gst::BufferRef) -> Vec<Seen> {
    with_inputs(buffer, |inputs| {
        let tensors = inputs.iter().map(|input| {
            assert_eq!(input.target_unique_ids(), [3]);
            let tensor = input.tensor().unwrap();
            assert_eq!(tensor.name, "input");
            let values = floats(tensor.bytes().unwrap());
            let rois = input.rois().enumerate().map(|(i, roi)| {
                let unit = &values[i * 48..(i + 1) * 48];
                let r = roi.rect_params().rect;
                let ends = [unit[0], unit[16], unit[32], unit[15], unit[31], unit[47]];
                ([r.left, r.top, r.width, r.height], ends)
            });
            (tensor.meta_id, tensor.shape.to_vec(), rois.collect())
        });
        tensors.collect()
    })
}

pub fn failure(launch: &str) -> String {
    init();
    let pipeline = gst::parse::launch(&format!("fakesrc num-buffers=0 ! {launch} ! fakesink"))
        .unwrap_or_else(|e| panic!("{launch}: {e}"));
    assert!(pipeline.set_state(gst::State::Paused).is_err(), "{launch}");
    let bus = pipeline.bus().unwrap();
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    match message.view() {
        gst::MessageView::Error(error) => error.error().to_string(),
        _ => unreachable!(),
    }
}

pub const TWO_SOURCES: &str = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nroi-params-src-0=0;0;4;4;8;4;8;8\n\
    [group-1]\nsrc-ids=1\nprocess-on-roi=0\ndraw-roi=0\n";

/// Whether the metadata library surely has what came with DeepStream 6.2: numbers of tensors, objects of regions, ids of
/// segmentations.
pub fn has_6_2() -> bool {
    let release = nvds::release().unwrap();
    release.is_at_least(nvds::Version::new(6, 2)) == Some(true)
}
