//! Pools: elements that wait (empty), and elements in use (full), the newest first.
//!
//! Each element is a block of its own and stays where it is until the batch is destroyed, so that a pointer to a
//! removed element is stale, never wild.

use std::ptr::NonNull;

use glib_sys::{
    GList, g_list_concat, g_list_find, g_list_free, g_list_prepend, g_list_remove_link,
    g_rec_mutex_lock, g_rec_mutex_unlock,
};
use nvds_sys as c;

use crate::layout::Layout;
use crate::message::Refusal;
use crate::release::Release;
use crate::text::{free, zeroed};

/// Any element, by its head.
pub(crate) type Meta = NonNull<c::NvDsBaseMeta>;
pub(crate) type Batch = NonNull<c::NvDsBatchMeta>;

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Frame,
    AudioFrame,
    Object,
    Display,
    Classifier,
    Label,
    User,
}

/// NvDsAudioFrameMeta, the same in all releases since 6.0; gst-nvdsaudio's formats are numbers here.
#[repr(C)]
pub struct NvDsAudioFrameMeta {
    pub(crate) base_meta: c::NvDsBaseMeta,
    pub(crate) pad_index: u32,
    pub(crate) batch_id: u32,
    pub(crate) frame_num: i32,
    pub(crate) buf_pts: u64,
    pub(crate) ntp_timestamp: u64,
    pub(crate) source_id: u32,
    pub(crate) num_samples_per_frame: i32,
    pub(crate) sample_rate: u32,
    pub(crate) num_channels: u32,
    pub(crate) format: i32,
    pub(crate) layout: i32,
    pub(crate) infer_done: i32,
    pub(crate) class_id: i32,
    pub(crate) confidence: f32,
    pub(crate) class_label: [u8; 128],
    pub(crate) classifier_meta_list: *mut GList,
    pub(crate) frame_user_meta_list: *mut GList,
    pub(crate) misc_frame_info: [i64; 4],
    pub(crate) reserved: [i64; 4],
}

impl Kind {
    fn meta_type(self, release: &Release) -> c::NvDsMetaType {
        match self {
            Self::Frame => c::NvDsMetaType_NVDS_FRAME_META,
            Self::AudioFrame => release.audio_frame() as c::NvDsMetaType,
            Self::Object => c::NvDsMetaType_NVDS_OBJ_META,
            Self::Display => c::NvDsMetaType_NVDS_DISPLAY_META,
            Self::Classifier => c::NvDsMetaType_NVDS_CLASSIFIER_META,
            Self::Label => c::NvDsMetaType_NVDS_LABEL_INFO_META,
            Self::User => c::NvDsMetaType_NVDS_USER_META,
        }
    }

    fn size(self, layout: &Layout) -> usize {
        match self {
            Self::Frame => layout.frame,
            Self::AudioFrame => size_of::<NvDsAudioFrameMeta>(),
            Self::Object => layout.object,
            Self::Display => layout.display,
            Self::Classifier => size_of::<c::NvDsClassifierMeta>(),
            Self::Label => size_of::<c::NvDsLabelInfo>(),
            Self::User => size_of::<c::NvDsUserMeta>(),
        }
    }

    /// The batch's pool of this kind; NULL for what an audio batch has none of.
    ///
    /// # Safety
    /// The batch must be alive.
    pub(crate) unsafe fn pool(self, batch: Batch) -> *mut c::NvDsMetaPool {
        let batch = batch.as_ptr();
        // SAFETY: as the caller vouches; the pools' places are the same in all releases.
        unsafe {
            match self {
                Self::Frame | Self::AudioFrame => (*batch).frame_meta_pool,
                Self::Object => (*batch).obj_meta_pool,
                Self::Display => (*batch).display_meta_pool,
                Self::Classifier => (*batch).classifier_meta_pool,
                Self::Label => (*batch).label_info_meta_pool,
                Self::User => (*batch).user_meta_pool,
            }
        }
    }
}

/// The lock of a batch, until this is dropped.
pub(crate) struct Locked(Batch);

impl Locked {
    /// # Safety
    /// The batch must be alive until this is dropped.
    pub(crate) unsafe fn new(batch: Batch) -> Self {
        // SAFETY: as the caller vouches; the mutex was set up with the batch.
        unsafe { g_rec_mutex_lock(&raw mut (*batch.as_ptr()).meta_mutex) };
        Self(batch)
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: alive, as new's caller vouched, and locked by this thread.
        unsafe { g_rec_mutex_unlock(&raw mut (*self.0.as_ptr()).meta_mutex) };
    }
}

/// A pool of `count` elements, which `release` releases.
///
/// # Safety
/// `batch` must outlive the pool.
pub(crate) unsafe fn create(
    batch: Batch,
    kind: Kind,
    release: &Release,
    count: u32,
    function: c::NvDsMetaReleaseFunc,
) -> *mut c::NvDsMetaPool {
    let pool: *mut c::NvDsMetaPool = zeroed(size_of::<c::NvDsMetaPool>());
    // SAFETY: a fresh block of this size, where zeros are valid.
    unsafe {
        (*pool).meta_type = kind.meta_type(release);
        (*pool).element_size = kind.size(release.layout()) as u32;
        (*pool).release_func = function;
        grow(&mut *pool, batch, count);
    }
    pool
}

/// Adds `count` elements.
fn grow(pool: &mut c::NvDsMetaPool, batch: Batch, count: u32) {
    for _ in 0..count {
        let element: *mut c::NvDsBaseMeta = zeroed(pool.element_size as usize);
        // SAFETY: a fresh block that begins with a base; the list belongs to the pool.
        unsafe {
            (*element).batch_meta = batch.as_ptr();
            (*element).meta_type = pool.meta_type;
            (*element).release_func = pool.release_func;
            pool.empty_list = g_list_prepend(pool.empty_list, element.cast());
        }
    }
    pool.max_elements_in_pool += count;
    pool.num_empty_elements += count;
}

/// Takes an element into use; a pool that is used up grows to three times its size, by 128 at most.
///
/// # Safety
/// The batch must be alive.
pub(crate) unsafe fn acquire(batch: Batch, kind: Kind) -> Result<Meta, Refusal> {
    // SAFETY: as the caller vouches.
    let _locked = unsafe { Locked::new(batch) };
    // SAFETY: as the caller vouches; the lock keeps others from the pool.
    let pool = unsafe { kind.pool(batch).as_mut() };
    let pool = pool.ok_or(Refusal::Wrong(
        "the batch has no such pool: audio batches have neither objects nor displays",
    ))?;
    if pool.empty_list.is_null() {
        // A batch for 0 frames has empty pools.
        let count = match pool.max_elements_in_pool {
            0 => 8,
            max => max.saturating_mul(2).min(128),
        };
        grow(pool, batch, count);
    }
    // SAFETY: grown just now if it was empty: the link is the pool's, and holds one of its elements.
    unsafe {
        let link = pool.empty_list;
        pool.empty_list = g_list_remove_link(link, link);
        pool.full_list = g_list_concat(link, pool.full_list);
        pool.num_empty_elements -= 1;
        pool.num_full_elements += 1;
        Ok(NonNull::new_unchecked((*link).data.cast()))
    }
}

/// Whether an element is in use.
///
/// # Safety
/// The batch must be alive. The element is not read.
pub(crate) unsafe fn holds(batch: Batch, kind: Kind, element: Meta) -> bool {
    // SAFETY: as the caller vouches.
    let _locked = unsafe { Locked::new(batch) };
    // SAFETY: the pool and its list belong to the batch; the lock keeps others from them.
    unsafe {
        let pool = kind.pool(batch);
        !pool.is_null() && !g_list_find((*pool).full_list, element.as_ptr().cast()).is_null()
    }
}

/// Gives an element back, which is the next to be taken. One that is not in use is left alone.
///
/// # Safety
/// The batch must be alive. The element is not read.
pub(crate) unsafe fn give_back(batch: Batch, kind: Kind, element: Meta) {
    // SAFETY: as the caller vouches.
    let _locked = unsafe { Locked::new(batch) };
    // SAFETY: the pool and its lists belong to the batch; the lock keeps others from them.
    unsafe {
        let Some(pool) = kind.pool(batch).as_mut() else {
            return;
        };
        let link = g_list_find(pool.full_list, element.as_ptr().cast());
        if link.is_null() {
            return;
        }
        pool.full_list = g_list_remove_link(pool.full_list, link);
        pool.empty_list = g_list_concat(link, pool.empty_list);
        pool.num_full_elements -= 1;
        pool.num_empty_elements += 1;
    }
}

/// The newest element in use.
///
/// # Safety
/// The batch must be alive.
pub(crate) unsafe fn newest(batch: Batch, kind: Kind) -> Option<Meta> {
    // SAFETY: the pool and its list belong to the batch, as the caller vouches.
    unsafe {
        let pool = kind.pool(batch).as_ref()?;
        let link = pool.full_list.as_ref()?;
        NonNull::new(link.data.cast())
    }
}

/// Frees the pool with its elements.
///
/// # Safety
/// Nobody may use the pool or an element any more.
pub(crate) unsafe fn destroy(pool: *mut c::NvDsMetaPool) {
    // SAFETY: as the caller vouches; `create` made the pool, and what its lists hold.
    unsafe {
        let Some(lists) = pool.as_ref().map(|pool| [pool.empty_list, pool.full_list]) else {
            return;
        };
        for list in lists {
            let mut link = list;
            while let Some(this) = link.as_ref() {
                free(this.data);
                link = this.next;
            }
            g_list_free(list);
        }
        free(pool);
    }
}
