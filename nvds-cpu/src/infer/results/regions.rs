//! Regions that nvdspreprocess prepared, as units of inference.

use nvds::{Locked, Rect, Roi};

use super::Unit;
use crate::infer::engine::UnitKey;
use crate::infer::postprocess::Fit;

/// A region of nvdspreprocess' input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// [`nvds::PreparedInput::address`].
    pub input: usize,
    /// Its place among the input's regions.
    pub index: usize,
    /// Its box in pixels of the frame.
    pub rect: Rect,
    /// How it was fitted into the network's input.
    pub fit: Fit,
}

impl Unit {
    /// A region of a frame at `place` in its batch; `object` is the address of the object that it is, 0 for none.
    pub fn of_region(key: UnitKey, place: usize, object: usize, region: Region) -> Self {
        Self {
            key,
            size: key.size,
            crop: None,
            frame: place,
            object,
            track: None,
            region: Some(region),
        }
    }
}

/// The regions of a batch that units are of.
pub(super) struct Regions<'s>(Vec<(usize, Vec<Roi<'s>>)>);

impl<'s> Regions<'s> {
    pub(super) fn of(locked: &'s Locked<'_>, units: &[Unit]) -> Self {
        if units.iter().all(|unit| unit.region.is_none()) {
            return Self(Vec::new());
        }
        let metas = locked.user_metas();
        let inputs = metas.filter_map(|meta| meta.as_prepared_input());
        Self(
            inputs
                .map(|input| (input.address(), input.rois().collect()))
                .collect(),
        )
    }

    pub(super) fn find(&self, region: &Region) -> Option<Roi<'s>> {
        let (_, rois) = self.0.iter().find(|(input, _)| *input == region.input)?;
        rois.get(region.index).copied()
    }
}
