//! Objects: as many, in the same order, with the same numbers as stored.

use serde_json::Value;

use super::{Data, FRAMES};
use crate::report::Report;

/// Differences that are shown.
const SHOWN: usize = 4;

/// What rsssdparser decides of an object; the rest is how it is drawn.
const KEYS: [&str; 7] = [
    "class_id",
    "label",
    "confidence",
    "unique_component_id",
    "rect",
    "detector_rect",
    "parent",
];

pub(super) fn compare(data: &Data, found: &str, report: &mut Report) {
    let stored = match std::fs::read_to_string(data.recording("default.jsonl")) {
        Ok(text) => text,
        Err(error) => {
            report.problem(
                "objects",
                format!("default.jsonl: {error}"),
                "it belongs to the recording",
            );
            return;
        }
    };
    let first: Vec<&str> = stored.lines().take(FRAMES).collect();
    match differences(&first.join("\n"), found) {
        Ok((count, differences)) if differences.is_empty() && count > 0 => {
            report.ok("objects", format!("{count} of {count} exactly as stored"));
        }
        Ok((count, differences)) => {
            let shown = differences[..differences.len().min(SHOWN)].join("\n");
            report.problem(
                "objects",
                format!("{} of {count} differ\n{shown}", differences.len()),
                "tensors, metadata layout or numbers are not as they should be: please report this page",
            );
        }
        Err(error) => report.problem("objects", error, "rsmetajson or the recording is broken"),
    }
}

/// How many objects are stored, and one text for each that is other, missing or too many.
fn differences(stored: &str, found: &str) -> Result<(usize, Vec<String>), String> {
    let (stored, found) = (frames(stored)?, frames(found)?);
    let mut texts = Vec::new();
    if stored.len() != found.len() {
        texts.push(format!(
            "expected {} frames, found {}",
            stored.len(),
            found.len()
        ));
    }
    for (number, (stored, found)) in stored.iter().zip(&found).enumerate() {
        for at in 0..stored.len().max(found.len()) {
            let (stored, found) = (stored.get(at), found.get(at));
            if stored != found {
                let show = |object: Option<&String>| object.map_or("none", |o| o).to_owned();
                texts.push(format!(
                    "frame {number}, object {at}: expected {}, found {}",
                    show(stored),
                    show(found)
                ));
            }
        }
    }
    Ok((stored.iter().map(Vec::len).sum(), texts))
}

/// Objects of each line as texts of the keys that count.
fn frames(lines: &str) -> Result<Vec<Vec<String>>, String> {
    let object = |object: &Value| {
        let parts: Vec<_> = KEYS
            .iter()
            .map(|key| format!("{key} {}", object[*key]))
            .collect();
        parts.join(", ")
    };
    lines
        .lines()
        .map(|line| {
            let value: Value =
                serde_json::from_str(line).map_err(|error| format!("not JSON: {error}"))?;
            let objects = value["objects"]
                .as_array()
                .ok_or("a line without objects")?;
            Ok(objects.iter().map(object).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = r#"{"objects":[{"class_id":1,"confidence":0.5,"rect":[1.5,2,3,4]}]}"#;

    #[test]
    fn any_number_that_differs_is_told() {
        assert_eq!(differences(STORED, STORED).unwrap(), (1, vec![]));
        for (from, to, told) in [
            ("1.5", "1.5000001", "rect [1.5000001,2,3,4]"),
            ("\"class_id\":1", "\"class_id\":2", "class_id 2"),
            (STORED, r#"{"objects":[]}"#, "found none"),
            (STORED, "", "found 0"),
        ] {
            let found = STORED.replace(from, to);
            let (_, texts) = differences(STORED, &found).unwrap();
            assert_eq!(texts.len(), 1, "{found}");
            assert!(texts[0].contains(told), "{told} missing in {}", texts[0]);
        }
        assert!(differences(STORED, "x").is_err());
    }
}
