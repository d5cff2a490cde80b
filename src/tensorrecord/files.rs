//! Files of recordings: room for them, and what goes wrong.

use std::io;
use std::path::Path;

use crate::location::Location;

/// Sees to it that no file of an earlier recording is there.
///
/// # Errors
/// When there are some and they are to stay, or cannot be deleted.
pub fn make_room(location: &Location, overwrite: bool) -> Result<(), gst::ErrorMessage> {
    let folder = location.folder();
    let existing = location.existing().map_err(|error| {
        let folder = folder.display();
        gst::error_msg!(
            gst::ResourceError::Read,
            ("{folder} cannot be read: {error}")
        )
    })?;
    match existing.first() {
        Some(first) if !overwrite => Err(gst::error_msg!(
            gst::ResourceError::OpenWrite,
            (
                "{} files of an earlier recording are there, the first is {}: a replay would take \
                 them for part of this one. Give another folder, or set overwrite=true to delete \
                 them",
                existing.len(),
                first.display()
            )
        )),
        _ => existing.iter().try_for_each(|path| {
            std::fs::remove_file(path).map_err(|error| {
                let path = path.display();
                gst::error_msg!(
                    gst::ResourceError::Write,
                    ("{path} cannot be deleted: {error}")
                )
            })
        }),
    }
}

/// The error of a file that was not written.
pub fn write_error(path: &Path, error: &io::Error) -> gst::ErrorMessage {
    let path = path.display();
    let kind = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            gst::ResourceError::NoSpaceLeft
        }
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => gst::ResourceError::OpenWrite,
        _ => gst::ResourceError::Write,
    };
    gst::error_msg!(
        kind,
        ("{path} cannot be written: {error}"),
        ["the folder of location must exist and take files; files written before are valid"]
    )
}
