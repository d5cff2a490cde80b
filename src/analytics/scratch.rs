//! Builds the metas of frames and objects in memory that is reused from frame to frame.

use std::sync::atomic::{AtomicU32, Ordering};

use nvds::{
    AnalyticsClass, AnalyticsEvent, AnalyticsFrame, AnalyticsLine, AnalyticsMark, AnalyticsRule,
    AnalyticsZone, FixedText,
};
use nvds_analytics::engine::{Source, ZoneCount};
use nvds_analytics::rules::Scope;
use nvds_analytics::{Crossing, Engine, Event, Mark, Rules, Set, What};

use super::kinds::Kinds;

/// Whose results they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Who {
    /// The element's name.
    pub name: Name,
    /// Tells it apart from all others of the process, 0 for none.
    pub run: u32,
}

impl Who {
    /// An element that starts.
    pub fn new(name: &str) -> Self {
        static RUNS: AtomicU32 = AtomicU32::new(1);
        Self {
            name: FixedText::new(name),
            run: RUNS.fetch_add(1, Ordering::Relaxed),
        }
    }
}

type Name = FixedText<{ nvds::ANALYTICS_NAME }>;

/// Names of rules, as metas have them.
#[derive(Debug, Default)]
struct Names {
    zones: Vec<Name>,
    lines: Vec<Name>,
    directions: Vec<Name>,
    stationary: Vec<Name>,
}

/// The lists of a frame's meta and of an object's.
#[derive(Debug, Default)]
pub struct Scratch {
    names: Names,
    zones: Vec<AnalyticsZone>,
    lines: Vec<AnalyticsLine>,
    classes: Vec<AnalyticsClass>,
    rules: Vec<AnalyticsRule>,
    events: Vec<AnalyticsEvent>,
    marks: Vec<AnalyticsMark>,
    /// Of each rule, its index in the frame's lists; ways before standstills.
    zone_at: Vec<u32>,
    line_at: Vec<u32>,
    way_at: Vec<u32>,
    stay_at: Vec<u32>,
}

/// Assigns each rule its index in the frame's lists, from `first` on. Returns the next one.
fn number(to: &mut Vec<u32>, here: &Set, all: usize, first: u32) -> u32 {
    to.clear();
    to.resize(all, u32::MAX);
    let mut next = first;
    for rule in here.iter() {
        to[rule] = next;
        next += 1;
    }
    next
}

impl Scratch {
    /// Other rules hold.
    pub fn set_rules(&mut self, rules: &Rules) {
        let name = |scope: &Scope| FixedText::new(&scope.name);
        self.names = Names {
            zones: rules.zones.iter().map(|rule| name(&rule.scope)).collect(),
            lines: rules.lines.iter().map(|rule| name(&rule.scope)).collect(),
            directions: rules
                .directions
                .iter()
                .map(|rule| name(&rule.scope))
                .collect(),
            stationary: rules
                .stationary
                .iter()
                .map(|rule| name(&rule.scope))
                .collect(),
        };
    }

    /// A frame starts.
    pub fn begin(&mut self, engine: &Engine) {
        let (here, rules) = (engine.here(), engine.rules());
        // Room for a busy frame: no later one is to wait for memory.
        self.events.clear();
        self.events.reserve(256);
        number(&mut self.zone_at, &here.zones, rules.zones.len(), 0);
        number(&mut self.line_at, &here.lines, rules.lines.len(), 0);
        let (ways, stays) = (rules.directions.len(), rules.stationary.len());
        let first = number(&mut self.way_at, &here.directions, ways, 0);
        number(&mut self.stay_at, &here.stationary, stays, first);
    }

    /// An object's marks, as its meta has them.
    pub fn marks(&mut self, marks: &[Mark]) -> &[AnalyticsMark] {
        self.marks.clear();
        self.marks.extend(marks.iter().map(|mark| {
            let (kind, list, rule, lasted) = match *mark {
                Mark::Zone(i, lasted) => (AnalyticsMark::ZONE, &self.zone_at, i, lasted),
                Mark::In(i) => (AnalyticsMark::LINE_IN, &self.line_at, i, 0),
                Mark::Out(i) => (AnalyticsMark::LINE_OUT, &self.line_at, i, 0),
                Mark::Direction(i) => (AnalyticsMark::DIRECTION, &self.way_at, i, 0),
                Mark::Stationary(i, lasted) => {
                    (AnalyticsMark::STATIONARY, &self.stay_at, i, lasted)
                }
            };
            AnalyticsMark {
                lasted,
                kind,
                rule: list.get(rule).copied().unwrap_or(u32::MAX),
            }
        }));
        &self.marks
    }

    /// What is known of the frame once all its objects were told.
    pub fn frame(&mut self, engine: &Engine, kinds: &Kinds, who: &Who) -> AnalyticsFrame<'_> {
        self.zones.clear();
        self.lines.clear();
        self.classes.clear();
        self.rules.clear();
        self.events.clear();
        if let Some(source) = engine.counts() {
            self.counts(engine, kinds, source);
        }
        let events = engine
            .events()
            .iter()
            .map(|event| told(engine, kinds, event));
        self.events.extend(events);
        AnalyticsFrame {
            element: who.name,
            run: who.run,
            zones: &self.zones,
            lines: &self.lines,
            classes: &self.classes,
            rules: &self.rules,
            events: &self.events,
        }
    }

    fn counts(&mut self, engine: &Engine, kinds: &Kinds, source: &Source) {
        let (here, names) = (engine.here(), &self.names);
        let zones = here.zones.iter();
        let zones = zones.map(|i| zone(names.zones[i], &source.zones[i]));
        self.zones.extend(zones);
        for (at, i) in (0..).zip(here.lines.iter()) {
            let count = &source.lines[i];
            self.lines.push(AnalyticsLine {
                name: names.lines[i],
                into: count.into,
                out: count.out,
                into_now: count.now.0,
                out_now: count.now.1,
            });
            self.classes.extend(count.kinds.iter().map(|count| {
                let (class_id, label) = kinds.name(count.kind);
                AnalyticsClass {
                    label: FixedText::new(label),
                    into: count.into,
                    out: count.out,
                    line: at,
                    class_id,
                }
            }));
        }
        self.rules
            .extend(here.directions.iter().map(|i| AnalyticsRule {
                name: names.directions[i],
                kind: AnalyticsRule::DIRECTION,
                objects: source.directions[i],
            }));
        self.rules
            .extend(here.stationary.iter().map(|i| AnalyticsRule {
                name: names.stationary[i],
                kind: AnalyticsRule::STATIONARY,
                objects: source.stationary[i],
            }));
    }
}

fn zone(name: Name, count: &ZoneCount) -> AnalyticsZone {
    AnalyticsZone {
        name,
        entered: count.entered,
        left: count.left,
        dwell_now: count.dwell_now,
        dwell_mean: count.dwell_mean(),
        dwell_max: count.dwell_max,
        objects: count.objects,
        tracks: count.tracks,
        crowded: count.crowded.into(),
        reserved: 0,
    }
}

/// Name of the rule that an event is of.
pub fn rule_name<'e>(engine: &'e Engine, event: &Event) -> &'e str {
    let (rules, i) = (engine.rules(), event.rule);
    let scope = match event.what {
        What::Crossed(_) => rules.lines.get(i).map(|rule| &rule.scope),
        What::Stationary { .. } | What::Moved { .. } => {
            rules.stationary.get(i).map(|rule| &rule.scope)
        }
        What::Direction => rules.directions.get(i).map(|rule| &rule.scope),
        What::SpeedExceeded { .. } => rules.speeds.get(i).map(|rule| &rule.scope),
        _ => rules.zones.get(i).map(|rule| &rule.scope),
    };
    scope.map_or("", |scope| &scope.name)
}

/// Class and label of whom an event is of; -1 and nothing without an object.
pub fn class_of<'k>(kinds: &'k Kinds, event: &Event) -> (i32, &'k str) {
    match event.track {
        Some(_) => kinds.name(event.kind),
        None => (-1, ""),
    }
}

/// An event, as a frame's meta has it.
fn told(engine: &Engine, kinds: &Kinds, event: &Event) -> AnalyticsEvent {
    let (class_id, label) = class_of(kinds, event);
    let mut told = AnalyticsEvent {
        name: FixedText::new(rule_name(engine, event)),
        label: FixedText::new(label),
        object_id: event.track.unwrap_or(u64::MAX),
        class_id,
        x: event.at.x,
        y: event.at.y,
        ..AnalyticsEvent::default()
    };
    told.kind = match event.what {
        What::Entered { appeared } => {
            told.flags = appeared.into();
            AnalyticsEvent::ENTERED
        }
        What::Left { dwell, vanished } => {
            told.lasted = dwell;
            told.flags = vanished.into();
            AnalyticsEvent::LEFT
        }
        What::Crossed(Crossing::In) => AnalyticsEvent::CROSSED_IN,
        What::Crossed(Crossing::Out) => AnalyticsEvent::CROSSED_OUT,
        What::DwellExceeded { dwell } => {
            told.lasted = dwell;
            AnalyticsEvent::DWELL_EXCEEDED
        }
        What::Crowded { objects } => {
            told.objects = objects;
            AnalyticsEvent::CROWDED
        }
        What::CrowdEnded { objects, lasted } => {
            (told.objects, told.lasted) = (objects, lasted);
            AnalyticsEvent::CROWD_ENDED
        }
        What::Stationary { lasted } => {
            told.lasted = lasted;
            AnalyticsEvent::STATIONARY
        }
        What::Moved { lasted } => {
            told.lasted = lasted;
            AnalyticsEvent::MOVED
        }
        What::Direction => AnalyticsEvent::DIRECTION,
        What::SpeedExceeded { speed } => {
            told.speed = speed;
            AnalyticsEvent::SPEED_EXCEEDED
        }
    };
    told
}
