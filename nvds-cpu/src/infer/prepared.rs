//! Input that nvdspreprocess prepared, for an element with `input-tensor-meta`.

use std::collections::HashSet;

use nvds::{DataType, Locked, PreparedInput, PreparedTensor, PreparedType};

use super::postprocess::Fit;
use super::results::{Region, Unit, key_of};
use super::runner::RunError;
use crate::surface;

/// Buffers without any input after which that is told.
const PATIENCE: u32 = 100;

/// Takes tensors from batches, from the start of an element to its stop.
#[derive(Debug)]
pub struct Prepared {
    unique_id: u32,
    /// GPU that tensors have to be on, where that matters.
    gpu_id: Option<u32>,
    /// Name and type of the network's input, where there is a model.
    input: Option<(String, DataType)>,
    /// Buffers so far, until one had input.
    without: Option<u32>,
    /// What was told; each thing once.
    told: HashSet<String>,
}

/// What a batch has for the element.
#[derive(Debug, Default)]
pub struct Taken {
    /// The tensors' elements.
    bytes: Vec<u8>,
    /// Where the unit of each region is in there.
    places: Vec<std::ops::Range<usize>>,
}

impl Taken {
    /// The bytes of a unit.
    pub fn unit(&self, index: usize) -> Option<&[u8]> {
        self.bytes.get(self.places.get(index)?.clone())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }

    /// Copies a tensor, whose first dimension counts `regions`.
    fn add(&mut self, bytes: &[u8], regions: usize) {
        let unit = bytes.len() / regions.max(1);
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..unit * regions]);
        let places = (0..regions).map(|i| start + i * unit..start + (i + 1) * unit);
        self.places.extend(places);
    }
}

/// Whether a model whose input is of this type takes the elements. The stock elements know no difference of sign.
fn fits(model: DataType, tensor: PreparedType) -> bool {
    match model {
        DataType::Float => tensor == PreparedType::Float,
        DataType::Half => tensor == PreparedType::Half,
        DataType::UInt8 | DataType::Int8 => tensor.size() == 1,
        DataType::Int32 => matches!(tensor, PreparedType::Int32 | PreparedType::UInt32),
        DataType::Int64 => tensor.size() == 8,
    }
}

impl Prepared {
    /// For an element with this unique-id. `gpu_id` is there where a tensor of another GPU is an error; `input` is the
    /// network's.
    pub fn new(unique_id: u32, gpu_id: Option<u32>, input: Option<(&str, DataType)>) -> Self {
        Self {
            unique_id,
            gpu_id,
            input: input.map(|(name, data_type)| (name.to_owned(), data_type)),
            without: Some(0),
            told: HashSet::new(),
        }
    }

    /// Lists the regions that a batch has for the element, and copies their tensors: the lock is not held while a network runs.
    ///
    /// # Errors
    /// A tensor that the network cannot take.
    pub fn take(
        &mut self,
        locked: &Locked<'_>,
        mut size: impl FnMut(usize) -> Result<(u32, u32), surface::Error>,
        units: &mut Vec<Unit>,
        taken: &mut Taken,
        warnings: &mut Vec<String>,
    ) -> Result<(), RunError> {
        units.clear();
        taken.clear();
        let metas = locked.user_metas();
        let inputs: Vec<_> = metas.filter_map(|meta| meta.as_prepared_input()).collect();
        let id = u64::from(self.unique_id);
        let is_ours = |input: &&PreparedInput<'_>| input.target_unique_ids().contains(&id);
        let ours = inputs.iter().filter(is_ours);
        let mut ours: Vec<_> = ours
            .filter_map(|input| Some((input, input.tensor()?)))
            .collect();
        self.tell_of_none(&inputs, !ours.is_empty(), warnings);
        // In the order in which they were made.
        ours.sort_by_key(|(_, tensor)| tensor.meta_id);
        for (input, tensor) in ours {
            let regions: Vec<_> = input.rois().collect();
            let accepted = self.accepts(&tensor, regions.len(), warnings);
            if !accepted.map_err(RunError::Postprocess)? {
                continue;
            }
            let Some(bytes) = tensor.bytes() else {
                return Err(RunError::Postprocess("the tensor of nvdspreprocess was made by another element than the stand-in, and may be in a GPU's memory".to_owned()));
            };
            taken.add(bytes, regions.len());
            for (index, roi) in regions.iter().enumerate() {
                let (offset, ratio) = (roi.offset(), roi.scale_ratio());
                let rect = roi.rect_params().rect;
                let region = Region {
                    input: input.address(),
                    index,
                    rect,
                    fit: Fit::of_region(ratio, offset),
                };
                let frames = locked.frames().enumerate();
                let found = frames
                    .into_iter()
                    .find(|(_, frame)| frame.address() == roi.frame_address());
                let Some((place, frame)) = found else {
                    return Err(RunError::Postprocess(
                        "a region of nvdspreprocess is of a frame that the batch does not have"
                            .to_owned(),
                    ));
                };
                let mut key = key_of(&frame);
                key.size = size(key.batch_id as usize)?;
                units.push(Unit::of_region(key, place, roi.object_address(), region));
            }
        }
        Ok(())
    }

    fn tell(&mut self, what: String, warnings: &mut Vec<String>) {
        if self.told.insert(what.clone()) {
            warnings.push(what);
        }
    }

    /// Warns where nothing is ever prepared for the element.
    fn tell_of_none(
        &mut self,
        inputs: &[PreparedInput<'_>],
        found: bool,
        warnings: &mut Vec<String>,
    ) {
        let Some(without) = &mut self.without else {
            return;
        };
        if found {
            self.without = None;
            return;
        }
        *without += 1;
        let id = self.unique_id;
        if let Some(other) = inputs.first() {
            let ids = other.target_unique_ids();
            self.tell(
                format!("input-tensor-meta=true, and nvdspreprocess prepares tensors for {ids:?} only: its target-unique-ids have to name {id}"),
                warnings,
            );
        } else if *without == PATIENCE {
            self.tell(
                format!("input-tensor-meta=true, and no buffer had tensors of nvdspreprocess so far: is it upstream, with {id} in target-unique-ids?"),
                warnings,
            );
        }
    }

    /// Whether a tensor is for the network's input. The error is one that the stock element stops at, or that would
    /// make nonsense of the results.
    fn accepts(
        &mut self,
        tensor: &PreparedTensor<'_>,
        regions: usize,
        warnings: &mut Vec<String>,
    ) -> Result<bool, String> {
        if let Some(gpu_id) = self.gpu_id
            && gpu_id != tensor.gpu_id
        {
            return Err(format!(
                "configured with gpu-id {gpu_id}, and the tensor of nvdspreprocess is on GPU {}: give both elements the same gpu-id",
                tensor.gpu_id
            ));
        }
        let first = tensor.shape.first().copied();
        if first.and_then(|n| usize::try_from(n).ok()) != Some(regions) {
            return Err(format!(
                "the tensor of nvdspreprocess has the shape {:?} for {regions} regions",
                tensor.shape
            ));
        }
        let Some((name, data_type)) = &self.input else {
            return Ok(true);
        };
        if *name != tensor.name {
            let what = format!(
                "the tensor of nvdspreprocess is for the input \"{}\", the network's is \"{name}\", and is not inferred: set tensor-name={name}",
                tensor.name
            );
            self.tell(what, warnings);
            return Ok(false);
        }
        match tensor.data_type {
            Some(found) if fits(*data_type, found) => Ok(true),
            found => Err(format!(
                "the tensor of nvdspreprocess has elements of type {found:?}, the network's input \"{name}\" {data_type:?}: set tensor-data-type of nvdspreprocess"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_lie_one_behind_the_other() {
        let mut taken = Taken::default();
        taken.add(&[1, 2, 3, 4], 2);
        taken.add(&[5, 6], 1);
        let units: Vec<_> = (0..4).map(|index| taken.unit(index)).collect();
        assert_eq!(
            units[..3],
            [Some(&[1, 2][..]), Some(&[3, 4]), Some(&[5, 6])]
        );
        assert_eq!(units[3], None);
        taken.add(&[], 0);
        assert_eq!(taken.unit(3), None);
    }

    #[test]
    fn signs_make_no_difference() {
        use PreparedType as P;
        for (model, tensor, expected) in [
            (DataType::Float, P::Float, true),
            (DataType::Float, P::Half, false),
            (DataType::UInt8, P::Int8, true),
            (DataType::Int32, P::UInt32, true),
            (DataType::Int32, P::Float, false),
            (DataType::Int64, P::UInt64, true),
        ] {
            assert_eq!(fits(model, tensor), expected, "{model:?} {tensor:?}");
        }
    }
}
