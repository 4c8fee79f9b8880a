//! Results do not depend on the caller's floating-point environment, and denormal numbers are kept.

use crate::network::NETWORK;
use archc_runtime::layout::View;
use archc_runtime::op::{Rescale, Split};
use archc_runtime::spec::{Network, Output};
use archc_runtime::{Isa, Model};

const PLANE: View = View::nhwc(32, 32, 16);

/// Halves its input.
static HALF: Network = Network {
    name: "Half",
    input: Output { name: "input", view: PLANE, offset: 0 },
    outputs: &[Output { name: "output", view: PLANE, offset: PLANE.image_size() }],
    logits: None,
    arena_size: 2 * PLANE.image_size(),
    scratch_size: 0,
    split: Split::None,
    weights_size: 0,
    instances: &[],
    parameters: 0,
    macs: 0,
    preprocess: None,
    labels: &[],
    forward: Some(|run| {
        run.set_grain(1);
        let half = Rescale { scale: 0.5, offset: 0.0 };
        run.rescale(&half, PLANE.at(0), PLANE.at(PLANE.image_size()));
    }),
};

/// Numbers that are odd multiples of the smallest denormal, so that their halves are rounded, to even.
fn input(i: usize) -> f32 {
    f32::from_bits(2 * i as u32 + 1)
}

fn half(i: usize) -> f32 {
    f32::from_bits(i as u32 + i as u32 % 2)
}

#[test]
fn the_caller_s_environment_does_not_matter() {
    let before = environment::get();
    for isa in Isa::available() {
        let model = Model::seeded(&HALF, "archc").unwrap().with_isa(isa);
        for of_caller in environment::STRANGE {
            // Workers that are started here have it at first.
            environment::set(of_caller);
            for threads in [1, 2, 4] {
                let mut session = model.session(1).with_threads(threads);
                for (i, x) in session.input_mut().iter_mut().enumerate() {
                    *x = input(i);
                }
                for _ in 0..20 {
                    session.run();
                    for (i, x) in session.output(0).iter().enumerate() {
                        assert_eq!(
                            x.to_bits(),
                            half(i).to_bits(),
                            "{i} with {of_caller:x}, {isa}, {threads}"
                        );
                    }
                }
            }
            assert_eq!(environment::get(), of_caller);
            environment::set(before);
        }
    }
}

#[test]
fn nor_does_it_matter_when_weights_are_packed() {
    let before = environment::get();
    let packed = || {
        let model = Model::seeded(&NETWORK, "archc").unwrap();
        model.weights().iter().map(|x| x.to_bits()).collect::<Vec<u32>>()
    };
    let expected = packed();
    for of_caller in environment::STRANGE {
        environment::set(of_caller);
        let now = packed();
        environment::set(before);
        assert!(now == expected, "with {of_caller:x}");
    }
}

#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "the register is not reached otherwise")]
mod environment {
    //! MXCSR without the flags of what has happened.

    use std::arch::asm;

    /// Flush to zero and denormals are zeros; rounding towards zero; upwards.
    pub(super) const STRANGE: [u64; 4] = [0x1f80, 0x9fc0, 0x7f80, 0x5f80];

    pub(super) fn get() -> u64 {
        let mut value = 0_u32;
        // Safety: stores the register to a number.
        unsafe { asm!("stmxcsr [{}]", in(reg) &mut value) }
        u64::from(value & !0x3f)
    }

    pub(super) fn set(value: u64) {
        let value = value as u32;
        // Safety: no trap is enabled, and what computes until it is set back compares bits only.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &value) }
    }
}

#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code, reason = "the register is not reached otherwise")]
mod environment {
    //! FPCR.

    use std::arch::asm;

    /// Flush to zero; rounding towards zero; upwards.
    pub(super) const STRANGE: [u64; 4] = [0, 1 << 24, 3 << 22, 1 << 22];

    pub(super) fn get() -> u64 {
        let value: u64;
        // Safety: reads the register.
        unsafe { asm!("mrs {}, fpcr", out(reg) value) }
        value
    }

    pub(super) fn set(value: u64) {
        // Safety: no trap is enabled, and what computes until it is set back compares bits only.
        unsafe { asm!("msr fpcr, {}", in(reg) value) }
    }
}
