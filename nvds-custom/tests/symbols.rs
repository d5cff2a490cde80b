//! What the library exports and what it asks of other libraries, so that it loads wherever DeepStream runs.

mod caller;

use std::process::Command;

fn readelf(option: &str) -> String {
    let done = Command::new("readelf")
        .args(["--wide", option])
        .arg(caller::library())
        .output();
    let done = done.expect("readelf is part of binutils, as the linker is");
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn only_parsers_are_exported() {
    let symbols = readelf("--dyn-syms");
    let mut exported: Vec<&str> = symbols
        .lines()
        .filter(|line| line.contains(" GLOBAL ") && !line.contains(" UND "))
        .filter_map(|line| line.split_whitespace().nth(7))
        .collect();
    exported.sort_unstable();
    let expected = [
        "NvDsInferParseRsnvds",
        "NvDsInferParseRsnvdsDetr",
        "NvDsInferParseRsnvdsFace",
        "NvDsInferParseRsnvdsSsd",
        "NvDsInferParseRsnvdsYolo",
    ];
    assert_eq!(exported, expected);
}

#[test]
fn it_needs_nothing_but_the_c_and_c_plus_plus_libraries() {
    let dynamic = readelf("--dynamic");
    let needed: Vec<&str> = dynamic
        .lines()
        .filter(|line| line.contains("(NEEDED)"))
        .filter_map(|line| {
            line.split_once('[')?
                .1
                .split_once(".so")
                .map(|(name, _)| name)
        })
        .collect();
    assert!(needed.contains(&"libstdc++"), "{needed:?}");
    for name in needed {
        let known = [
            "libstdc++",
            "libgcc_s",
            "libm",
            "libc",
            "libdl",
            "libpthread",
        ];
        assert!(
            known.contains(&name) || name.starts_with("ld-linux"),
            "{name}"
        );
    }
}

/// Ubuntu 18.04, with DeepStream 6.0, has version 3.4.25 of the C++ library.
#[test]
fn it_needs_no_newer_c_plus_plus_library() {
    let versions = readelf("--version-info");
    let mut looked_at = 0;
    for (prefix, most) in [("GLIBCXX_", [3, 4, 25]), ("CXXABI_", [1, 3, 11])] {
        for rest in versions.split(prefix).skip(1) {
            let number = rest
                .split(|c: char| !c.is_ascii_digit() && c != '.')
                .next()
                .unwrap();
            let mut parts = number.split('.').map(|part| part.parse::<u32>().unwrap());
            let version = [(); 3].map(|()| parts.next().unwrap_or(0));
            assert!(version <= most, "{prefix}{number}");
            looked_at += 1;
        }
    }
    assert!(looked_at >= 2, "{versions}");
}
