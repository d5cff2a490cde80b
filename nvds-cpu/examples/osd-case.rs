//! Draws a set of metadata, described in JSON, the way `nvdsosd` would.
//!
//! ```text
//! cargo run --release -p nvds-cpu --example osd-case -- CASE.json [--mode gpu|cpu] OUT.png
//! ```
//!
//! The JSON's format is that of `tests/data/osd/README.md`; its background lies beside it. The metadata is made by
//! the real library and drawn by the element in a pipeline. A batch of several frames gives OUT.png, OUT.1.png and
//! so on. Ends with code 1 and the reason when there is no picture, with 2 when the arguments are wrong.

#[path = "../tests/osd_case/mod.rs"]
mod osd_case;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gstnvdscpu::osd::Mode;
use osd_case::{Case, pipeline};

const USAGE: &str = "usage: osd-case CASE.json [--mode gpu|cpu] OUT.png";

struct Arguments {
    case: PathBuf,
    output: PathBuf,
    mode: Mode,
}

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = arguments.into_iter();
    let mut mode = Mode::Gpu;
    let mut files = Vec::new();
    while let Some(argument) = arguments.next() {
        let value = match argument.strip_prefix("--mode") {
            Some("") => arguments.next().unwrap_or_default(),
            Some(rest) if rest.starts_with('=') => rest[1..].to_owned(),
            _ if argument.starts_with("--") => return Err(format!("unknown option {argument}")),
            _ => {
                files.push(PathBuf::from(argument));
                continue;
            }
        };
        mode = match value.as_str() {
            "gpu" => Mode::Gpu,
            "cpu" => Mode::Cpu,
            other => return Err(format!("--mode takes gpu or cpu, not {other:?}")),
        };
    }
    let [case, output] = <[PathBuf; 2]>::try_from(files).map_err(|files| {
        format!(
            "expected CASE.json and OUT.png, found {} files",
            files.len()
        )
    })?;
    Ok(Arguments { case, output, mode })
}

/// `OUT.png` for the first picture, `OUT.1.png` for the second.
fn numbered(path: &Path, index: usize) -> PathBuf {
    if index == 0 {
        return path.to_owned();
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    path.with_extension(format!("{index}.{extension}"))
}

fn draw(arguments: &Arguments) -> Result<(), String> {
    let case = Case::load(&arguments.case)?;
    let pictures = pipeline::draw(&case, arguments.mode).map_err(|failure| failure.to_string())?;
    for (index, picture) in pictures.iter().enumerate() {
        case.save(&numbered(&arguments.output, index), picture)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("osd-case: {problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match draw(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("osd-case: {problem}");
            ExitCode::FAILURE
        }
    }
}
