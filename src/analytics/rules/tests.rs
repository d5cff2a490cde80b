use super::*;
use nvds_analytics::Anchor;
use nvds_analytics::ground::Ground;
use nvds_analytics::layout::Length;
use nvds_analytics::rules::{Crowd, HeatMap, SECOND};

fn config(text: &str) -> Config {
    Document::parse(text, "text").unwrap().0.config()
}

fn error(text: &str) -> String {
    Document::parse(text, "text").unwrap_err().to_string()
}

#[test]
fn every_key_is_read() {
    let config = config(
        "track-timeout = 1.5\nwindow = 0.1\nhysteresis = '1%'\n[heat-map]\ncolumns = 8\nrows = 4\n\
         [zone.yard]\npoints = [[0, 0], ['50%', 0], [9, 9]]\ndwell = 10\ncrowd = 3\ncrowd-time = 0.5\n\
         classes = ['person', 7]\nsources = [1]\nanchor = 'centre'\n\
         [line.gate]\na = [1, 2]\nb = [3, 4]\n\
         [direction.north]\nfrom = [0, 100]\nto = [0, 0]\nangle = 30\nleast = 12\n\
         [stationary.parked]\ntime = 60\nradius = '2%'\n\
         [speed.road]\nmetres-per-pixel = 0.05\nlimit = '36 km/h'\n\
         [speed.hill]\nframe = [[400, 300], [880, 300], [1200, 700], [80, 700]]\n\
         ground = [[0, 40], [7, 40], [7, 0], [0, 0]]\nlimit = 5",
    );
    let rules = &config.rules;
    assert_eq!(rules.track_timeout, 1_500_000_000);
    assert_eq!(rules.window, 100_000_000, "to the nanosecond");
    assert_eq!(rules.hysteresis, Some(Length::Fraction(0.01)));
    assert_eq!(
        rules.heat_map,
        Some(HeatMap {
            columns: 8,
            rows: 4
        })
    );
    let zone = &rules.zones[0];
    assert_eq!(
        (zone.scope.name.as_str(), zone.scope.anchor),
        ("yard", Anchor::Centre)
    );
    assert_eq!((&zone.scope.sources[..], zone.points.len()), (&[1][..], 3));
    assert_eq!(zone.dwell, Some(10 * SECOND));
    let (objects, time) = (3, SECOND / 2);
    assert_eq!(zone.crowd, Some(Crowd { objects, time }));
    assert_eq!(config.filters.zones[0].classes.len(), 2);
    assert_eq!(config.filters.zones[0].place, "zone.yard");
    assert_eq!(rules.lines[0].b.y, Length::Pixels(4.0));
    let way = &rules.directions[0];
    assert_eq!((way.angle, way.least), (30.0, Length::Pixels(12.0)));
    assert_eq!(
        (rules.stationary[0].time, rules.stationary[0].radius),
        (60 * SECOND, Length::Fraction(0.02))
    );
    assert_eq!(rules.speeds[0].ground, Ground::Scale(0.05));
    assert!((rules.speeds[0].limit.unwrap() - 10.0).abs() < 1e-5);
    assert!(matches!(rules.speeds[1].ground, Ground::Pairs(..)));
    assert_eq!(rules.speeds[1].limit, Some(5.0));
}

#[test]
fn mistakes_are_told_with_line_and_key() {
    for (text, expected) in [
        (
            "[zone.a]\npoint = [[0, 0]]",
            "text: line 2: zone.a.point: unknown key, did you mean points?",
        ),
        (
            "[zon.a]",
            "text: line 1: zon: unknown key, did you mean zone?",
        ),
        (
            "[zone.a]\ndwell = 3",
            "text: line 1: zone.a: the key points is missing",
        ),
        (
            "[zone.a]\npoints = [[0, 0], [9, 0], [9, 9]]\ncrowd-time = 3",
            "crowd-time without crowd",
        ),
        (
            "[zone.a]\npoints = [[0, 0], [9, 0]]",
            "expected 3 to 64 points, found 2",
        ),
        (
            "[zone.a]\npoints = [[0, 0], [9, 0], [9, 9]]\ndwell = -1",
            "text: line 3: zone.a.dwell: expected a number from 0 to 86400, found the number -1",
        ),
        (
            "[line.a]\na = [9, 1]\nb = [9, 1]",
            "a and b are the same point",
        ),
        (
            "hysteresis = '100%'",
            "text: line 1: hysteresis: expected less than \"50%\" of the frame's height, as that is a strip on either side \
             of each line, found the string \"100%\"",
        ),
        ("[direction.a]\nfrom = [1, 1]", "the key to is missing"),
        ("[stationary.a]\nradius = 5", "the key time is missing"),
        (
            "[speed.a]\nlimit = 5",
            "expected either metres-per-pixel, or frame and ground",
        ),
        (
            "[speed.a]\nmetres-per-pixel = 0.1\nlimit = '5 knots'",
            "such as \"50 km/h\", found the string \"5 knots\"",
        ),
        (
            "[speed.a]\nframe = [[0, 0], [9, 0], [9, 9]]",
            "expected 4 points, found 3",
        ),
        (
            "[speed.a]\nframe = [[0, 0], [5, 0], [9, 0], [0, 9]]\nground = [[0, 0], [1, 0], [1, 1], [0, 1]]",
            "no three points may lie on a line",
        ),
        (
            "[heat-map]\ncolumns = 1000\nrows = 1000",
            "expected at most 65536 cells, found 1000000",
        ),
        (
            "heat-map = true",
            "expected a section [heat-map], found true",
        ),
        (
            "window = 0",
            "text: line 1: window: expected a number from 0.1 to 60",
        ),
        ("zone = 3", "expected sections such as [zone.NAME]"),
        (
            "[zone.'{a}']\npoints = [[0, 0], [9, 0], [9, 9]]",
            "expected a name without braces",
        ),
        (
            "window = 1\n[line.\"a\\u0000b\"]\na = [0, 0]\nb = [9, 9]",
            "text: line 2: line.\"a\\0b\": expected a name without control characters, found \"a\\0b\"",
        ),
        (
            "[zone.\"a\\u001b\"]\npoints = [[0, 0], [9, 0], [9, 9]]",
            "expected a name without control characters, found \"a\\u{1b}\"",
        ),
        (
            "[zone.a]\npoints = [[0, 0], [9, 0], [9, 9]]\nclasses = [\"a\\u0000b\"]",
            "text: line 3: zone.a.classes: \"a\\0b\" is no label: label files are read line by line; write \"a\"",
        ),
        (
            "[zone.a]\npoints = [[0, 0], [9, 0], [9, 9]]\nclasses = [\"a\\u0007\"]",
            "is no label: label files are read without control characters; write \"a\"",
        ),
        ("a = ", "text: line 1: "),
    ] {
        let error = error(text);
        assert!(error.contains(expected), "{text}\n{error}");
    }
    let long = "n".repeat(64);
    assert!(
        error(&format!("[line.{long}]\na = [0, 0]\nb = [9, 9]"))
            .contains("at most 63 bytes, found 64")
    );
}

#[test]
fn later_sections_take_the_place_of_those_of_their_name() {
    let read = |text| Document::parse(text, "text").unwrap().0;
    let mut document =
        read("window = 2\n[line.a]\na = [0, 0]\nb = [9, 9]\n[line.b]\na = [0, 0]\nb = [9, 9]");
    document.refine(read(
        "[line.a]\na = [5, 5]\nb = [9, 9]\nsources = [3]\n[line.c]\na = [0, 0]\nb = [9, 9]",
    ));
    let rules = document.config().rules;
    let names: Vec<_> = rules.lines.iter().map(|line| &*line.scope.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(
        (rules.lines[0].a.x, rules.window),
        (Length::Pixels(5.0), 2 * SECOND)
    );
}

#[test]
fn zones_and_lines_of_a_style_are_rules() {
    let style = "trace-timeout = 3\n[default]\nbox = 'corners'\n[zone.door]\npoints = [[0, 0], [9, 0], [9, 9]]\n\
                 color = '#f00'\nclasses = ['person']\n[line.gate]\na = [0, 0]\nb = [9, 9]\nlabel = ''\nanchor = 'centre'";
    let config = Document::of_style(style, "style").unwrap().0.config();
    assert_eq!(config.rules.zones[0].scope.name, "door");
    assert_eq!(config.filters.zones[0].classes.len(), 1);
    assert_eq!(config.rules.lines[0].scope.anchor, Anchor::Centre);
    assert_eq!(config.rules.track_timeout, 3 * SECOND);
    let error = Document::of_style("[zone.a]\ncolour = 1", "style")
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean color?"), "{error}");
}

/// A text that is all mistakes is told of in no time, by its first ones.
#[test]
fn mistakes_without_end_are_counted() {
    let text: String = (0..5_000).map(|i| format!("z{i} = 1\n")).collect();
    let began = std::time::Instant::now();
    let told = error(&text);
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 21);
    assert!(
        lines[19].starts_with("text: line 20: z19: unknown key"),
        "{}",
        lines[19]
    );
    assert_eq!(lines[20], "text: 4980 more mistakes");
}

#[test]
fn a_zone_along_one_line_is_refused_in_whatever_units() {
    for points in [
        "[['1%', 5], ['1%', '9%'], ['1%', 100]]",
        "[[5, '3%'], ['9%', '3%'], [70, '3%']]",
    ] {
        let told = error(&format!("[zone.a]\npoints = {points}"));
        assert!(
            told.contains("line 2: zone.a.points: the corners lie on one straight line"),
            "{told}"
        );
    }
}

#[test]
fn edges_of_a_zone_that_cross_are_noted() {
    let bow = "[zone.a]\npoints = [['10%', '10%'], ['90%', '90%'], ['90%', '10%'], ['10%', '90%']]";
    let told = "text: line 2: zone.a.points: the edge from corner 1 to 2 crosses the one from 3 to 4, so that part of the \
                zone is missing: write the corners in their order around it";
    assert_eq!(Document::parse(bow, "text").unwrap().1, [told]);
    assert_eq!(Document::of_style(bow, "text").unwrap().1, [told]);
    let square = "[zone.a]\npoints = [[0, 0], [9, 0], [9, 9], [0, 9]]";
    assert_eq!(Document::parse(square, "text").unwrap().1, [""; 0]);
}
