use super::tests::{Stream, pixels, scope};
use super::*;
use crate::ground::Ground;
use crate::layout::Length;
use crate::rules::*;

#[test]
fn a_way_is_told_when_a_track_takes_it() {
    let mut stream = Stream::new(Rules {
        directions: vec![Direction {
            scope: scope("right"),
            from: pixels(0.0, 0.0),
            to: pixels(10.0, 0.0),
            angle: 30.0,
            least: Length::Pixels(20.0),
        }],
        ..Rules::default()
    });
    let mut x = 100.0;
    let mut walk = |stream: &mut Stream, frames: usize, dx: f32| -> usize {
        let mut told = 0;
        for _ in 0..frames {
            x += dx;
            told += stream.frame(&[(1, x, 200.0)]).len();
        }
        told
    };
    assert_eq!(walk(&mut stream, 10, 10.0), 0, "not seen for a second");
    assert_eq!(walk(&mut stream, 5, 10.0), 1);
    assert_eq!(stream.engine.found.marks, [Mark::Direction(0)]);
    assert_eq!(stream.engine.found.velocity, Some(Point::new(100.0, 0.0)));
    // Standing still is no other way.
    assert_eq!(walk(&mut stream, 20, 0.0), 0);
    assert_eq!(walk(&mut stream, 20, 5.0), 0);
    assert_eq!(walk(&mut stream, 20, -5.0), 0);
    assert_eq!(stream.engine.counts().unwrap().directions, [0]);
    assert_eq!(walk(&mut stream, 20, 5.0), 1);
}

#[test]
fn who_stays_at_a_place_is_told_until_it_moves() {
    let mut stream = Stream::new(Rules {
        stationary: vec![Stationary {
            scope: scope("parked"),
            time: 2 * SECOND,
            radius: Length::Fraction(0.01),
        }],
        ..Rules::default()
    });
    let tremble = |n: u64| (1, 100.0 + (n % 3) as f32 * 2.0, 200.0);
    let events: Vec<_> = (0..40).map(|n| stream.frame(&[tremble(n)])).collect();
    assert_eq!(events[20], [What::Stationary { lasted: 2 * SECOND }]);
    assert_eq!(events.iter().flatten().count(), 1);
    assert_eq!(stream.engine.counts().unwrap().stationary, [1]);
    assert_eq!(
        stream.frame(&[(1, 120.0, 200.0)]),
        [What::Moved { lasted: 4 * SECOND }]
    );
    assert_eq!(stream.engine.counts().unwrap().stationary, [0]);
}

#[test]
fn speed_is_over_the_ground() {
    let mut stream = Stream::new(Rules {
        speeds: vec![Speed {
            scope: scope("road"),
            ground: Ground::Scale(0.1),
            limit: Some(9.0),
        }],
        ..Rules::default()
    });
    let mut told = Vec::new();
    for n in 0..30 {
        told.extend(stream.frame(&[(1, 10.0 * n as f32, 200.0)]));
    }
    assert_eq!(stream.engine.found.speed, Some(10.0));
    assert_eq!(told, [What::SpeedExceeded { speed: 10.0 }]);
}

#[test]
fn a_heat_map_tells_for_how_long() {
    let mut stream = Stream::new(Rules {
        heat_map: Some(HeatMap {
            columns: 4,
            rows: 3,
        }),
        ..Rules::default()
    });
    for _ in 0..11 {
        stream.frame(&[(1, 0.0, 0.0), (0, 639.0, 479.0), (3, 700.0, 100.0)]);
    }
    let heat = &stream.engine.counts().unwrap().heat;
    assert_eq!(
        (heat[0], heat[11], heat.iter().sum()),
        (SECOND, SECOND, 2 * SECOND)
    );
    assert_eq!(stream.engine.tracks(), 0, "nothing needs them");
}
