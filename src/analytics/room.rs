//! Sources and tracks that there is no room for.

use nvds_analytics::engine::MAX_SOURCES;
use nvds_analytics::tracks::MAX_TRACKS;

use super::analyse::WarningKind;

/// What to say of numbers of forgotten sources and tracks that have grown.
pub fn told(before: (u64, u64), now: (u64, u64)) -> impl Iterator<Item = (WarningKind, String)> {
    let sources = (now.0 > before.0).then(|| {
        let text = format!(
            "more than {MAX_SOURCES} sources at a time: the one without a frame for longest is forgotten, and counted from \
             zero when it comes again. Give each nvstreammux fewer sources, and each its own rsanalytics"
        );
        (WarningKind::TooManySources, text)
    });
    let tracks = (now.1 > before.1).then(|| {
        let text = format!(
            "more than {MAX_TRACKS} tracks at a time: the one that was unseen for longest has left where it was. A shorter \
             track-timeout helps, or fewer sources for each nvstreammux"
        );
        (WarningKind::TooManyTracks, text)
    });
    sources.into_iter().chain(tracks)
}
