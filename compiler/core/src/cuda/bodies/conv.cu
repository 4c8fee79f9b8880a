// Convolution as an implicit product of matrices: pixels of all images times outputs of a group, tiles of 64 by 64, with
// 4 by 4 sums of each thread in registers.
//
// The inputs of a pixel are counted as its weights lie: blocks of 16 channels, rows, columns, channels of the block.
//---
    constexpr int TILE = 64, DEEP = 16, SUMS = 4;
    constexpr int TAPS = KERNEL_H * KERNEL_W, INPUTS = X_C / GROUPS, OUTPUTS = Y_C / GROUPS;
    constexpr int WHOLE = INPUTS / 16 * 16 * TAPS, REST = INPUTS % 16, DEPTH = INPUTS * TAPS;
    constexpr int PADDED = (OUTPUTS + 15) / 16 * 16;
    // Rows are 4 numbers longer than a tile, so that what a warp writes falls into different banks.
    __shared__ __align__(16) float a[DEEP][TILE + 4];
    __shared__ __align__(16) float b[DEEP][TILE + 4];
    int thread = threadIdx.x, across = thread % 16, down = thread / 16;
    int pixels = images * (Y_H * Y_W), first_pixel = blockIdx.x * TILE, first_output = blockIdx.y * TILE;
    int group = blockIdx.z;
    const float* weights = w + group * (PADDED * DEPTH);
    // This thread reads input `across` of each step, of every sixteenth pixel of the tile.
    int rows[SUMS], columns[SUMS], places[SUMS];
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
        int pixel = first_pixel + down + i * 16;
        bool is_there = pixel < pixels;
        int column = pixel % Y_W, row = pixel / Y_W % Y_H, image = pixel / (Y_W * Y_H);
        columns[i] = column * STRIDE_W - PADDING_W;
        // A row far outside stands for a pixel that is not there.
        rows[i] = is_there ? row * STRIDE_H - PADDING_H : -(1 << 28);
        places[i] = image * X_IMAGE + X_FIRST + group * INPUTS;
    }
    float sums[SUMS][SUMS] = {};
    // Unrolled, a few steps would need more registers than there are.
#pragma unroll 1
    for (int start = 0; start < DEPTH; start += DEEP) {
        int k = start + across, tap, channel;
        if (k < WHOLE) {
            tap = k / 16 % TAPS;
            channel = k / (16 * TAPS) * 16 + k % 16;
        } else {
            // The last block has less than 16 channels.
            tap = (k - WHOLE) / (REST > 0 ? REST : 1);
            channel = INPUTS / 16 * 16 + (k - WHOLE) % (REST > 0 ? REST : 1);
        }
        int ky = tap / KERNEL_W * DILATION_H, kx = tap % KERNEL_W * DILATION_W;
#pragma unroll
        for (int i = 0; i < SUMS; i++) {
            int row = rows[i] + ky, column = columns[i] + kx;
            bool is_inside = k < DEPTH && row >= 0 && row < X_H && column >= 0 && column < X_W;
            a[across][down + i * 16] = is_inside ? number(x[places[i] + row * X_ROW + column * X_PIXEL + channel]) : 0.0f;
            int output = first_output + across + i * 16;
            bool has_weight = start + down < DEPTH && output < PADDED;
            b[down][across + i * 16] =
                has_weight ? weights[(output / 16 * DEPTH + start + down) * 16 + output % 16] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < DEEP; i++) {
            float4 p = *(const float4*)&a[i][down * SUMS], o = *(const float4*)&b[i][across * SUMS];
            float of_pixels[SUMS] = {p.x, p.y, p.z, p.w}, of_outputs[SUMS] = {o.x, o.y, o.z, o.w};
#pragma unroll
            for (int j = 0; j < SUMS; j++)
#pragma unroll
                for (int k = 0; k < SUMS; k++) sums[j][k] = fmaf(of_pixels[j], of_outputs[k], sums[j][k]);
        }
        __syncthreads();
    }
    const float* biases = w + GROUPS * (PADDED * DEPTH) + group * PADDED;
#pragma unroll
    for (int i = 0; i < SUMS; i++) {
        int pixel = first_pixel + down * SUMS + i;
        if (pixel >= pixels) break;
        int column = pixel % Y_W, row = pixel / Y_W % Y_H, image = pixel / (Y_W * Y_H);
#pragma unroll
        for (int j = 0; j < SUMS; j++) {
            int output = first_output + across * SUMS + j;
            if (output >= OUTPUTS) break;
            int c = group * OUTPUTS + output;
            float sum = sums[i][j] + biases[output];
            if (RESIDUAL) sum += number(r[image * R_IMAGE + row * R_ROW + column * R_PIXEL + R_FIRST + c]);
            put(&y[image * Y_IMAGE + row * Y_ROW + column * Y_PIXEL + Y_FIRST + c], activation(sum));
        }
    }
