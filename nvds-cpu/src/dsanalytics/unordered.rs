//! A map with the order of libstdc++'s `std::unordered_map`, as readers in C++ get it, and in which stock counts.
//!
//! Entries of a bucket stand together; a new one goes before those of its bucket, or before all where it has none. That is
//! how libstdc++ does it since GCC 5, for keys that do not come twice.

/// How many buckets there are, one after the other, as a map grows.
const BUCKETS: [usize; 18] = [
    1, 13, 29, 59, 127, 257, 541, 1109, 2357, 5087, 10273, 20753, 42043, 85229, 172_933, 351_061,
    712_697, 1_447_153,
];

/// A key with the number that `std::hash` gives it.
pub(super) trait Key: PartialEq {
    fn hash(&self) -> u64;
}

impl Key for i32 {
    fn hash(&self) -> u64 {
        i64::from(*self).cast_unsigned()
    }
}

impl Key for u32 {
    fn hash(&self) -> u64 {
        u64::from(*self)
    }
}

impl Key for std::sync::Arc<str> {
    fn hash(&self) -> u64 {
        hash_bytes(self.as_bytes())
    }
}

/// `std::hash<std::string>` of libstdc++ on 64 bits: 64-bit MurmurHash2 with a seed of its own, and the end mixed
/// otherwise.
pub(super) fn hash_bytes(bytes: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
    const SEED: u64 = 0xc70f_6907;
    let fold = |value: u64| value ^ (value >> 47);
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = SEED ^ (bytes.len() as u64).wrapping_mul(MULTIPLIER);
    for word in words {
        let mixed = fold(u64::from_le_bytes(*word).wrapping_mul(MULTIPLIER));
        hash = (hash ^ mixed.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    }
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(MULTIPLIER);
    }
    fold(fold(hash).wrapping_mul(MULTIPLIER))
}

/// The map. Keys are looked for one by one: it is for labels and classes, of which there are few.
#[derive(Clone, Debug)]
pub(super) struct Unordered<K, V> {
    entries: Vec<(u64, K, V)>,
    /// Index in [`BUCKETS`].
    size: usize,
}

impl<K, V> Default for Unordered<K, V> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            size: 0,
        }
    }
}

impl<K: Key, V: Default> Unordered<K, V> {
    /// The value of a key, made where there is none.
    pub(super) fn of(&mut self, key: K) -> &mut V {
        let hash = key.hash();
        let found = self
            .entries
            .iter()
            .position(|(other, known, _)| *other == hash && *known == key);
        let at = found.unwrap_or_else(|| self.insert((hash, key, V::default())));
        &mut self.entries[at].2
    }

    /// Returns where the entry is.
    fn insert(&mut self, entry: (u64, K, V)) -> usize {
        if self.entries.len() >= self.room() && self.size + 1 < BUCKETS.len() {
            self.size += 1;
            for entry in std::mem::take(&mut self.entries) {
                self.place(entry);
            }
        }
        self.place(entry)
    }

    fn place(&mut self, entry: (u64, K, V)) -> usize {
        let bucket = entry.0 % self.buckets() as u64;
        let mut hashes = self.entries.iter().map(|(hash, ..)| *hash);
        let at = hashes.position(|hash| hash % self.buckets() as u64 == bucket);
        self.entries.insert(at.unwrap_or(0), entry);
        at.unwrap_or(0)
    }
}

impl<K, V> Unordered<K, V> {
    /// How many entries there may be until there are more buckets.
    fn room(&self) -> usize {
        if self.size == 0 { 0 } else { self.buckets() }
    }

    pub(super) fn buckets(&self) -> usize {
        BUCKETS[self.size]
    }

    /// Keys and values in the map's order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(_, key, value)| (key, value))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries
            .iter_mut()
            .map(|(_, key, value)| (&*key, value))
    }

    /// Hashes, keys and values in the map's order.
    pub(super) fn entries(&self) -> &[(u64, K, V)] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What g++ 12 prints.
    #[test]
    fn hashes_are_libstdcxxs() {
        for (text, hash) in [
            ("", 6_142_509_188_972_423_790),
            ("RF", 6_278_738_942_790_209_322),
            ("12345678", 10_113_836_418_918_046_885),
            ("a label of some length", 15_504_006_498_899_098_875),
        ] {
            assert_eq!(hash_bytes(text.as_bytes()), hash, "{text}");
        }
        assert_eq!(Key::hash(&-1_i32), u64::MAX);
        assert_eq!(Key::hash(&u32::MAX), u64::from(u32::MAX));
    }

    #[test]
    fn the_last_comes_first_but_for_those_of_its_bucket() {
        let mut map = Unordered::<i32, ()>::default();
        for key in [1, 2, 14, 3, 27, 2] {
            map.of(key);
        }
        let keys: Vec<_> = map.iter().map(|(key, ())| *key).collect();
        assert_eq!(
            (keys.as_slice(), map.buckets()),
            (&[3, 2, 27, 14, 1][..], 13)
        );
    }

    #[test]
    fn more_buckets_turn_the_order_around() {
        let mut map = Unordered::<i32, ()>::default();
        for key in 0..14 {
            map.of(key);
        }
        let keys: Vec<_> = map.iter().map(|(key, ())| *key).collect();
        let expected: Vec<_> = std::iter::once(13).chain(0..13).collect();
        assert_eq!((keys, map.buckets()), (expected, 29));
    }
}
