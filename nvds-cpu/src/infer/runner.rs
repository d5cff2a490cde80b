//! One buffer through an [`Engine`]: which frames, which pixels, and the tensor metas onto the frames.

use std::ffi::CString;

use nvds::{Batch, NewTensorMeta};

use super::engine::{Engine, EngineError, Frames, UnitKey};
use super::prepared::{Prepared, Taken};
use super::preprocess::Image;
use super::results::{Crop, Results, Unit};
use crate::convert::{self, Format, Plane};
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
    /// Tensors that are not what the network's type needs.
    #[error("{0}")]
    Postprocess(String),
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
    /// What is inferred, and what becomes of the tensors.
    results: Results,
    units: Vec<Unit>,
    /// Where what nvdspreprocess prepared is inferred, and not frames.
    prepared: Option<(Prepared, Taken)>,
}

impl Runner {
    /// A runner at the start of a stream.
    pub fn new(
        engine: Engine,
        results: Results,
        element: &str,
        interval: u32,
        attach: bool,
        to_drop: u32,
    ) -> Self {
        Self {
            engine,
            interval,
            told_interval: None,
            attach,
            to_drop,
            since: 0,
            name: CString::new(element).unwrap_or_default(),
            metas: Vec::new(),
            results,
            units: Vec::new(),
            prepared: None,
        }
    }

    /// Infers what nvdspreprocess prepared from here on, whatever the interval. `gpu_id` as in [`Prepared::new`]; boxes are cut at the
    /// edges of regions where `clip` says so.
    #[must_use]
    pub fn on_prepared(mut self, unique_id: u32, gpu_id: Option<u32>, clip: bool) -> Self {
        let prepared = Prepared::new(unique_id, gpu_id, self.engine.input());
        self.prepared = Some((prepared, Taken::default()));
        self.results.clip_at_regions(clip);
        self
    }

    /// Takes the place of `old` in the middle of a stream, which goes on as it was: buffers already dropped are not
    /// dropped again, and an interval that an event set stays.
    pub fn succeed(&mut self, old: &mut Self) {
        self.results.succeed(&mut old.results);
        self.to_drop = old.to_drop;
        self.since = old.since;
        self.told_interval = old.told_interval;
    }

    /// Changes the interval for the rest of the stream; it counts from the next batch on.
    pub fn set_interval(&mut self, interval: u32) {
        self.told_interval = Some(interval);
    }

    /// Forgets a source that ended: its objects' numbers may be used again for others.
    pub fn forget(&mut self, source: u32) {
        self.results.forget(source);
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
        if !self.is_due() || !(self.attach || self.results.parses()) {
            return Ok(Outcome::Skipped);
        }
        let surfaces = Surfaces::map(buffer)?;
        let mut warnings = Vec::new();
        let size = |surface| {
            let desc = surfaces.desc(surface)?;
            Ok::<_, surface::Error>((desc.width, desc.height))
        };
        let units = &mut self.units;
        match &mut self.prepared {
            Some((prepared, taken)) => {
                prepared.take(&batch.lock(), size, units, taken, &mut warnings)?;
            }
            None => self.results.list(&batch, size, units, &mut warnings)?,
        }
        let frames = SurfaceFrames {
            surfaces,
            units: &self.units,
            taken: self.prepared.as_ref().map(|(_, taken)| taken),
        };
        let metas = &mut self.metas;
        metas.clear();
        warnings.extend(self.engine.infer(&frames, |_, meta| metas.push(meta))?);
        let findings = metas.iter().map(|meta| self.results.findings(meta));
        let findings: Result<Vec<_>, _> = findings.collect();
        let findings = findings.map_err(RunError::Postprocess)?;

        let tensors = self.attach.then_some(metas.as_slice());
        self.results
            .attach(&batch.lock(), &self.units, findings, tensors)?;
        // What stays here would keep the tensors from going back to ONNX Runtime.
        metas.clear();
        Ok(Outcome::Inferred(warnings))
    }

    /// Whether it is this batch's turn. Objects are looked for in each.
    fn is_due(&mut self) -> bool {
        let due = self.since == 0 || self.results.on_objects() || self.prepared.is_some();
        self.since = if self.since >= self.told_interval.unwrap_or(self.interval) {
            0
        } else {
            self.since + 1
        };
        due
    }
}

/// The surfaces that a batch's frames refer to. A surface is locked only while it is looked at: elements on another
/// branch of a tee may be waiting to draw on it, and two of a batch may be one and the same.
struct SurfaceFrames<'a> {
    surfaces: Surfaces<'a>,
    units: &'a [Unit],
    /// What nvdspreprocess prepared of the units.
    taken: Option<&'a Taken>,
}

impl Frames for SurfaceFrames<'_> {
    type Error = RunError;

    fn len(&self) -> usize {
        self.units.len()
    }

    fn key(&self, index: usize) -> UnitKey {
        self.units[index].key
    }

    fn prepared(&self, index: usize) -> Option<&[u8]> {
        self.taken?.unit(index)
    }

    fn with<R>(&self, index: usize, read: impl FnOnce(&Image<'_>) -> R) -> Result<R, RunError> {
        let unit = &self.units[index];
        show(&self.surfaces, unit.key.batch_id as usize, unit.crop, read)
    }
}

/// Shows a surface to `read`, or the part of it that `crop` is.
///
/// # Errors
/// Where there is no such surface, or it cannot be read.
pub fn show<R>(
    surfaces: &Surfaces<'_>,
    index: usize,
    crop: Option<Crop>,
    read: impl FnOnce(&Image<'_>) -> R,
) -> Result<R, RunError> {
    let surface = surfaces.read(index)?;
    let mut frame = frame_of(surface.desc()).ok_or(RunError::Format {
        index,
        format: surface.desc().format,
    })?;
    let mut planes: Vec<_> = surface
        .planes()
        .iter()
        .map(|plane| Plane {
            data: plane.data,
            pitch: plane.pitch,
        })
        .collect();
    if let Some(crop) = crop {
        cut(&mut frame, &mut planes, crop);
    }
    Ok(read(&Image {
        frame,
        planes: &planes,
    }))
}

/// Leaves the part of a frame that `crop` shows, as far as the frame reaches. `crop` is even.
fn cut(frame: &mut convert::Frame, planes: &mut [Plane<'_>], crop: Crop) {
    let within = |edge: u32, side: usize| (edge as usize).min(side.saturating_sub(2) & !1);
    let (left, top) = (
        within(crop.left, frame.width),
        within(crop.top, frame.height),
    );
    let bytes = if frame.format == Format::Rgba { 4 } else { 1 };
    for (number, plane) in planes.iter_mut().enumerate() {
        // Two rows of a picture have one row of chroma; a pair of it takes as many bytes as two pixels of luma.
        let row = if number == 0 { top } else { top / 2 };
        let start = row * plane.pitch + left * bytes;
        plane.data = plane.data.get(start..).unwrap_or(&[]);
    }
    frame.width = (crop.width as usize).min(frame.width - left);
    frame.height = (crop.height as usize).min(frame.height - top);
}
