//! Plays a captured case of the real `nvinfer` on the stand-in: configuration and tensors in, metadata out.
//!
//! ```text
//! cargo run --release -p nvds-cpu --example nvinfer-case -- [--custom-lib PATH]... CASE_DIR OUT
//! ```
//!
//! CASE_DIR has `case.json`, the configurations, labels and tensors it speaks of. OUT becomes a folder with
//! `objects.jsonl`, as rsmetajson writes it behind the last nvinfer, and `more.jsonl`, what rsmetajson does not write.
//! The frames go through nvstreammux and the case's elements; the tensors take the models' places. Functions of parser
//! libraries are called; `--custom-lib` names a library that was built here, or a folder of such, in the place of the
//! case's `custom-lib-path` with the same file name. Where the parser `NvDsInferParseYolo` is asked for of a library that
//! is not there, the example's own takes its place. Ends with code 1 and the reason when the pipeline fails, with 2 when
//! the arguments are wrong.

#[path = "../tests/nvinfer_case/mod.rs"]
mod nvinfer_case;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use nvinfer_case::pipeline;

const USAGE: &str = "usage: nvinfer-case [--custom-lib PATH]... CASE_DIR OUT
  --custom-lib PATH  a parser library, or a folder of them, in the place of the case's of the same file name";
const CUSTOM_LIB: &str = "--custom-lib";
/// The captures are of the new mux.
const MUX: &str = "USE_NEW_NVSTREAMMUX";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let mut rest = arguments.as_slice();
    let mut custom = Vec::new();
    while let [flag, path, more @ ..] = rest
        && flag == CUSTOM_LIB
    {
        if !Path::new(path).exists() {
            eprintln!(
                "nvinfer-case: {CUSTOM_LIB} {}: no such file or folder",
                path.display()
            );
            return ExitCode::from(2);
        }
        custom.push(PathBuf::from(path));
        rest = more;
    }
    let [folder, output] = rest else {
        let found = rest.len();
        eprintln!("nvinfer-case: expected CASE_DIR and OUT, found {found} arguments\n{USAGE}");
        return ExitCode::from(2);
    };
    if std::env::var_os(MUX).is_none() {
        return with_new_mux(&arguments);
    }
    match pipeline::play_folder(Path::new(folder), Path::new(output), custom) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("nvinfer-case: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the program again with the variable that chooses the mux.
fn with_new_mux(arguments: &[std::ffi::OsString]) -> ExitCode {
    let run = std::env::current_exe().and_then(|program| {
        let mut command = Command::new(program);
        command.args(arguments).env(MUX, "yes").status()
    });
    match run {
        Ok(status) => ExitCode::from(status.code().map_or(3, |code| code as u8)),
        Err(error) => {
            eprintln!("nvinfer-case: {error}");
            ExitCode::FAILURE
        }
    }
}
