// Depthwise convolution: one thread for each number of the output.
//---
    int index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= images * (Y_H * Y_W * Y_C)) return;
    int c = index % Y_C, column = index / Y_C % Y_W, row = index / (Y_C * Y_W) % Y_H, image = index / (Y_C * Y_W * Y_H);
    // Weights are [channels / 16][row][column][16], then biases.
    const float* of_channel = w + c / 16 * (KERNEL_H * KERNEL_W * 16) + c % 16;
    float sum = 0.0f;
#pragma unroll
    for (int ky = 0; ky < KERNEL_H; ky++) {
        int from_row = row * STRIDE_H - PADDING_H + ky * DILATION_H;
        if (from_row < 0 || from_row >= X_H) continue;
#pragma unroll
        for (int kx = 0; kx < KERNEL_W; kx++) {
            int from_column = column * STRIDE_W - PADDING_W + kx * DILATION_W;
            if (from_column < 0 || from_column >= X_W) continue;
            float there = number(x[image * X_IMAGE + from_row * X_ROW + from_column * X_PIXEL + X_FIRST + c]);
            sum = fmaf(there, of_channel[(ky * KERNEL_W + kx) * 16], sum);
        }
    }
    sum += w[(Y_C + 15) / 16 * 16 * (KERNEL_H * KERNEL_W) + c];
    if (RESIDUAL) sum += number(r[image * R_IMAGE + row * R_ROW + column * R_PIXEL + R_FIRST + c]);
    put(&y[image * Y_IMAGE + row * Y_ROW + column * Y_PIXEL + Y_FIRST + c], activation(sum));
