//! The frames of a batch.

use nvds_sys as c;

use crate::display::Display;
use crate::list::ListIter;
use crate::object::Object;
use crate::tensor::TensorMeta;
use crate::user::UserMeta;
use crate::view::{getters, view};

view! {
    /// One frame of a batch.
    Frame of NvDsFrameMeta
}

impl<'a> Frame<'a> {
    getters! {
        /// Index of the frame's surface in the batch.
        batch_id: batch_id -> u32;
        /// Number of the mux's sink pad.
        pad_index: pad_index -> u32;
        /// Number of the source.
        source_id: source_id -> u32;
        /// Number of the frame within its source.
        frame_num: frame_num -> i32;
        /// Presentation time of the source's buffer in nanoseconds, all ones for none.
        buf_pts: buf_pts -> u64;
        /// Wall-clock time in nanoseconds since 1970, 0 for none.
        ntp_timestamp: ntp_timestamp -> u64;
        /// Width of the source's frame in pixels, before the mux scaled it.
        source_frame_width: source_frame_width -> u32;
        /// Height of the source's frame in pixels, before the mux scaled it.
        source_frame_height: source_frame_height -> u32;
        /// Width of the batch's frames in pixels; 0 where the mux does not fill it.
        pipeline_width: pipeline_width -> u32;
        /// Height of the batch's frames in pixels; 0 where the mux does not fill it.
        pipeline_height: pipeline_height -> u32;
        /// Number of objects, as counted by the library.
        num_objects: num_obj_meta -> u32;
    }

    pub(crate) fn raw(&self) -> *mut c::NvDsFrameMeta {
        self.raw.as_ptr()
    }

    /// A number that tells the frame from the others of its batch.
    pub fn address(&self) -> usize {
        self.raw() as usize
    }

    /// Whether a detector ran on this frame, with or without results.
    pub fn infer_done(&self) -> bool {
        // SAFETY: a live frame.
        unsafe { (*self.raw.as_ptr()).bInferDone != 0 }
    }

    /// Objects, newest first.
    pub fn objects(&self) -> ListIter<'a, Object<'a>> {
        // SAFETY: a live frame; its list lives as long as the batch.
        unsafe { ListIter::new((*self.raw.as_ptr()).obj_meta_list, self.owner) }
    }

    /// Display metas, newest first.
    pub fn displays(&self) -> ListIter<'a, Display<'a>> {
        // SAFETY: a live frame; its list lives as long as the batch.
        unsafe { ListIter::new((*self.raw.as_ptr()).display_meta_list, self.owner) }
    }

    /// User metas, newest first.
    pub fn user_metas(&self) -> ListIter<'a, UserMeta<'a>> {
        // SAFETY: a live frame; its list lives as long as the batch.
        unsafe { ListIter::new((*self.raw.as_ptr()).frame_user_meta_list, self.owner) }
    }

    /// Tensors that inference elements attached, newest first; user metas of other kinds are
    /// skipped.
    pub fn tensors(&self) -> impl Iterator<Item = TensorMeta<'a>> + use<'a> {
        self.user_metas().filter_map(|meta| meta.as_tensor())
    }
}
