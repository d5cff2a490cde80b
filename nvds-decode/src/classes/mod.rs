//! Classifiers: scores of classes in, the classes that an object has out.
//!
//! A **head** is a row of numbers of which one answer is made, or several: a layer `[C]` or `[C, 1, 1]` is one, a layer
//! `[K, C]` that is named is `K` of them. Heads count from 0 in the order of the layers and rows.
//!
//! ```
//! use nvds_decode::TensorView;
//! use nvds_decode::classes::{Classifier, Options};
//!
//! let tensors = [TensorView::new("probabilities", &[3, 1, 1], &[0.1f32, 0.7, 0.2][..])?];
//! let mut classifier = Classifier::new(Options::default()); // one for many frames
//! let classes = classifier.run(&tensors, 0.5)?;
//! assert_eq!((classes[0].head, classes[0].class, classes[0].score), (0, 1, 0.7));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod method;
mod plan;
mod reading;

pub use method::Method;
pub(crate) use plan::is_logits;
pub(crate) use reading::Scores;

use crate::error::DecodeError;
use crate::layout::Activation;
use crate::tensor::TensorView;
use crate::vector::{Known, floats};
use plan::Plan;
use reading::Reading;

/// What a classifier is told beyond the tensors.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// How classes are chosen.
    pub method: Method,
    /// What makes scores of the numbers. `None`: a softmax for a layer whose name has "logit" in it (the logistic
    /// function for a single number), nothing for others, as in gst-nvinfer.
    pub activation: Option<Activation>,
    /// Names of the layers to read, in the order of the heads; all if empty.
    pub layers: Vec<String>,
    /// Most classes of a head, for [`Method::Multi`]; 0 = all.
    pub top_k: usize,
    /// What the numbers of [`Method::Regression`] are multiplied by; 0 counts as 1.
    pub scale: f32,
}

/// One class that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// Number of the head.
    pub head: u32,
    /// Class within the head. With [`Method::Regression`] and [`Method::Expectation`], the value as a whole number, 0
    /// where it is below.
    pub class: u32,
    /// Its score; 1 where the network gives none.
    pub score: f32,
    /// The number itself, with [`Method::Regression`] and [`Method::Expectation`].
    pub value: Option<f32>,
}

/// What was met in the tensors of one frame or object.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Met {
    /// Numbers that are not finite, by which no class was chosen.
    pub non_finite: usize,
    /// The highest score of all, also below the threshold; `None` if there was none.
    pub best: Option<f32>,
    /// A number that was taken as it is for a score and is far outside of 0..1.
    pub odd_score: Option<f32>,
    /// A number that was taken for that of a class and is no whole one.
    pub odd_index: Option<f32>,
}

/// Reads a classifier's tensors.
#[derive(Debug, Clone, Default)]
pub struct Classifier {
    options: Options,
    known: Known,
    plan: Plan,
    found: Vec<Class>,
    met: Met,
    memory: [Vec<f32>; 2],
    scores: Vec<f32>,
}

impl Classifier {
    /// One that is told this.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// The classes of one frame or object with a score of at least `threshold`, head after head, the best of a head
    /// first and of equals the one of the lower number.
    ///
    /// # Errors
    /// When there is no layer of such numbers, or not the one that is named.
    pub fn run(
        &mut self,
        tensors: &[TensorView<'_>],
        threshold: f32,
    ) -> Result<&[Class], DecodeError> {
        if !self.known.are(tensors) {
            self.known = Known::default();
            self.plan = plan::plan(tensors, &self.options)?;
            self.known.renew(tensors);
        }
        self.found.clear();
        self.met = Met::default();
        let [memory, more] = &mut self.memory;
        let confidences = self
            .plan
            .confidences
            .map(|layer| floats(&tensors[layer], more));
        let mut head = 0;
        for rows in &self.plan.layers {
            let numbers = floats(&tensors[rows.layer], memory);
            for row in numbers.chunks_exact(rows.columns) {
                let mut reading = Reading {
                    options: &self.options,
                    head,
                    threshold,
                    found: &mut self.found,
                    met: &mut self.met,
                };
                reading.row(row, rows, confidences, &mut self.scores);
                head += 1;
            }
        }
        Ok(&self.found)
    }

    /// The classes of the last [`run`](Self::run).
    pub fn found(&self) -> &[Class] {
        &self.found
    }

    /// What was met by the last [`run`](Self::run).
    pub fn met(&self) -> &Met {
        &self.met
    }

    /// How many classes each head has room for, of the layers that were read last. With [`Method::Compound`], two for
    /// each number; 0 where any number is one.
    pub fn heads(&self) -> impl Iterator<Item = usize> {
        self.plan.heads(self.options.method)
    }
}
