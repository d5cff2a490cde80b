//! The way over a batch: from one frame or object to the next, and what is wrong when there is nothing to read.
//!
//! A frame is read and its objects are attached in one pass, with the batch locked: the tensors that
//! are read belong to the batch, and no element in another branch may put objects between.
//!
//! Tensors of nvdspreprocess's regions hang on the batch, by region, and are read with the frame that the region is of.

use nvds::{FrameSizes, Locked, PreparedInput, TensorMeta};
use nvds_decode::DecodeError;

use super::missing_tensors::{MissingTensors, SILENT_BUFFERS, WarningKind};
use super::task::{Context, Refusal, Task, Unit};
use crate::element::Running;
use crate::tensors::prepared;

/// Tensors that the task does not know: whose, and why.
type Refused = Option<(u32, DecodeError)>;

/// Hands the tensors of one buffer after the other to the task.
#[derive(Default)]
pub struct Walk {
    /// Whether the task ever read any.
    read: bool,
    /// unique-ids of the tensors that were read on the frame in work.
    parsed: Vec<u32>,
    missing: MissingTensors,
    /// Buffers whose tensors were all refused, before the first that were read.
    refused_buffers: u32,
    /// Why the last of them were not read.
    refused: Option<DecodeError>,
}

impl Walk {
    /// Has all tensors of the batch read.
    ///
    /// # Errors
    /// When tensors are nearly those of the network, or `unique-id` asks for them, or there were none
    /// of the network on 100 buffers.
    pub fn run(
        &mut self,
        task: &mut dyn Task,
        locked: &Locked<'_>,
        sizes: &FrameSizes<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), DecodeError> {
        let mut refused = None;
        let inputs = prepared(locked);
        self.missing.regions(!inputs.is_empty());
        let knows = locked.knows_prepared_inputs();
        self.missing
            .unknown(!knows && locked.user_metas().next().is_some());
        for frame in locked.frames() {
            context.totals.frames += 1;
            self.missing.frame(&frame);
            self.parsed.clear();
            // Objects are attached before the first one of the list: these are not met.
            let objects = frame.objects();
            let mut unit = Unit {
                locked,
                frame,
                size: sizes.of(&frame),
                object: None,
                region: None,
            };
            for meta in frame.tensors() {
                self.unit(task, &meta, &unit, context, &mut refused);
            }
            for object in objects.clone() {
                unit.object = Some(object);
                for meta in object.tensors() {
                    self.unit(task, &meta, &unit, context, &mut refused);
                }
            }
            self.regions(task, &inputs, &mut unit, context, &mut refused);
            if !self.parsed.is_empty() {
                locked.set_infer_done(&frame);
            }
            let tee = context.run.tee();
            if let Some(text) = self.missing.doubles(objects, &self.parsed, tee) {
                context.warn(WarningKind::Doubles, || text.clone());
            }
        }
        if let Some(text) = self.missing.buffer(context.unique_id) {
            context.warn(WarningKind::NoTensors, || text.clone());
        }
        let Some((unique_id, error)) = refused else {
            return Ok(());
        };
        // Other networks may have their tensors on the same frames, also before one that skips frames
        // or looks at objects has its first, and one frame's tensors may be broken. But when nothing
        // can be read for long, or what was asked for or looks alike cannot, the pipeline is built
        // wrongly.
        if !self.read {
            let waits = context.unique_id == 0 && error.is_unrelated();
            if !waits || self.refused_buffers == SILENT_BUFFERS {
                return Err(error);
            }
            self.refused_buffers += 1;
            self.refused = Some(error.clone());
        }
        context.warn(WarningKind::Unknown, || {
            let (text, _) = task.refusal(&error);
            format!("tensors of unique-id {unique_id} are not parsed: {text}")
        });
        Ok(())
    }

    /// What is to be said when no further buffer comes.
    ///
    /// # Errors
    /// When there were tensors, but none of the network.
    pub fn end(&mut self, unique_id: u32, run: &mut Running) -> Result<(), DecodeError> {
        if let Some(text) = self.missing.end(unique_id) {
            run.warn(WarningKind::NoTensors as u32, || text.clone());
        }
        match self.refused.take() {
            Some(error) if !self.read => Err(error),
            _ => Ok(()),
        }
    }

    /// Has the tensors of the frame's regions read.
    fn regions<'g>(
        &mut self,
        task: &mut dyn Task,
        inputs: &[PreparedInput<'g>],
        unit: &mut Unit<'g>,
        context: &mut Context<'_>,
        refused: &mut Refused,
    ) {
        let frame = unit.frame.address();
        let rois = inputs.iter().flat_map(PreparedInput::rois);
        for roi in rois.filter(|roi| roi.frame_address() == frame) {
            let mut objects = unit.frame.objects();
            let is_it = roi.object_address();
            unit.object = objects.find(|object| is_it != 0 && object.address() == is_it);
            unit.region = Some(roi);
            for meta in roi.tensors() {
                // nvinferserver attaches the same to the object, from where they were read.
                let read = unit.object.is_some_and(|object| {
                    let mut own = object.tensors();
                    own.any(|own| own.address() == meta.address())
                });
                if !read {
                    self.unit(task, &meta, unit, context, refused);
                }
            }
        }
    }

    /// Has one tensor meta read, if it is wanted, or says why not.
    fn unit(
        &mut self,
        task: &mut dyn Task,
        meta: &TensorMeta<'_>,
        unit: &Unit<'_>,
        context: &mut Context<'_>,
        refused: &mut Refused,
    ) {
        let unique_id = meta.unique_id();
        let wanted = context.unique_id;
        if wanted != 0 && unique_id != wanted {
            self.missing.other(unique_id);
            return;
        }
        self.missing.tensors();
        context.totals.tensors += 1;
        match task.read(meta, unit, context) {
            Ok(objects) => {
                gst::log!(
                    context.category,
                    obj = context.element,
                    "{unit}, unique-id {unique_id}: {objects} objects",
                );
                self.read = true;
                self.parsed.push(unique_id);
            }
            Err(Refusal::Data(kind, text)) => {
                context.totals.bad_tensors += 1;
                context.warn(kind, || {
                    format!("tensors of unique-id {unique_id} on {unit}: {text}")
                });
            }
            Err(Refusal::Layout(error)) => {
                context.totals.bad_tensors += 1;
                refused.get_or_insert((unique_id, error));
            }
        }
    }
}
