//! The input tensor as a picture.

use nvds::NetworkInfo;

use crate::infer::types::Layout;

/// Longest side of a network's input in pixels. Sums over one picture then fit any integer.
const MAX_SIDE: usize = 1 << 15;
/// Most bytes of an input tensor with its batch.
const MAX_BYTES: usize = 1 << 31;

/// An image tensor of one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    pub layout: Layout,
    pub width: usize,
    pub height: usize,
    pub channels: usize,
}

impl Picture {
    /// Reads three dimensions. `layout` `None` goes by which end looks like channels.
    pub fn new(dims: &[usize], layout: Option<Layout>, channels: usize) -> Result<Self, String> {
        let &[a, b, c] = dims else {
            return Err(format!(
                "has {} dimensions {dims:?}; an image has 3",
                dims.len()
            ));
        };
        let layout = match (layout, a == channels, c == channels) {
            (Some(layout), _, _) => layout,
            (None, true, false) => Layout::Nchw,
            (None, false, true) => Layout::Nhwc,
            (None, true, true) => {
                return Err(format!("{dims:?} may be NCHW or NHWC; say which"));
            }
            (None, false, false) => {
                return Err(format!(
                    "{dims:?} has no dimension of {channels}, the number of colour channels asked for"
                ));
            }
        };
        let (found, height, width) = match layout {
            Layout::Nchw => (a, b, c),
            Layout::Nhwc => (c, a, b),
        };
        if found != channels {
            return Err(format!(
                "{dims:?} has {found} channels in {layout} order, {channels} are asked for"
            ));
        }
        if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(format!(
                "is {width}x{height} pixels by its dimensions {dims:?}; a side has 1 to {MAX_SIDE}"
            ));
        }
        Ok(Self {
            layout,
            width,
            height,
            channels,
        })
    }

    /// Refuses batches that no memory holds.
    pub fn check_batch(&self, frames: usize, element: usize) -> Result<(), String> {
        let bytes = [self.height, self.channels, frames, element]
            .into_iter()
            .try_fold(self.width, usize::checked_mul);
        if bytes.is_none_or(|bytes| bytes > MAX_BYTES) {
            return Err(format!(
                "takes {frames} frames of {}x{} pixels, more than {MAX_BYTES} bytes",
                self.width, self.height
            ));
        }
        Ok(())
    }

    /// The size as a tensor meta tells it. All three are small: see [`MAX_SIDE`].
    pub fn network_info(&self) -> NetworkInfo {
        NetworkInfo {
            width: self.width as u32,
            height: self.height as u32,
            channels: self.channels as u32,
        }
    }
}

/// Fills the open dimensions of `dims` from `given`; both without the batch.
pub fn fix(dims: &[i64], given: &[i64]) -> Result<Vec<usize>, String> {
    if !given.is_empty() && given.len() != dims.len() {
        return Err(format!(
            "has {} dimensions {dims:?}, the configuration gives {given:?}",
            dims.len()
        ));
    }
    dims.iter()
        .enumerate()
        .map(|(i, &dim)| {
            let given = given.get(i).copied().filter(|&g| g > 0);
            match (usize::try_from(dim), given) {
                (Ok(own), Some(given)) if i64::try_from(own) != Ok(given) => Err(format!(
                    "is {dims:?}, which contradicts the configured {given} at position {i}"
                )),
                (Ok(own), _) => Ok(own),
                (Err(_), Some(given)) => {
                    usize::try_from(given).map_err(|_| format!("cannot have dimension {given}"))
                }
                (Err(_), None) => Err(format!("is {dims:?}, and its size is left open")),
            }
        })
        .collect()
}

/// Number of elements, `None` if it overflows.
pub fn product(dims: &[usize]) -> Option<usize> {
    dims.iter().copied().try_fold(1, usize::checked_mul)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_recognised_by_their_channels() {
        let picture = |dims: &[usize], layout| Picture::new(dims, layout, 3);
        let expected = |layout, width, height| {
            Ok(Picture {
                layout,
                width,
                height,
                channels: 3,
            })
        };
        assert_eq!(picture(&[3, 4, 5], None), expected(Layout::Nchw, 5, 4));
        assert_eq!(picture(&[4, 5, 3], None), expected(Layout::Nhwc, 5, 4));
        assert_eq!(
            picture(&[3, 5, 3], Some(Layout::Nchw)),
            expected(Layout::Nchw, 3, 5)
        );
        assert!(picture(&[3, 5, 3], None).unwrap_err().contains("say which"));
        assert!(
            picture(&[1, 5, 6], None)
                .unwrap_err()
                .contains("no dimension of 3")
        );
        assert!(
            picture(&[4, 5, 3], Some(Layout::Nchw))
                .unwrap_err()
                .contains("4 channels in NCHW order, 3")
        );
        assert!(
            picture(&[3, 4], None)
                .unwrap_err()
                .contains("an image has 3")
        );
        for dims in [[3, 0, 4], [3, 4, 1 << 16]] {
            assert!(
                picture(&dims, None)
                    .unwrap_err()
                    .contains("a side has 1 to")
            );
        }
    }

    #[test]
    fn open_dimensions_come_from_the_configuration() {
        assert_eq!(fix(&[3, -1, -1], &[3, 4, 5]), Ok(vec![3, 4, 5]));
        assert_eq!(fix(&[3, 4, 5], &[]), Ok(vec![3, 4, 5]));
        assert_eq!(fix(&[3, 4, 5], &[-1, 4, -1]), Ok(vec![3, 4, 5]));
        assert!(fix(&[3, -1, 5], &[]).unwrap_err().contains("left open"));
        assert!(
            fix(&[3, 4, 5], &[3, 4, 6])
                .unwrap_err()
                .contains("contradicts")
        );
        assert!(
            fix(&[3, 4, 5], &[3, 4])
                .unwrap_err()
                .contains("the configuration gives")
        );
    }

    #[test]
    fn absurd_batches_are_refused() {
        let picture = Picture::new(&[3, 1 << 15, 1 << 15], None, 3).unwrap();
        assert!(picture.check_batch(1, 1).unwrap_err().contains("more than"));
        assert!(picture.check_batch(usize::MAX, 4).is_err());
        let picture = Picture::new(&[3, 640, 640], None, 3).unwrap();
        assert_eq!(picture.check_batch(64, 4), Ok(()));
        assert_eq!(product(&[usize::MAX, 2]), None);
        assert_eq!(product(&[]), Some(1));
    }
}
