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

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::ptr::NonNull;
    use std::sync::Arc;

    use super::*;
    use crate::AlignedBytes;
    use crate::tensor::{NetworkInfo, NewLayer, NewTensorMeta, Producer, TensorMeta};

    /// What is found of a layer with these elements by one who knows `known`: the first byte of them.
    fn first(
        known: Option<&mut KnownLayer>,
        name: &[u8],
        data_type: DataType,
        dims: &[usize],
        value: u8,
    ) -> (Option<KnownLayer>, Option<u8>) {
        let layer = NewLayer {
            name: CString::new(name).unwrap().into(),
            data_type,
            dims: Dims::new(dims).unwrap(),
            memory: Arc::new(AlignedBytes::copy_of(&[value; 96])),
            offset: 0,
        };
        let network = NetworkInfo::default();
        let meta = NewTensorMeta::new(1, network, Producer::NvInfer, vec![layer]).unwrap();
        let payload = meta.to_payload();
        // SAFETY: a payload begins with the tensor meta, and outlives the view.
        let meta =
            unsafe { TensorMeta::new(NonNull::from(&*payload).cast(), crate::release().unwrap()) };
        let layer = meta.layers().unwrap().next().unwrap();
        match known {
            Some(known) => (None, known.read(&layer).map(|data| data.as_bytes()[0])),
            None => (Some(KnownLayer::new(&layer).unwrap().0), None),
        }
    }

    #[test]
    fn only_layers_of_the_same_name_type_and_shape_are_known() {
        let (known, _) = first(None, b"boxes", DataType::Float, &[4, 6], 1);
        let mut known = known.unwrap();
        assert_eq!(known.name(), "boxes");
        let mut again =
            |name, data_type, dims: &[usize]| first(Some(&mut known), name, data_type, dims, 7).1;
        assert_eq!(again(b"boxes", DataType::Float, &[4, 6]), Some(7));
        for (name, data_type, dims) in [
            (&b"boxed"[..], DataType::Float, &[4, 6][..]),
            (b"box", DataType::Float, &[4, 6]),
            (b"boxes0", DataType::Float, &[4, 6]),
            (b"boxes", DataType::Int32, &[4, 6]),
            (b"boxes", DataType::Float, &[6, 4]),
            (b"boxes", DataType::Float, &[24]),
            (b"boxes", DataType::Float, &[4, 6, 1]),
            (b"boxes", DataType::Float, &[4, 5]),
            (b"boxes", DataType::Float, &[]),
        ] {
            assert_eq!(again(name, data_type, dims), None, "{name:?} {dims:?}");
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_never_known() {
        let (known, _) = first(None, b"box\xff", DataType::Float, &[2], 1);
        let read = first(
            known.as_ref().cloned().as_mut(),
            b"box\xff",
            DataType::Float,
            &[2],
            1,
        );
        assert_eq!(read.1, None);
    }
}
