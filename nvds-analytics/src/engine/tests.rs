use super::*;
use crate::geometry::Crossing;
use crate::layout::{Length, Place};
use crate::rules::*;

pub const SIZE: (u32, u32) = (640, 480);

pub fn scope(name: &str) -> Scope {
    Scope {
        name: name.into(),
        ..Scope::default()
    }
}

pub fn pixels(x: f32, y: f32) -> Place {
    Place {
        x: Length::Pixels(x),
        y: Length::Pixels(y),
    }
}

pub fn zone(name: &str, points: &[(f32, f32)]) -> Zone {
    Zone {
        scope: scope(name),
        points: points.iter().map(|(x, y)| pixels(*x, *y)).collect(),
        dwell: None,
        crowd: None,
    }
}

pub fn line(name: &str, a: (f32, f32), b: (f32, f32)) -> Line {
    Line {
        scope: scope(name),
        a: pixels(a.0, a.1),
        b: pixels(b.0, b.1),
    }
}

/// The left half of the frame.
fn half() -> Zone {
    zone(
        "half",
        &[(0.0, 0.0), (320.0, 0.0), (320.0, 480.0), (0.0, 480.0)],
    )
}

/// A stream of one source, at 10 frames a second.
pub struct Stream {
    pub engine: Engine,
    fits: Fits,
    n: u64,
}

impl Stream {
    pub fn new(rules: Rules) -> Self {
        Self {
            fits: Fits::all(&rules),
            engine: Engine::new(rules),
            n: 0,
        }
    }

    /// A frame with these objects: id and foot. Returns the names of its events.
    pub fn frame(&mut self, objects: &[(u64, f32, f32)]) -> Vec<What> {
        self.engine.clear_events();
        self.engine.begin(Frame {
            source: 0,
            number: self.n as i32,
            pts: Some(self.n * SECOND / 10),
            size: Some(SIZE),
            inferred: true,
        });
        self.n += 1;
        for (id, x, y) in objects {
            self.engine.object(&Object {
                track: Some(*id).filter(|id| *id > 0),
                rect: [x - 10.0, y - 40.0, 20.0, 40.0],
                kind: 7,
                fits: &self.fits,
            });
        }
        self.engine.end();
        self.engine
            .events()
            .iter()
            .map(|event| event.what)
            .collect()
    }

    fn zone(&self) -> ZoneCount {
        self.engine.counts().unwrap().zones[0]
    }
}

fn rules_of(zone: Zone) -> Rules {
    Rules {
        zones: vec![zone],
        ..Rules::default()
    }
}

#[test]
fn who_walks_through_enters_and_leaves_once() {
    let mut stream = Stream::new(rules_of(half()));
    assert_eq!(stream.frame(&[(1, 400.0, 200.0)]), []);
    // Within 2 pixels of the border nobody changes sides.
    for x in [321.0, 319.5, 321.0, 318.5] {
        assert_eq!(stream.frame(&[(1, x, 200.0)]), [], "{x}");
    }
    let appeared = false;
    assert_eq!(
        stream.frame(&[(1, 317.0, 200.0)]),
        [What::Entered { appeared }]
    );
    for x in [319.0, 321.5, 319.0, 100.0] {
        assert_eq!(stream.frame(&[(1, x, 200.0)]), [], "{x}");
    }
    assert_eq!((stream.zone().tracks, stream.zone().objects), (1, 1));
    assert_eq!(stream.zone().dwell_now, 4 * SECOND / 10);
    let left = What::Left {
        dwell: 5 * SECOND / 10,
        vanished: false,
    };
    assert_eq!(stream.frame(&[(1, 323.0, 200.0)]), [left]);
    let count = stream.zone();
    assert_eq!((count.entered, count.left, count.tracks), (1, 1, 0));
    assert_eq!((count.dwell_now, count.dwell_mean()), (0, 5 * SECOND / 10));
}

#[test]
fn who_vanishes_for_longer_has_left() {
    let mut stream = Stream::new(Rules {
        track_timeout: SECOND,
        ..rules_of(half())
    });
    assert_eq!(
        stream.frame(&[(1, 100.0, 200.0)]),
        [What::Entered { appeared: true }]
    );
    for _ in 0..10 {
        assert_eq!(stream.frame(&[]), []);
    }
    assert_eq!((stream.zone().tracks, stream.zone().objects), (1, 0));
    assert_eq!(
        stream.frame(&[(1, 110.0, 200.0)]),
        [
            What::Left {
                dwell: 0,
                vanished: true
            },
            What::Entered { appeared: true }
        ]
    );
}

#[test]
fn who_returns_within_the_timeout_goes_on() {
    let mut stream = Stream::new(Rules {
        track_timeout: SECOND,
        ..rules_of(half())
    });
    stream.frame(&[(1, 100.0, 200.0)]);
    for _ in 0..9 {
        stream.frame(&[]);
    }
    assert_eq!(stream.frame(&[(1, 110.0, 200.0)]), []);
    assert_eq!(stream.zone().dwell_now, SECOND);
    assert_eq!(stream.engine.counts().unwrap().tracks, 1);
}

#[test]
fn objects_without_id_are_counted_while_they_are_there() {
    let mut stream = Stream::new(rules_of(half()));
    assert_eq!(
        stream.frame(&[
            (0, 100.0, 200.0),
            (0, 100.0, 200.0),
            (5, 90.0, 90.0),
            (5, 80.0, 90.0)
        ]),
        [What::Entered { appeared: true }]
    );
    assert_eq!((stream.zone().objects, stream.zone().tracks), (4, 1));
}

#[test]
fn a_narrow_zone_has_an_inside() {
    let mut stream = Stream::new(rules_of(zone(
        "slit",
        &[(100.0, 0.0), (103.0, 0.0), (103.0, 400.0), (100.0, 400.0)],
    )));
    stream.frame(&[(1, 50.0, 200.0)]);
    assert_eq!(
        stream.frame(&[(1, 101.5, 200.0)]),
        [What::Entered { appeared: false }]
    );
}

#[test]
fn a_long_stay_is_told_once_a_visit() {
    let mut stream = Stream::new(rules_of(Zone {
        dwell: Some(SECOND),
        ..half()
    }));
    let told = |what: &Vec<What>| what.iter().any(|w| matches!(w, What::DwellExceeded { .. }));
    let stay: Vec<_> = (0..30)
        .map(|_| stream.frame(&[(1, 100.0, 200.0)]))
        .collect();
    assert_eq!(stay.iter().position(told), Some(10));
    assert_eq!(stay.iter().filter(|what| told(what)).count(), 1);
    assert_eq!(stay[10], [What::DwellExceeded { dwell: SECOND }]);
    stream.frame(&[(1, 400.0, 200.0)]);
    let again: Vec<_> = (0..30)
        .map(|_| stream.frame(&[(1, 100.0, 200.0)]))
        .collect();
    assert_eq!(again.iter().position(told), Some(10));
}

#[test]
fn a_crowd_begins_and_ends_after_its_time() {
    let crowd = Some(Crowd {
        objects: 2,
        time: SECOND / 2,
    });
    let mut stream = Stream::new(rules_of(Zone { crowd, ..half() }));
    let two = [(0, 100.0, 200.0), (0, 200.0, 200.0)];
    let mut step = |objects: &[_]| stream.frame(objects);
    for _ in 0..4 {
        assert_eq!(step(&two), []);
    }
    assert_eq!(step(&two[..1]), [], "begins anew");
    for _ in 0..5 {
        assert_eq!(step(&two), []);
    }
    assert_eq!(step(&two), [What::Crowded { objects: 2 }]);
    assert_eq!(step(&two[..1]), []);
    for _ in 0..3 {
        assert_eq!(step(&two), [], "goes on");
    }
    for _ in 0..5 {
        assert_eq!(step(&[]), []);
    }
    // From frame 5 to frame 15.
    assert_eq!(
        step(&[]),
        [What::CrowdEnded {
            objects: 0,
            lasted: SECOND
        }]
    );
}

#[test]
fn lines_count_by_kind_and_direction() {
    let mut stream = Stream::new(Rules {
        lines: vec![line("gate", (320.0, 0.0), (320.0, 480.0))],
        ..Rules::default()
    });
    stream.frame(&[(1, 400.0, 200.0), (2, 200.0, 200.0)]);
    let both = stream.frame(&[(1, 300.0, 200.0), (2, 330.0, 200.0)]);
    assert_eq!(
        both,
        [What::Crossed(Crossing::In), What::Crossed(Crossing::Out)]
    );
    let event = stream.engine.events()[0];
    assert_eq!(
        (event.rule, event.track, event.kind, event.frame),
        (0, Some(1), 7, 1)
    );
    assert_eq!(
        (event.pts, event.at),
        (SECOND / 10, Point::new(300.0, 200.0))
    );
    let count = &stream.engine.counts().unwrap().lines[0];
    assert_eq!((count.now, count.into, count.out), ((1, 1), 1, 1));
    let (kind, into, out) = (7, 1, 1);
    assert_eq!(count.kinds, [KindCount { kind, into, out }]);
    stream.frame(&[(1, 290.0, 200.0)]);
    assert_eq!(stream.engine.counts().unwrap().lines[0].now, (0, 0));
}

#[test]
fn kinds_of_a_line_are_bounded() {
    let mut count = LineCount::default();
    (0..1000).for_each(|kind| count.add(Crossing::In, kind));
    assert_eq!((count.kinds.len(), count.into), (MAX_KINDS, 1000));
    assert_eq!(count.kinds[MAX_KINDS - 1].into, 1000 - 63);
}

#[test]
fn rules_that_change_keep_what_bears_their_name() {
    let gate = || line("gate", (320.0, 0.0), (320.0, 480.0));
    let mut stream = Stream::new(Rules {
        lines: vec![gate()],
        ..rules_of(half())
    });
    stream.frame(&[(1, 400.0, 200.0)]);
    stream.frame(&[(1, 300.0, 200.0)]);
    let rules = Rules {
        zones: vec![zone("new", &[(0.0, 0.0), (9.0, 0.0), (9.0, 9.0)]), half()],
        lines: vec![line("other", (0.0, 0.0), (1.0, 1.0)), gate()],
        ..Rules::default()
    };
    stream.fits = Fits::all(&rules);
    stream.engine.set_rules(rules);
    assert!(stream.engine.counts().is_none());
    assert_eq!(stream.frame(&[(1, 310.0, 200.0)]), []);
    let source = stream.engine.counts().unwrap();
    assert_eq!((source.zones[0].entered, source.zones[1].tracks), (0, 1));
    assert_eq!((source.lines[0].into, source.lines[1].into), (0, 1));
    // Back across: the side is remembered.
    assert_eq!(stream.frame(&[(1, 330.0, 200.0)]).len(), 2);
    assert_eq!(stream.engine.counts().unwrap().lines[1].out, 1);
}

#[test]
fn a_source_that_ends_sees_its_tracks_off() {
    let mut stream = Stream::new(rules_of(half()));
    stream.frame(&[(1, 100.0, 200.0), (2, 110.0, 200.0)]);
    stream.engine.clear_events();
    stream.engine.forget_source(0);
    let left: Vec<_> = stream.engine.events().iter().map(|e| e.track).collect();
    assert_eq!(left, [Some(1), Some(2)], "the one seen first");
    assert_eq!(
        (stream.engine.tracks(), stream.engine.sources().len()),
        (0, 0)
    );
}

#[test]
fn a_summary_is_due_by_the_frames_time() {
    let mut stream = Stream::new(rules_of(half()));
    let due: Vec<_> = (0..35)
        .filter(|_| {
            stream.frame(&[]);
            stream.engine.summary_is_due(SECOND)
        })
        .collect();
    assert_eq!(due, [10, 20, 30]);
    stream.n = 0;
    stream.frame(&[]);
    assert!(
        stream.engine.summary_is_due(SECOND),
        "a film from its start again"
    );
}

/// An hour of people who come and go: new ids all the time, no more memory.
#[test]
fn an_hour_of_tracks_is_flat() {
    let mut stream = Stream::new(rules_of(half()));
    for n in 0..36_000_u64 {
        let objects: Vec<_> = (0..20)
            .map(|i| (1 + i + 1000 * (n / 30), (i * 30) as f32, 200.0))
            .collect();
        stream.frame(&objects);
    }
    assert!(
        stream.engine.states.len() <= 100,
        "{}",
        stream.engine.states.len()
    );
    assert_eq!(stream.engine.counts().unwrap().tracks, 20 * 1200);
    let count = stream.zone();
    assert_eq!(count.entered - count.left, u64::from(count.tracks));
}
