//! One buffer through an [`Engine`]: which frames, which pixels, and the tensor metas onto the frames.

use std::ffi::CString;

use nvds::{Batch, Frame, NewTensorMeta};

use super::engine::{Engine, EngineError, Frames, UnitKey};
use super::preprocess::Image;
use crate::convert::Plane;
use crate::surface::{self, ColorFormat, Surfaces};
use crate::videoconvert::frame_of;

/// Why a buffer could not be inferred.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The buffer has no batch meta, which the stock elements do not accept either.
    #[error("the buffer has no batch meta: is there an nvstreammux upstream?")]
    NoBatch,
    /// The metadata library, or the batch's layout.
    #[error(transparent)]
    Meta(#[from] nvds::Error),
    /// The buffer's memory.
    #[error(transparent)]
    Surface(#[from] surface::Error),
    /// A pixel format that is not read.
    #[error(
        "surface {index} has colour format {format:?}, which cannot be read; NV12 and RGBA can"
    )]
    Format {
        /// Surface in the batch.
        index: usize,
        /// Its format.
        format: ColorFormat,
    },
    /// Preprocessing or inference.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What became of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The frames were inferred; texts to warn about.
    Inferred(Vec<String>),
    /// The batch was skipped by the interval, or nobody wants tensors.
    Skipped,
    /// The buffer is to be dropped (`stabilize-buffer-count`).
    Dropped,
}

/// An engine with what an element knows about its stream.
#[derive(Debug)]
pub struct Runner {
    engine: Engine,
    /// Batches skipped after each one inferred, by the configuration.
    interval: u32,
    /// The same by an event, which counts from then on.
    told_interval: Option<u32>,
    /// Whether tensor metas are attached.
    attach: bool,
    /// Buffers still to drop at the start.
    to_drop: u32,
    /// Batches since the last one inferred.
    since: u32,
    /// The element's name for the latency measurement.
    name: CString,
    metas: Vec<NewTensorMeta>,
    /// Each frame; its place in the batch is that of its surface.
    keys: Vec<UnitKey>,
}

impl Runner {
    /// A runner at the start of a stream.
    pub fn new(engine: Engine, element: &str, interval: u32, attach: bool, to_drop: u32) -> Self {
        Self {
            engine,
            interval,
            told_interval: None,
            attach,
            to_drop,
            since: 0,
            name: CString::new(element).unwrap_or_default(),
            metas: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Takes the place of `old` in the middle of a stream, which goes on as it was: buffers already dropped are not
    /// dropped again, and an interval that an event set stays.
    pub fn succeed(&mut self, old: &Self) {
        self.to_drop = old.to_drop;
        self.since = old.since;
        self.told_interval = old.told_interval;
    }

    /// Changes the interval for the rest of the stream; it counts from the next batch on.
    pub fn set_interval(&mut self, interval: u32) {
        self.told_interval = Some(interval);
    }

    /// Infers the frames of a buffer and attaches their tensors. The buffer itself is not changed.
    pub fn run(&mut self, buffer: &gst::BufferRef) -> Result<Outcome, RunError> {
        nvds::stamp_input(buffer, &self.name);
        let outcome = self.run_unstamped(buffer)?;
        nvds::stamp_output(buffer, &self.name);
        Ok(outcome)
    }

    fn run_unstamped(&mut self, buffer: &gst::BufferRef) -> Result<Outcome, RunError> {
        let batch = Batch::from_buffer(buffer)?.ok_or(RunError::NoBatch)?;
        if self.to_drop > 0 {
            self.to_drop -= 1;
            return Ok(Outcome::Dropped);
        }
        let due = self.since == 0;
        self.since = if self.since >= self.told_interval.unwrap_or(self.interval) {
            0
        } else {
            self.since + 1
        };
        if !due || !self.attach {
            return Ok(Outcome::Skipped);
        }

        self.keys.clear();
        self.keys
            .extend(batch.lock().frames().map(|frame| key_of(&frame)));
        let frames = SurfaceFrames {
            surfaces: Surfaces::map(buffer)?,
            keys: &self.keys,
        };
        let metas = &mut self.metas;
        metas.clear();
        let warnings = self.engine.infer(&frames, |_, meta| metas.push(meta))?;

        let locked = batch.lock();
        for (frame, meta) in locked.frames().zip(metas.iter()) {
            locked.add_tensor_to_frame(&frame, meta)?;
        }
        // What stays here would keep the tensors from going back to ONNX Runtime.
        metas.clear();
        Ok(Outcome::Inferred(warnings))
    }
}

fn key_of(frame: &Frame<'_>) -> UnitKey {
    UnitKey {
        pad_index: frame.pad_index(),
        source_id: frame.source_id(),
        frame_num: frame.frame_num(),
        batch_id: frame.batch_id(),
        buf_pts: frame.buf_pts(),
        object: None,
    }
}

/// The surfaces that a batch's frames refer to. A surface is locked only while it is looked at: elements on another
/// branch of a tee may be waiting to draw on it, and two of a batch may be one and the same.
struct SurfaceFrames<'a> {
    surfaces: Surfaces<'a>,
    keys: &'a [UnitKey],
}

impl Frames for SurfaceFrames<'_> {
    type Error = RunError;

    fn len(&self) -> usize {
        self.keys.len()
    }

    fn key(&self, index: usize) -> UnitKey {
        self.keys[index]
    }

    fn with<R>(&self, index: usize, read: impl FnOnce(&Image<'_>) -> R) -> Result<R, RunError> {
        let index = self.keys[index].batch_id as usize;
        let surface = self.surfaces.read(index)?;
        let frame = frame_of(surface.desc()).ok_or(RunError::Format {
            index,
            format: surface.desc().format,
        })?;
        let planes: Vec<_> = surface
            .planes()
            .iter()
            .map(|plane| Plane {
                data: plane.data,
                pitch: plane.pitch,
            })
            .collect();
        Ok(read(&Image {
            frame,
            planes: &planes,
        }))
    }
}
