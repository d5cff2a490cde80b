//! What runs from start to stop.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

use crate::broker;
use crate::counts::Counts;
use crate::facts::Facts;
use crate::minimal;
use crate::queue::{Line, Queue, WhenFull};
use crate::sender::{Notice, Sender};
use crate::template::{Template, fits};
use crate::uri::{Protocol, Uri};

use super::settings::{Format, Settings};

/// From start to stop.
pub struct Running {
    pub queue: Arc<Queue>,
    pub sender: Sender,
    pub when_full: WhenFull,
    /// Hosts and ports, for messages.
    pub address: String,
    pub drain: Duration,
    pub maker: Arc<Maker>,
}

/// Makes lines of texts.
pub struct Maker {
    protocol: Protocol,
    topic: Template,
    key: Template,
    machine: String,
    format: Format,
}

impl Running {
    /// Reads settings and files, and starts the sender.
    ///
    /// # Errors
    /// What is wrong with the settings, in a sentence.
    pub fn start(
        settings: &Settings,
        counts: &Arc<Counts>,
        notice: impl Fn(Notice) + Send + 'static,
    ) -> Result<Self, String> {
        let text = |error: &dyn std::error::Error| error.to_string();
        let uri = Uri::parse(&settings.uri).map_err(|error| text(&error))?;
        let topic = Template::topic(uri.protocol, &uri.topic).map_err(|error| text(&error))?;
        let key = Template::key(&settings.key).map_err(|error| text(&error))?;
        let secrets = settings.files().read().map_err(|error| text(&error))?;
        let machine = settings.machine();
        let (protocol, address) = (uri.protocol, uri.address());
        let broker = broker::open(uri, secrets, &machine)?;
        let queue = Arc::new(Queue::new(settings.max_queue as usize));
        let sender = Sender::start(
            broker,
            Arc::clone(&queue),
            Arc::clone(counts),
            settings.patience(),
            notice,
        )
        .map_err(|error| format!("no thread to send by: {error}"))?;
        Ok(Self {
            queue,
            sender,
            when_full: settings.when_full.into(),
            address,
            drain: settings.drain(),
            maker: Arc::new(Maker {
                protocol,
                topic,
                key,
                machine,
                format: settings.format,
            }),
        })
    }
}

/// What keeps a text from being sent, or is odd about it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Odd {
    /// It is no JSON object.
    pub not_json: bool,
    /// Its topic is longer than the broker takes: there is no line.
    pub topic_too_long: bool,
}

impl Maker {
    /// The line of a text, with what is odd about it.
    pub fn line(&self, text: &[u8], counts: &Counts) -> (Option<Line>, Odd) {
        counts.lines.fetch_add(1, Relaxed);
        let mut odd = Odd::default();
        let read = self.topic.reads_lines() || self.key.reads_lines();
        let facts = if read {
            Facts::read(text)
        } else {
            Some(Facts::default())
        };
        if facts.is_none() {
            odd.not_json = true;
            counts.not_json.fetch_add(1, Relaxed);
        }
        let facts = facts.unwrap_or_default();
        let key = self.key.render(&self.machine, &facts);
        let topic = self.topic.render(&self.machine, &facts);
        if !fits(self.protocol, &topic) {
            odd.topic_too_long = true;
            counts.refused.fetch_add(1, Relaxed);
            return (None, odd);
        }
        let converted = match self.format {
            Format::Line => None,
            Format::Minimal => minimal::convert(text, &key, SystemTime::now()),
        };
        let line = Line {
            topic,
            key,
            text: converted.unwrap_or_else(|| text.to_vec()),
            arrived: Instant::now(),
        };
        (Some(line), odd)
    }
}
