//! Sink pads come and go.

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::imp::{CAT, StreamMux, lock};
use super::settings::is_new;
use super::source::{Item, Source};
use crate::caps;

impl StreamMux {
    pub(super) fn add_sink(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
    ) -> Option<gst::Pad> {
        let Some((id, name)) = caps::pad_number(name, "sink_").zip(name) else {
            gst::error!(
                CAT,
                imp = self,
                "pad {name:?}: expected sink_N, with the number of a source"
            );
            return None;
        };
        let existing = {
            let state = lock(&self.state);
            let same = |s: &&Source| !s.released && s.id == id;
            state.sources.iter().find(same).map(|s| s.pad.clone())
        };
        if let Some(pad) = existing {
            if !is_new() {
                gst::error!(CAT, imp = self, "{name} exists already, as {}", pad.name());
                return None;
            }
            return Some(pad); // as the new mux does
        }
        let pad = gst::Pad::builder_from_template(template)
            // As asked for, sink_00 too: applications look it up by that.
            .name(name)
            .activatemode_function(|pad, parent, mode, active| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::loggable_error!(CAT, "panic while activating")),
                    |imp| imp.sink_activate(pad, mode, active),
                )
            })
            .chain_function(|pad, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |imp| imp.sink_chain(pad, buffer),
                )
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_event(pad, event))
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_query(pad, query))
            })
            .build();
        // A batch waits for linked pads only. The pad's own link functions would come too early:
        // while they run, the peer is still, or not yet, there.
        let wake = |obj: glib::WeakRef<super::StreamMux>| {
            move |_: &gst::Pad, _: &gst::Pad| {
                if let Some(obj) = obj.upgrade() {
                    obj.imp().wake();
                }
            }
        };
        pad.connect_linked(wake(self.obj().downgrade()));
        pad.connect_unlinked(wake(self.obj().downgrade()));
        lock(&self.state).sources.push(Source::new(id, pad.clone()));
        // Activates it if the element is running.
        if let Err(error) = self.obj().add_pad(&pad) {
            gst::error!(CAT, imp = self, "{error}");
            lock(&self.state).sources.retain(|s| s.pad != pad);
            return None;
        }
        gst::info!(CAT, imp = self, "Added {name}");
        Some(pad)
    }

    pub(super) fn release_sink(&self, pad: &gst::Pad) {
        gst::info!(CAT, imp = self, "Releasing {}", pad.name());
        {
            let mut state = lock(&self.state);
            if let Some(source) = state.source(pad) {
                // What waits is still used; then downstream is told.
                source.flushing = true;
                source.released = true;
                source.push(Item::Released);
            }
            if !state.running {
                state.sources.retain(|s| !s.released);
            }
            self.changed.notify_all();
        }
        let _ = pad.set_active(false);
        if let Err(error) = self.obj().remove_pad(pad) {
            gst::warning!(CAT, imp = self, "{error}");
        }
    }

    pub(super) fn src_activate(
        &self,
        mode: gst::PadMode,
        active: bool,
    ) -> Result<(), gst::LoggableError> {
        if mode != gst::PadMode::Push {
            return Err(gst::loggable_error!(CAT, "only push mode is supported"));
        }
        if active {
            self.start_task()
        } else {
            lock(&self.state).running = false;
            self.changed.notify_all();
            self.src
                .stop_task()
                .map_err(|error| gst::loggable_error!(CAT, "{error}"))
        }
    }

    pub(super) fn sink_activate(
        &self,
        pad: &gst::Pad,
        mode: gst::PadMode,
        active: bool,
    ) -> Result<(), gst::LoggableError> {
        if mode != gst::PadMode::Push {
            return Err(gst::loggable_error!(CAT, "only push mode is supported"));
        }
        let mut state = lock(&self.state);
        if let Some(source) = state.source(pad) {
            source.flushing = !active;
            if !active {
                source.flush();
            }
        }
        self.changed.notify_all();
        Ok(())
    }

    /// Lets nobody wait any more.
    pub(super) fn unblock(&self) {
        let mut state = lock(&self.state);
        state.running = false;
        for source in &mut state.sources {
            source.flushing = true;
        }
        self.changed.notify_all();
    }
}
