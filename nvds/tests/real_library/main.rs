//! The views against NVIDIA's metadata library itself.

mod displays;
mod metas;
mod refused;
mod tensors;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nvds::*;

fn own_type(number: i32) -> UserMetaType {
    UserMetaType::new(number).unwrap()
}

const FRAME: NewFrame = NewFrame {
    pad_index: 3,
    source_id: 7,
    batch_id: 0,
    frame_num: 42,
    buf_pts: 1_000,
    ntp_timestamp: 2_000,
    source_size: (1280, 720),
    pipeline_size: (640, 480),
};

fn init() {
    gst::init().unwrap();
}

fn buffer_with(frames: u32, fill: impl FnOnce(&mut Batch<'_>)) -> gst::Buffer {
    init();
    let mut new = NewBatch::new(frames).unwrap();
    for batch_id in 0..frames {
        new.add_frame(&NewFrame { batch_id, ..FRAME });
    }
    fill(&mut new.batch());
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

fn object(class_id: i32, label: &str) -> NewObject<'_> {
    NewObject {
        unique_component_id: 5,
        class_id,
        confidence: 0.5,
        rect: Rect {
            left: 10.0,
            top: 20.0,
            width: 30.0,
            height: 40.0,
        },
        style: RectStyle::default(),
        label,
        text: Some(NewText {
            text: label,
            x: 10.0,
            y: -5.0,
            font: FontName::SERIF,
            size: 10,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        }),
    }
}

struct Bytes(Vec<f32>, Arc<AtomicUsize>);

impl TensorMemory for Bytes {
    fn bytes(&self) -> &[u8] {
        // SAFETY: initialised floats, read as bytes.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * 4) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

fn tensor(unique_id: u32, drops: &Arc<AtomicUsize>) -> NewTensorMeta {
    let memory = Arc::new(Bytes(vec![1.0, 2.0, 3.0, 4.0], drops.clone()));
    let network = NetworkInfo {
        width: 300,
        height: 200,
        channels: 3,
    };
    let layer = |name: &std::ffi::CStr, dims: &[usize], offset| NewLayer {
        name: name.into(),
        data_type: DataType::Float,
        dims: Dims::new(dims).unwrap(),
        memory: memory.clone(),
        offset,
    };
    let layers = vec![layer(c"first", &[1, 3], 0), layer(c"second", &[1], 12)];
    NewTensorMeta::new(unique_id, network, Producer::NvInfer, layers)
        .unwrap()
        .padding(true, false)
}
