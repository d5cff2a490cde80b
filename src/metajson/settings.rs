//! What the properties say.

use super::{Emit, Fields};

pub const DEFAULT_LOCATION: &str = "-";
pub const DEFAULT_MAX_SIZE: u64 = 0;
pub const DEFAULT_FIELDS: Fields =
    Fields::all().difference(Fields::EMBEDDINGS.union(Fields::KEY_POINT_NAMES));
pub const DEFAULT_FLUSH_INTERVAL: u32 = 1000;

#[derive(Debug, Clone)]
pub struct Settings {
    pub location: String,
    pub max_size: u64,
    pub flush_interval: u32,
    pub fields: Fields,
    pub emit: Emit,
    pub metrics_file: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            location: DEFAULT_LOCATION.into(),
            max_size: DEFAULT_MAX_SIZE,
            flush_interval: DEFAULT_FLUSH_INTERVAL,
            fields: DEFAULT_FIELDS,
            emit: Emit::default(),
            metrics_file: None,
        }
    }
}
