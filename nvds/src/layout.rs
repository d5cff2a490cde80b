//! Whether a batch has the memory layout that this build reads.

use std::ptr::NonNull;

use nvds_sys as c;

use crate::error::LayoutError;

/// A pool: its name, where it is, and the kind and size of its elements in DeepStream 9.0/9.1.
type Pool = (&'static str, *mut c::NvDsMetaPool, c::NvDsMetaType, usize);

/// # Safety
/// As [`check`].
#[inline(always)] // so that no table is made where only pools are compared
unsafe fn pools(batch: NonNull<c::NvDsBatchMeta>) -> [Pool; 6] {
    // SAFETY: pool pointers and pool heads have the same place in all releases.
    unsafe {
        let b = batch.as_ptr();
        [
            (
                "frame",
                (*b).frame_meta_pool,
                c::NvDsMetaType_NVDS_FRAME_META,
                size_of::<c::NvDsFrameMeta>(),
            ),
            (
                "object",
                (*b).obj_meta_pool,
                c::NvDsMetaType_NVDS_OBJ_META,
                size_of::<c::NvDsObjectMeta>(),
            ),
            (
                "display",
                (*b).display_meta_pool,
                c::NvDsMetaType_NVDS_DISPLAY_META,
                size_of::<c::NvDsDisplayMeta>(),
            ),
            (
                "classifier",
                (*b).classifier_meta_pool,
                c::NvDsMetaType_NVDS_CLASSIFIER_META,
                size_of::<c::NvDsClassifierMeta>(),
            ),
            (
                "label",
                (*b).label_info_meta_pool,
                c::NvDsMetaType_NVDS_LABEL_INFO_META,
                size_of::<c::NvDsLabelInfo>(),
            ),
            (
                "user",
                (*b).user_meta_pool,
                c::NvDsMetaType_NVDS_USER_META,
                size_of::<c::NvDsUserMeta>(),
            ),
        ]
    }
}

/// Compares the pools' kinds and element sizes with DeepStream 9.0/9.1.
///
/// # Safety
/// `batch` must be a live batch meta of any release.
pub(crate) unsafe fn check(batch: NonNull<c::NvDsBatchMeta>) -> Result<(), LayoutError> {
    // SAFETY: as the caller vouches.
    let [a, b, c, d, e, f] = unsafe { pools(batch) };
    let fits = |(_, pool, kind, size): Pool| {
        // SAFETY: not NULL, so a pool of the batch.
        !pool.is_null()
            && unsafe { (*pool).meta_type == kind && (*pool).element_size as usize == size }
    };
    // Of each buffer: nothing more is done for one that is well.
    if fits(a) && fits(b) && fits(c) && fits(d) && fits(e) && fits(f) {
        return Ok(());
    }
    // SAFETY: as the caller vouches.
    unsafe { explain(batch) }
}

/// What is not as [`check`] expects.
///
/// # Safety
/// As [`check`].
#[cold]
unsafe fn explain(batch: NonNull<c::NvDsBatchMeta>) -> Result<(), LayoutError> {
    // SAFETY: as the caller vouches.
    let pools = unsafe { pools(batch) };
    let sizes = pools.map(|(_, pool, _, _)| {
        // SAFETY: not NULL, so a pool of the batch.
        (!pool.is_null()).then(|| unsafe { (*pool).element_size as usize })
    });
    for (name, pool, kind, expected) in pools {
        if pool.is_null() {
            return Err(LayoutError::NoPool(name));
        }
        // SAFETY: not NULL, so a pool of the batch.
        let (found_kind, found) = unsafe { ((*pool).meta_type, (*pool).element_size as usize) };
        if found_kind != kind {
            return Err(LayoutError::WrongKind {
                pool: name,
                expected: kind,
                found: found_kind,
            });
        }
        if found != expected {
            return Err(LayoutError::Size {
                pool: name,
                expected,
                found,
                release: release_of(sizes[0], sizes[1], sizes[2]),
            });
        }
    }
    Ok(())
}

/// The releases whose frame, object and display metas have these sizes in bytes.
fn release_of(frame: Option<usize>, object: Option<usize>, display: Option<usize>) -> &'static str {
    match (frame, object, display) {
        (Some(192), Some(544), Some(6912)) => "DeepStream 5.0",
        (Some(200), Some(544), Some(6912)) => "DeepStream 6.0 to 7.1",
        (Some(232), Some(544), Some(6912)) => "DeepStream 8.0",
        _ => "an unknown DeepStream release",
    }
}
