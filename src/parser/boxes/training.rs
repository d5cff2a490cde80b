//! Whether pictures are prepared as they were when the network was trained.

use nvds::TensorMeta;
use nvds_decode::select::Preset;
use nvds_decode::{Family, Format, Padding};

/// What to say of the tensors of a network with this format: at best how its pictures should be made,
/// else that they are made otherwise.
pub enum Training {
    Fits(String),
    Contradicts(String),
}

/// Compares what is known of the network's training with how a frame was fitted into its input.
/// `stated` is the network if its name is known, else every one with this format is possible. `None`
/// where nothing is known.
pub fn compare(
    family: &Family,
    stated: Option<&Preset>,
    format: Format,
    padding: Option<Padding>,
) -> Option<Training> {
    let possible: Vec<&Preset> = match stated {
        Some(preset) => vec![preset],
        None => family
            .presets
            .iter()
            .filter(|preset| preset.format == format)
            .collect(),
    };
    let known = possible
        .first()
        .filter(|preset| !preset.nvinfer.is_empty())?;
    let name = stated.map_or(format.name(), |preset| preset.name);
    let text = format!("{name}, keys of nvinfer as in training: {}", known.nvinfer);
    // As long as one network may be the one, there is nothing to say.
    let differs = |padding: &Padding| {
        let mut possible = possible.iter().map(|preset| of_keys(preset.nvinfer));
        possible.all(|trained| trained.is_some_and(|trained| trained != *padding))
    };
    Some(match padding.filter(differs) {
        None => Training::Fits(text),
        Some(padding) => Training::Contradicts(format!(
            "{text}, but the tensor meta says {}: set these keys in nvinfer's configuration, unless \
             the network was trained otherwise",
            keys(padding)
        )),
    })
}

/// How frames are fitted into the network's input, by the element's property or by the meta; `None` where
/// neither tells.
pub fn padding(meta: &TensorMeta<'_>, stated: Option<Padding>) -> Option<Padding> {
    let said = || match (meta.maintain_aspect_ratio()?, meta.symmetric_padding()) {
        (false, _) => Some(Padding::Stretch),
        (true, symmetric) => Some(Padding::from_flags(true, symmetric?)),
    };
    stated.or_else(said)
}

/// The padding that keys of nvinfer's configuration ask for; `None` if they say nothing of it.
fn of_keys(keys: &str) -> Option<Padding> {
    let value = |key: &str| {
        let mut all = keys.split_whitespace();
        all.find_map(|text| text.strip_prefix(key)?.strip_prefix('='))
    };
    // What depends on the network is prose.
    let keeps = keys
        .starts_with("maintain-aspect-ratio=")
        .then(|| value("maintain-aspect-ratio"))??;
    Some(Padding::from_flags(
        keeps == "1",
        value("symmetric-padding") == Some("1"),
    ))
}

fn keys(padding: Padding) -> &'static str {
    match padding {
        Padding::Stretch => "maintain-aspect-ratio=0",
        Padding::RightBottom => "maintain-aspect-ratio=1 symmetric-padding=0",
        Padding::Symmetric => "maintain-aspect-ratio=1 symmetric-padding=1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nvds_decode::families;

    #[test]
    fn presets_say_how_pictures_are_fitted_or_that_it_depends() {
        for preset in families::FAMILIES.iter().flat_map(|family| family.presets) {
            let known = of_keys(preset.nvinfer).is_some();
            assert!(known || preset.nvinfer.contains("as in"), "{}", preset.name);
        }
        assert_eq!(
            of_keys("maintain-aspect-ratio=0 x=1"),
            Some(Padding::Stretch)
        );
        assert_eq!(
            of_keys(keys(Padding::RightBottom)),
            Some(Padding::RightBottom)
        );
        assert_eq!(of_keys(keys(Padding::Symmetric)), Some(Padding::Symmetric));
    }

    #[test]
    fn only_what_no_network_of_the_format_has_is_a_contradiction() {
        let family = &nvds_decode::yolo::FAMILY;
        let contradicts = |name: Option<&str>, format, padding| {
            let preset = name.map(|name| family.preset(name).unwrap());
            let compared = compare(family, preset.as_ref(), format, Some(padding));
            matches!(compared, Some(Training::Contradicts(_)))
        };
        use Padding::*;
        assert!(contradicts(None, Format::Yolov8, Stretch));
        assert!(!contradicts(None, Format::Yolov8, Symmetric));
        // YOLOv5 or YOLOX.
        assert!(!contradicts(None, Format::Yolov5, RightBottom));
        assert!(contradicts(Some("yolov5"), Format::Yolov5, RightBottom));
        assert!(contradicts(
            Some("yolox-decoded"),
            Format::Yolov5,
            Symmetric
        ));
        assert!(!contradicts(
            Some("deepstream-yolo"),
            Format::DeepstreamYolo,
            Stretch
        ));
    }
}
