//! Properties, and what they become while the element runs.

use std::path::Path;
use std::sync::Arc;

use super::rules::{Config, Document};
use crate::config::{lines, name};
use crate::files;

pub const DEFAULT_SUMMARY_INTERVAL: u32 = 10_000;

/// Largest file that is read, in bytes: a wrong file named by mistake must not fill memory.
const MAX_FILE: u64 = 1 << 20;

/// The files that properties name. What a later one says goes over what an earlier one says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Style,
    Config,
}

impl Which {
    const ALL: [Self; 2] = [Self::Style, Self::Config];

    fn name(self) -> &'static str {
        match self {
            Self::Style => "style-file",
            Self::Config => "config-file",
        }
    }

    /// Reads the file. No lock may be held: this takes as long as the file system likes.
    pub fn read(self, path: Option<&str>) -> File {
        let Some(path) = path else {
            return Ok(Default::default());
        };
        let text = files::read_text(Path::new(path), MAX_FILE)
            .map_err(|error| format!("{}: {path} cannot be read: {error}", self.name()))?;
        let read = match self {
            Self::Style => Document::of_style(&text, path),
            Self::Config => Document::parse(&text, path),
        };
        read.map_err(|error| error.to_string())
    }
}

/// A file's content with notes on it, or why it cannot be used.
pub type File = Result<(Document, Vec<String>), String>;

/// What came of a change: what is needed for each frame from now on, if the element runs, and notes on what was changed
/// to be usable.
pub type Change = (Option<Arc<Config>>, Vec<String>);

/// One property that names a file.
#[derive(Debug, Default)]
struct Named {
    path: Option<String>,
    /// Of the configuration in use, while the element runs.
    document: Document,
    /// Turn of the latest call that set it, and of the call whose file is in use.
    asked: u64,
    taken: u64,
}

/// The properties that make a configuration.
///
/// Files are read without the lock on this, which getters and setters take: a slow disk or a pipe would hold them up. So
/// two threads may be reading files at the same time, and turns tell which of them came last.
#[derive(Debug, Default)]
pub struct Properties {
    files: [Named; 2],
    inline: Option<String>,
    inline_document: Document,
    runs: bool,
}

impl Properties {
    /// The path that a property has.
    pub fn path(&self, which: Which) -> Option<String> {
        self.files[which as usize].path.clone()
    }

    /// The property `config`.
    pub fn inline(&self) -> Option<String> {
        self.inline.clone()
    }

    /// The turn of a call that sets a file.
    pub fn next_turn(&mut self, which: Which) -> u64 {
        let named = &mut self.files[which as usize];
        named.asked += 1;
        named.asked
    }

    /// The files to be read at the start, and their turns.
    pub fn files(&self) -> [(Which, Option<String>, u64); 2] {
        Which::ALL.map(|which| {
            let named = &self.files[which as usize];
            (which, named.path.clone(), named.taken)
        })
    }

    /// Starts with the files that were read. `None` when another was set meanwhile, which is to be read then.
    ///
    /// # Errors
    /// Names the property or file, the line and the key, and says what is wrong.
    pub fn start(&mut self, read: [(Which, u64, File); 2]) -> Result<Option<Change>, String> {
        let mut notes = Vec::new();
        let is_old =
            |(which, turn, _): &(Which, u64, File)| self.files[*which as usize].taken != *turn;
        if read.iter().any(is_old) {
            return Ok(None);
        }
        for (which, _, file) in read {
            let (document, more) = file?;
            self.files[which as usize].document = document;
            notes.extend(more);
        }
        let (document, more) = read_inline(self.inline.as_deref())?;
        self.inline_document = document;
        notes.extend(more);
        self.runs = true;
        Ok(Some((Some(self.config()), notes)))
    }

    /// Drops what is kept only while the element runs.
    pub fn stop(&mut self) {
        self.runs = false;
        self.inline_document = Document::default();
        self.files
            .iter_mut()
            .for_each(|named| named.document = Document::default());
    }

    /// Sets a file, which is `file` when it was read. `None` when it must be read first.
    ///
    /// # Errors
    /// As [`Self::start`]; nothing is changed then.
    pub fn set_file(
        &mut self,
        which: Which,
        turn: u64,
        path: Option<&str>,
        file: Option<File>,
    ) -> Result<Option<Change>, String> {
        let runs = self.runs;
        let named = &mut self.files[which as usize];
        if turn < named.taken {
            return Ok(Some(Default::default())); // a later call was faster, and goes for both
        }
        if file.is_none() && runs {
            return Ok(None);
        }
        // Once stopped, what the file says counts at the next start.
        let file = file.filter(|_| runs);
        let (document, notes) = file.unwrap_or_else(|| Ok(Default::default()))?;
        named.document = document;
        named.path = path.map(str::to_owned);
        named.taken = turn;
        Ok(Some((runs.then(|| self.config()), notes)))
    }

    /// Sets the property `config`.
    ///
    /// # Errors
    /// As [`Self::start`]; nothing is changed then.
    pub fn set_inline(&mut self, text: Option<String>) -> Result<Change, String> {
        let mut notes = Vec::new();
        if self.runs {
            (self.inline_document, notes) = read_inline(text.as_deref())?;
        }
        self.inline = text;
        Ok((self.runs.then(|| self.config()), notes))
    }

    fn config(&self) -> Arc<Config> {
        let mut document = Document::default();
        for named in &self.files {
            document.refine(named.document.clone());
        }
        document.refine(self.inline_document.clone());
        Arc::new(document.config())
    }
}

fn read_inline(text: Option<&str>) -> File {
    let text = text.unwrap_or_default();
    Document::parse(&lines(text), &name("config", text)).map_err(|error| error.to_string())
}
