//! Frames in, tensors out: the part between preprocessing and the tensor metas.
//!
//! An [`Engine`] is a loaded model with everything decided that the frames do not change: the order of the input tensor,
//! its size, how many frames go into one run, which outputs are attached and how their shapes are told.

use std::ffi::{CStr, CString};
use std::sync::Arc;

use nvds::{Dims, NetworkInfo, NewLayer, NewTensorMeta, Producer, TensorMemory};

use self::feed::Feed;
use self::picture::Picture;
use super::preprocess::{Image, PreprocessError};
use super::session::{Model, Output, SessionError};
use super::types::{ConfigError, PreprocessConfig, Scaler};

mod feed;
mod nvinfer;
mod picture;
mod server;

/// A model that does not fit its configuration, or a run that failed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The configuration, or the model against it.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// ONNX Runtime.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A frame.
    #[error(transparent)]
    Preprocess(#[from] PreprocessError),
    /// Tensors that cannot be attached.
    #[error("the outputs cannot be attached: {0}")]
    Tensor(#[from] nvds::TensorError),
}

/// The frames of a batch. Each is visible only inside a call, so that its pixels need be locked no longer than they are
/// read, and never two at a time.
pub trait Frames {
    /// What goes wrong with a frame or in the engine.
    type Error: From<EngineError>;

    /// Number of frames.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shows one frame to `read`. `index` is below [`Self::len`].
    fn with<R>(&self, index: usize, read: impl FnOnce(&Image<'_>) -> R) -> Result<R, Self::Error>;
}

impl Frames for [Image<'_>] {
    type Error = EngineError;

    fn len(&self) -> usize {
        self.len()
    }

    fn with<R>(&self, index: usize, read: impl FnOnce(&Image<'_>) -> R) -> Result<R, EngineError> {
        Ok(read(&self[index]))
    }
}

/// How the shapes of outputs are told to readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shapes {
    /// gst-nvinfer: the first dimension is the batch and is cut off whatever it is; of a rank-1 output one element is left.
    CutFirst,
    /// nvinferserver with max_batch_size above 0: the first dimension is the batch and has to have its size.
    CutBatch,
    /// nvinferserver with max_batch_size 0: the whole shape.
    Whole,
}

/// An output that is attached.
#[derive(Debug)]
struct Attached {
    /// Index among the model's outputs.
    index: usize,
    name: Arc<CStr>,
    /// Shape to report instead of the model's, where it has as many elements.
    dims: Option<Dims>,
}

impl Attached {
    fn new(model: &Model, name: &str, dims: Option<Dims>) -> Result<Self, SessionError> {
        let (index, _) = model.output(name)?;
        let c_name = CString::new(name).map_err(|_| SessionError::Unsupported {
            file: model.file().to_owned(),
            reason: format!("the output name {name:?} contains a NUL character"),
        })?;
        Ok(Self {
            index,
            name: c_name.into(),
            dims,
        })
    }
}

/// What a configuration and a model amount to.
#[derive(Debug)]
struct Plan {
    picture: Picture,
    /// Shape of one frame's input as the model has it.
    unit_shape: Vec<usize>,
    batch: Batch,
    shapes: Shapes,
    outputs: Vec<Attached>,
    unique_id: u32,
    producer: Producer,
}

/// See the module.
#[derive(Debug)]
pub struct Engine {
    model: Model,
    feed: Feed,
    /// Shape of one run's input, the batch as well if there is one.
    shape: Vec<usize>,
    batch: Batch,
    shapes: Shapes,
    outputs: Vec<Attached>,
    /// What every tensor meta says.
    unique_id: u32,
    network: NetworkInfo,
    producer: Producer,
    padding: (bool, bool),
    /// Outputs that could not be attached, by index; each is told once.
    skipped: Vec<bool>,
}

/// Frames per run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    /// 1 to this many, the first dimension follows.
    UpTo(usize),
    /// The model's own number; missing frames are left as they are.
    Fixed(usize),
    /// One, and no dimension for it (or one of 1).
    None,
}

impl Batch {
    /// By the model's first dimension; `limit` counts where that is open.
    fn of(first: i64, limit: usize) -> Self {
        match usize::try_from(first) {
            Ok(n) => Self::Fixed(n.max(1)),
            Err(_) => Self::UpTo(limit.max(1)),
        }
    }

    fn frames(self) -> usize {
        match self {
            Self::UpTo(n) | Self::Fixed(n) => n,
            Self::None => 1,
        }
    }
}

impl Engine {
    fn assemble(model: Model, config: &PreprocessConfig, plan: Plan) -> Self {
        let mut shape = plan.unit_shape;
        if plan.batch != Batch::None {
            shape.insert(0, plan.batch.frames());
        }
        Self {
            feed: Feed::new(
                model.input().data_type,
                config,
                match plan.producer {
                    Producer::NvInfer => Scaler::Nvinfer,
                    Producer::NvInferServer => Scaler::NvinferServer,
                },
                plan.picture,
                plan.batch.frames(),
            ),
            model,
            shape,
            batch: plan.batch,
            shapes: plan.shapes,
            skipped: vec![false; plan.outputs.len()],
            outputs: plan.outputs,
            unique_id: plan.unique_id,
            network: plan.picture.network_info(),
            producer: plan.producer,
            padding: (config.maintain_aspect_ratio, config.symmetric_padding),
        }
    }

    /// Size of the network's input.
    pub fn network(&self) -> NetworkInfo {
        self.network
    }

    /// Frames per run.
    pub fn frames_per_run(&self) -> usize {
        self.batch.frames()
    }

    /// Names of the attached outputs in their order.
    pub fn output_names(&self) -> impl Iterator<Item = &CStr> {
        self.outputs.iter().map(|output| &*output.name)
    }

    /// Infers frames and hands out one tensor meta per frame, in their order.
    ///
    /// Returns what there is to warn about; each thing is told once in the engine's life.
    pub fn infer<F: Frames + ?Sized>(
        &mut self,
        frames: &F,
        mut attach: impl FnMut(usize, NewTensorMeta),
    ) -> Result<Vec<String>, F::Error> {
        let mut warnings = Vec::new();
        let per_run = self.batch.frames();
        for first in (0..frames.len()).step_by(per_run) {
            let count = per_run.min(frames.len() - first);
            let run_frames = match self.batch {
                Batch::UpTo(_) => count,
                Batch::Fixed(n) => n,
                Batch::None => 1,
            };
            if self.batch != Batch::None {
                self.shape[0] = run_frames;
            }
            self.feed.fill(frames, first..first + count)?;
            let results = self
                .feed
                .run(&mut self.model, &self.shape, run_frames)
                .map_err(EngineError::from)?;
            for unit in 0..count {
                let mut layers = Vec::with_capacity(self.outputs.len());
                for (i, output) in self.outputs.iter().enumerate() {
                    let Some(Some(result)) = results.get(output.index) else {
                        continue;
                    };
                    match layer(self.shapes, output, result, unit, count, run_frames) {
                        Ok(layer) => layers.push(layer),
                        Err(why) if !self.skipped[i] => {
                            self.skipped[i] = true;
                            warnings.push(format!(
                                "output \"{}\" is not attached: {why}",
                                output.name.to_string_lossy()
                            ));
                        }
                        Err(_) => {}
                    }
                }
                let meta = NewTensorMeta::new(self.unique_id, self.network, self.producer, layers)
                    .map_err(EngineError::from)?
                    .padding(self.padding.0, self.padding.1);
                attach(first + unit, meta);
            }
        }
        Ok(warnings)
    }
}

/// The part of an output that belongs to one frame. The error says why there is none.
fn layer(
    shapes: Shapes,
    output: &Attached,
    result: &Arc<Output>,
    unit: usize,
    frames: usize,
    run_frames: usize,
) -> Result<NewLayer, String> {
    let shape = result.shape.as_slice();
    let (dims, slice) = match (shapes, shape.split_first()) {
        (Shapes::Whole, _) | (_, None) => (shape, 0),
        // TensorRT reports a rank-1 output as one element per unit.
        (Shapes::CutFirst | Shapes::CutBatch, Some((&first, []))) => {
            if shapes == Shapes::CutBatch && first != run_frames && frames != 1 {
                return Err(format!(
                    "its shape is {shape:?}, the batch has {run_frames} frames"
                ));
            }
            (&[1][..], unit)
        }
        (Shapes::CutFirst, Some((_, rest))) => (rest, unit),
        (Shapes::CutBatch, Some((&first, rest))) => {
            if first != run_frames && frames != 1 {
                return Err(format!(
                    "its shape is {shape:?}, the batch has {run_frames} frames"
                ));
            }
            (rest, unit)
        }
    };
    let own = Dims::new(dims)
        .ok_or_else(|| format!("it has {} dimensions, DeepStream allows 8", dims.len()))?;
    let elements = own.elements();
    let dims = match output.dims {
        Some(asked) if asked.elements() == elements => asked,
        _ => own,
    };
    let offset = elements
        .and_then(|n| n.checked_mul(result.data_type.size()))
        .and_then(|n| n.checked_mul(slice).map(|offset| (offset, n)))
        .filter(|(offset, n)| {
            offset
                .checked_add(*n)
                .is_some_and(|end| end <= result.bytes().len())
        })
        .map(|(offset, _)| offset)
        .ok_or_else(|| {
            format!("its shape is {shape:?}, too little for {run_frames} frames: its first dimension is not the batch")
        })?;
    Ok(NewLayer {
        name: Arc::clone(&output.name),
        data_type: result.data_type,
        dims,
        memory: Arc::clone(result) as Arc<dyn TensorMemory>,
        offset,
    })
}
