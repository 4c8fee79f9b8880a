//! Fused multiplication and addition of single numbers, which `core` does not have. The feature `std` brings it; without
//! it, the instruction is asked for by the name that each processor has for it.

#[cfg(feature = "std")]
mod fused {
    #[inline(always)]
    pub(crate) fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    pub(crate) fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }
}

#[cfg(all(not(feature = "std"), target_arch = "x86_64"))]
mod fused {
    use core::arch::x86_64::{
        _mm_cvtsd_f64, _mm_cvtss_f32, _mm_fmadd_sd, _mm_fmadd_ss, _mm_set_sd, _mm_set_ss,
    };

    #[inline(always)]
    pub(crate) fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
        // Safety: called where `Simd::FMA` says so only, and then the token proves the feature.
        unsafe { _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c))) }
    }

    #[inline(always)]
    pub(crate) fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
        // Safety: as above.
        unsafe { _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(a), _mm_set_sd(b), _mm_set_sd(c))) }
    }
}

#[cfg(all(not(feature = "std"), target_arch = "aarch64"))]
mod fused {
    use core::arch::aarch64::{vdup_n_f32, vdup_n_f64, vfma_f32, vfma_f64, vget_lane_f32, vget_lane_f64};

    #[inline(always)]
    pub(crate) fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
        // Safety: every AArch64 that has floating point has it.
        unsafe { vget_lane_f32::<0>(vfma_f32(vdup_n_f32(c), vdup_n_f32(a), vdup_n_f32(b))) }
    }

    #[inline(always)]
    pub(crate) fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
        // Safety: as above.
        unsafe { vget_lane_f64::<0>(vfma_f64(vdup_n_f64(c), vdup_n_f64(a), vdup_n_f64(b))) }
    }
}

/// On other processors no token says that there is one.
#[cfg(all(not(feature = "std"), not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod fused {
    #[inline(always)]
    pub(crate) fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }

    #[inline(always)]
    pub(crate) fn mul_add_f64(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }
}

pub(crate) use fused::{mul_add_f32, mul_add_f64};
