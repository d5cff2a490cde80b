//! Which decoder fits.

use std::cmp::Reverse;

use super::{Decoder, Family, Input, Plan, Several, stated};
use crate::boxes::doubt::Doubt;
use crate::error::{DecodeError, ErrorKind, Reading, describe};
use crate::letterbox::Size;
use crate::tensor::{DataType, Dims, TensorView};

/// Whether a decoder fits some tensors.
#[derive(Debug, Clone, PartialEq)]
pub enum Match {
    /// It does.
    Yes,
    /// It does not.
    No {
        /// Whether all layers it needs are there by name.
        complete: bool,
        /// How many of its layers are there by name.
        layers_found: usize,
        /// How many of these are of a type they may not have.
        wrong_types: usize,
        /// What is wrong first.
        reason: DecodeError,
    },
}

impl Decoder {
    /// Whether the layout fits the tensors, and if not, how near it is.
    pub fn matches(&self, input: &Input<'_, '_>) -> Match {
        match (self.check)(input) {
            Ok(_) => Match::Yes,
            Err(reason) => self.misses(input, reason),
        }
    }

    fn misses(&self, input: &Input<'_, '_>, reason: DecodeError) -> Match {
        let mut wrong_types = 0;
        let mut layers_found = 0;
        let mut complete = true;
        for layer in self.layers {
            let Some(tensor) = input.find(layer) else {
                complete &= layer.optional;
                continue;
            };
            layers_found += 1;
            wrong_types += usize::from(!layer.types.contains(&tensor.data_type()));
        }
        Match::No {
            complete,
            layers_found,
            wrong_types,
            reason,
        }
    }
}

/// The decoder of a family that fits the tensors, of those with the layout's format.
///
/// # Errors
///
/// [`DecodeError::OtherFormat`] if the layout states a format that cannot be what the layers have, and
/// another one can. Else the reason why the nearest decoder does not fit if it found all its layers
/// or is the only one of the format, else [`DecodeError::NoLayout`], which names
/// every layout there is. [`DecodeError::Ambiguous`] for [`Several::Refused`].
pub fn select(family: &Family, input: &Input<'_, '_>) -> Result<Selection, DecodeError> {
    let found = find(family, input);
    match input.layout.format {
        Some(format) if family.several == Several::Refused => {
            stated::weigh(input, format, found, |input| find(family, input))
        }
        _ => found,
    }
}

fn find(family: &Family, input: &Input<'_, '_>) -> Result<Selection, DecodeError> {
    let possible = || {
        let format = input.layout.format;
        let all = family.decoders.iter().copied();
        all.filter(move |decoder| format.is_none_or(|format| format == decoder.format))
    };
    let mut nearest: Option<(Distance, DecodeError)> = None;
    let mut ambiguous = None;
    let mut fitting: Vec<(&'static Decoder, Plan)> = Vec::new();
    for decoder in possible() {
        let reason = match (decoder.check)(input) {
            Ok(plan) if family.several == Several::First => {
                return Ok(Selection::new(decoder, plan, input));
            }
            Ok(plan) => {
                fitting.push((decoder, plan));
                continue;
            }
            Err(reason) => reason,
        };
        if reason.kind() == ErrorKind::Ambiguous {
            ambiguous = ambiguous.or(Some(reason));
            continue;
        }
        let Match::No {
            complete,
            layers_found,
            wrong_types,
            reason,
        } = decoder.misses(input, reason)
        else {
            continue;
        };
        let distance = Distance {
            incomplete: !complete,
            strange: layers_found == 0
                && !matches!(
                    reason,
                    DecodeError::Labels { .. } | DecodeError::Cells { .. }
                )
                && reason.kind() != ErrorKind::Anchors,
            unlabelled: !matches!(reason, DecodeError::Labels { .. }),
            found: Reverse(layers_found),
            wrong_types,
        };
        if nearest.as_ref().is_none_or(|(least, _)| distance < *least) {
            nearest = Some((distance, reason));
        }
    }
    match fitting[..] {
        [] => (),
        [(decoder, plan)] => return Ok(Selection::new(decoder, plan, input)),
        _ => {
            return Err(DecodeError::Ambiguous {
                found: describe(input.tensors),
                readings: fitting
                    .iter()
                    .map(|(decoder, _)| Reading::of(decoder.format, decoder.description))
                    .collect(),
            });
        }
    }
    if let Some(error) = ambiguous {
        return Err(error);
    }
    match nearest {
        Some((distance, reason)) if !distance.incomplete || possible().count() == 1 => Err(reason),
        nearest => Err(DecodeError::NoLayout {
            found: describe(input.tensors),
            known: possible()
                .map(|decoder| format!("{} ({})", decoder.name, decoder.expected(input.layout)))
                .collect::<Vec<_>>()
                .join("; "),
            nearest: nearest
                .filter(|(distance, _)| !distance.strange)
                .map(|(_, reason)| Box::new(reason)),
        }),
    }
}

/// How far from fitting a decoder is: the fields weigh in their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    /// Layers are missing.
    incomplete: bool,
    /// All are.
    strange: bool,
    /// The number of labels is not what is wrong, which says most.
    unlabelled: bool,
    found: Reverse<usize>,
    wrong_types: usize,
}

/// A decoder that fits, and what it found out of the layers: it holds as long as they stay the same.
#[derive(Debug, Clone)]
pub struct Selection {
    decoder: &'static Decoder,
    plan: Plan,
    network: Size,
    layers: Vec<Layer>,
    /// Why the format hardly can be what the layout states.
    pub(super) doubt: Option<Doubt>,
}

/// What of a layer a check may look at.
#[derive(Debug, Clone, PartialEq)]
struct Layer {
    name: String,
    data_type: DataType,
    dims: Dims,
}

impl Selection {
    /// What a decoder's check found out.
    pub fn new(decoder: &'static Decoder, plan: Plan, input: &Input<'_, '_>) -> Self {
        let mut this = Self {
            decoder,
            plan,
            network: input.network,
            layers: Vec::new(),
            doubt: None,
        };
        this.note(input);
        this
    }

    /// The decoder.
    pub fn decoder(&self) -> &'static Decoder {
        self.decoder
    }

    /// Why the layers hardly can be of the format that the layout states.
    pub fn doubt(&self) -> Option<Doubt> {
        self.doubt
    }

    /// What it found out.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the tensors have the names, types and dimensions for which this was found, in the same
    /// order, so that nothing need be looked for. The user's layout must be the same as then.
    pub fn fits(&self, tensors: &[TensorView<'_>], network: Size) -> bool {
        self.network == network
            && self.layers.len() == tensors.len()
            && self.layers.iter().zip(tensors).all(|(layer, tensor)| {
                layer.dims == tensor.shape()
                    && layer.data_type == tensor.data_type()
                    && layer.name == tensor.name()
            })
    }

    /// Looks at other layers with the same decoder. On an error this still is what it was.
    ///
    /// # Errors
    ///
    /// Why the decoder does not fit them.
    pub fn renew(&mut self, input: &Input<'_, '_>) -> Result<(), DecodeError> {
        self.plan = (self.decoder.check)(input)?;
        self.note(input);
        Ok(())
    }

    /// Writes down the layers. Names that stay are not copied again: some networks have other
    /// dimensions on every frame.
    fn note(&mut self, input: &Input<'_, '_>) {
        self.network = input.network;
        self.layers.truncate(input.tensors.len());
        for (index, tensor) in input.tensors.iter().enumerate() {
            let (data_type, dims) = (tensor.data_type(), tensor.shape());
            match self.layers.get_mut(index) {
                Some(layer) => {
                    if layer.name != tensor.name() {
                        layer.name.clear();
                        layer.name.push_str(tensor.name());
                    }
                    (layer.data_type, layer.dims) = (data_type, dims);
                }
                None => self.layers.push(Layer {
                    name: tensor.name().to_owned(),
                    data_type,
                    dims,
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;
    use crate::ssd::FAMILY;

    const NETWORK: Size = Size::new(300, 300);

    fn tensors<'a>(numbers: &'a [f32], count: usize, scores: &'a str) -> [TensorView<'a>; 3] {
        [
            TensorView::new("boxes", &[count, 4], &numbers[..4 * count]).unwrap(),
            TensorView::new(scores, &[count], &numbers[..count]).unwrap(),
            TensorView::new("labels", &[count], &numbers[..count]).unwrap(),
        ]
    }

    #[test]
    fn what_was_found_holds_for_the_same_layers_only() {
        let (numbers, layout) = ([0.5; 40], Layout::default());
        let frame = tensors(&numbers, 5, "scores");
        let input = |tensors| Input {
            tensors,
            layout: &layout,
            network: NETWORK,
        };
        let mut found = select(&FAMILY, &input(&frame)).unwrap();
        assert_eq!(found.decoder().name, "torchvision");
        assert!(found.fits(&frame, NETWORK));
        assert!(!found.fits(&frame, Size::new(300, 301)));
        assert!(!found.fits(&frame[..2], NETWORK));
        let [boxes, scores, labels] = frame;
        assert!(!found.fits(&[scores, boxes, labels], NETWORK));
        let whole = [7_i32; 5];
        let labels = TensorView::new("labels", &[5], &whole[..]).unwrap();
        assert!(!found.fits(&[boxes, scores, labels], NETWORK));
        assert!(!found.fits(&tensors(&numbers, 5, "score"), NETWORK));

        // Fewer detections: the same layout.
        let fewer = tensors(&numbers, 3, "scores");
        assert!(!found.fits(&fewer, NETWORK));
        assert_eq!(found.renew(&input(&fewer)), Ok(()));
        assert!(found.fits(&fewer, NETWORK) && !found.fits(&frame, NETWORK));
        assert_eq!(found.plan().layer(&input(&fewer), 3).name(), "boxes");
        // Another one leaves things as they are.
        assert!(found.renew(&input(&fewer[..2])).is_err());
        assert!(found.fits(&fewer, NETWORK));
    }
}
