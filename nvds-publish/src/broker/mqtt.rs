//! MQTT 3.1.1, by rumqttc. With QoS 1 the broker confirms each line; a new connection is a new session, and what was not
//! confirmed is sent again.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rumqttc::{
    Client, ConnectReturnCode, ConnectionError, Event, MqttOptions, Outgoing, Packet, QoS,
    RecvTimeoutError, TlsConfiguration, Transport,
};

use super::{Broker, Connection, Fate, Link, number, tls, unknown};
use crate::files::Secrets;
use crate::lines::LONGEST;
use crate::queue::Line;
use crate::uri::Uri;

/// How often it is looked whether to give up.
const STEP: Duration = Duration::from_millis(20);
/// Most lines that wait for their confirmation.
const IN_FLIGHT: u16 = 1000;

/// A broker.
pub struct Mqtt {
    options: MqttOptions,
    qos: QoS,
}

impl Mqtt {
    /// Checks options and files.
    ///
    /// # Errors
    /// When one is wrong.
    pub fn new(mut uri: Uri, secrets: &Secrets, machine: &str) -> Result<Self, String> {
        let qos = match number(&mut uri, "qos", 0..=1)? {
            Some(0) => QoS::AtMostOnce,
            _ => QoS::AtLeastOnce,
        };
        let keep_alive = number(&mut uri, "keep-alive", 1..=65_535)?.unwrap_or(30);
        // Two clients of one name throw each other out.
        let own = || {
            format!(
                "rsnvds-{machine}-{:08x}",
                RandomState::new().hash_one(0) as u32
            )
        };
        let id = uri.take("client-id").unwrap_or_else(own);
        unknown(&uri, &["qos", "client-id", "keep-alive"])?;
        let (host, port) = uri.hosts.first().cloned().unwrap_or_default();
        let mut options = MqttOptions::new(id, host, port);
        options
            .set_keep_alive(Duration::from_secs(keep_alive.unsigned_abs()))
            .set_clean_session(true)
            .set_inflight(IN_FLIGHT)
            .set_max_packet_size(64 << 10, LONGEST + (64 << 10));
        if let Some(credentials) = &secrets.credentials {
            options.set_credentials(&credentials.username, &credentials.password);
        } else if let Some((username, password)) = &uri.user {
            options.set_credentials(username, password);
        }
        if uri.tls {
            let config = tls::config(secrets)?;
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(
                Arc::clone(&config),
            )));
        }
        Ok(Self { options, qos })
    }
}

impl Broker for Mqtt {
    fn connect(&mut self, link: &Link) -> Result<Box<dyn Connection>, String> {
        let (client, mut connection) = Client::new(self.options.clone(), usize::from(IN_FLIGHT));
        let mut network = rumqttc::NetworkOptions::new();
        network
            .set_connection_timeout(link.answer.as_secs().max(1))
            .set_tcp_nodelay(true);
        connection.eventloop.set_network_options(network);
        let mut session = Session {
            client,
            connection,
            qos: self.qos,
        };
        // The connection is made within one call, which must not be cut off: it would begin anew.
        match session.event(link.answer + Duration::from_secs(1))? {
            Some(Event::Incoming(Packet::ConnAck(answer)))
                if answer.code == ConnectReturnCode::Success =>
            {
                Ok(Box::new(session))
            }
            Some(other) => Err(format!(
                "instead of its consent to the connection the broker sent {other:?}"
            )),
            None => Err(format!("no answer within {} ms", link.answer.as_millis())),
        }
    }
}

struct Session {
    client: Client,
    connection: rumqttc::Connection,
    qos: QoS,
}

impl Session {
    /// The next event; `None` when there is none in time.
    fn event(&mut self, wait: Duration) -> Result<Option<Event>, String> {
        match self.connection.recv_timeout(wait) {
            Ok(Ok(event)) => Ok(Some(event)),
            Ok(Err(error)) => Err(told(&error)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("the connection is closed".into()),
        }
    }
}

/// An error as a sentence.
fn told(error: &ConnectionError) -> String {
    match error {
        ConnectionError::ConnectionRefused(code) => {
            format!("the broker refuses the connection: {code:?}")
        }
        ConnectionError::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

impl Connection for Session {
    fn send(&mut self, lines: &[Line], fates: &mut [Fate], link: &Link) -> Result<(), String> {
        let mut next = 0;
        let mut left = lines.len();
        // Lines that the client has, in order, and those that the broker has not confirmed, by packet.
        let (mut handed, mut unconfirmed) = (VecDeque::new(), HashMap::new());
        let mut deadline = Instant::now() + link.answer;
        while left > 0 {
            while let Some(line) = lines.get(next) {
                match self
                    .client
                    .try_publish(&line.topic, self.qos, false, line.text.as_slice())
                {
                    Ok(()) => handed.push_back(next),
                    Err(rumqttc::ClientError::TryRequest(rumqttc::Request::Publish(_)))
                        if !handed.is_empty() =>
                    {
                        break;
                    }
                    Err(error) => {
                        // The topic is none, as far as the client can see.
                        fates[next] = Fate::Refused(error.to_string());
                        left -= 1;
                    }
                }
                next += 1;
            }
            if left == 0 {
                break;
            }
            match self.event(STEP)? {
                Some(Event::Outgoing(Outgoing::Publish(packet))) => {
                    let Some(number) = handed.pop_front() else {
                        continue;
                    };
                    if self.qos == QoS::AtMostOnce {
                        fates[number] = Fate::Sent;
                        left -= 1;
                    } else {
                        unconfirmed.insert(packet, number);
                    }
                }
                Some(Event::Incoming(Packet::PubAck(confirmed))) => {
                    let Some(number) = unconfirmed.remove(&confirmed.pkid) else {
                        continue;
                    };
                    fates[number] = Fate::Sent;
                    left -= 1;
                    deadline = Instant::now() + link.answer;
                }
                _ if (link.closed)() => return Err("stopped".into()),
                _ if Instant::now() >= deadline => {
                    return Err(format!(
                        "no confirmation within {} ms",
                        link.answer.as_millis()
                    ));
                }
                _ => (),
            }
        }
        Ok(())
    }

    fn tend(&mut self) -> Result<(), String> {
        // Pings, and their answers.
        while self.event(Duration::from_millis(1))?.is_some() {}
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // So that the broker does not take it for a loss. It does not matter whether that arrives.
        if self.client.try_disconnect().is_ok() {
            let _ = self.event(STEP);
        }
    }
}
