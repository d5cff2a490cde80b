//! The files that are replayed, one for each buffer.

use std::path::Path;
use std::sync::Arc;

use super::comparison::Comparison;
use crate::location::Location;
use crate::recording::error::ReadError;
use crate::recording::read::{self, Recording};

/// The files, one after the other.
pub struct Files {
    /// Their names.
    pub location: Location,
    /// Number of the first.
    pub first: u64,
    /// Width and height of the network's input in pixels, for files that do not tell them; 0 where not known.
    pub network_size: (u32, u32),
    /// How many were used since the first.
    pub used: u64,
    /// Nothing is looked for any more.
    pub ended: bool,
    /// Of the stream with the one that was recorded.
    pub comparison: Comparison,
    /// The one read last, with its number: a loop over one file reads it once.
    pub last: (u64, Arc<Recording>),
}

impl Files {
    /// The file that was used `used` files after the first, `None` behind the last.
    ///
    /// # Errors
    /// When it is there and cannot be replayed.
    pub fn get(&mut self) -> Result<Option<Arc<Recording>>, gst::ErrorMessage> {
        let number = self.first + self.used;
        if number == self.last.0 {
            return Ok(Some(Arc::clone(&self.last.1)));
        }
        if !self.location.is_pattern() {
            return Ok(None);
        }
        let path = self.location.path(number);
        match read::load(&path, self.network_size) {
            Ok(recording) => {
                let recording = Arc::new(recording);
                self.last = (number, Arc::clone(&recording));
                Ok(Some(recording))
            }
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(read_error(&path, &error)),
        }
    }
}

/// The error of a file that cannot be replayed, with its name.
pub fn read_error(path: &Path, error: &ReadError) -> gst::ErrorMessage {
    let path = path.display();
    let text = format!("{path} cannot be replayed: {error}");
    match error {
        error if error.is_not_found() => gst::error_msg!(gst::ResourceError::NotFound, ("{text}")),
        ReadError::Io(_) => gst::error_msg!(gst::ResourceError::Read, ("{text}")),
        ReadError::NoNetworkSize(_) => gst::error_msg!(gst::LibraryError::Settings, ("{text}")),
        _ => gst::error_msg!(gst::StreamError::Decode, ("{text}")),
    }
}
