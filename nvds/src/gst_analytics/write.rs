//! Attaching objects, classes, tracks and key points.

use std::ffi::{CString, c_int, c_uint};

use glib::ffi::GQuark;
use nvds_sys::gst_analytics as c;

use super::read::nothing;
use super::{Classes, GstAnalytics, RelatedObject, Relations};
use crate::key_points::KeyPoint;

/// The quark of a text, 0 for none. It is kept for the life of the process.
pub(super) fn quark(text: Option<&str>) -> GQuark {
    let text = text.and_then(|text| CString::new(text).ok());
    // SAFETY: a C string, which is copied.
    text.map_or(0, |text| unsafe {
        glib::ffi::g_quark_from_string(text.as_ptr())
    })
}

/// Most bytes of a metadata with one class, and what another class takes.
const BYTES: usize = 160;
const BYTES_OF_CLASS: usize = 8;

/// Room for everything, so that it need not grow with each object.
fn sizes(relations: &Relations) -> c::GstAnalyticsRelationMetaInitParams {
    let mut classes = relations.classes.iter().map(Vec::len).sum::<usize>();
    let mut count = relations.objects.len() + relations.classes.len();
    for object in &relations.objects {
        let points = object.key_points.len();
        count += object.classes.len()
            + usize::from(object.track.is_some())
            + points
            + usize::from(points > 0);
        classes += object.classes.iter().map(Vec::len).sum::<usize>();
    }
    c::GstAnalyticsRelationMetaInitParams {
        initial_relation_order: count,
        initial_buf_size: count * BYTES + classes * BYTES_OF_CLASS,
    }
}

struct Writer<'a> {
    library: &'a GstAnalytics,
    meta: *mut c::GstAnalyticsRelationMeta,
}

impl GstAnalytics {
    /// Attaches what there is to a buffer, behind what hangs on it already. Returns the number of objects.
    ///
    /// Each distinct label is kept for the life of the process. The angle of a box is left out before GStreamer 1.26, key
    /// points before 1.30. Nothing is attached where there is nothing to attach.
    pub fn write(&self, buffer: &mut gst::BufferRef, relations: &Relations) -> usize {
        if relations.objects.is_empty() && relations.classes.is_empty() {
            return 0;
        }
        let api = &self.api.relations;
        // SAFETY: a live buffer that is writable.
        let meta = unsafe {
            let found = (api.gst_buffer_get_analytics_relation_meta)(buffer.as_mut_ptr());
            match found.is_null() {
                true => {
                    let mut sizes = sizes(relations);
                    let add = api.gst_buffer_add_analytics_relation_meta_full;
                    add(buffer.as_mut_ptr(), &mut sizes)
                }
                false => found,
            }
        };
        if meta.is_null() {
            return 0;
        }
        let writer = Writer {
            library: self,
            meta,
        };
        writer.relations(relations)
    }
}

impl Writer<'_> {
    fn relations(&self, relations: &Relations) -> usize {
        let ids: Vec<_> = relations
            .objects
            .iter()
            .map(|object| self.object(object))
            .collect();
        for (object, id) in relations.objects.iter().zip(&ids) {
            let parent = object.parent.and_then(|at| ids.get(at).copied().flatten());
            if let (Some(id), Some(parent)) = (*id, parent) {
                self.relate(c::GST_ANALYTICS_REL_TYPE_IS_PART_OF, id, parent);
                self.relate(c::GST_ANALYTICS_REL_TYPE_CONTAIN, parent, id);
            }
        }
        for classes in &relations.classes {
            self.classes(classes);
        }
        ids.iter().flatten().count()
    }

    fn relate(&self, relation: c_int, from: c_uint, to: c_uint) {
        let set = self
            .library
            .api
            .relations
            .gst_analytics_relation_meta_set_relation;
        // SAFETY: a live meta of a writable buffer; both numbers are of what was added to it.
        unsafe { set(self.meta, relation, from, to) };
    }

    /// An object with all that is told of it, and its number.
    fn object(&self, object: &RelatedObject) -> Option<c_uint> {
        let mut handle = nothing();
        let kind = quark(object.label.as_deref());
        let (rect, confidence) = (object.rect, object.confidence);
        let (x, y, w, h) = (rect.left, rect.top, rect.width, rect.height);
        // SAFETY: a live meta of a writable buffer, and a place for the handle.
        let added = unsafe {
            match &self.library.api.tensors {
                Ok(newer) if object.rotation != 0.0 => (newer
                    .gst_analytics_relation_meta_add_oriented_od_mtd)(
                    self.meta,
                    kind,
                    x,
                    y,
                    w,
                    h,
                    object.rotation,
                    confidence,
                    &mut handle,
                ),
                _ => (self
                    .library
                    .api
                    .relations
                    .gst_analytics_relation_meta_add_od_mtd)(
                    self.meta,
                    kind,
                    x,
                    y,
                    w,
                    h,
                    confidence,
                    &mut handle,
                ),
            }
        };
        if added == 0 {
            return None;
        }
        let classes = object.classes.iter().map(|classes| self.classes(classes));
        let related = classes
            .chain([self.track(object), self.key_points(&object.key_points)])
            .flatten();
        for id in related {
            self.relate(c::GST_ANALYTICS_REL_TYPE_RELATE_TO, handle.id, id);
        }
        Some(handle.id)
    }

    fn classes(&self, classes: &Classes) -> Option<c_uint> {
        let mut levels: Vec<f32> = classes.iter().map(|class| class.confidence).collect();
        let mut quarks: Vec<GQuark> = classes
            .iter()
            .map(|class| quark(class.label.as_deref()))
            .collect();
        let mut handle = nothing();
        let add = self
            .library
            .api
            .relations
            .gst_analytics_relation_meta_add_cls_mtd;
        // SAFETY: as above; both arrays have as many numbers as is said, and are copied.
        let added = !classes.is_empty()
            && unsafe {
                add(
                    self.meta,
                    classes.len(),
                    levels.as_mut_ptr(),
                    quarks.as_mut_ptr(),
                    &mut handle,
                )
            } != 0;
        added.then_some(handle.id)
    }

    fn track(&self, object: &RelatedObject) -> Option<c_uint> {
        let track = object.track?;
        let api = &self.library.api.relations;
        let mut handle = nothing();
        // SAFETY: as above.
        unsafe {
            let add = api.gst_analytics_relation_meta_add_tracking_mtd;
            if add(self.meta, track.id, track.first_seen, &mut handle) == 0 {
                return None;
            }
            (api.gst_analytics_tracking_mtd_update_last_seen)(&mut handle, track.last_seen);
        }
        Some(handle.id)
    }

    fn key_points(&self, points: &[KeyPoint]) -> Option<c_uint> {
        let api = self.library.api.key_points.as_ref().ok()?;
        let at: Vec<c_int> = points
            .iter()
            .flat_map(|point| [point.x.round() as c_int, point.y.round() as c_int])
            .collect();
        let confidences: Vec<f32> = points.iter().map(|point| point.confidence).collect();
        let tag = CString::new(format!("keypoints-{}", points.len())).ok()?;
        let mut handle = nothing();
        // SAFETY: as above; all arrays are as long as is said, and are copied; NULL for those that there are none of.
        let added = !points.is_empty()
            && unsafe {
                (api.gst_analytics_relation_meta_add_keypoints_group)(
                    self.meta,
                    tag.as_ptr(),
                    c::GST_ANALYTICS_KEYPOINT_DIMENSIONS_2D,
                    at.len(),
                    at.as_ptr(),
                    points.len(),
                    confidences.as_ptr(),
                    std::ptr::null(),
                    0,
                    std::ptr::null(),
                    &mut handle,
                )
            } != 0;
        added.then_some(handle.id)
    }
}
