//! Numbers in tensors that hardly can be what they are taken for, in words of the options.

use nvds_decode::{BoxUnits, Doubt};

/// So many NaN and infinite entries of one frame, if they are a tenth of all, are no accident.
const MANY_NON_FINITE: u64 = 10;

/// What to say of NaN and infinite entries, if they are many.
pub fn overflow(numbers: u64, candidates: u64) -> Option<String> {
    (numbers >= MANY_NON_FINITE && numbers.saturating_mul(10) >= candidates).then(|| {
        format!(
            "{numbers} of {candidates} entries are NaN or infinite, as of an engine that overflows in half precision: \
             set network-mode=0 (FP32), or keep the layer normalisations in FP32, and delete the old engine file"
        )
    })
}

/// The kind of a doubt, to say it once, and what to say.
pub fn doubtful(doubt: Doubt) -> (&'static str, String) {
    match doubt {
        Doubt::Units { taken, .. } => {
            let (looks, is, other) = match taken {
                BoxUnits::Normalised => ("reach far beyond 1", "normalised", "pixels"),
                BoxUnits::NetworkPixels => ("are all within 0 to 2", "in pixels", "normalised"),
            };
            (
                "units",
                format!("the boxes {looks}, but are read as {is}: set box-units = \"{other}\""),
            )
        }
        Doubt::ScoreAboveOne(score) => (
            "scores",
            format!(
                "a score is {score}, expected 0 to 1: set score-activation = \"percent\", \"sigmoid\" or \"softmax\""
            ),
        ),
        Doubt::ScoreBelowZero(score) => (
            "scores",
            format!(
                "a score is {score}, expected 0 to 1: set score-activation = \"sigmoid\" or \"softmax\""
            ),
        ),
        Doubt::ActivatedTwice { .. } => (
            "scores",
            "all class predictions are within 0 to 1, so they are scores already: set \
             score-activation = \"none\""
                .into(),
        ),
        // Of networks that no function here gives key points of.
        Doubt::KeyPointPlace(x, y) => (
            "key-points",
            format!("a key point is at {x}, {y}: set format to what the network has"),
        ),
        Doubt::MaskValue(value) => (
            "masks",
            format!(
                "a mask has the value {value}, expected 0 to 1: set format to what the network has"
            ),
        ),
        Doubt::MaskClass(class, classes) => (
            "masks",
            format!(
                "an object of class {class} has no mask, as there are masks of {classes} classes alone"
            ),
        ),
        Doubt::KeyPointConfidence(confidence) => (
            "key-points",
            format!(
                "the confidence of a key point is {confidence}, expected 0 to 1: set format to what the network has"
            ),
        ),
        Doubt::Format {
            stated,
            fits,
            labels,
        } => {
            let fits = fits.into_iter().flatten();
            let fits: Vec<String> = fits
                .map(|fits| format!("format = \"{}\"", fits.name()))
                .collect();
            (
                "format",
                format!(
                    "format is \"{}\", but layers of these dimensions{} are what {} is for: set that, or \
                     num-detected-classes to that of this network",
                    stated.name(),
                    labels.map_or(String::new(), |labels| format!(" and {labels} classes")),
                    fits.join(" or ")
                ),
            )
        }
        Doubt::Background(class) => (
            "background",
            format!(
                "most boxes are of class {class}, so it seems to stand for no object: set background-class = {class}"
            ),
        ),
    }
}
