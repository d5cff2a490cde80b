//! Text recognisers: a character for each column of a picture in, the text out.
//!
//! Networks are trained so that columns between characters are **blank**, and that a character may fill several columns
//! (CTC): of equals that follow each other one is kept, then the blanks are left out.
//!
//! | layers | networks |
//! | --- | --- |
//! | `[T, D]` scores, blank first | PaddleOCR, CRNN |
//! | `[D, T]` scores, blank last | LPRNet of PyTorch |
//! | `[T]` INT32 characters, blank first | ddddocr, any with the choice in its graph |
//! | `[T]` INT32 characters and `[T]` FLOAT scores, blank last | LPRNet of TAO |

mod plan;

use crate::classes::{Scores, is_logits};
use crate::error::DecodeError;
use crate::layout::Activation;
use crate::tensor::TensorView;
use crate::vector::{Known, floats};
use plan::{Plan, Source};

/// Where the number of the blank is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Blank {
    /// As is usual for the layers.
    #[default]
    Auto,
    /// Number 0; the first character is number 1.
    First,
    /// The number after that of the last character.
    Last,
}

/// Which dimension of a layer of scores is that of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Columns {
    /// The one that is not that of the characters.
    #[default]
    Auto,
    /// `[T, D]`.
    First,
    /// `[D, T]`.
    Last,
}

/// How the characters' scores make that of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Confidence {
    /// The product for characters that come with scores (TAO), else the mean.
    #[default]
    Auto,
    /// The mean.
    Mean,
    /// The product.
    Product,
    /// The lowest.
    Least,
}

/// What a recogniser is told beyond the tensors.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The characters, without the blank; each may be several letters or none.
    pub characters: Vec<String>,
    /// Where the blank is.
    pub blank: Blank,
    /// Which dimension is that of the columns.
    pub columns: Columns,
    /// What makes scores of the numbers. `None`: a softmax for a layer whose name has "logit" in it, nothing for
    /// others.
    pub activation: Option<Activation>,
    /// How the characters' scores make that of the text.
    pub confidence: Confidence,
    /// Names of the layers to read; all if empty.
    pub layers: Vec<String>,
}

/// What was read of one frame or object.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// The text; empty if there is none.
    pub text: String,
    /// Its score; 1 where the network gives none, 0 without characters.
    pub score: f32,
    /// Numbers of the characters as the network counts them, with the blank.
    pub indices: Vec<u32>,
    /// Score of each.
    pub scores: Vec<f32>,
    /// Columns without a character, as its numbers are not finite or stand for none.
    pub unsound: usize,
    /// A number that was taken as it is for a score and is far outside of 0..1.
    pub odd_score: Option<f32>,
}

/// Reads a recogniser's tensors.
#[derive(Debug, Clone, Default)]
pub struct Recogniser {
    options: Options,
    known: Known,
    plan: Option<Plan>,
    memory: [Vec<f32>; 2],
    column: Vec<f32>,
    text: Text,
}

/// Scores may exceed 1 by rounding; logits do by far.
const ODD: f32 = 1e-3;

impl Recogniser {
    /// One that is told this.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Reads one frame or object.
    ///
    /// # Errors
    /// When there are no such layers, or the characters are not as many as the network has.
    pub fn run(&mut self, tensors: &[TensorView<'_>]) -> Result<&Text, DecodeError> {
        let plan = match self.plan {
            Some(plan) if self.known.are(tensors) => plan,
            _ => {
                self.plan = None;
                let plan = plan::plan(tensors, &self.options)?;
                self.known.renew(tensors);
                *self.plan.insert(plan)
            }
        };
        let text = &mut self.text;
        text.text.clear();
        text.indices.clear();
        text.scores.clear();
        (text.unsound, text.odd_score) = (0, None);
        let [memory, more] = &mut self.memory;
        let mut run = Run {
            plan: &plan,
            characters: &self.options.characters,
            before: None,
            text,
        };
        match plan.source {
            Source::Indices { layer, scores } => {
                let numbers = floats(&tensors[layer], memory);
                let scores = scores.map(|scores| floats(&tensors[scores], more));
                for (column, &number) in numbers.iter().enumerate() {
                    let whole = number.is_finite() && number >= 0.0;
                    let score = scores.map_or(1.0, |s| s.get(column).copied().unwrap_or(f32::NAN));
                    run.column((whole && score.is_finite()).then_some((number as u32, score)));
                }
            }
            Source::Scores {
                layer,
                columns,
                numbers,
                across,
            } => {
                let tensor = &tensors[layer];
                let activation = match self.options.activation {
                    Some(activation) => activation,
                    None if is_logits(tensor.name()) => Activation::Softmax,
                    None => Activation::None,
                };
                let all = floats(tensor, memory);
                for column in 0..columns {
                    let row = if across {
                        self.column.clear();
                        let column = all.iter().skip(column).step_by(columns);
                        self.column.extend(column);
                        &self.column[..]
                    } else {
                        &all[column * numbers..][..numbers]
                    };
                    let best = best(row, activation);
                    run.column(best);
                    if activation == Activation::None
                        && let Some((_, score)) = best
                        && !(-ODD..=1.0 + ODD).contains(&score)
                    {
                        run.text.odd_score.get_or_insert(score);
                    }
                }
            }
        }
        text.score = confidence(plan.confidence, &text.scores);
        Ok(&self.text)
    }
}

/// The number with the highest score of a column, the lowest of equals, and its score.
fn best(row: &[f32], activation: Activation) -> Option<(u32, f32)> {
    let greatest = crate::boxes::activation::greatest(row);
    let at = row.iter().position(|&number| number == greatest)?;
    let score = Scores::of(activation, row)?.of_number(greatest);
    score.is_finite().then_some((at as u32, score))
}

fn confidence(how: Confidence, scores: &[f32]) -> f32 {
    let sound = scores.iter().map(|&score| f64::from(score));
    let score = match how {
        _ if scores.is_empty() => 0.0,
        Confidence::Product => sound.product(),
        Confidence::Least => sound.fold(f64::INFINITY, f64::min),
        Confidence::Auto | Confidence::Mean => sound.sum::<f64>() / scores.len() as f64,
    };
    score as f32
}

/// From column to column.
struct Run<'a> {
    plan: &'a Plan,
    characters: &'a [String],
    before: Option<u32>,
    text: &'a mut Text,
}

impl Run<'_> {
    /// Takes the number of a column with its score; `None` for one without a sound number.
    fn column(&mut self, number: Option<(u32, f32)>) {
        let Some((number, score)) = number else {
            self.text.unsound += 1;
            self.before = None;
            return;
        };
        if self.before.replace(number) == Some(number) || number == self.plan.blank {
            return;
        }
        let character = number.wrapping_sub(self.plan.first) as usize;
        let letters = match self.characters.get(character) {
            Some(letters) => letters,
            // PaddleOCR adds a space to those of its file.
            None if self.plan.space && character == self.characters.len() => " ",
            None => {
                self.text.unsound += 1;
                return;
            }
        };
        self.text.text.push_str(letters);
        self.text.indices.push(number);
        self.text.scores.push(score);
    }
}
