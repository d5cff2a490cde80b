//! pipelines/anonymiser.txt, judged by its pixels: no part of a face, or of the eyes, is left in any frame.

use super::{Scratch, assert_no_leaks, launch, pipeline, text};

/// The film's own size, a quarter of the line's, which would take unoptimised builds minutes.
const WIDTH: usize = 176;
const HEIGHT: usize = 144;
const FRAMES: usize = 120;
/// Bytes of a frame in I420.
const FRAME: usize = WIDTH * HEIGHT * 3 / 2;
/// Black in I420 of video range.
const COVER: [u8; 3] = [16, 128, 128];

/// Where the man's eyes and mouth are, marked by hand: the frame, and the middles of the eye at the left of the picture,
/// of the other one and of the mouth, in pixels.
const MARKED: [(usize, [(usize, usize); 3]); 9] = [
    (6, [(76, 61), (96, 56), (90, 80)]),
    (20, [(77, 59), (97, 55), (92, 78)]),
    (33, [(65, 66), (86, 59), (82, 87)]),
    (46, [(64, 65), (85, 58), (80, 85)]),
    (60, [(66, 56), (88, 50), (82, 76)]),
    (73, [(62, 53), (84, 46), (79, 70)]),
    (86, [(51, 67), (70, 55), (73, 80)]),
    (100, [(54, 65), (74, 55), (76, 80)]),
    (113, [(58, 62), (78, 52), (78, 78)]),
];
/// How far around a mark the face is to be covered: less than half of what the eyes are apart.
const AROUND: usize = 9;

/// A frame in I420.
struct Picture<'a>(&'a [u8]);

impl Picture<'_> {
    /// Luma and both chromas of a pixel.
    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let chroma = WIDTH * HEIGHT + y / 2 * (WIDTH / 2) + x / 2;
        let plane = WIDTH * HEIGHT / 4;
        [
            self.0[y * WIDTH + x],
            self.0[chroma],
            self.0[chroma + plane],
        ]
    }

    /// The share of a rectangle's pixels that have the cover's colour. The rectangle is left, top, right, bottom, the
    /// last two beyond it.
    fn covered(&self, [left, top, right, bottom]: [usize; 4]) -> f64 {
        let pixels = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
        let black = pixels.filter(|&(x, y)| self.at(x, y) == COVER).count();
        black as f64 / ((right - left) * (bottom - top)) as f64
    }
}

fn pictures(film: &[u8]) -> Vec<Picture<'_>> {
    film.chunks_exact(FRAME).map(Picture).collect()
}

const WHOLE: [usize; 4] = [0, 0, WIDTH, HEIGHT];

/// The frames that the line writes, before they are encoded, and the metadata that nvdsosd gets; with replacements.
fn run(scratch: &Scratch, name: &str, replacements: &[(&str, &str)]) -> (Vec<u8>, Vec<[f64; 4]>) {
    let film = scratch.file(&format!("{name}.i420"));
    let json = scratch.file(&format!("{name}.jsonl"));
    let recorder = format!("! rsmetajson location={json} fields=objects ! nvdsosd");
    let mut all = vec![
        ("width=704 height=576", "width=176 height=144"),
        ("! nvdsosd", recorder.as_str()),
        ("! x264enc bitrate=2000 speed-preset=superfast\n", ""),
        ("format=I420\n! h264parse\n! qtmux\n", "format=I420\n"),
        ("out/anonymised.mp4", &film),
    ];
    all.extend_from_slice(replacements);
    let output = launch(&pipeline("anonymiser.txt", &all));
    assert!(output.status.success(), "{name}: {}", text(&output));
    assert_no_leaks(&output);
    let pixels = std::fs::read(&film).unwrap();
    std::fs::remove_file(&film).unwrap();
    assert_eq!(pixels.len(), FRAMES * FRAME, "{name}");
    let faces = std::fs::read_to_string(&json)
        .unwrap()
        .lines()
        .flat_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let objects = line["objects"].as_array().unwrap().clone();
            objects.into_iter().map(|object| {
                let rect = object["rect"].as_array().unwrap();
                [0, 1, 2, 3].map(|i| rect[i].as_f64().unwrap())
            })
        })
        .collect();
    (pixels, faces)
}

#[test]
fn a_face_is_covered_in_every_frame() {
    let scratch = Scratch::new("anonymiser");
    let (drawn, faces) = run(&scratch, "drawn", &[]);
    // The same without covers: what there is to hide.
    let style = "style-file=pipelines/config/anonymiser.toml";
    let (plain, _) = run(&scratch, "plain", &[(style, "style=class.face.hide=true")]);
    let (drawn, plain) = (pictures(&drawn), pictures(&plain));

    assert_eq!(faces.len(), FRAMES, "one face a frame");
    for (n, &[left, top, width, height]) in faces.iter().enumerate() {
        let (right, bottom) = (left + width, top + height);
        let face = [left, top, right.ceil(), bottom.ceil()].map(|edge| edge as usize);
        assert_eq!(drawn[n].covered(face), 1.0, "frame {n}: {face:?}");
        let before = plain[n].covered(face);
        assert!(before < 0.05, "frame {n} was covered before: {before}");
        // The picture around the face stays.
        let all = drawn[n].covered(WHOLE);
        assert!((0.1..0.5).contains(&all), "frame {n}: {all}");
    }
    for (n, marks) in MARKED {
        for (x, y) in marks {
            let part = [x - AROUND, y - AROUND, x + AROUND, y + AROUND];
            assert_eq!(drawn[n].covered(part), 1.0, "frame {n}: {part:?}");
            assert!(plain[n].covered(part) < 0.5, "frame {n}: {part:?}");
        }
    }
}

/// Eyes alone, and an ellipse: what is marked is covered, what is not meant stays.
#[test]
fn eyes_and_faces_are_covered_by_their_points() {
    let scratch = Scratch::new("anonymiser-parts");
    for part in ["eyes", "faces"] {
        let style = format!("pipelines/config/anonymiser-{part}.toml");
        let (drawn, faces) = run(
            &scratch,
            part,
            &[("pipelines/config/anonymiser.toml", &style)],
        );
        let drawn = pictures(&drawn);
        assert_eq!(faces.len(), FRAMES, "one face a frame");
        for (n, [left, right, mouth]) in MARKED {
            let around = |(x, y): (usize, usize), by: usize| {
                drawn[n].covered([x - by, y - by, x + by, y + by])
            };
            let all = drawn[n].covered(WHOLE);
            match part {
                "eyes" => {
                    for eye in [left, right] {
                        assert_eq!(around(eye, 6), 1.0, "frame {n}: {eye:?}");
                    }
                    assert!(around(mouth, 3) < 0.5, "frame {n}: {mouth:?}");
                    assert!((0.01..0.2).contains(&all), "frame {n}: {all}");
                }
                _ => {
                    for place in [left, right, mouth] {
                        assert_eq!(around(place, AROUND), 1.0, "frame {n}: {place:?}");
                    }
                    // Larger by 0.4 on each side; the corners of what anonymiser.toml covers are seen.
                    let [x, y, width, height] = faces[n];
                    let corner = (x - 0.3 * width, y - 0.3 * height);
                    if corner.0 > 3.0 && corner.1 > 3.0 {
                        let corner = (corner.0 as usize, corner.1 as usize);
                        assert!(around(corner, 2) < 1.0, "frame {n}: {corner:?}");
                    }
                }
            }
        }
    }
}

/// What inference has not looked at is not shown, as where nvinfer has been left out.
#[test]
fn without_inference_nothing_is_seen() {
    let scratch = Scratch::new("anonymiser-blind");
    let nvinfer = "nvinfer config-file-path=pipelines/config/blazeface-nvinfer.txt";
    let (drawn, faces) = run(&scratch, "blind", &[(nvinfer, "identity")]);
    assert!(faces.is_empty());
    for (n, picture) in pictures(&drawn).iter().enumerate() {
        // But for the line of text, which lies above the cover.
        for part in [
            [0, HEIGHT / 3, WIDTH, HEIGHT],
            [WIDTH * 2 / 3, 0, WIDTH, HEIGHT],
        ] {
            assert_eq!(picture.covered(part), 1.0, "frame {n}: {part:?}");
        }
    }
}
