//! What a look at the layers found out, to be kept from frame to frame.

use crate::tensor::TensorView;

use super::Input;

/// The most layers of a decoder.
pub const MOST_LAYERS: usize = 16;

/// Where a decoder's layers are among a frame's tensors, and what their dimensions say. It holds for
/// every frame whose layers have the same names, types and dimensions in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    at: [u16; MOST_LAYERS],
    /// What else the decoder found out: how many rows, how many classes and the like.
    pub sizes: [usize; 4],
}

/// In place of a position.
const MISSING: u16 = u16::MAX;

static NOTHING: TensorView<'static> = TensorView::NOTHING;

impl Default for Plan {
    fn default() -> Self {
        Self {
            at: [MISSING; MOST_LAYERS],
            sizes: [0; 4],
        }
    }
}

impl Plan {
    /// One of layers at these positions, in the decoder's order.
    pub fn of(positions: &[usize]) -> Self {
        let mut plan = Self::default();
        for (layer, &at) in positions.iter().enumerate() {
            plan.put(layer, at);
        }
        plan
    }

    /// Notes where a layer is. Beyond the first 65535 tensors it counts as missing.
    pub fn put(&mut self, layer: usize, at: usize) {
        if let Some(slot) = self.at.get_mut(layer) {
            *slot = u16::try_from(at).unwrap_or(MISSING);
        }
    }

    /// With these sizes.
    pub fn with(mut self, sizes: [usize; 4]) -> Self {
        self.sizes = sizes;
        self
    }

    /// A layer, `None` for an optional one that is not there.
    #[inline]
    pub fn find<'t, 'a>(&self, input: &Input<'t, 'a>, layer: usize) -> Option<&'t TensorView<'a>> {
        input.tensors.get(usize::from(*self.at.get(layer)?))
    }

    /// A layer that is there; a nameless, empty one if it is not.
    #[inline]
    pub fn layer<'t, 'a>(&self, input: &Input<'t, 'a>, layer: usize) -> &'t TensorView<'a> {
        self.find(input, layer).unwrap_or(&NOTHING)
    }
}
