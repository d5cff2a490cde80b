use super::*;

#[test]
fn letterbox_places() {
    assert_eq!(
        Placement::new(Scaler::Nvinfer, (1920, 1080), (640, 640), true, false),
        Placement {
            left: 0,
            top: 0,
            width: 640,
            height: 360
        }
    );
    assert_eq!(
        Placement::new(Scaler::Nvinfer, (1080, 1920), (640, 640), true, true),
        Placement {
            left: 140,
            top: 0,
            width: 360,
            height: 640
        }
    );
    assert_eq!(
        Placement::new(Scaler::Nvinfer, (768, 576), (300, 301), true, true),
        Placement {
            left: 0,
            top: 38,
            width: 300,
            height: 225
        }
    );
    assert_eq!(
        Placement::new(Scaler::Nvinfer, (768, 576), (300, 300), false, true),
        Placement {
            left: 0,
            top: 0,
            width: 300,
            height: 300
        }
    );
    assert_eq!(
        Placement::new(Scaler::Nvinfer, (4000, 2), (8, 8), true, false).height,
        1
    );
}

#[test]
fn nvinferserver_rounds_the_placement_to_even() {
    // 300 * 576 / 768 = 225 rows, of which 224 are used; 76 are free.
    assert_eq!(
        Placement::new(Scaler::NvinferServer, (768, 576), (300, 300), true, true),
        Placement {
            left: 0,
            top: 38,
            width: 300,
            height: 224
        }
    );
}

#[test]
fn placement_is_what_the_decoder_undoes() {
    use nvds_decode::{Geometry, Padding, Scaler as Undone, Size};

    let networks = [2, 3, 8, 31, 224, 300, 301, 416, 640];
    let frames = [2, 3, 5, 63, 240, 481, 576, 640, 768, 1080, 1281, 1920, 3840];
    let mut compared = 0;
    for (scaler, undone) in [
        (Scaler::Nvinfer, Undone::Nvinfer),
        (Scaler::NvinferServer, Undone::NvinferServer),
    ] {
        for network in networks.iter().flat_map(|&w| networks.map(|h| (w, h))) {
            for frame in frames.iter().flat_map(|&w| frames.map(|h| (w, h))) {
                for (ratio, symmetric) in [(false, true), (true, false), (true, true)] {
                    let Ok(geometry) = Geometry::with_scaler(
                        undone,
                        Size::new(network.0, network.1),
                        Size::new(frame.0, frame.1),
                        Padding::from_flags(ratio, symmetric),
                    ) else {
                        // Nothing of the frame is left, which the decoder refuses.
                        continue;
                    };
                    let (left, top) = geometry.offset();
                    let size = geometry.destination();
                    // The elements take an odd side of the frame one pixel shorter.
                    let even = |n: u32| if n > 1 { n & !1 } else { n } as usize;
                    let placement = Placement::new(
                        scaler,
                        (even(frame.0), even(frame.1)),
                        (network.0 as usize, network.1 as usize),
                        ratio,
                        symmetric,
                    );
                    assert_eq!(
                        placement,
                        Placement {
                            left: left as usize,
                            top: top as usize,
                            width: size.width as usize,
                            height: size.height as usize,
                        },
                        "{scaler:?} {frame:?} in {network:?}, {ratio} {symmetric}"
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 50_000, "{compared}");
}
