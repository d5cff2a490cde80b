//! The property `uri`: protocol, hosts, topic and options.

use std::fmt;

/// Protocol of the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Apache Kafka's.
    Kafka,
    /// MQTT 3.1.1.
    Mqtt,
    /// Redis streams.
    Redis,
}

/// Every scheme: its name, protocol, whether it is TLS, and the usual port.
const SCHEMES: [(&str, Protocol, bool, u16); 6] = [
    ("kafka", Protocol::Kafka, false, 9092),
    ("kafkas", Protocol::Kafka, true, 9093),
    ("mqtt", Protocol::Mqtt, false, 1883),
    ("mqtts", Protocol::Mqtt, true, 8883),
    ("redis", Protocol::Redis, false, 6379),
    ("rediss", Protocol::Redis, true, 6379),
];

/// Options whose values are secrets, or lead to them: they belong into files.
const SECRET: [&str; 9] = [
    "sasl.password",
    "sasl.username",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "password",
    "username",
];

/// What is wrong with a `uri`. No text repeats a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    /// It is empty.
    #[error(
        "uri is not set; expected where the lines go to, such as uri=kafka://broker:9092/topic, mqtt://broker/topic or \
         redis://server/stream"
    )]
    Missing,
    /// It has no scheme, or an unknown one.
    #[error(
        "uri has {0}; expected kafka, kafkas, mqtt, mqtts, redis or rediss, as in kafka://broker:9092/topic"
    )]
    Scheme(String),
    /// A host or port is not valid.
    #[error("uri {0}; expected {1}://host:port/topic")]
    Host(String, &'static str),
    /// Several hosts where one is expected.
    #[error("uri names {0} hosts; only Kafka takes several, joined by commas")]
    Hosts(usize),
    /// No topic.
    #[error("uri has no topic; expected {0}://host:port/topic")]
    Topic(&'static str),
    /// A percent sign without two hexadecimal digits, or bytes that are not UTF-8.
    #[error(
        "uri has {0:?} where a percent sign and two hexadecimal digits of UTF-8 are expected; a percent sign itself is %25"
    )]
    Percent(String),
    /// Part of the query.
    #[error("uri has the option {0:?}; expected name=value, joined by &")]
    Option(String),
    /// A secret.
    #[error(
        "uri has the option {0}; names and passwords belong into the file that credentials-file names"
    )]
    Secret(String),
}

/// A parsed `uri`.
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    /// Protocol.
    pub protocol: Protocol,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// Hosts and ports; one, but for Kafka.
    pub hosts: Vec<(String, u16)>,
    /// Topic or stream, with the fields of a template in it.
    pub topic: String,
    /// Options: name and value, in the order of the query.
    pub options: Vec<(String, String)>,
    /// User name and password in front of the host.
    pub user: Option<(String, String)>,
}

/// Never with the password.
impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {:?}", self.protocol, self.address(), self.topic)
    }
}

impl Uri {
    /// Reads a `uri`.
    ///
    /// # Errors
    /// When it is not valid, with what was expected.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        if text.trim().is_empty() {
            return Err(UriError::Missing);
        }
        let (name, rest) = text
            .split_once("://")
            .ok_or_else(|| UriError::Scheme("no scheme".into()))?;
        let (scheme, protocol, tls, port) = SCHEMES
            .into_iter()
            .find(|(scheme, ..)| name.eq_ignore_ascii_case(scheme))
            .ok_or_else(|| UriError::Scheme(format!("the scheme {name:?}")))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, topic) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (Some(credentials(user)?), hosts),
            None => (None, authority),
        };
        let hosts = hosts
            .split(',')
            .map(|one| host(one, port, scheme))
            .collect::<Result<Vec<_>, _>>()?;
        if protocol != Protocol::Kafka && hosts.len() > 1 {
            return Err(UriError::Hosts(hosts.len()));
        }
        let topic = decode(topic)?;
        if topic.is_empty() {
            return Err(UriError::Topic(scheme));
        }
        Ok(Self {
            protocol,
            tls,
            hosts,
            topic,
            options: options(query)?,
            user,
        })
    }

    /// Hosts and ports, for messages.
    pub fn address(&self) -> String {
        let hosts = self.hosts.iter().map(|(host, port)| {
            if host.contains(':') {
                format!("[{host}]:{port}")
            } else {
                format!("{host}:{port}")
            }
        });
        hosts.collect::<Vec<_>>().join(",")
    }

    /// Takes an option out of the query.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self.options.iter().position(|(key, _)| key == name)?;
        Some(self.options.remove(at).1)
    }
}

/// The text with what may be a password replaced by stars: what the property reads back as, whether it parses or not.
pub fn masked(text: &str) -> String {
    let (base, query) = match text.split_once('?') {
        Some((base, query)) => (base, Some(query)),
        None => (text, None),
    };
    let start = base.find("://").map_or(0, |at| at + 3);
    let mut shown = match base[start..].rfind('@') {
        Some(at) => {
            let user = base[start..start + at]
                .split(':')
                .next()
                .unwrap_or_default();
            format!("{}{user}:***{}", &base[..start], &base[start + at..])
        }
        None => base.to_owned(),
    };
    if let Some(query) = query {
        let parts = query.split('&').map(|part| match part.split_once('=') {
            Some((name, _)) if secret(name) => format!("{name}=***"),
            _ => part.to_owned(),
        });
        shown.push('?');
        shown.push_str(&parts.collect::<Vec<_>>().join("&"));
    }
    shown
}

fn secret(name: &str) -> bool {
    let name = decode(name).unwrap_or_default().to_ascii_lowercase();
    SECRET.contains(&name.as_str())
        || ["password", "secret", "token", "key.pem"]
            .iter()
            .any(|word| name.contains(word))
}

fn credentials(text: &str) -> Result<(String, String), UriError> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    // An error would show it.
    let hidden = |_| UriError::Percent("a user name or password".into());
    Ok((
        decode(user).map_err(hidden)?,
        decode(password).map_err(hidden)?,
    ))
}

fn host(text: &str, usual: u16, scheme: &'static str) -> Result<(String, u16), UriError> {
    let wrong = |what: String| UriError::Host(what, scheme);
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (name, port) = rest
                .split_once(']')
                .ok_or_else(|| wrong(format!("has the host {text:?} without its ]")))?;
            (name, port.strip_prefix(':').filter(|_| !port.is_empty()))
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err(wrong(format!("has the host {name:?}")));
    }
    let port = match port {
        None => usual,
        Some(port) => port
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| wrong(format!("has the port {port:?}")))?,
    };
    Ok((name.to_owned(), port))
}

fn options(query: &str) -> Result<Vec<(String, String)>, UriError> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part
                .split_once('=')
                .filter(|(name, _)| !name.is_empty())
                .ok_or_else(|| UriError::Option(part.to_owned()))?;
            if secret(name) {
                return Err(UriError::Secret(name.to_owned()));
            }
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Decodes percent-encoding.
fn decode(text: &str) -> Result<String, UriError> {
    let wrong = || UriError::Percent(text.to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|d| char::from(d).to_digit(16));
        let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_scheme_has_its_port() {
        for (scheme, protocol, tls, port) in SCHEMES {
            let uri = Uri::parse(&format!("{scheme}://broker/a/b")).unwrap();
            assert_eq!((uri.protocol, uri.tls), (protocol, tls));
            assert_eq!(uri.hosts, [("broker".to_owned(), port)]);
            assert_eq!(uri.topic, "a/b");
        }
    }

    #[test]
    fn hosts_options_and_escapes() {
        let mut uri = Uri::parse("kafka://a:1,[::1]:2,c/t%20x?linger.ms=5&acks=all&").unwrap();
        assert_eq!(uri.address(), "a:1,[::1]:2,c:9092");
        assert_eq!(uri.topic, "t x");
        assert_eq!(uri.take("acks").as_deref(), Some("all"));
        assert_eq!(uri.options, [("linger.ms".to_owned(), "5".to_owned())]);
    }

    #[test]
    fn errors_say_what_was_expected() {
        for (text, expected) in [
            ("", "uri is not set"),
            ("broker/topic", "uri has no scheme; expected kafka"),
            ("http://a/b", "uri has the scheme \"http\""),
            ("mqtt://a,b/t", "uri names 2 hosts"),
            ("mqtt://a:0/t", "uri has the port \"0\""),
            ("mqtt://a:99999/t", "uri has the port \"99999\""),
            ("mqtt:///t", "uri has the host \"\""),
            ("mqtt://a b/t", "uri has the host \"a b\""),
            ("mqtt://[::1/t", "without its ]"),
            (
                "redis://a",
                "uri has no topic; expected redis://host:port/topic",
            ),
            ("redis://a/%zz", "\"%zz\""),
            ("redis://a/%ff", "\"%ff\""),
            ("redis://a/t?maxlen", "the option \"maxlen\""),
            ("kafka://a/t?sasl.password=x", "credentials-file"),
        ] {
            let error = Uri::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let text = "redis://user:pa%20ss@host/t?x=1&sasl.password=hidden";
        assert_eq!(
            masked(text),
            "redis://user:***@host/t?x=1&sasl.password=***"
        );
        let uri = Uri::parse("redis://user:pa%20ss@host/t").unwrap();
        assert_eq!(uri.user, Some(("user".into(), "pa ss".into())));
        assert!(!format!("{uri:?}").contains("pa ss"));
        assert_eq!(masked("redis://:p@ss@host/t"), "redis://:***@host/t");
        let error = Uri::parse("redis://u:%zz@host/t").unwrap_err().to_string();
        assert!(!error.contains("%zz"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_masked(text in "(kafka|mqtts?|redis)?(://)?\\PC{0,40}") {
            let _ = masked(&text);
            if let Ok(uri) = Uri::parse(&text) {
                prop_assert!(!uri.topic.is_empty() && !uri.hosts.is_empty());
            }
        }

        #[test]
        fn no_password_is_read_back(password in "[a-z]{12}", user in "[A-Z]{0,5}") {
            let uri = format!("mqtt://{user}:{password}@host/topic");
            prop_assert!(!masked(&uri).contains(&password));
        }
    }
}
