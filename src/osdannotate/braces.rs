//! Texts with fields in braces, whatever the fields mean.

/// Why a text is not a template. Positions count characters from 1.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error(
        "unknown field {{{name}}} at character {at}; known are {known}; write {{{{ and }}}} for braces"
    )]
    UnknownField {
        name: String,
        at: usize,
        known: &'static str,
    },
    #[error("{{{name}}} at character {at} is incomplete: write {expected}")]
    Incomplete {
        name: String,
        at: usize,
        expected: &'static str,
    },
    #[error("{error}, at character {at}")]
    Label { at: usize, error: String },
    #[error("unclosed {{ at character {at}; write {{{{ for a brace")]
    Unclosed { at: usize },
    #[error("lone }} at character {at}; write }}}} for a brace")]
    Lone { at: usize },
}

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
pub enum Token {
    /// Plain text, never empty.
    Text(String),
    /// What stands between braces, and where.
    Field { name: String, at: usize },
}

/// Takes a template apart.
///
/// # Errors
/// [`TemplateError::Unclosed`] and [`TemplateError::Lone`].
pub fn tokens(text: &str) -> Result<Vec<Token>, TemplateError> {
    let mut tokens = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some((index, c)) = chars.next() {
        let at = index + 1;
        match c {
            '{' | '}' if chars.next_if(|(_, next)| *next == c).is_some() => plain.push(c),
            '}' => return Err(TemplateError::Lone { at }),
            '{' => {
                let mut name = String::new();
                loop {
                    match chars.next() {
                        Some((_, '}')) => break,
                        Some((_, '{')) | None => return Err(TemplateError::Unclosed { at }),
                        Some((_, c)) => name.push(c),
                    }
                }
                if !plain.is_empty() {
                    tokens.push(Token::Text(std::mem::take(&mut plain)));
                }
                tokens.push(Token::Field { name, at });
            }
            c => plain.push(c),
        }
    }
    if !plain.is_empty() {
        tokens.push(Token::Text(plain));
    }
    Ok(tokens)
}

/// A text with its braces doubled, so that a template writes it as it is.
pub fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_comes_out_again() {
        for text in ["", "a", "{", "}}", "{a}{{", "é{東}"] {
            let expected = match text {
                "" => vec![],
                text => vec![Token::Text(text.into())],
            };
            assert_eq!(tokens(&escape(text)), Ok(expected));
        }
    }

    #[test]
    fn fields_know_their_place() {
        let field = |name: &str, at| Token::Field {
            name: name.into(),
            at,
        };
        let text = |text: &str| Token::Text(text.into());
        assert_eq!(
            tokens("é{a}{b:c} {{d}}{}"),
            Ok(vec![
                text("é"),
                field("a", 2),
                field("b:c", 5),
                text(" {d}"),
                field("", 16),
            ])
        );
    }

    #[test]
    fn braces_that_do_not_match_are_refused() {
        for (text, expected) in [
            ("é{frame", TemplateError::Unclosed { at: 2 }),
            ("{a{b}}", TemplateError::Unclosed { at: 1 }),
            ("frame}", TemplateError::Lone { at: 6 }),
        ] {
            assert_eq!(tokens(text), Err(expected), "{text}");
        }
    }
}
