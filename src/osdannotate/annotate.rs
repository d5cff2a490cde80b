//! The work on one buffer.

use std::sync::Arc;
use std::time::Instant;

use nvds::{Batch, Color, DisplayWriter, Frame, FrameSizes, Locked};

use super::canvas::Canvas;
use super::fps::Meter;
use super::kinds::Kinds;
use super::neighbours::Neighbours;
use super::objects::{Found, Restyler};
use super::redact::{Cover, has_eyes};
use super::scene::{FrameInfo, Scene};
use super::settings::Ready;
use super::shapes;
use super::skeleton::Skeleton;
use super::style::{PaletteBy, RedactArea, Subject};
use super::template::Values;
use super::texts;
use super::totals::Totals;
use crate::element::Running;
use crate::whole_box::uncut;

mod warnings;

pub use warnings::WARNINGS;
use warnings::{OSD_PORTION, WarningKind};

/// What is kept from start to stop.
#[derive(Debug, Default)]
pub struct State {
    pub run: Running,
    totals: Arc<Totals>,
    /// The elements around, as they were seen last.
    pub neighbours: Neighbours,
    meter: Meter,
    /// What the kinds were made of.
    ready: Option<Arc<Ready>>,
    kinds: Kinds,
    /// Frames without an object as long as there was none: all, and those with tensors that nobody parsed.
    empty: u32,
    unparsed: u32,
    any_objects: bool,
    /// What is remembered of the frames before.
    pub scene: Scene,
    // Scratch memory, kept from buffer to buffer.
    text: String,
    all: String,
    counts: Vec<u32>,
}

impl AsMut<Running> for State {
    fn as_mut(&mut self) -> &mut Running {
        &mut self.run
    }
}

impl State {
    /// At the start of the element.
    pub fn new(run: Running, totals: &Arc<Totals>) -> Self {
        totals.reset();
        Self {
            run,
            totals: Arc::clone(totals),
            ..Self::default()
        }
    }

    /// Takes over a style.
    pub fn set_ready(&mut self, ready: &Arc<Ready>) {
        let before = self.ready.as_ref();
        if before.is_some_and(|before| Arc::ptr_eq(before, ready)) {
            return;
        }
        self.kinds = Kinds::new(&ready.style, &ready.names);
        self.scene
            .set_style(before.map(|before| &before.style), &ready.style);
        self.ready = Some(ready.clone());
    }

    /// Annotates all frames of a batch, with the style that was set last. `told` gets each with its text.
    ///
    /// # Errors
    /// When nothing can be drawn on a frame although the style redacts.
    pub fn annotate(
        &mut self,
        batch: &Batch<'_>,
        sizes: &FrameSizes<'_>,
        ready: &Ready,
        mut told: impl FnMut(&Frame<'_>, &Values<'_>, &str),
    ) -> Result<(), nvds::Error> {
        // Only {fps} needs the clock.
        let now = ready.shows_fps.then(Instant::now);
        let mut found = Found::default();
        let plain = self.kinds.is_trivial() && !ready.style.redacts && self.scene.is_idle();
        let locked = batch.lock();
        let (mut frames, mut all_objects) = (0, 0);
        for frame in locked.frames() {
            frames += 1;
            let size = sizes.of(&frame);
            let info = FrameInfo {
                source: frame.source_id(),
                pts: Some(frame.buf_pts()).filter(|pts| *pts != u64::MAX),
                size,
                inferred: frame.infer_done(),
            };
            let mut writer = match locked.draw_on(&frame) {
                Ok(writer) => writer,
                Err(error) if ready.style.redacts => return Err(error),
                Err(error) => {
                    self.run.warn(WarningKind::ForeignMeta as u32, || {
                        format!("a frame is not annotated: {error}")
                    });
                    continue;
                }
            };
            let mut canvas = Canvas::new(&mut writer, size);
            if !plain {
                self.scene.begin(&ready.style, &info);
                if let Some(told) = self.scene.beside(&ready.style) {
                    self.run
                        .warn(WarningKind::OutsideFrame as u32, || told.clone());
                }
            }
            let objects = self.objects(&locked, frame, size, ready, &mut canvas, &mut found);
            all_objects += u64::from(objects);
            let cover = match plain {
                true => None,
                false => self.scene.end(&ready.style, &mut canvas),
            };
            let values = Values {
                frame: frame.frame_num(),
                objects,
                counts: &self.counts,
                source: info.source,
                pts: info.pts,
                fps: now.and_then(|now| self.meter.frame(info.source, now)),
                marks: self.scene.counts(),
                analytics: match ready.shows_analytics {
                    true => Some(frame),
                    false => None,
                },
            };
            found.not_drawable |=
                (self.scene).marks(&ready.style, &values, &mut self.text, &mut canvas);
            found.left_out += canvas.left_out();
            self.all.clear();
            found.not_drawable |= texts::write(
                &ready.texts,
                &values,
                size,
                &mut writer,
                &mut self.text,
                &mut self.all,
            );
            told(&frame, &values, &self.all);
            self.note_objects(&frame, objects);
            if cover == Some(Cover::Exposed) {
                self.warn_of_exposed(info.source, ready.style.redaction.hold);
            }
            if objects > OSD_PORTION {
                self.warn_of_many(objects);
            }
        }
        found.batch_at_osd = self.neighbours.whole_batches && frames > 1;
        self.totals.add(frames, all_objects);
        self.warn(found);
        self.warn_of_neighbours(ready.style.redacts);
        self.warn_of_names();
        Ok(())
    }

    /// Restyles and counts the objects of a frame. Returns their number.
    fn objects(
        &mut self,
        locked: &Locked<'_>,
        frame: Frame<'_>,
        size: Option<(u32, u32)>,
        ready: &Ready,
        canvas: &mut Canvas<'_, DisplayWriter<'_>>,
        found: &mut Found,
    ) -> u32 {
        self.counts.clear();
        self.counts.resize(ready.names.labels.len(), 0);
        let mut objects = 0;
        let (mut with_id, mut without_id) = (false, false);
        self.kinds.begin(frame.source_id());
        let trivial = self.kinds.is_trivial();
        let counts_in_places = !ready.style.zones.is_empty() || !ready.style.lines.is_empty();
        let turns_boxes = locked.turns_boxes();
        let mut restyler = Restyler {
            locked,
            frame,
            size,
            palette: &ready.style.palette,
            object_text: ready.object_text,
            text: &mut self.text,
            found,
        };
        for object in frame.objects() {
            objects += 1;
            let outline = (!turns_boxes).then(|| object.corners()).flatten();
            if trivial && outline.is_none() && object.is_drawable() {
                continue;
            }
            let (class, gie) = (object.class_id(), object.unique_component_id());
            let (kind, style) = self.kinds.of(class, gie, object.label_bytes());
            if let Some(count) = kind.count.and_then(|at| self.counts.get_mut(at)) {
                *count += 1;
            }
            let look = restyler.restyle(&object, style, outline.is_some());
            let rect = object.rect();
            let whole = match size {
                Some(size) if counts_in_places => uncut(
                    &rect,
                    || [object.detector_rect(), object.tracker_rect()],
                    size,
                ),
                _ => rect,
            };
            let part = style.redact.map(|redact| redact.area);
            let by_points = matches!(part, Some(RedactArea::Eyes | RedactArea::Face));
            let points = if by_points { object.key_points() } else { &[] };
            restyler.found.no_eyes |= by_points && frame.infer_done() && !has_eyes(points.len());
            let subject = Subject {
                points,
                mask: object.mask().filter(|_| part == Some(RedactArea::Mask)),
                style,
                counted: &kind.counted,
                track: object.track_id(),
                rect,
                whole,
                rotation: object.rotation(),
                outline,
                visible: look.visible,
                border_color: look.border_color,
                border_width: look.border_width,
                shape_color: look.shape_color,
            };
            let needs_id = self.scene.object(&ready.style, &subject, canvas);
            if style.shapes.skeleton != Skeleton::None
                && let Some(color) = look.shape_color
            {
                let skeleton = &style.shapes.skeleton;
                let of_limb = |limb| match style.shapes.limb_colors {
                    true => Color {
                        alpha: color.alpha,
                        ..(skeleton.color(limb)).unwrap_or_else(|| ready.style.palette.color(limb))
                    },
                    false => color,
                };
                let lines = (skeleton, style.shapes.width);
                shapes::skeleton(canvas, object.key_points(), lines, of_limb);
            }
            if style.shapes.key_points > 0
                && let Some(color) = look.shape_color
            {
                let radius = style.shapes.key_points;
                shapes::key_points(canvas, object.key_points(), radius, color);
            }
            if needs_id || style.palette == PaletteBy::Track {
                with_id |= subject.track.is_some();
                without_id |= subject.track.is_none();
            }
        }
        self.kinds.expected.track_ids(with_id, without_id);
        objects
    }
}
