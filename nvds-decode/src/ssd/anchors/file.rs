//! Tables of anchors in files, given as bytes.
//!
//! NumPy's header is read here: the crates for it bring a parser generator and
//! big integers for one line of text.

use std::io::{Cursor, Read as _};

use half::f16;
use ndarray::{ArrayView, ArrayViewD, Axis, IxDyn, ShapeBuilder as _};
use safetensors::{Dtype, SafeTensors};
use zip::ZipArchive;

use super::{AnchorError, LARGEST_FILE, MOST};

const MAGIC: &[u8] = b"\x93NUMPY";

/// How archives begin.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// The rows of a tensor `[A, 4]` or `[4, A]`.
pub fn rows(bytes: &[u8], tensor: Option<&str>) -> Result<Vec<[f32; 4]>, AnchorError> {
    let rows = if let Some(rest) = bytes.strip_prefix(MAGIC) {
        npy(rest).and_then(|table| table.rows())
    } else if bytes.starts_with(ARCHIVE) {
        npz(bytes, tensor)
    } else if let Some(rows) = text(bytes) {
        rows
    } else {
        safetensors(bytes, tensor).and_then(|table| table.rows())
    };
    rows.map_err(AnchorError::File)
}

/// The rows of a table of numbers.
fn rows_of(table: ArrayViewD<'_, f32>) -> Result<Vec<[f32; 4]>, String> {
    let shape = table.shape().to_vec();
    let table = match shape[..] {
        [1, _, _] => table.index_axis_move(Axis(0), 0),
        _ => table,
    };
    let table = match *table.shape() {
        [4, 4] => {
            return Err(format!(
                "the shape is {shape:?}, which is [A, 4] as well as [4, A]"
            ));
        }
        [_, 4] => table,
        [4, _] => table.reversed_axes(),
        _ => return Err(format!("the shape is {shape:?}, expected [A, 4] or [4, A]")),
    };
    let rows = table.rows().into_iter();
    Ok(rows.map(|row| [row[0], row[1], row[2], row[3]]).collect())
}

/// A line for each row, or for each column; `None` if the bytes are no lines of numbers.
fn text(bytes: &[u8]) -> Option<Result<Vec<[f32; 4]>, String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut numbers = Vec::new();
    let mut lengths = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let before = numbers.len();
        let words = line.split(|c: char| c.is_whitespace() || c == ',');
        for word in words.filter(|word| !word.is_empty()) {
            numbers.push(word.parse::<f32>().ok()?);
        }
        lengths.push(numbers.len() - before);
    }
    let first = *lengths.first()?;
    if let Some(line) = lengths.iter().position(|&length| length != first) {
        return Some(Err(format!(
            "row {} has {} numbers, row 1 has {first}",
            line + 1,
            lengths[line]
        )));
    }
    let table = ArrayView::from_shape(IxDyn(&[lengths.len(), first]), &numbers);
    Some(table.map_err(|error| error.to_string()).and_then(rows_of))
}

/// The array of that name in an archive of `.npy` files, or the only one.
fn npz(bytes: &[u8], tensor: Option<&str>) -> Result<Vec<[f32; 4]>, String> {
    let broken = |error: zip::result::ZipError| format!("the archive cannot be read: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let names: Result<Vec<String>, _> = archive
        .file_names()
        .map(|name| name.map(|name| name.into_owned()))
        .collect();
    let names = names.map_err(broken)?;
    let names: Vec<&str> = names
        .iter()
        .map(|name| name.strip_suffix(".npy").unwrap_or(name))
        .collect();
    let name = one_of(&names, tensor)?;
    let index = names.iter().position(|known| *known == name).unwrap_or(0);
    let file = archive.by_index(index).map_err(broken)?;
    // A small archive can hold a large file.
    let mut array = Vec::new();
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut array)
        .map_err(|error| format!("{name} cannot be read: {error}"))?;
    if array.len() as u64 > LARGEST_FILE {
        return Err(format!("{name} is larger than {} MiB", LARGEST_FILE >> 20));
    }
    let array = array
        .strip_prefix(MAGIC)
        .ok_or_else(|| format!("{name} is no .npy file"))?;
    npy(array)?.rows()
}

/// The tensor that is asked for, or the only one.
fn one_of<'n>(names: &[&'n str], tensor: Option<&'n str>) -> Result<&'n str, String> {
    match (tensor, names) {
        (Some(name), _) if names.contains(&name) => Ok(name),
        (Some(name), _) => Err(format!(
            "it holds no tensor {name}, only {}",
            names.join(", ")
        )),
        (None, [name]) => Ok(name),
        (None, _) => Err(format!(
            "it holds {} tensors, and tensor does not say which: {}",
            names.len(),
            names.join(", ")
        )),
    }
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
            [a, b] | [1, a, b] if a == 4 || b == 4 => a.saturating_mul(b) / 4,
            _ => return Err(format!("the shape is {shape:?}, expected [A, 4] or [4, A]")),
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
        rows_of(array)
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
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        format!("neither a .npy nor a safetensors file, nor .npz nor lines of numbers ({error})")
    })?;
    let names = file.names();
    let name = one_of(&names, tensor)?;
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
