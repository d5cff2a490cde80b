//! Making batches: what a mux does. Used by the CPU stand-ins and by tests.

use std::ptr::NonNull;

use nvds_sys as c;

use crate::batch::{Batch, Locked};
use crate::error::Error;
use crate::frame::Frame;
use crate::layout::Layout;
use crate::library::api;
use crate::list::FromElement;
use crate::view::{Owner, View};

/// A batch meta that is on no buffer yet.
#[derive(Debug)]
pub struct NewBatch {
    owner: Owner,
}

// SAFETY: the batch is heap memory with a mutex of its own and no ties to a thread.
unsafe impl Send for NewBatch {}

/// A frame to be added to a batch.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewFrame {
    /// Number of the mux's sink pad.
    pub pad_index: u32,
    /// Number of the source.
    pub source_id: u32,
    /// Index of the frame's surface in the batch.
    pub batch_id: u32,
    /// Number of the frame within its source.
    pub frame_num: i32,
    /// Presentation time of the source's buffer in nanoseconds, all ones for none.
    pub buf_pts: u64,
    /// Wall-clock time in nanoseconds since 1970, 0 for none.
    pub ntp_timestamp: u64,
    /// Size of the source's frame in pixels.
    pub source_size: (u32, u32),
    /// Size of the batch's frames in pixels; (0, 0) as the new mux leaves it.
    pub pipeline_size: (u32, u32),
}

impl NewFrame {
    /// Writes every field but the head, the lists and what a sensor would give.
    ///
    /// # Safety
    /// `raw` must be a frame of this layout that was just acquired, on no list, its batch locked or seen by nobody.
    pub(crate) unsafe fn fill(&self, raw: *mut c::NvDsFrameMeta, layout: &Layout) {
        // SAFETY: as the caller vouches; no reference to the struct is formed, which may be shorter.
        unsafe {
            (*raw).pad_index = self.pad_index;
            (*raw).source_id = self.source_id;
            (*raw).batch_id = self.batch_id;
            (*raw).frame_num = self.frame_num;
            (*raw).buf_pts = self.buf_pts;
            (*raw).ntp_timestamp = self.ntp_timestamp;
            (*raw).num_surfaces_per_frame = 1;
            ((*raw).source_frame_width, (*raw).source_frame_height) = self.source_size;
            (*raw).surface_type = 0;
            (*raw).surface_index = 0;
            (*raw).bInferDone = 0;
            (*raw).misc_frame_info = [0; 4];
            ((*raw).pipeline_width, (*raw).pipeline_height) = self.pipeline_size;
            raw.byte_add(layout.frame_reserved)
                .cast::<[i64; 4]>()
                .write([0; 4]);
        }
    }
}

impl NewBatch {
    /// An empty batch for at most `max_frames` frames.
    ///
    /// # Errors
    /// [`Error`] without a usable library, or with one whose structs this build does not know.
    pub fn new(max_frames: u32) -> Result<Self, Error> {
        let api = api()?;
        let max_frames = max_frames.max(1); // a pool of size 0 cannot grow and crashes
        // SAFETY: takes a plain number.
        let raw = unsafe { (api.nvds_create_batch_meta)(max_frames) };
        let raw = NonNull::new(raw).ok_or(Error::Create(max_frames))?;
        let this = Self {
            owner: Owner::new(raw)?,
        };
        // The library leaves it 0, and a copy of the batch crashes then.
        // SAFETY: a batch that was just made; the field has the same place in all releases.
        unsafe {
            (*raw.as_ptr()).max_frames_in_batch = max_frames;
            (*raw.as_ptr()).base_meta.batch_meta = raw.as_ptr();
            (*raw.as_ptr()).base_meta.meta_type = c::NvDsMetaType_NVDS_BATCH_META;
        }
        // SAFETY: a live batch.
        unsafe { Batch::new(this.owner) }?;
        Ok(this)
    }

    /// Adds a frame behind the others.
    pub fn add_frame(&mut self, frame: &NewFrame) -> Frame<'_> {
        // SAFETY: the batch is alive and nobody else sees it yet; pools never return NULL.
        unsafe {
            let raw = (self.owner.api.nvds_acquire_frame_meta_from_pool)(self.owner.batch.as_ptr());
            frame.fill(raw, self.owner.layout());
            (self.owner.api.nvds_add_frame_meta_to_batch)(self.owner.batch.as_ptr(), raw);
            Frame::from_element(NonNull::new_unchecked(raw), &self.owner)
        }
    }

    /// Adds a copy of another batch's frame behind the others, with its objects, display metas and
    /// user metas, the latter where their makers provided for copies. `batch_id` is given anew;
    /// `pipeline_width` and `pipeline_height` become 0, as the library does not copy them.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`] when the frame is not of the batch that lists it.
    pub fn copy_frame(&mut self, source: &Frame<'_>, batch_id: u32) -> Result<Frame<'_>, Error> {
        source.check_owned()?;
        // SAFETY: both batches are alive, and nobody else sees this one yet; pools never return
        // NULL; the library leaves a pool element's `uContext` and texts as they are, and those of
        // a batch that was just made are NULL.
        unsafe {
            let raw = (self.owner.api.nvds_acquire_frame_meta_from_pool)(self.owner.batch.as_ptr());
            (self.owner.api.nvds_copy_frame_meta)(source.raw(), raw);
            (*raw).batch_id = batch_id;
            (self.owner.api.nvds_add_frame_meta_to_batch)(self.owner.batch.as_ptr(), raw);
            Ok(Frame::from_element(
                NonNull::new_unchecked(raw),
                &self.owner,
            ))
        }
    }

    /// Adds copies of another batch's objects, display metas and user metas, those that hang on one of its
    /// frames, to the frame that was added last; user metas where their makers provided for copies. Does
    /// nothing while there is no frame.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`] when the frame is not of the batch that lists it.
    pub fn copy_onto_last(&mut self, source: &Frame<'_>) -> Result<(), Error> {
        source.check_owned()?;
        let api = self.owner.api;
        // SAFETY: both batches are alive, the source is locked by this thread, which may lock it again, and
        // nobody else sees this one yet.
        unsafe {
            let Some(last) = self.last_frame() else {
                return Ok(());
            };
            let from = source.raw();
            (api.nvds_copy_obj_meta_list)((*from).obj_meta_list, last);
            (api.nvds_copy_display_meta_list)((*from).display_meta_list, last);
            (api.nvds_copy_frame_user_meta_list)((*from).frame_user_meta_list, last);
        }
        Ok(())
    }

    /// Adds copies of another batch's own user metas, where their makers provided for copies.
    pub fn copy_batch_user_metas(&mut self, source: &Locked<'_>) {
        // SAFETY: both batches are alive, the source is locked, and nobody else sees this one yet.
        unsafe {
            let list = (*source.raw()).batch_user_meta_list;
            (self.owner.api.nvds_copy_batch_user_meta_list)(list, self.owner.batch.as_ptr());
        }
    }

    /// Gives the frame that was added last another pad's number.
    pub fn renumber_last(&mut self, pad_index: u32) {
        if let Some(frame) = self.last_frame() {
            // SAFETY: the frame is alive, nobody else sees it yet, and the field has the same place in all releases.
            unsafe { (*frame).pad_index = pad_index };
        }
    }

    /// The frame that was added last.
    fn last_frame(&self) -> Option<*mut c::NvDsFrameMeta> {
        // SAFETY: the batch and its list are alive, and nobody else sees them yet.
        unsafe {
            let last = glib::ffi::g_list_last((*self.owner.batch.as_ptr()).frame_meta_list);
            Some(last.as_ref()?.data.cast())
        }
    }

    /// Puts the metas of a source's buffer on its frame, the last that was added: the library's own
    /// as user metas of their types, all others that do not describe the memory together in one user
    /// meta of type NVDS_BUFFER_GST_AS_FRAME_USER_META. A release before 6.1 cannot and does nothing.
    pub fn copy_gst_metas(&mut self, source: &gst::BufferRef) {
        let Some(copy) = self.owner.api.nvds_copy_gst_meta_to_frame_meta else {
            return;
        };
        // SAFETY: batch, last frame and buffer are alive, nobody else sees the batch yet, and the
        // buffer is only read.
        unsafe {
            if let Some(last) = self.last_frame() {
                copy(source.as_ptr().cast_mut(), self.owner.batch.as_ptr(), last);
            }
        }
    }

    /// Undoes [`Self::copy_gst_metas`] for the last frame, as a demux does: metas of no type of the
    /// library go back to a buffer, and the user metas that held them are gone.
    pub fn move_gst_metas(&mut self, target: &mut gst::BufferRef) {
        let remove = self.owner.api.nvds_remove_user_meta_from_frame;
        const KIND: i32 = c::GstNvDsMetaType_NVDS_BUFFER_GST_AS_FRAME_USER_META;
        // SAFETY: the batch and its lists are alive and nobody else sees them yet; metas of this
        // kind hold a buffer; the list is walked anew after each removal.
        unsafe {
            let Some(frame) = self.last_frame() else {
                return;
            };
            while let Some(user) = find_user_meta((*frame).frame_user_meta_list, KIND) {
                let held = (*user).user_meta_data.cast::<gst::ffi::GstBuffer>();
                if !held.is_null() {
                    // Fails for no buffer without memory.
                    let held = gst::BufferRef::from_ptr(held);
                    let _ = held.copy_into(target, gst::BufferCopyFlags::META, ..);
                }
                remove(frame, user);
            }
        }
    }

    /// The batch, for reading and for adding more to its frames.
    pub fn batch(&mut self) -> Batch<'_> {
        // SAFETY: a live batch, borrowed mutably for as long as the view.
        unsafe { Batch::new(self.owner) }.expect("the layout was checked when the batch was made")
    }

    /// Hands the batch to a buffer, which releases it in the end.
    pub fn attach(self, buffer: &mut gst::BufferRef) {
        // SAFETY: the buffer is writable; copy and release functions are the library's own for
        // batch metas.
        unsafe {
            let meta = (self.owner.api.gst_buffer_add_nvds_meta)(
                buffer.as_mut_ptr(),
                self.owner.batch.as_ptr().cast(),
                std::ptr::null_mut(),
                Some(self.owner.api.nvds_batch_meta_copy_func),
                Some(self.owner.api.nvds_batch_meta_release_func),
            );
            // Left 0 by the library, and then the batch is not found.
            (*meta).meta_type = c::GstNvDsMetaType_NVDS_BATCH_GST_META;
        }
        std::mem::forget(self);
    }
}

/// The first user meta of a type on a list.
///
/// # Safety
/// `list` must be a live list of user metas.
unsafe fn find_user_meta(
    mut list: *mut glib::ffi::GList,
    kind: i32,
) -> Option<*mut c::NvDsUserMeta> {
    // SAFETY: the caller vouches for nodes and elements.
    unsafe {
        while let Some(node) = list.as_ref() {
            let user = node.data.cast::<c::NvDsUserMeta>();
            if user.as_ref().is_some_and(|u| u.base_meta.meta_type == kind) {
                return Some(user);
            }
            list = node.next;
        }
    }
    None
}

impl Drop for NewBatch {
    fn drop(&mut self) {
        // SAFETY: a live batch that no buffer owns.
        unsafe { (self.owner.api.nvds_destroy_batch_meta)(self.owner.batch.as_ptr()) };
    }
}
