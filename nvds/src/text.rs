//! Texts, colours and boxes as the OSD takes them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char};
use std::marker::PhantomData;
use std::sync::Mutex;

use nvds_sys as c;

use crate::lock::lock;
use crate::params::{fill, fill_to_c};

/// A colour with components in 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Color {
    pub red: f64,
    pub green: f64,
    pub blue: f64,
    pub alpha: f64,
}

impl Color {
    /// Opaque white.
    pub const WHITE: Self = Self::new(1.0, 1.0, 1.0, 1.0);
    /// Opaque black.
    pub const BLACK: Self = Self::new(0.0, 0.0, 0.0, 1.0);
    /// Opaque red: the border colour of stock detectors.
    pub const RED: Self = Self::new(1.0, 0.0, 0.0, 1.0);

    /// A colour from its components.
    pub const fn new(red: f64, green: f64, blue: f64, alpha: f64) -> Self {
        Self {
            red,
            green,
            blue,
            alpha,
        }
    }

    pub(crate) const fn to_c(self) -> c::NvOSD_ColorParams {
        c::NvOSD_ColorParams {
            red: self.red,
            green: self.green,
            blue: self.blue,
            alpha: self.alpha,
        }
    }

    pub(crate) const fn from_c(c: c::NvOSD_ColorParams) -> Self {
        Self::new(c.red, c.green, c.blue, c.alpha)
    }
}

/// A box in pixels of the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Rect {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    pub(crate) const fn to_bbox(self) -> c::NvDsComp_BboxInfo {
        c::NvDsComp_BboxInfo {
            org_bbox_coords: c::NvBbox_Coords {
                left: self.left,
                top: self.top,
                width: self.width,
                height: self.height,
            },
        }
    }

    pub(crate) const fn from_bbox(b: c::NvDsComp_BboxInfo) -> Self {
        let b = b.org_bbox_coords;
        Self {
            left: b.left,
            top: b.top,
            width: b.width,
            height: b.height,
        }
    }
}

/// How the OSD draws a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RectStyle {
    /// Border in pixels, 0..=32 (the OSD stops the pipeline above 32).
    pub border_width: u32,
    /// Colour of the border. With alpha 0 the OSD draws nothing of the box, not even the fill.
    pub border_color: Color,
    /// Fill, if any.
    pub fill: Option<Color>,
}

impl Default for RectStyle {
    /// What stock detectors set: a red border of 3 pixels, no fill.
    fn default() -> Self {
        Self {
            border_width: 3,
            border_color: Color::RED,
            fill: None,
        }
    }
}

/// A font name whose memory outlives every batch, because the SDK copies only the pointer and
/// never frees it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FontName(&'static CStr);

impl FontName {
    /// The name stock elements use.
    pub const SERIF: Self = Self(c"Serif");

    /// A name from text. Each distinct name is kept for the life of the process; what follows a
    /// zero byte is cut.
    pub fn intern(name: &str) -> Self {
        let name = CString::new(name.split('\0').next().unwrap_or("")).unwrap_or_default();
        Self(intern(&name))
    }

    /// The name.
    pub fn as_c_str(self) -> &'static CStr {
        self.0
    }
}

/// A copy of a text that lives as long as the process, the same one for equal texts.
pub(crate) fn intern(text: &CStr) -> &'static CStr {
    static TEXTS: Mutex<BTreeSet<&'static CStr>> = Mutex::new(BTreeSet::new());
    let mut texts = lock(&TEXTS);
    match texts.get(text) {
        Some(known) => known,
        None => {
            let kept: &'static CStr = Box::leak(text.into());
            texts.insert(kept);
            kept
        }
    }
}

impl std::fmt::Debug for FontName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A text to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct NewText<'s> {
    /// The text; what follows a zero byte is cut.
    pub text: &'s str,
    /// Left edge in pixels; stored as unsigned, so below 0 or NaN becomes 0.
    pub x: f32,
    /// Top edge in pixels; as `x`.
    pub y: f32,
    /// Font family.
    pub font: FontName,
    /// Font size in points at 96 dpi; the OSD clamps to 10..=200 and draws nothing at 0.
    pub size: u32,
    /// Colour of the letters.
    pub color: Color,
    /// Box behind the text, if any.
    pub background: Option<Color>,
}

impl NewText<'_> {
    /// Fills the C struct with a copy of the text on GLib's heap, which the library frees.
    #[inline]
    pub(crate) fn to_c(self) -> c::NvOSD_TextParams {
        let (set_bg_clr, text_bg_clr) = fill_to_c(self.background);
        c::NvOSD_TextParams {
            display_text: glib_string(self.text),
            x_offset: to_offset(self.x),
            y_offset: to_offset(self.y),
            font_params: c::NvOSD_FontParams {
                font_name: self.font.0.as_ptr().cast_mut(),
                font_size: self.size,
                font_color: self.color.to_c(),
            },
            set_bg_clr: set_bg_clr.into(),
            text_bg_clr,
        }
    }
}

/// A text offset as the OSD reads it: unsigned in the struct, signed when drawn.
fn to_offset(value: f32) -> u32 {
    // `as` sends NaN and negatives to 0; the upper bound keeps it positive as a C int.
    (value as u32).min(i32::MAX as u32)
}

/// A copy of a text on GLib's heap, zero-terminated. Who reads it stops at a zero byte inside.
#[inline]
pub(crate) fn glib_string(text: &str) -> *mut c_char {
    // SAFETY: the new memory has room for the text and its end, and does not overlap it.
    unsafe {
        let copy = glib::ffi::g_malloc(text.len() + 1).cast::<u8>();
        copy.copy_from_nonoverlapping(text.as_ptr(), text.len());
        copy.add(text.len()).write(0);
        copy.cast()
    }
}

/// A text that is already in the metadata.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    raw: c::NvOSD_TextParams,
    marker: PhantomData<&'a CStr>,
}

impl std::fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} at {},{}",
            self.display_text(),
            self.x_offset(),
            self.y_offset()
        )
    }
}

impl<'a> Text<'a> {
    /// # Safety
    /// The strings must stay alive and unchanged for `'a`.
    pub(crate) unsafe fn new(raw: c::NvOSD_TextParams) -> Self {
        Self {
            raw,
            marker: PhantomData,
        }
    }

    /// The text, `None` if the pointer is NULL. Not necessarily UTF-8.
    pub fn display_text(&self) -> Option<&'a CStr> {
        // SAFETY: NULL or a C string alive for 'a (see `new`).
        unsafe { c_str(self.raw.display_text) }
    }

    /// Name of the font, `None` if the pointer is NULL.
    pub fn font_name(&self) -> Option<&'a CStr> {
        // SAFETY: NULL or a C string alive for 'a (see `new`).
        unsafe { c_str(self.raw.font_params.font_name) }
    }

    /// Font size in points.
    pub fn font_size(&self) -> u32 {
        self.raw.font_params.font_size
    }

    /// Left edge in pixels, as stored.
    pub fn x_offset(&self) -> u32 {
        self.raw.x_offset
    }

    /// Top edge in pixels, as stored.
    pub fn y_offset(&self) -> u32 {
        self.raw.y_offset
    }

    /// Colour of the letters.
    pub fn color(&self) -> Color {
        Color::from_c(self.raw.font_params.font_color)
    }

    /// Box behind the text, if any.
    pub fn background(&self) -> Option<Color> {
        fill(self.raw.set_bg_clr != 0, self.raw.text_bg_clr)
    }
}

/// # Safety
/// NULL, or a C string that lives and stays unchanged for `'a`.
pub(crate) unsafe fn c_str<'a>(pointer: *const c_char) -> Option<&'a CStr> {
    // SAFETY: the caller vouches for the string.
    (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) })
}

/// The bytes of a fixed array up to the first zero, or all of them.
#[inline]
pub(crate) fn fixed_bytes(bytes: &[c_char]) -> &[u8] {
    // SAFETY: c_char and u8 have the same size and every bit pattern is valid for both.
    let bytes = unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<u8>(), bytes.len()) };
    &bytes[..first_zero(bytes)]
}

/// The index of the first zero, or the length. Labels are short: eight bytes at a time find it at once.
#[inline]
fn first_zero(bytes: &[u8]) -> usize {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest of these bits is that of the first zero; ones above a zero may be wrong.
        let zeros = word.wrapping_sub(LOW) & !word & HIGH;
        if zeros != 0 {
            return at * 8 + zeros.trailing_zeros() as usize / 8;
        }
    }
    let of_rest = rest.iter().position(|byte| *byte == 0);
    bytes.len() - rest.len() + of_rest.unwrap_or(rest.len())
}

/// The text of a fixed array up to its zero byte, or all of it; bytes that are no UTF-8 replaced.
pub(crate) fn fixed_str(bytes: &[c_char]) -> Cow<'_, str> {
    String::from_utf8_lossy(fixed_bytes(bytes))
}

/// The longest start of `text` that has at most `max` bytes and does not cut a character.
#[inline]
pub fn truncate_utf8(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// Sets a label array to at most 127 bytes of text, the rest to zero. Who reads it stops at a zero
/// byte inside.
#[inline]
pub(crate) fn set_label(label: &mut [c_char; c::MAX_LABEL_SIZE as usize], text: &str) {
    let text = truncate_utf8(text, label.len() - 1);
    // SAFETY: c_char and u8 have the same size and every bit pattern is valid for both.
    let bytes = unsafe { std::slice::from_raw_parts(text.as_ptr().cast(), text.len()) };
    let (start, rest) = label.split_at_mut(bytes.len());
    start.copy_from_slice(bytes);
    rest.fill(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label_of(text: &str) -> [c_char; c::MAX_LABEL_SIZE as usize] {
        let mut label = [1; c::MAX_LABEL_SIZE as usize];
        set_label(&mut label, text);
        label
    }

    #[test]
    fn labels_are_cut_between_characters() {
        assert_eq!(truncate_utf8("aé", 2), "a");
        assert_eq!(truncate_utf8("aé", 3), "aé");
        let long = "é".repeat(100); // 200 bytes
        let label = label_of(&long);
        assert_eq!(fixed_str(&label), "é".repeat(63)); // 126 bytes; 127 would cut
        assert_eq!(label[126..], [0, 0]);
    }

    #[test]
    fn labels_end_at_a_zero_byte() {
        assert_eq!(fixed_str(&label_of("per\0son")), "per");
    }

    #[test]
    fn the_first_zero_is_found_wherever_it_is() {
        // What a subtraction over eight bytes may take for zeros: ones above a zero, and high bits.
        let others = [1, 0x80, 0x81, 0xff, b'a'];
        for length in 0..26 {
            for zero in 0..=length {
                for other in others {
                    for behind in [0, 1, 0x80] {
                        let mut bytes = vec![other; length];
                        for byte in bytes.iter_mut().skip(zero) {
                            *byte = behind;
                        }
                        if let Some(byte) = bytes.get_mut(zero) {
                            *byte = 0;
                        }
                        assert_eq!(first_zero(&bytes), zero, "{bytes:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn offsets_are_clamped() {
        for (value, offset) in [
            (-6.0, 0),
            (f32::NAN, 0),
            (f32::NEG_INFINITY, 0),
            (12.9, 12),
            (f32::INFINITY, i32::MAX as u32),
        ] {
            assert_eq!(to_offset(value), offset, "{value}");
        }
    }

    #[test]
    fn equal_font_names_share_memory() {
        let a = FontName::intern("DejaVu Sans");
        let b = FontName::intern(&String::from("DejaVu Sans"));
        assert_eq!(a.as_c_str().as_ptr(), b.as_c_str().as_ptr());
        assert_eq!(FontName::intern("Ser\0if").as_c_str(), c"Ser");
    }
}
