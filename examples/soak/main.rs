//! Watches the memory of the process for some minutes.
//!
//! ```text
//! make soak MINUTES=10                # rsosdannotate in its richest style
//! make soak MINUTES=10 WHAT=sources   # sources that are added, removed, that end and fail
//! ```
//!
//! The pipelines run on the CPU stand-ins, nvdsosd included. Ends with code 1 when the heap in use has grown by more
//! than [`memory::ALLOWED`] since it settled, beside the events that the mux leaves for each source as stock does.

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/crowd/mod.rs"]
mod crowd;
mod memory;
mod sources;
mod style;

use std::process::ExitCode;
use std::time::Duration;

type Outcome = Result<i64, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let minutes = arguments.next().unwrap_or_else(|| "10".into());
    let what = arguments.next().unwrap_or_else(|| "style".into());
    let Ok(minutes) = minutes.parse::<f64>() else {
        eprintln!("soak: expected a number of minutes, found {minutes:?}");
        return ExitCode::FAILURE;
    };
    match run(Duration::from_secs_f64(minutes * 60.0), &what) {
        Ok(grown) if grown <= memory::ALLOWED => ExitCode::SUCCESS,
        Ok(_) => {
            eprintln!("soak: memory grows");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns by how many bytes memory grew since it settled.
fn run(time: Duration, what: &str) -> Outcome {
    let run = match what {
        "style" => style::run,
        "sources" => sources::run,
        other => return Err(format!("expected style or sources, found {other:?}").into()),
    };
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR"))?;
    common::init();
    gst::Plugin::load_file("target/plugins/nvdscpu/libgstnvdscpu.so")
        .map_err(|error| format!("{error}; `make soak` builds it"))?;
    run(time)
}
