//! Files that are written whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file whole or not at all: first beside it, under its name with `ending`, then renamed. A file of the same
/// name is replaced, a link too. With `fsync`, it is on the disk afterwards, whatever happens to the machine.
///
/// # Errors
/// As the file system's. Nothing is left behind then.
pub fn replace(path: &Path, ending: &str, bytes: &[u8], fsync: bool) -> io::Result<()> {
    let mut temporary = OsString::from(path);
    temporary.push(ending);
    // Left by a process that was killed; a link must not lead elsewhere.
    fs::remove_file(&temporary).ok();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary)?;
    let mut write = || {
        file.write_all(bytes)?;
        if fsync {
            // Before it gets its name: a name must not lead to a file without content.
            file.sync_all()?;
        }
        fs::rename(&temporary, path)
    };
    if let Err(error) = write() {
        fs::remove_file(&temporary).ok();
        return Err(error);
    }
    match path.parent() {
        // The name itself is in the folder.
        Some(folder) if fsync => File::open(match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        })?
        .sync_all(),
        _ => Ok(()),
    }
}
