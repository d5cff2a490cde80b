use std::time::Duration;

use nvds::{Color, FontName};

use super::document::StyleError;
use super::sections::Resolver;
use super::*;

fn document(text: &str) -> Document {
    let (document, notes) = Document::parse(text).unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    document
}

fn errors(text: &str) -> Vec<String> {
    match Document::parse(text) {
        Ok(_) => panic!("no error in {text}"),
        Err(StyleError(errors)) => errors,
    }
}

/// How an object of class 1, label, source 2 and GIE 3 looks.
fn object(text: &str, label: &str) -> ObjectStyle {
    let mut resolver = Resolver::new(&document(text).sections);
    let number = resolver.resolve(1, label.as_bytes(), 2, 3);
    resolver.style(number).clone()
}

fn style(text: &str) -> Style {
    Style::new(&document(text), &mut []).unwrap().0
}

#[test]
fn an_empty_style_changes_nothing() {
    let style = style("");
    assert!(style.texts.is_none() && style.zones.is_empty() && style.lines.is_empty());
    assert!(!style.redacts);
    assert_eq!(style.palette.0.len(), 7);
    let object = object("", "car");
    assert!(!object.hide && object.redact.is_none() && !object.shapes.any());
    assert_eq!(object.min_confidence, 0.0);
    assert_eq!(object.palette, PaletteBy::None);
    for unset in [
        object.box_style.is_none(),
        object.border_width.is_none(),
        object.border_color.is_none(),
        object.fill.is_none(),
        object.label.is_none(),
        object.label_position.is_none(),
        object.font.is_none(),
        object.font_size.is_none(),
        object.text_color.is_none(),
        object.text_background.is_none(),
    ] {
        assert!(unset);
    }
}

#[test]
fn every_key_of_an_object_is_read() {
    let object = object(
        "[default]
         hide = true
         min-confidence = 0.5
         palette = 'track'
         box = 'corners'
         border-width = 4
         border-color = '#f00'
         fill = 'palette/0.25'
         corner-length = 0.1
         label = '{label}'
         label-position = 'below'
         font = 'Mono'
         font-size = 12
         text-color = 'contrast'
         text-background = 'none'
         dot = 5
         centre-cross = true
         foot-circle = true
         motion-arrow = 20
         trace = 50
         shape-color = '#fff'
         shape-width = 3
         redact = true
         redact-margin = 0.5
         redact-color = '#fff'",
        "car",
    );
    let expected = ObjectStyle {
        hide: true,
        min_confidence: 0.5,
        palette: PaletteBy::Track,
        box_style: Some(BoxStyle::Corners),
        border_width: Some(4),
        border_color: Some(Paint::Fixed(Color::RED)),
        fill: Some(Paint::Palette { alpha: 0.25 }),
        corner_length: 0.1,
        label: Some(std::sync::Arc::new(label::Label::parse("{label}").unwrap())),
        label_position: Some(LabelPosition::Below),
        font: Some(FontName::intern("Mono")),
        font_size: Some(12),
        text_color: Some(Paint::Contrast),
        text_background: Some(Paint::None),
        shapes: ObjectShapes {
            dot: 5,
            centre_cross: 8,
            foot_circle: Some(CircleSize::Box),
            motion_arrow: 20,
            trace: 50,
            color: Paint::Fixed(Color::WHITE),
            width: 3,
        },
        redact: Some(Redact {
            margin: 0.5,
            color: Color::WHITE,
        }),
    };
    assert_eq!(object, expected);
}

#[test]
fn shapes_have_usual_sizes_and_can_be_switched_off() {
    let text = "[default]\ndot = true\nfoot-circle = 30\ntrace = true\nmotion-arrow = true\n\
                [class.car]\ndot = false\nfoot-circle = false\ntrace = 0\nmotion-arrow = 0";
    let shapes = object(text, "bus").shapes;
    assert_eq!((shapes.dot, shapes.trace, shapes.motion_arrow), (4, 32, 10));
    assert_eq!(shapes.foot_circle, Some(CircleSize::Radius(30)));
    assert!(shapes.any() && shapes.needs_track());
    let shapes = object(text, "car").shapes;
    assert!(!shapes.any() && !shapes.needs_track(), "{shapes:?}");
}

/// Whatever the order in the text: default, class by number, class by label, source, GIE.
#[test]
fn sections_refine_each_other_in_a_fixed_order() {
    let all = [
        ("[gie.3]", 5),
        ("[source.2]", 4),
        ("[class.car]", 3),
        ("[class.1]", 2),
        ("[default]", 1),
    ];
    for winner in 0..all.len() {
        let text: String = all[winner..]
            .iter()
            .map(|(section, width)| format!("{section}\nborder-width = {width}\n"))
            .collect();
        assert_eq!(
            object(&text, "car").border_width,
            Some(all[winner].1),
            "{text}"
        );
    }
    let text = "[default]\nfont-size = 20\nborder-width = 1\n[class.car]\nborder-width = 2";
    let car = object(text, "car");
    assert_eq!((car.font_size, car.border_width), (Some(20), Some(2)));
    let bus = object(text, "bus");
    assert_eq!((bus.font_size, bus.border_width), (Some(20), Some(1)));
}

#[test]
fn sections_have_names_of_any_kind() {
    let text = "class.-1.font-size = 11\nclass.'traffic light'.font-size = 12\n\
                class.\"Größe\".font-size = 13\ngie.-2.font-size = 14";
    let mut resolver = Resolver::new(&document(text).sections);
    let mut size = |class, label: &str, gie| {
        let number = resolver.resolve(class, label.as_bytes(), 0, gie);
        resolver.style(number).font_size
    };
    assert_eq!(size(-1, "", 0), Some(11));
    assert_eq!(size(0, "traffic light", 0), Some(12));
    assert_eq!(size(0, "Größe", 0), Some(13));
    assert_eq!(size(0, "", -2), Some(14));
    assert_eq!(size(0, "-1", 0), None);
}

/// Labels that come and go must not pile up.
#[test]
fn styles_are_as_many_as_combinations_of_sections() {
    let sections = document("[class.car]\nhide = true\n[source.1]\nhide = false").sections;
    let mut resolver = Resolver::new(&sections);
    for number in 0..10_000 {
        let label = format!("label {number}");
        resolver.resolve(number, label.as_bytes(), number as u32, number);
        resolver.resolve(number, b"car", number as u32, number);
    }
    let highest = (0..4).map(|n| resolver.resolve(0, b"car", n, 0)).max();
    assert!(highest < Some(4), "{highest:?}");
}

#[test]
fn texts_of_the_frame_inherit_from_its_section() {
    let texts = style(
        "[frame]
         font = 'Mono'
         text-color = '#f00'
         [[frame.text]]
         template = 'a'
         [[frame.text]]
         template = 'b'
         position = [3, '50%']
         font = 'Serif'
         font-size = 20
         text-color = 'none'
         text-background = 'none'",
    )
    .texts
    .unwrap();
    assert_eq!(texts[0].font, FontName::intern("Mono"));
    assert_eq!(texts[0].color, Some(Color::RED));
    assert_eq!(texts[0].background, Some(Color::BLACK));
    assert_eq!(texts[0].size, 10);
    assert_eq!(texts[0].position, TextPosition::Named(Corner::TopLeft));
    let second = FrameText {
        template: Template::parse("b").unwrap(),
        position: TextPosition::At(Point {
            x: Length::Pixels(3.0),
            y: Length::Fraction(0.5),
        }),
        font: FontName::SERIF,
        size: 20,
        color: None,
        background: None,
    };
    assert_eq!(texts[1], second);
    for (text, expected) in [
        ("frame.text = 'x'", 1),
        ("frame.text = ['x', {template = 'y'}]", 2),
        ("frame.text = []", 0),
    ] {
        assert_eq!(style(text).texts.unwrap().len(), expected, "{text}");
    }
    assert!(style("frame.font = 'x'").texts.is_none());
}

#[test]
fn zones_and_lines_are_read_in_the_order_of_the_text() {
    let style = style(
        "[zone.yard]
         points = [[0, 0], ['50%', 0], [10, 20.5]]
         color = 'none'
         width = 5
         label = '{zone:door}'
         anchor = 'centre'
         classes = ['car', 3, '4']
         sources = [1, 2]
         [zone.door]
         points = [[0, 0], [1, 0], [1, 1]]
         [line.gate]
         a = [1, 2]
         b = [3, 4]
         font = 'Mono'
         font-size = 14",
    );
    let names: Vec<_> = style.zones.iter().map(|z| z.mark.name.as_str()).collect();
    assert_eq!(names, ["yard", "door"]);
    let yard = &style.zones[0];
    assert_eq!(yard.points[1].pixels((640, 480)), (320.0, 0.0));
    assert_eq!(yard.points[2].pixels((640, 480)), (10.0, 20.5));
    assert_eq!((yard.mark.color, yard.mark.width), (None, 5));
    assert_eq!(yard.mark.anchor, Anchor::Centre);
    let filter = &yard.mark.filter;
    for (id, label, expected) in [
        (9, "car", true),
        (3, "", true),
        (4, "", true),
        (9, "3", false),
    ] {
        assert_eq!(
            filter.has_class(id, label.as_bytes()),
            expected,
            "{id} {label}"
        );
    }
    assert!(filter.has_source(2) && !filter.has_source(3));
    let door = &style.zones[1].mark;
    assert_eq!((door.color, door.width), (Some(Color::WHITE), 2));
    assert_eq!(door.anchor, Anchor::Foot);
    assert!(door.filter.has_class(-1, b"") && door.filter.has_source(7));
    let gate = &style.lines[0];
    assert_eq!(gate.b.pixels((0, 0)), (3.0, 4.0));
    assert_eq!(gate.mark.font, FontName::intern("Mono"));
    assert_eq!(gate.mark.font_size, 14);
}

#[test]
fn keys_outside_of_sections() {
    let style = style(
        "palette-colors = ['#f00', '#fff']
         trace-timeout = 2.5
         redact-hold = 7
         redact-growth = 1.5
         redact-when-unknown = 'frame'
         class.face.redact = true",
    );
    assert_eq!(style.palette.color(0), Color::RED);
    assert_eq!(style.palette.color(u64::MAX), Color::WHITE);
    assert_eq!(style.trace_timeout, Duration::from_millis(2500));
    let expected = Redaction {
        hold: 7,
        growth: 1.5,
        when_unknown: WhenUnknown::Frame,
    };
    assert_eq!(style.redaction, expected);
    assert!(style.redacts);
}

#[test]
fn documents_refine_each_other() {
    let mut first = document(
        "trace-timeout = 1\nframe.text = 'a'\n[default]\nborder-width = 1\nfont-size = 20\n\
         [class.car]\nhide = true\n[zone.a]\npoints = [[0,0],[1,0],[1,1]]\n\
         [zone.b]\npoints = [[0,0],[1,0],[1,1]]",
    );
    first.refine(document(
        "redact-hold = 9\nframe.text = ['b', 'c']\n[default]\nborder-width = 2\n\
         [class.car]\nhide = false\n[zone.a]\npoints = [[0,0],[5,0],[5,5]]",
    ));
    let mut resolver = Resolver::new(&first.sections);
    let number = resolver.resolve(0, b"car", 0, 0);
    let car = resolver.style(number);
    assert_eq!(
        (car.border_width, car.font_size, car.hide),
        (Some(2), Some(20), false)
    );
    let (style, _) = Style::new(&first, &mut []).unwrap();
    assert_eq!(style.texts.unwrap().len(), 2);
    assert_eq!(style.trace_timeout, Duration::from_secs(1));
    assert_eq!(style.redaction.hold, 9);
    assert_eq!(style.zones.len(), 2);
    assert_eq!(style.zones[0].points[1].x, Length::Pixels(5.0));
}

#[test]
fn what_nvdsosd_does_not_draw_is_lowered_and_told() {
    let (document, notes) =
        Document::parse("[default]\nborder-width = 40\nfont-size = 300\nshape-width = 33").unwrap();
    assert_eq!(
        notes,
        [
            "line 2: default.border-width: 40 is drawn as 32, nvdsosd's limit",
            "line 3: default.font-size: 300 is drawn as 200, nvdsosd's limit",
            "line 4: default.shape-width: 33 is drawn as 32, nvdsosd's limit",
        ]
    );
    let mut resolver = Resolver::new(&document.sections);
    let number = resolver.resolve(0, b"", 0, 0);
    let style = resolver.style(number);
    assert_eq!(
        (style.border_width, style.font_size, style.shapes.width),
        (Some(32), Some(200), 32)
    );
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
            "expected a whole number from 0 to 2147483647, found the number -1",
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
            "[line.a]\na = [0,0]",
            "line 1: line.a: the key b is missing",
        ),
        (
            "[line.a]\na = [1,1]\nb = [1,1]",
            "line 1: line.a: a and b are the same point",
        ),
        (
            "[zone.'{a}']\npoints = [[0,0],[1,0],[1,1]]",
            "expected a name without braces",
        ),
        ("palette-colors = []", "expected one colour or more"),
        ("palette-colors = ['none']", "expected a colour, found none"),
        (
            "redact-when-unknown = 'all'",
            "expected \"nothing\" or \"frame\"",
        ),
        ("a =", "line 1:"),
        ("[default]\nhide = true\nhide = false", "line 3:"),
        ("[default", "line 1:"),
    ] {
        let errors = errors(text);
        assert!(errors[0].contains(expected), "{text}: {errors:?}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let errors = errors("[default]\nhdie = 1\nhide = 1\n[clas]\n[source.x]\nhide = 2");
    assert_eq!(errors.len(), 5, "{errors:?}");
    let lines: Vec<_> = errors.iter().map(|e| &e[..7]).collect();
    assert_eq!(
        lines,
        ["line 2:", "line 3:", "line 4:", "line 6:", "line 5:"]
    );
}

#[test]
fn names_of_zones_and_lines_must_exist() {
    let bad = document(
        "frame.text = ['{zone:a}', '{line:b:in}']\n\
         [zone.c]\npoints = [[0,0],[1,0],[1,1]]\nlabel = '{line:d:out}'",
    );
    let StyleError(errors) = Style::new(&bad, &mut []).unwrap_err();
    assert_eq!(
        errors,
        [
            "line 1: frame.text: {zone:a} names no zone of the style; known are c",
            "line 1: frame.text: {line:b} names no line of the style; it has none: add a section \
             [line.NAME]",
            "line 2: zone.c.label: {line:d} names no line of the style; it has none: add a section \
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
        let _ = Document::parse(&whole[..at]);
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
            let _ = Document::parse(&lines(&text));
        }
    }
}
