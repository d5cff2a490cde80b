//! Reads keys and values. Errors tell the file, the key, what was expected and what was found.

use toml::de::{DeTable, DeValue};

use super::network::{self, Network};
use super::{OnError, Options, VARIABLE};
use crate::function::Function;

/// Keys for all functions at once.
const COMMON: [&str; 2] = ["deepstream-version", "on-error"];
/// Keys for all functions or one.
const OF_NETWORK: [&str; 22] = [
    "anchors",
    "anchors-form",
    "background-class",
    "bins",
    "box-form",
    "box-units",
    "boxes-layer",
    "cell-boxes",
    "classes-layer",
    "count-layer",
    "detections-layer",
    "extras",
    "format",
    "labels",
    "multi-label",
    "nms-iou-threshold",
    "nms-mode",
    "objectness",
    "score-activation",
    "scores-layer",
    "strides",
    "top-k",
];
const VARIANCES: &str = "variances";

/// One value.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Value>),
    Other(&'static str),
}

/// Reads a file into the options.
pub fn file(options: &mut Options, name: &str, text: &str) -> Result<(), String> {
    let table = DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text
            .as_bytes()
            .iter()
            .take(start)
            .filter(|byte| **byte == b'\n')
            .count();
        format!("{name}: line {line}: {}", error.message())
    })?;
    let place = |offset: usize, key: &str| {
        let line = 1 + text
            .as_bytes()
            .iter()
            .take(offset)
            .filter(|byte| **byte == b'\n')
            .count();
        format!("{name}: line {line}: {key}")
    };
    // Those for all functions first, in whatever order they stand.
    for tables in [false, true] {
        for (key, value) in table.get_ref() {
            let (start, key) = (key.span().start, key.get_ref().as_ref());
            match value.get_ref() {
                DeValue::Table(table) if tables => {
                    let function = Function::ALL.into_iter().find(|f| f.section() == key);
                    let function = function.ok_or_else(|| {
                        format!(
                            "{}: expected one of the tables any, yolo, detr, ssd, face",
                            place(start, key)
                        )
                    })?;
                    for (key, value) in table {
                        let (start, key) = (key.span().start, key.get_ref().as_ref());
                        set(options, Some(function), key, &Value::of(value.get_ref()))
                            .map_err(|error| format!("{}: {error}", place(start, key)))?;
                    }
                }
                DeValue::Table(_) => (),
                _ if tables => (),
                value => set(options, None, key, &Value::of(value))
                    .map_err(|error| format!("{}: {error}", place(start, key)))?,
            }
        }
    }
    Ok(())
}

/// Reads `key=value;key=value` into the options. A key may have a function's table before it: `yolo.format=yolov8`.
pub fn line(options: &mut Options, line: &str) -> Result<(), String> {
    for part in line
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (key, text) = part.split_once('=').ok_or_else(|| {
            format!(
                "{VARIABLE}: {part}: expected key=value;key=value, such as format=yolov8;labels=80"
            )
        })?;
        let (key, text) = (key.trim(), text.trim());
        let (function, key) = match key.split_once('.') {
            Some((section, key)) => {
                let function = Function::ALL.into_iter().find(|f| f.section() == section);
                let function = function.ok_or_else(|| {
                    format!("{VARIABLE}: {section}: expected one of any, yolo, detr, ssd, face")
                })?;
                (Some(function), key)
            }
            None => (None, key),
        };
        let value = match DeTable::parse(&format!("value = {text}")) {
            Ok(table) => table
                .get_ref()
                .get("value")
                .map(|value| Value::of(value.get_ref())),
            Err(_) => None,
        };
        let value = value.unwrap_or_else(|| Value::Text(text.to_owned()));
        set(options, function, key, &value)
            .map_err(|error| format!("{VARIABLE}: {key}: {error}"))?;
    }
    Ok(())
}

fn set(
    options: &mut Options,
    function: Option<Function>,
    key: &str,
    value: &Value,
) -> Result<(), String> {
    if function.is_none() && COMMON.contains(&key) {
        match key {
            "deepstream-version" => options.deepstream_version = Some(value.version()?),
            _ => {
                options.on_error = value.word("empty or fail", |word| match word {
                    "empty" => Some(OnError::Empty),
                    "fail" => Some(OnError::Fail),
                    _ => None,
                })?;
            }
        }
        return Ok(());
    }
    if key != VARIANCES && !OF_NETWORK.contains(&key) {
        return Err(unknown(key, function.is_none()));
    }
    for (index, network) in options.networks.iter_mut().enumerate() {
        if function.is_none_or(|function| function as usize == index) {
            set_network(network, key, value)?;
        }
    }
    Ok(())
}

fn unknown(key: &str, common: bool) -> String {
    let all = || {
        let common = COMMON.iter().filter(move |_| common);
        OF_NETWORK.iter().chain([&VARIANCES]).chain(common).copied()
    };
    let near = all()
        .map(|known| (strsim::osa_distance(key, known), known))
        .filter(|(distance, _)| *distance <= (key.chars().count() / 3).clamp(1, 3))
        .min();
    match near {
        Some((_, near)) => format!("no such key, did you mean {near}?"),
        None => format!(
            "no such key, expected one of {}",
            all().collect::<Vec<_>>().join(", ")
        ),
    }
}

fn set_network(network: &mut Network, key: &str, value: &Value) -> Result<(), String> {
    match key {
        "format" => network.format = Some(value.text("a name")?.to_owned()),
        "labels" => network.labels = Some(value.whole(1)?),
        "box-form" => network.layout.box_form = Some(value.word(FORMS, network::box_form)?),
        "box-units" => {
            let units = value.word("pixels or normalised", network::box_units)?;
            network.layout.box_units = Some(units);
        }
        "score-activation" => {
            let activation =
                value.word("none, sigmoid, softmax or percent", network::activation)?;
            network.layout.activation = Some(activation);
        }
        "background-class" => {
            let class = match value {
                Value::Integer(class) => network::background(*class),
                _ => None,
            };
            network.layout.background =
                class.ok_or_else(|| value.expected("a class, or -1 for none"))?;
        }
        "objectness" => network.yolo.objectness = Some(value.boolean()?),
        "cell-boxes" => network.yolo.cells = Some(value.boolean()?),
        "multi-label" => network.yolo.multi_label = value.boolean()?,
        "extras" => network.yolo.extras = Some(value.whole(0)?),
        "bins" => network.yolo.bins = Some(value.whole(2)?),
        "strides" => {
            network.yolo.strides = value.list("strides such as [8, 16, 32]", |stride| {
                stride
                    .whole(1)
                    .ok()
                    .and_then(|stride| u32::try_from(stride).ok())
            })?;
        }
        "anchors" => network.anchors = Some(value.text("a name or a path")?.to_owned()),
        "anchors-form" => network.anchors_form = value.word(FORMS, network::box_form)?,
        VARIANCES => {
            let what = "four numbers such as [10, 10, 5, 5]";
            let all = value.list(what, |number| number.number().map(|number| number as f32))?;
            let four = <[f32; 4]>::try_from(all).map_err(|_| value.expected(what))?;
            network.variances = Some(four);
        }
        "nms-mode" => {
            network.nms_mode =
                value.word("none, usual, per-class or agnostic", network::nms_mode)?;
        }
        "nms-iou-threshold" => {
            let number = value.number().filter(|number| (0.0..=1.0).contains(number));
            network.nms_iou_threshold =
                number.ok_or_else(|| value.expected("a number from 0 to 1"))? as f32;
        }
        "top-k" => network.top_k = value.whole(0)?,
        layer => {
            let role = network::role(layer).ok_or_else(|| unknown(layer, false))?;
            network
                .layout
                .layers
                .set(role, Some(value.text("a layer's name")?.to_owned()));
        }
    }
    Ok(())
}

const FORMS: &str = "xyxy, yxyx, xywh or yxhw";

impl Value {
    fn of(value: &DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.to_string()),
            DeValue::Integer(integer) => {
                match i64::from_str_radix(integer.as_str(), integer.radix()) {
                    Ok(integer) => Self::Integer(integer),
                    Err(_) => Self::Other("an integer of more than 64 bits"),
                }
            }
            DeValue::Float(float) => match float.as_str().parse() {
                Ok(float) => Self::Float(float),
                Err(_) => Self::Other("a float that cannot be read"),
            },
            DeValue::Boolean(truth) => Self::Boolean(*truth),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Array(array) => Self::List(
                array
                    .iter()
                    .map(|value| Self::of(value.get_ref()))
                    .collect(),
            ),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }

    fn expected(&self, what: &str) -> String {
        let found = match self {
            Self::Text(text) => format!("\"{text}\""),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Boolean(truth) => truth.to_string(),
            Self::List(list) => format!("a list of {}", list.len()),
            Self::Other(what) => (*what).to_owned(),
        };
        format!("expected {what}, found {found}")
    }

    fn text(&self, what: &str) -> Result<&str, String> {
        match self {
            Self::Text(text) if !text.is_empty() => Ok(text),
            _ => Err(self.expected(what)),
        }
    }

    fn word<T>(&self, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        self.text(what)
            .ok()
            .and_then(read)
            .ok_or_else(|| self.expected(what))
    }

    fn boolean(&self) -> Result<bool, String> {
        match self {
            Self::Boolean(truth) => Ok(*truth),
            _ => Err(self.expected("true or false")),
        }
    }

    fn whole(&self, least: usize) -> Result<usize, String> {
        let number = match self {
            Self::Integer(number) => usize::try_from(*number).ok(),
            _ => None,
        };
        // Far more than any network has, and little enough to calculate with.
        let number = number.filter(|number| (least..=1_000_000).contains(number));
        number.ok_or_else(|| self.expected(&format!("a whole number from {least}")))
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    fn version(&self) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Float(number) => Ok(format!("{number:?}")),
            _ => Err(self.expected("a version such as \"7.1\"")),
        }
    }

    fn list<T>(&self, what: &str, read: impl Fn(&Self) -> Option<T>) -> Result<Vec<T>, String> {
        let all = match self {
            Self::List(list) => list.iter().map(read).collect(),
            _ => None,
        };
        all.ok_or_else(|| self.expected(what))
    }
}

#[cfg(test)]
mod tests;
