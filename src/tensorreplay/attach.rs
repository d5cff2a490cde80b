//! Attaching the tensors of one file to the frames and objects of one buffer.

use nvds::{Frame, Locked};

use crate::recording::FrameInfo;
use crate::recording::error::counted;
use crate::recording::read::Recording;

/// Why a file's tensors cannot be attached to a buffer.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// Another number of frames.
    #[error("the buffer has {}, the file {file}", counted(*buffer, "frame"))]
    Frames {
        /// Of the buffer.
        buffer: usize,
        /// Of the file.
        file: usize,
    },
    /// An object that the file has tensors of is not there.
    #[error(
        "frame {frame} has {}, the file has tensors on object {object} of it, counted from 0",
        counted(*objects, "object")
    )]
    Objects {
        /// Position of the frame in the file.
        frame: u32,
        /// How many it has in the buffer.
        objects: usize,
        /// Position of the object, oldest first.
        object: u32,
    },
    /// The metadata library refuses.
    #[error(transparent)]
    Foreign(#[from] nvds::Error),
}

/// Attaches all tensors or, when they do not fit, none. Returns their number. Each frame is given to
/// `compare` with what the file tells of it.
///
/// # Errors
/// [`Misfit`].
pub fn attach(
    locked: &Locked<'_>,
    recording: &Recording,
    mut compare: impl FnMut(&Frame<'_>, &FrameInfo),
) -> Result<u64, Misfit> {
    let frames: Vec<Frame<'_>> = locked.frames().collect();
    if frames.len() != recording.frames {
        return Err(Misfit::Frames {
            buffer: frames.len(),
            file: recording.frames,
        });
    }
    let pads: Vec<u32> = frames.iter().map(Frame::pad_index).collect();
    let told: Option<Vec<u32>> = recording.told.iter().map(|told| told.pad_index).collect();
    let positions = positions(&told.unwrap_or_default(), &pads);
    let mut objects: Vec<_> = Vec::new();
    let mut targets = Vec::with_capacity(recording.metas.len());
    let mut listed = None;
    for recorded in &recording.metas {
        let place = recorded.place;
        // Reading the file saw that the frame is one of the batch.
        let index = place.frame as usize;
        let position = positions.get(index).copied().unwrap_or(index);
        let Some(frame) = frames.get(position) else {
            continue;
        };
        let object = match place.object {
            None => None,
            Some(object) => {
                if listed != Some(place.frame) {
                    objects.clear();
                    objects.extend(frame.objects().rev());
                    listed = Some(place.frame);
                }
                let found = objects.get(object as usize).copied();
                Some(found.ok_or(Misfit::Objects {
                    frame: place.frame,
                    objects: objects.len(),
                    object,
                })?)
            }
        };
        targets.push((frame, object, recorded));
    }
    for (index, told) in recording.told.iter().enumerate() {
        let position = positions.get(index).copied().unwrap_or(index);
        if let Some(frame) = frames.get(position) {
            compare(frame, told);
        }
    }
    let mut tensors = 0;
    for (frame, object, recorded) in targets {
        match object {
            Some(object) => locked.add_tensor_to_object(&object, &recorded.meta)?,
            None => locked.add_tensor_to_frame(frame, &recorded.meta)?,
        }
        tensors += recorded.layers as u64;
    }
    Ok(tensors)
}

/// Where in the batch each of the file's frames is: with several sources, the order of their frames
/// is a matter of chance. The k-th frame of a pad is the k-th of that pad again. Empty, for the order
/// of the file, when the pads are others than in the file or it tells none.
fn positions(file: &[u32], buffer: &[u32]) -> Vec<usize> {
    if file == buffer || file.len() != buffer.len() {
        return Vec::new();
    }
    let by_pad = |pads: &[u32]| {
        let mut order: Vec<usize> = (0..pads.len()).collect();
        order.sort_by_key(|&at| pads[at]);
        order
    };
    let (from, to) = (by_pad(file), by_pad(buffer));
    let pads = |order: &[usize], of: &[u32]| order.iter().map(|&at| of[at]).collect::<Vec<_>>();
    if pads(&from, file) != pads(&to, buffer) {
        return Vec::new();
    }
    let mut positions = vec![0; file.len()];
    for (from, to) in from.into_iter().zip(to) {
        positions[from] = to;
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::positions;

    #[test]
    fn frames_are_found_by_their_pads() {
        assert_eq!(positions(&[0, 1, 2], &[2, 0, 1]), [1, 2, 0]);
        // Twice the same source: first stays first.
        assert_eq!(positions(&[1, 0, 1], &[1, 1, 0]), [0, 2, 1]);
        for (file, buffer) in [
            (&[0, 1][..], &[0, 1][..]),
            (&[], &[0, 1]),
            (&[0, 0], &[0, 1]),
            (&[4, 5], &[0, 1]),
        ] {
            assert_eq!(positions(file, buffer), [0; 0], "{file:?} {buffer:?}");
        }
    }
}
