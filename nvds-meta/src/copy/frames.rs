//! Copies of frames and of whole batches.

use std::mem::offset_of;
use std::ptr::{NonNull, null_mut};

use glib_sys::{GList, gpointer};
use nvds_sys as c;

use super::{HEAD, bytes, classifiers, displays, each, label_text, objects, replace, two, users};
use crate::list::{self, List, batch_of};
use crate::message::{Refusal, tell_once};
use crate::pool::{Batch, Locked, NvDsAudioFrameMeta};
use crate::release::layout;
use crate::text::field;

/// Copies a frame with all that hangs on it; on a target that has something already, it is added.
///
/// # Safety
/// Both frames must be alive.
pub(crate) unsafe fn frame(
    source: NonNull<c::NvDsFrameMeta>,
    target: NonNull<c::NvDsFrameMeta>,
) -> Result<(), Refusal> {
    two(source, target)?;
    let layout = layout()?;
    // SAFETY: as the caller vouches.
    unsafe {
        let locked = Locked::new(batch_of(source)?);
        let (from, to) = (source.as_ptr(), target.as_ptr());
        (*to).pad_index = (*from).pad_index;
        (*to).batch_id = (*from).batch_id;
        (*to).frame_num = (*from).frame_num;
        (*to).buf_pts = (*from).buf_pts;
        (*to).ntp_timestamp = (*from).ntp_timestamp;
        (*to).source_id = (*from).source_id;
        (*to).num_surfaces_per_frame = (*from).num_surfaces_per_frame;
        (*to).source_frame_width = (*from).source_frame_width;
        (*to).source_frame_height = (*from).source_frame_height;
        (*to).surface_type = (*from).surface_type;
        (*to).surface_index = (*from).surface_index;
        (*to).bInferDone = (*from).bInferDone;
        (*to).misc_frame_info = (*from).misc_frame_info;
        bytes(source, target, layout.frame_reserved, layout.frame);
        if let Some(sensor) = layout.sensor {
            let from: *mut c::NvDsSensorInfo_meta = field(from, sensor);
            let to: *mut c::NvDsSensorInfo_meta = field(to, sensor);
            (*to).source_id = (*from).source_id;
            for (to, from) in [
                (&raw mut (*to).uri, (*from).uri),
                (&raw mut (*to).sensor_id, (*from).sensor_id),
                (&raw mut (*to).sensor_name, (*from).sensor_name),
            ] {
                // One that the source has none of stays.
                if !from.is_null() {
                    replace(&mut *to.cast(), from);
                }
            }
        }
        drop(locked);
        objects((*from).obj_meta_list, list::objects(target)?)?;
        displays((*from).display_meta_list, list::displays(target)?)?;
        users((*from).frame_user_meta_list, list::frame_users(target)?)
    }
}

/// # Safety
/// List and target must be alive.
pub(crate) unsafe fn frames(source: *mut GList, target: List) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    unsafe { each(source, target, frame) }
}

/// # Safety
/// Both frames must be alive.
pub(crate) unsafe fn audio_frame(
    source: NonNull<NvDsAudioFrameMeta>,
    target: NonNull<NvDsAudioFrameMeta>,
) -> Result<(), Refusal> {
    two(source, target)?;
    // SAFETY: as the caller vouches; between the base and the lists there is nothing that is owned.
    unsafe {
        let locked = Locked::new(batch_of(source)?);
        let label = offset_of!(NvDsAudioFrameMeta, class_label);
        let rest = offset_of!(NvDsAudioFrameMeta, misc_frame_info);
        bytes(source, target, HEAD, label);
        label_text(source, target, label);
        bytes(source, target, rest, size_of::<NvDsAudioFrameMeta>());
        drop(locked);
        let from = source.as_ptr();
        classifiers(
            (*from).classifier_meta_list,
            list::audio_classifiers(target)?,
        )?;
        users((*from).frame_user_meta_list, list::audio_users(target)?)
    }
}

/// # Safety
/// List and target must be alive.
pub(crate) unsafe fn audio_frames(source: *mut GList, target: List) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    unsafe { each(source, target, audio_frame) }
}

/// What a batch's copy function does: a batch made by `create`, filled by `fill` from the frames' list.
///
/// # Safety
/// `data` must be a live batch of the kind that `create` makes.
pub(crate) unsafe fn batch(
    data: gpointer,
    create: unsafe extern "C" fn(u32) -> *mut c::NvDsBatchMeta,
    fill: unsafe fn(*mut GList, Batch) -> Result<(), Refusal>,
) -> Result<gpointer, Refusal> {
    let source: Batch = crate::message::given(data.cast(), "data")?;
    let from = source.as_ptr();
    // SAFETY: as the caller vouches.
    unsafe {
        let locked = Locked::new(source);
        let target = create((*from).max_frames_in_batch);
        // Its maker said why.
        let Some(batch) = NonNull::new(target) else {
            return Ok(null_mut());
        };
        (*target).max_frames_in_batch = (*from).max_frames_in_batch;
        (*target).misc_batch_info = (*from).misc_batch_info;
        (*target).reserved = (*from).reserved;
        drop(locked);
        // What could not be copied is missing; the rest is a batch all the same.
        let filled = fill((*from).frame_meta_list, batch);
        let users =
            list::batch_users(batch).and_then(|target| users((*from).batch_user_meta_list, target));
        for refusal in [filled, users].into_iter().filter_map(Result::err) {
            tell_once("copy of a batch", refusal);
        }
        Ok(target.cast())
    }
}
