//! Layers that are as those of an earlier frame, which nearly all are.

use nvds_sys as c;

use crate::error::TensorError;
use crate::tensor::{DataType, Dims, Layer, LayerData};

/// What was found out of a layer that could be read. One of the same name, type and shape on a later
/// frame need not be looked at again.
#[derive(Clone)]
pub struct KnownLayer {
    name: String,
    data_type: DataType,
    /// As the layer states them, zero beyond `numDims`.
    dims: c::NvDsInferDims,
    elements: usize,
}

impl KnownLayer {
    /// Reads a layer and takes note of it.
    ///
    /// # Errors
    /// As [`Layer::read`].
    pub fn new<'a>(layer: &Layer<'a>) -> Result<(Self, Dims, LayerData<'a>), TensorError> {
        let mut this = Self {
            name: String::new(),
            data_type: DataType::Float,
            dims: c::NvDsInferDims {
                numDims: 0,
                d: [0; c::NVDSINFER_MAX_DIMS as usize],
                numElements: 0,
            },
            elements: 0,
        };
        let (dims, data) = this.renew(layer)?;
        Ok((this, dims, data))
    }

    /// Reads a layer and takes note of it in place of the one before. On an error it is what it was.
    ///
    /// # Errors
    /// As [`Layer::read`].
    pub fn renew<'a>(&mut self, layer: &Layer<'a>) -> Result<(Dims, LayerData<'a>), TensorError> {
        let (dims, data) = layer.read()?;
        self.name.clear();
        self.name.push_str(&layer.name());
        self.data_type = layer.data_type()?;
        self.elements = data.len();
        // SAFETY: a live layer.
        let stated = unsafe { (*layer.info.as_ptr()).inferDims };
        self.dims.numDims = stated.numDims;
        self.dims.numElements = stated.numElements;
        self.dims.d = [0; c::NVDSINFER_MAX_DIMS as usize];
        for (to, from) in self.dims.d.iter_mut().zip(dims.as_slice()) {
            *to = *from as u32; // it was one
        }
        Ok((dims, data))
    }

    /// The elements of a layer that is as this one. `None` if it is not, or cannot be read: ask
    /// [`Layer::read`] then.
    #[inline]
    pub fn read<'a>(&self, layer: &Layer<'a>) -> Option<LayerData<'a>> {
        // SAFETY: a live layer.
        let info = unsafe { &*layer.info.as_ptr() };
        let (stated, known) = (&info.inferDims, &self.dims);
        if info.dataType != self.data_type.to_c()
            || stated.numDims != known.numDims
            || stated.numElements != known.numElements
        {
            return None;
        }
        let count = known.numDims as usize; // at most as many as there is room for
        let same = stated.d.iter().zip(&known.d).take(count);
        if !same.into_iter().all(|(a, b)| a == b) || layer.name_bytes() != self.name.as_bytes() {
            return None;
        }
        // SAFETY: type and dims are those of a layer that could be read, and so is their product.
        unsafe { layer.elements(self.data_type, self.elements) }.ok()
    }

    /// The layer's name; bytes that are no UTF-8 are replaced, and it is as no layer then.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Debug for KnownLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (name, data_type) = (&self.name, self.data_type.name());
        let dims = self.dims.d.iter().take(self.dims.numDims as usize);
        write!(f, "{name:?} {data_type}{:?}", dims.collect::<Vec<_>>())
    }
}
