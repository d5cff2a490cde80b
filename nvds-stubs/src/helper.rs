//! `gst_nvmessage_*` and `gst_nvevent_*`: what nvstreammux tells applications of its sources.
//!
//! Names, arguments and fields are those of DeepStream's gst-nvmessage.h, gst-nvevent.h and of the stand-in mux.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use glib::object::ObjectType;
use glib::translate::{IntoGlibPtr, ToGlibPtr, from_glib_none};
use nvds::event::SourceEvent;

use crate::complain;

/// A message, as C knows it.
pub type Message = *mut gst::ffi::GstMessage;
/// An event, as C knows it.
pub type Event = *mut gst::ffi::GstEvent;

/// The source whose end a message tells of.
fn ended(message: &gst::MessageRef) -> Option<u32> {
    let structure = message
        .structure()
        .filter(|structure| structure.name() == "stream-eos")?;
    structure.get("stream-id").ok()
}

/// # Safety
/// `message` is null or a GstMessage that lives on during the call.
unsafe fn message<'a>(message: Message) -> Option<&'a gst::MessageRef> {
    // SAFETY: as the caller promises.
    (!message.is_null()).then(|| unsafe { gst::MessageRef::from_ptr(message) })
}

/// Whether a message tells of a source's end.
///
/// # Safety
/// `message` is null or a GstMessage.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_is_stream_eos(msg: Message) -> c_int {
    // SAFETY: as the caller promises.
    unsafe { message(msg) }.and_then(ended).is_some().into()
}

/// The source whose end a message tells of; 0 if it tells of none.
///
/// # Safety
/// `msg` is null or a GstMessage, `stream_id` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_parse_stream_eos(
    msg: Message,
    stream_id: *mut c_uint,
) -> c_int {
    // SAFETY: as the caller promises.
    let found = unsafe { message(msg) }.and_then(ended);
    if let (Some(id), false) = (found, stream_id.is_null()) {
        // SAFETY: not null, so that the caller promises that it may be written.
        unsafe { stream_id.write(id) };
    }
    found.is_some().into()
}

/// A message of a source's end.
///
/// # Safety
/// `source` is null or a GstObject.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvmessage_new_stream_eos(
    source: *mut gst::ffi::GstObject,
    stream_id: c_uint,
) -> Message {
    let structure = gst::Structure::builder("stream-eos")
        .field("stream-id", stream_id)
        .build();
    let mut builder = gst::message::Element::builder(structure);
    if !source.is_null() {
        // SAFETY: an object, as the caller promises, only borrowed: it may have a floating reference.
        builder = builder.src(unsafe { gst::Object::from_glib_ptr_borrow(&source) });
    }
    builder.build().into_glib_ptr()
}

/// Sticky events of one name would replace each other, so each has a number of its own.
static COUNTER: AtomicU32 = AtomicU32::new(0);

fn structure(kind: &str, id: u32) -> gst::structure::Builder {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    // The mux's own events count from 0.
    gst::Structure::builder(format!("{kind}-{id}-app-{number}")).field("source-id", id)
}

fn event(kind: SourceEvent, structure: gst::structure::Builder) -> Event {
    kind.event(structure.build()).into_glib_ptr()
}

/// A source was added.
#[unsafe(no_mangle)]
pub extern "C" fn gst_nvevent_new_pad_added(source_id: c_uint) -> Event {
    event(SourceEvent::PadAdded, structure("nv-pad-added", source_id))
}

/// A source was taken away.
#[unsafe(no_mangle)]
pub extern "C" fn gst_nvevent_new_pad_deleted(source_id: c_uint) -> Event {
    event(
        SourceEvent::PadDeleted,
        structure("nv-pad-deleted", source_id),
    )
}

/// A source has ended.
#[unsafe(no_mangle)]
pub extern "C" fn gst_nvevent_new_stream_eos(source_id: c_uint) -> Event {
    event(
        SourceEvent::StreamEos,
        structure("nv-stream-eos", source_id),
    )
}

/// A source begins anew.
#[unsafe(no_mangle)]
pub extern "C" fn gst_nvevent_new_stream_reset(source_id: c_uint) -> Event {
    event(
        SourceEvent::StreamReset,
        structure("nv-stream-reset", source_id),
    )
}

/// A source's segment, which is copied.
///
/// # Safety
/// `segment` is a GstSegment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_new_stream_segment(
    source_id: c_uint,
    segment: *mut gst::ffi::GstSegment,
) -> Event {
    if segment.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: a segment, as the caller promises.
    let segment: gst::Segment = unsafe { from_glib_none(segment.cast_const()) };
    let structure = structure("nv-stream-segment", source_id).field("segment", segment);
    event(SourceEvent::StreamSegment, structure)
}

/// A source's stream starts.
///
/// # Safety
/// `stream_id` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_new_stream_start(
    source_id: c_uint,
    stream_id: *mut c_char,
) -> Event {
    // SAFETY: a C string, as the caller promises.
    let id = (!stream_id.is_null()).then(|| unsafe { CStr::from_ptr(stream_id) }.to_string_lossy());
    let structure = structure("nv-stream-start", source_id).field("stream-id", id.as_deref());
    event(SourceEvent::StreamStart, structure)
}

/// Gives the source of an event of this kind, and its structure for what else there is.
///
/// # Safety
/// `event` is null or a GstEvent that lives on during the call, `source_id` is null or may be written.
unsafe fn parse<'a>(
    event: Event,
    kind: SourceEvent,
    source_id: *mut c_uint,
) -> Option<&'a gst::StructureRef> {
    if event.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    let event = unsafe { gst::EventRef::from_ptr(event) };
    let structure = event
        .structure()
        .filter(|_| SourceEvent::of(event) == Some(kind))?;
    let id = structure.get::<u32>("source-id").ok()?;
    if !source_id.is_null() {
        // SAFETY: not null, so that the caller promises that it may be written.
        unsafe { source_id.write(id) };
    }
    Some(structure)
}

macro_rules! parsers {
    ($($name:ident $kind:ident)*) => {$(
        /// The source of such an event; nothing is written for another one.
        ///
        /// # Safety
        /// `event` is null or a GstEvent, `source_id` is null or may be written.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name(event: Event, source_id: *mut c_uint) {
            // SAFETY: as the caller promises.
            unsafe { parse(event, SourceEvent::$kind, source_id) };
        }
    )*};
}
parsers! {
    gst_nvevent_parse_pad_added PadAdded
    gst_nvevent_parse_pad_deleted PadDeleted
    gst_nvevent_parse_stream_eos StreamEos
    gst_nvevent_parse_stream_reset StreamReset
}

/// The source and a pointer to the segment, which the event owns.
///
/// # Safety
/// `event` is null or a GstEvent, the others are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_parse_stream_segment(
    event: Event,
    source_id: *mut c_uint,
    segment: *mut *mut gst::ffi::GstSegment,
) {
    // SAFETY: as the caller promises.
    let found = unsafe { parse(event, SourceEvent::StreamSegment, source_id) };
    let value = found.and_then(|structure| structure.value("segment").ok());
    if let (Some(value), false) = (value, segment.is_null()) {
        // SAFETY: the value is a boxed segment that lives as long as the event; `segment` may be written.
        unsafe {
            segment.write(glib::gobject_ffi::g_value_get_boxed(value.to_glib_none().0).cast())
        };
    }
}

/// The source and a copy of the stream's id, which the caller frees with g_free.
///
/// # Safety
/// `event` is null or a GstEvent, the others are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gst_nvevent_parse_stream_start(
    event: Event,
    source_id: *mut c_uint,
    stream_id: *mut *mut c_char,
) {
    // SAFETY: as the caller promises.
    let found = unsafe { parse(event, SourceEvent::StreamStart, source_id) };
    let id = found.and_then(|structure| structure.get::<Option<&str>>("stream-id").ok().flatten());
    if let (Some(id), false) = (id, stream_id.is_null()) {
        // SAFETY: the text is copied; `stream_id` may be written.
        unsafe { stream_id.write(glib::ffi::g_strndup(id.as_ptr().cast(), id.len())) };
    }
}

/// Nothing here: times of frames come from the stand-in mux. Says so once.
#[unsafe(no_mangle)]
pub extern "C" fn configure_source_for_ntp_sync(_source: *mut c_void) {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        complain(
            "configure_source_for_ntp_sync has no effect: ntp_timestamp is what the mux writes",
        )
    });
}
