// Convolution as an implicit product of matrices, pixels of all images times outputs of a group, by the units that multiply
// matrices (mma.sync; PTX ISA, "Matrix multiply-accumulate"): TILE_M pixels by TILE_N outputs, in eight warps of
// WARP_M by WARP_N.
//
// Rows of both operands go through shared memory in steps of 64 bytes, STAGES of which are under way (cp.async). A row has
// four pieces of 16 bytes, one for each thread that copies; they are swapped so that the eight rows that ldmatrix reads at
// once lie in all banks. Inputs of a pixel are counted by kernel row, kernel column and channel. Where a piece is of one tap
// (IS_COPIED) it is copied as it is, else it is gathered number by number, and rounded, as in the first layer.
//
// Where there are too few tiles to keep a GPU busy, several blocks share the steps of one (SPLITS at most). Each writes its sums
// to the workspace, and the last one to arrive, by a counter of the tile, adds them up in order: the same sum whoever it is.
//---
    constexpr int STAGES = 3, WARPS_N = TILE_N / WARP_N, PIECE = 16 / ELEMENT, DEEP = 4 * PIECE;
    constexpr int INPUTS = X_C / GROUPS, OUTPUTS = Y_C / GROUPS, STEPS = DEPTH / DEEP;
    constexpr int A_BYTES = TILE_M * 64, B_BYTES = TILE_N * 64, A_ROWS = TILE_M / 64, B_ROWS = TILE_N / 64;
    constexpr int M = WARP_M / 16, N = WARP_N / 8;
    __shared__ __align__(128) unsigned char memory[STAGES * (A_BYTES + B_BYTES)];
    unsigned a_memory = (unsigned)__cvta_generic_to_shared(memory), b_memory = a_memory + STAGES * A_BYTES;
    int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
    int pixels = images * (Y_H * Y_W), first_pixel = blockIdx.x * TILE_M, first_output = blockIdx.y * TILE_N;
    int tiles = gridDim.x * gridDim.y * GROUPS, group = blockIdx.z % GROUPS, split = blockIdx.z / GROUPS;
    int splits = PROCESSORS / tiles < 1 ? 1 : PROCESSORS / tiles < SPLITS ? PROCESSORS / tiles : SPLITS;
    if (split >= splits) return;
    int begin = STEPS * split / splits, end = STEPS * (split + 1) / splits;
    // Where a piece of a row lies.
    auto place = [](int row, int piece) { return row * 64 + ((piece ^ (row / 2 % 4)) * 16); };

    // This thread copies piece `piece` of every 64th row.
    int piece = thread % 4, of_row = thread / 4;
    int rows[A_ROWS], columns[A_ROWS], places[A_ROWS];
#pragma unroll
    for (int i = 0; i < A_ROWS; i++) {
        int pixel = first_pixel + of_row + i * 64;
        int column = pixel % Y_W, row = pixel / Y_W % Y_H, image = pixel / (Y_W * Y_H);
        columns[i] = column * STRIDE_W - PADDING_W;
        // A row far outside stands for a pixel that is not there.
        rows[i] = pixel < pixels ? row * STRIDE_H - PADDING_H : -(1 << 28);
        places[i] = image * X_IMAGE + X_FIRST + group * INPUTS;
    }
    const unsigned char* weights = m + (long long)(group * ROWS + first_output) * DEPTH * ELEMENT;
    auto copy = [&](int step) {
        int stage = step % STAGES, k = step * DEEP + piece * PIECE;
#pragma unroll
        for (int i = 0; i < A_ROWS; i++) {
            unsigned to = a_memory + stage * A_BYTES + place(of_row + i * 64, piece);
            // Where input `k` of the pixel lies, or nowhere.
            auto find = [&](int k) {
                int tap = k / INPUTS, channel = k % INPUTS;
                int row = rows[i] + tap / KERNEL_W * DILATION_H, column = columns[i] + tap % KERNEL_W * DILATION_W;
                bool is_inside = tap < KERNEL_H * KERNEL_W && row >= 0 && row < X_H && column >= 0 && column < X_W;
                return is_inside ? places[i] + row * X_ROW + column * X_PIXEL + channel : -1;
            };
            if constexpr (IS_COPIED) {
                int from = find(k);
                // Of what is not inside no byte is read, and zeros are written.
                asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from < 0 ? x : x + from),
                             "r"(from < 0 ? 0 : 16));
            } else {
                float numbers[PIECE];
#pragma unroll
                for (int n = 0; n < PIECE; n++) {
                    int from = find(k + n);
                    numbers[n] = from < 0 ? 0.0f : number(x[from]);
                }
                unsigned words[4];
#pragma unroll
                for (int n = 0; n < 4; n++) words[n] = word(numbers + n * (PIECE / 4));
                asm volatile("st.shared.v4.b32 [%0], {%1, %2, %3, %4};" ::"r"(to), "r"(words[0]), "r"(words[1]),
                             "r"(words[2]), "r"(words[3])
                             : "memory");
            }
        }
#pragma unroll
        for (int i = 0; i < B_ROWS; i++) {
            auto from = weights + ((long long)(of_row + i * 64) * DEPTH + k) * ELEMENT;
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(
                             b_memory + stage * B_BYTES + place(of_row + i * 64, piece)),
                         "l"(from));
        }
    };
    auto commit = [] { asm volatile("cp.async.commit_group;" ::: "memory"); };
    auto load = [](unsigned (&to)[4], unsigned from) {
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                     : "r"(from)
                     : "memory");
    };

    float sums[M][N][4] = {};
    int row_of_warp = warp / WARPS_N * WARP_M, column_of_warp = warp % WARPS_N * WARP_N;
#pragma unroll
    for (int step = begin; step < begin + STAGES - 1; step++) {
        if (step < end) copy(step);
        commit();
    }
    // Unrolled, a few steps would need more registers than there are.
#pragma unroll 1
    for (int step = begin; step < end; step++) {
        // All groups but the latest ones have arrived, this thread's; behind the barrier everybody's.
        asm volatile("cp.async.wait_group %0;" ::"n"(STAGES - 2) : "memory");
        __syncthreads();
        if (step + STAGES - 1 < end) copy(step + STAGES - 1);
        commit();
        unsigned a_stage = a_memory + step % STAGES * A_BYTES, b_stage = b_memory + step % STAGES * B_BYTES;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            unsigned a[M][4], b[N / 2][4];
#pragma unroll
            for (int i = 0; i < M; i++) {
                load(a[i], a_stage + place(row_of_warp + i * 16 + lane % 16, half * 2 + lane / 16));
                round(a[i]);
            }
#pragma unroll
            for (int j = 0; j < N / 2; j++)
                load(b[j], b_stage + place(column_of_warp + j * 16 + lane % 8 + lane / 16 * 8, half * 2 + lane / 8 % 2));
#pragma unroll
            for (int i = 0; i < M; i++)
#pragma unroll
                for (int j = 0; j < N; j++) multiply(sums[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
        }
    }

    if constexpr (SPLITS > 1) if (splits > 1) {
        constexpr int SUMS = M * N * 4;
        __shared__ bool is_last;
        unsigned* counter = (unsigned*)workspace + (group * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
        // A sum of all threads lies side by side.
        float* parts = (float*)workspace + PROCESSORS + thread;
        parts += ((group * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x) * splits * (SUMS * 256);
#pragma unroll
        for (int i = 0; i < SUMS; i++) parts[(split * SUMS + i) * 256] = sums[i / (N * 4)][i / 4 % N][i % 4];
        __threadfence();
        __syncthreads();
        if (thread == 0) is_last = atomicAdd(counter, 1u) == splits - 1;
        __syncthreads();
        if (!is_last) return;
        __threadfence();
        // Ready for the next launch.
        if (thread == 0) atomicExch(counter, 0u);
#pragma unroll
        for (int i = 0; i < SUMS; i++) {
            float sum = 0.0f;
            for (int other = 0; other < splits; other++) sum += parts[(other * SUMS + i) * 256];
            sums[i / (N * 4)][i / 4 % N][i % 4] = sum;
        }
    }

    // Of a tile of 16 by 8 sums a thread has two side by side in one row, and two eight rows below.
#pragma unroll
    for (int i = 0; i < M; i++) {
#pragma unroll
        for (int below = 0; below < 2; below++) {
            int pixel = first_pixel + row_of_warp + i * 16 + lane / 4 + below * 8;
            if (pixel >= pixels) continue;
            int column = pixel % Y_W, row = pixel / Y_W % Y_H, image = pixel / (Y_W * Y_H);
            int y_place = image * Y_IMAGE + row * Y_ROW + column * Y_PIXEL + Y_FIRST + group * OUTPUTS;
            int r_place = image * R_IMAGE + row * R_ROW + column * R_PIXEL + R_FIRST + group * OUTPUTS;
#pragma unroll
            for (int j = 0; j < N; j++) {
#pragma unroll
                for (int beside = 0; beside < 2; beside++) {
                    int output = first_output + column_of_warp + j * 8 + lane % 4 * 2 + beside;
                    if (output >= OUTPUTS) continue;
                    float sum = sums[i][j][below * 2 + beside] + biases[group * PADDED + output];
                    if (RESIDUAL) sum += number(r[r_place + output]);
                    put(&y[y_place + output], activation(sum));
                }
            }
        }
    }
