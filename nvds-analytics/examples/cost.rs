//! What the engine costs a frame of 100 tracked objects with 8 zones and 8 lines, and how many tracks are
//! remembered in an hour of them.
//!
//! ```text
//! cargo run --release -p nvds-analytics --example cost
//! ```

use std::time::{Duration, Instant};

use nvds_analytics::rules::{Line, SECOND, Scope, Zone};
use nvds_analytics::{Engine, Fits, Frame, Length, Object, Place, Rules};

const SIZE: (u32, u32) = (1920, 1080);
const OBJECTS: u64 = 100;

fn place(x: f32, y: f32) -> Place {
    Place {
        x: Length::Fraction(x),
        y: Length::Fraction(y),
    }
}

fn scope(name: String) -> Scope {
    Scope {
        name,
        ..Scope::default()
    }
}

/// Eight zones that fill the frame, and eight lines across it.
fn rules() -> Rules {
    let zones = (0..8).map(|i| {
        let (x, y) = ((i % 4) as f32 / 4.0, (i / 4) as f32 / 2.0);
        let corners = [(x, y), (x + 0.25, y), (x + 0.25, y + 0.5), (x, y + 0.5)];
        Zone {
            scope: scope(format!("zone {i}")),
            points: corners.map(|(x, y)| place(x, y)).into(),
            dwell: Some(2 * SECOND),
            crowd: None,
        }
    });
    let lines = (0..8).map(|i| {
        let x = (i as f32 + 0.5) / 8.0;
        Line {
            scope: scope(format!("line {i}")),
            a: place(x, 0.0),
            b: place(1.0 - x, 1.0),
        }
    });
    Rules {
        zones: zones.collect(),
        lines: lines.collect(),
        ..Rules::default()
    }
}

/// A coordinate that walks to and fro.
fn bounce(start: f32, speed: f32, n: u64, room: f32) -> f32 {
    let at = (start + speed * n as f32).rem_euclid(2.0 * room);
    if at > room { 2.0 * room - at } else { at }
}

/// Ids and boxes of a frame. Ids give way to others every 20 seconds.
fn objects(n: u64) -> Vec<(u64, [f32; 4])> {
    let object = |i: u64| {
        let part = |salt: u64| ((i * 7919 + salt * 104_729) % 1000) as f32 / 1000.0;
        let x = bounce(1900.0 * part(1), 1.0 + 4.0 * part(2), n, 1880.0);
        let y = bounce(1000.0 * part(3), 1.0 + 4.0 * part(4), n, 1000.0);
        (i + 1000 * ((n + 5 * i) / 500), [x, y, 40.0, 80.0])
    };
    (0..OBJECTS).map(object).collect()
}

fn main() {
    let rules = rules();
    let fits = Fits::all(&rules);
    let mut engine = Engine::new(rules);
    let mut best = Duration::MAX;
    let (mut events, mut most) = (0, 0);
    // An hour at 25 frames a second.
    for round in 0..900 {
        let frames = round * 100..round * 100 + 100;
        let film: Vec<_> = frames.clone().map(objects).collect();
        let start = Instant::now();
        for (n, objects) in frames.zip(&film) {
            engine.clear_events();
            engine.begin(Frame {
                source: 0,
                number: n as i32,
                pts: Some(n * SECOND / 25),
                size: Some(SIZE),
                inferred: true,
            });
            for (track, rect) in objects {
                engine.object(&Object {
                    track: Some(*track),
                    rect: *rect,
                    kind: (track % 4) as u32,
                    fits: &fits,
                });
            }
            engine.end();
            events += engine.events().len();
        }
        best = best.min(start.elapsed());
        most = most.max(engine.tracks());
    }
    let tracks = engine.sources()[0].tracks;
    println!(
        "{:.2} us a frame (best of 100); {tracks} tracks, {events} events, at most {most} tracks in memory",
        best.as_secs_f64() * 1e6 / 100.0
    );
}
