//! Styles of `rsosdannotate` on NVIDIA's metadata library.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::*;
use gst::prelude::*;
use nvds::{
    Batch, Color, FontName, InferredClassifier, InferredLabel, NewClassifier, NewLabel, NewObject,
    NewText, Object, Rect, RectStyle, TextChange, UserMetaType,
};

/// An element with this style and no text of the frame.
fn rig(style: &str) -> Rig {
    let rig = Rig::new("rsosdannotate frame-text=\"\"");
    rig.element.set_property("style", style);
    rig
}

const RECT: Rect = Rect {
    left: 100.0,
    top: 200.0,
    width: 50.0,
    height: 80.0,
};

fn new_object(label: &str) -> NewObject<'_> {
    NewObject {
        unique_component_id: 3,
        class_id: 1,
        confidence: 0.876,
        rect: RECT,
        style: RectStyle::default(),
        label,
        text: Some(NewText {
            text: "old",
            x: 7.0,
            y: 8.0,
            font: FontName::SERIF,
            size: 11,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        }),
    }
}

/// A frame with one object.
fn one(object: &NewObject<'_>) -> gst::Buffer {
    buffer(1, |locked, frames| {
        locked.add_object(&frames[0], object, None).unwrap();
    })
}

/// How an object is drawn.
#[derive(Debug, Clone, PartialEq)]
struct Drawn {
    rect: Rect,
    style: RectStyle,
    text: Option<String>,
    offset: (u32, u32),
    font: Option<String>,
    size: u32,
    color: Color,
    background: Option<Color>,
}

impl Drawn {
    fn of(object: &Object<'_>) -> Self {
        let text = object.text();
        let string = |text: &std::ffi::CStr| text.to_str().unwrap().to_owned();
        Self {
            rect: object.rect(),
            style: object.rect_style(),
            text: text.display_text().map(string),
            offset: (text.x_offset(), text.y_offset()),
            font: text.font_name().map(string),
            size: text.font_size(),
            color: text.color(),
            background: text.background(),
        }
    }
}

/// The objects of all frames, oldest first.
fn drawn(buffer: &gst::BufferRef) -> Vec<Drawn> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frames = batch.frames();
    let objects = frames.flat_map(|frame| frame.objects().rev());
    objects.map(|object| Drawn::of(&object)).collect()
}

/// One object after a style.
fn styled(style: &str, object: &NewObject<'_>) -> Drawn {
    let mut rig = rig(style);
    let out = rig.process(one(object));
    assert!(rig.warnings().is_empty(), "{style}: {:?}", rig.warnings());
    drawn(&out).remove(0)
}

fn label(style: &str, object: &NewObject<'_>) -> String {
    styled(style, object).text.unwrap_or_default()
}

/// Texts of the frames' display metas.
fn frame_texts(buffer: &gst::BufferRef) -> Vec<(String, (u32, u32))> {
    let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let frames = batch.frames();
    frames
        .flat_map(|frame| frame.displays())
        .flat_map(|display| display.texts())
        .map(|text| {
            let string = text.display_text().unwrap().to_str().unwrap().to_owned();
            (string, (text.x_offset(), text.y_offset()))
        })
        .collect()
}

#[test]
fn an_empty_style_leaves_objects_as_they_are() {
    let before = drawn(&one(&new_object("car")));
    assert_eq!([styled("", &new_object("car"))], before[..]);
    assert_eq!(
        [styled("class.bus.hide=true", &new_object("car"))],
        before[..]
    );
}

#[test]
fn boxes_get_border_and_fill() {
    let blue = Color::new(0.0, 0.0, 1.0, 1.0);
    let half = |color: Color| Color {
        alpha: 0.5,
        ..color
    };
    let stock = RectStyle::default();
    let orange = Color::new(230.0 / 255.0, 159.0 / 255.0, 0.0, 1.0);
    let sky = Color::new(86.0 / 255.0, 180.0 / 255.0, 233.0 / 255.0, 1.0);
    for (style, expected) in [
        (
            "border-width=5;default.border-color='#00f'",
            RectStyle {
                border_width: 5,
                border_color: blue,
                fill: None,
            },
        ),
        // Class 1 is the palette's second colour, an object without a track goes by class.
        (
            "palette='class'",
            RectStyle {
                border_color: sky,
                ..stock
            },
        ),
        (
            "palette='track'",
            RectStyle {
                border_color: sky,
                ..stock
            },
        ),
        (
            "palette='class';default.border-color='#00f';default.fill='palette/0.5'",
            RectStyle {
                border_width: 3,
                border_color: blue,
                fill: Some(half(sky)),
            },
        ),
        (
            "fill='palette/0.5'",
            RectStyle {
                fill: Some(half(Color::RED)),
                ..stock
            },
        ),
        (
            "box='none'",
            RectStyle {
                border_width: 0,
                ..stock
            },
        ),
        (
            "box='corners'",
            RectStyle {
                border_width: 0,
                ..stock
            },
        ),
        (
            "box='none';default.fill='#00f'",
            RectStyle {
                border_width: 0,
                fill: Some(blue),
                ..stock
            },
        ),
        (
            "border-color='none'",
            RectStyle {
                border_width: 0,
                ..stock
            },
        ),
        // With a border that is seen through nvdsosd draws no fill.
        (
            "border-color='#0000';default.fill='#00f'",
            RectStyle {
                border_width: 0,
                border_color: Color::BLACK,
                fill: Some(blue),
            },
        ),
    ] {
        let drawn = styled(&format!("default.{style}"), &new_object("car"));
        assert_eq!(drawn.style, expected, "{style}");
        assert_eq!(drawn.rect, RECT, "{style}");
        assert_eq!(drawn.text.as_deref(), Some("old"), "{style}");
    }
    // Where the detector left a box out, "full" draws one.
    let mut object = new_object("car");
    object.style.border_width = 0;
    assert_eq!(styled("default.box='full'", &object).style.border_width, 3);
    assert_eq!(
        styled("default.palette='class'", &object)
            .style
            .border_width,
        0
    );
    object.class_id = 0;
    let style = styled("default.palette='class';default.box='full'", &object).style;
    assert_eq!(style.border_color, orange);
    // A fill goes with the box.
    object.style.fill = Some(blue);
    assert_eq!(styled("default.box='none'", &object).style.fill, None);
    assert_eq!(
        styled("default.box='corners'", &object).style.fill,
        Some(blue)
    );
    assert_eq!(styled("default.fill='none'", &object).style.fill, None);
}

#[test]
fn tracks_choose_colours() {
    let mut rig = rig("palette-colors=['#f00','#fff','#000'];default.palette='track'");
    let out = rig.process(buffer(1, |locked, frames| {
        for id in [3, 4, u64::MAX - 1] {
            let object = locked
                .add_object(&frames[0], &new_object("car"), None)
                .unwrap();
            locked.set_track(&object, id, 1.0);
        }
    }));
    let colors: Vec<_> = drawn(&out).iter().map(|d| d.style.border_color).collect();
    // 2^64 - 2 is 2 modulo 3.
    assert_eq!(colors, [Color::RED, Color::WHITE, Color::BLACK]);
}

#[test]
fn every_field_of_a_label() {
    let mut rig = rig(
        "default.label='{label}|{class}|{confidence}|{confidence:.0}|{tracker-confidence:.1}|{id}|\
         {attr:7}|{attr}|{attr:8}|{class:plate}|{text}|{gie}|{source}|{frame}|{left}|{top}|{width}|{height}|{{}}'",
    );
    let out = rig.process(buffer(2, |locked, frames| {
        let object = locked
            .add_object(&frames[1], &new_object("car"), None)
            .unwrap();
        locked.set_track(&object, 12, 0.25);
        for (gie, labels) in [(7, &["red", "big"][..]), (9, &["truck"])] {
            let labels: Vec<_> = labels
                .iter()
                .map(|text| NewLabel {
                    text,
                    class_id: 0,
                    label_id: 0,
                    probability: 1.0,
                })
                .collect();
            let classifier = NewClassifier {
                unique_component_id: gie,
                labels: &labels,
            };
            locked.add_classifier(&object, &classifier).unwrap();
        }
        let plate = InferredClassifier {
            unique_component_id: 10,
            classifier_type: Some(c"plate"),
            labels: &[InferredLabel {
                text: b"AB 12",
                class_id: 0,
                label_id: 0,
                probability: 1.0,
            }],
        };
        locked.add_inferred_classifier(&object, &plate).unwrap();
    }));
    assert_eq!(
        drawn(&out)[0].text.as_deref(),
        Some("car|1|0.88|1|0.2|12|red big|red big truck AB 12||AB 12|old|3|1|101|100|200|50|80|{}")
    );
}

/// NVIDIA's library loses the type of a classifier in copies: a label that asks for it would be empty without a word.
#[test]
fn results_whose_type_was_lost_are_warned_of() {
    let texts = |kind: Option<&'static std::ffi::CStr>, style: &str| {
        let mut rig = rig(style);
        let out = rig.process(buffer(1, |locked, frames| {
            let object = locked
                .add_object(&frames[0], &new_object("car"), None)
                .unwrap();
            let classifier = InferredClassifier {
                unique_component_id: 10,
                classifier_type: kind,
                labels: &[InferredLabel {
                    text: b"AB 12",
                    class_id: 0,
                    label_id: 0,
                    probability: 1.0,
                }],
            };
            locked
                .add_inferred_classifier(&object, &classifier)
                .unwrap();
        }));
        (drawn(&out)[0].text.clone(), rig.warnings())
    };
    let (text, warnings) = texts(None, "default.label='{class:plate}'");
    assert_eq!((text, warnings.len()), (None, 1));
    assert!(warnings[0].contains("{attr:GIE}"), "{warnings:?}");
    for (kind, style, expected) in [
        (None, "default.label='{attr:10}'", Some("AB 12")),
        (
            Some(c"plate"),
            "default.label='{class:plate}'",
            Some("AB 12"),
        ),
        (Some(c"make"), "default.label='{class:plate}'", None),
    ] {
        let (text, warnings) = texts(kind, style);
        assert_eq!((text.as_deref(), warnings.len()), (expected, 0), "{style}");
    }
}

#[test]
fn what_an_object_does_not_have_is_left_out_of_its_label() {
    let mut object = new_object("");
    object.confidence = -0.1;
    assert_eq!(
        label("default.label='{confidence} #{id} {label}{attr}'", &object),
        "- #-"
    );
    // Nothing at all is no text.
    let drawn = styled("default.label=' {label} '", &object);
    assert_eq!(drawn.text, None);
    assert_eq!(styled("default.label=''", &object).text, None);
}

#[test]
fn fonts_and_colours_of_labels() {
    let drawn = styled(
        "[default];label='x';font='DejaVu Sans';font-size=20;text-color='#f00';\
         text-background='none'",
        &new_object("car"),
    );
    assert_eq!(drawn.font.as_deref(), Some("DejaVu Sans"));
    assert_eq!((drawn.size, drawn.color), (20, Color::RED));
    assert_eq!(drawn.background, None);
    // Without a label they hold for the text that is there.
    let drawn = styled("default.font-size=20", &new_object("car"));
    assert_eq!((drawn.text.as_deref(), drawn.size), (Some("old"), 20));
    assert_eq!(drawn.offset, (7, 8));
    // An object without a text gets the stock look.
    let bare = NewObject {
        text: None,
        ..new_object("car")
    };
    let drawn = styled("default.label='x'", &bare);
    assert_eq!((drawn.font.as_deref(), drawn.size), (Some("Serif"), 10));
    assert_eq!(
        (drawn.color, drawn.background),
        (Color::WHITE, Some(Color::BLACK))
    );
    assert_eq!(styled("default.font-size=20", &bare).text, None);
    for (background, letters) in [("#ff0", Color::BLACK), ("#00f", Color::WHITE)] {
        let style = format!(
            "default.label='x';default.text-color='contrast';default.text-background='{background}'"
        );
        assert_eq!(styled(&style, &bare).color, letters, "{background}");
    }
    let drawn = styled("default.label='x';default.text-color='none'", &bare);
    assert_eq!(drawn.color.alpha, 0.0);
}

#[test]
fn labels_have_a_place_and_stay_inside_the_frame() {
    let offset = |position: &str, left: f32, top: f32| {
        let object = NewObject {
            rect: Rect { left, top, ..RECT },
            ..new_object("car")
        };
        let style =
            format!("default.label='label of an object';default.label-position='{position}'");
        styled(&style, &object).offset
    };
    // Font size 11: about 19 pixels high and two margins of 2.
    let (x, y) = offset("above", 100.0, 200.0);
    assert_eq!(x, 99, "left of the border");
    assert!((170..=180).contains(&y), "{y}");
    assert_eq!(offset("inside", 100.0, 200.0), (101, 201));
    assert_eq!(offset("below", 100.0, 200.0), (99, 281));
    assert_eq!(offset("above", -20.0, 5.0), (0, 0));
    let (x, y) = offset("below", 1900.0, 1070.0);
    assert!((1700..1820).contains(&x), "{x}");
    assert!((1050..1060).contains(&y), "{y}");
    assert_eq!(offset("inside", f32::NAN, f32::INFINITY).1, y);
    // A text that is there moves only when told to.
    let moved = styled("default.label-position='below'", &new_object("car"));
    assert_eq!(moved.offset, (99, 281));
}

#[test]
fn objects_are_hidden_by_key_and_by_confidence() {
    let hidden = |style: &str, confidence| {
        let object = NewObject {
            confidence,
            style: RectStyle {
                fill: Some(Color::WHITE),
                ..RectStyle::default()
            },
            ..new_object("car")
        };
        let drawn = styled(style, &object);
        let visible = drawn.text.is_some();
        assert_eq!(drawn.style.border_width > 0, visible, "{style}");
        assert_eq!(drawn.style.fill.is_some(), visible, "{style}");
        assert_eq!(drawn.rect, RECT, "{style}");
        !visible
    };
    assert!(hidden("default.hide=true", 0.9));
    assert!(!hidden("default.hide=true;class.car.hide=false", 0.9));
    for (confidence, expected) in [(0.49, true), (0.5, false), (-0.1, false), (f32::NAN, false)] {
        assert_eq!(
            hidden("default.min-confidence=0.5", confidence),
            expected,
            "{confidence}"
        );
    }
}

#[test]
fn sections_match_class_source_and_gie() {
    let mut rig = rig(
        "default.font-size=20\nclass.1.font-size=21\nclass.car.font-size=22\n\
                       source.1.font-size=23\ngie.4.font-size=24",
    );
    let out = rig.process(buffer(2, |locked, frames| {
        let add = |frame: usize, class_id, label, unique_component_id| {
            let object = NewObject {
                class_id,
                unique_component_id,
                ..new_object(label)
            };
            locked.add_object(&frames[frame], &object, None).unwrap();
        };
        add(0, 0, "bus", 3);
        add(0, 1, "bus", 3);
        add(0, 1, "car", 3);
        add(0, 0, "car", 4);
        add(1, 1, "car", 3);
        add(1, 1, "car", 4);
    }));
    let sizes: Vec<_> = drawn(&out).iter().map(|d| d.size).collect();
    assert_eq!(sizes, [20, 21, 22, 24, 23, 24]);
}

#[test]
fn old_text_is_kept_replaced_or_followed() {
    let with = new_object("car");
    let without = NewObject {
        text: None,
        ..new_object("car")
    };
    for (mode, expected) in [
        ("keep", ["old", "new car"]),
        ("replace", ["new car", "new car"]),
        ("append", ["old new car", "new car"]),
    ] {
        let mut rig = rig("default.label='new {label}'");
        rig.element.set_property_from_str("object-text", mode);
        let out = rig.process(buffer(1, |locked, frames| {
            locked.add_object(&frames[0], &with, None).unwrap();
            locked.add_object(&frames[0], &without, None).unwrap();
        }));
        let drawn = drawn(&out);
        let texts: Vec<_> = drawn.iter().map(|d| d.text.as_deref().unwrap()).collect();
        assert_eq!(texts, expected, "{mode}");
    }
    // The default.
    assert_eq!(label("default.label='new'", &with), "new");
}

/// A tracker writes its own text; what comes behind it may restyle that.
#[test]
fn it_works_behind_a_tracker() {
    let mut rig = rig("default.label='{label} #{id}'");
    let out = rig.process(buffer(1, |locked, frames| {
        let object = locked
            .add_object(&frames[0], &new_object("car"), None)
            .unwrap();
        locked.set_track(&object, 5, 0.5);
        let tracker = TextChange {
            text: Some("old 5"),
            ..TextChange::default()
        };
        locked.change_text(&object, &tracker);
    }));
    assert_eq!(drawn(&out)[0].text.as_deref(), Some("car #5"));
}

#[test]
fn a_border_that_would_end_the_pipeline_is_narrowed() {
    let wide = NewObject {
        style: RectStyle {
            border_width: 33,
            ..RectStyle::default()
        },
        ..new_object("car")
    };
    let mut rig = rig("");
    for _ in 0..2 {
        let out = rig.process(one(&wide));
        assert_eq!(drawn(&out)[0].style.border_width, 32);
    }
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("32 pixels"), "{warnings:?}");
    rig.element.set_property("style", "default.border-width=40");
    assert_eq!(
        rig.warnings(),
        ["style: line 1: default.border-width: 40 is drawn as 32, nvdsosd's limit"]
    );
    let out = rig.process(one(&new_object("car")));
    assert_eq!(drawn(&out)[0].style.border_width, 32);
}

#[test]
fn texts_of_the_frame_take_the_place_of_the_property() {
    let mut rig = Rig::new("rsosdannotate frame-text=property text-x=1 text-y=2");
    let text = |rig: &mut Rig| frame_texts(&rig.process(one(&new_object("car"))));
    assert_eq!(text(&mut rig), [("property".to_owned(), (1, 2))]);
    rig.element.set_property(
        "style",
        "frame.text=['{count:car} of {objects}',{template='b',position=[5,'50%']}]",
    );
    assert_eq!(
        text(&mut rig),
        [
            ("1 of 1".to_owned(), (10, 10)),
            ("b".to_owned(), (5, HEIGHT / 2))
        ]
    );
    rig.element.set_property("style", "frame.text=[]");
    assert_eq!(text(&mut rig), []);
    rig.element.set_property("style", None::<&str>);
    assert_eq!(text(&mut rig), [("property".to_owned(), (1, 2))]);
    assert!(rig.warnings().is_empty());
}

#[test]
fn messages_have_all_texts_of_the_frame() {
    let mut rig = Rig::new("rsosdannotate post-messages=true");
    let style = "frame.text=['a {objects}','',{template='b',text-color='none'}]";
    rig.element.set_property("style", style);
    rig.process(one(&new_object("car")));
    let messages = rig.messages(gst::MessageType::Element);
    let text = messages[0].structure().unwrap().get::<String>("text");
    assert_eq!(text.as_deref(), Ok("a 1\n\nb"));
}

#[test]
fn the_property_may_name_zones_of_the_style() {
    let mut rig = Rig::new("rsosdannotate frame-text=\"\"");
    let style = "zone.door.points=[[0,0],[9,0],[9,9]]";
    rig.process(one(&new_object("car")));
    rig.element.set_property("frame-text", "{zone:door}");
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("frame-text: {zone:door} names no zone of the style"),
        "{warnings:?}"
    );
    rig.element.set_property("style", style);
    rig.element.set_property("frame-text", "{zone:door}");
    assert!(rig.warnings().is_empty());
    assert_eq!(rig.element.property::<String>("frame-text"), "{zone:door}");
}

#[test]
fn a_bad_style_while_playing_keeps_the_old_one() {
    let mut rig = rig("default.label='old'");
    let text = |rig: &mut Rig| drawn(&rig.process(one(&new_object("car"))))[0].text.clone();
    assert_eq!(text(&mut rig).as_deref(), Some("old"));
    rig.element
        .set_property("style", "default.label='new'\ndefault.lable='x'");
    assert_eq!(
        rig.warnings(),
        ["Setting not changed: style: line 2: default.lable: unknown key, did you mean label?"]
    );
    assert_eq!(text(&mut rig).as_deref(), Some("old"));
    assert_eq!(
        rig.element.property::<String>("style"),
        "default.label='old'"
    );
    rig.element
        .set_property("style-file", "/nonexistent/style.toml");
    let warnings = rig.warnings();
    assert!(
        warnings[0].contains("style-file: /nonexistent/style.toml cannot be read"),
        "{warnings:?}"
    );
    assert_eq!(rig.element.property::<Option<String>>("style-file"), None);
    rig.element.set_property("style", "default.label='new'");
    assert_eq!(text(&mut rig).as_deref(), Some("new"));
}

#[test]
fn a_file_is_read_again_when_set_again() {
    let file = TempFile::new("again.toml", "[default]\nlabel = 'one'");
    let mut rig = rig("");
    let text = |rig: &mut Rig| drawn(&rig.process(one(&new_object("car"))))[0].text.clone();
    rig.element.set_property("style-file", file.path());
    assert_eq!(text(&mut rig).as_deref(), Some("one"));
    std::fs::write(file.path(), "[default]\nlabel = 'two'").unwrap();
    // Other settings do not read the file.
    rig.element.set_property("text-x", 5_u32);
    assert_eq!(text(&mut rig).as_deref(), Some("one"));
    rig.element.set_property("style-file", file.path());
    assert_eq!(text(&mut rig).as_deref(), Some("two"));
    // The property style is put over it.
    rig.element.set_property("style", "class.car.label='three'");
    assert_eq!(text(&mut rig).as_deref(), Some("three"));
    std::fs::write(file.path(), "[default]\nlabel = 4").unwrap();
    rig.element.set_property("style-file", file.path());
    let warnings = rig.warnings();
    let expected = format!(
        "Setting not changed: {}: line 2: default.label: expected a string, found the number 4",
        file.path()
    );
    assert_eq!(warnings, [expected]);
    assert_eq!(text(&mut rig).as_deref(), Some("three"));
    rig.element.set_property("style-file", "");
    rig.element.set_property("style", "");
    assert_eq!(text(&mut rig).as_deref(), Some("old"));
}

#[test]
fn a_bad_style_at_the_start_is_an_error() {
    for (property, value, part) in [
        (
            "style",
            "a=1;b=2",
            "style (; ends a line): line 2: b: unknown key",
        ),
        ("style", "[default", "style: line 1:"),
        ("style", "frame.text='{zone:a}'", "{zone:a} names no zone"),
        ("style-file", "/nonexistent.toml", "cannot be read"),
        ("style-file", "/", "cannot be read"),
    ] {
        init();
        let element = gst::ElementFactory::make("rsosdannotate")
            .property(property, value)
            .build()
            .unwrap();
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        assert!(element.set_state(gst::State::Paused).is_err(), "{value}");
        let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
        let gst::MessageView::Error(error) = message.view() else {
            unreachable!();
        };
        assert!(error.error().to_string().contains(part), "{error:?}");
        element.set_state(gst::State::Null).unwrap();
        // Corrected, it starts.
        element.set_property(property, "");
        assert!(element.set_state(gst::State::Paused).is_ok(), "{value}");
        element.set_state(gst::State::Null).unwrap();
        element.set_bus(None); // messages hold their source, which holds the bus
    }
}

#[test]
fn notes_of_the_start_are_warnings() {
    let file = TempFile::new("notes.toml", "[default]\nfont-size = 500");
    let mut rig = Rig::new(&format!("rsosdannotate style-file={}", file.path()));
    rig.process(one(&new_object("car")));
    // The harness started the element before it had a bus; a restart tells them again.
    rig.element.set_state(gst::State::Null).unwrap();
    rig.element.set_state(gst::State::Paused).unwrap();
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].ends_with("line 2: default.font-size: 500 is drawn as 200, nvdsosd's limit"),
        "{warnings:?}"
    );
}

/// Sets a flag when it is dropped.
struct Finally<'a>(&'a AtomicBool);

impl Drop for Finally<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Whole styles change between buffers: no frame shows a part of one and a part of the other.
#[test]
fn styles_change_under_load_from_another_thread() {
    let mut rig = rig("default.label='1';default.font-size=21");
    let element = rig.element.clone();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut changes = 0_u32;
            while !done.load(Ordering::Relaxed) {
                let n = changes % 3;
                let style = format!("default.label='{n}';default.font-size={}", 20 + n);
                element.set_property("style", style);
                element.set_property("style", "default.label=3");
                changes += 1;
            }
        });
        // However this ends, the other thread does, too.
        let _end = Finally(&done);
        let mut seen = std::collections::BTreeSet::new();
        // On a busy machine the other thread may come late.
        let start = std::time::Instant::now();
        for round in 0.. {
            if round >= 300 && (seen.len() > 1 || start.elapsed().as_secs() > 60) {
                break;
            }
            let out = rig.process(buffer(4, |locked, frames| {
                for frame in frames {
                    locked.add_object(frame, &new_object("car"), None).unwrap();
                }
            }));
            let drawn = drawn(&out);
            assert!(drawn.iter().all(|d| *d == drawn[0]), "{drawn:?}");
            let text = drawn[0].text.clone().unwrap();
            assert_eq!(format!("2{text}"), drawn[0].size.to_string());
            seen.insert(text);
        }
        assert!(seen.len() > 1, "{seen:?}");
    });
}

#[test]
fn any_number_of_objects() {
    let mut rig = rig("default.label='{label}';default.palette='track';frame.text='{objects}'");
    for count in [0, 1, 16, 17, 500] {
        let out = rig.process(buffer(2, |locked, frames| {
            for number in 0..count {
                locked
                    .add_object(&frames[1], &new_object(&number.to_string()), None)
                    .unwrap();
            }
        }));
        let drawn = drawn(&out);
        assert_eq!(drawn.len(), count);
        for (number, object) in drawn.iter().enumerate() {
            assert_eq!(object.text, Some(number.to_string()));
        }
        let texts: Vec<_> = frame_texts(&out).into_iter().map(|t| t.0).collect();
        assert_eq!(texts, ["0".to_owned(), count.to_string()]);
    }
    assert!(rig.warnings().is_empty());
    rig.process(buffer(1, |locked, frames| {
        for _ in 0..1025 {
            locked
                .add_object(&frames[0], &new_object("x"), None)
                .unwrap();
        }
    }));
    let warnings = rig.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("1025 objects"), "{warnings:?}");
}

/// SAFETY: a live object of a locked batch.
unsafe fn set_label_bytes(object: &Object<'_>, bytes: &[u8]) {
    // SAFETY: the caller's object is alive, and the array is longer than any test's label.
    let label = unsafe { &mut *object.label_ptr() };
    for (to, from) in label.iter_mut().zip(bytes) {
        *to = *from as std::ffi::c_char;
    }
}

#[test]
fn labels_of_any_bytes() {
    let whole = "Ä".repeat(63) + "x";
    for (bytes, expected) in [
        (&b"person"[..], "person"),
        ("Größe 東京".as_bytes(), "Größe 東京"),
        ("\u{1f697} car".as_bytes(), "\u{fffd} car"),
        (b"b\xf6se", "b\u{fffd}se"),
        (b"{label}", "{label}"),
        (b"two\nlines", "two\nlines"),
        (whole.as_bytes(), &whole),
        (&[0xc3; 128], &"\u{fffd}".repeat(128)),
    ] {
        let mut rig = rig("default.label='{label}'");
        let out = rig.process(buffer(1, |locked, frames| {
            let object = locked
                .add_object(&frames[0], &new_object(""), None)
                .unwrap();
            // SAFETY: just added, and the batch is locked.
            unsafe { set_label_bytes(&object, bytes) };
        }));
        let drawn = drawn(&out);
        assert_eq!(drawn[0].text.as_deref(), Some(expected), "{bytes:?}");
    }
    // A section may be for any label.
    let style = "class.\"Größe 東京\".hide=true";
    assert_eq!(styled(style, &new_object("Größe 東京")).text, None);
}

#[test]
fn sources_appear_and_leave() {
    let mut rig = rig("source.2.label='second';default.label='{source}'");
    for pads in [&[0, 1][..], &[2], &[1, 2, 3], &[], &[900], &[2, 0]] {
        let out = rig.process(buffer_of_pads(pads, |locked, frames| {
            for frame in frames {
                locked.add_object(frame, &new_object("car"), None).unwrap();
            }
        }));
        let expected: Vec<_> = pads
            .iter()
            .map(|pad| match pad {
                2 => Some("second".to_owned()),
                pad => Some(pad.to_string()),
            })
            .collect();
        let texts: Vec<_> = drawn(&out).into_iter().map(|d| d.text).collect();
        assert_eq!(texts, expected);
    }
}

#[test]
fn metas_of_other_elements_stay() {
    let kind = UserMetaType::new(9000).unwrap();
    let mut rig = rig("frame.text='ours';default.label='x';default.palette='class'");
    let out = rig.process(buffer(1, |locked, frames| {
        let object = locked
            .add_object(&frames[0], &new_object("car"), None)
            .unwrap();
        let labels = [NewLabel {
            text: "red",
            class_id: 4,
            label_id: 5,
            probability: 0.5,
        }];
        let classifier = NewClassifier {
            unique_component_id: 7,
            labels: &labels,
        };
        locked.add_classifier(&object, &classifier).unwrap();
        locked
            .add_user_meta_to_frame(&frames[0], kind, Box::new(17_u32))
            .unwrap();
        let mut writer = locked.draw_on(&frames[0]).unwrap();
        writer.rect(RECT, &RectStyle::default());
    }));
    let batch = Batch::from_buffer(&out).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let object = frame.objects().next().unwrap();
    assert_eq!(object.detector_rect(), RECT);
    assert_eq!(
        (object.class_id(), object.unique_component_id()),
        (1, 3),
        "identity"
    );
    assert_eq!(
        (object.confidence(), object.label().as_ref()),
        (0.876, "car")
    );
    let classifier = object.classifiers().next().unwrap();
    let info = classifier.labels().next().unwrap();
    assert_eq!((info.text().as_ref(), info.class_id()), ("red", 4));
    let metas: Vec<_> = frame.user_metas().map(|m| m.meta_type()).collect();
    assert_eq!(metas, [9000]);
    // The newest is ours.
    let displays: Vec<_> = frame.displays().collect();
    assert_eq!(displays.len(), 2);
    let theirs: Vec<_> = displays[1].rects().collect();
    assert_eq!((theirs.len(), theirs[0].style.border_width), (1, 3));
    assert_eq!(displays[1].texts().len(), 0);
}

/// valgrind tells whether replaced texts are freed, and freed once.
#[test]
fn texts_are_replaced_again_and_again() {
    let mut rig = Rig::new(
        "rsosdannotate frame-text=\"\" name=a style=default.label='one' ! \
         rsosdannotate frame-text=\"\" object-text=append style=default.label='two' ! \
         rsosdannotate frame-text=\"\" object-text=append style=default.label='three'",
    );
    for _ in 0..10 {
        let out = rig.process(buffer(2, |locked, frames| {
            for frame in frames {
                for _ in 0..20 {
                    locked.add_object(frame, &new_object("car"), None).unwrap();
                }
            }
        }));
        let drawn = drawn(&out);
        assert_eq!(drawn.len(), 40);
        assert!(
            drawn
                .iter()
                .all(|d| d.text.as_deref() == Some("one two three")),
            "{drawn:?}"
        );
        // A copy has texts of its own.
        let copy = out.copy_deep().unwrap();
        drop(out);
        assert_eq!(self::drawn(&copy).len(), 40);
    }
}

/// What is to be covered must not pass uncovered because nothing is known of it.
#[test]
fn a_buffer_without_batch_passes_unless_frames_are_to_be_covered() {
    let buffer = || gst::Buffer::from_slice([1_u8; 4]);
    for style in [
        "",
        "default.redact=true",
        "redact-when-unknown='frame'", // of which nothing is to be covered
    ] {
        let mut rig = rig(style);
        rig.process(buffer());
        assert_eq!(rig.warnings().len(), 1, "{style}");
    }
    let mut rig = rig("default.redact=true;redact-when-unknown='frame'");
    assert_eq!(rig.push(buffer()), Err(gst::FlowError::Error));
    let error = rig.error();
    assert!(error.contains("nothing of it can be covered"), "{error}");
}
