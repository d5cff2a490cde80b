//! `rsnvds-selftest`: plays a packed recording through this machine's DeepStream and compares.

#![allow(unused_crate_dependencies)] // those of the library

use std::path::PathBuf;
use std::process::ExitCode;

use nvds_doctor::selftest::{self, Data};

const HELP: &str = "\
usage: rsnvds-selftest [--data FOLDER] [--stand-ins FOLDER]

Plays the tensors of a recorded detector through nvstreammux, rstensorreplay,
rsssdparser, rsosdannotate and nvdsosd, compares objects and drawn frames with
those stored, and prints a page to put into a report.

  --data FOLDER       another recording than the one that came with the program
  --stand-ins FOLDER  where libgstnvdscpu.so is, on a machine without DeepStream
  --update            store the frames as they are drawn here
  --help              this text
  --version           the version

Exit code: 0 passed, 1 failed, 2 for a wrong option.";

fn main() -> ExitCode {
    let (mut data, mut stand_ins, mut update) = (None, None, false);
    let mut arguments = std::env::args_os().skip(1);
    while let Some(argument) = arguments.next() {
        let mut folder = || arguments.next().map(PathBuf::from);
        match argument.to_str() {
            Some("--data") => data = folder(),
            Some("--stand-ins") => stand_ins = folder(),
            Some("--update") => update = true,
            Some("--help" | "-h") => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            Some("--version") => {
                println!("rsnvds-selftest {}", env!("CARGO_PKG_VERSION"));
                return ExitCode::SUCCESS;
            }
            _ => {
                eprintln!("rsnvds-selftest: unknown argument {argument:?}\n{HELP}");
                return ExitCode::from(2);
            }
        }
    }
    let run = || -> Result<bool, String> {
        gst::init().map_err(|error| format!("GStreamer does not start: {error}"))?;
        nvds_doctor::find_own_plugin();
        if let Some(folder) = stand_ins {
            gst::Registry::get().scan_path(folder);
        }
        let data = Data::find(data.as_deref())?;
        if update {
            return selftest::update(&data).map(|()| true);
        }
        let outcome = selftest::run(&data);
        println!("{outcome}");
        Ok(outcome.passed())
    };
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rsnvds-selftest: {error}");
            ExitCode::FAILURE
        }
    }
}
