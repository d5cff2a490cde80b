//! What is of the loaded library's release: reads surfaces as a C element of it does, and says what captures, which
//! are of DeepStream 9, would have there.
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

/// Whether the release has what came with another.
pub fn has(first: (u8, u8)) -> bool {
    let first = nvds::Version::new(first.0, first.1);
    nvds::release().unwrap().is_at_least(first) == Some(true)
}

/// First release whose circles have a width.
pub const CIRCLE_WIDTH: (u8, u8) = (6, 4);
/// First release whose boxes can be turned.
pub const ROTATION: (u8, u8) = (9, 0);

/// The size that a captured struct has here.
pub fn size_here(captured: u64) -> u64 {
    let (there, here) = (&nvds::layout::C, layout());
    let sizes = [
        (there.frame, here.frame),
        (there.object, here.object),
        (there.display, here.display),
        (there.surface, here.surface),
    ];
    let known = sizes.iter().find(|(there, _)| *there as u64 == captured);
    known.map_or(captured, |(_, here)| *here as u64)
}

/// The type that an event of a mux has in captures: before 6.3 none was sticky.
pub fn captured_type(kind: u64) -> u64 {
    const FLAGS: u64 = 0xff;
    const SERIALIZED_DOWNSTREAM: u64 = 6;
    let own = [
        c::GstNvEventType_GST_NVEVENT_PAD_ADDED,
        c::GstNvEventType_GST_NVEVENT_PAD_DELETED,
        c::GstNvEventType_GST_NVEVENT_STREAM_EOS,
        c::GstNvEventType_GST_NVEVENT_STREAM_SEGMENT,
        c::GstNvEventType_GST_NVEVENT_STREAM_RESET,
        c::GstNvEventType_GST_NVEVENT_STREAM_START,
        c::GstNvEventType_GST_NVEVENT_UPDATE_CAPS,
    ]
    .into_iter()
    .map(u64::from)
    .find(|own| own & !FLAGS == kind & !FLAGS);
    match own {
        Some(own) if !has((6, 3)) => {
            assert_eq!(kind & FLAGS, SERIALIZED_DOWNSTREAM);
            own
        }
        _ => kind,
    }
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
