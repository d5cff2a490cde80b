//! The pictures that the masks of a frame are made of.

use std::ops::Range;

use half::f16;

use super::cut::{Covers, Map};
use crate::boxes::detection::Detection;
use crate::boxes::extras::Extras;
use crate::letterbox::{Geometry, Size};
use crate::tensor::{DataType, TensorView};

/// Fewest and most prototypes of any network.
const COUNTS: Range<usize> = 8..257;

/// The prototypes of one frame: `count` pictures of `size`, rows of cells.
#[derive(Debug, Clone, Copy)]
pub struct Prototypes<'a> {
    tensor: TensorView<'a>,
    count: usize,
    width: usize,
    height: usize,
}

impl<'a> Prototypes<'a> {
    /// The layer that holds some, FLOAT or HALF `[count, h, w]`: as many small pictures, in shape like the network's
    /// input.
    pub fn find(tensors: &[TensorView<'a>], network: Size) -> Option<Self> {
        tensors.iter().find_map(|tensor| Self::of(*tensor, network))
    }

    fn of(tensor: TensorView<'a>, network: Size) -> Option<Self> {
        let &[ref leading @ .., count, height, width] = tensor.dims() else {
            return None;
        };
        // A quarter of the network's input, or whatever part of it.
        let (across, down) = (network.width as usize, network.height as usize);
        let real = [DataType::Float, DataType::Half].contains(&tensor.data_type());
        let fits = real
            && leading.iter().all(|&size| size == 1)
            && COUNTS.contains(&count)
            && (2..=across).contains(&width)
            && (2..=down).contains(&height)
            && width * down == height * across;
        fits.then_some(Self {
            tensor,
            count,
            width,
            height,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Cells across and down.
    pub fn size(&self) -> Size {
        // Both are within the network's size.
        Size::new(self.width as u32, self.height as u32)
    }

    /// Appends the mask of every detection: `coefficients` writes those of an entry.
    pub(crate) fn masks(
        &self,
        (detections, geometry): (&[Detection], &Geometry),
        extras: &mut Extras,
        coefficients: impl Fn(usize, &mut Vec<f32>),
    ) {
        let map = Map {
            size: self.size(),
            covers: Covers::Input,
            logits: true,
        };
        let mut own = std::mem::take(&mut extras.memory.coefficients);
        let mut logits = std::mem::take(&mut extras.memory.logits);
        for detection in detections {
            own.clear();
            coefficients(detection.entry as usize, &mut own);
            extras.coefficients.extend_from_slice(&own);
            let place = (&detection.bbox, geometry);
            map.cut(place, &mut logits, extras, |columns, rows, logits| {
                self.logits(&own, columns, rows, logits);
            });
        }
        extras.memory.coefficients = own;
        extras.memory.logits = logits;
    }

    /// Writes the logits of a part of the cells, row by row: of the columns and rows that are named. Coefficients
    /// beyond [`count`](Self::count) do not matter, missing ones are 0.
    pub fn logits(
        &self,
        coefficients: &[f32],
        columns: Range<usize>,
        rows: Range<usize>,
        logits: &mut Vec<f32>,
    ) {
        let columns = columns.start.min(self.width)..columns.end.min(self.width);
        let rows = rows.start.min(self.height)..rows.end.min(self.height);
        logits.clear();
        logits.resize(columns.len() * rows.len(), 0.0);
        if let Some(numbers) = self.tensor.slice::<f32>() {
            self.add(numbers, coefficients, columns, rows, logits);
        } else if let Some(numbers) = self.tensor.slice::<f16>() {
            self.add(numbers, coefficients, columns, rows, logits);
        }
    }

    fn add<T: Copy + Into<f32>>(
        &self,
        numbers: &[T],
        coefficients: &[f32],
        columns: Range<usize>,
        rows: Range<usize>,
        logits: &mut [f32],
    ) {
        if columns.is_empty() {
            return;
        }
        let size = self.width * self.height;
        let count = coefficients.len().min(self.count);
        let (eights, rest) = coefficients[..count].as_chunks::<8>();
        // The sums are read and written once for eight prototypes.
        for (pictures, own) in numbers.chunks_exact(8 * size).zip(eights) {
            for (sums, row) in logits.chunks_exact_mut(columns.len()).zip(rows.clone()) {
                add_eight(
                    &pictures[row * self.width + columns.start..],
                    size,
                    own,
                    sums,
                );
            }
        }
        let pictures = numbers.chunks_exact(size).skip(count - rest.len());
        for (picture, &coefficient) in pictures.zip(rest) {
            for (sums, row) in logits.chunks_exact_mut(columns.len()).zip(rows.clone()) {
                let numbers = &picture[row * self.width + columns.start..];
                for (sum, &number) in sums.iter_mut().zip(numbers) {
                    *sum += coefficient * number.into();
                }
            }
        }
    }
}

/// Adds a line of eight pictures to the sums, each times its coefficient, one after the other. `pictures` begins with that of
/// the first, and those of the others follow after `size` numbers each.
fn add_eight<T: Copy + Into<f32>>(pictures: &[T], size: usize, own: &[f32; 8], sums: &mut [f32]) {
    let count = sums.len();
    // Their lengths are known before the loop, which is done in vectors then.
    let line = |at: usize| &pictures[at * size..][..count];
    let (a, b, c, d) = (line(0), line(1), line(2), line(3));
    let (e, f, g, h) = (line(4), line(5), line(6), line(7));
    for i in 0..count {
        let sum = sums[i] + own[0] * a[i].into() + own[1] * b[i].into();
        let sum = sum + own[2] * c[i].into() + own[3] * d[i].into();
        let sum = sum + own[4] * e[i].into() + own[5] * f[i].into();
        sums[i] = sum + own[6] * g[i].into() + own[7] * h[i].into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_parts_of_the_whole() {
        let numbers: Vec<f32> = (0..8 * 4 * 6).map(|n| (n % 13) as f32 - 5.0).collect();
        let halves: Vec<f16> = numbers.iter().map(|&n| f16::from_f32(n)).collect();
        let network = Size::new(24, 16);
        let one = TensorView::new("protos", &[1, 8, 4, 6], &numbers[..]).unwrap();
        let half = TensorView::new("protos", &[8, 4, 6], &halves[..]).unwrap();
        let coefficients = [1.0, -0.5, 0.25, 0.0, 2.0, 1.0, -1.0, 0.5];
        let found = Prototypes::find(&[one], network).unwrap();
        assert_eq!((found.count(), found.size()), (8, Size::new(6, 4)));
        let (mut whole, mut part) = (Vec::new(), Vec::new());
        found.logits(&coefficients, 0..6, 0..4, &mut whole);
        let by_hand = |x: usize, y: usize| -> f32 {
            (0..8)
                .map(|k| coefficients[k] * numbers[24 * k + 6 * y + x])
                .sum()
        };
        assert_eq!(whole[6 * 3 + 4], by_hand(4, 3));
        found.logits(&coefficients, 2..5, 1..9, &mut part);
        let expected: Vec<f32> = (1..4)
            .flat_map(|y| (2..5).map(move |x| by_hand(x, y)))
            .collect();
        assert_eq!(part, expected);
        let found = Prototypes::find(&[half], network).unwrap();
        found.logits(&coefficients, 2..5, 1..9, &mut part);
        assert_eq!(part, expected);
        let none = Range { start: 5, end: 2 };
        found.logits(&coefficients, none, 1..9, &mut part);
        assert_eq!(part, [0.0; 0]);
    }

    #[test]
    fn other_layers_are_none() {
        let numbers = [0.0_f32; 8 * 4 * 6];
        let one = |dims: &[usize], network| {
            let tensor = TensorView::new("layer", dims, &numbers[..]).unwrap();
            Prototypes::find(&[tensor], network).is_some()
        };
        assert!(one(&[8, 4, 6], Size::new(24, 16)));
        // Of another shape, larger than the input, too few.
        assert!(!one(&[8, 4, 6], Size::new(24, 24)));
        assert!(!one(&[8, 4, 6], Size::new(3, 2)));
        assert!(!one(&[4, 6, 8], Size::new(32, 24)));
    }
}
