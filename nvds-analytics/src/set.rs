//! Sets of rules.

/// Numbers of rules, as bits: of the first 64, which are all in most cases, and of the others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Set {
    first: u64,
    others: Vec<u64>,
}

/// Rules of a word of a set.
pub(crate) const WORD: usize = u64::BITS as usize;

/// Words of a set of so many rules.
pub(crate) fn words(rules: usize) -> usize {
    rules.div_ceil(WORD)
}

/// The rules of a word, which is the `at`th of its set, in their order.
pub(crate) fn rules(mut word: u64, at: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let rule = (word != 0).then(|| at * WORD + word.trailing_zeros() as usize);
        word &= word.wrapping_sub(1);
        rule
    })
}

/// A rule's bit in its word.
pub(crate) fn bit(rule: usize) -> u64 {
    1 << (rule % WORD)
}

impl Set {
    /// Whether a rule is in it.
    pub fn has(&self, rule: usize) -> bool {
        self.word(rule / WORD) & bit(rule) != 0
    }

    /// The rules 64 times `at` and following as bits, the first one as the lowest; 0 beyond the end.
    #[inline]
    pub(crate) fn word(&self, at: usize) -> u64 {
        match at {
            0 => self.first,
            _ => self.others.get(at - 1).copied().unwrap_or(0),
        }
    }

    /// Empties it, with room for so many rules.
    pub(crate) fn clear(&mut self, rules: usize) {
        self.first = 0;
        self.others.clear();
        self.others.resize(words(rules).saturating_sub(1), 0);
    }

    /// Adds a rule, or takes it out. One beyond the room, which is 64 rules at least, stays out.
    pub(crate) fn put(&mut self, rule: usize, is_in: bool) {
        let word = match rule / WORD {
            0 => Some(&mut self.first),
            at => self.others.get_mut(at - 1),
        };
        if let Some(word) = word {
            match is_in {
                true => *word |= bit(rule),
                false => *word &= !bit(rule),
            }
        }
    }

    /// Of each rule, whether it is in the set from now on.
    pub(crate) fn fill(&mut self, all: impl ExactSizeIterator<Item = bool>) {
        self.clear(all.len());
        for (rule, is_in) in all.enumerate() {
            self.put(rule, is_in);
        }
    }

    /// All of it, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..=self.others.len()).flat_map(|at| rules(self.word(at), at))
    }
}

/// Of each rule, whether it is in the set.
impl FromIterator<bool> for Set {
    fn from_iter<I: IntoIterator<Item = bool>>(all: I) -> Self {
        let mut this = Self::default();
        for (rule, is_in) in all.into_iter().enumerate() {
            if rule > 0 && rule.is_multiple_of(WORD) {
                this.others.push(0);
            }
            this.put(rule, is_in);
        }
        this
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        let all = |rule: usize| rule.is_multiple_of(3);
        let mut set: Set = (0..130).map(all).collect();
        assert_eq!(set.word(2), 0b10);
        assert_eq!(set.word(3), 0);
        for rule in 0..200 {
            assert_eq!(set.has(rule), rule < 130 && all(rule), "{rule}");
        }
        set.put(64, true);
        set.put(129, false);
        set.put(500, true);
        let expected: Vec<_> = (0..129).filter(|rule| all(*rule) || *rule == 64).collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), expected);
        set.clear(65);
        assert_eq!(set, (0..65).map(|_| false).collect());
    }
}
