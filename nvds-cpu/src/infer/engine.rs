//! Frames in, tensors out: the part between preprocessing and the tensor metas.
//!
//! An [`Engine`] is a loaded model with everything decided that the frames do not change: the order of the input tensor,
//! its size, how many frames go into one run, which outputs are attached and how their shapes are told.

use std::ffi::{CStr, CString};
use std::sync::Arc;

use half::f16;
use nvds::{DataType, Dims, NetworkInfo, NewLayer, NewTensorMeta, Producer, TensorMemory};

use super::model_repo::{RepositoryModel, TensorConfig};
use super::nvinfer_config::NvinferConfig;
use super::preprocess::{Image, PreprocessError, Preprocessor};
use super::server_config::ServerConfig;
use super::session::{Model, ModelInput, Output, SessionError, TensorSpec};
use super::types::{ConfigError, Layout, Note, PreprocessConfig};

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
    fn frames(self) -> usize {
        match self {
            Self::UpTo(n) | Self::Fixed(n) => n,
            Self::None => 1,
        }
    }
}

/// The input tensor in its element type, with its preprocessor.
#[derive(Debug)]
enum Feed {
    Float(Preprocessor<f32>, Vec<f32>),
    Half(Preprocessor<f16>, Vec<f16>),
    UInt8(Preprocessor<u8>, Vec<u8>),
    Int8(Preprocessor<i8>, Vec<i8>),
    Int32(Preprocessor<i32>, Vec<i32>),
    Int64(Preprocessor<i64>, Vec<i64>),
}

/// Runs code for whatever element type a feed has.
macro_rules! with_feed {
    ($feed:expr, $preprocessor:ident, $buffer:ident => $body:expr) => {
        match $feed {
            Feed::Float($preprocessor, $buffer) => $body,
            Feed::Half($preprocessor, $buffer) => $body,
            Feed::UInt8($preprocessor, $buffer) => $body,
            Feed::Int8($preprocessor, $buffer) => $body,
            Feed::Int32($preprocessor, $buffer) => $body,
            Feed::Int64($preprocessor, $buffer) => $body,
        }
    };
}

impl Feed {
    fn new(
        data_type: DataType,
        config: &PreprocessConfig,
        picture: Picture,
        frames: usize,
    ) -> Self {
        fn make<T: ModelInput>(
            config: &PreprocessConfig,
            picture: Picture,
            frames: usize,
        ) -> (Preprocessor<T>, Vec<T>) {
            let preprocessor =
                Preprocessor::new(config, picture.layout, picture.width, picture.height);
            let buffer = vec![T::default(); preprocessor.unit_len() * frames];
            (preprocessor, buffer)
        }
        macro_rules! feed {
            ($variant:ident) => {{
                let (preprocessor, buffer) = make(config, picture, frames);
                Self::$variant(preprocessor, buffer)
            }};
        }
        match data_type {
            DataType::Float => feed!(Float),
            DataType::Half => feed!(Half),
            DataType::UInt8 => feed!(UInt8),
            DataType::Int8 => feed!(Int8),
            DataType::Int32 => feed!(Int32),
            DataType::Int64 => feed!(Int64),
        }
    }

    fn run(
        &mut self,
        model: &mut Model,
        frames: &[Image<'_>],
        shape: &[usize],
        run_frames: usize,
    ) -> Result<Vec<Option<Arc<Output>>>, EngineError> {
        with_feed!(self, preprocessor, buffer => {
            let unit = preprocessor.unit_len();
            for (frame, target) in frames.iter().zip(buffer.chunks_exact_mut(unit.max(1))) {
                preprocessor.run(frame, target)?;
            }
            let input = buffer.get(..unit * run_frames).unwrap_or(&[]);
            Ok(model.run(shape, input)?)
        })
    }
}

/// An image tensor of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Picture {
    layout: Layout,
    width: usize,
    height: usize,
}

impl Picture {
    /// Reads three dimensions. `layout` `None` goes by which end looks like channels.
    fn new(dims: &[usize], layout: Option<Layout>, channels: usize) -> Result<Self, String> {
        let &[a, b, c] = dims else {
            return Err(format!(
                "has {} dimensions {dims:?}; an image has 3",
                dims.len()
            ));
        };
        let layout = match (layout, a == channels, c == channels) {
            (Some(layout), _, _) => layout,
            (None, true, false) => Layout::Nchw,
            (None, false, true) => Layout::Nhwc,
            (None, true, true) => {
                return Err(format!("{dims:?} may be NCHW or NHWC; say which"));
            }
            (None, false, false) => {
                return Err(format!(
                    "{dims:?} has no dimension of {channels}, the number of colour channels asked for"
                ));
            }
        };
        let (found, height, width) = match layout {
            Layout::Nchw => (a, b, c),
            Layout::Nhwc => (c, a, b),
        };
        if found != channels {
            return Err(format!(
                "{dims:?} has {found} channels in {layout} order, {channels} are asked for"
            ));
        }
        if width == 0 || height == 0 {
            return Err(format!("{dims:?} has no pixels"));
        }
        Ok(Self {
            layout,
            width,
            height,
        })
    }
}

/// Fills the open dimensions of `dims` from `given`; both without the batch.
fn fix(dims: &[i64], given: &[i64]) -> Result<Vec<usize>, String> {
    if !given.is_empty() && given.len() != dims.len() {
        return Err(format!(
            "has {} dimensions {dims:?}, the configuration gives {given:?}",
            dims.len()
        ));
    }
    dims.iter()
        .enumerate()
        .map(|(i, &dim)| {
            let given = given.get(i).copied().filter(|&g| g > 0);
            match (usize::try_from(dim), given) {
                (Ok(own), Some(given)) if i64::try_from(own) != Ok(given) => Err(format!(
                    "is {dims:?}, which contradicts the configured {given} at position {i}"
                )),
                (Ok(own), _) => Ok(own),
                (Err(_), Some(given)) => {
                    usize::try_from(given).map_err(|_| format!("cannot have dimension {given}"))
                }
                (Err(_), None) => Err(format!("is {dims:?}, and its size is left open")),
            }
        })
        .collect()
}

impl Engine {
    /// Loads what a `nvinferserver` configuration describes.
    ///
    /// `unique_id` and `max_batch_size` are what the element's properties and the configuration amount to.
    pub fn for_server(
        config: &ServerConfig,
        repository: &RepositoryModel,
        unique_id: u32,
        max_batch_size: u32,
    ) -> Result<(Self, Vec<Note>), EngineError> {
        let model = Model::load(&repository.model_file)?;
        let mut notes = Vec::new();
        let input = model.input().clone();
        let told = |message: String| match &repository.config {
            Some(model) => ConfigError::file(&model.file, message),
            None => ConfigError::file(&config.file, message),
        };

        if let Some(name) = &config.tensor_name
            && *name != input.name
        {
            return Err(ConfigError::file(
                &config.file,
                format!(
                    "preprocess.tensor_name: the model's input is \"{}\", not \"{name}\"",
                    input.name
                ),
            )
            .into());
        }
        if let Some(other) = config.inputs.iter().find(|i| i.name != input.name) {
            return Err(ConfigError::at(
                &config.file,
                other.position,
                format!(
                    "backend.inputs: the model's input is \"{}\", not \"{}\"",
                    input.name, other.name
                ),
            )
            .into());
        }
        let override_ = config.inputs.first();
        if let Some(o) = override_
            && let Some(wanted) = o.data_type
            && wanted != input.data_type
        {
            return Err(ConfigError::at(
                &config.file,
                o.position,
                format!(
                    "backend.inputs: \"{}\" is {} in the model, not {}",
                    o.name,
                    input.data_type.name(),
                    wanted.name()
                ),
            )
            .into());
        }

        // What config.pbtxt says about the input.
        let declared = match &repository.config {
            Some(model_config) => match model_config.inputs.as_slice() {
                [] => None,
                [one] if one.name == input.name => Some(one),
                others => {
                    let names: Vec<_> = others.iter().map(|i| i.name.as_str()).collect();
                    return Err(told(format!(
                        "input: expected one named \"{}\", the model's only one, found {}",
                        input.name,
                        names.join(", ")
                    ))
                    .into());
                }
            },
            None => None,
        };
        if let Some(one) = declared
            && let Some(wanted) = one.data_type
            && wanted != input.data_type
        {
            return Err(told(format!(
                "input \"{}\": data_type is {}, but the model's is {}",
                one.name,
                wanted.name(),
                input.data_type.name()
            ))
            .into());
        }
        let batched = match &repository.config {
            Some(model_config) => model_config.max_batch_size > 0,
            // Triton completes a missing configuration alike: a batch where the first dimension is open.
            None => input.dims.len() == 4 && input.dims[0] < 0,
        };
        let limit = match &repository.config {
            Some(model_config) if batched => max_batch_size.min(model_config.max_batch_size),
            _ => max_batch_size,
        } as usize;

        let (batch, own) = if batched {
            let Some((&first, rest)) = input.dims.split_first() else {
                return Err(told(format!(
                    "max_batch_size is above 0, but the model's input \"{}\" has no dimensions",
                    input.name
                ))
                .into());
            };
            let batch = match usize::try_from(first) {
                Ok(n) => Batch::Fixed(n.max(1)),
                Err(_) => Batch::UpTo(limit.max(1)),
            };
            (batch, rest.to_vec())
        } else {
            let mut own = input.dims.clone();
            // A batch dimension that nothing uses: the model sees one frame at a time.
            if let [first @ ..0, _, _, _] = own.as_mut_slice() {
                *first = 1;
            }
            (Batch::None, own)
        };
        let given = override_.map(|o| o.dims.as_slice()).unwrap_or(&[]);
        let describe = |what: String| {
            told(format!(
                "input \"{}\" {what}. Give its size with infer_config {{ backend {{ inputs [{{ name: \"{}\" dims: [...] }}] }} }}, without the batch",
                input.name, input.name
            ))
        };
        // The picture as users of the model see it; the model may have it in another shape.
        let seen = match declared {
            Some(one) if one.reshape.is_some() => fix(&one.dims, given).map_err(describe)?,
            Some(one) if !one.dims.is_empty() => {
                let known = fix(&own, &one.dims).or_else(|_| {
                    let open: Vec<i64> = fix(&one.dims, given)
                        .map(|d| d.into_iter().map(|d| d as i64).collect())
                        .unwrap_or_default();
                    fix(&own, &open)
                });
                known.map_err(describe)?
            }
            _ => {
                let given: Vec<i64> = if own.len() == given.len() + 1 && !given.is_empty() {
                    std::iter::once(1).chain(given.iter().copied()).collect()
                } else {
                    given.to_vec()
                };
                fix(&own, &given).map_err(describe)?
            }
        };
        let unit_shape = match declared.and_then(|one| one.reshape.as_ref()) {
            Some(reshape) => fix(&own, reshape).map_err(describe)?,
            None => seen.clone(),
        };
        if unit_shape.iter().product::<usize>() != seen.iter().product::<usize>() {
            return Err(told(format!(
                "input \"{}\": dims {seen:?} and reshape {unit_shape:?} have different numbers of elements",
                input.name
            ))
            .into());
        }
        let image_dims = match seen.as_slice() {
            [1, rest @ ..] if rest.len() == 3 => rest,
            other => other,
        };
        let layout = match (
            config.preprocess.layout,
            declared.and_then(|one| one.layout),
        ) {
            (Some(asked), Some(own)) if asked != own => {
                return Err(ConfigError::file(
                    &config.file,
                    format!(
                        "preprocess.tensor_order: {asked} contradicts the model's format {own}"
                    ),
                )
                .into());
            }
            (Some(layout), _) | (None, Some(layout)) => Some(layout),
            (None, None) => None,
        };
        let channels = config.preprocess.color.channels();
        let picture = Picture::new(image_dims, layout, channels).map_err(|what| {
            ConfigError::file(
                &config.file,
                format!(
                    "the model's input \"{}\" {what}; see preprocess {{ tensor_order, network_format }}",
                    input.name
                ),
            )
        })?;

        let outputs = server_outputs(config, repository, &model, batched, &mut notes)?;
        let mut shape = unit_shape;
        if batched {
            shape.insert(0, batch.frames());
        }
        let engine = Self {
            feed: Feed::new(input.data_type, &config.preprocess, picture, batch.frames()),
            shape,
            batch,
            shapes: if batched {
                Shapes::CutBatch
            } else {
                Shapes::Whole
            },
            skipped: vec![false; outputs.len()],
            outputs,
            unique_id,
            network: network_info(picture, channels),
            producer: Producer::NvInferServer,
            padding: (
                config.preprocess.maintain_aspect_ratio,
                config.preprocess.symmetric_padding,
            ),
            model,
        };
        Ok((engine, notes))
    }

    /// Loads what a `nvinfer` configuration describes.
    ///
    /// `unique_id` and `batch_size` are what the element's properties and the configuration amount to.
    pub fn for_nvinfer(
        config: &NvinferConfig,
        unique_id: u32,
        batch_size: u32,
    ) -> Result<Self, EngineError> {
        let model = Model::load(&config.onnx_file)?;
        let input = model.input().clone();
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
        let given: Vec<i64> = match (config.infer_dims, layout) {
            (None, _) => Vec::new(),
            (Some([c, h, w]), Layout::Nchw) => vec![c, h, w],
            (Some([c, h, w]), Layout::Nhwc) => vec![h, w, c],
        };
        let dims = fix(own, &given)
            .map_err(|what| told(format!("{what}; infer-dims=c;h;w gives the size")))?;
        let channels = config.preprocess.color.channels();
        let picture = Picture::new(&dims, Some(layout), channels).map_err(|what| {
            told(format!(
                "{what}; see network-input-order and model-color-format"
            ))
        })?;
        let batch = match usize::try_from(first) {
            Ok(n) => Batch::Fixed(n.max(1)),
            Err(_) => Batch::UpTo(batch_size.max(1) as usize),
        };
        let outputs = model
            .output_names()
            .into_iter()
            .map(|name| {
                model
                    .output(name)
                    .and_then(|(i, spec)| attached(&model, i, &spec, None))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut shape = dims;
        shape.insert(0, batch.frames());
        Ok(Self {
            feed: Feed::new(input.data_type, &config.preprocess, picture, batch.frames()),
            shape,
            batch,
            shapes: Shapes::CutFirst,
            skipped: vec![false; outputs.len()],
            outputs,
            unique_id,
            network: network_info(picture, channels),
            producer: Producer::NvInfer,
            padding: (
                config.preprocess.maintain_aspect_ratio,
                config.preprocess.symmetric_padding,
            ),
            model,
        })
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
    pub fn infer(
        &mut self,
        frames: &[Image<'_>],
        mut attach: impl FnMut(usize, NewTensorMeta),
    ) -> Result<Vec<String>, EngineError> {
        let mut warnings = Vec::new();
        let per_run = self.batch.frames();
        for (run, frames) in frames.chunks(per_run).enumerate() {
            let run_frames = match self.batch {
                Batch::UpTo(_) => frames.len(),
                Batch::Fixed(n) => n,
                Batch::None => 1,
            };
            if self.batch != Batch::None {
                self.shape[0] = run_frames;
            }
            let results = self
                .feed
                .run(&mut self.model, frames, &self.shape, run_frames)?;
            for unit in 0..frames.len() {
                let mut layers = Vec::with_capacity(self.outputs.len());
                for (i, output) in self.outputs.iter().enumerate() {
                    let Some(Some(result)) = results.get(output.index) else {
                        continue;
                    };
                    match layer(self.shapes, output, result, unit, frames.len(), run_frames) {
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
                let meta = NewTensorMeta::new(self.unique_id, self.network, self.producer, layers)?
                    .padding(self.padding.0, self.padding.1);
                attach(run * per_run + unit, meta);
            }
        }
        Ok(warnings)
    }
}

fn network_info(picture: Picture, channels: usize) -> NetworkInfo {
    NetworkInfo {
        width: u32::try_from(picture.width).unwrap_or(u32::MAX),
        height: u32::try_from(picture.height).unwrap_or(u32::MAX),
        channels: u32::try_from(channels).unwrap_or(u32::MAX),
    }
}

fn attached(
    model: &Model,
    index: usize,
    spec: &TensorSpec,
    dims: Option<Dims>,
) -> Result<Attached, SessionError> {
    let name = CString::new(spec.name.as_str()).map_err(|_| SessionError::Unsupported {
        file: model.file().to_owned(),
        reason: format!("the output name {:?} contains a NUL character", spec.name),
    })?;
    Ok(Attached {
        index,
        name: name.into(),
        dims,
    })
}

/// Which outputs are attached: those of `backend.outputs`, else those of config.pbtxt, else all.
fn server_outputs(
    config: &ServerConfig,
    repository: &RepositoryModel,
    model: &Model,
    batched: bool,
    notes: &mut Vec<Note>,
) -> Result<Vec<Attached>, EngineError> {
    let declared: &[TensorConfig] = repository
        .config
        .as_ref()
        .map_or(&[], |c| c.outputs.as_slice());
    let mut outputs = Vec::new();
    for output in declared {
        let told = |message: String| match &repository.config {
            Some(c) => ConfigError::file(&c.file, message),
            None => ConfigError::file(&config.file, message),
        };
        let (index, spec) = model.output(&output.name)?;
        if let Some(wanted) = output.data_type
            && wanted != spec.data_type
        {
            return Err(told(format!(
                "output \"{}\": data_type is {}, but the model's is {}",
                output.name,
                wanted.name(),
                spec.data_type.name()
            ))
            .into());
        }
        let own = match spec.dims.split_first() {
            Some((_, rest)) if batched => rest,
            _ => spec.dims.as_slice(),
        };
        let model_dims = output.reshape.as_deref().unwrap_or(&output.dims);
        let agree = own.len() == model_dims.len()
            && own
                .iter()
                .zip(model_dims)
                .all(|(a, b)| *a < 0 || *b < 0 || a == b);
        // A model file may leave its output shapes out altogether.
        if !agree && !own.is_empty() && !output.dims.is_empty() {
            notes.push(Note {
                level: super::types::NoteLevel::Warning,
                text: told(format!(
                    "output \"{}\": dims {model_dims:?} differ from the model's {own:?}; the model's are used",
                    output.name
                )),
            });
        }
        let dims = output
            .reshape
            .is_some()
            .then(|| {
                output
                    .dims
                    .iter()
                    .map(|&d| usize::try_from(d).ok())
                    .collect::<Option<Vec<_>>>()
            })
            .flatten()
            .and_then(|dims| Dims::new(&dims));
        outputs.push(attached(model, index, &spec, dims)?);
    }
    if declared.is_empty() {
        for name in model.output_names() {
            let (index, spec) = model.output(name)?;
            outputs.push(attached(model, index, &spec, None)?);
        }
    }
    if config.outputs.is_empty() {
        return Ok(outputs);
    }
    let mut chosen = Vec::new();
    for choice in &config.outputs {
        let found = outputs
            .iter()
            .position(|o| o.name.to_bytes() == choice.name.as_bytes());
        let Some(found) = found else {
            let names: Vec<_> = outputs.iter().map(|o| o.name.to_string_lossy()).collect();
            return Err(ConfigError::at(
                &config.file,
                choice.position,
                format!(
                    "backend.outputs: the model has no output \"{}\" (or names it twice here); it has {}",
                    choice.name,
                    names.join(", ")
                ),
            )
            .into());
        };
        chosen.push(outputs.swap_remove(found));
    }
    Ok(chosen)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_recognised_by_their_channels() {
        let picture = |dims: &[usize], layout| Picture::new(dims, layout, 3);
        let expected = |layout, width, height| {
            Ok(Picture {
                layout,
                width,
                height,
            })
        };
        assert_eq!(picture(&[3, 4, 5], None), expected(Layout::Nchw, 5, 4));
        assert_eq!(picture(&[4, 5, 3], None), expected(Layout::Nhwc, 5, 4));
        assert_eq!(
            picture(&[3, 5, 3], Some(Layout::Nchw)),
            expected(Layout::Nchw, 3, 5)
        );
        assert!(picture(&[3, 5, 3], None).unwrap_err().contains("say which"));
        assert!(
            picture(&[1, 5, 6], None)
                .unwrap_err()
                .contains("no dimension of 3")
        );
        assert!(
            picture(&[4, 5, 3], Some(Layout::Nchw))
                .unwrap_err()
                .contains("4 channels in NCHW order, 3")
        );
        assert!(
            picture(&[3, 4], None)
                .unwrap_err()
                .contains("an image has 3")
        );
        assert!(picture(&[3, 0, 4], None).unwrap_err().contains("no pixels"));
    }

    #[test]
    fn open_dimensions_come_from_the_configuration() {
        assert_eq!(fix(&[3, -1, -1], &[3, 4, 5]), Ok(vec![3, 4, 5]));
        assert_eq!(fix(&[3, 4, 5], &[]), Ok(vec![3, 4, 5]));
        assert_eq!(fix(&[3, 4, 5], &[-1, 4, -1]), Ok(vec![3, 4, 5]));
        assert!(fix(&[3, -1, 5], &[]).unwrap_err().contains("left open"));
        assert!(
            fix(&[3, 4, 5], &[3, 4, 6])
                .unwrap_err()
                .contains("contradicts")
        );
        assert!(
            fix(&[3, 4, 5], &[3, 4])
                .unwrap_err()
                .contains("the configuration gives")
        );
    }
}
