use super::*;

fn one(text: &str) -> Value {
    let mut message = parse(text).unwrap();
    assert_eq!(message.fields.len(), 1, "{text}");
    message.fields.remove(0).value
}

fn error(text: &str) -> (u32, u32, String) {
    let e = parse(text).unwrap_err();
    (e.position.line, e.position.column, e.message)
}

#[test]
fn messages_with_and_without_colon_and_in_both_brackets() {
    let text = "a { b: 1 } a: { b: 1 } a < b: 1 > a: < b: 1; >";
    let message = parse(text).unwrap();
    assert_eq!(message.fields.len(), 4);
    for field in &message.fields {
        let Value::Message(inner) = &field.value else {
            panic!("{field:?}");
        };
        assert_eq!(inner.fields[0].name, "b");
        assert_eq!(inner.fields[0].value.as_integer(), Some(1));
    }
}

#[test]
fn lists_are_repeated_fields_with_their_own_positions() {
    let message = parse("dims: [300,\n  -1 , 0x3]\nempty: []\nm [{a:1}, <a:2>]").unwrap();
    let dims: Vec<_> = message.fields[..3]
        .iter()
        .map(|f| (f.value.as_integer(), f.position.line))
        .collect();
    assert_eq!(dims, [(Some(300), 1), (Some(-1), 2), (Some(3), 2)]);
    assert_eq!(message.fields.len(), 5);
    assert_eq!(message.fields[4].name, "m");
}

#[test]
fn strings_concatenate_and_unescape() {
    assert_eq!(
        one(r#"s: "a\n\t\\\"" 'b"' # comment
            "\x41\101é\U0001F600""#),
        Value::String("a\n\t\\\"b\"AAé😀".into())
    );
}

#[test]
fn numbers_of_all_kinds() {
    for (text, expected) in [
        ("0", 0.0),
        ("-3", -3.0),
        ("- 3", -3.0),
        ("017", 15.0),
        ("0x1f", 31.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("0.003921569790691137", 0.003_921_569_790_691_137),
        ("1e-3", 1e-3),
        ("2E+2", 200.0),
        ("1.5f", 1.5),
        ("-inf", f64::NEG_INFINITY),
        ("inf", f64::INFINITY),
    ] {
        assert_eq!(
            one(&format!("n: {text}")).as_float(),
            Some(expected),
            "{text}"
        );
    }
    assert_eq!(
        one("n: 18446744073709551615").as_integer(),
        Some(i128::from(u64::MAX))
    );
    assert!(one("n: nan").as_float().is_some_and(f64::is_nan));
    assert_eq!(one("n: 1.5").as_integer(), None);
}

#[test]
fn words_and_booleans() {
    assert_eq!(
        one("e: IMAGE_FORMAT_RGB"),
        Value::Word("IMAGE_FORMAT_RGB".into())
    );
    assert_eq!(one("b: true").as_bool(), Some(true));
    assert_eq!(one("b: 0").as_bool(), Some(false));
    assert_eq!(one("b: yes").as_bool(), None);
}

#[test]
fn comments_separators_and_extension_names() {
    let message = parse("# head\na: 1, b: 2; # tail\n[x.y.z]: 3\n# end").unwrap();
    let names: Vec<_> = message.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "[x.y.z]"]);
}

#[test]
fn errors_say_where_and_what() {
    assert_eq!(
        error("a {\n  b: 1\n"),
        (
            3,
            1,
            "the message opened at line 1, column 3 is not closed: expected '}', found the end of the file".into()
        )
    );
    assert_eq!(
        error("a: 1\nb 2"),
        (
            2,
            3,
            "expected ':' or '{' after the field name \"b\", found '2'".into()
        )
    );
    assert_eq!(
        error("a:\n}"),
        (2, 1, "expected a value for \"a\", found '}'".into())
    );
    assert_eq!(
        error("a: \"x\nb: 1"),
        (
            1,
            4,
            "the string that starts here is not closed on its line".into()
        )
    );
    assert_eq!(error("a: [1 2]").0, 1);
    assert_eq!(error("a: 1x"), (1, 4, "\"1x\" is not a number".into()));
    assert_eq!(error("}").2, "expected a field name, found '}'");
    assert_eq!(error("a: \"\\q\"").2, "unknown escape \\q in a string");
    assert_eq!(
        error("a: [1").2,
        "expected ',' or ']' in the list opened at line 1, column 4, found the end of the file"
    );
}

#[test]
fn deep_nesting_is_refused_not_a_stack_overflow() {
    let text = "a{".repeat(100_000);
    assert!(parse(&text).unwrap_err().message.contains("nested deeper"));
}

#[test]
fn any_prefix_of_a_config_is_parsed_or_refused_without_panic() {
    let text =
        "infer_config { unique_id: 5 gpu_ids: [0] name: \"a\\x41\" 'b' f: -1.5e-3 <a: [{b:1}]> }";
    for end in 0..text.len() {
        if text.is_char_boundary(end) {
            let _ = parse(&text[..end]);
        }
    }
}
