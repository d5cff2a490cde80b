//! Properties and pads of every stand-in against those of the stock elements.

mod inspect;
mod mux_support;

/// What a stand-in has beyond the stock element, or otherwise than it, on purpose.
fn on_purpose(factory: &str, difference: &str) -> bool {
    match factory {
        // One element of ours is both of stock's muxes; the tables are of the new one.
        "nvstreammux" => {
            difference.starts_with("extra property ")
                || difference.starts_with("batched-push-timeout: minimum: ")
        }
        // A bin of GStreamer's decoders here, a subclass of GstVideoDecoder there.
        "nvv4l2decoder" => difference.starts_with("hierarchy: "),
        _ => false,
    }
}

#[test]
fn properties_and_pads_of_all_stand_ins_are_the_stock_elements() {
    mux_support::init();
    let folder = mux_support::data("inspect");
    let mut tables: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    tables.sort();
    let mut wrong = Vec::new();
    for table in &tables {
        let factory = table.file_stem().unwrap().to_str().unwrap();
        let differences = inspect::differences(factory);
        wrong.extend(
            differences
                .iter()
                .filter(|difference| !on_purpose(factory, difference))
                .map(|difference| format!("{factory}: {difference}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
