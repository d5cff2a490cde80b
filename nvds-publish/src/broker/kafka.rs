//! Kafka, by librdkafka. It knows the leaders of partitions, follows them when they move, and packs messages; what it
//! cannot deliver within `message.timeout.ms`, or at once when no broker is left, comes back and is tried again.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{
    BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext, PurgeConfig,
};

use super::{Broker, Connection, Fate, Link};
use crate::files::Secrets;
use crate::lock;
use crate::queue::Line;
use crate::template::Template;
use crate::uri::{Protocol, Uri};

/// How often it is looked whether to give up.
const STEP: Duration = Duration::from_millis(20);
/// How long no broker may be there before lines are taken back.
const PATIENCE: Duration = Duration::from_millis(500);

/// A cluster.
pub struct Kafka {
    config: ClientConfig,
    /// The topic, if all lines have the same.
    topic: Option<String>,
}

impl Kafka {
    /// Checks options and files.
    ///
    /// # Errors
    /// When librdkafka refuses them.
    pub fn new(uri: Uri, secrets: &Secrets, machine: &str) -> Result<Self, String> {
        let topic =
            Template::topic(Protocol::Kafka, &uri.topic).map_err(|error| error.to_string())?;
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", uri.address())
            .set("client.id", format!("rsnvds-{machine}"))
            .set("acks", "all")
            // Retries keep the order. An idempotent producer would do so, too, but takes up to a second to begin, at each
            // new connection, and rights that brokers may not give.
            .set("max.in.flight.requests.per.connection", "1")
            .set("linger.ms", "1")
            .set_log_level(RDKafkaLogLevel::Critical);
        let credentials = secrets.credentials.clone().or_else(|| {
            let (username, password) = uri.user.clone()?;
            Some(crate::files::Credentials { username, password })
        });
        let security = match (uri.tls, credentials.is_some()) {
            (false, false) => "plaintext",
            (false, true) => "sasl_plaintext",
            (true, false) => "ssl",
            (true, true) => "sasl_ssl",
        };
        if uri.tls && cfg!(not(feature = "kafka-tls")) {
            return Err("uri has the scheme kafkas; expected kafka, as this build of librdkafka has no TLS: \
                        build nvds-publish with the cargo feature kafka-tls"
                .into());
        }
        config.set("security.protocol", security);
        if let Some(credentials) = credentials {
            config
                .set("sasl.mechanism", "PLAIN")
                .set("sasl.username", credentials.username)
                .set("sasl.password", credentials.password);
        }
        if uri.tls {
            let pem = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            if let Some(ca) = &secrets.ca {
                config.set("ssl.ca.pem", pem(ca));
            }
            if let Some((certificate, key)) = &secrets.identity {
                config
                    .set("ssl.certificate.pem", pem(certificate))
                    .set("ssl.key.pem", pem(key));
            }
        }
        for (name, value) in &uri.options {
            config.set(name, value);
        }
        // The first fault of an option is told at the start.
        let fault =
            |error: KafkaError| format!("uri has an option that librdkafka refuses: {error}");
        BaseProducer::from_config_and_context(&config, Context::default()).map_err(fault)?;
        Ok(Self {
            config,
            topic: topic.fixed().map(str::to_owned),
        })
    }
}

impl Broker for Kafka {
    fn connect(&mut self, link: &Link) -> Result<Box<dyn Connection>, String> {
        let producer = BaseProducer::from_config_and_context(&self.config, Context::default())
            .map_err(|error| error.to_string())?;
        let deadline = Instant::now() + link.answer;
        let connection = Producing { producer };
        loop {
            // Asking for a topic makes it, where brokers do so.
            let asked = connection
                .producer
                .client()
                .fetch_metadata(self.topic.as_deref(), 10 * STEP);
            let Err(error) = asked else {
                return Ok(Box::new(connection));
            };
            connection.producer.poll(Duration::ZERO);
            if let Some(reason) = connection.down(Duration::ZERO) {
                return Err(reason);
            }
            if (link.closed)() || Instant::now() >= deadline {
                return Err(connection.reason().unwrap_or_else(|| error.to_string()));
            }
        }
    }
}

/// What librdkafka tells.
#[derive(Default)]
struct Context {
    /// What became of messages, by their number.
    delivered: Arc<Mutex<Vec<(usize, Fate)>>>,
    all_down: AtomicBool,
    /// Since when none of the brokers is there.
    since: Mutex<Option<Instant>>,
    reason: Mutex<Option<String>>,
}

impl Context {
    /// Takes it that a broker is there, until another is told.
    fn forget(&self) {
        self.all_down.store(false, Relaxed);
        *lock(&self.since) = None;
    }
}

impl ClientContext for Context {
    // Texts may name what is secret: the error callback has what is worth telling.
    fn log(&self, _level: RDKafkaLogLevel, _facility: &str, _message: &str) {}

    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.all_down.store(true, Relaxed);
            lock(&self.since).get_or_insert_with(Instant::now);
            return;
        }
        *lock(&self.reason) = Some(reason.to_owned());
    }
}

impl ProducerContext for Context {
    type DeliveryOpaque = Box<usize>;

    fn delivery(&self, result: &DeliveryResult<'_>, number: Box<usize>) {
        let fate = match result {
            Ok(_) => {
                self.forget();
                Fate::Sent
            }
            Err((error, _)) => {
                let fate = fate(error);
                if fate == Fate::Again && !purged(error) {
                    *lock(&self.reason) = Some(error.to_string());
                }
                fate
            }
        };
        lock(&self.delivered).push((*number, fate));
    }
}

fn purged(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(
        code,
        Some(RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight)
    )
}

/// Whether a message that was not delivered ever will be.
fn fate(error: &KafkaError) -> Fate {
    use RDKafkaErrorCode as Code;
    match error.rdkafka_error_code() {
        Some(
            Code::MessageSizeTooLarge
            | Code::InvalidMessage
            | Code::InvalidMessageSize
            | Code::InvalidTopic
            | Code::InvalidRecord
            | Code::InvalidArgument
            | Code::PolicyViolation,
        ) => Fate::Refused(error.to_string()),
        _ => Fate::Again,
    }
}

struct Producing {
    producer: BaseProducer<Context>,
}

impl Producing {
    fn reason(&self) -> Option<String> {
        lock(&self.producer.context().reason).clone()
    }

    /// Why no broker is there, if none is since so long.
    fn down(&self, since: Duration) -> Option<String> {
        let context = self.producer.context();
        let long = lock(&context.since).is_some_and(|begin| begin.elapsed() >= since);
        (long && context.all_down.load(Relaxed)).then(|| {
            self.reason()
                .unwrap_or_else(|| "none of the brokers answers".into())
        })
    }

    /// Hands all lines over, as fast as librdkafka takes them.
    fn enqueue(&self, lines: &[Line], fates: &mut [Fate], link: &Link) -> Result<usize, String> {
        let mut waiting = 0;
        for (number, line) in lines.iter().enumerate() {
            let mut record = BaseRecord::with_opaque_to(&line.topic, Box::new(number))
                .key(&line.key)
                .payload(&line.text);
            let deadline = Instant::now() + link.answer;
            loop {
                let Err((error, back)) = self.producer.send(record) else {
                    waiting += 1;
                    break;
                };
                if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                    match fate(&error) {
                        Fate::Refused(why) => fates[number] = Fate::Refused(why),
                        _ => return Err(error.to_string()),
                    }
                    break;
                }
                if (link.closed)() || Instant::now() >= deadline {
                    return Err(error.to_string());
                }
                record = back;
                self.producer.poll(STEP);
            }
        }
        Ok(waiting)
    }

    /// Notes what was told of messages; returns of how many.
    fn settle(&self, fates: &mut [Fate]) -> usize {
        let told = std::mem::take(&mut *lock(&self.producer.context().delivered));
        for (number, fate) in &told {
            fates[*number] = fate.clone();
        }
        told.len()
    }
}

impl Connection for Producing {
    fn send(&mut self, lines: &[Line], fates: &mut [Fate], link: &Link) -> Result<(), String> {
        self.producer.context().forget();
        let mut waiting = match self.enqueue(lines, fates, link) {
            Ok(waiting) => waiting,
            Err(error) => {
                self.producer
                    .purge(PurgeConfig::default().queue().inflight());
                self.producer.poll(STEP);
                self.settle(fates);
                return Err(error);
            }
        };
        let deadline = Instant::now() + link.answer;
        let mut fault = None;
        while waiting > 0 {
            self.producer.poll(if fault.is_some() {
                Duration::ZERO
            } else {
                Duration::from_millis(1)
            });
            waiting -= self.settle(fates).min(waiting);
            if fault.is_some() || waiting == 0 {
                break;
            }
            fault = self.down(PATIENCE);
            if fault.is_none() && (Instant::now() >= deadline || (link.closed)()) {
                let reason = self.reason().unwrap_or_else(|| "no confirmation".into());
                fault = Some(format!("{reason}; waited {} ms", link.answer.as_millis()));
            }
            if fault.is_some() {
                // What is in flight comes back as not delivered; some of it may have been.
                self.producer
                    .purge(PurgeConfig::default().queue().inflight());
                self.producer.poll(STEP);
            }
        }
        fault.map_or(Ok(()), Err)
    }

    fn tend(&mut self) -> Result<(), String> {
        self.producer.poll(Duration::ZERO);
        let Some(reason) = self.down(PATIENCE) else {
            return Ok(());
        };
        // Brokers close connections that nobody uses; that alone is no loss.
        match self.producer.client().fetch_metadata(None, 2 * PATIENCE) {
            Ok(_) => {
                self.producer.context().forget();
                Ok(())
            }
            Err(_) => Err(reason),
        }
    }
}
