//! What is said of a cell holds for all its places, and sides that are not touched are right.

use std::collections::HashMap;

use proptest::prelude::*;

use super::places::BySize;
use super::tests::{SIZE, line, scope, zone};
use super::*;
use crate::geometry::{Crossing, Segment, Side, band};
use crate::layout::{Length, Place};
use crate::rules::{Line, SECOND, Scope, Zone};

/// Corners in the frame, on its edges, about it and far away.
fn place() -> impl Strategy<Value = (f32, f32)> {
    let along = |side: f32| {
        prop_oneof![
            8 => -50.0..side + 50.0,
            2 => prop::sample::select(vec![0.0, side - 1.0, side]),
            1 => -1e30..1e30_f32,
        ]
    };
    (along(640.0), along(480.0))
}

fn anchor() -> impl Strategy<Value = Anchor> {
    prop::sample::select(vec![Anchor::Foot, Anchor::Foot, Anchor::Centre])
}

fn a_zone() -> impl Strategy<Value = Zone> {
    (prop::collection::vec(place(), 3..7), anchor()).prop_map(|(points, anchor)| Zone {
        scope: Scope {
            anchor,
            ..scope("zone")
        },
        ..zone("zone", &points)
    })
}

fn a_line() -> impl Strategy<Value = Line> {
    (place(), place(), anchor()).prop_map(|(a, b, anchor)| Line {
        scope: Scope {
            anchor,
            ..scope("line")
        },
        ..line("line", a, b)
    })
}

/// More rules than a word of a set has room for, now and then.
fn rules() -> impl Strategy<Value = Rules> {
    let count = || prop_oneof![9 => 0..8_usize, 1 => 60..70_usize];
    let zones = count().prop_flat_map(|n| prop::collection::vec(a_zone(), n));
    let lines = count().prop_flat_map(|n| prop::collection::vec(a_line(), n));
    (zones, lines).prop_map(|(zones, lines)| Rules {
        zones,
        lines,
        track_timeout: u64::MAX,
        ..Rules::default()
    })
}

/// What is looked at of a box whose foot is here.
fn spot(places: &mut places::Places, (x, y): (f32, f32)) -> Spot {
    let (foot, centre) = (Point::new(x, y), Point::new(x, y - 20.0));
    Spot {
        centre,
        foot,
        size: SIZE,
        cells: places.find(foot, centre),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_of_a_cell_holds_for_its_places(
        rules in rules(),
        places in prop::collection::vec(place(), 1..100),
    ) {
        let mut by_size = BySize::default();
        by_size.place(&rules, SIZE);
        let all = &mut by_size.current;
        for at in places {
            let spot = spot(all, at);
            for i in 0..rules.zones.len() {
                let (known, bit) = (all.known(&spot, i / 64), 1 << (i % 64));
                if known.sure & bit != 0 {
                    let at = spot.within(all.areas[i].anchor);
                    prop_assert_eq!(known.inside & bit != 0, all.in_zone(i, at));
                    prop_assert!(all.is_clear(i, at));
                } else {
                    prop_assert_eq!(known.inside & bit, 0);
                }
            }
            for i in 0..rules.lines.len() {
                let (known, bit) = (all.known(&spot, i / 64), 1 << (i % 64));
                let gate = all.gates[i];
                let side = gate.side(spot.at(gate.anchor));
                prop_assert!(known.right & bit == 0 || side == 1);
                prop_assert!(known.left & bit == 0 || side == -1);
            }
        }
    }

    /// Each line as if it were alone, with every step of every track noted; a class for which no odd line counts comes
    /// and goes.
    #[test]
    fn lines_are_crossed_as_each_by_itself(
        rules in rules(),
        film in prop::collection::vec((0..3_u64, place(), any::<bool>()), 1..100),
    ) {
        let all = Fits::all(&rules);
        let even = Fits { lines: (0..rules.lines.len()).map(|i| i % 2 == 0).collect(), ..all.clone() };
        let mut engine = Engine::new(rules.clone());
        let mut sides: HashMap<(u64, usize), Side> = HashMap::new();
        let mut expected = Vec::new();
        for (n, (track, (x, y), is_even)) in (0..).zip(&film) {
            let frame = Frame { number: n, pts: Some(0), size: Some(SIZE), ..Frame::default() };
            engine.begin(frame);
            let rect = [x - 10.0, y - 40.0, 20.0, 40.0];
            let fits = if *is_even { &even } else { &all };
            engine.object(&Object { track: Some(*track), rect, kind: 0, fits });
            engine.end();
            for (i, line) in rules.lines.iter().enumerate().filter(|(i, _)| fits.lines.has(*i)) {
                let segment = Segment { a: line.a.pixels(SIZE), b: line.b.pixels(SIZE) };
                let side = sides.entry((*track, i)).or_default();
                let at = line.scope.anchor.in_frame(rect, SIZE.1);
                let crossing = segment.pass(side, at, band(SIZE.1));
                expected.extend(crossing.map(|crossing| (n, *track, i, crossing)));
            }
        }
        let found = engine.events().iter().filter_map(|event| match event.what {
            What::Crossed(crossing) => Some((event.frame, event.track?, event.rule, crossing)),
            _ => None,
        });
        let found: Vec<(i32, u64, usize, Crossing)> = found.collect();
        prop_assert_eq!(found, expected);
    }
}

/// Percentages are worked out anew for a size that was not seen yet, and kept for the sizes that come in turns.
#[test]
fn sources_of_different_sizes_have_their_own_pixels() {
    let part = |x, y| Place {
        x: Length::Fraction(x),
        y: Length::Fraction(y),
    };
    let mut left = zone("left", &[]);
    left.points = vec![
        part(0.0, 0.0),
        part(0.5, 0.0),
        part(0.5, 1.0),
        part(0.0, 1.0),
    ];
    let rules = Rules {
        zones: vec![left],
        ..Rules::default()
    };
    let fits = Fits::all(&rules);
    let mut engine = Engine::new(rules);
    for turn in 0..3 {
        // More sizes than are kept.
        for source in 0..20 {
            let width = 640 + 64 * source;
            engine.begin(Frame {
                source,
                pts: Some(turn * SECOND),
                size: Some((width, 480)),
                ..Frame::default()
            });
            for (track, x) in [(1, width / 2 - 9), (2, width / 2 + 9)] {
                engine.object(&Object {
                    track: Some(track),
                    rect: [x as f32, 100.0, 0.0, 20.0],
                    kind: 0,
                    fits: &fits,
                });
            }
            engine.end();
            assert_eq!(engine.counts().unwrap().zones[0].objects, 1, "{width}");
        }
    }
}
