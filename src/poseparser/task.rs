//! From the tensors of one frame or object to key points.

use nvds::{Color, FontName, KeyPoint, NewObject, NewText, Rect, RectStyle, TensorMeta};
use nvds_decode::poses::{self, Format, Pose};
use nvds_decode::{DecodeError, Geometry, Size};

use crate::parser::{Context, Refusal, Task, Unit, WarningKind};
use crate::tensors::{Layers, Views, geometry};

/// How far above its box an object's text stands, in pixels.
const TEXT_RISE: f32 = 10.0;
const TEXT_SIZE: u32 = 10;
/// The confidence from which on a point belongs to the box that is made of the points.
const SEEN: f32 = 0.3;

/// Reads poses, and attaches their points.
pub struct Poses {
    format: Option<Format>,
    threshold: f32,
    label: String,
    layers: Layers,
    /// In the order of the counters.
    counts: [u64; 2],
}

impl Poses {
    pub fn new(format: Option<Format>, threshold: f32, label: String) -> Self {
        Self {
            format,
            threshold,
            label,
            layers: Layers::default(),
            counts: [0; 2],
        }
    }

    /// The poses in the tensors, best first.
    fn poses(&mut self, meta: &TensorMeta<'_>) -> Result<Vec<Pose>, Refusal> {
        let bad_tensor =
            |e: nvds::TensorError| Refusal::Data(WarningKind::BadTensor, e.to_string());
        let mut views = Views::new();
        let unreadable = self.layers.read(meta, &mut views).map_err(bad_tensor)?;
        let network = meta.network();
        let network = Size::new(network.width, network.height);
        match poses::read(&views, network, self.format, 0.0) {
            Ok((_, mut poses)) => {
                poses.sort_by(|a, b| b.score.total_cmp(&a.score));
                Ok(poses)
            }
            // A layer that is there but cannot be read is the better explanation.
            Err(error) => Err(unreadable.map_or(Refusal::Layout(error), bad_tensor)),
        }
    }

    /// Makes an object of a pose.
    fn object(&self, pose: &Pose, unit: &Unit<'_>, unique_id: i32) -> Result<(), nvds::Error> {
        let (rect, points) = (rect(pose), points(pose));
        let object = NewObject {
            unique_component_id: unique_id,
            class_id: 0,
            confidence: pose.score,
            rect,
            style: RectStyle::default(),
            label: &self.label,
            text: Some(NewText {
                text: &self.label,
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
        unit.locked.add_key_points(&added, &points)
    }
}

fn points(pose: &Pose) -> Vec<KeyPoint> {
    let points = pose.points.iter();
    points
        .map(|point| KeyPoint {
            x: point.x,
            y: point.y,
            confidence: point.confidence,
        })
        .collect()
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

/// Cuts a box to the frame; `None` if nothing of it is inside.
fn cut(pose: Pose, geometry: &Geometry) -> Option<Pose> {
    let own = rect(&pose);
    let frame = geometry.frame();
    let (width, height) = (frame.width as f32, frame.height as f32);
    let sides = [
        own.left.clamp(0.0, width),
        own.top.clamp(0.0, height),
        (own.left + own.width).clamp(0.0, width),
        (own.top + own.height).clamp(0.0, height),
    ];
    // Not so of NaN.
    let inside = sides[0] < sides[2] && sides[1] < sides[3];
    inside.then_some(Pose {
        bbox: Some(sides),
        ..pose
    })
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
        let object = unit.object.map(|object| object.rect());
        let geometry = geometry(meta, size, object, None)
            .map_err(|error| Refusal::Data(WarningKind::Geometry, error.to_string()))?;
        let mut poses = self.poses(meta)?;
        let unique_id = i32::try_from(meta.unique_id()).unwrap_or(i32::MAX);
        if let (Some(object), [pose]) = (&unit.object, &poses[..])
            && pose.bbox.is_none()
        {
            let points = points(&pose.in_frame(&geometry));
            unit.locked
                .add_key_points(object, &points)
                .map_err(foreign)?;
            self.counts[0] += 1;
            return Ok(1);
        }
        let before = poses.len();
        poses.retain(|pose| pose.score >= self.threshold);
        let mut made = 0;
        for pose in &poses {
            let Some(pose) = cut(pose.in_frame(&geometry), &geometry) else {
                continue;
            };
            self.object(&pose, unit, unique_id).map_err(foreign)?;
            gst::trace!(
                context.category,
                obj = context.element,
                "{unit}: a pose of {}",
                pose.score
            );
            made += 1;
        }
        self.counts[0] += made as u64;
        self.counts[1] += (before - poses.len()) as u64;
        Ok(made)
    }

    fn add_counts(&mut self, totals: &mut [u64]) {
        for (total, count) in totals.iter_mut().zip(std::mem::take(&mut self.counts)) {
            *total += count;
        }
    }
}
