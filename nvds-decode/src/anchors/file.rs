//! Tables of anchors in files, given as bytes.
//!
//! NumPy's header is read here: the crates for it bring a parser generator and
//! big integers for one line of text.

use half::f16;
use ndarray::{ArrayView, IxDyn, ShapeBuilder as _};
use safetensors::{Dtype, SafeTensors};

use super::{AnchorError, MOST};

const MAGIC: &[u8] = b"\x93NUMPY";

/// The rows of a tensor `[A, 4]`.
pub fn rows(bytes: &[u8], tensor: Option<&str>) -> Result<Vec<[f32; 4]>, AnchorError> {
    let table = match bytes.strip_prefix(MAGIC) {
        Some(rest) => npy(rest),
        None => safetensors(bytes, tensor),
    };
    table
        .and_then(|table| table.rows())
        .map_err(AnchorError::File)
}

/// A tensor as it lies in the file.
struct Table<'a> {
    width: usize,
    shape: Vec<usize>,
    /// Whether the first index runs fastest.
    fortran_order: bool,
    data: &'a [u8],
}

impl Table<'_> {
    fn rows(&self) -> Result<Vec<[f32; 4]>, String> {
        let shape = &self.shape;
        let count = match shape[..] {
            [count, 4] | [1, count, 4] => count,
            _ => return Err(format!("the shape is {shape:?}, expected [A, 4]")),
        };
        if count > MOST {
            return Err(AnchorError::TooMany.to_string());
        }
        let expected = 4 * count * self.width;
        if self.data.len() < expected {
            return Err(format!(
                "{} bytes follow, the shape {shape:?} needs {expected}",
                self.data.len()
            ));
        }
        let numbers = self.data[..expected]
            .chunks_exact(self.width)
            .map(|bytes| match *bytes {
                [a, b] => f16::from_le_bytes([a, b]).to_f32(),
                [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
                [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]) as f32,
                _ => f32::NAN,
            })
            .collect::<Vec<f32>>();
        let shape = IxDyn(shape).set_f(self.fortran_order);
        let array = ArrayView::from_shape(shape, &numbers).map_err(|error| error.to_string())?;
        let rows = array.rows();
        Ok(rows
            .into_iter()
            .map(|row| [row[0], row[1], row[2], row[3]])
            .collect())
    }
}

/// What follows the magic bytes of a `.npy` file: version, length of the header,
/// header, data. The header is a line of Python:
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (1917, 4), }`.
fn npy(bytes: &[u8]) -> Result<Table<'_>, String> {
    let cut = || "the file ends in its header".to_owned();
    let (version, rest) = bytes.split_first_chunk::<2>().ok_or_else(cut)?;
    let (length, rest) = match version[0] {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
            let length = u32::from_le_bytes(*length);
            (usize::try_from(length).map_err(|_| cut())?, rest)
        }
        other => return Err(format!("npy version {other} is not known")),
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "the header is not text".to_owned())?;
    let field = |name: &str| {
        let (_, rest) = header.split_once(&format!("'{name}':"))?;
        Some(rest.trim_start())
    };
    let missing = |name: &str| format!("the header has no {name}: {}", header.trim());

    let rest = field("descr").ok_or_else(|| missing("descr"))?;
    let descr = rest
        .strip_prefix('\'')
        .and_then(|rest| rest.split_once('\''))
        .map_or(rest, |(descr, _)| descr);
    let width = match descr {
        "<f2" => 2,
        "<f4" => 4,
        "<f8" => 8,
        other => {
            let other: String = other.chars().take(40).collect();
            return Err(format!("the type is {other}, expected <f2, <f4 or <f8"));
        }
    };
    let order = field("fortran_order").ok_or_else(|| missing("fortran_order"))?;
    let fortran_order = match (order.starts_with("True"), order.starts_with("False")) {
        (true, _) => true,
        (_, true) => false,
        _ => return Err(missing("fortran_order that is True or False")),
    };
    let shape = field("shape")
        .and_then(|rest| rest.strip_prefix('('))
        .and_then(|rest| rest.split_once(')'))
        .ok_or_else(|| missing("shape"))?
        .0;
    let shape = shape
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty())
        .map(|size| size.parse().map_err(|_| missing("shape that is one")))
        .collect::<Result<_, _>>()?;
    Ok(Table {
        width,
        shape,
        fortran_order,
        data,
    })
}

fn safetensors<'a>(bytes: &'a [u8], tensor: Option<&str>) -> Result<Table<'a>, String> {
    let file = SafeTensors::deserialize(bytes)
        .map_err(|error| format!("neither a .npy nor a safetensors file ({error})"))?;
    let names = file.names();
    let name = match (tensor, &names[..]) {
        (Some(name), _) => name,
        (None, [name]) => name,
        (None, _) => {
            return Err(format!(
                "it holds {} tensors, and tensor does not say which: {}",
                names.len(),
                names.join(", ")
            ));
        }
    };
    let view = file
        .tensor(name)
        .map_err(|_| format!("it holds no tensor {name}, only {}", names.join(", ")))?;
    let width = match view.dtype() {
        Dtype::F16 => 2,
        Dtype::F32 => 4,
        Dtype::F64 => 8,
        other => {
            return Err(format!(
                "the type of {name} is {other:?}, expected F16, F32 or F64"
            ));
        }
    };
    Ok(Table {
        width,
        shape: view.shape().to_vec(),
        fortran_order: false,
        data: view.data(),
    })
}
