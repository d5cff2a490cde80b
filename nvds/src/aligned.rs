//! Memory for tensors that come from a file.

use std::io::{self, Read};

use crate::tensor::TensorMemory;

const WORD: usize = size_of::<u64>();

/// Bytes that start at an address where an element of any type may lie.
#[derive(Debug)]
pub struct AlignedBytes {
    words: Vec<u64>,
    len: usize,
}

impl AlignedBytes {
    /// Reads `len` bytes.
    ///
    /// # Errors
    /// As the reader's, [`io::ErrorKind::UnexpectedEof`] when it has fewer bytes, and
    /// [`io::ErrorKind::OutOfMemory`] when there is no memory for so many.
    pub fn read(reader: &mut impl Read, len: usize) -> io::Result<Self> {
        let count = len.div_ceil(WORD);
        let mut words = Vec::new();
        words.try_reserve_exact(count)?;
        words.resize(count, 0);
        let mut this = Self { words, len };
        reader.read_exact(this.as_mut_slice())?;
        Ok(this)
    }

    /// A copy.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut this = Self {
            words: vec![0; bytes.len().div_ceil(WORD)],
            len: bytes.len(),
        };
        this.as_mut_slice().copy_from_slice(bytes);
        this
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: the words hold at least `len` initialised bytes.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.len) }
    }

    /// The bytes, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the words hold at least `len` bytes, and any bytes make words.
        unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), self.len) }
    }
}

impl TensorMemory for AlignedBytes {
    fn bytes(&self) -> &[u8] {
        self.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_and_aligned() {
        for len in [0, 1, 7, 8, 9, 1000] {
            let bytes: Vec<u8> = (0..len).map(|i| i as u8).collect();
            for aligned in [
                AlignedBytes::copy_of(&bytes),
                AlignedBytes::read(&mut bytes.as_slice(), len).unwrap(),
            ] {
                assert_eq!(aligned.as_slice(), bytes);
                assert!(aligned.as_slice().as_ptr().cast::<u64>().is_aligned());
            }
        }
    }

    #[test]
    fn a_short_reader_and_too_much_memory_are_errors() {
        let error = AlignedBytes::read(&mut [1_u8, 2].as_slice(), 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        let error = AlignedBytes::read(&mut io::empty(), usize::MAX).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
    }
}
