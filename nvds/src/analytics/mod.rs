//! What `rsanalytics` finds out: user metas whose data other programs read as C structs.
//!
//! `include/rsnvds.h` declares them for C. Each is one block of GLib's heap: a header that tells where the lists in the
//! block begin and how long they are, then the lists.

mod block;
mod parts;

use glib::ffi::gpointer;
use nvds_sys as c;
use once_cell::sync::OnceCell;

use crate::batch::Locked;
use crate::error::Error;
use crate::frame::Frame;
use crate::key_points::release;
use crate::object::Object;
use crate::user::{Parts, UserMeta, UserMetaType};

pub use parts::*;

/// Name of the meta type on frames, as the library's `nvds_get_user_meta_type` takes it.
pub const ANALYTICS_FRAME_TYPE: &std::ffi::CStr = c"rsnvds.analytics-frame";
/// Name of the meta type on objects.
pub const ANALYTICS_OBJECT_TYPE: &std::ffi::CStr = c"rsnvds.analytics-object";
/// A block larger than this, in bytes, is taken for garbage; lists that would make one are cut.
pub const MOST_ANALYTICS: usize = 1 << 24;

fn frame_type() -> Result<i32, Error> {
    static TYPE: OnceCell<UserMetaType> = OnceCell::new();
    let known = TYPE.get_or_try_init(|| UserMetaType::named(ANALYTICS_FRAME_TYPE));
    known.map(|known| known.number())
}

fn object_type() -> Result<i32, Error> {
    static TYPE: OnceCell<UserMetaType> = OnceCell::new();
    let known = TYPE.get_or_try_init(|| UserMetaType::named(ANALYTICS_OBJECT_TYPE));
    known.map(|known| known.number())
}

impl Locked<'_> {
    /// Attaches what was found out about a frame.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_analytics_to_frame(
        &self,
        frame: &Frame<'_>,
        analytics: &AnalyticsFrame<'_>,
    ) -> Result<(), Error> {
        self.check_owned(frame)?;
        let meta = self.new_analytics(frame_type()?, block::of_frame(analytics));
        // SAFETY: frame and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_frame)(frame.raw(), meta) };
        Ok(())
    }

    /// Attaches what was found out about an object.
    ///
    /// # Errors
    /// [`Error::ForeignMeta`].
    pub fn add_analytics_to_object(
        &self,
        object: &Object<'_>,
        analytics: &AnalyticsObject<'_>,
    ) -> Result<(), Error> {
        self.check_owned(object)?;
        let meta = self.new_analytics(object_type()?, block::of_object(analytics));
        // SAFETY: object and user meta are alive, of this batch, which is locked.
        unsafe { (self.api().nvds_add_user_meta_to_obj)(object.raw(), meta) };
        Ok(())
    }

    /// A filled user meta that is on no list yet.
    fn new_analytics(&self, meta_type: i32, block: gpointer) -> *mut c::NvDsUserMeta {
        let parts = Parts {
            meta_type,
            data: block,
            copy: Some(block::copy),
            release: Some(release),
        };
        // SAFETY: the functions are those of such blocks.
        unsafe { self.new_meta_of(parts) }
    }
}

impl<'a> Frame<'a> {
    /// What was found out about a frame, by whom found it out last.
    pub fn analytics(&self) -> Option<AnalyticsFrame<'a>> {
        self.all_analytics().next()
    }

    /// What each element found out about a frame, the last one first.
    pub fn all_analytics(
        &self,
    ) -> impl DoubleEndedIterator<Item = AnalyticsFrame<'a>> + Clone + use<'a> {
        self.user_metas()
            .filter_map(|meta| meta.as_analytics_frame())
    }
}

impl<'a> Object<'a> {
    /// What was found out about an object, by whom found it out last.
    pub fn analytics(&self) -> Option<AnalyticsObject<'a>> {
        self.all_analytics().next()
    }

    /// What each element found out about an object, the last one first.
    pub fn all_analytics(
        &self,
    ) -> impl DoubleEndedIterator<Item = AnalyticsObject<'a>> + Clone + use<'a> {
        self.user_metas()
            .filter_map(|meta| meta.as_analytics_object())
    }
}

impl<'a> UserMeta<'a> {
    /// What was found out about a frame, if that is what this meta holds. What can only be garbage counts as nothing.
    pub fn as_analytics_frame(&self) -> Option<AnalyticsFrame<'a>> {
        if frame_type().ok()? != self.meta_type() {
            return None;
        }
        // SAFETY: metas of this kind hold such a block, alive as long as the user meta.
        unsafe { block::frame(self.payload()) }
    }

    /// What was found out about an object, if that is what this meta holds. What can only be garbage counts as nothing.
    pub fn as_analytics_object(&self) -> Option<AnalyticsObject<'a>> {
        if object_type().ok()? != self.meta_type() {
            return None;
        }
        // SAFETY: metas of this kind hold such a block, alive as long as the user meta.
        unsafe { block::object(self.payload()) }
    }
}
