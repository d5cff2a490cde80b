//! What holds whatever comes: clocks that jump, rules that change and sources that end in the middle of a frame, objects in any
//! order.

use proptest::prelude::*;

use super::tests::{SIZE, line, zone};
use super::*;
use crate::rules::{Crowd, SECOND, Scope, Stationary};

const FRAME: u64 = SECOND / 25;

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    /// A frame of a source, and where objects are in it: track id, x and y.
    Frame(u32, Option<i64>, Vec<(u64, f32, f32)>),
    /// Within the next frame, before its second object.
    Within(Change),
    Between(Change),
}

#[derive(Debug, Clone)]
enum Change {
    /// The rules whose bits are set.
    Rules(u8),
    ForgetSource(u32),
    FinishSource(u32),
    Finish,
}

/// A zone on the left, one on the right that holds for source 1 alone, a line between, and standing still.
fn rules(which: u8) -> Rules {
    let side = |name, x: f32| {
        zone(
            name,
            &[(x, 0.0), (x + 300.0, 0.0), (x + 300.0, 480.0), (x, 480.0)],
        )
    };
    let mut left = side("left", 0.0);
    left.dwell = Some(SECOND / 5);
    left.crowd = Some(Crowd {
        objects: 2,
        time: 0,
    });
    let mut right = side("right", 340.0);
    right.scope.sources = vec![1];
    let mut rules = Rules {
        zones: vec![left, right, side("middle", 200.0)],
        lines: vec![
            line("gate", (320.0, -1e5), (320.0, 1e5)),
            line("other", (100.0, -1e5), (100.0, 1e5)),
        ],
        stationary: vec![Stationary {
            scope: Scope::default(),
            time: SECOND / 5,
            radius: crate::layout::Length::Pixels(30.0),
        }],
        track_timeout: SECOND,
        ..Rules::default()
    };
    let mut bit = 0;
    let mut is_set = || {
        bit += 1;
        which & (1 << bit) != 0
    };
    rules.zones.retain(|_| is_set());
    rules.lines.retain(|_| is_set());
    rules.stationary.retain(|_| is_set());
    if which & 1 != 0 {
        rules.zones.reverse();
        rules.lines.reverse();
    }
    rules
}

fn change(engine: &mut Engine, change: &Change) {
    match *change {
        Change::Rules(which) => engine.set_rules(rules(which)),
        Change::ForgetSource(id) => engine.forget_source(id),
        Change::FinishSource(id) => engine.finish_source(id),
        Change::Finish => engine.finish(),
    }
}

/// Of all sources: who came in and did not go out is inside, and no more; a track lives once.
fn check(engine: &Engine) {
    let live = || engine.states.iter().filter(|state| state.live);
    for source in &engine.sources {
        for (i, zone) in source.zones.iter().enumerate() {
            let inside = live().filter(|state| state.source == source.id && state.inside.has(i));
            let inside = inside.count() as u32;
            assert_eq!(zone.tracks, inside, "zone {i} of source {}", source.id);
        }
    }
    let mut all: Vec<_> = live().map(|state| (state.source, state.id)).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(count, all.len(), "a track twice");
    assert!(count <= engine.tracks());
}

/// Plays it, with the objects of each frame in some order. Returns what each frame brought, sorted.
fn play(steps: &[Step], order: fn(&mut [(u64, f32, f32)])) -> (Engine, Vec<Vec<String>>) {
    let mut engine = Engine::new(rules(u8::MAX));
    let mut told = Vec::new();
    let mut within = None;
    let mut times = [10 * SECOND; 4];
    for step in steps {
        match step {
            Step::Within(at) => within = Some(at),
            Step::Between(at) => change(&mut engine, at),
            Step::Frame(source, by, objects) => {
                let time = &mut times[*source as usize];
                *time = time.saturating_add_signed(by.unwrap_or_default());
                engine.begin(Frame {
                    source: *source,
                    number: told.len() as i32,
                    pts: by.map(|_| *time),
                    size: Some(SIZE),
                    inferred: true,
                });
                let mut objects = objects.clone();
                order(&mut objects);
                for (i, (track, x, y)) in objects.iter().enumerate() {
                    if i == 1
                        && let Some(at) = within.take()
                    {
                        change(&mut engine, at);
                    }
                    let fits = Fits::all(engine.rules());
                    engine.object(&Object {
                        track: Some(*track),
                        rect: [x - 10.0, y - 40.0, 20.0, 40.0],
                        kind: 0,
                        fits: &fits,
                    });
                }
                engine.end();
            }
        }
        check(&engine);
        let mut events: Vec<_> = engine.events().iter().map(|e| format!("{e:?}")).collect();
        events.sort_unstable();
        told.push(events);
        engine.clear_events();
    }
    (engine, told)
}

fn a_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => any::<u8>().prop_map(Change::Rules),
        2 => (0..4_u32).prop_map(Change::ForgetSource),
        1 => (0..4_u32).prop_map(Change::FinishSource),
        1 => Just(Change::Finish),
    ]
}

/// Objects with an id each, or with some that are there twice.
fn a_frame(twice: bool) -> impl Strategy<Value = Step> {
    let frame = FRAME as i64;
    let by = prop_oneof![
        12 => Just(Some(frame)),
        2 => (-30..60_i64).prop_map(move |frames| Some(frames * frame)),
        1 => Just(None),
    ];
    let objects = prop::collection::vec((0..12_u64, 0.0..640.0_f32, 0.0..480.0_f32), 0..14);
    (0..4_u32, by, objects).prop_map(move |(source, by, mut objects)| {
        if !twice {
            objects.sort_by_key(|object| object.0);
            objects.dedup_by_key(|object| object.0);
        }
        Step::Frame(source, by, objects)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_is_inside_is_counted_whatever_comes(steps in prop::collection::vec(prop_oneof![
        10 => a_frame(true),
        1 => a_change().prop_map(Step::Within),
        1 => a_change().prop_map(Step::Between),
    ], 1..80)) {
        let (mut engine, _) = play(&steps, |_| ());
        engine.finish();
        check(&engine);
        for source in engine.sources() {
            for zone in &source.zones {
                prop_assert_eq!(zone.tracks, 0);
            }
        }
    }

    /// Tracks are found by the order of the frame before: another one changes nothing.
    #[test]
    fn the_order_of_objects_does_not_matter(steps in prop::collection::vec(prop_oneof![
        10 => a_frame(false),
        1 => a_change().prop_map(Step::Between),
    ], 1..80)) {
        let (_, told) = play(&steps, |_| ());
        for order in [
            |objects: &mut [(u64, f32, f32)]| objects.reverse(),
            |objects: &mut [(u64, f32, f32)]| objects.rotate_left(objects.len() / 2),
            |objects: &mut [(u64, f32, f32)]| objects.sort_by(|a, b| a.1.total_cmp(&b.1)),
        ] {
            let (_, other) = play(&steps, order);
            prop_assert_eq!(&told, &other);
        }
    }
}
