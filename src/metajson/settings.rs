//! What the properties say.

use std::path::Path;

use super::{Emit, Fields};
use crate::skeleton::Skeleton;

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
    pub skeleton_files: Option<String>,
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
            skeleton_files: None,
        }
    }
}

impl Settings {
    /// Reads the files of `skeleton-files`. No lock may be held: this takes as long as the file system likes.
    ///
    /// # Errors
    /// Names the property, the file and what is wrong with it: two skeletons must differ in the number of points, by which
    /// an object's is told.
    pub fn skeletons(&self) -> Result<Vec<Skeleton>, String> {
        let mut all: Vec<(&str, Skeleton)> = Vec::new();
        let paths = self.skeleton_files.as_deref().unwrap_or_default();
        for path in paths.split(';').map(str::trim) {
            if path.is_empty() {
                continue;
            }
            let read = Skeleton::read(Path::new(path));
            let skeleton = read.map_err(|error| format!("skeleton-files: {error}"))?;
            let count = skeleton.points.len();
            if let Some((other, _)) = all.iter().find(|(_, s)| s.points.len() == count) {
                return Err(format!(
                    "skeleton-files: {other} and {path} both have {count} points, by which they are told apart: \
                     expected one of them"
                ));
            }
            all.push((path, skeleton));
        }
        Ok(all.into_iter().map(|(_, skeleton)| skeleton).collect())
    }
}
