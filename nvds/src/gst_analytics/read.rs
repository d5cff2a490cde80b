//! Reading objects, classes, tracks and key points.

use std::collections::HashSet;
use std::ffi::{CStr, c_int};
use std::ptr::null_mut;

use glib::ffi::GQuark;
use nvds_sys::gst_analytics as c;

use super::{Classes, GstAnalytics, RelatedClass, RelatedObject, RelatedTrack, Relations};
use crate::key_points::{KeyPoint, MOST_KEY_POINTS};

/// The text of a quark, `None` for the quark of nothing; bytes that are no UTF-8 are replaced.
pub(super) fn quark_text(quark: GQuark) -> Option<String> {
    // SAFETY: takes any number; returns NULL or a text that lives as long as the process.
    unsafe {
        let text = glib::ffi::g_quark_to_string(quark);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

/// Those of one relation meta, which is alive while this is.
struct Reader<'a> {
    library: &'a GstAnalytics,
    meta: *mut c::GstAnalyticsRelationMeta,
}

impl GstAnalytics {
    /// What hangs on a buffer, `None` if it has no relation meta. What cannot be told is left out.
    pub fn read(&self, buffer: &gst::BufferRef) -> Option<Relations> {
        let get = self.api.relations.gst_buffer_get_analytics_relation_meta;
        // SAFETY: a live buffer, whose list of metas is read.
        let meta = unsafe { get(buffer.as_ptr().cast_mut()) };
        let reader = Reader {
            library: self,
            meta,
        };
        // The meta lives as long as the buffer, which is borrowed.
        (!meta.is_null()).then(|| reader.relations())
    }
}

impl Reader<'_> {
    fn relations(&self) -> Relations {
        let api = &self.library.api.relations;
        // SAFETY: both take nothing.
        let (objects, classes) = unsafe {
            (
                (api.gst_analytics_od_mtd_get_mtd_type)(),
                (api.gst_analytics_cls_mtd_get_mtd_type)(),
            )
        };
        let handles = self.all(objects);
        let mut read = Relations::default();
        let mut told = HashSet::new();
        for mut handle in handles.iter().copied() {
            let mut object = self.object(&mut handle);
            for mut class in self.related(&handle, c::GST_ANALYTICS_REL_TYPE_RELATE_TO, classes) {
                told.insert(class.id);
                object.classes.push(self.classes(&mut class));
            }
            let parents = self.related(&handle, c::GST_ANALYTICS_REL_TYPE_IS_PART_OF, objects);
            object.parent = parents
                .first()
                .filter(|parent| parent.id != handle.id)
                .and_then(|parent| handles.iter().position(|other| other.id == parent.id));
            object.track = self.track(&handle);
            object.key_points = self.key_points(&handle);
            read.objects.push(object);
        }
        for mut class in self.all(classes) {
            if !told.contains(&class.id) {
                read.classes.push(self.classes(&mut class));
            }
        }
        read
    }

    /// All of a type.
    fn all(&self, kind: c::GstAnalyticsMtdType) -> Vec<c::GstAnalyticsMtd> {
        let iterate = self
            .library
            .api
            .relations
            .gst_analytics_relation_meta_iterate;
        // SAFETY: a live meta; the state begins with NULL and is the library's.
        collect(|state, found| unsafe { iterate(self.meta, state, kind, found) })
    }

    /// Those of a type that this one has a relation to.
    fn related(
        &self,
        from: &c::GstAnalyticsMtd,
        relation: c_int,
        kind: c::GstAnalyticsMtdType,
    ) -> Vec<c::GstAnalyticsMtd> {
        let related = self
            .library
            .api
            .relations
            .gst_analytics_relation_meta_get_direct_related;
        // SAFETY: as above; the number is that of a metadata in this meta.
        collect(|state, found| unsafe { related(self.meta, from.id, relation, kind, state, found) })
    }

    fn object(&self, handle: &mut c::GstAnalyticsMtd) -> RelatedObject {
        let api = &self.library.api;
        let mut object = RelatedObject::default();
        let rect = &mut object.rect;
        let (x, y) = (&mut rect.left, &mut rect.top);
        let (w, h) = (&mut rect.width, &mut rect.height);
        // SAFETY: a handle of an object in a live meta, and places for what is told.
        let kind = unsafe {
            match &api.tensors {
                Ok(newer) => (newer.gst_analytics_od_mtd_get_oriented_location)(
                    handle,
                    x,
                    y,
                    w,
                    h,
                    &mut object.rotation,
                    &mut object.confidence,
                ),
                Err(_) => (api.relations.gst_analytics_od_mtd_get_location)(
                    handle,
                    x,
                    y,
                    w,
                    h,
                    &mut object.confidence,
                ),
            };
            (api.relations.gst_analytics_od_mtd_get_obj_type)(handle)
        };
        object.label = quark_text(kind);
        object
    }

    fn classes(&self, handle: &mut c::GstAnalyticsMtd) -> Classes {
        let api = &self.library.api.relations;
        // SAFETY: a handle of classes in a live meta; only those that it says it has are asked for.
        unsafe {
            let count = (api.gst_analytics_cls_mtd_get_length)(handle);
            (0..count)
                .map(|at| RelatedClass {
                    label: quark_text((api.gst_analytics_cls_mtd_get_quark)(handle, at)),
                    confidence: (api.gst_analytics_cls_mtd_get_level)(handle, at),
                })
                .collect()
        }
    }

    fn track(&self, object: &c::GstAnalyticsMtd) -> Option<RelatedTrack> {
        let api = &self.library.api.relations;
        // SAFETY: takes nothing.
        let kind = unsafe { (api.gst_analytics_tracking_mtd_get_mtd_type)() };
        let tracks = self.related(object, c::GST_ANALYTICS_REL_TYPE_RELATE_TO, kind);
        let mut handle = *tracks.first()?;
        let (mut id, mut first, mut last, mut lost) = (0, 0, 0, 0);
        // SAFETY: a handle of a track in a live meta, and places for what is told.
        let told = unsafe {
            (api.gst_analytics_tracking_mtd_get_info)(
                &mut handle,
                &mut id,
                &mut first,
                &mut last,
                &mut lost,
            )
        };
        (told != 0).then_some(RelatedTrack {
            id,
            first_seen: first,
            last_seen: last,
            lost: lost != 0,
        })
    }

    /// The points of the first group that has any.
    fn key_points(&self, object: &c::GstAnalyticsMtd) -> Vec<KeyPoint> {
        let Ok(api) = &self.library.api.key_points else {
            return Vec::new();
        };
        // SAFETY: takes nothing.
        let kind = unsafe { (api.gst_analytics_group_mtd_get_mtd_type)() };
        let groups = self.related(object, c::GST_ANALYTICS_REL_TYPE_RELATE_TO, kind);
        groups
            .into_iter()
            .map(|group| self.points(api, group))
            .find(|points| !points.is_empty())
            .unwrap_or_default()
    }

    fn points(&self, api: &c::KeyPointFunctions, mut group: c::GstAnalyticsMtd) -> Vec<KeyPoint> {
        // SAFETY: a handle of a group in a live meta; only members that it says it has are asked for, and only those that
        // are points for what points tell.
        unsafe {
            let kind = (api.gst_analytics_keypoint_mtd_get_mtd_type)();
            let count = (api.gst_analytics_group_mtd_get_member_count)(&mut group);
            let mut points = Vec::new();
            for at in 0..count.min(MOST_KEY_POINTS) {
                let mut member = nothing();
                if (api.gst_analytics_group_mtd_get_member)(&mut group, at, &mut member) == 0
                    || (api.gst_analytics_mtd_get_mtd_type)(&mut member) != kind
                {
                    continue;
                }
                let (mut x, mut y, mut z, mut dimensions, mut confidence) = (0, 0, 0, 0, 0.0);
                (api.gst_analytics_keypoint_mtd_get_position)(
                    &mut member,
                    &mut x,
                    &mut y,
                    &mut z,
                    &mut dimensions,
                );
                (api.gst_analytics_keypoint_mtd_get_confidence)(&mut member, &mut confidence);
                points.push(KeyPoint {
                    x: x as f32,
                    y: y as f32,
                    confidence,
                });
            }
            points
        }
    }
}

/// A handle to be filled.
pub(super) fn nothing() -> c::GstAnalyticsMtd {
    c::GstAnalyticsMtd {
        id: 0,
        meta: null_mut(),
    }
}

/// All that a function gives that goes on from a state.
fn collect(
    next: impl Fn(*mut *mut std::ffi::c_void, *mut c::GstAnalyticsMtd) -> c_int,
) -> Vec<c::GstAnalyticsMtd> {
    let mut state = null_mut();
    std::iter::from_fn(|| {
        let mut found = nothing();
        (next(&mut state, &mut found) != 0).then_some(found)
    })
    .collect()
}
