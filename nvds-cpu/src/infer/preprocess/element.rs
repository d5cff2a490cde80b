//! Elements of input tensors.

use half::f16;

/// An element of the input tensor.
pub trait InputElement: Copy + Default + Send {
    /// The element for a normalised value.
    fn from_value(value: f32) -> Self;
}

impl InputElement for f32 {
    fn from_value(value: f32) -> Self {
        value
    }
}

impl InputElement for f16 {
    fn from_value(value: f32) -> Self {
        f16::from_f32(value)
    }
}

macro_rules! integer_element {
    ($($ty:ty),*) => {$(
        impl InputElement for $ty {
            fn from_value(value: f32) -> Self {
                // `as` truncates towards zero and saturates.
                value as $ty
            }
        }
    )*};
}
integer_element!(u8, i8, i32, i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_tensors_saturate_and_truncate() {
        assert_eq!(u8::from_value(-1.0), 0);
        assert_eq!(u8::from_value(300.0), 255);
        assert_eq!(u8::from_value(1.9), 1);
        assert_eq!(i8::from_value(-200.0), -128);
        assert_eq!(i8::from_value(-1.9), -1);
        assert_eq!(i64::from_value(254.5), 254);
        assert_eq!(f16::from_value(0.5).to_f32(), 0.5);
    }
}
