//! One source: what is seen on its frames, and what the rules say of it.
//!
//! Follows the public source of DeepStream 9.1 (gst-nvdsanalytics, nvds_analytics) to the rounding, for the same counts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::counts::Counts;
use super::geometry::{Direction, contains, float, meets_between};
use super::rules::{Crossing, From, Gate, Heading, Mode, Rules};
use super::track::{Movement, Pixels, Track};
use super::unordered::Unordered;

/// Square of the distance in pixels that an object must have moved to have a direction, its least frames, and the least
/// cosine of the angle.
const HEADING_MOVED: i32 = 3000;
const HEADING_FRAMES: u64 = 10;
const HEADING_STRAIGHT: f32 = 0.5;
/// Frames and milliseconds that are remembered where the configuration does not say.
const WINDOW: u32 = 50;

/// An object of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) pixels: Pixels,
    pub(super) class: i32,
    /// [`nvds::UNTRACKED_OBJECT_ID`] for none: all such objects are one to the rules.
    pub(super) id: u64,
}

/// What the rules say of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Verdict {
    /// For the text, with a blank before each part.
    pub(super) status: String,
    pub(super) direction: String,
    /// Labels.
    pub(super) rois: Vec<Arc<str>>,
    pub(super) crowds: Vec<Arc<str>>,
    pub(super) crossings: Vec<Arc<str>>,
}

impl Verdict {
    /// Whether there is nothing to be told.
    pub(super) fn is_empty(&self) -> bool {
        self.status.is_empty() && self.crowds.is_empty()
    }
}

/// What the rules say of a frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) in_roi: HashMap<Arc<str>, u32>,
    /// Objects there, and whether they are a crowd.
    pub(super) crowds: HashMap<Arc<str>, (u32, bool)>,
    /// Crossings on this frame.
    pub(super) crossings: HashMap<Arc<str>, u64>,
    /// Objects of each class, smoothed.
    pub(super) classes: Unordered<i32, u32>,
}

/// Rules that need ids and met an object without one: they end with it.
#[derive(Debug, Default)]
struct Off {
    headings: HashSet<usize>,
    crossings: HashSet<usize>,
}

impl Off {
    fn count(&self) -> usize {
        self.headings.len() + self.crossings.len()
    }
}

/// A source.
#[derive(Debug)]
pub(super) struct Source {
    /// As configured, and in pixels of the frames.
    configured: Arc<Rules>,
    pub(super) rules: Rules,
    gates: Vec<Gate>,
    arrows: Vec<Direction>,
    /// Of the frames.
    size: (u32, u32),
    /// Size of the frames that the configuration is for.
    configured_size: (u32, u32),
    window: u32,
    tracks: HashMap<u64, Track>,
    /// Of each class that was there.
    counts: Unordered<u32, Counts>,
    /// Crossings since the beginning.
    pub(super) crossings: HashMap<Arc<str>, u64>,
    /// Directions and lines that are off since an object without an id came, by their numbers.
    off: Off,
}

impl Source {
    /// `window`: of `obj-cnt-win-in-ms`, 0 for none.
    pub(super) fn new(configured: Arc<Rules>, configured_size: (u32, u32), window: u32) -> Self {
        let mut this = Self {
            rules: Rules::default(),
            gates: Vec::new(),
            arrows: Vec::new(),
            size: (0, 0),
            configured,
            configured_size,
            window: if window == 0 { WINDOW } else { window },
            tracks: HashMap::new(),
            counts: Unordered::default(),
            crossings: HashMap::new(),
            off: Off::default(),
        };
        this.resize(configured_size);
        this
    }

    /// Scales the rules to frames of another size.
    pub(super) fn resize(&mut self, size: (u32, u32)) {
        if self.size == size {
            return;
        }
        self.size = size;
        let (width, height) = self.configured_size;
        let by = (size.0 as f32 / width as f32, size.1 as f32 / height as f32);
        self.rules = self.configured.scaled(by);
        let crossings = self.rules.crossings.iter();
        self.gates = crossings.map(|line| Gate::of(&line.points)).collect();
        let headings = self.rules.headings.iter();
        let arrow = |heading: &Heading| Direction::between(float(heading.from), float(heading.to));
        self.arrows = headings.map(arrow).collect();
    }

    /// Forgets the objects; what was counted stays.
    pub(super) fn forget(&mut self) {
        self.tracks.clear();
        self.counts = Unordered::default();
        self.off = Off::default();
    }

    /// Looks at the objects of the source's next frame, `time` in nanoseconds. The second is true once: when rules are
    /// switched off, as an object without an id came.
    pub(super) fn look(&mut self, seen: &[Seen], time: u64) -> (Vec<Verdict>, Totals, bool) {
        self.tracks.retain(|_, track| !track.is_over(time));
        let before = self.off.count();
        let mut totals = Totals::default();
        let verdicts = seen
            .iter()
            .map(|object| self.judge(object, time, &mut totals))
            .collect();
        self.smooth(&mut totals.classes, time);
        (verdicts, totals, self.off.count() > before)
    }

    fn judge(&mut self, seen: &Seen, time: u64, totals: &mut Totals) -> Verdict {
        *totals.classes.of(seen.class) += 1;
        let track = self.tracks.entry(seen.id).or_default();
        let movement = track.go_on(seen.pixels, time, self.window as usize);
        let mut verdict = Verdict::default();
        self.areas(seen, &movement, &mut verdict, totals);
        self.headings(seen, &movement, &mut verdict);
        self.cross(seen, &movement, &mut verdict, totals);
        verdict
    }

    fn areas(&self, seen: &Seen, movement: &Movement, verdict: &mut Verdict, totals: &mut Totals) {
        let foot = movement.foot();
        for roi in &self.rules.rois {
            if roi.enable
                && roi.classes.have(seen.class)
                && contains(&roi.corners, foot) != roi.inverse
            {
                verdict.status += &format!(" ROI:{}", roi.label);
                verdict.rois.push(roi.label.clone());
                *totals.in_roi.entry(roi.label.clone()).or_default() += 1;
            }
        }
        for crowd in &self.rules.crowds {
            if crowd.enable && crowd.classes.have(seen.class) && contains(&crowd.corners, foot) {
                let (count, is_crowd) = totals.crowds.entry(crowd.label.clone()).or_default();
                *count += 1;
                *is_crowd |= *count >= crowd.threshold;
                verdict.crowds.push(crowd.label.clone());
            }
        }
    }

    fn headings(&mut self, seen: &Seen, movement: &Movement, verdict: &mut Verdict) {
        let headings = self.rules.headings.iter().zip(&self.arrows);
        for (number, (heading, arrow)) in headings.enumerate() {
            let off = self.off.headings.contains(&number);
            if off || !heading.enable || !heading.classes.have(seen.class) {
                continue;
            }
            if seen.id == nvds::UNTRACKED_OBJECT_ID {
                self.off.headings.insert(number);
            }
            if movement.stopped {
                verdict.status += " STOPPED ";
                break;
            }
            if movement.moved() > HEADING_MOVED
                && self.tracks[&seen.id].frames > HEADING_FRAMES
                && arrow.is_way(movement.foot_before(), movement.foot(), HEADING_STRAIGHT)
            {
                let part = format!(" DIR:{} ", heading.label);
                verdict.status += &part;
                verdict.direction += &part;
            }
        }
    }

    fn cross(
        &mut self,
        seen: &Seen,
        movement: &Movement,
        verdict: &mut Verdict,
        totals: &mut Totals,
    ) {
        let Some(track) = self.tracks.get_mut(&seen.id) else {
            return;
        };
        let lines = self.rules.crossings.iter().zip(&self.gates);
        for (number, (line, gate)) in lines.enumerate() {
            if self.off.crossings.contains(&number)
                || !line.enable
                || track.crossed.contains(&line.label)
                || !line.classes.have(seen.class)
            {
                continue;
            }
            if seen.id == nvds::UNTRACKED_OBJECT_ID {
                self.off.crossings.insert(number);
            }
            if is_crossed(line, gate, movement, track.frames) {
                verdict.status += &format!(" LC:{} ", line.label);
                verdict.crossings.push(line.label.clone());
                track.crossed.insert(line.label.clone());
                *totals.crossings.entry(line.label.clone()).or_default() += 1;
                *self.crossings.entry(line.label.clone()).or_default() += 1;
            }
        }
    }

    /// Counts of classes by majority, those that are gone included.
    fn smooth(&mut self, classes: &mut Unordered<i32, u32>, time: u64) {
        for (class, count) in classes.iter_mut() {
            let counts = self.counts.of(class.cast_unsigned());
            *count = counts.smooth(*count, time, self.window);
        }
        for (class, counts) in self.counts.iter_mut() {
            if !counts.is_counted(time) {
                *classes.of(class.cast_signed()) = counts.smooth(0, time, self.window);
            }
        }
    }
}

/// Whether an object crosses a line on this frame.
fn is_crossed(line: &Crossing, gate: &Gate, movement: &Movement, frames: u64) -> bool {
    let demand = line.mode.demand();
    if movement.moved() <= demand.moved || frames <= demand.frames {
        return false;
    }
    let crossed = match gate.from {
        Some(from) if line.mode == Mode::Loose => comes_through(gate, from, movement),
        _ => goes_along(gate, movement, demand.straight),
    };
    crossed && (line.extended || is_between(line, gate, movement))
}

/// Whether it was on the side that the arrow comes from and is there no more.
fn comes_through(gate: &Gate, from: From, movement: &Movement) -> bool {
    let before = movement.before.y as f32 + movement.height / 2.0;
    let before = (f64::from(movement.before.x), f64::from(before));
    let (before, now) = (
        gate.line.distance(before),
        gate.line.distance(float(movement.own_foot())),
    );
    match from {
        From::Above => before > 0.0 && now <= 0.0,
        From::Below => before < 0.0 && now >= 0.0,
    }
}

/// Whether it goes as the arrow does, and from one side to the other, each at least a pixel away.
fn goes_along(gate: &Gate, movement: &Movement, straight: f32) -> bool {
    let (before, now) = (movement.foot_before(), movement.own_foot());
    let side = |point| (gate.line.distance(float(point)) as i32).signum();
    gate.arrow.is_way(before, now, straight) && side(before) * side(now) < 0
}

/// Whether the way of its foot, or of one of the lower corners, meets the line between its ends.
fn is_between(line: &Crossing, gate: &Gate, movement: &Movement) -> bool {
    let (before, now) = (movement.before, movement.now);
    let from_y = f64::from(before.y) + f64::from(movement.height) / 2.0;
    let to_y = f64::from(now.y) + f64::from(now.height) / 2.0;
    [0, 1, -1].into_iter().any(|side: i32| {
        let from = f64::from(before.x) + f64::from(side * (before.width / 2));
        let to = f64::from(now.x) + f64::from(side * (now.width / 2));
        let ends = [line.points[2], line.points[3]];
        meets_between((from, from_y), (to, to_y), &gate.line, ends)
    })
}

#[cfg(test)]
mod tests;
