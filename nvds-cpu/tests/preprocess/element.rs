//! What `nvdspreprocess` attaches.

use gst::prelude::*;
use gst_check::Harness;
use nvds::Batch;

use super::support::{
    Files, TWO_SOURCES, batch, failure, harness, has_6_2, object, pull, seen, with_inputs,
};

#[test]
fn regions_become_tensors_of_the_most_units() {
    let files = Files::new("regions");
    let config = files.preprocess(&[], TWO_SOURCES);
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let buffer = pull(&mut h, batch(2));
    let first = ([0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 0.0, 3.0, 3.0, 0.0]);
    let second = ([8.0, 4.0, 8.0, 8.0], [8.0, 4.0, 0.0, 14.0, 10.0, 0.0]);
    let whole = ([0.0, 0.0, 16.0, 16.0], [0.0, 0.0, 1.0, 12.0, 12.0, 1.0]);
    let mut found = seen(&buffer);
    found.sort_by_key(|tensor| (tensor.0, tensor.2.len() == 1));
    let number = u32::from(has_6_2());
    assert_eq!(
        found,
        [
            (0, vec![2, 3, 4, 4], vec![first, second]),
            (number, vec![1, 3, 4, 4], vec![whole])
        ]
    );
    with_inputs(&buffer, |inputs| {
        let rois: Vec<_> = inputs.iter().flat_map(|input| input.rois()).collect();
        let ratios: Vec<_> = rois.iter().map(|roi| roi.scale_ratio().0).collect();
        assert!(ratios.contains(&1.0) && ratios.contains(&0.5) && ratios.contains(&0.25));
        assert!(rois.iter().all(|roi| roi.object_address() == 0));
    });
    let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let drawn: Vec<usize> = locked
        .frames()
        .map(|frame| frame.displays().map(|d| d.rects().len()).sum())
        .collect();
    assert_eq!(drawn, [2, 0], "draw-roi=0 is for the second source");
    let copy = buffer.copy();
    drop(locked);
    assert!(
        with_inputs(&copy, |inputs| inputs.is_empty()),
        "no copy has it"
    );
}

#[test]
fn padding_normalisation_order_and_half_precision_are_as_configured() {
    let files = Files::new("padding");
    let config = files.preprocess(
        &[
            ("maintain-aspect-ratio", "1"),
            ("symmetric-padding", "1"),
            ("network-color-format", "1"),
            ("tensor-data-type", "7"),
        ],
        "offsets=1;2;3\n[group-0]\nsrc-ids=-1\nprocess-on-roi=1\nroi-params-src-0=4;6;8;4\n",
    );
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let buffer = pull(&mut h, batch(1));
    with_inputs(&buffer, |inputs| {
        let tensor = inputs[0].tensor().unwrap();
        assert_eq!(tensor.data_type, Some(nvds::PreparedType::Half));
        let halves = tensor.bytes().unwrap().chunks_exact(2);
        let values: Vec<f32> = halves
            .map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32())
            .collect();
        let roi = inputs[0].rois().next().unwrap();
        assert_eq!((roi.offset(), roi.scale_ratio()), ((0.0, 1.0), (0.5, 0.5)));
        // Blue, green and red less their offsets; black above and below.
        assert_eq!(values[16..24], [-2.0, -2.0, -2.0, -2.0, 4.0, 4.0, 4.0, 4.0]);
        assert_eq!(values[36..40], [1.0, 3.0, 5.0, 7.0]);
        assert_eq!(values[4], -1.0);
    });
}

#[test]
fn objects_are_prepared_where_they_are_asked_for() {
    let files = Files::new("objects");
    let config = files.preprocess(
        &[("process-on-frame", "0"), ("operate-on-gie-id", "1")],
        "[group-0]\nsrc-ids=0\nprocess-on-all-objects=0\noperate-on-class-ids=2\nroi-params-src-0=0;0;8;16\n\
         [group-1]\nsrc-ids=1\nprocess-on-all-objects=1\ninput-object-min-width=5\n",
    );
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let buffer = batch(2);
    {
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let frames: Vec<_> = locked.frames().collect();
        for (frame, class, rect) in [
            (0, 2, [1.0, 2.0, 4.0, 4.0]),
            (0, 2, [8.0, 0.0, 8.0, 8.0]),   // beside the region
            (0, 1, [0.0, 0.0, 8.0, 8.0]),   // another class
            (1, 7, [-4.0, 0.0, 8.0, 40.0]), // partly outside
            (1, 7, [0.0, 0.0, 4.0, 8.0]),   // too small
        ] {
            locked
                .add_object(&frames[frame], &object(class, rect), None)
                .unwrap();
        }
    }
    let buffer = pull(&mut h, buffer);
    let found = seen(&buffer);
    let boxes: Vec<_> = found[0].2.iter().map(|(rect, _)| *rect).collect();
    assert_eq!(boxes, [[1.0, 2.0, 4.0, 4.0], [0.0, 0.0, 4.0, 16.0]]);
    // An odd corner is cut at the even pixel behind it.
    assert_eq!(found[0].2[0].1[..3], [2.0, 2.0, 0.0]);
    with_inputs(&buffer, |inputs| {
        let known = inputs[0].rois().all(|roi| roi.object_address() != 0);
        assert_eq!(known, has_6_2());
    });
}

#[test]
fn intervals_and_events_change_what_is_prepared() {
    let files = Files::new("interval");
    let group = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\ninterval=1\nroi-params-src-0=0;0;4;4\n";
    let config = files.preprocess(&[], group);
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let count = |h: &mut Harness| {
        let found = seen(&pull(h, batch(1)));
        found
            .iter()
            .map(|tensor| tensor.2.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(count(&mut h), [1]);
    assert!(count(&mut h).is_empty());
    let regions = [[0, 0, 8, 8], [8, 8, 8, 8]];
    assert!(h.push_event(nvds::event::roi_update("0", &regions)));
    assert!(h.push_event(nvds::event::roi_update("9", &[])));
    assert_eq!(count(&mut h), [2]);
    let mut off = harness(&format!("nvdspreprocess config-file={config} enable=0"));
    assert!(count(&mut off).is_empty());
}

#[test]
fn a_region_outside_of_the_frame_ends_the_stream() {
    let files = Files::new("outside");
    let group = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nroi-params-src-0=100;0;40;40\n";
    let config = files.preprocess(&[], group);
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    assert_eq!(h.push(batch(1)), Err(gst::FlowError::Error));
}

#[test]
fn what_keeps_the_element_from_starting_is_told() {
    let files = Files::new("start");
    for (launch, expected) in [
        (
            "nvdspreprocess".to_owned(),
            "Configuration file not provided",
        ),
        (
            "nvdspreprocess config-file=/none.txt".to_owned(),
            "/none.txt",
        ),
        (
            format!(
                "nvdspreprocess config-file={}",
                files.preprocess(&[("custom-lib-path", "libmine.so")], TWO_SOURCES)
            ),
            "libmine.so is not loaded by the CPU stand-in",
        ),
    ] {
        let error = failure(&launch);
        assert!(error.contains(expected), "{launch}\n{error}");
    }
    let mean = "mean-file=mean.ppm\n[group-0]\nsrc-ids=0\n";
    let config = files.preprocess(&[], mean);
    let launch = format!("nvdspreprocess config-file={config}");
    assert!(failure(&launch).contains("mean.ppm: No such file"));
    files.write("mean.ppm", "P6 5 4 255\n");
    assert!(failure(&launch).contains("it has 5x4 pixels, the network's input 4x4"));
    // One sample for each channel and pixel.
    let samples: Vec<u8> = (0..48).collect();
    files.write("mean.ppm", [b"P6 4 4 255\n".as_slice(), &samples].concat());
    let mut h = harness(&launch);
    let found = seen(&pull(&mut h, batch(1)));
    // Red 12, green 12 and blue 0 of the last pixel less its 45, 46 and 47.
    assert_eq!(found[0].2[0].1, [0.0, -1.0, -2.0, -33.0, -34.0, -47.0]);
}

#[test]
fn sources_that_never_come_are_named_at_the_end() {
    let files = Files::new("missing");
    let group = "[group-0]\nsrc-ids=0;5\nprocess-on-roi=1\nroi-params-src-0=0;0;8;8\nroi-params-src-5=0;0;8;8\n";
    let config = files.preprocess(&[], group);
    let mut h = harness(&format!("nvdspreprocess config-file={config}"));
    let bus = gst::Bus::new();
    h.element().unwrap().set_bus(Some(&bus));
    pull(&mut h, batch(1));
    assert!(h.push_event(gst::event::Eos::new()));
    let told = bus.pop_filtered(&[gst::MessageType::Warning]).unwrap();
    let gst::MessageView::Warning(told) = told.view() else {
        unreachable!();
    };
    let told = told.error().to_string();
    assert!(
        told.starts_with("no frame came of source 5 of [group-0]: "),
        "{told}"
    );
    assert!(bus.pop_filtered(&[gst::MessageType::Warning]).is_none());
}
