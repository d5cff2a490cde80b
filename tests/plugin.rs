//! The plugin file as GStreamer sees it, on machines with and without the metadata library.

use std::path::PathBuf;
use std::process::{Command, Output};

const ELEMENTS: [&str; 15] = [
    "rsssdparser",
    "rsyoloparser",
    "rsdetrparser",
    "rsfaceparser",
    "rsmaskparser",
    "rsclassparser",
    "rstextparser",
    "rsembedparser",
    "rsosdannotate",
    "rsanalytics",
    "rstensorrecord",
    "rstensorreplay",
    "rsmetajson",
    "rssegparser",
    "rsposeparser",
];

/// The plugin that cargo built for this test.
fn plugin_dir() -> PathBuf {
    // target/PROFILE/deps/plugin-HASH; cargo puts the libraries of a test beside it.
    let exe = std::env::current_exe().unwrap();
    let dir = exe.parent().unwrap().to_owned();
    let plugin = dir.join("libgstrsnvds.so");
    assert!(plugin.exists(), "{} is missing", plugin.display());
    dir
}

/// A GStreamer tool that knows this plugin and no other of this project; `library` names the
/// folder of the metadata library.
fn run(tool: &str, args: &[&str], library: &str) -> Output {
    let scratch = std::env::temp_dir().join(format!(
        "rsnvds-plugin-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let plugins = scratch.join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    let link = plugins.join("libgstrsnvds.so");
    std::fs::copy(plugin_dir().join("libgstrsnvds.so"), link).unwrap();
    let output = Command::new(tool)
        .args(args)
        .env("GST_PLUGIN_PATH", &plugins)
        .env("GST_REGISTRY_1_0", scratch.join("registry"))
        .env("RSNVDS_NVDS_LIB_DIR", library)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("G_DEBUG")
        .output()
        .unwrap();
    std::fs::remove_dir_all(&scratch).unwrap();
    output
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn it_inspects_without_the_library() {
    for element in ELEMENTS {
        let output = run("gst-inspect-1.0", &[element], "/no/such/folder");
        assert!(output.status.success(), "{}", text(&output));
        let text = text(&output);
        assert!(
            text.contains("MIT/X11") && text.contains("GstBaseTransform"),
            "{text}"
        );
        // Every property of ours says what it does.
        assert!(!text.contains(": (null)"), "{text}");
    }
}

#[test]
fn it_is_not_blacklisted_without_the_library() {
    let output = run("gst-inspect-1.0", &["-b"], "/no/such/folder");
    assert!(!text(&output).contains("rsnvds"), "{}", text(&output));
}

#[test]
fn a_missing_library_is_an_error_that_says_where_it_was_looked_for() {
    for element in ELEMENTS {
        let args = [
            "videotestsrc",
            "num-buffers=1",
            "!",
            element,
            "!",
            "fakesink",
        ];
        let output = run("gst-launch-1.0", &args, "/no/such/folder");
        assert!(!output.status.success());
        let text = text(&output);
        for part in ["RSNVDS_NVDS_LIB_DIR=/no/such/folder", "libnvdsgst_meta.so"] {
            assert!(text.contains(part), "{part} missing in: {text}");
        }
    }
}

#[test]
fn launch_lines_run_with_the_library() {
    // The plugin runs from a scratch folder, from where it does not see the checkout.
    let deps = concat!(env!("CARGO_MANIFEST_DIR"), "/.deps/nvds");
    let library = std::env::var("RSNVDS_NVDS_LIB_DIR").unwrap_or_else(|_| {
        if std::path::Path::new(deps).exists() {
            deps.into()
        } else {
            String::new()
        }
    });
    let args = [
        "videotestsrc",
        "num-buffers=3",
        "!",
        "rsssdparser",
        "!",
        "rsosdannotate",
        "!",
        "fakesink",
    ];
    let output = run("gst-launch-1.0", &args, &library);
    assert!(output.status.success(), "{}", text(&output));
    assert!(
        text(&output).contains("no batch metadata"),
        "{}",
        text(&output)
    );
}
