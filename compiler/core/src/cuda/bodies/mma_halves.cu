
// Two numbers as they lie in memory, the first one lower.
__device__ __forceinline__ unsigned word(const float* v) {
    unsigned bits;
    asm("cvt.rn.$TYPEx2.f32 %0, %1, %2;" : "=r"(bits) : "f"(v[1]), "f"(v[0]));
    return bits;
}
// Operands as they come from memory, and the product of 16 rows of 16 numbers and 8 columns.
__device__ __forceinline__ void round(unsigned (&)[4]) {}
__device__ __forceinline__ void multiply(float (&sums)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.$TYPE.$TYPE.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
