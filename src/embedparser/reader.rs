//! From an embedding's tensors to a user meta and a name.

use std::sync::Arc;

use nvds_decode::embedding::{Embedder, Gallery, Options};
use nvds_decode::{DecodeError, TensorView};

use crate::parser::{Context, Found, Reader, Unit, WarningKind};

/// Reads the tensors of one inference element.
#[derive(Debug, Clone)]
pub struct EmbedReader {
    embedder: Embedder,
    gallery: Option<Arc<Gallery>>,
    attach_embedding: bool,
    /// Whether the frame or object in work has an embedding.
    found: bool,
}

impl EmbedReader {
    pub fn new(options: Options, gallery: Option<Arc<Gallery>>, attach_embedding: bool) -> Self {
        Self {
            embedder: Embedder::new(options),
            gallery,
            attach_embedding,
            found: false,
        }
    }
}

impl Reader for EmbedReader {
    const NETWORK: &'static str = "a network of embeddings";
    const ADVICE: &'static str = "Set layers to the name of the one with the embedding";

    fn read(
        &mut self,
        tensors: &[TensorView<'_>],
        threshold: f32,
        found: &mut Found,
        context: &mut Context<'_>,
    ) -> Result<(), DecodeError> {
        let embedding = self.embedder.run(tensors)?;
        self.found = embedding.is_some();
        let Some(embedding) = embedding else {
            found.non_finite = 1;
            context.warn(WarningKind::NonFinite, || {
                "an embedding has numbers that are not finite, or all 0: if the engine is built with FP16, build it with \
                 FP32"
                    .to_owned()
            });
            return Ok(());
        };
        let Some(gallery) = &self.gallery else {
            found.silent = true;
            return Ok(());
        };
        match gallery.nearest(&embedding.values) {
            Some(nearest) => {
                found.best = Some(nearest.similarity);
                if nearest.similarity >= threshold {
                    // A file has fewer tensors than that.
                    found.push(nearest.name, nearest.index as u32, 0, nearest.similarity);
                }
            }
            None => context.warn(WarningKind::Labels, || {
                format!(
                    "gallery-file has embeddings of {} numbers, but the network {}: set gallery-file to one that was made \
                     with this network",
                    gallery.length(),
                    embedding.values.len()
                )
            }),
        }
        Ok(())
    }

    fn classifies(&self) -> bool {
        self.gallery.is_some()
    }

    fn attach(&self, unit: &Unit<'_>, unique_id: u32) -> Result<(), nvds::Error> {
        if !self.attach_embedding || !self.found {
            return Ok(());
        }
        let embedding = self.embedder.embedding();
        let new = nvds::NewEmbedding {
            unique_component_id: i32::try_from(unique_id).unwrap_or(i32::MAX),
            norm: embedding.norm,
            values: &embedding.values,
        };
        match &unit.object {
            Some(object) => unit.locked.add_embedding_to_object(object, &new),
            None => unit.locked.add_embedding_to_frame(&unit.frame, &new),
        }
    }
}
