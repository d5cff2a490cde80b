//! `format`: the name of a network or of its layout.

use nvds_decode::select::Preset;
use nvds_decode::{Family, Layout, families};

use crate::suggest;

/// Whichever format fits.
pub const AUTO: &str = "auto";

/// The names that `format` may have for a family: those of networks, then layouts that have none of
/// the same name.
pub fn names(family: &Family) -> Vec<&'static str> {
    let mut names = vec![AUTO];
    let presets = family.presets.iter().map(|preset| preset.name);
    let formats = family.decoders.iter().map(|decoder| decoder.format.name());
    for name in presets.chain(formats) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The network of that name, `None` for [`AUTO`].
///
/// # Errors
/// For a name that is not known, or is another element's.
pub fn preset(family: &Family, name: &str) -> Result<Option<Preset>, String> {
    let name = name.trim();
    if name.is_empty() || name == AUTO {
        return Ok(None);
    }
    match family.preset(name) {
        Some(preset) => Ok(Some(preset)),
        None => Err(unknown(family, name)),
    }
}

fn unknown(family: &Family, name: &str) -> String {
    let mut others = families::FAMILIES.into_iter();
    if let Some(other) = others.find(|other| other.preset(name).is_some()) {
        let element = match other.name {
            "faces" => "face",
            name => name,
        };
        return format!("format: \"{name}\" is one of rs{element}parser");
    }
    let names = names(family);
    let word = name.to_ascii_lowercase();
    // Some versions have the letter, others have not.
    let letter = [
        word.replacen("yolo", "yolov", 1),
        word.replacen("yolov", "yolo", 1),
    ];
    let same = names
        .iter()
        .copied()
        .find(|name| letter.iter().any(|word| word == name));
    let near = match same.or_else(|| suggest::nearest(&word, names.iter().copied())) {
        Some(near) => format!(" (did you mean \"{near}\"?)"),
        None => String::new(),
    };
    format!(
        "format: \"{name}\" is not known{near}, expected one of {}",
        names.join(", ")
    )
}

/// A layout with what is known of a network.
pub fn layout(preset: Option<&Preset>, layout: Layout) -> Layout {
    match preset {
        Some(preset) => preset.layout(layout),
        None => layout,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_formats() {
        let family = &nvds_decode::yolo::FAMILY;
        let of = |name| preset(family, name).map(|preset| preset.map(|p| p.format.name()));
        assert_eq!(of("auto"), Ok(None));
        assert_eq!(of(" "), Ok(None));
        assert_eq!(of("yolo11"), Ok(Some("yolov8")));
        assert_eq!(of("nanodet"), Ok(Some("nanodet")));
        let error = of("yolo8").unwrap_err();
        assert!(error.contains("did you mean \"yolov8\"?"), "{error}");
        let error = of("YOLOv11").unwrap_err();
        assert!(error.contains("did you mean \"yolo11\"?"), "{error}");
        let error = of("ssd").unwrap_err();
        assert!(error.contains("expected one of auto, yolov3u"), "{error}");
        assert_eq!(
            of("tf-od").unwrap_err(),
            "format: \"tf-od\" is one of rsssdparser"
        );
    }

    #[test]
    fn every_name_is_listed_once_and_known() {
        for family in families::FAMILIES {
            let names = names(family);
            for (at, name) in names.iter().enumerate() {
                assert!(!names[..at].contains(name), "{name} twice");
                assert!(preset(family, name).is_ok(), "{name}");
            }
        }
    }
}
