use std::path::Path;

use super::super::rules::{Crossing, Mode};
use super::*;
use crate::infer::types::NoteLevel;

/// The keys that a file must have.
const HEAD: &str = "[property]\nenable=1\nconfig-width=1920\nconfig-height=1080\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("analytics.txt"))
}

/// Remarks of a kind.
fn notes(config: &Config, level: NoteLevel) -> Vec<String> {
    let notes = config.notes.iter().filter(|note| note.level == level);
    notes.map(|note| note.text.to_string()).collect()
}

/// All keys, as in files that are in use.
const WHOLE: &str = "\
[property]
enable=0
config-width=1280
config-height=720
osd-mode=1
display-font-size=20
obj-cnt-win-in-ms=500
display-obj-cnt=1
# comment

[roi-filtering-stream-2]
enable=1
inverse-roi=1
class-id=0;2;
roi-RF=295;643;579;634;642;913;56;828;
roi-Two=0;0;10;0;10;10
[overcrowding-stream-2]
enable=1
roi-OC=1;2;3;4;5;6
object-threshold=3
time-threshold=500
class-id=-1
[line-crossing-stream-0]
enable=1
line-crossing-Exit=789;672;1084;900;851;773;1203;732
extended=0
mode=strict
[direction-detection-stream-0]
enable=1
direction-South=284;840;360;662;
class-id=0
";

#[test]
fn all_keys_are_read() {
    let config = parse(WHOLE).unwrap();
    assert_eq!(config.enable, Some(false));
    assert_eq!(
        (config.size, config.osd_mode),
        ((1280, 720), OsdMode::Labels)
    );
    assert_eq!((config.font_size, config.window), (20, 500));
    assert!(config.show_counts);
    let rules = &config.streams[&2];
    let labels: Vec<_> = rules.rois.iter().map(|roi| &*roi.label).collect();
    assert_eq!(labels, ["RF", "Two"]);
    let roi = &rules.rois[0];
    assert_eq!(roi.corners, [(295, 643), (579, 634), (642, 913), (56, 828)]);
    assert!(roi.enable && roi.inverse && !roi.classes.have(1) && roi.classes.have(2));
    assert_eq!(
        (rules.crowds[0].threshold, &*rules.crowds[0].label),
        (3, "OC")
    );
    let rules = &config.streams[&0];
    let Crossing {
        extended,
        mode,
        points,
        ..
    } = &rules.crossings[0];
    assert_eq!((*extended, *mode), (false, Mode::Strict));
    assert_eq!(*points, [(789, 672), (1084, 900), (851, 773), (1203, 732)]);
    assert_eq!(
        (rules.headings[0].from, rules.headings[0].to),
        ((284, 840), (360, 662))
    );
    assert_eq!(notes(&config, NoteLevel::Warning), [""; 0]);
    let infos = notes(&config, NoteLevel::Info);
    assert!(
        infos[0].starts_with("analytics.txt:21: time-threshold: has no effect"),
        "{infos:?}"
    );
}

#[test]
fn defaults_are_the_stock_elements() {
    let text = format!(
        "{HEAD}[overcrowding-stream-0]\nroi-A=0;0;1;0;1;1\n[line-crossing-stream-1]\nenable=1\n\
         line-crossing-L=0;0;9;0;5;0;5;9\n[direction-detection-stream-1]\nenable=1\ndirection-D=0;0;1;1"
    );
    let config = parse(&text).unwrap();
    assert_eq!(
        (config.osd_mode, config.font_size),
        (OsdMode::Everything, 12)
    );
    assert_eq!((config.window, config.show_counts), (0, false));
    let crowd = &config.streams[&0].crowds[0];
    assert!(!crowd.enable && crowd.threshold == 1 && crowd.classes.have(9));
    let line = &config.streams[&1].crossings[0];
    assert!(line.extended && line.mode == Mode::Loose);
    let told = notes(&config, NoteLevel::Warning);
    assert_eq!(
        told,
        ["analytics.txt:5: [overcrowding-stream-0] is off, since it has no enable=1"]
    );
}

#[test]
fn yaml_has_the_same_keys() {
    let text = "property:\n  enable: 1\n  osd-mode: 0\nroi-filtering-stream-0:\n  enable: 1\n  roi-RF: 1;2;30;4;5;60\n  class-id: -1\n";
    let config = Config::parse(text, Path::new("analytics.yml")).unwrap();
    assert_eq!((config.size, config.osd_mode), ((1920, 1080), OsdMode::Off));
    assert_eq!(
        config.streams[&0].rois[0].corners,
        [(1, 2), (30, 4), (5, 60)]
    );
    let error = Config::parse(
        "property:\n  enable: 1\n  osd-mode: 7\n",
        Path::new("a.yaml"),
    );
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("a.yaml:3: osd-mode: expected 0"),
        "{error}"
    );
}

#[test]
fn mistakes_are_named_with_their_line() {
    let area = "enable=1\nroi-A=0;0;1;0;1;1\n";
    for (text, expected) in [
        ("", "analytics.txt: expected a group [property], found none"),
        (
            "[property]\nenable=1\nconfig-width=5\n",
            "analytics.txt:1: expected config-height in [property]",
        ),
        (
            "[property]\nenable=yes\nconfig-width=5\nconfig-height=5\n",
            "analytics.txt:2: enable: expected 0 or 1",
        ),
        (
            "[property]\nenable=1\nconfig-width=0\nconfig-height=5\n",
            "analytics.txt:3: config-width: expected pixels from 1 on, found 0",
        ),
        (
            &format!("{HEAD}osd-mode=3\n"),
            "analytics.txt:5: osd-mode: expected 0 (nothing), 1",
        ),
        (
            &format!("{HEAD}obj-cnt-win-in-ms=0\n"),
            "analytics.txt:5: obj-cnt-win-in-ms: expected milliseconds of 1 to 1000000000, found 0",
        ),
        (
            &format!("{HEAD}display-font-size=-4\n"),
            "analytics.txt:5: display-font-size: expected an integer of 0 or more",
        ),
        (
            &format!("{HEAD}[roi-filtering-stream-0]\nenable=1\n"),
            "analytics.txt:5: expected a key roi-LABEL in [roi-filtering-stream-0], found none",
        ),
        (
            &format!("{HEAD}[roi-filtering-stream-x]\n{area}"),
            "analytics.txt:5: expected the number of a source at the end, as in [roi-filtering-stream-0]",
        ),
        (
            &format!("{HEAD}[overcrowding-stream-0]\nenable=1\nroi-A=0;0;1;0;1\n"),
            "analytics.txt:7: roi-A: expected x;y of three corners or more, found 5 numbers",
        ),
        (
            &format!("{HEAD}[overcrowding-stream-0]\nenable=1\nroi-A=0;0;1;0;1;-1\n"),
            "analytics.txt:7: roi-A: expected pixels from 0 on, found -1",
        ),
        (
            &format!("{HEAD}[overcrowding-stream-0]\nenable=1\nroi-A=0;0;1;0;1;b\n"),
            "analytics.txt:7: roi-A: expected integers separated by ';', found",
        ),
        (
            &format!("{HEAD}[line-crossing-stream-0]\nenable=1\nline-crossing-A=0;0;1;0\n"),
            "analytics.txt:7: line-crossing-A: expected 8 numbers, x;y of the arrow's tail and tip and of the line's two ends, found 4",
        ),
        (
            &format!("{HEAD}[direction-detection-stream-0]\nenable=1\ndirection-A=0;0;1\n"),
            "analytics.txt:7: direction-A: expected 4 numbers",
        ),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\nexpected {expected}");
    }
}

#[test]
fn what_stock_passes_over_is_warned_of() {
    for (lines, expected) in [
        (
            "osdmode=1\n",
            "analytics.txt:5: unknown key osdmode in [property]; did you mean osd-mode?",
        ),
        (
            "[roi-filtring-stream-0]\na=1\n",
            "analytics.txt:5: group [roi-filtring-stream-0] has no effect; did you mean roi-filtering-stream-?",
        ),
        (
            "[roi-filtering-stream-0]\nenable=1\nroi-A=0;0;1;0;1;1\ninverse_roi=1\n",
            "analytics.txt:8: unknown key inverse_roi in [roi-filtering-stream-0]; did you mean inverse-roi?",
        ),
        (
            "[roi-filtering-stream-0b]\nenable=1\nroi-A=0;0;1;0;1;1\n",
            "analytics.txt:5: [roi-filtering-stream-0b] is taken for [roi-filtering-stream-0]",
        ),
        (
            "[line-crossing-stream-0]\nenable=1\nline-crossing-A=0;0;9;0;5;0;5;9\nmode=fast\n",
            "analytics.txt:8: mode: expected loose, balanced or strict, found fast: loose is taken",
        ),
        (
            "[line-crossing-stream-0]\nenable=1\nline-crossing-A=0;0;9;0;5;0;5;9;7\n",
            "analytics.txt:7: line-crossing-A: expected 8 numbers, x;y of the arrow's tail and tip and of the line's two ends, found 9: the first 8 count",
        ),
        (
            "[line-crossing-stream-0]\nenable=1\nline-crossing-A=0;0;9;0;5;5;5;5\n",
            "analytics.txt:7: line-crossing-A: the line has no length",
        ),
        (
            "[line-crossing-stream-0]\nenable=1\nline-crossing-A=3;3;3;3;5;0;5;9\n",
            "analytics.txt:7: line-crossing-A: the arrow has no length",
        ),
        (
            "[line-crossing-stream-0]\nenable=1\nline-crossing-A=0;0;3;3;5;5;9;9\n",
            "analytics.txt:7: line-crossing-A: the arrow is along the line",
        ),
        (
            "[direction-detection-stream-0]\nenable=1\ndirection-A=3;3;3;3\n",
            "analytics.txt:7: direction-A: the arrow has no length",
        ),
    ] {
        let told = notes(
            &parse(&format!("{HEAD}{lines}")).unwrap(),
            NoteLevel::Warning,
        );
        assert!(
            told.len() == 1 && told[0].starts_with(expected),
            "{told:?}\nexpected {expected}"
        );
    }
}

#[test]
fn groups_of_one_source_come_together() {
    let area = "enable=1\nroi-A=0;0;1;0;1;1\n";
    let text = format!("{HEAD}[roi-filtering-stream-0]\n{area}[roi-filtering-stream-00]\n{area}");
    assert_eq!(parse(&text).unwrap().streams[&0].rois.len(), 2);
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_much(
        lines in proptest::collection::vec("(roi|line-crossing|direction|mode|class-id)?-?[a-b]?=[0-9;-]{0,30}", 0..8),
        group in "(roi-filtering|overcrowding|line-crossing|direction-detection)-stream-[0-9]{0,12}",
    ) {
        parse(&format!("{HEAD}[{group}]\nenable=1\n{}", lines.join("\n"))).ok();
    }
}
