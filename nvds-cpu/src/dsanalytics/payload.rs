//! The user metas of objects and frames, by way of the part in C++. `payload.cpp` has the same structs.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::sync::Arc;

use nvds::{Foreign, UserMetaType, Version, sys as c};

use super::rules::Rules;
use super::source::{Totals, Verdict};
use super::unordered::{Key, Unordered};

/// First release in which the metas have numbers of their own.
const NUMBERED: Version = Version::new(8, 0);

/// Types of the user metas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kinds {
    object: i32,
    frame: i32,
}

impl Kinds {
    /// Those of the loaded release.
    ///
    /// # Errors
    /// Without a usable library.
    pub(super) fn of_release() -> Result<Self, nvds::Error> {
        if nvds::release()?.is_at_least(NUMBERED) != Some(false) {
            return Ok(Self {
                object: c::NvDsMetaType_NVDS_OBJ_META_NVDSANALYTICS,
                frame: c::NvDsMetaType_NVDS_FRAME_META_NVDSANALYTICS,
            });
        }
        Ok(Self {
            object: UserMetaType::named(c"NVIDIA.DSANALYTICSOBJ.USER_META")?.number(),
            frame: UserMetaType::named(c"NVIDIA.DSANALYTICSFRAME.USER_META")?.number(),
        })
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Given {
    text: *const u8,
    length: usize,
}

impl Given {
    fn of(text: &str) -> Self {
        Self {
            text: text.as_ptr(),
            length: text.len(),
        }
    }
}

#[repr(C)]
struct GivenEntry {
    key: Given,
    number: c_int,
    hash: u64,
    value: u64,
}

#[repr(C)]
struct GivenMap {
    entries: *const GivenEntry,
    count: usize,
    buckets: usize,
}

#[repr(C)]
struct GivenObject {
    labels: [*const Given; 3],
    counts: [usize; 3],
    direction: Given,
    status: Given,
    unique_id: u32,
}

#[repr(C)]
struct GivenFrame {
    by_label: [GivenMap; 4],
    classes: GivenMap,
    unique_id: u32,
}

unsafe extern "C" {
    fn rsnvds_analytics_object(given: *const GivenObject) -> *mut c_void;
    fn rsnvds_analytics_frame(given: *const GivenFrame) -> *mut c_void;
    fn rsnvds_analytics_copy_object(meta: *mut c_void, user_data: *mut c_void) -> *mut c_void;
    fn rsnvds_analytics_copy_frame(meta: *mut c_void, user_data: *mut c_void) -> *mut c_void;
    fn rsnvds_analytics_release_object(meta: *mut c_void, user_data: *mut c_void);
    fn rsnvds_analytics_release_frame(meta: *mut c_void, user_data: *mut c_void);
}

/// The user meta of an object.
pub(super) fn object(kinds: Kinds, verdict: &Verdict, unique_id: u32) -> Foreign {
    let given = |labels: &[Arc<str>]| labels.iter().map(|l| Given::of(l)).collect::<Vec<_>>();
    let lists = [&verdict.rois, &verdict.crowds, &verdict.crossings].map(|list| given(list));
    let object = GivenObject {
        labels: lists.each_ref().map(|list| list.as_ptr()),
        counts: lists.each_ref().map(Vec::len),
        direction: Given::of(&verdict.direction),
        status: Given::of(&verdict.status),
        unique_id,
    };
    // SAFETY: the texts and lists live until the call is over, which copies them; the functions are for what it made.
    unsafe {
        Foreign::new(
            kinds.object,
            rsnvds_analytics_object(&raw const object),
            rsnvds_analytics_copy_object,
            rsnvds_analytics_release_object,
        )
    }
}

/// The user meta of a frame.
pub(super) fn frame(
    kinds: Kinds,
    rules: &Rules,
    totals: &Totals,
    crossings: &HashMap<Arc<str>, u64>,
    unique_id: u32,
) -> Foreign {
    let mut maps: [Unordered<Arc<str>, u64>; 4] = Default::default();
    let [crowded, inside, now, ever] = &mut maps;
    for roi in rules.rois.iter().filter(|roi| roi.enable) {
        let count = totals.in_roi.get(&roi.label).copied().unwrap_or(0);
        *inside.of(roi.label.clone()) = count.into();
    }
    for crowd in rules.crowds.iter().filter(|crowd| crowd.enable) {
        let (count, is_crowd) = totals.crowds.get(&crowd.label).copied().unwrap_or_default();
        *crowded.of(crowd.label.clone()) = is_crowd.into();
        *inside.of(crowd.label.clone()) = count.into();
    }
    for line in rules.crossings.iter().filter(|line| line.enable) {
        let of = |map: &HashMap<Arc<str>, u64>| map.get(&line.label).copied().unwrap_or(0);
        *now.of(line.label.clone()) = of(&totals.crossings);
        *ever.of(line.label.clone()) = of(crossings);
    }
    let by_label = maps
        .each_ref()
        .map(|map| entries(map, |key, value| (Given::of(key), 0, *value)));
    let classes = entries(&totals.classes, |class, count| {
        (Given::of(""), *class, u64::from(*count))
    });
    let frame = GivenFrame {
        by_label: std::array::from_fn(|i| given_map(&maps[i], &by_label[i])),
        classes: given_map(&totals.classes, &classes),
        unique_id,
    };
    // SAFETY: as in `object`.
    unsafe {
        Foreign::new(
            kinds.frame,
            rsnvds_analytics_frame(&raw const frame),
            rsnvds_analytics_copy_frame,
            rsnvds_analytics_release_frame,
        )
    }
}

fn entries<K: Key, V>(
    map: &Unordered<K, V>,
    read: impl Fn(&K, &V) -> (Given, c_int, u64),
) -> Vec<GivenEntry> {
    let entries = map.entries().iter().map(|(hash, key, value)| {
        let (key, number, value) = read(key, value);
        GivenEntry {
            key,
            number,
            hash: *hash,
            value,
        }
    });
    entries.collect()
}

fn given_map<K, V>(map: &Unordered<K, V>, entries: &[GivenEntry]) -> GivenMap {
    GivenMap {
        entries: entries.as_ptr(),
        count: entries.len(),
        buckets: map.buckets(),
    }
}
