// The mean or maximum of each channel's plane: a block for 32 channels of an image, in eight rows of threads that share the
// pixels.
//---
    constexpr int PIXELS = X_H * X_W, BLOCKS = (Y_C + 31) / 32, ROWS = 8;
    __shared__ float values[ROWS][32];
    int lane = threadIdx.x % 32, first = threadIdx.x / 32;
    int image = blockIdx.x / BLOCKS, c = blockIdx.x % BLOCKS * 32 + lane;
    float value = MAXIMUM ? -__int_as_float(0x7f800000) : 0.0f;
    for (int i = first; i < PIXELS && c < Y_C; i += ROWS) {
        float there = number(x[image * X_IMAGE + i / X_W * X_ROW + i % X_W * X_PIXEL + X_FIRST + c]);
        value = MAXIMUM ? (there > value || there != there ? there : value) : value + there;
    }
    values[first][lane] = value;
    __syncthreads();
    if (first > 0 || c >= Y_C) return;
    for (int i = 1; i < ROWS; i++) {
        float other = values[i][lane];
        value = MAXIMUM ? (other > value || other != other ? other : value) : value + other;
    }
    put(&y[image * Y_IMAGE + Y_FIRST + c], MAXIMUM ? value : value / PIXELS);
