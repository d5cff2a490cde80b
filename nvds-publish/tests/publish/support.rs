//! The element in a harness, brokers as processes, and the outage that all of them go through.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::thread::sleep;
use std::time::{Duration, Instant};

use gst::prelude::*;
use gst_check::Harness;

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The element, which is fed by hand.
pub struct Publisher {
    pub harness: Harness,
    pub element: gst::Element,
    pub bus: gst::Bus,
}

/// The element with properties, not started.
pub fn element(properties: &[(&str, &str)]) -> gst::Element {
    gst::init().unwrap();
    gstrsnvdspublish::plugin::plugin_register_static().unwrap();
    let element = gst::ElementFactory::make("rsmetapublish").build().unwrap();
    for (name, value) in properties {
        element.set_property_from_str(name, value);
    }
    element
}

impl Publisher {
    /// An element that runs.
    pub fn new(uri: &str, properties: &[(&str, &str)]) -> Self {
        let element = element(properties);
        element.set_property("uri", uri);
        let bus = gst::Bus::new();
        element.set_bus(Some(&bus));
        let mut harness = Harness::with_element(&element, Some("sink"), None);
        harness.set_src_caps_str("application/x-json");
        harness.play();
        // The harness listens to a bus of its own otherwise.
        element.set_bus(Some(&bus));
        Self {
            harness,
            element,
            bus,
        }
    }

    /// Pushes a text as a buffer.
    pub fn push(&mut self, text: &str) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.harness.push(gst::Buffer::from_slice(text.to_owned()))
    }

    /// A total of `stats`.
    pub fn stat(&self, name: &str) -> u64 {
        let stats: gst::Structure = self.element.property("stats");
        stats.get(name).unwrap()
    }

    /// Waits until a total is as said.
    pub fn wait(&self, name: &str, good: impl Fn(u64) -> bool) {
        let begin = Instant::now();
        while !good(self.stat(name)) {
            let stats: gst::Structure = self.element.property("stats");
            assert!(begin.elapsed() < PATIENCE, "waited for {name}: {stats}");
            sleep(Duration::from_millis(5));
        }
    }

    /// Waits for a warning or an error, which is counted before it is posted. Returns the texts of all so far.
    pub fn told(&self) -> Vec<String> {
        let begin = Instant::now();
        loop {
            let texts = self.messages();
            if !texts.is_empty() {
                return texts;
            }
            assert!(begin.elapsed() < PATIENCE, "waited for a message");
            sleep(Duration::from_millis(5));
        }
    }

    /// The texts of all warnings and errors so far.
    pub fn messages(&self) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(message) = self.bus.pop() {
            match message.view() {
                gst::MessageView::Warning(warning) => texts.push(warning.error().to_string()),
                gst::MessageView::Error(error) => texts.push(error.error().to_string()),
                _ => (),
            }
        }
        texts
    }
}

/// A line of a source, of its number.
pub fn line(source: usize, number: usize) -> String {
    format!("{{\"source_id\":{source},\"frame_num\":{number},\"objects\":[]}}\n")
}

/// The number in a line.
fn number(line: &str) -> usize {
    let (_, rest) = line.split_once("\"frame_num\":").unwrap();
    rest.split(',').next().unwrap().parse().unwrap()
}

/// A broker that can be killed and comes back with what it confirmed.
pub trait Broker {
    fn uri(&self, topic: &str) -> String;
    fn down(&mut self);
    fn up(&mut self);
    /// Lines of a topic with their keys, once there are so many different ones.
    fn received(&mut self, topic: &str, at_least: usize) -> Vec<(String, String)>;
}

/// 1,000 lines/s while the broker is away for two seconds, or `RSNVDS_OUTAGE`: with `block` none is lost, with
/// `drop-oldest` each lost one is counted.
pub fn outage(broker: &mut dyn Broker) {
    let away = std::env::var("RSNVDS_OUTAGE").map_or(2, |seconds| seconds.parse().unwrap());
    let (away, total) = (Duration::from_secs(away), away as usize * 1000 + 1000);
    let patient = [
        ("max-queue", "400"),
        ("retry-max", "200"),
        ("send-timeout", "1500"),
        ("drain-timeout", "15000"),
    ];
    let started = |topic: &str, policy: &'static str| {
        let mut properties = patient.to_vec();
        properties.push(("when-full", policy));
        Publisher::new(&broker.uri(topic), &properties)
    };
    let mut publishers = [
        ("all", started("all", "block")),
        ("newest", started("newest", "drop-oldest")),
    ];
    let begin = Instant::now();
    let feeders: Vec<_> = publishers
        .iter_mut()
        .map(|(_, publisher)| {
            let pad = publisher
                .element
                .static_pad("sink")
                .unwrap()
                .peer()
                .unwrap();
            std::thread::spawn(move || {
                for sent in 0..total {
                    let due = Duration::from_micros(1000 * sent as u64);
                    sleep(due.saturating_sub(begin.elapsed()));
                    pad.push(gst::Buffer::from_slice(line(sent % 3, sent)))
                        .unwrap();
                }
                pad.push_event(gst::event::Eos::new());
            })
        })
        .collect();
    sleep(Duration::from_millis(500));
    broker.down();
    sleep(away);
    broker.up();
    feeders
        .into_iter()
        .for_each(|feeder| feeder.join().unwrap());
    for (topic, publisher) in &publishers {
        let dropped = publisher.stat("dropped") as usize;
        let stats: gst::Structure = publisher.element.property("stats");
        println!("{topic}: {stats}");
        assert_eq!(publisher.stat("queued"), 0, "{stats}");
        assert_eq!(publisher.stat("sent") as usize + dropped, total, "{stats}");
        let received = broker.received(topic, total - dropped);
        let numbers: BTreeSet<usize> = received.iter().map(|(_, line)| number(line)).collect();
        assert!(numbers.iter().all(|number| *number < total));
        let warnings = publisher.messages();
        assert!(
            warnings.iter().any(|text| text.contains("is away")),
            "{warnings:?}"
        );
        match *topic {
            "all" => assert_eq!((numbers.len(), dropped), (total, 0)),
            // What was dropped may have arrived without its confirmation.
            _ => {
                assert!(
                    dropped > 0 && numbers.len() >= total - dropped,
                    "{} {dropped}",
                    numbers.len()
                );
                assert!(
                    warnings
                        .iter()
                        .any(|text| text.contains("lines are dropped")),
                    "{warnings:?}"
                );
            }
        }
    }
}

/// A port that nobody listens to now, below those that the system gives to connections: who tries again and again to reach
/// one of these may reach itself.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() as u16 % 100 * 100;
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Relaxed)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// An empty folder for a test.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("publish-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Where a server's program is; says that a test is left out when it is not installed.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin"]);
    let found = folders
        .map(|folder| PathBuf::from(folder).join(name))
        .find(|file| file.exists());
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "{name} is not installed; scripts/setup.sh brokers installs it"
        );
        println!("left out: {name} is not installed; scripts/setup.sh brokers installs it");
    }
    found
}

/// A server that ends with its test.
pub struct Server {
    command: Command,
    child: Option<Child>,
    pub port: u16,
    pub folder: PathBuf,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub fn start(mut command: Command, port: u16, folder: PathBuf) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut server = Self {
            command,
            child: None,
            port,
            folder,
        };
        server.up();
        server
    }

    pub fn up(&mut self) {
        self.child = Some(self.command.spawn().unwrap());
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                begin.elapsed() < PATIENCE,
                "{:?} does not listen",
                self.command
            );
            sleep(Duration::from_millis(10));
        }
    }

    /// Ends it, by a signal that it may answer or by one that it cannot.
    pub fn down(&mut self, gently: bool) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        if gently {
            let signal = Command::new("kill").arg(child.id().to_string()).status();
            assert!(signal.unwrap().success());
        } else {
            child.kill().unwrap();
        }
        child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A certificate of an authority, and one of 127.0.0.1 with its key: `ca.pem`, `server.pem` and `server.key`.
pub fn certificates(folder: &std::path::Path) {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    std::fs::write(
        folder.join("san"),
        "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!(
        "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=authority"
    ));
    openssl(&format!(
        "req {key} -keyout server.key -out server.csr -subj /CN=broker"
    ));
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile san",
    );
}
