//! From the tensors of one frame or object to a map of classes.

use nvds::{NewSegmentation, TensorMeta};
use nvds_decode::segments::{MOST_CLASSES, Map, Options, Segmenter};
use nvds_decode::{DecodeError, Size};

use crate::parser::{Context, Refusal, Task, Unit, WarningKind, overflow};
use crate::tensors::{Layers, Views};

/// So many pixels without a class, if they are a tenth of all, are no accident.
const MANY: u64 = 10;

/// Reads maps, and attaches them.
pub struct Segments {
    segmenter: Segmenter,
    layers: Layers,
    map: Map,
    /// Whether pixels without a class are no mistake.
    has_threshold: bool,
    /// How many classes are stated, 0 for none.
    classes: u32,
    /// In the order of the counters.
    counts: [u64; 3],
    /// Pixels of each class.
    coverage: Vec<u64>,
}

impl Segments {
    pub fn new(options: Options, classes: u32) -> Self {
        Self {
            has_threshold: options.threshold.is_some(),
            segmenter: Segmenter::new(options),
            layers: Layers::default(),
            map: Map::default(),
            classes,
            counts: [0; 3],
            coverage: Vec::new(),
        }
    }

    fn segment(&mut self, meta: &TensorMeta<'_>) -> Result<(), Refusal> {
        let bad_tensor =
            |e: nvds::TensorError| Refusal::Data(WarningKind::BadTensor, e.to_string());
        let mut views = Views::new();
        let unreadable = self.layers.read(meta, &mut views).map_err(bad_tensor)?;
        let network = meta.network();
        let network = Some(Size::new(network.width, network.height));
        let run = self.segmenter.run(&views, network, &mut self.map);
        // A layer that is there but cannot be read is the better explanation.
        run.map_err(|error| unreadable.map_or(Refusal::Layout(error), bad_tensor))
    }

    /// Counts the pixels of each class. Returns how many classes there are, and pixels without one.
    fn count(&mut self) -> (u32, u64) {
        let (found, none) = self.map.coverage();
        self.counts[0] += 1;
        self.counts[1] += self.map.class_map.len() as u64;
        self.counts[2] += none;
        if self.coverage.len() < found.len() {
            self.coverage.resize(found.len(), 0);
        }
        for (total, count) in self.coverage.iter_mut().zip(&found) {
            *total += count;
        }
        let classes = match self.map.classes {
            0 => self.classes.max(found.len() as u32),
            classes => classes,
        };
        (classes, none)
    }

    /// What is wrong with a map of which a tenth or more has no class, if that can be told.
    fn doubt(&self, none: u64) -> Option<(WarningKind, String)> {
        let pixels = self.map.class_map.len();
        if none < MANY || none.saturating_mul(10) < pixels as u64 {
            return None;
        }
        if self.map.classes == 0 {
            let most = MOST_CLASSES - 1;
            let text = format!(
                "{none} of {pixels} pixels have a number that is no class, which is 0 to {most}: set layer, if another one \
                 has the classes"
            );
            return Some((WarningKind::Scores, text));
        }
        // The first class tells of all: what overflows does so in every class.
        let numbers = match self.map.probabilities.get(..pixels) {
            Some(numbers) => numbers.iter().filter(|n| !n.is_finite()).count() as u64,
            None if self.map.classes > 1 && !self.has_threshold => none,
            None => 0,
        };
        let many = numbers >= MANY && numbers.saturating_mul(10) >= pixels as u64;
        many.then(|| (WarningKind::NonFinite, overflow(numbers, pixels as u64)))
    }
}

impl Task for Segments {
    fn network(&self) -> &'static str {
        "a segmentation"
    }

    fn refusal(&self, error: &DecodeError) -> (String, String) {
        let text = format!(
            "{error}. Set layer or channel-order, or unique-id if these tensors are another network's"
        );
        (text, error.detail().unwrap_or_default())
    }

    /// Its properties stay while it runs.
    fn update(&mut self) {}

    fn read<'g>(
        &mut self,
        meta: &TensorMeta<'_>,
        unit: &Unit<'g>,
        context: &mut Context<'_>,
    ) -> Result<usize, Refusal> {
        let foreign = |e: nvds::Error| Refusal::Data(WarningKind::ForeignMeta, e.to_string());
        let unique_id = meta.unique_id();
        let metas = match (&unit.object, &unit.region) {
            (Some(object), _) => object.user_metas(),
            (None, Some(region)) => region.user_metas(),
            (None, None) => unit.frame.user_metas(),
        };
        let own = i32::try_from(unique_id).unwrap_or(i32::MAX);
        let mut others = metas.filter_map(|meta| meta.as_segmentation());
        if others.any(|other| other.unique_id.is_none_or(|id| id == own)) {
            context.warn(WarningKind::Doubles, || attached_already(unique_id));
            return Ok(0);
        }
        self.segment(meta)?;
        let (classes, none) = self.count();
        if let Some((kind, text)) = self.doubt(none) {
            context.warn(kind, || text.clone());
        }
        // The metadata keeps its own: the memory goes with it.
        let class_map = std::mem::take(&mut self.map.class_map);
        let probabilities = std::mem::take(&mut self.map.probabilities);
        let size = (self.map.size.width, self.map.size.height);
        let new = NewSegmentation::new(own, size, classes, class_map, probabilities);
        let new = new.map_err(foreign)?;
        match (&unit.object, &unit.region) {
            (Some(object), _) => unit.locked.add_segmentation_to_object(object, new),
            // As nvinfer does: a frame may have several.
            (None, Some(region)) => {
                unit.locked.add_segmentation_to_roi(region, new);
                Ok(())
            }
            (None, None) => unit.locked.add_segmentation_to_frame(&unit.frame, new),
        }
        .map_err(foreign)?;
        Ok(1)
    }

    fn add_counts(&mut self, totals: &mut [u64]) {
        for (total, count) in totals.iter_mut().zip(std::mem::take(&mut self.counts)) {
            *total += count;
        }
    }

    fn add_coverage(&mut self, totals: &mut Vec<u64>) {
        if totals.len() < self.coverage.len() {
            totals.resize(self.coverage.len(), 0);
        }
        for (total, count) in totals.iter_mut().zip(&mut self.coverage) {
            *total += std::mem::take(count);
        }
    }
}

fn attached_already(unique_id: u32) -> String {
    format!(
        "there is a segmentation of unique-id {unique_id} already, and its tensors give it again, which is left out: set \
         network-type=100 in nvinfer's configuration, or postprocess {{ other {{}} }} in nvinferserver's; behind a tee, \
         own-metadata=true on this element in each branch"
    )
}
