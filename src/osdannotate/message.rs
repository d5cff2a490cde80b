//! Objects by label, for messages.

use std::collections::BTreeMap;

use glib::prelude::*;
use nvds::Frame;

/// The objects of a frame by label: a structure with a field for each, and a list of structures with the labels as they
/// are.
pub fn counts(frame: &Frame<'_>) -> (gst::Structure, gst::List) {
    let mut by_label = BTreeMap::<_, u32>::new();
    for object in frame.objects() {
        *by_label.entry(object.label()).or_default() += 1;
    }
    let mut fields = gst::Structure::new_empty("counts");
    let mut list = Vec::with_capacity(by_label.len());
    for (label, count) in by_label {
        let name = free_name(&fields, field_name(&label));
        fields.set(name, count);
        let entry = gst::Structure::builder("count")
            .field("label", &*label)
            .field("count", count)
            .build();
        list.push(entry.to_send_value());
    }
    (fields, gst::List::from_values(list))
}

/// A label as the name of a structure's field: a letter first, then letters, digits, `-`, `_`, `.`;
/// all else becomes `_`.
fn field_name(label: &str) -> String {
    if label.is_empty() {
        return "unlabeled".into();
    }
    let mut name: String = label
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
            _ => '_',
        })
        .collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "class-");
    }
    name
}

/// The name, with a number where another label has it.
fn free_name(fields: &gst::StructureRef, name: String) -> String {
    if !fields.has_field(&name) {
        return name;
    }
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut free = numbered.filter(|name| !fields.has_field(name));
    free.next().unwrap_or(name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_field_names() {
        for (label, name) in [
            ("person", "person"),
            ("traffic light", "traffic_light"),
            ("3", "class-3"),
            ("", "unlabeled"),
            ("Bär", "B_r"),
        ] {
            assert_eq!(field_name(label), name);
        }
    }

    #[test]
    fn no_two_labels_share_a_field() {
        gst::init().unwrap();
        let mut fields = gst::Structure::new_empty("counts");
        for label in ["人", "车", "a b", "a_b", "鸟"] {
            let name = free_name(&fields, field_name(label));
            fields.set(name, 1_u32);
        }
        let names: Vec<_> = fields.fields().map(|name| name.as_str()).collect();
        assert_eq!(names, ["class-_", "class-_-2", "a_b", "a_b-2", "class-_-3"]);
    }
}
