//! What a parser gets, in C++'s shape. `shim.cpp` has the same structs.

use std::ffi::{CString, c_char, c_int, c_void};

use nvds::{AlignedBytes, DataType, NetworkInfo};

/// Most dimensions of an output.
pub const MAX_DIMS: usize = 8;

/// `NvDsInferLayerInfo`.
#[repr(C)]
struct RawLayer {
    data_type: u32,
    dim_count: u32,
    dims: [u32; MAX_DIMS],
    elements: u32,
    binding: c_int,
    name: *const c_char,
    buffer: *mut c_void,
    is_input: c_int,
}

#[repr(C)]
pub struct RawInput {
    layers: *mut RawLayer,
    layer_count: usize,
    network: [u32; 3],
    classes: u32,
    before_clustering: *const f32,
    before_count: usize,
    after_clustering: *const f32,
    after_count: usize,
}

const _: () = assert!(size_of::<RawLayer>() == 72);

/// An output of the network, in memory that the parser may change.
#[derive(Debug)]
pub struct Output {
    name: CString,
    data_type: DataType,
    dims: Vec<u32>,
    memory: AlignedBytes,
}

/// What a parser gets.
#[derive(Debug)]
pub struct Input<'a> {
    pub outputs: &'a mut [Output],
    pub network: NetworkInfo,
    pub classes: u32,
    pub before_clustering: &'a [f32],
    pub after_clustering: &'a [f32],
}

impl Output {
    /// A copy of an output; `None` where it has more dimensions than there may be.
    pub fn copy_of(name: &[u8], data_type: DataType, dims: &[usize], bytes: &[u8]) -> Option<Self> {
        let dims: Vec<u32> = dims.iter().map(|&size| size as u32).collect();
        (dims.len() <= MAX_DIMS).then(|| Self {
            name: CString::new(name).unwrap_or_default(),
            data_type,
            dims,
            memory: AlignedBytes::copy_of(bytes),
        })
    }

    fn raw(&mut self, index: usize) -> RawLayer {
        let mut dims = [0; MAX_DIMS];
        dims[..self.dims.len()].copy_from_slice(&self.dims);
        RawLayer {
            data_type: match self.data_type {
                DataType::Float => 0,
                DataType::Half => 1,
                DataType::Int8 => 2,
                DataType::Int32 => 3,
                DataType::Int64 => 4,
                DataType::UInt8 => 5,
            },
            dim_count: self.dims.len() as u32,
            dims,
            elements: self.dims.iter().fold(1, |n, &size| n.wrapping_mul(size)),
            // The input comes first.
            binding: index as c_int + 1,
            name: self.name.as_ptr(),
            buffer: self.memory.as_mut_slice().as_mut_ptr().cast(),
            is_input: 0,
        }
    }

    /// The floats from `start` on, if it points into this output.
    pub fn floats_from(&self, start: *const f32, count: usize) -> Option<Vec<f32>> {
        let bytes = self.memory.as_slice();
        let offset = start.addr().checked_sub(bytes.as_ptr().addr())?;
        let bytes = bytes.get(offset..)?;
        let floats = bytes.chunks_exact(4).take(count);
        let floats: Vec<f32> = floats
            .map(|four| f32::from_ne_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        (floats.len() == count).then_some(floats)
    }
}

impl Input<'_> {
    /// Hands it to a call.
    pub fn with<T>(&mut self, run: impl FnOnce(*const RawInput) -> T) -> T {
        let outputs = self.outputs.iter_mut().enumerate();
        let mut layers: Vec<_> = outputs.map(|(index, output)| output.raw(index)).collect();
        let raw = RawInput {
            layers: layers.as_mut_ptr(),
            layer_count: layers.len(),
            network: [
                self.network.width,
                self.network.height,
                self.network.channels,
            ],
            classes: self.classes,
            before_clustering: self.before_clustering.as_ptr(),
            before_count: self.before_clustering.len(),
            after_clustering: self.after_clustering.as_ptr(),
            after_count: self.after_clustering.len(),
        };
        run(&raw const raw)
    }
}
