use super::*;

const SECOND: u64 = 1_000_000_000;
const FRAME: u64 = SECOND / 25;

fn at(x: f32) -> Point {
    Point::new(x, 0.0)
}

fn xs(tracks: &Tracks, track: Track) -> Vec<f32> {
    tracks.positions(track).map(|p| p.x).collect()
}

#[test]
fn the_last_positions_are_kept_per_source_and_id() {
    let mut tracks = Tracks::default();
    for i in 0..10 {
        for source in [0, 7] {
            tracks.begin(source, Some(i * FRAME), SECOND);
            for id in [1, u64::MAX - 1] {
                let x = i as f32 + 100.0 * source as f32;
                let track = tracks.see(id, at(x), 3).unwrap();
                if i == 9 {
                    let base = 100.0 * source as f32;
                    assert_eq!(xs(&tracks, track), [base + 9.0, base + 8.0, base + 7.0]);
                }
            }
        }
    }
    assert_eq!(tracks.len(), 4);
}

#[test]
fn two_objects_with_one_id_do_not_zigzag() {
    let mut tracks = Tracks::default();
    for i in 0..4 {
        tracks.begin(0, Some(i * FRAME), SECOND);
        let track = tracks.see(5, at(i as f32), 10).unwrap();
        assert_eq!(tracks.see(5, at(500.0), 10), None);
        assert_eq!(xs(&tracks, track)[0], i as f32);
    }
}

#[test]
fn what_is_no_number_is_no_position() {
    let mut tracks = Tracks::default();
    tracks.begin(0, Some(0), SECOND);
    for bad in [f32::NAN, f32::INFINITY] {
        assert_eq!(tracks.see(1, at(bad), 3), None);
    }
    assert_eq!(tracks.len(), 0);
}

#[test]
fn unseen_tracks_are_forgotten_by_pts() {
    let mut tracks = Tracks::default();
    tracks.begin(0, Some(0), SECOND);
    tracks.see(1, at(0.0), 3);
    tracks.see(2, at(0.0), 3);
    tracks.begin(0, Some(SECOND), SECOND);
    assert_eq!(tracks.len(), 2, "not longer than the timeout");
    tracks.see(2, at(1.0), 3);
    tracks.begin(0, Some(SECOND + 1), SECOND);
    assert_eq!(tracks.len(), 1);
    let track = tracks.see(2, at(2.0), 3).unwrap();
    assert_eq!(xs(&tracks, track), [2.0, 1.0, 0.0]);
    // An id that comes again later is another track.
    let track = tracks.see(1, at(9.0), 3).unwrap();
    assert_eq!(xs(&tracks, track), [9.0]);
    // Another source's clock is another one.
    tracks.begin(1, Some(900 * SECOND), SECOND);
    assert_eq!(tracks.len(), 2);
}

#[test]
fn a_pts_that_jumps_back_starts_anew() {
    let mut tracks = Tracks::default();
    tracks.begin(0, Some(100 * SECOND), SECOND);
    tracks.see(1, at(0.0), 3);
    // A little out of order: the track stays.
    tracks.begin(0, Some(100 * SECOND - FRAME), SECOND);
    let track = tracks.see(1, at(1.0), 3).unwrap();
    assert_eq!(xs(&tracks, track), [1.0, 0.0]);
    // The film starts again.
    tracks.begin(0, Some(0), SECOND);
    assert_eq!(tracks.len(), 0);
    let track = tracks.see(1, at(2.0), 3).unwrap();
    assert_eq!(xs(&tracks, track), [2.0]);
    // And time goes on from there.
    tracks.begin(0, Some(3 * SECOND), SECOND);
    assert_eq!(tracks.len(), 0);
}

#[test]
fn a_step_back_by_the_timeout_is_no_jump() {
    let mut tracks = Tracks::default();
    tracks.begin(0, Some(100 * SECOND), SECOND);
    tracks.see(1, at(0.0), 3);
    tracks.begin(0, Some(99 * SECOND), SECOND);
    assert_eq!(tracks.len(), 1);
    tracks.begin(0, Some(98 * SECOND - 1), SECOND);
    assert_eq!(tracks.len(), 0);
}

#[test]
fn a_step_back_holds_no_track_up() {
    let mut tracks = Tracks::default();
    tracks.begin(0, Some(100 * SECOND), 5 * SECOND);
    tracks.see(1, at(0.0), 3);
    tracks.begin(0, Some(96 * SECOND), 5 * SECOND);
    tracks.see(2, at(0.0), 3);
    tracks.begin(0, Some(101 * SECOND), 5 * SECOND);
    assert_eq!(tracks.len(), 2);
    tracks.begin(0, Some(101 * SECOND + 1), 5 * SECOND);
    assert_eq!(tracks.len(), 0, "neither was seen for the timeout");
}

#[test]
fn frames_without_pts_leave_the_clock() {
    let mut tracks = Tracks::default();
    tracks.begin(0, Some(5 * SECOND), SECOND);
    tracks.see(1, at(0.0), 9);
    for i in 1..=5 {
        tracks.begin(0, None, SECOND);
        tracks.see(1, at(i as f32), 9);
    }
    tracks.begin(0, Some(6 * SECOND), SECOND);
    let track = tracks.see(1, at(6.0), 9).unwrap();
    assert_eq!(xs(&tracks, track).len(), 7);
}

#[test]
fn extreme_times_are_times() {
    let mut tracks = Tracks::default();
    for pts in [u64::MAX - 1, 0, u64::MAX - 1, 1] {
        tracks.begin(0, Some(pts), u64::MAX);
        tracks.see(1, at(0.0), 3);
        tracks.begin(0, Some(pts), 0);
        tracks.see(2, at(0.0), 3);
    }
    assert!(tracks.len() <= 2);
}

#[test]
fn a_source_that_ended_is_freed() {
    let mut tracks = Tracks::default();
    for source in 0..3 {
        tracks.begin(source, Some(0), SECOND);
        for id in 0..10 {
            tracks.see(id, at(0.0), 3);
        }
    }
    tracks.forget_source(1);
    assert_eq!(tracks.len(), 20);
    tracks.forget_source(1);
    tracks.forget_source(99);
    assert_eq!(tracks.len(), 20);
    assert_eq!(
        tracks.see(5, at(0.0), 3),
        None,
        "no frame is being looked at"
    );
    tracks.begin(1, Some(0), SECOND);
    let track = tracks.see(5, at(4.0), 3).unwrap();
    assert_eq!(xs(&tracks, track), [4.0]);
    tracks.begin(2, Some(FRAME), SECOND);
    let track = tracks.see(5, at(1.0), 3).unwrap();
    assert_eq!(xs(&tracks, track), [1.0, 0.0], "other sources keep theirs");
}

#[test]
fn memory_is_bounded_and_fair() {
    let mut tracks = Tracks::default();
    tracks.begin(0, Some(0), SECOND);
    for id in 0..10 {
        tracks.see(id, at(0.0), 3);
    }
    // A source whose ids are all new in every frame.
    for frame in 0..100 {
        tracks.begin(1, Some(0), SECOND);
        for i in 0..500 {
            tracks.see(frame * 500 + i, at(0.0), 9999);
        }
    }
    assert_eq!(tracks.len(), MAX_TRACKS);
    assert!(
        tracks.slots.len() <= MAX_TRACKS + 1,
        "{}",
        tracks.slots.len()
    );
    tracks.begin(0, Some(0), SECOND);
    for id in 0..10 {
        let track = tracks.see(id, at(1.0), 3).unwrap();
        assert_eq!(xs(&tracks, track).len(), 2, "the quiet source lost a track");
    }
    for source in 0..10_000 {
        tracks.begin(source, None, SECOND);
        tracks.see(1, at(0.0), 3);
    }
    assert_eq!(tracks.sources.len(), MAX_SOURCES);
    assert!(tracks.len() <= MAX_TRACKS);
}

#[test]
fn the_source_unseen_for_longest_gives_its_place() {
    let mut tracks = Tracks::default();
    let most = MAX_SOURCES as u32;
    for source in (0..most).chain([0, most]) {
        tracks.begin(source, None, SECOND);
        tracks.see(1, at(0.0), 3);
    }
    assert_eq!(tracks.len(), MAX_SOURCES);
    for (source, positions) in [(0, 3), (2, 2), (most, 2), (1, 1)] {
        tracks.begin(source, None, SECOND);
        let track = tracks.see(1, at(0.0), 3).unwrap();
        assert_eq!(xs(&tracks, track).len(), positions, "{source}");
    }
}

#[test]
fn positions_are_bounded() {
    let mut tracks = Tracks::default();
    for i in 0..2000 {
        tracks.begin(0, Some(i), SECOND);
        tracks.see(1, at(i as f32), usize::MAX);
    }
    let track = {
        tracks.begin(0, Some(2000), SECOND);
        tracks.see(1, at(0.0), usize::MAX).unwrap()
    };
    assert_eq!(xs(&tracks, track).len(), MAX_POINTS);
    // A style with a shorter trace forgets the older ones.
    tracks.begin(0, Some(2001), SECOND);
    let track = tracks.see(1, at(0.0), 2).unwrap();
    assert_eq!(xs(&tracks, track).len(), 2);
}

#[test]
fn speed_is_per_frame_of_the_source() {
    let mut tracks = Tracks::default();
    tracks.begin(0, None, SECOND);
    let track = tracks.see(1, at(0.0), 20).unwrap();
    assert_eq!(tracks.speed(track), None);
    tracks.begin(0, None, SECOND);
    tracks.begin(0, None, SECOND); // the track is not in this one
    let track = tracks.see(1, at(6.0), 20).unwrap();
    assert_eq!(tracks.speed(track), Some(at(3.0)));
    for i in 1..20 {
        tracks.begin(0, None, SECOND);
        tracks.see(1, at(6.0 - 2.0 * i as f32), 20);
    }
    assert_eq!(
        tracks.speed(track),
        Some(at(-2.0)),
        "of late, not of all time"
    );
    for _ in 0..50 {
        tracks.begin(0, None, SECOND);
    }
    let track = tracks.see(1, at(-32.0 + 50.0), 20).unwrap();
    assert_eq!(tracks.speed(track), Some(at(1.0)));
}

/// Over eight frames, the first of them included.
#[test]
fn speed_is_measured_over_eight_frames() {
    let mut tracks = Tracks::default();
    // Stands, then moves by 8 once and stands again.
    let mut speeds = Vec::new();
    for x in [0.0, 0.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0] {
        tracks.begin(0, None, SECOND);
        let track = tracks.see(1, at(x), 20).unwrap();
        speeds.extend(tracks.speed(track).map(|speed| speed.x));
    }
    assert_eq!(speeds[6..], [8.0 / 7.0, 1.0, 1.0, 0.0]);
}

#[test]
fn sides_belong_to_a_track_and_go_with_it() {
    let mut tracks = Tracks::default();
    tracks.set_lines(2);
    tracks.begin(0, Some(0), SECOND);
    let track = tracks.see(1, at(0.0), 1).unwrap();
    tracks.sides(track)[1].side = 1;
    tracks.begin(0, Some(FRAME), SECOND);
    let track = tracks.see(1, at(0.0), 1).unwrap();
    assert_eq!(tracks.sides(track)[1].side, 1);
    tracks.begin(0, Some(9 * SECOND), SECOND);
    let track = tracks.see(1, at(0.0), 1).unwrap();
    assert_eq!(tracks.sides(track), [Side::default(); 2]);
    tracks.set_lines(3);
    assert_eq!(tracks.sides(track).len(), 3);
}

/// Objects mostly come in the order of the frame before, which is what finding and moving them reckons with. In whatever
/// order they come: the right slots are found, and those unseen for longest go first.
#[test]
fn tracks_are_found_and_forgotten_in_whatever_order_they_come() {
    const TIMEOUT: u64 = 60;
    let mut tracks = Tracks::watched();
    // By source, from the track unseen for longest to the one seen last: id, slot, time.
    let mut known: [Vec<(u64, u32, u64)>; 2] = Default::default();
    let mut random = 1_u64;
    let mut next = |below: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (random >> 33) % below
    };
    let mut went = 0;
    for frame in 0..5000 {
        let (source, time) = ((next(4) / 3) as u32, frame * 10);
        let known = &mut known[source as usize];
        let mut gone = Vec::new();
        if next(200) == 0 {
            tracks.forget_source(source);
            gone.append(known);
        }
        tracks.begin(source, Some(time), TIMEOUT);
        let is_old = |(_, _, seen): &(u64, u32, u64)| time - seen > TIMEOUT;
        let old = known.iter().take_while(|track| is_old(track)).count();
        gone.extend(known.drain(..old));
        let mut forgotten = Vec::new();
        tracks.take_forgotten(&mut forgotten);
        forgotten.reverse();
        let gone: Vec<_> = gone.iter().map(|(_, slot, _)| *slot).collect();
        assert_eq!(forgotten, gone, "frame {frame}, source {source}");
        went += gone.len();
        let mut ids: Vec<u64> = (0..12).filter(|_| next(8) > 0).collect();
        match next(6) {
            0 => ids.reverse(),
            1 => {
                let middle = ids.len() / 2;
                ids.rotate_left(middle);
            }
            2 => ids.retain(|id| *id > 5),
            _ => (),
        }
        for id in ids {
            let slot = tracks.see(id, at(0.0), 0).unwrap().index() as u32;
            if let Some(place) = known.iter().position(|(of, _, _)| *of == id) {
                let (_, before, _) = known.remove(place);
                assert_eq!(slot, before, "frame {frame}, source {source}, track {id}");
            }
            known.push((id, slot, time));
        }
    }
    assert!(went > 500, "{went}");
}
