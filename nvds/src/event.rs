//! Events of DeepStream that GStreamer has no names for.

use glib::translate::{IntoGlib, IntoGlibPtr, from_glib_full};
use nvds_sys as c;

use crate::library::release;
use crate::release::STICKY_EVENTS;

/// A `GstEventType` has flags below its number.
const NUMBER_SHIFT: u32 = gst::ffi::GST_EVENT_NUM_SHIFT as u32;

/// Flags of an event that goes downstream in the order of the buffers.
const SERIALIZED_DOWNSTREAM: c::GstNvEventType = (1 << 1) | (1 << 2);

/// An event with a number of its own; `event_type` is a whole `GstEventType`, flags included.
fn custom(event_type: c::GstNvEventType, structure: gst::Structure) -> gst::Event {
    // SAFETY: the callers give numbers that are no event of GStreamer's own, of which readers would
    // expect certain fields; the event takes a structure that nothing else owns.
    unsafe {
        from_glib_full(gst::ffi::gst_event_new_custom(
            event_type as gst::ffi::GstEventType,
            structure.into_glib_ptr(),
        ))
    }
}

/// What a mux tells of its sources. Downstream, serialized, all but `StreamReset` sticky for each
/// name of the structure.
///
/// Source: gst-nvevent.h of DeepStream 6.0 to 9.1. Before 6.3 the same numbers had other flags: none of
/// the events was sticky. Events are told by the number alone, and made as the loaded library's release
/// has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SourceEvent {
    PadAdded,
    PadDeleted,
    StreamEos,
    StreamSegment,
    StreamReset,
    StreamStart,
    UpdateCaps,
}

impl SourceEvent {
    const ALL: [Self; 7] = [
        Self::PadAdded,
        Self::PadDeleted,
        Self::StreamEos,
        Self::StreamSegment,
        Self::StreamReset,
        Self::StreamStart,
        Self::UpdateCaps,
    ];

    const fn number(self) -> c::GstNvEventType {
        match self {
            Self::PadAdded => c::GstNvEventType_GST_NVEVENT_PAD_ADDED,
            Self::PadDeleted => c::GstNvEventType_GST_NVEVENT_PAD_DELETED,
            Self::StreamEos => c::GstNvEventType_GST_NVEVENT_STREAM_EOS,
            Self::StreamSegment => c::GstNvEventType_GST_NVEVENT_STREAM_SEGMENT,
            Self::StreamReset => c::GstNvEventType_GST_NVEVENT_STREAM_RESET,
            Self::StreamStart => c::GstNvEventType_GST_NVEVENT_STREAM_START,
            Self::UpdateCaps => c::GstNvEventType_GST_NVEVENT_UPDATE_CAPS,
        }
    }

    /// As [`Self::number`] before DeepStream 6.3.
    const fn old_number(self) -> c::GstNvEventType {
        (self.number() >> NUMBER_SHIFT << NUMBER_SHIFT) | SERIALIZED_DOWNSTREAM
    }

    /// An event of this kind.
    pub fn event(self, structure: gst::Structure) -> gst::Event {
        let is_old =
            release().is_ok_and(|release| release.is_at_least(STICKY_EVENTS) == Some(false));
        custom(
            if is_old {
                self.old_number()
            } else {
                self.number()
            },
            structure,
        )
    }

    /// The kind of an event, `None` for any other.
    pub fn of(event: &gst::EventRef) -> Option<Self> {
        if is_roi_update(event) {
            // The number is that of `UpdateCaps`, and so were the flags before DeepStream 6.3.
            return None;
        }
        let number = i64::from(event.type_().into_glib()) >> NUMBER_SHIFT;
        let mut all = Self::ALL.into_iter();
        all.find(|kind| i64::from(kind.number() >> NUMBER_SHIFT) == number)
    }
}

/// From an application to nvdspreprocess: other regions of a source from here on. Downstream, serialized.
///
/// Source: DeepStream 9.1 gst-nvdscustomevent.h.
const ROI_UPDATE: c::GstNvEventType = (406 << NUMBER_SHIFT) | SERIALIZED_DOWNSTREAM;
const ROI_UPDATE_NAME: &str = "nv-roi-update";

fn is_roi_update(event: &gst::EventRef) -> bool {
    event.type_().into_glib() as c::GstNvEventType == ROI_UPDATE
        && event
            .structure()
            .is_some_and(|s| s.name() == ROI_UPDATE_NAME)
}

/// The event that gives a source other regions: left, top, width and height of each in pixels.
pub fn roi_update(stream_id: &str, regions: &[[u32; 4]]) -> gst::Event {
    let mut structure = gst::Structure::builder(ROI_UPDATE_NAME)
        .field("stream_id", stream_id)
        .field("roi-count", regions.len() as u32)
        .build();
    for (index, region) in regions.iter().enumerate() {
        structure.set(format!("roi_id_{index}"), format!("{index}"));
        for (side, value) in REGION_SIDES.iter().zip(region) {
            structure.set(format!("{side}_{index}"), *value);
        }
    }
    custom(ROI_UPDATE, structure)
}

/// How fields of a region begin.
const REGION_SIDES: [&str; 4] = ["left", "top", "width", "height"];
/// More regions than a frame has; a count above it is a mistake.
const MOST_REGIONS: u32 = 4096;

/// The source and the regions that a [`roi_update`] is about; `None` for any other event, and one with fields missing.
pub fn parse_roi_update(event: &gst::EventRef) -> Option<(i32, Vec<[u32; 4]>)> {
    let structure = event.structure().filter(|_| is_roi_update(event))?;
    let source = structure.get::<String>("stream_id").ok()?;
    let count = structure.get::<u32>("roi-count").ok()?;
    let side = |side: &str, index| structure.get::<u32>(format!("{side}_{index}")).ok();
    let regions = (0..count.min(MOST_REGIONS)).map(|index| {
        let [left, top, width, height] = REGION_SIDES;
        Some([
            side(left, index)?,
            side(top, index)?,
            side(width, index)?,
            side(height, index)?,
        ])
    });
    Some((source.trim().parse().ok()?, regions.collect::<Option<_>>()?))
}

/// From an application to nvdsosd: draw in another mode from here on. Downstream, serialized.
///
/// Source: DeepStream 9.1 gst-nvdscustomevent.h.
const OSD_PROCESS_MODE_UPDATE: c::GstNvEventType = (408 << NUMBER_SHIFT) | SERIALIZED_DOWNSTREAM;

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
    let number = i64::from(event.type_().into_glib());
    (number == i64::from(OSD_PROCESS_MODE_UPDATE)).then(|| {
        let mode = event.structure().and_then(|s| s.get("process_mode").ok());
        mode.unwrap_or(0)
    })
}

/// From an application to nvdsanalytics: read the configuration anew. Downstream, serialized.
///
/// Source: DeepStream 9.1 gst-nvdscustomevent.h.
const ANALYTICS_RELOAD_CONFIG_UPDATE: c::GstNvEventType =
    (409 << NUMBER_SHIFT) | SERIALIZED_DOWNSTREAM;

/// The event that has nvdsanalytics read its configuration anew. `config_file_path` is not what is read, as in stock: that is
/// what the element's property names.
pub fn analytics_reload_config_update(config_file_path: &str) -> gst::Event {
    let structure = gst::Structure::builder("nv-analytics-reload_config-update")
        .field("config_file_path", config_file_path)
        .build();
    custom(ANALYTICS_RELOAD_CONFIG_UPDATE, structure)
}

/// Whether an event is an [`analytics_reload_config_update`] that names a file, as in the stock element.
pub fn is_analytics_reload_config_update(event: &gst::EventRef) -> bool {
    let named = |s: &gst::StructureRef| s.get::<&str>("config_file_path").is_ok();
    i64::from(event.type_().into_glib()) == i64::from(ANALYTICS_RELOAD_CONFIG_UPDATE)
        && event.structure().is_some_and(named)
}

/// The source that an event says has ended ([`SourceEvent::StreamEos`]) or was taken away
/// ([`SourceEvent::PadDeleted`]); `None` for any other event.
pub fn parse_source_gone(event: &gst::EventRef) -> Option<u32> {
    match SourceEvent::of(event)? {
        SourceEvent::StreamEos | SourceEvent::PadDeleted => {
            event.structure()?.get("source-id").ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_survive_their_events() {
        gst::init().unwrap();
        for kind in SourceEvent::ALL {
            let event = kind.event(gst::Structure::new_empty("some"));
            assert_eq!(SourceEvent::of(&event), Some(kind));
            assert!(event.type_().is_downstream() && event.type_().is_serialized());
        }
        assert_eq!(SourceEvent::of(&gst::event::Eos::new()), None);
    }

    #[test]
    fn kinds_are_told_whatever_their_flags() {
        gst::init().unwrap();
        for (kind, old) in [
            (SourceEvent::PadAdded, 102_406),
            (SourceEvent::PadDeleted, 102_662),
            (SourceEvent::StreamEos, 102_918),
            (SourceEvent::StreamReset, 103_430),
            (SourceEvent::StreamStart, 103_686),
        ] {
            assert_eq!(kind.old_number(), old);
            let event = custom(old, gst::Structure::new_empty("some"));
            assert_eq!(SourceEvent::of(&event), Some(kind));
        }
    }

    #[test]
    fn sources_go_by_two_events() {
        gst::init().unwrap();
        for kind in SourceEvent::ALL {
            let structure = gst::Structure::builder("some").field("source-id", 7_u32);
            let gone = matches!(kind, SourceEvent::StreamEos | SourceEvent::PadDeleted);
            let event = kind.event(structure.build());
            assert_eq!(parse_source_gone(&event), gone.then_some(7));
        }
        let other = SourceEvent::StreamEos.event(gst::Structure::new_empty("without"));
        assert_eq!(parse_source_gone(&other), None);
        assert_eq!(parse_source_gone(&gst::event::Eos::new()), None);
    }

    #[test]
    fn regions_travel_in_an_event_that_is_no_update_of_caps() {
        gst::init().unwrap();
        let event = roi_update("3", &[[1, 2, 30, 40], [5, 6, 70, 80]]);
        assert_eq!(event.type_().into_glib(), 103_942);
        let regions = vec![[1, 2, 30, 40], [5, 6, 70, 80]];
        assert_eq!(parse_roi_update(&event), Some((3, regions)));
        assert_eq!(SourceEvent::of(&event), None);
        let caps = custom(ROI_UPDATE, gst::Structure::new_empty("nv-update-caps"));
        assert_eq!(SourceEvent::of(&caps), Some(SourceEvent::UpdateCaps));
        assert_eq!(parse_roi_update(&caps), None);
        let mut short = gst::Structure::new_empty(ROI_UPDATE_NAME);
        short.set("stream_id", "3");
        short.set("roi-count", 1_u32);
        assert_eq!(parse_roi_update(&custom(ROI_UPDATE, short)), None);
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

    #[test]
    fn a_reload_travels_in_an_event_of_its_own_number() {
        gst::init().unwrap();
        let event = analytics_reload_config_update("a.txt");
        assert_eq!(event.type_().into_glib(), 104_710);
        assert!(is_analytics_reload_config_update(&event));
        assert!(!is_analytics_reload_config_update(
            &osd_process_mode_update("7", 1)
        ));
        let structure = gst::Structure::new_empty("without");
        let without = custom(ANALYTICS_RELOAD_CONFIG_UPDATE, structure);
        assert!(!is_analytics_reload_config_update(&without));
    }
}
