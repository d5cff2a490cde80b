//! Borrowed, checked views of the tensors a network put out.

use std::fmt;

use half::f16;
use ndarray::{ArrayViewD, IxDyn};

/// The most dimensions a tensor may have, as in DeepStream's `NvDsInferDims`.
pub const MAX_DIMS: usize = 8;

/// The element type of a tensor, printed as DeepStream names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// 32-bit floating point.
    Float,
    /// 16-bit IEEE floating point.
    Half,
    /// Signed 8-bit integer.
    Int8,
    /// Signed 32-bit integer.
    Int32,
    /// Signed 64-bit integer.
    Int64,
    /// Unsigned 8-bit integer.
    Uint8,
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float => "FLOAT",
            Self::Half => "HALF",
            Self::Int8 => "INT8",
            Self::Int32 => "INT32",
            Self::Int64 => "INT64",
            Self::Uint8 => "UINT8",
        })
    }
}

/// The elements of a tensor, row-major, borrowed from whoever owns them.
#[derive(Debug, Clone, Copy)]
pub enum TensorData<'a> {
    /// FLOAT elements.
    F32(&'a [f32]),
    /// HALF elements.
    F16(&'a [f16]),
    /// INT8 elements.
    I8(&'a [i8]),
    /// INT32 elements.
    I32(&'a [i32]),
    /// INT64 elements.
    I64(&'a [i64]),
    /// UINT8 elements.
    U8(&'a [u8]),
}

impl TensorData<'_> {
    /// The element type.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::F32(_) => DataType::Float,
            Self::F16(_) => DataType::Half,
            Self::I8(_) => DataType::Int8,
            Self::I32(_) => DataType::Int32,
            Self::I64(_) => DataType::Int64,
            Self::U8(_) => DataType::Uint8,
        }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(data) => data.len(),
            Self::F16(data) => data.len(),
            Self::I8(data) => data.len(),
            Self::I32(data) => data.len(),
            Self::I64(data) => data.len(),
            Self::U8(data) => data.len(),
        }
    }

    /// Whether there is no element at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element `index` as a number, `None` past the end.
    ///
    /// Exact for every type but INT64, which is rounded beyond 2^53. No
    /// de-quantisation takes place.
    #[inline]
    pub fn value(&self, index: usize) -> Option<f64> {
        match self {
            Self::F32(data) => data.get(index).map(|&v| f64::from(v)),
            Self::F16(data) => data.get(index).map(|&v| f64::from(v)),
            Self::I8(data) => data.get(index).map(|&v| f64::from(v)),
            Self::I32(data) => data.get(index).map(|&v| f64::from(v)),
            Self::I64(data) => data.get(index).map(|&v| v as f64),
            Self::U8(data) => data.get(index).map(|&v| f64::from(v)),
        }
    }
}

mod sealed {
    pub trait Sealed {}
}

/// A type that tensors are made of: `f32`, [`half::f16`], `i8`, `i32`, `i64`, `u8`.
pub trait Element: Copy + sealed::Sealed {
    /// The elements, if `data` holds this type.
    fn slice<'a>(data: &TensorData<'a>) -> Option<&'a [Self]>;
    /// Wraps a slice of this type.
    fn wrap(slice: &[Self]) -> TensorData<'_>;
}

macro_rules! element {
    ($type:ty, $variant:ident) => {
        impl sealed::Sealed for $type {}

        impl Element for $type {
            fn slice<'a>(data: &TensorData<'a>) -> Option<&'a [Self]> {
                match data {
                    TensorData::$variant(slice) => Some(slice),
                    _ => None,
                }
            }

            fn wrap(slice: &[Self]) -> TensorData<'_> {
                TensorData::$variant(slice)
            }
        }

        impl<'a> From<&'a [$type]> for TensorData<'a> {
            fn from(slice: &'a [$type]) -> Self {
                TensorData::$variant(slice)
            }
        }
    };
}

element!(f32, F32);
element!(f16, F16);
element!(i8, I8);
element!(i32, I32);
element!(i64, I64);
element!(u8, U8);

/// The dimensions of a tensor, at most [`MAX_DIMS`], printed as `[100, 4]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dims {
    count: u8,
    sizes: [usize; MAX_DIMS],
}

impl Dims {
    /// The sizes, outermost first.
    pub fn as_slice(&self) -> &[usize] {
        &self.sizes[..usize::from(self.count)]
    }
}

impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), f)
    }
}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_slice(), f)
    }
}

/// Why a name, dimensions and data do not make a tensor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TensorError {
    /// More than [`MAX_DIMS`] dimensions.
    #[error("layer {layer}: {found} dimensions, at most {MAX_DIMS} are possible")]
    TooManyDims {
        /// The layer's name.
        layer: String,
        /// How many dimensions were given.
        found: usize,
    },
    /// A dimension is negative (a wildcard that was never filled in) or too large.
    #[error("layer {layer}: dimension {index} is not a size")]
    BadDim {
        /// The layer's name.
        layer: String,
        /// Which dimension, counted from 0.
        index: usize,
    },
    /// The product of the dimensions does not fit in memory.
    #[error("layer {layer}: the dimensions {dims} have too many elements")]
    Overflow {
        /// The layer's name.
        layer: String,
        /// The dimensions given.
        dims: Dims,
    },
    /// The product of the dimensions is not the number of elements.
    #[error("layer {layer}: the dimensions {dims} need {expected} elements, there are {found}")]
    Length {
        /// The layer's name.
        layer: String,
        /// The dimensions given.
        dims: Dims,
        /// The product of the dimensions.
        expected: usize,
        /// The length of the data.
        found: usize,
    },
}

/// One output layer of a network for one frame (or object): a name, dimensions
/// without the batch, and the elements.
///
/// It borrows name and data and is cheap to copy. The dimensions always agree
/// with the number of elements. A dimension may be zero; decoders refuse such
/// tensors with an error.
#[derive(Clone, Copy)]
pub struct TensorView<'a> {
    name: &'a str,
    dims: Dims,
    data: TensorData<'a>,
}

impl<'a> TensorView<'a> {
    /// Checks that `dims` (outermost first, none = a single element) describe `data`.
    ///
    /// `dims` may be of any integer type, so DeepStream's `unsigned int` array
    /// can be given as it is. Nothing is allocated unless an error is returned.
    ///
    /// # Errors
    ///
    /// More than [`MAX_DIMS`] dimensions, a negative one, a product that
    /// overflows or that differs from the length of `data`.
    pub fn new<D>(
        name: &'a str,
        dims: &[D],
        data: impl Into<TensorData<'a>>,
    ) -> Result<Self, TensorError>
    where
        D: Copy + TryInto<usize>,
    {
        let data = data.into();
        if dims.len() > MAX_DIMS {
            return Err(TensorError::TooManyDims {
                layer: name.to_owned(),
                found: dims.len(),
            });
        }
        let mut own = Dims {
            count: dims.len() as u8,
            ..Dims::default()
        };
        // The product of the other dimensions must fit even when one is zero:
        // ndarray asks for that, and such a shape is nonsense anyway.
        let (mut product, mut empty) = (1_usize, false);
        for (index, (to, &from)) in own.sizes.iter_mut().zip(dims).enumerate() {
            *to = from.try_into().map_err(|_| TensorError::BadDim {
                layer: name.to_owned(),
                index,
            })?;
            empty |= *to == 0;
            product = product.saturating_mul((*to).max(1));
        }
        if isize::try_from(product).is_err() {
            return Err(TensorError::Overflow {
                layer: name.to_owned(),
                dims: own,
            });
        }
        let expected = if empty { 0 } else { product };
        if expected != data.len() {
            return Err(TensorError::Length {
                layer: name.to_owned(),
                dims: own,
                expected,
                found: data.len(),
            });
        }
        Ok(Self {
            name,
            dims: own,
            data,
        })
    }

    /// One with dimensions that are known from another tensor.
    ///
    /// # Errors
    ///
    /// When their product is not the length of `data`.
    #[inline]
    pub fn with_shape(
        name: &'a str,
        dims: Dims,
        data: impl Into<TensorData<'a>>,
    ) -> Result<Self, TensorError> {
        let data = data.into();
        // It fitted into memory when the dimensions were found.
        let expected = dims.as_slice().iter().product();
        if expected == data.len() {
            return Ok(Self { name, dims, data });
        }
        Err(TensorError::Length {
            layer: name.to_owned(),
            dims,
            expected,
            found: data.len(),
        })
    }

    /// The layer's name as the network has it.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The dimensions, outermost first; empty for a scalar.
    pub fn dims(&self) -> &[usize] {
        self.dims.as_slice()
    }

    /// The dimensions as a value of their own.
    pub fn shape(&self) -> Dims {
        self.dims
    }

    /// The elements.
    pub fn data(&self) -> TensorData<'a> {
        self.data
    }

    /// The element type.
    pub fn data_type(&self) -> DataType {
        self.data.data_type()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether a dimension is zero.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements as a slice, `None` if the tensor is of another type.
    pub fn slice<T: Element>(&self) -> Option<&'a [T]> {
        T::slice(&self.data)
    }

    /// The tensor as an n-dimensional array, `None` if it is of another type.
    pub fn array<T: Element>(&self) -> Option<ArrayViewD<'a, T>> {
        ArrayViewD::from_shape(IxDyn(self.dims()), self.slice()?).ok()
    }
}

impl TensorView<'static> {
    /// A nameless, empty FLOAT tensor, to fill arrays with.
    pub(crate) const NOTHING: Self = Self {
        name: "",
        dims: Dims {
            count: 1,
            sizes: [0; MAX_DIMS],
        },
        data: TensorData::F32(&[]),
    };
}

impl fmt::Display for TensorView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name, self.data_type(), self.dims)
    }
}

impl fmt::Debug for TensorView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
