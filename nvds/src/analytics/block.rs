//! Blocks of memory that begin with a header.

use std::panic::catch_unwind;
use std::ptr::NonNull;

use glib::ffi::gpointer;
use nvds_sys as c;

use super::parts::*;
use super::{AnalyticsFrame, AnalyticsObject, MOST_ANALYTICS};

/// Of the structs. Readers refuse others.
const VERSION: u32 = 1;

/// A list in a block: bytes from the block's start, and length.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct List {
    at: u32,
    count: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Start {
    /// Bytes of the block.
    size: u32,
    version: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct FrameHeader {
    start: Start,
    zones: List,
    lines: List,
    classes: List,
    rules: List,
    events: List,
    element: FixedText<ANALYTICS_NAME>,
    run: u32,
    reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct ObjectHeader {
    start: Start,
    marks: List,
    flags: u32,
    speed: f32,
    velocity: [f32; 2],
    run: u32,
    reserved: u32,
}

const HAS_SPEED: u32 = 1;
const HAS_VELOCITY: u32 = 2;

const _: () = assert!(size_of::<FrameHeader>() == 120 && size_of::<ObjectHeader>() == 40);
const _: () = assert!(size_of::<AnalyticsZone>() == 120 && size_of::<AnalyticsLine>() == 88);
const _: () = assert!(size_of::<AnalyticsClass>() == 152 && size_of::<AnalyticsRule>() == 72);
const _: () = assert!(size_of::<AnalyticsEvent>() == 240 && size_of::<AnalyticsMark>() == 16);

/// Where lists go, one behind the other.
struct Plan {
    size: usize,
}

impl Plan {
    /// A list of which as much is taken as there is room.
    fn list<'s, T>(&mut self, items: &'s [T]) -> (List, &'s [T]) {
        let room = (MOST_ANALYTICS - self.size) / size_of::<T>();
        let items = &items[..items.len().min(room)];
        let list = List {
            at: self.size as u32,
            count: items.len() as u32,
        };
        self.size += size_of_val(items);
        (list, items)
    }
}

/// A block of GLib's heap, to be freed with `g_free`.
///
/// # Safety
/// `size` is at least the header's.
unsafe fn new<H: Copy>(size: usize, header: H) -> gpointer {
    // SAFETY: GLib ends the process rather than return NULL; its memory is aligned for anything.
    unsafe {
        let block = glib::ffi::g_malloc(size);
        block.cast::<H>().write(header);
        block
    }
}

/// Copies a list into its place.
///
/// # Safety
/// The block has room for it, and the place is aligned.
unsafe fn put<T: Copy>(block: gpointer, (list, items): (List, &[T])) {
    // SAFETY: the caller vouches for the place; the lists do not overlap, the block is new.
    unsafe {
        let place = block.byte_add(list.at as usize).cast::<T>();
        place.copy_from_nonoverlapping(items.as_ptr(), items.len());
    }
}

pub fn of_frame(frame: &AnalyticsFrame<'_>) -> gpointer {
    let mut plan = Plan {
        size: size_of::<FrameHeader>(),
    };
    let zones = plan.list(frame.zones);
    let lines = plan.list(frame.lines);
    let classes = plan.list(frame.classes);
    let rules = plan.list(frame.rules);
    let events = plan.list(frame.events);
    let header = FrameHeader {
        start: Start {
            size: plan.size as u32,
            version: VERSION,
        },
        zones: zones.0,
        lines: lines.0,
        classes: classes.0,
        rules: rules.0,
        events: events.0,
        element: frame.element,
        run: frame.run,
        reserved: 0,
    };
    // SAFETY: the plan has room for the header and the lists, whose sizes are multiples of 8.
    unsafe {
        let block = new(plan.size, header);
        put(block, zones);
        put(block, lines);
        put(block, classes);
        put(block, rules);
        put(block, events);
        block
    }
}

pub fn of_object(object: &AnalyticsObject<'_>) -> gpointer {
    let mut plan = Plan {
        size: size_of::<ObjectHeader>(),
    };
    let marks = plan.list(object.marks);
    let speed = object.speed.map_or(0, |_| HAS_SPEED);
    let velocity = object.velocity.map_or(0, |_| HAS_VELOCITY);
    let header = ObjectHeader {
        start: Start {
            size: plan.size as u32,
            version: VERSION,
        },
        marks: marks.0,
        flags: speed | velocity,
        speed: object.speed.unwrap_or_default(),
        velocity: object.velocity.map_or([0.0; 2], |(x, y)| [x, y]),
        run: object.run,
        reserved: 0,
    };
    // SAFETY: the plan has room for the header and the marks, whose size is a multiple of 8.
    unsafe {
        let block = new(plan.size, header);
        put(block, marks);
        block
    }
}

/// The header of a block, `None` for NULL, another version, and a size that can only be garbage.
///
/// # Safety
/// NULL or a live block that nobody changes, at least as long as its size says.
unsafe fn header<H: Copy>(block: gpointer) -> Option<(NonNull<u8>, usize, H)> {
    let block = NonNull::new(block.cast::<u8>())?;
    // SAFETY: the caller vouches for the block, which begins with this.
    let start = unsafe { *block.cast::<Start>().as_ptr() };
    let size = start.size as usize;
    if start.version != VERSION || !(size_of::<H>()..=MOST_ANALYTICS).contains(&size) {
        return None;
    }
    // SAFETY: the block is long enough.
    Some((block, size, unsafe { *block.cast::<H>().as_ptr() }))
}

/// A list of a block, `None` where it does not lie in it.
///
/// # Safety
/// A live block of that size that nobody changes.
unsafe fn list<'a, T>(block: NonNull<u8>, size: usize, list: List) -> Option<&'a [T]> {
    let (at, count) = (list.at as usize, list.count as usize);
    let end = at.checked_add(count.checked_mul(size_of::<T>())?)?;
    if end > size || !at.is_multiple_of(8) {
        return None;
    }
    // SAFETY: the list lies in the block, as aligned as its items must be; they are plain numbers.
    Some(unsafe { std::slice::from_raw_parts(block.as_ptr().add(at).cast::<T>(), count) })
}

/// # Safety
/// NULL or a live block that nobody changes.
pub unsafe fn frame<'a>(block: gpointer) -> Option<AnalyticsFrame<'a>> {
    // SAFETY: the caller vouches for the block.
    unsafe {
        let (block, size, header) = header::<FrameHeader>(block)?;
        Some(AnalyticsFrame {
            element: header.element,
            run: header.run,
            zones: list(block, size, header.zones)?,
            lines: list(block, size, header.lines)?,
            classes: list(block, size, header.classes)?,
            rules: list(block, size, header.rules)?,
            events: list(block, size, header.events)?,
        })
    }
}

/// # Safety
/// NULL or a live block that nobody changes.
pub unsafe fn object<'a>(block: gpointer) -> Option<AnalyticsObject<'a>> {
    // SAFETY: the caller vouches for the block.
    unsafe {
        let (block, size, header) = header::<ObjectHeader>(block)?;
        Some(AnalyticsObject {
            run: header.run,
            marks: list(block, size, header.marks)?,
            speed: (header.flags & HAS_SPEED != 0).then_some(header.speed),
            velocity: (header.flags & HAS_VELOCITY != 0).then_some(header.velocity.into()),
        })
    }
}

/// Called by the library with the source user meta; returns the data of the copy, which is the same bytes.
pub unsafe extern "C" fn copy(meta: gpointer, _user_data: gpointer) -> gpointer {
    // SAFETY: the library calls this with a user meta that `new_analytics` or a copy set up.
    let source = unsafe { header::<Start>((*meta.cast::<c::NvDsUserMeta>()).user_meta_data) };
    // A panic must not cross into C.
    catch_unwind(|| {
        // SAFETY: the block is that long, and the new one, too.
        source.map(|(from, size, _)| unsafe {
            let block = glib::ffi::g_malloc(size);
            block
                .cast::<u8>()
                .copy_from_nonoverlapping(from.as_ptr(), size);
            block
        })
    })
    .ok()
    .flatten()
    .unwrap_or(std::ptr::null_mut())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever another program may have attached.
    #[test]
    fn garbage_counts_as_nothing() {
        let zones = [AnalyticsZone::default(); 2];
        let good = AnalyticsFrame {
            zones: &zones,
            ..AnalyticsFrame::default()
        };
        let spoilt = |spoil: &dyn Fn(&mut FrameHeader)| {
            let block = of_frame(&good);
            // SAFETY: a block that was just made, and is freed after it was read.
            unsafe {
                spoil(&mut *block.cast::<FrameHeader>());
                let found = frame(block).is_some();
                glib::ffi::g_free(block);
                found
            }
        };
        assert!(spoilt(&|_| ()));
        assert!(!spoilt(&|header| header.start.version = 2));
        assert!(!spoilt(&|header| header.start.size = 112));
        assert!(!spoilt(&|header| header.start.size = u32::MAX));
        assert!(!spoilt(&|header| header.zones.count = 3));
        assert!(!spoilt(&|header| header.zones.at = 124));
        assert!(!spoilt(&|header| header.events.at = u32::MAX));
        assert!(!spoilt(&|header| header.events.count = u32::MAX));
        // SAFETY: NULL is nothing.
        assert!(unsafe { frame(std::ptr::null_mut()) }.is_none());
    }
}
