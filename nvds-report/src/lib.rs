//! A page of charts from the lines that `rsmetajson` wrote: what was seen when and where, in one HTML file that needs
//! no network and no script.
//!
//! ```text
//! line  ->  summary (series, tracks, places, confidences, by source)  ->  page (charts, picture)
//!                                                        metrics, film  -'
//! ```
//!
//! [`summary`] is pure and bounded in memory: a file of a year takes no more than one of a day.

pub mod charts;
pub mod events;
pub mod film;
pub mod input;
pub mod line;
pub mod metrics;
pub mod page;
pub mod places;
pub mod series;
pub mod summary;
pub mod tracks;

/// Why no page was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{path} cannot be read: {error}")]
    Read {
        /// Which one.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// There is nothing to show.
    #[error(
        "{path} has no line of rsmetajson: expected one JSON object a line with source_id and frame_num, found {found}"
    )]
    NoLines {
        /// Which file.
        path: String,
        /// The beginning of its first line.
        found: String,
    },
    /// There is no metric.
    #[error(
        "{path} has no metric of rsnvds: expected what rsmetajson metrics-file= wrote, found {found:?}"
    )]
    NoMetrics {
        /// Which file.
        path: String,
        /// Its beginning.
        found: String,
    },
    /// What is in a file would be counted twice.
    #[error("{path} is {other}, which is read already: name each file once")]
    Twice {
        /// Which file.
        path: String,
        /// Its other name.
        other: String,
    },
    /// The page cannot be written.
    #[error("{path} cannot be written: {error}")]
    Write {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A chart cannot be drawn.
    #[error("a chart cannot be drawn: {0}")]
    Chart(String),
    /// The film gives no picture.
    #[error("{path} gives no picture: {why}; leave --film to do without")]
    Film {
        /// Which film.
        path: String,
        /// What GStreamer says.
        why: String,
    },
}
