//! TOML as JSON, to compare what is read with a schema.

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// A text that is TOML.
pub fn as_json(text: &str) -> Value {
    object(DeTable::parse(text).unwrap().get_ref())
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .unwrap()
            .into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().unwrap().into(),
        DeValue::Boolean(truth) => (*truth).into(),
        DeValue::Datetime(time) => time.to_string().into(),
        DeValue::Array(array) => array.iter().map(|value| json(value.get_ref())).collect(),
        DeValue::Table(table) => object(table),
    }
}

fn object(table: &DeTable<'_>) -> Value {
    let members = table
        .iter()
        .map(|(key, value)| (key.get_ref().clone().into_owned(), json(value.get_ref())));
    Value::Object(members.collect::<Map<_, _>>())
}
