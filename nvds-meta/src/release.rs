//! Which release's layout this process uses.

use std::ffi::CStr;
use std::sync::OnceLock;

use crate::layout::{CLASSES, Layout};
use crate::message::Refusal;

/// Environment variable that names the release, `6.0` to `9.1`; without it the one that was built in is used.
pub const RELEASE_VARIABLE: &str = "NVDS_META_RELEASE";

/// What a DeepStream release decides.
#[derive(Debug)]
pub struct Release {
    /// Its number, as in the folder's name.
    pub name: &'static str,
    pub(crate) text: &'static CStr,
    class: usize,
    /// NVDS_AUDIO_BATCH_META; NVDS_AUDIO_FRAME_META is the next number.
    pub audio_batch: i32,
}

/// The releases whose layout is known.
pub static RELEASES: [Release; 12] = [
    release(c"6.0", 0, 16),
    release(c"6.0.1", 0, 16),
    release(c"6.1", 0, 16),
    release(c"6.1.1", 0, 16),
    release(c"6.2", 0, 16),
    release(c"6.3", 0, 18),
    release(c"6.4", 0, 24),
    release(c"7.0", 0, 24),
    release(c"7.1", 0, 24),
    release(c"8.0", 1, 25),
    release(c"9.0", 2, 25),
    release(c"9.1", 2, 25),
];

const fn release(text: &'static CStr, class: usize, audio_batch: i32) -> Release {
    let Ok(name) = text.to_str() else {
        panic!("a number is ASCII")
    };
    Release {
        name,
        text,
        class,
        audio_batch,
    }
}

/// Place in [`RELEASES`] of the release that is built in: what NVDS_META_DEFAULT_RELEASE said, or the newest.
const BUILT_IN: usize = match option_env!("NVDS_META_DEFAULT_RELEASE") {
    None => RELEASES_COUNT - 1,
    Some(name) => place(name),
};

const RELEASES_COUNT: usize = 12;

/// Place of a release by its name; a wrong one ends the build.
const fn place(name: &str) -> usize {
    let mut place = 0;
    while place < RELEASES_COUNT {
        if same(RELEASES[place].name.as_bytes(), name.as_bytes()) {
            return place;
        }
        place += 1;
    }
    panic!(
        "NVDS_META_DEFAULT_RELEASE is none of the releases in nvds-meta/src/release.rs, 6.0 to 9.1"
    )
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl Release {
    /// Sizes and offsets of this release.
    pub fn layout(&self) -> &'static Layout {
        CLASSES[self.class]
    }

    /// NVDS_AUDIO_FRAME_META.
    pub fn audio_frame(&self) -> i32 {
        self.audio_batch + 1
    }

    fn named(name: &str) -> Option<&'static Self> {
        RELEASES.iter().find(|release| release.name == name)
    }
}

/// The release of this process, decided at the first call.
///
/// # Errors
/// A refusal when the variable names none: with a guess, each field might be read from a wrong place.
pub(crate) fn current() -> Result<&'static Release, Refusal> {
    static CURRENT: OnceLock<Result<&'static Release, String>> = OnceLock::new();
    CURRENT
        .get_or_init(|| match std::env::var_os(RELEASE_VARIABLE) {
            Some(name) if !name.is_empty() => {
                let name = name.to_string_lossy();
                Release::named(&name).ok_or_else(|| {
                    format!(
                        "{RELEASE_VARIABLE}={name} is no release of DeepStream whose layout is known. Set it to one of \
                         {}, or unset it for {}",
                        RELEASES.iter().map(|r| r.name).collect::<Vec<_>>().join(", "),
                        RELEASES[BUILT_IN].name
                    )
                })
            }
            _ => Ok(&RELEASES[BUILT_IN]),
        })
        .as_ref()
        .copied()
        .map_err(|text| Refusal::Fatal(text.clone()))
}

/// Sizes and offsets of this process.
pub(crate) fn layout() -> Result<&'static Layout, Refusal> {
    Ok(current()?.layout())
}
