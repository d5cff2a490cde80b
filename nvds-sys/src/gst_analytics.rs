//! GStreamer's own analytics metadata: `libgstanalytics-1.0.so.0`, looked up at run time.
//!
//! GStreamer has it since 1.24, so that nothing of it may be linked. Names, arguments and the members of structs are those
//! of its API documentation. What came later than 1.24 is there or is not: tensors since 1.26, key points since 1.30.

use std::ffi::{c_char, c_int, c_uint, c_void};

use glib_sys::{GQuark, GType, gboolean};
use gst_sys::{GstBuffer, GstClockTime, GstMeta};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::loader::chain;

/// File that holds the functions, as the dynamic linker knows it.
pub const GST_ANALYTICS_LIBRARY: &str = "libgstanalytics-1.0.so.0";

/// What belongs to a buffer and relates single metadata; opaque.
#[repr(C)]
#[derive(Debug)]
pub struct GstAnalyticsRelationMeta {
    private: [u8; 0],
}

/// A handle of one metadata of any type.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct GstAnalyticsMtd {
    /// Its number within `meta`.
    pub id: c_uint,
    /// Where it is.
    pub meta: *mut GstAnalyticsRelationMeta,
}

/// How large a relation meta is at first.
#[repr(C)]
#[derive(Debug)]
pub struct GstAnalyticsRelationMetaInitParams {
    /// Metadata between which there can be relations.
    pub initial_relation_order: usize,
    /// Bytes for all metadata.
    pub initial_buf_size: usize,
}

/// Type of a metadata: the address of what describes it.
pub type GstAnalyticsMtdType = usize;

/// `GST_ANALYTICS_REL_TYPE_IS_PART_OF`.
pub const GST_ANALYTICS_REL_TYPE_IS_PART_OF: c_int = 1 << 1;
/// `GST_ANALYTICS_REL_TYPE_CONTAIN`.
pub const GST_ANALYTICS_REL_TYPE_CONTAIN: c_int = 1 << 2;
/// `GST_ANALYTICS_REL_TYPE_RELATE_TO`.
pub const GST_ANALYTICS_REL_TYPE_RELATE_TO: c_int = 1 << 3;

/// `GST_ANALYTICS_KEYPOINT_DIMENSIONS_2D`.
pub const GST_ANALYTICS_KEYPOINT_DIMENSIONS_2D: c_int = 2;

/// A tensor. `num_dims` dims follow the struct.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)] // as the C struct names them
pub struct GstTensor {
    pub id: GQuark,
    pub layout: c_int,
    pub data_type: c_int,
    pub data: *mut GstBuffer,
    pub dims_order: c_int,
    pub num_dims: usize,
    pub dims: [usize; 0],
}

/// The tensors of a buffer.
#[repr(C)]
#[derive(Debug)]
#[allow(missing_docs)] // as the C struct names them
pub struct GstTensorMeta {
    pub meta: GstMeta,
    pub num_tensors: usize,
    pub tensors: *mut *mut GstTensor,
}

/// Why GStreamer's analytics metadata cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GstAnalyticsError {
    /// There is no such library, or one that is no GStreamer's.
    #[error(
        "GStreamer's analytics library was not found: {GST_ANALYTICS_LIBRARY}, which GStreamer 1.24 and newer have (package \
         libgstreamer-plugins-bad1.0-0 in Debian and Ubuntu); this is GStreamer {}: {reason}",
        .version
    )]
    NotFound {
        /// Version of the GStreamer that runs.
        version: String,
        /// The dynamic linker's words.
        reason: String,
    },
    /// It lacks what this GStreamer is to have.
    #[error(
        "{GST_ANALYTICS_LIBRARY} has no {symbol}: expected that of GStreamer {since} or newer; this is GStreamer {version}"
    )]
    Symbol {
        /// Name of the function.
        symbol: &'static str,
        /// The GStreamer that brought it.
        since: &'static str,
        /// Version of the GStreamer that runs.
        version: String,
    },
}

/// Declares a struct of functions that one GStreamer release brought.
macro_rules! functions {
    ($(#[$doc:meta])* $name:ident since $since:literal { $($function:ident: fn($($argument:ty),* $(,)?) $(-> $result:ty)?;)* }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[allow(missing_docs)] // named as the functions are
        pub struct $name {
            $(pub $function: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
        }

        impl $name {
            fn resolve(library: &Library) -> Result<Self, GstAnalyticsError> {
                Ok(Self {
                    $($function: {
                        // SAFETY: the API documentation gives this symbol exactly this function type.
                        let found = unsafe { library.get(stringify!($function)) };
                        *found.map_err(|_| GstAnalyticsError::Symbol {
                            symbol: stringify!($function),
                            since: $since,
                            version: running_version(),
                        })?
                    },)*
                })
            }
        }
    };
}

functions! {
    /// Objects, classes and tracks.
    RelationFunctions since "1.24" {
        gst_buffer_add_analytics_relation_meta_full:
            fn(*mut GstBuffer, *mut GstAnalyticsRelationMetaInitParams) -> *mut GstAnalyticsRelationMeta;
        gst_buffer_get_analytics_relation_meta: fn(*mut GstBuffer) -> *mut GstAnalyticsRelationMeta;
        gst_analytics_relation_meta_set_relation: fn(*mut GstAnalyticsRelationMeta, c_int, c_uint, c_uint) -> gboolean;
        gst_analytics_relation_meta_iterate:
            fn(*mut GstAnalyticsRelationMeta, *mut *mut c_void, GstAnalyticsMtdType, *mut GstAnalyticsMtd) -> gboolean;
        gst_analytics_relation_meta_get_direct_related:
            fn(*mut GstAnalyticsRelationMeta, c_uint, c_int, GstAnalyticsMtdType, *mut *mut c_void, *mut GstAnalyticsMtd) -> gboolean;
        gst_analytics_od_mtd_get_mtd_type: fn() -> GstAnalyticsMtdType;
        gst_analytics_od_mtd_get_location:
            fn(*mut GstAnalyticsMtd, *mut c_int, *mut c_int, *mut c_int, *mut c_int, *mut f32) -> gboolean;
        gst_analytics_od_mtd_get_obj_type: fn(*mut GstAnalyticsMtd) -> GQuark;
        gst_analytics_relation_meta_add_od_mtd:
            fn(*mut GstAnalyticsRelationMeta, GQuark, c_int, c_int, c_int, c_int, f32, *mut GstAnalyticsMtd) -> gboolean;
        gst_analytics_cls_mtd_get_mtd_type: fn() -> GstAnalyticsMtdType;
        gst_analytics_cls_mtd_get_length: fn(*mut GstAnalyticsMtd) -> usize;
        gst_analytics_cls_mtd_get_level: fn(*mut GstAnalyticsMtd, usize) -> f32;
        gst_analytics_cls_mtd_get_quark: fn(*mut GstAnalyticsMtd, usize) -> GQuark;
        gst_analytics_relation_meta_add_cls_mtd:
            fn(*mut GstAnalyticsRelationMeta, usize, *mut f32, *mut GQuark, *mut GstAnalyticsMtd) -> gboolean;
        gst_analytics_tracking_mtd_get_mtd_type: fn() -> GstAnalyticsMtdType;
        gst_analytics_tracking_mtd_get_info:
            fn(*mut GstAnalyticsMtd, *mut u64, *mut GstClockTime, *mut GstClockTime, *mut gboolean) -> gboolean;
        gst_analytics_tracking_mtd_update_last_seen: fn(*mut GstAnalyticsMtd, GstClockTime) -> gboolean;
        gst_analytics_relation_meta_add_tracking_mtd:
            fn(*mut GstAnalyticsRelationMeta, u64, GstClockTime, *mut GstAnalyticsMtd) -> gboolean;
    }
}

functions! {
    /// Boxes that are turned, and tensors.
    TensorFunctions since "1.26" {
        gst_analytics_relation_meta_add_oriented_od_mtd:
            fn(*mut GstAnalyticsRelationMeta, GQuark, c_int, c_int, c_int, c_int, f32, f32, *mut GstAnalyticsMtd) -> gboolean;
        gst_analytics_od_mtd_get_oriented_location:
            fn(*mut GstAnalyticsMtd, *mut c_int, *mut c_int, *mut c_int, *mut c_int, *mut f32, *mut f32) -> gboolean;
        gst_tensor_new_simple: fn(GQuark, c_int, *mut GstBuffer, c_int, usize, *mut usize) -> *mut GstTensor;
        gst_tensor_meta_api_get_type: fn() -> GType;
        gst_tensor_meta_set: fn(*mut GstTensorMeta, c_uint, *mut *mut GstTensor);
        gst_buffer_add_tensor_meta: fn(*mut GstBuffer) -> *mut GstTensorMeta;
    }
}

functions! {
    /// Key points.
    KeyPointFunctions since "1.30" {
        gst_analytics_group_mtd_get_mtd_type: fn() -> GstAnalyticsMtdType;
        gst_analytics_group_mtd_get_member_count: fn(*mut GstAnalyticsMtd) -> usize;
        gst_analytics_group_mtd_get_member: fn(*mut GstAnalyticsMtd, usize, *mut GstAnalyticsMtd) -> gboolean;
        gst_analytics_mtd_get_mtd_type: fn(*mut GstAnalyticsMtd) -> GstAnalyticsMtdType;
        gst_analytics_keypoint_mtd_get_mtd_type: fn() -> GstAnalyticsMtdType;
        gst_analytics_keypoint_mtd_get_position:
            fn(*mut GstAnalyticsMtd, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> gboolean;
        gst_analytics_keypoint_mtd_get_confidence: fn(*mut GstAnalyticsMtd, *mut f32) -> gboolean;
        gst_analytics_relation_meta_add_keypoints_group:
            fn(
                *mut GstAnalyticsRelationMeta, *const c_char, c_int, usize, *const c_int, usize, *const f32, *const u8, usize,
                *const c_int, *mut GstAnalyticsMtd,
            ) -> gboolean;
    }
}

/// The functions of GStreamer's analytics library. It stays loaded until the process ends: metas hold pointers into it.
#[derive(Debug)]
pub struct GstAnalyticsApi {
    /// What every such library has.
    pub relations: RelationFunctions,
    /// `Err` before GStreamer 1.26.
    pub tensors: Result<TensorFunctions, GstAnalyticsError>,
    /// `Err` before GStreamer 1.30.
    pub key_points: Result<KeyPointFunctions, GstAnalyticsError>,
}

impl GstAnalyticsApi {
    /// Loads the library by the name that the dynamic linker knows, so that it is the one that other plugins use.
    ///
    /// # Errors
    /// [`GstAnalyticsError`] when there is none, or it lacks what came with it.
    pub fn load() -> Result<Self, GstAnalyticsError> {
        Self::load_file(GST_ANALYTICS_LIBRARY)
    }

    fn load_file(file: &str) -> Result<Self, GstAnalyticsError> {
        // SAFETY: the library's initialisers set up nothing but its own globals.
        let library =
            unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
                GstAnalyticsError::NotFound {
                    version: running_version(),
                    reason: chain(&error),
                }
            })?;
        let api = Self {
            relations: RelationFunctions::resolve(&library)?,
            tensors: TensorFunctions::resolve(&library),
            key_points: KeyPointFunctions::resolve(&library),
        };
        // Never closed: see the struct.
        library.into_raw();
        Ok(api)
    }
}

/// Version of the GStreamer in this process.
fn running_version() -> String {
    let (mut major, mut minor, mut micro, mut nano) = (0, 0, 0, 0);
    // SAFETY: writes four numbers, and needs no gst_init.
    unsafe { gst_sys::gst_version(&mut major, &mut minor, &mut micro, &mut nano) };
    format!("{major}.{minor}.{micro}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named_with_the_version_that_has_it() {
        let error = GstAnalyticsApi::load_file("libno-such-analytics.so").unwrap_err();
        let text = error.to_string();
        for part in [
            "libgstanalytics-1.0.so.0, which GStreamer 1.24 and newer have",
            "libgstreamer-plugins-bad1.0-0",
            &format!("this is GStreamer {}: ", running_version()),
            "libno-such-analytics.so",
        ] {
            assert!(text.contains(part), "{part} missing in: {text}");
        }
    }

    #[test]
    fn a_library_without_the_functions_is_refused() {
        let error = GstAnalyticsApi::load_file("libgstreamer-1.0.so.0").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(
                "has no gst_buffer_add_analytics_relation_meta_full: expected that of GStreamer 1.24"
            ),
            "{text}"
        );
    }

    /// The C structs, on the 64-bit machines that DeepStream runs on.
    #[test]
    fn structs_are_as_large_as_in_c() {
        assert_eq!(size_of::<GstAnalyticsMtd>(), 16);
        assert_eq!(size_of::<GstTensor>(), 40);
        assert_eq!(std::mem::offset_of!(GstTensor, data), 16);
        assert_eq!(std::mem::offset_of!(GstTensor, dims), 40);
        assert_eq!(
            std::mem::offset_of!(GstTensorMeta, num_tensors),
            size_of::<GstMeta>()
        );
    }
}
