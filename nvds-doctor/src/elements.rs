//! Elements: ours must be made and started, stock ones are listed with where they come from.

use gst::prelude::*;

use crate::plugins::STAND_INS;
use crate::report::Report;

/// Stock elements that pipelines with ours use, and whether no such pipeline works without.
const STOCK: [(&str, bool); 12] = [
    ("nvstreammux", true),
    ("nvvideoconvert", true),
    ("nvdsosd", true),
    ("nvinfer", false),
    ("nvinferserver", false),
    ("nvtracker", false),
    ("nvv4l2decoder", false),
    ("nvstreamdemux", false),
    ("nvmultistreamtiler", false),
    ("nvurisrcbin", false),
    ("nvdspreprocess", false),
    ("nvmsgconv", false),
];

pub(crate) fn examine(report: &mut Report) {
    own(report);
    stock(report);
}

/// Every element that the plugin has can be made, and one that needs the metadata library starts.
fn own(report: &mut Report) {
    let names = own_names();
    if names.is_empty() {
        return; // told by `plugins`
    }
    let failed: Vec<String> = names
        .iter()
        .filter_map(|name| gst::ElementFactory::make(name).build().err())
        .map(|error| error.to_string())
        .collect();
    if failed.is_empty() {
        report.ok("elements", names.join(" "));
    } else {
        report.problem(
            "elements",
            failed.join("\n"),
            "the plugin is listed and cannot be loaded: its file changed or was removed; delete ~/.cache/gstreamer-1.0/registry.*.bin",
        );
        return;
    }
    match start("rsmetajson") {
        Ok(()) => report.ok("start", "rsmetajson starts"),
        Err(error) => report.problem(
            "start",
            error,
            "this is what a pipeline will say, see also metadata-library above",
        ),
    }
}

/// Names of the elements in our plugin, sorted.
pub(crate) fn own_names() -> Vec<String> {
    let mut names: Vec<String> = gst::Registry::get()
        .features_by_plugin("rsnvds")
        .iter()
        .map(|feature| feature.name().to_string())
        .collect();
    names.sort();
    names
}

/// Brings an element to READY and returns what it posts if that fails.
fn start(name: &str) -> Result<(), String> {
    let pipeline = gst::Pipeline::new();
    let element = gst::ElementFactory::make(name)
        .build()
        .map_err(|error| error.to_string())?;
    pipeline.add(&element).map_err(|error| error.to_string())?;
    let result = pipeline.set_state(gst::State::Ready);
    let posted = pipeline.bus().and_then(|bus| {
        bus.pop_filtered(&[gst::MessageType::Error])
            .map(|message| match message.view() {
                gst::MessageView::Error(error) => error.error().to_string(),
                _ => String::new(),
            })
    });
    pipeline.set_state(gst::State::Null).ok();
    match result {
        Ok(_) => Ok(()),
        Err(error) => Err(posted.unwrap_or_else(|| error.to_string())),
    }
}

fn stock(report: &mut Report) {
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    let (mut missing, mut needed) = (Vec::new(), Vec::new());
    for (name, is_needed) in STOCK {
        let Some(factory) = gst::ElementFactory::find(name) else {
            if is_needed { &mut needed } else { &mut missing }.push(name);
            continue;
        };
        let origin = origin(&factory);
        match found.iter_mut().find(|(known, _)| *known == origin) {
            Some((_, names)) => names.push(name),
            None => found.push((origin, vec![name])),
        }
    }
    if !found.is_empty() {
        let lines: Vec<_> = found
            .iter()
            .map(|(origin, names)| format!("{}: {origin}", names.join(" ")))
            .collect();
        report.ok("stock-elements", lines.join("\n"));
    }
    if !missing.is_empty() {
        report.note(
            "not-there",
            missing.join(" "),
            "only pipelines that name them need them; nvinferserver comes with Triton",
        );
    }
    if !needed.is_empty() {
        report.problem(
            "missing-elements",
            needed.join(" "),
            "install DeepStream or see why GStreamer does not find it: GST_PLUGIN_PATH, and `gst-inspect-1.0 -b` for plugins that it refused; on a machine without a GPU use the stand-ins",
        );
    }
}

/// Plugin, version and file of a factory.
fn origin(factory: &gst::ElementFactory) -> String {
    let Some(plugin) = factory.plugin() else {
        return "no plugin".into();
    };
    let name = plugin.plugin_name();
    let kind = if name == STAND_INS { ", stand-ins" } else { "" };
    let file = plugin
        .filename()
        .map(|path| format!(", {}", path.display()))
        .unwrap_or_default();
    format!("{name} {}{kind}{file}", plugin.version())
}
