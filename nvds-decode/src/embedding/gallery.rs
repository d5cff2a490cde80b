//! Embeddings of known things, with their names.

use safetensors::{Dtype, SafeTensors};

use super::{MOST_NUMBERS, norm};

/// Why bytes are no gallery.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GalleryError {
    /// Not the format.
    #[error("is no safetensors file: {0}")]
    Format(String),
    /// Nothing in it.
    #[error("has no tensor: expected one for each name, of [D] or [K, D]")]
    Empty,
    /// Another type.
    #[error("has {name} of {found}, expected F32 or F16")]
    Type {
        /// The tensor.
        name: String,
        /// Its type.
        found: String,
    },
    /// Other dimensions.
    #[error("has {name} of {found:?}, expected [D] or [K, D]")]
    Shape {
        /// The tensor.
        name: String,
        /// Its dimensions.
        found: Vec<usize>,
    },
    /// Not as many numbers as another tensor.
    #[error("has {name} of {found} numbers, but other embeddings of {expected}")]
    Length {
        /// The tensor.
        name: String,
        /// How many numbers an embedding of it has.
        found: usize,
        /// How many those before have.
        expected: usize,
    },
    /// Numbers without a direction.
    #[error("has an embedding of {name} with numbers that are not finite, or all 0")]
    Numbers {
        /// The tensor.
        name: String,
    },
}

/// The name that is nearest to an embedding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest<'g> {
    /// Its number, in the order of names.
    pub index: usize,
    /// Its name.
    pub name: &'g str,
    /// Cosine of the angle between both, -1 to 1.
    pub similarity: f32,
}

/// Embeddings of known things. Each name may have several.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gallery {
    names: Vec<String>,
    /// Whose each embedding is.
    owners: Vec<usize>,
    /// Of length 1, one behind the other.
    values: Vec<f32>,
    length: usize,
}

impl Gallery {
    /// Reads a safetensors file with a tensor for each name, which is the tensor's: `[D]`, or `[K, D]` for several
    /// pictures of the same. The order of names is that of the alphabet.
    ///
    /// # Errors
    /// [`GalleryError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, GalleryError> {
        let file =
            SafeTensors::deserialize(bytes).map_err(|e| GalleryError::Format(e.to_string()))?;
        let mut names: Vec<&str> = file.names();
        names.sort_unstable();
        let mut gallery = Self::default();
        for name in names {
            let Ok(tensor) = file.tensor(name) else {
                continue;
            };
            let length = match *tensor.shape() {
                [length] | [_, length] if (1..=MOST_NUMBERS).contains(&length) => length,
                _ => {
                    return Err(GalleryError::Shape {
                        name: name.to_owned(),
                        found: tensor.shape().to_vec(),
                    });
                }
            };
            let data = tensor.data();
            let numbers: Vec<f32> = match tensor.dtype() {
                Dtype::F32 => {
                    let (numbers, _) = data.as_chunks::<4>();
                    numbers.iter().map(|b| f32::from_le_bytes(*b)).collect()
                }
                Dtype::F16 => {
                    let (numbers, _) = data.as_chunks::<2>();
                    numbers
                        .iter()
                        .map(|b| half::f16::from_le_bytes(*b).to_f32())
                        .collect()
                }
                other => {
                    return Err(GalleryError::Type {
                        name: name.to_owned(),
                        found: format!("{other:?}"),
                    });
                }
            };
            gallery.add(name, length, &numbers)?;
        }
        if gallery.owners.is_empty() {
            return Err(GalleryError::Empty);
        }
        Ok(gallery)
    }

    fn add(&mut self, name: &str, length: usize, numbers: &[f32]) -> Result<(), GalleryError> {
        if self.length == 0 {
            self.length = length;
        }
        if self.length != length {
            return Err(GalleryError::Length {
                name: name.to_owned(),
                found: length,
                expected: self.length,
            });
        }
        for row in numbers.chunks_exact(length) {
            let norm = norm(row);
            if norm <= 0.0 || !norm.is_finite() {
                return Err(GalleryError::Numbers {
                    name: name.to_owned(),
                });
            }
            self.owners.push(self.names.len());
            let unit = row.iter().map(|&number| (f64::from(number) / norm) as f32);
            self.values.extend(unit);
        }
        self.names.push(name.to_owned());
        Ok(())
    }

    /// How many numbers its embeddings have.
    pub fn length(&self) -> usize {
        self.length
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The nearest name to an embedding of any length but 0, of equals the first; `None` for one of another number
    /// of numbers or without a direction.
    pub fn nearest(&self, embedding: &[f32]) -> Option<Nearest<'_>> {
        let norm = norm(embedding);
        if embedding.len() != self.length || norm <= 0.0 || !norm.is_finite() {
            return None;
        }
        let mut best: Option<(usize, f64)> = None;
        for (&owner, row) in self
            .owners
            .iter()
            .zip(self.values.chunks_exact(self.length))
        {
            let products = row
                .iter()
                .zip(embedding)
                .map(|(&a, &b)| f64::from(a) * f64::from(b));
            let cosine = products.sum::<f64>() / norm;
            if best.is_none_or(|(_, most)| cosine > most) {
                best = Some((owner, cosine));
            }
        }
        let (index, cosine) = best?;
        Some(Nearest {
            index,
            name: &self.names[index],
            similarity: cosine.clamp(-1.0, 1.0) as f32,
        })
    }
}
