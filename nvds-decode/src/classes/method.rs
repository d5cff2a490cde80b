//! Ways to choose classes by numbers.

/// How the classes of a head are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Method {
    /// The one with the highest score.
    #[default]
    Max,
    /// Every one whose score reaches the threshold, the highest first.
    Multi,
    /// Each number is a yes or no of its own, with two classes: number `k` is class `2k` with that score if it reaches
    /// the threshold, else class `2k + 1` with what is left to 1.
    Compound,
    /// The numbers are those of classes, which the network chose.
    Index,
    /// The number is the answer.
    Regression,
    /// The mean of the classes' numbers, each weighted by its score: an age of years that are classes.
    Expectation,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 6] = [
        Self::Max,
        Self::Multi,
        Self::Compound,
        Self::Index,
        Self::Regression,
        Self::Expectation,
    ];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Max => "max",
            Self::Multi => "multi",
            Self::Compound => "compound",
            Self::Index => "index",
            Self::Regression => "regression",
            Self::Expectation => "expectation",
        }
    }
}
