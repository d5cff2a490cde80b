//! Scaling and turning one plane.

use super::{Method, Plane};

/// One direction of a plane's scaling, in samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// Samples there are.
    pub(super) source: usize,
    /// Pixels that the ratio maps from, the same for all planes of a picture.
    pub(super) scale_from: usize,
    /// Pixels that it maps to.
    pub(super) scale_to: usize,
    /// Samples wanted.
    pub(super) output: usize,
}

impl Axis {
    /// Source index of each output sample for the methods that only look up.
    ///
    /// One f32 product, as on the GPU: it falls short of a whole number where the ratio was rounded down, so column
    /// 149 of 298 out of 768 is source column 383, not 384.
    pub(super) fn nearest(&self, method: Method) -> Vec<u32> {
        let last = self.source as u32 - 1;
        let ratio = self.ratio() as f32;
        let shift = if method == Method::NearestCentre {
            0.5
        } else {
            0.0
        };
        (0..self.output)
            .map(|x| (((x as f32 + shift) * ratio) as u32).min(last))
            .collect()
    }

    /// The same in pairs of samples, where the GPU takes interleaved chroma for pixels of four bytes: with all methods
    /// but the default one and bilinear. A pair keeps its order, so neighbours are repeated or left out two by two.
    pub(super) fn pairs(&self, bytes: usize, method: Option<Method>) -> Option<Self> {
        use Method::{Cubic, Lanczos, NearestCentre, Super};

        let paired = bytes == 2
            && self.source >= 2
            && matches!(method, Some(Cubic | Super | Lanczos | NearestCentre));
        paired.then_some(Self {
            source: self.source / 2,
            output: self.output.div_ceil(2),
            ..*self
        })
    }

    fn ratio(&self) -> f64 {
        self.scale_from as f64 / self.scale_to as f64
    }

    fn clamp(&self, index: i64) -> usize {
        index.clamp(0, self.source as i64 - 1) as usize
    }

    /// Two source indices and the second one's weight in 1/256.
    fn bilinear(&self) -> Vec<(usize, usize, u32)> {
        (0..self.output)
            .map(|x| {
                let at = x as f64 * self.ratio() - 0.5;
                let first = at.floor();
                let weight = ((at - first) * 256.0).round_ties_even() as u32;
                let first = first as i64;
                (self.clamp(first), self.clamp(first + 1), weight)
            })
            .collect()
    }

    /// A kernel of `count` samples centred on each output pixel, its weights adding up to 1.
    fn kernel(&self, count: i64, kernel: impl Fn(f64) -> f64) -> Taps {
        let mut taps = Taps::default();
        for x in 0..self.output {
            let at = (x as f64 + 0.5) * self.ratio() - 0.5;
            let start = at.floor() as i64 + 1 - count / 2;
            let (first, last) = (self.clamp(start), self.clamp(start + count - 1));
            // Taps beyond the edge add up on the edge sample.
            let mut weights = vec![0.0; last - first + 1];
            for i in start..start + count {
                weights[self.clamp(i) - first] += kernel(at - i as f64);
            }
            let sum: f64 = weights.iter().sum();
            taps.push(
                first,
                weights.into_iter().map(|weight| (weight / sum) as f32),
            );
        }
        taps
    }

    /// The part of each source sample that an output sample covers, with f32 edges as on the GPU
    /// (exact halves round one way or the other with them).
    fn area(&self) -> Taps {
        let ratio = self.ratio() as f32;
        let mut taps = Taps::default();
        for x in 0..self.output {
            let from = x as f32 * ratio;
            let to = from + ratio;
            let first = self.clamp(from as i64);
            let last = self.clamp(to.ceil() as i64 - 1).max(first);
            taps.push(
                first,
                (first..=last).map(|i| (to.min((i + 1) as f32) - from.max(i as f32)).max(0.0)),
            );
        }
        taps
    }
}

/// Weighted source samples of each output sample.
#[derive(Debug, Default)]
struct Taps {
    /// First source sample and range in `weights`, per output sample.
    spans: Vec<(usize, std::ops::Range<usize>)>,
    weights: Vec<f32>,
}

impl Taps {
    fn push(&mut self, first: usize, weights: impl Iterator<Item = f32>) {
        let start = self.weights.len();
        self.weights.extend(weights);
        self.spans.push((first, start..self.weights.len()));
    }

    fn get(&self, i: usize) -> (usize, &[f32]) {
        let (first, range) = &self.spans[i];
        (*first, &self.weights[range.clone()])
    }
}

#[derive(Debug)]
enum Kernel {
    Bilinear {
        columns: Vec<(usize, usize, u32)>,
        rows: Vec<(usize, usize, u32)>,
    },
    Separable {
        columns: Taps,
        rows: Taps,
        /// The source rectangle scaled across, one f32 per byte.
        across: Vec<f32>,
        /// One output row before rounding.
        sum: Vec<f32>,
        /// What makes the weights of both directions add up to 1.
        gain: f32,
    },
}

/// Scales a plane with weights, into memory of its own.
#[derive(Debug)]
pub(super) struct Filter {
    kernel: Kernel,
    bytes: usize,
    output: Vec<u8>,
    pitch: usize,
}

/// Cubic polynomial through four neighbours.
fn lagrange(x: f64) -> f64 {
    let x = x.abs();
    if x < 1.0 {
        1.0 - x / 2.0 - x * x + x * x * x / 2.0
    } else if x < 2.0 {
        (1.0 - x) * (2.0 - x) * (3.0 - x) / 6.0
    } else {
        0.0
    }
}

fn lanczos(x: f64) -> f64 {
    let sinc = |x: f64| {
        if x.abs() < 1e-12 {
            1.0
        } else {
            let x = x * std::f64::consts::PI;
            x.sin() / x
        }
    };
    if x.abs() < 3.0 {
        sinc(x) * sinc(x / 3.0)
    } else {
        0.0
    }
}

impl Filter {
    /// `None` for the methods that only look up.
    pub(super) fn new(method: Method, across: Axis, down: Axis, bytes: usize) -> Option<Self> {
        let separable = |gain: f32, taps: &dyn Fn(&Axis) -> Taps| Kernel::Separable {
            columns: taps(&across),
            rows: taps(&down),
            across: vec![0.0; across.output * bytes * down.source],
            sum: vec![0.0; across.output * bytes],
            gain,
        };
        let area = across.ratio() as f32 * down.ratio() as f32;
        let kernel = match method {
            Method::Nearest | Method::NearestCentre | Method::Default => return None,
            Method::Bilinear => Kernel::Bilinear {
                columns: across.bilinear(),
                rows: down.bilinear(),
            },
            Method::Cubic => separable(1.0, &|axis| axis.kernel(4, lagrange)),
            Method::Super => separable(1.0 / area, &Axis::area),
            Method::Lanczos => separable(1.0, &|axis| axis.kernel(6, lanczos)),
        };
        let pitch = across.output * bytes;
        Some(Self {
            kernel,
            bytes,
            output: vec![0; pitch * down.output],
            pitch,
        })
    }

    /// What [`Self::run`] made last.
    pub(super) fn output(&self) -> Plane<'_> {
        Plane {
            data: &self.output,
            pitch: self.pitch,
        }
    }

    /// Scales `source`, whose first byte is the rectangle's first.
    pub(super) fn run(&mut self, source: Plane<'_>) -> Plane<'_> {
        match self.bytes {
            1 => self.run_sized::<1>(source),
            2 => self.run_sized::<2>(source),
            3 => self.run_sized::<3>(source),
            _ => self.run_sized::<4>(source),
        }
        self.output()
    }

    fn run_sized<const N: usize>(&mut self, source: Plane<'_>) {
        match &mut self.kernel {
            Kernel::Bilinear { columns, rows } => {
                for ((top, bottom, down), out) in
                    rows.iter().zip(self.output.chunks_exact_mut(self.pitch))
                {
                    let top = &source.data[top * source.pitch..];
                    let bottom = &source.data[bottom * source.pitch..];
                    for ((left, right, across), out) in columns.iter().zip(out.chunks_exact_mut(N))
                    {
                        // The texture unit rounds the product of the weights to 1/256 as well.
                        let both = (across * down + 128) >> 8;
                        let weights =
                            [256 + both - across - down, across - both, down - both, both];
                        for (c, out) in out.iter_mut().enumerate() {
                            let (left, right) = (left * N + c, right * N + c);
                            let four = [top[left], top[right], bottom[left], bottom[right]];
                            let sum: u32 = four
                                .iter()
                                .zip(weights)
                                .map(|(v, w)| u32::from(*v) * w)
                                .sum();
                            *out = (sum >> 8) as u8;
                        }
                    }
                }
            }
            Kernel::Separable {
                columns,
                rows,
                across,
                sum,
                gain,
            } => {
                for (y, scaled) in across.chunks_exact_mut(self.pitch).enumerate() {
                    let row = &source.data[y * source.pitch..];
                    for (x, out) in scaled.chunks_exact_mut(N).enumerate() {
                        let (first, weights) = columns.get(x);
                        let mut sum = [0.0; N];
                        for (pixel, weight) in row[first * N..].chunks_exact(N).zip(weights) {
                            for (sum, v) in sum.iter_mut().zip(pixel) {
                                *sum += f32::from(*v) * weight;
                            }
                        }
                        out.copy_from_slice(&sum);
                    }
                }
                for (y, out) in self.output.chunks_exact_mut(self.pitch).enumerate() {
                    let (first, weights) = rows.get(y);
                    sum.fill(0.0);
                    for (row, weight) in across[first * self.pitch..]
                        .chunks_exact(self.pitch)
                        .zip(weights)
                    {
                        for (sum, v) in sum.iter_mut().zip(row) {
                            *sum += v * weight;
                        }
                    }
                    for (out, sum) in out.iter_mut().zip(&*sum) {
                        // `as` clamps to 0…255.
                        *out = (*sum * *gain + 0.5) as u8;
                    }
                }
            }
        }
    }
}

/// Picks `columns` of a row of `bytes`-sized samples.
pub(super) fn gather(row: &[u8], bytes: usize, columns: &[u32], target: &mut [u8]) {
    match bytes {
        1 => gather_sized::<1>(row, columns, target),
        2 => gather_sized::<2>(row, columns, target),
        3 => gather_sized::<3>(row, columns, target),
        _ => gather_sized::<4>(row, columns, target),
    }
}

fn gather_sized<const N: usize>(row: &[u8], columns: &[u32], target: &mut [u8]) {
    for (to, column) in target.chunks_exact_mut(N).zip(columns) {
        let start = *column as usize * N;
        to.copy_from_slice(&row[start..start + N]);
    }
}

/// Writes `plane` with rows and columns exchanged: output row i is source column `columns[i]`,
/// its samples are taken from `rows` in turn.
pub(super) fn turn(
    plane: Plane<'_>,
    bytes: usize,
    columns: &[u32],
    rows: &[u32],
    target: &mut [u8],
) {
    match bytes {
        1 => turn_sized::<1>(plane, columns, rows, target),
        2 => turn_sized::<2>(plane, columns, rows, target),
        3 => turn_sized::<3>(plane, columns, rows, target),
        _ => turn_sized::<4>(plane, columns, rows, target),
    }
}

fn turn_sized<const N: usize>(plane: Plane<'_>, columns: &[u32], rows: &[u32], target: &mut [u8]) {
    /// Samples per tile side: a tile's rows stay in the first-level cache.
    const TILE: usize = 32;
    let pitch = rows.len() * N;
    for (block, columns) in columns.chunks(TILE).enumerate() {
        for (first, rows) in rows.chunks(TILE).enumerate() {
            for (i, column) in columns.iter().enumerate() {
                let start = (block * TILE + i) * pitch + first * TILE * N;
                let out = &mut target[start..start + rows.len() * N];
                for (to, row) in out.chunks_exact_mut(N).zip(rows) {
                    let from = *row as usize * plane.pitch + *column as usize * N;
                    to.copy_from_slice(&plane.data[from..from + N]);
                }
            }
        }
    }
}
