use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use libloading::os::unix::Library;

use super::*;
use crate::{AlignedBytes, Batch, NewBatch, NewFrame, NewObject, NewTensorMeta};
use crate::{NetworkInfo, Producer, RectStyle};

type Read = unsafe extern "C" fn(*const c_void, *const c_void, *mut c_char, usize) -> c_int;

fn input() -> NewPreparedInput {
    NewPreparedInput {
        target_unique_ids: vec![1, 7],
        memory: Arc::new(AlignedBytes::copy_of(&[0; 24])),
        shape: vec![2, 3, 1, 1],
        data_type: PreparedType::Float,
        name: "input_1".to_owned(),
        gpu_id: 0,
        meta_id: 4,
        maintain_aspect_ratio: true,
    }
}

fn buffer() -> gst::Buffer {
    gst::init().unwrap();
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&NewFrame::default());
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

fn rect(left: f32) -> Rect {
    Rect {
        left,
        top: 2.0,
        width: 30.0,
        height: 40.0,
    }
}

/// Two regions, the second of which is an object, are attached to a new buffer.
fn prepared(input: &NewPreparedInput) -> gst::Buffer {
    let buffer = buffer();
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let object = NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 1.0,
        rect: rect(8.0),
        style: RectStyle::default(),
        label: "",
        text: None,
    };
    let object = locked.add_object(&frame, &object, None).unwrap();
    let roi = |left, object| NewRoi {
        rect: rect(left),
        scale_ratio: (0.5, 0.25),
        offset: (3.0, 0.0),
        frame,
        object,
    };
    locked
        .add_prepared_input(input, &[roi(1.0, None), roi(8.0, Some(object))])
        .unwrap();
    drop(locked);
    buffer
}

fn with_rois<R>(buffer: &gst::BufferRef, read: impl FnOnce(&Locked<'_>, &[Roi<'_>]) -> R) -> R {
    let locked = Batch::from_buffer(buffer).unwrap().unwrap().lock();
    let meta = locked
        .user_metas()
        .find_map(|meta| meta.as_prepared_input());
    let rois: Vec<_> = meta.unwrap().rois().collect();
    read(&locked, &rois)
}

#[test]
fn cpp_code_reads_the_containers() {
    let buffer = prepared(&input());
    let batch = Batch::from_buffer(&buffer).unwrap().unwrap();
    let locked = batch.lock();
    let facts = facts(&locked).unwrap();
    let folder = std::env::temp_dir().join(format!("nvds-prepared-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let library = folder.join("libprepared.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cpp/prepared.cpp");
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let done = Command::new(compiler)
        .args(["-std=c++14", "-shared", "-fPIC", "-Wall", "-Werror"])
        .arg(format!("-DRECT={}", facts.rect))
        .arg(format!("-DTAIL={}", facts.roi - facts.rect))
        .arg(source)
        .arg("-o")
        .arg(&library)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let meta = locked.user_metas().next().unwrap();
    assert_eq!(meta.meta_type(), facts.batch_type);
    let frame = locked.frames().next().unwrap();
    let mut text = [0 as c_char; 500];
    // SAFETY: the library was made of a source that is known; it reads a live meta and writes as much as there is room for.
    let (same, text) = unsafe {
        let library = Library::new(&library).unwrap();
        let read = library.get::<Read>(b"read_prepared").unwrap();
        let same = read(
            meta.payload(),
            frame.raw().cast(),
            text.as_mut_ptr(),
            text.len(),
        );
        (same, CStr::from_ptr(text.as_ptr()).to_str().unwrap())
    };
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(same, 1, "both are of the frame");
    assert_eq!(
        text,
        "1 7 \"input_1\" 7 [2 3 1 1 ] 24 bytes of type 0\n1 2 30 40 0.5 0.25 3 0\n8 2 30 40 0.5 0.25 3 0"
    );
}

/// Memory that counts how often it was given back.
struct Counted(Arc<AtomicUsize>, AlignedBytes);

impl Counted {
    fn new(freed: &Arc<AtomicUsize>) -> Arc<Self> {
        Arc::new(Self(Arc::clone(freed), AlignedBytes::copy_of(&[0; 24])))
    }
}

impl TensorMemory for Counted {
    fn bytes(&self) -> &[u8] {
        self.1.as_slice()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn what_hangs_on_regions_goes_with_the_buffer() {
    let freed = Arc::new(AtomicUsize::new(0));
    let buffer = prepared(&NewPreparedInput {
        memory: Counted::new(&freed),
        ..input()
    });
    with_rois(&buffer, |locked, rois| {
        let layer = crate::NewLayer {
            name: Arc::from(c"out"),
            data_type: crate::DataType::Float,
            dims: crate::Dims::new(&[6]).unwrap(),
            memory: Counted::new(&freed),
            offset: 0,
        };
        let network = NetworkInfo {
            width: 1,
            height: 1,
            channels: 3,
        };
        let meta = NewTensorMeta::new(7, network, Producer::NvInfer, vec![layer]).unwrap();
        let frame = locked.frames().next().unwrap();
        let object = frame.objects().next().unwrap();
        let classifier = crate::InferredClassifier {
            unique_component_id: 7,
            classifier_type: Some(c"kind"),
            labels: &[crate::InferredLabel {
                text: b"red",
                class_id: 1,
                label_id: 0,
                probability: 0.5,
            }],
        };
        for (roi, object) in [(&rois[0], None), (&rois[1], Some(&object))] {
            locked.add_tensor_to_roi(roi, &meta);
            locked.add_roi_place(roi, &frame, object).unwrap();
            locked
                .add_classifier_to_roi(roi, object, &classifier)
                .unwrap();
            assert_eq!(roi.tensors().count(), 1);
            assert_eq!(roi.classifiers().count(), 1);
        }
        assert_eq!(object.classifiers().count(), 1, "it is the region");
        if facts(locked).unwrap().objects {
            assert_eq!(rois[1].object_address(), object.address());
        }
        if let Some(place) = frame.user_metas().find_map(|meta| meta.as_roi()) {
            assert_eq!(place.offset(), (3.0, 0.0));
            assert_eq!(place.tensors().count(), 0);
            assert_eq!(place.classifiers().count(), 0);
        }
    });
    assert_eq!(freed.load(Ordering::SeqCst), 0);
    let copy = buffer.copy();
    drop(buffer);
    assert_eq!(freed.load(Ordering::SeqCst), 2, "input and tensors");
    drop(copy);
}
