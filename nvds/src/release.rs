//! Which DeepStream release the loaded library is of, as far as it tells.
//!
//! Where things are follows from the pools' element sizes ([`crate::layout`]). What changed without
//! a change of layout follows from the version, for which these are asked in order:
//! the environment variable [`VERSION_VARIABLE`], this project's own library, the file `version` of the SDK that the library lies
//! in, that folder's name, the version of a stock plugin, then a batch of audio and the functions
//! that the library has. What is not known is not read.

mod evidence;
#[cfg(test)]
mod tests;

use std::fmt;

use nvds_sys as c;

use crate::error::LayoutError;
use crate::layout::{Layout, pools};

/// Environment variable that names the release, `6.3` for example: it wins over what is found.
pub const VERSION_VARIABLE: &str = "RSNVDS_DEEPSTREAM_VERSION";

/// A release of DeepStream without its patch level, which changes nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u8,
    minor: u8,
}

/// The releases whose structs this build knows.
///
/// Source: public headers of each; 5.0 has other structs and 5.1 was never found.
pub const KNOWN: [Version; 10] = [
    Version::new(6, 0),
    Version::new(6, 1),
    Version::new(6, 2),
    Version::new(6, 3),
    Version::new(6, 4),
    Version::new(7, 0),
    Version::new(7, 1),
    Version::new(8, 0),
    Version::new(9, 0),
    Version::new(9, 1),
];

/// First release with `maintain_aspect_ratio` in tensor metas.
pub(crate) const KEPT_ASPECT: Version = Version::new(6, 1);
/// First release whose events of a mux are sticky.
pub(crate) const STICKY_EVENTS: Version = Version::new(6, 3);
/// First release with `circle_width`.
pub(crate) const CIRCLE_WIDTH: Version = Version::new(6, 4);
/// First release with `symmetric_padding` in tensor metas, which are shorter before.
pub(crate) const SYMMETRIC: Version = Version::new(7, 1);

impl Version {
    /// A version by its numbers.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// Whether this build knows the release's structs.
    pub fn is_known(self) -> bool {
        KNOWN.contains(&self)
    }

    /// Reads `6.3` or `6.3.1`: what follows the second number is not looked at.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.trim().split('.');
        let mut number = || {
            let digits = numbers.next().filter(|n| !n.is_empty())?;
            // A sign would be accepted.
            let only_digits = digits.bytes().all(|b| b.is_ascii_digit());
            only_digits.then(|| digits.parse().ok()).flatten()
        };
        Some(Self::new(number()?, number()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What is known of the release that the loaded metadata library is of. Get it by
/// [`crate::release`]; printed, it reads `DeepStream 6.3` or `DeepStream 6.4 to 7.1`.
#[derive(Debug, PartialEq, Eq)]
pub struct Release {
    pub(crate) layout: &'static Layout,
    /// Sizes of the pools' elements, which may be larger than the layout's where the user named the
    /// version.
    pub(crate) sizes: pools::Sizes,
    first: Version,
    last: Version,
    source: String,
}

impl Release {
    /// Earliest release that it may be.
    pub fn first(&self) -> Version {
        self.first
    }

    /// Latest release that it may be.
    pub fn last(&self) -> Version {
        self.last
    }

    /// How that is known, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The layout class: `A`, `B` or `C`.
    pub fn class(&self) -> &'static str {
        self.layout.name
    }

    /// Where structs have what moved between releases.
    #[cfg(feature = "raw")]
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// Whether it is this version or a later one, `None` where that is not known.
    pub fn is_at_least(&self, version: Version) -> Option<bool> {
        if self.first >= version {
            Some(true)
        } else if self.last < version {
            Some(false)
        } else {
            None
        }
    }

    /// Whether it surely has what came with this version.
    #[inline]
    pub(crate) fn has(&self, since: Version) -> bool {
        self.first >= since
    }

    /// A release of one version of a class, for tests of several classes in one process.
    #[cfg(test)]
    pub(crate) fn for_test(layout: &'static Layout, first: Version, last: Version) -> Self {
        Self {
            layout,
            sizes: layout.elements(),
            first,
            last,
            source: "a test".into(),
        }
    }

    /// Finds out what a library is, by a batch that it makes and by what lies around it.
    ///
    /// # Errors
    /// [`LayoutError`] for a library whose structs this build does not know.
    pub(crate) fn of_library(api: &c::Api) -> Result<Self, LayoutError> {
        let sizes = evidence::sizes(api)?;
        let told = evidence::told(api)?;
        Self::find(sizes, told, || evidence::derived(api))
    }

    /// The release of a library with these sizes, of which this is told, if anything is; else what
    /// `derived` makes of its class.
    fn find(
        sizes: pools::Sizes,
        told: Option<Told>,
        derived: impl FnOnce() -> Derived,
    ) -> Result<Self, LayoutError> {
        let class = pools::class_of(&sizes);
        let fits = |told: &Told| told.binding != Binding::Hint || Layout::of(told.version) == class;
        let told = told.filter(fits);
        let whole = |layout: &'static Layout, first, last, source| Self {
            layout,
            sizes,
            first,
            last,
            source,
        };
        let Some(Told {
            version,
            source,
            binding,
        }) = told
        else {
            let layout = class.ok_or(LayoutError::Unknown { sizes })?;
            let derived = derived();
            // Nothing is concluded from what contradicts the pools.
            let (first, last) = (
                derived.first.unwrap_or(layout.first).max(layout.first),
                derived.last.unwrap_or(layout.last).min(layout.last),
            );
            return Ok(if first > last || derived.is_empty() {
                whole(
                    layout,
                    layout.first,
                    layout.last,
                    "the sizes of its structs".into(),
                )
            } else {
                whole(layout, first, last, derived.source)
            });
        };
        let contradiction = || LayoutError::Contradiction {
            version,
            told_by: source.clone(),
            sizes,
        };
        let Some(layout) = Layout::of(version) else {
            return Err(LayoutError::UnknownVersion {
                version,
                told_by: source,
                sizes,
            });
        };
        match class {
            Some(class) if class == layout => {}
            // Whoever names the version of a library that nobody knows may be right, as long as no
            // element is shorter than what will be read and written.
            None if binding == Binding::Dared
                && layout
                    .elements()
                    .iter()
                    .zip(&sizes)
                    .all(|(known, found)| known <= found) => {}
            None if binding == Binding::Found => return Err(LayoutError::Unknown { sizes }),
            _ => return Err(contradiction()),
        }
        Ok(whole(layout, version, version, source))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "DeepStream {}", self.first)
        } else {
            write!(f, "DeepStream {} to {}", self.first, self.last)
        }
    }
}

/// A version that something names.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    version: Version,
    source: String,
    binding: Binding,
}

/// Who names a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Binding {
    /// The user.
    Dared,
    /// What lies around the library.
    Found,
    /// What users build anew and take from one release to another: counts as long as it fits.
    Hint,
}

/// What is concluded from a library's behaviour and functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Derived {
    first: Option<Version>,
    last: Option<Version>,
    source: String,
}

impl Derived {
    fn is_empty(&self) -> bool {
        self.first.is_none() && self.last.is_none()
    }
}
