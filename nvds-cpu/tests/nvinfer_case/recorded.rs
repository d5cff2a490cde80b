//! Tensors of a file, handed out unit by unit, from the start again when they run out.

use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::Arc;

use gstnvdscpu::infer::engine::{Answers, UnitKey};
use nvds::{AlignedBytes, DataType, Dims, NetworkInfo, NewLayer, TensorMemory};
use safetensors::{Dtype, SafeTensors};

#[derive(Debug)]
struct Memory(AlignedBytes);

impl TensorMemory for Memory {
    fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

#[derive(Debug)]
struct Layer {
    name: Arc<CStr>,
    data_type: DataType,
    /// Of one unit.
    dims: Dims,
    bytes: usize,
    memory: Arc<Memory>,
}

/// See the module.
#[derive(Debug)]
pub struct Recorded {
    network: NetworkInfo,
    layers: Vec<Layer>,
    units: usize,
    next: usize,
}

fn data_type(dtype: Dtype) -> Option<DataType> {
    Some(match dtype {
        Dtype::F32 => DataType::Float,
        Dtype::F16 => DataType::Half,
        Dtype::I8 => DataType::Int8,
        Dtype::I32 => DataType::Int32,
        Dtype::I64 => DataType::Int64,
        Dtype::U8 => DataType::UInt8,
        _ => return None,
    })
}

impl Recorded {
    /// Reads a file. One that holds nothing but the name of another stands for that.
    pub fn load(file: &Path) -> Result<Self, String> {
        let told = |what: String| format!("{}: {what}", file.display());
        let mut bytes = std::fs::read(file).map_err(|e| told(e.to_string()))?;
        let link = std::str::from_utf8(&bytes).ok().map(str::trim);
        if let Some(link) = link.filter(|link| link.ends_with(".safetensors")) {
            let target = file.with_file_name(link);
            bytes = std::fs::read(&target).map_err(|e| told(format!("{link}: {e}")))?;
        }
        Self::read(&bytes).map_err(told)
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
        let known = header.metadata().clone().unwrap_or_default();
        let entry = |name: &str| known.get(name).ok_or(format!("no {name} in __metadata__"));
        let side = |name: &str| -> Result<u32, String> {
            let text = entry(name)?;
            text.parse().map_err(|_| format!("{name} is {text}"))
        };
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
        let mut units = usize::MAX;
        let mut layers = Vec::new();
        for name in entry("layers")?.split(',') {
            let tensor = tensors.tensor(name).map_err(|e| e.to_string())?;
            let shape = tensor.shape();
            let (Some((&count, rest)), Some(data_type)) =
                (shape.split_first(), data_type(tensor.dtype()))
            else {
                return Err(format!("{name} is {:?} {shape:?}", tensor.dtype()));
            };
            units = units.min(count);
            layers.push(Layer {
                name: CString::new(name).map_err(|e| e.to_string())?.into(),
                data_type,
                dims: Dims::new(rest).ok_or(format!("{name} has {} dimensions", shape.len()))?,
                bytes: tensor.data().len() / count.max(1),
                memory: Arc::new(Memory(AlignedBytes::copy_of(tensor.data()))),
            });
        }
        if units == 0 || layers.is_empty() {
            return Err("there are no tensors".to_owned());
        }
        let network = NetworkInfo {
            width: side("network_width")?,
            height: side("network_height")?,
            channels: 3,
        };
        Ok(Self {
            network,
            layers,
            units,
            next: 0,
        })
    }
}

impl Answers for Recorded {
    fn network(&self) -> NetworkInfo {
        self.network
    }

    fn layer_names(&self) -> Vec<Arc<CStr>> {
        self.layers.iter().map(|l| Arc::clone(&l.name)).collect()
    }

    fn answer(&mut self, units: &[UnitKey]) -> Result<Vec<Vec<NewLayer>>, String> {
        let first = self.next;
        self.next += units.len();
        let of_unit = |unit: usize| {
            let layer = |layer: &Layer| NewLayer {
                name: Arc::clone(&layer.name),
                data_type: layer.data_type,
                dims: layer.dims,
                memory: Arc::clone(&layer.memory) as Arc<dyn TensorMemory>,
                offset: unit % self.units * layer.bytes,
            };
            self.layers.iter().map(layer).collect()
        };
        Ok((first..self.next).map(of_unit).collect())
    }
}
