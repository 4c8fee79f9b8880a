//! The floating-point environment: how numbers are rounded, and what denormals are.

/// While it lives, this thread computes as IEEE 754 says: rounded to nearest, denormals kept, nothing trapped. Dropping it
/// brings back what was before.
#[derive(Debug)]
pub(crate) struct Standard {
    before: Control,
}

impl Standard {
    pub(crate) fn enter() -> Standard {
        let before = control();
        set_control(STANDARD);
        Standard { before }
    }
}

impl Drop for Standard {
    fn drop(&mut self) {
        set_control(self.before);
    }
}

/// The register that holds the environment.
#[cfg(target_arch = "x86_64")]
type Control = u32;

/// MXCSR: all exceptions masked.
#[cfg(target_arch = "x86_64")]
const STANDARD: Control = 0x1f80;

#[cfg(target_arch = "x86_64")]
fn control() -> Control {
    let mut value: Control = 0;
    // Safety: stores MXCSR to a number that is there for it.
    unsafe { core::arch::asm!("stmxcsr [{}]", in(reg) &mut value, options(nostack, preserves_flags)) }
    value
}

#[cfg(target_arch = "x86_64")]
fn set_control(value: Control) {
    // Safety: loads MXCSR with the standard or with what it held; compiled code expects the standard.
    unsafe { core::arch::asm!("ldmxcsr [{}]", in(reg) &value, options(nostack, readonly, preserves_flags)) }
}

#[cfg(target_arch = "aarch64")]
type Control = u64;

/// FPCR.
#[cfg(target_arch = "aarch64")]
const STANDARD: Control = 0;

#[cfg(target_arch = "aarch64")]
fn control() -> Control {
    let value: Control;
    // Safety: reads a register.
    unsafe { core::arch::asm!("mrs {}, fpcr", out(reg) value, options(nomem, nostack, preserves_flags)) }
    value
}

#[cfg(target_arch = "aarch64")]
fn set_control(value: Control) {
    // Safety: sets FPCR to the standard or to what it held; compiled code expects the standard.
    unsafe { core::arch::asm!("msr fpcr, {}", in(reg) value, options(nostack, preserves_flags)) }
}

/// Elsewhere the environment is taken to be the standard one.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Control = ();

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const STANDARD: Control = ();

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn control() -> Control {}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn set_control((): Control) {}

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) mod tests {
    use super::*;
    use core::hint::black_box;

    /// Flush to zero, rounding upwards.
    const STRANGE: Control = if cfg!(target_arch = "x86_64") { 0xdf80 } else { 0x0140_0000 };

    /// Calls the function in an environment that is not the standard one.
    pub(in crate::sys) fn elsewhere<T>(f: impl FnOnce() -> T) -> T {
        let before = control();
        set_control(STRANGE);
        let result = f();
        set_control(before);
        result
    }

    /// Whether this thread rounds to nearest and keeps denormals. Not inlined, so that it computes where it is called.
    #[inline(never)]
    pub(in crate::sys) fn is_standard() -> bool {
        let quotient = black_box(7.0_f32) / black_box(10.0);
        let denormal = black_box(f32::MIN_POSITIVE) * black_box(0.5);
        quotient.to_bits() == 0x3f33_3333 && denormal.to_bits() == 0x0040_0000
    }

    #[test]
    fn the_standard_lasts_while_it_lives() {
        assert!(is_standard());
        let [before, inside, after] = elsewhere(|| {
            let before = is_standard();
            let standard = Standard::enter();
            let inside = is_standard();
            drop(standard);
            [before, inside, is_standard()]
        });
        assert_eq!([before, inside, after], [false, true, false]);
        assert!(is_standard());
    }
}
