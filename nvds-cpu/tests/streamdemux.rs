//! The demux stand-in against captures of the real one, behind the mux stand-in.

#[path = "../../nvds/tests/everything/mod.rs"]
mod everything;
mod fidelity;
mod mux_support;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use everything::{Counted, Seen};
use gst::prelude::*;
use gstnvdscpu::surface::Surfaces;
use mux_support::*;

/// A mux and a demux with a sink at each of the pads, and what came to these sinks.
fn bench(properties: &str, pads: &[u32]) -> (Bench, Vec<Record>) {
    let branches: Vec<_> = pads
        .iter()
        .map(|id| format!("d.src_{id} ! fakesink name=s{id} async=false sync=false"))
        .collect();
    let bench = Bench::with_sink(
        properties,
        &format!("nvstreamdemux name=d {}", branches.join(" ")),
    );
    let records = pads
        .iter()
        .map(|id| {
            let sink = bench.pipeline.by_name(&format!("s{id}")).unwrap();
            Record::of(&sink.static_pad("sink").unwrap())
        })
        .collect();
    (bench, records)
}

#[test]
fn two_sources_as_captured() {
    let (bench, records) = bench("batch-size=2", &[0, 1]);
    let feeders = [
        Feeder::new(&bench.mux, 0, (320, 240), 30),
        Feeder::new(&bench.mux, 1, (640, 360), 30),
    ];
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(3));
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    for (record, name) in records.iter().zip(["src_0", "src_1"]) {
        let captured = run("surface/nvstreamdemux.json", name);
        let caps: gst::Caps = captured["caps"].as_str().unwrap().parse().unwrap();
        // Types of fields included.
        assert_eq!(record.caps().to_string(), caps.to_string());
        let buffers = record.buffers();
        let expected = array(&captured["buffers"]);
        assert_eq!(buffers.len(), expected.len());
        for (buffer, expected) in buffers.iter().zip(expected) {
            assert_eq!(surface_json(buffer), captured_surface(&expected["surface"]));
            assert_eq!(batch(buffer), BatchMeta::of_json(&expected["batch_meta"]));
            let nanos = |time: Option<gst::ClockTime>| time.map(gst::ClockTime::nseconds);
            assert_eq!(nanos(buffer.pts()), expected["pts"].as_u64());
            assert_eq!((buffer.dts(), buffer.duration()), (None, None));
            assert_eq!(
                u64::from(buffer.flags().bits()),
                expected["buffer_flags"].as_u64().unwrap()
            );
            let size = nvds::release().unwrap().layout().surface;
            assert_eq!((buffer.n_memory(), buffer.size()), (1, size));
            let memory = buffer.peek_memory(0);
            assert!(memory.flags().contains(gst::MemoryFlags::READONLY));
        }
        // Caps were sometimes told twice, there.
        let mut events = captured_events(&captured);
        events.dedup();
        let mut ours = plain_events(record);
        ours.dedup();
        assert_eq!(ours, events);
        let mut posted = element_messages(&messages, "stream-eos");
        posted.sort();
        let mut expected: Vec<_> = array(&captured["messages"])
            .iter()
            .filter_map(|m| m["structure"].as_str().map(str::to_owned))
            .collect();
        expected.sort();
        assert_eq!(posted, expected);
    }
    let count = fidelity::Count::exact(records.len());
    fidelity::record("nvstreamdemux", "pads of a run", count);
}

/// The converter behind the mux and behind the demux.
#[test]
fn batches_are_converted_as_captured() {
    let all = json("surface/batched-nvvideoconvert.json");
    let runs = array(&all["runs"]);
    for run in runs {
        let name = run["name"].as_str().unwrap();
        let (record, messages) = play(run["pipeline"].as_str().unwrap(), "c");
        assert_eq!(errors(&messages), [""; 0], "{name}");
        let mut caps: gst::Caps = run["caps"].as_str().unwrap().parse().unwrap();
        let mut ours = record.caps();
        for caps in [&mut caps, &mut ours] {
            // Follows from the shape of whichever source is first, which is a race, there and here.
            let structure = caps.make_mut().structure_mut(0).unwrap();
            structure.remove_field("pixel-aspect-ratio");
        }
        assert!(ours.is_strictly_equal(&caps), "{name}: {ours}, not {caps}");
        let buffers = record.buffers();
        let expected = array(&run["buffers"]);
        assert_eq!(buffers.len(), expected.len(), "{name}");
        for (buffer, expected) in buffers.iter().zip(expected) {
            assert_eq!(
                Some(buffer.size() as u64),
                expected["size"].as_u64().map(surface_layout::size_here),
                "{name}"
            );
            if expected["surface"].is_object() {
                let surface = captured_surface(&expected["surface"]);
                assert_eq!(surface_json(buffer), surface, "{name}");
            }
            let meta = BatchMeta::of_json(&expected["batch_meta"]);
            assert_eq!(batch(buffer), meta, "{name}");
            assert_eq!((buffer.dts(), buffer.duration()), (None, None), "{name}");
            let memory = buffer.peek_memory(0);
            assert_eq!(
                Some(memory.flags().contains(gst::MemoryFlags::READONLY)),
                expected["memory_readonly"].as_bool(),
                "{name}"
            );
        }
    }
    fidelity::record(
        "nvvideoconvert",
        "batches",
        fidelity::Count::exact(runs.len()),
    );
}

#[test]
fn properties_and_pads_are_the_captured_ones() {
    compare_properties("nvstreamdemux", &[], &Default::default());
    compare_factory("nvstreamdemux");
}

#[test]
fn surfaces_are_shared_and_kept() {
    let (bench, records) = bench("batch-size=2", &[0, 1]);
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    let frames = [7, 9].map(|value| feeders[0].frame(0, value));
    for (feeder, frame) in feeders.iter().zip(&frames) {
        feeder.start();
        feeder.pad.push(frame.clone()).unwrap();
        feeder.eos();
    }
    let _ = bench.finish();
    for (record, frame) in records.iter().zip(&frames) {
        let out = record.buffers().remove(0);
        {
            let surfaces = Surfaces::map(&out).unwrap();
            surfaces.write(0).unwrap().planes()[0].data[0] = 200;
        }
        let surfaces = Surfaces::map(frame).unwrap();
        let first = surfaces.read(0).unwrap().planes()[0].data[..2].to_vec();
        assert_eq!(first[0], 200, "the frame that went in has changed");
        assert!(first[1] == 7 || first[1] == 9);
    }
}

#[test]
fn objects_and_tensors_of_a_frame_leave_with_it() {
    let (bench, records) = bench("batch-size=2", &[0, 1]);
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    let src = bench.mux.static_pad("src").unwrap();
    src.add_probe(gst::PadProbeType::BUFFER, |_, info| {
        let batch = nvds::Batch::from_buffer(info.buffer().unwrap())
            .unwrap()
            .unwrap();
        let locked = batch.lock();
        for frame in locked.frames() {
            let label = format!("of {}", frame.pad_index());
            let object = nvds::NewObject {
                unique_component_id: 1,
                class_id: frame.pad_index() as i32,
                confidence: 0.5,
                rect: nvds::Rect {
                    left: 1.0,
                    top: 2.0,
                    width: 3.0,
                    height: 4.0,
                },
                style: nvds::RectStyle::default(),
                label: &label,
                text: None,
            };
            locked.add_object(&frame, &object, None).unwrap();
            locked.set_infer_done(&frame);
        }
        gst::PadProbeReturn::Ok
    });
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(4));
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let _ = bench.finish();
    for (id, record) in (0_u32..).zip(&records) {
        let buffers = record.buffers();
        assert_eq!(buffers.len(), 4);
        for (number, buffer) in buffers.iter().enumerate() {
            let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
            let frames: Vec<_> = batch.frames().collect();
            assert_eq!(frames.len(), 1);
            assert_eq!((frames[0].pad_index(), frames[0].batch_id()), (id, 0));
            assert_eq!(frames[0].frame_num() as usize, number);
            assert!(frames[0].infer_done());
            let labels: Vec<_> = frames[0]
                .objects()
                .map(|o| o.label().into_owned())
                .collect();
            assert_eq!(labels, [format!("of {id}")]);
        }
    }
}

/// Key points, masks, segmentations and the like of a frame, and what is freed once the buffers are gone.
#[test]
fn everything_on_a_frame_leaves_with_it() {
    let (bench, records) = bench("batch-size=2", &[0, 1]);
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    let src = bench.mux.static_pad("src").unwrap();
    let counted = Arc::new(Counted::default());
    let sent = Arc::new(Mutex::new([Vec::new(), Vec::new()]));
    src.add_probe(gst::PadProbeType::BUFFER, {
        let (counted, sent) = (counted.clone(), sent.clone());
        move |_, info| {
            let batch = nvds::Batch::from_buffer(info.buffer().unwrap());
            let locked = batch.unwrap().unwrap().lock();
            for frame in locked.frames() {
                let pad = frame.pad_index();
                let seed = pad * 100 + frame.frame_num() as u32;
                everything::fill(&locked, &frame, seed, &counted);
                sent.lock().unwrap()[pad as usize].push(Seen::of(&frame));
            }
            gst::PadProbeReturn::Ok
        }
    });
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(3));
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let (batches, _) = bench.finish();
    for (record, sent) in records.iter().zip(&*sent.lock().unwrap()) {
        let buffers = record.buffers();
        assert_eq!((buffers.len(), sent.len()), (3, 3));
        for (buffer, sent) in buffers.iter().zip(sent) {
            // The batches that they came in are gone: only values can be compared.
            assert_eq!(Seen::of_buffer(buffer)[0].values, sent.values);
        }
    }
    for record in records.iter().chain([&batches]) {
        record.0.lock().unwrap().clear();
    }
    assert_eq!(counted.alive.load(Ordering::SeqCst), 0);
}

#[test]
fn frames_without_a_linked_pad_are_dropped() {
    // Pad 1 is not requested at all, pad 2 leads nowhere.
    let (bench, records) = bench("batch-size=3", &[0]);
    let demux = bench.pipeline.by_name("d").unwrap();
    let nowhere = demux.request_pad_simple("src_2").unwrap();
    let feeders = [0, 1, 2].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(3));
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(records[0].buffers().len(), 3);
    demux.release_request_pad(&nowhere);
    assert!(demux.static_pad("src_2").is_none());
}

/// A sink that prerolls waits for something on a pad whose source never comes, and all the others with it.
#[test]
fn a_pad_without_a_source_does_not_keep_the_pipeline_from_playing() {
    let branches = "nvstreamdemux name=d d.src_0 ! fakesink name=s0 d.src_1 ! fakesink \
                    d.src_2 ! queue ! nvvideoconvert ! fakesink";
    let bench = Bench::with_sink("batch-size=1", branches);
    let sink = bench.pipeline.by_name("s0").unwrap();
    let record = Record::of(&sink.static_pad("sink").unwrap());
    let feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    bench.play();
    let thread = feeder.spawn(5);
    let _feeder = joined(thread);
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(record.buffers().len(), 5);
}

#[test]
fn an_early_end_leaves_the_other_branch_its_frames() {
    let (bench, records) = bench("batch-size=2", &[0, 1]);
    let long = Feeder::new(&bench.mux, 0, (64, 48), 30);
    let short = Feeder::new(&bench.mux, 1, (64, 48), 30);
    bench.play();
    let threads = [long.spawn(8), short.spawn(2)];
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    assert_eq!(
        records
            .iter()
            .map(|r| r.buffers().len())
            .collect::<Vec<_>>(),
        [8, 2]
    );
    for (record, frames) in records.iter().zip([8, 2]) {
        let events = record.events();
        let (before, last) = events.last().unwrap();
        assert_eq!((*before, last.type_()), (frames, gst::EventType::Eos));
    }
}

#[test]
fn it_can_be_played_twice() {
    let (bench, records) = bench("batch-size=1", &[0]);
    let mut feeder = Feeder::new(&bench.mux, 0, (64, 48), 30);
    for round in 1..=2 {
        bench.play();
        feeder = feeder.spawn(2).join().unwrap();
        assert_eq!(errors(&wait(&bench.pipeline)), [""; 0]);
        bench.pipeline.set_state(gst::State::Ready).unwrap();
        assert_eq!(records[0].buffers().len(), 2 * round);
    }
    let events = records[0].events();
    let starts = events
        .iter()
        .filter(|(_, event)| event.type_() == gst::EventType::StreamStart);
    assert_eq!(starts.count(), 2);
}

#[test]
fn pads_are_asked_for_by_number() {
    init();
    let demux = gst::ElementFactory::make("nvstreamdemux").build().unwrap();
    let template = demux.pad_template("src_%u").unwrap();
    assert!(demux.request_pad(&template, None, None).is_none());
    for name in ["src_x", "src_%u", "src_"] {
        assert!(demux.request_pad_simple(name).is_none(), "{name}");
    }
    let pad = demux.request_pad_simple("src_7").unwrap();
    assert_eq!(pad.name(), "src_7");
    // The same source.
    assert!(demux.request_pad_simple("src_07").is_none());
    demux.release_request_pad(&pad);
    assert!(demux.request_pad_simple("src_07").is_some());
    assert!(demux.static_pad("src_07").is_some());
}

/// As deepstream-app connects its branches where there is no tiler: pads `src_%02d`, found again by
/// that name.
#[test]
fn branches_are_connected_by_the_names_that_were_asked_for() {
    let bench = Bench::with_sink("batch-size=2", "nvstreamdemux name=d");
    let demux = bench.pipeline.by_name("d").unwrap();
    let records = [0, 1].map(|id| {
        let name = format!("src_{id:02}");
        demux.request_pad_simple(&name).unwrap();
        let sink = gst::ElementFactory::make("fakesink")
            .property("async", false)
            .build()
            .unwrap();
        bench.pipeline.add(&sink).unwrap();
        let pad = sink.static_pad("sink").unwrap();
        demux.static_pad(&name).unwrap().link(&pad).unwrap();
        Record::of(&pad)
    });
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    bench.play();
    let threads = feeders.map(|feeder| feeder.spawn(3));
    let _feeders = threads.map(|thread| thread.join().unwrap());
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    for (id, record) in (0..).zip(&records) {
        assert_eq!(record.buffers().len(), 3);
        assert_eq!(batch(&record.buffers()[2]).frames[0].pad_index, id);
    }
}

/// Metas of a source's buffer travel in a user meta of its frame, as those of a parser's SEI messages.
#[test]
fn metas_of_a_source_are_on_its_buffers_behind_the_demux() {
    let (bench, records) = bench("batch-size=2", &[0, 1]);
    let feeders = [0, 1].map(|id| Feeder::new(&bench.mux, id, (64, 48), 30));
    let batches = Record::of(&bench.mux.static_pad("src").unwrap());
    bench.play();
    let caps = gst::Caps::new_empty_simple("timestamp/x-test");
    let (time, none) = (gst::ClockTime::SECOND, gst::ClockTime::NONE);
    for (id, feeder) in (0..).zip(&feeders) {
        feeder.start();
        let mut frame = feeder.frame(0, 128);
        if id == 1 {
            let frame = frame.get_mut().unwrap();
            gst::ReferenceTimestampMeta::add(frame, &caps, time, none);
        }
        feeder.pad.push(frame).unwrap();
        feeder.eos();
    }
    let (_, messages) = bench.finish();
    assert_eq!(errors(&messages), [""; 0]);
    let kinds = |buffer: &gst::BufferRef| -> Vec<Vec<i32>> {
        let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap().lock();
        let frames = batch.frames();
        frames
            .map(|f| f.user_metas().map(|m| m.meta_type()).collect())
            .collect()
    };
    let hidden = nvds::sys::GstNvDsMetaType_NVDS_BUFFER_GST_AS_FRAME_USER_META;
    let whole = &batches.buffers()[0];
    assert_eq!(kinds(whole), [vec![], vec![hidden]]);
    assert!(whole.meta::<gst::ReferenceTimestampMeta>().is_none());
    for (record, times) in records.iter().zip([None, Some(time)]) {
        let buffer = &record.buffers()[0];
        assert_eq!(kinds(buffer), [Vec::<i32>::new(); 1]);
        let meta = buffer.meta::<gst::ReferenceTimestampMeta>();
        assert_eq!(meta.map(|meta| meta.timestamp()), times);
    }
}

#[test]
fn a_buffer_without_batch_is_an_error_that_says_so() {
    init();
    let pipeline = gst::parse::launch(
        "videotestsrc num-buffers=1 ! video/x-raw,format=NV12,width=64,height=48 ! nvvideoconvert \
         ! video/x-raw(memory:NVMM),format=NV12 ! nvstreamdemux name=d d.src_0 ! fakesink",
    )
    .unwrap()
    .downcast::<gst::Pipeline>()
    .unwrap();
    let _ = pipeline.set_state(gst::State::Playing);
    let messages = wait(&pipeline);
    pipeline.set_state(gst::State::Null).unwrap();
    let errors = errors(&messages);
    assert!(errors[0].contains("nvstreammux"), "{errors:?}");
}

#[test]
fn what_is_not_modelled_is_refused_by_name() {
    init();
    for (caps, text) in [
        (
            "audio/x-raw(memory:NVMM), format=S16LE, layout=interleaved, channels=1, rate=8000",
            "audio/x-raw",
        ),
        (
            "video/x-raw(memory:NVMM), format=NV12, width=64, height=48, framerate=30/1, \
             batch-size=1, num-surfaces-per-frame=4",
            "num-surfaces-per-frame=4",
        ),
    ] {
        let demux = gst::ElementFactory::make("nvstreamdemux").build().unwrap();
        let bus = gst::Bus::new();
        demux.set_bus(Some(&bus));
        demux.set_state(gst::State::Paused).unwrap();
        let sink = demux.static_pad("sink").unwrap();
        assert!(sink.send_event(gst::event::StreamStart::new("test")));
        let caps: gst::Caps = caps.parse().unwrap();
        assert!(!sink.send_event(gst::event::Caps::new(&caps)));
        let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
        let gst::MessageView::Error(error) = message.view() else {
            unreachable!()
        };
        assert!(error.error().to_string().contains(text), "{error:?}");
        demux.set_state(gst::State::Null).unwrap();
    }
}
