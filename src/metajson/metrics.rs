//! The `stats` of this project's elements as a file in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use std::{fs, io, thread};

use glib::prelude::*;
use gst::prelude::*;

use crate::element::lock;
use crate::outputs::Claim;
use crate::recording;

/// How often the file is written: as often as most collectors look.
const INTERVAL: Duration = Duration::from_secs(5);

/// Beginnings of names in `stats` that are states, not totals.
const GAUGES: [&str; 3] = ["time-", "latency-", "queued"];

/// Types of this project's elements begin like this.
const TYPE_PREFIX: &str = "GstRs";

/// Writes the file from start to stop, by a thread of its own.
#[derive(Debug)]
pub struct Metrics {
    path: PathBuf,
    /// Until the end of writing.
    claim: Mutex<Option<Claim>>,
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Metrics {
    /// Writes the file once, and from then on every five seconds. The first failure after that is given to `report`, and
    /// writing is tried on.
    ///
    /// # Errors
    /// When it cannot be written or another element does, with the file's name, or no thread can be had.
    pub fn start(
        path: PathBuf,
        element: &impl IsA<gst::Element>,
        report: impl FnOnce(String) + Send + 'static,
    ) -> Result<Arc<Self>, String> {
        Self::start_every(INTERVAL, path, element, report)
    }

    fn start_every(
        interval: Duration,
        path: PathBuf,
        element: &impl IsA<gst::Element>,
        report: impl FnOnce(String) + Send + 'static,
    ) -> Result<Arc<Self>, String> {
        let claim = Claim::name(&path, &element.as_ref().name()).map_err(|by| {
            let path = path.display();
            format!("metrics-file {path}: {by} writes this file, too: expected a file for each")
        })?;
        let this = Arc::new(Self {
            path,
            claim: Mutex::new(claim),
            stopped: Mutex::new(false),
            changed: Condvar::new(),
        });
        this.write(element.upcast_ref())?;
        let own = Arc::clone(&this);
        let mut report = Some(report);
        let element = element.upcast_ref::<gst::Element>().downgrade();
        // Never joined, as the one that flushes.
        let thread = thread::Builder::new().name("rsmetajson-metrics".into());
        let spawned = thread.spawn(move || {
            while own.wait(interval) {
                let Some(element) = element.upgrade() else {
                    return;
                };
                // What is away, such as a folder, may come back.
                if let Err(error) = own.write(&element)
                    && let Some(report) = report.take()
                {
                    report(error);
                }
            }
        });
        spawned.map_err(|error| format!("no thread to write metrics-file by: {error}"))?;
        Ok(this)
    }

    /// Waits for the next time; returns whether there is one.
    fn wait(&self, interval: Duration) -> bool {
        let stopped = lock(&self.stopped);
        let waited = self
            .changed
            .wait_timeout_while(stopped, interval, |stopped| !*stopped);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Ends the writing.
    pub fn stop(&self) {
        *lock(&self.stopped) = true;
        *lock(&self.claim) = None;
        self.changed.notify_all();
    }

    /// Writes the file as it is to be now, so that who reads it finds all of it or all of the one before.
    ///
    /// # Errors
    /// With the file's name.
    pub fn write(&self, element: &gst::Element) -> Result<(), String> {
        let text = text(&stats_beside(element));
        replace(&self.path, &text).map_err(|error| {
            format!(
                "metrics-file {} cannot be written: {error}",
                self.path.display()
            )
        })
    }
}

/// Writes a file as [`recording::replace`] does, where it is a file or none yet.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // What a link leads to is replaced, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    // A device or a FIFO would be replaced by a file.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other(
            "it is there, and no file: expected the name of a file",
        ));
    }
    let ending = format!(".{}", std::process::id());
    recording::replace::replace(path, &ending, text.as_bytes(), false)
}

/// The `stats` of an element.
struct Stats {
    element: String,
    factory: String,
    stats: gst::Structure,
}

/// Those of all elements of this project in the pipeline of one of them, sorted by name.
fn stats_beside(element: &gst::Element) -> Vec<Stats> {
    let mut top = element.clone().upcast::<gst::Object>();
    while let Some(parent) = top.parent() {
        top = parent;
    }
    let mut elements = vec![element.clone()];
    if let Some(bin) = top.downcast_ref::<gst::Bin>() {
        // A bin that changes meanwhile starts the walk anew.
        let mut found = Vec::new();
        let mut walk = bin.iterate_recurse();
        loop {
            match walk.next() {
                Ok(Some(element)) => found.push(element),
                Ok(None) => break,
                Err(gst::IteratorError::Resync) => {
                    found.clear();
                    walk.resync();
                }
                Err(gst::IteratorError::Error) => break,
            }
        }
        if !found.is_empty() {
            elements = found;
        }
    }
    let mut all: Vec<Stats> = elements.iter().filter_map(stats_of).collect();
    all.sort_by(|a, b| a.element.cmp(&b.element));
    all
}

fn stats_of(element: &gst::Element) -> Option<Stats> {
    if !element.type_().name().starts_with(TYPE_PREFIX) {
        return None;
    }
    element.find_property("stats")?;
    let stats = element
        .property_value("stats")
        .get::<gst::Structure>()
        .ok()?;
    Some(Stats {
        element: element.name().into(),
        factory: element
            .factory()
            .map(|factory| factory.name().into())
            .unwrap_or_default(),
        stats,
    })
}

/// A number of `stats`.
fn number(value: &glib::SendValue) -> Option<f64> {
    let number = value.transform::<f64>().ok()?;
    number.get::<f64>().ok().filter(|number| number.is_finite())
}

/// The samples of each metric, one below the other as the format has it.
#[derive(Default)]
struct Samples(BTreeMap<String, (bool, String)>);

impl Samples {
    fn add(&mut self, name: &str, labels: &str, number: f64) {
        let gauge = GAUGES.iter().any(|begin| name.starts_with(begin));
        let plain = name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
        // Times are nanoseconds in stats, and seconds for Prometheus.
        let is_time = name.starts_with("time-");
        let (suffix, number) = match (is_time, gauge) {
            (true, _) => ("_seconds", number / 1e9),
            (false, true) => ("", number),
            (false, false) => ("_total", number),
        };
        let name = format!("rsnvds_{plain}{suffix}");
        let (_, samples) = self.0.entry(name.clone()).or_insert((gauge, String::new()));
        let _ = writeln!(samples, "{name}{{{labels}}} {number}");
    }
}

fn text(all: &[Stats]) -> String {
    let mut samples = Samples::default();
    for Stats {
        element,
        factory,
        stats,
    } in all
    {
        let labels = format!(
            "element=\"{}\",factory=\"{}\"",
            escape(element),
            escape(factory)
        );
        for (name, value) in stats.iter() {
            if let Ok(kinds) = value.get::<gst::Structure>() {
                for (kind, value) in kinds.iter() {
                    let labels = format!("{labels},kind=\"{}\"", escape(kind));
                    if let Some(number) = number(value) {
                        samples.add(name, &labels, number);
                    }
                }
            } else if let Some(number) = number(value) {
                samples.add(name, &labels, number);
            }
        }
    }
    let mut text = String::new();
    for (name, (gauge, samples)) in &samples.0 {
        let kind = if *gauge { "gauge" } else { "counter" };
        let _ = write!(text, "# TYPE {name} {kind}\n{samples}");
    }
    text
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(element: &str) -> Stats {
        gst::init().unwrap();
        let warnings = gst::Structure::builder("warnings")
            .field("bad-tensor", 2_u64)
            .build();
        Stats {
            element: element.into(),
            factory: "rsssdparser".into(),
            stats: gst::Structure::builder("rsssdparser-stats")
                .field("frames", 795_u64)
                .field("time-p99", 2_500_u64)
                .field("warnings", warnings)
                .field("name", "is no number")
                .build(),
        }
    }

    #[test]
    fn a_folder_that_comes_back_is_written_to_again() {
        gst::init().unwrap();
        let folder =
            std::env::temp_dir().join(format!("rsnvds-metrics-back-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("metrics");
        let element = gst::ElementFactory::make("identity").build().unwrap();
        let (report, reports) = std::sync::mpsc::channel();
        let metrics = Metrics::start_every(
            Duration::from_millis(10),
            path.clone(),
            &element,
            move |error| report.send(error).unwrap(),
        )
        .unwrap();
        // Who writes meanwhile keeps a folder from being removed, and not from being moved.
        let away = folder.with_extension("away");
        fs::rename(&folder, &away).unwrap();
        let error = reports.recv_timeout(Duration::from_secs(20)).unwrap();
        assert!(error.contains("cannot be written"), "{error}");
        fs::create_dir_all(&folder).unwrap();
        let begin = std::time::Instant::now();
        while !path.is_file() {
            assert!(begin.elapsed() < Duration::from_secs(20), "no file");
            thread::sleep(Duration::from_millis(5));
        }
        metrics.stop();
        assert!(reports.try_recv().is_err(), "told once");
        for folder in [folder, away] {
            fs::remove_dir_all(folder).ok();
        }
    }

    #[test]
    fn samples_of_a_metric_stand_together_below_its_type() {
        let text = text(&[stats("a"), stats("b\"\\\n")]);
        let expected = r#"# TYPE rsnvds_frames_total counter
rsnvds_frames_total{element="a",factory="rsssdparser"} 795
rsnvds_frames_total{element="b\"\\\n",factory="rsssdparser"} 795
# TYPE rsnvds_time_p99_seconds gauge
rsnvds_time_p99_seconds{element="a",factory="rsssdparser"} 0.0000025
rsnvds_time_p99_seconds{element="b\"\\\n",factory="rsssdparser"} 0.0000025
# TYPE rsnvds_warnings_total counter
rsnvds_warnings_total{element="a",factory="rsssdparser",kind="bad-tensor"} 2
rsnvds_warnings_total{element="b\"\\\n",factory="rsssdparser",kind="bad-tensor"} 2
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_device_stays_one() {
        use std::os::unix::fs::FileTypeExt;
        let device = Path::new("/dev/full");
        assert!(
            replace(device, "text")
                .unwrap_err()
                .to_string()
                .contains("no file")
        );
        assert!(fs::metadata(device).unwrap().file_type().is_char_device());
    }

    #[test]
    fn a_file_that_cannot_be_put_in_its_place_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("rsnvds-metrics-{}", std::process::id()));
        fs::create_dir_all(folder.join("taken")).unwrap();
        assert!(replace(&folder.join("taken"), "text").is_err());
        replace(&folder.join("file"), "text").unwrap();
        std::os::unix::fs::symlink(folder.join("file"), folder.join("link")).unwrap();
        replace(&folder.join("link"), "new").unwrap();
        assert!(folder.join("link").is_symlink());
        assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "new");
        let mut names: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["file", "link", "taken"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
