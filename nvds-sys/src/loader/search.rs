//! Where the libraries may be, and what the process has mapped.

use std::path::{Path, PathBuf};

use super::{GST_LIBRARY, META_LIBRARY};

const SDK_ROOT: &str = "/opt/nvidia/deepstream";
pub(super) const DEPS_DIR: &str = ".deps/nvds";

/// Where to look, apart from the environment variable.
pub(super) struct Candidates {
    pub(super) loaded: Option<PathBuf>,
    pub(super) loaded_meta: Option<PathBuf>,
    pub(super) folders: Vec<PathBuf>,
}

impl Candidates {
    /// What belongs to a library that is loaded already: both, or the first one's neighbour in the
    /// folder of the second, which an application may have linked alone.
    pub(super) fn in_process(&self) -> Option<(PathBuf, Option<PathBuf>)> {
        match (&self.loaded, &self.loaded_meta) {
            (Some(gst), meta) => Some((gst.clone(), meta.clone())),
            (None, Some(meta)) => Some((meta.with_file_name(GST_LIBRARY), Some(meta.clone()))),
            (None, None) => None,
        }
    }

    pub(super) fn of_this_process() -> Self {
        let maps = own_maps();
        let here = Self::of_this_process as *const () as usize;
        let mut folders = sdk_folders(Path::new(SDK_ROOT));
        let deps = mapped_at(&maps, here)
            .into_iter()
            .flat_map(|file| {
                file.ancestors()
                    .skip(1)
                    .map(Path::to_owned)
                    .collect::<Vec<_>>()
            })
            .map(|dir| dir.join(DEPS_DIR))
            .find(|dir| dir.is_dir());
        folders.extend(deps);
        Self {
            loaded: mapped_file(&maps, GST_LIBRARY),
            loaded_meta: mapped_file(&maps, META_LIBRARY),
            folders,
        }
    }
}

/// Library folders below the SDK's root: the unversioned link first, then the newest version.
pub(super) fn sdk_folders(root: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|n| n.to_str());
            name.is_some_and(|n| n.starts_with("deepstream-"))
        })
        .collect();
    versions.sort_by_key(|path| std::cmp::Reverse(version_of(path)));
    let mut folders = vec![root.join("deepstream/lib")];
    folders.extend(versions.into_iter().map(|v| v.join("lib")));
    folders
}

/// The numbers in `deepstream-9.1`, for sorting: 10.0 is newer than 9.1.
fn version_of(path: &Path) -> Vec<u32> {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
    name.split(['-', '.'])
        .filter_map(|part| part.parse().ok())
        .collect()
}

/// Path of the first mapped file with this base name.
pub(super) fn mapped_file(maps: &str, name: &str) -> Option<PathBuf> {
    maps.lines()
        .filter_map(map_path)
        .find(|path| path.file_name().is_some_and(|n| n == name))
        .map(Path::to_owned)
}

/// Path of the file whose mapping covers this address.
pub(super) fn mapped_at(maps: &str, address: usize) -> Option<PathBuf> {
    maps.lines()
        .find(|line| {
            let range = line.split(' ').next().and_then(|r| r.split_once('-'));
            range.is_some_and(|(from, to)| {
                let from = usize::from_str_radix(from, 16);
                let to = usize::from_str_radix(to, 16);
                matches!((from, to), (Ok(from), Ok(to)) if (from..to).contains(&address))
            })
        })
        .and_then(map_path)
        .map(Path::to_owned)
}

/// The path column of a line of /proc/self/maps, of a file that is still there or was replaced.
pub(super) fn map_path(line: &str) -> Option<&Path> {
    let path = &line[line.find('/')?..];
    Some(Path::new(path.strip_suffix(" (deleted)").unwrap_or(path)))
}

pub(super) fn own_maps() -> String {
    std::fs::read_to_string("/proc/self/maps").unwrap_or_default()
}

/// The columns of a line of /proc/self/maps that tell files apart: device and inode.
pub(super) fn file_number(line: &str) -> Option<&str> {
    let columns = line.splitn(4, ' ').nth(3)?;
    let end = columns.find('/').unwrap_or(columns.len());
    Some(columns[..end].trim_end())
}
