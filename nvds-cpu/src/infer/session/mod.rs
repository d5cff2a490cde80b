//! ONNX Runtime: loading a model, running it.
//!
//! Outputs stay in ONNX Runtime's memory, which is taken from an arena and returns to it when the last tensor meta goes:
//! a steady stream of frames allocates no new blocks.

mod library;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nvds::{DataType, TensorMemory};
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, TensorElementType, TensorRef, ValueType};
use zerocopy::IntoBytes;

use self::library::{DEPS_DIR, LIBRARY_NAME, LIBRARY_VARIABLE, environment};
use super::preprocess::InputElement;

/// A model that cannot be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No usable ONNX Runtime.
    #[error("ONNX Runtime 1.17 or later was not found. Looked for {LIBRARY_NAME}:\n{}\nInstall it, or set {LIBRARY_VARIABLE} to the file (`make setup` of rsnvds puts one into {DEPS_DIR})", .tried.join("\n"))]
    NoLibrary {
        /// One line per place, with what went wrong there.
        tried: Vec<String>,
    },
    /// The library is there and fails to start.
    #[error("ONNX Runtime could not be started: {0}")]
    Start(String),
    /// The file is missing or no model.
    #[error("{}: ONNX Runtime cannot load this model: {reason}", .file.display())]
    Model {
        /// The model.
        file: PathBuf,
        /// ONNX Runtime's words.
        reason: String,
    },
    /// The model has inputs or outputs that DeepStream's tensors cannot carry.
    #[error("{}: {reason}", .file.display())]
    Unsupported {
        /// The model.
        file: PathBuf,
        /// What is the matter.
        reason: String,
    },
    /// Inference failed.
    #[error("inference failed: {0}")]
    Run(String),
}

/// A model's input or output as the file declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorSpec {
    /// Name.
    pub name: String,
    /// Element type.
    pub data_type: DataType,
    /// All dimensions, -1 where any size goes.
    pub dims: Vec<i64>,
}

/// A loaded model with one input.
#[derive(Debug)]
pub struct Model {
    file: PathBuf,
    session: Session,
    input: TensorSpec,
    outputs: Vec<OutputSpec>,
}

/// A declared output. Types DeepStream has no number for are refused only if they are asked for.
#[derive(Debug)]
struct OutputSpec {
    name: String,
    dims: Vec<i64>,
    declared: String,
    data_type: Option<DataType>,
}

/// One output of one run, in ONNX Runtime's memory.
#[derive(Debug)]
pub struct Output {
    value: DynValue,
    element: TensorElementType,
    /// Element type.
    pub data_type: DataType,
    /// All dimensions.
    pub shape: Vec<usize>,
}

impl TensorMemory for Output {
    fn bytes(&self) -> &[u8] {
        macro_rules! bytes {
            ($ty:ty) => {
                self.value
                    .try_extract_tensor::<$ty>()
                    .map_or(&[][..], |(_, elements)| elements.as_bytes())
            };
        }
        match self.element {
            TensorElementType::Float32 => bytes!(f32),
            TensorElementType::Float16 => bytes!(half::f16),
            TensorElementType::Int8 => bytes!(i8),
            TensorElementType::Int32 => bytes!(i32),
            TensorElementType::Uint32 => bytes!(u32),
            TensorElementType::Int64 => bytes!(i64),
            TensorElementType::Uint8 => bytes!(u8),
            TensorElementType::Bool => bytes!(bool),
            _ => &[],
        }
    }
}

/// An element type of the network's input that ONNX Runtime takes.
pub trait ModelInput:
    InputElement + ort::value::PrimitiveTensorElementType + std::fmt::Debug + 'static
{
}

impl ModelInput for f32 {}
impl ModelInput for half::f16 {}
impl ModelInput for u8 {}
impl ModelInput for i8 {}
impl ModelInput for i32 {}
impl ModelInput for i64 {}

/// DeepStream's type for an ONNX type. Booleans are bytes of 0 and 1, as TensorRT reports them; unsigned 32-bit
/// integers are passed as signed, as nvinferserver does.
fn deepstream_type(element: TensorElementType) -> Option<DataType> {
    Some(match element {
        TensorElementType::Float32 => DataType::Float,
        TensorElementType::Float16 => DataType::Half,
        TensorElementType::Int8 => DataType::Int8,
        TensorElementType::Int32 | TensorElementType::Uint32 => DataType::Int32,
        TensorElementType::Int64 => DataType::Int64,
        TensorElementType::Uint8 | TensorElementType::Bool => DataType::UInt8,
        _ => return None,
    })
}

impl Model {
    /// Loads an ONNX file. The first call of the process finds and starts ONNX Runtime.
    pub fn load(file: &Path) -> Result<Self, SessionError> {
        let failed = |reason: String| SessionError::Model {
            file: file.to_owned(),
            reason,
        };
        match std::fs::metadata(file) {
            Err(e) => return Err(failed(e.to_string())),
            Ok(data) if data.is_dir() => return Err(failed("it is a folder".to_owned())),
            // ONNX Runtime would wait for ever for what a pipe or device has to say.
            Ok(data) if !data.is_file() => {
                return Err(failed("it is no file on a disk".to_owned()));
            }
            Ok(_) => {}
        }
        let environment = environment()?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let session = Session::builder(environment)
            .map_err(|e| e.to_string())
            .and_then(|builder| {
                builder
                    .with_intra_threads(threads)
                    .map_err(|e| e.to_string())
            })
            .and_then(|mut builder| builder.commit_from_file(file).map_err(|e| e.to_string()))
            .map_err(failed)?;

        let unsupported = |reason: String| SessionError::Unsupported {
            file: file.to_owned(),
            reason,
        };
        let [input] = session.inputs() else {
            let names: Vec<_> = session.inputs().iter().map(|i| i.name()).collect();
            return Err(unsupported(format!(
                "the model has {} inputs ({}); only models with one image input can be fed",
                names.len(),
                names.join(", ")
            )));
        };
        let input = match input.dtype() {
            ValueType::Tensor { ty, shape, .. } => {
                let data_type = match ty {
                    TensorElementType::Bool | TensorElementType::Uint32 => None,
                    ty => deepstream_type(*ty),
                };
                TensorSpec {
                    name: input.name().to_owned(),
                    data_type: data_type.ok_or_else(|| {
                        unsupported(format!(
                            "input \"{}\" has elements of type {ty}; expected FP32, FP16, UINT8, INT8, INT32 or INT64",
                            input.name()
                        ))
                    })?,
                    dims: shape.iter().copied().collect(),
                }
            }
            other => {
                return Err(unsupported(format!(
                    "input \"{}\" is {other}, not a tensor",
                    input.name()
                )));
            }
        };
        if session.outputs().is_empty() {
            return Err(unsupported(
                "the model has no outputs: there is nothing to attach".to_owned(),
            ));
        }
        let outputs = session
            .outputs()
            .iter()
            .map(|output| match output.dtype() {
                ValueType::Tensor { ty, shape, .. } => OutputSpec {
                    name: output.name().to_owned(),
                    dims: shape.iter().copied().collect(),
                    declared: ty.to_string(),
                    data_type: deepstream_type(*ty),
                },
                other => OutputSpec {
                    name: output.name().to_owned(),
                    dims: Vec::new(),
                    declared: other.to_string(),
                    data_type: None,
                },
            })
            .collect();
        Ok(Self {
            file: file.to_owned(),
            session,
            input,
            outputs,
        })
    }

    /// The file it came from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The input.
    pub fn input(&self) -> &TensorSpec {
        &self.input
    }

    /// Names of all outputs, in the model's order.
    pub fn output_names(&self) -> Vec<&str> {
        self.outputs.iter().map(|o| o.name.as_str()).collect()
    }

    /// An output by name, with its place among [`Self::output_names`].
    pub fn output(&self, name: &str) -> Result<(usize, TensorSpec), SessionError> {
        let unsupported = |reason| SessionError::Unsupported {
            file: self.file.clone(),
            reason,
        };
        let Some((index, output)) = self
            .outputs
            .iter()
            .enumerate()
            .find(|(_, o)| o.name == name)
        else {
            return Err(unsupported(format!(
                "the model has no output \"{name}\"; it has {}",
                self.output_names().join(", ")
            )));
        };
        let Some(data_type) = output.data_type else {
            return Err(unsupported(format!(
                "output \"{name}\" is of type {}, which DeepStream's tensors cannot carry; expected FP32, FP16, INT8, UINT8, INT32 or INT64",
                output.declared
            )));
        };
        Ok((
            index,
            TensorSpec {
                name: name.to_owned(),
                data_type,
                dims: output.dims.clone(),
            },
        ))
    }

    /// Runs the model. `shape` has to have as many elements as `input`. The outputs come in the model's order; `None`
    /// stands for one whose type DeepStream does not know.
    pub fn run<T: ModelInput>(
        &mut self,
        shape: &[usize],
        input: &[T],
    ) -> Result<Vec<Option<Arc<Output>>>, SessionError> {
        let failed = |e: ort::Error| SessionError::Run(e.to_string());
        let input = TensorRef::from_array_view((shape, input)).map_err(failed)?;
        let results = self
            .session
            .run([SessionInputValue::from(input)])
            .map_err(failed)?;
        Ok(results
            .into_iter()
            .map(|(_, value)| {
                let ValueType::Tensor { ty, shape, .. } = value.dtype() else {
                    return None;
                };
                let element = *ty;
                let shape = shape
                    .iter()
                    .map(|&d| usize::try_from(d).unwrap_or(0))
                    .collect();
                Some(Arc::new(Output {
                    data_type: deepstream_type(element)?,
                    element,
                    shape,
                    value,
                }))
            })
            .collect())
    }
}

#[cfg(test)]
mod tests;
