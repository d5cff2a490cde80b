//! The structures of element messages: `rsanalytics-event` and `rsanalytics-summary`.

use glib::prelude::*;
use nvds_analytics::engine::Source;
use nvds_analytics::{Crossing, Engine, Event, What};

use super::kinds::Kinds;
use super::scratch::{class_of, rule_name};

/// Which element messages are posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, glib::Enum)]
#[enum_type(name = "GstRsAnalyticsMessages")]
#[repr(i32)]
pub enum Messages {
    /// None.
    #[default]
    #[enum_value(name = "No messages", nick = "none")]
    None,
    /// `rsanalytics-event` for each event.
    #[enum_value(name = "A message rsanalytics-event for each event", nick = "events")]
    Events,
    /// `rsanalytics-summary` of each source every `summary-interval`.
    #[enum_value(
        name = "A message rsanalytics-summary of each source every summary-interval",
        nick = "summary"
    )]
    Summary,
    /// Both.
    #[enum_value(name = "Both", nick = "all")]
    All,
}

impl Messages {
    pub fn events(self) -> bool {
        matches!(self, Self::Events | Self::All)
    }

    pub fn summary(self) -> bool {
        matches!(self, Self::Summary | Self::All)
    }
}

/// The structure of an event. Times are in nanoseconds.
pub fn event(engine: &Engine, kinds: &Kinds, event: &Event) -> gst::Structure {
    let sort = match event.what {
        What::Crossed(_) => "line",
        What::Stationary { .. } | What::Moved { .. } => "stationary",
        What::Direction => "direction",
        What::SpeedExceeded { .. } => "rule",
        _ => "zone",
    };
    let mut told = gst::Structure::builder("rsanalytics-event")
        .field("event", event.what.name())
        .field("source", event.source)
        .field("frame", event.frame)
        .field("pts", event.pts)
        .field(sort, rule_name(engine, event))
        .build();
    if let Some(track) = event.track {
        let (class_id, label) = class_of(kinds, event);
        told.set("object-id", track);
        told.set("class-id", class_id);
        told.set("label", label);
        told.set("x", f64::from(event.at.x));
        told.set("y", f64::from(event.at.y));
    }
    match event.what {
        What::Entered { appeared } => told.set("appeared", appeared),
        What::Left { dwell, vanished } => {
            told.set("dwell", dwell);
            told.set("vanished", vanished);
        }
        What::Crossed(crossing) => told.set("way", way(crossing)),
        What::DwellExceeded { dwell } => told.set("dwell", dwell),
        What::Crowded { objects } => told.set("objects", objects),
        What::CrowdEnded { objects, lasted } => {
            told.set("objects", objects);
            told.set("lasted", lasted);
        }
        What::Stationary { lasted } | What::Moved { lasted } => told.set("lasted", lasted),
        What::SpeedExceeded { speed } => told.set("speed", f64::from(speed)),
        What::Direction => (),
    }
    told
}

fn way(crossing: Crossing) -> &'static str {
    match crossing {
        Crossing::In => "in",
        Crossing::Out => "out",
    }
}

fn list(structures: impl Iterator<Item = gst::Structure>) -> gst::List {
    let values: Vec<_> = structures.map(|s| s.to_send_value()).collect();
    gst::List::from_values(values)
}

/// The structure of a source's summary. Times are in nanoseconds.
pub fn summary(engine: &Engine, kinds: &Kinds, source: &Source) -> gst::Structure {
    let rules = engine.rules();
    let zones = rules.zones.iter().zip(&source.zones);
    let zones = zones.filter(|(zone, _)| zone.scope.has_source(source.id));
    let zones = zones.map(|(zone, count)| {
        gst::Structure::builder("zone")
            .field("name", &zone.scope.name)
            .field("objects", count.objects)
            .field("tracks", count.tracks)
            .field("entered", count.entered)
            .field("left", count.left)
            .field("dwell-now", count.dwell_now)
            .field("dwell-mean", count.dwell_mean())
            .field("dwell-max", count.dwell_max)
            .field("crowded", count.crowded)
            .build()
    });
    let lines = rules.lines.iter().zip(&source.lines);
    let lines = lines.filter(|(line, _)| line.scope.has_source(source.id));
    let lines = lines.map(|(line, count)| {
        let classes = count.kinds.iter().map(|count| {
            let (class_id, label) = kinds.name(count.kind);
            gst::Structure::builder("class")
                .field("class-id", class_id)
                .field("label", label)
                .field("in", count.into)
                .field("out", count.out)
                .build()
        });
        gst::Structure::builder("line")
            .field("name", &line.scope.name)
            .field("in", count.into)
            .field("out", count.out)
            .field("classes", list(classes))
            .build()
    });
    let mut told = gst::Structure::builder("rsanalytics-summary")
        .field("source", source.id)
        .field("pts", source.time)
        .field("frames", source.frames)
        .field("tracks", source.tracks)
        .field("zones", list(zones))
        .field("lines", list(lines))
        .build();
    if let Some(map) = rules.heat_map {
        let cells: Vec<_> = source
            .heat
            .iter()
            .map(|ns| (ns / 1_000_000).to_send_value())
            .collect();
        let map = gst::Structure::builder("heat-map")
            .field("columns", map.columns)
            .field("rows", map.rows)
            .field("milliseconds", gst::Array::from_values(cells))
            .build();
        told.set("heat-map", map);
    }
    told
}
