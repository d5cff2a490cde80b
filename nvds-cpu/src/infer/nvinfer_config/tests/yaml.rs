use super::super::*;
use super::warnings;

const DETECTOR: &str = "\
property:
  onnx-file: models/net.onnx   # the network
  gie-unique-id: 3
  net-scale-factor: 0.00392157
  offsets: 1;2.5;3
  num-detected-classes: 2
  labelfile-path: 'my labels.txt'
  classifier-type: \"a\\\\b\"
  maintain-aspect-ratio: 1
  output-blob-names:
class-attrs-all:
  pre-cluster-threshold: 0.3
class-attrs-1:
  border-color: 0;1;0;0.5
";

fn parse(text: &str) -> Result<NvinferConfig, String> {
    NvinferConfig::parse(text, Path::new("/etc/c.yml")).map_err(|e| e.to_string())
}

#[test]
fn yaml_has_the_same_groups_and_keys() {
    let config = parse(DETECTOR).unwrap();
    assert_eq!(config.network, Network::Onnx("/etc/models/net.onnx".into()));
    assert_eq!(config.preprocess.offsets, [1.0, 2.5, 3.0]);
    assert!(config.preprocess.maintain_aspect_ratio);
    let post = &config.postprocess;
    assert_eq!(
        post.label_file.as_deref(),
        Some(Path::new("/etc/my labels.txt"))
    );
    assert_eq!(post.classifier_type.as_deref(), Some(r"a\b"));
    assert_eq!(post.class_attrs[0].pre_cluster_threshold, 0.3);
    assert_eq!(post.class_attrs[1].border_color, [0.0, 1.0, 0.0, 0.5]);
    assert_eq!(warnings(&config), [""; 0]);
    assert_eq!(parse(&DETECTOR.replace('\n', "\r\n")).unwrap(), config);
    assert_eq!(
        parse(&format!("%YAML 1.1\n---\n{DETECTOR}...\nmore: 1\n"))
            .unwrap()
            .postprocess,
        config.postprocess
    );
}

#[test]
fn faults_have_their_line() {
    for (from, to, expected) in [
        (
            "1;2.5;3",
            "[1, 2.5, 3]",
            "/etc/c.yml:5: offsets: expected one value, found a list: write lists as text with ';'",
        ),
        (
            "1;2.5;3",
            "\n    - 1\n    - 2",
            "/etc/c.yml:5: offsets: expected one value",
        ),
        (
            "1;2.5;3",
            "{a: 1}",
            "/etc/c.yml:5: offsets: expected one value",
        ),
        (
            "gie-unique-id: 3",
            "gie-unique-id: x",
            "/etc/c.yml:3: gie-unique-id: expected an integer of 0 or more, found \"x\"",
        ),
        (
            "gie-unique-id: 3",
            "gie-unique-id:",
            "/etc/c.yml:3: gie-unique-id: expected an integer of 0 or more, found nothing",
        ),
        ("gie-unique-id: 3", "gie-unique-id=3", "/etc/c.yml:"),
        ("gie-unique-id: 3", "\tgie-unique-id: 3", "this is no YAML"),
        (
            "class-attrs-1:",
            "class-attrs-5:",
            "/etc/c.yml:13: [class-attrs-5] is for class 5",
        ),
        (
            "property:",
            "properties:",
            "expected a group [property], found none",
        ),
        (
            "property:",
            "property: 7\nx:",
            "expected a group [property], found none",
        ),
        ("property:", "- property:", "/etc/c.yml:"),
        (
            "onnx-file",
            "[a]: b\n  onnx-file",
            "/etc/c.yml:2: expected a key",
        ),
        (
            "onnx-file",
            "'a=b': b\n  onnx-file",
            "/etc/c.yml:2: expected a key, found \"a=b\"",
        ),
        (
            "onnx-file: models/net.onnx",
            "onnx-file: *x",
            "/etc/c.yml:2",
        ),
    ] {
        assert!(DETECTOR.contains(from), "{from}");
        let error = parse(&DETECTOR.replace(from, to)).expect_err(to);
        assert!(error.contains(expected), "{to}\n{error}\n{expected}");
    }
    for text in ["", "# nothing\n", "---\n", "~", "property"] {
        let error = parse(text).unwrap_err();
        assert!(error.contains("expected"), "{text:?} {error}");
    }
}

#[test]
fn unknown_keys_are_warned_about_by_line() {
    let config =
        parse(&DETECTOR.replace("gie-unique-id: 3", "gie-uniqe-id: 3\n  gie-unique-id: 3"))
            .unwrap();
    assert_eq!(
        warnings(&config),
        ["/etc/c.yml:3: unknown key gie-uniqe-id in [property]; did you mean gie-unique-id?"]
    );
    let config = parse(&format!("{DETECTOR}source-list:\n  list: a;b\nempty:\n")).unwrap();
    assert_eq!(warnings(&config).len(), 2);
    let config =
        parse(&DETECTOR.replace("gie-unique-id: 3", "gie-unique-id: 3\n  gie-unique-id: 4"))
            .unwrap();
    assert_eq!(config.unique_id, Some(4));
    assert!(warnings(&config)[0].contains("given again in [property], first in line 3"));
}

#[test]
fn an_alias_stands_for_its_scalar() {
    let text = DETECTOR.replace("gie-unique-id: 3", "gie-unique-id: &id 3\n  interval: *id");
    assert_eq!(parse(&text).unwrap().interval, Some(3));
}

#[test]
fn a_second_document_is_warned_about() {
    let first = "property:\n  gie-unique-id: 1\n  num-detected-classes: 1\n";
    let notes = |text: &str| -> Vec<String> {
        let config = NvinferConfig::parse(text, Path::new("/etc/c.yml")).unwrap();
        let notes = config.notes.iter();
        notes.map(|note| note.text.to_string()).collect()
    };
    assert!(notes(first).is_empty(), "{:?}", notes(first));
    assert!(notes(&format!("---\n{first}...\n")).is_empty());
    let found = notes(&format!("{first}---\nproperty:\n  gie-unique-id: 2\n"));
    assert_eq!(
        found,
        [
            "/etc/c.yml:4: a second YAML document begins here and has no effect: only the first one is read"
        ]
    );
}

#[test]
fn what_is_there_twice_is_told_with_both_lines() {
    let again = DETECTOR.replace(
        "  offsets: 1;2.5;3\n",
        "  offsets: 0;0;0\n  offsets: 1;2.5;3\n",
    );
    let config = parse(&again).unwrap();
    assert_eq!(config.preprocess.offsets, [1.0, 2.5, 3.0]);
    let told = warnings(&config);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("c.yml:6: offsets is given again in [property], first in line 5"),
        "{told:?}"
    );
    let config = parse(&format!("{DETECTOR}property:\n  offsets: 0;0;0\n")).unwrap();
    let told = warnings(&config);
    assert!(
        told.iter().any(|told| told.contains("c.yml:15: the group property begins again, first in line 1")),
        "{told:?}"
    );
}
