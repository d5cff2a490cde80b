//! Properties and pads of every stand-in against those of the stock elements, and the table of how
//! close the stand-ins are.

mod fidelity;
mod inspect;
mod mux_support;

/// What a stand-in has beyond the stock element, or otherwise than it, on purpose.
fn on_purpose(factory: &str, difference: &str) -> bool {
    match factory {
        // A bin of GStreamer's decoders here, a subclass of GstVideoDecoder there.
        "nvv4l2decoder" => {
            difference.starts_with("hierarchy: ")
                || difference.starts_with("interfaces: ")
                || difference.starts_with("extra property async-handling")
                || difference.starts_with("extra property message-forward")
        }
        // NVIDIA's own may be in the same process.
        "nvdsanalytics" => {
            difference.starts_with("hierarchy: ") || difference.contains("GstNvdsAnalytics")
        }
        // The table is derived from source, where the order of pads is not said.
        "nvdslogger" | "nvsegvisual" => difference.starts_with("pads: "),
        "nvjpegenc" => difference.starts_with("interfaces: ") || of_a_bin(difference),
        // No instance of the stock element was there to list them.
        "nvmultiurisrcbin" => difference.starts_with("pads: expected null"),
        // Below nvv4l2decoder, see `codecs::kind`.
        "nvimagedec" => difference.starts_with("rank: ") || of_a_bin(difference),
        "nvimageenc" => of_a_bin(difference),
        // With those of Jetson's build.
        "nvv4l2h264enc" | "nvv4l2h265enc" => {
            of_a_bin(difference) || difference.starts_with("extra property ")
        }
        _ => false,
    }
}

/// What a bin of GStreamer's own encoder or decoder has otherwise than a subclass of GstVideoEncoder.
fn of_a_bin(difference: &str) -> bool {
    difference.starts_with("hierarchy: ")
        || difference.starts_with("extra property async-handling")
        || difference.starts_with("extra property message-forward")
}

/// Differences that are of no property or pad template of the table.
const BESIDES: [&str; 5] = ["extra", "hierarchy", "interfaces", "pads", "rank"];

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
    let mut counts = Vec::new();
    for table in &tables {
        let factory = table.file_stem().unwrap().to_str().unwrap();
        if factory == "nvstreammux" {
            continue; // the new mux, which has a test program of its own
        }
        let differences = inspect::differences(factory);
        let file = mux_support::json(&format!("inspect/{factory}.json"));
        let own = mux_support::array(&file["properties"])
            .iter()
            .filter(|property| inspect::is_own(&file, property));
        let cases = own.count() + mux_support::array(&file["pad_templates"]).len();
        // Those that are there but otherwise; extra ones are no captured cases.
        let within = differences
            .iter()
            .filter(|d| on_purpose(factory, d) && !BESIDES.iter().any(|start| d.starts_with(start)))
            .count();
        // Tables that were derived from source or documents are compared, but are no captures.
        let captured = |source: &str| source.starts_with("introspected");
        if file["source"].as_str().is_none_or(captured) {
            let count = fidelity::Count {
                exact: cases - within,
                within,
                not_modelled: 0,
            };
            counts.push((factory.to_owned(), count));
        }
        wrong.extend(
            differences
                .iter()
                .filter(|difference| !on_purpose(factory, difference))
                .map(|difference| format!("{factory}: {difference}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (factory, count) in counts {
        fidelity::record(&factory, "properties and pads", count);
    }
}

#[test]
fn fidelity_table_is_current() {
    assert_eq!(fidelity::wrong(), None);
}
