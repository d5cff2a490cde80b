//! What elements counted: why boxes were dropped, how long a frame took, and everything else.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::metrics::Metric;

/// Names in `stats` that are reasons for which a candidate is dropped, with what each means.
const REASONS: [(&str, &str); 11] = [
    ("non_finite", "a number of it was not finite"),
    (
        "class_out_of_range",
        "its class is not one of the network's",
    ),
    ("not_allowed", "its class is not asked for"),
    ("below_threshold", "its score was below the threshold"),
    ("outside", "it was outside the frame"),
    ("edge", "it crossed the frame's edge"),
    ("too_small", "it was too small"),
    ("too_large", "it was too large"),
    ("nms", "a better box overlapped it"),
    ("top_k_per_class", "better boxes filled its class's top-k"),
    ("top_k", "better boxes filled the top-k"),
];

/// The section of the elements, nothing without numbers.
pub fn section(metrics: &[Metric]) -> Markup {
    let mut elements: BTreeMap<&str, Vec<&Metric>> = BTreeMap::new();
    for metric in metrics {
        elements.entry(&metric.element).or_default().push(metric);
    }
    html! {
        @if !elements.is_empty() {
            section {
                h2 { "Elements" }
                @for (element, metrics) in &elements {
                    h3 { (element) }
                    (dropped(metrics))
                    (times(metrics))
                    (counters(metrics))
                }
            }
        }
    }
}

fn value(metrics: &[&Metric], name: &str) -> Option<f64> {
    let found = metrics
        .iter()
        .find(|metric| metric.name == name && metric.kind.is_none());
    found.map(|metric| metric.value)
}

/// Why boxes were dropped.
fn dropped(metrics: &[&Metric]) -> Markup {
    let Some(candidates) = value(metrics, "candidates").filter(|candidates| *candidates > 0.0)
    else {
        return html! {};
    };
    let reasons = REASONS.iter().filter_map(|(name, why)| {
        let count = value(metrics, name).filter(|count| *count > 0.0)?;
        Some((*why, count))
    });
    let kept = value(metrics, "objects").map(|count| ("it became an object", count));
    html! {
        table {
            tr { th { "Of " (candidates) " candidates" } th.number { "Count" } th {} }
            @for (why, count) in kept.into_iter().chain(reasons) {
                tr {
                    td { (why) } td.number { (count) }
                    td.wide { div.bar style=(format!("width:{:.1}%", (100.0 * count / candidates).min(100.0))) {} }
                }
            }
        }
    }
}

/// Times for a frame.
fn times(metrics: &[&Metric]) -> Markup {
    let names = [
        ("time_mean_seconds", "mean"),
        ("time_p50_seconds", "half of the frames within"),
        ("time_p99_seconds", "99 of 100 within"),
    ];
    let times: Vec<(&str, f64)> = names
        .iter()
        .filter_map(|(name, what)| Some((*what, value(metrics, name)? * 1e6)))
        .collect();
    html! {
        @if !times.is_empty() {
            table {
                tr { th { "Time for a frame" } th.number { "µs" } }
                @for (what, time) in times { tr { td { (what) } td.number { (format!("{time:.1}")) } } }
            }
        }
    }
}

/// All that is not shown otherwise.
fn counters(metrics: &[&Metric]) -> Markup {
    let shown = |metric: &&&Metric| {
        metric.kind.is_some()
            || !(REASONS.iter().any(|(name, _)| *name == metric.name)
                || metric.name.starts_with("time_"))
    };
    html! {
        table {
            @for metric in metrics.iter().filter(shown) {
                tr {
                    td { (metric.name.replace('_', "-")) @if let Some(kind) = &metric.kind { ": " (kind) } }
                    td.number { (metric.value) }
                }
            }
        }
    }
}
