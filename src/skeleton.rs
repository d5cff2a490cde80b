//! Skeletons of one's own: a file that names the key points of a network, and says which are joined.
//!
//! ```toml
//! points = ["head", "withers", "tail"]
//!
//! [limb.back]
//! color = "#e69f00"
//! lines = [["head", "withers", "tail"]]
//! ```

use std::path::Path;

use nvds::Color;

use crate::config::{Reader, Row, Value, check_needed, read_text_and};
use crate::files;
use crate::suggest::nearest;

/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 1 << 16;
/// Most points of a skeleton.
const MOST_POINTS: usize = 256;
/// Most limbs of a skeleton, and most lines of all of them.
const MOST_LINES: usize = 1024;

/// What key points are called, and which of them are joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Skeleton {
    /// The points' names, in the network's order.
    pub points: Vec<String>,
    /// Indices of the points that are joined.
    pub lines: Vec<(usize, usize)>,
    /// For each line, the index of its limb.
    pub limb_of: Vec<u64>,
    /// For each limb its colour, where it has one.
    pub colors: Vec<Option<Color>>,
}

/// What the text says, before names are looked up.
#[derive(Debug, Default)]
struct Draft {
    points: Vec<String>,
    limbs: Vec<Limb>,
}

#[derive(Debug, Default)]
struct Limb {
    color: Option<Color>,
    /// Names of points that are joined one to the next, each with its place in the text.
    chains: Vec<Vec<(String, usize)>>,
    path: String,
}

const ROWS: &[Row<Draft>] = &[
    ("points", |this, value| {
        this.points = points(value)?;
        Ok(())
    }),
    ("limb", |this, value| {
        value.reader.each_table(value, |section| {
            let mut limb = Limb {
                path: format!("{}.lines", section.path),
                ..Limb::default()
            };
            let (path, table) = (section.path, section.table);
            value.reader.table(path, table, LIMB_ROWS, &mut limb);
            check_needed(table, &["lines"])?;
            if this.limbs.len() == MOST_LINES {
                return Err(format!("expected at most {MOST_LINES} limbs"));
            }
            this.limbs.push(limb);
            Ok(())
        })
    }),
];

const LIMB_ROWS: &[Row<Limb>] = &[
    ("color", |this, value| {
        this.color = Some(value.opaque()?);
        Ok(())
    }),
    ("lines", |this, value| {
        let expected = "points that are joined, such as [[\"hip\", \"knee\", \"ankle\"]]";
        for chain in value.array().map_err(|_| value.expected(expected))? {
            let names = chain.array().map_err(|_| chain.expected(expected))?;
            let names: Result<Vec<_>, String> = names
                .map(|name| Ok((name.text()?.to_owned(), name.offset())))
                .collect();
            let names = names?;
            if names.len() < 2 {
                return Err(chain.expected("two points or more"));
            }
            this.chains.push(names);
        }
        Ok(())
    }),
];

/// The names of points, each of which stands once.
fn points(value: &Value<'_>) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = Vec::new();
    for name in value.array()? {
        let text = name.text()?;
        if text.is_empty() {
            return Err("expected a name for each point, found \"\"".into());
        }
        if names.iter().any(|known| known == text) {
            return Err(format!("{text:?} stands twice: names of points differ"));
        }
        names.push(text.to_owned());
    }
    if (1..=MOST_POINTS).contains(&names.len()) {
        Ok(names)
    } else {
        Err(value.expected(&format!("names of 1 to {MOST_POINTS} points")))
    }
}

impl Skeleton {
    /// Reads a file. No lock may be held: this takes as long as the file system likes.
    ///
    /// # Errors
    /// Names the file, and every mistake's line and key.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.display().to_string();
        let text = files::read_text(path, MAX_FILE)
            .map_err(|error| format!("the skeleton {name} cannot be read: {error}"))?;
        Self::parse(&text, &name)
    }

    /// Reads a text, which messages call by `name`.
    ///
    /// # Errors
    /// Every mistake with its line and key.
    pub fn parse(text: &str, name: &str) -> Result<Self, String> {
        let read = read_text_and(text, name, ROWS, |draft, table, reader| {
            if let Err(error) = check_needed(table, &["points"]) {
                reader.error(0, "points", &error);
            }
            Self::of(draft, reader)
        });
        read.map(|(this, _)| this)
            .map_err(|errors| errors.join("\n"))
    }

    /// Looks names up; what is wrong is noted.
    fn of(draft: Draft, reader: &Reader<'_>) -> Self {
        let mut this = Self {
            colors: draft.limbs.iter().map(|limb| limb.color).collect(),
            points: draft.points,
            lines: Vec::new(),
            limb_of: Vec::new(),
        };
        for (number, limb) in (0..).zip(&draft.limbs) {
            for chain in &limb.chains {
                let places: Vec<_> = chain
                    .iter()
                    .map(|(name, offset)| this.find(name, *offset, &limb.path, reader))
                    .collect();
                for pair in places.windows(2) {
                    if let [Some(from), Some(to)] = *pair {
                        this.lines.push((from, to));
                        this.limb_of.push(number);
                    }
                }
            }
        }
        if this.lines.len() > MOST_LINES {
            reader.error(0, "limb", &format!("expected at most {MOST_LINES} lines"));
        }
        this
    }

    fn find(&self, name: &str, offset: usize, path: &str, reader: &Reader<'_>) -> Option<usize> {
        // A list that cannot be read is reported already.
        if self.points.is_empty() {
            return None;
        }
        let found = self.points.iter().position(|point| point == name);
        if found.is_none() {
            let meant = nearest(name, self.points.iter().map(String::as_str));
            let meant = meant.map(|meant| format!(", did you mean {meant:?}?"));
            let meant = meant.unwrap_or_default();
            reader.error(offset, path, &format!("no point is called {name:?}{meant}"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HORSE: &str = "points = ['head', 'withers', 'tail', 'hoof']\n\
         [limb.back]\ncolor = '#f00'\nlines = [['head', 'withers', 'tail']]\n\
         [limb.leg]\nlines = [['withers', 'hoof']]\n";

    #[test]
    fn points_limbs_and_colours_are_read() {
        let horse = Skeleton::parse(HORSE, "horse.toml").unwrap();
        assert_eq!(horse.points, ["head", "withers", "tail", "hoof"]);
        assert_eq!(horse.lines, [(0, 1), (1, 2), (1, 3)]);
        assert_eq!(horse.limb_of, [0, 0, 1]);
        assert_eq!(horse.colors, [Some(Color::RED), None]);
        let bare = Skeleton::parse("points = ['a']", "bare.toml").unwrap();
        assert_eq!((bare.points.len(), bare.lines.len()), (1, 0));
    }

    #[test]
    fn the_example_is_one() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("pipelines/config/skeleton-animal.toml");
        let animal = Skeleton::read(&path).unwrap();
        assert_eq!((animal.points.len(), animal.lines.len()), (17, 17));
        assert!(animal.colors.iter().all(Option::is_some));
    }

    /// Text, and what the error must say of it.
    const MISTAKES: [(&str, &str); 13] = [
        ("", "x.toml: line 1: points: the key points is missing"),
        ("points = 3", "line 1: points: expected an array"),
        ("points = []", "names of 1 to 256 points"),
        ("points = ['a', '']", "a name for each point"),
        ("points = ['a', 'a']", "\"a\" stands twice"),
        ("point = ['a']", "unknown key, did you mean points?"),
        ("points = ['a'", "x.toml: line 1:"),
        (
            "points = ['a']\n[limb.x]",
            "limb.x: the key lines is missing",
        ),
        (
            "points = ['a']\n[limb.x]\nlines = ['a']",
            "line 3: limb.x.lines: expected points that are joined",
        ),
        (
            "points = ['a']\n[limb.x]\nlines = [['a']]",
            "two points or more",
        ),
        (
            "points = ['left-knee', 'b']\n[limb.x]\nlines = [\n['b', 'left-kne']]",
            "line 4: limb.x.lines: no point is called \"left-kne\", did you mean \"left-knee\"?",
        ),
        (
            "points = ['a', 'b']\n[limb.x]\ncolor = 'none'\nlines = [['a', 'b']]",
            "line 3: limb.x.color: expected an opaque colour",
        ),
        (
            "points = ['a', 'b']\n[limb.x]\ncolour = '#fff'\nlines = [['a', 'b']]",
            "unknown key, did you mean color?",
        ),
    ];

    #[test]
    fn mistakes_are_told_with_file_and_line() {
        for (text, expected) in MISTAKES {
            let error = Skeleton::parse(text, "x.toml").unwrap_err();
            assert!(error.contains(expected), "{text:?}: {error}");
            assert!(error.starts_with("x.toml: line "), "{error}");
        }
        let error = Skeleton::read(Path::new("/no/such.toml")).unwrap_err();
        assert!(
            error.contains("the skeleton /no/such.toml cannot be read"),
            "{error}"
        );
    }
}
