//! The file that `config-file-path` names, read once when it is named.

use std::path::Path;
use std::sync::Arc;

use super::element::{config_error, settings_error};
use super::types::ConfigError;

/// What became of reading the file that `config-file-path` names; nothing where none is named.
#[derive(Debug, Clone)]
pub struct ConfigFile<C>(Option<Result<Arc<C>, ConfigError>>);

impl<C> Default for ConfigFile<C> {
    fn default() -> Self {
        Self(None)
    }
}

impl<C> ConfigFile<C> {
    /// Reads the file. Slow disks make this slow: no lock may be held.
    pub fn read(path: &str, load: impl Fn(&Path) -> Result<C, ConfigError>) -> Self {
        Self((!path.is_empty()).then(|| load(Path::new(path)).map(Arc::new)))
    }

    /// What the file says, if it could be read.
    pub fn get(&self) -> Option<&C> {
        self.0.as_ref()?.as_deref().ok()
    }

    /// The same for the start of the element, which fails without.
    pub fn config(&self) -> Result<&C, gst::ErrorMessage> {
        match &self.0 {
            Some(Ok(config)) => Ok(config),
            Some(Err(error)) => Err(config_error(error.clone())),
            None => Err(settings_error(
                "config-file-path is not set: name the element's configuration file",
            )),
        }
    }

    /// Logs what is wrong with the file, which otherwise shows at the start only.
    pub fn log_fault(&self, category: gst::DebugCategory, element: &gst::Element) {
        if let Some(Err(error)) = &self.0 {
            gst::warning!(category, obj = element, "{error}");
        }
    }
}
