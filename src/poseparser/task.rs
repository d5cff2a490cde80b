//! From the tensors of one frame or object to key points.

use nvds::{Color, FontName, KeyPoint, NewObject, NewText, Object, Rect, RectStyle, TensorMeta};
use nvds_decode::poses::{self, Format, Pose};
use nvds_decode::{DecodeError, Geometry, Size, TensorView};

use crate::parser::{Context, InMask, Refusal, Task, Unit, WarningKind, overflow};
use crate::tensors::{Layers, Views, geometry};

/// How far above its box an object's text stands, in pixels.
const TEXT_RISE: f32 = 10.0;
const TEXT_SIZE: u32 = 10;
/// The confidence from which on a point belongs to the box that is made of the points.
const SEEN: f32 = 0.3;

/// What the properties say.
pub struct Wanted {
    pub format: Option<Format>,
    pub threshold: f32,
    pub label: String,
    /// Whether points are put in the place of masks as well.
    pub in_masks: bool,
    /// Whether nvmsgconv is told of them.
    pub joints: bool,
}

/// Reads poses, and attaches their points.
pub struct Poses {
    wanted: Wanted,
    layers: Layers,
    poses: poses::Poses,
    attaching: Attaching,
    /// How many numbers of the last tensors are NaN or infinite, and of how many, if that explains why there is no pose.
    non_finite: Option<(u64, u64)>,
    /// In the order of the counters.
    counts: [u64; 2],
}

impl Poses {
    pub fn new(wanted: Wanted) -> Self {
        Self {
            layers: Layers::default(),
            poses: poses::Poses::default(),
            attaching: Attaching {
                joints: wanted.joints,
                ..Attaching::default()
            },
            non_finite: None,
            counts: [0; 2],
            wanted,
        }
    }

    /// Reads the poses in the tensors, best first.
    fn poses(&mut self, meta: &TensorMeta<'_>) -> Result<(), Refusal> {
        let bad_tensor =
            |e: nvds::TensorError| Refusal::Data(WarningKind::BadTensor, e.to_string());
        let mut views = Views::new();
        let unreadable = self.layers.read(meta, &mut views).map_err(bad_tensor)?;
        let network = meta.network();
        let network = Size::new(network.width, network.height);
        match poses::read(&views, network, self.wanted.format, 0.0, &mut self.poses) {
            Ok(_) => {
                self.poses.sort();
                let is_any = self.poses.as_slice().iter().any(|pose| pose.score > 0.0);
                self.non_finite = if is_any { None } else { non_finite(&views) };
                Ok(())
            }
            // A layer that is there but cannot be read is the better explanation.
            Err(error) => Err(unreadable.map_or(Refusal::Layout(error), bad_tensor)),
        }
    }
}

/// How many numbers are NaN or infinite, and of how many, if they are a tenth or more.
fn non_finite(views: &[TensorView<'_>]) -> Option<(u64, u64)> {
    let (mut numbers, mut all) = (0, 0);
    for view in views {
        let data = view.data();
        let values = (0..data.len()).filter_map(|at| data.value(at));
        numbers += values.filter(|value| !value.is_finite()).count() as u64;
        all += data.len() as u64;
    }
    (numbers > 0 && numbers.saturating_mul(10) >= all).then_some((numbers, all))
}

/// Attaches poses; keeps its memory.
#[derive(Default)]
struct Attaching {
    /// Whether nvmsgconv is told of poses.
    joints: bool,
    points: Vec<KeyPoint>,
    in_mask: InMask,
}

impl Attaching {
    /// Gives an object the points of a pose.
    fn points(
        &mut self,
        pose: &Pose,
        unit: &Unit<'_>,
        object: &Object<'_>,
        in_masks: Option<&Geometry>,
    ) -> Result<(), nvds::Error> {
        self.points.clear();
        self.points.extend(pose.points.iter().map(|point| KeyPoint {
            x: point.x,
            y: point.y,
            confidence: point.confidence,
        }));
        unit.locked.add_key_points(object, &self.points)?;
        if self.joints {
            unit.locked.add_joints(&unit.frame, object, &self.points)?;
        }
        match in_masks {
            Some(geometry) => self.in_mask.attach(unit, object, &self.points, geometry),
            None => Ok(()),
        }
    }

    /// Makes an object of a pose.
    fn object(
        &mut self,
        pose: &Pose,
        unit: &Unit<'_>,
        (unique_id, label): (i32, &str),
        in_masks: Option<&Geometry>,
    ) -> Result<(), nvds::Error> {
        let rect = rect(pose);
        let object = NewObject {
            unique_component_id: unique_id,
            class_id: 0,
            confidence: pose.score,
            rect,
            style: RectStyle::default(),
            label,
            text: Some(NewText {
                text: label,
                x: rect.left,
                y: rect.top - TEXT_RISE,
                font: FontName::SERIF,
                size: TEXT_SIZE,
                color: Color::WHITE,
                background: Some(Color::BLACK),
            }),
        };
        let parent = unit.object.as_ref();
        let added = unit.locked.add_object(&unit.frame, &object, parent)?;
        self.points(pose, unit, &added, in_masks)
    }
}

/// The pose's box, or the least one around its points.
fn rect(pose: &Pose) -> Rect {
    let [left, top, right, bottom] = pose.bbox.unwrap_or_else(|| {
        let seen = pose.points.iter().filter(|point| point.confidence >= SEEN);
        let none = [
            f32::INFINITY,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NEG_INFINITY,
        ];
        seen.fold(none, |sides, point| {
            [
                sides[0].min(point.x),
                sides[1].min(point.y),
                sides[2].max(point.x),
                sides[3].max(point.y),
            ]
        })
    });
    Rect {
        left,
        top,
        width: right - left,
        height: bottom - top,
    }
}

/// Cuts the box of a pose to the frame. Returns whether something of it is inside.
fn cut(pose: &mut Pose, geometry: &Geometry) -> bool {
    let own = rect(pose);
    let frame = geometry.frame();
    let (width, height) = (frame.width as f32, frame.height as f32);
    let sides = [
        own.left.clamp(0.0, width),
        own.top.clamp(0.0, height),
        (own.left + own.width).clamp(0.0, width),
        (own.top + own.height).clamp(0.0, height),
    ];
    // Not so of NaN.
    pose.bbox = Some(sides);
    sides[0] < sides[2] && sides[1] < sides[3]
}

impl Task for Poses {
    fn network(&self) -> &'static str {
        "a network of poses"
    }

    fn refusal(&self, error: &DecodeError) -> (String, String) {
        let text =
            format!("{error}. Set format, or unique-id if these tensors are another network's");
        (text, error.detail().unwrap_or_default())
    }

    /// Its properties stay while it runs.
    fn update(&mut self) {}

    fn read<'g>(
        &mut self,
        meta: &TensorMeta<'_>,
        unit: &Unit<'g>,
        context: &mut Context<'_>,
    ) -> Result<usize, Refusal> {
        let size = unit.size.ok_or_else(|| {
            let text = "the size of the frame is not known: no surface, no pipeline size in the frame meta and no size \
                        in the caps";
            Refusal::Data(WarningKind::NoFrameSize, text.to_owned())
        })?;
        let foreign = |e: nvds::Error| Refusal::Data(WarningKind::ForeignMeta, e.to_string());
        let geometry = geometry(meta, size, unit.part(), None)
            .map_err(|error| Refusal::Data(WarningKind::Geometry, error.to_string()))?;
        self.poses(meta)?;
        if let Some((numbers, all)) = self.non_finite {
            context.warn(WarningKind::NonFinite, || overflow(numbers, all));
        }
        let unique_id = i32::try_from(meta.unique_id()).unwrap_or(i32::MAX);
        let in_masks = self.wanted.in_masks.then_some(&geometry);
        let (poses, attaching) = (self.poses.as_mut_slice(), &mut self.attaching);
        if let (Some(object), [pose]) = (&unit.object, &mut *poses)
            && pose.bbox.is_none()
        {
            pose.move_to_frame(&geometry);
            let attached = attaching.points(pose, unit, object, in_masks);
            attached.map_err(foreign)?;
            self.counts[0] += 1;
            return Ok(1);
        }
        let (mut made, mut below) = (0, 0);
        for pose in poses {
            // Not so of NaN.
            let is_sure = pose.score >= self.wanted.threshold;
            if !is_sure {
                below += 1;
                continue;
            }
            pose.move_to_frame(&geometry);
            if !cut(pose, &geometry) {
                continue;
            }
            let named = (unique_id, self.wanted.label.as_str());
            let attached = attaching.object(pose, unit, named, in_masks);
            attached.map_err(foreign)?;
            gst::trace!(
                context.category,
                obj = context.element,
                "{unit}: a pose of {}",
                pose.score
            );
            made += 1;
        }
        self.counts[0] += made as u64;
        self.counts[1] += below;
        Ok(made)
    }

    fn add_counts(&mut self, totals: &mut [u64]) {
        for (total, count) in totals.iter_mut().zip(std::mem::take(&mut self.counts)) {
            *total += count;
        }
    }
}
