//! Two lines of JSON, number by number as 32-bit floats.

use serde_json::Value;

/// Wall clock, which no two runs have in common.
const CLOCK: &str = "ntp";

/// Where two values differ first; `None` where they do not.
pub fn difference(path: &str, found: &Value, expected: &Value) -> Option<String> {
    let told = || Some(format!("{path}: {found}, expected {expected}"));
    match (found, expected) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<_> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.retain(|key| *key != CLOCK);
            keys.into_iter().find_map(|key| {
                let at = |map: &serde_json::Map<String, Value>| map.get(key).cloned();
                match (at(a), at(b)) {
                    (Some(a), Some(b)) => difference(&format!("{path}.{key}"), &a, &b),
                    (a, b) => Some(format!("{path}.{key}: {a:?}, expected {b:?}")),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs
                .filter_map(|(n, (a, b))| difference(&format!("{path}[{n}]"), a, b))
                .next()
        }
        (Value::Array(a), Value::Array(b)) => Some(format!(
            "{path}: {} elements, expected {}",
            a.len(),
            b.len()
        )),
        (Value::Number(a), Value::Number(b)) => {
            let (whole, wanted) = (a.as_i64(), b.as_i64());
            if let (Some(whole), Some(wanted)) = (whole, wanted) {
                return if whole == wanted { None } else { told() };
            }
            let bits = |n: &serde_json::Number| n.as_f64().map(|n| (n as f32 + 0.0).to_bits());
            if bits(a) == bits(b) { None } else { told() }
        }
        _ if found == expected => None,
        _ => told(),
    }
}

/// As [`difference`] for lines of text, with the number of the line.
pub fn lines(found: &[String], expected: &[String]) -> Option<String> {
    if found.len() != expected.len() {
        return Some(format!(
            "{} lines, expected {}",
            found.len(),
            expected.len()
        ));
    }
    let pairs = found.iter().zip(expected).enumerate();
    pairs
        .filter_map(|(number, (found, expected))| {
            let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
            match (parse(found), parse(expected)) {
                (Some(a), Some(b)) => difference(&format!("line {}", number + 1), &a, &b),
                _ => Some(format!("line {}: no JSON", number + 1)),
            }
        })
        .next()
}
