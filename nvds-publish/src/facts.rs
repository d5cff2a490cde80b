//! The members of a line that topics and keys may name.

use serde::Deserialize;

/// Members of a line of JSON that templates name. A line may have none of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Facts {
    /// `source_id`.
    #[serde(rename = "source_id", default, deserialize_with = "number")]
    pub source: Option<u64>,
    /// Number of the mux's pad.
    #[serde(rename = "pad_index", default, deserialize_with = "number")]
    pub pad: Option<u64>,
    /// Kind of the event, in lines of rsanalytics.
    #[serde(default, deserialize_with = "text")]
    pub event: Option<String>,
}

impl Facts {
    /// Reads a line; `None` when it is no JSON object.
    pub fn read(line: &[u8]) -> Option<Self> {
        // Serde takes a sequence for a struct, too.
        if line.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return None;
        }
        serde_json::from_slice(line).ok()
    }
}

/// A member of another type than expected counts as missing.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose<T> {
    Expected(T),
    Other(serde::de::IgnoredAny),
}

fn loose<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(match Loose::deserialize(deserializer)? {
        Loose::Expected(value) => Some(value),
        Loose::Other(_) => None,
    })
}

fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    loose(deserializer)
}

fn text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    loose(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_anywhere() {
        let facts =
            Facts::read(br#"{"x":[{"source_id":9}],"source_id":3,"pad_index":1,"event":"left"}"#);
        let expected = Facts {
            source: Some(3),
            pad: Some(1),
            event: Some("left".into()),
        };
        assert_eq!(facts, Some(expected));
    }

    #[test]
    fn other_types_are_none() {
        let facts = Facts::read(br#"{"source_id":"cam","pad_index":-1,"event":{"kind":1}}"#);
        assert_eq!(facts, Some(Facts::default()));
        assert_eq!(Facts::read(b"{}"), Some(Facts::default()));
    }

    #[test]
    fn what_is_no_object_is_told() {
        for line in ["", "[1,2]", "3", "hello", "{", "{\"a\":1} x"] {
            assert_eq!(Facts::read(line.as_bytes()), None, "{line}");
        }
    }
}
