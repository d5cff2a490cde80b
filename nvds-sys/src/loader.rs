//! Finds `libnvdsgst_meta.so` and `libnvds_meta.so` and looks their functions up.
//!
//! Searched in this order, the first hit wins:
//! 1. the library that is already in the process (two copies would each keep their own state);
//! 2. the folder named by [`LIB_DIR_VARIABLE`], and then nothing else;
//! 3. the dynamic linker's own search path;
//! 4. the library folder of an installed SDK;
//! 5. `.deps/nvds` in a folder above this program or plugin (a checkout of this project).

mod search;

use std::ffi::{CStr, c_char};
use std::path::{Path, PathBuf};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use self::search::{Candidates, DEPS_DIR, file_number, map_path, mapped_at, mapped_file, own_maps};
use crate::bindings as c;

/// Environment variable that names the folder of the two libraries; wins over an installed SDK.
pub const LIB_DIR_VARIABLE: &str = "RSNVDS_NVDS_LIB_DIR";

const META_LIBRARY: &str = "libnvds_meta.so";
const GST_LIBRARY: &str = "libnvdsgst_meta.so";

/// Why the metadata libraries could not be loaded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// No candidate could be opened.
    #[error(
        "DeepStream's metadata library was not found. Looked for {GST_LIBRARY} and {META_LIBRARY}:\n{}\n\
         Install the DeepStream SDK, or set {LIB_DIR_VARIABLE} to a folder that holds both files \
         (on a machine without a GPU, `make setup` of rsnvds puts them into {DEPS_DIR})",
        .tried.join("\n")
    )]
    NotFound {
        /// One line for each place, with what went wrong there.
        tried: Vec<String>,
    },
    /// The variable names a folder that does not serve; nothing else is tried then.
    #[error(
        "{LIB_DIR_VARIABLE}={} does not hold DeepStream's metadata library: {reason}. \
         Point {LIB_DIR_VARIABLE} at the folder with {GST_LIBRARY} and {META_LIBRARY}, or unset it",
        .dir.display()
    )]
    BadDirectory {
        /// The folder named by the variable.
        dir: PathBuf,
        /// The dynamic linker's words, or what is missing.
        reason: String,
    },
    /// The library that was found lacks a function.
    #[error("this DeepStream metadata library cannot be used: {0}")]
    Symbol(#[from] SymbolError),
    /// The process has more than one of them, each with pools and locks of its own.
    #[error(
        "the process has two copies of DeepStream's metadata library:\n{}\n\
         Leave one: set {LIB_DIR_VARIABLE} to the folder that the application and the other plugins \
         use, or unset it, and look for a second copy in LD_LIBRARY_PATH, LD_PRELOAD and Python \
         packages",
        .files.iter().map(|file| format!("  {}", file.display())).collect::<Vec<_>>().join("\n")
    )]
    TwoCopies {
        /// The files.
        files: Vec<PathBuf>,
    },
}

/// A function that the loaded library does not export.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{library} does not export {symbol}: {reason}")]
pub struct SymbolError {
    /// Name of the function.
    pub symbol: &'static str,
    /// File that was asked.
    pub library: String,
    /// The dynamic linker's words.
    pub reason: String,
}

/// Declares [`Api`], the one list of the functions: required ones by the library that exports them, then those
/// that older libraries lack.
macro_rules! api {
    (
        required { $($library:ident { $($function:ident: $pfn:ident,)* })* }
        optional { $($lacking:ident { $($optional:ident: $optional_pfn:ident,)* })* }
    ) => {
        /// The functions of the two metadata libraries.
        ///
        /// The libraries stay loaded until the process ends, because metas hold pointers to their
        /// functions.
        #[derive(Debug)]
        #[allow(missing_docs)] // named as the functions are
        pub struct Api {
            $($(pub $function: NonNullFn<c::$pfn>,)*)*
            $($(pub $optional: c::$optional_pfn,)*)*
            /// This project's own library has it, and says which release it works as.
            rsnvds_meta_release: Option<unsafe extern "C" fn() -> *const c_char>,
            origin: PathBuf,
        }

        impl Api {
            fn resolve(meta: &Library, gst: &Library, origin: PathBuf) -> Result<Self, SymbolError> {
                struct Libraries<'a> { meta: &'a Library, gst: &'a Library }
                let libraries = Libraries { meta, gst };
                Ok(Self {
                    $($($function: {
                        // SAFETY: the header gives this symbol exactly this function type.
                        unsafe { lookup(libraries.$library, stringify!($function), &origin) }?
                    },)*)*
                    $($($optional: {
                        // SAFETY: as above.
                        unsafe { lookup(libraries.$lacking, stringify!($optional), &origin) }.ok()
                    },)*)*
                    rsnvds_meta_release: {
                        // SAFETY: only this project's library has a function of that name.
                        unsafe { lookup(meta, "rsnvds_meta_release", &origin) }.ok()
                    },
                    origin,
                })
            }
        }
    };
}

/// The plain function type inside one of the header's optional function pointers.
type NonNullFn<P> = <P as FunctionPointer>::Function;

/// An `Option<fn>` from the header, taken apart.
pub trait FunctionPointer {
    /// The function type that the option holds.
    type Function: Copy;
}

impl<F: Copy> FunctionPointer for Option<F> {
    type Function = F;
}

api! {
    required {
        meta {
            nvds_create_batch_meta: PFN_nvds_create_batch_meta,
            nvds_destroy_batch_meta: PFN_nvds_destroy_batch_meta,
            nvds_batch_meta_copy_func: PFN_nvds_batch_meta_copy_func,
            nvds_batch_meta_release_func: PFN_nvds_batch_meta_release_func,
            nvds_acquire_meta_lock: PFN_nvds_acquire_meta_lock,
            nvds_release_meta_lock: PFN_nvds_release_meta_lock,
            nvds_acquire_frame_meta_from_pool: PFN_nvds_acquire_frame_meta_from_pool,
            nvds_acquire_obj_meta_from_pool: PFN_nvds_acquire_obj_meta_from_pool,
            nvds_acquire_display_meta_from_pool: PFN_nvds_acquire_display_meta_from_pool,
            nvds_acquire_classifier_meta_from_pool: PFN_nvds_acquire_classifier_meta_from_pool,
            nvds_acquire_label_info_meta_from_pool: PFN_nvds_acquire_label_info_meta_from_pool,
            nvds_acquire_user_meta_from_pool: PFN_nvds_acquire_user_meta_from_pool,
            nvds_add_frame_meta_to_batch: PFN_nvds_add_frame_meta_to_batch,
            nvds_add_obj_meta_to_frame: PFN_nvds_add_obj_meta_to_frame,
            nvds_add_display_meta_to_frame: PFN_nvds_add_display_meta_to_frame,
            nvds_add_classifier_meta_to_object: PFN_nvds_add_classifier_meta_to_object,
            nvds_add_label_info_meta_to_classifier: PFN_nvds_add_label_info_meta_to_classifier,
            nvds_add_user_meta_to_batch: PFN_nvds_add_user_meta_to_batch,
            nvds_add_user_meta_to_frame: PFN_nvds_add_user_meta_to_frame,
            nvds_add_user_meta_to_obj: PFN_nvds_add_user_meta_to_obj,
            nvds_remove_obj_meta_from_frame: PFN_nvds_remove_obj_meta_from_frame,
            nvds_remove_display_meta_from_frame: PFN_nvds_remove_display_meta_from_frame,
            nvds_remove_user_meta_from_frame: PFN_nvds_remove_user_meta_from_frame,
            nvds_copy_frame_meta: PFN_nvds_copy_frame_meta,
            nvds_copy_obj_meta_list: PFN_nvds_copy_obj_meta_list,
            nvds_copy_display_meta_list: PFN_nvds_copy_display_meta_list,
            nvds_copy_frame_user_meta_list: PFN_nvds_copy_frame_user_meta_list,
            nvds_copy_batch_user_meta_list: PFN_nvds_copy_batch_user_meta_list,
            nvds_get_user_meta_type: PFN_nvds_get_user_meta_type,
        }
        gst {
            gst_buffer_add_nvds_meta: PFN_gst_buffer_add_nvds_meta,
            gst_buffer_get_nvds_batch_meta: PFN_gst_buffer_get_nvds_batch_meta,
            nvds_meta_api_get_type: PFN_nvds_meta_api_get_type,
        }
    }
    optional {
        meta {
            // A batch of audio is of the same C type as one of video.
            nvds_create_audio_batch_meta: PFN_nvds_create_batch_meta,
            nvds_destroy_audio_batch_meta: PFN_nvds_destroy_batch_meta,
        }
        gst {
            nvds_copy_gst_meta_to_frame_meta: PFN_nvds_copy_gst_meta_to_frame_meta,
            nvds_set_input_system_timestamp: PFN_nvds_set_input_system_timestamp,
            nvds_set_output_system_timestamp: PFN_nvds_set_output_system_timestamp,
            nvds_measure_buffer_latency: PFN_nvds_measure_buffer_latency,
        }
    }
}

impl Api {
    /// Loads the two libraries and looks all functions up.
    ///
    /// # Errors
    /// [`LoadError`] when no library was found, or the one found lacks a function that is needed.
    pub fn load() -> Result<Self, LoadError> {
        Self::load_with(
            &Candidates::of_this_process(),
            std::env::var_os(LIB_DIR_VARIABLE).map(PathBuf::from),
        )
    }

    /// File of `libnvdsgst_meta.so`, as far as the dynamic linker's name tells.
    pub fn origin(&self) -> &Path {
        &self.origin
    }

    /// The release that this project's own metadata library says it works as, `None` of any other.
    pub fn own_release(&self) -> Option<&'static CStr> {
        // SAFETY: takes nothing, and returns NULL or a text that lives as long as the library, which is
        // never unloaded.
        unsafe {
            let text = self.rsnvds_meta_release?();
            (!text.is_null()).then(|| CStr::from_ptr(text))
        }
    }

    /// The file that the functions of `libnvds_meta.so` come from, links followed: what the process
    /// has mapped where they are.
    pub fn real_path(&self) -> Option<PathBuf> {
        let maps = own_maps();
        let file = mapped_at(&maps, self.nvds_create_batch_meta as *const () as usize)?;
        Some(std::fs::canonicalize(&file).unwrap_or(file))
    }

    fn load_with(candidates: &Candidates, directory: Option<PathBuf>) -> Result<Self, LoadError> {
        let mut tried = Vec::new();
        if let Some((gst, meta)) = candidates.in_process() {
            match Pair::open(&gst, meta.as_deref()) {
                Ok(pair) => return pair.resolve(),
                Err(reason) => tried.push(format!("  in this process: {reason}")),
            }
        }
        if let Some(dir) = directory.filter(|dir| !dir.as_os_str().is_empty()) {
            return match Pair::open(&dir.join(GST_LIBRARY), Some(&dir.join(META_LIBRARY))) {
                Ok(pair) => pair.resolve(),
                Err(reason) => Err(LoadError::BadDirectory { dir, reason }),
            };
        }
        match Pair::open(Path::new(GST_LIBRARY), None) {
            Ok(pair) => return pair.resolve(),
            Err(reason) => tried.push(format!("  the dynamic linker's path: {reason}")),
        }
        for dir in &candidates.folders {
            match Pair::open(&dir.join(GST_LIBRARY), Some(&dir.join(META_LIBRARY))) {
                Ok(pair) => return pair.resolve(),
                Err(reason) => tried.push(format!("  {}: {reason}", dir.display())),
            }
        }
        Err(LoadError::NotFound { tried })
    }
}

/// Both libraries, opened.
struct Pair {
    meta: Option<Library>,
    gst: Library,
    origin: PathBuf,
}

impl Pair {
    /// Opens both libraries. Where the folder of the second is not known it is taken from the first,
    /// which depends on it.
    fn open(gst: &Path, meta: Option<&Path>) -> Result<Self, String> {
        // libnvdsgst_meta.so needs libnvds_meta.so by bare name. Loading the neighbour first makes
        // that work for folders that no search path knows.
        let meta_library = meta.map(open).transpose()?;
        let gst_library = open(gst)?;
        let origin = mapped_file(&own_maps(), GST_LIBRARY).unwrap_or_else(|| gst.to_owned());
        Ok(Self {
            meta: meta_library,
            gst: gst_library,
            origin,
        })
    }

    fn resolve(self) -> Result<Api, LoadError> {
        let Self { meta, gst, origin } = self;
        let api = Api::resolve(meta.as_ref().unwrap_or(&gst), &gst, origin);
        // Once loaded, the libraries must never go away (see `Api`): the handles are not closed.
        gst.into_raw();
        meta.map(Library::into_raw);
        one_copy(&own_maps())?;
        Ok(api?)
    }
}

/// Makes sure that each of the two libraries is mapped from one file only.
fn one_copy(maps: &str) -> Result<(), LoadError> {
    for name in [META_LIBRARY, GST_LIBRARY] {
        let mut files: Vec<(&str, &Path)> = maps
            .lines()
            .filter_map(|line| Some((file_number(line)?, map_path(line)?)))
            .filter(|(_, path)| path.file_name().is_some_and(|n| n == name))
            .collect();
        // The same file may be reached by several paths, and is mapped in several parts.
        files.sort();
        files.dedup_by_key(|(number, _)| *number);
        if files.len() > 1 {
            return Err(LoadError::TwoCopies {
                files: files.iter().map(|(_, path)| path.to_path_buf()).collect(),
            });
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<Library, String> {
    // SAFETY: the libraries' initialisers only set up their own globals (observed on 9.0.2).
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| chain(&error))
}

/// Looks one function up.
///
/// # Safety
/// `F` must be the function pointer type of the symbol.
unsafe fn lookup<F: Copy>(
    library: &Library,
    symbol: &'static str,
    origin: &Path,
) -> Result<F, SymbolError> {
    // SAFETY: the caller vouches for the type.
    unsafe { library.get::<F>(symbol) }
        .map(|f| *f)
        .map_err(|error| SymbolError {
            symbol,
            library: origin.display().to_string(),
            reason: chain(&error),
        })
}

/// An error and its causes in one line: libloading keeps dlerror's text in the source.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
