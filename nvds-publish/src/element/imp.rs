use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Instant;

use glib::subclass::prelude::*;
use gst::prelude::*;
use gst_base::prelude::*;
use gst_base::subclass::prelude::*;

use super::settings::{Format, Policy, Settings};
use super::starting::Running;
use crate::counts::Counts;
use crate::lines::Assembler;
use crate::lock;
use crate::uri::masked;

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsmetapublish",
        gst::DebugColorFlags::empty(),
        Some("Lines to brokers"),
    )
});

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::MetaPublish)]
pub struct MetaPublish {
    #[property(name = "uri", nick = "URI", type = String, get = Self::uri, set = Self::set_uri, mutable_ready,
        blurb = "Where the lines go: kafka://host:port,host:port/topic?option=value, mqtt://host:port/topic or \
                 redis://host:port/stream; with TLS kafkas, mqtts and rediss. The topic may have {machine}, {source}, \
                 {pad} and {event}. Passwords belong into credentials-file; one that is here reads back as ***")]
    #[property(name = "format", nick = "Format", type = Format, member = format, get, set,
        mutable_ready,
        blurb = "How lines are sent", builder(Format::default()))]
    #[property(name = "machine", nick = "Machine", type = String, member = machine, get, set, mutable_ready,
        blurb = "What {machine} in topic and key stands for; the host's name if empty")]
    #[property(name = "key", nick = "Key", type = String, member = key, get, set, default = Settings::KEY, mutable_ready,
        blurb = "What lines of one source have in common: Kafka's key, which keeps them in order, and the field key in a \
                 Redis stream; fields as in the topic")]
    #[property(name = "max-queue", nick = "Maximum queue", type = u32, member = max_queue, get, set, minimum = 1,
        default = Settings::MAX_QUEUE, mutable_ready, blurb = "Most lines that wait or are being sent")]
    #[property(name = "when-full", nick = "When full", type = Policy, member = when_full, get, set,
        mutable_ready,
        blurb = "What happens to a line when max-queue lines wait", builder(Policy::default()))]
    #[property(name = "batch-size", nick = "Batch size", type = u32, member = batch_size, get, set, minimum = 1,
        maximum = 100_000, default = Settings::BATCH_SIZE, mutable_ready,
        blurb = "Most lines that are sent before their confirmations are waited for; no line waits for others")]
    #[property(name = "retry-min", nick = "Shortest retry", type = u32, member = retry_min, get, set, minimum = 1,
        maximum = 3_600_000, default = Settings::RETRY_MIN, mutable_ready,
        blurb = "Milliseconds before a lost broker is tried again; doubled with each failure up to retry-max")]
    #[property(name = "retry-max", nick = "Longest retry", type = u32, member = retry_max, get, set, minimum = 1,
        maximum = 3_600_000, default = Settings::RETRY_MAX, mutable_ready,
        blurb = "Most milliseconds between two attempts")]
    #[property(name = "send-timeout", nick = "Send timeout", type = u32, member = send_timeout, get, set, minimum = 10,
        maximum = 3_600_000, default = Settings::SEND_TIMEOUT, mutable_ready,
        blurb = "Milliseconds that an answer of the broker is waited for before its lines are sent again")]
    #[property(name = "drain-timeout", nick = "Drain timeout", type = u32, member = drain_timeout, get, set,
        maximum = 3_600_000, default = Settings::DRAIN_TIMEOUT, mutable_ready,
        blurb = "Milliseconds that the end of the stream, or the element's stop with a broker that answers, waits for \
                 lines that are not sent; what is left then is dropped and counted")]
    #[property(name = "ca-file", nick = "CA file", type = Option<String>, member = ca_file, get, set, mutable_ready,
        blurb = "Certificates of authorities (PEM) that the broker's certificate must come from")]
    #[property(name = "cert-file", nick = "Certificate file", type = Option<String>, member = cert_file, get, set,
        mutable_ready, blurb = "The client's certificate (PEM), where the broker asks for one")]
    #[property(name = "key-file", nick = "Key file", type = Option<String>, member = key_file, get, set, mutable_ready,
        blurb = "The private key of cert-file (PEM)")]
    #[property(name = "credentials-file", nick = "Credentials file", type = Option<String>, member = credentials_file, get,
        set, mutable_ready, blurb = "File with the lines username=NAME and password=SECRET")]
    pub(super) settings: Mutex<Settings>,
    pub(super) counts: Mutex<Arc<Counts>>,
    pub(super) assembler: Mutex<Assembler>,
    /// From start to stop. The lock is held for moments only.
    pub(super) running: Mutex<Option<Running>>,
    /// Bits of [`Once`].
    pub(super) told: AtomicU32,
    pub(super) last_away: Mutex<Option<Instant>>,
}

impl MetaPublish {
    fn uri(&self) -> String {
        masked(&lock(&self.settings).uri)
    }

    fn set_uri(&self, uri: Option<String>) {
        lock(&self.settings).uri = uri.unwrap_or_default();
    }
}

#[glib::object_subclass]
impl ObjectSubclass for MetaPublish {
    const NAME: &'static str = "GstRsMetaPublish";
    type Type = super::MetaPublish;
    type ParentType = gst_base::BaseSink;
}

impl ObjectImpl for MetaPublish {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let stats = glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                .nick("Statistics")
                .blurb(
                    "Totals since the element started: lines that came, lines and bytes that the broker confirmed \
                     (sent, bytes), lines queued now, dropped, retried, refused for good and not-json, errors and \
                     connections, whether it is connected, and how long lines took in microseconds (latency-median, \
                     latency-99, latency-max)",
                )
                .read_only()
                .build();
            let mut properties = MetaPublish::derived_properties().to_vec();
            properties.push(stats);
            properties
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => self.stats().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        if lock(&self.running).is_some() {
            let name = pspec.name();
            self.warn(&format!(
                "{name} not changed: it is read when the element starts; set the element to READY, then {name}"
            ));
            return;
        }
        self.derived_set_property(id, value, pspec);
    }

    fn constructed(&self) {
        self.parent_constructed();
        let element = self.obj();
        // Lines are sent as they come, and events may be rare: the pipeline is not to wait for the first.
        element.set_sync(false);
        element.set_async(false);
    }
}

impl GstObjectImpl for MetaPublish {}

impl ElementImpl for MetaPublish {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Metadata publisher",
                "Sink/Network",
                "Sends lines of text, such as those of rsmetajson, to a Kafka cluster, an MQTT broker or a Redis stream",
                "The rsnvds developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps: gst::Caps = [
                "application/x-json",
                "application/x-ndjson",
                "text/x-raw",
                "text/plain",
            ]
            .into_iter()
            .map(gst::Structure::new_empty)
            .collect();
            let sink = gst::PadTemplate::new(
                "sink",
                gst::PadDirection::Sink,
                gst::PadPresence::Always,
                &caps,
            );
            sink.into_iter().collect()
        });
        &TEMPLATES
    }
}

impl BaseSinkImpl for MetaPublish {
    fn start(&self) -> Result<(), gst::ErrorMessage> {
        let settings = lock(&self.settings).clone();
        let counts = Arc::<Counts>::default();
        *lock(&self.counts) = Arc::clone(&counts);
        self.told.store(0, Relaxed);
        *lock(&self.last_away) = None;
        *lock(&self.assembler) = Assembler::default();
        let element = self.obj().downgrade();
        let address = crate::uri::Uri::parse(&settings.uri)
            .map_or_else(|_| String::new(), |uri| uri.address());
        let notice = move |notice| {
            if let Some(element) = element.upgrade() {
                element.imp().notice(notice, &address);
            }
        };
        let running = Running::start(&settings, &counts, notice)
            .map_err(|error| gst::error_msg!(gst::LibraryError::Settings, ("{error}")))?;
        gst::info!(CAT, imp = self, "sending to {}", running.address);
        *lock(&self.running) = Some(running);
        Ok(())
    }

    fn stop(&self) -> Result<(), gst::ErrorMessage> {
        // Before the element counts as stopped.
        if let Some(running) = lock(&self.running).as_ref() {
            running.queue.interrupt(false);
        }
        self.drain(false);
        let Some(running) = lock(&self.running).take() else {
            return Ok(());
        };
        let left = running.sender.stop();
        if left > 0 {
            Counts::add(&self.counts().dropped, left);
            self.warn(&format!(
                "{left} lines are dropped at the end: {} did not confirm them within drain-timeout={} ms",
                running.address,
                running.drain.as_millis()
            ));
        }
        Ok(())
    }

    fn unlock(&self) -> Result<(), gst::ErrorMessage> {
        if let Some((queue, ..)) = self.parts() {
            queue.interrupt(true);
        }
        Ok(())
    }

    fn unlock_stop(&self) -> Result<(), gst::ErrorMessage> {
        if let Some((queue, ..)) = self.parts() {
            queue.interrupt(false);
        }
        Ok(())
    }

    fn event(&self, event: gst::Event) -> bool {
        let kind = event.type_();
        if kind == gst::EventType::Eos
            && self.take(|assembler, take| assembler.finish(take)).is_ok()
        {
            self.finish();
        }
        if kind == gst::EventType::FlushStop {
            lock(&self.assembler).clear();
        }
        self.parent_event(event)
    }

    fn render(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let map = buffer.map_readable().map_err(|_| {
            gst::element_imp_error!(self, gst::StreamError::Failed, ("a buffer cannot be read"));
            gst::FlowError::Error
        })?;
        // A buffer of text is one of whole lines; bytes without caps, or plain ones, are cut anywhere.
        let caps = self.obj().sink_pad().current_caps();
        let framed = caps.and_then(|caps| caps.structure(0).map(|s| s.name() == "text/x-raw"));
        self.take(|assembler, take| assembler.push(&map, framed.unwrap_or(false), take))?;
        Ok(gst::FlowSuccess::Ok)
    }
}
