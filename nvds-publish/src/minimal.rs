//! A frame in the minimal schema of nvmsgconv, version 4.0 (DeepStream's documentation of Gst-nvmsgconv,
//! `payload-type=1` with `msg2p-newapi=true`): one text per object, `track|left|top|right|bottom|label`, and where
//! classifiers ran `|#|`, their labels and the confidence.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Frame {
    frame_num: i64,
    #[serde(default)]
    ntp: u64,
    objects: Vec<Object>,
}

#[derive(Deserialize)]
struct Object {
    object_id: Option<u64>,
    #[serde(default)]
    label: String,
    confidence: Option<f32>,
    rect: [Option<f32>; 4],
    #[serde(default)]
    classifiers: Vec<Classifier>,
}

#[derive(Deserialize)]
struct Classifier {
    labels: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    label: Option<String>,
}

#[derive(Serialize)]
struct Minimal<'a> {
    version: &'static str,
    id: String,
    #[serde(rename = "@timestamp")]
    timestamp: String,
    #[serde(rename = "sensorId")]
    sensor: &'a str,
    objects: Vec<String>,
}

/// A line of `rsmetajson` in the minimal schema; `None` for any other line. The time is the frame's `ntp`, and `now`
/// where that is 0.
pub fn convert(line: &[u8], sensor: &str, now: SystemTime) -> Option<Vec<u8>> {
    let frame: Frame = serde_json::from_slice(line).ok()?;
    let nanoseconds = match frame.ntp {
        0 => now.duration_since(UNIX_EPOCH).ok()?.as_nanos(),
        ntp => ntp.into(),
    };
    serde_json::to_vec(&Minimal {
        version: "4.0",
        id: frame.frame_num.to_string(),
        timestamp: timestamp(nanoseconds)?,
        sensor,
        objects: frame.objects.iter().map(object).collect(),
    })
    .ok()
}

fn object(object: &Object) -> String {
    // What has no track has the largest number, as in NvDsObjectMeta.
    let track = object.object_id.unwrap_or(u64::MAX);
    let [left, top, width, height] = object.rect.map(|value| value.unwrap_or(f32::NAN));
    let mut text = track.to_string();
    for value in [left, top, left + width, top + height] {
        let _ = write!(text, "|{}", general(value));
    }
    let _ = write!(text, "|{}", field(&object.label));
    let mut labels = object
        .classifiers
        .iter()
        .flat_map(|classifier| &classifier.labels)
        .peekable();
    if labels.peek().is_some() {
        text.push_str("|#");
        for label in labels {
            let _ = write!(
                text,
                "|{}",
                field(label.label.as_deref().unwrap_or_default())
            );
        }
        let _ = write!(text, "|{}", general(object.confidence.unwrap_or(f32::NAN)));
    }
    text
}

/// A label as one field: the separator cannot be escaped.
fn field(text: &str) -> String {
    text.replace('|', "_")
}

/// RFC 3339 in UTC, to milliseconds.
fn timestamp(nanoseconds: u128) -> Option<String> {
    let seconds = i64::try_from(nanoseconds / 1_000_000_000).ok()?;
    let time = glib::DateTime::from_unix_utc(seconds).ok()?;
    let text = time.format("%Y-%m-%dT%H:%M:%S").ok()?;
    Some(format!("{text}.{:03}Z", nanoseconds / 1_000_000 % 1000))
}

/// Six significant digits, as C++'s streams write numbers.
fn general(value: f32) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .into();
    }
    if value == 0.0 {
        return "0".into();
    }
    // The exponent after rounding to six digits.
    let scientific = format!("{value:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let stripped = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        return stripped(&format!("{value:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", stripped(digits), exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a line that has all: spaces and members of no interest, too.
    const LINE: &str = r#"{"buffer":0,"source_id":1,"frame_num":1440,"pts":40,"ntp":1523422799828000000,"objects":[
        {"class_id":0,"label":"Vehicle","confidence":-0.1,"object_id":null,"rect":[570.0,478.37,39.0,29.347],"classifiers":
         [{"unique_component_id":2,"labels":[{"label":"sedan","class_id":0,"probability":0.5}]},
          {"unique_component_id":3,"labels":[{"label":"a|b","class_id":0,"probability":0.5}]}]},
        {"label":"Person","confidence":0.9,"object_id":7,"rect":[0.0,0.0,1920.0,1080.5],"classifiers":[]}]}"#;

    #[test]
    fn a_frame_as_nvmsgconv_writes_it() {
        let made = convert(LINE.as_bytes(), "box/1", SystemTime::now()).unwrap();
        let expected = concat!(
            r#"{"version":"4.0","id":"1440","@timestamp":"2018-04-11T04:59:59.828Z","sensorId":"box/1","objects":["#,
            r##""18446744073709551615|570|478.37|609|507.717|Vehicle|#|sedan|a_b|-0.1","##,
            r#""7|0|0|1920|1080.5|Person"]}"#
        );
        assert_eq!(String::from_utf8(made).unwrap(), expected);
    }

    #[test]
    fn without_a_clock_the_present_counts() {
        let now = UNIX_EPOCH + std::time::Duration::from_millis(1_500);
        let made = convert(br#"{"frame_num":0,"ntp":0,"objects":[]}"#, "", now).unwrap();
        assert!(
            String::from_utf8(made)
                .unwrap()
                .contains("1970-01-01T00:00:01.500Z")
        );
    }

    #[test]
    fn other_lines_are_left_alone() {
        for line in [
            r#"{"event":"left","source_id":0}"#,
            "{",
            "text",
            r#"{"frame_num":1,"objects":3}"#,
        ] {
            assert!(
                convert(line.as_bytes(), "", SystemTime::now()).is_none(),
                "{line}"
            );
        }
    }

    #[test]
    fn numbers_as_streams_write_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.1, "-0.1"),
            (478.37, "478.37"),
            (507.717_04, "507.717"),
            (1_000_000.0, "1e+06"),
            (999_999.94, "1e+06"),
            (123_456.0, "123456"),
            (1_234_567.0, "1.23457e+06"),
            (0.000_1, "0.0001"),
            (0.000_012_3, "1.23e-05"),
            (f32::NAN, "nan"),
            (f32::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(general(value), expected);
        }
    }
}
