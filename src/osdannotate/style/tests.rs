use std::time::Duration;

use nvds::{Color, FontName};

use super::sections::Resolver;
use super::*;
use crate::osdannotate::skeleton::Skeleton;

fn document(text: &str) -> Document {
    let (document, notes) = Document::parse(text, "style").unwrap();
    assert!(notes.is_empty(), "{notes:?}");
    document
}

/// How an object of class 1, label, source 2 and GIE 3 looks.
fn object(text: &str, label: &str) -> ObjectStyle {
    let mut resolver = Resolver::new(&document(text).sections);
    let number = resolver.resolve(resolver.matches(1, label, 2, 3));
    resolver.style(number).clone()
}

fn style(text: &str) -> Style {
    Style::new(&document(text), &mut []).unwrap().0
}

const NO_SHAPES: ObjectShapes = ObjectShapes {
    dot: 0,
    key_points: 0,
    skeleton: Skeleton::None,
    limb_colors: false,
    centre_cross: 0,
    foot_circle: None,
    motion_arrow: 0,
    trace: 0,
    color: Paint::Palette { alpha: 1.0 },
    width: 2,
};

#[test]
fn an_empty_style_changes_nothing() {
    let style = style("");
    assert!(style.texts.is_none() && style.zones.is_empty() && style.lines.is_empty());
    assert!(!style.redacts);
    assert_eq!(style.palette.0.len(), 7);
    let object = object("", "car");
    assert!(!object.hide && object.redact.is_none());
    assert_eq!(object.shapes, NO_SHAPES);
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
         key-points = 2
         skeleton = 'coco17'
         limb-colors = true
         centre-cross = true
         foot-circle = true
         motion-arrow = 20
         trace = 50
         shape-color = '#fff'
         shape-width = 3
         redact = true
         redact-area = 'eyes'
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
            key_points: 2,
            skeleton: Skeleton::Coco17,
            limb_colors: true,
            centre_cross: 8,
            foot_circle: Some(CircleSize::Box),
            motion_arrow: 20,
            trace: 50,
            color: Paint::Fixed(Color::WHITE),
            width: 3,
        },
        redact: Some(Redact {
            area: RedactArea::Eyes,
            margin: 0.5,
            color: Color::WHITE,
        }),
    };
    assert_eq!(object, expected);
}

#[test]
fn shapes_have_usual_sizes_and_can_be_switched_off() {
    let text = "[default]\ndot = true\nkey-points = true\nfoot-circle = 30\ntrace = true\nmotion-arrow = true\n\
                [class.car]\ndot = false\nkey-points = 0\nfoot-circle = false\ntrace = 0\nmotion-arrow = 0";
    let shapes = object(text, "bus").shapes;
    assert_eq!((shapes.dot, shapes.trace, shapes.motion_arrow), (4, 32, 10));
    assert_eq!(shapes.key_points, 3);
    assert_eq!(shapes.foot_circle, Some(CircleSize::Radius(30)));
    assert!(shapes.needs_track());
    let shapes = object(text, "car").shapes;
    assert_eq!(shapes, NO_SHAPES);
    assert!(!shapes.needs_track());
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
        let number = resolver.resolve(resolver.matches(class, label, 0, gie));
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
        resolver.resolve(resolver.matches(number, &label, number as u32, number));
        resolver.resolve(resolver.matches(number, "car", number as u32, number));
    }
    let highest = (0..4)
        .map(|n| resolver.resolve(resolver.matches(0, "car", n, 0)))
        .max();
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
         points = [[0, 0], [9, 0], [9, 9]]
         [line.gate]
         a = [1, 2]
         b = [3, 4]
         font = 'Mono'
         font-size = 14",
    );
    let names: Vec<_> = style.zones.iter().map(|z| z.mark.name.as_str()).collect();
    assert_eq!(names, ["yard", "door"]);
    let yard = &style.zones[0];
    assert_eq!(
        yard.points[1].pixels((640, 480)),
        nvds_analytics::Point::new(320.0, 0.0)
    );
    assert_eq!(
        yard.points[2].pixels((640, 480)),
        nvds_analytics::Point::new(10.0, 20.5)
    );
    assert_eq!((yard.mark.color, yard.mark.width), (None, 5));
    assert_eq!(yard.mark.anchor, Anchor::Centre);
    let filter = &yard.mark.filter;
    let label = ClassName::Label("car".into());
    assert_eq!(filter.classes, [label, ClassName::Id(3), ClassName::Id(4)]);
    assert!(filter.has_source(2) && !filter.has_source(3));
    let door = &style.zones[1].mark;
    assert_eq!((door.color, door.width), (Some(Color::WHITE), 2));
    assert_eq!(door.anchor, Anchor::Foot);
    assert!(door.filter.classes.is_empty() && door.filter.has_source(7));
    let gate = &style.lines[0];
    assert_eq!(gate.b.pixels((0, 0)), nvds_analytics::Point::new(3.0, 4.0));
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
         [class.car]\nhide = true\n[zone.a]\npoints = [[0,0],[9,0],[9,9]]\n\
         [zone.b]\npoints = [[0,0],[9,0],[9,9]]",
    );
    first.refine(document(
        "redact-hold = 9\nframe.text = ['b', 'c']\n[default]\nborder-width = 2\n\
         [class.car]\nhide = false\n[zone.a]\npoints = [[0,0],[5,0],[5,5]]",
    ));
    let mut resolver = Resolver::new(&first.sections);
    let number = resolver.resolve(resolver.matches(0, "car", 0, 0));
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
