//! Rules on made-up objects, and recorded answers of the public source.
//!
//! `tests/data/analytics` has what nvds_analytics of DeepStream 9.1, compiled from its public source, said of objects that
//! were drawn by lot. Lines: `size` of configuration and frames, and the window; `roi`, `oc`, `lc`, `dir` with label, enable,
//! what the group says, classes and numbers, each list after its length; `frame` with its time; `obj` with box, id and class,
//! and behind `=>` status, areas, crowds, lines, direction; the counts of classes; counts of all rules that are on.

use std::fmt::Write as _;
use std::path::Path;

use super::*;
use crate::dsanalytics::geometry::Point;
use crate::dsanalytics::rules::{Classes, Crowd, Roi};

/// Words of a line, read one by one.
struct Words<'a>(std::str::SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn word(&mut self) -> &'a str {
        self.0.next().unwrap()
    }

    fn number<T: std::str::FromStr<Err: std::fmt::Debug>>(&mut self) -> T {
        self.word().parse().unwrap()
    }

    fn flag(&mut self) -> bool {
        self.word() == "1"
    }

    fn list(&mut self) -> Vec<i32> {
        (0..self.number()).map(|_| self.number()).collect()
    }

    fn points(&mut self) -> Vec<Point> {
        self.list()
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[x, y]| (*x, *y))
            .collect()
    }

    fn classes(&mut self) -> Classes {
        Classes(self.list())
    }

    fn mode(&mut self) -> Mode {
        match self.word() {
            "loose" => Mode::Loose,
            "balanced" => Mode::Balanced,
            _ => Mode::Strict,
        }
    }

    fn seen(&mut self) -> Seen {
        Seen {
            pixels: Pixels {
                left: self.number(),
                top: self.number(),
                width: self.number(),
                height: self.number(),
            },
            id: self.number(),
            class: self.number(),
        }
    }
}

/// Adds a line of a recording to the rules.
fn add_rule(rules: &mut Rules, line: &str) {
    let mut words = Words(line.split_whitespace());
    let kind = words.word();
    let (label, enable): (Arc<str>, _) = (words.word().into(), words.flag());
    match kind {
        "roi" => rules.rois.push(Roi {
            label,
            enable,
            inverse: words.flag(),
            classes: words.classes(),
            corners: words.points(),
        }),
        "oc" => rules.crowds.push(Crowd {
            label,
            enable,
            threshold: words.number(),
            classes: words.classes(),
            corners: words.points(),
        }),
        "lc" => rules.crossings.push(Crossing {
            label,
            enable,
            extended: words.flag(),
            mode: words.mode(),
            classes: words.classes(),
            points: words.points().try_into().unwrap(),
        }),
        "dir" => {
            let classes = words.classes();
            let points = words.points();
            rules.headings.push(Heading {
                label,
                enable,
                from: points[0],
                to: points[1],
                classes,
            });
        }
        other => panic!("{other}"),
    }
}

/// What a recording has of a frame.
fn told(source: &Source, frame: &str, objects: &[&str], told: &(Vec<Verdict>, Totals)) -> String {
    let (verdicts, totals) = told;
    let mut text = format!("{frame}\n");
    let list = |labels: &[Arc<str>]| labels.iter().map(|l| format!("{l},")).collect::<String>();
    for (object, verdict) in objects.iter().zip(verdicts) {
        writeln!(
            text,
            "{object} =>{}|{}|{}|{}|{}",
            verdict.status,
            list(&verdict.rois),
            list(&verdict.crowds),
            list(&verdict.crossings),
            verdict.direction
        )
        .unwrap();
    }
    text += "counts";
    for (class, count) in totals.classes.iter() {
        write!(text, " {class}={count}").unwrap();
    }
    text += "\nrules";
    for roi in source.rules.rois.iter().filter(|roi| roi.enable) {
        let count = totals.in_roi.get(&roi.label).copied().unwrap_or(0);
        write!(text, " {}={count}", roi.label).unwrap();
    }
    for crowd in source.rules.crowds.iter().filter(|crowd| crowd.enable) {
        let (count, is_crowd) = totals.crowds.get(&crowd.label).copied().unwrap_or_default();
        write!(text, " {}={count},{}", crowd.label, u8::from(is_crowd)).unwrap();
    }
    for line in source.rules.crossings.iter().filter(|line| line.enable) {
        let now = totals.crossings.get(&line.label).copied().unwrap_or(0);
        let ever = source.crossings.get(&line.label).copied().unwrap_or(0);
        write!(text, " {}={now},{ever}", line.label).unwrap();
    }
    text + "\n"
}

/// Plays a recording; the first frame that is otherwise, as expected and as found.
fn difference(recording: &str) -> Option<(String, String)> {
    let starts = |line: &&str, start: &str| line.split(' ').next() == Some(start);
    let mut size = Words(recording.lines().next().unwrap().split_whitespace());
    assert_eq!(size.word(), "size");
    let configured = (size.number(), size.number());
    let frames = (size.number(), size.number());
    let window = size.number();
    let mut rules = Rules::default();
    let lines: Vec<_> = recording.lines().skip(1).collect();
    let first = lines.iter().position(|line| starts(line, "frame")).unwrap();
    lines[..first]
        .iter()
        .for_each(|line| add_rule(&mut rules, line));
    let mut source = Source::new(Arc::new(rules), configured, window);
    source.resize(frames);
    let mut rest = &lines[first..];
    while let Some((frame, more)) = rest.split_first() {
        let end = more
            .iter()
            .position(|line| starts(line, "frame"))
            .unwrap_or(more.len());
        let expected = rest[..=end].join("\n") + "\n";
        let objects: Vec<_> = more[..end]
            .iter()
            .filter(|line| starts(line, "obj"))
            .map(|line| line.split(" =>").next().unwrap())
            .collect();
        let seen: Vec<_> = objects
            .iter()
            .map(|object| Words(object[4..].split_whitespace()).seen())
            .collect();
        let time = Words(frame[6..].split_whitespace()).number();
        let (verdicts, totals, _) = source.look(&seen, time);
        let found = told(&source, frame, &objects, &(verdicts, totals));
        if expected != found {
            return Some((expected, found));
        }
        rest = &more[end..];
    }
    None
}

#[test]
fn the_public_source_says_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/analytics");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "txt") {
            continue;
        }
        let recording = std::fs::read_to_string(&path).unwrap();
        if let Some((expected, found)) = difference(&recording) {
            panic!("{}\nexpected {expected}\nfound {found}", path.display());
        }
        count += 1;
    }
    assert!(count >= 4, "{count} recordings");
}

/// A source with a line across the frame, crossed from left to right.
fn with_line() -> Source {
    let mut rules = Rules::default();
    add_rule(
        &mut rules,
        "lc Exit 1 1 loose 0 8 100 200 300 200 200 0 200 400",
    );
    add_rule(&mut rules, "dir East 1 0 4 0 0 100 0");
    Source::new(Arc::new(rules), (640, 480), 0)
}

/// A box of 20 x 40 pixels whose middle is there.
fn at(x: i32, id: u64) -> Seen {
    Seen {
        pixels: Pixels {
            left: (x - 10).cast_unsigned(),
            top: 180,
            width: 20,
            height: 40,
        },
        class: 0,
        id,
    }
}

/// Lets an object go right, and counts what is said of it.
fn walk(source: &mut Source, id: u64, from: u64) -> (usize, usize, usize) {
    let mut said = (0, 0, 0);
    for step in 0..30 {
        let seen = [at(100 + 10 * step as i32, id)];
        let (verdicts, _, off) = source.look(&seen, (from + step) * 33_000_000);
        said.0 += verdicts[0].crossings.len();
        said.1 += usize::from(!verdicts[0].direction.is_empty());
        said.2 += usize::from(off);
    }
    said
}

#[test]
fn an_object_crosses_a_line_once() {
    let mut source = with_line();
    assert_eq!(walk(&mut source, 7, 0), (1, 20, 0));
    assert_eq!(walk(&mut source, 7, 30).0, 0, "it has crossed");
    assert_eq!(walk(&mut source, 8, 60).0, 1);
    assert_eq!(source.crossings["Exit"], 2);
}

#[test]
fn what_is_forgotten_may_cross_again_and_counts_go_on() {
    let mut source = with_line();
    walk(&mut source, 7, 0);
    source.forget();
    assert_eq!(walk(&mut source, 7, 0).0, 1);
    assert_eq!(source.crossings["Exit"], 2);
}

#[test]
fn an_object_without_an_id_ends_directions_and_lines() {
    let mut source = with_line();
    // The first frame still counts, on which nothing has moved yet.
    assert_eq!(walk(&mut source, nvds::UNTRACKED_OBJECT_ID, 0), (0, 0, 1));
    assert_eq!(walk(&mut source, 7, 30), (0, 0, 0), "for all objects");
    source.forget();
    assert_eq!(walk(&mut source, 7, 60).0, 1);
}

#[test]
fn another_size_of_frames_moves_the_rules() {
    let mut source = with_line();
    source.resize((320, 240));
    assert_eq!(source.rules.crossings[0].points[3], (100, 200));
    source.resize((640, 480));
    assert_eq!(source.rules.crossings[0].points[3], (200, 400));
}
