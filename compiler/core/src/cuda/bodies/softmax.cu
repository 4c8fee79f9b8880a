// Softmax along the channels: a block for each pixel.
//---
    __shared__ float values[256];
    int thread = threadIdx.x, pixel = blockIdx.x % (Y_H * Y_W), image = blockIdx.x / (Y_H * Y_W);
    auto from = x + image * X_IMAGE + pixel / Y_W * X_ROW + pixel % Y_W * X_PIXEL + X_FIRST;
    auto to = y + image * Y_IMAGE + pixel / Y_W * Y_ROW + pixel % Y_W * Y_PIXEL + Y_FIRST;
    float most = -__int_as_float(0x7f800000);
    for (int c = thread; c < Y_C; c += 256) {
        float there = number(from[c]);
        most = there > most || there != there ? there : most;
    }
    values[thread] = most;
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (thread < half) {
            float other = values[thread + half];
            values[thread] = other > values[thread] || other != other ? other : values[thread];
        }
        __syncthreads();
    }
    most = values[0];
    __syncthreads();
    float sum = 0.0f;
    for (int c = thread; c < Y_C; c += 256) sum += expf(number(from[c]) - most);
    values[thread] = sum;
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (thread < half) values[thread] += values[thread + half];
        __syncthreads();
    }
    for (int c = thread; c < Y_C; c += 256) put(&to[c], expf(number(from[c]) - most) / values[0]);
