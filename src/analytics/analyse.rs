//! The analysis of one buffer: objects to the engine, results to metas and messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nvds::{AnalyticsObject, Batch, Frame, FrameSizes, Locked};
use nvds_analytics::{Engine, Object};

use super::beside;
use super::kinds::Kinds;
use super::message::{self, Messages};
use super::misplaced;
use super::room;
use super::rules::Config;
use super::scratch::{Scratch, Who};
use crate::element::{Met, Running};
use crate::expected::Expected;
use crate::whole_box::uncut;

/// What a warning is about.
#[derive(Debug, Clone, Copy)]
pub enum WarningKind {
    ForeignMeta,
    OtherCase,
    NamesUnmet,
    NoTrackIds,
    OutsideFrame,
    NothingToDo,
    NoTimes,
    SameName,
    TooManySources,
    TooManyTracks,
    WideHysteresis,
}

/// Names of the kinds in the property `stats`, in the same order.
pub const WARNINGS: [&str; 11] = [
    "foreign-meta",
    "other-case",
    "names-unmet",
    "no-track-ids",
    "outside-frame",
    "nothing-to-do",
    "no-times",
    "same-name",
    "too-many-sources",
    "too-many-tracks",
    "wide-hysteresis",
];
const _: () = assert!(WARNINGS.len() == WarningKind::WideHysteresis as usize + 1);

/// Frames without PTS after which a warning says so.
const TIMELESS: u32 = 10;

/// Totals since the element started. They can be read while a buffer is in work.
#[derive(Debug, Default)]
pub struct Totals {
    buffers: AtomicU64,
    frames: AtomicU64,
    objects: AtomicU64,
    events: AtomicU64,
    tracks: AtomicU64,
}

impl Totals {
    fn add(count: &AtomicU64, by: u64) {
        count.fetch_add(by, Ordering::Relaxed);
    }

    /// Starts from zero.
    pub fn reset(&self) {
        let all = [
            &self.buffers,
            &self.frames,
            &self.objects,
            &self.events,
            &self.tracks,
        ];
        all.iter()
            .for_each(|count| count.store(0, Ordering::Relaxed));
    }

    /// As the property `stats` gives them.
    pub fn to_structure(&self, met: &Met) -> gst::Structure {
        let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
        gst::Structure::builder("rsanalytics-stats")
            .field("buffers", get(&self.buffers))
            .field("frames", get(&self.frames))
            .field("objects", get(&self.objects))
            .field("events", get(&self.events))
            .field("tracks", get(&self.tracks))
            .field("warnings", met.to_structure(&WARNINGS))
            .build()
    }
}

/// What is posted and attached, as the properties say.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub messages: Messages,
    /// Interval of summaries in nanoseconds of stream time.
    pub interval: u64,
    /// Whether objects get metas, too.
    pub objects: bool,
}

/// What is kept from start to stop.
#[derive(Debug, Default)]
pub struct State {
    pub run: Running,
    who: Who,
    totals: Arc<Totals>,
    config: Option<Arc<Config>>,
    engine: Engine,
    kinds: Kinds,
    expected: Expected,
    scratch: Scratch,
    timeless: u32,
    /// What the engine forgot for want of room when that was told last: sources and tracks.
    displaced: (u64, u64),
    /// Whether all was told that the end brings.
    is_over: bool,
    /// Messages to be posted when no lock is held.
    pub posts: Vec<gst::Structure>,
}

impl AsMut<Running> for State {
    fn as_mut(&mut self) -> &mut Running {
        &mut self.run
    }
}

impl State {
    /// At the start of the element.
    pub fn new(run: Running, who: Who, totals: &Arc<Totals>) -> Self {
        totals.reset();
        Self {
            run,
            who,
            totals: Arc::clone(totals),
            ..Self::default()
        }
    }

    /// Uses a configuration from now on.
    pub fn set_config(&mut self, config: &Arc<Config>) {
        let before = self.config.as_ref();
        if before.is_some_and(|before| Arc::ptr_eq(before, config)) {
            return;
        }
        self.kinds.set_filters(&config.filters);
        self.scratch.set_rules(&config.rules);
        self.engine.set_rules(config.rules.clone());
        self.expected = config.expected();
        self.kinds.tell(&mut self.expected);
        if !config.rules.needs_tracks() && config.rules.heat_map.is_none() {
            self.run.warn(WarningKind::NothingToDo as u32, || {
                "there is nothing to look for: set config, config-file or style-file; docs/rsanalytics.md".into()
            });
        }
        self.config = Some(config.clone());
    }

    /// Analyses all frames of a batch, with the configuration that was set last.
    pub fn analyse(&mut self, batch: &Batch<'_>, sizes: &FrameSizes<'_>, wanted: &Wanted) {
        let locked = batch.lock();
        let (mut frames, mut objects) = (0, 0);
        for frame in locked.frames() {
            frames += 1;
            let size = sizes.of(&frame);
            let pts = Some(frame.buf_pts()).filter(|pts| *pts != u64::MAX);
            self.note_time(pts);
            self.engine.begin(nvds_analytics::Frame {
                source: frame.source_id(),
                number: frame.frame_num(),
                pts,
                size,
                inferred: frame.infer_done(),
            });
            self.expected.source(frame.source_id());
            self.warn_of_places(size);
            self.scratch.begin(&self.engine);
            let before = objects;
            objects += self.objects(&locked, frame, size, wanted);
            self.engine.end();
            if objects > before {
                self.expected.frame();
            }
            let analytics = self.scratch.frame(&self.engine, &self.kinds, &self.who);
            if let Some(shared) = beside::same_name(&frame, &analytics) {
                self.run
                    .warn(WarningKind::SameName as u32, || shared.told());
            }
            let attached = locked.add_analytics_to_frame(&frame, &analytics);
            self.warn_of_foreign(attached);
            self.tell(wanted);
        }
        Totals::add(&self.totals.buffers, 1);
        Totals::add(&self.totals.frames, frames);
        Totals::add(&self.totals.objects, objects);
        let tracks = self
            .engine
            .sources()
            .iter()
            .map(|source| source.tracks)
            .sum();
        self.totals.tracks.store(tracks, Ordering::Relaxed);
        self.warn_of_names(false);
        self.warn_of_displaced();
        self.is_over = false;
    }

    /// Hands the objects of a frame to the engine. Returns their number.
    fn objects(
        &mut self,
        locked: &Locked<'_>,
        frame: Frame<'_>,
        size: Option<(u32, u32)>,
        wanted: &Wanted,
    ) -> u64 {
        let mut objects = 0;
        let (mut with_id, mut without_id) = (false, false);
        let mut attached = Ok(());
        for object in frame.objects() {
            objects += 1;
            let label = object.label_bytes();
            let (kind, fits) = self.kinds.of(object.class_id(), label, &mut self.expected);
            let rect = object.rect();
            let whole = match size {
                Some(size) => uncut(
                    &rect,
                    || [object.detector_rect(), object.tracker_rect()],
                    size,
                ),
                None => rect,
            };
            let track = object.track_id();
            with_id |= track.is_some();
            without_id |= track.is_none();
            let found = self.engine.object(&Object {
                track,
                rect: [whole.left, whole.top, whole.width, whole.height],
                kind,
                fits,
            });
            let tells = !found.marks.is_empty() || found.speed.is_some();
            if wanted.objects && tells {
                let velocity = found.velocity.map(|by| (by.x, by.y));
                let analytics = AnalyticsObject {
                    run: self.who.run,
                    marks: self.scratch.marks(&found.marks),
                    speed: found.speed,
                    velocity,
                };
                attached = attached.and(locked.add_analytics_to_object(&object, &analytics));
            }
        }
        if self.engine.rules().needs_tracks() {
            self.expected.track_ids(with_id, without_id);
        }
        self.warn_of_foreign(attached);
        objects
    }

    /// Makes messages of the events of a frame.
    fn tell(&mut self, wanted: &Wanted) {
        let events = self.engine.events();
        Totals::add(&self.totals.events, events.len() as u64);
        if wanted.messages.events() {
            let events = events.iter();
            let told = events.map(|event| message::event(&self.engine, &self.kinds, event));
            self.posts.extend(told);
        }
        self.engine.clear_events();
        if self.engine.summary_is_due(wanted.interval)
            && wanted.messages.summary()
            && let Some(source) = self.engine.counts()
        {
            let told = message::summary(&self.engine, &self.kinds, source);
            self.posts.push(told);
        }
    }

    /// Makes summary messages of a source, or of all sources at the end of the stream.
    fn sum_up(&mut self, id: Option<u32>, wanted: &Wanted) {
        if !wanted.messages.summary() {
            return;
        }
        let sources = self.engine.sources().iter();
        let sources = sources.filter(|source| id.is_none_or(|id| id == source.id));
        let told = sources.map(|source| message::summary(&self.engine, &self.kinds, source));
        self.posts.extend(told);
    }

    fn tell_events(&mut self, wanted: &Wanted) {
        let messages = match wanted.messages.events() {
            true => Messages::Events,
            false => Messages::None,
        };
        self.tell(&Wanted {
            messages,
            interval: u64::MAX,
            ..*wanted
        });
    }

    /// A source ended: its tracks have left.
    pub fn forget_source(&mut self, id: u32, wanted: &Wanted) {
        self.engine.finish_source(id);
        self.tell_events(wanted);
        self.sum_up(Some(id), wanted);
        self.engine.forget_source(id);
    }

    /// Frames were dropped, as by a seek: tracks do not go on behind it.
    pub fn flush(&mut self, wanted: &Wanted) {
        self.engine.finish();
        self.tell_events(wanted);
    }

    /// The stream ends, or the element stops: all tracks have left, and what did not come will not come any more.
    pub fn end(&mut self, wanted: &Wanted) {
        // The end of the stream is followed by the element's.
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.engine.finish();
        self.tell_events(wanted);
        self.sum_up(None, wanted);
        self.warn_of_names(true);
    }

    /// Warns of frames without PTS, whose times cannot be measured.
    fn note_time(&mut self, pts: Option<u64>) {
        self.timeless = match pts {
            Some(_) => 0,
            None => self.timeless.saturating_add(1),
        };
        if self.timeless == TIMELESS {
            self.run.warn(WarningKind::NoTimes as u32, || {
                "frames have no PTS: nothing is timed, and tracks are never forgotten".into()
            });
        }
    }

    /// Warns of sources and tracks that others took the place of.
    fn warn_of_displaced(&mut self) {
        let before = std::mem::replace(&mut self.displaced, self.engine.displaced());
        for (kind, text) in room::told(before, self.displaced) {
            self.run.warn(kind as u32, || text.clone());
        }
    }

    /// Warns of rules of which nothing can come in a frame of this size.
    fn warn_of_places(&mut self, size: Option<(u32, u32)>) {
        let (engine, Some(size)) = (&self.engine, size) else {
            return;
        };
        if misplaced::is_any_outside(engine) {
            self.run.warn(WarningKind::OutsideFrame as u32, || {
                misplaced::outside(engine, size)
            });
        }
        if misplaced::is_wide(engine, size) {
            self.run.warn(WarningKind::WideHysteresis as u32, || {
                misplaced::wide(engine, size)
            });
        }
    }

    fn warn_of_foreign(&mut self, attached: Result<(), nvds::Error>) {
        if let Err(error) = attached {
            self.run.warn(WarningKind::ForeignMeta as u32, || {
                format!("results are not attached to a frame: {error}")
            });
        }
    }

    /// Warns of classes and track ids that rules need and that have not come.
    fn warn_of_names(&mut self, ended: bool) {
        if let Some(told) = self.expected.other_case() {
            self.run
                .warn(WarningKind::OtherCase as u32, || told.clone());
        }
        if !ended && !self.expected.is_due() {
            return;
        }
        if let Some(told) = self.expected.unmet() {
            self.run
                .warn(WarningKind::NamesUnmet as u32, || told.clone());
        }
        if let Some(told) = self.expected.no_track_ids("rsanalytics") {
            self.run
                .warn(WarningKind::NoTrackIds as u32, || told.clone());
        }
    }
}
