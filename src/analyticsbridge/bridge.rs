//! What is done with a buffer.

use std::sync::Mutex;

use nvds::gst_analytics::{GstAnalytics, GstTensor, GstTensorError, Relations};
use nvds::{Batch, Frame, Locked, NewBatch, NewFrame};

use super::Direction;
use super::names::{ClassIds, TensorNames};
use super::tensors;
use super::to_gst::{LeftOut, Reader};
use super::to_nvds::{Attached, Writer};
use crate::element::{Running, lock};

/// Kinds of warnings, by number, and their names in `stats`.
const FRAMES: u32 = 0;
const BOX: u32 = 1;
const LABEL: u32 = 2;
const TEXTS: u32 = 3;
const TENSOR: u32 = 4;
const KEY_POINTS: u32 = 5;
const SIZE: u32 = 6;
pub const WARNINGS: [&str; 7] = [
    "frames",
    "box",
    "label",
    "texts",
    "tensor",
    "key-points",
    "size",
];

/// Totals since the element started.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    pub buffers: u64,
    pub objects: u64,
    pub updated: u64,
    pub classes: u64,
    pub tracks: u64,
    pub tensors: u64,
}

/// What holds while the element runs.
pub struct Plan {
    pub direction: Direction,
    pub tensors: bool,
    pub unique_id: u32,
    pub source_id: u32,
    pub names: TensorNames,
    pub library: &'static GstAnalytics,
}

/// What DeepStream's metadata says of a frame; tensors by the inference element that they are of.
type Found = (Relations, Vec<Vec<GstTensor>>);

#[derive(Default)]
pub struct State {
    pub run: Running,
    pub plan: Option<Plan>,
    pub ids: ClassIds,
    pub reader: Reader,
    /// Frames of batches that were made here.
    pub made: i32,
}

impl AsMut<Running> for State {
    fn as_mut(&mut self) -> &mut Running {
        &mut self.run
    }
}

impl State {
    /// Copies what hangs on a buffer. The buffer that is given back is the same, or a copy that shares its memory where
    /// somebody else has it.
    pub fn bridge(
        &mut self,
        buffer: gst::Buffer,
        totals: &Mutex<Totals>,
    ) -> Result<gst::Buffer, gst::ErrorMessage> {
        let Some(plan) = self.plan.take() else {
            return Ok(buffer); // stopped
        };
        let result = match plan.direction {
            Direction::ToGst => self.give_gst(&plan, buffer, totals),
            Direction::ToNvds => self.give_nvds(&plan, buffer, totals),
        };
        self.plan = Some(plan);
        result
    }

    fn give_gst(
        &mut self,
        plan: &Plan,
        buffer: gst::Buffer,
        totals: &Mutex<Totals>,
    ) -> Result<gst::Buffer, gst::ErrorMessage> {
        let Some((relations, tensors)) = self.read(plan, &buffer)? else {
            return Ok(buffer);
        };
        lock(totals).buffers += 1;
        if relations.objects.is_empty() && relations.classes.is_empty() && tensors.is_empty() {
            return Ok(buffer);
        }
        let mut buffer = self.own(buffer)?;
        let target = buffer.make_mut();
        let objects = plan.library.write(target, &relations);
        let mut written = 0;
        for tensors in tensors {
            written += plan
                .library
                .write_tensors(target, tensors)
                .map_err(|error| gst::error_msg!(gst::StreamError::Failed, ("{error}")))?;
        }
        let mut totals = lock(totals);
        totals.objects += objects as u64;
        totals.tensors += written as u64;
        let tracks = relations.objects.iter().filter(|o| o.track.is_some());
        totals.tracks += tracks.count() as u64;
        let of_objects: usize = relations.objects.iter().map(|o| o.classes.len()).sum();
        totals.classes += (of_objects + relations.classes.len()) as u64;
        Ok(buffer)
    }

    /// What DeepStream's metadata says, `None` where there is nothing that can be read.
    fn read(
        &mut self,
        plan: &Plan,
        buffer: &gst::BufferRef,
    ) -> Result<Option<Found>, gst::ErrorMessage> {
        let Some(batch) = self.run.batch(buffer, " and is passed on as it is")? else {
            return Ok(None);
        };
        let locked = batch.lock();
        let Some(frame) = self.only_frame(&locked) else {
            return Ok(None);
        };
        let (relations, left_out) = self.reader.read(&frame);
        self.warn_left_out(left_out);
        let mut objects = relations.objects.iter();
        if objects.any(|object| !object.key_points.is_empty())
            && let Err(error) = plan.library.has_key_points()
        {
            self.run
                .warn(KEY_POINTS, || format!("key points are left out: {error}"));
        }
        let (tensors, wrong) = match plan.tensors {
            true => tensors::of_frame(&frame, &plan.names),
            false => Default::default(),
        };
        self.warn_tensors(&wrong);
        Ok(Some((relations, tensors)))
    }

    fn give_nvds(
        &mut self,
        plan: &Plan,
        mut buffer: gst::Buffer,
        totals: &Mutex<Totals>,
    ) -> Result<gst::Buffer, gst::ErrorMessage> {
        match self.frames(&buffer)? {
            None => self.make_batch(plan, buffer.make_mut()).map_err(failed)?,
            // Before a copy is made of a batch that cannot be used.
            Some(false) => return Ok(buffer),
            Some(true) => {}
        }
        let relations = plan.library.read(&buffer);
        let tensors = match plan.tensors {
            true => plan.library.read_tensors(&buffer),
            false => Vec::new(),
        };
        if relations.is_some() || !tensors.is_empty() {
            buffer = self.own(buffer)?;
        }
        self.attach(plan, &buffer, relations, tensors, totals)?;
        Ok(buffer)
    }

    /// Whether the buffer's batch has one frame; `None` if it has no batch.
    fn frames(&mut self, buffer: &gst::BufferRef) -> Result<Option<bool>, gst::ErrorMessage> {
        let batch = Batch::from_buffer(buffer).map_err(failed)?;
        Ok(batch.map(|batch| self.only_frame(&batch.lock()).is_some()))
    }

    fn attach(
        &mut self,
        plan: &Plan,
        buffer: &gst::BufferRef,
        relations: Option<Relations>,
        tensors: Vec<Result<GstTensor, GstTensorError>>,
        totals: &Mutex<Totals>,
    ) -> Result<(), gst::ErrorMessage> {
        let Some(batch) = Batch::from_buffer(buffer).map_err(failed)? else {
            return Ok(());
        };
        let locked = batch.lock();
        let Some(frame) = locked.frames().next() else {
            return Ok(());
        };
        let size = self.run.frame_sizes(buffer).of(&frame);
        let mut attached = Attached::default();
        if let Some(relations) = relations {
            let mut writer = Writer {
                locked: &locked,
                unique_id: plan.unique_id as i32,
                size,
                ids: &mut self.ids,
                unknown: None,
                attached,
            };
            writer.write(&frame, &relations).map_err(failed)?;
            let unknown = writer.unknown;
            attached = writer.attached;
            self.warn_attached(&attached, unknown);
        }
        let (meta, wrong) = tensors::to_attach(tensors, &plan.names, plan.unique_id, size);
        self.warn_tensors(&wrong);
        let mut totals = lock(totals);
        if let Some(meta) = meta {
            locked.add_tensor_to_frame(&frame, &meta).map_err(failed)?;
            totals.tensors += meta.layers().len() as u64;
        }
        totals.buffers += 1;
        totals.objects += attached.objects;
        totals.updated += attached.updated;
        totals.classes += attached.classes;
        totals.tracks += attached.tracks;
        Ok(())
    }

    /// A batch of one frame, for buffers that no mux gave one.
    fn make_batch(&mut self, plan: &Plan, buffer: &mut gst::BufferRef) -> Result<(), nvds::Error> {
        let mut batch = NewBatch::new(1)?;
        let size = self.run.caps_size().unwrap_or_default();
        batch.add_frame(&NewFrame {
            pad_index: plan.source_id,
            source_id: plan.source_id,
            batch_id: 0,
            frame_num: self.made,
            buf_pts: buffer.pts().map_or(u64::MAX, gst::ClockTime::nseconds),
            ntp_timestamp: 0,
            source_size: size,
            pipeline_size: size,
        });
        self.made = self.made.wrapping_add(1);
        batch.attach(buffer);
        Ok(())
    }

    /// The frame of a batch that has one, `None` with a warning if it has more.
    fn only_frame<'a>(&mut self, locked: &'a Locked<'_>) -> Option<Frame<'a>> {
        let mut frames = locked.frames();
        let frame = frames.next()?;
        let more = frames.count();
        if more > 0 {
            self.run.warn(FRAMES, || {
                format!(
                    "a batch of {} frames is passed on as it is: GStreamer's analytics metadata is of a buffer and knows no \
                     frames in it. Put this element behind nvstreamdemux, one for each source, or set batch-size=1 on \
                     nvstreammux",
                    more + 1
                )
            });
            return None;
        }
        Some(frame)
    }

    fn own(&mut self, buffer: gst::Buffer) -> Result<gst::Buffer, gst::ErrorMessage> {
        let own = nvds::with_own_metadata(buffer).map_err(failed)?;
        self.run.note_lost(own.lost);
        Ok(own.buffer)
    }

    fn warn_left_out(&mut self, left_out: LeftOut) {
        if left_out.boxes > 0 {
            self.run.warn(BOX, || NO_BOX.to_owned());
        }
        if left_out.texts > 0 {
            self.run.warn(TEXTS, || {
                "there are more than 65536 distinct labels, each of which GStreamer keeps for the life of the process; \
                 further ones are left out. Are texts, such as of plates, in the labels?"
                    .to_owned()
            });
        }
    }

    fn warn_attached(&mut self, attached: &Attached, unknown: Option<String>) {
        if attached.boxes_left_out > 0 {
            self.run.warn(BOX, || NO_BOX.to_owned());
        }
        if attached.classes_left_out > 0 {
            self.run.warn(SIZE, || {
                "classes of the whole frame are left out, as the caps do not tell the frame's size".to_owned()
            });
        }
        if let Some(name) = unknown {
            self.run.warn(LABEL, || {
                format!(
                    "class {name:?} has no line in labels-file: it is numbered behind those that have. Add it, or name the \
                     file of the network that found it"
                )
            });
        }
    }

    fn warn_tensors(&mut self, wrong: &[String]) {
        for text in wrong {
            self.run
                .warn(TENSOR, || format!("a tensor is left out: {text}"));
        }
    }
}

/// An error that ends the stream.
fn failed(error: nvds::Error) -> gst::ErrorMessage {
    gst::error_msg!(gst::StreamError::Failed, ("{error}"))
}

const NO_BOX: &str = "an object is left out whose box has no area, or numbers that are none";
