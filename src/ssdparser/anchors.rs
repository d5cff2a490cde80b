//! Anchors as text, written as a GstStructure: `tf-ssd,min-scale=0.2,max-scale=0.95`.

use gst::prelude::*;
use nvds_decode::anchors::{LARGEST_FILE, TfSsd, TorchvisionSsd};
use nvds_decode::{Anchors, BoxForm};

use crate::files;
use crate::suggest::nearest;

const KINDS: [&str; 4] = [
    "tf-ssd",
    "torchvision-ssd300",
    "torchvision-ssdlite320",
    "file",
];

/// Makes the anchors that a text describes.
///
/// # Errors
/// What is wrong, what was expected and what was found.
pub fn parse(text: &str) -> Result<Anchors, String> {
    let structure: gst::Structure = text.parse().map_err(|_| {
        format!(
            "\"{text}\" is not written as a structure, such as \
             tf-ssd,min-scale=0.2,feature-maps=<19,10,5,3,2,1>"
        )
    })?;
    let mut fields = Fields {
        structure: &structure,
        known: Vec::new(),
    };
    let anchors = match structure.name().as_str() {
        "tf-ssd" => tf_ssd(&mut fields)?,
        "torchvision-ssd300" => torchvision(&mut fields, TorchvisionSsd::ssd300())?,
        "torchvision-ssdlite320" => torchvision(&mut fields, TorchvisionSsd::ssdlite320())?,
        "file" => file(&mut fields)?,
        other => {
            return Err(format!(
                "{other} is not known, expected one of {}",
                KINDS.join(", ")
            ));
        }
    };
    Ok(anchors)
}

fn tf_ssd(fields: &mut Fields<'_>) -> Result<Anchors, String> {
    let mut spec = TfSsd::default();
    fields.set("min-scale", &mut spec.min_scale, number)?;
    fields.set("max-scale", &mut spec.max_scale, number)?;
    fields.set("scales", &mut spec.scales, numbers)?;
    fields.set("aspect-ratios", &mut spec.aspect_ratios, numbers)?;
    let between = &mut spec.interpolated_scale_aspect_ratio;
    fields.set("interpolated-scale-aspect-ratio", between, number)?;
    let reduced = &mut spec.reduce_boxes_in_lowest_layer;
    fields.set("reduce-boxes-in-lowest-layer", reduced, boolean)?;
    fields.set("feature-maps", &mut spec.feature_maps, sizes)?;
    fields.set("input-width", &mut spec.input_size.0, whole)?;
    fields.set("input-height", &mut spec.input_size.1, whole)?;
    fields.no_others()?;
    Anchors::tf_ssd(&spec).map_err(|error| error.to_string())
}

fn torchvision(fields: &mut Fields<'_>, mut spec: TorchvisionSsd) -> Result<Anchors, String> {
    fields.set("aspect-ratios", &mut spec.aspect_ratios, lists)?;
    fields.set("min-ratio", &mut spec.min_ratio, number)?;
    fields.set("max-ratio", &mut spec.max_ratio, number)?;
    fields.set("scales", &mut spec.scales, numbers)?;
    fields.set("steps", &mut spec.steps, numbers)?;
    fields.set("clip", &mut spec.clip, boolean)?;
    fields.set("feature-maps", &mut spec.feature_maps, sizes)?;
    fields.set("input-width", &mut spec.input_size.0, whole)?;
    fields.set("input-height", &mut spec.input_size.1, whole)?;
    fields.no_others()?;
    Anchors::torchvision_ssd(&spec).map_err(|error| error.to_string())
}

fn file(fields: &mut Fields<'_>) -> Result<Anchors, String> {
    let (mut location, mut form, mut tensor) = (None, BoxForm::Yxhw, None);
    fields.set("location", &mut location, |v| words(v).map(Some))?;
    fields.set("form", &mut form, |value| match words(value)?.as_str() {
        "yxhw" => Some(BoxForm::Yxhw),
        "xywh" => Some(BoxForm::Xywh),
        "yxyx" => Some(BoxForm::Yxyx),
        "xyxy" => Some(BoxForm::Xyxy),
        _ => None,
    })?;
    fields.set("tensor", &mut tensor, |v| words(v).map(Some))?;
    fields.no_others()?;
    let location = location.ok_or("file needs a location, as in file,location=anchors.npy")?;
    let bytes = files::read(location.as_ref(), LARGEST_FILE)
        .map_err(|error| format!("the file {location} cannot be read: {error}"))?;
    Anchors::from_bytes(&bytes, form, tensor.as_deref())
        .map_err(|error| format!("{location}: {error}"))
}

/// The fields of a structure that are known so far.
struct Fields<'s> {
    structure: &'s gst::StructureRef,
    known: Vec<&'static str>,
}

impl Fields<'_> {
    /// Sets `to` if the structure has the field.
    fn set<T>(
        &mut self,
        name: &'static str,
        to: &mut T,
        read: impl Fn(&glib::SendValue) -> Option<T>,
    ) -> Result<(), String> {
        self.known.push(name);
        if let Ok(value) = self.structure.value(name) {
            *to = read(value).ok_or_else(|| {
                let found = match value.serialize() {
                    Ok(text) => text.to_string(),
                    Err(_) => "of an unknown type".to_owned(),
                };
                format!("{name} is {found}, expected {}", expected(name))
            })?;
        }
        Ok(())
    }

    /// Refuses fields that were not asked for.
    fn no_others(&self) -> Result<(), String> {
        for name in self.structure.fields() {
            if !self.known.contains(&name.as_str()) {
                let meant = nearest(name, self.known.iter().copied())
                    .map(|near| format!(", did you mean {near}?"))
                    .unwrap_or_default();
                return Err(format!(
                    "{} has no field {name}{meant} It has {}",
                    self.structure.name(),
                    self.known.join(", ")
                ));
            }
        }
        Ok(())
    }
}

/// What a field may be, for people.
fn expected(field: &str) -> &'static str {
    match field {
        "scales" | "steps" => "numbers such as <0.2,0.35,0.5>",
        "aspect-ratios" => {
            "numbers such as <1.0,2.0,0.5>; for torchvision a list for each feature map, such as \
             <<2.0>,<2.0,3.0>>"
        }
        "feature-maps" => "sizes such as <19,10,5>, or <<10,19>,<5,10>> for rows and columns",
        "input-width" | "input-height" => "a whole number such as 300",
        "reduce-boxes-in-lowest-layer" | "clip" => "true or false",
        "location" | "tensor" => "a name",
        "form" => "yxhw, xywh, yxyx or xyxy",
        _ => "a number such as 0.2",
    }
}

fn number(value: &glib::SendValue) -> Option<f64> {
    value
        .get::<f64>()
        .ok()
        .or_else(|| value.get::<f32>().ok().map(f64::from))
        .or_else(|| value.get::<i32>().ok().map(f64::from))
}

fn whole(value: &glib::SendValue) -> Option<u32> {
    u32::try_from(value.get::<i32>().ok()?).ok()
}

fn boolean(value: &glib::SendValue) -> Option<bool> {
    value.get().ok()
}

fn words(value: &glib::SendValue) -> Option<String> {
    value.get::<Option<String>>().ok().flatten()
}

fn list<T>(
    value: &glib::SendValue,
    read: impl Fn(&glib::SendValue) -> Option<T>,
) -> Option<Vec<T>> {
    let array = value.get::<gst::ArrayRef<'_>>().ok()?;
    array.iter().map(read).collect()
}

fn numbers(value: &glib::SendValue) -> Option<Vec<f64>> {
    list(value, number)
}

fn lists(value: &glib::SendValue) -> Option<Vec<Vec<f64>>> {
    list(value, numbers)
}

fn sizes(value: &glib::SendValue) -> Option<Vec<(u32, u32)>> {
    list(value, |size| {
        let side = whole(size).map(|side| (side, side));
        side.or_else(|| match list(size, whole)?[..] {
            [rows, columns] => Some((rows, columns)),
            _ => None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Anchors {
        gst::init().unwrap();
        parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn defaults_and_fields() {
        assert_eq!(made("tf-ssd").len(), 1917);
        assert_eq!(made("torchvision-ssd300").len(), 8732);
        assert_eq!(made("torchvision-ssdlite320;").len(), 3234);
        let all = "tf-ssd,min-scale=0.2,max-scale=(float)0.95,aspect-ratios=<1.0,2.0,0.5,3.0,0.3333>,\
                   interpolated-scale-aspect-ratio=1,reduce-boxes-in-lowest-layer=true,\
                   feature-maps=<19,10,5,3,2,1>,input-width=300,input-height=300";
        assert_eq!(made(all).len(), 1917);
        assert_eq!(
            made("tf-ssd,feature-maps=< <2,3>, <1,1> >").len(),
            2 * 3 * 3 + 6
        );
        let two = "torchvision-ssd300,feature-maps=<4,1>,steps=<8.0,30.0>,scales=<0.1,0.5,0.9>,\
                   aspect-ratios=< <2.0>, <2.0,3.0> >";
        assert_eq!(made(two).len(), 16 * 4 + 6);
    }

    #[test]
    fn errors_say_what_was_expected() {
        gst::init().unwrap();
        for (text, parts) in [
            ("", &["not written as a structure"][..]),
            ("yolo", &["yolo is not known", "tf-ssd"]),
            (
                "tf-ssd,min-scael=0.3",
                &["no field min-scael", "mean min-scale?", "feature-maps"],
            ),
            (
                "tf-ssd,min-scale=small",
                &["min-scale is small", "a number"],
            ),
            (
                "tf-ssd,feature-maps=19",
                &["feature-maps is 19", "<19,10,5>"],
            ),
            ("tf-ssd,min-scale=0.0", &["scales is 0", "greater than 0"]),
            ("tf-ssd,feature-maps=<90000,90000>", &["more than"]),
            ("file", &["needs a location"]),
            ("file,location=/dev/zero", &["/dev/zero", "67108864"]),
            (
                "file,location=/no/such/anchors.npy",
                &["/no/such/anchors.npy cannot be read"],
            ),
            ("file,location=a,form=corners", &["form is corners", "yxhw"]),
        ] {
            let error = parse(text).unwrap_err();
            for part in parts {
                assert!(error.contains(part), "{text}: {part:?} is not in {error}");
            }
        }
    }
}
