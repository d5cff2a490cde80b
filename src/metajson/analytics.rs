//! What rsanalytics found out, as members of a line. docs/metajson.md tells what they mean.

use nvds::{
    ANALYTICS_NAME, AnalyticsEvent, AnalyticsFrame, AnalyticsLine, AnalyticsMark, AnalyticsRule,
    AnalyticsZone, FixedText, Frame, Object,
};

use super::json::Json;

/// What each element found out about a frame, the first one first.
fn elements<'a>(frame: &Frame<'a>) -> impl Iterator<Item = AnalyticsFrame<'a>> + Clone + use<'a> {
    frame.all_analytics().rev()
}

/// Whether results have to say which element they are of.
fn are_several(frame: &Frame<'_>) -> bool {
    frame.all_analytics().nth(1).is_some()
}

/// Writes what is known of a frame, as member `analytics`; nothing without rsanalytics.
pub fn frame(json: &mut Json, frame: &Frame<'_>) {
    if elements(frame).next().is_none() {
        return;
    }
    let several = are_several(frame);
    json.key("analytics").object(|json| {
        let zones = elements(frame).flat_map(|of| of.zones.iter().map(move |zone| (of, zone)));
        json.key("zones").array(zones, |json, (of, found)| {
            zone(json, found, several.then_some(of.element));
        });
        let lines = elements(frame)
            .flat_map(|of| (0..).zip(of.lines).map(move |(at, line)| (of, at, line)));
        json.key("lines").array(lines, |json, (of, at, found)| {
            line(json, (at, found), &of, several.then_some(of.element));
        });
        for (key, kind) in [
            ("directions", AnalyticsRule::DIRECTION),
            ("stationary", AnalyticsRule::STATIONARY),
        ] {
            let rules = elements(frame).flat_map(|of| of.rules.iter().map(move |rule| (of, rule)));
            let rules = rules.filter(|(_, rule)| rule.kind == kind);
            json.key(key).array(rules, |json, (of, found)| {
                rule(json, found, several.then_some(of.element));
            });
        }
        let events = elements(frame).flat_map(|of| of.events.iter().map(move |found| (of, found)));
        json.key("events").array(events, |json, (of, found)| {
            event(json, found, several.then_some(of.element));
        });
    });
}

type Name = FixedText<ANALYTICS_NAME>;

/// The name of what found something out, where there are several that did.
fn element(json: &mut Json, element: Option<Name>) {
    if let Some(element) = element {
        json.key("element").string(element.as_bytes());
    }
}

fn zone(json: &mut Json, zone: &AnalyticsZone, of: Option<Name>) {
    json.object(|json| {
        json.key("name").string(zone.name.as_bytes());
        element(json, of);
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

fn line(
    json: &mut Json,
    (at, line): (u32, &AnalyticsLine),
    frame: &AnalyticsFrame<'_>,
    of: Option<Name>,
) {
    json.object(|json| {
        json.key("name").string(line.name.as_bytes());
        element(json, of);
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

fn rule(json: &mut Json, rule: &AnalyticsRule, of: Option<Name>) {
    json.object(|json| {
        json.key("name").string(rule.name.as_bytes());
        element(json, of);
        json.key("objects").unsigned(rule.objects);
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

fn event(json: &mut Json, event: &AnalyticsEvent, of: Option<Name>) {
    let (name, sort) = event_name(event.kind);
    let flag = event.flags & AnalyticsEvent::FLAG != 0;
    json.object(|json| {
        json.key("event").string(name.as_bytes());
        json.key(sort).string(event.name.as_bytes());
        element(json, of);
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

/// What holds for an object, with the results for the frame that names are in, by the first element first.
fn marks<'a>(
    object: &Object<'a>,
    frame: &Frame<'a>,
    kind: u32,
) -> impl Iterator<Item = (AnalyticsFrame<'a>, &'a AnalyticsMark)> {
    let frame = *frame;
    let all = object.all_analytics().rev().flat_map(move |found| {
        let of = elements(&frame).find(|of| of.run == found.run);
        let of = of.unwrap_or_default();
        found.marks.iter().map(move |mark| (of, mark))
    });
    all.filter(move |(_, mark)| mark.kind == kind)
}

/// Writes what is known of an object, as member `analytics`; nothing where that is nothing.
pub fn object(json: &mut Json, object: &Object<'_>, frame: &Frame<'_>) {
    let newest = || object.all_analytics();
    if newest().next().is_none() {
        return;
    }
    let several = are_several(frame);
    let of = |kind| marks(object, frame, kind);
    json.key("analytics").object(|json| {
        let zones = of(AnalyticsMark::ZONE);
        json.key("zones").array(zones, |json, (of, mark)| {
            let zone = of.zones.get(mark.rule as usize);
            json.object(|json| {
                json.key("name")
                    .string(zone.map(|zone| zone.name).unwrap_or_default().as_bytes());
                element(json, several.then_some(of.element));
                json.key("dwell").unsigned(mark.lasted);
            });
        });
        for (key, kind) in [
            ("in", AnalyticsMark::LINE_IN),
            ("out", AnalyticsMark::LINE_OUT),
        ] {
            json.key(key).array(of(kind), |json, (of, mark)| {
                let line = of.lines.get(mark.rule as usize);
                json.string(line.map(|line| line.name).unwrap_or_default().as_bytes());
            });
        }
        let rule = |of: &AnalyticsFrame<'_>, mark: &AnalyticsMark| {
            let rule = of.rules.get(mark.rule as usize);
            rule.map(|rule| rule.name).unwrap_or_default()
        };
        let directions = of(AnalyticsMark::DIRECTION);
        json.key("directions")
            .array(directions, |json, (of, mark)| {
                json.string(rule(&of, mark).as_bytes());
            });
        let stationary = of(AnalyticsMark::STATIONARY);
        json.key("stationary")
            .array(stationary, |json, (of, mark)| {
                json.object(|json| {
                    json.key("name").string(rule(&of, mark).as_bytes());
                    element(json, several.then_some(of.element));
                    json.key("lasted").unsigned(mark.lasted);
                });
            });
        if let Some(speed) = newest().find_map(|found| found.speed) {
            json.key("speed").float(speed);
        }
        if let Some((x, y)) = newest().find_map(|found| found.velocity) {
            json.key("velocity").floats([x, y]);
        }
    });
}
