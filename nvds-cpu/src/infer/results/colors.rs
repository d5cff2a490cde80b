//! The colours of objects with a mask: drawn from a generator that starts anew for each frame.

use nvds::Color;

const STATE: usize = 624;
const SHIFT: usize = 397;

/// Mersenne Twister MT19937 (Matsumoto, Nishimura, 1998) with seed 0, whose numbers C++'s library turns into floats.
#[derive(Debug)]
pub(super) struct Colors {
    state: [u32; STATE],
    next: usize,
}

impl Colors {
    pub(super) fn new() -> Self {
        let mut state = [0_u32; STATE];
        for index in 1..STATE {
            let before = state[index - 1];
            state[index] = 1_812_433_253_u32
                .wrapping_mul(before ^ (before >> 30))
                .wrapping_add(index as u32);
        }
        Self { state, next: STATE }
    }

    fn renew(&mut self) {
        for index in 0..STATE {
            let high = self.state[index] & 0x8000_0000;
            let low = self.state[(index + 1) % STATE] & 0x7fff_ffff;
            let word = high | low;
            let twist = if word & 1 == 0 { 0 } else { 0x9908_b0df };
            self.state[index] = self.state[(index + SHIFT) % STATE] ^ (word >> 1) ^ twist;
        }
        self.next = 0;
    }

    fn word(&mut self) -> u32 {
        if self.next == STATE {
            self.renew();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    /// A number from 0 to just below 1.
    fn share(&mut self) -> f64 {
        const BELOW_ONE: f32 = 1.0 - f32::EPSILON / 2.0;
        let share = self.word() as f32 / 4_294_967_296.0;
        share.min(BELOW_ONE).into()
    }

    /// The next colour.
    pub(super) fn next(&mut self) -> Color {
        let (red, green, blue) = (self.share(), self.share(), self.share());
        Color::new(red, green, blue, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_known_one() {
        let mut colors = Colors::new();
        assert_eq!(colors.word(), 2_357_136_044, "first number of seed 0");
        for _ in 1..999 {
            colors.word();
        }
        assert_eq!(colors.word(), 3_043_451_800, "thousandth number of seed 0");
    }

    #[test]
    fn colours_are_as_captured() {
        let mut colors = Colors::new();
        let near = |value: f64| (value as f32).to_string();
        let told = |color: Color| [color.red, color.green, color.blue].map(near);
        assert_eq!(
            told(colors.next()),
            ["0.5488135", "0.5928446", "0.71518934"]
        );
        assert_eq!(
            told(colors.next()),
            ["0.84426576", "0.60276335", "0.8579456"]
        );
    }
}
