//! Poses: the key points of a person or a hand, without a box, or of several people at once.
//!
//! | format | layers, with a batch of one or not | key points |
//! | --- | --- | --- |
//! | [`Format::Simcc`] | `simcc_x` `[K, 2W]`, `simcc_y` `[K, 2H]` | place of the greatest number of each, halved; the mean of both numbers is the confidence |
//! | [`Format::Heatmaps`] | `[K, h, w]` | the greatest cell, moved a quarter towards the higher neighbour; its number |
//! | [`Format::Movenet`] | `[1, K, 3]` | y, x of 0 to 1, confidence |
//! | [`Format::MovenetMulti`] | `[6, 56]` | 17 of the same, then y, x, y, x of the box and its score |
//!
//! Points are in pixels of the network's input, until they are moved to the frame.

mod read;

use crate::boxes::extras::KeyPoint;
use crate::error::DecodeError;
use crate::letterbox::{BoxUnits, Geometry, Size};
use crate::tensor::{DataType, TensorView};
use crate::vector::no_layer;

/// How poses are put out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A row of numbers for x and one for y of each point: RTMPose.
    Simcc,
    /// A map for each point: HRNet, ViTPose.
    Heatmaps,
    /// MoveNet of one person.
    Movenet,
    /// MoveNet of up to six people.
    MovenetMulti,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [
        Self::Simcc,
        Self::Heatmaps,
        Self::Movenet,
        Self::MovenetMulti,
    ];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simcc => "simcc",
            Self::Heatmaps => "heatmaps",
            Self::Movenet => "movenet",
            Self::MovenetMulti => "movenet-multi",
        }
    }
}

/// A pose.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pose {
    /// Its points, in the network's order. One that is nowhere is 0, 0 of confidence 0.
    pub points: Vec<KeyPoint>,
    /// Left, top, right, bottom of its box, if the network gives one.
    pub bbox: Option<[f32; 4]>,
    /// How sure the network is of it: of the box, or else the mean of its points'.
    pub score: f32,
}

/// The poses of one frame. It keeps its memory from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct Poses {
    /// Those of the frame, and behind them what is left of larger ones.
    all: Vec<Pose>,
    count: usize,
    memory: [Vec<f32>; 2],
}

impl Poses {
    /// The poses, in the network's order.
    pub fn as_slice(&self) -> &[Pose] {
        &self.all[..self.count]
    }

    /// The same, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [Pose] {
        &mut self.all[..self.count]
    }

    /// Puts the best first; of equal ones the first stays so.
    pub fn sort(&mut self) {
        let poses = self.as_mut_slice();
        // There are few, and nothing is allocated.
        for end in 1..poses.len() {
            let mut at = end;
            while at > 0 && poses[at].score.total_cmp(&poses[at - 1].score).is_gt() {
                poses.swap(at, at - 1);
                at -= 1;
            }
        }
    }

    /// Another pose, without points.
    fn add(&mut self) -> &mut Pose {
        if self.count == self.all.len() {
            self.all.push(Pose::default());
        }
        self.count += 1;
        let pose = &mut self.all[self.count - 1];
        pose.points.clear();
        (pose.bbox, pose.score) = (None, 0.0);
        pose
    }
}

/// Fewest and most points of a pose.
const COUNTS: std::ops::RangeInclusive<usize> = 2..=1024;

/// Numbers of a person of [`Format::MovenetMulti`].
const ROW: usize = 56;

/// The sizes of a layer without those of 1 in front.
fn dims<'t>(tensor: &'t TensorView<'_>) -> &'t [usize] {
    let dims = tensor.dims();
    let ones = dims.iter().take_while(|&&size| size == 1).count();
    &dims[ones..]
}

fn is_real(tensor: &TensorView<'_>) -> bool {
    matches!(tensor.data_type(), DataType::Float | DataType::Half)
}

/// The layers of a format, or none if they are not of it.
fn of<'t, 'a>(
    format: Format,
    tensors: &'t [TensorView<'a>],
    network: Size,
) -> Option<[&'t TensorView<'a>; 2]> {
    let (width, height) = (network.width as usize, network.height as usize);
    let one = |fits: &dyn Fn(&[usize]) -> bool| {
        let mut fitting = tensors.iter().filter(|t| is_real(t) && fits(dims(t)));
        let found = fitting.next()?;
        fitting.next().is_none().then_some([found, found])
    };
    match format {
        Format::Simcc => {
            let pair = |bins: usize, named: &str| {
                let fits = |t: &&TensorView<'_>| {
                    is_real(t) && matches!(*dims(t), [k, n] if COUNTS.contains(&k) && n == 2 * bins)
                };
                let mut all = tensors.iter().filter(fits);
                let first = all.next()?;
                match all.next() {
                    // A square input: the names tell.
                    Some(_) => tensors
                        .iter()
                        .filter(fits)
                        .find(|t| t.name().contains(named)),
                    None => Some(first),
                }
            };
            let found = [pair(width, "x")?, pair(height, "y")?];
            (dims(found[0])[0] == dims(found[1])[0] && !std::ptr::eq(found[0], found[1]))
                .then_some(found)
        }
        Format::Heatmaps => one(&|dims| {
            matches!(*dims, [k, h, w] if COUNTS.contains(&k) && h > 1 && w > 1 && h <= height && w <= width
                && h * width == w * height)
        }),
        Format::Movenet => one(&|dims| matches!(*dims, [k, 3] if COUNTS.contains(&k))),
        Format::MovenetMulti => one(&|dims| matches!(*dims, [people, ROW] if people <= 64)),
    }
}

/// Writes the poses that tensors hold to `poses`, and returns what they are. `score_threshold` is that of a pose with a box; one without is always there.
/// `format` is what they are; `None` for what their dimensions say.
///
/// # Errors
/// [`DecodeError::NoLayer`] when no format or more than one fits.
pub fn read(
    tensors: &[TensorView<'_>],
    network: Size,
    format: Option<Format>,
    score_threshold: f32,
    poses: &mut Poses,
) -> Result<Format, DecodeError> {
    poses.count = 0;
    let wanted = Format::ALL
        .into_iter()
        .filter(|one| format.is_none_or(|format| format == *one));
    let mut found = wanted.filter_map(|one| Some((one, of(one, tensors, network)?)));
    let (one, layers) = found.next().ok_or_else(|| {
        no_layer(
            format!(
                "of a pose for an input of {network} (simcc, heatmaps, movenet, movenet-multi)"
            ),
            tensors,
        )
    })?;
    if found.next().is_some() {
        return Err(no_layer("of one format only (set format)", tensors));
    }
    let mut memory = std::mem::take(&mut poses.memory);
    match one {
        Format::Simcc => read::simcc(layers, &mut memory, poses.add()),
        Format::Heatmaps => read::heatmaps(layers[0], network, &mut memory[0], poses.add()),
        Format::Movenet => read::movenet(layers[0], network, &mut memory[0], poses.add()),
        Format::MovenetMulti => {
            read::movenet_multi(layers[0], network, score_threshold, &mut memory[0], poses);
        }
    }
    poses.memory = memory;
    Ok(one)
}

impl Pose {
    /// Makes it the pose as the frame has it, whose points are sound: see [`KeyPoint::sound`].
    pub fn move_to_frame(&mut self, geometry: &Geometry) {
        let to_frame = geometry.mapping(BoxUnits::NetworkPixels);
        let moved = |x: f32, y: f32| {
            let (x, y) = to_frame(f64::from(x), f64::from(y));
            (x as f32, y as f32)
        };
        for point in &mut self.points {
            if point.confidence <= 0.0 {
                *point = KeyPoint::default();
                continue;
            }
            let (x, y) = moved(point.x, point.y);
            let confidence = point.confidence;
            *point = KeyPoint { x, y, confidence }.sound();
        }
        self.bbox = self.bbox.map(|[left, top, right, bottom]| {
            let ((left, top), (right, bottom)) = (moved(left, top), moved(right, bottom));
            [left, top, right, bottom]
        });
    }
}
