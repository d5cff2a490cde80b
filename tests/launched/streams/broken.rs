//! Films that break off while they play: those that are whole lose no frame.

use super::*;

/// Of a whole film, and so far apart are the heads of fragments.
const FRAMES: u32 = 60;
const FRAGMENT: u32 = 10;

/// Puts nonsense where the middle fragment's head tells of its frames, which ends the film with an error.
fn break_fragment(path: &str) {
    let mut film = std::fs::read(path).unwrap();
    let heads: Vec<_> = (0..film.len() - 4)
        .filter(|&place| film[place..].starts_with(b"moof"))
        .collect();
    assert!(heads.len() >= 4, "{heads:?}");
    let head = heads[heads.len() / 2] + 4;
    film[head..head + 64].fill(0xff);
    std::fs::write(path, film).unwrap();
}

/// Cuts a film off: it ends early, as one whose camera was switched off.
fn cut(path: &str) {
    let film = std::fs::read(path).unwrap();
    std::fs::write(path, &film[..film.len() * 6 / 10]).unwrap();
}

/// A source that ended early has said, and shown, its frames up to there.
fn assert_broken(said: &[u32], shown: &[u32], source: usize) {
    let count = said.len() as u32;
    assert_eq!(said, numbers(count), "source {source}");
    assert!((FRAGMENT..FRAMES).contains(&count), "{count} of {source}");
    assert_eq!(shown, said, "source {source}");
}

/// Sources 0 and 2 are whole; 1 is broken and 3 cut off.
fn films(scratch: &Scratch) -> Vec<String> {
    let paths = ["0.mkv", "1.mp4", "2.mkv", "3.mkv"].map(|name| scratch.file(name));
    for (source, path) in paths.iter().enumerate() {
        burnt::film(path, source as u32, FRAMES);
    }
    break_fragment(&paths[1]);
    cut(&paths[3]);
    paths.map(|path| format!("file://{path}")).into()
}

#[test]
fn a_film_that_breaks_off_leaves_the_others_each_frame_behind_the_demux() {
    let (scratch, recording) = folder("streams-broken-demux", 4, FRAMES);
    let films = films(&scratch);
    for mut words in programs(&scratch, "demux") {
        words.push("pgie.txt".to_owned());
        words.extend(films.iter().cloned());
        let output = play(&scratch, &words, &recording);
        let told = text(&output);
        assert!(told.contains("source 1 failed: "), "{words:?}: {told}");
        let said = said(&output.stdout);
        for source in 0..4 {
            let pictures = shown(&scratch, &format!("picture_{source}"), 1, 1);
            let own = said_of(&said, source as u32);
            let shown = shown_of(&pictures, 0, source as u32);
            if source % 2 == 0 {
                assert_eq!(own, numbers(FRAMES), "{words:?} {source}");
                assert_eq!(shown, own, "{words:?} {source}");
            } else {
                assert_broken(&own, &shown, source);
            }
        }
    }
}

#[test]
fn a_film_that_breaks_off_leaves_the_others_each_frame_in_the_tiles() {
    let (scratch, recording) = folder("streams-broken-tiles", 2, FRAMES);
    let films = ["0.mp4", "1.mkv"].map(|name| scratch.file(name));
    for (source, path) in films.iter().enumerate() {
        burnt::film(path, source as u32, FRAMES);
    }
    break_fragment(&films[0]);
    for mut words in programs(&scratch, "runtime_sources") {
        words.push("pgie.txt".to_owned());
        words.extend(films.iter().map(|path| format!("file://{path}")));
        let output = play(&scratch, &words, &recording);
        let told = text(&output);
        assert!(told.contains("source 0 failed: "), "{words:?}: {told}");
        let said = said(&output.stdout);
        let pictures = shown(&scratch, "picture", 2, 1);
        assert_broken(&said_of(&said, 0), &shown_of(&pictures, 0, 0), 0);
        assert_eq!(said_of(&said, 1), numbers(FRAMES), "{words:?}: {told}");
        assert_eq!(shown_of(&pictures, 1, 1), numbers(FRAMES), "{words:?}");
    }
}
