use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::*;

/// A folder of a test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("nvdscpu-replay-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn location(&self) -> String {
        self.0.join("%06u.safetensors").to_str().unwrap().to_owned()
    }

    /// Writes a file with tensors of one number each, and what it tells of itself.
    fn write(&self, number: u64, tensors: &[(&str, f32)], info: Option<&str>) {
        let bytes: Vec<_> = tensors.iter().map(|(_, v)| v.to_le_bytes()).collect();
        let views = tensors
            .iter()
            .zip(&bytes)
            .map(|((name, _), bytes)| (name, TensorView::new(Dtype::F32, vec![1], bytes).unwrap()));
        let info = info.map(|info| [("nvds".to_owned(), info.to_owned())].into());
        let file = safetensors::serialize(views, info).unwrap();
        std::fs::write(self.0.join(format!("{number:06}.safetensors")), file).unwrap();
    }

    /// Writes a file as rstensorrecord does, with these frames as pad and number.
    fn record(&self, number: u64, frames: &[(u32, i32)], tensors: &[(&str, f32)]) {
        let frames: Vec<_> = frames
            .iter()
            .map(|(pad, num)| format!(r#"{{"pad_index":{pad},"frame_num":{num}}}"#))
            .collect();
        let info = format!(
            r#"{{"version":1,"frames":[{}],"inferences":[{{"unique_id":3,"network":{{"width":8,"height":4,"channels":3}},"maintain_aspect_ratio":true,"symmetric_padding":false}},{{"unique_id":5,"network":{{"width":2,"height":2,"channels":3}}}}]}}"#,
            frames.join(",")
        );
        self.write(number, tensors, Some(&info));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const ASKED: Asked = Asked {
    unique_id: 3,
    size: None,
    padding: (true, false),
};

fn unit(pad_index: u32, frame_num: i32) -> UnitKey {
    UnitKey {
        pad_index,
        frame_num,
        ..UnitKey::default()
    }
}

/// The first number of each unit's first layer.
fn values(replay: &mut Replay, units: &[UnitKey]) -> Result<Vec<f32>, String> {
    let answers = replay.answer(units)?;
    let value = |layers: &Vec<NewLayer>| {
        let bytes = &layers[0].memory.bytes()[layers[0].offset..][..4];
        f32::from_le_bytes(bytes.try_into().unwrap())
    };
    Ok(answers.iter().map(value).collect())
}

#[test]
fn frames_are_found_by_pad_and_number() {
    let folder = Folder::new("found");
    folder.record(0, &[(0, 0), (1, 0)], &[]);
    folder.record(
        1,
        &[(1, 1), (0, 1)],
        &[("f0.u3.a", 11.0), ("f1.u3.a", 1.0), ("f1.o2.u3.a", 7.0)],
    );
    folder.record(
        2,
        &[(0, 2), (1, 2)],
        &[("f0.u3.a", 2.0), ("f1.u3.a", 12.0), ("f0.u5.a", 9.0)],
    );
    let mut replay = Replay::open(&folder.location(), ASKED).unwrap();
    assert_eq!((replay.network().width, replay.network().height), (8, 4));
    assert_eq!(replay.layer_names(), [Arc::from(c"a")]);
    let units = [unit(0, 1), unit(1, 1), unit(1, 2)];
    assert_eq!(values(&mut replay, &units), Ok(vec![1.0, 11.0, 12.0]));
    let object = UnitKey {
        object: Some(2),
        ..unit(0, 1)
    };
    assert_eq!(values(&mut replay, &[object]), Ok(vec![7.0]));
    let error = values(&mut replay, &[unit(0, 0)]).unwrap_err();
    assert!(
        error.contains("frame 0 of pad 0 has no tensors f0.u3.*: was it not inferred"),
        "{error}"
    );
    let error = values(&mut replay, &[unit(0, 3)]).unwrap_err();
    assert!(
        error.contains("frame 3 of pad 0 is not in the recording"),
        "{error}"
    );
    assert!(error.contains("000002.safetensors"), "{error}");
}

/// More files than are kept in memory, in which the film begins again, as in the stream.
#[test]
fn a_film_that_begins_again_goes_on_in_the_recording() {
    let folder = Folder::new("again");
    for number in 0..24 {
        folder.record(
            number,
            &[(0, number as i32 % 12)],
            &[("f0.u3.a", number as f32)],
        );
    }
    let mut replay = Replay::open(&folder.location(), ASKED).unwrap();
    for number in 0..36 {
        let expected = if number < 24 { number } else { number - 24 };
        let found = values(&mut replay, &[unit(0, number % 12)]).unwrap();
        assert_eq!(found, [expected as f32], "{number}");
    }
}

#[test]
fn files_that_tell_nothing_answer_by_position() {
    let folder = Folder::new("position");
    folder.write(0, &[("f0.u3.a", 0.0), ("f1.u3.a", 1.0)], None);
    folder.write(1, &[("f0.u3.a", 2.0), ("f1.u3.a", 3.0)], None);
    let asked = Asked {
        size: Some((8, 4)),
        ..ASKED
    };
    let second = |frame_num| UnitKey {
        batch_id: 1,
        ..unit(4, frame_num)
    };
    let mut replay = Replay::open(&folder.location(), asked).unwrap();
    assert_eq!(
        values(&mut replay, &[unit(0, 1), second(0), second(1)]),
        Ok(vec![2.0, 1.0, 3.0])
    );
    assert!(
        values(&mut replay, &[unit(0, 2)])
            .unwrap_err()
            .contains("is not in the recording")
    );
    // One file for all.
    let one = folder.0.join("000001.safetensors");
    let mut replay = Replay::open(one.to_str().unwrap(), asked).unwrap();
    assert_eq!(
        values(&mut replay, &[unit(0, 77), second(99)]),
        Ok(vec![2.0, 3.0])
    );
    let third = UnitKey {
        batch_id: 2,
        ..unit(0, 0)
    };
    assert!(
        values(&mut replay, &[third])
            .unwrap_err()
            .contains("has 2 frames")
    );
    let error = Replay::open(one.to_str().unwrap(), ASKED).unwrap_err();
    assert!(error.contains("nothing tells the input size"), "{error}");
}

#[test]
fn what_does_not_fit_is_told() {
    let folder = Folder::new("misfit");
    let open = |asked| Replay::open(&folder.location(), asked).map(|_| ());
    let error = open(ASKED).unwrap_err();
    assert!(error.contains("000000.safetensors is not there"), "{error}");
    folder.record(0, &[(0, 0)], &[("f0.u3.a", 0.0)]);
    folder.record(1, &[(0, 1)], &[("f0.u3.b", 0.0)]);
    std::fs::write(folder.0.join("000002.safetensors"), "").unwrap();
    for (asked, expected) in [
        (
            Asked {
                unique_id: 4,
                ..ASKED
            },
            "000002.safetensors cannot be replayed: it is empty",
        ),
        (
            Asked {
                size: Some((8, 8)),
                ..ASKED
            },
            "recorded with a network of 8x4 pixels, the configuration says 8x8",
        ),
        (
            Asked {
                padding: (false, false),
                ..ASKED
            },
            "recorded with maintain-aspect-ratio=1 symmetric-padding=0, the configuration says 0 and 0",
        ),
    ] {
        let error = open(asked).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    let mut replay = Replay::open(&folder.location(), ASKED).unwrap();
    let error = values(&mut replay, &[unit(0, 1)]).unwrap_err();
    assert!(
        error.contains("other layers than the recording began with"),
        "{error}"
    );
    std::fs::remove_file(folder.0.join("000002.safetensors")).unwrap();
    let error = open(Asked {
        unique_id: 4,
        ..ASKED
    })
    .unwrap_err();
    assert!(
        error.contains("and the 1 after it have no tensors of unique-id 4, but of [3]"),
        "{error}"
    );
    assert!(Replay::open("a%s", ASKED).unwrap_err().contains("%05u"));
}
