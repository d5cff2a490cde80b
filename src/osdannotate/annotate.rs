//! The work on one buffer.

use std::sync::Arc;
use std::time::Instant;

use nvds::{Batch, DisplayWriter, Frame, FrameSizes, Locked};

use super::canvas::{Canvas, MAX_SHAPES};
use super::downstream::Osd;
use super::fps::Meter;
use super::objects::{Found, Restyler};
use super::redact::Cover;
use super::scene::{FrameInfo, Scene};
use super::settings::Ready;
use super::style::{Resolver, Subject};
use super::template::Values;
use super::texts;
use crate::element::Running;

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
}

/// What is kept from start to stop.
#[derive(Debug, Default)]
pub struct State {
    pub run: Running,
    /// As it was when the style was set.
    pub osd: Osd,
    meter: Meter,
    /// What the resolver was made of.
    ready: Option<Arc<Ready>>,
    resolver: Resolver,
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
    pub fn new(run: Running) -> Self {
        Self {
            run,
            ..Self::default()
        }
    }

    /// Takes over a style. Returns whether it is another than before.
    pub fn set_ready(&mut self, ready: &Arc<Ready>) -> bool {
        let before = self.ready.as_ref();
        if before.is_some_and(|before| Arc::ptr_eq(before, ready)) {
            return false;
        }
        self.resolver = Resolver::new(&ready.style.sections);
        self.scene
            .set_style(before.map(|before| &before.style), &ready.style);
        self.ready = Some(ready.clone());
        true
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
        let now = Instant::now();
        let mut found = Found::default();
        let locked = batch.lock();
        for frame in locked.frames() {
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
            self.scene.begin(&ready.style, &info);
            let objects = self.objects(&locked, frame, size, ready, &mut canvas, &mut found);
            let cover = self.scene.end(&ready.style, &mut canvas);
            let values = Values {
                frame: frame.frame_num(),
                objects,
                counts: &self.counts,
                source: info.source,
                pts: info.pts,
                fps: self.meter.frame(info.source, now),
                marks: self.scene.counts(),
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
        if self.osd.whole_batches && locked.frames().nth(1).is_some() {
            found.batch_at_osd = true;
        }
        found.covers_not_drawn = ready.style.redacts && self.osd.no_boxes;
        self.warn(found);
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
        let labels = &ready.names.labels;
        self.counts.clear();
        self.counts.resize(labels.len(), 0);
        let mut objects = 0;
        let source = frame.source_id();
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
            let label = object.label_bytes();
            if let Some(at) = labels.iter().position(|l| l.as_bytes() == label) {
                self.counts[at] += 1;
            }
            let (class, gie) = (object.class_id(), object.unique_component_id());
            let style = self.resolver.resolve(class, label, source, gie);
            let style = self.resolver.style(style);
            let look = restyler.restyle(&object, style);
            let subject = Subject {
                style,
                class_id: class,
                label,
                track: object.track_id(),
                rect: object.rect(),
                rotation: object.rect_params().rotation,
                visible: look.visible,
                border_color: look.border_color,
                border_width: look.border_width,
                shape_color: look.shape_color,
            };
            self.scene.object(&ready.style, &subject, canvas);
        }
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
        if found.batch_at_osd {
            self.run.warn(WarningKind::BatchAtOsd as u32, || {
                "batches of several frames go to nvdsosd, which draws the annotations of all of \
                 them on the first: put nvmultistreamtiler or nvstreamdemux between"
                    .into()
            });
        }
        if found.covers_not_drawn {
            self.run.warn(WarningKind::CoversNotDrawn as u32, || {
                "what is to be redacted is seen: nvdsosd draws no boxes; set its property \
                 display-bbox to true"
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
