//! Display metas: shapes and texts for the OSD.

use std::marker::PhantomData;
use std::ptr::{NonNull, addr_of, addr_of_mut};

use nvds_sys as c;

use crate::batch::Frame;
use crate::library::Library;
use crate::list::FromElement;
use crate::text::{Color, NewText, Rect, RectStyle, Text};

const MAX: usize = c::MAX_ELEMENTS_IN_DISPLAY_META as usize;

/// Shapes and texts that the OSD draws.
#[derive(Clone, Copy, Debug)]
pub struct Display<'a> {
    raw: NonNull<c::NvDsDisplayMeta>,
    marker: PhantomData<&'a c::NvDsDisplayMeta>,
}

impl FromElement for Display<'_> {
    type Raw = c::NvDsDisplayMeta;

    unsafe fn from_element(raw: NonNull<c::NvDsDisplayMeta>) -> Self {
        Self {
            raw,
            marker: PhantomData,
        }
    }
}

/// Declares iterators over one of the arrays; the counter is limited to the array's length.
macro_rules! arrays {
    ($($(#[$doc:meta])* $name:ident: $count:ident, $field:ident -> $type:ty;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(&self) -> impl ExactSizeIterator<Item = $type> + use<'a> {
                let raw = self.raw;
                // SAFETY: a view is made of a live element only.
                let count = unsafe { (*raw.as_ptr()).$count } as usize;
                (0..count.min(MAX)).map(move |i| {
                    // SAFETY: a live element, and the index is below the array's length.
                    unsafe { addr_of!((*raw.as_ptr()).$field[i]).read() }
                })
            }
        )*
    };
}

impl<'a> Display<'a> {
    arrays! {
        /// Boxes.
        rects: num_rects, rect_params -> c::NvOSD_RectParams;
        /// Lines.
        lines: num_lines, line_params -> c::NvOSD_LineParams;
        /// Arrows.
        arrows: num_arrows, arrow_params -> c::NvOSD_ArrowParams;
        /// Circles.
        circles: num_circles, circle_params -> c::NvOSD_CircleParams;
        /// Texts as C structs.
        text_params: num_labels, text_params -> c::NvOSD_TextParams;
    }

    /// Texts.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = Text<'a>> + use<'a> {
        self.text_params().map(|text| {
            // SAFETY: the strings belong to the display meta and live as long as it.
            unsafe { Text::new(text) }
        })
    }

    /// The C struct, for code that goes beyond these views.
    pub fn as_ptr(&self) -> *mut c::NvDsDisplayMeta {
        self.raw.as_ptr()
    }
}

/// A line to be drawn, in pixels.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct NewLine {
    pub from: (u32, u32),
    pub to: (u32, u32),
    /// Width in pixels, 0..=32.
    pub width: u32,
    pub color: Color,
}

/// An arrow to be drawn, in pixels.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct NewArrow {
    pub from: (u32, u32),
    pub to: (u32, u32),
    pub width: u32,
    /// Which end gets the head: an `NvOSD_Arrow_Head_Direction`.
    pub head: u32,
    pub color: Color,
}

/// A circle to be drawn, in pixels.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct NewCircle {
    pub center: (u32, u32),
    pub radius: u32,
    /// Width of the ring in pixels; 0 is drawn as 2.
    pub width: u32,
    pub color: Color,
    /// Fill, if any.
    pub fill: Option<Color>,
}

/// Writes shapes and texts onto a frame. A display meta takes 16 of each kind; the writer starts
/// another one when a kind is full, so callers never meet that limit. Each kind fills the metas from
/// the first on, whatever was written between, because taking one costs more than all else.
#[derive(Debug)]
pub struct DisplayWriter<'a> {
    batch: NonNull<c::NvDsBatchMeta>,
    library: &'static Library,
    frame: Option<Frame<'a>>,
    /// Those started so far; the last place is used again when there are more.
    metas: [NonNull<c::NvDsDisplayMeta>; CHAIN],
    started: usize,
    /// Where each kind is to be written.
    places: [usize; KINDS],
}

/// Metas that the writer comes back to.
const CHAIN: usize = 64;
/// Kinds of what a meta holds.
const KINDS: usize = 5;

/// Declares the writing of one kind.
macro_rules! pushers {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*): $kind:literal, $count:ident, $field:ident = $value:expr;)*) => {
        $(
            $(#[$doc])*
            pub fn $name(&mut self, $($arg: $type),*) {
                // SAFETY: any display meta is valid for reading its counter.
                let display = self.with_room($kind, |d| unsafe { (*d).$count });
                // SAFETY: the element is alive, the lock is held, and the index is below 16.
                unsafe {
                    let display = display.as_ptr();
                    let index = (*display).$count as usize;
                    addr_of_mut!((*display).$field[index]).write($value);
                    (*display).$count += 1;
                }
            }
        )*
    };
}

impl<'a> DisplayWriter<'a> {
    pub(crate) fn new(
        batch: NonNull<c::NvDsBatchMeta>,
        library: &'static Library,
        frame: Option<Frame<'a>>,
    ) -> Self {
        Self {
            batch,
            library,
            frame,
            metas: [NonNull::dangling(); CHAIN],
            started: 0,
            places: [0; KINDS],
        }
    }

    pushers! {
        /// Adds a text.
        text(text: &NewText<'_>): 0, num_labels, text_params = text.to_c();
        /// Adds a text at an offset as it is stored: a negative one is a large number.
        text_at(text: &NewText<'_>, x: u32, y: u32): 0, num_labels, text_params = c::NvOSD_TextParams {
            x_offset: x,
            y_offset: y,
            ..text.to_c()
        };
        /// Adds a box.
        rect(rect: Rect, style: &RectStyle): 1, num_rects, rect_params = rect.to_c(style);
        /// Adds a box with all that [`RectStyle`] has no word for.
        rect_params(params: c::NvOSD_RectParams): 1, num_rects, rect_params = params;
        /// Adds a line.
        line(line: &NewLine): 2, num_lines, line_params = c::NvOSD_LineParams {
            x1: line.from.0,
            y1: line.from.1,
            x2: line.to.0,
            y2: line.to.1,
            line_width: line.width,
            line_color: line.color.to_c(),
        };
        /// Adds an arrow.
        arrow(arrow: &NewArrow): 3, num_arrows, arrow_params = c::NvOSD_ArrowParams {
            x1: arrow.from.0,
            y1: arrow.from.1,
            x2: arrow.to.0,
            y2: arrow.to.1,
            arrow_width: arrow.width,
            arrow_head: arrow.head,
            arrow_color: arrow.color.to_c(),
            reserved: 0,
        };
        /// Adds a circle.
        circle(circle: &NewCircle): 4, num_circles, circle_params = c::NvOSD_CircleParams {
            xc: circle.center.0,
            yc: circle.center.1,
            radius: circle.radius,
            circle_color: circle.color.to_c(),
            has_bg_color: circle.fill.is_some().into(),
            bg_color: circle.fill.unwrap_or(Color::new(0.0, 0.0, 0.0, 0.0)).to_c(),
            circle_width: circle.width,
            reserved: 0,
        };
    }

    /// The first display meta that has room for one more of a kind, of which `count` tells the number.
    fn with_room(
        &mut self,
        kind: usize,
        count: impl Fn(*mut c::NvDsDisplayMeta) -> u32,
    ) -> NonNull<c::NvDsDisplayMeta> {
        let place = &mut self.places[kind];
        while *place < self.started {
            let display = self.metas[*place];
            if (count(display.as_ptr()) as usize) < MAX {
                return display;
            }
            if *place == CHAIN - 1 {
                break;
            }
            *place += 1;
        }
        let display = self.start();
        // The first free place, or the last one, where this kind is.
        self.metas[self.places[kind]] = display;
        self.started = self.started.max(self.places[kind] + 1);
        display
    }

    /// Takes a display meta from the pool, empties it and attaches it, if there is a frame to attach to.
    fn start(&self) -> NonNull<c::NvDsDisplayMeta> {
        // SAFETY: batch and frame are alive and locked; the pool grows and so never gives NULL.
        // Texts are left as they are: releasing a display meta freed and cleared all 16.
        unsafe {
            let raw = (self.library.nvds_acquire_display_meta_from_pool)(self.batch.as_ptr());
            (*raw).num_rects = 0;
            (*raw).num_labels = 0;
            (*raw).num_lines = 0;
            (*raw).num_arrows = 0;
            (*raw).num_circles = 0;
            if let Some(frame) = &self.frame {
                (self.library.nvds_add_display_meta_to_frame)(frame.as_ptr(), raw);
            }
            NonNull::new_unchecked(raw)
        }
    }
}
