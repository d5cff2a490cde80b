//! Writes what the network of the stand-in `nvinfer` gets from a frame.
//!
//! ```text
//! cargo run --release -p nvds-cpu --example network-input -- FRAME.png [--format rgba|nv12] --key NAME=VALUE... OUT.png
//! ```
//!
//! The keys are those of nvinfer's `[property]` group; `infer-dims=channels;height;width` has to be one of them. A frame
//! in colours is a surface in RGBA, a grey one is luma. With `--format nv12` a frame in colours is converted first, and
//! a grey one has the rows of chroma below those of luma. OUT.png has the channels in the network's order, one for gray;
//! with net-scale-factor or offsets, OUT.npy or OUT.npz has the tensor as it is. Ends with code 1 and the reason when
//! nothing can be written, with 2 when the arguments are wrong.

#[path = "../tests/network_input/mod.rs"]
mod network_input;

use std::path::PathBuf;
use std::process::ExitCode;

use network_input::Picture;

const USAGE: &str = "usage: network-input FRAME.png [--format rgba|nv12] --key NAME=VALUE... OUT.png|OUT.npy|OUT.npz";

struct Arguments {
    frame: PathBuf,
    output: PathBuf,
    nv12: bool,
    keys: Vec<(String, String)>,
}

fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = arguments.into_iter();
    let (mut files, mut keys, mut nv12) = (Vec::new(), Vec::new(), false);
    while let Some(argument) = arguments.next() {
        let (option, value) = match argument.strip_prefix("--") {
            None => {
                files.push(PathBuf::from(argument));
                continue;
            }
            Some(option) => match option.split_once('=') {
                Some((option, value)) => (option.to_owned(), value.to_owned()),
                None => (option.to_owned(), arguments.next().unwrap_or_default()),
            },
        };
        match option.as_str() {
            "key" => {
                let (name, value) = value
                    .split_once('=')
                    .ok_or_else(|| format!("--key takes NAME=VALUE, not {value:?}"))?;
                keys.push((name.trim().to_owned(), value.to_owned()));
            }
            "format" => {
                nv12 = match value.to_ascii_lowercase().as_str() {
                    "nv12" => true,
                    "rgba" => false,
                    _ => return Err(format!("--format takes rgba or nv12, not {value:?}")),
                }
            }
            _ => return Err(format!("unknown option --{option}")),
        }
    }
    let [frame, output] = <[PathBuf; 2]>::try_from(files).map_err(|files| {
        format!(
            "expected FRAME.png and OUT.png, found {} files",
            files.len()
        )
    })?;
    Ok(Arguments {
        frame,
        output,
        nv12,
        keys,
    })
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("network-input: {problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = Picture::load(&arguments.frame, arguments.nv12)
        .and_then(|picture| picture.network_input(&arguments.keys))
        .and_then(|tensor| tensor.save(&arguments.output));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("network-input: {problem}");
            ExitCode::FAILURE
        }
    }
}
