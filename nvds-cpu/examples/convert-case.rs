//! Sends metadata, described in JSON, through `nvvideoconvert`.
//!
//! ```text
//! cargo run --release -p nvds-cpu --example convert-case -- BEFORE.jsonl --from WxH --to WxH \
//!     [--flip-method N] [--src-crop L:T:W:H] [--dest-crop L:T:W:H] AFTER.jsonl
//! ```
//!
//! A line of the files is a frame's metadata, as in `tests/data/convert/metadata`. It is made by the real library and
//! moved by the element in a pipeline, from NVMM to NVMM RGBA. Ends with code 1 and the reason when nothing comes out,
//! with 2 when the arguments are wrong.

#[path = "../tests/convert_case/mod.rs"]
mod convert_case;

use std::process::ExitCode;

use convert_case::{Conversion, pipeline};

const USAGE: &str = "usage: convert-case BEFORE.jsonl --from WxH --to WxH [--flip-method N] \
                     [--src-crop L:T:W:H] [--dest-crop L:T:W:H] AFTER.jsonl";

fn parse() -> Result<(Conversion, [String; 2]), String> {
    let (conversion, files) = Conversion::parse(std::env::args().skip(1))?;
    let files = files.try_into().map_err(|files: Vec<String>| {
        format!(
            "expected BEFORE.jsonl and AFTER.jsonl, found {} files",
            files.len()
        )
    })?;
    Ok((conversion, files))
}

fn run(conversion: &Conversion, [before, after]: &[String; 2]) -> Result<(), String> {
    let text = std::fs::read_to_string(before).map_err(|e| format!("{before}: {e}"))?;
    let frames = convert_case::read(&text).map_err(|e| format!("{before}: {e}"))?;
    let moved = pipeline::convert(conversion, &frames)?;
    std::fs::write(after, convert_case::write(&moved)?).map_err(|e| format!("{after}: {e}"))
}

fn main() -> ExitCode {
    let (conversion, files) = match parse() {
        Ok(arguments) => arguments,
        Err(problem) => {
            eprintln!("convert-case: {problem}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&conversion, &files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("convert-case: {problem}");
            ExitCode::FAILURE
        }
    }
}
