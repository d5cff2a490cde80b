//! The page.

mod analytics;
mod elements;
mod map;
mod numbers;
mod source;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::Error;
use crate::film::Picture;
use crate::metrics::Metric;
use crate::summary::Summary;

/// What is shown beside the lines.
pub struct Extras<'a> {
    /// Title of the page.
    pub title: &'a str,
    /// Names of the files that were read.
    pub files: &'a [String],
    /// Pictures of the film, the first of its begin.
    pub pictures: Vec<Picture>,
    /// `stats` of elements.
    pub metrics: Vec<Metric>,
}

const STYLE: &str = "
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; max-width: 1480px; margin: 0 auto; padding: 0 24px 48px; }
h1 { margin-bottom: 0; } h2 { border-bottom: 2px solid #0072b2; margin-top: 48px; } h3 { margin: 8px 0; }
.strip { display: flex; flex-wrap: wrap; gap: 16px; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 600px), 1fr)); gap: 24px; }
.strip figure, .charts figure { margin: 0; } .strip img { width: 224px; display: block; }
.charts svg { width: 100%; height: auto; display: block; }
figcaption { color: #555; font-size: 13px; } .key { display: inline-block; width: 12px; height: 12px; margin: 0 4px 0 12px; }
table { border-collapse: collapse; } td, th { padding: 2px 14px 2px 0; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { background: #0072b2; height: 12px; } td.wide { width: 320px; }
.note { color: #8a4b00; }
";

/// The page as text.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn page(summary: &Summary, extras: &Extras<'_>) -> Result<String, Error> {
    let mut sources = Vec::new();
    for (id, source) in &summary.sources {
        let picture = extras
            .pictures
            .first()
            .filter(|_| summary.sources.len() == 1);
        sources.push(source::section(*id, source, picture)?);
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (extras.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (extras.title) }
                (head(summary, extras))
                (strip(&extras.pictures))
                @for section in &sources { (section) }
                (elements::section(&extras.metrics))
                (numbers::block(summary))
            }
        }
    };
    Ok(page.into_string())
}

fn head(summary: &Summary, extras: &Extras<'_>) -> Markup {
    html! {
        p {
            (count(summary.frames(), "frame")) " of " (count(summary.sources.len() as u64, "source")) ", "
            (count(summary.objects(), "object")) ", from " (extras.files.join(", ")) "."
        }
        @if let Some((number, why)) = &summary.first_unread {
            p.note { (count(summary.unread, "line")) " left out that " (if summary.unread == 1 { "is" } else { "are" })
                " no frame; the first is line " (number) ": " (why) }
        }
        @if summary.beyond > 0 {
            p.note { (count(summary.beyond, "frame")) " of further sources left out." }
        }
    }
}

fn strip(pictures: &[Picture]) -> Markup {
    html! {
        @if !pictures.is_empty() {
            div.strip {
                @for picture in pictures {
                    figure {
                        img src=(data_uri(&picture.bytes)) alt=(format!("the film at {:.1} s", picture.time));
                        figcaption { (format!("{:.1} s", picture.time)) }
                    }
                }
            }
        }
    }
}

/// A picture within the page.
fn data_uri(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", gst::glib::base64_encode(jpeg))
}

/// `1 frame`, `2 frames`.
fn count(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> String {
        let mut summary = Summary::default();
        for line in lines {
            summary.add(&serde_json::from_str(line).unwrap());
        }
        let extras = Extras {
            title: "a < b",
            files: &["out.jsonl".to_owned()],
            pictures: Vec::new(),
            metrics: Vec::new(),
        };
        page(&summary, &extras).unwrap()
    }

    #[test]
    fn a_label_is_a_text_wherever_it_stands() {
        let line = r#"{"source_id":0,"frame_num":0,"pts":0,"width":10,"height":10,"objects":[
            {"class_id":0,"label":"<script>alert(1)</script>","confidence":0.5,"object_id":1,"rect":[1,1,2,2]}]}"#;
        let page = of(&[line]);
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)"));
        assert!(page.contains("<title>a &lt; b</title>"));
        assert_eq!(page.matches("</script>").count(), 1, "the numbers' own");
    }

    #[test]
    fn the_numbers_in_the_page_are_those_of_the_file() {
        let lines: Vec<String> = (0..30)
            .map(|k| {
                let objects = r#"{"class_id":0,"label":"car","confidence":0.9,"object_id":4,"rect":[1,1,2,2]},"#.repeat(k % 3);
                let objects = objects.trim_end_matches(',');
                format!(r#"{{"source_id":2,"frame_num":{k},"pts":{},"width":10,"height":10,"objects":[{objects}]}}"#, k * 40_000_000)
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let page = of(&lines);
        let (_, rest) = page.split_once("id=\"numbers\">").unwrap();
        let (json, _) = rest.split_once("</script>").unwrap();
        let numbers: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(numbers["frames"], 30);
        assert_eq!(numbers["objects"], 30);
        assert_eq!(numbers["sources"]["2"]["classes"]["car"], 30);
        assert_eq!(numbers["sources"]["2"]["tracks"], 1);
        assert!(page.contains("<td class=\"number\">30</td>"));
    }

    #[test]
    fn nothing_at_all_is_a_page_too() {
        let page = of(&[r#"{"source_id":0,"frame_num":0}"#]);
        assert!(page.contains("1 frame of 1 source, 0 objects"), "{page}");
    }

    #[test]
    fn it_needs_nothing_from_elsewhere() {
        let page = of(&[r#"{"source_id":0,"frame_num":0,"pts":5,"objects":[{"class_id":0}]}"#]);
        for part in ["src=\"http", "href=\"http", "url(", "@import"] {
            assert!(!page.contains(part), "{part}");
        }
    }
}
