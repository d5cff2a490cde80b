//! Reads surfaces as a C element of the loaded library's release does.
#![allow(dead_code)] // each test program uses a part

use nvds::layout::Layout;
use nvds::sys as c;

/// A batched surface. Of the structs, what a release has behind `surfaceList` and behind `planeParams`
/// is not to be used.
pub struct Surface {
    pub head: c::NvBufSurface,
    pub list: Vec<c::NvBufSurfaceParams>,
    /// Whether there is more to be read of each entry.
    pub has_more: Vec<bool>,
}

/// The layout that the loaded library's release has.
pub fn layout() -> &'static Layout {
    nvds::release().unwrap().layout()
}

/// Reads a surface of the loaded library's release.
pub fn read(buffer: &gst::BufferRef) -> Surface {
    read_as(buffer, layout())
}

/// Reads a surface of a given layout.
pub fn read_as(buffer: &gst::BufferRef, layout: &Layout) -> Surface {
    let map = buffer.map_readable().unwrap();
    assert_eq!(map.len(), layout.surface);
    let start = map.as_ptr();
    assert!((start as usize).is_multiple_of(8));
    // SAFETY: the memory of the stand-ins' buffers holds a surface of this layout, aligned, with as many
    // entries as it says; copies are made into zeroed structs, which are at least as long.
    unsafe {
        let mut head: c::NvBufSurface = std::mem::zeroed();
        (&raw mut head)
            .cast::<u8>()
            .copy_from_nonoverlapping(start, layout.surface);
        let first = head.surfaceList.cast::<u8>();
        let entry = |i: u32| {
            let place = first.add(i as usize * layout.surface_params);
            let mut params: c::NvBufSurfaceParams = std::mem::zeroed();
            (&raw mut params)
                .cast::<u8>()
                .copy_from_nonoverlapping(place, layout.surface_params);
            let more = place.add(layout.surface_more).cast::<*const u8>().read();
            (params, !more.is_null())
        };
        let (list, has_more) = (0..head.batchSize).map(entry).unzip();
        Surface {
            head,
            list,
            has_more,
        }
    }
}
