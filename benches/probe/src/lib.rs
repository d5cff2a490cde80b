//! Pad probes in C that do what rsssdparser, rsosdannotate and rsanalytics do, and in C++ what a custom parser and nvinfer do with a
//! YOLO head, to measure against.

#![cfg_attr(not(test), warn(unused_crate_dependencies))]

use std::ffi::{CString, c_char, c_int, c_uint, c_ulong, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use glib::translate::ToGlibPtr;

/// What the probe keeps of the tensors.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// Labels by class; other classes are dropped.
    pub labels: &'a [String],
    /// unique-id of the inference element.
    pub unique_id: u32,
    /// Size of the frames in pixels.
    pub frame: (u32, u32),
    /// Least score that is kept.
    pub score_threshold: f32,
    /// Greatest overlap of two boxes of one class.
    pub iou_threshold: f32,
    /// Boxes must be wider and higher than this, in pixels.
    pub min_size: f32,
    /// Most objects in a frame, 0 for all.
    pub top_k: u32,
}

unsafe extern "C" {
    fn rsnvds_probe_new(
        meta_path: *const c_char,
        gst_path: *const c_char,
        labels: *const c_char,
        unique_id: c_uint,
        width: c_uint,
        height: c_uint,
        score_threshold: f32,
        iou_threshold: f32,
        min_size: f32,
        top_k: c_uint,
    ) -> *mut c_void;
    fn rsnvds_probe_add(probe: *mut c_void, pad: *mut gst::ffi::GstPad) -> c_ulong;
    fn rsnvds_yolo_run(
        head: *const f32,
        anchors: usize,
        classes: usize,
        rows: c_int,
        side: f32,
        score_threshold: f32,
        iou_threshold: f32,
        scale: f32,
        sum: *mut f32,
    ) -> usize;
    fn rsnvds_annotate_new(
        meta_path: *const c_char,
        gst_path: *const c_char,
        width: c_uint,
        height: c_uint,
        styled: c_int,
        traces: c_int,
        metas: c_uint,
    ) -> *mut c_void;
    fn rsnvds_analytics_new(
        meta_path: *const c_char,
        gst_path: *const c_char,
        on_objects: c_int,
    ) -> *mut c_void;
    fn rsnvds_analytics_add(state: *mut c_void, pad: *mut gst::ffi::GstPad) -> c_ulong;
    fn rsnvds_steady_heap();
    fn rsnvds_heap_in_use() -> usize;
    fn rsnvds_annotate_add(state: *mut c_void, pad: *mut gst::ffi::GstPad) -> c_ulong;
}

/// `libnvds_meta.so` and `libnvdsgst_meta.so`, which lie beside each other, as C takes them.
fn libraries(gst_library: &Path) -> [CString; 2] {
    let text = |path: &Path| CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    [
        text(&gst_library.with_file_name("libnvds_meta.so")),
        text(gst_library),
    ]
}

/// What the probe annotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Annotation {
    /// One text with the number of objects, as DeepStream's first sample.
    Text,
    /// What `benches/osdannotate/style.toml` says but traces.
    NoTraces,
    /// What it says.
    Style,
    /// So many display metas a frame, with nothing in them: what the library itself takes.
    Metas(u32),
}

/// A head of a YOLO network, for a parser in C++ and nvinfer's suppression.
#[derive(Debug, Clone, Copy)]
pub struct YoloHead<'a> {
    /// Its numbers: `[4 + classes, anchors]`, or rows of corners, score and class.
    pub numbers: &'a [f32],
    /// How many classes there are.
    pub classes: usize,
    /// Whether it is rows of six.
    pub rows: bool,
    /// Width and height of the network's input, in pixels.
    pub side: f32,
    /// Frame pixels in one of the network.
    pub scale: f32,
    /// Least score that is kept.
    pub score_threshold: f32,
    /// Greatest overlap of two boxes of one class.
    pub iou_threshold: f32,
}

impl YoloHead<'_> {
    /// How many objects the program in C++ finds, and the sum of their left sides in the frame.
    pub fn run(&self) -> (usize, f32) {
        let columns = if self.rows { 6 } else { 4 + self.classes };
        let mut sum = 0.0;
        // SAFETY: so many numbers are there, as the division is rounded down, and the sum outlives the call.
        let found = unsafe {
            rsnvds_yolo_run(
                self.numbers.as_ptr(),
                self.numbers.len() / columns,
                self.classes,
                self.rows.into(),
                self.side,
                self.score_threshold,
                self.iou_threshold,
                self.scale,
                &mut sum,
            )
        };
        (found, sum)
    }
}

/// Keeps glibc from giving memory back to the kernel in the midst of what is measured.
pub fn steady_heap() {
    // SAFETY: sets numbers of the allocator, which takes them at any time.
    unsafe { rsnvds_steady_heap() };
}

/// Bytes that this process has of glibc's allocator; what it gave back counts no more, even if the kernel did not get it.
pub fn heap_in_use() -> usize {
    // SAFETY: reads the allocator's counts, at any time.
    unsafe { rsnvds_heap_in_use() }
}

/// Prints what was measured as a line for `scripts/bench-table.py`. Both times are microseconds; the goal is the ratio of
/// ours to the peer's that is not to be exceeded.
pub fn report(work: &str, peer: &str, ours: f64, theirs: f64, goal: f64) {
    println!(
        "bench: work={work:?} peer={peer:?} ours_us={ours:.3} peer_us={theirs:.3} goal={goal}"
    );
}

/// Adds to a pad the probe that annotates frames of this size. `gst_library` is as in [`add`]. Returns whether both
/// libraries are in the process.
pub fn add_annotate(
    pad: &gst::Pad,
    gst_library: &Path,
    (width, height): (u32, u32),
    what: Annotation,
) -> bool {
    let styled = (what != Annotation::Text).into();
    let traces = (what == Annotation::Style).into();
    let metas = match what {
        Annotation::Metas(metas) => metas,
        _ => 0,
    };
    let [meta, gst] = libraries(gst_library);
    // SAFETY: C strings that outlive the call, which keeps nothing of them.
    let state = unsafe {
        rsnvds_annotate_new(
            meta.as_ptr(),
            gst.as_ptr(),
            width,
            height,
            styled,
            traces,
            metas,
        )
    };
    if state.is_null() {
        return false;
    }
    // SAFETY: a state that was just made, which the pad owns from here on.
    unsafe { rsnvds_annotate_add(state, pad.to_glib_none().0) != 0 }
}

/// Adds to a pad the probe that counts by the rules of `benches/analytics/rules.toml`, with a user meta on each frame and,
/// `on_objects`, on each object of which there is something to say. `gst_library` is as in [`add`]. Returns whether both
/// libraries are in the process.
pub fn add_analytics(pad: &gst::Pad, gst_library: &Path, on_objects: bool) -> bool {
    let [meta, gst] = libraries(gst_library);
    // SAFETY: C strings that outlive the call, which keeps nothing of them.
    let state = unsafe { rsnvds_analytics_new(meta.as_ptr(), gst.as_ptr(), on_objects.into()) };
    if state.is_null() {
        return false;
    }
    // SAFETY: a state that was just made, which the pad owns from here on.
    unsafe { rsnvds_analytics_add(state, pad.to_glib_none().0) != 0 }
}

/// Adds the probe to a pad. `gst_library` is the file that libnvdsgst_meta.so was loaded from;
/// libnvds_meta.so must lie beside it. Returns whether both libraries are in the process.
pub fn add(pad: &gst::Pad, gst_library: &Path, settings: &Settings<'_>) -> bool {
    let [meta_library, gst_library] = libraries(gst_library);
    let labels = CString::new(settings.labels.join("\n")).unwrap_or_default();
    // SAFETY: C strings that outlive the call, which copies what it keeps.
    let probe = unsafe {
        rsnvds_probe_new(
            meta_library.as_ptr(),
            gst_library.as_ptr(),
            labels.as_ptr(),
            settings.unique_id,
            settings.frame.0,
            settings.frame.1,
            settings.score_threshold,
            settings.iou_threshold,
            settings.min_size,
            settings.top_k,
        )
    };
    if probe.is_null() {
        return false;
    }
    // SAFETY: a probe that was just made, which the pad owns from here on.
    unsafe { rsnvds_probe_add(probe, pad.to_glib_none().0) != 0 }
}
