//! Classifiers: the likeliest class of each output.

use super::labels::Labels;
use super::tensors::Tensors;

/// What one output of a classifier says.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Place of the output among the network's.
    pub output: u32,
    /// Class within the output.
    pub class: u32,
    /// Its probability.
    pub probability: f32,
    /// Its label, if there is one.
    pub label: Option<Vec<u8>>,
}

/// What a classifier says of a frame or object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Classification {
    /// In the order of the outputs.
    pub attributes: Vec<Attribute>,
    /// All labels, each with a blank behind it.
    pub text: Vec<u8>,
}

impl Classification {
    /// Gives attributes without a label that of the file, which joins the text, as nvdsinfer does after a parser of a
    /// library.
    pub(super) fn add_labels(&mut self, labels: &Labels) {
        let (attributes, text) = (&mut self.attributes, &mut self.text);
        for attribute in attributes.iter_mut().filter(|a| a.label.is_none()) {
            let label = labels.get(attribute.output as usize, attribute.class as usize);
            if let Some(label) = label {
                text.extend_from_slice(label);
                text.push(b' ');
                attribute.label = Some(label.to_vec());
            }
        }
    }
}

/// The likeliest class of each output, if it is above `threshold` and 0.
///
/// # Errors
/// Where an output is no list of floats.
pub(super) fn classify(
    tensors: &Tensors<'_>,
    threshold: f32,
    labels: &Labels,
) -> Result<Classification, String> {
    let mut classification = Classification::default();
    for (output, layer) in tensors.layers.iter().enumerate() {
        let [classes, ..] = layer.chw();
        let values = layer.floats()?;
        let values = &values[..classes.min(values.len())];
        let mut best: Option<(usize, f32)> = None;
        for (class, &probability) in values.iter().enumerate() {
            let least = best.map_or(0.0, |(_, probability)| probability);
            if probability > threshold && probability > least {
                best = Some((class, probability));
            }
        }
        let Some((class, probability)) = best else {
            continue;
        };
        let label = labels.get(output, class);
        if let Some(label) = label {
            classification.text.extend_from_slice(label);
            classification.text.push(b' ');
        }
        classification.attributes.push(Attribute {
            output: output as u32,
            class: class as u32,
            probability,
            label: label.map(<[u8]>::to_vec),
        });
    }
    Ok(classification)
}

#[cfg(test)]
mod tests;
