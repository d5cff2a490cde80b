//! A copy of a batch that is as the original.

use std::sync::Arc;

use nvds::*;

fn object(class_id: i32, label: &str) -> NewObject<'_> {
    NewObject {
        unique_component_id: 1,
        class_id,
        confidence: 0.5,
        rect: Rect {
            left: 1.0,
            top: 2.0,
            width: 3.0,
            height: 4.0,
        },
        style: RectStyle::default(),
        label,
        text: Some(NewText {
            text: label,
            x: 1.0,
            y: 2.0,
            font: FontName::SERIF,
            size: 10,
            color: Color::WHITE,
            background: None,
        }),
    }
}

fn tensor(unique_id: u32) -> NewTensorMeta {
    let network = NetworkInfo {
        width: 300,
        height: 200,
        channels: 3,
    };
    let layer = NewLayer {
        name: c"scores".into(),
        data_type: DataType::UInt8,
        dims: Dims::new(&[4]).unwrap(),
        memory: Arc::new(AlignedBytes::copy_of(&[1, 2, 3, 4])),
        offset: 0,
    };
    NewTensorMeta::new(unique_id, network, Producer::NvInferServer, vec![layer])
        .unwrap()
        .padding(true, true)
}

/// Two frames with several of everything, some below others.
fn buffer() -> gst::Buffer {
    gst::init().unwrap();
    let mut new = NewBatch::new(2).unwrap();
    for batch_id in 0..2 {
        new.add_frame(&NewFrame {
            batch_id,
            pad_index: 3 + batch_id,
            pipeline_size: (640, 480),
            source_size: (1280, 720),
            ..NewFrame::default()
        });
    }
    {
        let batch = new.batch();
        let locked = batch.lock();
        let own = UserMetaType::new(9000).unwrap();
        locked.add_user_meta_to_batch(own, Box::new(0_u32));
        for frame in locked.frames() {
            let mut parent = None;
            for class in 0..4 {
                let added = locked
                    .add_object(&frame, &object(class, "car"), parent.as_ref())
                    .unwrap();
                for id in 0..3 {
                    let labels = ["red", "old"].map(|text| NewLabel {
                        text,
                        class_id: id,
                        label_id: 0,
                        probability: 0.5,
                    });
                    let classifier = NewClassifier {
                        unique_component_id: id as i32,
                        labels: &labels,
                    };
                    locked.add_classifier(&added, &classifier).unwrap();
                    locked.add_tensor_to_object(&added, &tensor(id)).unwrap();
                }
                // The first and the third have children.
                parent = (class % 2 == 0).then_some(added);
            }
            for n in 0..40 {
                locked.draw_on(&frame).unwrap().text(&NewText {
                    text: &n.to_string(),
                    ..object(0, "").text.unwrap()
                });
            }
            for id in 0..3 {
                locked.add_tensor_to_frame(&frame, &tensor(id)).unwrap();
                locked
                    .add_user_meta_to_frame(&frame, own, Box::new(id))
                    .unwrap();
            }
            locked.set_infer_done(&frame);
        }
    }
    let mut buffer = gst::Buffer::from_slice([7_u8; 100]);
    {
        let buffer = buffer.get_mut().unwrap();
        buffer.set_pts(gst::ClockTime::from_seconds(1));
        new.attach(buffer);
    }
    buffer
}

/// All that the views show of a batch, with places in place of addresses.
fn dump(buffer: &gst::BufferRef) -> String {
    let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let mut lines = Vec::new();
    let tensors = |metas: ListIter<'_, UserMeta<'_>>| -> Vec<String> {
        metas
            .map(|meta| match meta.as_tensor() {
                Some(t) => format!(
                    "{} {:?} {:?} {:?} {:?}",
                    t.unique_id(),
                    t.network(),
                    t.maintain_aspect_ratio(),
                    t.symmetric_padding(),
                    t.layers().unwrap().next().unwrap().data()
                ),
                None => format!("user meta {}", meta.meta_type()),
            })
            .collect()
    };
    lines.push(format!(
        "{:?}",
        locked
            .user_metas()
            .map(|m| m.meta_type())
            .collect::<Vec<_>>()
    ));
    for frame in locked.frames() {
        lines.push(format!(
            "frame {} {} {:?} {:?} {} {}",
            frame.batch_id(),
            frame.pad_index(),
            (frame.pipeline_width(), frame.pipeline_height()),
            (frame.source_frame_width(), frame.source_frame_height()),
            frame.infer_done(),
            frame.num_objects(),
        ));
        lines.extend(tensors(frame.user_metas()));
        let objects: Vec<_> = frame.objects().collect();
        for object in &objects {
            let parent = object.parent();
            let parent = parent.map(|p| objects.iter().position(|o| *o == p));
            lines.push(format!(
                "object {} {:?} {:?} {} {:?} below {parent:?}",
                object.class_id(),
                object.label(),
                object.rect_params(),
                object.object_id(),
                object.text().display_text(),
            ));
            lines.extend(tensors(object.user_metas()));
            for classifier in object.classifiers() {
                let labels: Vec<_> = classifier.labels().map(|l| l.text().into_owned()).collect();
                lines.push(format!("{} {labels:?}", classifier.unique_component_id()));
            }
        }
        for display in frame.displays() {
            lines.push(format!("{:?}", display.texts().collect::<Vec<_>>()));
        }
    }
    lines.join("\n")
}

#[test]
fn a_copy_is_as_the_original() {
    let buffer = buffer();
    let before = dump(&buffer);
    // Bare, the library's copy is not.
    assert_ne!(dump(&buffer.copy()), before);
    let own = with_own_metadata(buffer.clone()).unwrap();
    assert_eq!(own.lost, None);
    assert_eq!(dump(&own.buffer), before);
    assert_eq!(own.buffer.pts(), buffer.pts());
    // Of a copy, too.
    let again = with_own_metadata(own.buffer.clone()).unwrap();
    assert_eq!(dump(&again.buffer), before);
    // Pixels are shared, what is changed is not.
    let bytes = |buffer: &gst::BufferRef| buffer.map_readable().unwrap().as_ptr();
    assert_eq!(bytes(&own.buffer), bytes(&buffer));
    {
        let locked = Batch::from_buffer(&own.buffer).unwrap().unwrap().lock();
        let frame = locked.frames().next().unwrap();
        locked.add_object(&frame, &object(9, "bus"), None).unwrap();
        locked.remove_text(&frame.objects().nth(1).unwrap());
    }
    assert_ne!(dump(&own.buffer), before);
    assert_eq!(dump(&buffer), before);
    // The copy outlives the original, of which it keeps the memory.
    drop(buffer);
    assert_eq!(own.buffer.map_readable().unwrap().as_slice(), [7; 100]);
    assert_eq!(dump(&again.buffer), before);
}

#[test]
fn a_buffer_of_its_own_is_not_copied() {
    let buffer = buffer();
    let address = buffer.as_ptr();
    let own = with_own_metadata(buffer).unwrap();
    assert_eq!(own.buffer.as_ptr(), address);
    let plain = gst::Buffer::new();
    let own = with_own_metadata(plain.clone()).unwrap();
    assert_eq!(own.buffer.as_ptr(), plain.as_ptr(), "no batch, no copy");
}

/// The library would crash.
#[test]
fn a_batch_without_its_maximum_is_an_error() {
    let buffer = buffer();
    // SAFETY: a live batch of this test.
    unsafe {
        (*Batch::from_buffer(&buffer).unwrap().unwrap().as_ptr()).max_frames_in_batch = 0;
    }
    let error = with_own_metadata(buffer.clone()).unwrap_err().to_string();
    assert!(error.contains("max_frames_in_batch is 0"), "{error}");
}

/// nvinferserver's copy function leaves network size and padding as they are in new memory.
#[test]
fn what_a_copy_function_leaves_unset_is_set() {
    unsafe extern "C" fn copy(
        meta: glib::ffi::gpointer,
        _: glib::ffi::gpointer,
    ) -> glib::ffi::gpointer {
        // SAFETY: the library gives the user meta of the test below, whose data lives as long as the
        // test; the copy is never released.
        unsafe {
            let meta = meta.cast::<sys::NvDsUserMeta>();
            let mut raw = (*meta)
                .user_meta_data
                .cast::<sys::NvDsInferTensorMeta>()
                .read();
            raw.network_info.width = 77;
            raw.symmetric_padding = 0;
            Box::into_raw(Box::new(raw)).cast()
        }
    }
    let buffer = buffer();
    let before = dump(&buffer);
    let saved = {
        let locked = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let frame = locked.frames().next().unwrap();
        let meta = frame.user_metas().find(|m| m.as_tensor().is_some());
        let base = meta.unwrap().as_ptr();
        // SAFETY: a live user meta, which gets its functions back below.
        unsafe {
            let saved = ((*base).base_meta.copy_func, (*base).base_meta.release_func);
            (*base).base_meta.copy_func = Some(copy);
            (*base).base_meta.release_func = None;
            (base, saved)
        }
    };
    let own = with_own_metadata(buffer.clone()).unwrap();
    assert_eq!(dump(&own.buffer), before);
    drop(own);
    let (base, (copy_func, release_func)) = saved;
    // SAFETY: the user meta is still alive.
    unsafe { (*base).base_meta.copy_func = None };
    let own = with_own_metadata(buffer.clone()).unwrap();
    assert_eq!(own.lost, Some(12), "a meta that cannot be copied is named");
    // SAFETY: as above.
    unsafe {
        (*base).base_meta.copy_func = copy_func;
        (*base).base_meta.release_func = release_func;
    }
}
