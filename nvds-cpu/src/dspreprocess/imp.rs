use std::sync::{LazyLock, Mutex, MutexGuard};

use glib::Properties;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::BaseTransformMode;
use gst_base::subclass::prelude::*;
use gst_video::VideoFormat;
use nvds::lock;

use super::choice::Groups;
use super::config::Config;
use super::tensor::Tensors;
use super::work::{self, Work};
use crate::caps;
use crate::infer::config_file::ConfigFile;
use crate::infer::element;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvdspreprocess",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for nvdspreprocess"),
    )
});

/// Of a property and its key in the file, what was set last counts, as in the stock element.
#[derive(Debug, Clone)]
struct Settings {
    unique_id: u32,
    enable: bool,
    gpu_id: u32,
    process_on_frame: bool,
    operate_on_gie_id: i32,
    target_unique_ids: Vec<u64>,
    config_file: String,
    file: ConfigFile<Config>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unique_id: 15,
            enable: true,
            gpu_id: 0,
            process_on_frame: true,
            operate_on_gie_id: -1,
            target_unique_ids: Vec::new(),
            config_file: String::new(),
            file: ConfigFile::default(),
        }
    }
}

impl Settings {
    fn take_file(&mut self, path: String, file: ConfigFile<Config>) {
        if let Some(config) = file.get() {
            self.unique_id = config.unique_id.unwrap_or(self.unique_id);
            self.enable = config.enable.unwrap_or(self.enable);
            self.gpu_id = config.gpu_id.unwrap_or(self.gpu_id);
            self.process_on_frame = config.process_on_frame.unwrap_or(self.process_on_frame);
            self.operate_on_gie_id = config.operate_on_gie_id.unwrap_or(self.operate_on_gie_id);
            if let Some(ids) = &config.target_unique_ids {
                self.target_unique_ids.clone_from(ids);
            }
        }
        self.config_file = path;
        self.file = file;
    }
}

/// See the module.
#[derive(Default, Properties)]
#[properties(wrapper_type = super::DsPreprocess)]
pub struct DsPreprocess {
    #[property(name = "unique-id", type = u32, nick = "Unique ID",
        blurb = "Number of the element (without effect)",
        get = |s: &Self| s.settings().unique_id, set = |s: &Self, v| s.settings().unique_id = v,
        default = 15)]
    #[property(name = "enable", type = bool, nick = "Enable",
        blurb = "Prepare tensors; otherwise buffers pass as they are",
        get = |s: &Self| s.settings().enable, set = |s: &Self, v| s.settings().enable = v,
        default = true, mutable_ready)]
    #[property(name = "gpu-id", type = u32, nick = "Set GPU Device ID",
        blurb = "GPU that the tensors are said to be on; the gpu-id of nvinfer has to be the same",
        get = |s: &Self| s.settings().gpu_id, set = |s: &Self, v| s.settings().gpu_id = v,
        default = 0, mutable_ready)]
    #[property(name = "process-on-frame", type = bool, nick = "Process On Frame",
        blurb = "Prepare frames or regions of them; otherwise objects",
        get = |s: &Self| s.settings().process_on_frame, set = |s: &Self, v| s.settings().process_on_frame = v,
        default = true, mutable_ready)]
    #[property(name = "operate-on-gie-id", type = i32, nick = "Preprocess on Gie ID",
        blurb = "With process-on-frame=false: objects of which element to prepare, -1 for all",
        get = |s: &Self| s.settings().operate_on_gie_id, set = |s: &Self, v| s.settings().operate_on_gie_id = v,
        minimum = -1, default = -1, mutable_ready)]
    #[property(name = "target-unique-ids", type = String, nick = "Target Unique Ids",
        blurb = "unique-ids of the inference elements that tensors are for, as 1;2",
        get = Self::target_unique_ids, set = Self::set_target_unique_ids,
        default = Some(""), mutable_ready)]
    #[property(name = "config-file", type = String, nick = "Preprocess Config File",
        blurb = "Configuration with a [property] group as for gst-nvdspreprocess",
        get = |s: &Self| s.settings().config_file.clone(), set = Self::set_config_file,
        default = Some(""))]
    settings: Mutex<Settings>,
    /// There while started.
    work: Mutex<Option<Work>>,
}

impl DsPreprocess {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    /// Each with a semicolon behind it, as the stock element has it.
    fn target_unique_ids(&self) -> String {
        let ids = &self.settings().target_unique_ids;
        ids.iter().map(|id| format!("{id};")).collect()
    }

    fn set_target_unique_ids(&self, text: Option<String>) {
        let text = text.unwrap_or_default();
        match element::class_ids("target-unique-ids", &text) {
            Ok(ids) => self.settings().target_unique_ids = ids.into_iter().collect(),
            Err(_) => gst::warning!(
                CAT,
                imp = self,
                "target-unique-ids={text}: expected numbers as 1;2, the old ones stay"
            ),
        }
    }

    fn set_config_file(&self, path: Option<String>) {
        let path = path.unwrap_or_default();
        // Read before the lock is taken: the disk may be slow.
        let file = ConfigFile::read(&path, Config::load);
        file.log_fault(*CAT, self.obj().upcast_ref());
        self.settings().take_file(path, file);
    }

    fn work(&self) -> Result<Work, gst::ErrorMessage> {
        let settings = self.settings().clone();
        if settings.config_file.is_empty() {
            return Err(element::settings_error(
                "Configuration file not provided: set config-file",
            ));
        }
        let config = settings.file.config()?;
        element::log_notes(&CAT, self.obj().upcast_ref(), &config.notes);
        if settings.target_unique_ids.is_empty() {
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("target-unique-ids names no inference element: nobody reads the tensors")
            );
        }
        let network = &config.network;
        let preprocess = &network.preprocess;
        let mean = network.mean_file.as_deref();
        let preprocess = preprocess
            .with_mean(&config.file, "mean-file", mean, network.size)
            .map_err(element::config_error)?;
        Ok(Work::new(
            Groups::new(&config.groups, settings.process_on_frame),
            network.clone(),
            Tensors::new(network, &preprocess),
            work::Settings {
                on_frames: settings.process_on_frame,
                target_unique_ids: settings.target_unique_ids,
                gpu_id: settings.gpu_id,
                operate_on_gie_id: settings.operate_on_gie_id,
            },
            &self.obj().name(),
        ))
    }

    fn prepare(&self, buffer: &gst::BufferRef) -> Result<gst::FlowSuccess, gst::FlowError> {
        if !self.settings().enable {
            return Ok(gst::FlowSuccess::Ok);
        }
        let result = match &mut *lock(&self.work) {
            Some(work) => work.run(buffer),
            None => return Err(gst::FlowError::Flushing),
        };
        self.tell_of_missing(false);
        match result {
            Ok(warnings) => {
                for warning in warnings {
                    gst::element_imp_warning!(self, gst::StreamError::Failed, ("{warning}"));
                }
                Ok(gst::FlowSuccess::Ok)
            }
            Err(error) => {
                gst::element_imp_error!(
                    self,
                    gst::StreamError::Failed,
                    ("{error}"),
                    ["PTS {:?}", buffer.pts()]
                );
                Err(gst::FlowError::Error)
            }
        }
    }

    /// Warns of sources that the configuration names and that do not come.
    fn tell_of_missing(&self, end: bool) {
        let missing = lock(&self.work).as_mut().and_then(|work| work.missing(end));
        if let Some(missing) = missing {
            gst::element_imp_warning!(self, gst::LibraryError::Settings, ("{missing}"));
        }
    }

    fn update_regions(&self, event: &gst::EventRef) {
        let Some((source, regions)) = nvds::event::parse_roi_update(event) else {
            return;
        };
        let count = regions.len();
        let known = lock(&self.work)
            .as_mut()
            .is_some_and(|work| work.update(source, regions));
        match known {
            true => gst::info!(CAT, imp = self, "source {source} has {count} regions now"),
            false => gst::warning!(
                CAT,
                imp = self,
                "regions of source {source} change nothing: the configuration does not name it"
            ),
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for DsPreprocess {
    const NAME: &'static str = "GstNvDsPreProcess";
    type Type = super::DsPreprocess;
    type ParentType = gst_base::BaseTransform;
}

#[glib::derived_properties]
impl ObjectImpl for DsPreprocess {
    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_passthrough(true);
    }
}

impl GstObjectImpl for DsPreprocess {}

impl ElementImpl for DsPreprocess {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "gst-nvdspreprocess plugin",
                "gst-nvdspreprocess plugin",
                "CPU stand-in: prepares the input of networks from regions of frames and objects",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let formats = [VideoFormat::Nv12, VideoFormat::Rgba, VideoFormat::I420];
            caps::in_line(&caps::nvmm_template(&formats))
        });
        &TEMPLATES
    }
}

impl BaseTransformImpl for DsPreprocess {
    const MODE: BaseTransformMode = BaseTransformMode::AlwaysInPlace;
    const PASSTHROUGH_ON_SAME_CAPS: bool = true;
    const TRANSFORM_IP_ON_PASSTHROUGH: bool = true;

    fn start(&self) -> Result<(), gst::ErrorMessage> {
        nvds::library().map_err(|e| gst::error_msg!(gst::LibraryError::Init, ("{e}")))?;
        let work = self.work()?;
        *lock(&self.work) = Some(work);
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        *lock(&self.work) = None;
        Ok(())
    }

    fn sink_event(&self, event: gst::Event) -> bool {
        self.update_regions(&event);
        if event.type_() == gst::EventType::Eos {
            self.tell_of_missing(true);
        }
        self.parent_sink_event(event)
    }

    fn transform_ip_passthrough(
        &self,
        buffer: &gst::Buffer,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.prepare(buffer)
    }

    fn transform_ip(
        &self,
        buffer: &mut gst::BufferRef,
    ) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.prepare(buffer)
    }
}
