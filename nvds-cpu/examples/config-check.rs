//! Tells of configuration files whether the stand-ins `nvinfer` and `nvinferserver` can do what they ask for.
//!
//! ```text
//! cargo run --release -p nvds-cpu --example config-check -- FILE...
//! ```
//!
//! Prints a line for each file: `ok`, `needs no-onnx` or `needs server` (ok, given an ONNX file or a
//! recording by an environment variable), or `no` with the reason; then how many there are of each. Models, labels and libraries that
//! the files name are not looked at. A file with `infer_config` is taken for one of nvinferserver. Ends with code 1 where
//! a file was refused, with 2 when the arguments are wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use gstnvdscpu::infer::nvinfer_config::NvinferConfig;
use gstnvdscpu::infer::server_config::ServerConfig;
use gstnvdscpu::infer::types::{ConfigError, Reason};

const USAGE: &str = "usage: config-check FILE...";

fn check(file: &Path) -> Result<(), ConfigError> {
    let text = std::fs::read(file).unwrap_or_default();
    if String::from_utf8_lossy(&text).contains("infer_config") {
        let config = ServerConfig::load(file)?;
        config.check()?;
        return config.repository(config.unique_id).map(|_| ());
    }
    let config = NvinferConfig::load(file)?;
    config.check(config.postprocess.output_instance_mask)?;
    let unique_id = config.unique_id.ok_or_else(|| config.no_unique_id())?;
    config.onnx_file(unique_id).map(|_| ())
}

fn main() -> ExitCode {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let mut counts = BTreeMap::new();
    let mut refused = 0;
    for file in files.iter().map(Path::new) {
        let (verdict, message) = match check(file) {
            Ok(()) => ("ok".to_owned(), String::new()),
            Err(error) => match error.reason {
                reason @ (Reason::NoOnnx | Reason::Server) => {
                    (format!("needs {reason}"), error.to_string())
                }
                reason => {
                    refused += 1;
                    (format!("no {reason}"), error.to_string())
                }
            },
        };
        match message.is_empty() {
            true => println!("{verdict}: {}", file.display()),
            false => println!("{verdict}: {message}"),
        }
        *counts.entry(verdict).or_insert(0) += 1;
    }
    println!("{} files", files.len());
    for (verdict, count) in counts {
        println!("{count:6} {verdict}");
    }
    match refused {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(1),
    }
}
