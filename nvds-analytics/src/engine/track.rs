//! What a tracked object does.

use super::counts::Source;
use super::grid::Cell;
use super::places::Places;
use super::state::{State, Visit};
use super::{Engine, Found, Here, Mark, Object, Spot};
use crate::event::{Event, What};
use crate::geometry::{Crossing, Point};
use crate::rules::Rules;
use crate::set::{self, bit, words};

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
        if self.tracks.has_forgotten() {
            self.close_forgotten();
        }
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
        let mut step = Step {
            rules: &self.rules,
            here: &self.here,
            places: &self.places.current,
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
        step.places();
        if self.rules.measures() {
            step.movement();
        }
        if self.sizes.stationary > 0 {
            step.stays();
        }
        step.state.go(spot.foot, spot.centre);
    }
}

impl Step<'_> {
    #[cold]
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

    /// Zones and lines, by words of sets: cells tell of most that they are as in the frame before.
    fn places(&mut self) {
        let (places, spot) = (self.places, self.spot);
        let first = places.known(spot, 0);
        let known = |word| match word {
            0 => first,
            _ => places.known(spot, word),
        };
        for word in 0..words(places.areas.len()) {
            self.zones(word, &known(word));
        }
        for word in 0..words(places.gates.len()) {
            self.lines(word, &known(word));
        }
    }

    #[inline]
    fn zones(&mut self, word: usize, known: &Cell) {
        let here = self.here.zones.word(word);
        let fits = self.object.fits.zones.word(word) & here;
        let mut is_in = known.inside & fits;
        for i in set::rules(fits & !known.sure, word) {
            if self.places.in_zone(i, self.zone_at(i)) {
                is_in |= bit(i);
            }
        }
        let was_in = self.state.inside.word(word) & here;
        let mut changes = is_in ^ was_in;
        if !self.is_new {
            // Where a zone does not hold any more, the strip along its border is nothing.
            let clear = known.sure | !fits;
            for i in set::rules(changes & !clear, word) {
                if !self.places.is_clear(i, self.zone_at(i)) {
                    changes &= !bit(i);
                }
            }
        }
        for i in set::rules(changes, word) {
            self.change_zone(i, is_in & bit(i) != 0);
        }
        let stays_in = was_in ^ changes;
        for i in set::rules(is_in | stays_in, word) {
            self.source.fresh[i].objects += u32::from(is_in & bit(i) != 0);
            if stays_in & bit(i) != 0 {
                self.stay_in(i);
            }
        }
    }

    /// Where a zone looks.
    fn zone_at(&self, i: usize) -> Point {
        self.spot.within(self.places.areas[i].anchor)
    }

    #[cold]
    fn change_zone(&mut self, i: usize, is_in: bool) {
        let at = self.zone_at(i);
        let visit = &mut self.state.zones[i];
        let count = &mut self.source.zones[i];
        self.state.inside.put(i, is_in);
        if is_in {
            *visit = Visit {
                told: false,
                since: self.time,
            };
            count.entered += 1;
            count.tracks += 1;
            let appeared = self.is_new;
            self.event(What::Entered { appeared }, i, at);
        } else {
            let dwell = self.time.saturating_sub(visit.since);
            count.leave(dwell);
            let vanished = false;
            self.event(What::Left { dwell, vanished }, i, at);
        }
    }

    fn stay_in(&mut self, i: usize) {
        let visit = &mut self.state.zones[i];
        let dwell = self.time.saturating_sub(visit.since);
        let now = &mut self.source.fresh[i].dwell;
        *now = dwell.max(*now);
        self.found.marks.push(Mark::Zone(i, dwell));
        if !visit.told
            && self.rules.zones[i]
                .dwell
                .is_some_and(|limit| dwell >= limit)
        {
            visit.told = true;
            self.event(What::DwellExceeded { dwell }, i, self.zone_at(i));
        }
    }

    #[inline]
    fn lines(&mut self, word: usize, known: &Cell) {
        let places = self.places;
        let fits = self.object.fits.lines.word(word) & self.here.lines.word(word);
        let stays = fits & self.state.stays(word, known.left, known.right);
        self.state
            .unsettle(word, !stays, |i| places.gates[i].anchor);
        for i in set::rules(fits & !stays, word) {
            self.line(i);
        }
    }

    /// A line on whose side it may not be any more.
    fn line(&mut self, i: usize) {
        let gate = &self.places.gates[i];
        let at = self.spot.at(gate.anchor);
        let side = self.state.side(i);
        let clear = gate.side(at);
        let crossing = if clear != 0 && clear == side.side {
            side.at = at; // most are
            None
        } else {
            gate.segment.pass(side, at, self.places.band)
        };
        self.state.settle(i, at);
        let Some(crossing) = crossing else {
            return;
        };
        self.source.lines[i].add(crossing, self.object.kind);
        self.found.marks.push(match crossing {
            Crossing::In => Mark::In(i),
            Crossing::Out => Mark::Out(i),
        });
        self.event(What::Crossed(crossing), i, at);
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
        for i in here.directions.iter() {
            if !self.object.fits.directions.has(i) {
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
        let Some(i) = rules.find(|i| self.object.fits.speeds.has(*i)) else {
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
        for i in here.stationary.iter() {
            if !self.object.fits.stationary.has(i) {
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
