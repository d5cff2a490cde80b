//! Events of DeepStream that GStreamer has no names for.

use glib::translate::{IntoGlib, IntoGlibPtr, from_glib_full};
use nvds_sys as c;

/// An event with a number of its own; `event_type` is a whole `GstEventType`, flags included.
pub fn custom(event_type: i32, structure: gst::Structure) -> gst::Event {
    // SAFETY: takes any number, and ownership of a structure that nothing else owns.
    unsafe {
        from_glib_full(gst::ffi::gst_event_new_custom(
            event_type,
            structure.into_glib_ptr(),
        ))
    }
}

/// From an application to nvdsosd: draw in another mode from here on. Downstream, serialized.
///
/// Source: DeepStream 9.1 gst-nvdscustomevent.h.
pub const OSD_PROCESS_MODE_UPDATE: i32 = (408 << 8) | (1 << 1) | (1 << 2);

/// The event that switches nvdsosd to CPU (0) or GPU (any other) mode.
pub fn osd_process_mode_update(stream_id: &str, process_mode: u32) -> gst::Event {
    let structure = gst::Structure::builder("nv-osd-process-mode-update")
        .field("stream_id", stream_id)
        .field("process_mode", process_mode)
        .build();
    custom(OSD_PROCESS_MODE_UPDATE, structure)
}

/// The mode that an [`osd_process_mode_update`] asks for; `None` for any other event. As in the
/// stock parser, a missing field is mode 0.
pub fn parse_osd_process_mode_update(event: &gst::EventRef) -> Option<u32> {
    (event.type_().into_glib() == OSD_PROCESS_MODE_UPDATE).then(|| {
        let mode = event.structure().and_then(|s| s.get("process_mode").ok());
        mode.unwrap_or(0)
    })
}

/// The source that an event says has ended (GST_NVEVENT_STREAM_EOS) or was taken away
/// (GST_NVEVENT_PAD_DELETED); `None` for any other event.
///
/// Source: DeepStream 9.1 gst-nvevent.h.
pub fn parse_source_gone(event: &gst::EventRef) -> Option<u32> {
    const GONE: [i32; 2] = [
        c::GstNvEventType_GST_NVEVENT_STREAM_EOS as i32,
        c::GstNvEventType_GST_NVEVENT_PAD_DELETED as i32,
    ];
    GONE.contains(&event.type_().into_glib())
        .then(|| event.structure()?.get("source-id").ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_go_by_two_events() {
        gst::init().unwrap();
        let event = |kind, name: &str| {
            let structure = gst::Structure::builder(name).field("source-id", 7_u32);
            custom(kind, structure.build())
        };
        for (kind, source) in [
            (c::GstNvEventType_GST_NVEVENT_STREAM_EOS, Some(7)),
            (c::GstNvEventType_GST_NVEVENT_PAD_DELETED, Some(7)),
            (c::GstNvEventType_GST_NVEVENT_PAD_ADDED, None),
        ] {
            assert_eq!(parse_source_gone(&event(kind as i32, "some")), source);
        }
        let other = custom(
            c::GstNvEventType_GST_NVEVENT_STREAM_EOS as i32,
            gst::Structure::new_empty("without"),
        );
        assert_eq!(parse_source_gone(&other), None);
        assert_eq!(parse_source_gone(&gst::event::Eos::new()), None);
    }

    #[test]
    fn osd_mode_travels_in_an_event_of_its_own_number() {
        gst::init().unwrap();
        let event = osd_process_mode_update("7", 1);
        assert_eq!(event.type_().into_glib(), 104_454);
        assert!(event.type_().is_downstream() && event.type_().is_serialized());
        assert_eq!(parse_osd_process_mode_update(&event), Some(1));
        assert_eq!(parse_osd_process_mode_update(&gst::event::Eos::new()), None);
    }
}
