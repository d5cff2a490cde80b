//! What a tracked object does.

use super::counts::Source;
use super::places::Places;
use super::state::{State, Visit};
use super::{Engine, Found, Here, Mark, Object, Spot};
use crate::event::{Event, What};
use crate::geometry::{Crossing, Point};
use crate::rules::Rules;

/// A track is taken to be slow enough again below this part of a limit.
const SLOWER: f32 = 0.9;

/// One object of a frame, and all that is to be done with it.
struct Step<'e> {
    rules: &'e Rules,
    here: &'e Here,
    places: &'e Places,
    source: &'e mut Source,
    state: &'e mut State,
    events: &'e mut Vec<Event>,
    found: &'e mut Found,
    object: &'e Object<'e>,
    spot: &'e Spot,
    frame: i32,
    time: u64,
    is_new: bool,
}

impl Engine {
    pub(super) fn tracked(&mut self, index: usize, id: u64, object: &Object<'_>, spot: &Spot) {
        // One whose place the new track takes.
        self.close_forgotten();
        if self.states.len() <= index {
            self.states.resize_with(index + 1, State::default);
        }
        let Some(source) = self.sources.get_mut(self.current) else {
            return;
        };
        let state = &mut self.states[index];
        let is_new = !state.live;
        if is_new {
            source.tracks += 1;
            state.start(source.id, id, &self.sizes);
        }
        let time = source.time;
        state.kind = object.kind;
        state.seen = time;
        state.at = spot.foot;
        let mut step = Step {
            rules: &self.rules,
            here: &self.here,
            places: &self.places,
            source,
            state,
            events: &mut self.events,
            found: &mut self.found,
            object,
            spot,
            frame: self.frame.number,
            time,
            is_new,
        };
        step.zones();
        step.lines();
        if self.rules.measures() {
            step.movement();
        }
        step.stays();
    }
}

/// Whether a rule holds for the object's kind.
fn fits(list: &[bool], rule: usize) -> bool {
    list.get(rule).copied().unwrap_or(false)
}

impl Step<'_> {
    fn event(&mut self, what: What, rule: usize, at: Point) {
        self.events.push(Event {
            what,
            rule,
            source: self.source.id,
            frame: self.frame,
            pts: self.time,
            track: Some(self.state.id),
            kind: self.object.kind,
            at,
        });
    }

    fn zones(&mut self) {
        let here = self.here;
        for &i in &here.zones {
            let at = self.spot.within(self.places.areas[i].anchor);
            let fits = fits(&self.object.fits.zones, i);
            let is_in = fits && self.places.in_zone(i, at);
            self.source.fresh[i] += u32::from(is_in);
            let was_in = self.state.zones[i].inside;
            if is_in != was_in && (self.is_new || !fits || self.places.is_clear(i, at)) {
                self.change_zone(i, is_in, at);
            }
            if self.state.zones[i].inside {
                self.stay_in(i, self.rules.zones[i].dwell, at);
            }
        }
    }

    fn change_zone(&mut self, i: usize, is_in: bool, at: Point) {
        let visit = &mut self.state.zones[i];
        let count = &mut self.source.zones[i];
        if is_in {
            *visit = Visit {
                inside: true,
                told: false,
                since: self.time,
            };
            count.entered += 1;
            count.tracks += 1;
            let appeared = self.is_new;
            self.event(What::Entered { appeared }, i, at);
        } else {
            visit.inside = false;
            let dwell = self.time.saturating_sub(visit.since);
            count.leave(dwell);
            let vanished = false;
            self.event(What::Left { dwell, vanished }, i, at);
        }
    }

    fn stay_in(&mut self, i: usize, limit: Option<u64>, at: Point) {
        let visit = &mut self.state.zones[i];
        let dwell = self.time.saturating_sub(visit.since);
        let too_long = limit.is_some_and(|limit| dwell >= limit) && !visit.told;
        visit.told |= too_long;
        let now = &mut self.source.fresh_dwell[i];
        *now = dwell.max(*now);
        let count = &mut self.source.zones[i];
        count.dwell_max = count.dwell_max.max(dwell);
        self.found.marks.push(Mark::Zone(i, dwell));
        if too_long {
            self.event(What::DwellExceeded { dwell }, i, at);
        }
    }

    fn lines(&mut self) {
        let here = self.here;
        for &i in &here.lines {
            if !fits(&self.object.fits.lines, i) {
                continue;
            }
            let gate = &self.places.gates[i];
            let at = self.spot.at(gate.anchor);
            let side = &mut self.state.sides[i];
            let clear = gate.side(at);
            if clear != 0 && clear == side.side {
                side.at = at; // most are
                continue;
            }
            let Some(crossing) = gate.segment.pass(side, at, self.places.band) else {
                continue;
            };
            self.source.lines[i].add(crossing, self.object.kind);
            self.found.marks.push(match crossing {
                Crossing::In => Mark::In(i),
                Crossing::Out => Mark::Out(i),
            });
            self.event(What::Crossed(crossing), i, at);
        }
    }

    /// Where it goes, and how fast.
    fn movement(&mut self) {
        let (now, window) = (self.spot.foot, self.rules.window);
        let Some((before, from)) = self.state.path.go(self.time, now, window) else {
            return;
        };
        let seconds = (self.time - before) as f64 / 1e9;
        let by = Point::new(now.x - from.x, now.y - from.y);
        let per_second = |by: f32| (f64::from(by) / seconds) as f32;
        self.found.velocity = Some(Point::new(per_second(by.x), per_second(by.y)));
        self.directions(by, now);
        self.speed(from, now, seconds);
    }

    fn directions(&mut self, by: Point, at: Point) {
        let here = self.here;
        let length = by.length();
        for &i in &here.directions {
            if !fits(&self.object.fits.directions, i) {
                continue;
            }
            let way = self.places.ways[i];
            // Whether a length of nothing is enough or what is no number.
            if length.is_nan() || length < way.least || length <= 0.0 {
                continue;
            }
            let cos = (by.x * way.x + by.y * way.y) / length;
            let goes = &mut self.state.ways[i];
            let starts = cos >= way.near && !*goes;
            *goes = cos >= way.near || *goes && cos >= way.far;
            if *goes {
                self.source.directions[i] += 1;
                self.found.marks.push(Mark::Direction(i));
            }
            if starts {
                self.event(What::Direction, i, at);
            }
        }
    }

    fn speed(&mut self, from: Point, now: Point, seconds: f64) {
        let here = self.here;
        let mut rules = here.speeds.iter();
        let Some(&i) = rules.find(|i| fits(&self.object.fits.speeds, **i)) else {
            return;
        };
        let map = &self.places.maps[i];
        let (Some(a), Some(b)) = (map.metres(from), map.metres(now)) else {
            return;
        };
        let speed = ((b[0] - a[0]).hypot(b[1] - a[1]) / seconds) as f32;
        if !speed.is_finite() {
            return;
        }
        self.found.speed = Some(speed);
        let Some(limit) = self.rules.speeds[i].limit else {
            return;
        };
        let fast = &mut self.state.fast[i];
        let starts = speed > limit && !*fast;
        *fast = speed > limit || *fast && speed > SLOWER * limit;
        if starts {
            self.event(What::SpeedExceeded { speed }, i, now);
        }
    }

    fn stays(&mut self) {
        let here = self.here;
        for &i in &here.stationary {
            if !fits(&self.object.fits.stationary, i) {
                continue;
            }
            let rule = &self.rules.stationary[i];
            let at = self.spot.at(rule.scope.anchor);
            let stay = &mut self.state.stays[i];
            let lasted = self.time.saturating_sub(stay.since);
            let here = |place: Point| place.distance(at) <= self.places.radii[i];
            if !stay.at.is_some_and(here) {
                let moved = stay.told;
                stay.at = Some(at);
                stay.since = self.time;
                stay.told = false;
                if moved {
                    self.event(What::Moved { lasted }, i, at);
                }
            } else if lasted >= rule.time {
                let starts = !std::mem::replace(&mut stay.told, true);
                self.source.stationary[i] += 1;
                self.found.marks.push(Mark::Stationary(i, lasted));
                if starts {
                    self.event(What::Stationary { lasted }, i, at);
                }
            }
        }
    }
}
