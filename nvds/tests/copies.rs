//! Copies of everything that this project attaches: equal, in memory of their own, freed once.

mod everything;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use everything::{Counted, Piece, Seen, fill, piece_type};
use nvds::*;

const FRAMES: u32 = 2;

fn buffer(counted: &Arc<Counted>) -> gst::Buffer {
    gst::init().unwrap();
    let mut new = NewBatch::new(FRAMES).unwrap();
    for batch_id in 0..FRAMES {
        new.add_frame(&NewFrame {
            batch_id,
            pad_index: batch_id,
            ..NewFrame::default()
        });
    }
    {
        let batch = new.batch();
        let locked = batch.lock();
        locked.add_user_meta_to_batch(piece_type(), Piece::new(counted));
        for (seed, frame) in (1..).zip(locked.frames()) {
            fill(&locked, &frame, seed, counted);
        }
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

/// A way of copying a buffer's metadata.
type Way = fn(&gst::Buffer) -> gst::Buffer;

/// Frame by frame into another batch, as nvstreamdemux and the mux do.
fn frame_by_frame(buffer: &gst::Buffer) -> gst::Buffer {
    let mut new = NewBatch::new(FRAMES).unwrap();
    let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    for (id, frame) in (0..).zip(locked.frames()) {
        new.copy_frame(&frame, id).unwrap();
    }
    attached(new)
}

/// The lists of frames that are there already.
fn list_by_list(buffer: &gst::Buffer) -> gst::Buffer {
    let mut new = NewBatch::new(FRAMES).unwrap();
    let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    for frame in locked.frames() {
        new.add_frame(&NewFrame::default());
        new.copy_onto_last(&frame).unwrap();
    }
    new.copy_batch_user_metas(&locked);
    attached(new)
}

fn attached(new: NewBatch) -> gst::Buffer {
    let mut copy = gst::Buffer::new();
    new.attach(copy.get_mut().unwrap());
    copy
}

const WAYS: [(&str, Way); 5] = [
    ("gst_buffer_copy_deep", |buffer| buffer.copy_deep().unwrap()),
    ("gst_buffer_copy", |buffer| gst::BufferRef::copy(buffer)),
    ("own metadata", |buffer| {
        let own = with_own_metadata(buffer.clone()).unwrap();
        assert_eq!(own.lost, None);
        own.buffer
    }),
    ("nvds_copy_frame_meta", frame_by_frame),
    ("nvds_copy_..._list", list_by_list),
];

/// All frames of a copy are as the original's.
#[track_caller]
fn assert_copied(original: &[Seen], copy: &gst::BufferRef) {
    let copy = Seen::of_buffer(copy);
    assert_eq!(original.len(), copy.len());
    for (original, copy) in original.iter().zip(&copy) {
        original.assert_copied(copy);
    }
}

#[test]
fn every_meta_is_copied_and_freed_once_whichever_goes_first() {
    let counted = Arc::new(Counted::default());
    for (way, copy_of) in WAYS {
        for original_first in [true, false] {
            println!("{way}, original first: {original_first}");
            let original = buffer(&counted);
            let seen = Seen::of_buffer(&original);
            let copies = counted.copies.load(Ordering::SeqCst);
            let copy = copy_of(&original);
            assert_copied(&seen, &copy);
            assert!(counted.copies.load(Ordering::SeqCst) >= copies + FRAMES as isize);
            let second = copy_of(&copy);
            if original_first {
                drop(original);
                assert_eq!(Seen::of_buffer(&copy)[1].values, seen[1].values);
                drop(copy);
            } else {
                drop(copy);
                assert_eq!(Seen::of_buffer(&original), seen);
                drop(original);
            }
            assert_copied(&seen, &second);
            drop(second);
            assert_eq!(counted.alive.load(Ordering::SeqCst), 0);
        }
    }
}

/// Who changes a copy does not change the original.
#[test]
fn a_copy_is_changed_alone() {
    let counted = Arc::new(Counted::default());
    let original = buffer(&counted);
    let seen = Seen::of_buffer(&original);
    let copy = original.copy_deep().unwrap();
    {
        let locked = Batch::from_buffer(&copy).unwrap().unwrap().lock();
        for frame in locked.frames() {
            for object in frame.objects() {
                let mask = Mask {
                    data: &[9.0],
                    width: 1,
                    height: 1,
                    threshold: 0.0,
                };
                locked.set_mask(&object, &NewMask::new(mask).unwrap());
                locked.remove_text(&object);
                locked.add_key_points(&object, &[]).unwrap();
            }
        }
    }
    assert_ne!(Seen::of_buffer(&copy)[0].values, seen[0].values);
    assert_eq!(Seen::of_buffer(&original), seen);
}
