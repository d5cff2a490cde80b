//! Batches: found on a buffer, and locked to be read or changed.

use std::marker::PhantomData;
use std::ptr::NonNull;

use nvds_sys as c;

use crate::display::Display;
use crate::error::Error;
use crate::frame::Frame;
use crate::layout::pools;
use crate::library::api;
use crate::list::ListIter;
use crate::object::Object;
use crate::release::Release;
use crate::retired;
use crate::user::UserMeta;
use crate::view::{Owner, View};

/// The metadata of a batched buffer, found but not looked at: [`Batch::lock`] is the only door.
///
/// A buffer may be in work in several threads at once, behind a `tee`. So nothing is read or
/// written but with the batch's mutex held.
#[derive(Debug)]
pub struct Batch<'a> {
    owner: Owner,
    marker: PhantomData<&'a gst::BufferRef>,
}

impl<'a> Batch<'a> {
    /// The batch meta on a buffer, `None` if it has none.
    ///
    /// The buffer need not be writable: DeepStream's elements change metadata through the pointer
    /// while the buffer is shared, and making it writable would copy the whole batch.
    ///
    /// # Errors
    /// [`Error::Load`] without a usable library; [`Error::Layout`] when the library is of an unknown
    /// release, or the batch is none of video that the library made.
    pub fn from_buffer(buffer: &'a gst::BufferRef) -> Result<Option<Self>, Error> {
        let api = api()?;
        // SAFETY: the buffer is alive; the function reads its list of metas.
        let raw = unsafe { (api.gst_buffer_get_nvds_batch_meta)(buffer.as_ptr().cast_mut()) };
        NonNull::new(raw)
            // SAFETY: what the library returns is a batch meta that lives as long as the buffer.
            .map(|batch| unsafe { Self::new(Owner::new(batch)?) })
            .transpose()
    }

    /// # Safety
    /// The batch must be alive for `'a`.
    pub(crate) unsafe fn new(owner: Owner) -> Result<Self, Error> {
        // SAFETY: the head of a batch meta and of its pools is the same in all releases 5.0 to 9.1
        // and does not change once the batch is made.
        unsafe {
            if !pools::fit(owner.batch, &owner.release.sizes) {
                return Err(pools::explain(owner.batch, &owner.release.sizes).into());
            }
        }
        Ok(Self {
            owner,
            marker: PhantomData,
        })
    }

    /// The DeepStream release that the batch is of, as far as that is known.
    pub fn release(&self) -> &'static Release {
        self.owner.release
    }

    /// The C struct, for code that goes beyond these views.
    #[cfg(feature = "raw")]
    pub fn as_ptr(&self) -> *mut c::NvDsBatchMeta {
        self.owner.batch.as_ptr()
    }

    /// Takes the batch's mutex until the guard drops. It is recursive: a thread that has it gets it
    /// again, so that no guard's views may be taken for the only ones.
    pub fn lock(&self) -> Locked<'a> {
        // SAFETY: a live batch.
        unsafe { (self.owner.api.nvds_acquire_meta_lock)(self.owner.batch.as_ptr()) };
        Locked {
            owner: self.owner,
            marker: PhantomData,
        }
    }
}

/// A batch whose mutex is held: all views come from here, and all changes are made here.
///
/// Adding never invalidates a view: the library prepends or appends list nodes and hands out pool
/// elements that stay where they are. Nor does changing: values are read and written whole, no
/// reference to what can change is lent out, and a text that is replaced is kept until the batch is
/// released. What removes is `unsafe`.
#[derive(Debug)]
pub struct Locked<'a> {
    owner: Owner,
    marker: PhantomData<&'a gst::BufferRef>,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // SAFETY: this guard took the lock of a batch that is still alive.
        unsafe { (self.owner.api.nvds_release_meta_lock)(self.raw()) };
    }
}

impl Locked<'_> {
    pub(crate) fn raw(&self) -> *mut c::NvDsBatchMeta {
        self.owner.batch.as_ptr()
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.owner
    }

    pub(crate) fn api(&self) -> &'static c::Api {
        self.owner.api
    }

    /// Most frames that the batch can have; 0 where the creator forgot to set it.
    pub fn max_frames(&self) -> u32 {
        // SAFETY: a live batch, locked.
        unsafe { (*self.raw()).max_frames_in_batch }
    }

    /// Frames, in the order of the batch.
    pub fn frames(&self) -> ListIter<'_, Frame<'_>> {
        // SAFETY: a live batch, locked; its frame list is not freed before it.
        unsafe { ListIter::new((*self.raw()).frame_meta_list, &self.owner) }
    }

    /// User metas of the batch itself, oldest first, without this library's own.
    pub fn user_metas(&self) -> impl DoubleEndedIterator<Item = UserMeta<'_>> {
        self.all_user_metas().filter(|meta| !retired::is_ours(meta))
    }

    pub(crate) fn all_user_metas(&self) -> ListIter<'_, UserMeta<'_>> {
        // SAFETY: a live batch, locked; its user meta list is not freed before it.
        unsafe { ListIter::new((*self.raw()).batch_user_meta_list, &self.owner) }
    }

    /// Every object that was acquired from this batch's pool and not yet returned, attached to a
    /// frame or not, newest first: what the stock nvdsosd visits.
    pub fn pool_objects(&self) -> ListIter<'_, Object<'_>> {
        // SAFETY: the pool exists (checked in `Batch::new`) and lives as long as the batch.
        unsafe { ListIter::new((*(*self.raw()).obj_meta_pool).full_list, &self.owner) }
    }

    /// Every display meta acquired and not yet returned; see [`Self::pool_objects`].
    pub fn pool_displays(&self) -> ListIter<'_, Display<'_>> {
        // SAFETY: the pool exists (checked in `Batch::new`) and lives as long as the batch.
        unsafe { ListIter::new((*(*self.raw()).display_meta_pool).full_list, &self.owner) }
    }

    /// Makes sure that the lock which is held is that of the view.
    ///
    /// # Panics
    /// When the view was got by the guard of another batch, which is a mistake in the calling code.
    #[inline]
    pub(crate) fn check(&self, view: &impl View) {
        assert_eq!(
            view.owner().batch,
            self.owner.batch,
            "a view of another batch"
        );
    }

    /// [`Self::check`] and [`View::check_owned`].
    #[inline]
    pub(crate) fn check_owned(&self, view: &impl View) -> Result<(), Error> {
        self.check(view);
        view.check_owned()
    }
}
