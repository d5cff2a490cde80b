//! One line of rsmetajson: the members that the page needs; others are ignored.

use serde::Deserialize;

/// One frame.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    /// Source id.
    pub source_id: u32,
    /// Number of the frame in its source.
    pub frame_num: i64,
    /// PTS in nanoseconds; none with `fields` without times, or in a stream without time stamps.
    #[serde(default)]
    pub pts: Option<u64>,
    /// Width of the frame in pixels, which boxes refer to.
    #[serde(default)]
    pub width: Option<f64>,
    /// Height of the frame in pixels.
    #[serde(default)]
    pub height: Option<f64>,
    /// Objects on the frame.
    #[serde(default)]
    pub objects: Vec<Object>,
    /// Results of rsanalytics.
    #[serde(default)]
    pub analytics: Option<Analytics>,
}

/// Results of rsanalytics for a frame.
#[derive(Debug, Clone, Deserialize)]
pub struct Analytics {
    /// Counts of each zone.
    #[serde(default)]
    pub zones: Vec<Zone>,
    /// Counts of each line.
    #[serde(default)]
    pub lines: Vec<Crossings>,
    /// Events on this frame.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// Counts of a zone since rsanalytics started.
#[derive(Debug, Clone, Deserialize)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Name of its rsanalytics, where there are several.
    #[serde(default)]
    pub element: Option<String>,
    /// Objects in it on this frame.
    pub objects: u64,
    /// Tracks that entered.
    pub entered: u64,
    /// Tracks that left.
    pub left: u64,
    /// Mean duration of stays that ended, in nanoseconds.
    pub dwell_mean: u64,
    /// Duration of the longest stay, in nanoseconds.
    pub dwell_max: u64,
}

/// Counts of a line since rsanalytics started.
#[derive(Debug, Clone, Deserialize)]
pub struct Crossings {
    /// Its name.
    pub name: String,
    /// Name of its rsanalytics, where there are several.
    #[serde(default)]
    pub element: Option<String>,
    /// Crossings in the direction that the line calls in.
    pub r#in: u64,
    /// Crossings in the other direction.
    pub out: u64,
}

/// An event of rsanalytics.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// Kind of the event.
    pub event: String,
    /// Zone where it happened.
    #[serde(default)]
    pub zone: Option<String>,
    /// Name of its rsanalytics, where there are several.
    #[serde(default)]
    pub element: Option<String>,
    /// Duration of the stay that ended, in nanoseconds.
    #[serde(default)]
    pub dwell: Option<u64>,
}

/// One object.
#[derive(Debug, Clone, Deserialize)]
pub struct Object {
    /// Class id.
    pub class_id: i64,
    /// Label of the class.
    #[serde(default)]
    pub label: Option<String>,
    /// Confidence, 0 to 1 for most detectors.
    #[serde(default)]
    pub confidence: Option<f64>,
    /// Track id.
    #[serde(default)]
    pub object_id: Option<u64>,
    /// Left, top, width, height in pixels; what is not finite is null.
    #[serde(default)]
    pub rect: Option<[Option<f64>; 4]>,
}

impl Object {
    /// The class as the page names it.
    pub fn class(&self) -> String {
        match self.label.as_deref() {
            Some(label) if !label.is_empty() => label.to_owned(),
            _ => format!("class {}", self.class_id),
        }
    }

    /// The middle of the box's lower edge, where an object stands.
    pub fn foot(&self) -> Option<(f64, f64)> {
        let [left, top, width, height] = self.rect?;
        Some((left? + width? / 2.0, top? + height?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_members_and_numbers_that_are_not_finite_are_no_mistake() {
        let text = r#"{"buffer":0,"source_id":3,"frame_num":7,"objects":[{"class_id":2,"label":"",
            "confidence":null,"object_id":18446744073709551615,"rect":[null,1,2,3],"new":{}}]}"#;
        let line: Line = serde_json::from_str(text).unwrap();
        assert_eq!((line.source_id, line.frame_num, line.pts), (3, 7, None));
        let object = &line.objects[0];
        assert_eq!(object.class(), "class 2");
        assert_eq!(object.foot(), None);
        assert_eq!(object.object_id, Some(u64::MAX));
    }
}
