//! The memory of tracks against one that is as plain as can be: whatever comes, both remember the same.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

const TIMEOUT: u64 = 50;

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    /// A frame of a source, so much later or earlier than its last one; `None` without a time.
    Begin(u32, Option<i64>),
    /// Objects with ids from the first on, in steps of some number.
    See {
        first: u64,
        count: u64,
        by: u64,
    },
    /// The ids of the frame before, but that one.
    SeeBut(u64),
    ForgetSource(u32),
    ForgetAll,
}

/// What is known of a track.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    seen: u64,
    /// When it was seen among all that were ever seen.
    turn: u64,
    frame: u64,
    path: Vec<f32>,
}

#[derive(Debug)]
struct Plain {
    id: u32,
    time: u64,
    /// Its last frame.
    frame: u64,
    tracks: HashMap<u64, Known>,
}

/// The plain memory.
#[derive(Debug, Default)]
struct Model {
    sources: Vec<Plain>,
    current: Option<usize>,
    turn: u64,
    displaced: u64,
}

impl Model {
    fn len(&self) -> usize {
        self.sources.iter().map(|source| source.tracks.len()).sum()
    }

    fn begin(&mut self, id: u32, pts: Option<u64>) {
        self.turn += 1;
        let at = self.sources.iter().position(|source| source.id == id);
        let at = at.unwrap_or_else(|| {
            if self.sources.len() == MAX_SOURCES {
                let longest = (0..MAX_SOURCES).min_by_key(|at| self.sources[*at].frame);
                self.sources.swap_remove(longest.unwrap());
            }
            self.sources.push(Plain {
                id,
                time: 0,
                frame: 0,
                tracks: HashMap::new(),
            });
            self.sources.len() - 1
        });
        self.current = Some(at);
        let source = &mut self.sources[at];
        source.frame = self.turn;
        if let Some(pts) = pts {
            if pts.saturating_add(TIMEOUT) < source.time {
                source.tracks.clear();
            }
            source.time = pts;
            // What was seen later than now was seen now.
            for track in source.tracks.values_mut() {
                track.seen = track.seen.min(pts);
            }
        }
        let time = source.time;
        source
            .tracks
            .retain(|_, track| time - track.seen <= TIMEOUT);
    }

    /// Where it was, newest first.
    fn see(&mut self, id: u64, x: f32, keep: usize) -> Option<Vec<f32>> {
        let current = self.current?;
        let source = &self.sources[current];
        let frame = source.frame;
        match source.tracks.get(&id) {
            Some(known) if known.frame == frame => return None,
            None if self.len() == MAX_TRACKS => {
                let most = (0..self.sources.len()).max_by_key(|at| self.sources[*at].tracks.len());
                let tracks = &mut self.sources[most.unwrap()].tracks;
                let oldest = *tracks.iter().min_by_key(|(_, track)| track.turn).unwrap().0;
                tracks.remove(&oldest);
                self.displaced += 1;
            }
            _ => {}
        }
        self.turn += 1;
        let source = &mut self.sources[current];
        let known = source.tracks.entry(id).or_insert(Known {
            seen: 0,
            turn: 0,
            frame: 0,
            path: Vec::new(),
        });
        (known.seen, known.turn, known.frame) = (source.time, self.turn, frame);
        known.path.insert(0, x);
        known.path.truncate(keep);
        Some(known.path.clone())
    }
}

/// Both memories, and what has been seen last.
#[derive(Default)]
struct Both {
    tracks: Tracks,
    model: Model,
    before: Vec<u64>,
    now: Vec<u64>,
    /// Slots of which no track was told to be forgotten.
    live: HashMap<u32, (u32, u64)>,
    x: f32,
}

impl Both {
    fn told(&mut self) {
        let mut forgotten = Vec::new();
        self.tracks.take_forgotten(&mut forgotten);
        for slot in forgotten {
            assert!(self.live.remove(&slot).is_some(), "forgotten twice");
        }
    }

    fn see(&mut self, id: u64) {
        self.x += 1.0;
        let found = self.tracks.see(id, Point::new(self.x, 0.0), 3);
        self.told();
        let path: Option<Vec<f32>> =
            found.map(|track| self.tracks.positions(track).map(|p| p.x).collect());
        assert_eq!(path, self.model.see(id, self.x, 3), "track {id}");
        if let (Some(track), Some(current)) = (found, self.model.current) {
            let whose = (self.model.sources[current].id, id);
            let before = self.live.insert(track.index() as u32, whose);
            assert!(before.is_none_or(|before| before == whose), "a slot of two");
            self.now.push(id);
        }
    }

    fn step(&mut self, step: &Step) {
        self.act(step);
        self.check();
    }

    fn act(&mut self, step: &Step) {
        match *step {
            Step::Begin(id, by) => {
                let last = self.model.sources.iter().find(|source| source.id == id);
                let last = last.map_or(1000, |source| source.time);
                let pts = by.map(|by| last.saturating_add_signed(by));
                self.tracks.begin(id, pts, TIMEOUT);
                self.model.begin(id, pts);
                self.before = std::mem::take(&mut self.now);
            }
            Step::See { first, count, by } => (0..count).for_each(|i| self.see(first + i * by)),
            Step::SeeBut(which) => {
                let before = self.before.clone();
                let others = before.iter().filter(|id| *id % 7 != which);
                others.for_each(|id| self.see(*id));
            }
            Step::ForgetSource(id) => {
                self.tracks.forget_source(id);
                if let Some(at) = self.model.sources.iter().position(|source| source.id == id) {
                    self.model.sources.swap_remove(at);
                    self.model.current = None;
                }
            }
            Step::ForgetAll => {
                self.tracks.forget_all();
                let sources = self.model.sources.iter_mut();
                sources.for_each(|source| source.tracks.clear());
            }
        }
        self.told();
    }

    /// The same tracks, each in one slot and in its place of its source's list.
    fn check(&self) {
        let Self { tracks, model, .. } = self;
        assert_eq!(tracks.len(), model.len());
        assert_eq!(tracks.displaced(), model.displaced);
        assert_eq!(self.live.len(), tracks.len());
        for ((source, id), slot) in &tracks.index {
            assert_eq!(self.live.get(slot), Some(&(*source, *id)));
            let plain = model.sources.iter().find(|plain| plain.id == *source);
            let known = &plain.unwrap().tracks[id];
            assert_eq!(tracks.slots[*slot as usize].seen, known.seen);
        }
        for source in &tracks.sources {
            let (mut at, mut count, mut newer) = (source.newest, 0, NONE);
            while let Some(slot) = tracks.slots.get(at as usize) {
                assert_eq!((slot.newer, slot.source), (newer, source.id));
                (newer, at, count) = (at, slot.older, count + 1);
                assert!(count <= source.tracks, "a ring");
            }
            assert_eq!((source.oldest, source.tracks), (newer, count));
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let source = || prop_oneof![8 => 0..3_u32, 1 => 0..300_u32];
    let by = prop_oneof![
        12 => (0..20_i64).prop_map(Some),
        2 => (-60..120_i64).prop_map(Some),
        1 => Just(None),
        1 => any::<i64>().prop_map(Some),
    ];
    let see = |most: u64, count: u64| {
        (0..most, 0..count, 0..4_u64).prop_map(|(first, count, by)| Step::See { first, count, by })
    };
    prop_oneof![
        10 => (source(), by).prop_map(|(source, by)| Step::Begin(source, by)),
        8 => see(30, 12),
        8 => (0..9_u64).prop_map(Step::SeeBut),
        1 => source().prop_map(Step::ForgetSource),
        1 => Just(Step::ForgetAll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_same_is_remembered_as_by_a_plain_memory(steps in prop::collection::vec(step(), 1..120)) {
        let mut both = Both { tracks: Tracks::watched(), ..Both::default() };
        steps.iter().for_each(|step| both.step(step));
    }
}

/// More tracks than there is room for, of which some go on, come back and come twice while others take their places.
#[test]
fn crowds_are_remembered_as_by_a_plain_memory() {
    let mut both = Both {
        tracks: Tracks::watched(),
        ..Both::default()
    };
    let see = |first, count, by| Step::See { first, count, by };
    for step in [
        Step::Begin(0, Some(0)),
        see(0, 3000, 1),
        Step::Begin(1, Some(0)),
        see(0, 1000, 2),
        Step::Begin(0, Some(1)),
        // Within a run of old ones, new ones that take the places of those that come next.
        see(0, 50, 1),
        see(9000, 200, 1),
        see(40, 400, 1),
        Step::Begin(0, Some(-1)),
        Step::SeeBut(3),
        see(20_000, 1500, 1),
        see(0, 60, 0),
        Step::Begin(2, Some(5)),
        // All of them in one frame, and more.
        see(0, 5000, 1),
        see(10, 30, 1),
        Step::ForgetSource(0),
        Step::Begin(2, Some(3)),
        see(4990, 20, 1),
    ] {
        both.step(&step);
    }
    assert!(both.model.displaced > 500, "{}", both.model.displaced);
}

/// More sources than there is room for, in turns, with tracks of their own.
#[test]
fn many_sources_in_turns_are_remembered_as_by_a_plain_memory() {
    let mut both = Both {
        tracks: Tracks::watched(),
        ..Both::default()
    };
    for turn in 0..1500_u32 {
        both.act(&Step::Begin(turn * 7 % 270, Some(9)));
        let (first, by) = (u64::from(turn % 5), 1);
        both.act(&Step::See {
            first,
            count: 20,
            by,
        });
        if turn % 50 == 49 {
            both.check();
        }
    }
    assert!(both.model.displaced > 0);
}
