//! Numbers in tensors that hardly can be what they are taken for.

use nvds_decode::{BoxUnits, Decoder, Doubt, Format};

/// So many NaN and infinite entries of one frame, if they are a tenth of all, are no accident.
const MANY_NON_FINITE: u64 = 10;

/// Whether so many of the entries of a frame are NaN or infinite that it is no accident: many, or all of a few. Those of a
/// Mask R-CNN are few, the objects themselves: half of them are as bad.
pub fn is_overflow(numbers: u64, candidates: u64, decoder: Option<&Decoder>) -> bool {
    let stages = nvds_decode::maskrcnn::FAMILY.decoders;
    let few = decoder.is_some_and(|read| stages.iter().any(|known| known.name == read.name));
    let tenth = numbers >= MANY_NON_FINITE && numbers.saturating_mul(10) >= candidates;
    let all_of_a_few = numbers.saturating_mul(1 + u64::from(few)) >= candidates;
    tenth || numbers > 0 && all_of_a_few
}

/// What to say of that many.
pub fn overflow(numbers: u64, candidates: u64) -> String {
    format!(
        "non-finite: {numbers} of {candidates} entries are NaN or infinite, as those of an engine whose \
         numbers overflow in half precision: build it with network-mode=0 (FP32) in nvinfer's \
         configuration, or keep the layer normalisations in FP32 (export with ONNX opset 17 or later), \
         and delete the old engine file"
    )
}

/// What to say of numbers that hardly can be what they are taken for.
pub fn doubtful(doubt: Doubt, decoder: &str) -> String {
    match doubt {
        Doubt::Units { taken, stated } => {
            let (looks, is, other) = match taken {
                BoxUnits::Normalised => ("reach far beyond 1", "normalised to 0..1", "pixels"),
                BoxUnits::NetworkPixels => ("are all within 0..2", "in pixels", "normalised"),
            };
            match stated {
                true => format!(
                    "the boxes {looks}, but box-units says that they are {is}, and no box is left: \
                     set box-units={other}"
                ),
                false => format!(
                    "the boxes {looks}, but those of {decoder} are read as {is}: set \
                     box-units={other}, or to what they are to silence this{}",
                    // The same rows, with other boxes.
                    match decoder {
                        "yolo-e2e" => "; rows of ultralytics' RT-DETR are for rsdetrparser",
                        _ => "",
                    }
                ),
            }
        }
        Doubt::ScoreAboveOne(score) => format!(
            "{decoder}: a score is {score}, but scores are 0 to 1: set score-activation=percent if \
             it is a percentage, score-activation=sigmoid or softmax if the network leaves that out"
        ),
        Doubt::ScoreBelowZero(score) => format!(
            "{decoder}: a score is {score}, but scores are 0 to 1: set score-activation=sigmoid or \
             softmax if the network leaves that out. TensorRT's EfficientNMS before 8.4 gives the \
             score less 1 in half precision: build that layer in FP32 or with a later release"
        ),
        Doubt::ActivatedTwice { softmax } => format!(
            "{decoder}: all class predictions are within 0 to 1{}, so they seem to be scores \
             already: set score-activation=none",
            if softmax {
                " and those of a box add up to 1"
            } else {
                ""
            }
        ),
        Doubt::KeyPointPlace(x, y) => format!(
            "{decoder}: a key point is at {x}, {y} of the frame: it is attached as one at 0, 0 of confidence 0. If \
             many are, set format to what the network has"
        ),
        Doubt::KeyPointConfidence(confidence) => format!(
            "{decoder}: the confidence of a key point is {confidence}, but confidences are 0 to 1, to which it is \
             moved: export the network with its sigmoid, or set format to what it has"
        ),
        Doubt::MaskValue(value) => format!(
            "{decoder}: a mask has the value {value}, but masks have 0 to 1, to which it is moved: {}",
            match value.is_nan() {
                true =>
                    "an engine whose numbers overflow in half precision gives such; build it with network-mode=0 (FP32)",
                false =>
                    "set mask-logits=yes of rsmaskparser if the network leaves the logistic function out",
            }
        ),
        Doubt::MaskClass(class, classes) => format!(
            "{decoder}: an object of class {class} has no mask, as there are masks of {classes} classes alone: masks \
             and boxes seem to be of different networks; export the network once more"
        ),
        Doubt::Format {
            stated,
            fits,
            labels,
        } => other_format(stated, fits, labels),
        Doubt::Background(class) => format!(
            "{decoder}: most boxes are of class {class}, so it seems to stand for no object: set \
             background-class={class}, or -1 to silence this"
        ),
    }
}

/// What to say of a stated format that others fit better.
fn other_format(stated: Format, fits: [Option<Format>; 2], labels: Option<usize>) -> String {
    let fits = fits.into_iter().flatten();
    let fits: Vec<String> = fits
        .map(|format| format!("format={}", format.name()))
        .collect();
    let fits = fits.join(" or ");
    match labels {
        Some(labels) => format!(
            "format={} is set, but layers of these dimensions with {labels} label{} are what {fits} is for: set \
             that, or labels-file to the one of this network",
            stated.name(),
            if labels == 1 { "" } else { "s" },
        ),
        None => format!(
            "format={} is set, but layers of these dimensions are what {fits} is for: set that",
            stated.name()
        ),
    }
}
