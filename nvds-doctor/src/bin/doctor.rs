//! `rsnvds-doctor`: what of DeepStream and rsnvds is on this machine, and what will fail.

#![allow(unused_crate_dependencies)] // those of the library

use std::process::ExitCode;

const HELP: &str = "\
usage: rsnvds-doctor [--json]

Tells which DeepStream is on this machine, which metadata library and layout
the elements of rsnvds use, which elements there are, and what will fail.

  --json     the same for programs
  --help     this text
  --version  the version

Exit code: 0 without problems, 1 with problems, 2 for a wrong option.";

fn main() -> ExitCode {
    let mut json = false;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            "--help" | "-h" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            "--version" => {
                println!("rsnvds-doctor {}", env!("CARGO_PKG_VERSION"));
                return ExitCode::SUCCESS;
            }
            _ => {
                eprintln!("rsnvds-doctor: unknown argument {argument}\n{HELP}");
                return ExitCode::from(2);
            }
        }
    }
    if let Err(error) = gst::init() {
        eprintln!("rsnvds-doctor: GStreamer does not start: {error}");
        return ExitCode::FAILURE;
    }
    nvds_doctor::find_own_plugin();
    let report = nvds_doctor::examine();
    if json {
        println!("{:#}", report.json());
    } else {
        println!("{report}");
    }
    ExitCode::from(u8::from(report.problems() > 0))
}
