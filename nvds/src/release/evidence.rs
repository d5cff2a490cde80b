//! What tells which release a metadata library is of.

use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use gst::prelude::*;
use nvds_sys as c;

use super::{Binding, Derived, Told, VERSION_VARIABLE, Version};
use crate::error::LayoutError;
use crate::layout::pools;

/// Stock elements whose plugins carry the SDK's version. The stand-ins have the same names and no
/// version of DeepStream.
///
/// Source: sources of DeepStream 6.0 to 7.1 and 9.1.
const STOCK_ELEMENTS: [&str; 2] = ["nvinfer", "nvinferserver"];
/// Plugin of the stand-ins.
const STAND_INS: &str = "nvdscpu";

/// The sizes of the elements in the pools of a batch that the library makes.
pub(super) fn sizes(api: &c::Api) -> Result<pools::Sizes, LayoutError> {
    // SAFETY: takes a plain number.
    let batch = unsafe { (api.nvds_create_batch_meta)(1) };
    let batch = NonNull::new(batch).ok_or(LayoutError::NoPool("frame"))?;
    // SAFETY: a live batch.
    let sizes = unsafe { pools::read(batch) };
    // SAFETY: made above and released once.
    unsafe { (api.nvds_destroy_batch_meta)(batch.as_ptr()) };
    sizes
}

/// The version that the user names, that this project's own library says, that is written beside the
/// library, or that a stock plugin has; the first of them.
pub(super) fn told(api: &c::Api) -> Result<Option<Told>, LayoutError> {
    let named = std::env::var_os(VERSION_VARIABLE).filter(|name| !name.is_empty());
    if let Some(named) = named {
        return by_user(&named.to_string_lossy()).map(Some);
    }
    if let Some(version) = api
        .own_release()
        .and_then(|v| Version::parse(v.to_str().ok()?))
    {
        return Ok(Some(Told {
            version,
            source: "the library's own word".into(),
            binding: Binding::Found,
        }));
    }
    let path = api.real_path().unwrap_or_else(|| api.origin().to_owned());
    Ok(by_file(&path)
        .or_else(|| by_folder(&path))
        .or_else(by_plugin))
}

pub(super) fn by_user(named: &str) -> Result<Told, LayoutError> {
    let version = Version::parse(named).filter(|version| version.is_known());
    Ok(Told {
        version: version.ok_or_else(|| LayoutError::Variable(named.to_owned()))?,
        source: format!("{VERSION_VARIABLE}={named}"),
        binding: Binding::Dared,
    })
}

/// A line `Version: 6.3.0` of the file `version` in the library's folder or the one above.
pub(super) fn by_file(library: &Path) -> Option<Told> {
    let files: Vec<PathBuf> = library
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("version"))
        .collect();
    files.into_iter().find_map(|file| {
        let text = std::fs::read_to_string(&file).ok()?;
        let version = text
            .lines()
            .find_map(|line| Version::parse(line.trim().strip_prefix("Version:")?))?;
        Some(Told {
            version,
            source: file.display().to_string(),
            binding: Binding::Found,
        })
    })
}

/// A folder `deepstream-6.3` that the library lies in.
pub(super) fn by_folder(library: &Path) -> Option<Told> {
    library.ancestors().skip(1).find_map(|folder| {
        let name = folder.file_name()?.to_str()?;
        Some(Told {
            version: Version::parse(name.strip_prefix("deepstream-")?)?,
            source: format!("the folder {}", folder.display()),
            binding: Binding::Found,
        })
    })
}

/// The version of a stock plugin, if it is one of DeepStream's: users build these anew.
fn by_plugin() -> Option<Told> {
    // SAFETY: takes nothing and reads a flag.
    if unsafe { gst::ffi::gst_is_initialized() } == glib::ffi::GFALSE {
        return None;
    }
    let registry = gst::Registry::get();
    STOCK_ELEMENTS.iter().find_map(|element| {
        let plugin = registry.lookup_feature(element)?.plugin()?;
        let version = Version::parse(&plugin.version())?;
        (plugin.plugin_name() != STAND_INS && version.is_known()).then(|| Told {
            version,
            source: format!("the plugin of {element}"),
            binding: Binding::Hint,
        })
    })
}

/// What the library itself tells.
pub(super) fn derived(api: &c::Api) -> Derived {
    let copies_gst_metas = api.nvds_copy_gst_meta_to_frame_meta.is_some();
    from_library(audio_frame_type(api), copies_gst_metas)
}

/// Meta types of audio frames moved twice, with other things, and a function came with 6.1.
///
/// Source: headers of DeepStream 6.0 to 9.1.
pub(super) fn from_library(audio_frame: Option<i32>, copies_gst_metas: bool) -> Derived {
    let (audio_first, audio_last) = match audio_frame {
        Some(17) => (Some(Version::new(6, 0)), Some(Version::new(6, 2))),
        Some(19) => (Some(Version::new(6, 3)), Some(Version::new(6, 3))),
        Some(25) => (Some(Version::new(6, 4)), Some(Version::new(7, 1))),
        Some(26) => (Some(Version::new(8, 0)), None),
        _ => (None, None),
    };
    let (function_first, function_last) = if copies_gst_metas {
        (Some(Version::new(6, 1)), None)
    } else {
        (None, Some(Version::new(6, 0)))
    };
    let source = match audio_frame {
        Some(number) if audio_first.is_some() => {
            format!(
                "the sizes of its structs, its functions and its audio frames' meta type {number}"
            )
        }
        _ => "the sizes of its structs and its functions".into(),
    };
    Derived {
        first: audio_first.max(function_first),
        last: match (audio_last, function_last) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        },
        source,
    }
}

/// The meta type of the frames in a batch of audio.
pub(super) fn audio_frame_type(api: &c::Api) -> Option<i32> {
    let (create, destroy) = (
        api.nvds_create_audio_batch_meta?,
        api.nvds_destroy_audio_batch_meta?,
    );
    // SAFETY: takes a plain number; pool pointers and pool heads have the same place in all releases;
    // the batch is released once.
    unsafe {
        let batch = NonNull::new(create(1))?.as_ptr();
        let pool = (*batch).frame_meta_pool;
        let kind = (!pool.is_null()).then(|| (*pool).meta_type);
        destroy(batch);
        kind
    }
}
