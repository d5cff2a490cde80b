//! What an ELF file says of itself, read before the system's loader maps it: that nothing of it is cut off, and which of its
//! names are data.

use std::collections::BTreeSet;

const MAGIC: &[u8] = b"\x7fELF\x02\x01";
const PT_LOAD: u64 = 1;
const SHT_NOBITS: u64 = 8;
const SHT_DYNSYM: u64 = 11;
/// Types of symbols that are no code: `STT_OBJECT`, `STT_COMMON`, `STT_TLS`.
const DATA: [u64; 3] = [1, 5, 6];
const SECTION: usize = 64;
const SYMBOL: usize = 24;

/// A number of `size` bytes; nothing beyond the end.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}

/// The entries of a table whose first byte, entry's size and length are at these places of the header.
fn table(file: &[u8], at: [usize; 3]) -> Option<Vec<&[u8]>> {
    let start = usize::try_from(number(file, at[0], 8)?).ok()?;
    let (size, count) = (
        number(file, at[1], 2)? as usize,
        number(file, at[2], 2)? as usize,
    );
    if start == 0 || count == 0 {
        return Some(Vec::new());
    }
    let bytes = file.get(start..start.checked_add(size.checked_mul(count)?)?)?;
    Some(bytes.chunks_exact(size.max(1)).collect())
}

fn sections(file: &[u8]) -> Option<Vec<&[u8]>> {
    table(file, [40, 58, 60])
}

/// Whether the file has all the bytes that its headers name. Of a file that is none of 64 bits, little-endian, the system's
/// loader tells.
pub(super) fn is_whole(file: &[u8]) -> bool {
    if !file.starts_with(MAGIC) {
        return true;
    }
    let within = |entry: &[u8], offset, length| {
        let end = number(entry, offset, 8).zip(number(entry, length, 8));
        let end = end.and_then(|(start, length)| start.checked_add(length));
        end.is_some_and(|end| end <= file.len() as u64)
    };
    let Some((segments, sections)) = table(file, [32, 54, 56]).zip(sections(file)) else {
        return false;
    };
    segments
        .iter()
        .filter(|entry| number(entry, 0, 4) == Some(PT_LOAD))
        .all(|entry| within(entry, 8, 32))
        && sections
            .iter()
            .filter(|entry| !matches!(number(entry, 4, 4), Some(0 | SHT_NOBITS)))
            .all(|entry| within(entry, 24, 32))
}

/// Names that the file gives to data: who calls them ends the process.
pub(super) fn data_names(file: &[u8]) -> BTreeSet<String> {
    match file.starts_with(MAGIC) {
        true => read_names(file).unwrap_or_default(),
        false => BTreeSet::new(),
    }
}

fn read_names(file: &[u8]) -> Option<BTreeSet<String>> {
    let sections = sections(file)?;
    let body = |section: &[u8]| {
        let start = usize::try_from(number(section, 24, 8)?).ok()?;
        let length = usize::try_from(number(section, 32, 8)?).ok()?;
        file.get(start..start.checked_add(length)?)
    };
    let mut names = BTreeSet::new();
    let tables = sections.iter().filter(|section| section.len() >= SECTION);
    for section in tables.filter(|section| number(section, 4, 4) == Some(SHT_DYNSYM)) {
        let texts = body(sections.get(number(section, 40, 4)? as usize)?)?;
        for symbol in body(section)?.chunks_exact(SYMBOL) {
            let is_data = DATA.contains(&(number(symbol, 4, 1)? & 15));
            let is_defined = number(symbol, 6, 2)? != 0;
            let text = texts.get(number(symbol, 0, 4)? as usize..);
            if let (true, true, Some(text)) = (is_data, is_defined, text) {
                let name = text.split(|byte| *byte == 0).next().unwrap_or_default();
                names.insert(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length is read without a fault, and only the whole file is whole.
    #[test]
    fn what_is_cut_is_not_whole() {
        let file = std::fs::read("/proc/self/exe").unwrap();
        assert!(is_whole(&file));
        for length in (64..4096)
            .step_by(61)
            .chain([file.len() / 2, file.len() - 1])
        {
            let cut = &file[..length];
            assert!(!is_whole(cut), "{length} of {} bytes", file.len());
            assert!(data_names(cut).len() <= data_names(&file).len());
        }
        assert!(is_whole(b"no ELF file"));
        assert!(data_names(b"no ELF file").is_empty());
    }

    #[test]
    fn numbers_beyond_the_end_are_none() {
        assert_eq!(number(b"\x01\x02", 0, 2), Some(0x201));
        assert_eq!(number(b"\x01\x02", 1, 2), None);
        assert_eq!(number(b"", usize::MAX, 2), None);
    }

    /// The system's loader would end the process.
    #[test]
    fn a_library_that_is_cut_off_is_refused() {
        let file = std::fs::read("/proc/self/exe").unwrap();
        let cut = std::env::temp_dir().join(format!("nvds-cpu-cut-{}.so", std::process::id()));
        std::fs::write(&cut, &file[..file.len() / 2]).unwrap();
        let error = super::super::load("custom-lib-path", &cut).unwrap_err();
        std::fs::remove_file(&cut).unwrap();
        assert!(
            error.contains("the file is cut off: its headers name more than"),
            "{error}"
        );
    }
}
