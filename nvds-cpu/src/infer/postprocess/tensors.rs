//! The tensors of one inference, for reading.

use nvds::{DataType, NetworkInfo};
use zerocopy::FromBytes;

/// An output of the network for one frame or object.
#[derive(Debug, Clone, Copy)]
pub struct Layer<'a> {
    /// Name, not necessarily UTF-8.
    pub name: &'a [u8],
    /// Element type.
    pub data_type: DataType,
    /// Shape without the batch.
    pub dims: &'a [usize],
    /// The elements.
    pub bytes: &'a [u8],
}

/// All outputs for one frame or object, in the network's order.
#[derive(Debug, Clone, Copy)]
pub struct Tensors<'a> {
    /// The outputs.
    pub layers: &'a [Layer<'a>],
    /// Size of the network's input.
    pub network: NetworkInfo,
}

impl<'a> Layer<'a> {
    /// The name for messages.
    pub fn told(&self) -> String {
        String::from_utf8_lossy(self.name).into_owned()
    }

    /// The elements as 32-bit floats.
    ///
    /// # Errors
    /// Text for a message where they are of another type.
    pub fn floats(&self) -> Result<&'a [f32], String> {
        if self.data_type != DataType::Float {
            return Err(format!(
                "output \"{}\" has elements of type {}, built-in parsers read FP32",
                self.told(),
                self.data_type.name()
            ));
        }
        <[f32]>::ref_from_bytes(self.bytes).map_err(|_| {
            format!(
                "output \"{}\" has {} bytes that are no aligned 32-bit floats",
                self.told(),
                self.bytes.len()
            )
        })
    }

    /// Channels, height, width, with 1 for what a shape of fewer dimensions has not.
    pub fn chw(&self) -> [usize; 3] {
        let dim = |index: usize| self.dims.get(index).copied().unwrap_or(1);
        [dim(0), dim(1), dim(2)]
    }

    /// Channels, height, width of a shape that ends in the channels.
    pub fn hwc(&self) -> [usize; 3] {
        let [height, width, channels] = self.chw();
        [channels, height, width]
    }
}
