use super::*;

fn near(a: (f64, f64), b: (f64, f64)) {
    assert!(
        (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9,
        "{a:?} != {b:?}"
    );
}

#[test]
fn stretch() {
    let g = Geometry::new(Size::new(300, 300), Size::new(1920, 1080), Padding::Stretch).unwrap();
    assert_eq!(g.ratio(), (300.0 / 1920.0, 300.0 / 1080.0));
    near(g.to_frame(BoxUnits::Normalised, 0.5, 0.25), (960.0, 270.0));
    near(
        g.to_frame(BoxUnits::NetworkPixels, 150.0, 75.0),
        (960.0, 270.0),
    );
    near(g.to_frame(BoxUnits::Normalised, 1.0, 1.0), (1920.0, 1080.0));
}

#[test]
fn right_bottom_truncates_the_destination() {
    // 300 * 1080 / 1920 = 168.75, of which 168 lines are used.
    let g = Geometry::new(
        Size::new(300, 300),
        Size::new(1920, 1080),
        Padding::RightBottom,
    )
    .unwrap();
    assert_eq!(g.destination(), Size::new(300, 168));
    assert_eq!(g.offset(), (0, 0));
    assert_eq!(g.ratio(), (300.0 / 1920.0, 168.0 / 1080.0));
    near(
        g.to_frame(BoxUnits::NetworkPixels, 300.0, 168.0),
        (1920.0, 1080.0),
    );
    // 168.75 would be the frame's lower side were it not truncated.
    near(
        g.to_frame(BoxUnits::Normalised, 1.0, 168.75 / 300.0),
        (1920.0, 168.75 * 1080.0 / 168.0),
    );
}

#[test]
fn symmetric_offset_by_integer_division() {
    // Destination 640x359 in 640x640: 281 free lines, 140 above, 141 below.
    let g = Geometry::new(
        Size::new(640, 640),
        Size::new(1282, 720),
        Padding::Symmetric,
    )
    .unwrap();
    assert_eq!(g.destination(), Size::new(640, 359));
    assert_eq!(g.offset(), (0, 140));
    near(g.to_frame(BoxUnits::NetworkPixels, 0.0, 140.0), (0.0, 0.0));
    near(
        g.to_frame(BoxUnits::NetworkPixels, 640.0, 499.0),
        (1282.0, 720.0),
    );
    near(
        g.to_frame(BoxUnits::Normalised, 0.5, 320.0 / 640.0),
        (641.0, 180.0 * 720.0 / 359.0),
    );
}

#[test]
fn symmetric_portrait_pads_left_and_right() {
    // 416 * 480 / 640 = 312 columns, (416 - 312) / 2 = 52 free on each side.
    let g = Geometry::new(Size::new(416, 416), Size::new(480, 640), Padding::Symmetric).unwrap();
    assert_eq!(g.destination(), Size::new(312, 416));
    assert_eq!(g.offset(), (52, 0));
    near(g.to_frame(BoxUnits::NetworkPixels, 52.0, 0.0), (0.0, 0.0));
    near(
        g.to_frame(BoxUnits::NetworkPixels, 208.0, 208.0),
        (240.0, 320.0),
    );
}

#[test]
fn odd_frame_is_rounded_down_to_even() {
    let g = Geometry::new(Size::new(300, 300), Size::new(1921, 1081), Padding::Stretch).unwrap();
    assert_eq!(g.ratio(), (300.0 / 1920.0, 300.0 / 1080.0));
    near(g.to_frame(BoxUnits::Normalised, 1.0, 1.0), (1920.0, 1080.0));
    assert_eq!(g.frame(), Size::new(1921, 1081));
}

#[test]
fn odd_network_and_odd_frame_with_padding() {
    // Source 640x480; 301 * 480 / 640 = 225.75 -> 225; (301 - 225) / 2 = 38.
    let frame = Size::new(641, 481);
    let network = Size::new(301, 301);
    let g = Geometry::new(network, frame, Padding::Symmetric).unwrap();
    assert_eq!(g.destination(), Size::new(301, 225));
    assert_eq!(g.offset(), (0, 38));
    assert_eq!(g.ratio(), (301.0 / 640.0, 225.0 / 480.0));
}

#[test]
fn nvinferserver_rounds_the_destination_to_even() {
    let frame = Size::new(641, 481);
    let network = Size::new(301, 301);
    let server = Scaler::NvinferServer;
    let g = Geometry::with_scaler(server, network, frame, Padding::Symmetric).unwrap();
    assert_eq!(g.destination(), Size::new(300, 224));
    assert_eq!(g.offset(), (0, 38));
    assert_eq!(g.ratio(), (300.0 / 640.0, 224.0 / 480.0));
    // Stretching as well: the last column and line of the input stay empty.
    let g = Geometry::with_scaler(server, network, frame, Padding::Stretch).unwrap();
    assert_eq!(g.destination(), Size::new(300, 300));
    assert_eq!(g.ratio(), (300.0 / 640.0, 300.0 / 480.0));
}

#[test]
fn exact_fit_takes_the_width() {
    let size = Size::new(512, 512);
    for padding in [Padding::Stretch, Padding::RightBottom, Padding::Symmetric] {
        let g = Geometry::new(size, size, padding).unwrap();
        assert_eq!((g.destination(), g.offset()), (size, (0, 0)));
    }
}

#[test]
fn impossible_sizes_are_refused() {
    let ok = Size::new(300, 300);
    let new = |network, frame, padding| Geometry::new(network, frame, padding).unwrap_err();
    assert_eq!(
        new(Size::new(0, 300), ok, Padding::Stretch),
        GeometryError::EmptyNetwork(Size::new(0, 300))
    );
    assert_eq!(
        new(ok, Size::new(1, 300), Padding::Stretch),
        GeometryError::FrameTooSmall(Size::new(1, 300))
    );
    let frame = Size::new(65536, 2);
    assert_eq!(
        new(ok, frame, Padding::Symmetric),
        GeometryError::NothingLeft {
            picture: frame,
            network: ok
        }
    );
}

#[test]
fn flags() {
    assert_eq!(Padding::from_flags(false, true), Padding::Stretch);
    assert_eq!(Padding::from_flags(true, false), Padding::RightBottom);
    assert_eq!(Padding::from_flags(true, true), Padding::Symmetric);
}

const FRAME: Size = Size::new(1920, 1080);

fn object(left: f32, top: f32, width: f32, height: f32) -> BBox {
    BBox {
        left,
        top,
        width,
        height,
    }
}

#[test]
fn an_object_is_cut_out_without_fractions_and_rounded_down_to_even() {
    let parent = object(101.5, 51.25, 61.875, 41.875);
    let g = Geometry::of_object(
        Scaler::Nvinfer,
        Size::new(300, 300),
        parent,
        FRAME,
        Padding::Stretch,
    )
    .unwrap();
    assert_eq!(g.ratio(), (300.0 / 60.0, 300.0 / 40.0));
    near(g.to_frame(BoxUnits::Normalised, 0.0, 0.0), (101.5, 51.25));
    near(g.to_frame(BoxUnits::Normalised, 1.0, 1.0), (161.5, 91.25));
    // Not the one rounded to even: padding shows nothing, but boxes may reach into it.
    assert_eq!(g.area(), parent);
    assert_eq!(g.frame(), FRAME);
}

#[test]
fn the_aspect_ratio_of_an_object_is_its_own() {
    // 300 * 40 / 120 = 100 lines, 100 free above and below.
    let parent = object(200.0, 100.0, 120.0, 40.0);
    for (padding, top) in [(Padding::RightBottom, 0.0), (Padding::Symmetric, 100.0)] {
        let g = Geometry::of_object(Scaler::Nvinfer, Size::new(300, 300), parent, FRAME, padding)
            .unwrap();
        assert_eq!(g.destination(), Size::new(300, 100));
        near(
            g.to_frame(BoxUnits::NetworkPixels, 0.0, top),
            (200.0, 100.0),
        );
        near(
            g.to_frame(BoxUnits::NetworkPixels, 300.0, top + 100.0),
            (320.0, 140.0),
        );
    }
}

#[test]
fn nvinferserver_rounds_the_destination_of_an_object_too() {
    // 300 * 46 / 100 = 138; 301 * 46 / 100 = 138.46, and the network's 301 becomes 300.
    let parent = object(0.0, 0.0, 101.0, 47.0);
    let g = Geometry::of_object(
        Scaler::NvinferServer,
        Size::new(301, 301),
        parent,
        FRAME,
        Padding::Symmetric,
    )
    .unwrap();
    assert_eq!(g.destination(), Size::new(300, 138));
    assert_eq!(g.offset(), (0, 81));
}

#[test]
fn boxes_lie_where_the_object_is_inside_the_frame() {
    let network = Size::new(300, 300);
    for (parent, area) in [
        ((-20.0, -10.0, 100.0, 50.0), (0.0, 0.0, 80.0, 40.0)),
        ((1900.0, 1070.0, 100.0, 50.0), (1900.0, 1070.0, 20.0, 10.0)),
        ((-5.0, -5.0, 3000.0, 3000.0), (0.0, 0.0, 1920.0, 1080.0)),
    ] {
        let (parent, area) = (
            object(parent.0, parent.1, parent.2, parent.3),
            object(area.0, area.1, area.2, area.3),
        );
        let g = Geometry::of_object(Scaler::Nvinfer, network, parent, FRAME, Padding::Stretch);
        assert_eq!(g.unwrap().area(), area);
    }
}

#[test]
fn objects_without_pixels_are_refused() {
    let new = |object| {
        Geometry::of_object(
            Scaler::Nvinfer,
            Size::new(300, 300),
            object,
            FRAME,
            Padding::Stretch,
        )
        .unwrap_err()
    };
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    for small in [
        object(0.0, 0.0, 0.0, 0.0),
        object(10.0, 10.0, 1.9, 50.0),
        object(10.0, 10.0, 50.0, -50.0),
        object(10.0, 10.0, inf, 50.0),
        object(-inf, 10.0, 50.0, 50.0),
        object(10.0, inf, 50.0, 50.0),
    ] {
        assert_eq!(new(small), GeometryError::ObjectTooSmall(small));
    }
    for no_number in [object(nan, 0.0, 9.0, 9.0), object(0.0, 0.0, 9.0, nan)] {
        let error = new(no_number);
        assert!(matches!(error, GeometryError::ObjectTooSmall(_)));
        assert!(error.to_string().contains("NaN"), "{error}");
    }
    for outside in [
        object(1920.0, 0.0, 50.0, 50.0),
        object(0.0, 2000.0, 50.0, 50.0),
        object(-50.0, 0.0, 50.0, 50.0),
        object(f32::MAX, 0.0, f32::MAX, 50.0),
        object(f32::MIN, 0.0, 50.0, 50.0),
    ] {
        let error = new(outside);
        assert_eq!(
            error,
            GeometryError::ObjectOutside {
                object: outside,
                frame: FRAME
            }
        );
    }
}

#[test]
fn boxes_may_stay_in_network_pixels() {
    // Also where a frame's size would be rounded down to even.
    let g = Geometry::of_network(Size::new(299, 161)).unwrap();
    assert_eq!(g.ratio(), (1.0, 1.0));
    near(
        g.to_frame(BoxUnits::NetworkPixels, 298.5, 7.25),
        (298.5, 7.25),
    );
    near(g.to_frame(BoxUnits::Normalised, 1.0, 1.0), (299.0, 161.0));
    assert_eq!(
        Geometry::of_network(Size::new(0, 161)),
        Err(GeometryError::EmptyNetwork(Size::new(0, 161)))
    );
}
