//! What the parts of inference tell each other: element types, tensor order, preprocessing, errors.

use std::fmt;
use std::path::{Path, PathBuf};

use super::pbtext::Position;
use super::preprocess::MeanImage;
use crate::convert::Method;

/// Order of an image tensor's dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Channels first: one plane after the other.
    Nchw,
    /// Channels last: interleaved pixels.
    Nhwc,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nchw => "NCHW",
            Self::Nhwc => "NHWC",
        })
    }
}

/// Order of the colours in the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// One channel of luma.
    Gray,
}

impl Color {
    /// Channels of the input tensor.
    pub fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            _ => 3,
        }
    }
}

/// What a value of `scaling-filter` or `frame_scaling_filter` means; `None` for numbers beyond the seven there are.
pub fn scaling_filter(number: i128) -> Option<Method> {
    const METHODS: [Method; 7] = [
        Method::Nearest,
        Method::Bilinear,
        Method::Cubic,
        Method::Super,
        Method::Lanczos,
        Method::NearestCentre,
        Method::Default,
    ];
    METHODS.get(usize::try_from(number).ok()?).copied()
}

/// What [`scaling_filter`] takes, for messages.
pub const SCALING_FILTERS: &str = "0 or 6 (nearest), 1 (bilinear), 2 (cubic), 3 (area average), 4 (Lanczos) or 5 (nearest to the centre)";

/// Whose rounding decides where a scaled frame lies in the network's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaler {
    /// gst-nvinfer: a computed side is truncated to whole pixels.
    Nvinfer,
    /// gst-nvinferserver: both sides are then rounded down to even numbers, when stretching as well.
    NvinferServer,
}

/// What happens to a frame before it becomes the network's input.
#[derive(Debug, Clone, PartialEq)]
pub struct PreprocessConfig {
    /// Colour order.
    pub color: Color,
    /// Order of the tensor; `None` leaves it to the model.
    pub layout: Option<Layout>,
    /// Keep the picture's shape and pad with black.
    pub maintain_aspect_ratio: bool,
    /// Pad on all sides rather than on the right and bottom.
    pub symmetric_padding: bool,
    /// Scaling.
    pub filter: Method,
    /// `y = scale * (x - offset)`.
    pub scale: f32,
    /// One offset per channel in the network's colour order, or none for 0.
    pub offsets: Vec<f32>,
    /// What is subtracted in place of offsets.
    pub mean: Option<MeanImage>,
}

impl PreprocessConfig {
    /// The same with the mean image that `key` in `file` names, read for a network of this size.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn with_mean(
        &self,
        file: &Path,
        key: &str,
        mean_file: Option<&Path>,
        size: (usize, usize),
    ) -> Result<Self, ConfigError> {
        let mean = mean_file.map(|mean| MeanImage::load(mean, size, self.color.channels()));
        let mean = mean.transpose();
        let mean = mean.map_err(|what| ConfigError::file(file, format!("{key}: {what}")))?;
        Ok(Self {
            mean,
            ..self.clone()
        })
    }
}

impl Default for PreprocessConfig {
    fn default() -> Self {
        Self {
            color: Color::Rgb,
            layout: None,
            maintain_aspect_ratio: false,
            symmetric_padding: false,
            filter: Method::Default,
            scale: 1.0,
            offsets: Vec::new(),
            mean: None,
        }
    }
}

/// A configuration file, or what it names, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Whose fault it is.
    pub reason: Reason,
    /// The file the message is about.
    pub file: PathBuf,
    /// The place in it, where there is one. Column 0 means the whole line.
    pub position: Option<Position>,
    /// What was expected, what was found, what to change.
    pub message: String,
}

impl ConfigError {
    /// An error about the file as a whole.
    pub fn file(file: &Path, message: impl Into<String>) -> Self {
        Self {
            reason: Reason::Mistake,
            file: file.to_owned(),
            position: None,
            message: message.into(),
        }
    }

    /// An error about one place.
    pub fn at(file: &Path, position: Position, message: impl Into<String>) -> Self {
        Self {
            reason: Reason::Mistake,
            file: file.to_owned(),
            position: Some(position),
            message: message.into(),
        }
    }

    /// The same for a reason other than a mistake in the file.
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = reason;
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.position {
            Some(Position { line, column: 0 }) => write!(f, ":{line}")?,
            Some(Position { line, column }) => write!(f, ":{line}:{column}")?,
            None => {}
        }
        write!(f, ": {}", self.message)?;
        match self.reason {
            Reason::Mistake => Ok(()),
            reason => write!(f, " [{reason}]"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Why a configuration is refused; `docs/configurations.md` has a table with what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The file is wrong, and DeepStream refuses it too or crashes.
    Mistake,
    /// The network is in no form that runs on a CPU.
    NoOnnx,
    /// The model is on a Triton server.
    Server,
    /// What Triton itself makes of a model: ensembles, sequences, its classification.
    Triton,
    /// A function of a C++ library makes results of the tensors, or inputs.
    Library,
    /// The network's input is what nvdspreprocess prepares, and there is only a recording.
    PreparedInput,
    /// Tensors are to be written to files or read from them for debugging.
    TensorFiles,
    /// The network's outputs are its inputs again.
    Loop,
}

impl Reason {
    /// All there are.
    pub const ALL: [Self; 8] = [
        Self::Mistake,
        Self::NoOnnx,
        Self::Server,
        Self::Triton,
        Self::Library,
        Self::PreparedInput,
        Self::TensorFiles,
        Self::Loop,
    ];
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mistake => "mistake",
            Self::NoOnnx => "no-onnx",
            Self::Server => "server",
            Self::Triton => "triton",
            Self::Library => "library",
            Self::PreparedInput => "prepared-input",
            Self::TensorFiles => "tensor-files",
            Self::Loop => "loop",
        })
    }
}

/// How much a [`Note`] matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteLevel {
    /// Probably a mistake in the file.
    Warning,
    /// Has no effect on the CPU, and needs none.
    Info,
}

/// Something about a configuration file that does not stop the element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// File, place and text in one, as in [`ConfigError`].
    pub text: ConfigError,
}

impl Note {
    /// A warning about one place.
    pub fn warning(file: &Path, position: Position, message: impl Into<String>) -> Self {
        Self {
            level: NoteLevel::Warning,
            text: ConfigError::at(file, position, message),
        }
    }

    /// A remark about one place.
    pub fn info(file: &Path, position: Position, message: impl Into<String>) -> Self {
        Self {
            level: NoteLevel::Info,
            text: ConfigError::at(file, position, message),
        }
    }
}

/// "; did you mean X?" with the known name that is most like `word`, or nothing if none is.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let most = |name: &str| 1 + name.len() / 4;
    let near = known
        .into_iter()
        // Longer words are unlike without a look: one may fill the file.
        .filter(|name| word.len().abs_diff(name.len()) <= most(name))
        .map(|name| (strsim::osa_distance(word, name), name))
        .min()
        .filter(|(distance, name)| *distance <= most(name));
    match near {
        Some((_, name)) => format!("; did you mean {name}?"),
        None => String::new(),
    }
}

/// The path a configuration file means: absolute as it is, otherwise relative to the file's folder.
pub(crate) fn relative_to(file: &Path, path: &str) -> PathBuf {
    match file.parent() {
        Some(folder) => folder.join(path),
        None => PathBuf::from(path),
    }
}

/// What was found, for a message: a line that fills the file is cut.
pub(crate) fn cut(found: &str) -> String {
    const MOST: usize = 80;
    match found.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &found[..end]),
        None => found.to_owned(),
    }
}
