//! Why a library or its function is not there, and what helps.

use std::path::Path;

use super::call::Loaded;
use super::elf;

/// What helps where a library cannot be loaded here.
const WAY_OUT: &str = "build the library without the parts that need it, take one of libnvdsinfer_custom_rsnvds.so's parsers \
     instead, or attach the tensors (network-type=100 or other {}, output-tensor-meta) and parse them downstream";

/// This project's own library of parsers.
const OWN: &str = "libnvdsinfer_custom_rsnvds.so";

/// Which library has symbols that begin like this.
const OWNERS: [(&str, &str); 9] = [
    ("_ZN8nvinfer1", "TensorRT's libnvinfer.so"),
    ("_ZTIN8nvinfer1", "TensorRT's libnvinfer.so"),
    ("_ZTVN8nvinfer1", "TensorRT's libnvinfer.so"),
    ("createInfer", "TensorRT's libnvinfer.so"),
    ("getPluginRegistry", "TensorRT's libnvinfer.so"),
    ("cudnn", "libcudnn.so"),
    ("cublas", "libcublas.so"),
    ("cuda", "libcudart.so"),
    ("_ZN2cv", "OpenCV's libopencv_core.so"),
];

/// Most names in a message.
const MOST: usize = 12;

/// The symbol that the loader's message says is undefined.
pub(super) fn undefined(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("undefined symbol: ")?;
    rest.split([',', ' ', '\t', '\n']).next()
}

/// Where an undefined symbol comes from, as far as its name tells.
fn owner(symbol: &str) -> &'static str {
    let known = OWNERS.iter().find(|(start, _)| symbol.starts_with(start));
    known.map_or("some library", |(_, library)| library)
}

/// That the loader can map the file: of one that is cut off it reads what is not there, which ends the process.
pub(super) fn check_file(key: &str, path: &Path) -> Result<(), String> {
    let told = |what: &str| Err(format!("{key}={}: {what}", path.display()));
    match std::fs::metadata(path) {
        Ok(data) if data.is_file() => {}
        Ok(_) => return told("it is no file on a disk; expected the library of parsers"),
        // The loader looks for it elsewhere, or tells.
        Err(_) => return Ok(()),
    }
    match std::fs::read(path) {
        Ok(bytes) if !elf::is_whole(&bytes) => told(&format!(
            "the file is cut off: its headers name more than its {} bytes; copy or build the library again",
            bytes.len()
        )),
        _ => Ok(()),
    }
}

/// Whether a name of the library is data and no function.
pub(super) fn is_data(path: &Path, name: &str) -> bool {
    std::fs::read(path).is_ok_and(|bytes| elf::data_names(&bytes).contains(name))
}

/// Why a library was not opened. `message` is the loader's.
pub(super) fn library(key: &str, path: &Path, message: &str) -> String {
    let told = format!("{key}={}: ", path.display());
    if !path.exists() {
        let ours = path.file_name().is_some_and(|name| name == OWN);
        let built = match ours {
            true => ": `make custom-library` builds it, into target/plugins/",
            false => "",
        };
        return format!("{told}no such file; expected the library of parsers{built}");
    }
    if let Some(symbol) = undefined(message) {
        return format!(
            "{told}it needs {symbol} of {}, which it does not name; {WAY_OUT}",
            owner(symbol)
        );
    }
    if let Some((library, _)) = message.split_once(": cannot open shared object file") {
        return format!(
            "{told}it needs {library}, which is not on this machine; install that or name its folder in LD_LIBRARY_PATH, {WAY_OUT}"
        );
    }
    format!("{told}not loaded: {message}")
}

/// Names in a file of which `wanted` is true: what stands between bytes that no name has.
fn names(bytes: &[u8], wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let all = bytes.split(|byte| !in_name(byte));
    let all = all.filter_map(|name| std::str::from_utf8(name).ok());
    let mut names: Vec<_> = all.filter(|name| wanted(name)).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}

/// How much two names are alike, 0 to 1: by the letters that they share in this order, whatever stands between. So
/// `ParseSsd` is more like `ParseCompanySsd` than like `ParseCompany`.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let mut shared = vec![0_usize; b.len() + 1];
    for of_a in a.bytes() {
        let mut before = 0;
        for (at, of_b) in b.bytes().enumerate() {
            let above = shared[at + 1];
            shared[at + 1] = match of_a == of_b {
                true => before + 1,
                false => above.max(shared[at]),
            };
            before = above;
        }
    }
    2.0 * shared[b.len()] as f64 / (a.len() + b.len()).max(1) as f64
}

/// What to say where a library has no function of this name: which parsers it has.
pub(super) fn function(
    key: &str,
    function: &str,
    path: &Path,
    has: impl Fn(&str) -> bool,
) -> String {
    let bytes = std::fs::read(path).unwrap_or_default();
    let data = elf::data_names(&bytes);
    let has = |name: &str| !data.contains(name) && has(name);
    let variable = match data.contains(function) {
        true => ", only a variable of this name",
        false => "",
    };
    let told = format!(
        "{key}={function}: {} has no such function{variable}",
        path.display()
    );
    let mangled = format!("{}{function}", function.len());
    let mangled = names(&bytes, |name| {
        name.starts_with("_Z") && name.contains(&mangled)
    });
    if mangled.iter().any(|name| has(name)) {
        return format!(
            "{told}, only one of C++: declare it extern \"C\" and build the library again"
        );
    }
    let parsers = names(&bytes, |name| {
        name.starts_with("NvDsInfer") && name.contains("Parse")
    });
    let parsers: Vec<_> = parsers.into_iter().filter(|name| has(name)).collect();
    if parsers.is_empty() {
        return format!("{told}, nor any that begins with NvDsInferParse");
    }
    let near = |name: &&String| likeness(name, function);
    let nearest = parsers
        .iter()
        .max_by(|a, b| near(a).total_cmp(&near(b)))
        .filter(|name| near(name) > 0.8)
        .map(|name| format!(", did you mean {name}?"))
        .unwrap_or_default();
    let more = match parsers.len().checked_sub(MOST) {
        None | Some(0) => String::new(),
        Some(more) => format!(" and {more} more"),
    };
    let listed = parsers[..parsers.len().min(MOST)].join(", ");
    format!("{told}{nearest}; it has {listed}{more}")
}

/// As [`function`] for a library that is open.
pub(super) fn of(key: &str, name: &str, path: &Path, library: &Loaded) -> String {
    function(key, name, path, |name| library.symbol(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_loader_misses_is_named() {
        let here = Path::new("/proc/self/exe");
        let told = |message: &str| library("custom-lib-path", here, message);
        let missing =
            told("libnvinfer.so.10: cannot open shared object file: No such file or directory");
        assert!(
            missing.contains("it needs libnvinfer.so.10, which is not"),
            "{missing}"
        );
        for (symbol, library) in [
            ("_ZN8nvinfer16Logger3getEv", "TensorRT's libnvinfer.so"),
            ("createInferBuilder_INTERNAL", "TensorRT's libnvinfer.so"),
            ("cudaMalloc", "libcudart.so"),
            ("cudnnCreate", "libcudnn.so"),
            ("cublasCreate_v2", "libcublas.so"),
            ("something", "some library"),
        ] {
            let told = told(&format!("/a/b.so: undefined symbol: {symbol}"));
            let expected = format!("it needs {symbol} of {library}");
            assert!(told.contains(&expected), "{told}");
        }
        assert!(told("/a/b.so: invalid ELF header").contains("not loaded: /a/b.so: invalid"));
        let none = library("custom_lib", Path::new("/no/such/lib.so"), "whatever");
        assert_eq!(
            none,
            "custom_lib=/no/such/lib.so: no such file; expected the library of parsers"
        );
        let ours = Path::new("plugins/libnvdsinfer_custom_rsnvds.so");
        let ours = library("custom-lib-path", ours, "whatever");
        assert!(
            ours.ends_with("no such file; expected the library of parsers: `make custom-library` builds it, into target/plugins/"),
            "{ours}"
        );
    }

    #[test]
    fn the_nearest_name_shares_most_letters() {
        let near = |name| likeness(name, "NvDsInferParseRsSsd");
        assert!(near("NvDsInferParseRsnvdsSsd") > near("NvDsInferParseRsnvds"));
        assert!(near("NvDsInferParseRsnvds") > near("NvDsInferParseRsnvdsClassifier"));
        assert!((near("nvdsinferparsersssd") - 1.0).abs() < f64::EPSILON);
        assert_eq!(likeness("abc", "xyz"), 0.0);
        assert_eq!(likeness("", ""), 0.0);
    }

    #[test]
    fn names_are_cut_out_of_bytes() {
        let bytes = b"\0NvDsInferParseA\0x-NvDsInferParseB \xffNvDsInferParseA\0NvDs";
        let found = names(bytes, |name| name.starts_with("NvDsInfer"));
        assert_eq!(found, ["NvDsInferParseA", "NvDsInferParseB"]);
    }
}
