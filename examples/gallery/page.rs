//! The styles and pictures of `docs/gallery.md`.

/// One picture of the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// Name of its file, without folder and ending.
    pub name: String,
    pub style: String,
    /// Which frame of the film is shown.
    pub frame: u32,
    /// How many frames inference skips between two.
    pub interval: u32,
    /// Whether the page shows the whole frame.
    pub whole: bool,
    /// Another line than the demo's: its file in `pipelines/`, without ending.
    pub pipeline: Option<String>,
    /// The drawn picture that this line gets instead of its own source: its file beside this one, without ending.
    pub scene: Option<String>,
}

/// Reads the page: each block of `toml` is the style of the picture that follows it. A comment of the form
/// `<!-- frame=70 interval=9 whole=1 -->` between them chooses another frame, or shows all of it;
/// `<!-- pipeline=obb scene=roundabout -->` another line, and a drawn picture for it, all of which is shown.
///
/// # Errors
/// Names the line that does not fit.
pub fn read(page: &str) -> Result<Vec<Picture>, String> {
    let fresh = Picture {
        frame: 60,
        ..Picture::default()
    };
    let mut pictures = Vec::new();
    let mut next = fresh.clone();
    let mut in_style = false;
    for (number, line) in page.lines().enumerate() {
        let wrong = |what: &str| format!("docs/gallery.md, line {}: {what}", number + 1);
        if in_style {
            if line == "```" {
                in_style = false;
            } else {
                next.style.push_str(line);
                next.style.push('\n');
            }
        } else if line == "```toml" {
            in_style = true;
            next = fresh.clone();
        } else if let Some(settings) = line
            .strip_prefix("<!--")
            .and_then(|l| l.strip_suffix("-->"))
        {
            for setting in settings.split_whitespace() {
                let (key, value) = setting
                    .split_once('=')
                    .ok_or_else(|| wrong("no key=value"))?;
                let count = || value.parse().map_err(|_| wrong("no number"));
                match key {
                    "frame" => next.frame = count()?,
                    "interval" => next.interval = count()?,
                    "whole" => next.whole = count()? != 0,
                    "pipeline" => next.pipeline = Some(value.to_owned()),
                    "scene" => next.scene = Some(value.to_owned()),
                    _ => {
                        let known = "only frame, interval, whole, pipeline and scene are known";
                        return Err(wrong(known));
                    }
                }
            }
        } else if let Some((_, file)) = line.split_once("](gallery/") {
            let name = file
                .strip_suffix(".jpg)")
                .ok_or_else(|| wrong("not a .jpg"))?;
            if next.style.is_empty() {
                return Err(wrong("a picture without a style before it"));
            }
            next.name = name.to_owned();
            pictures.push(std::mem::replace(&mut next, fresh.clone()));
        }
    }
    if pictures.is_empty() {
        return Err("docs/gallery.md has no pictures".into());
    }
    Ok(pictures)
}
