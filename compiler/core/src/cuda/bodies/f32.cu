
// Numbers of f32, from memory and back.
__device__ __forceinline__ float number(float v) { return v; }
__device__ __forceinline__ void put(float* to, float v) { *to = v; }
