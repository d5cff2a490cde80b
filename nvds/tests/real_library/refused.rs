//! What is of another batch or release, or not what it is taken for.

use super::*;

#[test]
fn a_batch_of_another_layout_class_is_refused_by_name() {
    let buffer = buffer_with(1, |_| ());
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let raw = batch.as_ptr();
    // SAFETY: the pools exist, and their sizes are restored before anything is acquired.
    unsafe {
        let pools = [
            (*raw).frame_meta_pool,
            (*raw).obj_meta_pool,
            (*raw).display_meta_pool,
        ];
        let saved = pools.map(|p| (*p).element_size);
        for (sizes, release) in [
            (
                [200, 544, 6912],
                "(DeepStream 6.0, 6.1, 6.2, 6.3, 6.4, 7.0, 7.1)",
            ),
            ([232, 544, 6912], "(DeepStream 8.0)"),
            ([232, 552, 7040], "(DeepStream 9.0, 9.1)"),
            ([232, 560, 7040], "(no known release)"),
        ] {
            if saved == sizes {
                continue;
            }
            for (pool, size) in pools.iter().zip(sizes) {
                (**pool).element_size = size;
            }
            let error = Batch::from_buffer(&buffer).unwrap_err().to_string();
            assert!(error.contains(release), "{error}");
            assert!(
                error.contains("not made by the metadata library"),
                "{error}"
            );
        }
        for (pool, size) in pools.iter().zip(saved) {
            (**pool).element_size = size;
        }
        let kind = std::mem::replace(&mut (*pools[0]).meta_type, 26);
        let error = Batch::from_buffer(&buffer).unwrap_err().to_string();
        assert!(error.contains("a batch of audio"), "{error}");
        (*pools[0]).meta_type = kind;
    }
}

/// An element of another batch would be freed with that one.
#[test]
#[should_panic(expected = "a view of another batch")]
fn views_of_another_batch_are_refused() {
    let other = buffer_with(1, |_| ());
    let locked = Batch::from_buffer(&other).unwrap().unwrap().lock();
    let foreign = locked.frames().next().unwrap();
    buffer_with(1, |batch| {
        batch.lock().set_infer_done(&foreign);
    });
}

#[test]
fn a_copied_frame_has_everything_and_outlives_its_batch() {
    let drops = Arc::new(AtomicUsize::new(0));
    let source = buffer_with(2, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().nth(1).unwrap();
        locked.add_object(&frame, &object(2, "car"), None).unwrap();
        locked
            .add_object(&frame, &object(1, "person"), None)
            .unwrap();
        locked.draw_on(&frame).unwrap().text(&NewText {
            text: "line",
            ..object(0, "").text.unwrap()
        });
        locked
            .add_tensor_to_frame(&frame, &tensor(5, &drops))
            .unwrap();
        locked.set_infer_done(&frame);
    });
    let copied = {
        let batch = Batch::from_buffer(&source).unwrap().unwrap().lock();
        let mut new = NewBatch::new(1).unwrap();
        for (index, frame) in batch.frames().enumerate() {
            // One more than the new batch was made for: pools grow.
            let copied = new.copy_frame(&frame, index as u32 + 10).unwrap();
            assert_eq!(copied.batch_id(), index as u32 + 10);
        }
        let mut buffer = gst::Buffer::new();
        new.attach(buffer.get_mut().unwrap());
        buffer
    };
    drop(source);
    assert_eq!(drops.load(Ordering::SeqCst), 0, "the memory is shared");
    {
        let batch = Batch::from_buffer(&copied).unwrap().unwrap().lock();
        let frame = batch.frames().nth(1).unwrap();
        assert_eq!((frame.pad_index(), frame.source_id()), (3, 7));
        assert_eq!((frame.frame_num(), frame.buf_pts()), (42, 1_000));
        assert_eq!(frame.ntp_timestamp(), 2_000);
        // Not copied by the library.
        assert_eq!((frame.pipeline_width(), frame.pipeline_height()), (0, 0));
        assert!(frame.infer_done());
        let mut labels: Vec<_> = frame.objects().map(|o| o.label().into_owned()).collect();
        labels.sort();
        assert_eq!(labels, ["car", "person"]);
        assert_eq!(frame.num_objects(), 2);
        let text = frame.displays().next().unwrap().texts().next().unwrap();
        assert_eq!(text.display_text().unwrap(), c"line");
        assert_eq!(frame.tensors().next().unwrap().unique_id(), 5);
        assert_eq!(batch.frames().next().unwrap().objects().count(), 0);
    }
    drop(copied);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

/// Other code may list what is of no batch's pool, or of another's; the library would follow the pointer.
#[test]
fn foreign_metas_are_errors() {
    let drops = Arc::new(AtomicUsize::new(0));
    let other = buffer_with(1, |_| {});
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        locked.add_object(&frame, &object(1, "car"), None).unwrap();
    });
    let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let foreign_batch = Batch::from_buffer(&other).unwrap().unwrap().as_ptr();
    let frame = locked.frames().next().unwrap();
    let car = frame.objects().next().unwrap();
    let mask = [1.0; 4];
    let mask = NewMask::new(Mask {
        data: &mask,
        width: 2,
        height: 2,
        threshold: 0.5,
    });
    for foreign in [std::ptr::null_mut(), foreign_batch] {
        // SAFETY: live elements of this test, whose batch is restored below.
        let own = unsafe {
            (*car.as_ptr()).base_meta.batch_meta = foreign;
            std::mem::replace(&mut (*frame.as_ptr()).base_meta.batch_meta, foreign)
        };
        let mut new = NewBatch::new(1).unwrap();
        let error = new.copy_frame(&frame, 0).unwrap_err().to_string();
        assert!(error.contains("a frame meta of another batch"), "{error}");
        let plain = object(2, "person");
        let classifier = NewClassifier {
            unique_component_id: 1,
            labels: &[],
        };
        let results = [
            locked.add_object(&frame, &plain, None).map(|_| ()),
            locked.draw_on(&frame).map(|_| ()),
            locked.add_tensor_to_frame(&frame, &tensor(5, &drops)),
            locked.add_user_meta_to_frame(&frame, own_type(9000), Box::new(1_u32)),
            locked.add_classifier(&car, &classifier).map(|_| ()),
            locked.add_tensor_to_object(&car, &tensor(5, &drops)),
        ];
        for result in results {
            assert!(
                matches!(result, Err(Error::ForeignMeta(2 | 3))),
                "{result:?}"
            );
        }
        // What changes the element itself needs no pool.
        locked.set_infer_done(&frame);
        locked.set_track(&car, 7, 0.5);
        locked.change_text(
            &car,
            &TextChange {
                text: Some("bus"),
                ..TextChange::default()
            },
        );
        locked.set_mask(&car, mask.as_ref().unwrap());
        // SAFETY: as above.
        unsafe {
            (*car.as_ptr()).base_meta.batch_meta = own;
            (*frame.as_ptr()).base_meta.batch_meta = own;
        }
    }
    assert_eq!(frame.num_objects(), 1);
    assert_eq!(car.text().display_text(), Some(c"bus"));
}

/// A stock nvdsosd reads as many values as width and height say.
#[test]
fn masks_that_lack_values_are_refused() {
    let data = [0.0; 6];
    for (width, height, fits) in [
        (3, 2, true),
        (2, 3, true),
        (3, 3, false),
        (2, 2, false),
        (0, 0, false),
        (u32::MAX, u32::MAX, false),
    ] {
        let mask = NewMask::new(Mask {
            data: &data,
            width,
            height,
            threshold: 0.5,
        });
        assert_eq!(mask.is_ok(), fits, "{width} x {height}");
    }
    let empty = Mask {
        data: &[],
        width: 0,
        height: 0,
        threshold: 0.5,
    };
    let error = NewMask::new(empty).unwrap_err().to_string();
    assert!(error.contains("0 x 0 has 0 values"), "{error}");
}

/// Any 72 bytes used to be taken for a surface, and the pointer in them followed.
#[test]
fn only_surface_memory_is_read_as_a_surface() {
    let mut buffer = buffer_with(1, |_| {});
    let error = FrameSizes::of_surface(&buffer, None).unwrap_err();
    assert_eq!(error, SurfaceError::Foreign("0 memories".into()));
    let mut bytes = gst::Memory::with_size(72);
    bytes.get_mut().unwrap().map_writable().unwrap().fill(0x41);
    let writable = buffer.get_mut().unwrap();
    writable.append_memory(bytes.clone());
    let error = FrameSizes::of_surface(&buffer, None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("found type SystemMemory"), "{error}");
    assert!(error.contains("nvds or V4l2Memory"), "{error}");
}
