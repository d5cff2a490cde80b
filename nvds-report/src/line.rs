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
