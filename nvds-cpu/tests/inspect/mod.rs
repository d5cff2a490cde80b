//! Compares an element with a table of the stock element's pads and properties.
//!
//! The tables (`tests/data/inspect`) were written by a program that asked the stock element; see the keys there.

#![allow(dead_code)] // each test file uses its part

use std::collections::BTreeSet;
use std::path::Path;

use gst::glib;
use gst::prelude::*;
use serde_json::{Value, json};

/// Whether a property is of the stock element itself, not of GStreamer's own classes.
pub fn is_own(table: &Value, property: &Value) -> bool {
    let owner = property["owner_type"].as_str().expect("an owner");
    owner.starts_with("GstNv") || owner.starts_with("GstV4l2") || table["hierarchy"][0] == owner
}

/// Says what of an element differs from its table, one line each; empty if nothing does. `table`: the file's name, and
/// the factory's unless the file says another.
///
/// Texts for people (blurbs, the description) and properties of GStreamer's own classes are not compared.
pub fn differences(table: &str) -> Vec<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/inspect/{table}.json"));
    let text = std::fs::read_to_string(&path).expect("the table");
    let table: Value = serde_json::from_str(&text).expect("a table");
    let factory = table["factory"].as_str().expect("a factory");
    let element = gst::ElementFactory::make(factory)
        .build()
        .expect("the element");
    let found_factory = element.factory().expect("a factory");

    let mut wrong = Vec::new();
    let mut check = |what: String, expected: &Value, found: Value| {
        if *expected != found {
            wrong.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    check(
        "rank".into(),
        &table["rank"],
        json!(i32::from(found_factory.rank())),
    );
    for key in ["long-name", "klass"] {
        check(
            key.into(),
            &table["metadata"][key],
            json!(found_factory.metadata(key)),
        );
    }
    let mut ancestors = vec![element.type_()];
    while let Some(parent) = ancestors[ancestors.len() - 1].parent() {
        ancestors.push(parent);
    }
    let names: Vec<_> = ancestors.iter().map(|t| t.name()).collect();
    check("hierarchy".into(), &table["hierarchy"], json!(names));
    let pads: Vec<_> = element
        .pads()
        .iter()
        .map(|pad| pad.name().to_string())
        .collect();
    check("pads".into(), &table["initial_pads"], json!(pads));

    for expected in table["pad_templates"].as_array().expect("templates") {
        let name = expected["name_template"].as_str().expect("a name");
        let Some(found) = element.pad_template(name) else {
            check(format!("pad template {name}"), expected, Value::Null);
            continue;
        };
        let (direction, presence) = (
            format!("{:?}", found.direction()),
            format!("{:?}", found.presence()),
        );
        check(
            format!("direction of {name}"),
            &expected["direction"],
            json!(direction.to_lowercase()),
        );
        check(
            format!("presence of {name}"),
            &expected["presence"],
            json!(presence.to_lowercase()),
        );
        let lines = expected["caps"]
            .as_array()
            .expect("caps")
            .iter()
            .filter_map(Value::as_str);
        let caps: gst::Caps = lines.collect::<Vec<_>>().join("; ").parse().expect("caps");
        if caps != *found.caps() {
            check(
                format!("caps of {name}"),
                &json!(caps.to_string()),
                json!(found.caps().to_string()),
            );
        }
    }

    let expected: Vec<_> = table["properties"]
        .as_array()
        .expect("properties")
        .iter()
        .collect();
    for property in &expected {
        let name = property["name"].as_str().expect("a name");
        if !is_own(&table, property) {
            continue;
        }
        match element.find_property(name) {
            Some(spec) => compare_property(&element, &spec, property, &mut check),
            None => check(name.into(), property, Value::Null),
        }
    }
    let listed: BTreeSet<_> = expected.iter().filter_map(|p| p["name"].as_str()).collect();
    for spec in element.list_properties() {
        if !listed.contains(spec.name()) {
            check(
                format!("extra property {}", spec.name()),
                &Value::Null,
                json!(spec.value_type().name()),
            );
        }
    }
    wrong
}

fn compare_property(
    element: &gst::Element,
    spec: &glib::ParamSpec,
    expected: &Value,
    check: &mut impl FnMut(String, &Value, Value),
) {
    let name = spec.name();
    check(
        format!("{name}: nick"),
        &expected["nick"],
        json!(spec.nick()),
    );
    check(
        format!("{name}: type"),
        &expected["type"],
        json!(spec.value_type().name()),
    );
    check(
        format!("{name}: default"),
        &expected["pspec_default"],
        to_json(spec.default_value()),
    );

    // G_PARAM_* and GST_PARAM_* bits, in the words of the tables.
    let bits = [
        (0, "readable"),
        (1, "writable"),
        (2, "construct"),
        (3, "construct-only"),
        (9, "controllable"),
        (10, "mutable-ready"),
        (11, "mutable-paused"),
        (12, "mutable-playing"),
    ];
    let flags = spec.flags().bits();
    let found: BTreeSet<_> = bits
        .iter()
        .filter(|(bit, _)| flags & (1 << bit) != 0)
        .map(|(_, word)| *word)
        .collect();
    let words = expected["flags"]
        .as_array()
        .expect("flags")
        .iter()
        .filter_map(Value::as_str);
    let compared: BTreeSet<_> = words
        .filter(|word| bits.iter().any(|(_, known)| known == word))
        .collect();
    check(format!("{name}: flags"), &json!(compared), json!(found));

    if let Some(number) = spec.downcast_ref::<glib::ParamSpecUInt>() {
        check(
            format!("{name}: minimum"),
            &expected["minimum"],
            json!(number.minimum()),
        );
        check(
            format!("{name}: maximum"),
            &expected["maximum"],
            json!(number.maximum()),
        );
    }
    if let Some(number) = spec.downcast_ref::<glib::ParamSpecInt>() {
        check(
            format!("{name}: minimum"),
            &expected["minimum"],
            json!(number.minimum()),
        );
        check(
            format!("{name}: maximum"),
            &expected["maximum"],
            json!(number.maximum()),
        );
    }
    if let Some(choice) = glib::EnumClass::with_type(spec.value_type()) {
        let values = choice.values().iter();
        let values: Vec<_> = values
            .map(|v| json!({"value": v.value(), "nick": v.nick(), "name": v.name()}))
            .collect();
        check(
            format!("{name}: values"),
            &expected["enum_values"],
            json!(values),
        );
    }
    if let Some(value) = expected.get("value_on_new_instance") {
        check(
            format!("{name}: value"),
            value,
            to_json(&element.property_value(name)),
        );
    }
}

fn to_json(value: &glib::Value) -> Value {
    if let Ok(value) = value.get::<bool>() {
        json!(value)
    } else if let Ok(value) = value.get::<u32>() {
        json!(value)
    } else if let Ok(value) = value.get::<i32>() {
        json!(value)
    } else if let Ok(value) = value.get::<u64>() {
        // As text where a program that reads JSON numbers as floats would round it.
        if value > 1 << 53 {
            json!(value.to_string())
        } else {
            json!(value)
        }
    } else if let Ok(value) = value.get::<i64>() {
        json!(value)
    } else if let Ok(value) = value.get::<f32>() {
        json!(value)
    } else if value.type_().is_a(glib::Type::FLAGS) {
        json!(value.transform::<u32>().unwrap().get::<u32>().unwrap())
    } else if value.type_().is_a(glib::Type::BOXED) || value.type_() == glib::Type::POINTER {
        Value::Null
    } else if let Ok(value) = value.get::<Option<String>>() {
        json!(value)
    } else if let Some((_, value)) = glib::EnumValue::from_value(value) {
        json!(value.nick())
    } else {
        json!(format!("{value:?}"))
    }
}
