//! What the libraries export, and what their functions do for applications.

mod surfaces;

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::ptr::null_mut;

use glib::translate::{ToGlibPtr, from_glib_full};
use nvds::event::SourceEvent;
use nvds_stubs::helper::*;
use nvds_stubs::yml_parser::*;
use object::{Object, ObjectSymbol, SymbolKind};

/// Where cargo has built both libraries.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let file = test.parent().unwrap().join(name);
    assert!(
        file.exists(),
        "{}: run the tests of the whole workspace",
        file.display()
    );
    file
}

fn exports(name: &str) -> BTreeSet<String> {
    let bytes = std::fs::read(built(name)).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    file.dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
        .map(|symbol| symbol.name().unwrap().to_owned())
        .collect()
}

/// The functions that a header of include/deepstream/ declares.
fn declared(header: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../include/deepstream");
    let text = std::fs::read_to_string(folder.join(header)).unwrap();
    let name = |line: &str| {
        let is_function = line.ends_with(");") && !line.starts_with("typedef");
        let head = line.split_once(" (").filter(|_| is_function)?.0;
        Some(head.rsplit([' ', '*']).next().unwrap().to_owned())
    };
    text.lines().filter_map(name).collect()
}

#[test]
fn all_that_the_headers_declare_is_exported() {
    let found = exports("libnvds_stubs.so");
    for (header, count) in [
        ("nvds_yml_parser.h", 24),
        ("gst-nvmessage.h", 3),
        ("nvds_version.h", 3),
        ("nvds_utils.h", 1),
        ("nvbufsurface.h", 15),
        ("nvbufsurftransform.h", 9),
        ("nvds_obj_encode.h", 4),
        ("gst-nvevent.h", 12),
        ("gst-nvdscustomevent.h", 10),
        ("gst-nvcustomevent.h", 14),
        ("gst-nvdscustommessage.h", 12),
        ("nvds_logger.h", 3),
        ("nvmsgbroker.h", 5),
    ] {
        let names = declared(header);
        assert_eq!(names.len(), count, "{header}: {names:?}");
        for name in names {
            assert!(found.contains(&name), "{name} of {header} is not exported");
        }
    }
    // Nothing but functions of DeepStream's names.
    let known = [
        "nvds_",
        "gst_nv",
        "NvBufSurf",
        "Raw2NvBufSurface",
        "NvDsSR",
        "nv_msgbroker_",
        "configure_source_for_ntp_sync",
    ];
    let other: Vec<_> = found
        .iter()
        .filter(|name| !known.iter().any(|known| name.starts_with(known)))
        .collect();
    assert!(other.is_empty(), "{other:?}");
}

#[test]
fn events_are_read_as_they_were_made() {
    gst::init().unwrap();
    let mut id = 0;
    // SAFETY: events that this test owns, and places that may be written.
    unsafe {
        for (raw, kind) in [
            (gst_nvevent_new_pad_added(4), SourceEvent::PadAdded),
            (gst_nvevent_new_pad_deleted(4), SourceEvent::PadDeleted),
            (gst_nvevent_new_stream_eos(4), SourceEvent::StreamEos),
            (gst_nvevent_new_stream_reset(4), SourceEvent::StreamReset),
        ] {
            let event: gst::Event = from_glib_full(raw);
            assert_eq!(SourceEvent::of(&event), Some(kind));
            id = 0;
            gst_nvevent_parse_pad_added(raw, &mut id);
            assert_eq!(id, if kind == SourceEvent::PadAdded { 4 } else { 0 });
            gst_nvevent_parse_stream_eos(raw, &mut id);
            let is_read = matches!(kind, SourceEvent::PadAdded | SourceEvent::StreamEos);
            assert_eq!(id, if is_read { 4 } else { 0 });
        }
        let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
        segment.set_start(gst::ClockTime::from_seconds(2));
        let raw = gst_nvevent_new_stream_segment(5, segment.to_glib_none().0.cast_mut());
        let _event: gst::Event = from_glib_full(raw);
        let mut read = null_mut();
        gst_nvevent_parse_stream_segment(raw, &mut id, &mut read);
        assert_eq!((id, (*read).start), (5, 2_000_000_000));

        let raw = gst_nvevent_new_stream_start(6, c"camera".as_ptr().cast_mut());
        let _event: gst::Event = from_glib_full(raw);
        let mut text = null_mut();
        gst_nvevent_parse_stream_start(raw, &mut id, &mut text);
        assert_eq!((id, CStr::from_ptr(text)), (6, c"camera"));
        glib::ffi::g_free(text.cast());
        gst_nvevent_parse_pad_added(null_mut(), null_mut());
        assert_eq!(gst_nvmessage_is_stream_eos(null_mut()), 0);
    }
}

const YAML: &str = "\
source-list:
  list: file:///a.mp4;rtsp://b/c ;
sink:
  sync: 1
  nonsense: 2
osd:
  enable: 0
primary-gie:
  plugin-type: 1
encoder:
  codec: 3
";

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("rsnvds-stubs-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("app.yml"), YAML).unwrap();
    folder
}

#[test]
fn types_and_codecs_are_read_and_mistakes_refused() {
    let folder = folder("types");
    let file = CString::new(folder.join("app.yml").to_str().unwrap()).unwrap();
    let file = file.as_ptr().cast_mut();
    let (mut kind, mut codec) = (
        7,
        CodecStatus {
            codec_type: 7,
            enable: 7,
        },
    );
    // SAFETY: C strings, and places that may be written.
    unsafe {
        assert_eq!(
            nvds_parse_gie_type(&mut kind, file, c"primary-gie".as_ptr()),
            SUCCESS
        );
        assert_eq!(kind, 1);
        assert_eq!(
            nvds_parse_gie_type(&mut kind, file, c"osd".as_ptr()),
            DISABLED
        );
        assert_eq!(
            nvds_parse_codec_status(file, c"encoder".as_ptr(), &mut codec),
            ERROR
        );
        assert_eq!(
            nvds_parse_codec_status(file, c"osd".as_ptr(), &mut codec),
            SUCCESS
        );
        assert_eq!((codec.codec_type, codec.enable), (1, 0));
        assert_eq!(nvds_parse_osd(null_mut(), file, c"sink".as_ptr()), ERROR);
        assert_eq!(
            nvds_parse_osd(null_mut(), null_mut(), c"sink".as_ptr()),
            ERROR
        );
        assert_eq!(
            nvds_parse_source_list(null_mut(), file, c"source-list".as_ptr()),
            ERROR
        );
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Compiles a program of tests/ against the headers of this project, links it as an application is, and runs it in the folder.
fn run_c(folder: &Path, name: &str, metadata: &[&str]) -> Output {
    let library = built("libnvds_stubs.so");
    let flags = Command::new("pkg-config")
        .args(["--cflags", "--libs", "gstreamer-1.0"])
        .output()
        .unwrap();
    let flags = String::from_utf8(flags.stdout).unwrap();
    let mut compiler = Command::new("cc");
    compiler
        .args(["-Wall", "-Wextra", "-Werror", "-I../include/deepstream"])
        .arg(format!("tests/{name}.c"))
        .arg("-o")
        .arg(folder.join(name))
        .args(metadata)
        .args(flags.split_whitespace())
        .arg(&library)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(compiler.status().unwrap().success());
    let mut paths = vec![library.parent().unwrap().to_owned()];
    paths.extend(
        nvds::library()
            .unwrap()
            .origin()
            .parent()
            .map(Path::to_owned),
    );
    Command::new("timeout")
        .args(["30", &format!("./{name}"), "app.yml"])
        .current_dir(folder)
        .env("LD_LIBRARY_PATH", std::env::join_paths(paths).unwrap())
        .output()
        .unwrap()
}

/// As [`run_c`], of a program that fills metadata and surfaces: the headers have the layout of 9.x. `None` on a library of
/// another class. Also returns the folder.
fn run_c_of_class_c(name: &str) -> Option<(PathBuf, Output)> {
    let library = nvds::library().unwrap();
    if library.release().class() != "C" {
        return None;
    }
    let folder = folder(name);
    let libraries = format!("-L{}", library.origin().parent().unwrap().display());
    let output = run_c(
        &folder,
        name,
        &[&libraries, "-lnvdsgst_meta", "-lnvds_meta"],
    );
    Some((folder, output))
}

#[test]
fn a_c_application_is_set_up_by_a_yaml_file() {
    let folder = folder("app");
    let output = run_c(&folder, "app", &[]);
    std::fs::remove_dir_all(&folder).unwrap();
    let (told, wrong) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{told}{wrong}");
    let (version, rest) = told.split_once('\n').unwrap();
    assert!(version.starts_with("DeepStreamSDK "), "{version}");
    assert_eq!(
        rest,
        "uri file:///a.mp4\nuri rtsp://b/c\nsink 0\nsync 1, disabled 1, missing 2\nend of source 3\nno surface -1\n"
    );
    for line in [
        "nvds-stubs: app.yml:5: fakesink has no property nonsense: it is not set",
        "nvds-stubs: app.yml: expected a group tiler:, found source-list, sink, osd, primary-gie, encoder",
    ] {
        assert!(wrong.contains(line), "{wrong}");
    }
}

/// The sizes and places in the program are DeepStream 9.1's: that it compiles is half of the test.
#[test]
fn a_c_application_fills_what_nvmsgconv_reads() {
    let Some((folder, output)) = run_c_of_class_c("event") else {
        return;
    };
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "sensor-0: event 2 of object 0 at 2, 1: a\n"
    );
}

#[test]
fn what_nvdspreprocess_attaches_has_its_places() {
    let flags = Command::new("pkg-config")
        .args(["--cflags", "gstreamer-1.0"])
        .output()
        .unwrap();
    let flags = String::from_utf8(flags.stdout).unwrap();
    let mut compiler = Command::new("c++");
    compiler
        // The fields of classes with containers have places in libstdc++.
        .args([
            "-fsyntax-only",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-Wno-invalid-offsetof",
        ])
        .args(["-I../include/deepstream", "tests/prepared.cpp"])
        .args(flags.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(compiler.status().unwrap().success());
}

#[test]
fn a_c_application_makes_surfaces_transforms_and_encodes_them() {
    let Some((folder, output)) = run_c_of_class_c("pixels") else {
        return;
    };
    let (told, wrong) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{told}{wrong}");
    assert_eq!(
        told,
        "planes 2 of pitch 512, filled 0\n\
         crop 0, filled 1: inside 1, outside 0 0 0\n\
         turn 0, wait 0, destroy 0: top 1, bottom 1\n\
         outside -4, no parameters -3\n\
         composite 0: 1 1\n\
         raw 0, back 0, too wide -1: 1\n\
         Jetson's -1, destroy 0, again -1\n\
         object 1, not scaled 0, frame 1, none 0, outside 0\n\
         type 14, jpeg ffd8\n\
         copy ffd8\n\
         other 1 0, interval 2 5\n\
         regions 2 of 0: 0\n\
         add 1, remove 0: 4 file:///a cam 1\n\
         host 0, broker 1\n",
        "{wrong}"
    );
    for line in [
        "NvBufSurfTransform: src_rect[0]: expected a rectangle within 64x48, found 33x48 at (32, 0)",
        "NvBufSurfaceCreate: memType 4 is Jetson's",
        "nvds_obj_enc_process: scaledWidth, scaledHeight: expected 1 to 16384 pixels with scaleImg, found 0x0",
        "nvds_obj_enc_process: expected an object meta, or isFrame set",
        "rect_params: expected a box in the frame of 64x48, found 40x20 at (64, 0)",
        "nv_msgbroker_connect: no broker is reached from here",
        "APP: 3: said %d",
    ] {
        assert!(wrong.contains(line), "{line}: {wrong}");
    }
    // The box reaches beyond the frame, and ends there.
    let jpeg = std::fs::read(folder.join("7_0_3__24x20.jpg")).unwrap();
    assert!(jpeg.starts_with(&[0xff, 0xd8, 0xff]) && jpeg.ends_with(&[0xff, 0xd9]));
    std::fs::remove_dir_all(folder).unwrap();
}
