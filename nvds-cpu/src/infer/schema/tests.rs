use super::*;
use crate::infer::pbtext;

const COLORS: &[(&str, i64)] = &[("NONE", 0), ("RED", 1)];
const INNER: &[Key] = &[Key::new("x", Kind::Float)];
const KEYS: &[Key] = &[
    Key::new("on", Kind::Bool),
    Key::new("n", Kind::Uint),
    Key::new("list", Kind::Int).repeated(),
    Key::new("name", Kind::Text),
    Key::new("color", Kind::Enum(COLORS)),
    Key::new("inner", Kind::Message(INNER)),
    Key::new("gpu", Kind::Int).ignored("there is none"),
    Key::new("grpc", Kind::Message(INNER)).refused(Reason::Server, "no server"),
    Key::new("mode", Kind::Int).refused(Reason::Loop, "only 0"),
];

fn run(text: &str) -> Result<Vec<String>, String> {
    let message = pbtext::parse(text).unwrap();
    let mut notes = Vec::new();
    check(Path::new("f"), &message, KEYS, "", &mut notes)
        .map(|()| notes.iter().map(|n| n.text.to_string()).collect())
        .map_err(|e| e.to_string())
}

#[test]
fn good_values_pass_and_are_read_back() {
    let message = pbtext::parse(
        "on: true n: 3 list: [1, -2] name: \"a\" color: RED inner { x: 1.5 } mode: 0",
    )
    .unwrap();
    let mut notes = Vec::new();
    check(Path::new("f"), &message, KEYS, "", &mut notes).unwrap();
    assert!(notes.is_empty());
    let view = View(&message);
    assert!(view.flag("on"));
    assert_eq!(view.integer("n"), Some(3));
    assert_eq!(view.integers("list"), [1, -2]);
    assert_eq!(view.text("name"), Some("a"));
    assert_eq!(view.enumeration("color", COLORS), 1);
    assert_eq!(view.message("inner").unwrap().float("x"), Some(1.5));
    assert_eq!(view.integer("absent"), None);
}

/// protobuf refuses them, so a line that runs here would not run on the GPU.
#[test]
fn unknown_keys_are_errors_with_line_path_and_the_nearest_known() {
    assert_eq!(
        run("inner {\n  y: 1\n}").unwrap_err(),
        "f:2:3: unknown key inner.y; did you mean x?, known here: x"
    );
    let error = run("n: 1 colour: RED").unwrap_err();
    assert!(
        error.starts_with("f:1:6: unknown key colour; did you mean color?, known here: on,"),
        "{error}"
    );
    let error = run("frobnicate: 1").unwrap_err();
    assert!(
        error.starts_with("f:1:1: unknown key frobnicate, known here: on,"),
        "{error}"
    );
}

#[test]
fn keys_without_effect_are_noted_unless_default() {
    assert_eq!(
        run("gpu: 1").unwrap(),
        ["f:1:1: gpu has no effect on the CPU: there is none"]
    );
    assert!(run("gpu: 0").unwrap().is_empty());
}

#[test]
fn keys_that_cannot_be_honoured_are_errors() {
    assert_eq!(
        run("n: 1\n grpc {}").unwrap_err(),
        "f:2:2: grpc cannot be honoured by the CPU stand-in: no server [server]"
    );
    assert!(
        run("mode: 2")
            .unwrap_err()
            .contains("mode cannot be honoured")
    );
}

#[test]
fn wrong_types_and_repetitions_are_errors() {
    assert_eq!(
        run("n: -1").unwrap_err(),
        "f:1:1: n: expected an integer of 0 or more, found -1"
    );
    assert_eq!(
        run("color: BLUE").unwrap_err(),
        "f:1:1: color: expected one of NONE, RED, found BLUE"
    );
    assert_eq!(
        run("name: 5").unwrap_err(),
        "f:1:1: name: expected a string in quotes, found 5"
    );
    assert_eq!(
        run("n: 1\nn: 2").unwrap_err(),
        "f:2:1: n is given twice, first at line 1, column 1"
    );
    assert!(run("inner: 1").unwrap_err().contains("a message in braces"));
}
