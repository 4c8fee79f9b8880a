
// Numbers of f16, from memory and back, rounded to nearest.
__device__ __forceinline__ float number(unsigned short v) { float f; asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(v)); return f; }
__device__ __forceinline__ void put(unsigned short* to, float v) {
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(v));
    *to = bits;
}
