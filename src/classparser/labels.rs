//! Labels of classes, head by head.

use std::path::Path;

use crate::parser::{Labels, read_text};

/// The labels of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum ClassLabels {
    /// A line for each head with its labels between semicolons, as nvinfer has them for classifiers.
    Heads(Vec<Vec<String>>),
    /// One list: of the only head, of all heads one behind the other, or of each.
    List(Vec<String>),
}

/// Where the labels of the heads of a network are.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    /// Of each head, where its labels begin in the list.
    begins: Vec<usize>,
    /// Whether only every other class has one: those that are a yes.
    only_yes: bool,
}

impl ClassLabels {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file, what was expected and what was found.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = read_text("labels-file", path);
        if let Ok(text) = &text
            && path.extension().is_none_or(|extension| extension != "json")
            && text.contains(';')
        {
            return Ok(Self::Heads(
                text.lines()
                    .filter(|l| !l.trim().is_empty())
                    .map(head)
                    .collect(),
            ));
        }
        let labels = Labels::read(path).map_err(|error| error.to_string())?;
        Ok(Self::List(labels.iter().map(str::to_owned).collect()))
    }

    /// Where the labels of heads with room for so many classes are. `compound`: whether classes are pairs of a yes and a
    /// no.
    ///
    /// # Errors
    /// How the file and the network differ, as one sentence. The places are those that are least wrong.
    pub fn places(&self, heads: &[usize], compound: bool) -> (Places, Option<String>) {
        let sizes = |only_yes: bool| {
            heads
                .iter()
                .map(move |size| if only_yes { size / 2 } else { *size })
        };
        let total = |only_yes| sizes(only_yes).sum::<usize>();
        let network = || match heads {
            [] => "none".to_owned(),
            [one] => format!("{one} classes"),
            _ => format!("heads of {heads:?} classes"),
        };
        match self {
            Self::Heads(lines) => {
                let found: Vec<usize> = lines.iter().map(Vec::len).collect();
                let only_yes = compound && found.iter().copied().eq(sizes(true));
                // Heads of 0 have any number of classes.
                let fits = found.len() == heads.len()
                    && found
                        .iter()
                        .zip(sizes(only_yes))
                        .all(|(found, size)| size == 0 || *found == size);
                let problem = (!fits).then(|| {
                    format!(
                        "labels-file has {} lines of {found:?} labels between semicolons, but the network {}",
                        lines.len(),
                        network()
                    )
                });
                (
                    Places {
                        begins: vec![0; heads.len()],
                        only_yes,
                    },
                    problem,
                )
            }
            Self::List(labels) => {
                let only_yes = compound && labels.len() == total(true);
                let each = sizes(only_yes).all(|size| size == 0 || size == labels.len());
                let mut begin = 0;
                let begins = sizes(only_yes).map(|size| {
                    let own = begin;
                    begin += if each { 0 } else { size };
                    own
                });
                let begins = begins.collect();
                let problem = (!each && labels.len() != total(only_yes)).then(|| {
                    format!(
                        "labels-file has {} labels, but the network {}",
                        labels.len(),
                        network()
                    )
                });
                (Places { begins, only_yes }, problem)
            }
        }
    }

    /// The label of a class, `None` if it has none; an outer `None` for a no that is not told.
    pub fn label(&self, places: &Places, head: usize, class: usize) -> Option<Option<&str>> {
        let class = match places.only_yes {
            true if class % 2 == 1 => return None,
            true => class / 2,
            false => class,
        };
        let label = match self {
            Self::Heads(lines) => lines.get(head).and_then(|labels| labels.get(class)),
            Self::List(labels) => {
                let begin = places.begins.get(head).or(places.begins.last());
                begin.and_then(|begin| labels.get(begin + class))
            }
        };
        Some(label.map(String::as_str).filter(|label| !label.is_empty()))
    }
}

/// The labels of a line; a semicolon at its end ends the last one.
fn head(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_suffix(';').unwrap_or(line);
    line.split(';')
        .map(|label| label.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(labels: &[&str]) -> ClassLabels {
        ClassLabels::List(labels.iter().map(|&label| label.to_owned()).collect())
    }

    fn all<'l>(
        labels: &'l ClassLabels,
        heads: &[usize],
        compound: bool,
    ) -> (Vec<Option<&'l str>>, bool) {
        let (places, problem) = labels.places(heads, compound);
        let classes = heads.iter().enumerate();
        let classes = classes.flat_map(|(head, &size)| (0..size).map(move |class| (head, class)));
        let found = classes.filter_map(|(head, class)| labels.label(&places, head, class));
        (found.collect(), problem.is_some())
    }

    #[test]
    fn a_list_is_of_one_head_of_all_or_of_each() {
        let labels = list(&["a", "b", "c", "d"]);
        let abcd = [Some("a"), Some("b"), Some("c"), Some("d")].to_vec();
        assert_eq!(all(&labels, &[4], false), (abcd.clone(), false));
        assert_eq!(
            all(&labels, &[1, 3], false),
            (abcd.clone(), false),
            "one behind the other"
        );
        assert_eq!(
            all(&labels, &[4, 4], false),
            ([&abcd[..], &abcd[..]].concat(), false),
            "each"
        );
        let (found, wrong) = all(&labels, &[5], false);
        assert_eq!((found[4], wrong), (None, true), "too few");
        assert!(all(&labels, &[3], false).1, "too many");
    }

    #[test]
    fn lines_of_semicolons_are_heads() {
        let lines = ["red;green ;blue;", "car;bus"];
        let labels = ClassLabels::Heads(lines.map(head).to_vec());
        let expected = ["red", "green", "blue", "car", "bus"].map(Some).to_vec();
        assert_eq!(all(&labels, &[3, 2], false), (expected, false));
        assert!(all(&labels, &[3], false).1);
        assert!(all(&labels, &[2, 3], false).1);
    }

    #[test]
    fn a_no_may_have_a_label() {
        let pairs = list(&["hat", "no hat", "bag", "no bag"]);
        assert_eq!(all(&pairs, &[4], true).0.len(), 4);
        let yes = list(&["hat", "bag"]);
        assert_eq!(
            all(&yes, &[4], true),
            (vec![Some("hat"), Some("bag")], false)
        );
    }
}
