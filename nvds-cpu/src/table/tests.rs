use super::*;

fn table() -> Table {
    Table::new(vec![
        uint("count", "Count", "", 1..=7, 1).ready(),
        int64("offset", "Offset", "", i64::MIN..=i64::MAX, -5),
        text("range", "Range", "", Some("0,0"))
            .construct()
            .fresh(Setting::Text(Some("1,30".into()))),
        flag("slow", "Slow", "", false).cannot("is not slow here"),
    ])
}

#[test]
fn values_read_back_as_they_were_set() {
    let table = table();
    let values = Values::default();
    let spec = |name: &str| table.row(name).unwrap().1.clone();
    assert_eq!(values.number(&table, "offset"), -5);
    values.set(&i64::MIN.to_value(), &spec("offset"));
    let read = values.get(&table, &spec("offset"));
    assert_eq!(read.get::<i64>().unwrap(), i64::MIN);
    values.set(&7_u32.to_value(), &spec("count"));
    assert_eq!(values.get(&table, &spec("count")).get::<u32>().unwrap(), 7);
    assert_eq!(values.number(&table, "count"), 7);
}

#[test]
fn what_gobject_sets_at_first_is_no_setting() {
    let table = table();
    let values = Values::default();
    let spec = table.row("range").unwrap().1;
    values.set(&"0,0".to_value(), spec);
    assert_eq!(values.text(&table, "range"), "1,30");
    values.set(&"2,2".to_value(), spec);
    values.set(&"0,0".to_value(), spec);
    assert_eq!(values.text(&table, "range"), "0,0");
}
