
// Numbers of bf16, from memory and back, rounded to nearest.
__device__ __forceinline__ float number(unsigned short v) { return __uint_as_float((unsigned)v << 16); }
__device__ __forceinline__ void put(unsigned short* to, float v) {
    unsigned short bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    *to = bits;
}
