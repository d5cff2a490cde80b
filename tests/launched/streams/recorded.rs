//! Recordings for the networks of the programs, made by hand.

use std::collections::BTreeMap;

use crate::Scratch;
use crate::burnt::Code;

/// What a recording is made of.
#[derive(Default)]
pub struct Recording {
    tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
    pub frames: Vec<serde_json::Value>,
}

impl Recording {
    pub fn add(&mut self, key: &str, shape: &[usize], values: &[f32]) {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.tensors.insert(key.to_owned(), (shape.to_vec(), bytes));
    }

    /// Writes all as one file, and tells the location that finds frames by pad and number.
    pub fn write(&self, scratch: &Scratch, name: &str, unique_id: u32) -> String {
        let network = serde_json::json!({"width": 64, "height": 64, "channels": 3});
        let info = serde_json::json!({
            "version": 1, "frames": self.frames, "inferences": [{"unique_id": unique_id, "network": network}],
        });
        let view = |(shape, bytes): &'_ (Vec<usize>, Vec<u8>)| {
            let (shape, bytes) = (shape.clone(), bytes.clone());
            (shape, bytes)
        };
        let tensors: Vec<_> = self
            .tensors
            .iter()
            .map(|(key, tensor)| (key, view(tensor)))
            .collect();
        let views = tensors.iter().map(|(key, (shape, bytes))| {
            let view =
                safetensors::tensor::TensorView::new(safetensors::Dtype::F32, shape.clone(), bytes);
            (key.as_str(), view.unwrap())
        });
        let info = [("nvds".to_owned(), info.to_string())].into();
        let file = safetensors::serialize(views, Some(info)).unwrap();
        std::fs::write(scratch.file(&format!("{name}-000000.safetensors")), file).unwrap();
        scratch.file(&format!("{name}-%06u.safetensors"))
    }
}

pub fn all_frames(sources: u32, frames: u32) -> impl Iterator<Item = Code> {
    (0..sources).flat_map(move |source| (0..frames).map(move |number| (source, number)))
}

/// A person on each frame, where [`boxes`] says: what a detector's grid of 4x4 cells tells.
pub fn detections(scratch: &Scratch, sources: u32, frames: u32) -> String {
    let mut recording = Recording::default();
    for (n, (source, number)) in all_frames(sources, frames).enumerate() {
        let place = ((source + number) % 4) as usize;
        let mut cover = [0.0; 2 * 16];
        cover[16 + (1 + place / 2) * 4 + 1 + place % 2] = 0.9;
        recording.add(&format!("f{n}.u5.output_cov"), &[2, 4, 4], &cover);
        recording.add(&format!("f{n}.u5.output_bbox"), &[8, 4, 4], &[0.5; 8 * 16]);
        let frame =
            serde_json::json!({"pad_index": source, "source_id": source, "frame_num": number});
        recording.frames.push(frame);
    }
    recording.write(scratch, "detections", 5)
}
