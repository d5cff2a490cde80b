//! Two branches behind a tee work on one buffer at the same time.

mod common;
mod crowd;
#[path = "../nvds/tests/everything/mod.rs"]
mod everything;

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::*;
use everything::{Counted, Seen as Everything};
use gst::prelude::*;
use nvds::Batch;

const OBJECTS: u64 = 4;

/// What a branch showed: texts of objects and frames, and how many objects a frame had.
#[derive(Default)]
struct Seen {
    texts: BTreeSet<String>,
    objects: BTreeSet<usize>,
}

/// A tee with two branches, each of which ends in something that draws as the stock nvdsosd does.
struct Tee {
    harness: gst_check::Harness,
    bin: gst::Bin,
    bus: gst::Bus,
    frames: [Arc<AtomicU64>; 2],
    seen: [Arc<Mutex<Seen>>; 2],
    pushed: u64,
}

impl Tee {
    /// With these elements in its branches.
    fn new(branches: [&str; 2]) -> Self {
        init();
        let ends = [0, 1].map(|i| {
            format!(
                "{} ! fakesink name=end{i} signal-handoffs=true sync=false async=false",
                branches[i]
            )
        });
        let line = format!(
            "tee name=t t. ! queue max-size-buffers=8 ! {} t. ! queue max-size-buffers=8 ! {}",
            ends[0], ends[1]
        );
        let mut harness = gst_check::Harness::new_parse(&line);
        let bin = harness.element().unwrap().downcast::<gst::Bin>().unwrap();
        let bus = gst::Bus::new();
        for element in bin.iterate_recurse().into_iter().flatten() {
            element.set_bus(Some(&bus));
        }
        let frames = [0, 1].map(|_| Arc::new(AtomicU64::new(0)));
        let seen = [0, 1].map(|_| Arc::new(Mutex::new(Seen::default())));
        for i in 0..2 {
            let (frames, seen) = (frames[i].clone(), seen[i].clone());
            let end = bin.by_name(&format!("end{i}")).unwrap();
            end.connect("handoff", false, move |arguments| {
                let buffer = arguments[1].get::<gst::Buffer>().unwrap();
                draw(&buffer, &mut seen.lock().unwrap());
                frames.fetch_add(1, Ordering::SeqCst);
                None
            });
        }
        harness.set_src_caps_str("video/x-raw,format=RGBA,width=1920,height=1080,framerate=25/1");
        Self {
            harness,
            bin,
            bus,
            frames,
            seen,
            pushed: 0,
        }
    }

    fn push(&mut self, buffer: gst::Buffer) {
        self.harness.push(buffer).unwrap();
        self.pushed += 1;
    }

    /// Waits until both branches are done.
    fn finish(&self) {
        let start = Instant::now();
        while self
            .frames
            .iter()
            .any(|n| n.load(Ordering::SeqCst) < self.pushed)
        {
            assert!(start.elapsed() < Duration::from_secs(60), "a branch hangs");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn warnings(&self) -> Vec<String> {
        std::iter::from_fn(|| self.bus.pop_filtered(&[gst::MessageType::Warning]))
            .map(|message| match message.view() {
                gst::MessageView::Warning(warning) => warning.error().to_string(),
                _ => unreachable!(),
            })
            .filter(|text| !is_of_release(text))
            .collect()
    }
}

impl Drop for Tee {
    /// Messages hold their source, which holds the bus.
    fn drop(&mut self) {
        self.bus.set_flushing(true);
        for element in self.bin.iterate_recurse().into_iter().flatten() {
            element.set_bus(None);
        }
    }
}

/// Takes the pointers of all texts, then reads them without the batch's lock, as the stock nvdsosd.
fn draw(buffer: &gst::BufferRef, seen: &mut Seen) {
    let mut texts: Vec<*const c_char> = Vec::new();
    {
        let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
        for frame in locked.frames() {
            seen.objects.insert(frame.objects().count());
            for object in frame.objects() {
                texts.extend(object.text().display_text().map(CStr::as_ptr));
            }
            for display in frame.displays() {
                texts.extend(
                    display
                        .texts()
                        .filter_map(|t| t.display_text())
                        .map(CStr::as_ptr),
                );
            }
        }
    }
    std::thread::yield_now();
    for text in texts {
        // SAFETY: a text lives as long as its batch, even when it is replaced.
        let text = unsafe { CStr::from_ptr(text) };
        let text = text.to_string_lossy();
        if !seen.texts.contains(text.as_ref()) {
            seen.texts.insert(text.into_owned());
        }
    }
}

/// Has the C library fill what is freed, so that whoever reads it is found out.
fn poison_freed_memory() {
    const M_PERTURB: i32 = -6;
    unsafe extern "C" {
        fn mallopt(parameter: i32, value: i32) -> i32;
    }
    // SAFETY: sets a number that malloc and free look at.
    unsafe { mallopt(M_PERTURB, 0xa5) };
}

fn annotator(letter: &str, more: &str) -> String {
    format!(
        "rsosdannotate {more} style=\"default.label='{letter}\\ {{label}}';frame.text='{letter}'\""
    )
}

fn texts(letters: &[&str]) -> BTreeSet<String> {
    let of = |letter: &&str| ["", " car", " person"].map(|rest| format!("{letter}{rest}"));
    letters.iter().flat_map(of).collect()
}

/// A replaced text lives as long as its batch: the other branch may be drawing it.
#[test]
fn two_annotators_on_one_batch_show_no_freed_text() {
    poison_freed_memory();
    let mut tee = Tee::new([&annotator("A", ""), &annotator("B", "")]);
    for n in 0..10_000 {
        tee.push(crowd::buffer(OBJECTS, n, None));
    }
    tee.finish();
    for seen in &tee.seen {
        let seen = seen.lock().unwrap();
        // Each labels what the other has labelled, or the original.
        let known = |text: &&String| {
            let rest = text.trim_start_matches(['A', 'B', ' ']);
            !matches!(rest, "" | "car" | "person")
        };
        let unknown: Vec<_> = seen.texts.iter().filter(known).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        assert_eq!(seen.objects, BTreeSet::from([OBJECTS as usize]));
    }
    let warnings = tee.warnings();
    assert!((1..=2).contains(&warnings.len()), "{warnings:?}");
    for warning in &warnings {
        assert!(warning.contains("branches behind t share"), "{warning}");
        assert!(warning.contains("own-metadata=true"), "{warning}");
    }
}

#[test]
fn with_own_metadata_each_annotator_has_its_own_texts() {
    poison_freed_memory();
    let own = "own-metadata=true";
    let mut tee = Tee::new([&annotator("A", own), &annotator("B", own)]);
    for n in 0..10_000 {
        tee.push(crowd::buffer(OBJECTS, n, None));
    }
    tee.finish();
    for (seen, letter) in tee.seen.iter().zip(["A", "B"]) {
        assert_eq!(seen.lock().unwrap().texts, texts(&[letter]));
    }
    assert_eq!(tee.warnings(), [""; 0]);
}

/// What one branch's rsanalytics finds out, the other's texts do not tell.
#[test]
fn with_own_metadata_each_branch_has_its_own_analytics() {
    let branch = |own: &str, other: &str| {
        let points = "points=[[0,0],['100%',0],['100%','100%']]";
        format!(
            "rsanalytics own-metadata=true config=\"zone.{own}.{points}\" \
             ! rsosdannotate frame-text=\"{{analytics:zone:{other}}}\""
        )
    };
    let mut tee = Tee::new([&branch("a", "b"), &branch("b", "a")]);
    for n in 0..1_000 {
        tee.push(crowd::buffer(OBJECTS, n, None));
    }
    tee.finish();
    for seen in &tee.seen {
        let seen = seen.lock().unwrap();
        let is_number = |text: &String| text.parse::<u32>().is_ok();
        assert!(seen.texts.contains("-"), "{:?}", seen.texts);
        assert!(!seen.texts.iter().any(is_number), "{:?}", seen.texts);
    }
    assert_eq!(tee.warnings(), [""; 0]);
}

/// Whatever hangs on frames and objects, each branch has its own of it, and all is freed.
#[test]
fn with_own_metadata_each_branch_has_all_of_it() {
    let branch = "rsosdannotate own-metadata=true";
    let mut tee = Tee::new([branch, branch]);
    let counted = Arc::new(Counted::default());
    let (sent, came) = (
        Arc::new(Mutex::new(Vec::new())),
        [0, 1].map(|_| Arc::default()),
    );
    for (i, came) in came.iter().enumerate() {
        let came: Arc<Mutex<Vec<gst::Buffer>>> = Arc::clone(came);
        let end = tee.bin.by_name(&format!("end{i}")).unwrap();
        end.connect("handoff", false, move |arguments| {
            came.lock().unwrap().push(arguments[1].get().unwrap());
            None
        });
    }
    for seed in 0..20 {
        tee.push(buffer(1, |locked, frames| {
            everything::fill(locked, &frames[0], seed, &counted);
            sent.lock().unwrap().push(Everything::of(&frames[0]));
        }));
    }
    tee.finish();
    // The last buffers are handed on to this test when they are counted already.
    while came.iter().any(|came| came.lock().unwrap().len() < 20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let [a, b] = came.map(|came| std::mem::take(&mut *came.lock().unwrap()));
    // Texts are what the annotators made of them.
    let without_texts = |buffer: &gst::Buffer| {
        let mut seen = Everything::of_buffer(buffer).remove(0);
        seen.values.retain(|value| !value.contains("Some(Mask"));
        seen
    };
    for ((a, b), sent) in a.iter().zip(&b).zip(&mut *sent.lock().unwrap()) {
        let (a, b) = (without_texts(a), without_texts(b));
        a.assert_copied(&b);
        sent.values.retain(|value| !value.contains("Some(Mask"));
        assert_eq!(a.values, sent.values);
    }
    drop((a, b, tee));
    assert_eq!(counted.alive.load(Ordering::SeqCst), 0);
}

fn ssd_frame() -> gst::Buffer {
    frame_with(&ssd(1, &[(0.9, 1.0, cell(0)), (0.8, 1.0, cell(1))]))
}

#[test]
fn with_own_metadata_each_parser_has_its_own_objects() {
    let parser = "rsssdparser own-metadata=true";
    let mut tee = Tee::new([parser, &format!("{parser} score-threshold=0.85")]);
    for _ in 0..1_000 {
        tee.push(ssd_frame());
    }
    tee.finish();
    for (seen, objects) in tee.seen.iter().zip([2, 1]) {
        assert_eq!(seen.lock().unwrap().objects, BTreeSet::from([objects]));
    }
    assert_eq!(tee.warnings(), [""; 0]);
}

/// Nothing is wrong with the inference element when two branches parse its tensors.
#[test]
fn objects_of_another_branch_are_blamed_on_the_tee() {
    // No identity: it copies a buffer that others hold, and the metadata with it.
    let mut tee = Tee::new(["rsssdparser", "queue ! rsssdparser"]);
    for _ in 0..100 {
        tee.push(ssd_frame());
    }
    tee.finish();
    let warnings = tee.warnings();
    let doubles: Vec<_> = warnings
        .iter()
        .filter(|w| w.contains("unique-id 1 are already attached"))
        .collect();
    assert!(!doubles.is_empty(), "{warnings:?}");
    for warning in &warnings {
        assert!(warning.contains("the branches behind t share"), "{warning}");
        assert!(!warning.contains("network-type"), "{warning}");
    }
}

/// In a bin of its own, and behind another one, the tee is found all the same.
#[test]
fn a_tee_is_found_across_bins() {
    let branch = "( queue ) ! ( queue ! rsosdannotate )";
    let mut tee = Tee::new([branch, "identity sleep-time=1000"]);
    for n in 0..100 {
        tee.push(crowd::buffer(OBJECTS, n, None));
    }
    tee.finish();
    let warnings = tee.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("behind t share"), "{}", warnings[0]);
}

/// The branches of a tee before the mux share nothing that a parser changes.
#[test]
fn without_a_tee_nothing_is_said() {
    let mut rig = Rig::new("rsosdannotate own-metadata=true");
    let buffer = crowd::buffer(OBJECTS, 0, None);
    rig.process(buffer); // alone, it is not copied
    let held = crowd::buffer(OBJECTS, 1, None);
    rig.push(held.clone()).unwrap();
    let out = rig.harness.pull().unwrap();
    assert_ne!(out.as_ptr(), held.as_ptr());
    drop(held);
    assert_eq!(objects(&out)[0].len(), OBJECTS as usize);
    assert_eq!(rig.warnings(), [""; 0]);
}

/// Takes an element out of a branch that plays and puts another in its place, as applications do: from a probe that holds the
/// branch's data.
fn replace(tee: &Tee, name: &str, with: &str) -> gst::Element {
    let old = tee.bin.by_name(name).unwrap();
    let new = gst::parse::launch(with).unwrap();
    new.set_bus(Some(&tee.bus));
    let (sink, src) = (
        old.static_pad("sink").unwrap(),
        old.static_pad("src").unwrap(),
    );
    let (before, behind) = (sink.peer().unwrap(), src.peer().unwrap());
    let (done, is_done) = std::sync::mpsc::channel();
    let (bin, out, into) = (tee.bin.clone(), old.clone(), new.clone());
    before.add_probe(gst::PadProbeType::IDLE, move |before, _| {
        before.unlink(&sink).unwrap();
        src.unlink(&behind).unwrap();
        bin.remove(&out).unwrap();
        bin.add(&into).unwrap();
        before.link(&into.static_pad("sink").unwrap()).unwrap();
        into.static_pad("src").unwrap().link(&behind).unwrap();
        into.sync_state_with_parent().unwrap();
        done.send(()).unwrap();
        gst::PadProbeReturn::Remove
    });
    is_done
        .recv_timeout(Duration::from_secs(20))
        .expect("nobody waits for ever");
    old.set_state(gst::State::Null).unwrap();
    old.set_bus(None);
    new
}

#[test]
fn elements_are_replaced_while_their_branch_plays() {
    let lines = "rsmetajson name=x location=\"\" emit=message own-metadata=true";
    let drawn = "rsosdannotate name=x frame-text={frame} own-metadata=true";
    let found = "rsanalytics name=x config=\"zone.a.points=[[0,0],['100%',0],['100%','100%']]\" own-metadata=true";
    // rsmetajson changes nothing, and has no metadata of its own.
    let lines = lines.replace(" own-metadata=true", "");
    let mut tee = Tee::new([found, "rsosdannotate name=other own-metadata=true"]);
    let mut frame = 0;
    let mut old = Vec::new();
    for round in 0..12 {
        for _ in 0..20 {
            tee.push(crowd::buffer(OBJECTS, frame, None));
            frame += 1;
        }
        let next = [drawn, &lines, found][round % 3];
        let pad = tee.bin.by_name("x").filter(|_| round % 3 == 2);
        // Linked to nothing, and never released: it goes with its element.
        let pad = pad.and_then(|writer| writer.request_pad_simple("json"));
        old.push((replace(&tee, "x", next), pad));
    }
    for _ in 0..20 {
        tee.push(crowd::buffer(OBJECTS, frame, None));
        frame += 1;
    }
    tee.finish();
    assert_eq!(tee.warnings(), [""; 0]);
    let buffers = |element: &gst::Element| {
        element
            .property::<gst::Structure>("stats")
            .get::<u64>("buffers")
            .unwrap()
    };
    let last = &old.last().unwrap().0;
    assert!(buffers(last) >= 20, "{}", buffers(last));
}
