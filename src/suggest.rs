//! Which of the known words was meant.

/// The known word nearest to `word`, if one is near.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let known = ["border-width", "box", "dot"];
        assert_eq!(nearest("border-widht", known), Some("border-width"));
        assert_eq!(nearest("boxx", known), Some("box"));
        assert_eq!(
            nearest("obx", known),
            Some("box"),
            "swapped letters are one mistake"
        );
        assert_eq!(nearest("zone", known), None);
        assert_eq!(nearest("", known), None);
    }
}
