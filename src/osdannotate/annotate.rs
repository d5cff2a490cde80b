//! The work on one buffer.

use std::sync::Arc;
use std::time::Instant;

use nvds::{Batch, Frame, FrameSizes, Locked};

use super::fps::Meter;
use super::objects::{Found, Restyler};
use super::settings::Ready;
use super::style::{Counts, Resolver};
use super::template::Values;
use super::texts;
use crate::element::Running;

/// Objects that nvdsosd draws in one go. Of what comes after, the order is another.
const OSD_PORTION: u32 = 1024;

/// What a warning is about.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    WideBorder,
    NotDrawable,
    ManyObjects,
    BatchAtOsd,
}

/// What is kept from start to stop.
#[derive(Debug, Default)]
pub struct State {
    pub run: Running,
    pub looked_downstream: bool,
    meter: Meter,
    /// What the resolver was made of.
    ready: Option<Arc<Ready>>,
    resolver: Resolver,
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

    /// Annotates all frames of a batch. `told` gets each with its text.
    pub fn annotate(
        &mut self,
        batch: &mut Batch<'_>,
        sizes: &FrameSizes<'_>,
        ready: &Arc<Ready>,
        mut told: impl FnMut(&Frame<'_>, &Values<'_>, &str),
    ) {
        if !self
            .ready
            .as_ref()
            .is_some_and(|old| Arc::ptr_eq(old, ready))
        {
            self.resolver = Resolver::new(&ready.style.sections);
            self.ready = Some(ready.clone());
        }
        let now = Instant::now();
        let mut found = Found::default();
        let locked = batch.lock();
        for frame in locked.frames() {
            let size = sizes.of(&frame);
            let objects = self.objects(&locked, frame, size, ready, &mut found);
            let values = Values {
                frame: frame.frame_num(),
                objects,
                counts: &self.counts,
                source: frame.source_id(),
                pts: Some(frame.buf_pts()).filter(|pts| *pts != u64::MAX),
                fps: self.meter.frame(frame.source_id(), now),
                marks: Counts::default(),
            };
            let mut writer = locked.draw_on(&frame);
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
            if objects > OSD_PORTION {
                self.run.warn(Trouble::ManyObjects as u32, || {
                    format!(
                        "a frame has {objects} objects: nvdsosd draws {OSD_PORTION} at a time, so \
                         that later boxes lie above the texts of earlier ones"
                    )
                });
            }
        }
        self.warn(found);
    }

    /// Restyles and counts the objects of a frame. Returns their number.
    fn objects(
        &mut self,
        locked: &Locked<'_>,
        frame: Frame<'_>,
        size: Option<(u32, u32)>,
        ready: &Ready,
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
            restyler.restyle(&object, self.resolver.style(style));
        }
        objects
    }

    fn warn(&mut self, found: Found) {
        if found.wide_border {
            self.run.warn(Trouble::WideBorder as u32, || {
                "an object came with a border of more than 32 pixels, with which nvdsosd would end \
                 the pipeline: it is drawn with 32"
                    .into()
            });
        }
        if found.not_drawable {
            self.run.warn(Trouble::NotDrawable as u32, || {
                "a text has letters that nvdsosd cannot draw, such as emoji: \u{fffd} stands in \
                 their place"
                    .into()
            });
        }
    }
}
