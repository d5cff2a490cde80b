//! Tensors of either side in the other's form.

use std::ffi::CString;
use std::sync::Arc;

use nvds::gst_analytics::{GstTensor, GstTensorError};
use nvds::{AlignedBytes, Dims, Frame, NetworkInfo, NewLayer, NewTensorMeta, Producer};

use super::names::TensorNames;

/// The tensors of a frame, one list for each inference element, oldest first, and what is wrong with the first of those
/// that cannot be read.
pub fn of_frame(frame: &Frame<'_>, names: &TensorNames) -> (Vec<Vec<GstTensor>>, Vec<String>) {
    let mut wrong = Vec::new();
    let mut all = Vec::new();
    for meta in frame.tensors() {
        let layers = match meta.layers() {
            Ok(layers) => layers,
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        let mut tensors = Vec::new();
        for layer in layers {
            let read = layer.data_type().and_then(|kind| Ok((kind, layer.read()?)));
            match read {
                Ok((data_type, (dims, data))) => tensors.push(GstTensor {
                    id: names.id(&layer.name()),
                    data_type,
                    dims: with_batch(dims.as_slice()),
                    data: AlignedBytes::copy_of(data.as_bytes()),
                }),
                Err(error) => wrong.push(error.to_string()),
            }
        }
        all.push(tensors);
    }
    all.reverse();
    (all, wrong)
}

/// GStreamer's tensors have the batch, DeepStream's have not. One number is one a frame already.
fn with_batch(dims: &[usize]) -> Vec<usize> {
    match dims {
        [] | [1] => vec![1],
        _ => std::iter::once(1).chain(dims.iter().copied()).collect(),
    }
}

/// The other way round; `None` with more dims than DeepStream's tensors can have.
fn without_batch(dims: &[usize]) -> Option<Dims> {
    match dims {
        [1, rest @ ..] if !rest.is_empty() => Dims::new(rest),
        _ => Dims::new(dims),
    }
}

/// Tensors as an inference element attaches them, `None` if there are none, and what is wrong with those that are left out.
pub fn to_attach(
    tensors: Vec<Result<GstTensor, GstTensorError>>,
    names: &TensorNames,
    unique_id: u32,
    size: Option<(u32, u32)>,
) -> (Option<NewTensorMeta>, Vec<String>) {
    let mut wrong = Vec::new();
    let mut layers = Vec::new();
    for tensor in tensors {
        match tensor
            .map_err(|error| error.to_string())
            .and_then(|tensor| layer(tensor, names))
        {
            Ok(layer) => layers.push(layer),
            Err(error) => wrong.push(error),
        }
    }
    if layers.is_empty() {
        return (None, wrong);
    }
    // GStreamer's inference elements take frames that were scaled to the network's input before.
    let (width, height) = size.unwrap_or_default();
    let network = NetworkInfo {
        width,
        height,
        channels: 3,
    };
    match NewTensorMeta::new(unique_id, network, Producer::NvInferServer, layers) {
        Ok(meta) => (Some(meta.gpu_id(-1)), wrong),
        Err(error) => {
            wrong.push(error.to_string());
            (None, wrong)
        }
    }
}

fn layer(tensor: GstTensor, names: &TensorNames) -> Result<NewLayer, String> {
    let GstTensor {
        id,
        data_type,
        dims,
        data,
    } = tensor;
    let name = CString::new(names.layer(&id)).map_err(|error| format!("tensor {id:?}: {error}"))?;
    let dims = without_batch(&dims).ok_or_else(|| {
        format!("tensor {id} has dims {dims:?}: DeepStream's tensors have at most eight")
    })?;
    Ok(NewLayer {
        name: name.into_boxed_c_str().into(),
        data_type,
        dims,
        memory: Arc::new(data),
        offset: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_batch_is_added_and_taken_away() {
        for (dims, with) in [
            (&[100][..], &[1, 100][..]),
            (&[100, 4], &[1, 100, 4]),
            (&[1], &[1]),
            (&[1, 7], &[1, 1, 7]),
        ] {
            assert_eq!(with_batch(dims), with);
            assert_eq!(without_batch(with).unwrap().as_slice(), dims);
        }
        assert_eq!(with_batch(&[]), [1]);
        assert_eq!(without_batch(&[2, 3]).unwrap().as_slice(), [2, 3]);
        assert!(without_batch(&[2; 9]).is_none());
        assert!(without_batch(&[1, 2, 2, 2, 2, 2, 2, 2, 2]).is_some());
    }
}
