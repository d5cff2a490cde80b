//! The C structs of tensors that are attached.

use std::ffi::c_void;

use nvds_sys as c;

use super::new::{NewTensorMeta, PlacedLayer};
use super::{MAX_DIMS, Producer};

/// A tensor meta with everything its pointers point at. The C struct comes first, because a reader
/// takes the address of the payload for the address of the struct.
#[repr(C)]
pub(crate) struct TensorPayload {
    raw: c::NvDsInferTensorMeta,
    source: NewTensorMeta,
    infos: Box<[c::NvDsInferLayerInfo]>,
    host: Box<[*mut c_void]>,
    device: Box<[*mut c_void]>,
}

// SAFETY: the raw pointers point into boxes of the same payload and into memory kept by Arc.
unsafe impl Send for TensorPayload {}
// SAFETY: nothing is changed through a shared reference.
unsafe impl Sync for TensorPayload {}

impl TensorPayload {
    pub(super) fn new(source: NewTensorMeta, fill_buffers: bool) -> Self {
        let mut host: Box<[*mut c_void]> = source
            .layers
            .iter()
            .map(|layer| layer.start.cast_mut().cast())
            .collect();
        let mut device: Box<[*mut c_void]> = match source.producer {
            Producer::NvInfer => host.clone(),
            Producer::NvInferServer => host.iter().map(|_| std::ptr::null_mut()).collect(),
        };
        let mut infos: Box<[c::NvDsInferLayerInfo]> = source
            .layers
            .iter()
            .zip(&host)
            .enumerate()
            .map(|(i, (PlacedLayer { layer, .. }, host))| {
                let mut d = [0; MAX_DIMS];
                for (to, from) in d.iter_mut().zip(layer.dims.as_slice()) {
                    *to = *from as u32; // `check` saw that it fits
                }
                c::NvDsInferLayerInfo {
                    dataType: layer.data_type.to_c(),
                    inferDims: c::NvDsInferDims {
                        numDims: layer.dims.as_slice().len() as u32,
                        d,
                        numElements: layer.dims.elements().unwrap_or(0) as u32,
                    },
                    bindingIndex: i as i32,
                    layerName: layer.name.as_ptr(),
                    buffer: if fill_buffers {
                        *host
                    } else {
                        std::ptr::null_mut()
                    },
                    isInput: 0,
                }
            })
            .collect();
        let raw = c::NvDsInferTensorMeta {
            unique_id: source.unique_id,
            num_output_layers: infos.len() as u32,
            output_layers_info: infos.as_mut_ptr(),
            out_buf_ptrs_host: host.as_mut_ptr(),
            out_buf_ptrs_dev: device.as_mut_ptr(),
            gpu_id: source.gpu_id,
            priv_data: std::ptr::null_mut(),
            network_info: c::NvDsInferNetworkInfo {
                width: source.network.width,
                height: source.network.height,
                channels: source.network.channels,
            },
            maintain_aspect_ratio: source.maintain_aspect_ratio.into(),
            symmetric_padding: source.symmetric_padding.into(),
        };
        Self {
            raw,
            source,
            infos,
            host,
            device,
        }
    }
}

impl Clone for TensorPayload {
    /// As the stock copy functions do: own arrays, shared memory, `buffer` fields set.
    fn clone(&self) -> Self {
        debug_assert_eq!(self.raw.num_output_layers as usize, self.infos.len());
        debug_assert_eq!(self.host.len(), self.device.len());
        Self::new(self.source.clone(), true)
    }
}
