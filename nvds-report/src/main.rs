//! `rsnvds-report`: a page of charts from rsmetajson's lines.

use std::fs;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use nvds_report::page::{self, Extras};
use nvds_report::summary::Summary;
use nvds_report::{Error, film, input, metrics};

/// Makes one HTML page of charts from the lines that rsmetajson wrote. It needs no network and no script to be looked at.
#[derive(Parser)]
#[command(name = "rsnvds-report", version)]
struct Arguments {
    /// Files of JSON Lines, in the order of time; - is standard input
    #[arg(required = true, value_name = "LINES")]
    lines: Vec<String>,
    /// The film that the lines are of: its pictures are shown, and lie under the maps
    #[arg(long, value_name = "FILM")]
    film: Option<String>,
    /// The file that rsmetajson's metrics-file names: why boxes were dropped, and how long elements took
    #[arg(long, value_name = "FILE")]
    metrics: Option<String>,
    /// Title of the page
    #[arg(long, default_value = "What was seen")]
    title: String,
    /// Where the page goes; - is standard output
    #[arg(short, long, default_value = "report.html", value_name = "PAGE")]
    output: String,
}

/// Pictures of a film strip.
const PICTURES: usize = 6;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rsnvds-report: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    let same = |path: &&String| match (fs::canonicalize(path), fs::canonicalize(&arguments.output))
    {
        (Ok(read), Ok(written)) => read == written,
        _ => false,
    };
    let read = arguments
        .lines
        .iter()
        .chain(&arguments.film)
        .chain(&arguments.metrics);
    if let Some(path) = read.into_iter().find(same) {
        let why = "it is read, too: name another file with --output";
        return Err(Error::Write {
            path: path.clone(),
            error: std::io::Error::other(why),
        });
    }
    input::check_different(&arguments.lines)?;
    let mut summary = Summary::default();
    for path in &arguments.lines {
        input::read(path, &mut summary)?;
    }
    for told in summary.left_out() {
        eprintln!("rsnvds-report: {told}");
    }
    let pictures = arguments
        .film
        .as_deref()
        .map(|path| film::pictures(path, PICTURES));
    let metrics = arguments.metrics.as_deref().map(metrics::read);
    let extras = Extras {
        title: &arguments.title,
        files: &arguments.lines,
        pictures: pictures.transpose()?.unwrap_or_default(),
        metrics: metrics.transpose()?.unwrap_or_default(),
    };
    let text = page::page(&summary, &extras)?;
    let path = &arguments.output;
    if path == "-" {
        // Not print, which panics where a reader has left.
        let mut out = std::io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        return written.map_err(|error| Error::Write {
            path: "standard output".to_owned(),
            error,
        });
    }
    fs::write(path, text).map_err(|error| Error::Write {
        path: path.clone(),
        error,
    })?;
    let (frames, objects) = (summary.frames(), summary.objects());
    println!(
        "{path}: {frames} frames, {objects} objects, {} sources",
        summary.sources.len()
    );
    Ok(())
}
