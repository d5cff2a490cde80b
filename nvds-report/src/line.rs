//! What is read of a line: the members that the page shows, all others are left alone.

use serde::Deserialize;

/// One frame.
#[derive(Debug, Clone, Deserialize)]
pub struct Line {
    /// Number of the source.
    pub source_id: u32,
    /// Number of the frame in its source.
    pub frame_num: i64,
    /// Nanoseconds; none with `fields` without times, or in a stream without time stamps.
    #[serde(default)]
    pub pts: Option<u64>,
    /// Pixels that boxes refer to.
    #[serde(default)]
    pub width: Option<f64>,
    /// The same.
    #[serde(default)]
    pub height: Option<f64>,
    /// What is on it.
    #[serde(default)]
    pub objects: Vec<Object>,
    /// What rsanalytics found out.
    #[serde(default)]
    pub analytics: Option<Analytics>,
}

/// What rsanalytics found out of a frame.
#[derive(Debug, Clone, Deserialize)]
pub struct Analytics {
    /// What is counted of zones.
    #[serde(default)]
    pub zones: Vec<Zone>,
    /// What is counted of lines.
    #[serde(default)]
    pub lines: Vec<Crossings>,
    /// What happened on this frame.
    #[serde(default)]
    pub events: Vec<Event>,
}

/// What is counted of a zone since rsanalytics started.
#[derive(Debug, Clone, Deserialize)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Name of its rsanalytics, where there are several.
    #[serde(default)]
    pub element: Option<String>,
    /// Objects in it on this frame.
    pub objects: u64,
    /// Tracks that came in.
    pub entered: u64,
    /// Tracks that went out.
    pub left: u64,
    /// Mean of the stays that ended, in nanoseconds.
    pub dwell_mean: u64,
    /// The longest of all stays, in nanoseconds.
    pub dwell_max: u64,
}

/// What is counted of a line since rsanalytics started.
#[derive(Debug, Clone, Deserialize)]
pub struct Crossings {
    /// Its name.
    pub name: String,
    /// Name of its rsanalytics, where there are several.
    #[serde(default)]
    pub element: Option<String>,
    /// Crossings of the one way.
    pub r#in: u64,
    /// And of the other.
    pub out: u64,
}

/// Something that happened.
#[derive(Debug, Clone, Deserialize)]
pub struct Event {
    /// What.
    pub event: String,
    /// In which zone.
    #[serde(default)]
    pub zone: Option<String>,
    /// By which rsanalytics, where there are several.
    #[serde(default)]
    pub element: Option<String>,
    /// How long the stay was that ended, in nanoseconds.
    #[serde(default)]
    pub dwell: Option<u64>,
}

/// One object.
#[derive(Debug, Clone, Deserialize)]
pub struct Object {
    /// Number of its class.
    pub class_id: i64,
    /// Name of its class.
    #[serde(default)]
    pub label: Option<String>,
    /// 0 to 1, or what the detector says.
    #[serde(default)]
    pub confidence: Option<f64>,
    /// Number of its track.
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
