#![allow(missing_docs)] // the derive makes accessors without any

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::Properties;
use glib::subclass::Signal;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use super::settings::{DEFAULT_UNIQUE_ID, Settings};
use super::stand_ins::StandIns;
use super::{MakeAnswers, MakeParser, ProcessMode};
use crate::infer::config_file::ConfigFile;
use crate::infer::element::{self, Inferring, Model};
use crate::infer::engine::{Engine, EngineError};
use crate::infer::nvinfer_config::NvinferConfig;
use crate::infer::postprocess::settings::{NetworkType, Postprocess};
use crate::infer::postprocess::{Labels, Parser, Postprocessor};
use crate::infer::replay::{Asked, Replay};
use crate::infer::results::Results;
use crate::infer::runner::Runner;
use crate::infer::substitute::{self, Substitute};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvinfer",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for nvinfer"),
    )
});

const SIGNAL_MODEL_UPDATED: &str = "model-updated";

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
        blurb = "Full frames or objects; where not set, the configuration's process-mode counts",
        get = |s: &Self| s.settings().process_mode(),
        set = |s: &Self, v| s.settings().process_mode = Some(v),
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
        blurb = "With process-mode=secondary: objects of which element to infer, -1 for all; where not set, operate-on-gie-id counts",
        get = |s: &Self| s.settings().infer_on_gie_id(), set = |s: &Self, v| s.settings().infer_on_gie_id = Some(v),
        minimum = -1, default = -1, mutable_ready)]
    #[property(name = "infer-on-class-ids", type = String, nick = "Operate on Class ids",
        blurb = "With process-mode=secondary: objects of which classes to infer, as 0:2:3; where not set, operate-on-class-ids counts",
        get = |s: &Self| s.settings().infer_on_class_ids.clone().unwrap_or_default(),
        set = |s: &Self, v: Option<String>| s.settings().infer_on_class_ids = v,
        default = Some(""), mutable_ready)]
    #[property(name = "filter-out-class-ids", type = String, nick = "Ignore metadata for class ids",
        blurb = "Classes of objects to leave out, as 0;2;3, instead of those of a configuration named before; those of one named after come to them",
        get = |s: &Self| s.settings().filter_out_class_ids(),
        set = |s: &Self, v: Option<String>| s.settings().filter_out_class_ids = Some(v.unwrap_or_default()),
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
        blurb = "Attach instance masks; where not set, the configuration's output-instance-mask counts",
        get = |s: &Self| s.settings().output_instance_mask(),
        set = |s: &Self, v| s.settings().output_instance_mask = Some(v),
        default = false, mutable_ready)]
    #[property(name = "input-tensor-meta", type = bool, nick = "Input Tensor Meta",
        blurb = "Take tensors of nvdspreprocess as input; where not set, the configuration's input-tensor-from-meta counts",
        get = |s: &Self| s.settings().input_tensor_meta(),
        set = |s: &Self, v| s.settings().input_tensor_meta = Some(v),
        default = false, mutable_ready)]
    #[property(name = "clip-object-outside-roi", type = bool, nick = "Clip Object Outside Roi",
        blurb = "With input-tensor-meta: cut boxes at the edges of nvdspreprocess' regions",
        get = |s: &Self| s.settings().clip_object_outside_roi,
        set = |s: &Self, v| s.settings().clip_object_outside_roi = v,
        default = true, mutable_ready)]
    #[property(name = "crop-objects-to-roi-boundary", type = bool, nick = "Crop Object to Roi Boundary",
        blurb = "Clip boxes to the region of interest; where not set, the configuration's key counts",
        get = |s: &Self| s.settings().crop_objects_to_roi_boundary(),
        set = |s: &Self, v| s.settings().crop_objects_to_roi_boundary = Some(v),
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
    /// What takes the place of what is not here.
    stand_ins: Mutex<StandIns>,
}

impl Infer {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stand_ins(&self) -> MutexGuard<'_, StandIns> {
        self.stand_ins
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`super::Infer::set_answers`].
    pub(super) fn set_answers(&self, make: MakeAnswers) {
        self.stand_ins().answers = Some(make);
    }

    /// See [`super::Infer::set_parsers`].
    pub(super) fn set_parsers(&self, make: MakeParser) {
        self.stand_ins().parsers = Some(make);
    }

    /// See [`super::Infer::set_opencv`].
    pub(super) fn set_opencv(&self, opencv: bool) {
        self.stand_ins().opencv = Some(opencv);
    }

    /// What answers instead of a model, or the model.
    fn engine(
        &self,
        config: &NvinferConfig,
        unique_id: u32,
        batch_size: u32,
    ) -> Result<Engine, EngineError> {
        let answers = self.stand_ins().answers.clone();
        let preprocess = &config.preprocess;
        if let Some(make) = answers {
            let answers = make().map_err(EngineError::Answers)?;
            return Ok(Engine::answered(answers, preprocess, unique_id, batch_size));
        }
        let prepared = self.settings().input_tensor_meta();
        match Substitute::from_environment(unique_id)? {
            Some(Substitute::Recording(location)) if prepared => {
                Err(substitute::no_regions(&location).into())
            }
            None => Engine::for_nvinfer(config, unique_id, batch_size),
            Some(Substitute::Onnx(file)) => {
                Engine::for_nvinfer(&config.with_onnx(file), unique_id, batch_size)
            }
            Some(Substitute::Recording(location)) => {
                let asked = Asked {
                    unique_id,
                    size: config.infer_dims.map(|[_, h, w]| (w as u32, h as u32)),
                    padding: (
                        preprocess.maintain_aspect_ratio,
                        preprocess.symmetric_padding,
                    ),
                };
                let answers = Replay::open(&location, asked).map_err(EngineError::Answers)?;
                let answers = Box::new(answers);
                Ok(Engine::answered(answers, preprocess, unique_id, batch_size))
            }
        }
    }

    /// That there is a network to run, or what answers in its place: of a file with a network that cannot be run here that is
    /// what matters, before whatever else is missing.
    fn check_network(&self, config: &NvinferConfig, unique_id: u32) -> Result<(), EngineError> {
        if self.stand_ins().answers.is_none() && Substitute::from_environment(unique_id)?.is_none()
        {
            config.onnx_file(unique_id)?;
        }
        Ok(())
    }

    /// What makes results of tensors.
    fn postprocessor(
        &self,
        mut settings: Postprocess,
        config: &NvinferConfig,
    ) -> Result<Postprocessor, gst::ErrorMessage> {
        let stand_ins = self.stand_ins().clone();
        settings.opencv = stand_ins.opencv();
        let parser = stand_ins.parser(&settings)?;
        config
            .check_with(settings.output_instance_mask, parser.is_some())
            .map_err(element::config_error)?;
        let mut notes = Vec::new();
        let labels = Labels::of(&settings, &mut notes).map_err(element::config_error)?;
        element::log_notes(&CAT, self.obj().upcast_ref(), &notes);
        let parser = match parser {
            Some(parser) => Parser::Library(parser),
            None => Parser::of(&settings).map_err(|what| element::settings_error(&what))?,
        };
        Postprocessor::new(settings, labels, parser).map_err(|what| element::settings_error(&what))
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
            settings.config_named();
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
        settings.check()?;
        let config = settings.file.config()?;
        let mut notes = config.notes.clone();
        notes.extend(substitute::remarks(settings.unique_id()));
        element::log_notes(&CAT, self.obj().upcast_ref(), &notes);
        if settings.unique_id.is_none() && config.unique_id.is_none() {
            return Err(element::config_error(config.no_unique_id()));
        }
        self.check_network(config, settings.unique_id())
            .map_err(element::engine_error)?;
        config.check_labels().map_err(element::config_error)?;
        let post = self.postprocessor(settings.postprocess(config)?, config)?;
        let parses = post.settings().network_type != NetworkType::Other;
        let prepared = settings.input_tensor_meta();
        let objects = match settings.process_mode() {
            // nvdspreprocess has chosen the objects.
            _ if prepared => None,
            ProcessMode::Secondary => Some(settings.objects(config)?),
            ProcessMode::Primary => None,
        };
        let attach = settings.output_tensor_meta();
        if !attach && !parses {
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
        let preprocess = &config.preprocess;
        let results = Results::new(
            post,
            settings.unique_id(),
            objects,
            engine.network(),
            (
                preprocess.maintain_aspect_ratio,
                preprocess.symmetric_padding,
            ),
        );
        let runner = Runner::new(
            engine,
            results,
            &self.obj().name(),
            settings.interval(),
            attach,
            config.stabilize_buffer_count,
        );
        Ok(match prepared {
            true => runner.on_prepared(
                settings.unique_id(),
                Some(settings.gpu_id()),
                settings.clip_object_outside_roi,
            ),
            false => runner,
        })
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
