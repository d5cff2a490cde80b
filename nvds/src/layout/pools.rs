//! What the pools of a batch meta tell of its layout.

use std::ptr::NonNull;

use nvds_sys as c;

use super::{ALL, Layout};
use crate::error::LayoutError;

/// Number of pools in a batch meta.
pub const COUNT: usize = 6;

/// What is in the pools, in the order of [`Sizes`].
pub const NAMES: [&str; COUNT] = ["frame", "object", "display", "classifier", "label", "user"];

/// Sizes of the pools' elements in bytes.
pub type Sizes = [usize; COUNT];

const KINDS: [c::NvDsMetaType; COUNT] = [
    c::NvDsMetaType_NVDS_FRAME_META,
    c::NvDsMetaType_NVDS_OBJ_META,
    c::NvDsMetaType_NVDS_DISPLAY_META,
    c::NvDsMetaType_NVDS_CLASSIFIER_META,
    c::NvDsMetaType_NVDS_LABEL_INFO_META,
    c::NvDsMetaType_NVDS_USER_META,
];

/// # Safety
/// `batch` must be a live batch meta of any release.
#[inline(always)] // so that no table is made where only pools are compared
unsafe fn pools(batch: NonNull<c::NvDsBatchMeta>) -> [*const c::NvDsMetaPool; COUNT] {
    let b = batch.as_ptr();
    // SAFETY: pool pointers have the same place in all releases.
    unsafe {
        [
            (*b).frame_meta_pool,
            (*b).obj_meta_pool,
            (*b).display_meta_pool,
            (*b).classifier_meta_pool,
            (*b).label_info_meta_pool,
            (*b).user_meta_pool,
        ]
    }
    .map(<*mut _>::cast_const)
}

/// Whether a batch's pools have elements of the right kinds and of these sizes. Asked of each
/// buffer, because an address may come again with another batch: a compare for each pool.
///
/// # Safety
/// As [`pools`].
#[inline]
pub(crate) unsafe fn fit(batch: NonNull<c::NvDsBatchMeta>, sizes: &Sizes) -> bool {
    // SAFETY: as the caller vouches.
    let pools = unsafe { pools(batch) };
    (0..COUNT).all(|i| {
        let pool = pools[i];
        // SAFETY: not NULL, so a pool of the batch, whose head is the same in all releases.
        !pool.is_null()
            && unsafe {
                (*pool).meta_type == KINDS[i]
                    && (*pool).element_size as usize == sizes[i]
                    && (*pool).max_elements_in_pool > 0
            }
    })
}

/// Sizes of the pools' elements.
///
/// # Errors
/// [`LayoutError`] for what is no batch of video, or one whose pools are empty for ever.
///
/// # Safety
/// As [`pools`].
pub(crate) unsafe fn read(batch: NonNull<c::NvDsBatchMeta>) -> Result<Sizes, LayoutError> {
    // SAFETY: as the caller vouches.
    let pools = unsafe { pools(batch) };
    let mut sizes = [0; COUNT];
    for (i, pool) in pools.into_iter().enumerate() {
        if pool.is_null() {
            // In a batch of audio that comes behind a frame pool of another kind, which says more.
            return Err(LayoutError::NoPool(NAMES[i]));
        }
        // SAFETY: not NULL, so a pool of the batch, whose head is the same in all releases.
        let (kind, size, elements) = unsafe {
            (
                (*pool).meta_type,
                (*pool).element_size as usize,
                (*pool).max_elements_in_pool,
            )
        };
        if kind != KINDS[i] {
            return Err(LayoutError::WrongKind {
                pool: NAMES[i],
                expected: KINDS[i],
                found: kind,
            });
        }
        if elements == 0 {
            return Err(LayoutError::EmptyPool(NAMES[i]));
        }
        sizes[i] = size;
    }
    Ok(sizes)
}

/// The class whose metas have these sizes.
pub(crate) fn class_of(sizes: &Sizes) -> Option<&'static Layout> {
    ALL.into_iter().find(|layout| layout.elements() == *sizes)
}

/// Why a batch does not [`fit`] although the library's own do: its pools say what it is.
///
/// # Safety
/// As [`pools`].
#[cold]
pub(crate) unsafe fn explain(batch: NonNull<c::NvDsBatchMeta>, library: &Sizes) -> LayoutError {
    // SAFETY: as the caller vouches.
    match unsafe { read(batch) } {
        Err(error) => error,
        Ok(found) => LayoutError::Mixed {
            found,
            library: *library,
        },
    }
}
