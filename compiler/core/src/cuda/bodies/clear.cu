// Zeros around a plane, in all channels of its buffer: a thread for each number of plane and surroundings.
//---
    constexpr int WIDE = LEFT + Y_W + RIGHT, ROWS = TOP + Y_H + BOTTOM;
    int index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= images * (ROWS * WIDE * Y_C)) return;
    int c = index % Y_C, column = index / Y_C % WIDE, row = index / (Y_C * WIDE) % ROWS, image = index / (Y_C * WIDE * ROWS);
    bool is_inside = row >= TOP && row < TOP + Y_H && column >= LEFT && column < LEFT + Y_W;
    if (!is_inside) put(&y[image * Y_IMAGE + row * Y_ROW + column * Y_PIXEL + c], 0.0f);
