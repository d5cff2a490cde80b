//! The work on one buffer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use nvds::{Batch, Color, DisplayWriter, Frame, FrameSizes, Locked};

use super::canvas::{Canvas, MAX_SHAPES};
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
use crate::element::{Met, Running};
use crate::expected::FRAMES;
use crate::whole_box::uncut;

/// Objects that nvdsosd draws in one go. Of what comes after, the order is another.
const OSD_PORTION: u32 = 1024;

/// What a warning is about.
#[derive(Debug, Clone, Copy)]
pub enum WarningKind {
    WideBorder,
    NotDrawable,
    ManyObjects,
    BatchAtOsd,
    ManyShapes,
    Exposed,
    CoversNotDrawn,
    ForeignMeta,
    NobodyDraws,
    BehindOsd,
    BeforeDetector,
    OtherCase,
    NamesUnmet,
    NoTrackIds,
    OutsideFrame,
    CoveredWhole,
    UntypedResults,
}

/// Names of the kinds in the property `stats`, in the same order.
pub const WARNINGS: [&str; 17] = [
    "wide-border",
    "not-drawable",
    "many-objects",
    "batch-at-osd",
    "many-shapes",
    "exposed",
    "covers-not-drawn",
    "foreign-meta",
    "nobody-draws",
    "behind-osd",
    "before-detector",
    "other-case",
    "names-unmet",
    "no-track-ids",
    "outside-frame",
    "covered-whole",
    "untyped-results",
];
const _: () = assert!(WARNINGS.len() == WarningKind::UntypedResults as usize + 1);

/// Totals since the element started. They can be read while a buffer is in work.
#[derive(Debug, Default)]
pub struct Totals {
    buffers: AtomicU64,
    frames: AtomicU64,
    objects: AtomicU64,
}

impl Totals {
    /// Starts from zero.
    pub fn reset(&self) {
        for count in [&self.buffers, &self.frames, &self.objects] {
            count.store(0, Ordering::Relaxed);
        }
    }

    /// Adds what a buffer had.
    pub fn add(&self, frames: u64, objects: u64) {
        self.buffers.fetch_add(1, Ordering::Relaxed);
        self.frames.fetch_add(frames, Ordering::Relaxed);
        self.objects.fetch_add(objects, Ordering::Relaxed);
    }

    /// As the property `stats` gives them.
    pub fn to_structure(&self, met: &Met) -> gst::Structure {
        gst::Structure::builder("rsosdannotate-stats")
            .field("buffers", self.buffers.load(Ordering::Relaxed))
            .field("frames", self.frames.load(Ordering::Relaxed))
            .field("objects", self.objects.load(Ordering::Relaxed))
            .field("warnings", met.to_structure(&WARNINGS))
            .build()
    }
}

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
                self.run.warn(WarningKind::Exposed as u32, || {
                    format!(
                        "what is to be redacted may be seen: inference has not looked at this frame \
                         of source {} (bInferDone), nor at one of the {} before it; with \
                         redact-when-unknown = \"frame\" the whole frame would be covered",
                        info.source, ready.style.redaction.hold
                    )
                });
            }
            if objects > OSD_PORTION {
                self.run.warn(WarningKind::ManyObjects as u32, || {
                    format!(
                        "a frame has {objects} objects: nvdsosd draws {OSD_PORTION} at a time, so \
                         that later boxes lie above the texts of earlier ones"
                    )
                });
            }
        }
        found.batch_at_osd = self.neighbours.whole_batches && frames > 1;
        self.totals.add(frames, all_objects);
        self.warn(found);
        self.warn_of_neighbours(ready.style.redacts);
        self.warn_of_names();
        Ok(())
    }

    /// Keeps count of what may show that the element stands at the wrong place.
    fn note_objects(&mut self, frame: &Frame<'_>, objects: u32) {
        if objects > 0 {
            self.any_objects = true;
            self.kinds.expected.frame();
            return;
        }
        if self.any_objects {
            return;
        }
        self.empty = self.empty.saturating_add(1);
        let has_tensors = frame.tensors().next().is_some();
        if has_tensors && !frame.infer_done() {
            self.unparsed = self.unparsed.saturating_add(1);
        }
        if has_tensors && let Some(parser) = &self.neighbours.parser_behind {
            self.run.warn(WarningKind::BeforeDetector as u32, || {
                format!(
                    "there is no object, and the tensors of a frame are parsed behind this element, by {parser}: put \
                     {parser} before it"
                )
            });
        }
    }

    /// The stream ends, or the element stops: what did not come will not come any more.
    pub fn end(&mut self) {
        self.warn_of_missing(true);
    }

    /// What is still missing when it should have come.
    fn warn_of_names(&mut self) {
        if let Some(told) = self.kinds.expected.other_case() {
            self.run
                .warn(WarningKind::OtherCase as u32, || told.clone());
        }
        self.warn_of_missing(false);
    }

    fn warn_of_missing(&mut self, ended: bool) {
        let expected = &self.kinds.expected;
        if ended || expected.is_due() {
            if let Some(told) = expected.unmet() {
                self.run
                    .warn(WarningKind::NamesUnmet as u32, || told.clone());
            }
            if let Some(told) = expected.no_track_ids("rsosdannotate") {
                self.run
                    .warn(WarningKind::NoTrackIds as u32, || told.clone());
            }
        }
        if self.any_objects {
            return;
        }
        let due = |frames: u32| frames == FRAMES || ended && frames > 0;
        if due(self.empty)
            && let Some(detector) = &self.neighbours.detector_behind
        {
            self.run.warn(WarningKind::BeforeDetector as u32, || {
                format!(
                    "there was no object, and what finds objects is behind this element, {detector}: put {detector} \
                     before it"
                )
            });
        } else if due(self.unparsed) {
            self.run.warn(WarningKind::BeforeDetector as u32, || {
                "there was no object, and the frames have tensors that nobody parsed: put rsssdparser, or what else \
                 parses them, before this element"
                    .into()
            });
        }
    }

    fn warn_of_neighbours(&mut self, redacts: bool) {
        let around = &self.neighbours;
        if redacts && around.no_boxes {
            self.run.warn(WarningKind::CoversNotDrawn as u32, || {
                "what is to be redacted is seen: nvdsosd draws no boxes; set its property \
                 display-bbox to true"
                    .into()
            });
        }
        if around.nobody_draws && around.osd_before {
            let seen = if redacts {
                "what is to be redacted is seen: "
            } else {
                ""
            };
            self.run.warn(WarningKind::BehindOsd as u32, || {
                format!(
                    "{seen}nvdsosd has drawn before this element says what to draw: put rsosdannotate before nvdsosd"
                )
            });
        } else if redacts && around.nobody_draws {
            self.run.warn(WarningKind::NobodyDraws as u32, || {
                "what is to be redacted is seen: no nvdsosd behind this element draws the covers; put one behind it"
                    .into()
            });
        }
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
                let of_limb = |limb| match style.shapes.limb_colors {
                    true => Color {
                        alpha: color.alpha,
                        ..ready.style.palette.color(limb)
                    },
                    false => color,
                };
                let lines = (style.shapes.skeleton, style.shapes.width);
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

    fn warn(&mut self, found: Found) {
        if found.wide_border {
            self.run.warn(WarningKind::WideBorder as u32, || {
                "an object came with a border of more than 32 pixels, with which nvdsosd would end \
                 the pipeline: it is drawn with 32"
                    .into()
            });
        }
        if found.left_out > 0 {
            self.run.warn(WarningKind::ManyShapes as u32, || {
                format!(
                    "a frame has more than {MAX_SHAPES} lines, circles, bars of corners or texts, which is what \
                     nvdsosd draws at a time: {} were left out",
                    found.left_out
                )
            });
        }
        if found.no_eyes {
            self.run.warn(WarningKind::CoveredWhole as u32, || {
                "an object with redact-area = \"eyes\" or \"face\" has no key points of a face (5 or 6) or a person \
                 (17), and is covered whole: put a parser that attaches them before this element, such as rsfaceparser"
                    .into()
            });
        }
        if found.untyped {
            self.run.warn(WarningKind::UntypedResults as u32, || {
                "a label asks for classifiers of a type, as {class:plate} does, and those of an object have none: \
                 NVIDIA's library loses it when metadata is copied, as nvvideoconvert does to convert and \
                 nvstreamdemux does; put rsosdannotate before them, or write {attr:GIE} with the classifier's unique-id"
                    .into()
            });
        }
        if found.batch_at_osd {
            self.run.warn(WarningKind::BatchAtOsd as u32, || {
                "batches of several frames go to nvdsosd, which draws the annotations of all of \
                 them on the first: put nvmultistreamtiler or nvstreamdemux between"
                    .into()
            });
        }
        if found.not_drawable {
            self.run.warn(WarningKind::NotDrawable as u32, || {
                "a text has letters that nvdsosd cannot draw, such as emoji: \u{fffd} stands in \
                 their place"
                    .into()
            });
        }
    }
}
