use super::*;

fn labels() -> Labels {
    [
        "unlabeled",
        "person",
        "bicycle",
        "car",
        "traffic light",
        "N/A",
        "N/A",
    ]
    .into_iter()
    .collect()
}

fn rules(texts: &Texts<'_>, label_offset: i32) -> Result<Rules, String> {
    let labels = labels();
    let names = Names {
        labels: Some(&labels),
        label_offset,
    };
    Rules::new(texts, names)
}

fn by_class(text: &str) -> Result<Rules, String> {
    let texts = Texts {
        class_thresholds: text,
        ..Texts::default()
    };
    rules(&texts, 0)
}

fn by_source(text: &str) -> Result<Rules, String> {
    let texts = Texts {
        class_thresholds: "person=0.6",
        source_thresholds: text,
        class_ids: "person, car, bicycle",
    };
    rules(&texts, 0)
}

#[test]
fn empty_texts_are_no_rules() {
    assert_eq!(rules(&Texts::default(), 0), Ok(Rules::default()));
    assert_eq!(by_class(" thresholds "), Ok(Rules::default()));
}

#[test]
fn classes_by_label_and_by_number() {
    let rules = by_class("thresholds, person=0.6, 3=0.4, traffic light=0.7, N/A=1").unwrap();
    for (class, threshold) in [
        (0, 0.5),
        (1, 0.6),
        (2, 0.5),
        (3, 0.4),
        (4, 0.7),
        // A label of several classes is all of them.
        (5, 1.0),
        (6, 1.0),
    ] {
        assert_eq!(
            rules.classes.threshold(class, 0.5),
            threshold,
            "class {class}"
        );
    }
}

#[test]
fn the_label_offset_counts() {
    let texts = Texts {
        class_ids: "unlabeled,person",
        class_thresholds: "person=0.6",
        ..Texts::default()
    };
    // A file that leaves the background class out.
    let before = rules(&texts, -1).unwrap();
    assert_eq!(before.classes.threshold(2, 0.5), 0.6);
    assert!(before.classes.allows(1) && !before.classes.allows(0));
    // Seven lines are classes 1 to 7 then.
    let numbered = |class_ids, offset| {
        let texts = Texts {
            class_ids,
            ..Texts::default()
        };
        rules(&texts, offset)
    };
    assert!(numbered("1, 7", -1).is_ok() && numbered("0, 5", 1).is_ok());
    for (class, offset) in [("0", -1), ("8", -1), ("6", 1)] {
        let error = numbered(class, offset).unwrap_err();
        assert!(error.contains("has no line"), "{class} {offset}: {error}");
    }
    let error = rules(&texts, 1).unwrap_err();
    assert!(
        error.contains("class-ids: \"unlabeled\"") && error.contains("label-offset is 1"),
        "{error}"
    );
}

#[test]
fn the_most_special_threshold_wins() {
    let rules = by_source("2=0.7, 2/person=0.9, 3/car=0.1, 5=0.4").unwrap();
    assert_eq!(rules.classes.threshold(1, 0.5), 0.6);
    let of = |source, class| {
        let rules: &SourceRules = rules.of_source(source).unwrap();
        rules
            .classes
            .threshold(class, rules.threshold.unwrap_or(0.5))
    };
    assert_eq!((of(2, 1), of(2, 3)), (0.9, 0.7));
    assert_eq!((of(3, 1), of(3, 2), of(3, 3)), (0.6, 0.5, 0.1));
    assert_eq!((of(5, 1), of(5, 2)), (0.6, 0.4));
    assert!(rules.of_source(0).is_none());
    // What is not allowed is so in every source.
    assert_eq!(of(2, 4), f32::INFINITY);
}

#[test]
fn errors_name_property_and_cause() {
    for (text, part) in [
        ("persn=0.5", "\"persn\" in labels-file: \"person\"?"),
        ("zebra crossing=0.5", "\"zebra crossing\" in labels-file"),
        ("person=1.5", "1.5 of \"person\" is not within 0 to 1"),
        ("person=-0.1", "within 0 to 1"),
        ("person=NaN", "within 0 to 1"),
        ("person", "\"person\" has no threshold"),
        ("car=0.5,thresholds", "\"thresholds\" has no threshold"),
        ("7=0.5", "class 7 has no line in labels-file, which has 7"),
        ("1=0.5,person=0.6", "class 1 has two thresholds"),
        ("person=high", "not a number"),
    ] {
        let error = by_class(text).unwrap_err();
        assert!(error.starts_with("class-thresholds: "), "{error}");
        assert!(error.contains(part), "{text}: {error}");
    }
    for (text, part) in [
        (
            "person=0.5",
            "\"person\" does not begin with the number of a source",
        ),
        ("1=0.5,1=0.6", "source 1 has two thresholds"),
        ("1/1=0.5,1/person=0.6", "class 1 has two thresholds"),
        ("1/persn=0.5", "\"person\"?"),
        ("1/9=0.5", "class 9"),
        ("1/=0.5", "no class is labelled \"\""),
    ] {
        let error = by_source(text).unwrap_err();
        assert!(error.starts_with("source-thresholds: "), "{error}");
        assert!(error.contains(part), "{text}: {error}");
    }
}

#[test]
fn labels_need_a_file() {
    let names = Names {
        labels: None,
        label_offset: 0,
    };
    let texts = |class_ids| Texts {
        class_ids,
        ..Texts::default()
    };
    let error = Rules::new(&texts("3,person"), names).unwrap_err();
    assert!(error.contains("labels-file"), "{error}");
    let rules = Rules::new(&texts("3;90"), names).unwrap();
    assert!(rules.classes.allows(90) && !rules.classes.allows(4));
    let error = Rules::new(&texts("3=0.5"), names).unwrap_err();
    assert!(error.contains("3 has a value"), "{error}");
}
