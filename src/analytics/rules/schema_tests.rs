//! The schema and the documentation against what reads the rules.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use nvds_analytics::rules::{Direction, Line, Speed, Stationary, Zone};
use serde_json::Value;

use super::document::ROWS;
use super::keys::{HEAT_MAP_ROWS, Sort};
use super::*;
use crate::config::{Row, as_json, lines};

const SCHEMA: &str = include_str!("../../../docs/rsanalytics.schema.json");
const MANUAL: &str = include_str!("../../../docs/rsanalytics.md");

static TREE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap());

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    jsonschema::meta::validate(&TREE).unwrap();
    jsonschema::validator_for(&TREE).unwrap()
});

fn is_valid(text: &str) -> bool {
    VALIDATOR.is_valid(&as_json(text))
}

/// The file of the pipeline, the benchmark's, and each block of the manual.
#[test]
fn every_example_has_rules() {
    let blocks = MANUAL.split("\n```toml\n").skip(1);
    let blocks = blocks.map(|b| b.split("\n```").next().unwrap());
    let mut examples: Vec<_> = blocks.collect();
    assert!(examples.len() > 1);
    examples.push(include_str!("../../../pipelines/config/rsanalytics.toml"));
    examples.push(include_str!("../../../benches/analytics/rules.toml"));
    for text in examples {
        let (_, notes) = Document::parse(text, "example").unwrap_or_else(|e| panic!("{text}\n{e}"));
        assert!(notes.is_empty());
        assert!(is_valid(text), "{text}");
    }
}

#[test]
fn the_schema_has_the_keys() {
    let keys = |pointer: &str| -> BTreeSet<String> {
        let properties = TREE.pointer(pointer).unwrap();
        properties.as_object().unwrap().keys().cloned().collect()
    };
    fn names<T>(rows: &[Row<T>]) -> BTreeSet<String> {
        rows.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
    assert_eq!(keys("/properties"), names(ROWS));
    let map = "/properties/heat-map/properties";
    assert_eq!(keys(map), names(HEAT_MAP_ROWS));
    for (sort, expected) in [
        ("zone", names(Zone::rows())),
        ("line", names(Line::rows())),
        ("direction", names(Direction::rows())),
        ("stationary", names(Stationary::rows())),
        ("speed", names(Speed::rows())),
    ] {
        assert_eq!(
            keys(&format!("/$defs/{sort}/properties")),
            expected,
            "{sort}"
        );
    }
}

/// What one refuses the other does too.
#[test]
fn schema_and_rules_agree_on_values() {
    const ZONE: &str = "zone.a.points=[[0,0],['50%',0],[9,9]]";
    const WAY: &str = "direction.a.from=[0,100];direction.a.to=[0,0]";
    const GROUND: &str = "speed.a.frame=[[400,300],[880,300],[1200,700],[80,700]];speed.a.ground=[[0,40],[7,40],[7,0],[0,0]]";
    for (text, good) in [
        ("track-timeout=0;window=0.1;hysteresis='0.5%'", true),
        ("track-timeout=3601", false),
        ("window=0", false),
        ("hysteresis='1'", false),
        ("hysteresis=-1", false),
        ("hysteresis=' 49.9 %'", true),
        ("hysteresis='.5%'", true),
        ("hysteresis='007.%'", true),
        ("hysteresis='50%'", false),
        ("hysteresis='100%'", false),
        ("heat-map.columns=1024;heat-map.rows=1", true),
        ("heat-map.columns=0", false),
        ("heat-map.cells=4", false),
        ("heat-map=true", false),
        (ZONE, true),
        ("zone.a.dwell=3", false),
        ("zone.a.points=[[0,0],[9,0]]", false),
        ("zone.a.points=[[0,0],[9,0],[9]]", false),
        ("zone.''.points=[[0,0],[9,0],[9,9]]", false),
        ("zone.'{'.points=[[0,0],[9,0],[9,9]]", false),
        ("zone.\"\\u0000\".points=[[0,0],[9,0],[9,9]]", false),
        ("zone.\"\\u0085\".points=[[0,0],[9,0],[9,9]]", false),
        ("zone.'any \u{e9}'.points=[[0,0],[9,0],[9,9]]", true),
        ("zone=3", false),
        ("zone.a=3", false),
        ("zon.a.points=[[0,0],[9,0],[9,9]]", false),
        ("line.a.a=[1,1];line.a.b=[2,'2%']", true),
        ("line.a.a=[1,1]", false),
        (WAY, true),
        ("stationary.a.time=0.1;stationary.a.radius=3", true),
        ("stationary.a.time=0", false),
        ("stationary.a.radius=5", false),
        (
            "speed.a.metres-per-pixel=0.002;speed.a.limit='50 km/h'",
            true,
        ),
        ("speed.a.metres-per-pixel=0.002;speed.a.limit=13.5", true),
        (
            "speed.a.metres-per-pixel=0.002;speed.a.limit='5 knots'",
            false,
        ),
        ("speed.a.metres-per-pixel=0.002;speed.a.limit=-1", false),
        ("speed.a.metres-per-pixel=0", false),
        ("speed.a.limit=5", false),
        (GROUND, true),
        (
            "speed.a.frame=[[400,300],[880,300],[1200,700],[80,700]]",
            false,
        ),
        ("other=1", false),
    ] {
        check(text, good);
    }
    for (base, more, good) in [
        (
            ZONE,
            "zone.a.dwell=86400;zone.a.crowd=1;zone.a.crowd-time=0",
            true,
        ),
        (ZONE, "zone.a.dwell='3'", false),
        (ZONE, "zone.a.crowd=0", false),
        (ZONE, "zone.a.crowd=1.5", false),
        (ZONE, "zone.a.crowd-time=3", false),
        (
            ZONE,
            "zone.a.classes=['person',7];zone.a.sources=[0];zone.a.anchor='centre'",
            true,
        ),
        (ZONE, "zone.a.classes=[-1]", false),
        (ZONE, "zone.a.classes='person'", false),
        (ZONE, "zone.a.sources=['a']", false),
        (ZONE, "zone.a.anchor='head'", false),
        (WAY, "direction.a.angle=180;direction.a.least='1%'", true),
        (WAY, "direction.a.angle=0", false),
        (WAY, "direction.a.least=[1]", false),
        (GROUND, "speed.a.metres-per-pixel=1", false),
    ] {
        check(&format!("{base};{more}"), good);
    }
    let long = "n".repeat(64);
    check(&format!("line.{long}.a=[1,1];line.{long}.b=[2,2]"), false);
}

fn check(text: &str, good: bool) {
    let text = lines(text);
    let read = Document::parse(&text, "rules");
    assert_eq!(read.is_ok(), good, "rules: {text}\n{read:?}");
    assert_eq!(is_valid(&text), good, "schema: {text}");
}

/// Defaults that the schema states are those of the rules.
#[test]
fn stated_defaults_hold() {
    let defaults = |pointer: &str| -> Vec<(String, String)> {
        let properties = TREE.pointer(pointer).unwrap().as_object().unwrap();
        let stated = properties
            .iter()
            .filter_map(|(key, of)| Some((key.clone(), of.get("default")?)));
        stated
            .map(|(key, value)| (key, value.to_string()))
            .collect()
    };
    let rules = |text: &str| Document::parse(text, "rules").unwrap().0.config().rules;
    let mut stated = 0;
    for (pointer, prefix, base) in [
        ("/properties", "", ""),
        (
            "/properties/heat-map/properties",
            "heat-map.",
            "[heat-map]\n",
        ),
        (
            "/$defs/zone/properties",
            "zone.a.",
            "zone.a.points=[[0,0],[9,0],[9,9]]\nzone.a.crowd=1\n",
        ),
        (
            "/$defs/direction/properties",
            "direction.a.",
            "direction.a.from=[0,9]\ndirection.a.to=[0,0]\n",
        ),
        (
            "/$defs/stationary/properties",
            "stationary.a.",
            "stationary.a.time=5\n",
        ),
    ] {
        for (key, value) in defaults(pointer) {
            let section = format!("[{}]\n", prefix.trim_end_matches('.'));
            let text = match base == section {
                true => format!("{base}{key} = {value}"),
                false => format!("{base}{prefix}{key} = {value}"),
            };
            assert_eq!(rules(&text), rules(base), "{text}");
            stated += 1;
        }
    }
    assert!(stated >= 9, "{stated}");
}
