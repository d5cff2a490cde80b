//! Who writes which file. Two writers of one file would mix what they write.

use std::fs::{self, File, Metadata, TryLockError};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is written to, and by whom.
#[derive(Debug)]
struct Entry {
    number: u64,
    owner: String,
    /// Of files that are replaced, and of those that are not there yet.
    path: Option<PathBuf>,
    /// Device and inode.
    file: Option<(u64, u64)>,
}

#[derive(Debug)]
struct Table {
    next: u64,
    entries: Vec<Entry>,
}

/// All of this process.
static TABLE: Mutex<Table> = Mutex::new(Table {
    next: 0,
    entries: Vec::new(),
});

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The right to write a file, as long as it is kept.
#[derive(Debug)]
pub struct Claim(u64);

impl Claim {
    /// Of a file's name, whether it is there or not. `None` for devices, which take what anybody writes.
    ///
    /// # Errors
    /// Who writes it, too.
    pub fn name(path: &Path, owner: &str) -> Result<Option<Self>, String> {
        match fs::metadata(path) {
            Ok(found) if !is_mixed(&found) => Ok(None),
            _ => Self::of(owner, Some(absolute(path)), None).map(Some),
        }
    }

    /// Of an open file. `None` for devices.
    ///
    /// # Errors
    /// Who writes it, too.
    pub fn file(file: &File, owner: &str) -> Result<Option<Self>, String> {
        match file.metadata() {
            Ok(found) if is_mixed(&found) => {
                Self::of(owner, None, Some((found.dev(), found.ino()))).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn of(owner: &str, path: Option<PathBuf>, file: Option<(u64, u64)>) -> Result<Self, String> {
        let mut table = table();
        let same = |entry: &&Entry| {
            (path.is_some() && entry.path == path) || (file.is_some() && entry.file == file)
        };
        if let Some(other) = table.entries.iter().find(same) {
            return Err(other.owner.clone());
        }
        let number = table.next;
        table.next += 1;
        table.entries.push(Entry {
            number,
            owner: owner.to_owned(),
            path,
            file,
        });
        Ok(Self(number))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        table().entries.retain(|entry| entry.number != self.0);
    }
}

/// Whether lines of two writers would mix: files and FIFOs.
fn is_mixed(found: &Metadata) -> bool {
    found.is_file() || found.file_type().is_fifo()
}

/// A name without links, of a file that need not be there.
fn absolute(path: &Path) -> PathBuf {
    if let Ok(found) = fs::canonicalize(path) {
        return found;
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Locks an open file against writers in other processes, as far as the file system can. Returns whether nobody else has
/// it.
pub fn lock(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_writer_whatever_its_name() {
        let folder = std::env::temp_dir().join(format!("rsnvds-claims-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = |name: &str| folder.join(name);
        let first = Claim::name(&path("a"), "first").unwrap().unwrap();
        let again = folder.join("..").join(folder.file_name().unwrap());
        assert_eq!(
            Claim::name(&again.join("a"), "second").unwrap_err(),
            "first"
        );
        drop(first);
        let file = File::create(path("a")).unwrap();
        let _held = Claim::file(&file, "third").unwrap().unwrap();
        fs::hard_link(path("a"), path("b")).unwrap();
        let link = File::open(path("b")).unwrap();
        assert_eq!(Claim::file(&link, "fourth").unwrap_err(), "third");
        assert!(
            Claim::name(Path::new("/dev/null"), "any")
                .unwrap()
                .is_none()
        );
        assert!(lock(&file));
        assert!(!lock(&link), "another opening");
        fs::remove_dir_all(folder).unwrap();
    }
}
