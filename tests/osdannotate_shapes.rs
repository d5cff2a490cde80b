//! What rsosdannotate draws beside boxes and labels, as pixels of the stand-in nvdsosd: shapes, traces, zones, lines
//! and what is hidden.

mod common;
mod drawn;

#[path = "../examples/gallery/page.rs"]
mod page;

use std::path::Path;

use drawn::*;
use gst::prelude::*;

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLACK: [u8; 3] = [0, 0, 0];

/// One frame with one object at 100,80 of 60x100 pixels.
fn one(style: &str) -> Picture {
    let frames = [inferred(&[person(1, [100.0, 80.0, 60.0, 100.0])])];
    draw(style, &frames).remove(0)
}

/// Frames in which an object of 20x20 pixels walks; its centre is in the points.
fn walk(points: &[(f32, f32)]) -> Vec<Input> {
    points
        .iter()
        .map(|(x, y)| inferred(&[person(7, [x - 10.0, y - 10.0, 20.0, 20.0])]))
        .collect()
}

#[test]
fn corners_are_drawn_where_the_border_would_be() {
    let style = "[default]\nbox = 'corners'\nborder-width = 3\nborder-color = '#f00'";
    let picture = one(style);
    // A border of 3 covers the pixels beside each edge; arms are a quarter of 60.
    for (x, y) in [
        (100, 80),
        (99, 79),
        (101, 81),
        (114, 80),
        (100, 94),
        (160, 180),
        (146, 180),
    ] {
        assert_eq!(picture.at(x, y), RED, "{x},{y}");
    }
    for (x, y) in [
        (130, 80),
        (100, 130),
        (160, 130),
        (130, 180),
        (102, 82),
        (98, 80),
        (130, 130),
    ] {
        assert_eq!(picture.at(x, y), GREY, "{x},{y}");
    }
}

#[test]
fn a_dot_fills_the_middle() {
    let picture = one("[default]\ndot = 5\nshape-color = '#0f0'");
    for (x, y) in [(130, 130), (134, 130), (130, 126), (133, 133)] {
        assert_eq!(picture.at(x, y), GREEN, "{x},{y}");
    }
    for (x, y) in [(138, 130), (130, 121), (136, 136)] {
        assert_eq!(picture.at(x, y), GREY, "{x},{y}");
    }
}

#[test]
fn a_cross_marks_the_middle() {
    let picture = one("[default]\ncentre-cross = 10\nshape-color = '#0f0'\nshape-width = 1");
    for (x, y) in [(130, 130), (121, 130), (139, 130), (130, 121), (130, 139)] {
        assert_eq!(picture.at(x, y), GREEN, "{x},{y}");
    }
    for (x, y) in [(117, 130), (130, 143), (125, 125)] {
        assert_eq!(picture.at(x, y), GREY, "{x},{y}");
    }
}

#[test]
fn a_circle_stands_around_the_foot() {
    let picture = one("[default]\nfoot-circle = 20\nshape-color = '#0f0'\nshape-width = 3");
    for (x, y) in [(150, 180), (110, 180), (130, 160), (130, 200)] {
        assert_eq!(picture.at(x, y), GREEN, "{x},{y}");
    }
    assert_eq!(picture.at(130, 180), GREY);
    let boxed = one("[default]\nfoot-circle = true\nshape-color = '#0f0'\nshape-width = 3");
    assert_eq!(boxed.at(160, 180), GREEN);
}

#[test]
fn a_trace_follows_its_track() {
    let style = "[default]\ntrace = 10\nshape-color = '#0f0'\nshape-width = 3";
    // To the right, then down.
    let mut points: Vec<_> = (0..10).map(|i| (40.0 + 10.0 * i as f32, 50.0)).collect();
    points.extend((1..6).map(|i| (130.0, 50.0 + 10.0 * i as f32)));
    let pictures = draw(style, &walk(&points));
    let last = pictures.last().unwrap();
    for (x, y) in [(92, 50), (120, 50), (130, 70), (130, 99)] {
        assert_eq!(last.at(x, y), GREEN, "{x},{y}");
    }
    // Ten positions: the first five are gone.
    for (x, y) in [(80, 50), (45, 50), (130, 106), (100, 70)] {
        assert_eq!(last.at(x, y), GREY, "{x},{y}");
    }
    let all = |picture: &Picture| picture.count(0..WIDTH, 0..HEIGHT, GREY);
    assert_eq!(
        all(&pictures[0]),
        (WIDTH * HEIGHT) as usize,
        "one position is no trace"
    );
}

#[test]
fn objects_without_a_track_have_no_trace() {
    let style = "[default]\ntrace = 10\nmotion-arrow = 10\nshape-color = '#0f0'\nshape-width = 3";
    let mut frames = walk(&[(40.0, 50.0), (80.0, 50.0), (120.0, 50.0)]);
    for frame in &mut frames {
        frame.objects[0].track = None;
    }
    let last = draw(style, &frames).remove(2);
    assert_eq!(
        last.count(0..WIDTH, 0..HEIGHT, GREY),
        (WIDTH * HEIGHT) as usize
    );
}

#[test]
fn an_arrow_shows_where_an_object_will_be() {
    let style = "[default]\nmotion-arrow = 10\nshape-color = '#0f0'\nshape-width = 3";
    let last = draw(style, &walk(&[(40.0, 50.0), (44.0, 50.0), (48.0, 50.0)])).remove(2);
    // 4 pixels a frame: 40 pixels ahead.
    for (x, y) in [(50, 50), (70, 50), (88, 50)] {
        assert_eq!(last.at(x, y), GREEN, "{x},{y}");
    }
    assert!(
        last.count(74..84, 40..49, GREEN) > 5,
        "the head's upper stroke"
    );
    assert!(
        last.count(74..84, 52..61, GREEN) > 5,
        "the head's lower stroke"
    );
    assert_eq!(last.at(44, 50), GREY);
    assert_eq!(last.at(95, 50), GREY);
    let still = draw(style, &walk(&[(40.0, 50.0); 3])).remove(2);
    assert_eq!(
        still.count(0..WIDTH, 0..HEIGHT, GREY),
        (WIDTH * HEIGHT) as usize
    );
}

#[test]
fn zones_and_lines_are_drawn() {
    let style = "
        [zone.door]
        points = [[40, 40], ['50%', 40], [160, 200], [40, 200]]
        color = '#0f0'
        width = 3
        label = ''
        [line.gate]
        a = [200, 100]
        b = [300, 100]
        color = '#f00'
        width = 3
        label = ''";
    let picture = draw(style, &[inferred(&[])]).remove(0);
    for (x, y) in [(40, 40), (100, 40), (160, 120), (40, 199)] {
        assert_eq!(picture.at(x, y), GREEN, "{x},{y}");
    }
    for (x, y) in [(200, 100), (230, 100), (299, 100)] {
        assert_eq!(picture.at(x, y), RED, "{x},{y}");
    }
    // The arrow of the line points to its right, down here.
    assert_eq!(picture.at(250, 115), RED);
    assert_eq!(picture.at(250, 90), GREY);
    assert_eq!(picture.at(100, 120), GREY);
}

const REDACT: &str = "
    redact-hold = 3
    redact-growth = 2
    [class.person]
    redact = true
    redact-margin = 0.1
    redact-color = '#000'";

#[test]
fn what_is_redacted_is_covered_to_the_last_pixel() {
    let at = [100.5, 80.0, 60.0, 100.0];
    let car = Put {
        label: "car",
        class_id: 2,
        ..person(9, [10.0, 10.0, 30.0, 30.0])
    };
    let frames = [
        inferred(&[person(1, at), car]),
        skipped(&[]),
        skipped(&[]),
        skipped(&[]),
        skipped(&[]),
        inferred(&[]),
    ];
    for osd in ["", "process-mode=MODE_CPU"] {
        let setup = Setup {
            osd,
            ..Setup::default()
        };
        let pictures = draw_with(REDACT, &frames, setup);
        for (n, picture) in pictures[..4].iter().enumerate() {
            // A tenth on each side, and 2 pixels more with every skipped frame.
            let n = 2 * n as u32;
            let (left, right) = (94 - n, 167 + n);
            let (top, bottom) = (70 - n, 190 + n);
            let area = ((right - left) * (bottom - top)) as usize;
            assert_eq!(
                picture.count(left..right, top..bottom, BLACK),
                area,
                "{osd} {n}"
            );
            assert_eq!(picture.at(right + 2, 100), GREY, "{osd} {n}");
            assert_eq!(picture.at(100, top - 3), GREY, "{osd} {n}");
            assert_eq!(picture.at(20, 20), GREY, "cars are not redacted");
        }
        for picture in &pictures[4..] {
            assert_eq!(picture.count(0..WIDTH, 0..HEIGHT, BLACK), 0, "{osd}");
        }
    }
}

#[test]
fn the_whole_frame_is_covered_while_nothing_is_known() {
    let style = format!("redact-when-unknown = 'frame'\n{REDACT}");
    let frames = [
        skipped(&[]),
        inferred(&[person(1, [100.0, 80.0, 60.0, 100.0])]),
        skipped(&[]),
        skipped(&[]),
        skipped(&[]),
        skipped(&[]),
        inferred(&[]),
    ];
    for (osd, size) in [
        ("", (WIDTH, HEIGHT)),
        ("process-mode=MODE_CPU", (WIDTH, HEIGHT)),
        ("", (318, 202)),
    ] {
        let pictures = draw_with(&style, &frames, Setup { osd, size });
        let black: Vec<_> = pictures
            .iter()
            .map(|p| p.count(0..size.0, 0..size.1, BLACK) == (size.0 * size.1) as usize)
            .collect();
        assert_eq!(
            black,
            [true, false, false, false, false, true, false],
            "{osd}"
        );
        assert_eq!(pictures[6].count(0..size.0, 0..size.1, BLACK), 0);
    }
}

#[test]
fn boxes_at_the_frames_edges_are_covered_to_the_edge() {
    let frames = [inferred(&[
        person(1, [-20.0, -20.0, 40.0, 40.0]),
        person(2, [300.0, 220.0, 40.0, 40.0]),
    ])];
    for osd in ["", "process-mode=MODE_CPU"] {
        let setup = Setup {
            osd,
            ..Setup::default()
        };
        let picture = draw_with(REDACT, &frames, setup).remove(0);
        assert_eq!(picture.count(0..24, 0..24, BLACK), 24 * 24, "{osd}");
        assert_eq!(picture.count(296..320, 216..240, BLACK), 24 * 24, "{osd}");
    }
}

/// nvdsosd draws texts above all boxes: a label of a redacted object is still read.
#[test]
fn labels_stay_readable_above_a_covering() {
    let object = Put {
        text: Some("MMMM"),
        ..person(1, [100.0, 80.0, 120.0, 100.0])
    };
    let picture = draw(REDACT, &[inferred(&[object])]).remove(0);
    assert!(picture.count(100..220, 80..120, [255, 255, 255]) > 50);
}

/// Shapes end at the frame's edge, and nothing beyond it stops the pipeline.
#[test]
fn shapes_beyond_the_frame_are_cut() {
    let style = "
        redact-when-unknown = 'frame'
        [default]
        box = 'corners'
        border-width = 32
        border-color = '#f00'
        dot = 1000
        centre-cross = 1000
        foot-circle = true
        motion-arrow = 1000
        trace = 256
        shape-width = 32
        shape-color = '#0f0'
        [class.9]
        redact = true";
    let far = f32::MAX;
    let rects = [
        [-500.0, -500.0, 100.0, 100.0],
        [-50.0, -50.0, 100.0, 100.0],
        [319.0, 239.0, 500.0, 500.0],
        [1e9, 1e9, 1e9, 1e9],
        [-far, -far, far, far],
        [f32::NAN, 0.0, f32::INFINITY, 5.0],
        [50.0, 50.0, -40.0, -40.0],
        [50.0, 50.0, 0.0, 0.0],
    ];
    let frames: Vec<_> = (0..6)
        .map(|n| {
            let objects: Vec<_> = rects
                .iter()
                .enumerate()
                .map(|(id, [left, top, width, height])| {
                    let moved = left + 20.0 * n as f32;
                    person(id as u64, [moved, *top, *width, *height])
                })
                .collect();
            inferred(&objects)
        })
        .collect();
    for osd in ["", "process-mode=MODE_CPU"] {
        let setup = Setup {
            osd,
            ..Setup::default()
        };
        assert_eq!(draw_with(style, &frames, setup).len(), 6);
    }
}

/// docs/gallery.md shows styles as they are and the pictures that they made.
#[test]
fn the_gallery_shows_valid_styles_and_has_its_pictures() {
    drawn::init();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let text = std::fs::read_to_string(docs.join("gallery.md")).unwrap();
    let pictures = page::read(&text).unwrap();
    assert!(pictures.len() >= 22);
    for picture in &pictures {
        let element = gst::ElementFactory::make("rsosdannotate")
            .property("style", &picture.style)
            .build()
            .unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let ready = element.set_state(gst::State::Paused);
        let messages: Vec<_> = std::iter::from_fn(|| {
            bus.pop_filtered(&[gst::MessageType::Warning, gst::MessageType::Error])
        })
        .collect();
        assert!(
            ready.is_ok() && messages.is_empty(),
            "{}: {messages:?}",
            picture.name
        );
        element.set_state(gst::State::Null).unwrap();
        element.set_bus(None);
        let file = docs
            .join("gallery")
            .join(&picture.name)
            .with_extension("jpg");
        let size = std::fs::metadata(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert!(
            (1..60_000).contains(&size.len()),
            "{}: {} bytes",
            file.display(),
            size.len()
        );
    }
    for there in std::fs::read_dir(docs.join("gallery")).unwrap() {
        let name = there.unwrap().file_name().into_string().unwrap();
        assert!(
            text.contains(&format!("gallery/{name})")),
            "{name} is not shown"
        );
    }
}
