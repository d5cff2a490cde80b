//! What the properties hold.

use std::path::PathBuf;
use std::time::Duration;

use crate::files::Files;
use crate::queue::WhenFull;
use crate::sender::Patience;

/// What is done with a line when `max-queue` lines wait.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstRsMetaPublishWhenFull")]
pub enum Policy {
    /// The streaming thread waits.
    #[enum_value(
        name = "Wait for room, and with it everything upstream up to the next queue",
        nick = "block"
    )]
    Block,
    /// The oldest waiting line is dropped and counted.
    #[default]
    #[enum_value(
        name = "Drop the oldest line that waits, and count it",
        nick = "drop-oldest"
    )]
    DropOldest,
    /// The pipeline ends.
    #[enum_value(name = "End the pipeline with an error", nick = "fail")]
    Fail,
}

impl From<Policy> for WhenFull {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Block => Self::Block,
            Policy::DropOldest => Self::DropOldest,
            Policy::Fail => Self::Fail,
        }
    }
}

/// How lines are sent.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstRsMetaPublishFormat")]
pub enum Format {
    /// As they come.
    #[default]
    #[enum_value(name = "Lines as they come", nick = "line")]
    Line,
    /// As nvmsgconv's minimal schema.
    #[enum_value(
        name = "Frames of rsmetajson in the minimal schema of nvmsgconv, other lines as they come",
        nick = "nvmsgconv-minimal"
    )]
    Minimal,
}

/// All properties.
#[derive(Debug, Clone)]
pub struct Settings {
    pub uri: String,
    pub format: Format,
    pub machine: String,
    pub key: String,
    pub max_queue: u32,
    pub when_full: Policy,
    pub batch_size: u32,
    pub retry_min: u32,
    pub retry_max: u32,
    pub send_timeout: u32,
    pub drain_timeout: u32,
    pub ca_file: Option<String>,
    pub cert_file: Option<String>,
    pub key_file: Option<String>,
    pub credentials_file: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            uri: String::new(),
            format: Format::default(),
            machine: String::new(),
            key: Self::KEY.into(),
            max_queue: Self::MAX_QUEUE,
            when_full: Policy::default(),
            batch_size: Self::BATCH_SIZE,
            retry_min: Self::RETRY_MIN,
            retry_max: Self::RETRY_MAX,
            send_timeout: Self::SEND_TIMEOUT,
            drain_timeout: Self::DRAIN_TIMEOUT,
            ca_file: None,
            cert_file: None,
            key_file: None,
            credentials_file: None,
        }
    }
}

fn milliseconds(value: u32) -> Duration {
    Duration::from_millis(value.into())
}

impl Settings {
    pub const KEY: &str = "{machine}/{source}";
    pub const MAX_QUEUE: u32 = 10_000;
    pub const BATCH_SIZE: u32 = 500;
    pub const RETRY_MIN: u32 = 100;
    pub const RETRY_MAX: u32 = 10_000;
    pub const SEND_TIMEOUT: u32 = 10_000;
    pub const DRAIN_TIMEOUT: u32 = 5_000;

    /// The name that fields give the machine: the host's, unless another is set.
    pub fn machine(&self) -> String {
        if self.machine.is_empty() {
            glib::host_name().to_string()
        } else {
            self.machine.clone()
        }
    }

    /// The files that are named.
    pub fn files(&self) -> Files {
        let path = |name: &Option<String>| {
            name.as_ref()
                .filter(|name| !name.is_empty())
                .map(PathBuf::from)
        };
        Files {
            ca: path(&self.ca_file),
            cert: path(&self.cert_file),
            key: path(&self.key_file),
            credentials: path(&self.credentials_file),
        }
    }

    /// How the sender waits.
    pub fn patience(&self) -> Patience {
        Patience {
            batch: self.batch_size as usize,
            retry: (
                milliseconds(self.retry_min),
                milliseconds(self.retry_max.max(self.retry_min)),
            ),
            answer: milliseconds(self.send_timeout),
        }
    }

    /// How long the end of the stream may take.
    pub fn drain(&self) -> Duration {
        milliseconds(self.drain_timeout)
    }
}
