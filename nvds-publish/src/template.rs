//! Topics and keys with fields of the line in them, such as `site/{machine}/{source}`.

use std::fmt::Write;

use crate::facts::Facts;
use crate::uri::Protocol;

/// Most bytes of a Kafka topic, and of an MQTT one.
const KAFKA_LENGTH: usize = 249;
const MQTT_LENGTH: usize = 65_535;

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An unknown field.
    #[error(
        "{property} has the field {{{name}}}; expected {{machine}}, {{source}}, {{pad}} or {{event}}"
    )]
    Field {
        /// The property that has it.
        property: &'static str,
        /// The field.
        name: String,
    },
    /// A brace without its partner.
    #[error("{0} has a brace without its partner in {1:?}")]
    Brace(&'static str, String),
    /// What the broker refuses.
    #[error("the topic {topic:?} of uri has {found}; {expected}")]
    Topic {
        /// The template.
        topic: String,
        /// What is in it.
        found: String,
        /// What the protocol takes.
        expected: &'static str,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Machine,
    Source,
    Pad,
    Event,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

/// How values of fields are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// As they are.
    None,
    /// Bytes other than letters, digits, `.`, `_` and `-` as this character and two hexadecimal digits.
    With(char),
}

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    escape: Escape,
}

impl Template {
    /// The key of a line: values stand in it as they are.
    ///
    /// # Errors
    /// When a field is unknown.
    pub fn key(text: &str) -> Result<Self, TemplateError> {
        Ok(Self {
            parts: parts("key", text)?,
            escape: Escape::None,
        })
    }

    /// The topic of a line. Values of fields are escaped, so that no label and no name of a machine makes another level,
    /// a wildcard or a name that the broker refuses.
    ///
    /// # Errors
    /// When a field is unknown, or the text between them is refused by the broker.
    pub fn topic(protocol: Protocol, text: &str) -> Result<Self, TemplateError> {
        let parts = parts("uri", text)?;
        for part in &parts {
            if let Part::Text(part) = part {
                check(protocol, text, part)?;
            }
        }
        if protocol == Protocol::Kafka && (text == "." || text == "..") {
            return Err(refused(text, format!("the name {text:?}"), KAFKA_EXPECTS));
        }
        Ok(Self {
            parts,
            escape: Escape::With(if protocol == Protocol::Kafka {
                '_'
            } else {
                '%'
            }),
        })
    }

    /// The text itself, if it has no fields and is the same for all lines.
    pub fn fixed(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it has fields for which the line must be parsed.
    pub fn reads_lines(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Field(field) if *field != Field::Machine))
    }

    /// The text for a line. A field that the line does not have is empty in a key and `none` in a topic.
    pub fn render(&self, machine: &str, facts: &Facts) -> String {
        let mut text = String::new();
        for part in &self.parts {
            let field = match part {
                Part::Text(part) => {
                    text.push_str(part);
                    continue;
                }
                Part::Field(field) => field,
            };
            let number;
            let value = match field {
                Field::Machine => machine,
                Field::Event => facts.event.as_deref().unwrap_or_default(),
                Field::Source | Field::Pad => {
                    let of = if *field == Field::Source {
                        facts.source
                    } else {
                        facts.pad
                    };
                    number = of.map(|n| n.to_string()).unwrap_or_default();
                    &number
                }
            };
            match self.escape {
                Escape::None => text.push_str(value),
                // An empty level or name would be refused.
                Escape::With(_) if value.is_empty() => text.push_str("none"),
                Escape::With(escape) => escaped(&mut text, value, escape),
            }
        }
        text
    }
}

fn escaped(text: &mut String, value: &str, escape: char) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(text, "{escape}{byte:02X}");
        }
    }
}

fn parts(property: &'static str, text: &str) -> Result<Vec<Part>, TemplateError> {
    let brace = || TemplateError::Brace(property, text.to_owned());
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        if rest[at..].starts_with('}') {
            return Err(brace());
        }
        if at > 0 {
            parts.push(Part::Text(rest[..at].to_owned()));
        }
        let end = rest[at..].find('}').ok_or_else(brace)? + at;
        let field = match &rest[at + 1..end] {
            "machine" => Field::Machine,
            "source" => Field::Source,
            "pad" => Field::Pad,
            "event" => Field::Event,
            name => {
                return Err(TemplateError::Field {
                    property,
                    name: name.to_owned(),
                });
            }
        };
        parts.push(Part::Field(field));
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

const KAFKA_EXPECTS: &str = "Kafka takes letters, digits, '.', '_' and '-', at most 249 of them, and neither \".\" nor \"..\"";
const MQTT_EXPECTS: &str = "MQTT takes at most 65535 bytes without '+', '#' and control characters, and '$' is the broker's";
const REDIS_EXPECTS: &str = "expected a name without control characters";

fn refused(topic: &str, found: String, expected: &'static str) -> TemplateError {
    TemplateError::Topic {
        topic: topic.to_owned(),
        found,
        expected,
    }
}

/// The text of a topic between the fields.
fn check(protocol: Protocol, topic: &str, part: &str) -> Result<(), TemplateError> {
    let (expected, longest) = match protocol {
        Protocol::Kafka => (KAFKA_EXPECTS, KAFKA_LENGTH),
        Protocol::Mqtt => (MQTT_EXPECTS, MQTT_LENGTH),
        Protocol::Redis => (REDIS_EXPECTS, usize::MAX),
    };
    let taken = |c: char| match protocol {
        Protocol::Kafka => c.is_ascii_alphanumeric() || "._-".contains(c),
        Protocol::Mqtt => !c.is_control() && c != '+' && c != '#',
        Protocol::Redis => !c.is_control(),
    };
    if let Some(other) = part.chars().find(|c| !taken(*c)) {
        return Err(refused(topic, format!("the character {other:?}"), expected));
    }
    if part.len() > longest {
        return Err(refused(topic, format!("{} bytes", part.len()), expected));
    }
    if protocol == Protocol::Mqtt && topic.starts_with('$') {
        return Err(refused(topic, "'$' in front".into(), expected));
    }
    Ok(())
}

/// Whether the broker takes a topic that a template made: only its length may be wrong.
pub fn fits(protocol: Protocol, topic: &str) -> bool {
    match protocol {
        Protocol::Kafka => topic.len() <= KAFKA_LENGTH,
        Protocol::Mqtt => topic.len() <= MQTT_LENGTH,
        Protocol::Redis => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts(source: Option<u64>, event: Option<&str>) -> Facts {
        Facts {
            source,
            event: event.map(str::to_owned),
            ..Facts::default()
        }
    }

    #[test]
    fn fields_are_filled_in() {
        let key = Template::key("{machine}/{source}").unwrap();
        assert_eq!(key.render("box 1", &facts(Some(3), None)), "box 1/3");
        assert_eq!(key.render("box 1", &facts(None, None)), "box 1/");
        assert!(key.reads_lines() && key.fixed().is_none());
        let topic = Template::topic(Protocol::Mqtt, "a/{machine}/{event}").unwrap();
        assert_eq!(topic.render("x", &facts(None, Some("left"))), "a/x/left");
        assert_eq!(topic.render("x", &facts(None, None)), "a/x/none");
        assert_eq!(
            Template::topic(Protocol::Kafka, "a.b").unwrap().fixed(),
            Some("a.b")
        );
    }

    #[test]
    fn hostile_values_stay_one_level() {
        let topic = Template::topic(Protocol::Mqtt, "a/{machine}").unwrap();
        assert_eq!(
            topic.render("+/#\u{0}é", &Facts::default()),
            "a/%2B%2F%23%00%C3%A9"
        );
        let topic = Template::topic(Protocol::Kafka, "{machine}").unwrap();
        assert_eq!(topic.render("café x", &Facts::default()), "caf_C3_A9_20x");
    }

    #[test]
    fn refused_texts() {
        for (protocol, text, expected) in [
            (Protocol::Kafka, "a/b", "the character '/'"),
            (Protocol::Kafka, "é", "the character 'é'"),
            (Protocol::Kafka, "..", "the name"),
            (Protocol::Mqtt, "a/+/b", "the character '+'"),
            (Protocol::Mqtt, "a/#", "the character '#'"),
            (Protocol::Mqtt, "$SYS/x", "'$' in front"),
            (Protocol::Mqtt, "a\u{0}", "the character '\\0'"),
            (Protocol::Redis, "a\nb", "the character '\\n'"),
            (Protocol::Redis, "a{b", "a brace without its partner"),
            (Protocol::Redis, "a}b", "a brace without its partner"),
            (Protocol::Redis, "{label}", "expected {machine}, {source}"),
        ] {
            let error = Template::topic(protocol, text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(Template::topic(Protocol::Kafka, &"a".repeat(250)).is_err());
        assert!(Template::topic(Protocol::Kafka, &"a".repeat(249)).is_ok());
        assert!(Template::topic(Protocol::Mqtt, "straße/ü").is_ok());
    }

    proptest! {
        #[test]
        fn what_fields_bring_is_taken_by_every_broker(machine in any::<String>(), event in any::<String>()) {
            for (protocol, text) in [(Protocol::Kafka, "a.{machine}-{event}"), (Protocol::Mqtt, "a/{machine}/{event}")] {
                let topic = Template::topic(protocol, text).unwrap();
                let made = topic.render(&machine, &facts(None, Some(&event)));
                prop_assert!(check(protocol, &made, &made).is_ok() || !fits(protocol, &made), "{made}");
                prop_assert_eq!(made.matches('/').count(), text.matches('/').count());
            }
        }
    }
}
