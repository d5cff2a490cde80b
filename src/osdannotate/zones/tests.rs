use super::*;

#[test]
fn the_source_unseen_for_longest_gives_its_place() {
    let text = "zone.z.points = [[0, 0], [9, 0], [9, 9]]";
    let (document, _) = style::Document::parse(text, "style").unwrap();
    let (style, _) = style::Style::new(&document, &mut []).unwrap();
    let mut zones = Zones::default();
    zones.set_style(&style.zones, &style.lines);
    let most = MAX_SOURCES as u32;
    for source in (0..most).chain([0, most]) {
        zones.begin(&style, source, None, true);
        assert_eq!(zones.counts().zones, [0], "{source}");
    }
    let known = |id: u32| zones.sources.iter().any(|source| source.id == id);
    assert_eq!(zones.sources.len(), MAX_SOURCES);
    assert!(known(0) && !known(1) && known(2) && known(most));
}
