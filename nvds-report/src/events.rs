//! Zones, lines and events of rsanalytics, over time.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::line::{Analytics, Zone};
use crate::series::{MOST_NAMES, Series};

/// Most durations of stays that are kept for a zone.
pub const MOST_STAYS: usize = 100_000;

/// Totals of a zone.
#[derive(Debug, Clone)]
pub struct ZoneTotals {
    /// Its counts on the last frame.
    pub last: Zone,
    /// Durations of stays that ended, in seconds; at most [`MOST_STAYS`].
    pub stays: Vec<f64>,
}

/// Results of rsanalytics for one source.
#[derive(Debug, Clone)]
pub struct Events {
    /// Objects in each zone.
    pub zones: Series,
    /// Crossings, by line and direction.
    pub crossings: Series,
    /// Zones by name.
    pub by_zone: BTreeMap<String, ZoneTotals>,
    /// Crossings of each line, in and out, by name.
    pub by_line: BTreeMap<String, (u64, u64)>,
    /// Number of events of each kind.
    pub kinds: BTreeMap<String, u64>,
}

impl Events {
    /// Empty. `interval`: initial length of an interval of the series, in seconds.
    pub fn new(interval: f64) -> Self {
        Self {
            zones: Series::new(interval),
            crossings: Series::new(interval),
            by_zone: BTreeMap::new(),
            by_line: BTreeMap::new(),
            kinds: BTreeMap::new(),
        }
    }

    /// Whether there were no results of rsanalytics.
    pub fn is_empty(&self) -> bool {
        self.by_zone.is_empty() && self.by_line.is_empty() && self.kinds.is_empty()
    }

    /// Adds the results of a frame at `time`, in seconds.
    pub fn add(&mut self, time: f64, found: &Analytics) {
        let names = found.zones.iter().map(|of| shown(&of.name, &of.element));
        let names: Vec<_> = names.collect();
        let counts = names.iter().zip(&found.zones);
        let counts = counts.map(|(name, zone)| (&**name, zone.objects));
        self.zones.frame(time, counts);
        for (name, zone) in names.iter().zip(&found.zones) {
            if let Some(totals) = entry(&mut self.by_zone, name, || ZoneTotals {
                last: zone.clone(),
                stays: Vec::new(),
            }) {
                totals.last.clone_from(zone);
            }
        }
        let mut crossed = Vec::new();
        for line in &found.lines {
            let name = shown(&line.name, &line.element);
            let Some(totals) = entry(&mut self.by_line, &name, || (0, 0)) else {
                continue;
            };
            // An rsanalytics that was started anew counts from 0.
            let new = |now: u64, before: u64| if now < before { now } else { now - before };
            crossed.push((format!("{name} in"), new(line.r#in, totals.0)));
            crossed.push((format!("{name} out"), new(line.out, totals.1)));
            *totals = (line.r#in, line.out);
        }
        let crossed = crossed.iter().map(|(name, count)| (name.as_str(), *count));
        self.crossings.frame(time, crossed);
        for event in &found.events {
            if let Some(count) = entry(&mut self.kinds, &event.event, || 0) {
                *count += 1;
            }
            let zone = event.zone.as_ref().filter(|_| event.event == "left");
            let zone = zone.map(|zone| shown(zone, &event.element));
            if let Some(totals) = zone.and_then(|zone| self.by_zone.get_mut(&*zone))
                && let Some(dwell) = event.dwell
                && totals.stays.len() < MOST_STAYS
            {
                totals.stays.push(dwell as f64 / 1e9);
            }
        }
    }
}

/// A name as the page has it: with that of its rsanalytics, where there are several.
fn shown<'a>(name: &'a str, element: &Option<String>) -> Cow<'a, str> {
    match element {
        Some(element) => format!("{name} ({element})").into(),
        None => name.into(),
    }
}

/// What is kept of a name, as long as there is room for names.
fn entry<'a, T>(
    map: &'a mut BTreeMap<String, T>,
    name: &str,
    new: impl FnOnce() -> T,
) -> Option<&'a mut T> {
    if !map.contains_key(name) {
        if map.len() >= MOST_NAMES {
            return None;
        }
        map.insert(name.to_owned(), new());
    }
    map.get_mut(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Analytics {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn crossings_are_what_the_counts_grew_by() {
        let mut events = Events::new(1.0);
        for (time, into, out) in [(0.0, 1, 0), (1.0, 3, 0), (2.0, 3, 2), (3.0, 1, 0)] {
            let text = format!(r#"{{"lines":[{{"name":"door","in":{into},"out":{out}}}]}}"#);
            events.add(time, &found(&text));
        }
        let last = |name| events.crossings.running(name).last().map(|last| last.1);
        assert_eq!((last("door in"), last("door out")), (Some(4.0), Some(2.0)));
        assert_eq!(events.by_line["door"], (1, 0));
    }

    #[test]
    fn two_rsanalytics_are_told_apart() {
        let mut events = Events::new(1.0);
        events.add(0.0, &found(r#"{"zones":[{"name":"door","element":"a","objects":2,"entered":3,"left":1,"dwell_mean":5,
            "dwell_max":9},{"name":"door","element":"b","objects":1,"entered":7,"left":0,"dwell_mean":0,"dwell_max":0}],
            "lines":[{"name":"gate","element":"b","in":1,"out":2}],
            "events":[{"event":"left","zone":"door","element":"a","dwell":1500000000}]}"#));
        let entered: Vec<_> = (events.by_zone.iter())
            .map(|(name, zone)| (name.as_str(), zone.last.entered, zone.stays.len()))
            .collect();
        assert_eq!(entered, [("door (a)", 3, 1), ("door (b)", 7, 0)]);
        assert_eq!(events.by_line["gate (b)"], (1, 2));
    }

    #[test]
    fn stays_are_those_that_ended() {
        let mut events = Events::new(1.0);
        events.add(0.0, &found(r#"{"zones":[{"name":"lawn","objects":2,"tracks":2,"entered":3,"left":1,"dwell_mean":5,
            "dwell_max":9}],"events":[{"event":"left","zone":"lawn","dwell":1500000000,"vanished":true},
            {"event":"dwell-exceeded","zone":"lawn","dwell":10000000000},{"event":"left","zone":"other","dwell":1}]}"#));
        let lawn = &events.by_zone["lawn"];
        assert_eq!(
            (lawn.last.entered, lawn.stays.as_slice()),
            (3, [1.5].as_slice())
        );
        assert_eq!(events.kinds["left"], 2);
        assert_eq!(events.zones.means("lawn"), [(0.5, 2.0)]);
    }
}
