#![allow(missing_docs)] // the derive makes accessors without any

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use glib::Properties;
use gst::subclass::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;
use nvds::Producer;

use crate::infer::config_file::ConfigFile;
use crate::infer::element::{self, Inferring, Model, class_ids};
use crate::infer::engine::{Engine, EngineError};
use crate::infer::model_repo::{self, RepositoryModel};
use crate::infer::postprocess::settings::{NetworkType, ObjectInput};
use crate::infer::postprocess::{Labels, Parser, Postprocessor};
use crate::infer::replay::{Asked, Replay};
use crate::infer::results::Results;
use crate::infer::runner::Runner;
use crate::infer::server_config::ServerConfig;
use crate::infer::substitute::{self, Substitute};
use crate::infer::types::Note;

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "nvinferserver",
        gst::DebugColorFlags::empty(),
        Some("CPU stand-in for nvinferserver"),
    )
});

/// 0, or -1, in a property leaves the value to the configuration file.
#[derive(Debug, Clone, Default)]
struct Settings {
    unique_id: u32,
    process_mode: u32,
    config_file_path: String,
    /// What it said when it was named; as in the stock element it is read no second time.
    file: ConfigFile<ServerConfig>,
    batch_size: u32,
    infer_on_gie_id: Option<i32>,
    infer_on_class_ids: String,
    input_tensor_meta: bool,
    interval: Option<u32>,
}

/// What counts, and what the properties read as: a value that was set, else the file's, else the default.
impl Settings {
    fn told<T: Default>(&self, set: Option<T>, file: impl Fn(&ServerConfig) -> T) -> T {
        set.or_else(|| self.file.get().map(file))
            .unwrap_or_default()
    }

    fn unique_id(&self) -> u32 {
        let set = Some(self.unique_id).filter(|&id| id != 0);
        self.told(set, |file| file.unique_id)
    }

    fn input_tensor_meta(&self) -> bool {
        let file = self.file.get();
        self.input_tensor_meta || file.is_some_and(|file| file.input_tensor_from_meta)
    }

    fn process_mode(&self) -> u32 {
        let set = Some(self.process_mode).filter(|&mode| mode != 0);
        self.told(set, |file| 1 + u32::from(file.on_objects))
    }

    fn batch_size(&self) -> u32 {
        let set = Some(self.batch_size).filter(|&size| size != 0);
        self.told(set, |file| file.max_batch_size)
    }

    fn infer_on_gie_id(&self) -> i32 {
        let told = self.file.get().and_then(|file| file.operate_on_gie_id);
        self.infer_on_gie_id.or(told).unwrap_or(-1)
    }

    fn interval(&self) -> u32 {
        self.told(self.interval, |file| file.interval)
    }

    /// Which objects are inferred; a property that was set counts and not the file.
    fn objects(&self, config: &ServerConfig) -> Result<ObjectInput, gst::ErrorMessage> {
        let mut objects = config.objects.clone();
        objects.gie_id = self.infer_on_gie_id();
        if !self.infer_on_class_ids.is_empty() {
            objects.class_ids = class_ids("infer-on-class-ids", &self.infer_on_class_ids)?;
        }
        Ok(objects)
    }
}

/// See the module.
#[derive(Default, Properties)]
#[properties(wrapper_type = super::InferServer)]
pub struct InferServer {
    #[property(name = "unique-id", type = u32, nick = "Unique ID",
        blurb = "Number that tells this element's tensors from others'; 0 takes infer_config.unique_id",
        get = |s: &Self| s.settings().unique_id(), set = |s: &Self, v| s.settings().unique_id = v,
        default = 0, mutable_ready)]
    #[property(name = "process-mode", type = u32, nick = "Process Mode",
        blurb = "0 takes the configuration's, 1 infers full frames, 2 objects",
        get = |s: &Self| s.settings().process_mode(), set = |s: &Self, v| s.settings().process_mode = v,
        maximum = 2, default = 0, mutable_ready)]
    #[property(name = "config-file-path", type = String, nick = "Config File Path",
        blurb = "Configuration in nvinferserver's protobuf text format; another file while playing loads another model",
        get = |s: &Self| s.settings().config_file_path.clone(), set = Self::set_config_file_path,
        default = Some(""), mutable_playing)]
    #[property(name = "batch-size", type = u32, nick = "Batch Size",
        blurb = "Most frames in one inference; 0 takes infer_config.max_batch_size",
        get = |s: &Self| s.settings().batch_size(), set = |s: &Self, v| s.settings().batch_size = v,
        maximum = 1024, default = 0, mutable_ready)]
    #[property(name = "infer-on-gie-id", type = i32, nick = "Infer on Gie ID",
        blurb = "With process-mode=2: objects of which element to infer, -1 for all",
        get = |s: &Self| s.settings().infer_on_gie_id(), set = |s: &Self, v| s.settings().infer_on_gie_id = Some(v),
        minimum = -1, default = -1, mutable_ready)]
    #[property(name = "infer-on-class-ids", type = String, nick = "Infer on Class ids",
        blurb = "With process-mode=2: objects of which classes to infer, as 0:2:3",
        get = |s: &Self| s.settings().infer_on_class_ids.clone(),
        set = |s: &Self, v: Option<String>| s.settings().infer_on_class_ids = v.unwrap_or_default(),
        default = Some(""), mutable_ready)]
    #[property(name = "input-tensor-meta", type = bool, nick = "Input Tensor Meta",
        blurb = "Take tensors of nvdspreprocess as input, as the configuration's input_tensor_from_meta has it as well",
        get = |s: &Self| s.settings().input_tensor_meta(), set = |s: &Self, v| s.settings().input_tensor_meta = v,
        default = false, mutable_ready)]
    #[property(name = "interval", type = u32, nick = "Interval",
        blurb = "Batches to skip after each one inferred; where not set, input_control.interval counts",
        get = |s: &Self| s.settings().interval(), set = |s: &Self, v| s.settings().interval = Some(v),
        maximum = i32::MAX as u32, default = 0, mutable_ready)]
    settings: Mutex<Settings>,
    model: Model,
}

impl InferServer {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The model in its repository, or what stands in for it.
    fn engine(
        &self,
        config: &ServerConfig,
        unique_id: u32,
        batch_size: u32,
    ) -> Result<Engine, gst::ErrorMessage> {
        let substitute = Substitute::from_environment(unique_id).map_err(element::config_error)?;
        let model = match substitute {
            Some(Substitute::Recording(location)) if self.settings().input_tensor_meta() => {
                return Err(element::config_error(substitute::no_regions(&location)));
            }
            Some(Substitute::Recording(location)) => {
                let asked = Asked {
                    unique_id,
                    size: None,
                    padding: padding(config),
                };
                let answers = Replay::open(&location, asked)
                    .map_err(|what| element::engine_error(EngineError::Answers(what)))?;
                let (answers, preprocess) = (Box::new(answers), &config.preprocess);
                let engine = Engine::answered(answers, preprocess, unique_id, batch_size);
                return Ok(engine.by(Producer::NvInferServer));
            }
            Some(Substitute::Onnx(file)) => RepositoryModel::of_file(file),
            None => {
                let place = &config.model;
                config
                    .repository(unique_id)
                    .and_then(|roots| {
                        model_repo::find(&roots, &place.name, place.version, place.strict)
                    })
                    .map_err(element::config_error)?
            }
        };
        element::log_notes(&CAT, self.obj().upcast_ref(), &model.notes);
        let (engine, notes) = Engine::for_server(config, &model, unique_id, batch_size)
            .map_err(element::engine_error)?;
        element::log_notes(&CAT, self.obj().upcast_ref(), &notes);
        Ok(engine)
    }

    fn set_config_file_path(&self, path: Option<String>) {
        let path = path.unwrap_or_default();
        // Read before the lock is taken: the disk may be slow.
        let file = ConfigFile::read(&path, ServerConfig::load);
        file.log_fault(*CAT, self.obj().upcast_ref());
        {
            let mut settings = self.settings();
            settings.config_file_path = path;
            settings.file = file;
        }
        self.config_named();
    }
}

/// Kept aspect, symmetric padding.
fn padding(config: &ServerConfig) -> (bool, bool) {
    let preprocess = &config.preprocess;
    (
        preprocess.maintain_aspect_ratio,
        preprocess.symmetric_padding,
    )
}

/// What makes results of tensors.
fn postprocessor(
    config: &ServerConfig,
    notes: &mut Vec<Note>,
) -> Result<Postprocessor, gst::ErrorMessage> {
    let settings = config.postprocess.shared.clone();
    let labels = Labels::of(&settings, notes).map_err(element::config_error)?;
    let parser = Parser::of(&settings).map_err(|what| element::settings_error(&what))?;
    Postprocessor::new(settings, labels, parser).map_err(|what| element::settings_error(&what))
}

impl Inferring for InferServer {
    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn model(&self) -> &Model {
        &self.model
    }

    fn config_file_path(&self) -> String {
        self.settings().config_file_path.clone()
    }

    /// Loads configuration and model.
    fn load(&self) -> Result<Runner, gst::ErrorMessage> {
        let settings = self.settings().clone();
        let config = settings.file.config()?;
        let mut notes = config.notes.clone();
        notes.extend(substitute::remarks(settings.unique_id()));
        element::log_notes(&CAT, self.obj().upcast_ref(), &notes);
        config.check().map_err(element::config_error)?;
        let (unique_id, batch_size) = (settings.unique_id(), settings.batch_size());
        for (name, counts, file) in [
            ("batch-size", batch_size, config.max_batch_size),
            ("unique-id", unique_id, config.unique_id),
        ] {
            if counts != file {
                element::file_overridden(self.obj().upcast_ref(), name, counts);
            }
        }
        notes.clear();
        let post = postprocessor(config, &mut notes)?;
        element::log_notes(&CAT, self.obj().upcast_ref(), &notes);
        let parses = post.settings().network_type != NetworkType::Other;
        let prepared = settings.input_tensor_meta();
        // nvdspreprocess has chosen the objects.
        let on_objects = settings.process_mode() == 2 && !prepared;
        let objects = on_objects.then(|| settings.objects(config));
        let engine = self.engine(config, unique_id, batch_size)?;
        gst::info!(
            CAT,
            imp = self,
            "{}: input {:?}, {} frames per run, outputs {:?}, parsed: {parses}",
            config.model.name,
            engine.network(),
            engine.frames_per_run(),
            engine.output_names()
        );
        let padding = padding(config);
        let results = Results::new(
            post,
            unique_id,
            objects.transpose()?,
            engine.network(),
            padding,
        );
        let runner = Runner::new(
            engine,
            results,
            &self.obj().name(),
            settings.interval(),
            config.output_tensor_meta,
            0,
        );
        Ok(match prepared {
            true => runner.on_prepared(unique_id, None, config.clip_object_outside_roi),
            false => runner,
        })
    }
}

#[glib::object_subclass]
impl ObjectSubclass for InferServer {
    const NAME: &'static str = "GstNvInferServer";
    type Type = super::InferServer;
    type ParentType = gst_base::BaseTransform;
}

impl ObjectImpl for InferServer {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> =
            LazyLock::new(|| element::with_callbacks(InferServer::derived_properties()));
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

    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_passthrough(true);
    }
}

impl GstObjectImpl for InferServer {}

impl ElementImpl for InferServer {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "NvInferServer plugin",
                "NvInferServer Plugin",
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

element::base_transform!(InferServer);
