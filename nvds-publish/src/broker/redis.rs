//! Redis streams: each line is an entry with the fields `key` and `line`, confirmed by its number.

use std::time::Duration;

use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo, Pipeline, RedisConnectionInfo, RedisError,
    Value,
};

use super::{Broker, Connection, Fate, Link, number, tls, unknown};
use crate::files::Secrets;
use crate::queue::Line;
use crate::uri::Uri;

/// Error codes after which the same entry may be taken a moment later. Others, such as WRONGTYPE, stay.
const PASSING: [&str; 11] = [
    "LOADING",
    "MASTERDOWN",
    "TRYAGAIN",
    "CLUSTERDOWN",
    "READONLY",
    "OOM",
    "MISCONF",
    "NOREPLICAS",
    "BUSY",
    "NOAUTH",
    "NOPERM",
];

/// A server.
pub struct Redis {
    client: redis::Client,
    /// Entries that a stream keeps, about.
    most: Option<i64>,
}

impl Redis {
    /// Checks options and files.
    ///
    /// # Errors
    /// When one is wrong.
    pub fn new(mut uri: Uri, secrets: &Secrets) -> Result<Self, String> {
        let most = number(&mut uri, "maxlen", 1..=i64::MAX)?;
        let db = number(&mut uri, "db", 0..=65_535)?.unwrap_or(0);
        unknown(&uri, &["maxlen", "db"])?;
        let mut settings = RedisConnectionInfo::default()
            .set_db(db)
            .set_skip_set_lib_name();
        let user = uri.user.clone();
        let credentials = secrets
            .credentials
            .clone()
            .map(|c| (c.username, c.password))
            .or(user);
        if let Some((username, password)) = credentials {
            if !username.is_empty() {
                settings = settings.set_username(username);
            }
            settings = settings.set_password(password);
        }
        let (host, port) = uri.hosts.first().cloned().unwrap_or_default();
        let fault = |error: RedisError| format!("the connection cannot be set up: {error}");
        let info = |address: ConnectionAddr| -> Result<ConnectionInfo, RedisError> {
            Ok(address.into_connection_info()?.set_redis_settings(settings))
        };
        let client =
            if uri.tls {
                // Its errors name the property.
                tls::config(secrets)?;
                let address = ConnectionAddr::TcpTls {
                    host,
                    port,
                    insecure: false,
                    tls_params: None,
                };
                let client_tls = secrets.identity.clone().map(|(client_cert, client_key)| {
                    redis::ClientTlsConfig {
                        client_cert,
                        client_key,
                    }
                });
                let certificates = redis::TlsCertificates {
                    client_tls,
                    root_cert: secrets.ca.clone(),
                };
                info(address).and_then(|info| redis::Client::build_with_tls(info, certificates))
            } else {
                info(ConnectionAddr::Tcp(host, port)).and_then(redis::Client::open)
            };
        Ok(Self {
            client: client.map_err(fault)?,
            most,
        })
    }
}

impl Broker for Redis {
    fn connect(&mut self, link: &Link) -> Result<Box<dyn Connection>, String> {
        let connect = || {
            let mut connection = self.client.get_connection_with_timeout(link.answer)?;
            connection.set_read_timeout(Some(link.answer))?;
            connection.set_write_timeout(Some(link.answer))?;
            redis::cmd("PING").exec(&mut connection)?;
            Ok(connection)
        };
        let connection = connect().map_err(told)?;
        Ok(Box::new(Open {
            connection,
            most: self.most,
            answer: link.answer,
        }))
    }
}

struct Open {
    connection: redis::Connection,
    most: Option<i64>,
    answer: Duration,
}

/// An error as a sentence.
fn told(error: RedisError) -> String {
    if error.is_timeout() {
        return "no answer in time".into();
    }
    if error.kind() == redis::ErrorKind::Parse {
        return format!("what answers there is no Redis server, or not without TLS ({error})");
    }
    error.to_string()
}

impl Connection for Open {
    fn send(&mut self, lines: &[Line], fates: &mut [Fate], _link: &Link) -> Result<(), String> {
        let mut pipeline = Pipeline::with_capacity(lines.len());
        // One entry's error is no other's.
        pipeline.ignore_errors();
        for line in lines {
            let command = pipeline.cmd("XADD").arg(&line.topic);
            if let Some(most) = self.most {
                command.arg("MAXLEN").arg("~").arg(most);
            }
            command
                .arg("*")
                .arg("key")
                .arg(&line.key)
                .arg("line")
                .arg(&line.text);
        }
        let answers: Vec<Value> = pipeline.query(&mut self.connection).map_err(told)?;
        let mut passing = None;
        for (fate, answer) in fates.iter_mut().zip(answers) {
            *fate = match answer {
                Value::ServerError(error) => {
                    let text = format!("{} {}", error.code(), error.details().unwrap_or_default());
                    if PASSING.contains(&error.code()) {
                        passing = Some(text);
                        Fate::Again
                    } else {
                        Fate::Refused(text)
                    }
                }
                _ => Fate::Sent,
            };
        }
        passing.map_or(Ok(()), Err)
    }

    fn tend(&mut self) -> Result<(), String> {
        let short = self.answer.min(Duration::from_secs(1));
        self.connection
            .set_read_timeout(Some(short))
            .map_err(told)?;
        redis::cmd("PING")
            .exec(&mut self.connection)
            .map_err(told)?;
        self.connection
            .set_read_timeout(Some(self.answer))
            .map_err(told)
    }
}
