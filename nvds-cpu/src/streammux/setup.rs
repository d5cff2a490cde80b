//! From properties to a way of working.

use std::ffi::CString;
use std::time::Duration;

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::config::Config;
use super::imp::{CAT, StreamMux, lock};
use super::policy::Policy;
use super::scale::Target;
use super::settings::{Settings, is_new};
use super::state::State;
use super::sync::Sync;
use crate::surface::MAX_SIDE;

fn wrong(text: &str, debug: String) -> gst::ErrorMessage {
    gst::error_msg!(gst::LibraryError::Settings, ("{text}"), ["{debug}"])
}

/// What both muxes refuse.
fn check_both(settings: &Settings, batch_size: u32) -> Result<(), gst::ErrorMessage> {
    if settings.num_surfaces_per_frame != 1 {
        let number = settings.num_surfaces_per_frame;
        let text = format!(
            "num-surfaces-per-frame={number} is not supported by the CPU stand-in, only 1 is"
        );
        return Err(wrong(&text, String::new()));
    }
    if batch_size == 0 {
        let debug = "batch-size=0: set it to the number of sources".to_owned();
        return Err(wrong("Batch size not set", debug));
    }
    Ok(())
}

/// What the default mux refuses.
fn check_legacy(settings: &Settings) -> Result<(), gst::ErrorMessage> {
    for (name, value) in [("width", settings.width), ("height", settings.height)] {
        let text = format!("Output {name} not set");
        if value == 0 {
            let debug = format!(
                "{name}=0: set it to the {name} that all frames are scaled to, e.g. {}; the mux that leaves frames \
                 as they are is chosen by USE_NEW_NVSTREAMMUX=yes in the environment",
                if name == "width" { 1920 } else { 1080 }
            );
            return Err(wrong(&text, debug));
        }
        if value > MAX_SIDE {
            let text = format!("{name}={value} is out of range (1..={MAX_SIDE})");
            let debug =
                format!("set {name} to the {name} that all frames are scaled to, in pixels");
            return Err(wrong(&text, debug));
        }
    }
    check_both(settings, settings.batch_size)?;
    if settings.sync_inputs && settings.batched_push_timeout.unwrap_or(-1) < 0 {
        let debug =
            "sync-inputs=true needs a span of time: set batched-push-timeout, in microseconds"
                .to_owned();
        return Err(wrong("Batch push timeout not set", debug));
    }
    Ok(())
}

impl StreamMux {
    /// Looks whether the settings can work; the default mux does so before anything starts.
    pub(super) fn check(&self) -> Result<(), gst::ErrorMessage> {
        if is_new() {
            return Ok(());
        }
        check_legacy(&lock(&self.settings))
    }

    /// Puts the properties together to a way of working.
    pub(super) fn prepare(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|error| gst::error_msg!(gst::LibraryError::Init, ("{error}")))?;
        let settings = lock(&self.settings).clone();
        let measured = nvds::latency::is_enabled().then(|| {
            CString::new(format!("nvstreammux-{}", self.obj().name())).unwrap_or_default()
        });
        let mut fresh = State {
            reset_on_eos: settings.frame_num_reset_on_eos,
            measured,
            ..State::default()
        };
        match is_new() {
            true => self.prepare_new(&settings, &mut fresh)?,
            false => prepare_legacy(&settings, &mut fresh)?,
        }
        let pads = {
            let mut state = lock(&self.state);
            let sources = std::mem::take(&mut state.sources);
            *state = fresh;
            state.sources = sources.into_iter().filter(|s| !s.released).collect();
            for source in &mut state.sources {
                source.reset();
            }
            state.sources.len()
        };
        if !is_new() {
            self.warn_of_waiting(&settings, pads);
        }
        Ok(())
    }

    fn prepare_new(&self, settings: &Settings, state: &mut State) -> Result<(), gst::ErrorMessage> {
        let config = match &settings.config_file_path {
            Some(path) => {
                let read = Config::read(path);
                let (config, unknown) =
                    read.map_err(|error| wrong(&error.to_string(), String::new()))?;
                for key in unknown {
                    gst::warning!(CAT, imp = self, "{path}: {key} is not known, ignoring it");
                }
                config
            }
            None => Config::default(),
        };
        let batch_size = config.batch_size.unwrap_or(settings.batch_size);
        check_both(settings, batch_size)?;
        state.batch_size = batch_size as usize;
        state.policy = Policy::New {
            size: (!config.adaptive_batching).then_some(batch_size as usize),
            per_source: config.max_same_source_frames as usize,
        };
        state.timeout = Some(config.interval);
        Ok(())
    }

    /// Says once that a size that is set while frames may flow changes nothing.
    pub(super) fn warn_of_size(&self, property: &str) {
        let settings = lock(&self.settings);
        let size = match property {
            "width" => settings.width,
            "height" => settings.height,
            _ => return,
        };
        drop(settings);
        let used = {
            let mut state = lock(&self.state);
            let used = state.target.filter(|_| state.running && !state.size_warned);
            let used = used.map(|target| {
                if property == "width" {
                    target.width
                } else {
                    target.height
                }
            });
            let used = used.filter(|used| *used != size);
            state.size_warned |= used.is_some();
            used
        };
        if let Some(used) = used {
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("{property}={size} has no effect while the mux runs: frames keep {property} {used} until it is stopped \
                     and started again")
            );
        }
    }

    /// Says what can only be a mistake, though it is none for stock.
    fn warn_of_waiting(&self, settings: &Settings, pads: usize) {
        let for_ever = settings.batched_push_timeout.unwrap_or(-1) < 0;
        let places = settings.batch_size as usize;
        if settings.live_source && for_ever && pads > 0 && places > pads {
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("live-source=true and batch-size={places} with {pads} sources: no batch becomes full, and without \
                     batched-push-timeout none is pushed")
            );
        }
    }
}

fn prepare_legacy(settings: &Settings, state: &mut State) -> Result<(), gst::ErrorMessage> {
    check_legacy(settings)?;
    state.batch_size = settings.batch_size as usize;
    state.policy = Policy::Legacy {
        size: settings.batch_size as usize,
        sorted: settings.sort_batch,
        one_each: settings.live_source || settings.sync_inputs,
    };
    state.timeout = duration(settings.batched_push_timeout.unwrap_or(-1));
    state.clocked = settings.live_source && !settings.sync_inputs;
    state.repeats = settings.cache_buffer;
    if settings.sync_inputs {
        state.sync = Some(Sync::default());
        let extra = Duration::from_nanos(settings.max_latency);
        state.timeout = state.timeout.map(|timeout| timeout.saturating_add(extra));
    }
    state.target = Some(Target {
        width: settings.width,
        height: settings.height,
        // Replaced by that of the first caps.
        format: gst_video::VideoFormat::Unknown,
        padding: settings.enable_padding,
        method: settings.interpolation_method.into(),
    });
    Ok(())
}

/// `None` for waiting for ever.
pub fn duration(microseconds: i32) -> Option<Duration> {
    u64::try_from(microseconds).ok().map(Duration::from_micros)
}
