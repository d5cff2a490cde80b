//! What one source saw.

use maud::{Markup, PreEscaped, html};

use super::analytics;
use super::map::Ground;
use crate::Error;
use crate::charts::{self, Axes, color_text};
use crate::film::Picture;
use crate::series::Series;
use crate::summary::{CONFIDENCE_PARTS, Clock, Source};

/// Curves in a chart.
const MOST_CURVES: usize = 8;

/// Ways on a map.
const MOST_WAYS: usize = 60;

/// Columns of a histogram of times.
const STAYS: usize = 20;

/// The section of a source.
pub fn section(id: u32, source: &Source, picture: Option<&Picture>) -> Result<Markup, Error> {
    let ground = source.size.map(|size| Ground { size, picture });
    let unit = unit(source.clock);
    let ways = source.tracks.longest(MOST_WAYS);
    Ok(html! {
        section {
            h2 { "Source " (id) }
            (facts(source))
            (analytics::tables(&source.events))
            div.charts {
                (curves("Objects on a frame", unit, "objects", &source.classes, Series::means)?)
                (analytics::charts(source, unit)?)
                (confidences(source)?)
                (stays(source)?)
                @if let Some(ground) = ground.as_ref().filter(|_| source.places.sum() > 0) {
                    figure {
                        h3 { "Where objects stood" }
                        (ground.warm(&source.places))
                        figcaption { "Middles of the boxes' lower edges, blue where seldom, red where most often: "
                            (source.places.sum()) " in the frame, " (source.places.outside) " outside." }
                    }
                }
                @if let Some(ground) = ground.as_ref().filter(|_| !source.tracks.is_empty()) {
                    figure {
                        h3 { "Ways of tracks" }
                        (ground.ways(&ways))
                        figcaption { "The " (ways.len()) " that were seen on most frames; a point is where each ended." }
                    }
                }
            }
        }
    })
}

fn unit(clock: Clock) -> &'static str {
    match clock {
        Clock::Seconds => "seconds of the stream",
        Clock::Frames => "frames",
    }
}

fn facts(source: &Source) -> Markup {
    let frames = source.frames.max(1) as f64;
    let length = match source.clock {
        Clock::Seconds => format!("{:.1} s", source.length()),
        Clock::Frames => "not known: the lines have no times".to_owned(),
    };
    let notes = [
        (
            source.without_time,
            "frames without a time, which count to the one before",
        ),
        (
            source.without_place,
            "objects without a box, or on frames without a size, which are in no map",
        ),
        (
            source.without_confidence,
            "objects without a confidence of 0 to 1, which are in no histogram of them",
        ),
        (
            source.tracks.not_told_apart,
            "objects of tracks for which there was no room",
        ),
    ];
    html! {
        table {
            tr { th { "Frames" } td.number { (source.frames) } }
            tr { th { "Length" } td.number { (length) } }
            tr { th { "Tracks" } td.number { (source.tracks.len()) } }
        }
        table {
            tr { th { "Class" } th.number { "Objects" } th.number { "On a frame, mean" } }
            @for (name, count) in source.classes.totals() {
                tr { td { (name) } td.number { (count) } td.number { (format!("{:.2}", count as f64 / frames)) } }
            }
        }
        @for (count, what) in notes.iter().filter(|(count, _)| *count > 0) {
            p.note { (count) " " (what) "." }
        }
    }
}

/// A chart of the most frequent names, nothing if there are none.
pub fn curves(
    title: &str,
    x: &str,
    y: &str,
    series: &Series,
    points: impl Fn(&Series, &str) -> Vec<(f64, f64)>,
) -> Result<Markup, Error> {
    let totals = series.totals();
    let shown = &totals[..totals.len().min(MOST_CURVES)];
    if shown.is_empty() {
        return Ok(html! {});
    }
    let lines: Vec<_> = shown
        .iter()
        .map(|(name, _)| (*name, points(series, name)))
        .collect();
    let svg = charts::curves(&Axes { x, y }, &lines)?;
    Ok(html! {
        figure {
            h3 { (title) }
            (PreEscaped(svg))
            figcaption {
                @for (at, (name, count)) in shown.iter().enumerate() {
                    span.key style=(format!("background:{}", color_text(at))) {} (name) " " (count)
                }
                @if totals.len() > shown.len() { " and " (totals.len() - shown.len()) " more" }
            }
        }
    })
}

fn confidences(source: &Source) -> Result<Markup, Error> {
    let mut counts = [0; CONFIDENCE_PARTS];
    for parts in source.confidences.values() {
        counts
            .iter_mut()
            .zip(parts)
            .for_each(|(sum, count)| *sum += count);
    }
    histogram("Confidences", "confidence", "objects", 1.0, &counts)
}

fn stays(source: &Source) -> Result<Markup, Error> {
    let x = match source.clock {
        Clock::Seconds => "seconds between first and last sight",
        Clock::Frames => "frames between first and last sight",
    };
    times(
        "How long tracks were there",
        x,
        "tracks",
        &source.tracks.stays(),
    )
}

/// A histogram from 0 to the longest, nothing if all are 0.
pub fn times(title: &str, x: &str, y: &str, times: &[f64]) -> Result<Markup, Error> {
    let most = times.iter().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        return Ok(html! {});
    }
    let mut counts = [0; STAYS];
    for time in times {
        counts[((time / most * STAYS as f64) as usize).min(STAYS - 1)] += 1;
    }
    histogram(title, x, y, most, &counts)
}

fn histogram(title: &str, x: &str, y: &str, high: f64, counts: &[u64]) -> Result<Markup, Error> {
    let sum: u64 = counts.iter().sum();
    if sum == 0 {
        return Ok(html! {});
    }
    let svg = charts::columns(&Axes { x, y }, (0.0, high), counts)?;
    Ok(html! {
        figure {
            h3 { (title) }
            (PreEscaped(svg))
            figcaption { (sum) " " (y) "." }
        }
    })
}
