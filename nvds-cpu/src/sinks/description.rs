//! What the elements of `RSNVDS_SINK` must be, so that frames that go there arrive.

use gst::prelude::*;

use super::kind;

/// Name of the pipelines that frames are shown in.
pub(super) const PIPELINE: &str = "rsnvds-sink";

/// Looks at what can be seen before anything is made.
///
/// # Errors
/// What is wrong: a placeholder that is none, or `sink` is itself shown in by another sink.
pub(super) fn check(elements: &str, sink: &gst::Element) -> Result<(), String> {
    if let Some(unknown) = placeholder(elements) {
        return Err(format!("{unknown} is not known, only {{name}} is"));
    }
    let mut object = sink.clone().upcast::<gst::Object>();
    while let Some(parent) = object.parent() {
        object = parent;
    }
    match object.is::<gst::Pipeline>() && object.name() == PIPELINE {
        true => Err(in_itself(sink)),
        false => Ok(()),
    }
}

/// Looks at the elements before they start.
///
/// # Errors
/// What is wrong: one would show its frames by the variable again, or they are no single chain.
pub(super) fn check_chain(bin: &gst::Bin) -> Result<(), String> {
    for element in bin.iterate_recurse().into_iter().flatten() {
        if is_ours(&element) {
            return Err(in_itself(&element));
        }
    }
    let children = bin.children();
    let grows = |element: &gst::Element| {
        let templates = element.pad_template_list();
        templates
            .iter()
            .any(|t| t.presence() == gst::PadPresence::Sometimes)
    };
    if children.iter().any(grows) {
        return Ok(()); // links of pads to come
    }
    let linked = linked_to(children.first());
    match children.iter().find(|child| !linked.contains(child)) {
        Some(child) => Err(format!(
            "{} and {} are not linked, so one of them would get no frames: write ! between them",
            children[0].name(),
            child.name()
        )),
        None => Ok(()),
    }
}

fn is_ours(element: &gst::Element) -> bool {
    let ours = [&kind::EGLGLES, &kind::NV3D, &kind::DRM, &kind::OVERLAY];
    let factory = element.factory();
    factory.is_some_and(|factory| ours.iter().any(|kind| factory.name() == kind.factory))
}

fn in_itself(element: &gst::Element) -> String {
    let factory = element.factory().map(|factory| factory.name());
    format!(
        "{} would hand its frames to itself for ever, as it is a stand-in that shows frames by this variable",
        factory.unwrap_or_else(|| element.name())
    )
}

/// An element and all that frames come to from it, or come from to it.
fn linked_to(first: Option<&gst::Element>) -> Vec<gst::Element> {
    let mut found: Vec<_> = first.cloned().into_iter().collect();
    let mut next = 0;
    while let Some(element) = found.get(next).cloned() {
        for pad in element.pads() {
            let peer = pad.peer().and_then(|peer| peer.parent_element());
            if let Some(peer) = peer.filter(|peer| !found.contains(peer)) {
                found.push(peer);
            }
        }
        next += 1;
    }
    found
}

/// The first word in braces; lists of caps, as `{ NV12, RGBA }`, are none.
fn placeholder(elements: &str) -> Option<&str> {
    elements.match_indices('{').find_map(|(start, _)| {
        let end = start + elements[start..].find('}')?;
        let word = &elements[start + 1..end];
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        let is_word = word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(plain);
        is_word.then(|| &elements[start..=end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_words_in_braces() {
        assert_eq!(placeholder("filesink location={foo}.mp4"), Some("{foo}"));
        assert_eq!(
            placeholder("video/x-raw,format={ NV12, RGBA } ! fakesink"),
            None
        );
        assert_eq!(placeholder("video/x-raw,format={RGBx} ! fakesink"), None);
        assert_eq!(placeholder("filesink location={"), None);
    }

    #[test]
    fn chains_are_told_from_heaps() {
        gst::init().unwrap();
        let check = |elements| {
            let bin = gst::parse::bin_from_description(elements, true).unwrap();
            check_chain(&bin)
        };
        assert!(check("identity ! tee name=t ! queue ! fakesink t. ! queue ! fakesink").is_ok());
        let error = check("identity ! fakesink name=a fakesink name=b").unwrap_err();
        assert!(error.contains("are not linked"), "{error}");
    }
}
