// Softmax along the channels: a block for each pixel.
//---
    __shared__ float values[256];
    int thread = threadIdx.x, pixel = blockIdx.x % (Y_H * Y_W), image = blockIdx.x / (Y_H * Y_W);
    const float* from = x + image * X_IMAGE + pixel / Y_W * X_ROW + pixel % Y_W * X_PIXEL + X_FIRST;
    float* to = y + image * Y_IMAGE + pixel / Y_W * Y_ROW + pixel % Y_W * Y_PIXEL + Y_FIRST;
    float most = -__int_as_float(0x7f800000);
    for (int c = thread; c < Y_C; c += 256) most = from[c] > most || from[c] != from[c] ? from[c] : most;
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
    for (int c = thread; c < Y_C; c += 256) sum += expf(from[c] - most);
    values[thread] = sum;
    __syncthreads();
    for (int half = 128; half > 0; half /= 2) {
        if (thread < half) values[thread] += values[thread + half];
        __syncthreads();
    }
    for (int c = thread; c < Y_C; c += 256) to[c] = expf(from[c] - most) / values[0];
