//! What must hold for any input of any layout.

mod scenario;

use nvds_decode::decoders::ALL;
use nvds_decode::{AnchorForm, Anchors};
use proptest::collection::vec;
use proptest::prelude::*;
use scenario::{Bytes, Scenario};

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 1000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_layers(bytes in vec(any::<u8>(), 0..1500)) {
        Scenario::any(&mut Bytes(&bytes)).check();
    }

    #[test]
    fn any_numbers_in_layers_that_fit(
        decoder in 0..ALL.len(),
        bytes in vec(any::<u8>(), 0..3000),
    ) {
        Scenario::of(&mut Bytes(&bytes), ALL[decoder]).check();
    }

    #[test]
    fn any_file_of_anchors(bytes in vec(any::<u8>(), 0..300)) {
        let _ = Anchors::from_bytes(&bytes, AnchorForm::Yxyx, None);
        let mut npy = b"\x93NUMPY\x01\x00".to_vec();
        npy.extend(&bytes);
        let _ = Anchors::from_bytes(&npy, AnchorForm::Xywh, Some("anchors"));
    }
}
