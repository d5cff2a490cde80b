//! The boxes that raw box encodings start from: computed as TensorFlow's object
//! detection API and torchvision do, or read from a file.

mod file;
mod ssd;

use std::fmt;

use crate::boxes::form::BoxForm;

pub use ssd::{TfSsd, TorchvisionSsd};

/// No network has more; it keeps a mistyped setting from filling the memory.
const MOST: usize = 1 << 22;

/// No file of that many anchors is larger, in bytes.
pub const LARGEST_FILE: u64 = 64 << 20;

/// One box for every box encoding of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Anchors {
    /// Centre x, centre y, width, height.
    boxes: Vec<[f32; 4]>,
    order: BoxForm,
    kind: &'static str,
    normalised: bool,
    /// The logarithm of a size is cut at this, as the network's own code does.
    largest_log: f32,
}

/// Why there are no anchors.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AnchorError {
    /// A value that makes no anchors.
    #[error("{name} is {found}, expected {expected}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The settings make more anchors than any network has.
    #[error("that makes more than {MOST} anchors")]
    TooMany,
    /// The bytes are not a file of anchors.
    #[error("{0}")]
    File(String),
}

impl Anchors {
    /// From the rows of a table.
    ///
    /// # Errors
    ///
    /// When there is none, or too many, or a number is not finite, or a size not
    /// positive.
    pub fn from_rows(rows: &[[f32; 4]], form: BoxForm) -> Result<Self, AnchorError> {
        if rows.is_empty() {
            return Err(AnchorError::File("there are no anchors".to_owned()));
        }
        if rows.len() > MOST {
            return Err(AnchorError::TooMany);
        }
        let boxes: Vec<[f32; 4]> = rows.iter().map(|&row| form.centred(row)).collect();
        let bad = boxes.iter().position(|&[x, y, width, height]| {
            !(x.is_finite() && y.is_finite() && width.is_finite() && height.is_finite())
                || width <= 0.0
                || height <= 0.0
        });
        if let Some(index) = bad {
            return Err(AnchorError::File(format!(
                "anchor {index} is {:?}, which is no box in the form {form}",
                rows[index]
            )));
        }
        Ok(Self {
            boxes,
            order: form,
            kind: "a file",
            normalised: false,
            largest_log: f32::INFINITY,
        })
    }

    /// From the bytes of a file, in NumPy's `.npy` or `.npz`, the safetensors format or as text: a
    /// tensor `[A, 4]` or `[4, A]`, a leading dimension of 1 allowed, of 16, 32 or 64 bit floating
    /// point. `tensor` names it where a file has several. Text has a row in each line, its numbers
    /// set apart by spaces or commas.
    ///
    /// # Errors
    ///
    /// When the bytes are none of these, or the tensor is not as it should be. Four rows of four
    /// are refused: they may be read both ways.
    pub fn from_bytes(
        bytes: &[u8],
        form: BoxForm,
        tensor: Option<&str>,
    ) -> Result<Self, AnchorError> {
        Self::from_rows(&file::rows(bytes, tensor)?, form)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.boxes.len()
    }

    /// Whether there is none, which never is.
    pub fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    /// Centre x, centre y, width and height of each.
    pub fn boxes(&self) -> &[[f32; 4]] {
        &self.boxes
    }

    /// The order of coordinates in the encodings of networks with such anchors.
    pub fn order(&self) -> BoxForm {
        self.order
    }

    /// Whether they are known to be 0 to 1 over the network's input.
    pub fn are_normalised(&self) -> bool {
        self.normalised
    }

    pub(crate) fn largest_log(&self) -> f32 {
        self.largest_log
    }
}

impl fmt::Display for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} anchors", self.kind, self.boxes.len())
    }
}
