//! What rsanalytics found out, as members of a line. docs/metajson.md tells what they mean.

use nvds::{
    AnalyticsEvent, AnalyticsFrame, AnalyticsLine, AnalyticsMark, AnalyticsObject, AnalyticsRule,
    AnalyticsZone,
};

use super::json::Json;

/// Writes what is known of a frame.
pub fn frame(json: &mut Json, frame: &AnalyticsFrame<'_>) {
    json.object(|json| {
        json.key("zones").array(frame.zones, zone);
        json.key("lines")
            .array((0..).zip(frame.lines), |json, (at, of)| {
                line(json, at, of, frame);
            });
        rules(json.key("directions"), frame, AnalyticsRule::DIRECTION);
        rules(json.key("stationary"), frame, AnalyticsRule::STATIONARY);
        json.key("events").array(frame.events, event);
    });
}

fn zone(json: &mut Json, zone: &AnalyticsZone) {
    json.object(|json| {
        json.key("name").string(zone.name.as_bytes());
        json.key("objects").unsigned(zone.objects);
        json.key("tracks").unsigned(zone.tracks);
        json.key("entered").unsigned(zone.entered);
        json.key("left").unsigned(zone.left);
        json.key("dwell_now").unsigned(zone.dwell_now);
        json.key("dwell_mean").unsigned(zone.dwell_mean);
        json.key("dwell_max").unsigned(zone.dwell_max);
        json.key("crowded").bool(zone.crowded != 0);
    });
}

fn line(json: &mut Json, at: u32, line: &AnalyticsLine, frame: &AnalyticsFrame<'_>) {
    json.object(|json| {
        json.key("name").string(line.name.as_bytes());
        json.key("in").unsigned(line.into);
        json.key("out").unsigned(line.out);
        let classes = frame.classes.iter().filter(|class| class.line == at);
        json.key("classes").array(classes, |json, class| {
            json.object(|json| {
                json.key("class_id").signed(class.class_id);
                json.key("label").string(class.label.as_bytes());
                json.key("in").unsigned(class.into);
                json.key("out").unsigned(class.out);
            });
        });
    });
}

fn rules(json: &mut Json, frame: &AnalyticsFrame<'_>, kind: u32) {
    let rules = frame.rules.iter().filter(|rule| rule.kind == kind);
    json.array(rules, |json, rule| {
        json.object(|json| {
            json.key("name").string(rule.name.as_bytes());
            json.key("objects").unsigned(rule.objects);
        });
    });
}

/// The name of a kind of events, and which member says of what rule it is.
fn event_name(kind: u32) -> (&'static str, &'static str) {
    match kind {
        AnalyticsEvent::ENTERED => ("entered", "zone"),
        AnalyticsEvent::LEFT => ("left", "zone"),
        AnalyticsEvent::CROSSED_IN | AnalyticsEvent::CROSSED_OUT => ("crossed", "line"),
        AnalyticsEvent::DWELL_EXCEEDED => ("dwell-exceeded", "zone"),
        AnalyticsEvent::CROWDED => ("crowded", "zone"),
        AnalyticsEvent::CROWD_ENDED => ("crowd-ended", "zone"),
        AnalyticsEvent::STATIONARY => ("stationary", "stationary"),
        AnalyticsEvent::MOVED => ("moved", "stationary"),
        AnalyticsEvent::DIRECTION => ("direction", "direction"),
        AnalyticsEvent::SPEED_EXCEEDED => ("speed-exceeded", "rule"),
        _ => ("unknown", "rule"),
    }
}

fn event(json: &mut Json, event: &AnalyticsEvent) {
    let (name, sort) = event_name(event.kind);
    let flag = event.flags & AnalyticsEvent::FLAG != 0;
    json.object(|json| {
        json.key("event").string(name.as_bytes());
        json.key(sort).string(event.name.as_bytes());
        if event.object_id != u64::MAX {
            json.key("object_id").unsigned(event.object_id);
            json.key("class_id").signed(event.class_id);
            json.key("label").string(event.label.as_bytes());
            json.key("at").floats([event.x, event.y]);
        }
        match event.kind {
            AnalyticsEvent::ENTERED => json.key("appeared").bool(flag),
            AnalyticsEvent::LEFT => {
                json.key("dwell").unsigned(event.lasted);
                json.key("vanished").bool(flag);
            }
            AnalyticsEvent::CROSSED_IN => json.key("way").string(b"in"),
            AnalyticsEvent::CROSSED_OUT => json.key("way").string(b"out"),
            AnalyticsEvent::DWELL_EXCEEDED => json.key("dwell").unsigned(event.lasted),
            AnalyticsEvent::CROWDED => json.key("objects").unsigned(event.objects),
            AnalyticsEvent::CROWD_ENDED => {
                json.key("objects").unsigned(event.objects);
                json.key("lasted").unsigned(event.lasted);
            }
            AnalyticsEvent::STATIONARY | AnalyticsEvent::MOVED => {
                json.key("lasted").unsigned(event.lasted);
            }
            AnalyticsEvent::SPEED_EXCEEDED => json.key("speed").float(event.speed),
            _ => (),
        }
    });
}

/// Writes what is known of an object. Names are those of the frame.
pub fn object(json: &mut Json, object: &AnalyticsObject<'_>, frame: Option<AnalyticsFrame<'_>>) {
    let frame = frame.unwrap_or_default();
    let of = |kind: u32| object.marks.iter().filter(move |mark| mark.kind == kind);
    let zone = |mark: &AnalyticsMark| frame.zones.get(mark.rule as usize).map(|zone| zone.name);
    let line = |mark: &AnalyticsMark| frame.lines.get(mark.rule as usize).map(|line| line.name);
    let rule = |mark: &AnalyticsMark| frame.rules.get(mark.rule as usize).map(|rule| rule.name);
    json.object(|json| {
        json.key("zones")
            .array(of(AnalyticsMark::ZONE), |json, mark| {
                json.object(|json| {
                    json.key("name")
                        .string(zone(mark).unwrap_or_default().as_bytes());
                    json.key("dwell").unsigned(mark.lasted);
                });
            });
        for (key, kind) in [
            ("in", AnalyticsMark::LINE_IN),
            ("out", AnalyticsMark::LINE_OUT),
        ] {
            json.key(key).array(of(kind), |json, mark| {
                json.string(line(mark).unwrap_or_default().as_bytes());
            });
        }
        json.key("directions")
            .array(of(AnalyticsMark::DIRECTION), |json, mark| {
                json.string(rule(mark).unwrap_or_default().as_bytes());
            });
        json.key("stationary")
            .array(of(AnalyticsMark::STATIONARY), |json, mark| {
                json.object(|json| {
                    json.key("name")
                        .string(rule(mark).unwrap_or_default().as_bytes());
                    json.key("lasted").unsigned(mark.lasted);
                });
            });
        if let Some(speed) = object.speed {
            json.key("speed").float(speed);
        }
        if let Some((x, y)) = object.velocity {
            json.key("velocity").floats([x, y]);
        }
    });
}
