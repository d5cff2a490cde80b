//! Tensors of inference.

use super::*;

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
