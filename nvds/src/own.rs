//! A buffer with metadata of its own, for one branch of a `tee`.

use std::collections::HashMap;

use glib::ffi::{GList, g_list_reverse};
use once_cell::sync::OnceCell;

use crate::batch::{Batch, Locked};
use crate::create::{NewBatch, NewFrame};
use crate::error::Error;
use crate::frame::Frame;
use crate::list::ListIter;
use crate::object::{NewObject, Object};
use crate::text::{Rect, RectStyle};
use crate::user::UserMeta;

/// What became of a buffer that was to have metadata of its own.
#[derive(Debug)]
pub struct OwnMetadata {
    /// The buffer, or a copy of it. Copies share the memory, and keep the buffer that they were made
    /// of, so that its pool does not give the memory to somebody else.
    pub buffer: gst::Buffer,
    /// Type of a user meta that the copy lacks, since who attached it gave no function to copy it.
    pub lost: Option<i32>,
}

/// Makes sure that nobody else sees what is changed in a buffer's batch: a buffer that others hold
/// is copied, its batch deeply, its pixels not at all.
///
/// The library's copy of a batch is put right where it is not one: its lists are in reverse, and
/// parents, pipeline sizes and classifier types are missing; tensors of nvinferserver lose network
/// size and padding.
///
/// # Errors
/// As [`Batch::from_buffer`], and [`Error::Copy`] when the buffer or its batch cannot be copied.
pub fn with_own_metadata(buffer: gst::Buffer) -> Result<OwnMetadata, Error> {
    let whole = |buffer| OwnMetadata { buffer, lost: None };
    if buffer.is_writable() {
        return Ok(whole(buffer));
    }
    let Some(batch) = Batch::from_buffer(&buffer)? else {
        return Ok(whole(buffer));
    };
    let reverses = lists_are_reversed()?;
    let source = batch.lock();
    if source.max_frames() == 0 && source.frames().next().is_some() {
        // The library would crash.
        return Err(Error::Copy("its max_frames_in_batch is 0"));
    }
    // As gst_buffer_copy does: memory is shared.
    let parts = gst::BufferCopyFlags::FLAGS
        | gst::BufferCopyFlags::TIMESTAMPS
        | gst::BufferCopyFlags::META
        | gst::BufferCopyFlags::MEMORY;
    let mut copy = buffer
        .copy_region(parts, ..)
        .map_err(|_| Error::Copy("GStreamer cannot copy the buffer"))?;
    if let Some(copy) = copy.get_mut() {
        gst::ParentBufferMeta::add(copy, &buffer);
    }
    let lost = {
        let batch = Batch::from_buffer(&copy)?.ok_or(Error::Copy("the copy has no batch"))?;
        let copied = batch.lock();
        Repair { reverses }.batch(&source, &copied)
    };
    drop(source);
    Ok(OwnMetadata { buffer: copy, lost })
}

/// Whether this library's copies have the lists of objects, displays, classifiers, labels and user
/// metas of frames and objects in reverse, as that of DeepStream 9.0 does: it walks each list and
/// prepends to the new one.
fn lists_are_reversed() -> Result<bool, Error> {
    static REVERSED: OnceCell<bool> = OnceCell::new();
    REVERSED
        .get_or_try_init(|| {
            let mut source = NewBatch::new(1)?;
            source.add_frame(&NewFrame::default());
            {
                let batch = source.batch();
                let locked = batch.lock();
                for class_id in 0..2 {
                    let frame = locked.frames().next();
                    let frame = frame.ok_or(Error::Copy("frames cannot be added"))?;
                    locked.add_object(&frame, &sample(class_id), None)?;
                }
            }
            let mut copy = NewBatch::new(1)?;
            let source = source.batch();
            let source = source.lock();
            let frame = source.frames().next();
            let frame = frame.ok_or(Error::Copy("frames cannot be added"))?;
            let copied = copy.copy_frame(&frame, 0)?;
            let first = |frame: &Frame<'_>| frame.objects().next().map(|object| object.class_id());
            Ok(first(&frame) != first(&copied))
        })
        .copied()
}

fn sample(class_id: i32) -> NewObject<'static> {
    NewObject {
        unique_component_id: 0,
        class_id,
        confidence: 0.0,
        rect: Rect::default(),
        style: RectStyle::default(),
        label: "",
        text: None,
    }
}

/// Puts a copy right. Both batches are locked.
struct Repair {
    reverses: bool,
}

impl Repair {
    /// Returns the type of a user meta that is missing.
    fn batch(&self, source: &Locked<'_>, copy: &Locked<'_>) -> Option<i32> {
        let mut lost = tensors(source.all_user_metas(), copy.all_user_metas());
        for (from, to) in source.frames().zip(copy.frames()) {
            lost = lost.or(self.frame(&from, &to));
        }
        lost
    }

    fn frame(&self, from: &Frame<'_>, to: &Frame<'_>) -> Option<i32> {
        // SAFETY: live frames of locked batches; the copy's is this function's alone.
        let (user_metas, displays, objects) = unsafe {
            (*to.raw()).pipeline_width = (*from.raw()).pipeline_width;
            (*to.raw()).pipeline_height = (*from.raw()).pipeline_height;
            (
                &raw mut (*to.raw()).frame_user_meta_list,
                &raw mut (*to.raw()).display_meta_list,
                &raw mut (*to.raw()).obj_meta_list,
            )
        };
        self.list(user_metas);
        self.list(displays);
        self.list(objects);
        let mut lost = tensors(from.user_metas(), to.user_metas());
        let copies: HashMap<usize, Object<'_>> = from
            .objects()
            .zip(to.objects())
            .map(|(from, to)| (from.address(), to))
            .collect();
        for (from, to) in from.objects().zip(to.objects()) {
            let parent = from.parent().and_then(|p| copies.get(&p.address()));
            // SAFETY: a live object of the copy.
            unsafe { (*to.raw()).parent = parent.map_or(std::ptr::null_mut(), Object::raw) };
            lost = lost.or(self.object(&from, &to));
        }
        lost
    }

    fn object(&self, from: &Object<'_>, to: &Object<'_>) -> Option<i32> {
        self.list(to.classifiers_place());
        self.list(to.user_metas_place());
        for (from, to) in from.classifiers().zip(to.classifiers()) {
            // SAFETY: live classifiers of locked batches; the type is a text that no batch frees.
            let labels = unsafe {
                (*to.raw()).classifier_type = (*from.raw()).classifier_type;
                &raw mut (*to.raw()).label_info_list
            };
            self.list(labels);
        }
        tensors(from.user_metas(), to.user_metas())
    }

    /// Puts a list into the order of the original.
    fn list(&self, list: *mut *mut GList) {
        if self.reverses {
            // SAFETY: a list of the copy, which nobody walks now.
            unsafe { *list = g_list_reverse(*list) };
        }
    }
}

/// Puts copied tensors right. Returns the type of a user meta that was not copied.
fn tensors<'a, 'b>(
    from: ListIter<'a, UserMeta<'a>>,
    to: ListIter<'b, UserMeta<'b>>,
) -> Option<i32> {
    // SAFETY: live user metas of a locked batch.
    let copies = |meta: &UserMeta<'_>| unsafe { (*meta.raw()).base_meta.copy_func.is_some() };
    let lost = from.clone().find(|meta| !copies(meta));
    let sources = from.filter(copies);
    if sources.clone().count() == to.clone().count() {
        for (from, to) in sources.zip(to) {
            if let (Some(from), Some(to)) = (from.as_tensor(), to.as_tensor()) {
                to.set_geometry_as(&from);
            }
        }
    }
    lost.map(|meta| meta.meta_type())
}
