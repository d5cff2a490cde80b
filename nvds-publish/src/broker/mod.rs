//! What lines are sent to. Each protocol is a file that only its cargo feature compiles.

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "mqtt")]
mod mqtt;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(feature = "mqtt", feature = "redis"))]
mod tls;

use std::time::Duration;

use crate::files::Secrets;
use crate::queue::Line;
use crate::uri::{Protocol, Uri};

/// The outcome of sending a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The broker confirmed it.
    Sent,
    /// Not confirmed: it is to be sent again.
    Again,
    /// Refused for good, with the reason.
    Refused(String),
}

/// How long a connection waits, and when it gives up.
pub struct Link<'a> {
    /// Timeout for an answer of the broker.
    pub answer: Duration,
    /// Whether to give up.
    pub closed: &'a dyn Fn() -> bool,
}

/// A broker, to which connections are made one after the other.
pub trait Broker: Send {
    /// Makes a connection.
    ///
    /// # Errors
    /// Why it cannot be made; the text contains no secrets.
    fn connect(&mut self, link: &Link) -> Result<Box<dyn Connection>, String>;
}

/// A connection, which only one thread uses.
pub trait Connection {
    /// Sends lines and waits for their confirmations. `fates`, one for each line, are [`Fate::Again`] before.
    ///
    /// # Errors
    /// When the connection is lost, with the reason; the fates of lines confirmed until then stand.
    fn send(&mut self, lines: &[Line], fates: &mut [Fate], link: &Link) -> Result<(), String>;

    /// Keeps the connection alive; called about once a second while there are no lines.
    ///
    /// # Errors
    /// As for [`Self::send`].
    fn tend(&mut self) -> Result<(), String>;
}

/// What a `uri` names, ready to be connected to.
///
/// # Errors
/// When an option is unknown or has a wrong value, a certificate is none, or the protocol is not in this build.
#[allow(unused_variables)] // with fewer features
pub fn open(uri: Uri, secrets: Secrets, machine: &str) -> Result<Box<dyn Broker>, String> {
    match uri.protocol {
        #[cfg(feature = "kafka")]
        Protocol::Kafka => Ok(Box::new(kafka::Kafka::new(uri, &secrets, machine)?)),
        #[cfg(feature = "mqtt")]
        Protocol::Mqtt => Ok(Box::new(mqtt::Mqtt::new(uri, &secrets, machine)?)),
        #[cfg(feature = "redis")]
        Protocol::Redis => Ok(Box::new(redis::Redis::new(uri, &secrets)?)),
        #[allow(unreachable_patterns)] // with all features
        other => Err(format!(
            "this build has no {other:?}; expected one with the cargo feature {}",
            format!("{other:?}").to_lowercase()
        )),
    }
}

/// The error of an unknown option.
#[cfg(any(feature = "mqtt", feature = "redis"))]
fn unknown(uri: &Uri, known: &[&str]) -> Result<(), String> {
    let Some((name, _)) = uri.options.first() else {
        return Ok(());
    };
    let near = known
        .iter()
        .map(|option| (strsim::damerau_levenshtein(option, name), *option))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, option)| format!("; {option} may be meant"))
        .unwrap_or_default();
    Err(format!(
        "uri has the unknown option {name:?}; expected {}{near}",
        known.join(", ")
    ))
}

/// A number among the options, within bounds.
#[cfg(any(feature = "mqtt", feature = "redis"))]
fn number(
    uri: &mut Uri,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, String> {
    let Some(text) = uri.take(name) else {
        return Ok(None);
    };
    let value = text.parse().ok().filter(|value| range.contains(value));
    value.map(Some).ok_or_else(|| {
        format!(
            "uri has {name}={text}; expected a whole number from {} to {}",
            range.start(),
            range.end()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(uri: &str) -> String {
        open(Uri::parse(uri).unwrap(), Secrets::default(), "box")
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn wrong_options_are_named() {
        for (uri, expected) in [
            #[cfg(feature = "mqtt")]
            (
                "mqtt://a/t?qso=1",
                "the unknown option \"qso\"; expected qos, client-id, keep-alive; qos may be meant",
            ),
            #[cfg(feature = "mqtt")]
            (
                "mqtt://a/t?qos=2",
                "qos=2; expected a whole number from 0 to 1",
            ),
            #[cfg(feature = "redis")]
            (
                "redis://a/t?maxlen=x",
                "maxlen=x; expected a whole number from 1 to ",
            ),
            #[cfg(feature = "redis")]
            (
                "redis://a/t?max=1",
                "the unknown option \"max\"; expected maxlen, db",
            ),
            #[cfg(feature = "kafka")]
            ("kafka://a/t?linger=1", "linger"),
            #[cfg(feature = "kafka")]
            ("kafka://a/t?linger.ms=soon", "linger.ms"),
        ] {
            let found = error(uri);
            assert!(found.contains(expected), "{uri}: {found}");
        }
    }
}
