//! From a classifier's tensors to labels.

use std::fmt::Write as _;
use std::sync::Arc;

use nvds_decode::classes::{Class, Classifier, Options};
use nvds_decode::{DecodeError, TensorView, classes};

use super::labels::{ClassLabels, Places};
use crate::parser::{Context, Found, Reader, WarningKind};

/// Reads the tensors of one inference element.
#[derive(Debug, Clone)]
pub struct ClassReader {
    classifier: Classifier,
    labels: Option<Arc<ClassLabels>>,
    compound: bool,
    /// Digits behind the point of numbers that are answers.
    decimals: usize,
    /// Of the network that was read last.
    heads: Vec<usize>,
    places: Option<Places>,
    text: String,
}

impl ClassReader {
    pub fn new(options: Options, labels: Option<ClassLabels>, decimals: usize) -> Self {
        Self {
            compound: options.method == classes::Method::Compound,
            classifier: Classifier::new(options),
            labels: labels.map(Arc::new),
            decimals,
            heads: Vec::new(),
            places: None,
            text: String::new(),
        }
    }

    /// Looks where the labels are if the network is another than before.
    fn place_labels(&mut self, context: &mut Context<'_>) {
        let Some(labels) = &self.labels else {
            return;
        };
        if self.places.is_some() && self.classifier.heads().eq(self.heads.iter().copied()) {
            return;
        }
        self.heads.clear();
        self.heads.extend(self.classifier.heads());
        let (places, problem) = labels.places(&self.heads, self.compound);
        self.places = Some(places);
        if let Some(problem) = problem {
            context.warn(WarningKind::Labels, || {
                format!("{problem}: set labels-file to the one of this network, or layers to those that it is of")
            });
        }
    }

    fn push(&mut self, class: Class, found: &mut Found, context: &mut Context<'_>) {
        let text = &mut self.text;
        text.clear();
        let label = match (class.value, &self.labels, &self.places) {
            (Some(value), ..) => {
                // Writing to a String cannot fail.
                let _ = write!(text, "{value:.*}", self.decimals);
                &text[..]
            }
            (None, Some(labels), Some(places)) => {
                match labels.label(places, class.head as usize, class.class as usize) {
                    None => return,
                    Some(Some(label)) => label,
                    Some(None) => {
                        context.warn(WarningKind::NoLabel, || {
                            format!(
                                "class {} of head {} has no label in labels-file: its number is attached",
                                class.class, class.head
                            )
                        });
                        number(text, class.class)
                    }
                }
            }
            _ => number(text, class.class),
        };
        found.push(label, class.class, class.head, class.score);
    }
}

fn number(text: &mut String, number: u32) -> &str {
    // Writing to a String cannot fail.
    let _ = write!(text, "{number}");
    text
}

impl Reader for ClassReader {
    const NETWORK: &'static str = "a classifier";
    const ADVICE: &'static str = "Set layers to the names of those to read";

    fn read(
        &mut self,
        tensors: &[TensorView<'_>],
        threshold: f32,
        found: &mut Found,
        context: &mut Context<'_>,
    ) -> Result<(), DecodeError> {
        let count = self.classifier.run(tensors, threshold)?.len();
        let met = *self.classifier.met();
        found.non_finite = met.non_finite as u64;
        found.best = met.best;
        self.place_labels(context);
        for at in 0..count {
            let class = self.classifier.found()[at];
            self.push(class, found, context);
        }
        if let Some(score) = met.odd_score {
            context.warn(WarningKind::Scores, || {
                format!(
                    "the network gives {score} for a score, which is not within 0 to 1: set method=softmax for one class \
                     of several, score-activation=sigmoid for classes that stand alone, or method=regression if the \
                     number is the answer"
                )
            });
        }
        if let Some(number) = met.odd_index {
            context.warn(WarningKind::Scores, || {
                format!(
                    "the network gives {number} for the number of a class, which is no whole one: method=index is for \
                     numbers that the network chose; set method=max for scores of 0 to 1, method=softmax for logits"
                )
            });
        }
        if met.non_finite > 0 {
            context.warn(WarningKind::NonFinite, || {
                format!(
                    "{} numbers of a classifier are not finite: if the engine is built with FP16, build it with FP32, or \
                     keep its last layers in FP32",
                    met.non_finite
                )
            });
        }
        Ok(())
    }
}
