//! What was found out about frames and objects, on the loaded metadata library.

use std::mem::offset_of;
use std::path::Path;
use std::process::Command;

use nvds::*;

fn zone(name: &str) -> AnalyticsZone {
    AnalyticsZone {
        name: FixedText::new(name),
        objects: 3,
        ..AnalyticsZone::default()
    }
}

fn object() -> NewObject<'static> {
    NewObject {
        unique_component_id: 1,
        class_id: 0,
        confidence: 0.5,
        rect: Rect::default(),
        style: RectStyle::default(),
        label: "face",
        text: None,
    }
}

/// A frame with results, and an object with some.
fn buffer() -> gst::Buffer {
    gst::init().unwrap();
    let mut new = NewBatch::new(1).unwrap();
    new.add_frame(&NewFrame::default());
    {
        let batch = new.batch();
        let locked = batch.lock();
        let frame = locked.frames().next().unwrap();
        assert_eq!(frame.analytics(), None);
        let events = [AnalyticsEvent::default(); 3];
        let found = AnalyticsFrame {
            element: FixedText::new("first"),
            run: 7,
            zones: &[zone("a"), zone(&"\u{e9}".repeat(40))],
            events: &events,
            ..AnalyticsFrame::default()
        };
        locked.add_analytics_to_frame(&frame, &found).unwrap();
        assert_eq!(frame.analytics(), Some(found));
        let object = locked.add_object(&frame, &object(), None).unwrap();
        assert_eq!(object.analytics(), None);
        let marks = [AnalyticsMark::default(); 2];
        let found = AnalyticsObject {
            run: 7,
            marks: &marks,
            speed: Some(1.5),
            velocity: None,
        };
        locked.add_analytics_to_object(&object, &found).unwrap();
        assert_eq!(object.analytics(), Some(found));
        let later = AnalyticsFrame {
            element: FixedText::new("second"),
            run: 8,
            ..AnalyticsFrame::default()
        };
        locked.add_analytics_to_frame(&frame, &later).unwrap();
        assert_eq!(frame.analytics(), Some(later));
        let runs: Vec<u32> = frame.all_analytics().rev().map(|of| of.run).collect();
        assert_eq!(runs, [7, 8], "oldest first");
    }
    let mut buffer = gst::Buffer::new();
    new.attach(buffer.get_mut().unwrap());
    buffer
}

#[test]
fn copies_outlive_what_they_were_made_of() {
    let first = buffer();
    let copy = first.copy_deep().unwrap();
    drop(first);
    let batch = Batch::from_buffer(&copy).unwrap().unwrap();
    let locked = batch.lock();
    let frame = locked.frames().next().unwrap();
    let found = frame.all_analytics().find(|of| of.run == 7).unwrap();
    assert_eq!(found.element.as_bytes(), b"first");
    assert_eq!(
        (found.zones.len(), found.lines.len(), found.events.len()),
        (2, 0, 3)
    );
    assert_eq!(found.zones[0], zone("a"));
    assert_eq!(
        found.zones[1].name.as_bytes(),
        "\u{e9}".repeat(31).as_bytes(),
        "cut at a letter's end"
    );
    let object = frame.objects().next().unwrap().analytics().unwrap();
    assert_eq!(
        (
            object.run,
            object.marks.len(),
            object.speed,
            object.velocity
        ),
        (7, 2, Some(1.5), None)
    );
}

/// What the header says is what is in memory.
#[test]
fn the_header_compiles_and_says_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::temp_dir().join(format!("rsnvds-analytics-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (source, program) = (folder.join("header.c"), folder.join("header"));
    let text = "#include <stddef.h>\n#include <stdio.h>\n#include \"rsnvds.h\"\n\
        #define A(type, field) offsetof (RsNvdsAnalytics##type, field)\n\
        int main (void) {\n\
        printf (\"%s %s %d %d\", RSNVDS_ANALYTICS_FRAME_TYPE, RSNVDS_ANALYTICS_OBJECT_TYPE, RSNVDS_ANALYTICS_NAME,\n\
        RSNVDS_ANALYTICS_LABEL);\n\
        printf (\" %zu %zu %zu %zu %zu %zu %zu %zu\", sizeof (RsNvdsAnalyticsZone), sizeof (RsNvdsAnalyticsLine),\n\
        sizeof (RsNvdsAnalyticsClass), sizeof (RsNvdsAnalyticsRule), sizeof (RsNvdsAnalyticsEvent),\n\
        sizeof (RsNvdsAnalyticsMark), sizeof (RsNvdsAnalyticsFrame), sizeof (RsNvdsAnalyticsObject));\n\
        printf (\" %zu %zu %zu %zu %zu %zu %zu %zu\", A (Zone, dwell_mean), A (Zone, tracks), A (Line, out),\n\
        A (Line, in_now), A (Class, line), A (Rule, objects), A (Event, kind), A (Event, speed));\n\
        printf (\" %zu %zu %zu\", A (Frame, element), A (Frame, run), A (Object, run));\n\
        printf (\" %d %d\", RSNVDS_SPEED_EXCEEDED, RSNVDS_STANDS_STILL);\n\
        return 0; }\n";
    std::fs::write(&source, text).unwrap();
    for language in [&["-std=c99"][..], &["-x", "c++"]] {
        let built = Command::new("cc")
            .args(language)
            .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-I"])
            .arg(root.join("include"))
            .arg(&source)
            .arg("-o")
            .arg(&program)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{errors}");
        let said = Command::new(&program).output().unwrap().stdout;
        let expected = format!(
            "{} {} {ANALYTICS_NAME} {ANALYTICS_LABEL} {} {} {} {} {} {} 120 40 {} {} {} {} {} {} {} {} 48 112 32 {} {}",
            ANALYTICS_FRAME_TYPE.to_str().unwrap(),
            ANALYTICS_OBJECT_TYPE.to_str().unwrap(),
            size_of::<AnalyticsZone>(),
            size_of::<AnalyticsLine>(),
            size_of::<AnalyticsClass>(),
            size_of::<AnalyticsRule>(),
            size_of::<AnalyticsEvent>(),
            size_of::<AnalyticsMark>(),
            offset_of!(AnalyticsZone, dwell_mean),
            offset_of!(AnalyticsZone, tracks),
            offset_of!(AnalyticsLine, out),
            offset_of!(AnalyticsLine, into_now),
            offset_of!(AnalyticsClass, line),
            offset_of!(AnalyticsRule, objects),
            offset_of!(AnalyticsEvent, kind),
            offset_of!(AnalyticsEvent, speed),
            AnalyticsEvent::SPEED_EXCEEDED,
            AnalyticsMark::STATIONARY,
        );
        assert_eq!(String::from_utf8_lossy(&said), expected);
    }
    std::fs::remove_dir_all(folder).unwrap();
}
