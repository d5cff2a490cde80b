use super::*;

fn read(name: &str, bytes: &[u8]) -> Result<Labels, LabelsError> {
    let path = std::env::temp_dir().join(format!("rsnvds-labels-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let labels = Labels::read(&path);
    std::fs::remove_file(&path).unwrap();
    labels
}

/// The labels of a text, with its form.
fn parsed(text: &str) -> (Vec<String>, Form) {
    let labels = Labels::parse(text.as_bytes(), false).unwrap();
    (labels.labels, labels.form)
}

fn refused(text: &[u8], json: bool) -> String {
    Labels::parse(text, json).unwrap_err().to_string()
}

/// The sample cut the last character of every line, newline or not.
#[test]
fn the_last_line_needs_no_newline() {
    for text in [
        "unlabeled\nperson\ncar",
        "unlabeled\r\nperson\r\ncar\r\n\r\n",
    ] {
        assert_eq!(parsed(text).0, ["unlabeled", "person", "car"]);
    }
}

#[test]
fn lines_may_end_with_cr_alone() {
    let (labels, form) = parsed("background\rperson\rbicycle\r");
    assert_eq!(labels, ["background", "person", "bicycle"]);
    assert_eq!(form, Form::Lines);
}

#[test]
fn lines_keep_their_numbers() {
    let labels = read("gap", "\u{feff}a\n\n b ; alias\n".as_bytes()).unwrap();
    assert_eq!(labels.labels, ["a", "", "b"]);
    assert_eq!(labels.get(2), Some("b"));
    assert_eq!(labels.get(3), None);
    assert_eq!(labels.get(-1), None);
}

#[test]
fn lines_with_numbers_name_the_class_of_the_number() {
    for text in [
        "0  background\n1  person\n3  bicycle\n",
        "0: background\n1: person\n3: bicycle",
        "0,background\r\n1,person\r\n3,bicycle\r\n",
        "0\tbackground\r1\tperson\r3\tbicycle",
    ] {
        let (labels, form) = parsed(text);
        assert_eq!(labels, ["background", "person", "", "bicycle"], "{text:?}");
        assert_eq!(form, Form::NumberedLines);
    }
    assert_eq!(parsed("1  person\n2  car").0, ["", "person", "car"]);
}

#[test]
fn numbers_that_are_part_of_the_label_stay() {
    for text in [
        "50 km/h\n30 km/h",
        "20 km/h\n30 km/h",
        "1 euro\n1 pound",
        "0\n1\n2",
        "1 person",
        "4wd\n6wd",
        "person\n1 car",
    ] {
        let (labels, form) = parsed(text);
        assert_eq!(labels, text.split('\n').collect::<Vec<_>>());
        assert_eq!(form, Form::Lines);
    }
}

#[test]
fn json_is_read_as_list_and_as_map() {
    for text in [
        r#"["background", "person", "bicycle"]"#,
        r#"{"0": "background", "1": "person", "2": "bicycle"}"#,
        r#" {"background": 0, "bicycle": 2, "person": 1}"#,
        r#"{"model_type": "detr", "id2label": {"2": "bicycle", "0": "background", "1": "person"}}"#,
    ] {
        let (labels, form) = parsed(text);
        assert_eq!(labels, ["background", "person", "bicycle"], "{text}");
        assert_eq!(form, Form::Json);
    }
    assert!(refused(b"[1, 2]", false).contains("expected an array of labels"));
    assert!(refused(b"[\"person\",", true).contains("cannot be parsed"));
    assert!(refused(b"{\"0\": \"a\", \"4000000000\": \"b\"}", false).contains("4000000000"));
    // No JSON and not said to be: a label may begin with a bracket.
    assert_eq!(parsed("[unused]\nperson").0, ["[unused]", "person"]);
}

#[test]
fn a_label_map_of_tensorflow_is_read() {
    let text = "# COCO\nitem {\n  name: \"/m/01g317\"\n  id: 1\n  display_name: \"person\"\n}\n\
                item: { id: 3, name: 'it\\'s', keypoints { id: 7 label: \"nose\" } }";
    let (labels, form) = parsed(text);
    assert_eq!(labels, ["", "person", "", "it's"]);
    assert_eq!(form, Form::LabelMap);
    for (text, problem) in [
        ("item { name: \"a\" }", "line 1: the item has no id"),
        ("item {\n id: x }", "id is \"x\""),
        ("item { id: 1", "no end"),
        ("item { id: 1 }\nperson", "line 2: expected an item"),
        (
            "item { id: 1 name: 'a' } item { id: 1 name: 'b' }",
            "two labels",
        ),
    ] {
        assert!(refused(text.as_bytes(), false).contains(problem), "{text}");
    }
    assert_eq!(parsed("item\nother").0, ["item", "other"]);
}

#[test]
fn the_highest_class_and_the_largest_file_are_read() {
    let labels = Labels::parse(b"{\"0\": \"a\", \"99999\": \"b\"}", false).unwrap();
    assert_eq!((labels.len(), labels.get(99_999)), (100_000, Some("b")));
    assert!(refused(b"{\"0\": \"a\", \"100000\": \"b\"}", false).contains("0 to 99999"));
    let mut text = vec![b' '; MAX_BYTES as usize];
    text[0] = b'a';
    assert_eq!(read("largest", &text).unwrap().labels, ["a"]);
    text.push(b' ');
    let error = read("too-large", &text).unwrap_err();
    assert!(matches!(error.problem, Problem::TooLarge));
}

#[test]
fn one_line_with_all_labels_is_noticed() {
    let one = |text: &str| {
        Labels::parse(text.as_bytes(), false)
            .unwrap()
            .one_line_of_many()
    };
    assert!(one("background, person, bicycle\n"));
    assert!(!one("person\n") && !one("a,b\nc,d"));
}

#[test]
fn errors_name_the_file() {
    let missing = Labels::read(Path::new("/no/such/labels.txt")).unwrap_err();
    assert!(
        missing.to_string().contains("/no/such/labels.txt"),
        "{missing}"
    );
    let endless = Labels::read(Path::new("/dev/zero")).unwrap_err();
    assert!(matches!(endless.problem, Problem::TooLarge));
    let empty = read("empty", b"\n \n").unwrap_err();
    assert!(matches!(empty.problem, Problem::Empty));
    let latin1 = read("latin1", b"a\ncaf\xe9\n").unwrap_err();
    assert!(matches!(latin1.problem, Problem::Encoding { line: 2 }));
}

/// They became empty labels, or labels cut short.
#[test]
fn utf16_and_zero_bytes_are_refused() {
    let utf16 = |bom: &[u16], order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = bom.iter().copied().chain("bg\nperson\n".encode_utf16());
        text.flat_map(order).collect()
    };
    for bytes in [
        utf16(&[0xfeff], u16::to_le_bytes),
        utf16(&[0xfeff], u16::to_be_bytes),
    ] {
        assert!(refused(&bytes, false).contains("is UTF-16"));
    }
    assert!(refused(&utf16(&[], u16::to_le_bytes), false).contains("zero byte in line 1"));
    assert!(refused(b"background\nper\0son", false).contains("zero byte in line 2"));
}
