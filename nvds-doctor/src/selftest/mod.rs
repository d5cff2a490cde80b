//! Plays a packed recording through the elements of this machine, stock ones and ours, and compares
//! objects and drawn frames with what is stored.

mod drawn;
mod objects;
mod play;

use std::fmt;
use std::path::{Path, PathBuf};

use crate::report::{Report, State};

pub use drawn::Difference;

/// Frames of the recording that are played.
pub const FRAMES: usize = 30;
/// Size of the recorded film in pixels.
pub const SIZE: (u32, u32) = (768, 576);
/// Those whose drawing is stored.
const COMPARED: [usize; 2] = [0, FRAMES - 1];

/// Where recording and stored frames are.
#[derive(Clone, Debug)]
pub struct Data {
    folder: PathBuf,
}

impl Data {
    /// The folder that is named, or the one that came with this program: `share/rsnvds/selftest` beside
    /// its `bin`, or this project's own in a checkout.
    ///
    /// # Errors
    /// In words, where there is no recording.
    pub fn find(named: Option<&Path>) -> Result<Self, String> {
        let folder = match named {
            Some(folder) => folder.to_owned(),
            None => crate::beside("share/rsnvds/selftest")
                .or_else(checkout)
                .ok_or("no recording came with this program; name its folder: --data FOLDER")?,
        };
        let first = folder.join("recording/000000.safetensors");
        if !first.exists() {
            return Err(format!(
                "expected a recording in {}, and there is no {}",
                folder.display(),
                first.display()
            ));
        }
        Ok(Self { folder })
    }

    fn recording(&self, file: &str) -> PathBuf {
        self.folder.join("recording").join(file)
    }

    fn picture(&self, kind: &str, frame: usize) -> PathBuf {
        self.folder.join(format!("drawn/{kind}-{frame:02}.png"))
    }
}

fn checkout() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program
        .ancestors()
        .map(|folder| folder.join("nvds-doctor/data"))
        .find(|folder| folder.exists())
}

/// What came of one run; printed, it is the page to put into a report.
#[derive(Debug)]
pub struct Outcome {
    machine: Vec<String>,
    lines: Report,
}

impl Outcome {
    /// Whether everything that must be equal was.
    pub fn passed(&self) -> bool {
        self.lines.problems() == 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "rsnvds-selftest {}", env!("CARGO_PKG_VERSION"))?;
        for line in &self.machine {
            writeln!(f, "  {line}")?;
        }
        for finding in self.lines.findings() {
            let found = finding.found.replace('\n', "\n                       ");
            writeln!(
                f,
                "{:>7}  {:<12}  {found}",
                finding.state.name(),
                finding.name
            )?;
            if let Some(advice) = &finding.advice {
                writeln!(f, "{:>21}> {advice}", "")?;
            }
        }
        f.write_str(if self.passed() { "PASSED" } else { "FAILED" })
    }
}

/// Plays and compares.
pub fn run(data: &Data) -> Outcome {
    let mut outcome = Outcome {
        machine: machine(),
        lines: Report::default(),
    };
    let lines = &mut outcome.lines;
    let boxes = match play::play(data, false) {
        Ok(run) => run,
        Err(error) => {
            lines.problem(
                "pipeline",
                error,
                "rsnvds-doctor tells what is missing on this machine",
            );
            return outcome;
        }
    };
    lines.ok("pipeline", format!("{} frames played", boxes.frames.len()));
    objects::compare(data, &boxes.lines, lines);
    drawn::compare(data, "boxes", &boxes.frames, lines);
    match play::play(data, true) {
        Ok(run) => drawn::compare(data, "texts", &run.frames, lines),
        Err(error) => lines.problem("texts", error, "the run without texts went well"),
    }
    if !boxes.warnings.is_empty() {
        lines.note(
            "warnings",
            boxes.warnings.join("\n"),
            "docs/warnings.md tells what to change for those of rsnvds",
        );
    }
    outcome
}

/// Writes the frames that are compared, as the elements of this machine draw them.
///
/// # Errors
/// In words, what went wrong.
pub fn update(data: &Data) -> Result<(), String> {
    for (kind, texts) in [("boxes", false), ("texts", true)] {
        let run = play::play(data, texts)?;
        for frame in COMPARED {
            drawn::write(&data.picture(kind, frame), &run.frames[frame])?;
        }
    }
    Ok(())
}

/// The doctor's findings that tell this machine from others, and its problems.
fn machine() -> Vec<String> {
    const TOLD: [&str; 8] = [
        "system",
        "glibc",
        "gstreamer",
        "device",
        "metadata-library",
        "layout-class",
        "plugin",
        "stock-elements",
    ];
    crate::examine()
        .findings()
        .iter()
        .filter(|finding| TOLD.contains(&finding.name) || finding.state == State::Problem)
        .map(|finding| {
            let found = finding.found.replace('\n', "\n                    ");
            format!("{:<16}  {found}", finding.name)
        })
        .collect()
}
