//! The views against NVIDIA's metadata library itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nvds::*;

fn own_type(number: i32) -> UserMetaType {
    UserMetaType::new(number).unwrap()
}

const FRAME: NewFrame = NewFrame {
    pad_index: 3,
    source_id: 7,
    batch_id: 0,
    frame_num: 42,
    buf_pts: 1_000,
    ntp_timestamp: 2_000,
    source_size: (1280, 720),
    pipeline_size: (640, 480),
};

fn init() {
    gst::init().unwrap();
}

fn buffer_with(frames: u32, fill: impl FnOnce(&mut Batch<'_>)) -> gst::Buffer {
    init();
    let mut new = NewBatch::new(frames).unwrap();
    for batch_id in 0..frames {
        new.add_frame(&NewFrame { batch_id, ..FRAME });
    }
    fill(&mut new.batch());
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

fn object(class_id: i32, label: &str) -> NewObject<'_> {
    NewObject {
        unique_component_id: 5,
        class_id,
        confidence: 0.5,
        rect: Rect {
            left: 10.0,
            top: 20.0,
            width: 30.0,
            height: 40.0,
        },
        style: RectStyle::default(),
        label,
        text: Some(NewText {
            text: label,
            x: 10.0,
            y: -5.0,
            font: FontName::SERIF,
            size: 10,
            color: Color::WHITE,
            background: Some(Color::BLACK),
        }),
    }
}

struct Bytes(Vec<f32>, Arc<AtomicUsize>);

impl TensorMemory for Bytes {
    fn bytes(&self) -> &[u8] {
        // SAFETY: initialised floats, read as bytes.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), self.0.len() * 4) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

fn tensor(unique_id: u32, drops: &Arc<AtomicUsize>) -> NewTensorMeta {
    let memory = Arc::new(Bytes(vec![1.0, 2.0, 3.0, 4.0], drops.clone()));
    let network = NetworkInfo {
        width: 300,
        height: 200,
        channels: 3,
    };
    let layer = |name: &std::ffi::CStr, dims: &[usize], offset| NewLayer {
        name: name.into(),
        data_type: DataType::Float,
        dims: Dims::new(dims).unwrap(),
        memory: memory.clone(),
        offset,
    };
    let layers = vec![layer(c"first", &[1, 3], 0), layer(c"second", &[1], 12)];
    NewTensorMeta::new(unique_id, network, Producer::NvInfer, layers)
        .unwrap()
        .padding(true, false)
}

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

/// Kinds that take turns share the metas; beyond those that the writer comes back to, all are kept.
#[test]
fn kinds_fill_the_same_display_metas() {
    for (count, metas) in [(40, 3), (64 * 16, 64), (80 * 16 + 1, 81)] {
        let buffer = buffer_with(1, |batch| {
            let locked = batch.lock();
            let frame = locked.frames().next().unwrap();
            let mut writer = locked.draw_on(&frame).unwrap();
            let at = |i: u32| Rect {
                left: i as f32,
                ..Rect::default()
            };
            for i in 0..count {
                writer.rect(at(i), &RectStyle::default());
            }
            for i in 0..count {
                writer.line(&Line {
                    from: (i, 0),
                    to: (i, 9),
                    width: 1,
                    color: Color::RED,
                });
            }
            writer.rect(at(count), &RectStyle::default());
        });
        let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
        let frame = batch.frames().next().unwrap();
        let displays: Vec<_> = frame.displays().rev().collect();
        let boxes: Vec<f32> = displays
            .iter()
            .flat_map(|d| d.rects().map(|shape| shape.rect.left))
            .collect();
        let lines: Vec<u32> = displays
            .iter()
            .flat_map(|d| d.lines().map(|line| line.from.0))
            .collect();
        let all: Vec<f32> = (0..=count).map(|i| i as f32).collect();
        assert_eq!(boxes, all);
        assert_eq!(lines, (0..count).collect::<Vec<_>>());
        if count < 64 * 16 {
            assert_eq!(displays.len(), metas);
        } else {
            assert!(displays.len() >= metas, "{}", displays.len());
        }
    }
}

#[test]
fn more_than_sixteen_texts_get_a_second_display_meta() {
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let mut writer = locked.draw_on(&frame).unwrap();
        for i in 0..40 {
            let text = i.to_string();
            writer.text(&NewText {
                text: &text,
                ..object(0, "").text.unwrap()
            });
        }
        writer.rect(Rect::default(), &RectStyle::default());
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let counts: Vec<_> = frame.displays().map(|d| d.texts().len()).collect();
    assert_eq!(counts, [8, 16, 16]);
    let first = frame.displays().next_back().unwrap();
    // There is room for boxes where there is none for texts.
    assert_eq!(first.rects().len(), 1);
    let first = first.texts().next().unwrap();
    assert_eq!(first.display_text().unwrap(), c"0");
}

/// Each kind fills on its own, in whatever order they come, and nothing is lost or doubled.
#[test]
fn more_than_sixteen_of_every_kind_chain() {
    const COUNT: u32 = 50;
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        let mut writer = locked.draw_on(&frame).unwrap();
        for i in 0..COUNT {
            let at = (i, 2 * i);
            for _ in 0..1 + i % 2 {
                writer.line(&Line {
                    from: at,
                    to: at,
                    width: 1,
                    color: Color::RED,
                });
            }
            writer.circle(&Circle {
                center: at,
                radius: i,
                width: 1,
                color: Color::RED,
                fill: None,
            });
            writer.arrow(&Arrow {
                from: at,
                to: at,
                width: 1,
                head: ArrowHead::Start,
                color: Color::RED,
            });
            let rect = Rect {
                left: i as f32,
                ..Rect::default()
            };
            writer.rect(rect, &RectStyle::default());
        }
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let displays: Vec<_> = frame.displays().rev().collect();
    assert!(displays.len() <= 5, "{}", displays.len());
    let lines: Vec<_> = displays
        .iter()
        .flat_map(|d| d.lines())
        .map(|l| l.from.0)
        .collect();
    let expected: Vec<_> = (0..COUNT)
        .flat_map(|i| std::iter::repeat_n(i, 1 + i as usize % 2))
        .collect();
    assert_eq!(lines, expected);
    let each: Vec<_> = (0..COUNT).collect();
    let circles: Vec<_> = displays
        .iter()
        .flat_map(|d| d.circles())
        .map(|c| c.radius)
        .collect();
    assert_eq!(circles, each);
    let arrows: Vec<_> = displays
        .iter()
        .flat_map(|d| d.arrows())
        .map(|a| a.from.1 / 2)
        .collect();
    assert_eq!(arrows, each);
    let rects: Vec<_> = displays
        .iter()
        .flat_map(|d| d.rects())
        .map(|r| r.rect.left as u32)
        .collect();
    assert_eq!(rects, each);
}

#[test]
fn tensors_are_read_as_attached_and_released_once() {
    let drops = Arc::new(AtomicUsize::new(0));
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        locked
            .add_user_meta_to_frame(&frame, own_type(9000), Box::new(1_u32))
            .unwrap();
        locked
            .add_tensor_to_frame(&frame, &tensor(5, &drops))
            .unwrap();
        locked
            .add_user_meta_to_frame(&frame, own_type(9000), Box::new(2_u32))
            .unwrap();
    });
    let copy = buffer.copy_deep().unwrap();
    for (buffer, filled) in [(&buffer, false), (&copy, true)] {
        let batch = Batch::from_buffer(buffer).unwrap().unwrap().lock();
        let frame = batch.frames().next().unwrap();
        assert_eq!(frame.user_metas().count(), 3);
        let metas: Vec<_> = frame.tensors().collect();
        assert_eq!(metas.len(), 1);
        assert_eq!(metas[0].unique_id(), 5);
        assert_eq!(metas[0].network().height, 200);
        assert_eq!(metas[0].producer(), Producer::NvInfer);
        let release = nvds::release().unwrap();
        let since = |major, minor| release.is_at_least(Version::new(major, minor)) == Some(true);
        assert_eq!(
            metas[0].maintain_aspect_ratio(),
            since(6, 1).then_some(true)
        );
        assert_eq!(metas[0].symmetric_padding(), since(7, 1).then_some(false));
        let layers: Vec<_> = metas[0].layers().unwrap().collect();
        assert_eq!(layers[1].name(), "second");
        assert_eq!(layers[0].dims().unwrap().as_slice(), [1, 3]);
        let LayerData::Float(values) = layers[0].data().unwrap() else {
            panic!("not float");
        };
        assert_eq!(values, [1.0, 2.0, 3.0]);
        let LayerData::Float([4.0]) = layers[1].data().unwrap() else {
            panic!("second layer");
        };
        // As gst-nvinfer does: the buffer field is set in copies only.
        let user = frame.user_metas().nth(1).unwrap();
        // SAFETY: the user meta of a tensor holds this struct.
        let raw = unsafe { &*user.data().cast::<sys::NvDsInferTensorMeta>() };
        // SAFETY: the layer array has two entries.
        let info = unsafe { &*raw.output_layers_info };
        assert_eq!(!info.buffer.is_null(), filled);
    }
    drop(buffer);
    assert_eq!(
        drops.load(Ordering::SeqCst),
        0,
        "the copy shares the memory"
    );
    drop(copy);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn broken_tensors_are_errors() {
    let drops = Arc::new(AtomicUsize::new(0));
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        locked
            .add_tensor_to_frame(&frame, &tensor(5, &drops))
            .unwrap();
    });
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let frame = batch.frames().next().unwrap();
    let meta = frame.tensors().next().unwrap();
    let user = frame.user_metas().next().unwrap();
    // SAFETY: the user meta of a tensor holds this struct, with two layers, and no view reads now.
    let (raw, info) = unsafe {
        let raw = user.data().cast::<sys::NvDsInferTensorMeta>();
        (raw, (*raw).output_layers_info)
    };
    let first = || meta.layers().unwrap().next().unwrap();
    // SAFETY: as above; every value written is restored or read by these views only.
    unsafe {
        let saved = *info;
        (*info).inferDims.numDims = 9;
        assert!(matches!(
            first().data(),
            Err(TensorError::TooManyDims { found: 9, .. })
        ));
        *info = saved;
        (*info).inferDims.d[0] = 1000;
        assert!(matches!(first().data(), Err(TensorError::Elements { .. })));
        (*info).inferDims.d = [u32::MAX; 8];
        (*info).inferDims.numDims = 8;
        assert!(matches!(first().data(), Err(TensorError::Elements { .. })));
        *info = saved;
        (*info).dataType = 77;
        assert!(matches!(
            first().data(),
            Err(TensorError::UnknownType { found: 77, .. })
        ));
        *info = saved;
        (*info).layerName = std::ptr::null();
        assert_eq!(first().name(), "");
        *info = saved;
        let host = *(*raw).out_buf_ptrs_host;
        *(*raw).out_buf_ptrs_host = host.byte_add(1);
        assert!(matches!(
            first().data(),
            Err(TensorError::Misaligned { .. })
        ));
        *(*raw).out_buf_ptrs_host = std::ptr::null_mut();
        let error = first().data().unwrap_err();
        assert!(
            error.to_string().contains("disable-output-host-copy"),
            "{error}"
        );
        *(*raw).out_buf_ptrs_host = host;
        let hosts = std::mem::replace(&mut (*raw).out_buf_ptrs_host, std::ptr::null_mut());
        assert!(matches!(
            first().data(),
            Err(TensorError::NoHostData { .. })
        ));
        (*raw).out_buf_ptrs_host = hosts;
        (*raw).output_layers_info = std::ptr::null_mut();
        assert!(matches!(
            meta.layers().map(|_| ()),
            Err(TensorError::NoLayers(2))
        ));
        (*raw).output_layers_info = info;
    }
    assert!(first().data().is_ok());
}

#[test]
fn tensors_that_do_not_fit_their_memory_are_refused() {
    let drops = Arc::new(AtomicUsize::new(0));
    let layer = |dims: &[usize], offset| NewLayer {
        name: c"x".into(),
        data_type: DataType::Float,
        dims: Dims::new(dims).unwrap(),
        memory: Arc::new(Bytes(vec![0.0; 4], drops.clone())),
        offset,
    };
    let make =
        |layer| NewTensorMeta::new(1, NetworkInfo::default(), Producer::NvInfer, vec![layer]);
    assert!(make(layer(&[4], 0)).is_ok());
    assert!(matches!(
        make(layer(&[5], 0)),
        Err(TensorError::Elements { .. })
    ));
    assert!(matches!(
        make(layer(&[4], 4)),
        Err(TensorError::Elements { .. })
    ));
    assert!(matches!(
        make(layer(&[1], 2)),
        Err(TensorError::Misaligned { .. })
    ));
    assert!(matches!(
        make(layer(&[usize::MAX, 2], 0)),
        Err(TensorError::Elements { .. })
    ));
}

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

#[test]
fn tensors_can_be_read_as_they_lie_in_memory() {
    let elements = [1.5_f32, -2.0, 0.25];
    let bytes: Vec<u8> = elements.iter().flat_map(|e| e.to_ne_bytes()).collect();
    let memory = Arc::new(AlignedBytes::copy_of(&bytes));
    let layer = NewLayer {
        name: std::ffi::CString::new(b"b\xf6xes".to_vec())
            .unwrap()
            .into_boxed_c_str()
            .into(),
        data_type: DataType::Float,
        dims: Dims::new(&[3]).unwrap(),
        memory,
        offset: 0,
    };
    let meta = NewTensorMeta::new(5, NetworkInfo::default(), Producer::NvInfer, vec![layer])
        .unwrap()
        .gpu_id(3);
    let buffer = buffer_with(1, |batch| {
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        locked.add_tensor_to_frame(&frame, &meta).unwrap();
    });
    drop(meta);
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap().lock();
    let tensor = batch.frames().next().unwrap().tensors().next().unwrap();
    assert_eq!(tensor.gpu_id(), 3);
    let layer = tensor.layers().unwrap().next().unwrap();
    assert_eq!(layer.name_bytes(), b"b\xf6xes");
    assert_eq!(layer.data().unwrap().as_bytes(), bytes);
}
