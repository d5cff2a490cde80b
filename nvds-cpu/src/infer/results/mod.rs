//! What an inference element does beside tensors: which objects it infers, what it makes of the tensors, and what it
//! attaches.

mod attach;
mod colors;
mod objects;
mod regions;

use std::ffi::CString;

use nvds::{Batch, Frame, Locked, NetworkInfo, NewTensorMeta, Object, Rect};

use self::attach::Target;
use self::objects::{Candidate, Choice, Objects};
pub use self::regions::Region;
use self::regions::Regions;
use super::engine::UnitKey;
use super::postprocess::settings::{NetworkType, ObjectInput};
use super::postprocess::{Findings, Fit, Layer, Place, Postprocessor, Tensors};

/// Part of a frame in even pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crop {
    /// Left edge.
    pub left: u32,
    /// Top edge.
    pub top: u32,
    /// Width, above 0.
    pub width: u32,
    /// Height, above 0.
    pub height: u32,
}

impl Crop {
    /// As the stock elements cut: the left top corner is rounded up to even pixels, the size down. `None` where nothing
    /// is left.
    pub fn of(rect: &Rect) -> Option<Self> {
        let up = |value: f32| (value as u32).saturating_add(1) & !1;
        let down = |value: f32| value as u32 & !1;
        let crop = Self {
            left: up(rect.left),
            top: up(rect.top),
            width: down(rect.width),
            height: down(rect.height),
        };
        (crop.width > 0 && crop.height > 0).then_some(crop)
    }
}

/// A frame or object that is inferred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    /// Which it is.
    pub key: UnitKey,
    /// Size of its frame in pixels.
    pub size: (u32, u32),
    /// What of the frame goes into the network; `None` for all of it.
    pub crop: Option<Crop>,
    /// Place of its frame among the batch's.
    frame: usize,
    /// The object, told by its address; 0 for the frame.
    object: usize,
    /// The object's track id, if there is one.
    track: Option<u64>,
    /// What nvdspreprocess prepared of it.
    pub region: Option<Region>,
}

/// The results of one element, from start to stop.
#[derive(Debug)]
pub struct Results {
    post: Postprocessor,
    unique_id: i32,
    /// Where objects are inferred and not frames.
    objects: Option<Objects>,
    classifier_type: Option<CString>,
    network: NetworkInfo,
    /// Kept aspect, symmetric padding.
    padding: (bool, bool),
    /// Objects that get what was said of them before: frame, address, source, track id.
    remembered: Vec<(usize, usize, u32, u64)>,
    /// An object too small to be scaled was told.
    told_small: bool,
    /// Boxes are cut at the edges of regions.
    clip: bool,
}

impl Results {
    /// `objects` is there for process-mode 2.
    pub fn new(
        post: Postprocessor,
        unique_id: u32,
        objects: Option<ObjectInput>,
        network: NetworkInfo,
        padding: (bool, bool),
    ) -> Self {
        let kind = post.settings().network_type;
        let classifier_type = post.settings().classifier_type.clone();
        Self {
            unique_id: unique_id as i32,
            objects: objects.map(|rules| Objects::new(rules, kind)),
            classifier_type: classifier_type.and_then(|text| CString::new(text).ok()),
            network,
            padding,
            remembered: Vec::new(),
            told_small: false,
            clip: false,
            post,
        }
    }

    /// For an element that attaches tensors only.
    pub fn tensors_only(unique_id: u32, network: NetworkInfo) -> Self {
        let post = Postprocessor::none();
        Self::new(post, unique_id, None, network, (false, false))
    }

    /// Whether objects are inferred and not frames.
    pub fn on_objects(&self) -> bool {
        self.objects.is_some()
    }

    /// Whether boxes are cut at the edges of regions that nvdspreprocess prepared.
    pub fn clip_at_regions(&mut self, clip: bool) {
        self.clip = clip;
    }

    /// Whether anything is made of the tensors.
    pub fn parses(&self) -> bool {
        self.post.settings().network_type != NetworkType::Other
    }

    /// Goes on with the objects that `old` knows.
    pub fn succeed(&mut self, old: &mut Self) {
        if let (Some(new), Some(old)) = (&mut self.objects, &mut old.objects) {
            new.succeed(old);
        }
    }

    /// Forgets a source that ended.
    pub fn forget(&mut self, source: u32) {
        if let Some(objects) = &mut self.objects {
            objects.forget(source);
        }
    }

    /// Lists what of a batch is inferred, in that order: frames as they stand in it, in each the newest object first.
    /// `size` tells the size of a surface.
    pub fn list<E>(
        &mut self,
        batch: &Batch<'_>,
        mut size: impl FnMut(usize) -> Result<(u32, u32), E>,
        units: &mut Vec<Unit>,
        warnings: &mut Vec<String>,
    ) -> Result<(), E> {
        units.clear();
        self.remembered.clear();
        let locked = batch.lock();
        for (place, frame) in locked.frames().enumerate() {
            let mut key = key_of(&frame);
            key.size = size(key.batch_id as usize)?;
            let whole = Unit {
                key,
                size: key.size,
                crop: None,
                frame: place,
                object: 0,
                track: None,
                region: None,
            };
            if self.objects.is_some() {
                self.list_objects(&frame, whole, units, warnings);
            } else {
                units.push(whole);
            }
        }
        Ok(())
    }

    fn list_objects(
        &mut self,
        frame: &Frame<'_>,
        whole: Unit,
        units: &mut Vec<Unit>,
        warnings: &mut Vec<String>,
    ) {
        let Some(objects) = &mut self.objects else {
            return;
        };
        let (source, number) = (whole.key.pad_index, whole.key.frame_num);
        objects.begin_frame(source, number);
        let count = frame.objects().count();
        for (from_newest, object) in frame.objects().enumerate() {
            let candidate = Candidate::of(&object);
            match (objects.choose(source, number, &candidate), candidate.track) {
                (Choice::Infer, track) => {
                    let rect = object.rect();
                    let Some(crop) = Crop::of(&rect) else {
                        if !std::mem::replace(&mut self.told_small, true) {
                            let (width, height) = (rect.width, rect.height);
                            warnings.push(format!(
                                "an object of {width}x{height} pixels is too small to be inferred: set \
                                 input-object-min-width and input-object-min-height to 2 or more"
                            ));
                        }
                        continue;
                    };
                    let mut key = whole.key;
                    key.object = Some(count - 1 - from_newest);
                    units.push(Unit {
                        key,
                        crop: Some(crop),
                        object: object.address(),
                        track,
                        ..whole
                    });
                }
                (Choice::Remember, Some(track)) => {
                    self.remembered
                        .push((whole.frame, object.address(), source, track));
                }
                _ => {}
            }
        }
    }

    /// What the tensors of one unit amount to.
    ///
    /// # Errors
    /// Where the tensors are not what the network's type needs.
    pub fn findings(&mut self, tensors: &NewTensorMeta) -> Result<Findings, String> {
        let layers: Vec<_> = tensors
            .layers()
            .map(|layer| Layer {
                name: layer.name.to_bytes(),
                data_type: layer.data_type,
                dims: layer.dims.as_slice(),
                bytes: layer.bytes(),
            })
            .collect();
        self.post.run(&Tensors {
            layers: &layers,
            network: self.network,
        })
    }

    /// Attaches what was found of each unit, then its tensors if `tensors` says so. What has gone from the batch since
    /// it was listed is passed over.
    /// What is a region's is attached to that as well.
    pub fn attach(
        &mut self,
        locked: &Locked<'_>,
        units: &[Unit],
        findings: Vec<Findings>,
        tensors: Option<&[NewTensorMeta]>,
    ) -> Result<(), nvds::Error> {
        let frames: Vec<_> = locked.frames().collect();
        let regions = Regions::of(locked, units);
        for (index, (unit, findings)) in units.iter().zip(findings).enumerate() {
            let Some(&frame) = frames.get(unit.frame) else {
                continue;
            };
            let object = find(&frame, unit.object);
            if unit.object != 0 && object.is_none() {
                continue;
            }
            let roi = unit.region.and_then(|region| regions.find(&region));
            if unit.region.is_some() && roi.is_none() {
                continue;
            }
            let target = Target {
                locked,
                frame,
                object,
                roi,
                size: unit.size,
                unique_id: self.unique_id,
            };
            self.attach_one(&target, unit, findings)?;
            if let Some(meta) = tensors.and_then(|tensors| tensors.get(index)) {
                target.tensors(meta)?;
            }
        }
        self.attach_remembered(locked, &frames)
    }

    fn attach_one(
        &mut self,
        target: &Target<'_, '_>,
        unit: &Unit,
        findings: Findings,
    ) -> Result<(), nvds::Error> {
        match findings {
            Findings::Objects(detections) => {
                let Some(region) = unit.region else {
                    let source = unit.crop.map_or(unit.size, |c| (c.width, c.height));
                    let network = (self.network.width, self.network.height);
                    let fit = Fit::new(source, network, self.padding.0, self.padding.1);
                    return target.objects(&detections, &fit, &self.post, None);
                };
                let clip = self.clip;
                let place = Place {
                    rect: region.rect,
                    clip,
                };
                target.objects(&detections, &region.fit, &self.post, Some(place))
            }
            Findings::Classes(said) => {
                if let (Some(objects), Some(track)) = (&mut self.objects, unit.track) {
                    objects.remember(unit.key.pad_index, track, &said);
                }
                target.classes(&said, self.classifier_type.as_deref())
            }
            Findings::Segments(segments) => target.segments(segments),
            Findings::Nothing => Ok(()),
        }
    }

    /// Attaches what was said before of objects that are not inferred in this frame.
    fn attach_remembered<'s>(
        &self,
        locked: &'s Locked<'_>,
        frames: &[Frame<'s>],
    ) -> Result<(), nvds::Error> {
        let Some(objects) = &self.objects else {
            return Ok(());
        };
        for &(frame, address, source, track) in &self.remembered {
            let frame = frames.get(frame);
            let object = frame.and_then(|frame| Some((*frame, find(frame, address)?)));
            if let (Some((frame, object)), Some(said)) = (object, objects.said(source, track)) {
                let target = Target {
                    locked,
                    frame,
                    object: Some(object),
                    roi: None,
                    size: (0, 0),
                    unique_id: self.unique_id,
                };
                target.classes_again(said, self.classifier_type.as_deref())?;
            }
        }
        Ok(())
    }
}

fn find<'s>(frame: &Frame<'s>, address: usize) -> Option<Object<'s>> {
    if address == 0 {
        return None;
    }
    frame.objects().find(|object| object.address() == address)
}

/// What tells a frame from others.
pub fn key_of(frame: &Frame<'_>) -> UnitKey {
    UnitKey {
        pad_index: frame.pad_index(),
        source_id: frame.source_id(),
        frame_num: frame.frame_num(),
        batch_id: frame.batch_id(),
        size: (0, 0),
        buf_pts: frame.buf_pts(),
        object: None,
    }
}
