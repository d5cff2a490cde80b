//! Copies of elements, as NVIDIA's 9.0.2 makes them.
//!
//! Its faults are kept, since programs count on them or put them right: lists that are prepended to come out in
//! reverse; a frame's pipeline size, a classifier's type and an object's parent (unless that stands before it) are
//! missing; user metas without a copy function are left out.
//!
//! A list is walked over a snapshot, and the lock is held while one element is read, not while somebody else's copy
//! function runs.

mod frames;

use std::ffi::c_char;
use std::ptr::{NonNull, copy_nonoverlapping, null_mut};

use glib_sys::GList;
use nvds_sys as c;

pub(crate) use self::frames::{audio_frame, audio_frames, batch, frame, frames};
use crate::list::{self, List, batch_of};
use crate::message::Refusal;
use crate::pool::{self, Kind, Locked, Meta};
use crate::release::layout;
use crate::text::{duplicate, field, free, zeroed};

/// Where the base ends, and what is copied begins.
const HEAD: usize = size_of::<c::NvDsBaseMeta>();

/// The elements of a list, as it is now.
///
/// # Safety
/// The list must be alive, and its elements of a live batch.
unsafe fn snapshot(list: *mut GList) -> Vec<Meta> {
    // SAFETY: as the caller vouches; the first element names the batch whose lock guards the list.
    unsafe {
        let batch = list.as_ref().and_then(|link| {
            let first: NonNull<c::NvDsBaseMeta> = NonNull::new(link.data.cast())?;
            batch_of(first).ok()
        });
        let _locked = batch.map(|batch| Locked::new(batch));
        let mut elements = Vec::new();
        let mut link = list;
        while let Some(this) = link.as_ref() {
            elements.extend(NonNull::new(this.data.cast::<c::NvDsBaseMeta>()));
            link = this.next;
        }
        elements
    }
}

/// Copies the bytes `from..to` of an element.
///
/// # Safety
/// Both elements must reach that far and must not be one.
unsafe fn bytes<T>(source: NonNull<T>, target: NonNull<T>, from: usize, to: usize) {
    // SAFETY: as the caller vouches.
    unsafe {
        copy_nonoverlapping(
            source.as_ptr().cast::<u8>().add(from),
            target.as_ptr().cast::<u8>().add(from),
            to - from,
        );
    }
}

/// Replaces an owned text by a copy of another.
///
/// # Safety
/// Both must be NULL or texts, the old one of GLib's allocator.
unsafe fn replace(old: &mut *mut c_char, new: *const c_char) {
    // SAFETY: as the caller vouches.
    unsafe {
        let copy = duplicate(new);
        free(std::mem::replace(old, copy));
    }
}

/// Copies a text of 128 bytes inside an element; what is behind its end becomes zero.
///
/// # Safety
/// Both elements must reach that far.
unsafe fn label_text<T>(source: NonNull<T>, target: NonNull<T>, offset: usize) {
    let size = c::MAX_LABEL_SIZE as usize;
    // SAFETY: as the caller vouches.
    unsafe {
        let from = std::slice::from_raw_parts(field::<T, u8>(source.as_ptr(), offset), size);
        let end = from.iter().position(|byte| *byte == 0).unwrap_or(size - 1);
        let to: *mut u8 = field(target.as_ptr(), offset);
        to.copy_from_nonoverlapping(from.as_ptr(), end);
        to.add(end).write_bytes(0, size - end);
    }
}

/// Refuses a copy onto itself, which would free what it reads.
fn two<T>(source: NonNull<T>, target: NonNull<T>) -> Result<(), Refusal> {
    if source == target {
        return Err(Refusal::Wrong(
            "an element cannot be copied onto itself; nothing is done",
        ));
    }
    Ok(())
}

/// Copies a list of user metas: each by its own function, which gets the source and NULL and returns the new data.
///
/// # Safety
/// List and target must be alive.
pub(crate) unsafe fn users(source: *mut GList, target: List) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    for from in unsafe { snapshot(source) } {
        let from = from.cast::<c::NvDsUserMeta>();
        // SAFETY: both are user metas of live batches; who set the copy function vouches that it takes its meta.
        unsafe {
            let Some(copy) = (*from.as_ptr()).base_meta.copy_func else {
                continue;
            };
            let data = copy(from.as_ptr().cast(), null_mut());
            let to = pool::acquire(target.batch, Kind::User)?.cast::<c::NvDsUserMeta>();
            let (from, raw) = (from.as_ptr(), to.as_ptr());
            (*raw).base_meta.meta_type = (*from).base_meta.meta_type;
            (*raw).base_meta.uContext = (*from).base_meta.uContext;
            (*raw).base_meta.copy_func = (*from).base_meta.copy_func;
            (*raw).base_meta.release_func = (*from).base_meta.release_func;
            (*raw).user_meta_data = data;
            target.add(to.cast());
        }
    }
    Ok(())
}

/// Copies each element of a list by `one` and adds it.
///
/// # Safety
/// List and target must be alive, and of one kind, which `one` takes.
unsafe fn each<T>(
    source: *mut GList,
    target: List,
    one: unsafe fn(NonNull<T>, NonNull<T>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    for from in unsafe { snapshot(source) } {
        // SAFETY: an element of a live batch, and one that was just taken from a pool of the same kind.
        unsafe {
            let to = pool::acquire(target.batch, target.kind)?;
            one(from.cast(), to.cast())?;
            target.add(to);
        }
    }
    Ok(())
}

/// # Safety
/// Both labels must be alive.
pub(crate) unsafe fn label(
    source: NonNull<c::NvDsLabelInfo>,
    target: NonNull<c::NvDsLabelInfo>,
) -> Result<(), Refusal> {
    two(source, target)?;
    // SAFETY: as the caller vouches.
    unsafe {
        let _locked = Locked::new(batch_of(source)?);
        let (from, to) = (source.as_ptr(), target.as_ptr());
        (*to).num_classes = (*from).num_classes;
        (*to).result_label = (*from).result_label;
        replace(&mut (*to).pResult_label, (*from).pResult_label);
        (*to).result_class_id = (*from).result_class_id;
        (*to).label_id = (*from).label_id;
        (*to).result_prob = (*from).result_prob;
    }
    Ok(())
}

/// # Safety
/// List and target must be alive.
pub(crate) unsafe fn labels(source: *mut GList, target: List) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    unsafe { each(source, target, label) }
}

/// # Safety
/// Both classifiers must be alive.
pub(crate) unsafe fn classifier(
    source: NonNull<c::NvDsClassifierMeta>,
    target: NonNull<c::NvDsClassifierMeta>,
) -> Result<(), Refusal> {
    two(source, target)?;
    // SAFETY: as the caller vouches.
    unsafe {
        let (from, to) = (source.as_ptr(), target.as_ptr());
        (*to).unique_component_id = (*from).unique_component_id;
        labels((*from).label_info_list, list::labels(target)?)
    }
}

/// # Safety
/// List and target must be alive.
pub(crate) unsafe fn classifiers(source: *mut GList, target: List) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    unsafe { each(source, target, classifier) }
}

/// # Safety
/// Both displays must be alive.
pub(crate) unsafe fn display(
    source: NonNull<c::NvDsDisplayMeta>,
    target: NonNull<c::NvDsDisplayMeta>,
) -> Result<(), Refusal> {
    two(source, target)?;
    let layout = layout()?;
    let count = c::MAX_ELEMENTS_IN_DISPLAY_META as usize;
    // SAFETY: as the caller vouches.
    unsafe {
        let _locked = Locked::new(batch_of(source)?);
        let texts: *mut c::NvOSD_TextParams = field(target.as_ptr(), layout.texts);
        for place in 0..count {
            free((*texts.add(place)).display_text);
        }
        bytes(source, target, HEAD, layout.display);
        // The text now is the source's.
        for place in 0..count {
            let text = &mut (*texts.add(place)).display_text;
            *text = duplicate(*text);
        }
    }
    Ok(())
}

/// # Safety
/// List and target must be alive.
pub(crate) unsafe fn displays(source: *mut GList, target: List) -> Result<(), Refusal> {
    // SAFETY: as the caller vouches.
    unsafe { each(source, target, display) }
}

/// # Safety
/// Both objects must be alive.
pub(crate) unsafe fn object(
    source: NonNull<c::NvDsObjectMeta>,
    target: NonNull<c::NvDsObjectMeta>,
) -> Result<(), Refusal> {
    two(source, target)?;
    let layout = layout()?;
    // SAFETY: as the caller vouches.
    unsafe {
        let locked = Locked::new(batch_of(source)?);
        let text: *mut c::NvOSD_TextParams = field(target.as_ptr(), layout.text);
        let mask: *mut c::NvOSD_MaskParams = field(target.as_ptr(), layout.mask);
        free((*text).display_text);
        if (*mask).size != 0 {
            free((*mask).data);
        }
        // The target's parent stays.
        let parent = size_of::<*mut c::NvDsObjectMeta>();
        bytes(source, target, HEAD + parent, layout.label);
        bytes(source, target, layout.object_misc, layout.object);
        // Text and mask now are the source's.
        (*text).display_text = duplicate((*text).display_text);
        (*mask).data = mask_of(&*mask);
        label_text(source, target, layout.label);
        drop(locked);
        classifiers(
            list::classifiers(source)?.first(),
            list::classifiers(target)?,
        )?;
        users(
            list::object_users(source)?.first(),
            list::object_users(target)?,
        )
    }
}

/// A copy of a mask's data; NULL of none.
///
/// # Safety
/// The mask's data must be as long as its size says.
unsafe fn mask_of(mask: &c::NvOSD_MaskParams) -> *mut f32 {
    let size = mask.size as usize;
    if mask.data.is_null() || size == 0 {
        return null_mut();
    }
    let copy: *mut f32 = zeroed(size);
    // SAFETY: as the caller vouches; the copy is as long.
    unsafe { copy_nonoverlapping(mask.data.cast::<u8>(), copy.cast(), size) };
    copy
}

/// Copies a list of objects. A parent that stands before its child in the list is the child's parent in the copy.
///
/// # Safety
/// List and target must be alive.
pub(crate) unsafe fn objects(source: *mut GList, target: List) -> Result<(), Refusal> {
    let mut copies: Vec<(*mut c::NvDsObjectMeta, *mut c::NvDsObjectMeta)> = Vec::new();
    // SAFETY: as the caller vouches.
    for from in unsafe { snapshot(source) } {
        let from = from.cast::<c::NvDsObjectMeta>();
        // SAFETY: an object of a live batch, and one that was just taken from a pool.
        unsafe {
            let to = pool::acquire(target.batch, Kind::Object)?.cast();
            object(from, to)?;
            let parent = (*from.as_ptr()).parent;
            if !parent.is_null()
                && let Some((_, copy)) = copies.iter().find(|(original, _)| *original == parent)
            {
                (*to.as_ptr()).parent = *copy;
            }
            target.add(to.cast());
            copies.push((from.as_ptr(), to.as_ptr()));
        }
    }
    Ok(())
}
