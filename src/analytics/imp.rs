use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use glib::prelude::*;
use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::subclass::prelude::*;

use super::analyse::{State, Totals, Wanted};
use super::message::Messages;
use super::rules::Config;
use super::scratch::Who;
use super::settings::*;
use crate::element::{self, Met, lock};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsanalytics",
        gst::DebugColorFlags::empty(),
        Some("Zones, lines and movement of tracked objects"),
    )
});

/// Properties apart from the configuration: what is posted and attached.
#[derive(Debug, Clone, Copy)]
struct Told {
    messages: Messages,
    /// Milliseconds.
    summary_interval: u32,
    object_metas: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            messages: Messages::default(),
            summary_interval: DEFAULT_SUMMARY_INTERVAL,
            object_metas: true,
        }
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::Analytics)]
pub struct Analytics {
    #[property(name = "config-file", nick = "Configuration file", type = Option<String>,
        get = Self::config_file, set = Self::set_config_file, mutable_playing,
        blurb = "File of TOML that says what is looked for: docs/rsanalytics.md. It is read when the \
                 property is set and when the element starts; a bad file set while playing leaves \
                 the rules as they are, with a warning")]
    #[property(name = "config", nick = "Configuration", type = Option<String>, get = Self::config,
        set = Self::set_config, mutable_playing,
        blurb = "The same as text, put over what config-file says; ; ends a line, as in \
                 line.gate.a=['0%','50%']; line.gate.b=['100%','50%']")]
    #[property(name = "style-file", nick = "Style file", type = Option<String>,
        get = Self::style_file, set = Self::set_style_file, mutable_playing,
        blurb = "A style of rsosdannotate, of which zones, lines and trace-timeout are taken; \
                 config-file goes over it")]
    settings: Mutex<Properties>,
    /// What is made of the settings, from start to stop. The streaming thread takes this lock for each buffer and never
    /// the one above; who needs both takes that one first.
    ready: Mutex<Option<Arc<Config>>>,
    #[property(name = "messages", nick = "Messages", type = Messages, get, set, member = messages,
        mutable_playing,
        blurb = "Which element messages are posted: rsanalytics-event for each event, \
                 rsanalytics-summary of each source; docs/rsanalytics.md has their fields",
        builder(Messages::default()))]
    #[property(name = "summary-interval", nick = "Summary interval", type = u32, get, set,
        member = summary_interval, minimum = 1, maximum = 86_400_000,
        default = DEFAULT_SUMMARY_INTERVAL, mutable_playing,
        blurb = "Milliseconds of a source's frames, by PTS, from one summary to the next")]
    #[property(name = "object-metas", nick = "Object metas", type = bool, get, set,
        member = object_metas, default = true, mutable_playing,
        blurb = "Attach a user meta (RsNvdsAnalyticsObject of rsnvds.h) to objects of which there is \
                 something to tell; frames have one in any case")]
    told: Mutex<Told>,
    #[property(name = "own-metadata", nick = "Own metadata", type = bool, get, set,
        mutable_playing,
        blurb = "Behind a tee, work on a copy of the metadata that the other branches do not see; \
                 pixels stay shared: docs/behind-a-tee.md")]
    own_metadata: AtomicBool,
    state: Mutex<State>,
    // Apart from the state, which is locked while a buffer is in work.
    totals: Arc<Totals>,
    met: Arc<Met>,
}

impl Analytics {
    fn stats(&self) -> gst::Structure {
        self.totals.to_structure(&self.met)
    }

    fn config_file(&self) -> Option<String> {
        lock(&self.settings).path(Which::Config)
    }

    fn set_config_file(&self, path: Option<String>) {
        self.set_file(Which::Config, path);
    }

    fn style_file(&self) -> Option<String> {
        lock(&self.settings).path(Which::Style)
    }

    fn set_style_file(&self, path: Option<String>) {
        self.set_file(Which::Style, path);
    }

    fn set_file(&self, which: Which, path: Option<String>) {
        let path = path.filter(|path| !path.is_empty());
        let turn = lock(&self.settings).next_turn(which);
        let mut file = None;
        loop {
            {
                let mut settings = lock(&self.settings);
                let changed = settings.set_file(which, turn, path.as_deref(), file.take());
                if let Some(changed) = changed.transpose() {
                    return self.changed(settings, changed);
                }
            }
            file = Some(which.read(path.as_deref()));
        }
    }

    fn config(&self) -> Option<String> {
        lock(&self.settings).inline()
    }

    fn set_config(&self, text: Option<String>) {
        let mut settings = lock(&self.settings);
        let changed = settings.set_inline(text);
        self.changed(settings, changed);
    }

    /// Applies the outcome of a change.
    fn changed(&self, settings: MutexGuard<'_, Properties>, changed: Result<Change, String>) {
        let notes = match changed {
            Ok((ready, notes)) => {
                if ready.is_some() {
                    // Still under the settings' lock, so that the last change stays.
                    *lock(&self.ready) = ready;
                }
                notes
            }
            Err(error) => vec![format!("Setting not changed: {error}")],
        };
        drop(settings);
        element::warn_of_settings(&*self.obj(), *CAT, notes);
    }

    fn wanted(&self) -> Wanted {
        let told = *lock(&self.told);
        Wanted {
            messages: told.messages,
            interval: u64::from(told.summary_interval) * 1_000_000,
            objects: told.object_metas,
        }
    }

    /// Posts messages. No lock may be held.
    fn post(&self, posts: Vec<gst::Structure>) {
        for structure in posts {
            gst::trace!(CAT, imp = self, "{structure}");
            let message = gst::message::Element::builder(structure)
                .src(&*self.obj())
                .build();
            // Without a bus there is nobody to tell.
            let _ = self.obj().post_message(message);
        }
    }

    /// Does something with the state while no buffer is in work, and posts what comes of it.
    fn with_state(&self, work: impl FnOnce(&mut State, &Wanted)) {
        let wanted = self.wanted();
        let (warnings, posts) = {
            let mut state = lock(&self.state);
            work(&mut state, &wanted);
            (state.run.take_warnings(), std::mem::take(&mut state.posts))
        };
        element::post(self.obj().upcast_ref::<gst::Element>(), *CAT, warnings);
        self.post(posts);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for Analytics {
    const NAME: &'static str = "GstRsAnalytics";
    type Type = super::Analytics;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for Analytics {
    element::properties_and_stats!(
        Analytics,
        *CAT,
        "Totals since the element started: buffers, frames, objects, events and tracks, and warnings (structure \
         of how often each kind was met)"
    );

    element::constructed_passing_through!();
}

impl GstObjectImpl for Analytics {}

impl ElementImpl for Analytics {
    element::metadata!(
        "DeepStream analytics of tracked objects",
        "Filter/Analyzer/Video",
        "Tells who is in zones and for how long, who crosses lines, crowds, directions, standstills and speeds, as \
         metadata and messages; place it behind nvtracker"
    );
    element::video_pads!();
    element::change_state_with_library!(*CAT);
}

impl BaseTransformImpl for Analytics {
    element::in_place!();

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let notes = loop {
            let files = lock(&self.settings).files();
            let read = files.map(|(which, path, turn)| (which, turn, which.read(path.as_deref())));
            let mut settings = lock(&self.settings);
            let started = settings
                .start(read)
                .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
            if let Some((ready, notes)) = started {
                *lock(&self.ready) = ready;
                break notes;
            }
        };
        let run = element::Running::new(&*self.obj(), *CAT).counting(&self.met);
        let who = Who::new(&self.obj().name());
        *lock(&self.state) = State::new(run, who, &self.totals);
        element::warn_of_settings(&*self.obj(), *CAT, notes);
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        {
            let mut settings = lock(&self.settings);
            settings.stop();
            *lock(&self.ready) = None;
        }
        self.with_state(State::end);
        Ok(())
    }

    element::set_caps!();

    fn sink_event(&self, event: gst::Event) -> bool {
        if let Some(source) = nvds::event::parse_source_gone(&event) {
            gst::debug!(CAT, imp = self, "source {source} is gone");
            self.with_state(|state, wanted| state.forget_source(source, wanted));
        } else if event.type_() == gst::EventType::FlushStop {
            self.with_state(State::flush);
        } else if event.type_() == gst::EventType::Eos {
            self.with_state(State::end);
        }
        self.parent_sink_event(event)
    }

    element::submit_with_own_metadata!();

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        let Some(ready) = lock(&self.ready).clone() else {
            return Err(gst::FlowError::Flushing); // stopping
        };
        let wanted = self.wanted();
        let mut posts = Vec::new();
        let result = element::pass_changing(self, *CAT, &self.state, buffer, |state, buffer| {
            let Some(batch) = state.run.batch(buffer, " and is passed on as it is")? else {
                return Ok(());
            };
            state.set_config(&ready);
            let sizes = state.run.frame_sizes(buffer);
            state.analyse(&batch, &sizes, &wanted);
            std::mem::swap(&mut posts, &mut state.posts);
            Ok(())
        });
        self.post(posts);
        result
    }
}
