//! Display metas: shapes and texts for the OSD.

use std::ptr::NonNull;

use glib::ffi::GList;
use nvds_sys as c;

use crate::frame::Frame;
use crate::layout::{Layout, read_part, write_part};
use crate::list::FromElement;
use crate::params::{Arrow, Circle, Line, RectParams};
use crate::release::CIRCLE_WIDTH;
use crate::text::{NewText, Rect, RectStyle, Text};
use crate::view::{Owner, view};

const MAX: usize = c::MAX_ELEMENTS_IN_DISPLAY_META as usize;

view! {
    /// Shapes and texts that the OSD draws.
    Display of NvDsDisplayMeta
}

/// One of the arrays of a display meta: where its first element is, how far the next one is, and
/// where it is counted.
pub(crate) struct Array<T> {
    first: *mut T,
    stride: usize,
    count: *mut u32,
}

impl<T: Copy> Array<T> {
    /// How many elements count, at most as many as there are.
    pub(crate) fn len(&self) -> usize {
        // SAFETY: an array is made of a live display meta whose batch is locked.
        MAX.min(unsafe { *self.count } as usize)
    }

    /// Reads one of the `MAX` elements.
    pub(crate) fn get(&self, index: usize) -> T {
        assert!(index < MAX);
        // SAFETY: as in `len`; the index is below the array's length, and the elements are numbers and
        // pointers, which may be zero.
        unsafe { read_part(self.first.byte_add(index * self.stride), self.stride) }
    }

    /// Writes one of the `MAX` elements.
    pub(crate) fn set(&self, index: usize, value: T) {
        assert!(index < MAX);
        // SAFETY: as in `get`; no reference is formed.
        unsafe {
            write_part(self.first.byte_add(index * self.stride), self.stride, value);
        }
    }

    /// Adds an element, if there is room.
    fn push(&self, value: T) {
        let index = self.len();
        if index < MAX {
            self.set(index, value);
            // SAFETY: as in `len`.
            unsafe { *self.count = index as u32 + 1 };
        }
    }
}

/// Declares the arrays: their counters, where they start and what is in them.
macro_rules! arrays {
    ($($name:ident: $count:ident, $start:expr, $stride:expr, $type:ident;)*) => {
        $(
            pub(crate) fn $name(&self) -> Array<c::$type> {
                let raw = self.raw.as_ptr();
                let layout = self.owner.layout();
                let (start, stride): (fn(&Layout) -> usize, fn(&Layout) -> usize) = ($start, $stride);
                // SAFETY: a view is made of a live element only, of the owner's layout; places are
                // taken, nothing is read.
                unsafe {
                    Array {
                        first: raw.byte_add(start(layout)).cast(),
                        stride: stride(layout),
                        count: &raw mut (*raw).$count,
                    }
                }
            }
        )*
    };
}

/// Where the first box is, in all releases.
const RECTS: usize = std::mem::offset_of!(c::NvDsDisplayMeta, rect_params);

impl Display<'_> {
    arrays! {
        rect_array: num_rects, |_| RECTS, |l| l.rect, NvOSD_RectParams;
        text_array: num_labels, |l| l.display_texts, |_| size_of::<c::NvOSD_TextParams>(), NvOSD_TextParams;
        line_array: num_lines, |l| l.display_lines, |_| size_of::<c::NvOSD_LineParams>(), NvOSD_LineParams;
        arrow_array: num_arrows, |l| l.display_arrows, |_| size_of::<c::NvOSD_ArrowParams>(), NvOSD_ArrowParams;
        circle_array: num_circles, |l| l.display_circles, |_| size_of::<c::NvOSD_CircleParams>(), NvOSD_CircleParams;
    }
}

impl<'a> Display<'a> {
    pub(crate) fn raw(&self) -> *mut c::NvDsDisplayMeta {
        self.raw.as_ptr()
    }

    /// Boxes.
    pub fn rects(&self) -> impl ExactSizeIterator<Item = RectParams> + use<'a> {
        let array = self.rect_array();
        (0..array.len()).map(move |i| RectParams::from_c(&array.get(i)))
    }

    /// Lines.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line> + use<'a> {
        let array = self.line_array();
        (0..array.len()).map(move |i| Line::from_c(&array.get(i)))
    }

    /// Arrows.
    pub fn arrows(&self) -> impl ExactSizeIterator<Item = Arrow> + use<'a> {
        let array = self.arrow_array();
        (0..array.len()).map(move |i| Arrow::from_c(&array.get(i)))
    }

    /// Circles.
    pub fn circles(&self) -> impl ExactSizeIterator<Item = Circle> + use<'a> {
        let array = self.circle_array();
        let has_width = self.owner.release.has(CIRCLE_WIDTH);
        (0..array.len()).map(move |i| Circle::from_c(&array.get(i), has_width))
    }

    /// Texts.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = Text<'a>> + use<'a> {
        let array = self.text_array();
        (0..array.len()).map(move |i| {
            // SAFETY: a live display meta, locked; its strings live as long as the batch.
            unsafe { Text::new(array.get(i)) }
        })
    }
}

/// Writes shapes and texts onto a frame. A display meta takes 16 of each kind; the writer starts
/// another one when a kind is full, so callers never meet that limit. Each kind fills the metas from
/// the first on, whatever was written between, because taking one costs more than all else.
#[derive(Debug)]
pub struct DisplayWriter<'a> {
    owner: &'a Owner,
    to: To<'a>,
    /// Where each kind is to be written: a node of the frame's list, NULL before the first.
    places: [*const GList; KINDS],
}

/// What is written to.
#[derive(Debug)]
enum To<'a> {
    /// A frame, and the node of its list with the first meta that was started, NULL before. The list remembers all
    /// of them: the library puts each in front of the ones before.
    Frame(Frame<'a>, *const GList),
    /// The meta started last, which is attached to no frame.
    Nothing(Option<Display<'a>>),
}

/// Kinds of what a meta holds.
const KINDS: usize = 5;

impl<'a> DisplayWriter<'a> {
    /// The frame must be of the owner's batch.
    pub(crate) fn new(owner: &'a Owner, frame: Option<Frame<'a>>) -> Self {
        Self {
            owner,
            to: match frame {
                Some(frame) => To::Frame(frame, std::ptr::null()),
                None => To::Nothing(None),
            },
            places: [std::ptr::null(); KINDS],
        }
    }

    /// Adds a text.
    pub fn text(&mut self, text: &NewText<'_>) {
        self.push(0, Display::text_array, text.to_c());
    }

    /// Adds a text at an offset as it is stored: a negative one is a large number.
    pub fn text_at(&mut self, text: &NewText<'_>, x: u32, y: u32) {
        let params = c::NvOSD_TextParams {
            x_offset: x,
            y_offset: y,
            ..text.to_c()
        };
        self.push(0, Display::text_array, params);
    }

    /// Adds a box.
    pub fn rect(&mut self, rect: Rect, style: &RectStyle) {
        self.rect_params(RectParams::new(rect, *style));
    }

    /// Adds a box with all that [`RectStyle`] has no word for.
    pub fn rect_params(&mut self, params: RectParams) {
        self.push(1, Display::rect_array, params.to_c());
    }

    /// Adds a line.
    pub fn line(&mut self, line: &Line) {
        self.push(2, Display::line_array, line.to_c());
    }

    /// Adds an arrow.
    pub fn arrow(&mut self, arrow: &Arrow) {
        self.push(3, Display::arrow_array, arrow.to_c());
    }

    /// Adds a circle.
    pub fn circle(&mut self, circle: &Circle) {
        let has_width = self.owner.release.has(CIRCLE_WIDTH);
        self.push(4, Display::circle_array, circle.to_c(has_width));
    }

    /// Writes to the first display meta that has room for one more of a kind.
    fn push<T: Copy>(&mut self, kind: usize, array: fn(&Display<'a>) -> Array<T>, value: T) {
        match &self.to {
            To::Nothing(last) => {
                if let Some(array) = last.as_ref().map(array)
                    && array.len() < MAX
                {
                    return array.push(value);
                }
            }
            To::Frame(_, first) => {
                let place = &mut self.places[kind];
                let mut node = if place.is_null() { *first } else { *place };
                while !node.is_null() {
                    *place = node;
                    // SAFETY: a node of the frame's list, which lives and is not freed while its batch is locked, and
                    // which holds display metas.
                    let (display, before) = unsafe {
                        let raw = NonNull::new((*node).data.cast());
                        let display = raw.map(|raw| Display::from_element(raw, self.owner));
                        (display, (*node).prev)
                    };
                    if let Some(array) = display.as_ref().map(array)
                        && array.len() < MAX
                    {
                        return array.push(value);
                    }
                    node = before;
                }
            }
        }
        array(&self.start(kind)).push(value);
    }

    /// Takes a display meta from the pool, empties it and attaches it, if there is a frame to attach to. The kind goes
    /// on there.
    fn start(&mut self, kind: usize) -> Display<'a> {
        let api = self.owner.api;
        // SAFETY: batch and frame are alive and locked; the pool grows and so never gives NULL.
        // Texts are left as they are: releasing a display meta freed and cleared all 16.
        unsafe {
            let raw = (api.nvds_acquire_display_meta_from_pool)(self.owner.batch.as_ptr());
            (*raw).num_rects = 0;
            (*raw).num_labels = 0;
            (*raw).num_lines = 0;
            (*raw).num_arrows = 0;
            (*raw).num_circles = 0;
            let display = Display::from_element(NonNull::new_unchecked(raw), self.owner);
            match &mut self.to {
                To::Frame(frame, first) => {
                    (api.nvds_add_display_meta_to_frame)(frame.raw(), raw);
                    let node = (*frame.raw()).display_meta_list.cast_const();
                    self.places[kind] = node;
                    if first.is_null() {
                        *first = node;
                    }
                }
                To::Nothing(last) => *last = Some(display),
            }
            display
        }
    }
}
