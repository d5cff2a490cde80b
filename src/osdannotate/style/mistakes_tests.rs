//! Texts that are no styles, or not quite.

use super::sections::Resolver;
use super::*;

fn errors(text: &str) -> Vec<String> {
    match Document::parse(text, "style") {
        Ok(_) => panic!("no error in {text}"),
        Err(StyleError(errors)) => errors,
    }
}

#[test]
fn what_nvdsosd_does_not_draw_is_lowered_and_told() {
    let (document, notes) = Document::parse(
        "[default]\nborder-width = 40\nfont-size = 300\nshape-width = 33",
        "style",
    )
    .unwrap();
    assert_eq!(
        notes,
        [
            "style: line 2: default.border-width: 40 is drawn as 32, nvdsosd's limit",
            "style: line 3: default.font-size: 300 is drawn as 200, nvdsosd's limit",
            "style: line 4: default.shape-width: 33 is drawn as 32, nvdsosd's limit",
        ]
    );
    let mut resolver = Resolver::new(&document.sections);
    let number = resolver.resolve(resolver.matches(0, "", 0, 0));
    let style = resolver.style(number);
    assert_eq!(
        (style.border_width, style.font_size, style.shapes.width),
        (Some(32), Some(200), 32)
    );
}

#[test]
fn what_nvdsosd_just_draws_is_not_told() {
    let text = "[default]\nborder-width = 32\nfont-size = 200\nshape-width = 32";
    let (_, notes) = Document::parse(text, "style").unwrap();
    assert_eq!(notes, [""; 0]);
}

/// One point may be near the corner, where several would be all within a pixel.
#[test]
fn a_text_may_stand_in_the_first_pixel() {
    for place in ["[0, 0]", "[1, 1]", "[0, 1]"] {
        let text = format!("[[frame.text]]\nposition = {place}\ntemplate = 'a'");
        assert!(Document::parse(&text, "style").is_ok(), "{place}");
    }
    assert!(errors("[[frame.text]]\nposition = [0.5, 1]")[0].contains("\"50%\" for 0.5"));
}

#[test]
fn mistakes_are_told_with_line_and_key() {
    for (text, expected) in [
        (
            "\n\n[default]\nborder-widht = 3",
            "line 4: default.border-widht: unknown key, did you mean border-width?",
        ),
        (
            "[default]\nxyz = 3",
            "line 2: default.xyz: unknown key; known are hide, min-confidence,",
        ),
        (
            "[clas.car]",
            "line 1: clas: unknown key, did you mean class?",
        ),
        (
            "class.'a b'.dto = 1",
            "line 1: class.\"a b\".dto: unknown key, did you mean dot?",
        ),
        (
            "[default]\nhide = 1",
            "line 2: default.hide: expected true or false, found the number 1",
        ),
        (
            "[default]\nmin-confidence = 50",
            "expected a number from 0 to 1, found the number 50",
        ),
        (
            "[default]\nmin-confidence = nan",
            "expected a number from 0 to 1",
        ),
        (
            "[default]\nbox = 'round'",
            "expected \"full\" or \"corners\" or \"none\", found the string \"round\"",
        ),
        (
            "[default]\nborder-width = -1",
            "expected a whole number from 0 to 32, found the number -1",
        ),
        (
            "[default]\nborder-width = 99999999999999999999",
            "found the number 99999999999999999999",
        ),
        ("[default]\nborder-width = 1.5", "expected a whole number"),
        (
            "[default]\nborder-color = 'red'",
            "\"red\" is not a colour: expected #rgb, #rgba, #rrggbb, #rrggbbaa or none, palette",
        ),
        ("[default]\nfill = 'palette/2'", "with an alpha from 0 to 1"),
        (
            "[default]\nfill = 'contrast'",
            "\"contrast\" is not a colour",
        ),
        (
            "[default]\nlabel = '{lable}'",
            "line 2: default.label: unknown field {lable} at character 1; known are {label}",
        ),
        (
            "[default]\nfont = 3",
            "expected a string, found the number 3",
        ),
        (
            "[default]\ndot = 2000",
            "expected true, false or a whole number from 0 to 1000, found the number 2000",
        ),
        ("[default]\ntrace = 257", "from 0 to 256"),
        (
            "[default]\nredact-color = '#0008'",
            "expected an opaque colour such as \"#000000\", found the string \"#0008\"",
        ),
        (
            "default = 3",
            "line 1: default: expected a section [default]",
        ),
        (
            "class = 3",
            "expected sections such as [class.NAME], found the number 3",
        ),
        (
            "class.car = 3",
            "line 1: class.car: expected a section [class.car]",
        ),
        (
            "[source.left]",
            "line 1: source.left: expected a number as the section's name, found \"left\"",
        ),
        (
            "[gie.99999999999]",
            "expected a number as the section's name",
        ),
        ("frame = 3", "expected a section [frame]"),
        ("frame.text = 3", "expected an array, found the number 3"),
        (
            "frame.text = [3]",
            "expected texts: strings or tables with a template",
        ),
        (
            "[[frame.text]]\ntemplate = '{fsp}'",
            "line 2: frame.text.template: unknown field {fsp}",
        ),
        (
            "[[frame.text]]\nposition = 'middle'",
            "expected \"top-left\" or \"top\" or",
        ),
        ("[[frame.text]]\nposition = [1]", "expected a point [x, y]"),
        (
            "[[frame.text]]\nposition = [1, -1]",
            "expected pixels from 0 to 65535",
        ),
        ("[[frame.text]]\nposition = [1, '101%']", "or a percentage"),
        (
            "[[frame.text]]\ntext-color = 'palette'",
            "\"palette\" is not a colour",
        ),
        ("[zone.a]", "line 1: zone.a: the key points is missing"),
        (
            "[zone.a]\npoints = [[0,0],[1,1]]",
            "expected 3 to 64 points, found 2",
        ),
        (
            "[zone.a]\npoints = 3",
            "line 2: zone.a.points: expected an array",
        ),
        (
            "[zone.a]\npoints = [[0.1,0.1],[0.9,0.1],[0.9,0.9]]",
            "line 2: zone.a.points: numbers are pixels of the frame, and none is above 1: for parts of the frame write \
             percentages, \"10%\" for 0.1",
        ),
        (
            "[zone.a]\npoints = [[0,0],[1,0],[1,1],[0,1]]",
            "numbers are pixels of the frame",
        ),
        (
            "[zone.a]\npoints = [['0%',0],[0.5,'10%'],['50%',1]]",
            "\"50%\" for 0.5",
        ),
        (
            "[zone.a]\npoints = [[5,5],[5,5],[5,5]]",
            "line 2: zone.a.points: expected 3 or more different corners, found 1",
        ),
        (
            "[zone.a]\npoints = [[5,5],[7,7],['10%','10%'],[5,5],[7,7]]\n[zone.b]\npoints = [[1,1],[2,2],[5,5]]",
            "line 4: zone.b.points: the corners lie on one straight line",
        ),
        (
            "[line.a]\na = [0.2, 0.5]\nb = [0.8, 0.5]",
            "line 1: line.a: numbers are pixels of the frame",
        ),
        (
            "[[frame.text]]\nposition = [0.5, 0.1]",
            "line 2: frame.text.position: numbers are pixels of the frame",
        ),
        (
            "[class.'face;head']\nredact = true",
            "line 1: class.\"face;head\": \"face;head\" is no label: label files are read up to the ;; write \"face\"",
        ),
        (
            "[zone.a]\npoints = [[0,0],[9,0],[9,9]]\nclasses = ['a;b']",
            "line 3: zone.a.classes: \"a;b\" is no label",
        ),
        (
            "frame.text = '{count:a;b}'",
            "\"a;b\" is no label: label files are read up to the ;; write \"a\", at character 1",
        ),
        (
            "frame.text = '{count: }'",
            "is incomplete: write {count:LABEL}",
        ),
        (
            "[line.a]\na = [0,0]",
            "line 1: line.a: the key b is missing",
        ),
        (
            "[line.a]\na = [5,5]\nb = [5,5]",
            "line 1: line.a: a and b are the same point",
        ),
        (
            "[zone.'{a}']\npoints = [[0,0],[9,0],[9,9]]",
            "expected a name without braces",
        ),
        (
            "[line.\"a\\u0000\"]\na = [0,0]\nb = [5,5]",
            "line 1: line.\"a\\0\": expected a name without control characters, found \"a\\0\"",
        ),
        ("palette-colors = []", "expected one colour or more"),
        ("palette-colors = ['none']", "expected a colour, found none"),
        (
            "redact-when-unknown = 'all'",
            "expected \"nothing\" or \"frame\"",
        ),
        ("a =", "line 1:"),
        (
            "[default]\nhide = true\nhide = false",
            "line 3: hide: duplicate key",
        ),
        (
            "[default]\n[default]",
            "line 2: [default]: this section is there twice",
        ),
        // A key that is there is not the one that was meant.
        (
            "[line.a]\na = [0, 0]\nb = [9, 9]\nc = [1, 1]",
            "line.a.c: unknown key; known are",
        ),
        (
            "[default]\nfont-size = 12.5",
            "default.font-size: expected a whole number from 0 to 200, found the number 12.5",
        ),
        ("[default", "line 1:"),
    ] {
        let errors = errors(text);
        assert!(errors[0].contains(expected), "{text}: {errors:?}");
    }
}

#[test]
fn mistakes_of_toml_are_told_without_their_consequences() {
    // What belongs to a section that is there twice is its own; what is wrong behind it is told.
    let twice =
        "[zone.a]\npoints = []\n[zone.a]\npoints = []\n[default]\nhide = true\nhide = false";
    assert_eq!(
        errors(twice),
        [
            "style: line 3: [zone.a]: this section is there twice",
            "style: line 7: hide: duplicate key",
        ]
    );
    let unclosed = errors("[zone.a]\npoints = [[0, 1], [2, 3]\n[default]\nhide = true");
    assert_eq!(unclosed.len(), 1, "{unclosed:?}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let errors = errors("[default]\nhdie = 1\nhide = 1\n[clas]\n[source.x]\nhide = 2");
    assert_eq!(errors.len(), 5, "{errors:?}");
    let lines: Vec<_> = errors.iter().map(|e| &e[7..14]).collect();
    assert_eq!(
        lines,
        ["line 2:", "line 3:", "line 4:", "line 5:", "line 6:"]
    );
}

#[test]
fn names_of_zones_and_lines_must_exist() {
    let (bad, _) = Document::parse(
        "frame.text = ['{zone:a}', '{line:b:in}']\n\
         [zone.c]\npoints = [[0,0],[9,0],[9,9]]\nlabel = '{line:d:out}'",
        "style",
    )
    .unwrap();
    let StyleError(errors) = Style::new(&bad, &mut []).unwrap_err();
    assert_eq!(
        errors,
        [
            "style: line 1: frame.text: {zone:a} names no zone of the style; known are c",
            "style: line 1: frame.text: {line:b} names no line of the style; it has none: add a section \
             [line.NAME]",
            "style: line 2: zone.c.label: {line:d} names no line of the style; it has none: add a section \
             [line.NAME]",
        ]
    );
}

/// A tool that writes styles may write anything: no text ends the process.
#[test]
fn no_text_panics() {
    let whole = "[frame]\ntext=['a{frame}']\n[default]\nlabel=\"{label}\"\nfill='palette/0.5'\n\
                 [zone.'ä']\npoints=[[1,2],['3%',4],[5,6]]\n[line.l]\na=[1,2]\nb=[3,4]#é\n";
    for (at, _) in whole.char_indices() {
        let _ = Document::parse(&whole[..at], "style");
        for put in [
            "\0",
            "'",
            "[",
            "{",
            "=",
            "\u{1f697}",
            "9999999999999999999999",
        ] {
            let text = format!("{}{put}{}", &whole[..at], &whole[at..]);
            let _ = Document::parse(&lines(&text), "style");
        }
    }
}

#[test]
fn how_to_redact_without_redact_is_a_mistake() {
    use crate::osdannotate::check_style;
    let error = check_style("[class.face]\nredact-area = 'mask'", false).unwrap_err();
    assert!(
        error.contains("redact-area is set, but nothing is redacted"),
        "{error}"
    );
    for sound in [
        "[default]\nredact-margin = 0.1\n[class.face]\nredact = true",
        "[default]\nredact = false\nredact-margin = 0.1",
    ] {
        assert!(check_style(sound, false).is_ok(), "{sound}");
    }
}
