//! How large an object is in the caller's list: 24 bytes up to DeepStream 8.0, 28 since 9.0.
//!
//! A wrong size would write past the list's end, so it is known or nothing is written. It follows from the version that
//! the user names, that lies beside the loaded libraries or that their folder has in its name, and from the sizes of the
//! metadata library's elements, which grew in the same release. Two that contradict each other are an error.

use std::path::{Path, PathBuf};

use crate::abi::RecordSize;
use crate::loaded::{self, Pools};

/// Environment variable that names the release: it wins over the options and what lies beside the libraries.
pub const VERSION_VARIABLE: &str = "RSNVDS_DEEPSTREAM_VERSION";

/// Libraries of DeepStream, the one that calls parsers first.
const LIBRARIES: [&str; 5] = [
    "libnvds_infer.so",
    "libnvds_infer_server.so",
    "libnvdsgst_infer.so",
    "libnvdsgst_inferserver.so",
    METADATA_LIBRARY,
];
const METADATA_LIBRARY: &str = "libnvds_meta.so";

/// Source: the public headers of each release.
const KNOWN: [((u8, u8), RecordSize); 11] = [
    ((5, 0), RecordSize::Bytes24),
    ((6, 0), RecordSize::Bytes24),
    ((6, 1), RecordSize::Bytes24),
    ((6, 2), RecordSize::Bytes24),
    ((6, 3), RecordSize::Bytes24),
    ((6, 4), RecordSize::Bytes24),
    ((7, 0), RecordSize::Bytes24),
    ((7, 1), RecordSize::Bytes24),
    ((8, 0), RecordSize::Bytes24),
    ((9, 0), RecordSize::Bytes28),
    ((9, 1), RecordSize::Bytes28),
];

/// Sizes of elements up to 8.0, and since 9.0.
const POOLS: [(Pools, RecordSize); 2] = [
    (
        Pools {
            object: 544,
            display: 6912,
        },
        RecordSize::Bytes24,
    ),
    (
        Pools {
            object: 552,
            display: 7040,
        },
        RecordSize::Bytes28,
    ),
];

/// A version and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    version: (u8, u8),
    source: String,
}

/// The size, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Of an object.
    pub size: RecordSize,
    /// In words.
    pub source: String,
}

/// Finds the size of the loaded DeepStream's objects. `stated` is the version that the options name.
///
/// # Errors
/// What is not known or contradicts, and what to set.
pub fn find(stated: Option<&str>) -> Result<Found, String> {
    let variable = std::env::var_os(VERSION_VARIABLE).filter(|value| !value.is_empty());
    let named = match (&variable, stated) {
        (Some(value), _) => Some(by_user(VERSION_VARIABLE, &value.to_string_lossy())?),
        (None, Some(value)) => Some(by_user("deepstream-version", value)?),
        (None, None) => None,
    };
    let files: Vec<PathBuf> = loaded::files();
    let of = |library: &str| {
        files
            .iter()
            .filter(|file| is_library(file, library))
            .collect::<Vec<_>>()
    };
    let told = named.or_else(|| {
        let mut all = LIBRARIES.into_iter().flat_map(of);
        all.find_map(|file| beside(&file.canonicalize().ok()?))
    });
    let pools = of(METADATA_LIBRARY)
        .into_iter()
        .find_map(|file| loaded::pools(file));
    decide(told, pools)
}

/// Whether a file is that library, a version behind its name or not.
fn is_library(file: &Path, library: &str) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let rest = name.and_then(|name| name.strip_prefix(library));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The first two numbers of `9.1`, `9.1.0`.
fn version(text: &str) -> Option<(u8, u8)> {
    let mut numbers = text.trim().split('.').map(|number| {
        let digits = number.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| number.parse().ok()).flatten()
    });
    Some((numbers.next()??, numbers.next()??))
}

fn by_user(key: &str, text: &str) -> Result<Told, String> {
    let known = version(text).filter(|&version| size_of_release(version).is_some());
    match known {
        Some(version) => Ok(Told {
            version,
            source: format!("{key} is {text}"),
        }),
        None => Err(format!(
            "{key} is \"{text}\", expected one of {}; a third number, as in 6.0.1 and 6.1.1, changes nothing. Unset \
             it to have the release found",
            known_releases()
        )),
    }
}

/// The version in a file `version` in a library's folder or the one above, as `Version: 6.3.0`, or in the name of a folder
/// that the library lies in, as `deepstream-6.3`.
fn beside(library: &Path) -> Option<Told> {
    let folders = || library.ancestors().skip(1);
    let by_file = || {
        folders().take(2).find_map(|folder| {
            let file = folder.join("version");
            let text = std::fs::read_to_string(&file).ok()?;
            let mut lines = text.lines();
            let version = lines.find_map(|line| version(line.trim().strip_prefix("Version:")?))?;
            Some(Told {
                version,
                source: file.display().to_string(),
            })
        })
    };
    let by_folder = || {
        folders().find_map(|folder| {
            let name = folder.file_name()?.to_str()?;
            Some(Told {
                version: version(name.strip_prefix("deepstream-")?)?,
                source: format!("the folder {}", folder.display()),
            })
        })
    };
    by_file().or_else(by_folder)
}

fn size_of_release(version: (u8, u8)) -> Option<RecordSize> {
    let mut known = KNOWN.iter();
    known.find(|known| known.0 == version).map(|known| known.1)
}

fn known_releases() -> String {
    let all: Vec<String> = KNOWN
        .iter()
        .map(|((major, minor), _)| format!("{major}.{minor}"))
        .collect();
    all.join(", ")
}

fn decide(told: Option<Told>, pools: Option<Pools>) -> Result<Found, String> {
    let measured = pools.and_then(|pools| {
        let mut known = POOLS.iter();
        known.find(|known| known.0 == pools).map(|known| known.1)
    });
    let Some(Told { version, source }) = told else {
        return match (measured, pools) {
            (Some(size), _) => Ok(Found {
                size,
                source: format!("the elements of {METADATA_LIBRARY}"),
            }),
            (None, Some(pools)) => Err(format!(
                "the elements of {METADATA_LIBRARY} are of a DeepStream that is not known (objects of {} bytes): set \
                 {VERSION_VARIABLE} to the one whose NvDsInferObjectDetectionInfo it has, of {}",
                pools.object,
                known_releases()
            )),
            (None, None) => Err(format!(
                "nothing tells which DeepStream this is, so the size of its objects is not known: set \
                 {VERSION_VARIABLE}, for example to 7.1"
            )),
        };
    };
    let (major, minor) = version;
    let Some(size) = size_of_release(version) else {
        return Err(format!(
            "DeepStream {major}.{minor} ({source}) is not known: set {VERSION_VARIABLE} to the one whose \
             NvDsInferObjectDetectionInfo it has, of {}",
            known_releases()
        ));
    };
    match measured {
        Some(other) if other != size => Err(format!(
            "{source}, so that objects would have {} bytes, but the elements of {METADATA_LIBRARY} are those of a \
             DeepStream whose objects have {}: set {VERSION_VARIABLE} to the right one, or mend LD_LIBRARY_PATH",
            size.bytes(),
            other.bytes()
        )),
        _ => Ok(Found {
            size,
            source: format!("DeepStream {major}.{minor}: {source}"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Option<Pools> = Some(POOLS[0].0);
    const NEW: Option<Pools> = Some(POOLS[1].0);
    const STRANGE: Option<Pools> = Some(Pools {
        object: 560,
        display: 7040,
    });

    fn told(major: u8, minor: u8) -> Option<Told> {
        Some(Told {
            version: (major, minor),
            source: "a note".into(),
        })
    }

    #[test]
    fn the_size_follows_from_what_is_known() {
        for (told, pools, size) in [
            (told(8, 0), None, Some(RecordSize::Bytes24)),
            (told(9, 0), None, Some(RecordSize::Bytes28)),
            (told(6, 0), OLD, Some(RecordSize::Bytes24)),
            (told(9, 1), NEW, Some(RecordSize::Bytes28)),
            // A metadata library that nobody knows contradicts nothing.
            (told(9, 1), STRANGE, Some(RecordSize::Bytes28)),
            (None, OLD, Some(RecordSize::Bytes24)),
            (None, NEW, Some(RecordSize::Bytes28)),
            (None, None, None),
            (None, STRANGE, None),
            (told(9, 2), NEW, None),
            (told(9, 1), OLD, None),
            (told(8, 0), NEW, None),
        ] {
            let found = decide(told.clone(), pools).map(|found| found.size);
            match (&found, size) {
                (Ok(found), Some(size)) => assert_eq!(*found, size, "{told:?} {pools:?}"),
                (Err(error), None) => assert!(error.contains(VERSION_VARIABLE), "{error}"),
                _ => panic!("{told:?} {pools:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn versions_are_read_strictly() {
        for (text, found) in [
            ("9.1", Some((9, 1))),
            (" 6.0.1 ", Some((6, 0))),
            ("6", None),
            ("6.", None),
            ("+6.3", None),
            ("600.3", None),
            ("", None),
        ] {
            assert_eq!(version(text), found, "{text}");
        }
        assert!(by_user("x", "9.2").unwrap_err().contains("9.1"));
    }

    #[test]
    fn libraries_are_known_by_their_names() {
        for (file, is) in [
            ("/a/libnvds_infer.so", true),
            ("libnvds_infer.so.1.0", true),
            ("/a/libnvds_infer.so/x", false),
            ("/a/libnvds_infer_custom.so", false),
            ("/a/libnvds_infer.sox", false),
        ] {
            assert_eq!(
                is_library(Path::new(file), "libnvds_infer.so"),
                is,
                "{file}"
            );
        }
    }
}
