#![allow(missing_docs)] // the derive makes accessors without any

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::Properties;
use glib::subclass::Signal;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use super::{MakeAnswers, ProcessMode};
use crate::infer::config_file::ConfigFile;
use crate::infer::element::{self, Inferring, Model};
use crate::infer::engine::{Engine, EngineError};
use crate::infer::nvinfer_config::NvinferConfig;
use crate::infer::runner::Runner;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvinfer",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for nvinfer"),
    )
});

const DEFAULT_UNIQUE_ID: u32 = 15;
const SIGNAL_MODEL_UPDATED: &str = "model-updated";

/// `None` stands for a property that was not set: the configuration file counts then.
#[derive(Debug, Clone)]
struct Settings {
    unique_id: Option<u32>,
    process_mode: ProcessMode,
    config_file_path: String,
    /// What it said when it was named; as in the stock element it is read no second time.
    file: ConfigFile<NvinferConfig>,
    batch_size: Option<u32>,
    interval: Option<u32>,
    infer_on_gie_id: Option<i32>,
    infer_on_class_ids: String,
    filter_out_class_ids: String,
    model_engine_file: String,
    gpu_id: Option<u32>,
    raw_output_file_write: bool,
    output_tensor_meta: Option<bool>,
    output_instance_mask: bool,
    input_tensor_meta: bool,
    clip_object_outside_roi: bool,
    crop_objects_to_roi_boundary: bool,
    strongly_typed: bool,
    dynamic_properties: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unique_id: None,
            process_mode: ProcessMode::default(),
            config_file_path: String::new(),
            file: ConfigFile::default(),
            batch_size: None,
            interval: None,
            infer_on_gie_id: None,
            infer_on_class_ids: String::new(),
            filter_out_class_ids: String::new(),
            model_engine_file: String::new(),
            gpu_id: None,
            raw_output_file_write: false,
            output_tensor_meta: None,
            output_instance_mask: false,
            input_tensor_meta: false,
            clip_object_outside_roi: true,
            crop_objects_to_roi_boundary: false,
            strongly_typed: false,
            dynamic_properties: String::new(),
        }
    }
}

/// What counts, and what the properties read as: a value that was set, else the file's, else the default.
impl Settings {
    fn told<T>(&self, set: Option<T>, file: impl Fn(&NvinferConfig) -> Option<T>) -> Option<T> {
        set.or_else(|| self.file.get().and_then(file))
    }

    fn unique_id(&self) -> u32 {
        self.told(self.unique_id, |file| file.unique_id)
            .unwrap_or(DEFAULT_UNIQUE_ID)
    }

    fn batch_size(&self) -> u32 {
        self.told(self.batch_size, |file| file.batch_size)
            .unwrap_or(1)
    }

    fn interval(&self) -> u32 {
        self.told(self.interval, |file| file.interval).unwrap_or(0)
    }

    fn infer_on_gie_id(&self) -> i32 {
        self.told(self.infer_on_gie_id, |file| file.operate_on_gie_id)
            .unwrap_or(-1)
    }

    fn gpu_id(&self) -> u32 {
        self.told(self.gpu_id, |file| file.gpu_id).unwrap_or(0)
    }

    fn output_tensor_meta(&self) -> bool {
        self.told(self.output_tensor_meta, |file| file.output_tensor_meta)
            .unwrap_or(false)
    }
}

/// See the module.
#[derive(Default, Properties)]
#[properties(wrapper_type = super::Infer)]
pub struct Infer {
    #[property(name = "unique-id", type = u32, nick = "Unique ID",
        blurb = "Number that tells this element's tensors from others'; where not set, gie-unique-id counts",
        get = |s: &Self| s.settings().unique_id(),
        set = |s: &Self, v| s.settings().unique_id = Some(v),
        default = DEFAULT_UNIQUE_ID, mutable_ready)]
    #[property(name = "process-mode", type = ProcessMode, nick = "Process Mode",
        blurb = "Full frames or objects; objects cannot be honoured on the CPU",
        get = |s: &Self| s.settings().process_mode, set = |s: &Self, v| s.settings().process_mode = v,
        mutable_ready, builder(ProcessMode::default()))]
    #[property(name = "config-file-path", type = String, nick = "Config File Path",
        blurb = "Configuration with a [property] group as for gst-nvinfer; another file while playing loads another model",
        get = |s: &Self| s.settings().config_file_path.clone(), set = Self::set_config_file_path,
        default = Some(""), mutable_playing)]
    #[property(name = "batch-size", type = u32, nick = "Batch Size",
        blurb = "Most frames in one inference; where not set, the configuration's batch-size counts",
        get = |s: &Self| s.settings().batch_size(), set = |s: &Self, v| s.settings().batch_size = Some(v),
        minimum = 1, maximum = 1024, default = 1, mutable_ready)]
    #[property(name = "interval", type = u32, nick = "Interval",
        blurb = "Batches to skip after each one inferred; where not set, the configuration's interval counts",
        get = |s: &Self| s.settings().interval(), set = |s: &Self, v| s.settings().interval = Some(v),
        maximum = i32::MAX as u32, default = 0, mutable_ready)]
    #[property(name = "infer-on-gie-id", type = i32, nick = "Infer on Gie ID",
        blurb = "Objects of which element to infer; without effect on full frames",
        get = |s: &Self| s.settings().infer_on_gie_id(), set = |s: &Self, v| s.settings().infer_on_gie_id = Some(v),
        minimum = -1, default = -1, mutable_ready)]
    #[property(name = "infer-on-class-ids", type = String, nick = "Operate on Class ids",
        blurb = "Objects of which classes to infer, as 0:2:3; without effect on full frames",
        get = |s: &Self| s.settings().infer_on_class_ids.clone(),
        set = |s: &Self, v: Option<String>| s.settings().infer_on_class_ids = v.unwrap_or_default(),
        default = Some(""), mutable_ready)]
    #[property(name = "filter-out-class-ids", type = String, nick = "Ignore metadata for class ids",
        blurb = "Classes to leave out, as 0;2;3; without effect, as nothing is parsed here",
        get = |s: &Self| s.settings().filter_out_class_ids.clone(),
        set = |s: &Self, v: Option<String>| s.settings().filter_out_class_ids = v.unwrap_or_default(),
        default = Some(""), mutable_ready)]
    #[property(name = "model-engine-file", type = String, nick = "Model Engine File",
        blurb = "TensorRT engine; without effect, as onnx-file is run",
        get = |s: &Self| s.settings().model_engine_file.clone(),
        set = |s: &Self, v: Option<String>| s.settings().model_engine_file = v.unwrap_or_default(),
        default = Some(""), mutable_playing)]
    #[property(name = "gpu-id", type = u32, nick = "Set GPU Device ID",
        blurb = "GPU; without effect, as there is none",
        get = |s: &Self| s.settings().gpu_id(), set = |s: &Self, v| s.settings().gpu_id = Some(v),
        default = 0, mutable_ready)]
    #[property(name = "raw-output-file-write", type = bool, nick = "Raw Output File Write",
        blurb = "Write tensors to files; cannot be honoured on the CPU",
        get = |s: &Self| s.settings().raw_output_file_write, set = |s: &Self, v| s.settings().raw_output_file_write = v,
        default = false, mutable_ready)]
    #[property(name = "output-tensor-meta", type = bool, nick = "Output Tensor Meta",
        blurb = "Attach the tensors to the frames; where not set, the configuration's output-tensor-meta counts",
        get = |s: &Self| s.settings().output_tensor_meta(),
        set = |s: &Self, v| s.settings().output_tensor_meta = Some(v),
        default = false, mutable_ready)]
    #[property(name = "output-instance-mask", type = bool, nick = "Output Instance Mask",
        blurb = "Attach instance masks; without effect, as nothing is parsed here",
        get = |s: &Self| s.settings().output_instance_mask, set = |s: &Self, v| s.settings().output_instance_mask = v,
        default = false, mutable_ready)]
    #[property(name = "input-tensor-meta", type = bool, nick = "Input Tensor Meta",
        blurb = "Take tensors of nvdspreprocess as input; cannot be honoured on the CPU",
        get = |s: &Self| s.settings().input_tensor_meta, set = |s: &Self, v| s.settings().input_tensor_meta = v,
        default = false, mutable_ready)]
    #[property(name = "clip-object-outside-roi", type = bool, nick = "Clip Object Outside Roi",
        blurb = "Clip boxes to nvdspreprocess' regions; without effect, as nothing is parsed here",
        get = |s: &Self| s.settings().clip_object_outside_roi,
        set = |s: &Self, v| s.settings().clip_object_outside_roi = v,
        default = true, mutable_ready)]
    #[property(name = "crop-objects-to-roi-boundary", type = bool, nick = "Crop Object to Roi Boundary",
        blurb = "Clip boxes to the region of interest; without effect, as nothing is parsed here",
        get = |s: &Self| s.settings().crop_objects_to_roi_boundary,
        set = |s: &Self, v| s.settings().crop_objects_to_roi_boundary = v,
        default = false, mutable_ready)]
    #[property(name = "strongly-typed", type = bool, nick = "Strongly Typed",
        blurb = "TensorRT option; without effect",
        get = |s: &Self| s.settings().strongly_typed, set = |s: &Self, v| s.settings().strongly_typed = v,
        default = false, mutable_ready)]
    #[property(name = "dynamic-properties", type = String, nick = "Dynamic Properties",
        blurb = "TensorRT options; without effect",
        get = |s: &Self| s.settings().dynamic_properties.clone(),
        set = |s: &Self, v: Option<String>| s.settings().dynamic_properties = v.unwrap_or_default(),
        default = Some(""), mutable_ready)]
    settings: Mutex<Settings>,
    model: Model,
    /// Makes what takes the model's place.
    answers: Mutex<Option<MakeAnswers>>,
}

impl Infer {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`super::Infer::set_answers`].
    pub(super) fn set_answers(&self, make: MakeAnswers) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = Some(make);
    }

    /// What answers instead of a model, or the model.
    fn engine(
        &self,
        config: &NvinferConfig,
        unique_id: u32,
        batch_size: u32,
    ) -> Result<Engine, EngineError> {
        let answers = self
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match answers {
            Some(make) => {
                let answers = make().map_err(EngineError::Answers)?;
                let preprocess = &config.preprocess;
                Ok(Engine::answered(answers, preprocess, unique_id, batch_size))
            }
            None => Engine::for_nvinfer(config, unique_id, batch_size),
        }
    }

    fn set_config_file_path(&self, path: Option<String>) {
        let path = path.unwrap_or_default();
        // Read before the lock is taken: the disk may be slow.
        let file = ConfigFile::read(&path, NvinferConfig::load);
        file.log_fault(*CAT, self.obj().upcast_ref());
        {
            let mut settings = self.settings();
            settings.config_file_path = path;
            settings.file = file;
        }
        self.config_named();
    }
}

impl Inferring for Infer {
    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn model(&self) -> &Model {
        &self.model
    }

    fn config_file_path(&self) -> String {
        self.settings().config_file_path.clone()
    }

    /// Loads configuration and model. Properties that were set win over the file.
    fn load(&self) -> Result<Runner, gst::ErrorMessage> {
        let settings = self.settings().clone();
        for (refused, what) in [
            (
                settings.process_mode == ProcessMode::Secondary,
                "process-mode=secondary",
            ),
            (settings.input_tensor_meta, "input-tensor-meta=true"),
            (settings.raw_output_file_write, "raw-output-file-write=true"),
        ] {
            if refused {
                return Err(element::settings_error(&format!(
                    "{what} cannot be honoured by the CPU stand-in"
                )));
            }
        }
        let config = settings.file.config()?;
        element::log_notes(&CAT, self.obj().upcast_ref(), &config.notes);
        let attach = settings.output_tensor_meta();
        if !attach {
            gst::warning!(
                CAT,
                imp = self,
                "neither the property nor {} has output-tensor-meta=1: nobody sees the tensors, the network is not run",
                config.file.display()
            );
        }
        let engine = self
            .engine(config, settings.unique_id(), settings.batch_size())
            .map_err(element::engine_error)?;
        gst::info!(
            CAT,
            imp = self,
            "{}: input {:?}, {} frames per run, outputs {:?}",
            config.file.display(),
            engine.network(),
            engine.frames_per_run(),
            engine.output_names()
        );
        Ok(Runner::new(
            engine,
            &self.obj().name(),
            settings.interval(),
            attach,
            config.stabilize_buffer_count,
        ))
    }

    fn reloaded(&self, path: &str, success: bool) {
        let code = i32::from(!success);
        self.obj()
            .emit_by_name::<()>(SIGNAL_MODEL_UPDATED, &[&code, &path]);
    }
}

#[glib::object_subclass]
impl ObjectSubclass for Infer {
    const NAME: &'static str = "GstNvInfer";
    type Type = super::Infer;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for Infer {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> =
            LazyLock::new(|| element::with_callbacks(Infer::derived_properties()));
        &PROPERTIES
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if element::is_callback(pspec) {
            element::callback_ignored(&CAT, self.obj().upcast_ref(), pspec);
        } else {
            self.derived_set_property(id, value, pspec);
        }
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        if element::is_callback(pspec) {
            glib::Value::from_type(glib::Type::POINTER)
        } else {
            self.derived_property(id, pspec)
        }
    }

    fn signals() -> &'static [Signal] {
        static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
            vec![
                Signal::builder(SIGNAL_MODEL_UPDATED)
                    .param_types([i32::static_type(), String::static_type()])
                    .build(),
            ]
        });
        &SIGNALS
    }

    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_passthrough(true);
    }
}

impl GstObjectImpl for Infer {}

impl ElementImpl for Infer {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NvInfer plugin",
                "NvInfer Plugin",
                "CPU stand-in: infers frames with ONNX Runtime and attaches the tensors",
                env!("CARGO_PKG_AUTHORS"),
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        element::pad_templates()
    }
}

element::base_transform!(Infer);
