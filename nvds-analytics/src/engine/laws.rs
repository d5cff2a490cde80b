//! What holds for any tracks.

use proptest::prelude::*;

use super::tests::{SIZE, line, pixels, scope, zone};
use super::*;
use crate::geometry::Crossing;
use crate::layout::Length;
use crate::rules::{Crowd, Direction, HeatMap, SECOND, Speed, Stationary};

/// An object of a random film: source, track id, and where it walks to.
type Step = (u32, u64, f32, f32);

const FRAME: u64 = 40_000_000;

/// Rules of every sort, with times times `rate`.
fn rules(rate: u64) -> Rules {
    let mut yard = zone(
        "yard",
        &[(0.0, 0.0), (150.0, 0.0), (150.0, 480.0), (0.0, 480.0)],
    );
    yard.dwell = Some(SECOND / 2 * rate);
    yard.crowd = Some(Crowd {
        objects: 2,
        time: SECOND / 10 * rate,
    });
    let arrow = zone(
        "arrow",
        &[(100.0, 50.0), (500.0, 60.0), (300.0, 200.0), (480.0, 400.0)],
    );
    Rules {
        zones: vec![yard, arrow],
        lines: vec![
            line("gate", (320.0, -1e5), (320.0, 1e5)),
            line("step", (100.0, 100.0), (500.0, 300.0)),
        ],
        directions: vec![Direction {
            scope: scope("right"),
            from: pixels(0.0, 0.0),
            to: pixels(1.0, 0.0),
            angle: 45.0,
            least: Length::Pixels(5.0),
        }],
        stationary: vec![Stationary {
            scope: scope("parked"),
            time: SECOND / 2 * rate,
            radius: Length::Pixels(60.0),
        }],
        speeds: vec![Speed {
            scope: scope("road"),
            ground: crate::ground::Ground::Scale(0.1 * rate as f32),
            limit: Some(20.0),
        }],
        heat_map: Some(HeatMap {
            columns: 8,
            rows: 6,
        }),
        track_timeout: SECOND * rate,
        window: SECOND / 5 * rate,
        hysteresis: None,
    }
}

/// Frames of a film: of each, who is in it.
fn film() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = (0..2_u32, 0..4_u64, -20.0..660.0_f32, -20.0..500.0_f32);
    prop::collection::vec(prop::collection::vec(step, 0..5), 1..80)
}

/// Plays a film. `time` tells each frame's.
fn play(
    rules: Rules,
    film: &[Vec<Step>],
    source: impl Fn(u32) -> bool,
    time: impl Fn(u64) -> u64,
) -> (Engine, Vec<Event>) {
    let fits = Fits::all(&rules);
    let mut engine = Engine::new(rules);
    for (n, objects) in (0..).zip(film) {
        for id in (0..2).filter(|id| source(*id)) {
            engine.begin(Frame {
                source: id,
                number: n as i32,
                pts: Some(time(n)),
                size: Some(SIZE),
                inferred: true,
            });
            for (_, track, x, y) in objects.iter().filter(|(of, ..)| *of == id) {
                engine.object(&Object {
                    track: Some(*track),
                    rect: [x - 10.0, y - 40.0, 20.0, 40.0],
                    kind: (*track % 2) as u32,
                    fits: &fits,
                });
            }
            engine.end();
            conserved(&engine);
        }
    }
    let events = engine.events().to_vec();
    (engine, events)
}

/// Who came in and did not go out is inside, and no more.
fn conserved(engine: &Engine) {
    let source = engine.counts().unwrap();
    for (i, zone) in source.zones.iter().enumerate() {
        let live = engine
            .states
            .iter()
            .filter(|state| state.live && state.source == source.id);
        let inside = live.filter(|state| state.inside.has(i)).count() as u64;
        assert_eq!(zone.entered - zone.left, inside);
        assert_eq!(u64::from(zone.tracks), inside);
        assert!(zone.dwell_mean() <= zone.dwell_max && zone.dwell_now <= zone.dwell_max);
    }
    for line in &source.lines {
        let (into, out) = line
            .kinds
            .iter()
            .fold((0, 0), |(i, o), k| (i + k.into, o + k.out));
        assert_eq!((line.into, line.out), (into, out));
    }
}

/// The same, whenever it happens: times times `rate`.
fn timeless(events: &[Event], start: u64, rate: u64) -> Vec<Event> {
    let events = events.iter().map(|event| {
        let what = match event.what {
            What::Left { dwell, vanished } => What::Left {
                dwell: dwell / rate,
                vanished,
            },
            What::DwellExceeded { dwell } => What::DwellExceeded {
                dwell: dwell / rate,
            },
            What::CrowdEnded { objects, lasted } => What::CrowdEnded {
                objects,
                lasted: lasted / rate,
            },
            What::Stationary { lasted } => What::Stationary {
                lasted: lasted / rate,
            },
            What::Moved { lasted } => What::Moved {
                lasted: lasted / rate,
            },
            // Of rounding.
            What::SpeedExceeded { speed } => What::SpeedExceeded {
                speed: speed.round(),
            },
            what => what,
        };
        let pts = (event.pts - start) / rate;
        Event {
            what,
            pts,
            ..*event
        }
    });
    events.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_add_up_to_what_is_counted(film in film()) {
        let (mut engine, _) = play(rules(1), &film, |_| true, |n| n * FRAME);
        engine.finish();
        for source in engine.sources() {
            let of = |rule: usize, is: &dyn Fn(&What) -> bool| {
                let events = engine.events().iter();
                events.filter(|e| e.source == source.id && e.rule == rule && is(&e.what)).count() as u64
            };
            for (i, zone) in source.zones.iter().enumerate() {
                prop_assert_eq!(zone.tracks, 0);
                prop_assert_eq!(zone.entered, zone.left);
                prop_assert_eq!(of(i, &|what| matches!(what, What::Entered { .. })), zone.entered);
                prop_assert_eq!(of(i, &|what| matches!(what, What::Left { .. })), zone.left);
                let (began, ended) = (
                    of(i, &|what| matches!(what, What::Crowded { .. })),
                    of(i, &|what| matches!(what, What::CrowdEnded { .. })),
                );
                prop_assert_eq!(began - ended, u64::from(zone.crowded));
            }
            for (i, line) in source.lines.iter().enumerate() {
                prop_assert_eq!(of(i, &|what| *what == What::Crossed(Crossing::In)), line.into);
                prop_assert_eq!(of(i, &|what| *what == What::Crossed(Crossing::Out)), line.out);
            }
        }
    }

    /// A line without ends: of each track, in and out take turns while it is remembered.
    #[test]
    fn in_and_out_of_a_track_take_turns(film in film()) {
        let mut rules = rules(1);
        rules.track_timeout = u64::MAX;
        let (engine, events) = play(rules, &film, |_| true, |n| n * FRAME);
        for source in 0..2 {
            for track in 0..4 {
                let of = |e: &&Event| e.source == source && e.track == Some(track) && e.rule == 0;
                let crossings: Vec<_> = events.iter().filter(of).filter_map(|e| match e.what {
                    What::Crossed(crossing) => Some(crossing),
                    _ => None,
                }).collect();
                for pair in crossings.windows(2) {
                    prop_assert_ne!(pair[0], pair[1]);
                }
            }
            if let Some(count) = engine.sources().iter().find(|s| s.id == source) {
                prop_assert!(count.lines[0].into.abs_diff(count.lines[0].out) <= 4);
            }
        }
    }

    #[test]
    fn the_hour_does_not_matter(film in film(), start in 0..u64::MAX / 4) {
        let (_, now) = play(rules(1), &film, |_| true, |n| n * FRAME);
        let (_, then) = play(rules(1), &film, |_| true, |n| start + n * FRAME);
        prop_assert_eq!(timeless(&now, 0, 1), timeless(&then, start, 1));
    }

    /// A world that is slower by a factor, with all times of the rules: the same happens.
    #[test]
    fn the_rate_does_not_matter(film in film(), rate in 2..50_u64) {
        let (_, quick) = play(rules(1), &film, |_| true, |n| n * FRAME);
        let (_, slow) = play(rules(rate), &film, |_| true, |n| n * FRAME * rate);
        let kinds = |events: &[Event]| -> Vec<Event> {
            // Speeds near the limit may be on either side of it by rounding.
            let slow = |e: &Event| !matches!(e.what, What::SpeedExceeded { .. });
            events.iter().copied().filter(slow).collect()
        };
        prop_assert_eq!(kinds(&timeless(&quick, 0, 1)), kinds(&timeless(&slow, 0, rate)));
    }

    #[test]
    fn other_sources_do_not_matter(film in film()) {
        let (both, events) = play(rules(1), &film, |_| true, |n| n * FRAME);
        for id in 0..2 {
            let (alone, own) = play(rules(1), &film, |source| source == id, |n| n * FRAME);
            let of: Vec<_> = events.iter().copied().filter(|e| e.source == id).collect();
            prop_assert_eq!(&of, &own);
            let find = |engine: &Engine| {
                let source = engine.sources().iter().find(|s| s.id == id).unwrap();
                (source.zones.clone(), source.lines.clone(), source.heat.clone(), source.tracks)
            };
            prop_assert_eq!(find(&both), find(&alone));
        }
    }

    /// Whatever numbers boxes have.
    #[test]
    fn no_number_is_too_odd(
        boxes in prop::collection::vec((any::<[f32; 4]>(), any::<u64>(), any::<Option<u64>>()), 1..50),
        size in any::<Option<(u32, u32)>>(),
    ) {
        let rules = rules(1);
        let fits = Fits::all(&rules);
        let mut engine = Engine::new(rules);
        for (rect, pts, track) in boxes {
            engine.begin(Frame { pts: Some(pts), size, ..Frame::default() });
            engine.object(&Object { track, rect, kind: 0, fits: &fits });
            engine.end();
            conserved(&engine);
        }
    }
}
