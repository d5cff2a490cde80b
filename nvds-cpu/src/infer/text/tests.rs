use super::*;

/// A file that is removed at the end.
struct Named(std::path::PathBuf);

impl Named {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let file =
            std::env::temp_dir().join(format!("nvds-cpu-text-{}-{name}", std::process::id()));
        std::fs::write(&file, bytes).unwrap();
        Self(file)
    }

    fn error(&self) -> String {
        error(&self.0)
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn error(file: &Path) -> String {
    read_text(file, "configuration").unwrap_err().to_string()
}

#[test]
fn what_is_no_utf_8_text_is_refused_with_its_line() {
    for (name, bytes, expected) in [
        (
            "le",
            &b"\xff\xfe[\0p\0"[..],
            ": this configuration is UTF-16 text: save it as UTF-8",
        ),
        (
            "be",
            b"\xfe\xff\0[\0p",
            ": this configuration is UTF-16 text",
        ),
        (
            "bare",
            b"[\0p\0",
            ":1: this configuration has a NUL character",
        ),
        (
            "nul",
            b"a\nb\nc\0",
            ":3: this configuration has a NUL character",
        ),
        (
            "latin",
            b"a\n\xe4b\n",
            ":2: this configuration is not UTF-8 text",
        ),
    ] {
        let error = Named::new(name, bytes).error();
        assert!(error.contains(expected), "{name}: {error}");
    }
}

#[test]
fn what_is_longer_than_any_configuration_is_refused() {
    let most = Named::new("most", &vec![b'#'; MAX_TEXT as usize]);
    assert_eq!(
        read_text(&most.0, "configuration").unwrap().len() as u64,
        MAX_TEXT
    );
    let error_of_one_more = Named::new("more", &vec![b'#'; MAX_TEXT as usize + 1]).error();
    assert!(
        error_of_one_more.ends_with("this is no configuration: it is larger than 256 KiB"),
        "{error_of_one_more}"
    );
    let error = error(Path::new("/dev/zero"));
    assert!(
        error.ends_with("it is no file on a disk: name a regular file"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    for (file, expected) in [
        (
            "/no/such/file",
            "cannot read this configuration: No such file",
        ),
        ("/", "cannot read this configuration: Is a directory"),
        (
            "/etc/passwd/x",
            "cannot read this configuration: Not a directory",
        ),
    ] {
        let error = error(Path::new(file));
        assert!(error.contains(expected), "{error}");
    }
}

/// What a shell's `<(command)` is.
#[test]
fn a_pipe_is_read_and_one_that_nobody_fills_is_given_up() {
    let pipe =
        Named(std::env::temp_dir().join(format!("nvds-cpu-text-{}-pipe", std::process::id())));
    let made = std::process::Command::new("mkfifo").arg(&pipe.0).status();
    assert!(made.unwrap().success());
    let path = pipe.0.clone();
    let writer = std::thread::spawn(move || std::fs::write(path, "a=1\n").unwrap());
    assert_eq!(read_text(&pipe.0, "configuration").unwrap(), "a=1\n");
    writer.join().unwrap();

    let begin = std::time::Instant::now();
    let error = error(&pipe.0);
    assert!(begin.elapsed() < PATIENCE * 3);
    assert!(
        error.contains("it is no file on a disk, and did not end within"),
        "{error}"
    );
}
