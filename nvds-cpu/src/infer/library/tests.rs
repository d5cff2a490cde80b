use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use nvds::{DataType, NetworkInfo};
use zerocopy::IntoBytes;

use super::*;
use crate::infer::postprocess::settings::{ClassAttrs, ParserNames, ServerRules};
use crate::infer::postprocess::{Labels, Layer, Parser, Postprocessor};

/// Folder of the libraries.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    gst::init().unwrap();
    let folder = Path::new(env!("OUT_DIR")).join("parsers");
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

fn build(name: &str, flags: &[&str]) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parsers/parsers.cpp");
    let library = FOLDER.join(name);
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let done = Command::new(compiler)
        .args(["-std=c++14", "-O1", "-g0", "-shared", "-fPIC", "-Wall"])
        .args(flags)
        .arg(source)
        .arg("-o")
        .arg(&library)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{errors}");
    library
}

/// With objects of 28 bytes.
static TURNED_LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| build("libturned.so", &["-DANGLE"]));
/// With objects of 24 bytes.
static OLD_LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| build("libold.so", &[]));

fn settings(network_type: NetworkType) -> Postprocess {
    let attrs = |before, after| ClassAttrs {
        pre_cluster_threshold: before,
        post_cluster_threshold: after,
        ..ClassAttrs::default()
    };
    Postprocess {
        network_type,
        classes: 2,
        class_attrs: vec![attrs(0.25, 0.0), attrs(0.5, 0.125)],
        classifier_threshold: 0.375,
        segmentation_threshold: 0.25,
        ..Postprocess::default()
    }
}

/// Six values a row.
const ROWS: [[f32; 6]; 2] = [
    [1.0, 10.0, 20.0, 30.0, 40.0, 0.875],
    [0.0, 1.0, 2.0, 3.0, 4.0, 0.5],
];

fn parse_with(function: &mut LibraryFunction, settings: &Postprocess) -> Result<Parsed, String> {
    let more = [1_u8; 3];
    let layers = [
        Layer {
            name: b"rows",
            data_type: DataType::Float,
            dims: &[2, 6],
            bytes: ROWS.as_bytes(),
        },
        Layer {
            name: b"count",
            data_type: DataType::UInt8,
            dims: &[1, 1, 3],
            bytes: &more,
        },
    ];
    let tensors = Tensors {
        layers: &layers,
        network: NetworkInfo {
            width: 3,
            height: 2,
            channels: 3,
        },
    };
    function.parse(&tensors, settings)
}

fn parse(library: &Path, name: &str, settings: &Postprocess) -> Result<Parsed, String> {
    parse_with(&mut open(settings, name, library)?, settings)
}

fn boxes(parsed: Parsed) -> Vec<Detection> {
    match parsed {
        Parsed::Boxes(boxes) => boxes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn objects_are_those_of_the_list_whatever_their_size() {
    let settings = settings(NetworkType::Detector);
    for (library, size, rotation) in [
        (&*TURNED_LIBRARY, TURNED, 0.5),
        (&*OLD_LIBRARY, UNTURNED, 0.0),
    ] {
        for expected in [TURNED, UNTURNED] {
            let mut function = open(&settings, "NvDsInferParseTestRows", library).unwrap();
            function.record = expected;
            let found = boxes(parse_with(&mut function, &settings).unwrap());
            assert_eq!(function.record, size);
            assert_eq!(function.told_size, expected != size);
            let rows = ROWS.map(|[class, left, top, width, height, confidence]| Detection {
                class: class as u32,
                left,
                top,
                width,
                height,
                confidence,
                rotation,
                mask: None,
            });
            assert_eq!(found, rows);
        }
    }
}

#[test]
fn a_parser_gets_what_the_stock_element_gives() {
    let mut settings = settings(NetworkType::Detector);
    let numbers = |settings: &Postprocess| -> Vec<[f32; 5]> {
        let found = parse(&TURNED_LIBRARY, "NvDsInferParseTestEcho", settings).unwrap();
        let found = boxes(found);
        found
            .iter()
            .map(|b| [b.left, b.top, b.width, b.height, b.confidence])
            .collect()
    };
    let expected = [
        [3.0, 2.0, 3.0, 2.0, 2.0],
        [2.0, 2.0, 1.0, 0.5, 0.125],
        [0.0, 2.0, 12.0, 1.0, 0.0],
        [4.0, 2.0, 6.0, 0.0, 0.0],
        [5.0, 3.0, 3.0, 2.0, 0.0],
        [5.0, 1.0, 1.0, 3.0, 0.0],
    ];
    assert_eq!(numbers(&settings), expected);
    // What the parser wrote into the outputs is gone.
    assert_eq!(numbers(&settings), expected);
    settings.server = Some(ServerRules {
        topk: None,
        filters: false,
    });
    assert_eq!(numbers(&settings)[1], [2.0, 0.0, 1.0, 0.5, -1.0]);
}

#[test]
fn what_a_parser_cannot_do_is_an_error() {
    let settings = settings(NetworkType::Detector);
    let library = TURNED_LIBRARY.display().to_string();
    for (name, expected) in [
        (
            "NvDsInferParseTestFalse",
            "says that it could not parse the tensors (it returned false)",
        ),
        (
            "NvDsInferParseTestThrows",
            "threw an exception: no such anchor",
        ),
        (
            "NvDsInferParseTestThrowsNumber",
            "threw an exception: what is thrown is no std::exception",
        ),
        (
            "NvDsInferParseTestOddSize",
            "records have a size that no DeepStream has",
        ),
    ] {
        let error = parse(&TURNED_LIBRARY, name, &settings).unwrap_err();
        let whole = format!("{name} of {library} ");
        assert!(
            error.starts_with(&whole) && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn classes_and_angles_that_nobody_means_are_told_of() {
    let settings = settings(NetworkType::Detector);
    let name = "NvDsInferParseTestOtherClass";
    for (library, angles) in [(&*OLD_LIBRARY, false), (&*TURNED_LIBRARY, true)] {
        let mut function = open(&settings, name, library).unwrap();
        let found = boxes(parse_with(&mut function, &settings).unwrap());
        assert_eq!(found.len(), 3);
        assert!(function.told_class);
        assert_eq!(function.told_angle, angles);
    }
    let mut settings = settings;
    settings.parsers = ParserNames {
        bbox: Some(name.to_owned()),
        library: Some(OLD_LIBRARY.clone()),
        ..ParserNames::default()
    };
    let parser = Parser::of(&settings).unwrap();
    let mut post = Postprocessor::new(settings, Labels::default(), parser).unwrap();
    let tensors = Tensors {
        layers: &[],
        network: NetworkInfo {
            width: 8,
            height: 8,
            channels: 3,
        },
    };
    let found = format!("{:?}", post.run(&tensors).unwrap());
    assert_eq!(found.matches("class: ").count(), 1, "{found}");
}

#[test]
fn masks_are_copied_also_those_of_two_objects() {
    let settings = settings(NetworkType::InstanceSegmentation);
    let found = boxes(parse(&OLD_LIBRARY, "NvDsInferParseTestMasks", &settings).unwrap());
    let mask = Some(Mask {
        values: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        width: 3,
        height: 2,
    });
    let masks: Vec<_> = found.iter().map(|object| object.mask.clone()).collect();
    assert_eq!(masks, [mask.clone(), mask, None]);
    assert_eq!((found[1].class, found[2].height), (1, 4.0));
}

#[test]
fn attributes_without_a_label_have_that_of_the_file() {
    let mut settings = settings(NetworkType::Classifier);
    settings.parsers = ParserNames {
        classifier: Some("NvDsInferParseTestClasses".to_owned()),
        library: Some(TURNED_LIBRARY.clone()),
        ..ParserNames::default()
    };
    let file = FOLDER.join("labels.txt");
    std::fs::write(&file, "none;two\n").unwrap();
    let parser = Parser::of(&settings).unwrap();
    let labels = Labels::load(&file).unwrap();
    let mut post = Postprocessor::new(settings, labels, parser).unwrap();
    let tensors = Tensors {
        layers: &[],
        network: NetworkInfo {
            width: 8,
            height: 8,
            channels: 3,
        },
    };
    let own = b"a label that is longer than a short text";
    let attribute = |output, class, probability, label: Option<&[u8]>| Attribute {
        output,
        class,
        probability,
        label: label.map(<[u8]>::to_vec),
    };
    let expected = Classification {
        attributes: vec![
            attribute(0, 7, 0.375, Some(own)),
            attribute(0, 1, 0.75, Some(b"two")),
            attribute(0, 99, 0.5, None),
        ],
        text: [&own[..], b" two "].concat(),
    };
    let found = post.run(&tensors).unwrap();
    assert_eq!(
        found,
        crate::infer::postprocess::Findings::Classes(expected)
    );
}

#[test]
fn segmentations_have_the_classes_of_the_parser() {
    let settings = settings(NetworkType::Segmentation);
    let segments = |name| match parse(&OLD_LIBRARY, name, &settings).unwrap() {
        Parsed::Segments(segments) => segments,
        other => panic!("{other:?}"),
    };
    let found = segments("NvDsInferParseTestSegments");
    assert_eq!((found.classes, found.width, found.height), (2, 3, 2));
    // The last pixel is one that the parser leaves out.
    assert_eq!(found.class_map, [25, 1, 0, 1, 0, -1]);
    assert_eq!(found.probabilities, ROWS.as_flattened());
    // Probabilities in memory whose size nobody knows are not read.
    let far = segments("NvDsInferParseTestFarProbabilities");
    assert_eq!(far.class_map, [-1; 6]);
    assert!(far.probabilities.is_empty());
}

#[test]
fn a_function_that_is_not_there_names_those_that_are() {
    let mut settings = settings(NetworkType::Detector);
    let library = &*TURNED_LIBRARY;
    let error = |settings: &Postprocess, name: &str| open(settings, name, library).unwrap_err();
    let near = error(&settings, "NvDsInferParseTestRow");
    let expected = format!(
        "parse-bbox-func-name=NvDsInferParseTestRow: {} has no such function, did you mean NvDsInferParseTestRows?; it has \
         NvDsInferParseTestClasses, NvDsInferParseTestEcho, ",
        library.display()
    );
    assert!(near.starts_with(&expected), "{near}");
    let mangled = error(&settings, "NvDsInferParseTestMangled");
    assert!(
        mangled.ends_with("declare it extern \"C\" and build the library again"),
        "{mangled}"
    );
    let variable = error(&settings, "NvDsInferParseTestVariable");
    assert!(
        variable.contains("has no such function, only a variable of this name"),
        "{variable}"
    );
    assert_eq!(variable.matches("TestVariable").count(), 1, "{variable}");
    settings.server = Some(ServerRules {
        topk: None,
        filters: false,
    });
    let none = open(&settings, "f", Path::new("/no/such/lib.so")).unwrap_err();
    assert!(
        none.starts_with("custom_lib=/no/such/lib.so: no such file"),
        "{none}"
    );
}

#[test]
fn what_a_library_needs_is_named() {
    let settings = settings(NetworkType::Detector);
    let needs = build("libneeds.so", &["-DNEEDS"]);
    let error = open(&settings, "NvDsInferParseTestNeeds", &needs).unwrap_err();
    assert!(
        error.contains("libneeds.so: it needs cudaMalloc of libcudart.so, which it does not name"),
        "{error}"
    );
    let folder = needs.with_file_name("libgone.so");
    let of = FOLDER.display().to_string();
    std::fs::copy(&*OLD_LIBRARY, &folder).unwrap();
    let linked = build(
        "liblinked.so",
        &["-Wl,--no-as-needed", &format!("-L{of}"), "-lgone"],
    );
    std::fs::remove_file(&folder).unwrap();
    let error = open(&settings, "NvDsInferParseTestRows", &linked).unwrap_err();
    assert!(
        error.contains("liblinked.so: it needs libgone.so, which is not on this machine"),
        "{error}"
    );
    std::fs::write(&folder, "text").unwrap();
    let error = open(&settings, "f", &folder).unwrap_err();
    assert!(error.contains("libgone.so: not loaded: "), "{error}");
}
