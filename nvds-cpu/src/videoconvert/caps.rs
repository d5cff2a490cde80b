//! Caps: what can become what, and which of it to choose.

use crate::caps::MEMORY_NVMM;

/// Formats in NVMM memory on a discrete GPU, in stock order.
const NVMM_FORMATS: [&str; 19] = [
    "I420",
    "NV12",
    "P010_10LE",
    "I420_12LE",
    "BGRx",
    "RGBA",
    "Y444",
    "Y444_10LE",
    "Y444_12LE",
    "GRAY8",
    "GRAY16_LE",
    "GBR",
    "RGB",
    "BGR",
    "BGR10A2_LE",
    "RGB10A2_LE",
    "UYVP",
    "UYVY",
    "BGRA64_LE",
];

/// Formats that NVMM memory has and system memory has not.
const NVMM_ONLY: [&str; 3] = ["I420_12LE", "Y444_10LE", "Y444_12LE"];

/// Fields that this element can change; the others go through as they are.
const OWN_FIELDS: [&str; 9] = [
    "format",
    "colorimetry",
    "chroma-site",
    "width",
    "height",
    "pixel-aspect-ratio",
    "block-linear",
    "nvbuf-memory-type",
    "gpu-id",
];

fn formats(nvmm: bool) -> gst::List {
    let formats = NVMM_FORMATS.into_iter();
    gst::List::new(formats.filter(|format| nvmm || !NVMM_ONLY.contains(format)))
}

fn features(nvmm: bool) -> gst::CapsFeatures {
    if nvmm {
        gst::CapsFeatures::new([MEMORY_NVMM])
    } else {
        gst::CapsFeatures::new_empty()
    }
}

/// The caps of both pad templates.
pub(super) fn template() -> gst::Caps {
    let mut caps = gst::Caps::new_empty();
    for nvmm in [true, false] {
        let rates =
            gst::FractionRange::new(gst::Fraction::new(0, 1), gst::Fraction::new(i32::MAX, 1));
        let structure = gst::Structure::builder("video/x-raw")
            .field("format", formats(nvmm))
            .field("width", gst::IntRange::new(1, i32::MAX))
            .field("height", gst::IntRange::new(1, i32::MAX))
            .field("framerate", rates)
            .build();
        caps.make_mut()
            .append_structure_full(structure, Some(features(nvmm)));
    }
    caps
}

/// What the caps can be converted from or to: any format and size, in the same kind of memory
/// first.
pub(super) fn transform(caps: &gst::CapsRef, filter: Option<&gst::Caps>) -> gst::Caps {
    let mut result = gst::Caps::new_empty();
    let all = result.make_mut();
    for other_kind in [false, true] {
        for (structure, its_features) in caps.iter_with_features() {
            let nvmm = its_features.contains(MEMORY_NVMM);
            let mut structure = structure.to_owned();
            let has_aspect = structure.has_field("pixel-aspect-ratio");
            for field in OWN_FIELDS {
                structure.remove_field(field);
            }
            structure.set("width", gst::IntRange::new(1, i32::MAX));
            structure.set("height", gst::IntRange::new(1, i32::MAX));
            if has_aspect {
                let (least, most) = (
                    gst::Fraction::new(1, i32::MAX),
                    gst::Fraction::new(i32::MAX, 1),
                );
                structure.set("pixel-aspect-ratio", gst::FractionRange::new(least, most));
            }
            let nvmm = nvmm != other_kind;
            structure.set("format", formats(nvmm));
            all.append_structure_full(structure, Some(features(nvmm)));
        }
    }
    crate::caps::filtered(result, filter)
}

/// The fields that output caps gain.
#[derive(Debug, Clone, Copy)]
pub(super) struct MemoryFields {
    pub(super) memory_type: &'static str,
    pub(super) gpu_id: u32,
}

/// Chooses among `othercaps` for the known `caps` of the other pad.
///
/// What is left open stays as it is: size (sides exchanged where the picture is turned by
/// `transposes`), format, colorimetry; the pixel aspect ratio keeps the picture's shape on the
/// display.
pub(super) fn fixate(
    caps: &gst::CapsRef,
    othercaps: gst::Caps,
    transposes: bool,
    memory: Option<MemoryFields>,
) -> gst::Caps {
    let Some(known) = caps.structure(0) else {
        return othercaps;
    };
    let Some(best) = best_structure(known, &othercaps, transposes) else {
        return othercaps;
    };
    let (Some(other), Some(features)) = (othercaps.structure(best), othercaps.features(best))
    else {
        return othercaps;
    };
    let mut other = other.to_owned();
    fixate_format(known, &mut other);
    fixate_size(known, &mut other, transposes);
    other.fixate();
    if let Some(memory) = memory {
        // A field that downstream asked for is one that it will not give up.
        if !other.has_field("block-linear") {
            other.set("block-linear", false);
        }
        if !other.has_field("nvbuf-memory-type") {
            other.set("nvbuf-memory-type", memory.memory_type);
        }
        if !other.has_field("gpu-id") {
            other.set("gpu-id", memory.gpu_id as i32);
        }
    }
    let caps = gst::Caps::builder_full();
    caps.structure_with_features(other, features.to_owned())
        .build()
}

/// The first structure that keeps the size and the format, else the size, else the format.
///
/// Not simply the first: the base class puts what is wanted behind the next element first, and a
/// converter that follows would find its work done already.
fn best_structure(
    known: &gst::StructureRef,
    othercaps: &gst::CapsRef,
    transposes: bool,
) -> Option<usize> {
    let mut wanted = gst::Structure::new_empty(known.name());
    let (across, down) = if transposes {
        ("height", "width")
    } else {
        ("width", "height")
    };
    for (to, from) in [("width", across), ("height", down)] {
        if let Ok(side) = known.get::<i32>(from) {
            wanted.set(to, side);
        }
    }
    let mut same_format = gst::Structure::new_empty(known.name());
    if let Ok(format) = known.get::<&str>("format") {
        same_format.set("format", format);
    }
    let score = |structure: &gst::StructureRef| {
        (
            structure.can_intersect(&wanted),
            structure.can_intersect(&same_format),
        )
    };
    let scores: Vec<_> = othercaps.iter().map(score).collect();
    let best = scores.iter().max()?;
    scores.iter().position(|score| score == best)
}

fn fixate_format(known: &gst::StructureRef, other: &mut gst::StructureRef) {
    let Ok(format) = known.get::<&str>("format") else {
        return;
    };
    if other.get::<gst::List>("format").is_ok() {
        other.fixate_field_str("format", format);
    }
    // Colorimetry of RGB says nothing about YUV and the other way round.
    if other.get::<&str>("format") == Ok(format) {
        for field in ["colorimetry", "chroma-site"] {
            if let (Ok(value), false) = (known.get::<&str>(field), other.has_field(field)) {
                other.set(field, value);
            }
        }
    }
}

/// A positive ratio.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ratio(i64, i64);

impl Ratio {
    fn new(numerator: i64, denominator: i64) -> Option<Self> {
        let (mut a, mut b) = (numerator, denominator);
        if a <= 0 || b <= 0 {
            return None;
        }
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some(Self(numerator / a, denominator / a))
    }

    fn times(self, numerator: i64, denominator: i64) -> Option<Self> {
        Self::new(
            self.0.checked_mul(numerator)?,
            self.1.checked_mul(denominator)?,
        )
    }

    fn fraction(self) -> Option<gst::Fraction> {
        Some(gst::Fraction::new(
            self.0.try_into().ok()?,
            self.1.try_into().ok()?,
        ))
    }
}

fn fixate_size(known: &gst::StructureRef, other: &mut gst::StructureRef, transposes: bool) {
    let (Ok(width), Ok(height)) = (known.get::<i32>("width"), known.get::<i32>("height")) else {
        return;
    };
    let aspect = known.get::<gst::Fraction>("pixel-aspect-ratio").ok();
    let pixel = aspect.map_or(Some(Ratio(1, 1)), |a| {
        Ratio::new(a.numer().into(), a.denom().into())
    });
    let Some(pixel) = pixel else { return };
    // Shape of the picture on the display. Turning is not accounted for where the output's size is
    // given: that is what the stock element does.
    let Some(display) = pixel.times(width.into(), height.into()) else {
        return;
    };
    let wanted = other.get::<gst::Fraction>("pixel-aspect-ratio").ok();
    let kept = wanted.map_or(Some(pixel), |a| {
        Ratio::new(a.numer().into(), a.denom().into())
    });
    let near = |sized: Option<Ratio>, fallback: i32| {
        sized.map_or(fallback, |r| {
            ((r.0 + r.1 / 2) / r.1).clamp(1, i32::MAX.into()) as i32
        })
    };
    match (other.get::<i32>("width"), other.get::<i32>("height")) {
        (Ok(_), Ok(_)) => {}
        (Ok(to_width), Err(_)) => {
            // height = width · pixel aspect / display aspect
            let to = kept.and_then(|k| k.times(display.1, display.0)?.times(to_width.into(), 1));
            other.fixate_field_nearest_int("height", near(to, height));
        }
        (Err(_), Ok(to_height)) => {
            let to = kept.and_then(|k| display.times(k.1, k.0)?.times(to_height.into(), 1));
            other.fixate_field_nearest_int("width", near(to, width));
        }
        (Err(_), Err(_)) => {
            let (to_width, to_height) = if transposes {
                (height, width)
            } else {
                (width, height)
            };
            other.fixate_field_nearest_int("width", to_width);
            other.fixate_field_nearest_int("height", to_height);
            if transposes && other.get::<i32>("width") == Ok(to_width) {
                set_aspect(other, aspect.is_some(), Ratio::new(pixel.1, pixel.0));
                return;
            }
        }
    }
    let (Ok(to_width), Ok(to_height)) = (other.get::<i32>("width"), other.get::<i32>("height"))
    else {
        return;
    };
    let exact = display.times(to_height.into(), to_width.into());
    // Half a pixel of rounding is no reason to change the aspect ratio.
    let same = kept.filter(|k| {
        k.times(to_width.into(), to_height.into())
            .is_some_and(|shape| close(shape, display, to_width.min(to_height)))
    });
    set_aspect(other, aspect.is_some(), same.or(exact));
}

/// Whether two shapes differ by less than one pixel on `pixels`.
fn close(a: Ratio, b: Ratio, pixels: i32) -> bool {
    let (a, b) = (a.0 as f64 / a.1 as f64, b.0 as f64 / b.1 as f64);
    (a / b - 1.0).abs() * f64::from(pixels) < 0.5
}

fn set_aspect(other: &mut gst::StructureRef, had: bool, ratio: Option<Ratio>) {
    let Some(fraction) = ratio.and_then(Ratio::fraction) else {
        return;
    };
    if other.has_field("pixel-aspect-ratio") {
        other.fixate_field_nearest_fraction("pixel-aspect-ratio", fraction);
    } else if had || fraction != gst::Fraction::new(1, 1) {
        other.set("pixel-aspect-ratio", fraction);
    }
}
