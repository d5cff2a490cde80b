//! From properties to a way of working.

use std::ffi::CString;
use std::time::Duration;

use gst::prelude::*;
use gst::subclass::prelude::*;

use super::config::Config;
use super::imp::{CAT, StreamMux, lock};
use super::policy::Policy;
use super::scale::Target;
use super::settings::new_is_forced;
use super::state::State;

impl StreamMux {
    /// Puts the properties together to a way of working.
    pub(super) fn prepare(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|error| gst::error_msg!(gst::LibraryError::Init, ("{error}")))?;
        let settings = lock(&self.settings).clone();
        let fail = |text: String| gst::error_msg!(gst::LibraryError::Settings, ("{text}"));
        if settings.num_surfaces_per_frame != 1 {
            return Err(fail(format!(
                "num-surfaces-per-frame={} is not supported by the CPU stand-in, only 1 is",
                settings.num_surfaces_per_frame
            )));
        }
        if (settings.width == 0) != (settings.height == 0) {
            return Err(fail(format!(
                "width={} and height={}: set both to scale all frames to that size, or none",
                settings.width, settings.height
            )));
        }
        let scales = settings.scales();
        let config = match &settings.config_file_path {
            Some(path) if !scales => {
                let (config, unknown) =
                    Config::read(path).map_err(|error| fail(error.to_string()))?;
                for key in unknown {
                    gst::warning!(CAT, imp = self, "{path}: {key} is not known, ignoring it");
                }
                config
            }
            _ => Config::default(),
        };
        let batch_size = config.batch_size.unwrap_or(settings.batch_size);
        if batch_size == 0 {
            return Err(gst::error_msg!(
                gst::LibraryError::Settings,
                ("Batch size not set"),
                ["batch-size=0: set it to the number of sources"]
            ));
        }
        let measured = nvds::latency::is_enabled().then(|| {
            CString::new(format!("nvstreammux-{}", self.obj().name())).unwrap_or_default()
        });
        let mut state = lock(&self.state);
        let sources = std::mem::take(&mut state.sources);
        *state = State {
            batch_size: batch_size as usize,
            reset_on_eos: settings.frame_num_reset_on_eos,
            measured,
            ..State::default()
        };
        state.sources = sources.into_iter().filter(|s| !s.released).collect();
        for source in &mut state.sources {
            source.reset();
        }
        if scales {
            state.policy = Policy::Legacy {
                size: batch_size as usize,
                sorted: settings.sort_batch,
            };
            state.timeout = duration(settings.batched_push_timeout.unwrap_or(-1));
            state.target = Some(Target {
                width: settings.width,
                height: settings.height,
                // Replaced by that of the first caps.
                format: gst_video::VideoFormat::Nv12,
                padding: settings.enable_padding,
                pixel_aspect: (1, 1),
                method: settings.interpolation_method.into(),
            });
        } else {
            if !new_is_forced() {
                gst::info!(
                    CAT,
                    imp = self,
                    "width and height are not set, which the default stock element refuses; \
                     working as the new nvstreammux"
                );
            }
            state.policy = Policy::New {
                size: (!config.adaptive_batching).then_some(batch_size as usize),
                per_source: config.max_same_source_frames as usize,
            };
            state.timeout = Some(config.interval);
        }
        Ok(())
    }
}

/// `None` for waiting for ever.
pub fn duration(microseconds: i32) -> Option<Duration> {
    u64::try_from(microseconds).ok().map(Duration::from_micros)
}
