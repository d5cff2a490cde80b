//! The loaded metadata libraries, with every needed function present.

use once_cell::sync::OnceCell;

use nvds_sys as c;

use crate::Error;

macro_rules! library {
    ($($function:ident: $pfn:ident,)* ; $($optional:ident: $optional_pfn:ident,)*) => {
        /// The two metadata libraries. Get it by [`library`].
        #[derive(Debug)]
        pub struct Library {
            $(pub(crate) $function: Required<c::$pfn>,)*
            $(pub(crate) $optional: c::$optional_pfn,)*
            origin: std::path::PathBuf,
        }

        impl Library {
            fn load() -> Result<Self, Error> {
                let api = c::Api::load()?;
                let origin = api.origin().to_owned();
                Ok(Self {
                    $($function: api.$function?,)*
                    $($optional: api.$optional.ok(),)*
                    origin,
                })
            }
        }
    };
}

type Required<P> = <P as NotNull>::Function;

pub trait NotNull {
    type Function;
}

impl<F> NotNull for Option<F> {
    type Function = F;
}

library! {
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
    nvds_get_user_meta_type: PFN_nvds_get_user_meta_type,
    nvds_add_frame_meta_to_batch: PFN_nvds_add_frame_meta_to_batch,
    nvds_add_obj_meta_to_frame: PFN_nvds_add_obj_meta_to_frame,
    nvds_add_display_meta_to_frame: PFN_nvds_add_display_meta_to_frame,
    nvds_add_classifier_meta_to_object: PFN_nvds_add_classifier_meta_to_object,
    nvds_add_label_info_meta_to_classifier: PFN_nvds_add_label_info_meta_to_classifier,
    nvds_add_user_meta_to_frame: PFN_nvds_add_user_meta_to_frame,
    nvds_add_user_meta_to_batch: PFN_nvds_add_user_meta_to_batch,
    nvds_add_user_meta_to_obj: PFN_nvds_add_user_meta_to_obj,
    nvds_remove_obj_meta_from_frame: PFN_nvds_remove_obj_meta_from_frame,
    nvds_remove_display_meta_from_frame: PFN_nvds_remove_display_meta_from_frame,
    nvds_meta_api_get_type: PFN_nvds_meta_api_get_type,
    nvds_copy_frame_meta: PFN_nvds_copy_frame_meta,
    gst_buffer_add_nvds_meta: PFN_gst_buffer_add_nvds_meta,
    gst_buffer_get_nvds_batch_meta: PFN_gst_buffer_get_nvds_batch_meta,
    ;
    nvds_set_input_system_timestamp: PFN_nvds_set_input_system_timestamp,
    nvds_set_output_system_timestamp: PFN_nvds_set_output_system_timestamp,
}

impl Library {
    /// File that the functions come from.
    pub fn origin(&self) -> &std::path::Path {
        &self.origin
    }
}

/// The metadata libraries, loaded at the first call that succeeds.
///
/// # Errors
/// [`Error::Load`] when they were not found (says where it looked and what to install),
/// [`Error::Symbol`] when a needed function is missing. A failure is not remembered: the next call
/// tries again.
pub fn library() -> Result<&'static Library, Error> {
    static LIBRARY: OnceCell<Library> = OnceCell::new();
    LIBRARY.get_or_try_init(|| {
        let library = Library::load()?;
        // Registers the GstMeta API. Looking for a batch before anything did so is a critical
        // warning inside the library (9.0.2).
        // SAFETY: takes nothing and registers a type once.
        unsafe { (library.nvds_meta_api_get_type)() };
        Ok(library)
    })
}
