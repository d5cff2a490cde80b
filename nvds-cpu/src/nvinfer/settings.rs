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
    /// `None` where not set since the configuration was named.
    pub(super) filter_out_class_ids: Option<String>,
    /// What was set before that.
    pub(super) filtered_before: Option<String>,
    pub(super) model_engine_file: String,
    pub(super) gpu_id: Option<u32>,
    pub(super) raw_output_file_write: bool,
    pub(super) output_tensor_meta: Option<bool>,
    pub(super) output_instance_mask: Option<bool>,
    pub(super) input_tensor_meta: Option<bool>,
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
            filter_out_class_ids: None,
            filtered_before: None,
            model_engine_file: String::new(),
            gpu_id: None,
            raw_output_file_write: false,
            output_tensor_meta: None,
            output_instance_mask: None,
            input_tensor_meta: None,
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
        match self.raw_output_file_write {
            true => Err(settings_error(
                "raw-output-file-write=true cannot be honoured by the CPU stand-in: rstensorrecord writes tensors to files [tensor-files]",
            )),
            false => Ok(()),
        }
    }

    pub(super) fn input_tensor_meta(&self) -> bool {
        self.told(self.input_tensor_meta, |file| file.input_tensor_from_meta)
            .unwrap_or(false)
    }

    /// The property as it reads: what was set last.
    pub(super) fn filter_out_class_ids(&self) -> String {
        let set = self.filter_out_class_ids.as_ref();
        set.or(self.filtered_before.as_ref())
            .cloned()
            .unwrap_or_default()
    }

    /// To be called when a configuration is named. Its classes come to those that the property had then.
    pub(super) fn config_named(&mut self) {
        if let Some(set) = self.filter_out_class_ids.take() {
            self.filtered_before = Some(set);
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
        // As in gst-nvinfer, where both fill one set: the property clears it first, the file does not.
        let set = self.filter_out_class_ids.as_ref();
        let told = set.or(self.filtered_before.as_ref());
        let told = told.map_or("", String::as_str);
        let told: BTreeSet<ClassId> = class_ids("filter-out-class-ids", told)?;
        if set.is_some() {
            all.filter_out_classes.clear();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const DETECTOR: &str = "[property]\ngie-unique-id=1\nnum-detected-classes=4\nonnx-file=m.onnx\nfilter-out-class-ids=1\n";

    fn named() -> ConfigFile<NvinferConfig> {
        ConfigFile::read("/c.txt", |file| NvinferConfig::parse(DETECTOR, file))
    }

    /// The classes that are left out.
    fn left_out(settings: &Settings) -> Vec<ClassId> {
        let config = settings.file.config().unwrap();
        let all = settings.postprocess(config).unwrap();
        all.filter_out_classes.into_iter().collect()
    }

    #[test]
    fn filter_out_class_ids_replaces_those_of_a_configuration_named_before() {
        let mut settings = Settings {
            file: named(),
            ..Settings::default()
        };
        settings.config_named();
        assert_eq!(left_out(&settings), [1]);
        settings.filter_out_class_ids = Some("2;3".to_owned());
        assert_eq!(left_out(&settings), [2, 3]);
        settings.filter_out_class_ids = Some(String::new());
        assert!(left_out(&settings).is_empty(), "an empty text clears them");
        // A configuration named after that adds to what is set.
        settings.filter_out_class_ids = Some("2".to_owned());
        settings.config_named();
        assert_eq!(left_out(&settings), [1, 2]);
        assert_eq!(settings.filter_out_class_ids(), "2");
        settings.filter_out_class_ids = Some("0".to_owned());
        assert_eq!(left_out(&settings), [0]);
    }
}
