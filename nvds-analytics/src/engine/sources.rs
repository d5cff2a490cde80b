//! Sources that come and go, and rules that change.

use std::collections::HashMap;

use super::counts::{Fresh, Source, ZoneCount};
use super::{Engine, MAX_SOURCES, MAX_STEP, Sizes};
use crate::event::{Event, What};
use crate::rules::{Crowd, Rules, Scope};
use crate::set::Set;

/// A source of which a frame came within so many frames of all sources still goes on.
const LATELY: u64 = 4 * MAX_SOURCES as u64;

/// Of each new rule, the number of the old one of that name.
type Moves = Vec<Option<usize>>;

fn moves<'s>(
    old: impl DoubleEndedIterator<Item = &'s Scope> + ExactSizeIterator,
    new: impl Iterator<Item = &'s Scope>,
) -> Moves {
    // Of several with one name, the first.
    let old = old.enumerate().rev();
    let old: HashMap<&str, usize> = old.map(|(at, known)| (&*known.name, at)).collect();
    new.map(|scope| old.get(&*scope.name).copied()).collect()
}

/// What is counted by rule, in the new order.
fn moved<T: Default + Clone>(values: &mut Vec<T>, moves: &Moves) {
    let old = std::mem::take(values);
    let of = |at: &Option<usize>| at.and_then(|at| old.get(at).cloned()).unwrap_or_default();
    values.extend(moves.iter().map(of));
}

/// The same of a set.
fn moved_set(set: &mut Set, moves: &Moves) {
    let is_in = |at: &Option<usize>| at.is_some_and(|at| set.has(at));
    *set = moves.iter().map(is_in).collect();
}

impl Engine {
    /// Other rules hold from the next frame on. What was counted and is remembered stays where a rule has its old name.
    pub fn set_rules(&mut self, rules: Rules) {
        macro_rules! moves {
            ($sort:ident) => {
                moves(
                    self.rules.$sort.iter().map(|rule| &rule.scope),
                    rules.$sort.iter().map(|rule| &rule.scope),
                )
            };
        }
        let (zones, lines) = (moves!(zones), moves!(lines));
        let (ways, stays, fast) = (moves!(directions), moves!(stationary), moves!(speeds));
        // Who is in a zone that is no more is in no zone, and counts nowhere.
        for source in &mut self.sources {
            moved(&mut source.zones, &zones);
            moved(&mut source.lines, &lines);
            moved(&mut source.directions, &ways);
            moved(&mut source.stationary, &stays);
            moved(&mut source.fresh, &zones);
            if rules.heat_map != self.rules.heat_map {
                source.heat.clear();
                source.heat.resize(cells(&rules), 0);
            }
        }
        let same_window = rules.window == self.rules.window;
        for state in self.states.iter_mut().filter(|state| state.live) {
            moved_set(&mut state.inside, &zones);
            moved(&mut state.zones, &zones);
            let anchor = |i: usize| self.rules.lines[i].scope.anchor;
            state.move_lines(anchor, |sides| moved(sides, &lines));
            moved(&mut state.ways, &ways);
            moved(&mut state.stays, &stays);
            moved(&mut state.fast, &fast);
            if !same_window {
                state.path.clear();
            }
        }
        self.sizes = Sizes {
            needs_tracks: rules.needs_tracks(),
            zones: rules.zones.len(),
            lines: rules.lines.len(),
            directions: rules.directions.len(),
            stationary: rules.stationary.len(),
            speeds: rules.speeds.len(),
        };
        self.places.forget();
        self.rules = rules;
        // Nothing is the present frame's until the next one starts.
        self.current = usize::MAX;
    }

    /// Index of a source, which is added if need be.
    pub(super) fn source(&mut self, id: u32) -> usize {
        if let Some(at) = self.sources.iter().position(|source| source.id == id) {
            return at;
        }
        if self.sources.len() >= MAX_SOURCES
            && let Some(longest) = self.sources.iter().min_by_key(|source| source.turn)
        {
            let id = longest.id;
            // One that ended without a word is nobody's loss.
            if self.turn - longest.turn < LATELY {
                self.displaced += 1;
            }
            self.forget_source(id);
        }
        self.sources.push(Source {
            id,
            zones: vec![ZoneCount::default(); self.sizes.zones],
            lines: vec![Default::default(); self.sizes.lines],
            directions: vec![0; self.sizes.directions],
            stationary: vec![0; self.sizes.stationary],
            heat: vec![0; cells(&self.rules)],
            fresh: vec![Fresh::default(); self.sizes.zones],
            ..Source::default()
        });
        self.sources.len() - 1
    }

    /// How many sources, and how many tracks, were forgotten as there were more than [`MAX_SOURCES`] or
    /// [`crate::tracks::MAX_TRACKS`] at a time.
    pub fn displaced(&self) -> (u64, u64) {
        (self.displaced, self.tracks.displaced())
    }

    /// Forgets a source that ended. Its tracks leave their zones.
    pub fn forget_source(&mut self, id: u32) {
        self.tracks.forget_source(id);
        self.close_forgotten();
        self.sources.retain(|source| source.id != id);
        self.current = usize::MAX;
    }

    /// A source ends: its tracks leave their zones, and counts stay.
    pub fn finish_source(&mut self, id: u32) {
        self.tracks.forget_source(id);
        self.close_forgotten();
    }

    /// The stream ends: all tracks leave their zones, and counts stay.
    pub fn finish(&mut self) {
        self.tracks.forget_all();
        self.close_forgotten();
    }

    /// Tracks that are forgotten have left their zones.
    pub(super) fn close_forgotten(&mut self) {
        self.tracks.take_forgotten(&mut self.forgotten);
        while let Some(index) = self.forgotten.pop() {
            let Some(state) = self.states.get_mut(index as usize) else {
                continue;
            };
            if !std::mem::take(&mut state.live) {
                continue;
            }
            let source = self.sources.iter_mut().find(|s| s.id == state.source);
            let Some(source) = source else {
                continue;
            };
            for rule in state.inside.iter() {
                let dwell = state.seen.saturating_sub(state.zones[rule].since);
                source.zones[rule].leave(dwell);
                self.events.push(Event {
                    what: What::Left {
                        dwell,
                        vanished: true,
                    },
                    rule,
                    source: source.id,
                    frame: source.frame,
                    pts: source.time,
                    track: Some(state.id),
                    kind: state.kind,
                    at: state.foot,
                });
            }
        }
    }
}

fn cells(rules: &Rules) -> usize {
    rules
        .heat_map
        .map_or(0, |map| (map.columns * map.rows) as usize)
}

impl Source {
    pub(super) fn begin(&mut self, time: u64, turn: u64) {
        self.turn = turn;
        self.frames += 1;
        self.step = match std::mem::replace(&mut self.started, true) {
            true => time.saturating_sub(self.time).min(MAX_STEP),
            false => 0,
        };
        self.time = time;
        self.fresh.fill(Fresh::default());
        self.directions.fill(0);
        self.stationary.fill(0);
        for line in &mut self.lines {
            line.now = (0, 0);
        }
    }
}

impl ZoneCount {
    pub(super) fn leave(&mut self, dwell: u64) {
        self.tracks = self.tracks.saturating_sub(1);
        self.left += 1;
        self.dwell_sum += u128::from(dwell);
        self.dwell_max = self.dwell_max.max(dwell);
    }

    /// Whether the zone has become too full, or has ceased to be: after the same time either way.
    pub(super) fn crowd(&mut self, crowd: &Crowd, time: u64) -> Option<What> {
        // Tracks that are hidden for a while do not thin a crowd.
        let objects = self.objects.max(self.tracks);
        let too_many = objects >= crowd.objects;
        if too_many == self.crowded {
            self.turning = None;
            return None;
        }
        let since = *self.turning.get_or_insert(time);
        if time.saturating_sub(since) < crowd.time {
            return None;
        }
        self.turning = None;
        self.crowded = too_many;
        Some(if too_many {
            self.crowded_since = since;
            What::Crowded { objects }
        } else {
            let lasted = since.saturating_sub(self.crowded_since);
            What::CrowdEnded { objects, lasted }
        })
    }
}
