//! What DeepStream-Yolo's library makes of its output, for cases whose library is not there: rows of left, top, right,
//! bottom, score and class.

use gstnvdscpu::infer::postprocess::settings::Postprocess;
use gstnvdscpu::infer::postprocess::{Detection, LibraryParser, Parsed, Tensors};

#[derive(Debug)]
pub struct Yolo;

impl LibraryParser for Yolo {
    fn parse(&mut self, tensors: &Tensors<'_>, settings: &Postprocess) -> Result<Parsed, String> {
        let layer = tensors.layers.first().ok_or("no output")?;
        let (across, down) = (tensors.network.width as f32, tensors.network.height as f32);
        let mut boxes = Vec::new();
        for row in layer.floats()?.chunks_exact(6) {
            let &[left, top, right, bottom, confidence, class] = row else {
                continue;
            };
            let class = class as u32;
            let attrs = settings.class_attrs.get(class as usize);
            if attrs.is_none_or(|attrs| confidence < attrs.pre_cluster_threshold) {
                continue;
            }
            let (left, right) = (left.clamp(0.0, across), right.clamp(0.0, across));
            let (top, bottom) = (top.clamp(0.0, down), bottom.clamp(0.0, down));
            let (width, height) = (
                (right - left).clamp(0.0, across),
                (bottom - top).clamp(0.0, down),
            );
            if width < 1.0 || height < 1.0 {
                continue;
            }
            boxes.push(Detection {
                class,
                left,
                top,
                width,
                height,
                confidence,
                ..Detection::default()
            });
        }
        Ok(Parsed::Boxes(boxes))
    }
}
