//! The schema and the documentation against the parser.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use super::document::{self, Document};
use super::keys::ObjectKeys;
use super::{lines, marks};
use crate::config::as_json;

const SCHEMA: &str = include_str!("../../../docs/osd-style.schema.json");
const MANUAL: &str = include_str!("../../../docs/osd-style.md");

static TREE: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(SCHEMA).unwrap());

static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    jsonschema::meta::validate(&TREE).unwrap();
    jsonschema::validator_for(&TREE).unwrap()
});

fn is_valid(text: &str) -> bool {
    VALIDATOR.is_valid(&as_json(text))
}

/// Whether what a file has in TOML are rules of rsanalytics or a skeleton, and no style.
fn is_no_style(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    matches!(&*name, "analytics" | "rsanalytics") || name.starts_with("skeleton")
}

/// Every style that the project shows: files, and blocks in its documents.
fn examples() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut examples: Vec<(String, String)> = Vec::new();
    let folder = |path: PathBuf| std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path());
    for path in folder(root.join("pipelines/config")) {
        if path.extension().is_some_and(|e| e == "toml") && !is_no_style(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            examples.push((path.display().to_string(), text));
        }
    }
    for path in folder(root.join("docs")) {
        if path.extension().is_some_and(|e| e == "md") && !is_no_style(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            for block in text.split("\n```toml\n").skip(1) {
                let end = block.find("\n```").unwrap();
                examples.push((path.display().to_string(), block[..end].to_owned()));
            }
        }
    }
    examples
}

#[test]
fn every_example_is_a_style() {
    let examples = examples();
    assert!(examples.len() >= 5, "{}", examples.len());
    for (path, text) in examples {
        let (document, notes) =
            Document::parse(&text, "style").unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(notes.is_empty(), "{path}: {notes:?}");
        super::Style::new(&document, &mut []).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert!(is_valid(&text), "{path}: {text}");
    }
}

#[test]
fn the_schema_has_the_parsers_keys() {
    let keys = |pointer: &str| -> BTreeSet<String> {
        let properties = TREE.pointer(pointer).unwrap();
        properties.as_object().unwrap().keys().cloned().collect()
    };
    fn names<T>(rows: &[crate::config::Row<T>]) -> BTreeSet<String> {
        rows.iter().map(|(name, _)| (*name).to_owned()).collect()
    }
    assert_eq!(keys("/properties"), names(document::ROWS));
    assert_eq!(
        keys("/properties/frame/properties"),
        names(document::FRAME_ROWS)
    );
    assert_eq!(keys("/$defs/text/properties"), names(document::TEXT_ROWS));
    assert_eq!(keys("/$defs/object/properties"), names(ObjectKeys::ROWS));
    assert_eq!(keys("/$defs/zone/properties"), names(marks::ZONE_ROWS));
    assert_eq!(keys("/$defs/line/properties"), names(marks::LINE_ROWS));
}

#[test]
fn the_manual_tells_every_key() {
    let all = [
        document::ROWS.iter().map(|row| row.0).collect::<Vec<_>>(),
        document::FRAME_ROWS.iter().map(|row| row.0).collect(),
        document::TEXT_ROWS.iter().map(|row| row.0).collect(),
        ObjectKeys::ROWS.iter().map(|row| row.0).collect(),
        marks::ZONE_ROWS.iter().map(|row| row.0).collect(),
        marks::LINE_ROWS.iter().map(|row| row.0).collect(),
    ];
    for key in all.concat() {
        // A row of a table begins with the key or its section, alone or among others.
        let row = MANUAL.lines().any(|line| {
            let first = line.split(" | ").next().unwrap_or_default();
            first.starts_with("| `")
                && [format!("`{key}`"), format!("`[{key}]"), format!("`[{key}.")]
                    .iter()
                    .any(|form| first.contains(form.as_str()))
        });
        assert!(row, "{key} is not in docs/osd-style.md");
    }
}

/// What one refuses the other does too.
#[test]
fn schema_and_parser_agree_on_values() {
    for (text, good) in [
        ("default.hide=true", true),
        ("default.hide=1", false),
        ("default.min-confidence=0.5", true),
        ("default.min-confidence=1", true),
        ("default.min-confidence=1.1", false),
        ("default.palette='track'", true),
        ("default.palette='id'", false),
        ("default.box='none'", true),
        ("default.box='round'", false),
        ("default.border-width=32", true),
        ("default.border-width=-1", false),
        ("default.border-color='#12345678'", true),
        ("default.border-color='#12345'", false),
        ("default.border-color='none'", true),
        ("default.fill='palette'", true),
        ("default.fill='palette/0.25'", true),
        ("default.fill='palette/1'", true),
        ("default.fill='palette/2'", false),
        ("default.fill='contrast'", false),
        ("default.text-color='contrast'", true),
        ("default.corner-length=0.6", false),
        ("default.label-position='left'", false),
        ("default.dot=true;default.trace=256", true),
        ("default.trace=257", false),
        ("default.foot-circle='big'", false),
        ("default.shape-width=0", false),
        ("default.redact-color='#fff'", true),
        ("default.redact-color='#fffffff0'", false),
        ("default.redact-color='none'", false),
        ("source.1.hide=true;gie.-1.hide=true", true),
        ("source.-1.hide=true", false),
        ("source.a.hide=true", false),
        ("class.'any thing'.hide=true", true),
        ("class.car=1", false),
        ("frame.text='a'", true),
        ("frame.text=['a',{template='b',position='top'}]", true),
        ("frame.text=[{position=[1,'2.5%']}]", true),
        ("frame.text=[{position=[1]}]", false),
        ("frame.text=[{position='middle'}]", false),
        ("frame.text-color='palette'", false),
        ("zone.a.points=[[1,1],[2,2],['3%',3]]", true),
        ("zone.a.points=[[1,1],[2,2]]", false),
        ("zone.a.color='#fff'", false),
        ("zone.'{'.points=[[1,1],[2,2],[3,3]]", false),
        ("zone.\"\\u0000\".points=[[1,1],[2,2],[3,3]]", false),
        ("line.a.a=[1,1];line.a.b=[2,2];line.a.classes=['x',1]", true),
        ("line.a.a=[1,1]", false),
        ("line.a.a=[1,1];line.a.b=[2,2];line.a.classes=[-1]", false),
        ("palette-colors=['#fff']", true),
        ("palette-colors=[]", false),
        ("palette-colors=['none']", false),
        ("trace-timeout=2.5", true),
        ("trace-timeout=-1", false),
        ("redact-hold=1.5", false),
        ("redact-growth=0.5", true),
        ("redact-when-unknown='frame'", true),
        ("redact-when-unknown=true", false),
        ("other=1", false),
    ] {
        let text = lines(text);
        assert_eq!(
            Document::parse(&text, "style").is_ok(),
            good,
            "parser: {text}"
        );
        assert_eq!(is_valid(&text), good, "schema: {text}");
    }
}

/// Defaults that the schema states are those that the parser fills in.
#[test]
fn stated_defaults_hold() {
    let empty = ObjectKeys::default().style();
    let mut resolved = 0;
    for (key, property) in TREE["$defs"]["object"]["properties"].as_object().unwrap() {
        let Some(default) = property.get("default") else {
            continue;
        };
        let value = match default {
            Value::String(text) => format!("{text:?}"),
            other => other.to_string(),
        };
        // With a shape or a cover, whose details show only then.
        let base = "default.redact=true\n";
        let text = match key.as_str() {
            "redact" => format!("default.redact={value}"),
            _ => format!("{base}default.{key}={value}"),
        };
        let (stated, _) = Document::parse(&text, "style").unwrap();
        let expected = match key.as_str() {
            "redact" => empty.clone(),
            _ => {
                let (document, _) = Document::parse(base, "style").unwrap();
                document.sections.default.style()
            }
        };
        assert_eq!(stated.sections.default.style(), expected, "{key}");
        resolved += 1;
    }
    assert!(resolved >= 9, "{resolved}");
}
