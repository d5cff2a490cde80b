//! Names of pads.

use gst::prelude::*;

use crate::mux_support::*;

fn mux() -> gst::Element {
    init();
    let mux = gst::ElementFactory::make("nvstreammux");
    mux.build().unwrap()
}

#[test]
fn pads_keep_the_name_that_was_asked_for() {
    let mux = mux();
    for name in ["sink_4", "sink_00", "sink_007"] {
        let pad = mux.request_pad_simple(name).unwrap();
        assert_eq!(pad.name(), name);
        assert_eq!(mux.static_pad(name), Some(pad));
    }
    let first = mux.static_pad("sink_4").unwrap();
    mux.release_request_pad(&first);
    let anew = mux.request_pad_simple("sink_4").unwrap();
    assert_ne!(first, anew);
    assert_eq!(mux.sink_pads().len(), 3);
}

#[test]
fn pads_without_a_number_are_refused_as_in_stock() {
    let mux = mux();
    for name in ["sink_%u", "sink_x", "sink_4294967296"] {
        assert_eq!(mux.request_pad_simple(name), None, "{name}");
    }
    let template = mux.pad_template("sink_%u").unwrap();
    assert_eq!(mux.request_pad(&template, None, None), None);
    // So a launch line has to name the pad, too.
    assert!(gst::parse::launch("nvvideotestsrc ! m. nvstreammux name=m ! fakesink").is_err());
    assert_eq!(mux.sink_pads().len(), 0);
}

/// `sink_00` is the pad of source 0: the new mux gives the same one again, the default one refuses.
#[test]
fn there_is_one_pad_for_each_source() {
    let mux = mux();
    let pad = mux.request_pad_simple("sink_00").unwrap();
    let again = mux.request_pad_simple("sink_0");
    assert_eq!(again, crate::SIZES.is_empty().then_some(pad));
    assert_eq!(mux.sink_pads().len(), 1);
}

#[test]
fn a_source_has_the_number_of_its_pad_however_that_is_written() {
    let bench = Bench::new(&crate::with("batch-size=1"));
    let sink = bench.mux.request_pad_simple("sink_003").unwrap();
    let feeder = Feeder::on(sink, (64, 48), 30, NV12);
    bench.play();
    let _feeder = feeder.spawn(2).join().unwrap();
    let (record, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(batch(&record.buffers()[1]).frames[0].pad_index, 3);
}
