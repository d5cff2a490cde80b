//! Dictionaries: which number stands for which character.

use std::path::Path;

use crate::parser::read_text;

/// Reads the characters of a file: one in each line, or all in its only line. Spaces are characters, an empty line
/// between others is one that prints nothing.
///
/// # Errors
/// Names the file, what was expected and what was found.
pub fn read(path: &Path) -> Result<Vec<String>, String> {
    let text = read_text("dictionary-file", path)?;
    let characters = parse(&text);
    if characters.is_empty() {
        return Err(format!(
            "dictionary-file {} has no character: expected one in each line, without the blank",
            path.display()
        ));
    }
    Ok(characters)
}

fn parse(text: &str) -> Vec<String> {
    let lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut lines: Vec<&str> = lines.collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    match lines[..] {
        [only] => only.chars().map(String::from).collect(),
        _ => lines.into_iter().map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_line_is_a_character_and_so_is_a_space() {
        assert_eq!(parse("A\r\nB\r\n \n\n京\n\n"), ["A", "B", " ", "", "京"]);
        assert_eq!(
            parse("AB 京\n"),
            ["A", "B", " ", "京"],
            "all in the only line"
        );
        assert!(parse("\n\n").is_empty());
    }
}
