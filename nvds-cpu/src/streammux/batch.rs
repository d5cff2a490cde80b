//! The output buffer.

use std::ffi::CStr;

use nvds::latency::{self, Component, FrameKey};
use nvds::{Batch, NewBatch, NewFrame};

use super::source::Waiting;
use crate::latency::decoder_of;
use crate::surface::{self, Surfaces};

/// A frame that was chosen for the batch.
#[derive(Debug)]
pub struct Chosen {
    /// Number of the sink pad.
    pub id: u32,
    /// Number of the frame within its source.
    pub frame_num: i32,
    /// The frame.
    pub waiting: Waiting,
}

/// Why there is no batch.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No metadata library, or one of another release.
    #[error(transparent)]
    Metadata(#[from] nvds::Error),
    /// The input is not ours.
    #[error("frame {frame_num} of sink_{id}: {error}")]
    Surface {
        /// Number of the sink pad.
        id: u32,
        /// Number of the frame.
        frame_num: i32,
        /// What is wrong.
        error: surface::Error,
    },
    /// The input is a batch.
    #[error(
        "frame {frame_num} of sink_{id} is a batch of {count} frames; the CPU stand-in batches \
         single frames only: remove the first nvstreammux, or put nvstreamdemux between"
    )]
    Batch {
        /// Number of the sink pad.
        id: u32,
        /// Number of the frame.
        frame_num: i32,
        /// Surfaces in it.
        count: usize,
    },
    /// Not scaled.
    #[error("frame {frame_num} of sink_{id} cannot be scaled: {error}")]
    Scale {
        /// Number of the sink pad.
        id: u32,
        /// Number of the frame.
        frame_num: i32,
        /// What is wrong.
        error: super::scale::Error,
    },
}

/// Sizes of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Places in the surface list.
    pub batch_size: usize,
    /// Most frames that the metadata is made for.
    pub max_frames: usize,
    /// Size of all frames; (0, 0) as the new mux leaves it.
    pub pipeline: (u32, u32),
}

/// The buffer of a batch, without times. `measured`: our name in the latency measurement, if that is
/// on. `scale` gives a frame in another size, `None` leaves it.
pub fn build(
    chosen: &[Chosen],
    sizes: Sizes,
    measured: Option<&CStr>,
    mut scale: impl FnMut(&Waiting) -> Result<Option<gst::Buffer>, super::scale::Error>,
) -> Result<gst::Buffer, Error> {
    let mut batch = NewBatch::new(sizes.max_frames.max(chosen.len()) as u32)?;
    let mut scaled = Vec::with_capacity(chosen.len());
    for (batch_id, frame) in chosen.iter().enumerate() {
        let (id, frame_num) = (frame.id, frame.frame_num);
        let buffer = &frame.waiting.buffer;
        let of = |error| Error::Surface {
            id,
            frame_num,
            error,
        };
        let surfaces = Surfaces::map(buffer).map_err(of)?;
        if surfaces.len() > 1 {
            let count = surfaces.len();
            return Err(Error::Batch {
                id,
                frame_num,
                count,
            });
        }
        let desc = surfaces.desc(0).map_err(of)?;
        let new = NewFrame {
            pad_index: id,
            source_id: id,
            batch_id: batch_id as u32,
            frame_num,
            buf_pts: buffer.pts().map_or(u64::MAX, gst::ClockTime::nseconds),
            ntp_timestamp: frame.waiting.ntp,
            source_size: (desc.width, desc.height),
            pipeline_size: sizes.pipeline,
        };
        if !(is_legacy(&sizes) && copy_frame(&mut batch, buffer, &new)?) {
            batch.add_frame(&new);
            batch.copy_gst_metas(buffer);
        }
        scaled.push(scale(&frame.waiting).map_err(|error| Error::Scale {
            id,
            frame_num,
            error,
        })?);
    }
    let surfaces: Vec<_> = chosen
        .iter()
        .zip(&scaled)
        .map(|(frame, scaled)| {
            let buffer = scaled.as_ref().unwrap_or(&frame.waiting.buffer);
            (buffer.as_ref(), 0)
        })
        .collect();
    let first = chosen.first().map_or((0, 0), |f| (f.id, f.frame_num));
    let mut out = surface::share(&surfaces, sizes.batch_size).map_err(|error| Error::Surface {
        id: first.0,
        frame_num: first.1,
        error,
    })?;
    if let Some(out) = out.get_mut() {
        // Says that memory was exchanged, which is no business of downstream.
        out.unset_flags(gst::BufferFlags::TAG_MEMORY);
        batch.attach(out);
    }
    if let Some(name) = measured {
        measure(&out, chosen, name);
    }
    Ok(out)
}

/// The default mux brings all frames to one size.
fn is_legacy(sizes: &Sizes) -> bool {
    sizes.pipeline != (0, 0)
}

/// Takes over the frame meta that a buffer of one frame has already, with all that hangs on it. Whether there was one.
fn copy_frame(
    batch: &mut NewBatch,
    buffer: &gst::BufferRef,
    new: &NewFrame,
) -> Result<bool, Error> {
    let Some(source) = Batch::from_buffer(buffer)? else {
        return Ok(false);
    };
    let locked = source.lock();
    let Some(frame) = locked.frames().next() else {
        return Ok(false);
    };
    batch.copy_frame(&frame, new.batch_id)?;
    batch.renumber_last(new.pad_index);
    Ok(true)
}

/// Notes for each frame how long its decoder had it and how long it was here. In this order: the
/// library takes the time of a decoder for that of the next frame of a mux.
fn measure(out: &gst::BufferRef, chosen: &[Chosen], name: &CStr) {
    let now = latency::now();
    for frame in chosen {
        let key = FrameKey {
            source_id: frame.id,
            pad_index: frame.id,
            frame_num: frame.frame_num as u32,
        };
        let ours = Component {
            name: name.to_owned(),
            since: now - frame.waiting.since.elapsed().as_secs_f64() * 1000.0,
            until: now,
            frame: key,
        };
        for component in decoder_of(&frame.waiting.buffer, key).iter().chain([&ours]) {
            latency::add_component(out, component);
        }
    }
}
