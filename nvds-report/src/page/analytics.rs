//! What rsanalytics found out of a source.

use maud::{Markup, html};

use super::source::{curves, times};
use crate::Error;
use crate::events::Events;
use crate::series::Series;
use crate::summary::Source;

/// Zones whose stays are charted.
const MOST_ZONES: usize = 4;

/// Zones, lines and events in numbers.
pub fn tables(events: &Events) -> Markup {
    let seconds = |nanoseconds: u64| format!("{:.1}", nanoseconds as f64 / 1e9);
    html! {
        @if !events.by_zone.is_empty() {
            table {
                tr { th { "Zone" } th.number { "Entered" } th.number { "Left" } th.number { "Mean stay, s" } th.number { "Longest, s" } }
                @for (name, zone) in &events.by_zone {
                    tr {
                        td { (name) } td.number { (zone.last.entered) } td.number { (zone.last.left) }
                        td.number { (seconds(zone.last.dwell_mean)) } td.number { (seconds(zone.last.dwell_max)) }
                    }
                }
            }
        }
        @if !events.by_line.is_empty() {
            table {
                tr { th { "Line" } th.number { "In" } th.number { "Out" } }
                @for (name, (into, out)) in &events.by_line {
                    tr { td { (name) } td.number { (into) } td.number { (out) } }
                }
            }
        }
        @if !events.kinds.is_empty() {
            table {
                tr { th { "Event" } th.number { "Times" } }
                @for (kind, count) in &events.kinds { tr { td { (kind) } td.number { (count) } } }
            }
        }
    }
}

/// Zones and lines over time, and stays in zones.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn charts(source: &Source, unit: &str) -> Result<Markup, Error> {
    let events = &source.events;
    if events.is_empty() {
        return Ok(html! {});
    }
    let zones = events
        .by_zone
        .iter()
        .filter(|(_, zone)| !zone.stays.is_empty());
    let mut stays = Vec::new();
    for (name, zone) in zones.take(MOST_ZONES) {
        let title = format!("Stays in {name} that ended");
        stays.push(times(&title, "seconds", "tracks", &zone.stays)?);
    }
    Ok(html! {
        (curves("Objects in zones", unit, "objects", &events.zones, Series::means)?)
        (curves("Crossings so far", unit, "crossings", &events.crossings, Series::running)?)
        @for stay in &stays { (stay) }
    })
}
