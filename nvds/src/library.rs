//! The loaded metadata libraries, with every needed function present.

use once_cell::sync::OnceCell;

use nvds_sys as c;

use crate::Error;
use crate::release::Release;

/// The two metadata libraries. Get it by [`library`].
#[derive(Debug)]
pub struct Library {
    api: c::Api,
    release: Release,
}

impl Library {
    /// File that the functions come from.
    pub fn origin(&self) -> &std::path::Path {
        self.api.origin()
    }

    pub(crate) fn api(&self) -> &c::Api {
        &self.api
    }

    /// The DeepStream release that they are of, as far as that is known.
    pub fn release(&self) -> &Release {
        &self.release
    }
}

/// The metadata libraries, loaded at the first call that succeeds.
///
/// # Errors
/// [`Error::Load`] when they were not found (says where it looked and what to install), lack a
/// function or are there twice; [`Error::Layout`] when they are of an unknown release. A failure is not remembered: the next call tries again.
pub fn library() -> Result<&'static Library, Error> {
    static LIBRARY: OnceCell<Library> = OnceCell::new();
    LIBRARY.get_or_try_init(|| {
        let api = c::Api::load()?;
        // Registers the GstMeta API. Looking for a batch before anything did so is a critical
        // warning inside the library (9.0.2).
        // SAFETY: takes nothing and registers a type once.
        unsafe { (api.nvds_meta_api_get_type)() };
        let release = Release::of_library(&api)?;
        Ok(Library { api, release })
    })
}

/// The release of [`library`].
///
/// # Errors
/// As [`library`].
pub fn release() -> Result<&'static Release, Error> {
    library().map(Library::release)
}

/// The functions of [`library`].
pub(crate) fn api() -> Result<&'static c::Api, Error> {
    library().map(Library::api)
}
