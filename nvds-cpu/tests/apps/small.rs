//! nvegltransform, nvdslogger, dsexample.

use crate::pictures::{play, warnings};

const SOURCE: &str = "nvvideotestsrc num-buffers=3 ! video/x-raw(memory:NVMM),format=NV12,width=1280,height=720 ! m.sink_0 \
     nvstreammux name=m width=1280 height=720 batch-size=1";

#[test]
fn egltransform_lets_buffers_pass() {
    let line = format!(
        "{SOURCE} ! identity name=before ! nvegltransform name=after ! nveglglessink sync=false"
    );
    let ([before, after], _) = play(&line, ["before", "after"]);
    let addresses =
        |buffers: &[gst::Buffer]| buffers.iter().map(|b| b.as_ptr()).collect::<Vec<_>>();
    assert_eq!(addresses(&before), addresses(&after));
    assert_eq!(before.len(), 3);
}

#[test]
fn logger_lets_buffers_pass() {
    let line = format!(
        "{SOURCE} ! identity name=before ! nvdslogger name=after show-fps=1 fps_measurement_interval_sec=1 ! \
         fakesink sync=false"
    );
    let ([before, after], messages) = play(&line, ["before", "after"]);
    let addresses =
        |buffers: &[gst::Buffer]| buffers.iter().map(|b| b.as_ptr()).collect::<Vec<_>>();
    assert_eq!(addresses(&before), addresses(&after));
    assert_eq!(warnings(&messages), [""; 0]);
    let (_, messages) = play(&format!("{SOURCE} ! nvdslogger datarate=5 ! fakesink"), []);
    assert_eq!(warnings(&messages).len(), 1);
}

/// Label, box and text of each object.
fn objects(buffer: &gst::Buffer) -> Vec<(String, [f32; 4], String)> {
    let batch = nvds::Batch::from_buffer(buffer).unwrap().unwrap();
    let locked = batch.lock();
    let frames = locked.frames();
    frames
        .flat_map(|frame| frame.objects())
        .map(|object| {
            let rect = object.rect();
            let text = object.text();
            (
                object.label().into_owned(),
                [rect.left, rect.top, rect.width, rect.height],
                text.display_text().unwrap().to_string_lossy().into_owned(),
            )
        })
        .collect()
}

#[test]
fn dsexample_makes_objects_up() {
    let line = format!("{SOURCE} ! dsexample name=out ! fakesink sync=false");
    let ([out], _) = play(&line, ["out"]);
    let mut found = objects(&out[0]);
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        (
            "Obj0".to_owned(),
            [160.0, 120.0, 160.0, 120.0],
            "Obj0".to_owned(),
        ),
        (
            "Obj1".to_owned(),
            [640.0, 480.0, 160.0, 120.0],
            "Obj1".to_owned(),
        ),
    ];
    assert_eq!(found, expected);
}

#[test]
fn dsexample_labels_objects() {
    let line = format!(
        "{SOURCE} ! dsexample ! dsexample full-frame=0 unique-id=7 name=out ! fakesink sync=false"
    );
    let ([out], _) = play(&line, ["out"]);
    let mut texts: Vec<_> = objects(&out[2])
        .into_iter()
        .map(|(_, _, text)| text)
        .collect();
    texts.sort();
    assert_eq!(texts, ["Obj0 Obj_label", "Obj1 Obj_label"]);
    let batch = nvds::Batch::from_buffer(&out[2]).unwrap().unwrap();
    let locked = batch.lock();
    for object in locked.frames().flat_map(|frame| frame.objects()) {
        let classifiers: Vec<_> = object.classifiers().collect();
        assert_eq!(classifiers.len(), 1);
        assert_eq!(classifiers[0].unique_component_id(), 7);
        let labels: Vec<_> = classifiers[0]
            .labels()
            .map(|l| l.text().into_owned())
            .collect();
        assert_eq!(labels, ["Obj_label"]);
    }
}

#[test]
fn dsexample_says_what_it_does_not_do() {
    let line = format!("{SOURCE} ! dsexample full-frame=0 blur-objects=1 ! fakesink sync=false");
    let (_, messages) = play(&line, []);
    let told = warnings(&messages);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("blur-objects: "), "{told:?}");
}
