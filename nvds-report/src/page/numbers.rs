//! The page's numbers for programs.

use maud::{Markup, PreEscaped, html};
use serde_json::{Map, Value, json};

use crate::summary::{Clock, Source, Summary};

/// A block of JSON that is not shown.
pub fn block(summary: &Summary) -> Markup {
    let sources = summary.sources.iter();
    let sources: Map<String, Value> = sources
        .map(|(id, source)| (id.to_string(), of_source(source)))
        .collect();
    let numbers = json!({
        "frames": summary.frames(),
        "objects": summary.objects(),
        "lines_left_out": summary.unread,
        "sources": sources,
    });
    // A label may hold what would end the block.
    let text = numbers.to_string().replace('<', "\\u003c");
    html! { script type="application/json" id="numbers" { (PreEscaped(text)) } }
}

fn of_source(source: &Source) -> Value {
    let classes = source.classes.totals().into_iter();
    let classes: Map<String, Value> = classes
        .map(|(name, count)| (name.to_owned(), count.into()))
        .collect();
    let lines = source.events.by_line.iter();
    let lines: Map<String, Value> = lines
        .map(|(name, (into, out))| (name.clone(), json!({ "in": into, "out": out })))
        .collect();
    let zones = source.events.by_zone.iter();
    let zones: Map<String, Value> = zones
        .map(|(name, zone)| {
            let counts = json!({ "entered": zone.last.entered, "left": zone.last.left });
            (name.clone(), counts)
        })
        .collect();
    json!({
        "lines": lines,
        "zones": zones,
        "events": source.events.kinds,
        "frames": source.frames,
        "objects": source.objects,
        "clock": match source.clock { Clock::Seconds => "seconds", Clock::Frames => "frames" },
        "first": source.span.map(|span| span.0),
        "last": source.span.map(|span| span.1),
        "tracks": source.tracks.len(),
        "outside": source.places.outside,
        "classes": classes,
    })
}
