//! Frames as lines of JSON: as rsmetajson writes them, and what it does not write.

use nvds::{
    Classifier, Color, Frame, LayerData, Locked, Object, Rect, Segmentation, TensorMeta, UserMeta,
};
use serde_json::{Map, Value, json};

use super::Lines;

const FNV_START: u64 = 1_469_598_103_934_665_603;
const FNV_PRIME: u64 = 1_099_511_628_211;
/// Sizes of a frame where the frame meta says nothing of it.
type Size = (u32, u32);

fn fnv1a64(bytes: &[u8]) -> String {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME);
    format!("{:016x}", bytes.iter().fold(FNV_START, step))
}

/// A number with the fewest digits that read back as the same 32 bits; null where JSON has none.
fn float(value: f32) -> Value {
    let text = value.to_string();
    let number: Option<f64> = text.parse().ok().filter(|n: &f64| n.is_finite());
    match number {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e9 => json!(number as i64),
        number => json!(number),
    }
}

/// As rsmetajson writes it, with a point.
fn pointed(value: f32) -> Value {
    json!(
        value
            .to_string()
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
    )
}

/// Bytes that are no UTF-8 become characters for private use, as in rsmetajson.
fn text(bytes: &[u8]) -> Value {
    const ESCAPED_BYTE: u32 = 0x10_fc00;
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let invalid = chunk.invalid().iter();
        text.extend(invalid.filter_map(|byte| char::from_u32(ESCAPED_BYTE + u32::from(*byte))));
    }
    json!(text)
}

fn rect(rect: Rect) -> Value {
    json!([rect.left, rect.top, rect.width, rect.height].map(pointed))
}

fn hex(color: Color) -> String {
    let part = |part: f64| (part.clamp(0.0, 1.0) * 255.0) as u8;
    format!(
        "#{:02x}{:02x}{:02x}{:02x}",
        part(color.red),
        part(color.green),
        part(color.blue),
        part(color.alpha)
    )
}

fn shares(color: Color) -> Value {
    json!([color.red, color.green, color.blue, color.alpha].map(|part| float(part as f32)))
}

/// The lines of a batch.
pub fn lines(buffer: usize, locked: &Locked<'_>, sizes: &[Size], sources: usize, to: &mut Lines) {
    for (frame, size) in locked.frames().zip(sizes) {
        to.objects.push(objects_line(buffer, &frame, *size));
        to.more
            .push(more_line(buffer, &frame, *size, sources, locked));
    }
}

fn objects_line(buffer: usize, frame: &Frame<'_>, (width, height): Size) -> String {
    let all: Vec<_> = frame.objects().rev().collect();
    let objects: Vec<_> = all.iter().map(|one| object_line(one, &all)).collect();
    let metas: Vec<UserMeta<'_>> = frame.user_metas().rev().collect();
    let tensors = metas.iter().filter_map(|meta| meta.as_tensor());
    let told = |tensor: TensorMeta<'_>| {
        let layer = |layer: nvds::Layer<'_>| {
            json!({
                "name": text(layer.name_bytes()),
                "dims": layer.dims().ok().map(|d| d.as_slice().to_vec()),
                "type": layer.data_type().ok().map(|t| t.name()),
            })
        };
        let layers: Vec<_> = tensor
            .layers()
            .map(|l| l.map(layer).collect())
            .unwrap_or_default();
        json!({"unique_id": tensor.unique_id(), "layers": layers})
    };
    json!({
        "buffer": buffer,
        "pad_index": frame.pad_index(),
        "source_id": frame.source_id(),
        "frame_num": frame.frame_num(),
        "batch_id": frame.batch_id(),
        "pts": frame.buf_pts(),
        "ntp": frame.ntp_timestamp(),
        "width": width,
        "height": height,
        "infer_done": frame.infer_done(),
        "objects": objects,
        "displays": frame.displays().map(|_| json!({})).collect::<Vec<_>>(),
        "tensors": tensors.map(told).collect::<Vec<_>>(),
        "user_metas": metas.iter().map(UserMeta::meta_type).collect::<Vec<_>>(),
    })
    .to_string()
}

fn object_line(object: &Object<'_>, all: &[Object<'_>]) -> Value {
    let style = object.rect_style();
    let shown = object.text();
    let parent = object.parent();
    json!({
        "class_id": object.class_id(),
        "label": text(object.label_bytes()),
        "confidence": pointed(object.confidence()),
        "object_id": object.track_id(),
        "unique_component_id": object.unique_component_id(),
        "rect": rect(object.rect()),
        "detector_rect": rect(object.detector_rect()),
        "border": {"width": style.border_width, "color": hex(style.border_color)},
        "text": shown.display_text().map(|shown| text(shown.to_bytes())),
        "text_at": [shown.x_offset(), shown.y_offset()],
        "parent": parent.and_then(|parent| all.iter().position(|other| *other == parent)),
        "classifiers": object.classifiers().rev().map(|one| classifier_line(&one)).collect::<Vec<_>>(),
    })
}

fn classifier_line(classifier: &Classifier<'_>) -> Value {
    let label = |label: nvds::Label<'_>| {
        json!({
            "label": text(label.text_bytes()),
            "class_id": label.class_id(),
            "probability": pointed(label.probability()),
        })
    };
    json!({
        "unique_component_id": classifier.unique_component_id(),
        "labels": classifier.labels().rev().map(label).collect::<Vec<_>>(),
    })
}

fn more_line(
    buffer: usize,
    frame: &Frame<'_>,
    size: Size,
    sources: usize,
    locked: &Locked<'_>,
) -> String {
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| line.insert(key.to_owned(), value);
    put("buffer", json!(buffer));
    put("pad_index", json!(frame.pad_index()));
    put("frame_num", json!(frame.frame_num()));
    put("num_obj_meta", json!(frame.num_objects()));
    let source = (frame.source_frame_width(), frame.source_frame_height());
    if source != size {
        put("source_frame", json!([source.0, source.1]));
    }
    let pipeline = (frame.pipeline_width(), frame.pipeline_height());
    if pipeline != (0, 0) {
        put("pipeline", json!([pipeline.0, pipeline.1]));
    }
    let frames = locked.frames().count();
    if frames != sources {
        put("frames_in_batch", json!(frames));
    }
    let objects = frame.objects().rev().enumerate();
    let objects = objects.map(|(index, object)| (index.to_string(), more_of(&object)));
    let objects: Map<_, _> = objects
        .filter(|(_, more)| more.as_object().is_some_and(|more| !more.is_empty()))
        .collect();
    put("objects", Value::Object(objects));
    put("user_metas", user_metas(frame.user_metas().rev()));
    Value::Object(line).to_string()
}

/// What of an object is not as most have it.
fn more_of(object: &Object<'_>) -> Value {
    let mut more = Map::new();
    let mut rect = Map::new();
    let style = object.rect_style();
    if style.fill.is_some() {
        rect.insert("has_bg_color".to_owned(), json!(1));
    }
    let fill = object.fill_color();
    if fill != Color::new(0.0, 0.0, 0.0, 0.0) {
        rect.insert("bg_color".to_owned(), shares(fill));
    }
    if style.border_color != Color::RED {
        rect.insert("border_color".to_owned(), shares(style.border_color));
    }
    if object.rotation() != 0.0 {
        rect.insert("rotation_angle".to_owned(), float(object.rotation()));
    }
    if !rect.is_empty() {
        more.insert("rect_params".to_owned(), Value::Object(rect));
    }
    let text = text_params(object);
    if !text.is_empty() {
        more.insert("text_params".to_owned(), Value::Object(text));
    }
    if let Some(mask) = object.mask() {
        let mask = json!({
            "size": size_of_val(mask.data),
            "width": mask.width,
            "height": mask.height,
            "threshold": float(mask.threshold),
            "data": mask.data.iter().map(|value| float(*value)).collect::<Vec<_>>(),
        });
        more.insert("mask_params".to_owned(), mask);
    }
    let classifiers: Vec<_> = object
        .classifiers()
        .rev()
        .map(|c| more_of_classifier(&c))
        .collect();
    if !classifiers.is_empty() {
        more.insert("classifiers".to_owned(), json!(classifiers));
    }
    let metas = user_metas(object.user_metas().rev());
    if metas.as_array().is_some_and(|metas| !metas.is_empty()) {
        more.insert("user_metas".to_owned(), metas);
    }
    Value::Object(more)
}

fn text_params(object: &Object<'_>) -> Map<String, Value> {
    let text = object.text();
    let font = text.font_name().map(std::ffi::CStr::to_string_lossy);
    let background = text.background();
    let mut params = Map::new();
    if font.as_deref() != Some("Serif") {
        params.insert("font_name".to_owned(), json!(font));
    }
    if text.font_size() != 11 {
        params.insert("font_size".to_owned(), json!(text.font_size()));
    }
    if text.color() != Color::WHITE {
        params.insert("font_color".to_owned(), shares(text.color()));
    }
    if background != Some(Color::BLACK) {
        params.insert("text_bg_clr".to_owned(), json!(background.map(shares)));
    }
    params
}

fn more_of_classifier(classifier: &Classifier<'_>) -> Value {
    json!({
        "unique_component_id": classifier.unique_component_id(),
        "classifier_type": classifier.classifier_type(),
        "label_ids": classifier.labels().rev().map(|l| l.label_id()).collect::<Vec<_>>(),
    })
}

fn user_metas<'a>(metas: impl Iterator<Item = UserMeta<'a>>) -> Value {
    let told = |meta: UserMeta<'_>| match (meta.as_tensor(), meta.as_segmentation()) {
        (Some(tensor), _) => tensor_meta(&tensor),
        (_, Some(segmentation)) => segmentation_meta(&segmentation),
        _ => json!({"meta_type": meta.meta_type()}),
    };
    Value::Array(metas.map(told).collect())
}

fn tensor_meta(tensor: &TensorMeta<'_>) -> Value {
    let network = tensor.network();
    let flag = |flag: Option<bool>| flag.map(i32::from);
    let layer = |layer: nvds::Layer<'_>| {
        let bytes = layer.data().ok();
        json!({
            "name": text(layer.name_bytes()),
            "type": layer.data_type().ok().map(|t| t as i32),
            "dims": layer.dims().ok().map(|d| d.as_slice().to_vec()),
            "fnv1a64": bytes.as_ref().map(|data| fnv1a64(LayerData::as_bytes(data))),
        })
    };
    json!({
        "meta_type": 12,
        "unique_id": tensor.unique_id(),
        "network": [network.width, network.height, network.channels],
        "maintain_aspect_ratio": flag(tensor.maintain_aspect_ratio()),
        "symmetric_padding": flag(tensor.symmetric_padding()),
        "layers": tensor.layers().map(|l| l.map(layer).collect::<Vec<_>>()).unwrap_or_default(),
    })
}

fn segmentation_meta(segmentation: &Segmentation<'_>) -> Value {
    let probabilities = segmentation.probabilities;
    let bytes: Vec<u8> = probabilities.iter().flat_map(|p| p.to_ne_bytes()).collect();
    json!({
        "meta_type": 13,
        "unique_id": segmentation.unique_id,
        "classes": segmentation.classes,
        "width": segmentation.width,
        "height": segmentation.height,
        "class_map": segmentation.class_map,
        "class_probabilities_map_fnv1a64": (!bytes.is_empty()).then(|| fnv1a64(&bytes)),
    })
}
