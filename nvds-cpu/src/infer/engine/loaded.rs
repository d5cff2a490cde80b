//! A model with its input tensor: a run of it.

use std::ops::Range;
use std::sync::Arc;

use nvds::{Dims, NewLayer, TensorMemory};

use super::feed::Feed;
use super::{Attached, Batch, EngineError, Frames, Shapes};
use crate::infer::session::{Model, Output};

/// What a run of a model needs.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) model: Model,
    pub(super) feed: Feed,
    /// Shape of one run's input, the batch as well if there is one.
    pub(super) shape: Vec<usize>,
    pub(super) batch: Batch,
    pub(super) shapes: Shapes,
    pub(super) outputs: Vec<Attached>,
    /// Outputs that could not be attached, by index; each is told once.
    pub(super) skipped: Vec<bool>,
}

impl Loaded {
    /// The outputs for each of `range`'s frames, no more than go into one run.
    pub(super) fn run<F: Frames + ?Sized>(
        &mut self,
        frames: &F,
        range: Range<usize>,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Vec<NewLayer>>, F::Error> {
        let count = range.len();
        let run_frames = match self.batch {
            Batch::UpTo(_) => count,
            Batch::Fixed(n) => n,
            Batch::None => 1,
        };
        if self.batch != Batch::None {
            self.shape[0] = run_frames;
        }
        self.feed.fill(frames, range)?;
        let results = self
            .feed
            .run(&mut self.model, &self.shape, run_frames)
            .map_err(EngineError::from)?;
        let units = 0..count;
        Ok(units
            .map(|unit| self.layers(&results, unit, count, run_frames, warnings))
            .collect())
    }

    /// The outputs' parts that belong to one frame.
    fn layers(
        &mut self,
        results: &[Option<Arc<Output>>],
        unit: usize,
        count: usize,
        run_frames: usize,
        warnings: &mut Vec<String>,
    ) -> Vec<NewLayer> {
        let mut layers = Vec::with_capacity(self.outputs.len());
        for (i, output) in self.outputs.iter().enumerate() {
            let Some(Some(result)) = results.get(output.index) else {
                continue;
            };
            match layer(self.shapes, output, result, unit, count, run_frames) {
                Ok(layer) => layers.push(layer),
                Err(why) if !self.skipped[i] => {
                    self.skipped[i] = true;
                    warnings.push(format!(
                        "output \"{}\" is not attached: {why}",
                        output.name.to_string_lossy()
                    ));
                }
                Err(_) => {}
            }
        }
        layers
    }
}

/// The part of an output that belongs to one frame. The error says why there is none.
fn layer(
    shapes: Shapes,
    output: &Attached,
    result: &Arc<Output>,
    unit: usize,
    frames: usize,
    run_frames: usize,
) -> Result<NewLayer, String> {
    let shape = result.shape.as_slice();
    let (dims, slice) = match (shapes, shape.split_first()) {
        (Shapes::Whole, _) | (_, None) => (shape, 0),
        // TensorRT reports a rank-1 output as one element per unit.
        (Shapes::CutFirst | Shapes::CutBatch, Some((&first, []))) => {
            if shapes == Shapes::CutBatch && first != run_frames && frames != 1 {
                return Err(format!(
                    "its shape is {shape:?}, the batch has {run_frames} frames"
                ));
            }
            (&[1][..], unit)
        }
        (Shapes::CutFirst, Some((_, rest))) => (rest, unit),
        (Shapes::CutBatch, Some((&first, rest))) => {
            if first != run_frames && frames != 1 {
                return Err(format!(
                    "its shape is {shape:?}, the batch has {run_frames} frames"
                ));
            }
            (rest, unit)
        }
    };
    let own = Dims::new(dims)
        .ok_or_else(|| format!("it has {} dimensions, DeepStream allows 8", dims.len()))?;
    let elements = own.elements();
    let dims = match output.dims {
        Some(asked) if asked.elements() == elements => asked,
        _ => own,
    };
    let offset = elements
        .and_then(|n| n.checked_mul(result.data_type.size()))
        .and_then(|n| n.checked_mul(slice).map(|offset| (offset, n)))
        .filter(|(offset, n)| {
            offset
                .checked_add(*n)
                .is_some_and(|end| end <= result.bytes().len())
        })
        .map(|(offset, _)| offset)
        .ok_or_else(|| {
            format!("its shape is {shape:?}, too little for {run_frames} frames: its first dimension is not the batch")
        })?;
    Ok(NewLayer {
        name: Arc::clone(&output.name),
        data_type: result.data_type,
        dims,
        memory: Arc::clone(result) as Arc<dyn TensorMemory>,
        offset,
    })
}
