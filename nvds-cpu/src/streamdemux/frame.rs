//! One frame of a batch as a buffer of its own.

use nvds::latency::{self, Component, FrameKey};
use nvds::{Frame, Locked, NewBatch};

use crate::surface;

/// Why a frame cannot be given out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No batch.
    #[error(
        "the buffer has no batch meta: put nvstreammux upstream, and no element between that drops \
         metadata"
    )]
    NoBatch,
    /// No metadata library, or one of another release.
    #[error(transparent)]
    Metadata(#[from] nvds::Error),
    /// No such surface, or not ours.
    #[error("frame {frame_num} of source {pad_index}: {error}")]
    Surface {
        /// Number of the mux's pad.
        pad_index: u32,
        /// Number of the frame.
        frame_num: i32,
        /// What is wrong.
        error: surface::Error,
    },
}

/// The buffer of one frame of a batch.
pub fn single(
    buffer: &gst::BufferRef,
    index: usize,
    frame: &Frame<'_>,
) -> Result<gst::Buffer, Error> {
    // Stock takes the surface of the frame's place in the list.
    let mut out = surface::share(&[(buffer, index)], 1).map_err(|error| Error::Surface {
        pad_index: frame.pad_index(),
        frame_num: frame.frame_num(),
        error,
    })?;
    let mut batch = NewBatch::new(1)?;
    batch.copy_frame(frame, 0)?;
    if let Some(out) = out.get_mut() {
        // What the mux took from the source's buffer.
        batch.move_gst_metas(out);
        // Says that memory was exchanged, which is no business of downstream.
        out.unset_flags(gst::BufferFlags::TAG_MEMORY);
        let pts = frame.buf_pts();
        out.set_pts((pts != u64::MAX).then(|| gst::ClockTime::from_nseconds(pts)));
        batch.attach(out);
    }
    Ok(out)
}

/// What was measured on a frame before it was in a batch, and what stock takes for that: components
/// that name no frame have number 0 of source 0.
pub fn components(batch: &Locked<'_>, frame: &Frame<'_>) -> Vec<Component> {
    let key = FrameKey {
        source_id: frame.pad_index(),
        pad_index: frame.pad_index(),
        frame_num: frame.frame_num() as u32,
    };
    batch
        .user_metas()
        .filter_map(|meta| latency::component(&meta))
        .filter(|c| (c.frame.source_id, c.frame.frame_num) == (key.source_id, key.frame_num))
        .collect()
}
