// A dense layer: a block for 16 outputs of an image. Sixteen threads read the weights of an input, which lie side by side;
// each sixteenth input has threads of its own, whose sums are added up at the end.
//---
    constexpr int INPUTS = X_H * X_W * X_C, BLOCKS = (Y_C + 15) / 16, ROWS = 16;
    __shared__ float sums[ROWS][16];
    int lane = threadIdx.x % 16, first = threadIdx.x / 16;
    int image = blockIdx.x / BLOCKS, block = blockIdx.x % BLOCKS;
    auto inputs = x + image * X_IMAGE;
    float sum = 0.0f;
    for (int i = first; i < INPUTS; i += ROWS) sum = fmaf(number(inputs[i]), number(w[(block * INPUTS + i) * 16 + lane]), sum);
    sums[first][lane] = sum;
    __syncthreads();
    int c = block * 16 + lane;
    if (first > 0 || c >= Y_C) return;
    for (int i = 1; i < ROWS; i++) sum += sums[i][lane];
    sum += biases[c];
    if (RESIDUAL) sum += number(r[image * R_IMAGE + R_FIRST + c]);
    put(&y[image * Y_IMAGE + Y_FIRST + c], activation(sum));
