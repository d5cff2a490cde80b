//! Properties of an element from a group of a YAML file.

use std::path::Path;

use glib::translate::{ToGlibPtr, ToGlibPtrMut};
use gst::prelude::*;

use crate::complain;
use crate::yaml::{Entry, Group};

/// Keys that say something to the parser or the application, and are no properties.
const OTHER_KEYS: [&str; 5] = ["enable", "plugin-type", "codec", "type", "list"];
/// Properties that name files.
const FILES: [&str; 8] = [
    "config-file-path",
    "config-file",
    "ll-config-file",
    "ll-lib-file",
    "location",
    "config",
    "msg2p-lib",
    "proto-lib",
];

/// Sets what a group says. Complains of keys that are no properties of the element and goes on, as DeepStream's parser
/// does; `false` where a value cannot be set.
pub fn set_properties(element: &gst::Element, group: &Group, file: &Path) -> bool {
    let mut is_good = true;
    for entry in &group.entries {
        if OTHER_KEYS.contains(&entry.key.as_str()) && element.find_property(&entry.key).is_none() {
            continue;
        }
        is_good &= set(element, entry, &place(file, entry.line));
    }
    is_good
}

fn place(file: &Path, line: usize) -> String {
    format!("{}:{line}", file.display())
}

/// Sets one property; `false` if the value does not fit.
fn set(element: &gst::Element, entry: &Entry, place: &str) -> bool {
    let kind = element
        .factory()
        .map_or_else(|| "the element".into(), |factory| factory.name());
    let Entry { key, value, .. } = entry;
    let Some(property) = element.find_property(key) else {
        complain(&format!(
            "{place}: {kind} has no property {key}: it is not set"
        ));
        return true;
    };
    if !property.flags().contains(glib::ParamFlags::WRITABLE) {
        complain(&format!(
            "{place}: the property {key} of {kind} cannot be written"
        ));
        return false;
    }
    let wanted = property.value_type();
    let made = if wanted == glib::Type::STRING {
        Some(beside(key, value, place).to_value())
    } else if wanted == glib::Type::BOOL {
        boolean(value).map(|value| value.to_value())
    } else {
        glib::Value::deserialize(value, wanted).ok()
    };
    let Some(mut made) = made else {
        complain(&format!(
            "{place}: expected a {wanted} for {key} of {kind}, found {value:?}"
        ));
        return false;
    };
    if !fits(&property, &mut made) {
        complain(&format!(
            "{place}: {value} is out of the range of {key} of {kind}"
        ));
        return false;
    }
    element.set_property_from_value(key, &made);
    true
}

/// Whether a value of the property's type is in its range.
fn fits(property: &glib::ParamSpec, value: &mut glib::Value) -> bool {
    // SAFETY: the value has the property's type. TRUE is returned for a value that had to be changed.
    unsafe {
        glib::gobject_ffi::g_param_value_validate(
            property.to_glib_none().0,
            value.to_glib_none_mut().0,
        ) == glib::ffi::GFALSE
    }
}

/// 1 and 0, as DeepStream's files have them, and YAML's words.
fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A file's name: one that is relative is looked for beside the YAML file first, and then where the application runs.
fn beside(key: &str, value: &str, place: &str) -> String {
    let file = Path::new(place.rsplit_once(':').map_or(place, |(file, _)| file));
    let there = file.parent().unwrap_or(Path::new("")).join(value);
    if FILES.contains(&key) && Path::new(value).is_relative() && there.exists() {
        return there.to_string_lossy().into_owned();
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    fn group(text: &str) -> Group {
        read(text).unwrap().remove(0)
    }

    #[test]
    fn values_are_set_by_their_type() {
        gst::init().unwrap();
        let sink = gst::ElementFactory::make("fakesink").build().unwrap();
        let text = "sink:\n  enable: 1\n  sync: 1\n  num-buffers: 7\n  state-error: null-to-ready\n  no-such-key: 3\n";
        assert!(set_properties(&sink, &group(text), Path::new("a.yml")));
        assert!(sink.property::<bool>("sync"));
        assert_eq!(sink.property::<i32>("num-buffers"), 7);
        let state = sink.property_value("state-error");
        assert_eq!(
            glib::EnumValue::from_value(&state).unwrap().1.nick(),
            "null-to-ready"
        );
    }

    #[test]
    fn values_that_do_not_fit_are_refused_and_nothing_is_set() {
        gst::init().unwrap();
        let sink = gst::ElementFactory::make("fakesink").build().unwrap();
        for text in [
            "sync: maybe",
            "num-buffers: many",
            "num-buffers: -7",
            "last-sample: 1",
        ] {
            let text = format!("sink:\n  {text}\n");
            assert!(
                !set_properties(&sink, &group(&text), Path::new("a.yml")),
                "{text}"
            );
        }
        assert!(!sink.property::<bool>("sync"));
        assert_eq!(sink.property::<i32>("num-buffers"), -1);
    }
}
