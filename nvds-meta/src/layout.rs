//! Where the fields are that moved between releases: numbers, nothing else.
//!
//! Fields that stand at one place in all releases are read through the structs of `nvds-sys`, by pointer and one at
//! a time, as an element of an older release is shorter than its struct. tests/layout.rs compares all numbers with
//! those measured from each release's headers.

/// Sizes and offsets in bytes of one class of releases.
#[derive(Debug)]
pub struct Layout {
    /// Letter of the class, and its releases.
    pub name: &'static str,
    /// Size of an NvDsFrameMeta.
    pub frame: usize,
    /// Of its sensorInfo_meta, which came with 8.0.
    pub sensor: Option<usize>,
    /// Of its `reserved`.
    pub frame_reserved: usize,
    /// Size of an NvDsObjectMeta.
    pub object: usize,
    /// Of its mask_params.
    pub mask: usize,
    /// Of its text_params.
    pub text: usize,
    /// Of its obj_label.
    pub label: usize,
    /// Of its classifier_meta_list.
    pub classifiers: usize,
    /// Of its obj_user_meta_list.
    pub users: usize,
    /// Of its misc_obj_info; `reserved` follows.
    pub object_misc: usize,
    /// Size of an NvDsDisplayMeta.
    pub display: usize,
    /// Of its text_params.
    pub texts: usize,
    /// Of an NvDsRoiMeta's classifier_meta_list.
    pub roi_classifiers: usize,
    /// Of an NvDsRoiMeta's roi_user_meta_list.
    pub roi_users: usize,
}

/// DeepStream 6.0 to 7.1.
static A: Layout = Layout {
    name: "A (6.0 to 7.1)",
    frame: 200,
    sensor: None,
    frame_reserved: 168,
    ..B
};

/// DeepStream 8.0: frames grew.
const B: Layout = Layout {
    name: "B (8.0)",
    frame: 232,
    sensor: Some(168),
    frame_reserved: 200,
    object: 544,
    mask: 208,
    text: 232,
    label: 336,
    classifiers: 464,
    users: 472,
    object_misc: 480,
    display: 6912,
    texts: 1728,
    roi_classifiers: 216,
    roi_users: 224,
};

static B_: Layout = B;

/// DeepStream 9.0 and 9.1: boxes grew by their rotation.
static C: Layout = Layout {
    name: "C (9.0, 9.1)",
    object: 552,
    mask: 216,
    text: 240,
    label: 344,
    classifiers: 472,
    users: 480,
    object_misc: 488,
    display: 7040,
    texts: 1856,
    roi_classifiers: 224,
    roi_users: 232,
    ..B
};

/// The classes, in the order of their releases.
pub static CLASSES: [&Layout; 3] = [&A, &B_, &C];

#[cfg(test)]
mod tests;
