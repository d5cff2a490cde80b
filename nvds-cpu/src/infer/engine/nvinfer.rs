//! An engine for `nvinfer`.

use nvds::Producer;

use super::picture::{Picture, fix};
use super::{Attached, Batch, Engine, EngineError, Plan, Shapes};
use crate::infer::nvinfer_config::NvinferConfig;
use crate::infer::session::Model;
use crate::infer::types::{ConfigError, Layout};

impl Engine {
    /// Loads what a `nvinfer` configuration describes.
    ///
    /// `unique_id` and `batch_size` are what the element's properties and the configuration amount to.
    pub fn for_nvinfer(
        config: &NvinferConfig,
        unique_id: u32,
        batch_size: u32,
    ) -> Result<Self, EngineError> {
        let model = Model::load(config.onnx_file(unique_id)?)?;
        let input = model.input();
        let told = |what: String| {
            ConfigError::file(
                &config.file,
                format!("the model's input \"{}\" {what}", input.name),
            )
        };
        let Some((&first, own)) = input.dims.split_first().filter(|(_, rest)| rest.len() == 3)
        else {
            return Err(told(format!(
                "has {} dimensions {:?}; gst-nvinfer needs 4, the batch first",
                input.dims.len(),
                input.dims
            ))
            .into());
        };
        let layout = config.preprocess.layout.unwrap_or(Layout::Nchw);
        let channels = config.preprocess.color.channels();
        let read = |layout| {
            let given: Vec<i64> = match (config.infer_dims, layout) {
                (None, _) => Vec::new(),
                (Some([c, h, w]), Layout::Nchw) => vec![c, h, w],
                (Some([c, h, w]), Layout::Nhwc) => vec![h, w, c],
            };
            let dims = fix(own, &given)
                .map_err(|what| format!("{what}; infer-dims=c;h;w gives the size"))?;
            let picture = Picture::new(&dims, Some(layout), channels)
                .map_err(|what| format!("{what}; see model-color-format"))?;
            Ok::<_, String>((dims, picture))
        };
        let (other, number) = match layout {
            Layout::Nchw => (Layout::Nhwc, 1),
            Layout::Nhwc => (Layout::Nchw, 0),
        };
        let (dims, picture) = read(layout).map_err(|what| {
            if read(other).is_ok() {
                told(format!(
                    "is {own:?}, which is {other} order: set network-input-order={number}"
                ))
            } else {
                told(what)
            }
        })?;
        let mean = config.mean_file.as_deref();
        let size = (picture.width, picture.height);
        let preprocess = &config.preprocess;
        let preprocess = preprocess.with_mean(&config.file, "mean-file", mean, size)?;
        let batch = Batch::of(first, batch_size as usize);
        picture
            .check_batch(batch.frames(), input.data_type.size())
            .map_err(told)?;
        let outputs = model
            .output_names()
            .into_iter()
            .map(|name| Attached::new(&model, name, None))
            .collect::<Result<Vec<_>, _>>()?;
        let plan = Plan {
            picture,
            unit_shape: dims,
            batch,
            shapes: Shapes::CutFirst,
            outputs,
            unique_id,
            producer: Producer::NvInfer,
        };
        Ok(Self::assemble(model, &preprocess, plan))
    }
}
