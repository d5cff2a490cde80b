use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use nvds_decode::DecodeError;

use super::missing_tensors::WARNINGS;
use super::stats::{Stats, Timing, Totals};
use super::subclass::Kind;
use super::task::{Context, Task};
use super::walk::Walk;
use crate::element::{self, Met, Running, lock};

/// What is kept from start to stop.
#[derive(Default)]
struct State {
    run: Running,
    task: Option<Box<dyn Task>>,
    walk: Walk,
    /// Value of `changes` when the task last looked at the properties.
    seen: u32,
    /// Of the buffer in work.
    totals: Totals,
    timing: Timing,
}

impl AsMut<Running> for State {
    fn as_mut(&mut self) -> &mut Running {
        &mut self.run
    }
}

/// The abstract element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::TensorParser)]
pub struct TensorParser {
    #[property(name = "unique-id", nick = "Unique id", type = u32, get, set, default = 0,
        mutable_playing,
        blurb = "Parse only the tensors of the inference element with this unique-id (gie-unique-id \
                 in nvinfer's configuration); 0 = of all")]
    unique_id: AtomicU32,
    #[property(name = "stats-interval", nick = "Interval of statistics", type = u32, get, set,
        default = 0, mutable_playing,
        blurb = "Least time in milliseconds between notifications of stats, which gst-launch-1.0 -v \
                 prints; 0 = only at the end of the stream")]
    stats_interval: AtomicU32,
    #[property(name = "own-metadata", nick = "Own metadata", type = bool, get, set,
        mutable_playing,
        blurb = "Behind a tee, work on a copy of the metadata that the other branches do not see; \
                 pixels stay shared: docs/behind-a-tee.md")]
    own_metadata: AtomicBool,
    /// Set when the element is made.
    kind: OnceLock<Kind>,
    /// How often a property of the task was set.
    changes: AtomicU32,
    state: Mutex<State>,
    /// Apart from the state, which is locked while a buffer is in work.
    stats: Mutex<Stats>,
    met: Arc<Met>,
}

impl TensorParser {
    /// Says what the element is.
    pub fn set_kind(&self, kind: Kind) {
        // It is set once, when the element is made.
        let _ = self.kind.set(kind);
    }

    /// The element's debug category.
    pub fn category(&self) -> gst::DebugCategory {
        self.kind.get().map_or(*gst::CAT_RUST, |kind| kind.category)
    }

    /// Has the task look at the properties again before the next buffer. To be called after the change, so
    /// that whoever sees this sees that.
    pub fn note_change(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// What the property `stats` of an element is.
    pub fn stats(&self) -> gst::Structure {
        let counters = self.kind.get().map_or(&[][..], |kind| kind.counters);
        let mut stats = lock(&self.stats).to_structure(self.category().name(), counters);
        stats.set("warnings", self.met.to_structure(&WARNINGS));
        stats
    }

    /// Sets the properties that controllers control to what they are at the time of a buffer.
    fn follow_controllers(&self, buffer: &gst::BufferRef) {
        let obj = self.obj();
        if !obj.has_active_control_bindings() {
            return;
        }
        let segment = obj.segment();
        let time = segment
            .downcast_ref::<gst::ClockTime>()
            .zip(buffer.pts())
            .and_then(|(segment, pts)| segment.to_stream_time(pts));
        if let Some(time) = time
            && let Err(error) = obj.sync_values(time)
        {
            gst::log!(
                self.category(),
                imp = self,
                "no controlled value at {time}: {error}"
            );
        }
    }

    /// Has the task read all tensors on a buffer.
    fn process(&self, state: &mut State, buffer: &gst::BufferRef) -> Result<(), gst::ErrorMessage> {
        let State {
            run,
            task,
            walk,
            seen,
            totals,
            ..
        } = state;
        // An element that is started has one.
        let Some(task) = task.as_deref_mut() else {
            return Ok(());
        };
        let changes = self.changes.load(Ordering::Acquire);
        if *seen != changes {
            *seen = changes;
            task.update();
        }
        let Some(batch) = run.batch(buffer, " and is passed on as it is")? else {
            return Ok(());
        };
        let sizes = run.frame_sizes(buffer);
        let obj = self.obj();
        let mut context = Context {
            run,
            totals,
            unique_id: self.unique_id.load(Ordering::Relaxed),
            element: obj.upcast_ref(),
            category: self.category(),
        };
        walk.run(task, &batch.lock(), &sizes, &mut context)
            .map_err(|error| other_network(task, &error))
    }
}

/// The error of a stream without tensors of the network.
fn other_network(task: &dyn Task, error: &DecodeError) -> gst::ErrorMessage {
    let (text, debug) = task.refusal(error);
    gst::error_msg!(
        gst::StreamError::Format,
        ("The tensors are not those of {}: {text}", task.network()),
        ["{debug}"]
    )
}

#[glib::object_subclass]
impl ObjectSubclass for TensorParser {
    const NAME: &'static str = "GstRsTensorParser";
    const ABSTRACT: bool = true;
    type Type = super::TensorParser;
    type ParentType = gst_base::BaseTransform;
}

#[glib::derived_properties]
impl ObjectImpl for TensorParser {
    element::constructed_passing_through!();
}

impl GstObjectImpl for TensorParser {}

impl ElementImpl for TensorParser {
    element::video_pads!();

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        element::change_state(self, self.category(), transition)
    }
}

impl BaseTransformImpl for TensorParser {
    element::in_place!();

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let unusable = |error| gst::error_msg!(gst::LibraryError::Settings, ("{error}"));
        let Some(kind) = self.kind.get() else {
            return Err(unusable("an abstract element cannot start".to_owned()));
        };
        let seen = self.changes.load(Ordering::Acquire);
        let task = (kind.task)(&self.obj()).map_err(unusable)?;
        *lock(&self.state) = State {
            run: Running::new(&*self.obj(), kind.category).counting(&self.met),
            task: Some(task),
            seen,
            ..State::default()
        };
        *lock(&self.stats) = Stats::new(kind.counters.len());
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        let task = lock(&self.state).task.take();
        drop(task); // with no lock held
        Ok(())
    }

    element::set_caps!();

    fn before_transform(&self, buffer: &gst::BufferRef) {
        self.follow_controllers(buffer);
    }

    element::submit_with_own_metadata!();

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let mut tell = false;
        let mut messages = Vec::new();
        let category = self.category();
        let result =
            element::pass_changing(self, category, &self.state, buffer, |state, buffer| {
                let interval = self.stats_interval.load(Ordering::Relaxed);
                let interval = Duration::from_millis(interval.into());
                let start = state.timing.start(interval);
                let result = self.process(state, buffer);
                let totals = std::mem::take(&mut state.totals);
                let mut stats = lock(&self.stats);
                if let Some(task) = &mut state.task {
                    task.add_counts(stats.own());
                    task.add_coverage(stats.coverage());
                    messages = task.take_messages();
                }
                tell = stats.add(&totals, start, interval);
                result
            });
        for message in messages {
            let message = gst::message::Element::builder(message).src(&*self.obj());
            // Without a bus there is nobody to tell.
            let _ = self.obj().post_message(message.build());
        }
        if tell {
            self.obj().notify("stats");
        }
        result
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        if event.type_() == gst::EventType::Eos {
            let unique_id = self.unique_id.load(Ordering::Relaxed);
            let (error, warnings) = {
                let mut state = lock(&self.state);
                let State {
                    run, walk, task, ..
                } = &mut *state;
                let ended = walk.end(unique_id, run);
                let error = ended.err().zip(task.as_deref());
                let error = error.map(|(error, task)| other_network(task, &error));
                (error, run.take_warnings())
            };
            element::post(&*self.obj(), self.category(), warnings);
            if let Some(error) = error {
                self.post_error_message(error);
            }
            self.obj().notify("stats");
        }
        self.parent_sink_event(event)
    }
}
