//! Reads what `rsmetajson metrics-file=` wrote: the `stats` of elements in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fs;

use crate::Error;

/// One sample: a value of an element's `stats`.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Name of the element.
    pub element: String,
    /// Name of the metric, without `rsnvds_` and `_total`.
    pub name: String,
    /// Label `kind`, as of a warning.
    pub kind: Option<String>,
    /// Its value.
    pub value: f64,
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, or none of its lines is a metric. Other lines are ignored.
pub fn read(path: &str) -> Result<Vec<Metric>, Error> {
    let text = fs::read_to_string(path).map_err(|error| Error::Read {
        path: path.to_owned(),
        error,
    })?;
    let metrics: Vec<_> = text.lines().filter_map(metric).collect();
    match metrics.is_empty() {
        true => Err(Error::NoMetrics {
            path: path.to_owned(),
            found: text.chars().take(60).collect(),
        }),
        false => Ok(metrics),
    }
}

/// `rsnvds_frames_total{element="parse"} 795`
fn metric(line: &str) -> Option<Metric> {
    let rest = line.trim().strip_prefix("rsnvds_")?;
    let (name, rest) = rest.split_once('{')?;
    let (mut labels, rest) = labels(rest)?;
    let value = rest.split_whitespace().next()?.parse().ok()?;
    Some(Metric {
        element: labels.remove("element")?,
        name: name.strip_suffix("_total").unwrap_or(name).to_owned(),
        kind: labels.remove("kind"),
        value,
    })
}

/// Labels up to the brace, with what is behind it.
fn labels(mut text: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        text = text.trim_start_matches([',', ' ']);
        if let Some(rest) = text.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, rest) = text.split_once("=\"")?;
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next()? {
                (_, '\\') => match chars.next()?.1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (at, '"') => break at,
                (_, other) => value.push(other),
            }
        };
        labels.insert(name.to_owned(), value);
        text = &rest[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_labels_and_values_are_read() {
        let found = metric(
            "rsnvds_warnings_total{element=\"a\\\"}b\",kind=\"bad-tensor\"} 3 1700000000000",
        )
        .unwrap();
        assert_eq!(
            (found.element.as_str(), found.name.as_str()),
            ("a\"}b", "warnings")
        );
        assert_eq!(
            (found.kind.as_deref(), found.value),
            (Some("bad-tensor"), 3.0)
        );
        for other in [
            "# TYPE rsnvds_frames counter",
            "",
            "go_threads 3",
            "rsnvds_x{",
            "rsnvds_x{element=\"a} 1",
        ] {
            assert_eq!(metric(other), None, "{other}");
        }
    }
}
