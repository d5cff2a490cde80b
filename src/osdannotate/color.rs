//! Colours as text, as in CSS.

use nvds::Color;

/// Why a text is not a colour.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a colour: expected #rgb, #rgba, #rrggbb, #rrggbbaa or none")]
pub struct ColorError(String);

/// Reads `#rgb`, `#rgba`, `#rrggbb` or `#rrggbbaa` in hexadecimal, opaque where alpha is left out,
/// or `none`.
///
/// # Errors
/// [`ColorError`] for anything else.
pub fn parse(text: &str) -> Result<Option<Color>, ColorError> {
    let error = || ColorError(text.to_owned());
    let text = text.trim();
    if text.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let digits: Vec<u32> = text
        .strip_prefix('#')
        .and_then(|digits| digits.chars().map(|c| c.to_digit(16)).collect())
        .ok_or_else(error)?;
    let components: Vec<u32> = match digits.len() {
        3 | 4 => digits.iter().map(|digit| digit * 0x11).collect(),
        6 | 8 => digits
            .chunks_exact(2)
            .map(|pair| pair[0] * 16 + pair[1])
            .collect(),
        _ => return Err(error()),
    };
    let component = |i: usize| f64::from(components.get(i).copied().unwrap_or(255)) / 255.0;
    Ok(Some(Color::new(
        component(0),
        component(1),
        component(2),
        component(3),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn css_forms() {
        let half_red = Color::new(1.0, 0.0, 0.0, f64::from(0x88) / 255.0);
        for text in ["#f008", "#ff000088", " #FF000088 "] {
            assert_eq!(parse(text), Ok(Some(half_red)), "{text}");
        }
        assert_eq!(parse("#fff"), Ok(Some(Color::WHITE)));
        assert_eq!(parse("#000000"), Ok(Some(Color::BLACK)));
        assert_eq!(parse("None"), Ok(None));
    }

    #[test]
    fn anything_else_is_named() {
        for text in [
            "",
            "#",
            "red",
            "#12345",
            "#gggggg",
            "ffffff",
            "#ffffffffff",
            "#ééé",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
        }
    }

    /// The OSD truncates value * 255; what was written must come out again.
    #[test]
    fn components_survive_the_osd() {
        for n in 0..=255_u32 {
            let color = parse(&format!("#{n:02x}0000")).unwrap().unwrap();
            assert_eq!((color.red * 255.0) as u32, n);
        }
    }
}
