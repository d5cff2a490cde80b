#![allow(missing_docs)] // the derive makes accessors without any

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use gst::prelude::*;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;
use gst_video::VideoFormat;
use nvds::event::{SourceEvent, is_analytics_reload_config_update};
use nvds::{Batch, Frame, FrameSizes, Locked, lock};

use super::config::{Config, OsdMode};
use super::draw::{self, Look};
use super::payload::{self, Kinds};
use super::source::{Seen, Source};
use super::track::Pixels;
use crate::caps;
use crate::infer::element::{config_error, log_notes, settings_error};
use crate::infer::types::ConfigError;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvdsanalytics",
        gst::DebugColorFlags::empty(),
        Some("CPU nvdsanalytics"),
    )
});

#[derive(Debug)]
struct Settings {
    unique_id: u32,
    enable: bool,
    config_file: Option<String>,
    /// What became of reading it; nothing before it is named.
    config: Option<Result<Arc<Config>, ConfigError>>,
    /// How often it was read.
    reading: u64,
    /// The file that is named could not be read while playing: `config` is that of the one before.
    unread: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unique_id: 17,
            enable: true,
            config_file: None,
            config: None,
            reading: 0,
            unread: false,
        }
    }
}

#[derive(Debug, Default)]
struct State {
    /// By their pads.
    sources: HashMap<u32, Source>,
    /// Number of the reading that the sources follow.
    reading: u64,
    /// Width and height in the caps.
    size: Option<(u32, u32)>,
    kinds: Option<Kinds>,
    /// It was said that rules need ids.
    told_untracked: bool,
}

#[derive(Debug, Default, glib::Properties)]
#[properties(wrapper_type = super::NvDsAnalytics)]
pub struct NvDsAnalytics {
    #[property(name = "unique-id", type = u32, get, set, member = unique_id, nick = "Unique ID",
        blurb = "Number of the element, in the metadata's unique_id", default = 17)]
    #[property(name = "enable", type = bool, get, set, member = enable, nick = "Enable",
        blurb = "Analyse, or let buffers pass; the configuration's enable sets it, too", default = true,
        mutable_ready)]
    #[property(name = "config-file", type = Option<String>, nick = "DsAnalytics Config File",
        blurb = "Configuration with a [property] group; while playing, named anew it is read anew",
        get = |s: &Self| s.settings().config_file.clone(), set = Self::set_config_file)]
    settings: Mutex<Settings>,
    state: Mutex<State>,
}

impl NvDsAnalytics {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn set_config_file(&self, path: Option<String>) {
        self.settings().config_file = path;
        self.read_config();
    }

    /// Reads the file that is named. The disk may be slow: no lock is held. While playing, one that cannot be read leaves
    /// the rules as they are; the next start has it as its error.
    fn read_config(&self) {
        let path = self.settings().config_file.clone();
        let path = path.filter(|path| !path.is_empty());
        let config = path.map(|path| Config::load(Path::new(&path)).map(Arc::new));
        let notes = match &config {
            Some(Ok(config)) => config.notes.clone(),
            Some(Err(error)) => {
                gst::warning!(CAT, imp = self, "{error}");
                Vec::new()
            }
            None => Vec::new(),
        };
        let running = self.obj().current_state() > gst::State::Ready;
        if running && let Some(Err(error)) = &config {
            self.settings().unread = true;
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("the rules stay as they were: {error}")
            );
            return;
        }
        {
            let mut settings = self.settings();
            settings.unread = false;
            if let Some(Ok(config)) = &config
                && let Some(enable) = config.enable
            {
                settings.enable = enable;
            }
            settings.config = config;
            settings.reading += 1;
        }
        // Before that, there is nobody to be told: the start does it.
        if running {
            log_notes(&CAT, self.obj().upcast_ref(), &notes);
        }
    }

    /// The configuration, and the number of its reading.
    fn config(&self) -> Result<(Arc<Config>, u64), gst::ErrorMessage> {
        let settings = self.settings();
        match &settings.config {
            Some(Ok(config)) => Ok((config.clone(), settings.reading)),
            Some(Err(error)) => Err(config_error(error.clone())),
            None => Err(settings_error(
                "config-file is not set: name the element's configuration file",
            )),
        }
    }

    fn analyse(&self, buffer: &gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        let failed = |text: String| {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("{text}"));
            gst::FlowError::Error
        };
        let (config, reading) = self.config().map_err(|message| {
            self.post_error_message(message);
            gst::FlowError::Error
        })?;
        let (enable, unique_id) = {
            let settings = self.settings();
            (settings.enable, settings.unique_id)
        };
        if !enable {
            return Ok(gst::FlowSuccess::Ok);
        }
        let batch = match Batch::from_buffer(buffer) {
            Ok(Some(batch)) => batch,
            Ok(None) => {
                const WHY: &str =
                    "no batch metadata on the buffer: put nvstreammux before nvdsanalytics";
                return Err(failed(WHY.to_owned()));
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let size = self.state().size;
        let sizes = FrameSizes::of_surface(buffer, size).map_err(|e| failed(e.to_string()))?;
        let work = Work {
            config: &config,
            reading,
            unique_id,
            sizes: &sizes,
        };
        let untracked = self
            .analyse_batch(&batch, &work)
            .map_err(|error| failed(error.to_string()))?;
        if untracked {
            const WHY: &str = "an object without an id ends directions and lines: put nvtracker before nvdsanalytics, \
                and do not let its operate-on-class-ids leave out classes that rules are for";
            gst::element_imp_warning!(self, gst::StreamError::Failed, ("{WHY}"));
        }
        Ok(gst::FlowSuccess::Ok)
    }

    /// Nothing is logged or posted here, because this holds the batch's lock and the element's. Returns whether it is to
    /// be said that rules need ids.
    fn analyse_batch(&self, batch: &Batch<'_>, work: &Work<'_>) -> Result<bool, nvds::Error> {
        let locked = batch.lock();
        let state = &mut *self.state();
        let kinds = match state.kinds {
            Some(kinds) => kinds,
            None => *state.kinds.insert(Kinds::of_release()?),
        };
        if state.reading != work.reading {
            state.sources.clear();
            state.reading = work.reading;
        }
        let mut untracked = false;
        for frame in locked.frames() {
            let pad = frame.pad_index();
            let source = state.sources.entry(pad).or_insert_with(|| {
                let rules = work.config.streams.get(&pad).cloned().unwrap_or_default();
                Source::new(rules, work.config.size, work.config.window)
            });
            source.resize(work.sizes.of(&frame).unwrap_or(work.config.size));
            untracked |= work.frame(&locked, &frame, source, kinds)?;
        }
        Ok(untracked && !std::mem::replace(&mut state.told_untracked, true))
    }

    /// Forgets what an event says is over.
    fn heed(&self, event: &gst::EventRef) {
        if is_analytics_reload_config_update(event) {
            return self.read_config();
        }
        let state = &mut *self.state();
        if event.type_() == gst::EventType::FlushStop {
            return state.sources.values_mut().for_each(Source::forget);
        }
        let pad = event.structure().and_then(|s| s.get("source-id").ok());
        let (Some(kind), Some(pad)) = (SourceEvent::of(event), pad) else {
            return;
        };
        match kind {
            SourceEvent::PadDeleted => drop(state.sources.remove(&pad)),
            SourceEvent::StreamEos | SourceEvent::StreamReset => {
                if let Some(source) = state.sources.get_mut(&pad) {
                    source.forget();
                }
            }
            _ => {}
        }
    }
}

/// What is done with a batch.
struct Work<'a> {
    config: &'a Config,
    reading: u64,
    unique_id: u32,
    sizes: &'a FrameSizes<'a>,
}

impl Work<'_> {
    /// Returns whether rules ended, as an object had no id.
    fn frame(
        &self,
        locked: &Locked<'_>,
        frame: &Frame<'_>,
        source: &mut Source,
        kinds: Kinds,
    ) -> Result<bool, nvds::Error> {
        let objects: Vec<_> = frame.objects().collect();
        let seen = objects.iter().map(|object| Seen {
            pixels: Pixels::new(object.rect()),
            class: object.class_id(),
            id: object.track_id().unwrap_or(nvds::UNTRACKED_OBJECT_ID),
        });
        let seen: Vec<_> = seen.collect();
        let (verdicts, totals, untracked) = source.look(&seen, frame.buf_pts());
        let config = self.config;
        for (object, verdict) in objects.iter().zip(&verdicts) {
            if verdict.is_empty() {
                continue;
            }
            if config.osd_mode == OsdMode::Everything {
                draw::object(locked, object, verdict, config.font_size);
            }
            let data = payload::object(kinds, verdict, self.unique_id);
            locked.add_foreign_to_object(object, data)?;
        }
        let look = Look {
            mode: config.osd_mode,
            font_size: config.font_size,
            show_counts: config.show_counts,
        };
        draw::frame(locked, frame, source, &totals, look)?;
        let data = payload::frame(
            kinds,
            &source.rules,
            &totals,
            &source.crossings,
            self.unique_id,
        );
        locked.add_foreign_to_frame(frame, data)?;
        Ok(untracked)
    }
}

#[glib::object_subclass]
impl ObjectSubclass for NvDsAnalytics {
    // Not the stock element's GstNvDsAnalytics, so that both can be in one process; default names are the same.
    const NAME: &'static str = "GstNvdsAnalytics";
    type Type = super::NvDsAnalytics;
    type ParentType = gst_base::BaseTransform;
}

#[glib::derived_properties]
impl ObjectImpl for NvDsAnalytics {
    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        crate::latency::watch_in_line(obj.sink_pad(), obj.src_pad());
    }
}

impl GstObjectImpl for NvDsAnalytics {}

impl ElementImpl for NvDsAnalytics {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "DsAnalytics plugin",
                "DsAnalytics Plugin",
                "Tells which objects are in areas and cross lines (CPU stand-in)",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let formats = [VideoFormat::Nv12, VideoFormat::Rgba];
            caps::in_line(&caps::nvmm_template(&formats))
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for NvDsAnalytics {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    // The buffer is never made writable, which would copy the whole batch: metadata changes under the batch's lock.
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|e| gst::error_msg!(gst::LibraryError::Init, ("{e}")))?;
        if self.settings().unread {
            self.read_config();
        }
        let (config, reading) = self.config()?;
        log_notes(&CAT, self.obj().upcast_ref(), &config.notes);
        *self.state() = State {
            reading,
            ..State::default()
        };
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *self.state() = State::default();
        Ok(())
    }

    fn set_caps(&self, incaps: &gst::Caps, _outcaps: &gst::Caps) -> Result<(), gst::LoggableError> {
        self.state().size = caps::size(incaps);
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        self.heed(&event);
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.analyse(buffer)
    }

    fn transform_ip(
        &self,
        buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.analyse(buffer)
    }
}
