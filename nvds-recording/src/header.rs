//! The header of a safetensors file.

use std::cmp::Ordering;
use std::fmt;

use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::ReadError;

/// Bytes of the header's length.
const LENGTH: usize = size_of::<u64>();
/// The longest header in bytes that safetensors allows.
const MAX_HEADER: usize = 100_000_000;
/// How a file begins that stands for one in Git's large file storage.
const LFS_POINTER: &[u8] = b"version https://git-lfs";

/// The header, and where the tensors start in the file.
pub fn header(file: &[u8]) -> Result<(Metadata, usize), ReadError> {
    if file.is_empty() {
        return Err(ReadError::Empty);
    }
    if file.starts_with(LFS_POINTER) {
        return Err(ReadError::LfsPointer);
    }
    let found = file.len();
    let cut = |expected| ReadError::Cut { found, expected };
    let (length, rest) = file.split_first_chunk().ok_or_else(|| cut(LENGTH as u64))?;
    let claimed = u64::from_le_bytes(*length);
    let length = usize::try_from(claimed).unwrap_or(usize::MAX);
    if length > MAX_HEADER || (!rest.is_empty() && rest[0] != b'{') {
        return Err(ReadError::Length {
            file: found,
            header: claimed,
        });
    }
    let start = LENGTH + length;
    let header = rest.get(..length).ok_or_else(|| cut(start as u64))?;
    // The crate's own reader adds up the lengths unchecked: tensors of nearly 2^64 bytes go wrong.
    let Header(metadata) = serde_json::from_slice(header).map_err(ReadError::Header)?;
    let expected = (metadata.data_len() as u64).saturating_add(start as u64);
    match expected.cmp(&(found as u64)) {
        Ordering::Equal => Ok((metadata, start)),
        Ordering::Greater => Err(cut(expected)),
        Ordering::Less => Err(ReadError::Surplus { found, expected }),
    }
}

/// Reads a header straight through. The crate's own way goes over a copy of all of it, because the
/// entry for metadata stands among the tensors; that took twice as long as the rest.
struct Header(Metadata);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor).map(Self)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Metadata;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with tensors by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Metadata, A::Error> {
        let mut metadata = None;
        let mut tensors: Vec<(String, TensorInfo)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "__metadata__" => metadata = Some(map.next_value()?),
                _ => tensors.push((key, map.next_value()?)),
            }
        }
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        let count = tensors.len();
        let metadata = Metadata::new(metadata, tensors).map_err(A::Error::custom)?;
        if metadata.offset_keys().len() != count {
            return Err(A::Error::custom("two tensors have the same name"));
        }
        Ok(metadata)
    }
}
