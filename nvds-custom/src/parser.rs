//! From a call's tensors to objects.

use std::cell::RefCell;
use std::ffi::c_void;
use std::sync::{Arc, OnceLock};

use nvds_decode::select::Family;
use nvds_decode::{
    ClassRules, DecodeError, Detection, EdgePolicy, Geometry, Layout, Params, Postprocessor, Size,
    TensorView,
};

use crate::abi::{Call, Objects};
use crate::choose::choose;
use crate::doubt;
use crate::function::Function;
use crate::loaded;
use crate::message::{Level, once};
use crate::options::{Network, OnError, Options};
use crate::release::{self, Found};

/// The threshold of a class that the configuration has none for: nvinfer's default.
const USUAL_THRESHOLD: f32 = 0.2;
/// Boxes must be wider and higher than this, in pixels: one that has a pixel is kept.
const LEAST_SIDE: f32 = 1f32.next_down();

/// What holds for the whole process: the options, and how large an object is.
struct Setup {
    options: Result<Options, String>,
    found: Result<Found, String>,
}

fn setup() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| {
        let options = Options::load(loaded::own_file().as_deref());
        let stated = options
            .as_ref()
            .ok()
            .and_then(|o| o.deepstream_version.as_deref());
        let found = release::find(stated);
        Setup { options, found }
    })
}

/// What a function returns for a frame that it cannot read.
pub fn on_error() -> bool {
    let options = setup().options.as_ref();
    // With options that cannot be read, what nvinfer survives.
    options.map_or(OnError::Empty, |options| options.on_error) == OnError::Empty
}

thread_local! {
    /// An inference element calls from a thread of its own.
    static READERS: RefCell<[Option<Reader>; Function::ALL.len()]> = const { RefCell::new([const { None }; _]) };
}

/// Parses the tensors of a call and appends the objects to the caller's list. Returns what the function is to return.
///
/// # Safety
/// `objects` must be a `std::vector<NvDsInferObjectDetectionInfo>` of the loaded DeepStream, or NULL.
pub unsafe fn parse(function: Function, call: Call<'_>, objects: *mut c_void) -> bool {
    let fail = |kind: &str, text: String| {
        once(function.name(), Level::Error, kind, || text);
        on_error()
    };
    let refuse = |text: String| {
        once(function.name(), Level::Error, "options", || text);
        // So that the element stops, where it can.
        loaded::crashes_on_false()
    };
    let (options, found) = match (&setup().options, &setup().found) {
        (Ok(options), Ok(found)) => (options, found),
        (Err(error), _) => return refuse(error.clone()),
        (_, Err(error)) => return fail("release", error.clone()),
    };
    let network = match options.network(function) {
        Ok(network) => network,
        Err(error) => return refuse(error.to_owned()),
    };
    READERS.with_borrow_mut(|readers| {
        // Taken out: a panic leaves none that is half done.
        let mut reader = readers[function as usize]
            .take()
            .unwrap_or_else(|| Reader::new(function, network));
        let read = reader.read(call, found);
        let done = match read {
            Ok(()) => {
                let mut list = std::mem::take(&mut reader.objects);
                let (detections, angles) = reader.detections();
                // SAFETY: a list of objects of the size that was found, as the caller vouches.
                let appended = unsafe { list.append(objects, found.size, detections, angles) };
                reader.objects = list;
                match appended {
                    Ok(()) => true,
                    Err(error) => fail(error, format!("{error} ({})", found.source)),
                }
            }
            Err((kind, error)) => fail(&kind, error),
        };
        readers[function as usize] = Some(reader);
        done
    })
}

/// Reads tensors, frame after frame. All memory is kept.
struct Reader {
    function: Function,
    network: &'static Network,
    /// With the number of labels it was made for.
    layout: Arc<Layout>,
    decoding: Option<Decoding>,
    classes: u32,
    thresholds: Vec<f32>,
    params: Params,
    objects: Objects,
}

/// The decoders of one family.
struct Decoding {
    family: &'static Family,
    postprocessor: Postprocessor,
}

/// The kind of an error, to say it once, and the error.
pub type Fault = (String, String);

impl Reader {
    fn new(function: Function, network: &'static Network) -> Self {
        Self {
            function,
            network,
            layout: Arc::new(network.layout.clone()),
            decoding: None,
            classes: 0,
            thresholds: Vec::new(),
            params: Params {
                score_threshold: USUAL_THRESHOLD,
                nms_mode: network.nms_mode,
                nms_iou_threshold: network.nms_iou_threshold,
                top_k: network.top_k,
                edge: EdgePolicy::Clip,
                min_width: LEAST_SIDE,
                min_height: LEAST_SIDE,
                ..Params::default()
            },
            objects: Objects::default(),
        }
    }

    /// Detections, and the angles of those that are turned.
    fn detections(&self) -> (&[Detection], &[f32]) {
        self.decoding.as_ref().map_or((&[], &[]), |decoding| {
            let read = &decoding.postprocessor;
            (read.detections(), &read.extras().angles)
        })
    }

    fn say(&self, level: Level, kind: &str, text: impl FnOnce() -> String) {
        once(self.function.name(), level, kind, text);
    }

    fn read(&mut self, call: Call<'_>, found: &Found) -> Result<(), Fault> {
        self.configure(call)?;
        let size = Size::new(call.width, call.height);
        let geometry = Geometry::of_network(size)
            .map_err(|error| ("network".to_owned(), error.to_string()))?;
        let mut tensors: Vec<TensorView<'_>> = Vec::with_capacity(call.layers.len());
        for layer in call.layers.iter().filter(|layer| !layer.is_input()) {
            match layer.tensor() {
                Ok(tensor) => tensors.push(tensor),
                // Another layer may be the one that matters.
                Err(error) => self.say(Level::Warning, &error, || error.clone()),
            }
        }
        if let Some(decoding) = &mut self.decoding
            && decoding
                .postprocessor
                .run(&tensors, &geometry, &self.params)
                .is_ok()
        {
            self.remark();
            return Ok(());
        }
        // Another network's layers, or none yet.
        let family = match self.network.family {
            Some(family) => family,
            None => choose(&tensors, &self.layout, size)?,
        };
        if self
            .decoding
            .as_ref()
            .is_none_or(|known| known.family.name != family.name)
        {
            self.decoding = Some(Decoding {
                family,
                postprocessor: Postprocessor::of(family, Arc::clone(&self.layout)),
            });
        }
        let Some(decoding) = &mut self.decoding else {
            return Ok(());
        };
        let outcome = decoding
            .postprocessor
            .run(&tensors, &geometry, &self.params);
        outcome.map(drop).map_err(|error| self.fault(&error))?;
        self.say(Level::Info, "layout", || {
            let decoder = self
                .decoding
                .as_ref()
                .and_then(|d| d.postprocessor.decoder());
            format!(
                "reads {} as {}; objects of {} bytes ({})",
                nvds_decode::error::describe(&tensors),
                decoder.map_or("", |decoder| decoder.name),
                found.size.bytes(),
                found.source
            )
        });
        self.remark();
        Ok(())
    }

    /// Takes over what the configuration says, which mostly is what it said before.
    fn configure(&mut self, call: Call<'_>) -> Result<(), Fault> {
        if call.classes == 0 {
            return Err((
                "classes".into(),
                "the configuration has no classes: set num-detected-classes (nvinferserver: num_detected_classes)"
                    .into(),
            ));
        }
        if self.classes != call.classes {
            self.classes = call.classes;
            self.params.num_classes = call.classes;
            let mut layout = self.network.layout.clone();
            layout.labels = layout.labels.or(Some(call.classes as usize));
            self.layout = Arc::new(layout);
            self.decoding = None;
            self.thresholds.clear();
            self.params.classes = ClassRules::default();
            self.params.score_threshold = USUAL_THRESHOLD;
        }
        let thresholds = &call.thresholds[..call.thresholds.len().min(call.classes as usize)];
        if thresholds.len() < call.classes as usize {
            self.say(Level::Warning, "thresholds", || {
                format!(
                    "{} classes have a threshold, but there are {}: {USUAL_THRESHOLD} is taken for the others",
                    thresholds.len(),
                    call.classes
                )
            });
        }
        // By their bits, so that NaN equals itself.
        let same = self.thresholds.len() == thresholds.len()
            && self
                .thresholds
                .iter()
                .zip(thresholds)
                .all(|(a, b)| a.to_bits() == b.to_bits());
        if !same {
            self.thresholds.clear();
            self.thresholds.extend_from_slice(thresholds);
            self.thresholds_changed();
        }
        Ok(())
    }

    fn thresholds_changed(&mut self) {
        let finite = |threshold: f32| match threshold.is_nan() {
            true => USUAL_THRESHOLD,
            false => threshold.clamp(f32::MIN, f32::MAX),
        };
        if let Some(class) = self
            .thresholds
            .iter()
            .position(|&threshold| threshold <= 0.0)
        {
            self.say(Level::Warning, "no threshold", || {
                format!(
                    "the threshold of class {class} is {}, so nearly every row of the tensors becomes an object: set \
                     pre-cluster-threshold (nvinferserver: confidence_threshold of nms)",
                    self.thresholds[class]
                )
            });
        }
        let complete = self.thresholds.len() == self.classes as usize;
        let first = self.thresholds.first().copied().map(finite);
        match first.filter(|&first| complete && self.thresholds.iter().all(|&t| finite(t) == first))
        {
            // Of all classes, which is faster.
            Some(first) => {
                self.params.score_threshold = first;
                self.params.classes = ClassRules::default();
            }
            None => {
                let single: Vec<(u32, f32)> = (0..)
                    .zip(self.thresholds.iter().copied().map(finite))
                    .collect();
                self.params.score_threshold = USUAL_THRESHOLD;
                self.params.classes = ClassRules::new(&single, &[]);
            }
        }
    }

    fn fault(&self, error: &DecodeError) -> Fault {
        let advice = match error {
            DecodeError::Labels { .. } => {
                "; the number of classes is num-detected-classes: if the network has others, state them by labels"
            }
            DecodeError::Ambiguous { .. } => "; state it in the options: format = \"...\"",
            DecodeError::OtherFormat { .. } => {
                "; state that one in the options, or labels if the number is wrong"
            }
            DecodeError::NoAnchors { .. } => "; state them in the options: anchors = \"...\"",
            _ => "",
        };
        let detail = error
            .detail()
            .map_or(String::new(), |detail| format!("; {detail}"));
        (
            format!("{:?}", error.kind()),
            format!("{error}{advice}{detail}"),
        )
    }

    /// Says what is strange about numbers that were read.
    fn remark(&self) {
        let Some(decoding) = &self.decoding else {
            return;
        };
        let read = &decoding.postprocessor;
        for doubt in read.doubts() {
            let (kind, text) = doubt::doubtful(doubt);
            self.say(Level::Warning, kind, || text);
        }
        if let Some(class) = read.class_beyond_limit() {
            self.say(Level::Warning, "beyond", || {
                format!(
                    "the network has a class {class}, but num-detected-classes is {}: objects of such classes are \
                     left out",
                    self.classes
                )
            });
        }
        let counts = read.counts();
        if let Some(text) = doubt::overflow(counts.dropped.non_finite, counts.candidates) {
            self.say(Level::Warning, "non-finite", || text);
        }
        if counts.bad_count > 0 {
            self.say(Level::Warning, "count", || {
                "the number of detections is not a number; taken as none".into()
            });
        }
    }
}
