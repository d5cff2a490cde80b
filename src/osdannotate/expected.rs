//! What a style expects of the stream.

use super::style::{ClassName, Mark, Style};
use super::template::Names;
use crate::expected::{Expected, quoted};

/// What a style and its templates expect.
pub fn expected(style: &Style, names: &Names) -> Expected {
    let mut this = Expected::default();
    for (class, keys) in &style.sections.classes {
        this.class(class, format!("class.{}", quoted(class)), keys.redacts());
    }
    for (gie, keys) in &style.sections.gies {
        this.gie(*gie, format!("gie.{gie}"), keys.redacts());
    }
    for (source, keys) in &style.sections.sources {
        this.source_name(*source, format!("source.{source}"), keys.redacts());
    }
    for label in &names.labels {
        let class = ClassName::Label(label.clone());
        this.class(&class, format!("{{count:{label}}}"), false);
    }
    let mut mark = |kind: &str, mark: &Mark| {
        for class in &mark.filter.classes {
            this.class(class, format!("classes of {kind}.{}", mark.name), false);
        }
    };
    style.zones.iter().for_each(|zone| mark("zone", &zone.mark));
    style.lines.iter().for_each(|line| mark("line", &line.mark));
    for line in &style.lines {
        this.tracked(&format!("line.{}", line.mark.name));
    }
    let sections = [&style.sections.default].into_iter();
    let sections = sections.chain(style.sections.classes.values());
    let sections = sections.chain(style.sections.sources.values());
    let sections: Vec<_> = sections.chain(style.sections.gies.values()).collect();
    for key in sections.iter().flat_map(|keys| keys.tracked()) {
        this.tracked(key);
    }
    this.complete()
}
