//! The loaded metadata libraries, with every needed function present.

use std::sync::Once;

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
    let library = LIBRARY.get_or_try_init(|| {
        let api = c::Api::load()?;
        let release = Release::of_library(&api)?;
        Ok::<_, Error>(Library { api, release })
    })?;
    register(&library.api);
    Ok(library)
}

/// Registers the GstMeta API, once GStreamer is set up. Looking for a batch before anything did so is a critical warning
/// inside the library (9.0.2), and doing so before GStreamer is set up is one inside GStreamer. A program that only makes
/// surfaces never sets it up.
fn register(api: &c::Api) {
    static REGISTERED: Once = Once::new();
    if REGISTERED.is_completed() {
        return;
    }
    // SAFETY: takes nothing and reads a flag.
    if unsafe { gst::ffi::gst_is_initialized() } != glib::ffi::GFALSE {
        // SAFETY: takes nothing and registers a type once.
        REGISTERED.call_once(|| unsafe {
            (api.nvds_meta_api_get_type)();
        });
    }
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
