//! Frames, objects, classifiers and user metas.

use super::*;

#[test]
fn a_buffer_without_batch_has_none() {
    init();
    assert!(Batch::from_buffer(&gst::Buffer::new()).unwrap().is_none());
}

#[test]
fn frames_come_in_order_with_their_fields() {
    let buffer = buffer_with(3, |_| ());
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    assert_eq!(batch.max_frames(), 3);
    assert_eq!(
        batch.frames().map(|f| f.batch_id()).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    let frame = batch.frames().next().unwrap();
    assert_eq!(
        (frame.pad_index(), frame.source_id(), frame.frame_num()),
        (3, 7, 42)
    );
    assert_eq!((frame.buf_pts(), frame.ntp_timestamp()), (1_000, 2_000));
    assert_eq!(
        (frame.source_frame_width(), frame.source_frame_height()),
        (1280, 720)
    );
    assert_eq!(
        (frame.pipeline_width(), frame.pipeline_height()),
        (640, 480)
    );
    assert!(!frame.infer_done());
}

#[test]
fn an_object_has_every_field_set() {
    let long = "é".repeat(80);
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let parent = locked.add_object(&frame, &object(1, "car"), None).unwrap();
        locked
            .add_object(&frame, &object(2, &long), Some(&parent))
            .unwrap();
        locked.set_infer_done(&frame);
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    assert!(frame.infer_done());
    assert_eq!(frame.num_objects(), 2);
    let objects: Vec<_> = frame.objects().collect();
    let (child, parent) = (objects[0], objects[1]); // newest first
    assert_eq!(parent.label(), "car");
    assert_eq!(child.label(), "é".repeat(63));
    assert_eq!(child.parent().unwrap().as_ptr(), parent.as_ptr());
    assert!(parent.parent().is_none());
    assert_eq!(parent.object_id(), sys::UNTRACKED_OBJECT_ID);
    assert_eq!((parent.unique_component_id(), parent.class_id()), (5, 1));
    assert_eq!(parent.rect(), object(1, "").rect);
    assert_eq!(parent.detector_rect(), parent.rect());
    assert_eq!(parent.rect_params().style.border_width, 3);
    assert_eq!(parent.rect_params().style.fill, None);
    let text = parent.text();
    assert_eq!(text.display_text().unwrap(), c"car");
    assert_eq!((text.x_offset(), text.y_offset()), (10, 0)); // -5 would wrap
    assert_eq!(text.font_name().unwrap(), c"Serif");
    assert_eq!(text.background(), Some(Color::BLACK));
}

#[test]
fn recycled_objects_are_overwritten() {
    let buffer = buffer_with(1, |batch| {
        let mut locked = batch.lock();
        for round in 0..100 {
            {
                let frame = locked.frames().next().unwrap();
                locked
                    .add_object(&frame, &object(round, "a"), None)
                    .unwrap();
            }
            // SAFETY: no other view of this batch is alive.
            let removed = unsafe { locked.retain_objects(|_, o| o.class_id() != round) };
            assert_eq!(removed, 1);
        }
        let frame = locked.frames().next().unwrap();
        locked
            .add_object(
                &frame,
                &NewObject {
                    text: None,
                    ..object(1, "b")
                },
                None,
            )
            .unwrap();
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let objects: Vec<_> = batch.frames().next().unwrap().objects().collect();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].label(), "b");
    assert!(objects[0].text().display_text().is_none());
    assert_eq!(batch.pool_objects().count(), 1);
}

/// The pool gives an element back as it was left, and the library's copy hands `uContext` on.
#[test]
fn recycled_user_metas_have_no_context_of_another() {
    let drops = Arc::new(AtomicUsize::new(0));
    buffer_with(1, |batch| {
        let mut locked = batch.lock();
        let (mut left, mut recycled) = (Vec::new(), 0);
        for round in 0..100 {
            let added = {
                let frame = locked.frames().next().unwrap();
                let object = locked.add_object(&frame, &object(round, "a"), None);
                let object = object.unwrap();
                locked
                    .add_tensor_to_object(&object, &tensor(5, &drops))
                    .unwrap();
                object.user_metas().next().unwrap().as_ptr()
            };
            // SAFETY: the meta is on its object's list, and nobody else looks at it.
            unsafe {
                assert!((*added).base_meta.uContext.is_null(), "round {round}");
                (*added).base_meta.uContext = std::ptr::dangling_mut::<u64>().cast();
            }
            recycled += usize::from(left.contains(&added));
            left.push(added);
            // SAFETY: no other view of this batch is alive.
            let removed = unsafe { locked.retain_objects(|_, o| o.class_id() != round) };
            assert_eq!(removed, 1);
        }
        assert!(recycled > 0, "no meta came back");
    });
}

#[test]
fn classifier_labels_are_attached() {
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let car = locked.add_object(&frame, &object(1, "car"), None).unwrap();
        let labels = [NewLabel {
            text: "red",
            class_id: 4,
            label_id: 0,
            probability: 0.75,
        }];
        locked
            .add_classifier(
                &car,
                &NewClassifier {
                    unique_component_id: 9,
                    labels: &labels,
                },
            )
            .unwrap();
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let car = batch.frames().next().unwrap().objects().next().unwrap();
    let classifier = car.classifiers().next().unwrap();
    assert_eq!(classifier.unique_component_id(), 9);
    let label = classifier.labels().next().unwrap();
    assert_eq!(
        (label.text().as_ref(), label.class_id(), label.probability()),
        ("red", 4, 0.75)
    );
}

#[test]
fn the_lock_is_released_and_recursive() {
    init();
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&FRAME);
    for _ in 0..2 {
        let batch = new.batch();
        drop(batch.lock());
        let _held = batch.lock();
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    // Another thread gets the lock only if it was released above.
    std::thread::spawn(move || {
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
        drop(batch.lock());
    })
    .join()
    .unwrap();
}

#[test]
fn own_meta_types_are_not_the_sdks() {
    init();
    assert_eq!(UserMetaType::new(12), None);
    let named = UserMetaType::named(c"rsnvds.test").unwrap();
    assert!(named.number() >= 8193);
    assert_eq!(UserMetaType::named(c"rsnvds.test").unwrap(), named);
}

/// The library keeps the pointer it is given.
#[test]
fn a_named_type_outlives_its_name() {
    init();
    let name = std::ffi::CString::new("rsnvds.test-of-a-name").unwrap();
    let number = UserMetaType::named(&name).unwrap();
    let mut bytes = name.into_bytes_with_nul();
    bytes[..3].fill(b'x');
    let other = std::ffi::CStr::from_bytes_with_nul(&bytes).unwrap();
    assert_ne!(UserMetaType::named(other).unwrap(), number);
    drop(bytes);
    assert_eq!(
        UserMetaType::named(c"rsnvds.test-of-a-name").unwrap(),
        number
    );
}

#[test]
fn objects_can_be_read_oldest_first() {
    let buffer = buffer_with(2, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        for class in 0..5 {
            locked
                .add_object(&frame, &object(class, "car"), None)
                .unwrap();
        }
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let frames: Vec<_> = batch.frames().collect();
    let classes = |frame: &Frame<'_>| -> Vec<_> {
        let objects = frame.objects().rev();
        objects.map(|object| object.class_id()).collect()
    };
    assert_eq!(classes(&frames[0]), [0, 1, 2, 3, 4]);
    assert!(classes(&frames[1]).is_empty());
    // Of an iterator that was begun, what is left.
    let mut objects = frames[0].objects();
    objects.next();
    let left: Vec<_> = objects.rev().map(|o| o.class_id()).collect();
    assert_eq!(left, [0, 1, 2, 3]);
}
