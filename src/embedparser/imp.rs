use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use glib::subclass::prelude::*;
use gst::prelude::*;
use nvds_decode::embedding::{Gallery, Options};

use super::reader::EmbedReader;
use crate::element::lock;
use crate::files;
use crate::parser::{self, AttributeParserImpl};

static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "rsembedparser",
        gst::DebugColorFlags::empty(),
        Some("Embeddings from tensors"),
    )
});

const DEFAULT_NORMALIZE: bool = true;
const DEFAULT_ATTACH_EMBEDDING: bool = true;

/// Most bytes of a gallery.
const MOST_BYTES: u64 = 1 << 30;

/// The properties' values.
#[derive(Debug, Clone)]
struct Settings {
    gallery_file: Option<String>,
    normalize: bool,
    attach_embedding: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gallery_file: None,
            normalize: DEFAULT_NORMALIZE,
            attach_embedding: DEFAULT_ATTACH_EMBEDDING,
        }
    }
}

/// The element's private part.
#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::EmbedParser)]
pub struct EmbedParser {
    #[property(name = "gallery-file", nick = "Gallery file", type = Option<String>,
        member = gallery_file, get, set, mutable_ready,
        blurb = "safetensors file with a tensor for each name, which is the tensor's: [D], or [K, D] \
                 for several pictures of the same. The nearest name is attached as a classifier's \
                 result if the cosine is score-threshold or more; without a gallery, none is")]
    #[property(name = "normalize", nick = "Normalise", type = bool, member = normalize, get, set,
        default = DEFAULT_NORMALIZE, mutable_ready,
        blurb = "Divide the numbers by their length (L2 norm), so that it is 1. Names are found by the \
                 angle in any case")]
    #[property(name = "attach-embedding", nick = "Attach embedding", type = bool,
        member = attach_embedding, get, set, default = DEFAULT_ATTACH_EMBEDDING, mutable_ready,
        blurb = "Attach the numbers as a user meta (RsNvdsEmbedding of rsnvds.h) to the object, or to \
                 the frame")]
    settings: Mutex<Settings>,
}

parser::attribute_class!(
    EmbedParser,
    super::EmbedParser,
    "GstRsEmbedParser",
    "DeepStream embedding tensor parser",
    "Attaches embeddings of objects or frames, and the nearest names of a gallery \
     (NvDsClassifierMeta), decoded from the output \
     tensors that nvinfer or nvinferserver attached; place it right behind them"
);

impl AttributeParserImpl for EmbedParser {
    type Reader = EmbedReader;

    fn category() -> gst::DebugCategory {
        *CAT
    }

    fn reader(&self, layers: Vec<String>) -> Result<EmbedReader, String> {
        let settings = lock(&self.settings).clone();
        let layer = match &layers[..] {
            [] => None,
            [layer] => Some(layer.clone()),
            _ => {
                return Err(format!(
                    "layers has {} names, expected that of the embedding alone",
                    layers.len()
                ));
            }
        };
        let path = settings.gallery_file.filter(|path| !path.is_empty());
        let gallery = path.as_deref().map(Path::new).map(gallery).transpose()?;
        if gallery.is_none() && !settings.attach_embedding {
            return Err("gallery-file is not set and attach-embedding=false: nothing would be attached; set one of them"
                .to_owned());
        }
        let options = Options {
            normalize: settings.normalize,
            layer,
        };
        Ok(EmbedReader::new(
            options,
            gallery.map(Arc::new),
            settings.attach_embedding,
        ))
    }
}

fn gallery(path: &Path) -> Result<Gallery, String> {
    let bytes = files::read(path, MOST_BYTES)
        .map_err(|error| format!("gallery-file {} cannot be read: {error}", path.display()))?;
    Gallery::from_bytes(&bytes).map_err(|error| format!("gallery-file {} {error}", path.display()))
}
