//! What the properties and the configuration file amount to.

use std::collections::BTreeSet;

use super::ProcessMode;
use crate::infer::config_file::ConfigFile;
use crate::infer::element::{class_ids, settings_error};
use crate::infer::nvinfer_config::NvinferConfig;
use crate::infer::postprocess::settings::{ClassId, NetworkType, ObjectInput, Postprocess};

pub(super) const DEFAULT_UNIQUE_ID: u32 = 15;

/// `None` stands for a property that was not set: the configuration file counts then.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) unique_id: Option<u32>,
    pub(super) process_mode: Option<ProcessMode>,
    pub(super) config_file_path: String,
    /// What it said when it was named; as in the stock element it is read no second time.
    pub(super) file: ConfigFile<NvinferConfig>,
    pub(super) batch_size: Option<u32>,
    pub(super) interval: Option<u32>,
    pub(super) infer_on_gie_id: Option<i32>,
    pub(super) infer_on_class_ids: Option<String>,
    pub(super) filter_out_class_ids: String,
    pub(super) model_engine_file: String,
    pub(super) gpu_id: Option<u32>,
    pub(super) raw_output_file_write: bool,
    pub(super) output_tensor_meta: Option<bool>,
    pub(super) output_instance_mask: Option<bool>,
    pub(super) input_tensor_meta: bool,
    pub(super) clip_object_outside_roi: bool,
    pub(super) crop_objects_to_roi_boundary: Option<bool>,
    pub(super) strongly_typed: bool,
    pub(super) dynamic_properties: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unique_id: None,
            process_mode: None,
            config_file_path: String::new(),
            file: ConfigFile::default(),
            batch_size: None,
            interval: None,
            infer_on_gie_id: None,
            infer_on_class_ids: None,
            filter_out_class_ids: String::new(),
            model_engine_file: String::new(),
            gpu_id: None,
            raw_output_file_write: false,
            output_tensor_meta: None,
            output_instance_mask: None,
            input_tensor_meta: false,
            clip_object_outside_roi: true,
            crop_objects_to_roi_boundary: None,
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

    pub(super) fn unique_id(&self) -> u32 {
        self.told(self.unique_id, |file| file.unique_id)
            .unwrap_or(DEFAULT_UNIQUE_ID)
    }

    pub(super) fn process_mode(&self) -> ProcessMode {
        let file = |file: &NvinferConfig| {
            file.on_objects.map(|on_objects| match on_objects {
                true => ProcessMode::Secondary,
                false => ProcessMode::Primary,
            })
        };
        self.told(self.process_mode, file).unwrap_or_default()
    }

    pub(super) fn batch_size(&self) -> u32 {
        self.told(self.batch_size, |file| file.batch_size)
            .unwrap_or(1)
    }

    pub(super) fn interval(&self) -> u32 {
        self.told(self.interval, |file| file.interval).unwrap_or(0)
    }

    pub(super) fn infer_on_gie_id(&self) -> i32 {
        self.told(self.infer_on_gie_id, |file| file.operate_on_gie_id)
            .unwrap_or(-1)
    }

    pub(super) fn gpu_id(&self) -> u32 {
        self.told(self.gpu_id, |file| file.gpu_id).unwrap_or(0)
    }

    pub(super) fn output_tensor_meta(&self) -> bool {
        self.told(self.output_tensor_meta, |file| file.output_tensor_meta)
            .unwrap_or(false)
    }

    pub(super) fn output_instance_mask(&self) -> bool {
        let file = |file: &NvinferConfig| Some(file.postprocess.output_instance_mask);
        self.told(self.output_instance_mask, file).unwrap_or(false)
    }

    pub(super) fn crop_objects_to_roi_boundary(&self) -> bool {
        let file = |file: &NvinferConfig| Some(file.postprocess.crop_objects_to_roi);
        self.told(self.crop_objects_to_roi_boundary, file)
            .unwrap_or(false)
    }

    /// That no property asks for what cannot be done.
    pub(super) fn check(&self) -> Result<(), gst::ErrorMessage> {
        let refused = [
            (
                self.input_tensor_meta,
                "input-tensor-meta=true cannot be honoured by the CPU stand-in: tensors of nvdspreprocess are not read [prepared-input]",
            ),
            (
                self.raw_output_file_write,
                "raw-output-file-write=true cannot be honoured by the CPU stand-in: rstensorrecord writes tensors to files [tensor-files]",
            ),
        ];
        match refused.iter().find(|(refused, _)| *refused) {
            Some((_, message)) => Err(settings_error(message)),
            None => Ok(()),
        }
    }

    /// What becomes of the tensors.
    pub(super) fn postprocess(
        &self,
        config: &NvinferConfig,
    ) -> Result<Postprocess, gst::ErrorMessage> {
        let mut all = config.postprocess.clone();
        all.output_instance_mask = self.output_instance_mask();
        all.crop_objects_to_roi = self.crop_objects_to_roi_boundary();
        // As in gst-nvinfer, the property's classes come to those of the file.
        let told: BTreeSet<ClassId> =
            class_ids("filter-out-class-ids", &self.filter_out_class_ids)?;
        all.filter_out_classes.extend(told);
        if all.network_type == NetworkType::Other {
            return Ok(Postprocess {
                network_type: NetworkType::Other,
                ..Postprocess::default()
            });
        }
        Ok(all)
    }

    /// Which objects are inferred. One of the two properties overrides both keys, as in gst-nvinfer.
    pub(super) fn objects(&self, config: &NvinferConfig) -> Result<ObjectInput, gst::ErrorMessage> {
        let mut objects = config.objects.clone();
        if self.infer_on_gie_id.is_some() || self.infer_on_class_ids.is_some() {
            objects.gie_id = self.infer_on_gie_id.unwrap_or(-1);
            let ids = self.infer_on_class_ids.as_deref().unwrap_or_default();
            objects.class_ids = class_ids("infer-on-class-ids", ids)?;
        }
        Ok(objects)
    }
}
