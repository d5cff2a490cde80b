//! Frames in, tensors out: the part between preprocessing and the tensor metas.
//!
//! An [`Engine`] is a loaded model with everything decided that the frames do not change: the order of the input tensor,
//! its size, how many frames go into one run, which outputs are attached and how their shapes are told.

use std::ffi::{CStr, CString};
use std::sync::Arc;

use nvds::{DataType, Dims, NetworkInfo, NewTensorMeta, Producer};

use self::feed::Feed;
use self::loaded::Loaded;
use self::picture::Picture;
use super::preprocess::{Image, PreprocessError};
use super::session::{Model, SessionError};
use super::types::{ConfigError, PreprocessConfig, Scaler};

mod answers;
mod feed;
mod loaded;
mod nvinfer;
mod picture;
mod server;

pub use self::answers::{Answers, UnitKey};

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
    /// Tensors that are not there.
    #[error("{0}")]
    Answers(String),
    /// A tensor of nvdspreprocess that is not the network's input.
    #[error(
        "the tensor of nvdspreprocess has {found} bytes for a region, the network's input {expected}: network-input-shape and tensor-data-type of nvdspreprocess have to be those of the network"
    )]
    Prepared {
        /// Bytes of one region.
        found: usize,
        /// Bytes of one unit of the input.
        expected: usize,
    },
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

    /// Which frame it is. `index` is below [`Self::len`].
    fn key(&self, _index: usize) -> UnitKey {
        UnitKey::default()
    }

    /// The bytes of its unit of the network's input, where nvdspreprocess made it: there is no frame to be shown then.
    fn prepared(&self, _index: usize) -> Option<&[u8]> {
        None
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

/// Where tensors come from.
#[derive(Debug)]
enum Source {
    Model(Box<Loaded>),
    Answers(Box<dyn Answers>),
}

/// See the module.
#[derive(Debug)]
pub struct Engine {
    source: Source,
    batch: Batch,
    /// What every tensor meta says.
    unique_id: u32,
    network: NetworkInfo,
    producer: Producer,
    padding: (bool, bool),
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
        let feed = Feed::new(
            model.input().data_type,
            config,
            match plan.producer {
                Producer::NvInfer => Scaler::Nvinfer,
                Producer::NvInferServer => Scaler::NvinferServer,
            },
            plan.picture,
            plan.batch.frames(),
        );
        Self {
            source: Source::Model(Box::new(Loaded {
                model,
                feed,
                shape,
                batch: plan.batch,
                shapes: plan.shapes,
                skipped: vec![false; plan.outputs.len()],
                outputs: plan.outputs,
            })),
            batch: plan.batch,
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

    /// Name and element type of the network's input; nothing where no model is run.
    pub fn input(&self) -> Option<(&str, DataType)> {
        match &self.source {
            Source::Model(loaded) => {
                let input = loaded.model.input();
                Some((&input.name, input.data_type))
            }
            Source::Answers(_) => None,
        }
    }

    /// Frames per run.
    pub fn frames_per_run(&self) -> usize {
        self.batch.frames()
    }

    /// Names of the attached outputs in their order.
    pub fn output_names(&self) -> Vec<Arc<CStr>> {
        match &self.source {
            Source::Model(model) => model.outputs.iter().map(|o| Arc::clone(&o.name)).collect(),
            Source::Answers(answers) => answers.layer_names(),
        }
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
            let range = first..frames.len().min(first + per_run);
            let results = match &mut self.source {
                Source::Model(model) => model.run(frames, range, &mut warnings)?,
                Source::Answers(answers) => {
                    let units: Vec<_> = range.map(|index| frames.key(index)).collect();
                    let answered = answers.answer(&units).map_err(EngineError::Answers)?;
                    warnings.extend(answers.warnings());
                    if answered.len() != units.len() {
                        let (found, expected) = (answered.len(), units.len());
                        let what = format!("tensors for {found} of {expected} units");
                        return Err(EngineError::Answers(what).into());
                    }
                    answered
                }
            };
            for (unit, layers) in results.into_iter().enumerate() {
                let meta = NewTensorMeta::new(self.unique_id, self.network, self.producer, layers)
                    .map_err(EngineError::from)?
                    .padding(self.padding.0, self.padding.1);
                attach(first + unit, meta);
            }
        }
        Ok(warnings)
    }
}
