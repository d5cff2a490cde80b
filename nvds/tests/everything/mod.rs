//! Frames that carry every kind of metadata that this project attaches, and all that can be seen of them.
#![allow(dead_code)] // each test program uses a part

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use nvds::*;

/// Data that is counted: how many of it are alive, and how often it was copied.
#[derive(Debug, Default)]
pub struct Counted {
    pub alive: AtomicIsize,
    pub copies: AtomicIsize,
}

/// One piece of it. One that is freed twice makes the count negative.
#[derive(Debug)]
pub struct Piece(Arc<Counted>);

impl Piece {
    pub fn new(counted: &Arc<Counted>) -> Box<Self> {
        counted.alive.fetch_add(1, Ordering::SeqCst);
        Box::new(Self(counted.clone()))
    }
}

impl Clone for Piece {
    fn clone(&self) -> Self {
        self.0.copies.fetch_add(1, Ordering::SeqCst);
        *Self::new(&self.0)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The type of [`Piece`]s.
pub fn piece_type() -> UserMetaType {
    UserMetaType::named(c"rsnvds.tests.piece").unwrap()
}

fn tensor(unique_id: u32) -> NewTensorMeta {
    let network = NetworkInfo {
        width: 300,
        height: 200,
        channels: 3,
    };
    let layer = NewLayer {
        name: c"scores".into(),
        data_type: DataType::UInt8,
        dims: Dims::new(&[4]).unwrap(),
        memory: Arc::new(AlignedBytes::copy_of(&[1, 2, 3, unique_id as u8])),
        offset: 0,
    };
    NewTensorMeta::new(unique_id, network, Producer::NvInfer, vec![layer]).unwrap()
}

fn segmentation(seed: i32) -> NewSegmentation {
    let classes: Vec<_> = (0..6).map(|i| (i + seed) % 4 - 1).collect();
    let probabilities = (0..18).map(|i| (i + seed) as f32 / 32.0).collect();
    NewSegmentation::new(seed, (3, 2), 3, classes, probabilities).unwrap()
}

fn values(seed: u32) -> Vec<f32> {
    (0..130)
        .map(|i| (i * 7 + seed) as f32 / 64.0 - 1.0)
        .collect()
}

/// Gives a frame everything; `seed` makes frames differ.
pub fn fill(locked: &Locked<'_>, frame: &Frame<'_>, seed: u32, counted: &Arc<Counted>) {
    locked
        .add_user_meta_to_frame(frame, piece_type(), Piece::new(counted))
        .unwrap();
    locked.add_tensor_to_frame(frame, &tensor(seed)).unwrap();
    let values = values(seed);
    let embedding = NewEmbedding {
        unique_component_id: seed as i32,
        norm: seed as f32 + 0.5,
        values: &values,
    };
    locked.add_embedding_to_frame(frame, &embedding).unwrap();
    locked
        .add_segmentation_to_frame(frame, segmentation(seed as i32))
        .unwrap();
    add_analytics_to_frame(locked, frame, seed);
    for class in 0..3 {
        add_object(locked, frame, seed * 10 + class, &embedding);
    }
}

fn add_analytics_to_frame(locked: &Locked<'_>, frame: &Frame<'_>, seed: u32) {
    let zones = [AnalyticsZone {
        name: FixedText::new("hall"),
        objects: seed,
        ..AnalyticsZone::default()
    }];
    let lines = [AnalyticsLine {
        name: FixedText::new("door"),
        into: u64::from(seed),
        ..AnalyticsLine::default()
    }];
    let events = [AnalyticsEvent {
        label: FixedText::new("person"),
        object_id: u64::from(seed),
        ..AnalyticsEvent::default()
    }; 2];
    let found = AnalyticsFrame {
        element: FixedText::new("yard"),
        run: seed,
        zones: &zones,
        lines: &lines,
        classes: &[AnalyticsClass::default()],
        rules: &[AnalyticsRule::default()],
        events: &events,
    };
    locked.add_analytics_to_frame(frame, &found).unwrap();
}

fn add_object(locked: &Locked<'_>, frame: &Frame<'_>, seed: u32, embedding: &NewEmbedding<'_>) {
    let at = seed as f32;
    let rect = Rect {
        left: at,
        top: at + 1.0,
        width: at + 20.0,
        height: at + 30.0,
    };
    let label = format!("thing {seed}");
    let new = NewObject {
        unique_component_id: 1,
        class_id: seed as i32,
        confidence: 0.5,
        rect,
        style: RectStyle::default(),
        label: &label,
        text: Some(NewText {
            text: &label,
            x: at,
            y: at,
            font: FontName::SERIF,
            size: 10,
            color: Color::WHITE,
            background: None,
        }),
    };
    let object = locked.add_object(frame, &new, None).unwrap();
    let points = [0.25, 0.5, 0.75].map(|confidence| KeyPoint {
        x: at + confidence,
        y: at - confidence,
        confidence,
    });
    locked.add_key_points(&object, &points).unwrap();
    if check_joints().is_ok() {
        locked.add_joints(frame, &object, &points).unwrap();
    }
    locked.add_embedding_to_object(&object, embedding).unwrap();
    locked
        .add_corners(&object, Corners::of(&rect, at + 15.0))
        .unwrap();
    locked
        .add_segmentation_to_object(&object, segmentation(seed as i32))
        .unwrap();
    locked.add_tensor_to_object(&object, &tensor(seed)).unwrap();
    let found = AnalyticsObject {
        run: seed,
        marks: &[AnalyticsMark::default(); 2],
        speed: Some(at),
        velocity: None,
    };
    locked.add_analytics_to_object(&object, &found).unwrap();
    let mask = Mask {
        data: &[at, 0.25, 0.5, 0.75, 1.0, 0.0],
        width: 3,
        height: 2,
        threshold: 0.5,
    };
    locked.set_mask(&object, &NewMask::new(mask).unwrap());
    for id in 0..2 {
        let labels = ["red", "\u{e9}t\u{e9}"].map(|text| NewLabel {
            text,
            class_id: id,
            label_id: seed,
            probability: 0.75,
        });
        let classifier = NewClassifier {
            unique_component_id: id as i32,
            labels: &labels,
        };
        locked.add_classifier(&object, &classifier).unwrap();
    }
}

/// What is seen of a frame and of what hangs on it, in an order that does not depend on the lists', and where the data is.
#[derive(Debug, Default, PartialEq)]
pub struct Seen {
    pub values: Vec<String>,
    pub places: Vec<usize>,
}

impl Seen {
    fn user_meta(&mut self, whose: &str, meta: &UserMeta<'_>) {
        self.places.push(meta.data() as usize);
        let value = if let Some(points) = meta.as_key_points() {
            format!("{points:?}")
        } else if let Some(embedding) = meta.as_embedding() {
            format!("{embedding:?}")
        } else if let Some(corners) = meta.as_corners() {
            format!("{corners:?}")
        } else if let Some(found) = meta.as_analytics_frame() {
            format!("{found:?}")
        } else if let Some(found) = meta.as_analytics_object() {
            format!("{found:?}")
        } else if let Some(segmentation) = meta.as_segmentation() {
            self.places.push(segmentation.class_map.as_ptr() as usize);
            self.places
                .push(segmentation.probabilities.as_ptr() as usize);
            format!("{segmentation:?}")
        } else if let Some(event) = meta.as_pose_event() {
            format!("{event:?}")
        } else if let Some(tensor) = meta.as_tensor() {
            let layer = tensor.layers().unwrap().next().unwrap();
            format!(
                "{} {:?} {:?}",
                tensor.unique_id(),
                tensor.network(),
                layer.data()
            )
        } else {
            String::new()
        };
        let kind = meta.meta_type();
        self.values.push(format!("{whose}: {kind} {value}"));
    }

    fn object(&mut self, object: &Object<'_>) {
        let whose = object.label().into_owned();
        let mask = object.mask();
        let text = object.text().display_text();
        self.places
            .extend(mask.map(|mask| mask.data.as_ptr() as usize));
        self.places.extend(text.map(|text| text.as_ptr() as usize));
        let shape = (object.class_id(), object.rect());
        self.values
            .push(format!("{whose}: {shape:?} {mask:?} {text:?}"));
        for classifier in object.classifiers() {
            let id = classifier.unique_component_id();
            for label in classifier.labels() {
                let numbers = (label.class_id(), label.label_id(), label.probability());
                let text = label.text();
                self.values
                    .push(format!("{whose}: {id} {text} {numbers:?}"));
            }
        }
        for meta in object.user_metas() {
            self.user_meta(&whose, &meta);
        }
    }

    /// Of one frame.
    pub fn of(frame: &Frame<'_>) -> Self {
        let mut seen = Self::default();
        for meta in frame.user_metas() {
            seen.user_meta("frame", &meta);
        }
        for object in frame.objects() {
            seen.object(&object);
        }
        seen.values.sort();
        seen
    }

    /// Of all frames of a buffer.
    pub fn of_buffer(buffer: &gst::BufferRef) -> Vec<Self> {
        let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
        locked.frames().map(|frame| Self::of(&frame)).collect()
    }

    /// Whether a copy shows the same, from memory of its own.
    #[track_caller]
    pub fn assert_copied(&self, copy: &Self) {
        assert_eq!(self.values, copy.values);
        assert_eq!(self.places.len(), copy.places.len());
        let shared = self.places.iter().find(|at| copy.places.contains(at));
        assert_eq!(shared, None, "both lead to the same memory");
        assert!(!copy.places.contains(&0));
    }
}
