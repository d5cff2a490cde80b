//! The file of `config-file-path`: how the new mux makes batches.

use std::path::Path;
use std::time::Duration;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// One frame of each source that has not ended, instead of `batch_size`.
    pub adaptive_batching: bool,
    /// Frames in a batch; `None` leaves it to the property.
    pub batch_size: Option<u32>,
    /// Longest time between two batches while frames wait.
    pub interval: Duration,
    /// Frames of one source in a batch.
    pub max_same_source_frames: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            adaptive_batching: true,
            batch_size: None,
            interval: Duration::from_millis(200),
            max_same_source_frames: 1,
        }
    }
}

/// Why the file does not serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not readable.
    #[error("config-file-path={path}: {reason}")]
    Read {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// Not a key file.
    #[error(
        "config-file-path={path}: {reason}; expected [group] first and then lines with key=value (the \
         CPU stand-in reads key files, not YAML)"
    )]
    Syntax {
        /// The file.
        path: String,
        /// GLib's words, which name the line.
        reason: String,
    },
    /// A value that is no number or out of range.
    #[error("config-file-path={path}: {key}={value} in [{group}] {reason}")]
    Value {
        /// The file.
        path: String,
        /// Group of the key.
        group: String,
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What is expected.
        reason: &'static str,
    },
}

/// Keys that are read and change nothing here.
const WITHOUT_EFFECT: &[&str] = &["overall-max-fps-n", "overall-max-fps-d"];

impl Config {
    /// Reads the file; the second value are keys that are not known.
    pub fn read(path: &str) -> Result<(Self, Vec<String>), Error> {
        let text = std::fs::read_to_string(Path::new(path)).map_err(|error| Error::Read {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &str, text: &str) -> Result<(Self, Vec<String>), Error> {
        let file = glib::KeyFile::new();
        file.load_from_data(text, glib::KeyFileFlags::NONE)
            .map_err(|error| Error::Syntax {
                path: path.to_owned(),
                reason: error.message().trim_end_matches('.').to_owned(),
            })?;
        let mut config = Self::default();
        let mut unknown = Vec::new();
        let (mut min_fps_n, mut min_fps_d) = (5, 1);
        for group in &file.groups() {
            let group = group.as_str();
            for key in file.keys(group).iter().flatten() {
                let key = key.as_str();
                let fail = |reason| Error::Value {
                    path: path.to_owned(),
                    group: group.to_owned(),
                    key: key.to_owned(),
                    value: file.value(group, key).unwrap_or_default().into(),
                    reason,
                };
                // As GLib reads numbers: a comment may follow behind a space.
                let number = || {
                    let number = file
                        .integer(group, key)
                        .map_err(|_| fail("is not a number"));
                    u32::try_from(number?).map_err(|_| fail("must not be negative"))
                };
                let positive = || match number()? {
                    0 => Err(fail("must be at least 1")),
                    n => Ok(n),
                };
                if group.starts_with("source-config") {
                    // Rates, priorities and counts of one source: only the defaults are done.
                    unknown.push(format!("[{group}] {key}"));
                    continue;
                }
                match (group, key) {
                    ("property", "algorithm-type") if number()? != 1 => {
                        return Err(fail("is not supported, only 1 (round robin) is"));
                    }
                    ("property", "algorithm-type") => {}
                    ("property", "max-fps-control" | "enable-source-rate-control")
                        if number()? != 0 =>
                    {
                        return Err(fail("is not supported by the CPU stand-in, only 0 is"));
                    }
                    ("property", "max-fps-control" | "enable-source-rate-control") => {}
                    ("property", "batch-size") => config.batch_size = Some(positive()?),
                    ("property", "adaptive-batching") => config.adaptive_batching = number()? != 0,
                    ("property", "max-same-source-frames") => {
                        config.max_same_source_frames = positive()?;
                    }
                    ("property", "overall-min-fps-n") => min_fps_n = positive()?,
                    ("property", "overall-min-fps-d") => min_fps_d = positive()?,
                    ("property", key) if WITHOUT_EFFECT.contains(&key) => {
                        number()?;
                    }
                    _ => unknown.push(format!("[{group}] {key}")),
                }
            }
        }
        config.interval =
            Duration::from_nanos(u64::from(min_fps_d) * 1_000_000_000 / u64::from(min_fps_n));
        Ok((config, unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read() {
        let text = "[property]\nalgorithm-type=1\nbatch-size=4\nadaptive-batching=0\n\
                    overall-min-fps-n=10\noverall-min-fps-d=1\nmax-same-source-frames=2\nnonsense=1\n\
                    [source-config-0]\npriority=1\n";
        let (config, unknown) = Config::parse("mux.txt", text).unwrap();
        assert_eq!(
            config,
            Config {
                adaptive_batching: false,
                batch_size: Some(4),
                interval: Duration::from_millis(100),
                max_same_source_frames: 2,
            }
        );
        assert_eq!(
            unknown,
            ["[property] nonsense", "[source-config-0] priority"]
        );
    }

    #[test]
    fn files_are_read_as_glib_reads_them() {
        let text =
            "# a comment\n\n[property]\nbatch-size = 4 # frames\nmax-same-source-frames=2 ; each\n";
        let (config, unknown) = Config::parse("mux.txt", text).unwrap();
        assert_eq!(config.batch_size, Some(4));
        assert_eq!(config.max_same_source_frames, 2);
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn errors_name_the_place() {
        let error = |text| Config::parse("mux.txt", text).unwrap_err().to_string();
        let text = error("[property]\nbatch-size=many\n");
        assert!(
            text.contains("mux.txt") && text.contains("batch-size=many"),
            "{text}"
        );
        let text = error("[property]\nbatch-size=4\nsource");
        assert!(
            text.contains("source") && text.contains("key=value"),
            "{text}"
        );
        let text = error("property:\n  batch-size: 4\n");
        assert!(text.contains("not YAML"), "{text}");
        let text = error("batch-size=4\n");
        assert!(text.contains("[group] first"), "{text}");
        let text = error("[property]\nbatch-size=-1\n");
        assert!(text.contains("batch-size=-1"), "{text}");
        let text = error("[property]\noverall-min-fps-n=0\n");
        assert!(text.contains("overall-min-fps-n=0"), "{text}");
        let text = error("[property]\nmax-fps-control=1\n");
        assert!(text.contains("max-fps-control=1"), "{text}");
        let error = Config::read("/no/such/file").unwrap_err().to_string();
        assert!(error.contains("/no/such/file"), "{error}");
    }
}
