//! From a recogniser's tensors to a text.

use nvds_decode::text::{Options, Recogniser};
use nvds_decode::{DecodeError, TensorView};
use regex_lite::Regex;

use crate::parser::{Context, Found, Reader, WarningKind};

/// Which texts are attached.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Least number of characters.
    pub min_length: usize,
    /// What the whole text must match.
    pub pattern: Option<Regex>,
}

impl Rules {
    fn take(&self, text: &str) -> bool {
        text.chars().count() >= self.min_length
            && self
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(text))
    }
}

/// Reads the tensors of one inference element.
#[derive(Debug, Clone)]
pub struct TextReader {
    recogniser: Recogniser,
    rules: Rules,
}

impl TextReader {
    pub fn new(options: Options, rules: Rules) -> Self {
        Self {
            recogniser: Recogniser::new(options),
            rules,
        }
    }
}

impl Reader for TextReader {
    const NETWORK: &'static str = "a text recogniser";
    const ADVICE: &'static str =
        "Set dictionary-file to the one of this network, layers to the names of those to read";

    fn read(
        &mut self,
        tensors: &[TensorView<'_>],
        threshold: f32,
        found: &mut Found,
        context: &mut Context<'_>,
    ) -> Result<(), DecodeError> {
        let read = self.recogniser.run(tensors)?;
        if !read.text.is_empty() {
            found.best = Some(read.score);
            if !self.rules.take(&read.text) {
                found.refused = 1;
            } else if read.score >= threshold {
                found.push(&read.text, 0, 0, read.score);
            }
        }
        found.non_finite = read.unsound as u64;
        if read.unsound > 0 {
            context.warn(WarningKind::NonFinite, || {
                format!(
                    "{} columns of a text have no character, as their numbers are not finite or beyond the dictionary: \
                     set dictionary-file to the one of this network, blank to where its blank is",
                    read.unsound
                )
            });
        }
        if let Some(score) = read.odd_score {
            context.warn(WarningKind::Scores, || {
                format!(
                    "the network gives {score} for a score, which is not within 0 to 1: set score-activation=softmax"
                )
            });
        }
        Ok(())
    }
}
