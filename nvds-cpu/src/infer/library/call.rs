//! The calls of a parser, by way of the part in C++. `shim.cpp` has the same structs.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::NonNull;

use super::input::{Input, RawInput};

/// Bytes of a message of an exception or the loader.
const ROOM: usize = 1024;

#[repr(C)]
struct RawSink {
    to: *mut c_void,
    record: extern "C" fn(*mut c_void, *const c_void, usize),
    text: extern "C" fn(*mut c_void, *const c_char, usize),
}

#[repr(C)]
struct RawMessage {
    text: *mut c_char,
    room: usize,
}

/// `NvDsInferObjectDetectionInfo`; up to DeepStream 8.0 it ends before the angle, in radians.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Object {
    pub class: u32,
    /// Left, top, width, height.
    pub sides: [f32; 4],
    pub confidence: f32,
    pub rotation: f32,
}

/// `NvDsInferInstanceMaskInfo`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawMasked {
    class: u32,
    sides: [f32; 4],
    confidence: f32,
    mask: *const f32,
    mask_width: u32,
    mask_height: u32,
    mask_size: u32,
}

/// `NvDsInferAttribute`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawAttribute {
    index: u32,
    value: u32,
    confidence: f32,
    label: *const c_char,
}

const _: () = assert!(
    size_of::<Object>() == 28 && size_of::<RawMasked>() == 48 && size_of::<RawAttribute>() == 24
);

type Function = unsafe extern "C" fn();

unsafe extern "C" {
    fn rsnvds_parser_open(
        path: *const c_char,
        lazy: c_int,
        message: *const RawMessage,
    ) -> *mut c_void;
    fn rsnvds_parser_symbol(library: *mut c_void, name: *const c_char) -> Option<Function>;
    fn rsnvds_parser_objects(
        parse: Function,
        input: *const RawInput,
        size: *mut usize,
        sink: *const RawSink,
        message: *const RawMessage,
    ) -> c_int;
    fn rsnvds_parser_masked(
        parse: Function,
        input: *const RawInput,
        sink: *const RawSink,
        message: *const RawMessage,
    ) -> c_int;
    fn rsnvds_parser_attributes(
        parse: Function,
        input: *const RawInput,
        threshold: f32,
        sink: *const RawSink,
        message: *const RawMessage,
    ) -> c_int;
    fn rsnvds_parser_segments(
        parse: Function,
        input: *const RawInput,
        threshold: f32,
        map: *mut i32,
        probabilities: *mut *const f32,
        message: *const RawMessage,
    ) -> c_int;
}

/// Why a call gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It returned false.
    Refused,
    /// It threw this.
    Threw(String),
    /// Its records have a size that no release has.
    OtherSize,
}

/// A library that stays loaded for good: its threads and what it registered may outlive every element.
#[derive(Debug)]
pub struct Loaded(NonNull<c_void>);

/// A function of a [`Loaded`] library, of the prototype that its user states.
#[derive(Clone, Copy, Debug)]
pub struct Symbol(Function);

/// An object with the mask over it: values, width and height.
pub type Masked = (Object, Option<(Vec<f32>, u32, u32)>);

/// What a classifier says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes {
    /// Output, class, probability and label of each.
    pub list: Vec<(u32, u32, f32, Option<Vec<u8>>)>,
    /// The text of all.
    pub text: Vec<u8>,
}

/// A message's memory.
struct Room([c_char; ROOM]);

impl Room {
    fn new() -> Self {
        Self([0; ROOM])
    }

    fn raw(&mut self) -> RawMessage {
        RawMessage {
            text: self.0.as_mut_ptr(),
            room: ROOM,
        }
    }

    fn text(&self) -> String {
        let bytes: Vec<u8> = self.0.iter().map(|&c| c as u8).collect();
        let end = bytes.iter().position(|&b| b == 0).unwrap_or(ROOM);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }

    fn outcome(&self, code: c_int) -> Result<(), Fault> {
        match code {
            0 => Ok(()),
            1 => Err(Fault::Refused),
            2 => Err(Fault::Threw(self.text())),
            _ => Err(Fault::OtherSize),
        }
    }
}

impl Loaded {
    /// Opens a library. `lazy`: what it lacks is missed when it is called, which then ends the process.
    ///
    /// # Errors
    /// The loader's message.
    pub fn open(path: &Path, lazy: bool) -> Result<Self, String> {
        let path = CString::new(path.as_os_str().as_bytes())
            .map_err(|_| "the path has a NUL".to_owned())?;
        let mut room = Room::new();
        let message = room.raw();
        // SAFETY: a C string and a message with room.
        let library = unsafe { rsnvds_parser_open(path.as_ptr(), lazy.into(), &raw const message) };
        NonNull::new(library).map(Self).ok_or_else(|| room.text())
    }

    /// The function of this name, if the library has it.
    pub fn symbol(&self, name: &str) -> Option<Symbol> {
        let name = CString::new(name).ok()?;
        // SAFETY: the handle of a library that stays open, and a C string.
        unsafe { rsnvds_parser_symbol(self.0.as_ptr(), name.as_ptr()) }.map(Symbol)
    }
}

extern "C" fn no_text(_: *mut c_void, _: *const c_char, _: usize) {}

extern "C" fn push_object(to: *mut c_void, record: *const c_void, size: usize) {
    let mut object = Object::default();
    let size = size.min(size_of::<Object>());
    // SAFETY: as many bytes as the record has are copied to an object, which any bytes are; `to` is the list that
    // `objects` gave.
    unsafe {
        std::ptr::copy_nonoverlapping(record.cast::<u8>(), (&raw mut object).cast(), size);
        (*to.cast::<Vec<Object>>()).push(object);
    }
}

extern "C" fn push_masked(to: *mut c_void, record: *const c_void, _: usize) {
    // SAFETY: a record of this type.
    let raw = unsafe { record.cast::<RawMasked>().read_unaligned() };
    let object = Object {
        class: raw.class,
        sides: raw.sides,
        confidence: raw.confidence,
        rotation: 0.0,
    };
    let mask = (!raw.mask.is_null()).then(|| {
        let count = raw.mask_size as usize / size_of::<f32>();
        // SAFETY: the parser states how many bytes its mask has.
        let values = unsafe { std::slice::from_raw_parts(raw.mask, count) };
        (values.to_vec(), raw.mask_width, raw.mask_height)
    });
    // SAFETY: `to` is the list that `masked` gave.
    unsafe { (*to.cast::<Vec<Masked>>()).push((object, mask)) };
}

extern "C" fn push_attribute(to: *mut c_void, record: *const c_void, _: usize) {
    // SAFETY: a record of this type.
    let raw = unsafe { record.cast::<RawAttribute>().read_unaligned() };
    let label = (!raw.label.is_null()).then(|| {
        // SAFETY: a label is a C string.
        unsafe { CStr::from_ptr(raw.label) }.to_bytes().to_vec()
    });
    // SAFETY: `to` is what `attributes` gave.
    let attributes = unsafe { &mut *to.cast::<Attributes>() };
    attributes
        .list
        .push((raw.index, raw.value, raw.confidence, label));
}

extern "C" fn push_text(to: *mut c_void, text: *const c_char, length: usize) {
    // SAFETY: a text of this length; `to` is what `attributes` gave.
    unsafe {
        let text = std::slice::from_raw_parts(text.cast::<u8>(), length);
        (*to.cast::<Attributes>()).text.extend_from_slice(text);
    }
}

impl Symbol {
    /// Calls it as `NvDsInferParseCustomFunc`. `size` is that of a record in bytes, as it is expected, and then as it is.
    ///
    /// # Errors
    /// Why there are no objects.
    pub fn objects(self, input: &mut Input<'_>, size: &mut usize) -> Result<Vec<Object>, Fault> {
        let mut found: Vec<Object> = Vec::new();
        let sink = RawSink {
            to: (&raw mut found).cast(),
            record: push_object,
            text: no_text,
        };
        let mut room = Room::new();
        let message = room.raw();
        let code = input.with(|input| {
            // SAFETY: the configuration vouches for the prototype; all pointers outlive the call.
            unsafe {
                rsnvds_parser_objects(self.0, input, size, &raw const sink, &raw const message)
            }
        });
        room.outcome(code).map(|()| found)
    }

    /// Calls it as `NvDsInferInstanceMaskParseCustomFunc`.
    ///
    /// # Errors
    /// Why there are no objects.
    pub fn masked(self, input: &mut Input<'_>) -> Result<Vec<Masked>, Fault> {
        let mut found: Vec<Masked> = Vec::new();
        let sink = RawSink {
            to: (&raw mut found).cast(),
            record: push_masked,
            text: no_text,
        };
        let mut room = Room::new();
        let message = room.raw();
        let code = input.with(|input| {
            // SAFETY: the configuration vouches for the prototype; all pointers outlive the call.
            unsafe { rsnvds_parser_masked(self.0, input, &raw const sink, &raw const message) }
        });
        room.outcome(code).map(|()| found)
    }

    /// Calls it as `NvDsInferClassiferParseCustomFunc`.
    ///
    /// # Errors
    /// Why there are no attributes.
    pub fn attributes(self, input: &mut Input<'_>, threshold: f32) -> Result<Attributes, Fault> {
        let mut found = Attributes::default();
        let sink = RawSink {
            to: (&raw mut found).cast(),
            record: push_attribute,
            text: push_text,
        };
        let mut room = Room::new();
        let message = room.raw();
        let code = input.with(|input| {
            // SAFETY: the configuration vouches for the prototype; all pointers outlive the call.
            unsafe {
                rsnvds_parser_attributes(
                    self.0,
                    input,
                    threshold,
                    &raw const sink,
                    &raw const message,
                )
            }
        });
        room.outcome(code).map(|()| found)
    }

    /// Calls it as `NvDsInferSemSegmentationParseCustomFunc`: the class of each pixel of the network's input, -1 where it
    /// sets none, and the probabilities of all classes where they lie in an output.
    ///
    /// # Errors
    /// Why there are no classes.
    pub fn segments(
        self,
        input: &mut Input<'_>,
        threshold: f32,
    ) -> Result<(Vec<i32>, Vec<f32>), Fault> {
        let pixels = input.network.width as usize * input.network.height as usize;
        let mut map = vec![-1; pixels];
        let mut probabilities = std::ptr::null();
        let mut room = Room::new();
        let message = room.raw();
        let code = input.with(|raw| {
            // SAFETY: the configuration vouches for the prototype; all pointers outlive the call, and the map has the
            // network's size.
            unsafe {
                rsnvds_parser_segments(
                    self.0,
                    raw,
                    threshold,
                    map.as_mut_ptr(),
                    &raw mut probabilities,
                    &raw const message,
                )
            }
        });
        room.outcome(code)?;
        let count = pixels * input.classes as usize;
        let mut outputs = input.outputs.iter();
        let values = outputs.find_map(|output| output.floats_from(probabilities, count));
        Ok((map, values.unwrap_or_default()))
    }
}
