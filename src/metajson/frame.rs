//! From a frame's metadata to a line of JSON. docs/metajson.md tells what the members mean.

use nvds::{Classifier, Color, Display, Frame, Layer, Object, Rect, TensorMeta, Text, UserMeta};

use super::json::Json;
use super::{Fields, analytics, rle};
use crate::points;
use crate::skeleton::Skeleton;

/// What is known of a frame beside its metadata.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// Which parts are written.
    pub fields: Fields,
    /// Number of the buffer.
    pub buffer: u64,
    /// Size in pixels, if known.
    pub size: Option<(u32, u32)>,
}

/// Writes frames; keeps its scratch memory.
#[derive(Debug, Default)]
pub struct FrameWriter {
    /// Addresses of a frame's objects with their indices, sorted.
    indices: Vec<(usize, u32)>,
    /// The text of a mask.
    runs: Vec<u8>,
    /// What names key points, before the usual sets do.
    skeletons: Vec<Skeleton>,
}

impl FrameWriter {
    pub fn new(skeletons: Vec<Skeleton>) -> Self {
        Self {
            skeletons,
            ..Self::default()
        }
    }

    /// Writes the names of so many key points, where they are known.
    fn key_point_names(&self, json: &mut Json, count: usize) {
        let mut own = self.skeletons.iter();
        if let Some(own) = own.find(|skeleton| skeleton.points.len() == count) {
            json.key("key_point_names")
                .array(&own.points, |json, name| json.string(name.as_bytes()));
        } else if let Some(set) = points::of(count) {
            json.key("key_point_names")
                .array(set.points, |json, name| json.string(name.as_bytes()));
        }
    }

    /// Writes one line. Lists come in the order of attachment.
    pub fn write(&mut self, json: &mut Json, frame: &Frame<'_>, context: &Context) {
        let fields = context.fields;
        json.object(|json| {
            json.key("buffer").unsigned(context.buffer);
            json.key("pad_index").unsigned(frame.pad_index());
            json.key("source_id").unsigned(frame.source_id());
            json.key("frame_num").signed(frame.frame_num());
            json.key("batch_id").unsigned(frame.batch_id());
            if fields.contains(Fields::TIMES) {
                let pts = Some(frame.buf_pts()).filter(|pts| *pts != u64::MAX);
                optional(json.key("pts"), pts);
                json.key("ntp").unsigned(frame.ntp_timestamp());
            }
            if fields.contains(Fields::SIZE) {
                optional(json.key("width"), context.size.map(|size| size.0));
                optional(json.key("height"), context.size.map(|size| size.1));
            }
            if fields.contains(Fields::INFER_DONE) {
                json.key("infer_done").bool(frame.infer_done());
            }
            if fields.contains(Fields::OBJECTS) {
                self.index(frame);
                json.key("objects")
                    .array(frame.objects().rev(), |json, object| {
                        self.object(json, frame, &object, fields);
                    });
            }
            if fields.contains(Fields::DISPLAYS) {
                json.key("displays").array(frame.displays().rev(), display);
            }
            if fields.contains(Fields::TENSORS) {
                let tensors = frame.user_metas().rev().filter_map(|meta| meta.as_tensor());
                json.key("tensors").array(tensors, tensor);
            }
            if fields.contains(Fields::SEGMENTATIONS) {
                segmentations(json, frame.user_metas().rev());
            }
            if fields.contains(Fields::EMBEDDINGS) {
                embeddings(json, frame.user_metas().rev());
            }
            if fields.contains(Fields::ANALYTICS) {
                analytics::frame(json, frame);
            }
            if fields.contains(Fields::USER_METAS) {
                json.key("user_metas")
                    .array(frame.user_metas().rev(), |json, meta| {
                        json.signed(meta.meta_type());
                    });
            }
        });
        json.end_line();
    }

    /// Notes which object has which index, if any object has a parent to be looked up.
    fn index(&mut self, frame: &Frame<'_>) {
        self.indices.clear();
        if frame.objects().any(|object| object.parent().is_some()) {
            let addresses = frame.objects().rev().map(|object| object.address());
            self.indices.extend(addresses.zip(0..));
            self.indices.sort_unstable();
        }
    }

    /// The index of an object, `None` if it is not on the frame's list.
    fn index_of(&self, object: &Object<'_>) -> Option<u32> {
        let address = object.address();
        let at = self.indices.partition_point(|(other, _)| *other < address);
        let (found, index) = *self.indices.get(at)?;
        (found == address).then_some(index)
    }

    fn object(&mut self, json: &mut Json, frame: &Frame<'_>, object: &Object<'_>, fields: Fields) {
        json.object(|json| {
            json.key("class_id").signed(object.class_id());
            json.key("label").string(object.label_bytes());
            json.key("confidence").float(object.confidence());
            optional(json.key("object_id"), object.track_id());
            json.key("unique_component_id")
                .signed(object.unique_component_id());
            let drawn = object.rect_params();
            rects(json, drawn.rect, object.detector_rect());
            if fields.contains(Fields::STYLE) {
                let style = drawn.style;
                json.key("border").object(|json| {
                    json.key("width").unsigned(style.border_width);
                    color(json.key("color"), style.border_color);
                });
                let shown = object.text();
                text(json.key("text"), &shown);
                json.key("text_at")
                    .unsigneds([shown.x_offset(), shown.y_offset()]);
            }
            let parent = object.parent().and_then(|parent| self.index_of(&parent));
            optional(json.key("parent"), parent);
            if fields.contains(Fields::CLASSIFIERS) {
                json.key("classifiers")
                    .array(object.classifiers().rev(), classifier);
            }
            // Most objects have none: one look instead of one for each kind.
            let has_metas = object.user_metas().next().is_some();
            if fields.contains(Fields::ROTATION) {
                let corners = has_metas.then(|| object.corners()).flatten();
                let degrees = object.rotation();
                if degrees != 0.0 || corners.is_some() {
                    json.key("rotation").float(degrees);
                }
                if let Some(corners) = corners {
                    json.key("corners").array(corners.points, |json, corner| {
                        json.floats([corner.x, corner.y]);
                    });
                }
            }
            if has_metas && fields.contains(Fields::SEGMENTATIONS) {
                segmentations(json, object.user_metas().rev());
            }
            if fields.contains(Fields::MASKS)
                && let Some(mask) = object.mask()
                && let Some(runs) = rle::runs(&mask, &mut self.runs)
            {
                json.key("mask").object(|json| {
                    json.key("size").unsigneds([mask.height, mask.width]);
                    json.key("counts").string(runs);
                });
            }
            if fields.contains(Fields::KEY_POINTS) {
                let points = if has_metas { object.key_points() } else { &[] };
                if !points.is_empty() {
                    json.key("key_points").array(points, |json, point| {
                        json.floats([point.x, point.y, point.confidence]);
                    });
                }
                if fields.contains(Fields::KEY_POINT_NAMES) {
                    self.key_point_names(json, points.len());
                }
            }
            if has_metas && fields.contains(Fields::EMBEDDINGS) {
                embeddings(json, object.user_metas().rev());
            }
            if has_metas && fields.contains(Fields::ANALYTICS) {
                analytics::object(json, object, frame);
            }
        });
    }
}

fn optional(json: &mut Json, value: Option<impl Into<u64>>) {
    match value {
        Some(value) => json.unsigned(value),
        None => json.null(),
    }
}

fn rect(json: &mut Json, rect: Rect) {
    json.floats([rect.left, rect.top, rect.width, rect.height]);
}

/// Writes both boxes. Most are the same until a tracker moves one: numbers take most of the time.
fn rects(json: &mut Json, shown: Rect, detected: Rect) {
    let bits = |of: Rect| [of.left, of.top, of.width, of.height].map(f32::to_bits);
    let from = json.key("rect").place();
    rect(json, shown);
    let to = json.place();
    json.key("detector_rect");
    if bits(shown) == bits(detected) {
        json.again(from..to);
    } else {
        rect(json, detected);
    }
}

fn point(json: &mut Json, (x, y): (u32, u32)) {
    json.unsigneds([x, y]);
}

fn color(json: &mut Json, color: Color) {
    json.color([color.red, color.green, color.blue, color.alpha]);
}

fn fill(json: &mut Json, fill: Option<Color>) {
    match fill {
        Some(fill) => color(json, fill),
        None => json.null(),
    }
}

fn text(json: &mut Json, text: &Text<'_>) {
    match text.display_text() {
        Some(text) => json.string(text.to_bytes()),
        None => json.null(),
    }
}

fn classifier(json: &mut Json, classifier: Classifier<'_>) {
    json.object(|json| {
        json.key("unique_component_id")
            .signed(classifier.unique_component_id());
        if let Some(kind) = classifier.classifier_type() {
            json.key("type").string(kind.as_bytes());
        }
        json.key("labels")
            .array(classifier.labels().rev(), |json, label| {
                json.object(|json| {
                    json.key("label").string(label.text_bytes());
                    json.key("class_id").unsigned(label.class_id());
                    json.key("probability").float(label.probability());
                });
            });
    });
}

fn display(json: &mut Json, display: Display<'_>) {
    json.object(|json| {
        json.key("texts").array(display.texts(), |json, shown| {
            json.object(|json| {
                text(json.key("text"), &shown);
                json.key("at")
                    .unsigneds([shown.x_offset(), shown.y_offset()]);
            });
        });
        json.key("rects").array(display.rects(), |json, shape| {
            json.object(|json| {
                rect(json.key("rect"), shape.rect);
                json.key("width").unsigned(shape.style.border_width);
                color(json.key("color"), shape.style.border_color);
                fill(json.key("fill"), shape.style.fill);
            });
        });
        json.key("lines").array(display.lines(), |json, shape| {
            json.object(|json| {
                point(json.key("from"), shape.from);
                point(json.key("to"), shape.to);
                json.key("width").unsigned(shape.width);
                color(json.key("color"), shape.color);
            });
        });
        json.key("arrows").array(display.arrows(), |json, shape| {
            json.object(|json| {
                point(json.key("from"), shape.from);
                point(json.key("to"), shape.to);
                json.key("width").unsigned(shape.width);
                json.key("head").unsigned(shape.head.number());
                color(json.key("color"), shape.color);
            });
        });
        json.key("circles").array(display.circles(), |json, shape| {
            json.object(|json| {
                point(json.key("center"), shape.center);
                json.key("radius").unsigned(shape.radius);
                json.key("width").unsigned(shape.width);
                color(json.key("color"), shape.color);
                fill(json.key("fill"), shape.fill);
            });
        });
    });
}

/// Writes how many pixels have each class, of segmentations that there are.
fn segmentations<'a>(json: &mut Json, metas: impl Iterator<Item = UserMeta<'a>>) {
    let mut metas = metas.filter_map(|meta| meta.as_segmentation()).peekable();
    if metas.peek().is_none() {
        return;
    }
    json.key("segmentations").array(metas, |json, found| {
        json.object(|json| {
            optional(
                json.key("unique_id"),
                found.unique_id.and_then(|id| u32::try_from(id).ok()),
            );
            json.key("size").unsigneds([found.height, found.width]);
            let (mut counts, mut none) = (Vec::new(), 0_u64);
            for &class in found.class_map {
                match usize::try_from(class) {
                    Ok(class) if class < MOST_CLASSES => {
                        if class >= counts.len() {
                            counts.resize(class + 1, 0_u64);
                        }
                        counts[class] += 1;
                    }
                    _ => none += 1,
                }
            }
            json.key("pixels")
                .array(counts, |json, count| json.unsigned(count));
            json.key("without").unsigned(none);
        });
    });
}

/// Writes the embeddings, if there are some.
fn embeddings<'a>(json: &mut Json, metas: impl Iterator<Item = UserMeta<'a>>) {
    let mut metas = metas.filter_map(|meta| meta.as_embedding()).peekable();
    if metas.peek().is_none() {
        return;
    }
    json.key("embeddings").array(metas, |json, found| {
        json.object(|json| {
            json.key("unique_component_id")
                .signed(found.unique_component_id);
            json.key("norm").float(found.norm);
            json.key("values")
                .array(found.values, |json, value| json.float(*value));
        });
    });
}

/// Higher class numbers are garbage.
const MOST_CLASSES: usize = 65_536;

fn tensor(json: &mut Json, tensor: TensorMeta<'_>) {
    json.object(|json| {
        json.key("unique_id").unsigned(tensor.unique_id());
        json.key("layers");
        match tensor.layers() {
            Ok(layers) => json.array(layers, layer),
            Err(_) => json.null(),
        }
    });
}

fn layer(json: &mut Json, layer: Layer<'_>) {
    json.object(|json| {
        json.key("name").string(layer.name_bytes());
        json.key("dims");
        match layer.dims() {
            Ok(dims) => json.array(dims.as_slice(), |json, dim| json.unsigned(*dim as u64)),
            Err(_) => json.null(),
        }
        json.key("type");
        match layer.data_type() {
            Ok(data_type) => json.string(data_type.name().as_bytes()),
            Err(_) => json.null(),
        }
    });
}
